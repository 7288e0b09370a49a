//! The end of a file: Codex pads its last block, and so do the yardsticks;
//! BitTorrent and Bitswap send what is left.

use crate::common::{checked, protocols, spec};
use codexsim::ledger::{Class, Outcome, Status};
use codexsim::world::Role;

fn pads(model: &str) -> bool {
    !["bitswap", "bittorrent"].contains(&model)
}

/// One seeder and one leecher.
fn pair(model: &str, size: u64, further: &[&str]) -> Outcome {
    let (protocol, size) = (format!("protocol={model}"), format!("swarm.file_size={size} B"));
    let mut sets = vec!["swarm.network_size=2", "swarm.seeders=1", "network.latency=5 ms", &protocol, &size];
    sets.extend_from_slice(further);
    checked(&spec(&sets))
}

#[test]
fn the_last_block_travels_as_the_client_sends_it() {
    assert!(protocols().filter(|model| !pads(model)).count() == 2);
    for model in protocols() {
        let block = spec(&[&format!("protocol={model}")]).world.dataset.block_size.get();
        for group in [1, 3] {
            let unit = group * block;
            for size in [1, unit - 1, unit, unit + 1, 4 * unit, 4 * unit + 1] {
                let right = if pads(model) { size.div_ceil(block) * block } else { size };
                let outcome = pair(model, size, &[&format!("swarm.group={group}")]);
                let what = format!("{model}: {size} B in units of {group} blocks");
                assert_eq!(outcome.status, Status::Complete, "{what}");
                let leecher = outcome.leechers().next().unwrap();
                let seeder = outcome.nodes.iter().find(|node| node.role == Role::Seeder).unwrap();
                assert_eq!((leecher.payload_rx, leecher.duplicate_rx, seeder.payload_tx), (right, 0, right), "{what}");
                assert_eq!(outcome.traffic[Class::Payload as usize].bytes, right, "{what}");
            }
        }
    }
}

/// A pair over 8 Mbit/s with nothing on top of the data, and no waits.
fn bare(model: &str, size: u64) -> Outcome {
    let sets = [
        "network.latency=0 s",
        "network.transport=none",
        "network.up=8 Mbit/s",
        "network.down=8 Mbit/s",
        "discovery.round_trips=0",
        "discovery.round_trips_per_doubling=0",
    ];
    pair(model, size, &sets)
}

/// So that it bounds those who do not pad, too.
#[test]
fn the_bound_is_that_of_the_file_without_padding() {
    for size in [1_000_000, 4 << 20] {
        for model in ["direct", "bittorrent"] {
            let (outcome, file) = (bare(model, size), size as f64 / 1e6);
            assert_eq!(outcome.bound.secs(), file, "{model}");
            let moved = if pads(model) { size.next_multiple_of(65_536) as f64 / 1e6 } else { file };
            let makespan = outcome.makespan().unwrap().secs();
            assert!((moved..moved * 1.02).contains(&makespan), "{model}, {size} B: {makespan} s");
        }
    }
}

/// The yardstick moves what Codex moves: sixteen blocks of 64 KiB for a megabyte.
#[test]
fn a_megabyte_takes_direct_sixteen_blocks() {
    assert_eq!(bare("direct", 1_000_000).makespan().unwrap().nanos(), 1_048_576_000);
}
