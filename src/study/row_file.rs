//! One finished run as one file.
//!
//! The file holds the run's lines of all result files, each table under its
//! header, and ends with a digest of everything before: what was cut short,
//! damaged, or made by other sources is not read, and the run is repeated.

use super::digest;
use crate::results::{
    self, FileKind, NodeRow, Note, Observation, PARTS, PartRow, Program, ResultsError, Row, RunResult, RunRow,
    TrafficRow,
};
use crate::scenario::Progress;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What a row file holds. Tables that are only passed on stay text, without header.
#[derive(Debug, Clone, PartialEq)]
pub struct RowFile {
    /// The run.
    pub run: RunRow,
    /// Lines of the tables of [`PARTS`], in their order.
    pub parts: [String; PARTS.len()],
    /// Steps in which the downloads were noted; 0 when they were not.
    pub progress_steps: u32,
    /// Violations and warnings.
    pub notes: Vec<Note>,
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
            parts: PARTS.map(|part| part.all_lines(result)),
            progress_steps,
            notes: violations.chain(warnings).collect(),
        }
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
        let (nodes, traffic) = (self.rows::<NodeRow>()?, self.rows::<TrafficRow>()?);
        Ok(Observation::simulated(&self.run, &nodes, &traffic, progress))
    }

    /// The text of the file.
    pub fn encode(&self) -> String {
        let mut text = format!("{}{}\n", beginning(), self.progress_steps);
        let mut section = |kind: FileKind, body: &str| text += &format!("# {}\n{}{body}", kind.file, kind.header());
        section(RunRow::KIND, &results::body(std::slice::from_ref(&self.run)));
        PARTS.iter().zip(&self.parts).for_each(|(part, lines)| section(part.kind, lines));
        section(Note::KIND, &results::body(&self.notes));
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
        let mut table = |kind: FileKind| Some(sections.next()?.strip_prefix(kind.file)?.strip_prefix('\n')?.to_owned());
        let run = results::read::<RunRow>(table(RunRow::KIND)?.as_bytes()).ok()?.pop()?;
        let mut parts = PARTS.map(|_| String::new());
        for (lines, part) in parts.iter_mut().zip(PARTS) {
            *lines = without_header(table(part.kind)?, part.kind)?;
        }
        let notes = results::read::<Note>(table(Note::KIND)?.as_bytes()).ok()?;
        Some(RowFile { run, parts, progress_steps, notes })
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
fn without_header(table: String, kind: FileKind) -> Option<String> {
    let complete = table + "\n";
    Some(complete.strip_prefix(&kind.header())?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Labels, ProgressRow, TrafficRow, sample_result};
    use crate::scenario;

    fn file() -> RowFile {
        let spec = scenario::load(&Default::default()).unwrap().run;
        let labels = Labels { run_id: "0123456789abcdef", scenario: "a # b", protocol: "p", repetition: 0 };
        let run = RunRow { status: "complete".into(), ..RunRow::planned(labels, &spec) };
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
        RowFile::new(&result, 7)
    }

    #[test]
    fn reads_back() {
        assert_eq!(RowFile::decode(&file().encode()), Some(file()));
        assert_eq!(file().parts[TrafficRow::PLACE], "0123456789abcdef,want,1,2\n");
        let progress = &*file().parts[ProgressRow::PLACE];
        assert_eq!((file().progress_steps, progress), (7, "0123456789abcdef,1,10,0.5,\n"));
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
