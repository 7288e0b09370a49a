//! Tidy tables of measured runs: a row per node and run.

use super::{Measured, MeasuredError, MeasuredRun, NUMBERS, NodeFigures, WORDS, complete, shortest};
use crate::world::Role;
use std::collections::BTreeMap;

/// Columns without which a row says nothing.
const NEEDED: [&str; 7] = ["run_id", "nodes", "seeders", "file_bytes", "up_bps", "down_bps", "role"];

/// Adds the runs in `content` to `measured`. A table that has neither `run_id`
/// nor `role` is another kind of table and only noted.
pub(super) fn read(file: &str, content: &[u8], measured: &mut Measured) -> Result<(), MeasuredError> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(content);
    let headers = reader.headers().map_err(|error| line_error(file, &error))?.clone();
    let has = |column: &str| headers.iter().any(|h| h == column);
    if !has("run_id") || !has("role") {
        measured.notes.push(format!("{file} is left out: no table of measured runs, it has no `run_id` and `role`"));
        return Ok(());
    }
    if let Some(missing) = NEEDED.iter().find(|column| !has(column)) {
        return Err(MeasuredError::File { file: file.into(), problem: format!("there is no column `{missing}`") });
    }
    let (runs, notes) = runs(file, &headers, &mut reader)?;
    measured.notes.extend(notes);
    runs.into_iter().for_each(|run| complete(like_links(run), measured));
    Ok(())
}

/// What holds of a node's links, and where in its figures that stands.
type OfLinks = (&'static str, fn(&mut NodeFigures) -> &mut Option<f64>);

const LINKS: [OfLinks; 2] = [("up_bps", |node| &mut node.up_bps), ("down_bps", |node| &mut node.down_bps)];

/// The run with links that all nodes share among its conditions, others with each node.
fn like_links(mut run: MeasuredRun) -> MeasuredRun {
    for (column, of) in LINKS {
        let first = run.nodes.first_mut().and_then(|node| *of(node));
        if run.nodes.iter_mut().all(|node| *of(node) == first) {
            run.conditions.extend(first.map(|rate| (column, shortest(rate))));
            run.nodes.iter_mut().for_each(|node| *of(node) = None);
        }
    }
    run
}

fn runs(
    file: &str,
    headers: &csv::StringRecord,
    reader: &mut csv::Reader<&[u8]>,
) -> Result<(Vec<MeasuredRun>, Vec<String>), MeasuredError> {
    let mut runs: Vec<MeasuredRun> = Vec::new();
    let mut mixed: BTreeMap<String, &'static str> = BTreeMap::new();
    let mut place: BTreeMap<String, usize> = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(|error| line_error(file, &error))?;
        let row = MeasuredRow { file, headers, record: &record };
        let (id, conditions, node) = (row.needed("run_id")?.to_owned(), row.conditions()?, row.node()?);
        let obstacle = row.obstacle()?;
        let index = *place.entry(id.clone()).or_insert(runs.len());
        if index == runs.len() {
            runs.push(MeasuredRun { id, file: file.into(), conditions, nodes: vec![node], obstacle });
            continue;
        }
        let known = &mut runs[index].obstacle;
        *known = known.take().or(obstacle);
        if let Some(column) = differs(&runs[index].conditions, &conditions) {
            mixed.entry(id).or_insert(column);
        }
        runs[index].nodes.push(node);
    }
    runs.retain(|run| !mixed.contains_key(&run.id));
    let note = |(id, column)| format!("{file}: run {id} is left out: its nodes differ in `{column}`");
    Ok((runs, mixed.into_iter().map(note).collect()))
}

/// The first condition in which two rows of a run differ.
fn differs(one: &BTreeMap<&'static str, String>, other: &BTreeMap<&'static str, String>) -> Option<&'static str> {
    WORDS.iter().chain(&NUMBERS).copied().find(|c| one.get(c) != other.get(c))
}

/// A line with the names of its fields.
struct MeasuredRow<'a> {
    file: &'a str,
    headers: &'a csv::StringRecord,
    record: &'a csv::StringRecord,
}

