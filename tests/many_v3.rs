//! Block exchange v3 with many datasets: what downloads of one node share and what not.

use crate::common::checked;
use codexsim::ledger::{Class, Outcome, Status};
use codexsim::protocols::ProtocolSpec;
use codexsim::scenario::{Input, load};
use codexsim::sim::RunSpec;
use proptest::prelude::*;
use proptest::sample::select;

const STATES: [&str; 4] = ["codex-v3a", "codex-v3b", "codex-v3c", "codex-v3d"];

/// A run of `protocol` over the quickstart, without its file, with further settings.
fn v3(protocol: &str, sets: &[&str]) -> RunSpec {
    let protocol = format!("protocol={protocol}");
    let sets = [&protocol].into_iter().map(String::as_str).chain(sets.iter().copied()).map(str::to_owned).collect();
    let input = Input { sets, without: vec!["swarm.file_size".into()], ..Input::default() };
    load(&input).unwrap_or_else(|e| panic!("{e}")).run.into_swarm().unwrap()
}

fn complete(spec: &RunSpec) -> Outcome {
    let outcome = checked(spec);
    assert_eq!(outcome.status, Status::Complete);
    assert!(outcome.downloads.iter().all(|download| download.complete_since.is_some()));
    outcome
}

fn secs(outcome: &Outcome) -> f64 {
    outcome.makespan().unwrap().secs()
}

/// So many datasets of one size that every seeder holds and every leecher wants.
fn alike(count: u32, size: &str) -> String {
    format!("datasets=[{{ name = \"a\", count = {count}, size = \"{size}\" }}]")
}

/// One leecher, one seeder, and nothing but the protocol's own bytes.
fn pair<'a>(further: &[&'a str]) -> Vec<&'a str> {
    let sets = [
        "swarm.network_size=2",
        "swarm.seeders=1",
        "network.transport=none",
        "discovery.round_trips=0",
        "discovery.round_trips_per_doubling=0",
    ];
    [&sets[..], further].concat()
}

/// Several classes with holders, wants and sizes of their own, in all states; a message
/// carries blocks of one dataset, so there are as many requests as there are batches.
#[test]
fn datasets_of_all_kinds_are_had_at_once() {
    let datasets = "datasets=[{ name = \"a\", count = 5, size = \"1 MiB\" }, \
        { name = \"b\", count = 3, size = \"300 kB\", holders = { replicas = 2 } }, \
        { name = \"c\", count = 6, size = \"100 kB\", wanted_by = { share = 0.5 } }]";
    for protocol in STATES {
        let outcome = complete(&v3(protocol, &["swarm.network_size=9", "swarm.seeders=2", datasets]));
        assert!(outcome.downloads.len() >= 7 * 5 + 5 * 3 + 6 * 3, "{}", outcome.downloads.len());
        assert_eq!(outcome.traffic(Class::Duplicate).bytes, 0, "{protocol}");
        if protocol == "codex-v3c" {
            let batches = |download: &codexsim::ledger::DownloadOutcome| download.bytes.div_ceil(131_072);
            let asked: u64 = outcome.downloads.iter().map(batches).sum();
            assert_eq!(outcome.traffic(Class::Request).messages, asked);
        }
    }
}

/// Oracle F18 for several downloads: each has a loop of its own that asks for one batch in
/// a tick, so that they ask as many times as often together, where the peer has room for
/// that: their loops begin together and turn together.
#[test]
fn f18_each_download_asks_once_in_a_tick() {
    let fat = ["network.up=100 Gbit/s", "network.down=100 Gbit/s", "network.latency=1 ms"];
    for (protocol, cap) in [("codex-v3c", 12.136_296_296e6), ("codex-v3b", 97.090_370_370e6)] {
        let deep = ["pipeline=fixed", "default_depth=16"].map(|set| format!("protocol.{protocol}.{set}"));
        let deep = deep.each_ref().map(String::as_str);
        for downloads in [1, 3, 8] {
            let time = |mib: u32| {
                secs(&complete(&v3(
                    protocol,
                    &[&pair(&fat)[..], &deep, &[&alike(downloads, &format!("{mib} MiB"))]].concat(),
                )))
            };
            let rate = f64::from(downloads * (96 << 20)) / (time(128) - time(32));
            let of_one = rate / f64::from(downloads) / cap;
            assert!((of_one - 1.0).abs() < 1e-6, "{protocol}, {downloads} downloads: {of_one} of the cap each");
        }
    }
}

