//! The yardsticks with many datasets in one node.

use crate::common::{checked, spec};
use codexsim::ledger::{Outcome, Status};
use proptest::prelude::*;

fn run(protocol: &str, datasets: &str, sets: &[&str]) -> Outcome {
    let (protocol, datasets) = (format!("protocol={protocol}"), format!("datasets={datasets}"));
    let outcome = checked(&spec(&[&[&*protocol, &datasets], sets].concat()));
    assert_eq!(outcome.status, Status::Complete, "{protocol} {datasets}");
    outcome
}

fn secs(outcome: &Outcome) -> f64 {
    outcome.makespan().unwrap().secs()
}

const EVEN: [&str; 4] =
    ["network.up=10 Mbit/s", "network.down=10 Mbit/s", "network.transport=none", "network.latency=1 ms"];

/// What is held by all seeders, by some, and in part.
const MIXED: &str = "[{ name = \"a\", count = 5, size = \"1 MiB\" }, \
    { name = \"b\", size = \"300 kB\", holders = { replicas = 2 }, wanted_by = { share = 0.5 } }, \
    { name = \"c\", count = 40, size = \"10 kB\", block_size = \"16 KiB\", wanted_by = { share = 0.5 } }]";

#[test]
fn mixed_datasets_complete() {
    for protocol in ["direct", "ideal"] {
        for group in ["swarm.group=1", "swarm.group=3"] {
            run(protocol, MIXED, &["swarm.network_size=12", "swarm.seeders=3", group]);
        }
    }
}

/// The leecher's link carries the sum, in however many files it comes.
#[test]
fn many_downloads_share_one_seeder_as_one_large_one_would() {
    let pair = ["swarm.network_size=2", "swarm.seeders=1"];
    let time = |datasets: &str| secs(&run("direct", datasets, &[&pair[..], &EVEN].concat()));
    let one = time("[{ name = \"a\", size = \"16 MiB\" }]");
    let many = time("[{ name = \"a\", count = 16, size = \"1 MiB\" }]");
    assert!((many / one - 1.0).abs() < 0.001, "{many} s against {one} s");
}

/// Whoever has a part gives that part; together they have all of it.
#[test]
fn parts_are_downloaded_from_those_who_have_them() {
    let parts = "[{ name = \"a\", size = \"4 MiB\", holders = { replicas = 12 }, held = { share = 0.7 }, \
        wanted_by = { share = 1.0 } }]";
    let outcome = run("direct", parts, &["swarm.network_size=20", "swarm.seeders=8"]);
    assert!(outcome.completed() > 0);
}

/// `L n F / (sum of all uplinks)`: nothing can be faster, and the plan comes near.
#[test]
fn the_ideal_of_equal_datasets_is_near_the_bound() {
    for (count, size) in [(1, "64 MiB"), (4, "16 MiB"), (16, "4 MiB"), (1024, "64 KiB")] {
        let datasets = format!("[{{ name = \"a\", count = {count}, size = \"{size}\" }}]");
        let sets = ["swarm.network_size=16", "swarm.seeders=2", "network.up=5 Mbit/s", "network.down=50 Mbit/s"];
        let even = ["network.transport=none", "network.latency=1 ms"];
        let outcome = run("ideal", &datasets, &[&sets[..], &even].concat());
        let bound = 14.0 * f64::from(64 << 20) / (16.0 * 625_000.0);
        let efficiency = bound / secs(&outcome);
        println!("{count} x {size}: {efficiency}");
        assert!((0.85..=1.0).contains(&efficiency), "{count} datasets of {size}: {efficiency}");
    }
}

/// Files are put, got, deleted and got again, some at the same time.
const REQUESTS: [&str; 4] = [
    "swarm.network_size=6",
    "swarm.seeders=1",
    "datasets=[{ name = 'a', count = 2, size = '640 KiB' }, { name = 'b', size = '3200 KiB', holders = 'nobody' }]",
    "requests.trace=[[0, 2, 'put', 'b'], [1, 3, 'get', 'b'], [1, 3, 'get', 'a-0'], [1.5, 3, 'get', 'a-1'], \
     [40, 3, 'delete', 'b'], [41, 3, 'get', 'b'], [41.2, 4, 'get', 'b'], [41.5, 4, 'delete', 'b'], \
     [42, 4, 'get', 'a-0']]",
];

#[test]
fn requests_during_the_run_are_carried_out() {
    for protocol in ["direct", "ideal"] {
        let outcome = checked(&spec(&[&REQUESTS[..], &[&format!("protocol={protocol}")]].concat()));
        assert_eq!(outcome.status, Status::Complete, "{protocol}");
        let open = outcome.downloads.iter().filter(|of| of.complete_since.is_none()).count();
        assert!(open <= 1, "{protocol}: {:?}", outcome.downloads);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Seeders stay; of leechers some crash with all they have.
    #[test]
    fn crashes_break_no_rule(
        seed in 0..1000_u32, count in 1..12_u32, share in 1..10_u32, replicas in 1..4_u32, nodes in 5..12_u32,
    ) {
        let datasets = format!(
            "datasets=[{{ name = \"a\", count = {count}, size = \"300 kB\", wanted_by = {{ share = 0.{share} }} }}, \
             {{ name = \"b\", count = 3, size = \"1 MB\", holders = {{ replicas = {replicas} }} }}]"
        );
        let (seed, size) = (format!("seed={seed}"), format!("swarm.network_size={nodes}"));
        checked(&spec(&["protocol=direct", &datasets, &seed, &size, "swarm.seeders=2",
            "failures=[{ at = \"1 s\", nodes = 3, duration = \"5 s\" }]"]));
        checked(&spec(&["protocol=ideal", &datasets, &seed, &size, "swarm.seeders=2"]));
    }
}
