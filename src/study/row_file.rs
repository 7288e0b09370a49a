//! One finished run as one file.
//!
//! The file holds the run's lines of all result files, each table under its
//! header, and ends with a digest of everything before: what was cut short,
//! damaged, or made by other sources is not read, and the run is repeated.

use super::{Kept, digest};
use crate::ledger::TimerUse;
use crate::results::{
    self, Checkpoint, FileKind, NodeRow, Note, Observation, PARTS, PartRow, Program, ResultsError, RunResult, RunRow,
    StorageRow, TableRow, TrafficRow,
};
use crate::scenario::Progress;
use crate::sim::Ended;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What a row file holds. Tables that are only passed on stay text, without header.
#[derive(Debug, Clone, PartialEq)]
pub struct RowFile {
    /// The run; of a storage run what that has of these columns.
    pub run: RunRow,
    /// A storage run.
    pub storage: Option<StorageRow>,
    /// Lines of the tables of [`PARTS`], in their order.
    pub parts: [String; PARTS.len()],
    /// How much of the tables is there.
    pub kept: Kept,
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
    /// Of a finished run, of which so much is kept.
    pub fn new(result: &RunResult, kept: Kept) -> Self {
        let note = |kind: &str, message: &String| Note { kind: kind.into(), message: message.replace('\n', " ") };
        let violations = result.violations.iter().map(|m| note("violation", m));
        let warnings = result.warnings.iter().map(|m| note("warning", m));
        RowFile {
            run: result.run.clone(),
            storage: result.storage.clone(),
            parts: std::array::from_fn(|at| if kept.has(at) { PARTS[at].all_lines(result) } else { String::new() }),
            kept,
            notes: violations.chain(warnings).collect(),
            checkpoints: vec![],
            timers: vec![],
        }
    }

    /// The same with what it takes to tell where runs part and what timers did.
    pub fn with_trail(self, outcome: &Ended) -> Self {
        let timers = match outcome {
            Ended::Swarm(outcome) => outcome.timers.clone(),
            Ended::Storage(_) => vec![],
        };
        RowFile { checkpoints: Checkpoint::list(outcome.checkpoints()), timers, ..self }
    }

    /// The rows of one table.
    ///
    /// # Errors
    /// When its lines are none of this program's.
    pub fn rows<R: PartRow>(&self) -> Result<Vec<R>, ResultsError> {
        results::read((R::KIND.header() + &self.parts[R::PLACE]).as_bytes())
    }

    /// What can be measured of the run, with times of the kind `progress`.
    ///
    /// # Errors
    /// As of [`RowFile::rows`].
    pub fn observation(&self, progress: Progress) -> Result<Observation, ResultsError> {
        if let Some(row) = &self.storage {
            return Ok(Observation::kept(row));
        }
        let (nodes, traffic) = (self.rows::<NodeRow>()?, self.rows::<TrafficRow>()?);
        Ok(Observation::simulated(&self.run, &nodes, &traffic, progress))
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
        let mut text = format!("{}{}\n", beginning(), self.kept.words());
        let mut section = |kind: FileKind, body: &str| text += &format!("# {}\n{}{body}", kind.file, kind.header());
        match &self.storage {
            Some(row) => section(StorageRow::KIND, &results::body(std::slice::from_ref(row))),
            None => section(RunRow::KIND, &results::body(std::slice::from_ref(&self.run))),
        }
        PARTS.iter().zip(&self.parts).for_each(|(part, lines)| section(part.kind, lines));
        section(Note::KIND, &results::body(&self.notes));
        section(Checkpoint::KIND, &results::body(&self.checkpoints));
        section(TimerUse::KIND, &results::body(&self.timers));
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
        let kept = Kept::read(sections.next()?.strip_prefix(&beginning())?)?;
        let mut table = |kind: FileKind| Some(sections.next()?.strip_prefix(kind.file)?.strip_prefix('\n')?.to_owned());
        let text = table(RunRow::KIND)?;
        let storage = results::read::<StorageRow>(text.as_bytes()).ok().and_then(|mut rows| rows.pop());
        let run = match &storage {
            Some(row) => RunRow::from(row),
            None => results::read::<RunRow>(text.as_bytes()).ok()?.pop()?,
        };
        let mut parts = PARTS.map(|_| String::new());
        for (lines, part) in parts.iter_mut().zip(PARTS) {
            *lines = without_header(table(part.kind)?, part.kind)?;
        }
        let notes = results::read(table(Note::KIND)?.as_bytes()).ok()?;
        let checkpoints = results::read(table(Checkpoint::KIND)?.as_bytes()).ok()?;
        let timers = results::read(table(TimerUse::KIND)?.as_bytes()).ok()?;
        Some(RowFile { run, storage, parts, kept, notes, checkpoints, timers })
    }

