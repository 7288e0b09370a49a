//! Testbeds (`models/testbeds`): set-ups in which real systems were measured,
//! and how a run there is re-created.
//!
//! Beside the lines that every model has, a testbed says which rows of
//! measurement files come from it (`[match]`: columns and the values they have),
//! what their t50, t90, t100 mean (`progress`), the one-way delay of the set-up
//! itself (`added_latency`), which cells were used to calibrate
//! (`[[calibrated_on]]`), and the keys of a scenario that hold for all its runs
//! (`[scenario]`). It may say which model a commit of the system is (`[versions]`),
//! and what words of a run's version and tag stand for (`[variants]`: settings, with
//! `{}` for the protocol; of a word that ends in `*` the number that stands there goes
//! where the settings have one). It may say which setting a setting of the real system
//! is (`[settings]`: its value goes where the `*` stands).

use super::ScenarioError;
use super::error::Fault;
use super::library::models;
use super::models::{self, is_path};
use super::parse::normalise;
use super::source::{Kind, Place, Sources};
use super::tree::{Node, Table, Value};
use crate::units::Time;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// What the measured t50, t90 and t100 of a testbed are shares of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Of the stream that can be read in order.
    Stream,
    /// Of the data that is stored.
    Storage,
}

/// A set-up in which real systems were measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Testbed {
    /// Its name, or the path of its file: what [`super::Input::testbed`] takes.
    pub name: String,
    /// What it is.
    pub description: String,
    /// The protocol its runs use.
    pub protocol: String,
    /// What its times are shares of.
    pub progress: Progress,
    /// One-way delay of the set-up itself, on top of what a row says.
    pub added_latency: Time,
    /// What rows from it look like.
    pub rows: Conditions,
    /// What was fitted to which of its cells.
    pub calibrated_on: Vec<CalibratedOn>,
    /// The model that a commit of the system is, by commit.
    pub versions: BTreeMap<String, String>,
    /// Settings that a word of a tag stands for, by word.
    pub variants: BTreeMap<String, Vec<String>>,
    /// The setting that a setting of the real system stands for, by its name there.
    pub settings: BTreeMap<String, String>,
}

impl Testbed {
    /// The protocol of runs of `commit`.
    pub fn protocol_of(&self, commit: &str) -> &str {
        self.versions.get(commit).unwrap_or(&self.protocol)
    }

    /// The settings that a word of a version or tag stands for, if it says what was
    /// different.
    pub fn variant(&self, word: &str) -> Option<Vec<String>> {
        if let Some(sets) = self.variants.get(word) {
            return Some(sets.clone());
        }
        let digits = word.trim_start_matches(|c: char| !c.is_ascii_digit());
        let sets = self.variants.get(&format!("{}*", word.strip_suffix(digits)?))?;
        let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        whole.then(|| sets.iter().map(|set| set.replace('*', digits)).collect())
    }
}

/// Cells of a testbed that some constants were fitted to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibratedOn {
    /// Which cells.
    pub cells: Conditions,
    /// Dotted keys of what was fitted.
    pub parameters: Vec<String>,
}

/// Columns and the values they must have.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(transparent)]
pub struct Conditions(BTreeMap<String, Wanted>);

/// A value, or several of which one will do.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum Wanted {
    Number(f64),
    Word(String),
    Any(Vec<Wanted>),
}

impl Wanted {
    fn holds(&self, value: &str) -> bool {
        match self {
            Wanted::Word(word) => word == value,
            Wanted::Number(number) => value.parse() == Ok(*number),
            Wanted::Any(several) => several.iter().any(|one| one.holds(value)),
        }
    }
}

impl Conditions {
    /// Whether `value`, which knows the value of a column, meets all of them.
    /// A column without value has an empty one.
    pub fn hold<'a>(&self, value: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.0.iter().all(|(column, wanted)| wanted.holds(value(column).unwrap_or("")))
    }

    /// How many there are: the more, the more special.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The columns they are about.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Reads conditions such as `nodes=2,slots=4`; several values of a column
    /// are separated by `|`.
    ///
    /// # Errors
    /// On a part that is not of this form.
    pub fn parse(text: &str) -> Result<Conditions, String> {
        let value = |word: &str| match word.trim().parse() {
            Ok(number) => Wanted::Number(number),
            Err(_) => Wanted::Word(word.trim().into()),
        };
        let one = |part: &str| {
            let (column, values) = part.split_once('=')?;
            let values = values.split('|').map(value).collect();
            let column = column.trim();
            (!column.is_empty()).then(|| (column.to_owned(), Wanted::Any(values)))
        };
        let wrong = |part: &str| format!("`{part}` is not a condition such as nodes=2 or nodes=2|4");
        text.split(',').map(|part| one(part).ok_or_else(|| wrong(part))).collect::<Result<_, _>>().map(Conditions)
    }
}

