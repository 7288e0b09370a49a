//! What is wrong with a scenario, shown at the place where it was written.

use super::source::{Place, Sources};
use crate::units::Refusal;
use std::fmt;

/// Why a scenario cannot be run. Prints the message, the file and line (or the
/// layer, for values from the command line), the line itself with a caret, what
/// was expected, and the nearest valid name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioError {
    text: String,
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for ScenarioError {}

/// What somebody wants who writes a list where one value belongs.
const SEVERAL: &str = "to run through several values, list them in [sweep], e.g. \"swarm.seeders\" = [1, 2]";

/// A problem on its way to becoming a [`ScenarioError`].
#[derive(Debug, Clone)]
pub(super) struct Fault {
    message: String,
    at: Option<Place>,
    expected: Option<String>,
    help: Option<String>,
}

impl Fault {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Fault { message: message.into(), at: None, expected: None, help: None }
    }

    /// Places the fault, unless it knows its place already: the innermost
    /// value is the one to point at.
    pub(super) fn at(mut self, place: Place) -> Self {
        self.at.get_or_insert(place);
        self
    }

    pub(super) fn expected(mut self, what: impl Into<String>) -> Self {
        self.expected = Some(what.into());
        self
    }

    pub(super) fn help(mut self, what: impl Into<String>) -> Self {
        self.help = Some(what.into());
        self
    }

    /// Adds to what was expected.
    pub(super) fn also(mut self, more: &str) -> Self {
        self.expected = self.expected.map(|expected| expected + more);
        self
    }

    /// Suggests the name in `valid` that looks most like `given`, or all that only go
    /// on where it ends.
    pub(super) fn suggest<'a>(mut self, given: &str, valid: impl IntoIterator<Item = &'a str>) -> Self {
        let valid: Vec<&str> = valid.into_iter().collect();
        let longer = |name: &&&str| name.strip_prefix(given).is_some_and(|rest| rest.starts_with('-'));
        let family: Vec<&str> = valid.iter().filter(longer).copied().collect();
        if family.len() > 1 {
            self.help = Some(format!("did you mean one of {}?", list(family)));
        } else if let Some(name) = nearest(given, valid) {
            self.help = Some(format!("did you mean `{name}`?"));
        }
        self
    }

    /// Whether something was not said at all, rather than wrongly.
    pub(super) fn is_missing_key(&self) -> bool {
        self.message.starts_with("missing key")
    }

    /// Tells somebody who wrote a list how to run through several values.
    pub(super) fn several(self) -> Self {
        self.help(SEVERAL)
    }

    pub(super) fn render(&self, sources: &Sources) -> ScenarioError {
        let excerpt = self.at.map_or_else(Excerpt::default, |place| Excerpt::of(place, sources));
        excerpt.render(&self.message, [("expected ", &self.expected), ("", &self.help)])
    }
}

/// Where something is written: file, line and the line itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Excerpt {
    margin: String,
    lines: String,
}

impl Excerpt {
    pub(super) fn of(place: Place, sources: &Sources) -> Excerpt {
        let (margin, lines) = sources.excerpt(place);
        Excerpt { margin, lines }
    }

    /// That what is there is wrong.
    pub(super) fn error(&self, message: &str, expected: &str, meant: Option<&str>) -> ScenarioError {
        let help = meant.map(|name| format!("did you mean `{name}`?"));
        self.render(message, [("expected ", &Some(expected.into())), ("", &help)])
    }

    fn render(&self, message: &str, notes: [(&str, &Option<String>); 2]) -> ScenarioError {
        let Excerpt { margin, lines } = self;
        let mut text = format!("error: {message}{lines}");
        for (word, note) in notes {
            if let Some(note) = note {
                text.push_str(&format!("\n{margin} = {word}{note}"));
            }
        }
        ScenarioError { text }
    }
}

