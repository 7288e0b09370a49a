//! Codex v1 and the sister forks: sizes, switches, and predictions of the
//! protocol's description. The numbers are told in docs/findings.md.

use crate::common::{checked, spec};
use codexsim::ledger::{Class, Outcome};

fn run(protocol: &str, sets: &[&str]) -> Outcome {
    let protocol = format!("protocol={protocol}");
    checked(&spec(&[&[protocol.as_str()], sets].concat()))
}

fn bytes(outcome: &Outcome, class: Class) -> f64 {
    outcome.traffic(class).bytes as f64
}

fn duplicates(outcome: &Outcome) -> f64 {
    bytes(outcome, Class::Duplicate) / bytes(outcome, Class::Payload)
}

fn makespan(outcome: &Outcome) -> f64 {
    outcome.makespan().unwrap().secs()
}

/// A leecher and `seeders` of 1024 blocks on links that hold nothing up.
fn one_leecher(seeders: u32) -> Vec<String> {
    vec![
        format!("swarm.network_size={}", seeders + 1),
        format!("swarm.seeders={seeders}"),
        "swarm.file_size=64 MiB".into(),
        "network.up=200 Mbit/s".into(),
        "network.down=200 Mbit/s".into(),
        "network.latency=5 ms".into(),
    ]
}