impl<'a> MeasuredRow<'a> {
    /// The field in `column`; nothing when it is empty or there is no such column.
    fn text(&self, column: &str) -> Option<&'a str> {
        let index = self.headers.iter().position(|h| h == column)?;
        self.record.get(index).filter(|text| !text.is_empty())
    }

    fn wrong(&self, column: &str, found: &str, expected: &'static str) -> MeasuredError {
        MeasuredError::Field {
            file: self.file.into(),
            line: self.record.position().map_or(0, csv::Position::line),
            column: column.into(),
            found: found.into(),
            expected,
        }
    }

    fn needed(&self, column: &str) -> Result<&'a str, MeasuredError> {
        self.text(column).ok_or_else(|| self.wrong(column, "", "a value"))
    }

    fn number(&self, column: &str) -> Result<Option<f64>, MeasuredError> {
        let Some(text) = self.text(column) else { return Ok(None) };
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() && number >= 0.0 => Ok(Some(number)),
            _ => Err(self.wrong(column, text, "a number, zero or more")),
        }
    }

    fn conditions(&self) -> Result<BTreeMap<&'static str, String>, MeasuredError> {
        let mut conditions = BTreeMap::new();
        let is_link = |column: &str| LINKS.iter().any(|(link, _)| *link == column);
        for column in NEEDED.into_iter().filter(|column| !is_link(column)) {
            self.needed(column)?;
        }
        for column in WORDS.into_iter().filter(|column| *column != "settings") {
            conditions.extend(self.text(column).map(|text| (column, text.to_owned())));
        }
        conditions.extend(self.settings()?.map(|settings| ("settings", settings)));
        for column in NUMBERS.into_iter().filter(|column| !is_link(column)) {
            // Without loss a run is as where no column says anything of it.
            let said = self.number(column)?.filter(|number| column != "loss" || *number > 0.0);
            conditions.extend(said.map(|number| (column, shortest(number))));
        }
        Ok(conditions)
    }

    /// The settings that are unlike the usual ones, sorted; nothing when there are none.
    fn settings(&self) -> Result<Option<String>, MeasuredError> {
        let Some(text) = self.text("settings") else { return Ok(None) };
        let read = serde_json::from_str::<BTreeMap<String, serde_json::Value>>(text).ok();
        let flat = |settings: &BTreeMap<_, serde_json::Value>| {
            settings.values().all(|value| value.is_number() || value.is_boolean() || value.is_string())
        };
        let settings = read.filter(flat);
        let settings = settings.ok_or_else(|| self.wrong("settings", text, "a JSON object of numbers and words"))?;
        let written = serde_json::to_string(&settings).expect("what was read can be written");
        Ok((!settings.is_empty()).then_some(written))
    }

    /// The capacity of a link, infinite without a limit.
    fn rate(&self, column: &str) -> Result<Option<f64>, MeasuredError> {
        match self.text(column) {
            None | Some("inf") => Ok(Some(f64::INFINITY)),
            Some(_) => self.number(column),
        }
    }

    /// What no scenario says yet.
    fn obstacle(&self) -> Result<Option<String>, MeasuredError> {
        let role = self.needed("role")?;
        let known = self.role()?.is_some();
        Ok((!known).then(|| format!("a member of the role `{role}`; a role is seeder, leecher or idle")))
    }

    /// Nothing where no member of a simulated swarm is such.
    fn role(&self) -> Result<Option<Role>, MeasuredError> {
        Ok(Role::named(self.needed("role")?).filter(|role| role.takes_part()))
    }

    /// Refuses moments of which one is before what has to come before it.
    fn in_order(&self, columns: &[&str]) -> Result<(), MeasuredError> {
        let mut before = 0.0;
        for column in columns {
            let Some(moment) = self.number(column)? else { continue };
            if moment < before {
                let expected = "a time no earlier than `start_s` and what is reached before it";
                return Err(self.wrong(column, self.text(column).unwrap_or_default(), expected));
            }
            before = moment;
        }
        Ok(())
    }

    fn node(&self) -> Result<NodeFigures, MeasuredError> {
        let seed_after = self.number("seed_after")?;
        if seed_after.is_some_and(|flag| flag != 0.0 && flag != 1.0) {
            return Err(self.wrong("seed_after", self.text("seed_after").unwrap_or_default(), "0 or 1"));
        }
        let (leave_s, return_s) = (self.number("leave_s")?, self.number("return_s")?);
        if return_s.is_some_and(|to| leave_s.is_none_or(|from| to <= from)) {
            return Err(self.wrong("return_s", self.text("return_s").unwrap_or_default(), "a time after `leave_s`"));
        }
        self.in_order(&["start_s", "t50_s", "t90_s", "t100_s"])?;
        Ok(NodeFigures {
            role: self.role()?.unwrap_or(Role::Idle),
            up_bps: self.rate("up_bps")?,
            down_bps: self.rate("down_bps")?,
            leaves_complete: seed_after == Some(0.0),
            start_s: self.number("start_s")?,
            leave_s,
            return_s,
            t50_s: self.number("t50_s")?,
            t90_s: self.number("t90_s")?,
            t100_s: self.number("t100_s")?,
            bytes_rx: self.number("bytes_rx")?,
            bytes_tx: self.number("bytes_tx")?,
            redundant: self.number("redundant")?,
            ..NodeFigures::default()
        })
    }
}

