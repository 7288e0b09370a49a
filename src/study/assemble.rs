//! From row files to the result files of a study.

use super::row_file::RowFile;
use super::{Breach, Failure, Plan, check};
use crate::results::{
    AtomicFile, FileEntry, Kind, Manifest, PARTS, Part, Program, Record, ResultsError, Row, RunRow, RunTable,
    RunWriter, TraceRow, remove_table,
};
use crate::rng::mix;
use crate::scenario::Progress;
use std::collections::BTreeSet;
use std::path::Path;

/// What was put together.
#[derive(Debug, Clone, Default)]
pub struct Assembled {
    /// The rows of `runs.csv` in plan order, each with the index of its run in
    /// the plan.
    pub rows: Vec<(usize, RunRow)>,
    /// Runs of the plan that have no row.
    pub missing: usize,
    /// Rows of failed runs.
    pub failed: usize,
    /// Rules that did not hold: (run, rule).
    pub violations: Vec<(String, String)>,
    /// Claims that do not hold.
    pub breaches: Vec<Breach>,
    /// Warnings of the runs, each once, with the number of runs that gave it.
    pub warnings: Vec<(String, usize)>,
    /// Digest of the event streams of all runs, in plan order.
    pub fingerprint: u64,
    /// The files and their numbers of rows.
    pub files: Vec<FileEntry>,
}

/// Writes the result files of `plan` into `dir` from its row files, in plan
/// order; a run without row is skipped and counted. The runs in `failed` get a
/// row that says so. A run that stands in the plan twice has two rows in
/// `runs.csv` and is there once in the other files.
pub fn assemble(plan: &Plan, dir: &Path, failed: &[Failure], reproducible: bool) -> Result<Assembled, ResultsError> {
    let mut tables = Tables::create(plan, dir)?;
    let mut done = Assembled::default();
    let mut seen = BTreeSet::new();
    for (index, run) in plan.runs.iter().enumerate() {
        let row = if let Ok(file) = RowFile::load(dir, &run.id, plan.progress_steps) {
            if seen.insert(&run.id) {
                tables.add(&file)?;
                done.note(&run.id, &file);
            }
            let row = relabelled(plan, index, file.run.clone(), reproducible);
            if !plan.expect.is_empty() {
                let seen = RowFile { run: row.clone(), ..file }.observation(Progress::Storage)?;
                done.breaches.extend(check(&plan.expect, &seen));
            }
            row
        } else if let Some(failure) = failed.iter().find(|f| f.run_id == run.id) {
            done.failed += 1;
            planned(plan, index).failed(&failure.reason)
        } else {
            done.missing += 1;
            continue;
        };
        done.fingerprint = mix(done.fingerprint ^ fingerprint(&row));
        tables.add_run(plan, index, &row);
        done.rows.push((index, row));
    }
    done.files = tables.commit(dir, done.rows.len())?;
    Ok(done)
}

impl Assembled {
    /// The table `runs.csv` that was written for `plan`.
    pub fn table(&self, plan: &Plan) -> RunTable {
        let records = self.rows.iter().map(|(index, row)| record(plan, *index, row)).collect();
        RunTable { extra: plan.extra.clone(), records }
    }

    /// The manifest of these results of `plan`, without what is about this machine.
    pub fn manifest(&self, plan: &Plan) -> Manifest {
        Manifest {
            program: Program::this(),
            kind: Kind::Study,
            scenario: plan.name.clone(),
            resolved: plan.resolved.clone(),
            scenario_fingerprint: format!("{:016x}", plan.fingerprint),
            results_fingerprint: format!("{:016x}", self.fingerprint),
            checkpoints: vec![],
            seeder_sets: plan.seeder_sets,
            repetitions: plan.repetitions,
            runs_planned: plan.runs.len() as u64,
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

/// A row as this plan calls it: it may have been made for another study.
fn relabelled(plan: &Plan, index: usize, row: RunRow, reproducible: bool) -> RunRow {
    let RunRow { scenario, protocol, repetition, .. } = planned(plan, index);
    let row = RunRow { scenario, protocol, repetition, ..row };
    if reproducible { RunRow { wall_s: None, peak_rss_bytes: None, ..row } } else { row }
}

/// The line of `runs.csv`, with the values of the keys that have no column of their own.
fn record(plan: &Plan, index: usize, row: &RunRow) -> Record {
    let cell = &plan.cells[plan.runs[index].cell];
    Record { run: row.clone(), extra: plan.extra.iter().map(|key| cell.value(key)).collect() }
}

fn planned(plan: &Plan, index: usize) -> RunRow {
    RunRow::planned(plan.labels(index), &plan.spec(index))
}

fn fingerprint(row: &RunRow) -> u64 {
    row.fingerprint.as_deref().and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or(0)
}

/// The files while they are written.
struct Tables {
    runs: RunWriter,
    parts: Vec<(Part, AtomicFile, FileEntry)>,
    progress_steps: u32,
}

impl Tables {
    fn create(plan: &Plan, dir: &Path) -> Result<Self, ResultsError> {
        let table = |part: Part| {
            let mut file = AtomicFile::create(&dir.join(part.kind.file))?;
            file.append(part.kind.header().as_bytes())?;
            Ok((part, file, FileEntry { name: part.kind.file.into(), rows: 0 }))
        };
        let parts = PARTS.into_iter().map(table).collect::<Result<_, ResultsError>>()?;
        Ok(Tables { runs: RunWriter::new(&plan.extra), parts, progress_steps: plan.progress_steps })
    }

    fn add(&mut self, file: &RowFile) -> Result<(), ResultsError> {
        for ((_, table, entry), lines) in self.parts.iter_mut().zip(&file.parts) {
            // None of these tables has a text that could hold a line end.
            entry.rows += lines.lines().count() as u64;
            table.append(lines.as_bytes())?;
        }
        Ok(())
    }

    fn add_run(&mut self, plan: &Plan, index: usize, row: &RunRow) {
        self.runs.add(&record(plan, index, row));
    }

    fn commit(self, dir: &Path, runs: usize) -> Result<Vec<FileEntry>, ResultsError> {
        let file = RunRow::KIND.file;
        AtomicFile::write_all(&dir.join(file), self.runs.finish().as_bytes())?;
        let mut files = vec![FileEntry { name: file.into(), rows: runs as u64 }];
        for (part, table, entry) in self.parts {
            if part.is_present(self.progress_steps, entry.rows) {
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
