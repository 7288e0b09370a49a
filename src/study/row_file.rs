//! One finished run as one file.
//!
//! The file holds the run's lines of all result files, each table under its
//! header, and ends with a digest of everything before: what was cut short,
//! damaged, or made by other sources is not read, and the run is repeated.

use super::digest;
use crate::ledger::{Outcome, TimerUse};
use crate::results::{
    self, Checkpoint, ConstraintRow, DiscoveryRow, NodeRow, Program, ProgressRow, ResultsError, Row, RunResult, RunRow,
    SeriesRow, TimelineRow, TrafficRow,
};
use crate::units::Time;
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A message about a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// `violation` or `warning`.
    pub kind: String,
    /// What is to be said.
    pub message: String,
}

impl Row for Note {
    const FILE: &'static str = "notes.csv";
    const COLUMNS: &'static [&'static str] = &["kind", "message"];
}

impl Row for Checkpoint {
    const FILE: &'static str = "checkpoints.csv";
    const COLUMNS: &'static [&'static str] = &["time_s", "fingerprint"];
}

impl Row for TimerUse {
    const FILE: &'static str = "timers.csv";
    const COLUMNS: &'static [&'static str] = &["name", "armed", "fired", "acted"];
}

/// What a row file holds. Tables that are only passed on stay text, without header.
#[derive(Debug, Clone, PartialEq)]
pub struct RowFile {
    /// The run.
    pub run: RunRow,
    /// Lines of `nodes.csv`.
    pub nodes: String,
    /// Lines of `traffic.csv`.
    pub traffic: String,
    /// Lines of `series.csv`.
    pub series: String,
    /// Lines of `constraints.csv`.
    pub constraints: String,
    /// Lines of `timeline.csv`.
    pub timeline: String,
    /// Steps in which the downloads were noted; 0 when they were not.
    pub progress_steps: u32,
    /// Lines of `progress.csv`.
    pub progress: String,
    /// Lines of `discovery.csv`.
    pub discovery: String,
    /// Violations and warnings.
    pub notes: Vec<Note>,
    /// Digest of the event stream as it grew.
    pub checkpoints: Vec<Checkpoint>,
    /// What the protocol's timers did.
    pub timers: Vec<TimerUse>,
}

/// Where the row file of run `id` lies in the result directory `dir`.
pub fn row_path(dir: &Path, id: &str) -> PathBuf {
    dir.join("rows").join(format!("{id}.csv"))
}

impl RowFile {
    /// Of a finished run that noted its downloads in `progress_steps` steps.
    pub fn new(result: &RunResult, progress_steps: u32) -> Self {
        let note = |kind: &str, message: &String| Note { kind: kind.into(), message: message.replace('\n', " ") };
        let violations = result.violations.iter().map(|m| note("violation", m));
        let warnings = result.warnings.iter().map(|m| note("warning", m));
        RowFile {
            run: result.run.clone(),
            nodes: results::body(&result.nodes),
            traffic: results::body(&result.traffic),
            series: results::body(&result.series),
            constraints: results::body(&result.constraints),
            timeline: results::body(&result.timeline),
            progress_steps,
            progress: results::body(&result.progress),
            discovery: results::body(&result.discovery),
            notes: violations.chain(warnings).collect(),
            checkpoints: vec![],
            timers: vec![],
        }
    }

    /// The same with what it takes to tell where runs part and what timers did.
    pub fn with_trail(self, outcome: &Outcome) -> Self {
        let checkpoint =
            |(time, digest): &(Time, u64)| Checkpoint { time_s: time.secs(), fingerprint: format!("{digest:016x}") };
        let checkpoints = outcome.checkpoints.iter().map(checkpoint).collect();
        RowFile { checkpoints, timers: outcome.timers.clone(), ..self }
    }

    /// The rows of one table.
    ///
    /// # Errors
    /// When its lines are none of this program's.
    pub fn rows<R: Row>(&self) -> Result<Vec<R>, ResultsError> {
        let lines = match R::FILE {
            NodeRow::FILE => &self.nodes,
            TrafficRow::FILE => &self.traffic,
            _ => &self.constraints,
        };
        results::read((results::header::<R>() + lines).as_bytes())
    }

    /// Rules that did not hold.
    pub fn violations(&self) -> impl Iterator<Item = &str> {
        self.notes("violation")
    }

    /// What the run itself says.
    pub fn warnings(&self) -> impl Iterator<Item = &str> {
        self.notes("warning")
    }

