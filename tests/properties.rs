//! What must hold in any run, on random small scenarios of every protocol.

use crate::common::{checked, protocols, spec};
use codexsim::ledger::{Outcome, Status};
use codexsim::network::NetworkModel;
use codexsim::sim::RunSpec;
use codexsim::units::{Rate, Time};
use codexsim::world::{ChurnSpec, NodeId, Role};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::{BTreeMap, BTreeSet};

/// Half of the scenarios have a discovery with traffic of its own; the last of
/// these starts cold.
const DISCOVERY: [&str; 4] =
    ["discovery.model=tracker", "discovery.model=discv5", "discovery.model=kademlia", "discovery.model=discv5"];

/// Windows of the muxer; some scenarios leave it to the protocol. Through less than
/// the 256 KiB of yamux a path may be as slow as a slow link.
const WINDOWS: [&str; 4] = ["0 B", "256 KiB", "100 kB", "2 KiB"];

/// Slower links than these, in kbit/s, can keep codex-v2 from ever completing, as
/// they would the real node: a message of 20 blocks then takes longer than the 60 s
/// after which its receiver drops the sender (docs/validation.md).
const QUICK: u32 = 5_000;

/// Rates in kbit/s, one in three below what completes for sure.
fn rates() -> impl Strategy<Value = u32> {
    prop_oneof![2 => QUICK..60_000, 1 => 32..QUICK]
}

/// Settings of a random small scenario.
fn scenario() -> impl Strategy<Value = Vec<String>> {
    let swarm = (2u32..14, 1u32..4, 1u32..120, select(Vec::from_iter(protocols())), (0usize..3, 0usize..7));
    let links = (rates(), rates(), 0u32..120, any::<bool>());
    let life = (0usize..4, 0usize..3, any::<u32>(), (0usize..5, 0usize..3));
    (swarm, links, life).prop_map(
        |((nodes, seeders, blocks, protocol, (model, discovery)), (up, down, delay, spread), life)| {
            let nodes = nodes.max(seeders + 1);
            let mut sets = vec![
                format!("protocol={protocol}"),
                format!("network.model={}", ["fifo", "fair", "ideal"][model]),
                format!("swarm.network_size={nodes}"),
                format!("swarm.seeders={seeders}"),
                format!("swarm.file_size={} KiB", 37 * blocks),
                format!("network.latency={delay} ms"),
                format!("seed={}", life.2),
                "stop.max_time=2 h".into(),
            ];
            let (window, burst) = life.3;
            sets.extend(WINDOWS.get(window).map(|window| format!("network.transport.mux_window={window}")));
            sets.push(format!("network.transport.burst={}", ["0 s", "20 ms", "1 s"][burst]));
            if let Some(set) = DISCOVERY.get(discovery) {
                sets.push((*set).into());
            }
            if discovery == 3 {
                sets.push("discovery.constants.warm=false".into());
            }
            if spread {
                sets.push(format!(
                    "network.classes=[{{ share = 0.5, up = \"{up} kbit/s\", down = \"{down} kbit/s\" }}, \
                 {{ share = 0.5, up = \"{down} kbit/s\", down = \"unlimited\" }}]"
                ));
            } else {
                sets.push(format!("network.up={up} kbit/s"));
                sets.push(format!("network.down={down} kbit/s"));
            }
            sets.push(
                ["swarm.start=together", "swarm.start={ stagger = \"3 s\" }", "swarm.start={ poisson = \"1/s\" }"]
                    [life.1]
                    .into(),
            );
            match life.0 {
                1 => sets.push("hardware=codex-netns-2025".into()),
                2 => sets
                    .push(format!("failures=[{{ at = \"2 s\", nodes = {}, duration = \"20 s\" }}]", nodes - seeders)),
                3 => {
                    sets.push("churn.model=sessions".into());
                    sets.push("churn.online={ exponential = { mean = 30.0 } }".into());
                    sets.push("churn.offline={ exponential = { mean = 10.0 } }".into());
                    sets.push("churn.kind=departure".into());
                }
                _ => {}
            }
            sets
        },
    )
}