impl fmt::Display for Conditions {
    /// As `cells` of a testbed file has them: `{ nodes = 2, up_bps = [1, 2] }`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|(column, wanted)| format!("{column} = {wanted}")).collect();
        if parts.is_empty() { f.write_str("{}") } else { write!(f, "{{ {} }}", parts.join(", ")) }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wanted::Number(number) => write!(f, "{number}"),
            Wanted::Word(word) => write!(f, "{}", toml::Value::from(word.as_str())),
            Wanted::Any(several) => match several.as_slice() {
                [one] => write!(f, "{one}"),
                all => write!(f, "[{}]", all.iter().map(Wanted::to_string).collect::<Vec<_>>().join(", ")),
            },
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TestbedFile {
    progress: Progress,
    added_latency: Option<Time>,
    #[serde(rename = "match")]
    rows: Conditions,
    calibrated_on: Option<Vec<CalibratedOn>>,
    #[serde(default)]
    versions: BTreeMap<String, String>,
    #[serde(default)]
    variants: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    settings: BTreeMap<String, String>,
    #[serde(rename = "scenario")]
    _scenario: IgnoredAny,
}

/// The testbeds that come with the program.
pub fn testbeds() -> Vec<Testbed> {
    let embedded = models().into_iter().filter(|model| model.kind == "testbeds");
    embedded.map(|model| testbed(model.name).expect("an embedded testbed is in order")).collect()
}

/// Reads the testbed `name`: one that comes with the program, or a file.
///
/// # Errors
/// On an unknown name, and on a file that is not a testbed.
pub fn testbed(name: &str) -> Result<Testbed, ScenarioError> {
    let mut sources = Sources::default();
    let read = |sources: &mut Sources| {
        let model = find(name, sources)?;
        let file: TestbedFile = model.node.read()?;
        let (_, protocol) = scenario_of(&model.node)?;
        let description = models().into_iter().find(|m| m.kind == "testbeds" && m.name == name);
        Ok(Testbed {
            name: name.into(),
            description: description.map_or_else(|| name.into(), |m| m.description),
            protocol,
            progress: file.progress,
            added_latency: file.added_latency.unwrap_or(Time::ZERO),
            rows: file.rows,
            calibrated_on: file.calibrated_on.unwrap_or_default(),
            versions: file.versions,
            variants: file.variants,
            settings: file.settings,
        })
    };
    read(&mut sources).map_err(|fault: Fault| fault.render(&sources))
}

/// The scenario of the testbed `name` as a layer: its source and its keys.
pub(super) fn layer(name: &str, sources: &mut Sources) -> Result<(usize, Table), Fault> {
    let model = find(name, sources)?;
    Ok((model.node.at.source, scenario_of(&model.node)?.0))
}

fn find(name: &str, sources: &mut Sources) -> Result<models::Model, Fault> {
    // A path is the user's own and counts from where the program was started.
    let source = sources.add(Kind::Line, format!("testbed {name}"), name, Path::new(""));
    let asked = Place { source, start: 0, end: name.len() };
    models::find("testbeds", name, asked, sources).map_err(|fault| if is_path(name) { fault } else { fault.at(asked) })
}

/// The table `scenario` of a testbed, and the protocol that it names.
fn scenario_of(node: &Node) -> Result<(Table, String), Fault> {
    let missing =
        |what: &str, at| Fault::new(format!("a testbed without {what}")).expected(format!("{what} = ..")).at(at);
    let scenario = node.table().and_then(|table| table.get("scenario")).ok_or_else(|| missing("scenario", node.at))?;
    let Value::Table(mut table) = scenario.value.clone() else {
        return Err(Fault::new("wrong type").expected("a table").at(scenario.at));
    };
    normalise(&mut table)?;
    let protocol = table.get("protocol").and_then(Node::table).and_then(|chosen| chosen.keys().next());
    let protocol = protocol.ok_or_else(|| missing("scenario.protocol", scenario.key))?.to_owned();
    Ok((table, protocol))
}

#[cfg(test)]
mod tests {
    use super::super::{Input, load};
    use super::*;