    fn notes(&self, kind: &'static str) -> impl Iterator<Item = &str> {
        self.notes.iter().filter(move |note| note.kind == kind).map(|note| note.message.as_str())
    }

    /// The text of the file.
    pub fn encode(&self) -> String {
        let mut text = format!("{}{}\n", beginning(), self.progress_steps);
        let mut section = |file: &str, header: String, body: &str| text += &format!("# {file}\n{header}{body}");
        section(RunRow::FILE, results::header::<RunRow>(), &results::body(std::slice::from_ref(&self.run)));
        section(NodeRow::FILE, results::header::<NodeRow>(), &self.nodes);
        section(TrafficRow::FILE, results::header::<TrafficRow>(), &self.traffic);
        section(SeriesRow::FILE, results::header::<SeriesRow>(), &self.series);
        section(ConstraintRow::FILE, results::header::<ConstraintRow>(), &self.constraints);
        section(TimelineRow::FILE, results::header::<TimelineRow>(), &self.timeline);
        section(ProgressRow::FILE, results::header::<ProgressRow>(), &self.progress);
        section(DiscoveryRow::FILE, results::header::<DiscoveryRow>(), &self.discovery);
        section(Note::FILE, results::header::<Note>(), &results::body(&self.notes));
        section(Checkpoint::FILE, results::header::<Checkpoint>(), &results::body(&self.checkpoints));
        section(TimerUse::FILE, results::header::<TimerUse>(), &results::body(&self.timers));
        let digest = digest(text.as_bytes());
        text + &format!("# end {digest:016x}\n")
    }

    /// Reads what [`RowFile::encode`] wrote with the same sources; nothing when
    /// it is anything else.
    pub fn decode(text: &str) -> Option<Self> {
        let (content, end) = text.rsplit_once("# end ")?;
        if end != format!("{:016x}\n", digest(content.as_bytes())) {
            return None;
        }
        let mut sections = content.split("\n# ");
        let progress_steps = sections.next()?.strip_prefix(&beginning())?.parse().ok()?;
        let mut table = |file: &str| Some(sections.next()?.strip_prefix(file)?.strip_prefix('\n')?.to_owned());
        let run = results::read::<RunRow>(table(RunRow::FILE)?.as_bytes()).ok()?.pop()?;
        Some(RowFile {
            run,
            nodes: lines::<NodeRow>(table(NodeRow::FILE)?)?,
            traffic: lines::<TrafficRow>(table(TrafficRow::FILE)?)?,
            series: lines::<SeriesRow>(table(SeriesRow::FILE)?)?,
            constraints: lines::<ConstraintRow>(table(ConstraintRow::FILE)?)?,
            timeline: lines::<TimelineRow>(table(TimelineRow::FILE)?)?,
            progress_steps,
            progress: lines::<ProgressRow>(table(ProgressRow::FILE)?)?,
            discovery: lines::<DiscoveryRow>(table(DiscoveryRow::FILE)?)?,
            notes: results::read::<Note>(table(Note::FILE)?.as_bytes()).ok()?,
            checkpoints: results::read::<Checkpoint>(table(Checkpoint::FILE)?.as_bytes()).ok()?,
            timers: results::read::<TimerUse>(table(TimerUse::FILE)?.as_bytes()).ok()?,
        })
    }

    /// Reads the file of run `id` in the result directory `dir`, for one who wants
    /// downloads noted in `progress_steps` steps. Steps that nobody wants do no harm.
    ///
    /// # Errors
    /// When there is none, or none that can be used.
    pub fn load(dir: &Path, id: &str, progress_steps: u32) -> Result<Self, Unread> {
        let text = match std::fs::read(row_path(dir, id)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(Unread::Absent),
            Err(_) => return Err(Unread::Damaged),
            Ok(bytes) => String::from_utf8(bytes).map_err(|_| Unread::Damaged)?,
        };
        match Self::decode(&text) {
            Some(file) if file.run.run_id != id => Err(Unread::Damaged),
            Some(file) if progress_steps == 0 || file.progress_steps == progress_steps => Ok(file),
            Some(_) => Err(Unread::Other),
            None if is_of_other_sources(&text) => Err(Unread::Other),
            None => Err(Unread::Damaged),
        }
    }
}

