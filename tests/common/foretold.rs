//! What the command line says before a run, and what the run then took.

use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// A swarm in the settings that hold where nothing is said.
pub const SCENARIO: &str = "name = \"foretold\"\n[swarm]\nnetwork_size = 3\nseeders = 1\nfile_size = \"1 MB\"\n";

/// Nodes, seeders, megabytes, acquaintances of each node (0: all).
pub type Swarm = (u32, u32, u32, u32);

/// Eight swarms that take seconds with every protocol.
pub const SMALL: [Swarm; 8] = [
    (3, 1, 100, 0),
    (8, 1, 150, 0),
    (16, 2, 60, 0),
    (32, 4, 40, 0),
    (60, 8, 20, 0),
    (100, 8, 8, 0),
    (200, 20, 5, 8),
    (600, 20, 2, 16),
];

/// What a run takes, all of its process.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    pub seconds: f64,
    pub memory_bytes: f64,
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("no `{key}` in {value}"))
}

/// What `codexsim`, a program, prints as JSON.
fn printed(codexsim: &str, args: &[&str], sets: &[String]) -> Value {
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let output = Command::new(codexsim).args(args).args(sets).output().expect("the program starts");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// What was foretold of the download of `protocol` in `swarm`, and what it took.
/// Results go to a folder in `dir`, where `s.toml` describes a swarm.
#[expect(clippy::disallowed_methods, reason = "how long it took is what is measured")]
pub fn foretold_and_taken(codexsim: &str, dir: &Path, protocol: &str, swarm: Swarm) -> (Taken, Taken) {
    let (nodes, seeders, megabytes, degree) = swarm;
    let mut sets = vec![
        format!("protocol={protocol}"),
        format!("swarm.network_size={nodes}"),
        format!("swarm.seeders={seeders}"),
        format!("swarm.file_size={megabytes} MB"),
    ];
    sets.extend((degree > 0).then(|| format!("network.degree={degree}")));
    let (scenario, out) = (dir.join("s.toml"), dir.join("out"));
    let (scenario, out) = (scenario.to_str().expect("a plain name"), out.to_str().expect("a plain name"));
    let plan = printed(codexsim, &["plan", scenario, "--json"], &sets);
    let run = ["run", scenario, "--quiet", "--format", "json", "--force", "--out", out];
    let begun = Instant::now();
    let run = printed(codexsim, &run, &sets);
    let seconds = begun.elapsed().as_secs_f64();
    let foretold = Taken { seconds: number(&plan, "seconds"), memory_bytes: number(&plan, "largest_run_bytes") };
    let taken = Taken { seconds, memory_bytes: number(&run, "peak_rss_bytes") };
    (foretold, taken)
}
