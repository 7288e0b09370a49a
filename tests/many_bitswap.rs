//! Bitswap with many datasets in one node.

use crate::common::{checked, spec};
use codexsim::ledger::{Class, Outcome, Status};
use proptest::prelude::*;

fn run(datasets: &str, sets: &[&str]) -> Outcome {
    let datasets = format!("datasets={datasets}");
    let outcome = checked(&spec(&[&["protocol=bitswap", &datasets], sets].concat()));
    assert_eq!(outcome.status, Status::Complete, "{datasets}");
    outcome
}

const EVEN: [&str; 2] = ["network.up=10 Mbit/s", "network.down=10 Mbit/s"];
const PAIR: [&str; 2] = ["swarm.network_size=2", "swarm.seeders=1"];
/// No block is ever late.
const PATIENT: [&str; 2] = ["protocol.bitswap.dont_have_timeout=1 h", "protocol.bitswap.max_timeout=1 h"];

fn secs(outcome: &Outcome) -> f64 {
    outcome.makespan().unwrap().secs()
}

#[test]
fn mixed_datasets_complete() {
    let mixed = "[{ name = \"a\", count = 5, size = \"1 MiB\" }, \
        { name = \"b\", size = \"300 kB\", holders = { replicas = 2 }, wanted_by = { share = 0.5 } }, \
        { name = \"c\", count = 40, size = \"10 kB\", block_size = \"16 KiB\", wanted_by = { share = 0.5 } }, \
        { name = \"d\", size = \"2 MB\", holders = { replicas = 10 }, held = { share = 0.7 } }]";
    for order in ["reader", "graph", "list"] {
        for group in ["swarm.group=1", "swarm.group=3"] {
            let order = format!("protocol.bitswap.order={order}");
            run(mixed, &["swarm.network_size=12", "swarm.seeders=3", group, &order]);
        }
    }
}

/// The seeder's link carries the sum, in however many files it comes. Of one large file
/// less is asked for ahead, and at turns between inner nodes the link runs dry.
#[test]
fn many_downloads_share_one_seeder_as_one_large_one_would() {
    let time = |datasets: &str| {
        let outcome = run(datasets, &[&PAIR[..], &EVEN, &PATIENT].concat());
        assert_eq!(outcome.traffic(Class::Duplicate).bytes, 0);
        secs(&outcome)
    };
    let one = time("[{ name = \"a\", size = \"64 MiB\" }]");
    let many = time("[{ name = \"a\", count = 16, size = \"4 MiB\" }]");
    println!("{many} s against {one} s");
    assert!((0.97..1.01).contains(&(many / one)), "{many} s against {one} s");
}

/// A peer's tasks are served in the order of asking, whatever file they are of: files of
/// one size end together, and a small one does not wait for the large ones.
#[test]
fn downloads_of_a_pair_share_its_queue() {
    let outcome = run(
        "[{ name = \"a\", count = 3, size = \"16 MiB\" }, { name = \"b\", size = \"1 MiB\" }]",
        &[&PAIR[..], &EVEN, &PATIENT].concat(),
    );
    let done: Vec<f64> = outcome.downloads.iter().map(|d| d.complete_since.unwrap().secs()).collect();
    println!("{done:?}");
    assert!((done[0] / done[2] - 1.0).abs() < 0.1, "{done:?}");
    assert!(done[3] < 0.3 * done[0], "{done:?}");
}

/// Many small files are searched for together, wanted in shared messages, and each costs
/// what its want, its cancel and its block cost.
#[test]
fn thousands_of_small_files_come_through_one_connection() {
    let outcome = run("[{ name = \"a\", count = 2000, size = \"4 KiB\" }]", &[&PAIR[..], &EVEN].concat());
    let asking = [Class::Request, Class::Cancel, Class::Want];
    let messages: u64 = asking.iter().map(|class| outcome.traffic(*class).messages).sum();
    println!("{messages} messages, {} s", secs(&outcome));
    assert!(messages < 1000, "{messages}");
    assert_eq!(outcome.traffic(Class::Payload).bytes, 2000 * 4096);
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
    for order in ["reader", "graph", "list"] {
        let order = format!("protocol.bitswap.order={order}");
        let outcome = checked(&spec(&[&REQUESTS[..], &["protocol=bitswap", &order]].concat()));
        assert_eq!(outcome.status, Status::Complete, "{order}");
        let open = outcome.downloads.iter().filter(|of| of.complete_since.is_none()).count();
        assert!(open <= 1, "{order}: {:?}", outcome.downloads);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Of leechers some crash with all they have, others come and go.
    #[test]
    fn churn_and_crashes_break_no_rule(
        seed in 0..1000_u32, count in 1..12_u32, share in 1..10_u32, replicas in 1..4_u32, nodes in 5..12_u32,
        churn in any::<bool>(), order in 0..3_usize,
    ) {
        let datasets = format!(
            "datasets=[{{ name = \"a\", count = {count}, size = \"300 kB\", wanted_by = {{ share = 0.{share} }} }}, \
             {{ name = \"b\", count = 3, size = \"1 MB\", holders = {{ replicas = {replicas} }} }}]"
        );
        let (seed, size) = (format!("seed={seed}"), format!("swarm.network_size={nodes}"));
        let order = ["reader", "graph", "list"][order];
        let order = format!("protocol.bitswap.order={order}");
        let mut sets = vec!["protocol=bitswap", &datasets, &seed, &size, &order, "swarm.seeders=2", "stop.max_time=10 min"];
        if churn {
            sets.extend(["churn.model=sessions", "churn.online={ exponential = { mean = 30.0 } }",
                "churn.offline={ exponential = { mean = 10.0 } }", "churn.kind=departure"]);
        } else {
            sets.push("failures=[{ at = \"1 s\", nodes = 3, duration = \"5 s\" }]");
        }
        checked(&spec(&sets));
    }
}
