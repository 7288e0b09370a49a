//! Recorded sessions: rows of node, online since, offline from.

use super::error::Fault;
use super::parse::read_file;
use super::source::{Place, Sources};
use super::tree::{Node, Value};
use crate::units::Time;

/// One recorded session: node, online since, offline from (seconds).
pub(super) type Row = (u32, f64, f64);

const COLUMNS: [&str; 3] = ["node", "online_s", "offline_s"];

/// Puts the sessions that `node` gives in its place, those of a file too, for a network of
/// `size` nodes.
pub(super) fn read(node: &mut Node, size: u32, sources: &mut Sources) -> Result<(), Fault> {
    if let Some(name) = node.text() {
        let path = sources.get(node.at.source).folder.join(name);
        let source = read_file(sources, &path, Some(node.at), "a CSV file with the columns node,online_s,offline_s")?;
        let (rows, places) = read_csv(sources, source, size)?;
        refuse_overlaps(&rows, &places)?;
        let rows = toml::Value::try_from(rows).expect("numbers are TOML");
        node.value = Node::from_bare(&rows, node.at).value;
    } else {
        let rows: Vec<Row> = node.read()?;
        let written = node.array().unwrap_or_default();
        for (row, written) in rows.iter().zip(written) {
            check(*row, size).map_err(|(column, fault)| {
                fault.at(written.array().and_then(|fields| fields.get(column)).unwrap_or(written).at)
            })?;
        }
        refuse_overlaps(&rows, &written.iter().map(|row| row.at).collect::<Vec<_>>())?;
    }
    match &node.value {
        Value::Array(rows) if rows.is_empty() => {
            Err(Fault::new("this trace has no sessions").expected("at least one row").at(node.at))
        }
        _ => Ok(()),
    }
}

/// Refuses rows of which one begins while its node is there by another; each has a place.
fn refuse_overlaps(rows: &[Row], places: &[Place]) -> Result<(), Fault> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|a, b| (rows[*a].0.cmp(&rows[*b].0)).then(rows[*a].1.total_cmp(&rows[*b].1)).then(a.cmp(b)));
    for pair in order.windows(2) {
        let ((node, begun, until), (other, from, _)) = (rows[pair[0]], rows[pair[1]]);
        if node == other && from < until {
            let fault = Fault::new(format!("node {node} comes at {from} s, and is there from {begun} s to {until} s"));
            let place = places[pair[0].max(pair[1])];
            return Err(fault.expected("sessions of a node one after another").at(place));
        }
    }
    Ok(())
}

/// The rows of a file and the place of each.
fn read_csv(sources: &Sources, source: usize, size: u32) -> Result<(Vec<Row>, Vec<Place>), Fault> {
    let text = &sources.get(source).text;
    let mut reader = records(text);
    let (mut rows, mut places) = (Vec::new(), Vec::new());
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(|error| Fault::new(format!("not valid CSV: {error}")))?;
        let start = record.position().map_or(0, |p| p.byte() as usize);
        let line = Line { text, start, source };
        if record.len() != COLUMNS.len() {
            let message = format!("{} fields", record.len());
            return Err(Fault::new(message).expected("three: node,online_s,offline_s").at(line.whole()));
        }
        if index == 0 {
            let names: Vec<&str> = record.iter().collect();
            if names != COLUMNS {
                return Err(Fault::new("wrong header").expected("node,online_s,offline_s").at(line.whole()));
            }
            continue;
        }
        let row = parse_row(&record).and_then(|row| check(row, size).map(|()| row));
        rows.push(row.map_err(|(column, fault)| fault.at(line.field(column)))?);
        places.push(line.whole());
    }
    Ok((rows, places))
}

fn parse_row(record: &csv::StringRecord) -> Result<Row, (usize, Fault)> {
    let seconds = |column: usize| {
        let field = &record[column];
        field.parse::<f64>().map_err(|_| (column, Fault::new(format!("`{field}` is not a number")).expected("seconds")))
    };
    let node = record[0].parse().map_err(|_| {
        (0, Fault::new(format!("`{}` is not a node", &record[0])).expected("a whole number, zero or more"))
    })?;
    Ok((node, seconds(1)?, seconds(2)?))
}

/// The column that is wrong, and why.
fn check((node, online, offline): Row, size: u32) -> Result<(), (usize, Fault)> {
    if node >= size {
        let fault = Fault::new(format!("node {node} does not exist"));
        return Err((0, fault.expected(format!("a node from 0 to {}", size - 1))));
    }
    for (column, value) in [(1, online), (2, offline)] {
        if !(value.is_finite() && value >= 0.0) {
            return Err((column, Fault::new(format!("`{value}` is not a moment")).expected("seconds, zero or more")));
        }
        if value > Time::LONGEST.secs() {
            let most = format!("at most {} s", Time::LONGEST.secs());
            return Err((column, Fault::new(format!("`{value}` is later than the clock holds")).expected(most)));
        }
    }
    if offline <= online {
        let fault = Fault::new(format!("the session ends at {offline} s, before it begins at {online} s"));
        return Err((2, fault.expected("offline_s above online_s")));
    }
    Ok(())
}

/// The records of a CSV file, its header among them; lines that begin with `#` are comments.
pub(super) fn records(text: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .has_headers(false)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes())
}

/// A line of the file that begins at byte `start`.
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    pub(super) start: usize,
    pub(super) source: usize,
}

impl Line<'_> {
    pub(super) fn whole(&self) -> Place {
        let blank = |c: char| c == '\n' || c == '\r';
        let start = self.start + self.text[self.start..].find(|c| !blank(c)).unwrap_or(0);
        let length = self.text[start..].find(blank).unwrap_or(self.text.len() - start);
        Place { source: self.source, start, end: start + length }
    }

    pub(super) fn field(&self, column: usize) -> Place {
        let whole = self.whole();
        let mut start = whole.start;
        for (index, field) in self.text[whole.start..whole.end].split(',').enumerate() {
            if index == column {
                let lead = field.len() - field.trim_start().len();
                return Place { source: self.source, start: start + lead, end: start + lead + field.trim().len() };
            }
            start += field.len() + 1;
        }
        whole
    }
}
