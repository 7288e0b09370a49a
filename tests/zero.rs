//! Nothing is the limit of next to nothing: what takes no time gives what takes a
//! nanosecond.

use crate::common::pair::{NETWORKS, PAIR, bare, pair};
use crate::common::{checked, protocols, spec};

/// Settings that can be nothing, and the least that is not.
const LEAST: [(&str, &str, &str); 6] = [
    ("network.latency", "0 ms", "1 ns"),
    ("network.jitter", "{ fixed = { value = 0 } }", "{ fixed = { value = 1e-9 } }"),
    ("hardware", "{ extends = \"ideal\" }", "{ extends = \"ideal\", per_message = \"1 ns\" }"),
    ("hardware", "{ extends = \"ideal\" }", "{ extends = \"ideal\", per_block_sent = \"1 ns\" }"),
    ("hardware", "{ extends = \"ideal\" }", "{ extends = \"ideal\", per_entry = \"1 ns\", per_lookup = \"1 ns\" }"),
    ("swarm.start", "{ stagger = \"0 ns\" }", "{ stagger = \"1 ns\" }"),
];

/// Nothing is the limit of next to nothing: a nanosecond more of anything gives a
/// microsecond more at the most (1 MB is some thousand steps).
#[test]
fn zero_is_the_limit_of_small() {
    for protocol in protocols() {
        for network in NETWORKS {
            for (key, zero, least) in LEAST {
                let with = |value: &str| {
                    let set = format!("{key}={value}");
                    let outcome = bare(protocol, network, &[&set]);
                    let makespan = outcome.makespan().unwrap_or_else(|| panic!("{protocol} {network} {set}"));
                    (makespan.nanos(), outcome.wire_bytes())
                };
                let (zero, least) = (with(zero), with(least));
                let apart = zero.0.abs_diff(least.0);
                assert!(
                    apart <= 5_000 && (zero.1.abs_diff(least.1) as f64) < 1e-3 * zero.1 as f64,
                    "{protocol} {network} {key}: {zero:?} and {least:?}"
                );
            }
        }
    }
}

/// The same of swarms whose links all differ, so that no tie decides.
#[test]
fn zero_is_the_limit_of_small_in_swarms() {
    let class = |i: u64| {
        format!("{{ share = 0.2, up = \"{} kbit/s\", down = \"{} kbit/s\" }}", 7000 + i * 613, 9000 + i * 1717)
    };
    let classes = format!("network.classes=[{}]", (0..5).map(class).collect::<Vec<_>>().join(", "));
    for protocol in protocols() {
        for network in ["fair", "fifo"] {
            let with = |latency: &str| {
                let sets = [
                    format!("protocol={protocol}"),
                    format!("network.model={network}"),
                    format!("network.latency={latency}"),
                ];
                let world = ["swarm.network_size=6", "swarm.seeders=2", "swarm.file_size=3 MB", PAIR[6]];
                let outcome = checked(&spec(
                    &[&[&*sets[0], &sets[1], &sets[2], &classes, "network.transport=none"], &world[..]].concat(),
                ));
                outcome.makespan().unwrap().secs()
            };
            let (zero, least) = (with("0 ms"), with("1 ns"));
            assert!((zero - least).abs() < 2e-5, "{protocol} {network}: {zero} and {least}");
        }
    }
}

/// Look-ups with and without traffic.
const DISCOVERIES: [&str; 4] =
    [PAIR[6], "discovery.model=tracker", "discovery.model=discv5", "discovery.model=kademlia"];

/// Those of [`LEAST`] that a pair notices, as settings.
fn least() -> impl Iterator<Item = String> {
    LEAST[..5].iter().map(|(key, _, least)| format!("{key}={least}"))
}

/// Makespan in nanoseconds, and bytes.
type Figures = (u64, u64);

fn figures(sets: &[&str]) -> Figures {
    let outcome = pair(sets);
    (outcome.makespan().unwrap_or_else(|| panic!("{sets:?}")).nanos(), outcome.wire_bytes())
}

/// The least and the greatest of `limits`.
fn range(limits: &[Figures], of: impl Fn(&Figures) -> u64) -> (u64, u64) {
    limits.iter().map(of).fold((u64::MAX, 0), |(least, most), it| (least.min(it), most.max(it)))
}

/// The same with look-ups that send something, and with all layers. Nothing can be
/// approached from several sides here, and has to be the limit on each of them: where
/// they agree it is what they agree on. They contradict one another in two kinds of
/// places, and there nothing has to be between them:
///
/// - In `fifo` what a node sends next and its next request to discovery can be due at
///   one moment. [`a_race_has_no_limit`] shows it. They change places, which costs the
///   time of some datagrams on the link; the bytes are the same.
/// - In `ideal` nothing takes time at all, the whole download happens in one moment,
///   or in one for each pause of the protocol. A nanosecond of latency makes all
///   messages of a step arrive at once, one of work has them come one by one: other
///   cancellations are in vain, and acknowledgements travel together or apart. The
///   end of the run is such a moment too: what discovery does in it comes before or
///   after it. The time is the same.
#[test]
fn zero_is_the_limit_of_small_with_look_ups_and_layers() {
    for protocol in protocols() {
        for network in NETWORKS {
            for discovery in DISCOVERIES {
                for layers in [&["network.transport=none"][..], &[]] {
                    let name = format!("{protocol}, {network}, {discovery}, {layers:?}");
                    let sets = [format!("protocol={protocol}"), format!("network.model={network}")];
                    let with =
                        |further: &[&str]| figures(&[&[&*sets[0], &sets[1], discovery], layers, further].concat());
                    let zero = with(&[]);
                    let limits: Vec<Figures> = least().map(|least| with(&[&least])).collect();
                    let (times, bytes) = (range(&limits, |l| l.0), range(&limits, |l| l.1));
                    let what = format!("{name}: {zero:?} and {limits:?}");
                    assert!(times.0 <= zero.0 + 5_000 && zero.0 <= times.1 + 5_000, "{what}");
                    assert!(bytes.0 <= zero.1 && zero.1 <= bytes.1, "{what}");
                    let races = network == "fifo" && discovery != DISCOVERIES[0] && protocol.starts_with("codex-v3");
                    assert!(times.1 - times.0 <= if races { 1_000_000 } else { 5_000 }, "{what}");
                    let apart = if network == "ideal" { bytes.1 / 100 } else { 0 };
                    assert!(bytes.1 - bytes.0 <= apart, "{what}");
                }
            }
        }
    }
}

/// A writer that sends again when its message has left, and the answer of a tracker
/// that asks for another request, both at 501 us. A nanosecond of latency has the answer
/// late: the writer's message is first on the link. A nanosecond of work has the
/// message late: the request is first, and its 126 B take 126 us. Whatever nothing
/// gives, it is the limit on one side only.
#[test]
fn a_race_has_no_limit() {
    let with = |setting: &str| {
        figures(&["protocol=codex-v3a", "network.model=fifo", "network.transport=none", DISCOVERIES[1], setting])
    };
    let limits: Vec<Figures> = least().map(|least| with(&least)).collect();
    let (late_answer, late_message) = (limits[0], limits[2]);
    let apart = late_message.0 - late_answer.0;
    assert!(apart.abs_diff(126_000) < 100, "{limits:?}");
    assert_eq!(late_answer.1, late_message.1);
    let zero = with("network.latency=0 ms").0;
    assert!(limits.iter().any(|limit| limit.0.abs_diff(zero) < 100), "{zero} and {limits:?}");
}
