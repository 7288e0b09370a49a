//! A CSV file with a row for each node. Rows that say the same and follow each other are
//! one class.

use super::error::{Fault, list};
use super::parse::read_file;
use super::source::{Place, Sources};
use super::trace::{Line, records};
use super::tree::{Node, Table, Value};

/// Column, key of a class, and the unit that a plain number in it has.
const COLUMNS: [(&str, &str, &str); 15] = [
    ("class", "name", ""),
    ("role", "role", ""),
    ("up_bps", "up", " bit/s"),
    ("down_bps", "down", " bit/s"),
    ("up", "up", ""),
    ("down", "down", ""),
    ("region", "region", ""),
    ("point", "point", ""),
    ("access_delay_s", "access_delay", " s"),
    ("access_delay", "access_delay", ""),
    ("hardware", "hardware", ""),
    ("start_s", "start", " s"),
    ("leave_s", "leave", " s"),
    ("return_s", "return", " s"),
    ("seed_for_s", "seed_for", " s"),
];

/// The class of a row that names none.
const NAMELESS: &str = "node";

/// A row: what it says, key by key, and where.
struct Row {
    fields: Vec<(&'static str, String, Place)>,
    at: Place,
}

impl Row {
    fn get(&self, key: &str) -> Option<&(&'static str, String, Place)> {
        self.fields.iter().find(|(known, ..)| *known == key)
    }

    /// Whether `other` is a node of the same class: all but its start is the same.
    fn is_like(&self, other: &Row) -> bool {
        let says = |row: &Row| -> Vec<(&'static str, String)> {
            let kept = row.fields.iter().filter(|(key, ..)| *key != "start");
            kept.map(|(key, value, _)| (*key, value.clone())).collect()
        };
        says(self) == says(other) && self.get("start").is_some() == other.get("start").is_some()
    }
}

/// The classes that the file `name` describes, asked for at `asked`.
pub(super) fn read(name: &str, asked: Place, sources: &mut Sources) -> Result<Node, Fault> {
    let path = sources.get(asked.source).folder.join(name);
    let source = match sources.named(&path.display().to_string()) {
        Some(source) => source,
        None => read_file(sources, &path, Some(asked), "a CSV file with a row for each node")?,
    };
    let rows = rows(sources, source)?;
    if rows.is_empty() {
        return Err(Fault::new("this file has no nodes").expected("a row for each node").at(asked));
    }
    let mut groups: Vec<Vec<Row>> = Vec::new();
    for row in rows {
        match groups.last_mut().filter(|group| group[0].is_like(&row)) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    let mut first = 0;
    let numbered = |group: &Vec<Row>| {
        first += group.len();
        class(group, first - group.len())
    };
    let classes = groups.iter().map(numbered).collect();
    Ok(Node { key: asked, at: asked, value: Value::Array(classes) })
}

/// The table of a class of these rows, of which the first is the node of this number.
fn class(rows: &[Row], first: usize) -> Node {
    let at = rows[0].at;
    let text = |value: &str, at| Node { key: at, at, value: Value::String(value.to_owned()) };
    let mut table = Table::default();
    let name = rows[0].get("name").map_or_else(|| text(NAMELESS, at), |(_, name, at)| text(name, *at));
    table.put("name", name);
    table.put("first", Node { key: at, at, value: Value::Integer(first as i128) });
    table.put("count", Node { key: at, at, value: Value::Integer(rows.len() as i128) });
    for (key, value, at) in
        rows[0].fields.iter().filter(|(key, ..)| !["name", "start", "leave", "return"].contains(key))
    {
        table.put(key, text(value, *at));
    }
    let leeches = rows[0].get("role").is_none_or(|(_, role, _)| role == "leecher");
    let starts: Vec<Node> =
        rows.iter().filter_map(|row| row.get("start")).map(|(_, start, at)| text(start, *at)).collect();
    if !starts.is_empty() && leeches {
        let moments = Node { key: at, at, value: Value::Array(starts) };
        table.put("start", Node { key: at, at, value: Value::Table(Table(vec![("at".into(), moments)])) });
    }
    if let Some((_, leave, place)) = rows[0].get("leave") {
        let back = rows[0].get("return").map(|(_, back, at)| text(back, *at));
        let absence = std::iter::once(text(leave, *place)).chain(back).collect();
        let absence = Node { key: *place, at: *place, value: Value::Array(absence) };
        table.put("away", Node { key: *place, at: *place, value: Value::Array(vec![absence]) });
    }
    Node { key: at, at, value: Value::Table(table) }
}

fn rows(sources: &Sources, source: usize) -> Result<Vec<Row>, Fault> {
    let text = &sources.get(source).text;
    let mut reader = records(text);
    let (mut columns, mut rows): (Vec<usize>, _) = (Vec::new(), Vec::new());
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(|error| Fault::new(format!("not valid CSV: {error}")))?;
        let line = Line { text, start: record.position().map_or(0, |p| p.byte() as usize), source };
        if index == 0 {
            columns = header(&record, &line)?;
            continue;
        }
        if record.len() != columns.len() {
            let fault = Fault::new(format!("{} fields", record.len()));
            return Err(fault.expected(format!("{}, as in the header", columns.len())).at(line.whole()));
        }
        let mut fields = Vec::new();
        for (at, value) in record.iter().enumerate().filter(|(_, value)| !value.is_empty()) {
            let (_, key, unit) = COLUMNS[columns[at]];
            fields.push((key, format!("{value}{unit}"), line.field(at)));
        }
        if let (None, Some((.., at))) =
            (fields.iter().find(|(key, ..)| *key == "leave"), fields.iter().find(|(key, ..)| *key == "return"))
        {
            return Err(Fault::new("a node that returns and never leaves").expected("`leave_s` too").at(*at));
        }
        rows.push(Row { fields, at: line.whole() });
    }
    Ok(rows)
}

/// By column of the file: its place in [`COLUMNS`].
fn header(record: &csv::StringRecord, line: &Line<'_>) -> Result<Vec<usize>, Fault> {
    let names = || COLUMNS.iter().map(|(name, ..)| *name);
    let mut found: Vec<usize> = Vec::new();
    for (at, name) in record.iter().enumerate() {
        let fault =
            |message: String| Fault::new(message).expected(format!("some of {}", list(names()))).at(line.field(at));
        let known = names().position(|known| known == name);
        let known = known.ok_or_else(|| fault(format!("unknown column `{name}`")).suggest(name, names()))?;
        if let Some(other) = found.iter().find(|other| COLUMNS[**other].1 == COLUMNS[known].1) {
            return Err(fault(format!("`{}` and `{name}` say the same", COLUMNS[*other].0)));
        }
        found.push(known);
    }
    Ok(found)
}
