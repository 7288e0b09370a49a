//! `codexsim impact`: what would this change do?

use super::args::{Layers, duration, ended, share};
use super::destination::Output;
use super::format::Shown;
use super::host::Console;
use super::progress::{Counted, Display};
use super::{End, Failure, output};
use crate::report;
use crate::results::{AtomicFile, Program, ResultsError, ResultsKind};
use crate::study::{
    self, Asked, Assembled, Cache, Duel, Examined, Host, ImpactError, ImpactRequest, ImpactSide, Options, Runner,
    Selection,
};
use clap::Args;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// Say what a change of a protocol would do, and how sure that is
///
/// Runs base and change in the same worlds with the same seeds, pair by pair, until
/// every verdict is decided or the budget is spent. Worlds come first: in which the
/// change FAILS, is better or worse; then LESS, MORE, NO PRACTICAL CHANGE or UNDECIDED
/// over all of them, or DIFFERS BY WORLD. Where all pairs are equal to the byte it is
/// NOT EXERCISED, with exit code 4. DIR gets impact.md (a section for an RFC),
/// impact.html, verdict.json, the figures, and the runs as an ordinary study; the same
/// command again goes on where it ended. See docs/impact.md.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  codexsim impact --base codex-v2 --change codex-v3d\n  codexsim impact --base codex-v2 --change codex-v2 --change-set protocol.codex-v2.window=512 --pack quick\n  codexsim impact --base codex-v2 --change codex-v3d --pack home-uplink --out results/v3d"
)]
pub struct ImpactCommand {
    /// What is there: a protocol from `codexsim models`, or a TOML file
    #[arg(long, value_name = "NAME|FILE")]
    base: String,
    /// What is proposed; may be the same, with --change-set
    #[arg(long, value_name = "NAME|FILE")]
    change: String,
    /// Worlds: quick, rfc, home-uplink, flash-crowd, lossy-long-fat, churn, testnet, continents; mix, through
    /// the mixnet; nat, behind NATs; storage, for systems of storage; or a TOML file
    #[arg(long, value_name = "NAME|FILE", default_value = "quick")]
    pack: String,
    /// Set a value for the base only
    #[arg(long = "base-set", value_name = "KEY=VALUE")]
    base_sets: Vec<String>,
    /// Set a value for the change only, such as protocol.codex-v2.window=512
    #[arg(long = "change-set", value_name = "KEY=VALUE")]
    change_sets: Vec<String>,
    #[command(flatten)]
    layers: Layers,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    shown: Shown,
    /// How sure the verdicts of a table have to be, all together
    #[arg(long, value_name = "SHARE", default_value = "95%", value_parser = share)]
    confidence: f64,
    /// A change within this is no practical one
    #[arg(long, value_name = "SHARE", default_value = "2%", value_parser = share)]
    margin: f64,
    /// Start no new run after this real time, such as 90s, 30m, 2h
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    budget: Duration,
    /// Pairs of runs in each world at the most
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    max_pairs: u32,
    /// Runs at the same time; default: one per core
    #[arg(short = 'j', long = "jobs", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Exit code 4 when the change FAILS in a world, or a quantity is surely worse, in all
    /// worlds together or in one
    #[arg(long)]
    fail_if_worse: bool,
}

impl From<ImpactError> for Failure {
    fn from(error: ImpactError) -> Self {
        Failure::Input(error.to_string())
    }
}

