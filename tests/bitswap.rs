//! Bitswap in whole simulations: bytes, time and behaviour of small swarms. The
//! micro-benchmarks of go-bitswap are beside the protocol, `src/protocols/bitswap`.

use crate::common::{checked, spec};
use codexsim::ledger::{Class, Outcome, Status};

fn run(sets: &[&str]) -> Outcome {
    let outcome = checked(&spec(&[&["protocol=bitswap"], sets].concat()));
    assert_eq!(outcome.status, Status::Complete);
    outcome
}

/// 10 Mbit/s both ways.
fn slow(nodes: &str, seeders: &str, file: &str, further: &[&str]) -> Outcome {
    let (nodes, seeders) = (format!("swarm.network_size={nodes}"), format!("swarm.seeders={seeders}"));
    let file = format!("swarm.file_size={file}");
    let sets = [&nodes, &seeders, &file, "network.up=10 Mbit/s", "network.down=10 Mbit/s"];
    run(&[&sets[..], further].concat())
}

/// No block is ever late.
const PATIENT: [&str; 3] = [
    "protocol.bitswap.dont_have_timeout=1 h",
    "protocol.bitswap.max_timeout=1 h",
    "protocol.bitswap.latency_multiplier=100000",
];

fn secs(outcome: &Outcome) -> f64 {
    outcome.makespan().unwrap().secs()
}

/// Blocks of block data that came twice, per block that was stored.
fn duplicates(outcome: &Outcome) -> f64 {
    outcome.traffic(Class::Duplicate).bytes as f64 / outcome.traffic(Class::Payload).bytes as f64
}

/// By hand, a pair and 1 GiB: 4096 blocks, 24 inner nodes and a root. Each block
/// is asked for once (48 B, with tag and length) and cancelled once (42 B); an
/// inner node has 46 B for each link and 4 B for its size.
#[test]
fn a_pair_carries_what_the_code_says() {
    let outcome = run(&[
        "swarm.network_size=2",
        "swarm.seeders=1",
        "swarm.file_size=1 GiB",
        "network.up=100 Mbit/s",
        "network.down=100 Mbit/s",
        "network.latency=10 ms",
    ]);
    assert_eq!(outcome.traffic(Class::Payload).bytes, 1 << 30);
    assert_eq!(outcome.traffic(Class::Duplicate).bytes, 0);
    let all = 4121.0;
    // Cancels ride with requests, which a message is named after.
    let asking: u64 = [Class::Request, Class::Cancel, Class::Want].iter().map(|c| outcome.traffic(*c).bytes).sum();
    let messages: u64 = [Class::Request, Class::Cancel, Class::Want].iter().map(|c| outcome.traffic(*c).messages).sum();
    let per_block = (asking as f64 - 4.0 * messages as f64) / all;
    assert!((89.0..91.0).contains(&per_block), "{per_block} B in {messages} messages");
    let links = 4096.0 + 24.0;
    let per_link = outcome.traffic(Class::Manifest).bytes as f64 / links;
    assert!((50.0..50.5).contains(&per_link), "{per_link}");
}

/// The pair is as fast as its link once it has found the seeder: what is asked
/// for ahead, ten blocks of 256 KiB, keeps it full but for the turns between
/// inner nodes.
#[test]
fn a_pair_fills_its_link() {
    let (few, many) = (slow("2", "1", "50 MiB", &[]), slow("2", "1", "100 MiB", &[]));
    let sent = (many.nodes[0].bytes_tx - few.nodes[0].bytes_tx) as f64;
    let (taken, on_the_wire) = (secs(&many) - secs(&few), sent / 1.25e6);
    assert!((1.0..1.002).contains(&(taken / on_the_wire)), "{taken} s for what the link carries in {on_the_wire} s");
    // A second of waiting; then 12 round trips of 100 ms, of which the look-up is
    // 1.95: the set-up, the manifest, the root.
    let start = secs(&few) - taken;
    assert!((start - 2.2).abs() < 0.02, "{start} s before the first byte");
}

