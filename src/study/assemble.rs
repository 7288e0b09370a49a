//! From row files to the result files of a study.

use super::row_file::RowFile;
use super::{Breach, FailedRun, Kept, Plan, Runs, Selection, check};
use crate::results::{
    AtomicFile, FileEntry, Labels, Manifest, PARTS, Part, Program, Record, ResultsError, ResultsKind, RunRow, RunTable,
    StorageRow, TableRow, TraceRow, remove_table, run_kind,
};
use crate::rng::mix;
use crate::scenario::Progress;
use std::path::Path;

/// What was put together. The rows themselves are in the files only: there may be many.
#[derive(Debug, Clone, Default)]
pub struct Assembled {
    /// Runs of the plan that have no row.
    pub missing: usize,
    /// Rows of failed runs.
    pub failed: usize,
    /// Rules that did not hold: (run, rule).
    pub violations: Vec<(String, String)>,
    /// Claims that were checked, each for each run.
    pub checks: usize,
    /// Those that do not hold.
    pub breaches: Vec<Breach>,
    /// Warnings of the runs, each once, with the number of runs that gave it.
    pub warnings: Vec<(String, usize)>,
    /// Digest of the event streams of all runs, in plan order.
    pub fingerprint: u64,
    /// The files and their numbers of rows.
    pub files: Vec<FileEntry>,
}

/// Writes the result files of the plan of `runs`, which are all of it, into `dir` from
/// its row files, in plan order; a run without row is skipped and counted. The runs in
/// `failed` get a row that says so. A run that stands in the plan twice has two rows in
/// `runs.csv` and is there once in the other files. Each row of `runs.csv` is shown to
/// `see`, with its point.
pub fn assemble(
    runs: &Runs,
    dir: &Path,
    failed: &[FailedRun],
    reproducible: bool,
    mut see: impl FnMut(usize, &Record),
) -> Result<Assembled, ResultsError> {
    let plan = runs.plan;
    let mut tables = Tables::create(plan, dir)?;
    let mut done = Assembled::default();
    let mut distinct = runs.distinct(Selection::All).into_iter().peekable();
    for at in 0..runs.len() {
        let id = runs.id(at);
        let is_new = distinct.next_if_eq(&at).is_some();
        let (row, storage) = if let Ok(mut file) = RowFile::load(dir, &id, plan.kept) {
            if is_new {
                tables.add(&file)?;
                done.note(&id, &file);
            }
            file.run = relabelled(runs.labels(at, &id), file.run, reproducible);
            if !plan.expect.is_empty() {
                let breaches = check(&plan.expect, &file.observation(Progress::Storage)?);
                let point = || plan.values(plan.place(runs.index(at)).point).describe();
                done.checks += plan.expect.len();
                done.breaches.extend(breaches.into_iter().map(|of| Breach { point: point(), ..of }));
            }
            (file.run, file.storage)
        } else if let Some(row) = failed_row(runs, at, failed) {
            done.failed += 1;
            row
        } else {
            done.missing += 1;
            continue;
        };
        done.fingerprint = mix(done.fingerprint ^ fingerprint(&row));
        let point = plan.place(runs.index(at)).point;
        let values = plan.values(point);
        let storage = storage.map(|of| of.labelled(&row));
        let record = Record { run: row, storage, extra: plan.extra.iter().map(|key| values.get(key)).collect() };
        see(point, &record);
        tables.add_run(&record)?;
    }
    done.files = tables.commit(dir)?;
    Ok(done)
}

impl Assembled {
    /// The manifest of these results of `plan`, without what is about this machine.
    pub fn manifest(&self, plan: &Plan) -> Manifest {
        Manifest {
            program: Program::this(),
            kind: ResultsKind::Study,
            scenario: plan.name.clone(),
            resolved: plan.resolved.clone(),
            scenario_fingerprint: format!("{:016x}", plan.fingerprint),
            results_fingerprint: format!("{:016x}", self.fingerprint),
            checkpoints: vec![],
            seeder_sets: plan.seeder_sets,
            repetitions: plan.repetitions,
            design: plan.design.as_deref().cloned(),
            precision: plan.precision().map(str::to_owned),
            runs_planned: plan.len() as u64,
            runs_failed: self.failed as u64,
            runs_missing: self.missing as u64,
            command_line: None,
            machine: None,
            wall_s: None,
            files: self.files.clone(),
        }
    }