    #[test]
    fn rows_belong_to_the_testbed_whose_conditions_they_meet() {
        let of = |name: &str| testbeds().into_iter().find(|t| t.name == name).unwrap();
        let shaped = |column: &str| match column {
            "system" => Some("codex"),
            "method" => Some("netns+tbf"),
            "nodes" => Some("2"),
            "file_bytes" => Some("104857600"),
            "up_bps" => Some("50000000"),
            _ => None,
        };
        assert!(of("codex-netns").rows.hold(shaped) && !of("codex-shadow").rows.hold(shaped));
        assert!(of("codex-netns").calibrated_on[1].cells.hold(shaped), "pairs were fitted");
        let larger = |column: &str| if column == "nodes" { Some("4") } else { shaped(column) };
        assert!(!of("codex-netns").calibrated_on.iter().any(|c| c.cells.hold(larger)));
    }

    #[test]
    fn words_of_a_run_stand_for_settings() {
        let bed = testbed("codex-v3-netns").unwrap();
        let of = |word| bed.variant(word).map(|sets| sets.join(" "));
        assert_eq!(of("cold").as_deref(), Some("network.connected=0"));
        assert_eq!(of("w270336").as_deref(), Some("network.transport.mux_window=270336 B"));
        assert_eq!(of("reno").as_deref(), Some("network.transport.congestion=reno"));
        let even = testbed("codex-v3-netns-fair").unwrap();
        assert_eq!(even.variant("reno").map(|sets| sets.join(" ")).as_deref(), Some(""), "shares are even there");
        assert!(["fair", "w", "wide", "w2x", "m8", ""].into_iter().all(|word| of(word).is_none()));
        assert_eq!((bed.protocol_of("4e709275"), bed.protocol_of("else")), ("codex-v3d", "codex-v3c"));
    }

    #[test]
    fn conditions_on_the_command_line() {
        let conditions = Conditions::parse("nodes=2|8, transport = utp+tcp").unwrap();
        let value = |nodes: &'static str| move |c: &str| Some(if c == "nodes" { nodes } else { "utp+tcp" });
        assert!(conditions.hold(value("8")) && conditions.hold(value("2.0")) && !conditions.hold(value("4")));
        assert_eq!(conditions.to_string(), "{ nodes = [2, 8], transport = \"utp+tcp\" }");
        #[derive(Deserialize)]
        struct Line {
            cells: Conditions,
        }
        let line: Line = toml::from_str(&format!("cells = {conditions}")).unwrap();
        assert!(line.cells.hold(value("8")) && !line.cells.hold(value("4")), "what is printed reads back");
        assert!(Conditions::parse("nodes").is_err() && Conditions::parse("=2").is_err());
    }

    #[test]
    fn a_testbed_is_the_lowest_layer_of_a_scenario() {
        let sets = ["swarm.network_size=3", "swarm.seeders=1", "swarm.file_size=1 MiB", "network.transport.queue=1 s"];
        let sets = sets.map(String::from).to_vec();
        let scenario = load(&Input { testbed: Some("codex-netns".into()), sets, ..Input::default() }).unwrap();
        assert_eq!(scenario.run.swarm().unwrap().network.transport.link_header.get(), 14);
        assert_eq!(scenario.run.swarm().unwrap().network.transport.queue, Time::from_secs(1), "settings win");
        assert!(scenario.resolved.contains("models/testbeds/codex-netns.toml:"), "{}", scenario.resolved);
    }

    #[test]
    fn errors_name_the_file() {
        let error = testbed("codex-netn").unwrap_err().to_string();
        assert!(error.contains("unknown testbed") && error.contains("did you mean `codex-netns`?"), "{error}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.toml");
        std::fs::write(&path, "progress = \"steam\"\n[match]\n[scenario]\nprotocol = \"codex-v2\"\n").unwrap();
        let error = testbed(&path.display().to_string()).unwrap_err().to_string();
        assert!(error.contains("own.toml:1:12") && error.contains("did you mean `stream`?"), "{error}");
    }
}