impl ImpactCommand {
    /// Runs pairs, writes the reports, shows the tables.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let duel = Duel::new(self.request())?;
        let dir = self.output.dir(duel.name());
        duel.warnings().iter().for_each(|w| self.output.note(&format!("warning: {w}")));
        self.output.claim(&dir, ResultsKind::Study, duel.name(), None)?;
        let console = Console::new(Some(self.budget), Display::new(Counted::Runs, self.output.quiet));
        let options = Options { threads: self.jobs.map_or(0, usize::from), reproducible: self.output.reproducible };
        let mut examined = Examined::new(duel);
        let asked = Runner::new(Cache::folder(&dir)?, options, &console).ask(&mut examined);
        console.close();
        let Asked { answer, execution } = asked.map_err(ended)?;
        // What was said of other runs must not stand beside these.
        REPORTS.iter().try_for_each(|name| remove(&dir.join(name)))?;
        let runs = examined.plan.runs(Selection::All)?;
        let assembled = study::assemble(&runs, &dir, &execution.failed, self.output.reproducible, |_, _| ())?;
        self.output.manifest(&examined.plan, &assembled, console.elapsed_s()).write(&dir)?;
        output::tell_failed(&execution.failed);
        let Some(impact) = &examined.impact else {
            let first = examined.next_look.unwrap_or_default();
            self.output.note(&format!("fewer than {first} pairs were finished; the same command goes on"));
            return Ok(End::Incomplete);
        };
        write(&dir, impact)?;
        self.shown.rows(|| report::impact(impact, impact.seconds_per_pair), &report::impact_rows(impact))?;
        if let Some(next) = examined.next_look.filter(|_| answer.is_none()) {
            let note = format!("ended before the next look at {next} pairs; the same command goes on");
            self.output.note(&note);
        }
        self.output.note(&format!("results are in {}", dir.display()));
        Ok(self.judge(&examined, &assembled, console.interrupted() || !execution.failed.is_empty()))
    }

    fn request(&self) -> ImpactRequest {
        let side = |model: &str, sets: &[String]| ImpactSide { model: model.into(), sets: sets.to_vec() };
        ImpactRequest {
            pack: self.pack.clone(),
            base: side(&self.base, &self.base_sets),
            change: side(&self.change, &self.change_sets),
            common: self.layers.input(),
            confidence: self.confidence,
            margin: self.margin,
            max_pairs: self.max_pairs,
        }
    }

    fn judge(&self, examined: &Examined, assembled: &Assembled, incomplete: bool) -> End {
        for (message, count) in &assembled.warnings {
            self.output.note(&format!("warning ({count} runs): {message}"));
        }
        output::tell_wrong(assembled);
        let impact = examined.impact.as_ref();
        let worse = impact.filter(|_| self.fail_if_worse).map_or(vec![], report::impact_worse);
        output::tell_each("worse", worse.iter());
        let exercised = impact.is_none_or(study::Impact::is_exercised);
        if !exercised {
            output::tell("not exercised: nothing is known of the change");
        }
        match () {
            () if !assembled.violations.is_empty() || !assembled.breaches.is_empty() => End::Breach,
            () if !worse.is_empty() || !exercised => End::Breach,
            () if incomplete => End::Incomplete,
            () => End::Good,
        }
    }
}

/// The files that tell what was found.
const REPORTS: [&str; 5] = {
    let [changes, bytes] = report::IMPACT_FIGURES;
    ["verdict.json", "impact.md", "impact.html", changes, bytes]
};

fn write(dir: &Path, impact: &study::Impact) -> Result<(), ResultsError> {
    // The files do not differ between two equal comparisons, so nothing of real time is in them.
    let document = report::impact(impact, None);
    let texts = [
        Some(report::impact_json(impact, &Program::this())),
        Some(document.markdown(2)),
        Some(document.html()),
        report::impact_changes(impact),
        report::impact_bytes(impact),
    ];
    let mut files = REPORTS.iter().zip(texts).filter_map(|(name, text)| Some((name, text?)));
    files.try_for_each(|(name, text)| AtomicFile::write_all(&dir.join(name), text.as_bytes()))
}

fn remove(path: &Path) -> Result<(), ResultsError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(ResultsError::io(path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[derive(clap::Parser)]
    struct ImpactAlone {
        #[command(flatten)]
        _impact: ImpactCommand,
    }

    #[test]
    fn the_help_names_every_pack() {
        let help = ImpactAlone::command().render_long_help().to_string();
        for (name, _) in crate::scenario::packs() {
            assert!(help.contains(name), "{name}");
        }
    }
}
