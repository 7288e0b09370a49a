//! Whole simulations against closed forms.

use crate::common::{checked, spec};
use codexsim::bound;
use codexsim::ledger::{Class, Status};

/// One leecher, one seeder, no overhead of any kind.
fn pair(up: &str, latency: &str, blocks: u32, outstanding: u32, model: &str) -> Vec<String> {
    vec![
        "protocol=direct".into(),
        "protocol.direct.request=64 KiB".into(),
        format!("protocol.direct.outstanding={outstanding}"),
        "protocol.direct.max_requests=100000".into(),
        "swarm.network_size=2".into(),
        "swarm.seeders=1".into(),
        format!("swarm.file_size={} KiB", 64 * blocks),
        "network.transport=none".into(),
        format!("network.model={model}"),
        format!("network.up={up}"),
        format!("network.down={up}"),
        format!("network.latency={latency}"),
        "discovery.round_trips=0".into(),
        "discovery.round_trips_per_doubling=0".into(),
    ]
}

/// Oracle F1: steady throughput of a windowed transfer, `min(b, w S/(R + S/b))`.
#[test]
fn f1_window_limited_transfer() {
    let s = 65_536.0;
    for (up, b) in [("50 Mbit/s", 6.25e6), ("8 Mbit/s", 1e6)] {
        for (latency, rtt) in [("50 ms", 0.1), ("5 ms", 0.01)] {
            for window in [1, 2, 5, 11, 30] {
                for model in ["fifo", "fair"] {
                    // The difference of two sizes cancels start and end.
                    let time = |blocks: u32| {
                        let sets = pair(up, latency, blocks, window, model);
                        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
                        checked(&spec(&sets)).makespan().unwrap().secs()
                    };
                    let (few, many) = (60 * window, 120 * window);
                    let rate = f64::from(many - few) * s / (time(many) - time(few));
                    let formula = bound::window_limited(b, rtt, window, s);
                    assert!((rate / formula - 1.0).abs() < 1e-6, "{up} {latency} {window} {model}: {rate} {formula}");
                }
            }
        }
    }
}

/// Without trading the makespan is `L F / u_s`, and no swarm beats F4.
#[test]
fn f4_no_trading_takes_a_copy_each() {
    for leechers in [1, 3, 10] {
        let sets = [
            "protocol=direct",
            "swarm.seeders=1",
            "swarm.file_size=64 MiB",
            "network.transport=none",
            "network.up=20 Mbit/s",
            "network.down=100 Mbit/s",
            "network.latency=1 ms",
            &format!("swarm.network_size={}", leechers + 1),
        ];
        let time = checked(&spec(&sets)).makespan().unwrap().secs();
        let formula = bound::seeders_only_secs(f64::from(64 << 20), leechers, 2.5e6);
        assert!((time / formula - 1.0).abs() < 0.01, "{leechers}: {time} against {formula}");
    }
}

/// The omniscient yardstick stays close to the bound, whichever resource sets it.
#[test]
fn ideal_stays_close_to_the_bound() {
    for (nodes, seeders, up, down, kind) in [
        (32, 4, "50 Mbit/s", "50 Mbit/s", "leecher_down"),
        (17, 1, "20 Mbit/s", "100 Mbit/s", "seeder_up"),
        (40, 4, "10 Mbit/s", "100 Mbit/s", "swarm_up"),
    ] {
        let seeder_up = if kind == "swarm_up" { "40 Mbit/s" } else { up };
        let sets = [
            "protocol=ideal",
            "swarm.file_size=1 GiB",
            "network.transport=none",
            "network.latency=1 ms",
            &format!("swarm.network_size={nodes}"),
            &format!("swarm.seeders={seeders}"),
            &format!("network.up={up}"),
            &format!("network.down={down}"),
            &format!("network.seeder_up={seeder_up}"),
        ];
        let outcome = checked(&spec(&sets));
        assert_eq!((outcome.status, outcome.bound_kind), (Status::Complete, kind));
        let efficiency = outcome.efficiency().unwrap();
        assert!((0.85..=1.0).contains(&efficiency), "{nodes}-{seeders} {kind}: {efficiency}");
    }
}