    fn note(&mut self, id: &str, file: &RowFile) {
        for note in &file.notes {
            if note.kind == "violation" {
                self.violations.push((id.to_owned(), note.message.clone()));
                continue;
            }
            match self.warnings.iter_mut().find(|(message, _)| *message == note.message) {
                Some((_, count)) => *count += 1,
                None => self.warnings.push((note.message.clone(), 1)),
            }
        }
    }
}

fn failed_row(runs: &Runs, at: usize, failed: &[FailedRun]) -> Option<(RunRow, Option<StorageRow>)> {
    let id = runs.id(at);
    let failure = failed.iter().find(|failure| failure.run_id == id)?;
    let (run, storage) = runs.planned(at)?;
    Some((run.failed(&failure.reason), storage.map(|row| row.failed(&failure.reason))))
}

/// A row as this plan calls it: it may have been made for another study.
fn relabelled(labels: Labels, row: RunRow, reproducible: bool) -> RunRow {
    let Labels { scenario, protocol, repetition, .. } = labels;
    let row = RunRow { scenario: scenario.into(), protocol: protocol.into(), repetition, ..row };
    if reproducible { RunRow { wall_s: None, peak_rss_bytes: None, ..row } } else { row }
}

fn fingerprint(row: &RunRow) -> u64 {
    row.fingerprint.as_deref().and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or(0)
}

/// The files while they are written.
struct Tables {
    runs: (AtomicFile, FileEntry),
    parts: Vec<(Part, AtomicFile, FileEntry)>,
    kept: Kept,
    of_swarm: bool,
}

impl Tables {
    fn create(plan: &Plan, dir: &Path) -> Result<Self, ResultsError> {
        let table = |name: &str, header: &str| {
            let mut file = AtomicFile::create(&dir.join(name))?;
            file.append(header.as_bytes())?;
            Ok((file, FileEntry { name: name.into(), rows: 0 }))
        };
        let part = |part: Part| table(part.kind.file, &part.kind.header()).map(|(file, entry)| (part, file, entry));
        let parts = PARTS.into_iter().map(part).collect::<Result<_, ResultsError>>()?;
        let header = RunTable::header(plan.of_swarm, &plan.extra);
        let runs = table(run_kind(plan.of_swarm).file, &header)?;
        Ok(Tables { runs, parts, kept: plan.kept, of_swarm: plan.of_swarm })
    }

    fn add(&mut self, file: &RowFile) -> Result<(), ResultsError> {
        for ((_, table, entry), lines) in self.parts.iter_mut().zip(&file.parts) {
            // None of these tables has a text that could hold a line end.
            entry.rows += lines.lines().count() as u64;
            table.append(lines.as_bytes())?;
        }
        Ok(())
    }

    fn add_run(&mut self, record: &Record) -> Result<(), ResultsError> {
        self.runs.1.rows += 1;
        self.runs.0.append(record.line().as_bytes())
    }

    fn commit(self, dir: &Path) -> Result<Vec<FileEntry>, ResultsError> {
        let (table, entry) = self.runs;
        table.commit()?;
        let mut files = vec![entry];
        for (at, (part, table, entry)) in self.parts.into_iter().enumerate() {
            if self.kept.has(at) && part.is_present(self.of_swarm, self.kept.progress_steps, entry.rows) {
                table.commit()?;
                files.push(entry);
            } else {
                remove_table(dir, part.kind.file)?;
            }
        }
        // A study has no trace; that of a run whose place this takes goes.
        remove_table(dir, TraceRow::KIND.file)?;
        Ok(files)
    }
}
