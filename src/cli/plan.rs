//! `codexsim plan`: what a study would carry out, and how to have it carried out elsewhere.

use super::args::{Changes, for_shell};
use super::destination::Place;
use super::host::too_large;
use super::outlook::{self, Commands, Means};
use super::precision::Wanted;
use super::{End, Failure, output};
use crate::scenario::Input;
use crate::study::{self, Outlook, Plan, Runs, Selection};
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// A study, with what the command line says of it.
#[derive(Debug, Args)]
pub struct Planned {
    /// Scenario (TOML)
    file: PathBuf,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    design: DesignArgs,
    /// Runs at the same time; default: one per core
    #[arg(short = 'j', long = "jobs", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    #[command(flatten)]
    pub wanted: Wanted,
}

/// Points besides those of the file.
#[derive(Debug, Args)]
struct DesignArgs {
    /// Vary a key over a range: KEY=LOW..HIGH, with ` log` after it for even steps in the
    /// logarithm; KEY=normal(MEAN, SD), KEY=lognormal(MEDIAN, SIGMA) or KEY=ONE|OTHER
    #[arg(long, value_name = "KEY=RANGE")]
    vary: Vec<String>,
    /// How ranges become points: sobol (where nothing is said), lhs, random, grid or zip
    #[arg(long, value_name = "NAME")]
    design: Option<String>,
    /// Points that are drawn from the ranges; in a grid, values of each
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    points: Option<u32>,
}

impl Planned {
    /// What is carried out at the least.
    pub fn plan(&self) -> Result<Plan, Failure> {
        let DesignArgs { vary, design, points } = &self.design;
        let input = Input {
            vary: vary.clone(),
            design: design.clone(),
            points: *points,
            ..self.changes.input(Some(self.file.clone()))
        };
        Ok(self.wanted.at_first(Plan::new(&input)?))
    }

    /// What the results of `plan` are called.
    pub fn title(&self, plan: &Plan) -> String {
        self.changes.title(&plan.name)
    }

    /// Runs at the same time; 0 stands for one a core.
    pub fn jobs(&self) -> usize {
        self.jobs.map_or(0, usize::from)
    }

    /// What is to come of a part of `runs`.
    pub fn outlook(&self, runs: &Runs, part: Selection, dir: &Path) -> Outlook {
        Outlook::of(runs, part, dir, study::threads(self.jobs()), &too_large)
    }

    /// The command that carries all of it out, as a shell takes it, in this folder.
    pub fn sweep(&self, place: &Place, reproducible: bool) -> String {
        let DesignArgs { vary, design, points } = &self.design;
        let mut words = vec!["codexsim sweep".to_owned(), for_shell(&self.file.to_string_lossy())];
        words.extend(self.changes.typed());
        words.extend(vary.iter().map(|range| format!("--vary {}", for_shell(range))));
        words.extend(design.iter().map(|name| format!("--design {}", for_shell(name))));
        words.extend(points.iter().map(|points| format!("--points {points}")));
        words.extend(self.wanted.typed());
        words.extend(place.typed());
        words.extend(reproducible.then(|| "--reproducible".into()));
        words.join(" ")
    }
}

/// Say what a study would carry out, and how
///
/// Its points and runs, what of them is finished in DIR, and what the rest will roughly take:
/// time and memory, mostly within a factor of two. Then the commands that have it carried out
/// here, or as tasks of HyperQueue, Slurm or GNU parallel. Nothing is run and nothing written.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  codexsim plan my-study.toml\n  codexsim plan my-study.toml --vary 'network.up=1 Mbit/s..1 Gbit/s log' --points 1000\n  codexsim plan my-study.toml --json"
)]
pub struct PlanCommand {
    #[command(flatten)]
    planned: Planned,
    #[command(flatten)]
    place: Place,
    /// The commands are to leave out what differs between two equal runs
    #[arg(long)]
    reproducible: bool,
    /// The same as JSON
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    outlook: &'a Outlook,
    warnings: &'a [String],
    dir: String,
    commands: Commands,
}

impl PlanCommand {
    /// Makes all points, looks for finished runs, and says what there is.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let plan = self.planned.plan()?;
        let dir = self.place.dir(&self.planned.title(&plan));
        let runs = plan.runs(Selection::All)?;
        let outlook = self.planned.outlook(&runs, Selection::All, &dir);
        let sweep = self.planned.sweep(&self.place, self.reproducible);
        let means = Means { dir: &dir, sweep, foretold: self.planned.wanted.foretold() };
        if self.json {
            let (dir, commands) = (dir.display().to_string(), Commands::of(&outlook, &means));
            let told = Told { outlook: &outlook, warnings: &runs.warnings, dir, commands };
            let text = serde_json::to_string_pretty(&told).expect("an outlook is plain data");
            output::say(&(text + "\n"))?;
        } else {
            runs.warnings.iter().for_each(|warning| output::tell(&format!("warning: {warning}")));
            output::say(&outlook::words(&outlook, &means))?;
        }
        Ok(End::Good)
    }
}
