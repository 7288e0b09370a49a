//! Stores that are full: what comes is refused, what is old goes, garbage is collected,
//! what has expired is swept away. Held with the smallest protocol there is.

use crate::common::{checked, spec};
use crate::template::protocol::{Params, Template};
use codexsim::bound::{che_hit_ratio, zipf};
use codexsim::ledger::{DownloadEnd, Outcome, Status};
use codexsim::sim::run_of;
use codexsim::units::Time;

fn run(sets: &[&str]) -> Outcome {
    let plain = ["swarm.network_size=3", "swarm.seeders=1", "network.latency=1 ms", "network.transport=none"];
    let fast = ["discovery.round_trips=0", "discovery.round_trips_per_doubling=0", "stop.max_time=3650 d"];
    let spec = spec(&[&plain[..], &fast, sets].concat());
    let outcome = run_of::<Template>(&Params { retry: Time::from_secs(1) }, &spec, &mut |_| true);
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    outcome
}

fn count(outcome: &Outcome, end: DownloadEnd) -> usize {
    outcome.downloads.iter().filter(|of| of.end == end).count()
}

/// A cache of 40 of 200 datasets that are liked by Zipf's law: of 30,000 requests of each of
/// two nodes the shares that it answers are Che's approximation, which is known to be within
/// a hundredth; the standard error is 0.003.
#[test]
fn a_cache_answers_as_often_as_che_says() {
    for exponent in [0.6, 1.0] {
        let datasets = format!("datasets=[{{ name='a', count=200, size='64 KiB', popularity={exponent:?} }}]");
        let requests = ["requests.each=30000", "requests.parallel=1"];
        let store = ["store.quota=2560 KiB", "store.when_full=evict"];
        let outcome = run(&[&[datasets.as_str()][..], &requests, &store].concat());
        assert_eq!(outcome.status, Status::Complete);
        let expected = che_hit_ratio(&zipf(200, exponent), 40.0);
        for node in [1, 2] {
            // The first thousand fill it.
            let later: Vec<_> = outcome.downloads.iter().filter(|of| of.node.0 == node).skip(1000).collect();
            let held = later.iter().filter(|of| of.end == DownloadEnd::Held).count() as f64 / later.len() as f64;
            assert!((held - expected).abs() < 0.015, "exponent {exponent}, node {node}: {held} for {expected}");
        }
    }
}

/// Ten blocks fit, a dataset has four: the third finds room for two, and is given up with
/// these in the store.
#[test]
fn a_full_store_refuses() {
    let datasets = "datasets=[{ name='a', count=4, size='256 KiB' }]";
    let trace =
        "requests.trace=[[0, 1, 'get', 'a-0'], [1, 1, 'get', 'a-1'], [2, 1, 'get', 'a-2'], [3, 2, 'get', 'a-2']]";
    let outcome = run(&[datasets, trace, "store.quota=640 KiB"]);
    // Who is refused does not wait, and has not had all.
    assert_eq!((outcome.status, outcome.completed(), outcome.makespan()), (Status::Stalled, 1, None));
    assert_eq!((count(&outcome, DownloadEnd::Refused), count(&outcome, DownloadEnd::Complete)), (1, 3));
    assert_eq!(outcome.nodes[1].payload_rx, 640 * 1024);
    let put = "requests.trace=[[0, 1, 'put', 'a-0'], [1, 1, 'get', 'a-1'], [2, 1, 'put', 'a-2'], [3, 2, 'get', 'a-3']]";
    let outcome = run(&[datasets, put, "store.quota=640 KiB"]);
    assert!(
        outcome.warnings.iter().any(|warning| warning.contains("1 datasets were not put")),
        "{:?}",
        outcome.warnings
    );
}

/// What is larger than a cache is not fetched, and pushes nothing out.
#[test]
fn a_cache_does_not_fetch_what_it_cannot_hold() {
    let datasets = "datasets=[{ name='a', count=2, size='128 KiB' }, { name='b', size='1 MiB' }]";
    let trace = "requests.trace=[[0, 1, 'get', 'a-0'], [1, 1, 'get', 'b'], [2, 1, 'get', 'a-0']]";
    let outcome = run(&[datasets, trace, "store.quota=640 KiB", "store.when_full=evict"]);
    let ends: Vec<&str> = outcome.downloads.iter().map(|of| of.end.name()).collect();
    assert_eq!(ends, ["complete", "refused", "held"]);
}