/// Four seeders give one leecher what its link carries; blocks that are late
/// at one are asked of another and come twice, and the link carries them too.
#[test]
fn many_seeders_cost_duplicates_on_a_full_link() {
    let one = slow("2", "1", "50 MiB", &[]);
    assert_eq!(duplicates(&one), 0.0);
    for seed in ["seed=1", "seed=2", "seed=3"] {
        let four = slow("5", "4", "50 MiB", &[seed]);
        let (twice, ratio) = (duplicates(&four), secs(&four) / secs(&one));
        assert!(twice > 0.02 && (ratio - 1.0 - twice).abs() < 0.015, "{ratio} of the time with {twice} twice");
    }
}

/// Without the time-outs hardly anything comes twice, so they are the cause.
#[test]
fn duplicates_come_from_time_outs() {
    for (nodes, seeders, most, least) in [("5", "4", 0.0, 0.4), ("32", "1", 0.03, 2.0)] {
        let (hasty, calm) = (slow(nodes, seeders, "10 MiB", &[]), slow(nodes, seeders, "10 MiB", &PATIENT));
        let (more, less) = (duplicates(&hasty), duplicates(&calm));
        assert!(less <= most && more > least, "{nodes}: {more} against {less}");
    }
}

/// Leechers that start together know the seeder alone. Blocks that are late
/// make them search, and then they trade; if none is ever late, long silence and
/// the search that comes once a minute do, but later. Without any further search
/// the seeder sends a copy to each.
#[test]
fn a_flash_crowd_trades_once_it_searches_again() {
    let copies = |further: &[&str]| {
        let outcome = slow("32", "1", "10 MiB", further);
        let seeder = &outcome.nodes[0];
        (seeder.payload_tx as f64 / f64::from(10 << 20), secs(&outcome))
    };
    let hasty = copies(&[]);
    let minute = copies(&PATIENT);
    let no_search = ["protocol.bitswap.periodic_search=1 h", "protocol.bitswap.idle_base=1 h"];
    let never = copies(&[&PATIENT[..], &no_search].concat());
    assert_eq!(never.0, 31.0, "{never:?}");
    let near = |(copies, time): (f64, f64), share: f64, (all, whole): (f64, f64)| {
        (copies / all / share - 1.0).abs() < 0.07 && (time / whole / share - 1.0).abs() < 0.07
    };
    assert!(near(minute, 0.71, never), "{minute:?} {never:?}");
    assert!(near(hasty, 0.42, minute), "{hasty:?} {minute:?}");
}

/// The search waits its second, and no session without peers begins before.
#[test]
fn providers_are_searched_for_after_the_delay() {
    let first = |delay: &str| {
        let sets = ["swarm.file_size=1 MiB", "swarm.network_size=2", "swarm.seeders=1"];
        let delay = format!("protocol.bitswap.search_delay={delay}");
        let outcome = run(&[&sets[..], &[&delay]].concat());
        outcome.leechers().next().unwrap().milestones.manifest.unwrap().secs()
    };
    let waited = first("5 s") - first("1 s");
    assert!((waited - 4.0).abs() < 1e-9, "{waited}");
}

/// Blocks of 1 MiB and whole graphs are fetched too, whatever their number.
#[test]
fn all_orders_and_sizes_complete() {
    for order in ["reader", "graph", "list"] {
        for file in ["1 KiB", "256 KiB", "257 KiB", "5 MiB"] {
            for block in ["256 KiB", "1 MiB", "1 KiB"] {
                let sets = [format!("protocol.bitswap.order={order}"), format!("swarm.block_size={block}")];
                let outcome = slow("4", "1", file, &[&sets[0], &sets[1]]);
                assert_eq!(outcome.completed(), 3, "{order} {file} {block}");
            }
        }
    }
}

/// Groups of 1, 2 and 5 blocks agree within 2 % on the time of a pair, whose
/// ten blocks ahead they divide evenly, and within 0.5 % on its bytes.
#[test]
fn groups_of_blocks_agree() {
    let runs = ["1", "2", "5"].map(|group| slow("2", "1", "100 MiB", &[&format!("swarm.group={group}")]));
    for other in &runs[1..] {
        let (time, bytes) = (secs(other) / secs(&runs[0]), other.wire_bytes() as f64 / runs[0].wire_bytes() as f64);
        assert!((time - 1.0).abs() < 0.02, "{time}");
        assert!((bytes - 1.0).abs() < 0.005, "{bytes}");
    }
}
