//! The flow control of the muxer in whole runs, and connections from before the start.

use crate::common::{checked, spec};
use codexsim::bound::muxed_answer_secs;
use codexsim::ledger::{Class, Outcome, Status};

/// A pair, 10 MiB in blocks of 64 KiB over 50 Mbit/s and 25 ms, where TCP has no
/// window; a message takes the data of two blocks, and 769 B more.
const PATH: [&str; 10] = [
    "swarm.network_size=2",
    "swarm.seeders=1",
    "swarm.file_size=10 MiB",
    "swarm.block_size=64 KiB",
    "network.up=50 Mbit/s",
    "network.down=50 Mbit/s",
    "network.latency=25 ms",
    "network.transport.initial_window=unlimited",
    "network.transport.max_window=unlimited",
    "discovery={ model = \"static\", round_trips = 0, round_trips_per_doubling = 0 }",
];

fn path(window: &str, further: &[&str]) -> Outcome {
    let window = format!("network.transport.mux_window={window}");
    let outcome = checked(&spec(&[&PATH[..], &["protocol=codex-v3d", &window], further].concat()));
    assert_eq!(outcome.status, Status::Complete);
    outcome
}

fn secs(outcome: &Outcome) -> f64 {
    outcome.makespan().unwrap().secs()
}

/// Two round trips for the manifest, the pause of 2 s in which nobody is asked, and an
/// answer in each round trip through a window of hardly less than two.
#[test]
fn a_window_of_less_than_two_answers_is_one_of_one() {
    let answer = 131_072 + 61 + 2 * (82 + 34 * 8);
    let wire = answer + spec(&["protocol=codex-v3d"]).network.transport.framing(answer);
    let rate = 6.25e6 * answer as f64 / wire as f64;
    let expected = 0.1 + 2.0 + 80.0 * muxed_answer_secs(answer as f64, 262_144.0, rate, 0.05);
    let slow = secs(&path("256 KiB", &[]));
    assert!((slow / expected - 1.0).abs() < 0.01, "{slow} against {expected}");
    let mplex = secs(&path("0 B", &[]));
    assert!(mplex < 0.8 * slow, "{mplex} and {slow}");
}

#[test]
fn more_window_is_never_slower() {
    let times: Vec<f64> =
        ["262144 B", "270336 B", "524288 B", "1 MiB", "0 B"].map(|window| secs(&path(window, &[]))).into();
    assert!(times.windows(2).all(|w| w[1] <= w[0] + 0.001), "{times:?}");
    assert!(times[4] < 0.8 * times[0], "{times:?}");
}

/// A window of more than twice the file never gives anything back: no window at all.
#[test]
fn a_window_larger_than_the_file_is_none() {
    let (none, large) = (path("0 B", &[]), path("1 GiB", &[]));
    assert_eq!((none.nodes, none.traffic), (large.nodes, large.traffic));
}

/// Cut messages bring the same data and count once; what the muxer sends is framing.
#[test]
fn cut_messages_count_once() {
    let (whole, cut) = (path("0 B", &[]), path("100 kB", &["output.trace=true"]));
    for class in [Class::Payload, Class::Manifest] {
        assert_eq!(whole.traffic(class), cut.traffic(class), "{}", class.name());
    }
    assert_eq!(whole.traffic(Class::Proof).bytes, cut.traffic(Class::Proof).bytes);
    assert_eq!(whole.traffic(Class::Framing).messages, 0);
    let credits: Vec<u64> = cut.trace.iter().filter(|s| s.class == Class::Framing).map(|s| s.framing).collect();
    assert!(credits.len() > 80 && credits.iter().all(|bytes| *bytes == 82), "{credits:?}");
    assert!(cut.traffic(Class::Framing).bytes > whole.traffic(Class::Framing).bytes + 82 * 80);
}

