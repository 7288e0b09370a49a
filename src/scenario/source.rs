//! The texts that values come from, and places in them.

use super::error::Fault;
use super::graphs::Cache;
use super::models::Constants;
use super::tree::{Table, read_toml};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Where something was written: bytes `start..end` of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) source: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What kind of layer a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Values of keys that nobody set.
    Default,
    /// A file: scenario, overlay, model or trace.
    File,
    /// Something from the command line.
    Line,
}

/// A text that values come from.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) kind: Kind,
    /// Its name in messages.
    pub(super) name: String,
    pub(super) text: Arc<str>,
    /// What the text says, once it was asked for.
    table: OnceLock<Arc<Table>>,
    /// Its constants, once it was read as a model of a kind.
    constants: Option<(String, Arc<Constants>)>,
    /// The folder that relative paths in it start from.
    pub(super) folder: PathBuf,
    /// Its rank among the layers; the higher wins.
    rank: usize,
    /// The same text as the layer of sweep points, which is above all others.
    above: Option<usize>,
}

/// All texts read so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Sources {
    texts: Vec<Source>,
    /// The graphs read so far; copies of this share them.
    pub(super) graphs: Cache,
}

impl Sources {
    pub(super) fn add(
        &mut self,
        kind: Kind,
        name: impl Into<String>,
        text: impl Into<Arc<str>>,
        folder: &Path,
    ) -> usize {
        let (name, text, folder) = (name.into(), text.into(), folder.into());
        let table = OnceLock::new();
        self.texts.push(Source { kind, name, text, table, constants: None, folder, rank: 0, above: None });
        self.texts.len() - 1
    }

    pub(super) fn get(&self, id: usize) -> &Source {
        &self.texts[id]
    }

    /// What `id` says as TOML. A text is read once, for every value of a sweep asks again
    /// for the models that it names.
    pub(super) fn table(&self, id: usize) -> Result<Table, Fault> {
        let known = &self.texts[id].table;
        match known.get() {
            Some(table) => Ok(Table::clone(table)),
            None => read_toml(self, id).inspect(|table| drop(known.set(table.clone().into()))),
        }
    }

    /// The constants of the model `id`, if it was read before as one of `kind`.
    pub(super) fn constants(&self, id: usize, kind: &str) -> Option<Arc<Constants>> {
        let (known, constants) = self.texts[id].constants.as_ref()?;
        (known == kind).then(|| constants.clone())
    }

    /// Keeps the constants of the model `id` of `kind`.
    pub(super) fn keep_constants(&mut self, id: usize, kind: &str, constants: &Arc<Constants>) {
        self.texts[id].constants = Some((kind.into(), constants.clone()));
    }

    /// Gives `id` the highest rank so far.
    pub(super) fn raise(&mut self, id: usize) {
        let top = self.texts.iter().map(|s| s.rank).max().unwrap_or(0);
        self.texts[id].rank = top + 1;
    }

    /// `place` as part of a layer above all others: values of a sweep win even
    /// over later layers than the file that lists them.
    pub(super) fn above_all(&mut self, place: Place) -> Place {
        let Source { kind, name, text, folder, above, .. } = &self.texts[place.source];
        let source = match above {
            Some(source) => *source,
            None => {
                let (kind, name, text, folder) = (*kind, name.clone(), text.clone(), folder.clone());
                let source = self.add(kind, name, text, &folder);
                self.texts[place.source].above = Some(source);
                source
            }
        };
        self.raise(source);
        Place { source, ..place }
    }

    /// The source called `name`, if it was read before.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        self.texts.iter().position(|source| source.name == name)
    }

    pub(super) fn rank(&self, place: Place) -> usize {
        self.texts[place.source].rank
    }

    /// The name of a layer that is a file without a word.
    pub(super) fn blank(&self) -> Option<&str> {
        let is_blank = |text: &&Source| text.kind == Kind::File && text.rank > 0 && text.text.trim().is_empty();
        self.texts.iter().find(is_blank).map(|text| text.name.as_str())
    }

    pub(super) fn is_default(&self, place: Place) -> bool {
        self.texts[place.source].kind == Kind::Default
    }

    pub(super) fn is_file(&self, place: Place) -> bool {
        self.texts[place.source].kind == Kind::File
    }

    fn line_and_column(&self, place: Place) -> (usize, usize) {
        let text = &self.get(place.source).text;
        let before = text.get(..place.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// Where a value comes from, in one short phrase.
    pub(super) fn origin(&self, place: Place) -> String {
        let source = self.get(place.source);
        match source.kind {
            Kind::Default => "default".into(),
            Kind::File => format!("{}:{}", source.name, self.line_and_column(place).0),
            Kind::Line => source.name.clone(),
        }
    }

    /// The line at `place` with a caret under it, and the margin left of it.
    pub(super) fn excerpt(&self, place: Place) -> (String, String) {
        let source = self.get(place.source);
        let (line, column) = self.line_and_column(place);
        let shown = source.text.lines().nth(line - 1).unwrap_or_default().trim_end();
        let covered = source.text.get(place.start..place.end).unwrap_or_default().lines().next().unwrap_or_default();
        let carets = "^".repeat(covered.trim_end().chars().count().max(1));
        let number = if source.kind == Kind::Line { " ".into() } else { line.to_string() };
        let margin = " ".repeat(number.len());
        let head = match source.kind {
            Kind::Line => source.name.clone(),
            _ => format!("{}:{line}:{column}", source.name),
        };
        let indent: String = shown.chars().take(column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let pad = " ".repeat((column - 1).saturating_sub(shown.chars().count()));
        let excerpt = format!("\n{margin}--> {head}\n{margin} |\n{number} | {shown}\n{margin} | {indent}{pad}{carets}");
        (margin, excerpt)
    }
}
