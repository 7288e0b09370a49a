//! What a run will roughly cost, before it is carried out.

use crate::protocols::ProtocolSpec;
use crate::sim::RunSpec;

/// Deliveries and messages that one core handles in a second. Measured on the
/// event loop alone, so a run with much protocol work is slower.
const EVENTS_PER_SECOND: f64 = 1.5e6;
/// Blocks that travel in one message when peers are busy.
const BLOCKS_PER_MESSAGE: f64 = 20.0;
/// Blocks of a window after which a node tells its peers what it wants next.
const BLOCKS_PER_ROUND: f64 = 768.0;
/// Peers that one node talks to at the most.
const MOST_PEERS: f64 = 160.0;
/// Memory of the program itself, of a node, and of a connection, in bytes.
const PROGRAM: f64 = 20e6;
const NODE: f64 = 4e3;
const CONNECTION: f64 = 1e3;

/// What a run will roughly cost: the right order of magnitude, no more.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Estimate {
    /// Blocks (or units of blocks) delivered.
    pub deliveries: f64,
    /// Deliveries and messages to be handled.
    pub events: f64,
    /// Time on one core.
    pub seconds: f64,
    /// Memory while it runs, in bytes.
    pub memory_bytes: f64,
}

/// Every leecher receives every unit once, `BLOCKS_PER_MESSAGE` to a message
/// that is asked for and answered, and exchanges a want list and an answer
/// with each peer once per window. Each node remembers a bit per unit for
/// itself and for each of its peers.
pub fn estimate(spec: &RunSpec) -> Estimate {
    let swarm = &spec.world.swarm;
    let nodes = f64::from(swarm.network_size);
    let leechers = nodes - f64::from(swarm.seeders);
    let units = units(spec);
    let peers = peers(spec);
    let deliveries = leechers * units;
    let rounds = (units / BLOCKS_PER_ROUND).max(1.0);
    let messages = 2.0 * deliveries / BLOCKS_PER_MESSAGE + 2.0 * leechers * peers * rounds;
    let events = deliveries + messages;
    let memory_bytes = PROGRAM + nodes * (NODE + peers * CONNECTION + (1.0 + peers) * units / 8.0);
    Estimate { deliveries, events, seconds: events / EVENTS_PER_SECOND, memory_bytes }
}

/// What moves as one: blocks or groups of blocks, or the coarser pieces of the yardsticks.
fn units(spec: &RunSpec) -> f64 {
    let dataset = &spec.world.dataset;
    let blocks = dataset.size.get().div_ceil(dataset.block_size.get().max(1));
    let units = blocks.div_ceil(u64::from(dataset.group.max(1))) as f64;
    match &spec.protocol {
        ProtocolSpec::Ideal(p) => units.min(f64::from(p.pieces)),
        ProtocolSpec::Direct(p) => units.min(f64::from(p.max_requests) * f64::from(spec.world.swarm.seeders)),
        _ => units,
    }
}

fn peers(spec: &RunSpec) -> f64 {
    let known = spec.world.overlay.map_or(spec.world.swarm.network_size - 1, |o| o.degree);
    f64::from(known).min(MOST_PEERS)
}

impl Estimate {
    /// Two runs one after the other.
    pub fn then(self, next: Estimate) -> Estimate {
        Estimate {
            deliveries: self.deliveries + next.deliveries,
            events: self.events + next.events,
            seconds: self.seconds + next.seconds,
            memory_bytes: self.memory_bytes.max(next.memory_bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    fn of(sets: &[&str]) -> Estimate {
        let (_file, input) = crate::study::sample::scenario("", sets);
        estimate(&scenario::load(&input).unwrap().run)
    }

    #[test]
    fn counts_every_block_of_every_leecher() {
        let e = of(&["swarm.network_size=11", "swarm.seeders=1", "swarm.file_size=64 MiB", "protocol=codex-v2"]);
        assert_eq!(e.deliveries, 10.0 * 1024.0);
        assert!(e.events > e.deliveries && e.events < 2.0 * e.deliveries, "{e:?}");
    }

    #[test]
    fn grows_with_the_work() {
        let small = of(&["swarm.file_size=1 GB", "protocol=codex-v2"]);
        let large = of(&["swarm.file_size=10 GB", "protocol=codex-v2"]);
        assert!(large.seconds > 9.0 * small.seconds && large.memory_bytes > small.memory_bytes);
        let both = small.then(large);
        assert_eq!((both.seconds, both.memory_bytes), (small.seconds + large.seconds, large.memory_bytes));
    }
}
