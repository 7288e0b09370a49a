//! `codexsim view`: one run, played back.

use super::{End, Failure, output};
use crate::report::{self, Damage, Playback, RunTables};
use crate::results::{self, AtomicFile, DownloadRow, ResultsError, RunTable, TableRow, TraceRow};
use clap::Args;
use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::{Path, PathBuf};

/// Play one run: who sends to whom, who holds what, the messages of each node
///
/// Works from the result files of `codexsim run --trace` alone and writes one
/// HTML file that needs nothing else: a time slider, bookmarks (first block,
/// half, last finisher, stalls), a circle or matrix of nodes with what flows
/// between them, what each node holds over time, and the messages of a chosen
/// node by class.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  codexsim run --trace --out results/seen\n  codexsim view results/seen")]
pub struct View {
    /// Directory with the result files of one run
    dir: PathBuf,
    /// The file to write; default DIR/view.html
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// No notes, only errors
    #[arg(long)]
    quiet: bool,
}

impl View {
    /// Reads the run and writes the page.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let playback = self.playback()?;
        let out = self.out.clone().unwrap_or_else(|| self.dir.join("view.html"));
        results::try_file(&out)?;
        AtomicFile::write_all(&out, report::view_html(&playback).as_bytes())?;
        if !self.quiet {
            output::tell(&format!("{} is written; open it in a browser", out.display()));
        }
        Ok(End::Good)
    }

    fn playback(&self) -> Result<Playback, Failure> {
        let runs = RunTable::read(self.open("runs.csv")?).map_err(|error| self.wrong("runs.csv", &error))?;
        let [record] = runs.records.as_slice() else {
            let (dir, count) = (self.dir.display(), runs.records.len());
            return Err(Failure::Input(format!(
                "{dir} has {count} runs; this plays the one of `codexsim run --trace`"
            )));
        };
        if record.storage.is_some() {
            let dir = self.dir.display();
            return Err(Failure::Input(format!(
                "{dir} has a storage run, and this plays swarms\n = `codexsim report {dir}` tells what it says"
            )));
        }
        let of = |damage: Damage| Failure::Input(format!("{}/{damage}", self.dir.display()));
        let tables = RunTables {
            run: record.run.clone(),
            nodes: self.read()?,
            traffic: self.read()?,
            series: self.read()?,
            progress: self.read()?,
            downloads: if self.dir.join(DownloadRow::KIND.file).exists() { self.read()? } else { vec![] },
        };
        let mut playback = Playback::new(tables).map_err(of)?;
        let wrong = |error| self.wrong(TraceRow::KIND.file, &error);
        for row in results::read_each::<TraceRow>(self.open(TraceRow::KIND.file)?).map_err(wrong)? {
            playback.add(&row.map_err(wrong)?).map_err(of)?;
        }
        Ok(playback)
    }

    fn read<R: TableRow>(&self) -> Result<Vec<R>, Failure> {
        results::read(self.open(R::KIND.file)?).map_err(|error| self.wrong(R::KIND.file, &error))
    }

    /// A file that is not what the program writes.
    fn wrong(&self, name: &str, error: &ResultsError) -> Failure {
        Failure::Input(format!("{}: {error}", self.dir.join(name).display()))
    }

    /// A result file; the error says how to make what is missing.
    fn open(&self, name: &str) -> Result<BufReader<File>, Failure> {
        let path = self.dir.join(name);
        match File::open(&path) {
            Ok(file) => Ok(BufReader::new(file)),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Err(Failure::Input(missing(&self.dir, name)))
            }
            Err(error) => Err(ResultsError::io(&path)(error).into()),
        }
    }
}

fn missing(dir: &Path, name: &str) -> String {
    let dir = dir.display();
    format!("{dir} has no {name}; make it with `codexsim run SCENARIO --trace --out {dir}`")
}