fn line_error(file: &str, error: &csv::Error) -> MeasuredError {
    let line = error.position().map_or(1, csv::Position::line);
    let problem = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("this line has {len} fields; expected {expected_len}, as the header has")
        }
        csv::ErrorKind::Utf8 { .. } => "this line is not UTF-8 text".into(),
        _ => error.to_string(),
    };
    MeasuredError::Line { file: file.into(), line, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "run_id,nodes,seeders,file_bytes,up_bps,down_bps,latency_s,role,start_s,t100_s,colour";

    fn read_rows(rows: &str) -> Result<Measured, MeasuredError> {
        let mut measured = Measured::default();
        read("m.csv", format!("{HEAD}\n{rows}").as_bytes(), &mut measured).map(|()| measured)
    }

    #[test]
    fn rows_become_runs_and_unknown_columns_are_ignored() {
        let rows = "a,3,1,1e6,8e6,8000000,0.010,leecher,0.0,2.5,red\na,3,1,1000000,8000000,8000000,0.01,leecher,1,,\n\
            b,2,1,5,8,8,0,leecher,,1,\na,3,1,1000000,8000000,8000000,0.01,seeder,,,\nb,2,1,5,8,8,0,seeder,,,\n";
        let runs = read_rows(rows).unwrap().runs;
        assert_eq!(runs.iter().map(|r| (r.id.as_str(), r.nodes.len())).collect::<Vec<_>>(), [("a", 3), ("b", 2)]);
        assert_eq!((runs[0].conditions["up_bps"].as_str(), runs[0].conditions.get("slots")), ("8000000", None));
        let leecher = NodeFigures { role: Role::Leecher, start_s: Some(1.0), ..NodeFigures::default() };
        assert_eq!(runs[0].nodes[1], leecher, "an empty field was not reached");
    }

    #[test]
    fn bad_rows_are_named_by_file_line_and_column() {
        let good = "a,2,1,5,8,8,0,seeder,,,\n";
        for (row, message) in [
            ("a,2,1,5,8,8,0,leecher,,soon,\n", "m.csv:3: column `t100_s` is `soon`; expected a number, zero or more"),
            ("a,2,1,5,8,8,0,leecher,,-1,\n", "m.csv:3: column `t100_s` is `-1`; expected a number, zero or more"),
            ("a,2,1,5,8,8,0,leecher,,nan,\n", "m.csv:3: column `t100_s` is `nan`; expected a number, zero or more"),
            (
                "a,2,1,5,8,8,0,leecher,20,9.1,\n",
                "m.csv:3: column `t100_s` is `9.1`; expected a time no earlier than `start_s` and what is reached before it",
            ),
            ("a,2,1,5,8,8,0,,,1,\n", "m.csv:3: column `role` is ``; expected a value"),
            ("a,2,1,,8,8,0,leecher,,1,\n", "m.csv:3: column `file_bytes` is ``; expected a value"),
            ("a,2,1,5,fast,8,0,leecher,,1,\n", "m.csv:3: column `up_bps` is `fast`; expected a number, zero or more"),
            ("a,2,1\n", "m.csv:3: this line has 3 fields; expected 11, as the header has"),
        ] {
            assert_eq!(read_rows(&format!("{good}{row}")).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn a_table_without_a_needed_column_is_refused() {
        let text = "run_id,nodes,seeders,file_bytes,up_bps,role\n";
        let error = read("m.csv", text.as_bytes(), &mut Measured::default()).unwrap_err().to_string();
        assert_eq!(error, "m.csv: there is no column `down_bps`");
    }

    #[test]
    fn a_run_of_unlike_nodes_is_left_out_with_a_note() {
        let measured = read_rows("a,2,1,5,8,8,0,leecher,,1,\na,2,1,6,8,8,0,seeder,,,\n").unwrap();
        assert!(measured.runs.is_empty());
        assert_eq!(measured.notes, ["m.csv: run a is left out: its nodes differ in `file_bytes`"]);
    }

    #[test]
    fn links_may_differ_and_may_have_no_limit() {
        let rows =
            "a,2,1,5,8,inf,0,leecher,,1,\na,2,1,5,9,,0,seeder,,,\nb,2,1,5,,8,0,leecher,,1,\nb,2,1,5,,8,0,seeder,,,\n";
        let runs = read_rows(rows).unwrap().runs;
        let ups: Vec<_> = runs[0].nodes.iter().map(|node| (node.up_bps, node.down_bps)).collect();
        assert_eq!(ups, [(Some(8.0), None), (Some(9.0), None)], "what differs is with the nodes");
        let of = |run: usize, column: &str| runs[run].conditions.get(column).map(String::as_str);
        assert_eq!((of(0, "up_bps"), of(0, "down_bps")), (None, Some("inf")), "what does not, with the run");
        assert_eq!((of(1, "up_bps"), of(1, "down_bps")), (Some("inf"), Some("8")));
    }

    #[test]
    fn settings_are_sorted_and_what_no_scenario_says_is_an_obstacle() {
        let head = "run_id,nodes,seeders,file_bytes,up_bps,down_bps,role,seed_after,loss,settings";
        let read_text = |rows: &str| {
            let mut measured = Measured::default();
            read("m.csv", format!("{head}\n{rows}").as_bytes(), &mut measured).map(|()| measured.runs)
        };
        let of = |role: &str, rest: &str| format!("a,2,1,5,8,8,{role},{rest}\n");
        let two = |rest: &str| read_text(&(of("seeder", rest) + &of("leecher", rest))).map(|mut runs| runs.remove(0));
        let run = two("0,0.0,\"{\"\"b\"\": 1, \"\"a\"\": true}\"").unwrap();
        assert_eq!(run.conditions["settings"], "{\"a\":true,\"b\":1}");
        assert!(run.nodes[1].leaves_complete && run.obstacle.is_none());
        assert!(!two("1,,{}").unwrap().conditions.contains_key("settings"), "nothing was unlike");
        assert_eq!(two(",0.005,").unwrap().conditions["loss"], "0.005");
        assert!(!two(",0.0,").unwrap().conditions.contains_key("loss"), "nothing is lost");
        let of_role = |role: &str| read_text(&(of("seeder", ",,") + &of(role, ",,"))).unwrap().remove(0);
        assert!(of_role("mirror").obstacle.unwrap().contains("the role `mirror`; a role is seeder, leecher or idle"));
        let idle = of_role("idle");
        assert!(idle.obstacle.is_none() && idle.nodes[1].role == Role::Idle);
        for (rest, message) in [
            ("2,,", "column `seed_after` is `2`; expected 0 or 1"),
            (",,[1]", "column `settings` is `[1]`; expected a JSON object of numbers and words"),
        ] {
            let error = two(rest).unwrap_err().to_string();
            assert!(error.ends_with(message), "{error}");
        }
    }

    #[test]
    fn a_run_with_missing_nodes_is_left_out_with_a_note() {
        let measured = read_rows("a,3,1,5,8,8,0,leecher,,1,\na,3,1,5,8,8,0,seeder,,,\n").unwrap();
        assert!(measured.runs.is_empty());
        let note = "m.csv: run a is left out: it has rows of 1 seeders and 1 leechers, not of 1 and 2";
        assert_eq!(measured.notes, [note]);
    }
}