/// `checked` holds the books against each other, whoever goes in the middle of a frame.
#[test]
fn books_balance_with_tiny_windows_under_churn() {
    for protocol in ["codex-v3c", "codex-v3d", "bitswap"] {
        for model in ["fair", "fifo", "ideal"] {
            for kind in ["departure", "crash"] {
                for (window, file, block) in
                    [("1 B", "8 KiB", "1 KiB"), ("1 KiB", "64 KiB", "4 KiB"), ("100 kB", "6 MiB", "64 KiB")]
                {
                    checked(&spec(&[
                        &format!("protocol={protocol}"),
                        &format!("network.model={model}"),
                        &format!("network.transport.mux_window={window}"),
                        &format!("swarm.file_size={file}"),
                        &format!("swarm.block_size={block}"),
                        "swarm.network_size=6",
                        "swarm.seeders=2",
                        "network.latency=1 ms",
                        "churn.model=sessions",
                        "churn.online={ exponential = { mean = 6.0 } }",
                        "churn.offline={ exponential = { mean = 2.0 } }",
                        &format!("churn.kind={kind}"),
                        "stop.max_time=90 s",
                    ]));
                }
            }
        }
    }
}

fn connected(protocol: &str, further: &[&str]) -> Outcome {
    let protocol = format!("protocol={protocol}");
    let small = ["swarm.network_size=12", "swarm.seeders=2", "swarm.file_size=4 MiB", &protocol];
    checked(&spec(&[&small[..], further].concat()))
}

/// Who is connected with everybody from before its start dials nobody.
#[test]
fn nobody_dials_who_is_connected() {
    for protocol in ["codex-v3c", "codex-v3d"] {
        for further in
            [&[][..], &["network.connected=11"], &["swarm.start={ stagger = \"1 s\" }"], &["network.degree=4"]]
        {
            let outcome = connected(protocol, further);
            assert_eq!(outcome.traffic(Class::Handshake).bytes, 0, "{protocol} {further:?}");
        }
        assert!(connected(protocol, &["network.connected=0"]).traffic(Class::Handshake).bytes > 0);
    }
}

/// Two round trips: the protocol of the stream is agreed on, and the manifest fetched.
#[test]
fn a_manifest_takes_two_round_trips() {
    let outcome = path("256 KiB", &["network.model=ideal"]);
    let manifest = outcome.nodes[1].milestones.manifest.unwrap();
    assert_eq!(manifest.nanos(), 100_000_000);
    // Then nobody is asked for anything for 2 s, and the first answer takes a round trip.
    assert!((outcome.nodes[1].milestones.first.unwrap() - manifest).secs() >= 2.05);
}

/// A leecher of seeders alone asks those it is connected with about the window, 16 at
/// most. The first batch is taken at once, before any answer can be there, and all who
/// are connected are asked about it too.
#[test]
fn connected_peers_are_asked_at_the_start() {
    for (nodes, wants) in [(10, 9 + 9), (17, 16 + 16), (30, 16 + 29)] {
        let size = [format!("swarm.network_size={nodes}"), format!("swarm.seeders={}", nodes - 1)];
        let outcome = connected("codex-v3c", &[&size[0], &size[1], "network.latency=1 ms"]);
        assert_eq!(outcome.traffic(Class::Want).messages, wants, "{nodes}");
    }
    let cold = ["swarm.network_size=10", "swarm.seeders=9", "network.latency=1 ms", "network.connected=0"];
    let outcome = connected("codex-v3c", &cold);
    assert_eq!(outcome.traffic(Class::Want).messages, 2, "whom it has the manifest from, and nobody it meets later");
    assert_eq!(outcome.nodes.iter().filter(|node| node.payload_tx > 0).count(), 1);
    assert!(outcome.traffic(Class::Handshake).messages > 2, "it meets others");
}

/// Files smaller than a burst pass at once, and no run is below its bound.
#[test]
fn bursts_keep_the_bound() {
    for protocol in ["direct", "codex-v2", "codex-v3d", "bitswap", "bittorrent"] {
        for file in ["100 kB", "3 MB"] {
            let with = |burst: &str| {
                let sets =
                    ["network.up=10 Mbit/s", "network.down=20 Mbit/s", "swarm.network_size=5", "swarm.seeders=2"];
                let own = [
                    format!("protocol={protocol}"),
                    format!("swarm.file_size={file}"),
                    format!("network.transport.burst={burst}"),
                ];
                checked(&spec(&[&sets[..], &[&*own[0], &own[1], &own[2]]].concat()))
            };
            let (none, large) = (with("0 s"), with("1 s"));
            assert!(secs(&large) < secs(&none), "{protocol} {file}: {} {}", secs(&large), secs(&none));
            assert!(file != "100 kB" || large.bound.nanos() == 0, "{}", large.bound);
        }
    }
}