/// Why a row file does not stand for its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// There is none.
    Absent,
    /// It is whole, but of other sources of this program, or its downloads are noted in
    /// other steps than are wanted.
    Other,
    /// It is not what was written.
    Damaged,
}

/// Whether `text` is whole, but was written by other sources.
fn is_of_other_sources(text: &str) -> bool {
    let Some((content, end)) = text.rsplit_once("# end ") else { return false };
    end == format!("{:016x}\n", digest(content.as_bytes())) && !content.starts_with(&beginning())
}

/// The first line, up to the steps of `progress.csv`.
fn beginning() -> String {
    format!("codexsim rows 5, sources {}, progress in ", Program::SOURCES)
}

/// The lines below the header, each with its line end (splitting into
/// sections took the last one away).
fn lines<R: Row>(table: String) -> Option<String> {
    let header = results::header::<R>();
    let complete = table + "\n";
    Some(complete.strip_prefix(&header)?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Labels;
    use crate::scenario;

    fn file() -> RowFile {
        let spec = scenario::load(&Default::default()).unwrap().run;
        let labels = Labels { run_id: "0123456789abcdef", scenario: "a # b", protocol: "p", repetition: 0 };
        let run = RunRow { status: "complete".into(), ..RunRow::planned(labels, &spec) };
        let violations = vec!["node 3,\nat 1 s".into()];
        let result = RunResult {
            run,
            nodes: vec![],
            traffic: vec![TrafficRow {
                run_id: "0123456789abcdef".into(),
                class: "want".into(),
                messages: 1,
                bytes: 2,
            }],
            series: vec![],
            constraints: vec![],
            timeline: vec![],
            progress: vec![ProgressRow {
                run_id: "0123456789abcdef".into(),
                node: 1,
                bytes: 10,
                stored_s: 0.5,
                stream_s: None,
            }],
            discovery: vec![],
            violations,
            warnings: vec!["# end of it".into()],
        };
        RowFile::new(&result, 7)
    }

    #[test]
    fn reads_back() {
        assert_eq!(RowFile::decode(&file().encode()), Some(file()));
        assert_eq!(file().traffic, "0123456789abcdef,want,1,2\n");
        assert_eq!((file().progress_steps, &*file().progress), (7, "0123456789abcdef,1,10,0.5,\n"));
    }

    #[test]
    fn downloads_in_other_steps_are_noted_anew() {
        let dir = tempfile::tempdir().unwrap();
        let id = file().run.run_id;
        std::fs::create_dir(dir.path().join("rows")).unwrap();
        std::fs::write(row_path(dir.path(), &id), file().encode()).unwrap();
        let found = |steps| RowFile::load(dir.path(), &id, steps).map(|_| ());
        assert_eq!([7, 0, 14].map(found), [Ok(()), Ok(()), Err(Unread::Other)]);
    }

    #[test]
    fn what_is_no_row_file_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let id = file().run.run_id;
        std::fs::create_dir(dir.path().join("rows")).unwrap();
        let found = |id: &str| RowFile::load(dir.path(), id, 0).map(|_| ()).unwrap_err();
        assert_eq!(found(&id), Unread::Absent);
        let text = file().encode();
        for damaged in [&text.as_bytes()[..text.len() / 2], b"", b"\xff\xfe"] {
            std::fs::write(row_path(dir.path(), &id), damaged).unwrap();
            assert_eq!(found(&id), Unread::Damaged);
        }
        std::fs::write(row_path(dir.path(), "another"), &text).unwrap();
        assert_eq!(found("another"), Unread::Damaged, "it is the row of another run");
        std::fs::write(row_path(dir.path(), &id), other_sources()).unwrap();
        assert_eq!(found(&id), Unread::Other);
    }

    #[test]
    fn refuses_every_truncation_and_a_changed_digit() {
        let text = file().encode();
        for length in 0..text.len() {
            assert_eq!(RowFile::decode(&text[..length]), None, "cut at {length}");
        }
        assert_eq!(RowFile::decode(&text.replacen("want,1,2", "want,1,3", 1)), None);
    }

    #[test]
    fn refuses_rows_of_other_sources() {
        assert_eq!(RowFile::decode(&other_sources()), None);
    }

    fn other_sources() -> String {
        let text = file().encode();
        let (content, _) = text.rsplit_once("# end ").unwrap();
        let other = content.replacen(Program::SOURCES, "0000000000000000", 1);
        format!("{other}# end {:016x}\n", digest(other.as_bytes()))
    }
}
