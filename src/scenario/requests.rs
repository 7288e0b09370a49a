//! Requests: what excludes what, and recorded ones from a file.

use super::error::{Fault, one_of};
use super::parse::read_file;
use super::source::{Place, Sources};
use super::trace::{Line, records};
use super::tree::{Node, Table, Value};
use crate::units::Time;
use crate::world::{DatasetClass, WorldSpec};

const COLUMNS: [&str; 4] = ["time_s", "node", "op", "dataset"];
const OPS: [&str; 4] = ["get", "put", "delete", "repair"];

/// Ways to say when requests come, of which there is one.
const ARRIVALS: [&str; 4] = ["trace", "each", "rate", "rate_per_node"];

/// Refuses two ways to say when requests come, and settings of none; puts the rows of a
/// trace in its place.
pub(super) fn choose(tree: &mut Table, sources: &mut Sources) -> Result<(), Fault> {
    let own = |key: &str| tree.find(&format!("requests.{key}")).filter(|node| !sources.is_default(node.at));
    let chosen: Vec<&str> = ARRIVALS.into_iter().filter(|key| own(key).is_some()).collect();
    if let [first, second, ..] = chosen[..] {
        let fault = Fault::new(format!("`requests.{first}` and `requests.{second}` exclude each other"));
        return Err(own(second).map_or(fault.clone(), |node| fault.expected("one of them").at(node.key)));
    }
    let said = |keys: [&'static str; 2]| keys.into_iter().find_map(|key| Some((key, own(key)?)));
    let (limits, paces) = (said(["number", "until"]), said(["parallel", "think"]));
    let (idle, expected) = match chosen.first() {
        None => (limits.or(paces), one_of(ARRIVALS.map(|key| format!("requests.{key}")).iter().map(String::as_str))),
        Some(&("trace" | "each")) => (limits, "`requests.rate` or `requests.rate_per_node`, which it limits".into()),
        Some(_) => (None, String::new()),
    };
    if let Some((key, node)) = idle {
        let what = if chosen.is_empty() { "no requests" } else { "requests that are counted already" };
        return Err(Fault::new(format!("`requests.{key}` of {what}")).expected(expected).at(node.key));
    }
    let size: u32 = tree.find("swarm.network_size").map_or(Ok(u32::MAX), Node::read)?;
    let classes = tree.get("datasets").map_or(Ok(Vec::new()), Node::read::<Vec<DatasetClass>>)?;
    let Some(node) = tree.get_mut("requests").and_then(Node::table_mut).and_then(|table| table.get_mut("trace")) else {
        return Ok(());
    };
    let rules = Rules { size, names: Names::new(classes), last: 0.0 };
    let rows = match node.text().map(str::to_owned) {
        Some(name) => from_file(&name, node.at, sources, rules)?,
        None => from_rows(node, rules)?,
    };
    node.value = Value::Array(rows);
    Ok(())
}

/// Leaves out what says nothing: settings of no requests and of no store.
pub(super) fn show(tree: &mut Table, world: &WorldSpec) {
    if world.requests.is_none() {
        tree.remove("requests");
    }
    if world.store.is_none() {
        tree.remove("store");
    }
}

/// How datasets are named.
struct Names {
    /// Class by class.
    classes: Vec<DatasetClass>,
    count: u32,
}

impl Names {
    fn new(classes: Vec<DatasetClass>) -> Self {
        let count = classes.iter().map(|class| class.count).sum::<u32>().max(1);
        Names { classes, count }
    }

    /// The place of the dataset of this name.
    fn place(&self, name: &str) -> Option<u32> {
        let number = name.parse().ok().filter(|number| *number < self.count);
        let (class, member) = name.rsplit_once('-').unwrap_or((name, ""));
        let mut first = 0;
        let mut found = None;
        for DatasetClass { name: known, count, .. } in &self.classes {
            let at = if known == name && *count == 1 { Some(0) } else { member.parse::<u32>().ok() };
            let is_it = (known == name && *count == 1) || known == class;
            if let (true, Some(at)) = (is_it, at.filter(|at| at < count)) {
                found = found.or(Some(first + at));
            }
            first += count;
        }
        found.or(number)
    }

    /// Whether the dataset at `place` has an erasure code.
    fn has_code(&self, place: u32) -> bool {
        let mut end = 0;
        let class = self.classes.iter().find(|class| {
            end += class.count;
            place < end
        });
        class.is_some_and(|class| class.code.is_some())
    }

    fn expected(&self) -> String {
        match self.classes.as_slice() {
            [] => "0, the one dataset".into(),
            classes => {
                let form = |DatasetClass { name, count, .. }: &DatasetClass| match count {
                    1 => format!("`{name}`"),
                    count => format!("`{name}-0` to `{name}-{}`", count - 1),
                };
                classes.iter().map(form).collect::<Vec<_>>().join(", ")
            }
        }
    }
}

/// What rows are held against, one after the other.
struct Rules {
    size: u32,
    names: Names,
    last: f64,
}

impl Rules {
    /// The row as the specification reads it; of what is wrong, the column.
    fn row(&mut self, [time, node, op, dataset]: [&str; 4]) -> Result<[Value; 4], (usize, Fault)> {
        let wrong = |column, message: String, expected: String| (column, Fault::new(message).expected(expected));
        let at: f64 = time.parse().map_err(|_| wrong(0, format!("`{time}` is not a number"), "seconds".into()))?;
        if !(at.is_finite() && at >= 0.0 && at <= Time::LONGEST.secs()) {
            return Err(wrong(0, format!("`{at}` is not a moment"), "seconds, zero or more".into()));
        }
        if at < self.last {
            let expected = format!("a moment not before that of the row above, {} s", self.last);
            return Err(wrong(0, format!("the trace goes back in time to {at} s"), expected));
        }
        self.last = at;
        let size = self.size;
        let known = node.parse::<u32>().ok().filter(|node| *node < size);
        let id = known.ok_or_else(|| {
            wrong(1, format!("node `{node}` does not exist"), format!("a node from 0 to {}", size.saturating_sub(1)))
        })?;
        if !OPS.contains(&op) {
            let (_, fault) = wrong(2, format!("unknown op `{op}`"), one_of(OPS));
            return Err((2, fault.suggest(op, OPS)));
        }
        let place = self.names.place(dataset);
        let place = place.ok_or_else(|| wrong(3, format!("unknown dataset `{dataset}`"), self.names.expected()))?;
        if op == "repair" && !self.names.has_code(place) {
            let message = format!("dataset `{dataset}` has no erasure code, so no slots to repair");
            return Err(wrong(3, message, "a dataset of a class with a `code`".into()));
        }
        Ok([Value::Float(at), Value::Integer(id.into()), Value::String(op.into()), Value::Integer(place.into())])
    }
}

fn placed(fields: [Value; 4], at: Place) -> Node {
    let row = fields.into_iter().map(|value| Node { key: at, at, value }).collect();
    Node { key: at, at, value: Value::Array(row) }
}

fn from_file(name: &str, asked: Place, sources: &mut Sources, mut rules: Rules) -> Result<Vec<Node>, Fault> {
    let path = sources.get(asked.source).folder.join(name);
    let what = "a CSV file with the columns time_s,node,op,dataset";
    let source = match sources.named(&path.display().to_string()) {
        Some(source) => source,
        None => read_file(sources, &path, Some(asked), what)?,
    };
    let text = &sources.get(source).text;
    let mut rows = Vec::new();
    for (index, record) in records(text).records().enumerate() {
        let record = record.map_err(|error| Fault::new(format!("not valid CSV: {error}")))?;
        let line = Line { text, start: record.position().map_or(0, |p| p.byte() as usize), source };
        let fields: Vec<&str> = record.iter().collect();
        let Ok(fields) = <[&str; 4]>::try_from(fields.as_slice()) else {
            let fault = Fault::new(format!("{} fields", record.len()));
            return Err(fault.expected("four: time_s,node,op,dataset").at(line.whole()));
        };
        if index > 0 {
            let row = rules.row(fields).map_err(|(column, fault)| fault.at(line.field(column)))?;
            rows.push(placed(row, line.whole()));
        } else if fields != COLUMNS {
            return Err(Fault::new("wrong header").expected("time_s,node,op,dataset").at(line.whole()));
        }
    }
    if rows.is_empty() {
        return Err(Fault::new("this trace asks for nothing").expected("at least one row").at(asked));
    }
    Ok(rows)
}

/// A value as it would stand in a file.
fn plain(node: &Node) -> String {
    node.text().map_or_else(|| node.bare().to_string(), str::to_owned)
}

fn from_rows(node: &Node, mut rules: Rules) -> Result<Vec<Node>, Fault> {
    let form = "a CSV file, or rows [seconds, node, op, dataset]";
    let rows = node.array().ok_or_else(|| node.wrong_type(form))?;
    let read = |row: &Node| {
        let fields = row.array().filter(|fields| fields.len() == COLUMNS.len()).ok_or_else(|| row.wrong_type(form))?;
        let texts: Vec<String> = fields.iter().map(plain).collect();
        let texts = [0, 1, 2, 3].map(|column| texts[column].as_str());
        let values = rules.row(texts).map_err(|(column, fault)| fault.at(fields[column].at))?;
        Ok(placed(values, row.at))
    };
    rows.iter().map(read).collect()
}