/// Oracle F5. Stripes down trees take exactly the rounds that their depth says;
/// with two in complete binary trees that is one more than the optimal schedule
/// of whole parts for each level below the first.
#[test]
fn f5_rounds_of_whole_parts() {
    let rounds = |parts: u32, leechers: u32, stripes: u32| {
        let outcome = checked(&spec(&[
            "protocol=ideal",
            "protocol.ideal.pace=1.0",
            &format!("protocol.ideal.pieces={parts}"),
            &format!("protocol.ideal.stripes={stripes}"),
            &format!("swarm.network_size={}", leechers + 1),
            "swarm.seeders=1",
            &format!("swarm.file_size={} KiB", 64 * parts),
            "network.transport=none",
            "network.up=10 Mbit/s",
            "network.down=unlimited",
            "network.latency=0 ms",
        ]));
        outcome.makespan().unwrap().secs() / (65_536.0 / 1.25e6)
    };
    let points = [
        (400, 31, 1),
        (400, 31, 2),
        (400, 31, 5),
        (400, 31, 16),
        (420, 31, 30),
        (300, 13, 3),
        (408, 21, 4),
        (40, 1, 1),
    ];
    for (parts, leechers, stripes) in points {
        let (rounds, expected) = (rounds(parts, leechers, stripes), bound::striped_rounds(parts, leechers, stripes));
        // Each of the moments in between is rounded to a nanosecond.
        assert!((rounds / f64::from(expected) - 1.0).abs() < 1e-6, "{parts} {leechers} {stripes}: {rounds}");
        assert!(rounds > bound::dissemination_rounds(parts.into(), leechers.into()) as f64 - 1e-3, "{rounds}");
    }
    for levels in 1..6 {
        let leechers = (1 << levels) - 1;
        let optimal = bound::dissemination_rounds(400, leechers.into()) as f64;
        let beyond = rounds(400, leechers, 2) - optimal;
        assert!((beyond - f64::from(levels - 1)).abs() < 1e-3, "{levels} levels: {beyond} rounds beyond {optimal}");
    }
}

/// Nothing but the payload and the stated overhead is on the wire: a pair of
/// 16 384 blocks shows the byte sizes of the sheet (F2) in the ledger.
#[test]
fn f2_classes_of_a_pair_add_up_to_the_sheet() {
    let outcome = checked(&spec(&[
        "swarm.network_size=2",
        "swarm.seeders=1",
        "swarm.file_size=1 GiB",
        "network.up=1 Gbit/s",
        "network.down=1 Gbit/s",
        "network.latency=1 ms",
    ]));
    let blocks = 16_384u64;
    assert_eq!(outcome.traffic(Class::Payload).bytes, 1 << 30);
    assert_eq!(outcome.traffic(Class::Duplicate).bytes, 0);
    // Depth 14: 513 B of proof (512 for a short index) and its tag and length 3.
    let proofs = outcome.traffic(Class::Proof).bytes;
    assert!(proofs > blocks * 515 && proofs <= blocks * 516, "{proofs}");
    // Want entries of 56 or 57 B once asked and once requested.
    for class in [Class::Want, Class::Request] {
        let per_block = outcome.traffic(class).bytes as f64 / blocks as f64;
        assert!((56.9..57.2).contains(&per_block), "{class:?}: {per_block}");
    }
    let presence = outcome.traffic(Class::Presence).bytes as f64 / blocks as f64;
    assert!((84.9..85.2).contains(&presence), "{presence}");
    let ip = outcome.wire_bytes() - outcome.traffic(Class::Ack).bytes;
    assert!((ip as f64 / (1u64 << 30) as f64 - 1.050).abs() < 0.002, "{ip}");
}
