//! `codexsim topology`: the wires of a scenario, in figures and drawn.

use super::args::Changes;
use super::{End, Failure, output};
use crate::report;
use crate::results::AtomicFile;
use crate::scenario;
use crate::world::World;
use clap::Args;
use std::path::PathBuf;

/// Show the topology of a scenario: its figures, where wires are narrow, and a drawing
///
/// FILE is a scenario with [topology]. The drawing is written where --svg says, the whole
/// as a page where --html says.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  codexsim topology my-swarm.toml\n  codexsim topology my-swarm.toml --svg wires.svg\n  codexsim topology my-swarm.toml --html wires.html --set topology.attach=random"
)]
pub struct TopologyCommand {
    /// Scenario (TOML)
    file: PathBuf,
    /// Write the drawing to this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write figures and drawing to this file, as one page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    changes: Changes,
}

impl TopologyCommand {
    /// Prints, and writes what was asked for.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let scenario = scenario::load(&self.changes.input(Some(self.file.clone())))?;
        let run = scenario.swarm()?;
        let world = World::build(&run.world, run.seed, run.seeder_set);
        let command = format!("codexsim topology {}", self.file.display());
        let Some(document) = report::topology(&world, &scenario.name, &command) else {
            let file = self.file.display();
            return Err(Failure::Input(format!(
                "error: {file} has no topology: every node hangs on its access link, with nothing in between\n = expected \
                 a scenario with [topology]; `codexsim explain topology` tells its keys"
            )));
        };
        scenario.warnings.iter().for_each(|warning| output::tell(&format!("warning: {warning}")));
        output::say(&document.terminal(None))?;
        for (place, text) in [(&self.svg, report::topology_drawing(&world)), (&self.html, document.html())] {
            if let Some(place) = place {
                AtomicFile::write_all(place, text.as_bytes()).map_err(|error| Failure::Input(error.to_string()))?;
                output::tell(&format!("{} written", place.display()));
            }
        }
        Ok(End::Good)
    }
}