/// codex-protocol 8.1, "control cost per block": with P peers that all hold the
/// block, single-entry messages take 72 P up, 100 P down, 72 for the request and
/// 72 P for cancellations. (Indices below 128 save a byte.)
#[test]
fn control_bytes_per_block_are_those_of_the_sheet() {
    for (peers, share) in [(1, 0.005), (10, 0.038), (50, 0.187)] {
        let sets = one_leecher(peers);
        let outcome = run("codex-v1", &sets.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(outcome.traffic(Class::Duplicate).bytes, 0);
        let per_block = |class| bytes(&outcome, class) / 1024.0;
        let p = f64::from(peers);
        // The short indices: an eighth of the entries is a byte shorter. The
        // blocks of one delivery may share a cancellation.
        for (class, sheet) in
            [(Class::Want, 72.0 * p), (Class::Presence, 100.0 * p), (Class::Request, 72.0), (Class::Cancel, 72.0 * p)]
        {
            let ratio = per_block(class) / sheet;
            assert!((0.995..=1.0).contains(&ratio), "{peers} peers, {class:?}: {ratio}");
        }
        let control: f64 = [Class::Want, Class::Presence, Class::Request, Class::Cancel].map(per_block).iter().sum();
        assert!((control / 65_536.0 - share).abs() < 0.0006, "{peers} peers: {control} B per block");
    }
}

/// The fork's entries are those of v1 without the price: 51 B in place of 85.
#[test]
fn the_sister_forks_say_the_same_in_fewer_bytes() {
    let outcome =
        run("codex-f", &["swarm.network_size=2", "swarm.seeders=1", "swarm.file_size=128 MiB", "network.latency=5 ms"]);
    assert_eq!(outcome.traffic(Class::Duplicate).bytes, 0);
    let per_block = |class| bytes(&outcome, class) / 1024.0;
    // Eight lists of 128: an address of 44 or 45 B, and 12 or 6 B around it.
    for (class, entry) in [(Class::Want, 57.0), (Class::Presence, 51.0), (Class::Request, 57.0)] {
        assert!((entry - 0.2..entry + 0.2).contains(&per_block(class)), "{class:?}: {}", per_block(class));
    }
}

/// Prediction: stop-and-wait of 10 blocks carries at most 640 KiB in two round
/// trips and the transfer; 3.2 MB/s at a round trip of 100 ms.
#[test]
fn a_batch_takes_two_round_trips_and_its_transfer() {
    for (latency, rtt) in [(10, 0.02), (25, 0.05), (50, 0.1)] {
        let time = |mib: u32| {
            makespan(&run(
                "codex-v1",
                &[
                    "swarm.network_size=2",
                    "swarm.seeders=1",
                    &format!("swarm.file_size={mib} MiB"),
                    &format!("network.latency={latency} ms"),
                    "network.up=1 Gbit/s",
                    "network.down=1 Gbit/s",
                    "network.transport=none",
                    "protocol.codex-v1.read_pause=0 s",
                ],
            ))
        };
        // 1 MiB is 1.6 batches: take sizes that are whole batches.
        let batch = (time(100) - time(20)) / (80.0 * 1.6);
        let (data, pause) = (10.0 * 65_536.0 / 125e6, 1e-3);
        let formula = 2.0 * rtt + data + pause;
        assert!((batch / formula - 1.0).abs() < 0.02, "{rtt}: {batch} s against {formula} s");
    }
}

fn retrying(interval_ms: u32) -> Outcome {
    run(
        "codex-v1",
        &[
            "swarm.network_size=2",
            "swarm.seeders=1",
            "swarm.file_size=20 MiB",
            "network.up=10 Mbit/s",
            "network.down=10 Mbit/s",
            "network.latency=20 ms",
            &format!("protocol.codex-v1.retry_interval={interval_ms} ms"),
        ],
    )
}

/// Prediction: duplicates begin where the retry interval falls below the time
/// that blocks take. Ten blocks and their overhead take 0.56 s at 10 Mbit/s, and
/// 80 ms of asking go before.
#[test]
fn the_knee_of_duplicates_is_where_a_retry_overtakes_the_transfer() {
    for interval in [700, 2_000, 10_000] {
        assert_eq!(retrying(interval).traffic(Class::Duplicate).bytes, 0, "{interval} ms");
    }
    let shorter = [500, 350, 200, 100].map(|interval| duplicates(&retrying(interval)));
    assert!(shorter[0] > 0.3, "{shorter:?}");
    assert!(shorter.windows(2).all(|pair| pair[0] < pair[1]), "{shorter:?}");
}

fn crowd(set: &str) -> Outcome {
    run("codex-v1", &["swarm.network_size=12", "swarm.seeders=2", "swarm.file_size=20 MB", set])
}

/// Who is told decides how many messages that takes, and what is sent in vain.
#[test]
fn cancellations_follow_their_policy() {
    let policies = ["everybody", "all_holders", "outstanding", "never"];
    let runs = policies.map(|policy| crowd(&format!("protocol.codex-v1.cancel={policy}")));
    let messages = runs.each_ref().map(|outcome| outcome.traffic(Class::Cancel).messages);
    assert!(messages.windows(2).all(|pair| pair[0] > pair[1]), "{messages:?}");
    assert_eq!(messages[3], 0);
    assert!(duplicates(&runs[1]) < duplicates(&runs[3]), "holders that are told send less in vain");
}

/// One message for everything that is wanted keeps a responder from taking
/// anything back: small messages leave less to be sent in vain.
#[test]
fn small_messages_can_be_taken_back() {
    let [one, all] = [1, 1600].map(|blocks| crowd(&format!("protocol.codex-v1.blocks_per_message={blocks}")));
    let per_message = |o: &Outcome| {
        (bytes(o, Class::Payload) + bytes(o, Class::Duplicate)) / 65_536.0 / o.traffic(Class::Payload).messages as f64
    };
    assert!((per_message(&one) - 1.0).abs() < 0.01 && per_message(&all) > 2.0);
    assert!(duplicates(&one) < duplicates(&all) / 4.0);
}

/// A reader that pauses longer makes a download longer.
#[test]
fn pauses_of_the_reader_take_their_time() {
    let [none, ten, forty] = [0, 10, 40].map(|pause| {
        makespan(&run(
            "codex-v1",
            &[
                "swarm.network_size=4",
                "swarm.seeders=1",
                "swarm.file_size=20 MB",
                "network.up=1 Gbit/s",
                "network.down=1 Gbit/s",
                "network.latency=5 ms",
                &format!("protocol.codex-v1.read_pause={pause} ms"),
            ],
        ))
    });
    assert!(none < ten && ten < forty, "{none} {ten} {forty}");
}

/// v0.1.6 asks everybody who has a block to send it, whoever was asked before.
#[test]
fn asking_in_spite_of_marks_is_what_multiplies_blocks() {
    let copies = |set: &str| {
        duplicates(&run(
            "codex-v0.1.6",
            &[
                "swarm.network_size=10",
                "swarm.seeders=1",
                "swarm.file_size=5 MiB",
                "network.latency=1 ms",
                "network.up=1 Gbit/s",
                "network.down=1 Gbit/s",
                "hardware=codex-netns-2025",
                "protocol.\"codex-v0.1.6\".first_request=holder",
                set,
            ],
        ))
    };
    let with = copies("protocol.\"codex-v0.1.6\".request_in_flight=true");
    let without = copies("protocol.\"codex-v0.1.6\".request_in_flight=false");
    assert!(with > 0.5 && without < 0.05, "{with} {without}");
}

/// Leechers that share an uplink make a batch take longer than a retry.
#[test]
fn a_crowd_sends_in_vain_and_a_few_do_not() {
    let [few, crowd] = [5, 9].map(|nodes| {
        duplicates(&run(
            "codex-v1",
            &[
                &format!("swarm.network_size={nodes}"),
                "swarm.seeders=1",
                "swarm.file_size=20 MiB",
                "network.latency=5 ms",
            ],
        ))
    });
    assert!(few == 0.0 && crowd > 0.5, "{few} {crowd}");
}

/// Requests that time out are repeated; the responder does not send again what
/// it sent within the guard, and a peer that failed is left alone for a minute.
#[test]
fn the_sister_forks_guard_against_repeated_requests() {
    let impatient = |guard: &str, failures: &str| {
        run(
            "codex-f",
            &[
                "swarm.network_size=2",
                "swarm.seeders=1",
                "swarm.file_size=32 MiB",
                "network.up=10 Mbit/s",
                "network.down=10 Mbit/s",
                "network.latency=5 ms",
                "protocol.codex-f.request_timeout=4 s",
                &format!("protocol.codex-f.resend_guard={guard}"),
                &format!("protocol.codex-f.score.breaker_failures={failures}"),
            ],
        )
    };
    assert!(duplicates(&impatient("0 s", "1000000")) > 0.2);
    assert_eq!(duplicates(&impatient("90 s", "1000000")), 0.0);
    assert!(makespan(&impatient("90 s", "5")) > makespan(&impatient("90 s", "1000000")) + 30.0);
}

/// Few are asked what they have; asking all costs more.
#[test]
fn the_sister_forks_ask_the_best_few() {
    let [one, three, all] = [1, 3, 20].map(|asked| {
        let asked = format!("protocol.codex-f.asked_peers={asked}");
        let sets = ["swarm.network_size=14", "swarm.seeders=6", "swarm.file_size=64 MiB", "network.latency=5 ms"];
        bytes(&run("codex-f", &[&sets[..], &[asked.as_str()]].concat()), Class::Want)
    });
    assert!(one < three && three < all, "{one} {three} {all}");
}