/// Requests outstanding at a peer are limited for all downloads together: two in a round
/// trip whether one download asks or eight do. That of one waits for its next turn, of
/// several loops one comes sooner.
#[test]
fn the_pipeline_is_as_deep_for_all_downloads_together() {
    let path = ["network.latency=100 ms", "network.up=100 Gbit/s", "network.down=100 Gbit/s"];
    let depth = |downloads: u32, constants: &[&str]| {
        let time = |mib: u32| {
            let datasets = alike(downloads, &format!("{} MiB", mib / downloads));
            let constants: Vec<String> = constants.iter().map(|set| format!("protocol.codex-v3c.{set}")).collect();
            let constants: Vec<&str> = constants.iter().map(String::as_str).collect();
            secs(&complete(&v3("codex-v3c", &[&pair(&path)[..], &constants, &[&datasets]].concat())))
        };
        0.2 * f64::from(32 << 20) / 131_072.0 / (time(64) - time(32))
    };
    let fixed = ["pipeline=fixed"];
    let (one, eight) = (depth(1, &fixed), depth(8, &fixed));
    assert!((1.9..2.0).contains(&one) && (one - 0.01..=2.0).contains(&eight), "{one} {eight}");
    let six = depth(4, &["pipeline=fixed", "default_depth=6"]);
    assert!((5.6..=6.0).contains(&six), "{six}");
}

/// The link of a seeder is the limit: eight downloads take what one of all their blocks
/// takes, within what fetching eight manifests and the last turns take.
#[test]
fn parallel_downloads_take_what_one_of_their_size_takes() {
    let slow = ["network.latency=10 ms", "network.up=20 Mbit/s", "network.down=1 Gbit/s"];
    for protocol in ["codex-v3a", "codex-v3c"] {
        let time = |count, size| secs(&complete(&v3(protocol, &[&pair(&slow)[..], &[&alike(count, size)]].concat())));
        let (one, eight) = (time(1, "64 MiB"), time(8, "8 MiB"));
        assert!((eight / one - 1.0).abs() < 0.02, "{protocol}: {one} s and {eight} s");
    }
}

/// The loops that wait for room at a peer find it in the turn in which those that make all
/// their turns do. That is held where a jitter that is less than the distance of two
/// manifests keeps loops from acting in the same nanosecond, where order would be that in
/// which turns were planned. In other swarms, with starts one by one or failures, the two
/// part: these are those in which they do not.
#[test]
fn turns_left_out_change_nothing_for_several_downloads() {
    let slow = [
        "network.up=20 Mbit/s",
        "network.down=40 Mbit/s",
        "network.latency=35 ms",
        "network.jitter={ exponential = { mean = 0.000002 } }",
        "datasets=[{ name = \"a\", count = 6, size = \"2 MiB\" }, { name = \"b\", count = 9, size = \"128 KiB\" }, \
            { name = \"c\", size = \"9 MB\" }]",
    ];
    let both = |protocol: &str, pipeline: &str, swarm: &[&str]| {
        let pipeline = format!("protocol.{protocol}.pipeline={pipeline}");
        let lazy = v3(protocol, &[&slow[..], swarm, &[&pipeline]].concat());
        let mut literal = lazy.clone();
        let ProtocolSpec::CodexV3(params) = &mut literal.protocol else { panic!("{:?}", literal.protocol) };
        params.literal = true;
        [complete(&lazy), complete(&literal)]
    };
    let pair = ["swarm.network_size=2", "swarm.seeders=1", "network.up=100 Mbit/s", "network.down=100 Mbit/s"];
    let few = ["swarm.network_size=6", "swarm.seeders=2", "network.degree=4"];
    let fail =
        ["swarm.network_size=8", "swarm.seeders=1", "failures=[{ at = \"6 s\", nodes = 3, duration = \"9 s\" }]"];
    let mut saved = 0;
    for (protocol, swarm) in [
        ("codex-v3a", &pair[..]),
        ("codex-v3a", &few),
        ("codex-v3c", &pair),
        ("codex-v3c", &few),
        ("codex-v3d", &pair),
        ("codex-v3d", &few),
        ("codex-v3d", &fail),
    ] {
        let [lazy, literal] = both(protocol, "fixed", swarm);
        assert!(lazy.nodes == literal.nodes && lazy.traffic == literal.traffic, "{protocol} {swarm:?}");
        saved += literal.events - lazy.events;
    }
    assert!(saved > 10_000, "{saved} events saved");
    // Which of several loops looks first whether the depth is still right is left open.
    let [lazy, literal] = both("codex-v3c", "probing", &pair).map(|outcome| secs(&outcome));
    assert!((lazy / literal - 1.0).abs() < 0.02, "{lazy} s and {literal} s");
}