/// The name in `valid` that is close enough to `given` to be meant: few letters
/// differ, or one contains the other.
pub fn nearest<'a>(given: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    let distance = |name: &str| strsim::damerau_levenshtein(&given, &name.to_lowercase());
    let near = |name: &str| {
        let name = name.to_lowercase();
        let within = |part: &str, whole: &str| part.len() >= 3 && whole.contains(part);
        let part = within(&given, &name) || within(&name, &given);
        let (given, name_length) = (given.chars().count(), name.chars().count());
        let (short, long) = (given.min(name_length), given.max(name_length));
        part || (distance(&name) <= (long + 1) / 3 && distance(&name) < short)
    };
    // Of equally near names the one that has more of the letters in common.
    let likeness = |name: &str| strsim::jaro(&given, &name.to_lowercase());
    let by_distance = |a: &&str, b: &&str| distance(a).cmp(&distance(b)).then(likeness(b).total_cmp(&likeness(a)));
    valid.into_iter().filter(|name| near(name)).min_by(by_distance)
}

/// `a`, `b`, `c`, for messages.
pub(super) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// One of a set of names, for messages.
pub(super) fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().collect();
    if names.len() == 1 { list(names) } else { format!("one of {}", list(names)) }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Fault { message: refusal.message, at: None, expected: Some(refusal.expected), help: refusal.help }
    }
}

impl std::error::Error for Fault {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl serde::de::Error for Fault {
    /// Own types put what they expected behind a semicolon; taking it apart
    /// lets every message have the same layout.
    fn custom<T: fmt::Display>(message: T) -> Self {
        let text = message.to_string();
        let (rest, hint) = match text.split_once("; did you mean ") {
            Some((rest, hint)) => (rest, Some(format!("did you mean {hint}"))),
            None => (text.as_str(), None),
        };
        let (rest, expected) = match rest.split_once("; expected ") {
            Some((rest, expected)) => (rest, Some(expected.to_string())),
            None => (rest, None),
        };
        Fault { message: rest.into(), at: None, expected, help: hint }
    }

    fn invalid_type(found: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        let expected = plain(&expected.to_string());
        if found == serde::de::Unexpected::Seq {
            return Fault::new("wrong type: a list").expected(expected).help(SEVERAL);
        }
        Fault::new(format!("wrong type: {found}")).expected(expected)
    }

    fn invalid_value(found: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Fault::new(format!("value out of range: {found}")).expected(plain(&expected.to_string()))
    }

    fn unknown_field(field: &str, valid: &'static [&'static str]) -> Self {
        Fault::new(format!("unknown key `{field}`"))
            .expected(one_of(valid.iter().copied()))
            .suggest(field, valid.iter().copied())
    }

    fn unknown_variant(variant: &str, valid: &'static [&'static str]) -> Self {
        Fault::new(format!("unknown value `{variant}`"))
            .expected(one_of(valid.iter().copied()))
            .suggest(variant, valid.iter().copied())
    }

    fn missing_field(field: &'static str) -> Self {
        Fault::new(format!("missing key `{field}`")).expected(format!("`{field} = ..` in this table"))
    }
}

/// Names of Rust types in the words of a scenario.
fn plain(expected: &str) -> String {
    match expected {
        "u16" | "u32" | "u64" | "usize" => "a whole number, zero or more".into(),
        "f32" | "f64" => "a number".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list".into(),
        "a map" => "a table".into(),
        _ if expected.starts_with("struct ") => "a table".into(),
        _ => expected.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_near_names_and_no_far_ones() {
        let valid = ["seeders", "network_size", "file_size", "block_size"];
        assert_eq!(nearest("seders", valid), Some("seeders"));
        assert_eq!(nearest("networkSize", valid), Some("network_size"));
        assert_eq!(nearest("filesize", valid), Some("file_size"));
        assert_eq!(nearest("colour", valid), None);
        assert_eq!(nearest("makespan", ["k", "span"]), Some("span"), "one letter is no part of a word");
        assert_eq!(nearest("home", ["name", "up"]), None, "half of a short word is too much");
        let family = Fault::new("").suggest("codex", ["codex-f", "codex-v2", "ideal"]).help;
        assert_eq!(family.as_deref(), Some("did you mean one of `codex-f`, `codex-v2`?"));
        assert_eq!(nearest("codex-2", ["codex-f", "codex-v2"]), Some("codex-v2"));
    }
}