fn build(sets: &[String]) -> RunSpec {
    spec(&sets.iter().map(String::as_str).collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    /// Books, links, holdings and bounds: `checked` asserts that no rule of
    /// DESIGN section 6 is broken. A second run gives the same outcome.
    #[test]
    fn the_rules_hold_and_runs_repeat(sets in scenario()) {
        let spec = build(&sets);
        let outcome = checked(&spec);
        prop_assert_eq!(&outcome, &checked(&spec));
        let rates = spec.world.links.iter().flat_map(|class| [class.up, class.down]);
        let quick = spec.network.model == NetworkModel::Ideal || rates.min() >= Some(Rate(1_000 * u64::from(QUICK)));
        let window = spec.network.transport.mux_window.get();
        let quick = quick && (window == 0 || window >= 262_144);
        if quick && spec.world.failures.is_empty() && matches!(spec.world.churn, ChurnSpec::None) {
            prop_assert_eq!(outcome.status, Status::Complete);
            let file = spec.world.dataset.size.get();
            prop_assert!(outcome.leechers().all(|n| n.payload_rx >= file));
        }
    }
}

/// More bandwidth never hurts a download from the seeders alone.
#[test]
fn more_bandwidth_never_hurts_direct_under_fifo() {
    let time = |rate: u32| {
        let outcome = checked(&spec(&[
            "protocol=direct",
            "network.model=fifo",
            "swarm.network_size=9",
            "swarm.seeders=2",
            "swarm.file_size=20 MB",
            &format!("network.up={rate} Mbit/s"),
            &format!("network.down={rate} Mbit/s"),
        ]));
        outcome.makespan().unwrap()
    };
    let times: Vec<_> = [2, 5, 10, 20, 50, 100, 400].map(time).into();
    assert!(times.windows(2).all(|w| w[1] <= w[0]), "{times:?}");
}

/// A copy for each of 49 leechers over an uplink of 1 bit/s takes 12,000 years, more
/// than the clock holds: the run has not stalled, its time is over.
#[test]
fn what_arrives_after_all_time_meets_the_time_limit() {
    for model in ["fifo", "fair"] {
        let outcome = checked(&spec(&[
            "protocol=direct",
            &format!("network.model={model}"),
            "network.transport=none",
            "network.up=1 bit/s",
            "network.down=1 bit/s",
            "swarm.network_size=50",
            "swarm.seeders=1",
            "swarm.file_size=1 GB",
            "swarm.block_size=100 MiB",
            "series_interval=1000 d",
            "stop.max_time=100000 d",
        ]));
        assert_eq!((outcome.status, outcome.end), (Status::TimeLimit, Time::from_secs(100_000 * 86_400)), "{model}");
    }
}

fn makespan(outcome: &Outcome) -> f64 {
    outcome.makespan().unwrap().secs()
}

/// Groups of 1, 4 and 16 blocks agree within 5 % on the makespan of a swarm
/// without trading, and within 1 % on bytes per class of a pair.
#[test]
fn groups_of_blocks_agree() {
    let runs: Vec<Outcome> = [1, 4, 16]
        .map(|group| {
            checked(&spec(&[
                "swarm.network_size=5",
                "swarm.seeders=1",
                "swarm.file_size=256 MiB",
                "network.latency=10 ms",
                &format!("swarm.group={group}"),
            ]))
        })
        .into();
    for other in &runs[1..] {
        let ratio = makespan(other) / makespan(&runs[0]);
        assert!((ratio - 1.0).abs() < 0.05, "{ratio}");
        let wire = other.wire_bytes() as f64 / runs[0].wire_bytes() as f64;
        assert!((wire - 1.0).abs() < 0.01, "{wire}");
    }
}

/// What a run shows of the world it met, over ten minutes of it.
struct Met {
    /// Role, capacities and start of each node.
    nodes: Vec<(Role, f64, f64, Time)>,
    /// How many nodes were online at each second.
    online: Vec<(Time, f64)>,
    /// Who sent to whom, and how long the quickest message took.
    delays: BTreeMap<(NodeId, NodeId), Time>,
}

fn met(protocol: &str, model: &str) -> Met {
    let outcome = checked(&spec(&[
        &format!("protocol={protocol}"),
        &format!("network.model={model}"),
        "swarm.network_size=24",
        "swarm.file_size=4 MB",
        "network.classes=[{ share = 0.3, up = \"5 Mbit/s\", down = \"9 Mbit/s\" }, { share = 0.7, up = \"7 Mbit/s\", down = \"9 Mbit/s\" }]",
        "network.latency={ matrix = \"regions-2019\" }",
        "network.degree=6",
        "churn.model=sessions",
        "churn.online={ exponential = { mean = 200.0 } }",
        "churn.offline={ exponential = { mean = 40.0 } }",
        "swarm.start={ poisson = \"1/s\" }",
        "stop.run_for=10 min",
        "output.trace=true",
    ]));
    let mut delays = BTreeMap::new();
    for sending in outcome.trace.iter().filter(|sending| sending.arrived < Time::NEVER) {
        let took = sending.arrived - sending.sent;
        delays
            .entry((sending.from, sending.to))
            .and_modify(|least: &mut Time| *least = took.min(*least))
            .or_insert(took);
    }
    Met {
        nodes: outcome.nodes.iter().map(|n| (n.role, n.up_bps, n.down_bps, n.start)).collect(),
        online: outcome.series.iter().filter(|s| s.metric == "online").map(|s| (s.time, s.value)).collect(),
        delays,
    }
}

/// Protocols under the same seed meet the same world: after whole runs, nodes had
/// the same links, came and went at the same seconds, waited the same delays, and
/// no node met more than its acquaintances, whoever it ran.
#[test]
fn protocols_meet_the_same_world() {
    const PROTOCOLS: [&str; 4] = ["direct", "codex-v2", "bitswap", "bittorrent"];
    let on_links = PROTOCOLS.map(|protocol| met(protocol, "fair"));
    for other in &on_links[1..] {
        assert_eq!(other.nodes, on_links[0].nodes);
        assert_eq!(other.online, on_links[0].online);
    }
    let (least, most) = on_links[0].online.iter().fold((24.0f64, 0.0f64), |(a, b), s| (a.min(s.1), b.max(s.1)));
    assert!(on_links[0].online.len() > 500 && least < 20.0 && most > 20.0, "somebody came and went: {least} to {most}");
    // Where bytes take no time, messages take what the path takes.
    let by_delay = PROTOCOLS.map(|protocol| met(protocol, "ideal"));
    let mut paths: BTreeMap<(NodeId, NodeId), Time> = BTreeMap::new();
    for (path, took) in by_delay.iter().flat_map(|met| &met.delays) {
        assert_eq!(paths.entry(*path).or_insert(*took), took, "{path:?}");
    }
    assert!(paths.values().collect::<BTreeSet<_>>().len() > 5, "delays differ");
    for id in (0..24).map(NodeId) {
        let acquaintances: BTreeSet<NodeId> = paths.keys().filter(|path| path.0 == id).map(|path| path.1).collect();
        assert!((1..=6).contains(&acquaintances.len()), "{id:?} met {acquaintances:?}");
    }
}

/// Everybody leaves and comes back: with a departure the data survives, and
/// nothing is downloaded twice; with a crash it is.
#[test]
fn a_departure_keeps_the_data_and_a_crash_loses_it() {
    let payload = |kind: &str| {
        let outcome = checked(&spec(&[
            "protocol=direct",
            "swarm.network_size=3",
            "swarm.seeders=1",
            "swarm.file_size=50 MB",
            &format!("failures=[{{ at = \"10 s\", nodes = 2, duration = \"5 s\", kind = \"{kind}\" }}]"),
        ]));
        assert_eq!(outcome.status, Status::Complete);
        outcome.leechers().map(|n| n.payload_rx).sum::<u64>() as f64 / 1e8
    };
    let (kept, lost) = (payload("departure"), payload("crash"));
    assert!((1.0..1.05).contains(&kept), "{kept}");
    assert!(lost > 1.3, "{lost}");
}