    /// Reads the file of run `id` in the result directory `dir`, for one who wants so much
    /// of it.
    ///
    /// # Errors
    /// When there is none, or none that can be used.
    pub fn load(dir: &Path, id: &str, wanted: Kept) -> Result<Self, Unread> {
        let text = match std::fs::read(row_path(dir, id)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(Unread::Absent),
            Err(_) => return Err(Unread::Damaged),
            Ok(bytes) => String::from_utf8(bytes).map_err(|_| Unread::Damaged)?,
        };
        match Self::decode(&text) {
            Some(file) if file.run.run_id != id => Err(Unread::Damaged),
            Some(file) => file.serving(wanted),
            None if is_of_other_sources(&text) => Err(Unread::Other),
            None => Err(Unread::Damaged),
        }
    }
}

impl RowFile {
    /// This, for one who wants so much of it.
    pub(super) fn serving(self, wanted: Kept) -> Result<Self, Unread> {
        if self.kept.serves(wanted) { Ok(self) } else { Err(Unread::Other) }
    }
}

/// Why a row file does not stand for its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// There is none.
    Absent,
    /// It is whole, but of other sources of this program, or less is kept of the run than
    /// is wanted.
    Other,
    /// It is not what was written.
    Damaged,
}

/// Whether `text` is whole, but was written by other sources.
fn is_of_other_sources(text: &str) -> bool {
    let Some((content, end)) = text.rsplit_once("# end ") else { return false };
    end == format!("{:016x}\n", digest(content.as_bytes())) && !content.starts_with(&beginning())
}

/// The first line, up to what is kept.
fn beginning() -> String {
    format!("codexsim rows 7, sources {}, ", Program::SOURCES)
}

/// The lines below the header, each with its line end (splitting into
/// sections took the last one away).
fn without_header(table: String, kind: FileKind) -> Option<String> {
    let complete = table + "\n";
    Some(complete.strip_prefix(&kind.header())?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Labels, ProgressRow, TrafficRow, sample_result};
    use crate::scenario;
    use crate::sim::Keep;

    fn steps(progress_steps: u32) -> Kept {
        Kept { progress_steps, ..Kept::default() }
    }

    fn file() -> RowFile {
        let spec = scenario::load(&Default::default()).unwrap();
        let spec = spec.swarm().unwrap();
        let labels = Labels { run_id: "0123456789abcdef", scenario: "a # b", protocol: "p", repetition: 0 };
        let run = RunRow { status: "complete".into(), ..RunRow::planned(labels, spec) };
        let id = || String::from(labels.run_id);
        let result = RunResult {
            run,
            nodes: vec![],
            traffic: vec![TrafficRow { run_id: id(), class: "want".into(), messages: 1, bytes: 2 }],
            progress: vec![ProgressRow { run_id: id(), node: 1, bytes: 10, stored_s: 0.5, stream_s: None }],
            violations: vec!["node 3,\nat 1 s".into()],
            warnings: vec!["# end of it".into()],
            ..sample_result()
        };
        RowFile::new(&result, steps(7))
    }

    #[test]
    fn reads_back() {
        assert_eq!(RowFile::decode(&file().encode()), Some(file()));
        assert_eq!(file().parts[TrafficRow::PLACE], "0123456789abcdef,want,1,2\n");
        let progress = &*file().parts[ProgressRow::PLACE];
        assert_eq!((file().kept.progress_steps, progress), (7, "0123456789abcdef,1,10,0.5,\n"));
    }

    /// Who wants more than is kept gets nothing; who wants less, what is there.
    #[test]
    fn a_file_that_keeps_less_than_is_wanted_does_not_serve() {
        let dir = tempfile::tempdir().unwrap();
        let id = file().run.run_id;
        std::fs::create_dir(dir.path().join("rows")).unwrap();
        let found = |wanted| RowFile::load(dir.path(), &id, wanted).map(|_| ());
        std::fs::write(row_path(dir.path(), &id), file().encode()).unwrap();
        assert_eq!([7, 0, 14].map(|wanted| found(steps(wanted))), [Ok(()), Ok(()), Err(Unread::Other)]);
        let least = |tables, progress_steps| Kept { tables, progress_steps };
        assert_eq!(
            [Keep::Row, Keep::Nodes].map(|tables| found(least(tables, 14))),
            [Ok(()), Ok(())],
            "no progress.csv"
        );
        let nodes = RowFile::new(&sample_result(), least(Keep::Nodes, 0));
        let lines = |file: &RowFile| file.parts.iter().filter(|lines| !lines.is_empty()).count();
        assert_eq!((lines(&nodes), lines(&RowFile::new(&sample_result(), least(Keep::Row, 0)))), (2, 0));
        let nodes = RowFile { run: file().run, ..nodes };
        std::fs::write(row_path(dir.path(), &id), nodes.encode()).unwrap();
        assert_eq!(Keep::ALL.map(|tables| found(least(tables, 0))), [Ok(()), Ok(()), Err(Unread::Other)]);
    }

    #[test]
    fn what_is_no_row_file_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let id = file().run.run_id;
        std::fs::create_dir(dir.path().join("rows")).unwrap();
        let found = |id: &str| RowFile::load(dir.path(), id, Kept::default()).map(|_| ()).unwrap_err();
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