/// What takes a try too many depends on how much else is asked of a seeder: in state a a
/// download gives up after 100 tries, one each 150 ms, and answers about presence wait behind
/// the responses to eight downloads of four nodes.
#[test]
fn downloads_that_crowd_a_seeder_may_fail_each_other() {
    let completed = |count: u32, size: &str, tries: u32| {
        let sets = [
            "swarm.network_size=8",
            "swarm.seeders=1",
            "network.up=20 Mbit/s",
            "network.down=40 Mbit/s",
            "network.latency=35 ms",
            "protocol.codex-v3a.pipeline=fixed",
            "failures=[{ at = \"6 s\", nodes = 3, duration = \"9 s\" }]",
            &format!("protocol.codex-v3a.block_retries={tries}"),
            &alike(count, size),
        ];
        checked(&v3("codex-v3a", &sets)).completed()
    };
    assert_eq!([completed(1, "32 MiB", 100), completed(16, "2 MiB", 100_000)], [7, 7]);
    assert!(completed(16, "2 MiB", 100) < 7);
}

/// Of very many loops that wait for room at a seeder one is woken for each request that
/// ends, not all: an event or two for each message, and what is looked for each 3 s.
#[test]
fn a_thousand_downloads_that_wait_cost_little() {
    let path = ["network.latency=100 ms", "network.up=1 Gbit/s", "network.down=1 Gbit/s"];
    let constants = ["protocol.codex-v3c.pipeline=fixed", "protocol.codex-v3c.default_depth=8"];
    let each = |count: u32| {
        let outcome = complete(&v3("codex-v3c", &[&pair(&path)[..], &constants, &[&alike(count, "64 KiB")]].concat()));
        outcome.events as f64 / f64::from(count)
    };
    let (few, many) = (each(50), each(1_000));
    assert!(many < 2.0 * few, "{few} and {many} events for a download");
}

/// Settings of a random small world of many datasets whose nodes come and go.
fn worlds() -> impl Strategy<Value = Vec<String>> {
    let swarm = (3u32..10, 1u32..3, select(STATES.to_vec()), any::<u32>());
    let datasets = (1u32..6, 1u32..40, 1u32..12, 0usize..3, 1u32..4);
    (swarm, datasets, 0usize..5, 500u32..40_000, 0u32..80).prop_map(|(swarm, datasets, life, up, delay)| {
        let (nodes, seeders, protocol, seed) = swarm;
        let (few, blocks, many, held, replicas) = datasets;
        let held = ["\"all\"", "{ share = 0.6 }", "\"all\""][held];
        let mut sets = vec![
            protocol.to_owned(),
            format!("seed={seed}"),
            format!("swarm.network_size={}", nodes.max(seeders + 1)),
            format!("swarm.seeders={seeders}"),
            format!(
                "datasets=[{{ name = \"a\", count = {few}, size = \"{} KiB\" }}, {{ name = \"b\", count = {many}, \
                 size = \"70 kB\", block_size = \"32 KiB\", holders = {{ replicas = {replicas} }}, held = {held}, \
                 wanted_by = {{ share = 0.7 }} }}]",
                37 * blocks
            ),
            format!("network.up={up} kbit/s"),
            format!("network.latency={delay} ms"),
            "stop.max_time=20 min".into(),
        ];
        match life {
            1 => sets.push("hardware=codex-netns-2025".into()),
            2 => sets.push("failures=[{ at = \"2 s\", nodes = 1, duration = \"20 s\", kind = \"crash\" }]".into()),
            3 | 4 => {
                sets.push("churn.model=sessions".into());
                sets.push("churn.online={ exponential = { mean = 30.0 } }".into());
                sets.push("churn.offline={ exponential = { mean = 10.0 } }".into());
                sets.push(format!("churn.kind={}", ["departure", "crash"][life - 3]));
            }
            _ => {}
        }
        sets
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Books, links, holdings and bounds of random worlds; runs repeat.
    #[test]
    fn the_rules_hold_for_many_datasets(sets in worlds()) {
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        let spec = v3(sets[0], &sets[1..]);
        let outcome = checked(&spec);
        prop_assert_eq!(outcome.fingerprint, checked(&spec).fingerprint);
    }
}
