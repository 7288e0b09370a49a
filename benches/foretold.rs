//! How long runs take, against what is said beforehand: each protocol in eight small swarms and
//! four larger ones, every run a process of its own. On a machine that does nothing else.
//!
//! `cargo bench --bench foretold`, some minutes; `-- NAME` for one protocol. Ends with 1 where a
//! time of more than a tenth of a second is not met within a factor of 2.

#[path = "../tests/common/foretold.rs"]
mod foretold;

use codexsim::scenario::models;
use foretold::{SCENARIO, SMALL, Swarm, foretold_and_taken};
use std::process::ExitCode;

/// Nodes, seeders, megabytes, acquaintances.
const LARGE: [Swarm; 4] = [(150, 8, 20, 0), (300, 30, 15, 0), (1000, 30, 5, 8), (1000, 50, 5, 32)];

/// Seconds below which a machine's own unrest decides.
const SHORT: f64 = 0.1;

fn main() -> ExitCode {
    // Cargo itself passes `--bench`.
    let wanted = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let dir = tempfile::tempdir().expect("a folder for results");
    std::fs::write(dir.path().join("s.toml"), SCENARIO).expect("it can be written to");
    let protocols = models().into_iter().filter(|model| model.kind == "protocols" && model.name != "idle");
    let protocols = protocols.map(|model| model.name).filter(|name| wanted.as_deref().is_none_or(|w| w == *name));
    println!("| protocol | nodes, seeders, MB, degree | foretold, s | took, s | ratio | memory, ratio |");
    println!("|---|---|---|---|---|---|");
    let mut missed = 0;
    for protocol in protocols {
        for swarm in SMALL.into_iter().chain(LARGE) {
            let (said, took) = foretold_and_taken(env!("CARGO_BIN_EXE_codexsim"), dir.path(), protocol, swarm);
            let (time, memory) = (said.seconds / took.seconds, said.memory_bytes / took.memory_bytes);
            println!(
                "| {protocol} | {swarm:?} | {:.2} | {:.2} | {time:.2} | {memory:.2} |",
                said.seconds, took.seconds
            );
            missed += u32::from(took.seconds.max(said.seconds) > SHORT && !(0.5..=2.0).contains(&time));
        }
    }
    println!("{missed} missed");
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
