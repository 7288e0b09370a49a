//! Values with the place each was written at, and how layers of them merge.

use super::error::Fault;
use super::schema::is_choice;
use super::source::{Place, Sources};
use toml::de::{DeTable, DeValue};

/// A value, the place of its key and its own.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) key: Place,
    pub(super) at: Place,
    pub(super) value: Value,
}

/// What a [`Node`] holds.
#[derive(Debug, Clone)]
pub(super) enum Value {
    String(String),
    Integer(i128),
    Float(f64),
    Boolean(bool),
    Datetime(String),
    Array(Vec<Node>),
    Table(Table),
}

/// A table in order of appearance.
#[derive(Debug, Clone, Default)]
pub(super) struct Table(pub(super) Vec<(String, Node)>);

impl Table {
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.0.iter_mut().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<Node> {
        let index = self.0.iter().position(|(name, _)| name == key)?;
        Some(self.0.remove(index).1)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The value at a dotted path of plain keys.
    pub(super) fn find(&self, path: &str) -> Option<&Node> {
        let (first, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
        let node = self.get(first)?;
        rest.map_or(Some(node), |rest| node.table()?.find(rest))
    }

    /// The value at a dotted path, or the innermost there is around it; a number counts
    /// in a list.
    pub(super) fn nearest(&self, path: &str) -> Option<&Node> {
        let mut steps = path.split('.');
        let mut found = self.get(steps.next()?)?;
        for step in steps {
            let inner = match &found.value {
                Value::Table(table) => table.get(step),
                Value::Array(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
                _ => None,
            };
            match inner {
                Some(node) => found = node,
                None => break,
            }
        }
        Some(found)
    }

    /// Puts `node` where `key` was, or at the end.
    pub(super) fn put(&mut self, key: &str, node: Node) {
        match self.get_mut(key) {
            Some(there) => *there = node,
            None => self.0.push((key.into(), node)),
        }
    }

    /// Lays `over` on top of this table; `path` is where both are.
    pub(super) fn merge(&mut self, over: Table, path: &str) {
        for (name, node) in over.0 {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match self.get_mut(&name) {
                Some(under) => under.merge(node, &path),
                None => self.0.push((name, node)),
            }
        }
    }
}

/// The keys of `table` as places in a list of `length` items, if all are.
fn places(table: &Table, length: usize) -> Option<Vec<usize>> {
    let place = |(name, _): &(String, Node)| name.parse().ok().filter(|place| *place < length);
    table.0.iter().map(place).collect()
}

/// Lays `own` over what nobody set in `tree`: over values from the defaults, and
/// where there is nothing.
pub(super) fn fill(tree: &mut Table, own: Table, sources: &Sources) {
    for (name, node) in own.0 {
        match tree.get_mut(&name) {
            None => tree.0.push((name, node)),
            Some(under) => match (&mut under.value, node.value) {
                (Value::Table(under), Value::Table(own)) => fill(under, own, sources),
                (_, value) if sources.is_default(under.at) => *under = Node { value, ..node },
                _ => {}
            },
        }
    }
}

impl Node {
    pub(super) fn table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    pub(super) fn table_mut(&mut self) -> Option<&mut Table> {
        match &mut self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn array(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// That something else than `expected` stands here.
    pub(super) fn wrong_type(&self, expected: &str) -> Fault {
        let fault = Fault::new("wrong type").expected(expected).at(self.at);
        if self.array().is_some() { fault.several() } else { fault }
    }

    fn merge(&mut self, over: Node, path: &str) {
        match (&mut self.value, over.value) {
            (Value::Table(under), Value::Table(table)) if !replaces(under, &table, path) => {
                under.merge(table, path);
                (self.key, self.at) = (over.key, over.at);
            }
            // `datasets.0.count` is a key of the first item.
            (Value::Array(items), Value::Table(table)) if places(&table, items.len()).is_some() => {
                for (place, (name, node)) in places(&table, items.len()).into_iter().flatten().zip(table.0) {
                    items[place].merge(node, &format!("{path}.{name}"));
                }
            }
            (_, value) => *self = Node { value, ..over },
        }
    }

    /// The same value, said to be written elsewhere.
    pub(super) fn moved(mut self, key: Place, at: Place) -> Node {
        match &mut self.value {
            Value::Array(items) => items.iter_mut().for_each(|item| *item = item.clone().moved(at, at)),
            Value::Table(table) => table.0.iter_mut().for_each(|(_, node)| *node = node.clone().moved(at, at)),
            _ => {}
        }
        Node { key, at, value: self.value }
    }

    /// Without the places.
    pub(super) fn bare(&self) -> toml::Value {
        match &self.value {
            Value::String(text) | Value::Datetime(text) => toml::Value::String(text.clone()),
            Value::Integer(value) => {
                i64::try_from(*value).map_or_else(|_| toml::Value::String(value.to_string()), toml::Value::Integer)
            }
            Value::Float(value) => toml::Value::Float(*value),
            Value::Boolean(value) => toml::Value::Boolean(*value),
            Value::Array(items) => toml::Value::Array(items.iter().map(Node::bare).collect()),
            Value::Table(table) => {
                toml::Value::Table(table.0.iter().map(|(name, node)| (name.clone(), node.bare())).collect())
            }
        }
    }

    /// From a value that was written at `at`.
    pub(super) fn from_bare(value: &toml::Value, at: Place) -> Node {
        let value = match value {
            toml::Value::String(text) => Value::String(text.clone()),
            toml::Value::Integer(value) => Value::Integer(i128::from(*value)),
            toml::Value::Float(value) => Value::Float(*value),
            toml::Value::Boolean(value) => Value::Boolean(*value),
            toml::Value::Datetime(value) => Value::Datetime(value.to_string()),
            toml::Value::Array(items) => Value::Array(items.iter().map(|item| Node::from_bare(item, at)).collect()),
            toml::Value::Table(table) => Value::Table(Table(
                table.iter().map(|(name, item)| (name.clone(), Node::from_bare(item, at))).collect(),
            )),
        };
        Node { key: at, at, value }
    }
}

/// A table that names a model or another alternative replaces what was there, e.g.
/// `start = { stagger = ".." }` over `start = { poisson = ".." }`.
fn replaces(under: &Table, over: &Table, path: &str) -> bool {
    let names_other = is_choice(path) && !over.keys().any(|key| under.get(key).is_some());
    names_other || (["hardware", "repair.transfer"].contains(&path) && over.get("extends").is_some())
}

/// Reads the text of `source` as TOML.
pub(super) fn read_toml(sources: &Sources, source: usize) -> Result<Table, Fault> {
    let table = DeTable::parse(&sources.get(source).text).map_err(|error| syntax_fault(&error, source))?;
    convert_table(table.get_ref(), source)
}

fn syntax_fault(error: &toml::de::Error, source: usize) -> Fault {
    let span = error.span().unwrap_or(0..0);
    let (message, expected) = match error.message().split_once(", expected ") {
        Some((message, expected)) => (message, expected),
        None => (error.message(), "nothing"),
    };
    let expected = match (message, expected) {
        ("duplicate key", _) => "each key once",
        ("string values must be quoted", _) => "a number, true, false, or text in quotes such as \"10 MB\"",
        (_, "nothing") => "`key = value` or `[table]`",
        (_, other) => other,
    };
    let place = Place { source, start: span.start, end: span.end };
    Fault::new(format!("not valid TOML: {message}")).expected(expected).at(place)
}

fn convert_table(table: &DeTable<'_>, source: usize) -> Result<Table, Fault> {
    let place = |span: std::ops::Range<usize>| Place { source, start: span.start, end: span.end };
    let mut entries = table
        .iter()
        .map(|(key, value)| {
            let (key_at, at) = (place(key.span()), place(value.span()));
            Ok((key.get_ref().to_string(), convert(value.get_ref(), key_at, at)?))
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    entries.sort_by_key(|(_, node)| node.key.start);
    Ok(Table(entries))
}

fn convert(value: &DeValue<'_>, key: Place, at: Place) -> Result<Node, Fault> {
    let range = || Fault::new("number out of range").at(at);
    let value = match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(digits) => {
            Value::Integer(i128::from_str_radix(digits.as_str(), digits.radix()).map_err(|_| range())?)
        }
        DeValue::Float(digits) => Value::Float(digits.as_str().parse().map_err(|_| range())?),
        DeValue::Boolean(value) => Value::Boolean(*value),
        DeValue::Datetime(value) => Value::Datetime(value.to_string()),
        DeValue::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| {
                    let at = Place { start: item.span().start, end: item.span().end, ..at };
                    convert(item.get_ref(), at, at)
                })
                .collect::<Result<_, _>>()?,
        ),
        DeValue::Table(table) => Value::Table(convert_table(table, at.source)?),
    };
    Ok(Node { key, at, value })
}

/// `name` as a part of a TOML key.
pub(super) fn quoted(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.chars().all(bare) { name.into() } else { toml::Value::String(name.into()).to_string() }
}
