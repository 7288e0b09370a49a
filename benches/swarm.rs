//! What whole runs cost: blocks delivered and events handled in a second of
//! one core. A run takes seconds, so each is timed once or a few times, and the
//! fastest counts; criterion would repeat them for minutes.
//!
//! `cargo bench --bench swarm`, about a minute; `-- NAME` for the cases whose
//! names contain NAME.

use codexsim::ledger::Outcome;
use codexsim::scenario::{self, Input};
use codexsim::sim::{self, RunSpec};
use std::time::{Duration, Instant};

/// Name, repetitions, settings over the quickstart.
type Case = (&'static str, u32, &'static [&'static str]);

const CASES: [Case; 7] = [
    (
        "codex-v2 1000 x 256 MiB, degree 8",
        3,
        &[
            "protocol=codex-v2",
            "swarm.network_size=1000",
            "swarm.seeders=16",
            "swarm.file_size=256 MiB",
            "network.degree=8",
        ],
    ),
    (
        "codex-v2 1000 x 64 MiB, degree 32",
        2,
        &[
            "protocol=codex-v2",
            "swarm.network_size=1000",
            "swarm.seeders=16",
            "swarm.file_size=64 MiB",
            "network.degree=32",
        ],
    ),
    (
        "codex-v2 10000 x 25 MiB, degree 8",
        1,
        &[
            "protocol=codex-v2",
            "swarm.network_size=10000",
            "swarm.seeders=160",
            "swarm.file_size=25 MiB",
            "network.degree=8",
        ],
    ),
    (
        "codex-v2 100 x 100 MB, full mesh",
        3,
        &["protocol=codex-v2", "swarm.network_size=100", "swarm.seeders=4", "swarm.file_size=100 MB"],
    ),
    (
        "codex-v3c 1000 x 64 MiB, degree 8",
        1,
        &[
            "protocol=codex-v3c",
            "swarm.network_size=1000",
            "swarm.seeders=16",
            "swarm.file_size=64 MiB",
            "network.degree=8",
        ],
    ),
    (
        "codex-v3d 100 x 64 MiB, full mesh",
        3,
        &["protocol=codex-v3d", "swarm.network_size=100", "swarm.seeders=4", "swarm.file_size=64 MiB"],
    ),
    (
        "direct 50 x 10 TB",
        3,
        &[
            "protocol=direct",
            "swarm.network_size=50",
            "swarm.seeders=4",
            "swarm.file_size=10 TB",
            "stop.max_time=10000 h",
        ],
    ),
];

fn spec(sets: &[&str]) -> RunSpec {
    let sets = sets.iter().map(|set| set.to_string()).collect();
    scenario::load(&Input { sets, ..Input::default() })
        .expect("the settings are right")
        .run
        .into_swarm()
        .expect("a swarm")
}

#[expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
fn timed(spec: &RunSpec) -> (Outcome, Duration) {
    let begin = Instant::now();
    let outcome = sim::run(spec, &mut |_| true).expect("nobody stops it");
    (outcome, begin.elapsed())
}

fn measure((name, repetitions, sets): Case) {
    let spec = spec(sets);
    let (outcome, first) = timed(&spec);
    let seconds = (1..repetitions).map(|_| timed(&spec).1).fold(first, Duration::min).as_secs_f64();
    let blocks = spec.world.dataset.size.get().div_ceil(spec.world.dataset.block_size.get());
    let deliveries = outcome.leechers().count() as f64 * blocks as f64;
    println!(
        "{name:<36} {seconds:>8.2} {:>14.3e} {:>14.3e}  {:?}",
        deliveries / seconds,
        outcome.events as f64 / seconds,
        outcome.status
    );
}

fn main() {
    let chosen = std::env::args().skip(1).find(|arg| !arg.starts_with('-')).unwrap_or_default();
    println!("{:<36} {:>8} {:>14} {:>14}", "case", "seconds", "deliveries/s", "events/s");
    CASES.into_iter().filter(|(name, ..)| name.contains(&chosen)).for_each(measure);
}