/// Garbage is collected on the hour, all that was fetched and nothing that was put; below
/// nine tenths of the quota nothing goes.
#[test]
fn garbage_is_collected() {
    let datasets = "datasets=[{ name='a', count=3, size='256 KiB' }, { name='own', size='64 KiB', holders='nobody' }]";
    let trace = "requests.trace=[[0, 1, 'put', 'own'], [0, 1, 'get', 'a-0'], [5000, 1, 'get', 'a-0'], [5001, 1, 'get', 'a-1'], \
                 [9000, 1, 'get', 'a-1'], [9001, 1, 'get', 'own'], [9002, 2, 'get', 'own']]";
    let outcome = run(&[datasets, trace, "store.quota=600 KiB", "store.when_full=collect"]);
    let ends: Vec<&str> = outcome.downloads.iter().map(|of| of.end.name()).collect();
    assert_eq!(ends, ["complete", "held", "complete", "complete", "held", "complete"]);
}

/// Codex examines 1000 blocks every ten minutes: a dataset of 100 blocks that expires after
/// an hour goes at the next look; behind 3000 other blocks it waits for the fourth.
#[test]
fn what_has_expired_is_swept_slowly() {
    let get = |datasets: &str, name: &str, at: u32| {
        let first = if name == "b" { "[0, 1, 'get', 'a'], " } else { "" };
        let trace = format!("requests.trace=[{first}[1, 1, 'get', '{name}'], [{at}, 1, 'get', '{name}']]");
        let outcome = run(&[datasets, trace.as_str(), "store.ttl=1 h"]);
        outcome.downloads.last().unwrap().end.name()
    };
    let small = "datasets=[{ name='a', size='6400 KiB' }]";
    assert_eq!((get(small, "a", 4100), get(small, "a", 4300)), ("held", "complete"));
    // Looks come at 10, 20 ... minutes; 3000 blocks take three of them, so the block behind
    // is examined by every fourth, first after the hour at 80 minutes.
    let large = "datasets=[{ name='a', size='192000 KiB' }, { name='b', size='6400 KiB' }]";
    assert_eq!((get(large, "b", 4700), get(large, "b", 4900)), ("held", "complete"));
}

/// Who wants from its start on what finds no room never has it: the run says so.
#[test]
fn what_finds_no_room_leaves_the_run_unfinished() {
    for when_full in ["refuse", "evict"] {
        let when_full = format!("store.when_full={when_full}");
        let sets =
            ["swarm.network_size=4", "swarm.seeders=1", "swarm.file_size=1 MiB", "store.quota=512 KiB", &when_full];
        let outcome = checked(&spec(&sets));
        assert_eq!((outcome.status, outcome.completed()), (Status::Stalled, 0));
        assert!(outcome.downloads.iter().all(|of| of.end == DownloadEnd::Refused));
    }
}

/// A slot needs the room of a slot.
#[test]
fn a_slot_finds_room_where_the_file_would_not() {
    let class = "datasets=[{ name='a', size='16 MiB', code={ k=4, m=2 }, wanted='slots' }]";
    for (quota, status) in [("5 MiB", Status::Complete), ("3 MiB", Status::Stalled)] {
        for when_full in ["refuse", "evict"] {
            let (quota, when_full) = (format!("store.quota={quota}"), format!("store.when_full={when_full}"));
            let sets = ["protocol=codex-v2", "swarm.network_size=7", "swarm.seeders=1", class, &quota, &when_full];
            assert_eq!(checked(&spec(&sets)).status, status, "{quota} {when_full}");
        }
    }
}

/// A download that found no room is one that never came: a share of them is unfinished, and no
/// quota below the size of a dataset meets a goal for that share.
#[test]
fn what_is_refused_counts_as_unfinished() {
    let place = crate::common::place::Place::new(
        "datasets = [{ name = \"a\", count = 4, size = \"2 MiB\" }]\nrequests = { each = 3 }\n\
         [swarm]\nnetwork_size = 6\nseeders = 1\n[store]\nquota = \"1 MiB\"\n",
    );
    for when_full in ["refuse", "evict"] {
        let store = format!("store.when_full={when_full}");
        place.codexsim(&["run", "s.toml", "--set", &store, "--out", when_full, "--quiet"]);
        let run = place.runs(when_full).records.remove(0).run;
        assert_eq!(
            (run.downloads, run.downloads_unfinished, run.missing),
            (Some(15), Some(15), Some(5)),
            "{when_full}"
        );
    }
}
