//! GML: keys and values, of which a list in brackets is one.

use super::super::error::Fault;
use super::super::source::Place;
use super::Text;
use super::quantity::number;
use super::record::{Draft, Field, Record};
use crate::world::Topology;
use std::borrow::Cow;

/// How deep lists may stand in lists.
const DEEPEST: usize = 32;

/// A key and what stands at it.
#[derive(Debug)]
struct Entry<'a> {
    key: &'a str,
    key_at: Place,
    at: Place,
    value: Value<'a>,
}

#[derive(Debug)]
enum Value<'a> {
    Word(Cow<'a, str>),
    List(Vec<Entry<'a>>),
}

/// Reads nodes and edges; a latency without a unit is in seconds.
pub(super) fn read(text: Text<'_>) -> Result<(Topology, Vec<String>), Fault> {
    let all = Reader { text, rest: text.text }.entries(None, 0)?;
    let mut graphs = all.into_iter().filter(|entry| entry.key == "graph");
    let start = Place { source: text.source, start: 0, end: 0 };
    let graph = graphs.next().ok_or_else(|| Fault::new("no graph is here").expected("graph [ .. ]").at(start))?;
    if let Some(second) = graphs.next() {
        return Err(Fault::new("a second graph").expected("one graph in a file").at(second.key_at));
    }
    let mut draft = Draft { nodes: Vec::new(), edges: Vec::new(), bare: "s", otherwise: text.otherwise };
    let mut both_ways = true;
    for entry in graph.list()? {
        match entry.key {
            "directed" => both_ways = !entry.flag()?,
            "node" => draft.nodes.push(entry.record()?),
            "edge" => draft.edges.push((entry.record()?, true)),
            // What is said of the graph as a whole: where it comes from, who made it.
            _ => {}
        }
    }
    draft.edges.iter_mut().for_each(|(_, both)| *both = both_ways);
    draft.build()
}

impl<'a> Entry<'a> {
    fn list(self) -> Result<Vec<Entry<'a>>, Fault> {
        match self.value {
            Value::List(entries) => Ok(entries),
            Value::Word(_) => Err(Fault::new("wrong type").expected(format!("{} [ .. ]", self.key)).at(self.at)),
        }
    }

    fn flag(&self) -> Result<bool, Fault> {
        match &self.value {
            Value::Word(word) if word == "0" => Ok(false),
            Value::Word(word) if word == "1" => Ok(true),
            _ => Err(Fault::new(format!("`{}` is neither 0 nor 1", self.key)).expected("0 or 1").at(self.at)),
        }
    }

    fn record(self) -> Result<Record<'a>, Fault> {
        let at = self.key_at;
        let field = |entry: Entry<'a>| match entry.value {
            Value::Word(value) => Field { key: entry.key, value, at: entry.at },
            Value::List(_) => Field { key: entry.key, value: Cow::Borrowed("[ .. ]"), at: entry.at },
        };
        Ok(Record { at, fields: self.list()?.into_iter().map(field).collect() })
    }
}

/// What is left of the text.
#[derive(Debug)]
struct Reader<'a> {
    text: Text<'a>,
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// The entries up to the bracket that closes the one at `open`, or to the end.
    fn entries(&mut self, open: Option<Place>, depth: usize) -> Result<Vec<Entry<'a>>, Fault> {
        let mut entries = Vec::new();
        loop {
            self.skip();
            if self.rest.is_empty() {
                let fault = open.map(|open| Fault::new("a list without end").expected("`]` behind it").at(open));
                return fault.map_or(Ok(entries), Err);
            }
            if self.rest.starts_with(']') {
                let bracket = self.take(1);
                let fault = || Fault::new("a `]` without `[`").expected("a key").at(self.text.place(bracket));
                return open.map(|_| entries).ok_or_else(fault);
            }
            entries.push(self.entry(depth)?);
        }
    }

    fn entry(&mut self, depth: usize) -> Result<Entry<'a>, Fault> {
        let key = self.word();
        let key_at = self.text.place(key);
        if !key.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            let found = if key.is_empty() { self.take(1) } else { key };
            let fault = Fault::new(format!("`{found}` is no key")).expected("a key and its value");
            return Err(fault.at(self.text.place(found)));
        }
        self.skip();
        if let Some(inner) = self.rest.strip_prefix('"') {
            let (open, end) = (self.rest, inner.find('"'));
            let end = end.ok_or_else(|| {
                Fault::new("a text without end").expected("a second `\"`").at(self.text.place(&open[..1]))
            })?;
            let written = self.take(end + 2);
            let value = Value::Word(decoded(&written[1..=end]));
            return Ok(Entry { key, key_at, at: self.text.place(&written[1..=end]), value });
        }
        if self.rest.starts_with('[') {
            let bracket = self.take(1);
            let at = self.text.place(bracket);
            if depth == DEEPEST {
                return Err(Fault::new("lists too deep in lists").expected(format!("at most {DEEPEST}")).at(at));
            }
            return Ok(Entry { key, key_at, at, value: Value::List(self.entries(Some(at), depth + 1)?) });
        }
        let word = self.word();
        let at = self.text.place(word);
        if word.is_empty() {
            return Err(Fault::new(format!("`{key}` has no value")).expected("a number, a text or a list").at(key_at));
        }
        if number(word).is_none() && word.parse::<f64>().is_err() {
            let fault = Fault::new(format!("`{word}` is no value"));
            return Err(fault.expected("a number, a text in quotes or a list in brackets").at(at));
        }
        Ok(Entry { key, key_at, at, value: Value::Word(Cow::Borrowed(word)) })
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        taken
    }

    fn word(&mut self) -> &'a str {
        let ends = |c: char| c.is_whitespace() || matches!(c, '[' | ']' | '"' | '#');
        self.take(self.rest.find(ends).unwrap_or(self.rest.len()))
    }

    /// Goes over blanks and comments.
    fn skip(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with('#') {
                return;
            }
            self.take(self.rest.find('\n').unwrap_or(self.rest.len()));
        }
    }
}

/// `written` with the signs for which names stand, as `&amp;` for `&`.
fn decoded(written: &str) -> Cow<'_, str> {
    if !written.contains('&') {
        return Cow::Borrowed(written);
    }
    let mut parts = written.split('&');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let named = part.split_once(';').and_then(|(name, rest)| Some((sign(name)?, rest)));
        match named {
            Some((sign, rest)) => text.extend([sign.to_string().as_str(), rest]),
            None => text.extend(["&", part]),
        }
    }
    Cow::Owned(text)
}

fn sign(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "lt" => Some('<'),
        "gt" => Some('>'),
        _ => char::from_u32(name.strip_prefix('#')?.parse().ok()?),
    }
}
