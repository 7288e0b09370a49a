//! Named random streams.
//!
//! A run draws from one stream per (seed, purpose, entity). Changing what one
//! purpose draws leaves every other stream as it was, so two variants of a
//! protocol meet the same world (common random numbers).

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng as _, SeedableRng};

/// What a stream is for. The numbers are part of the results: append, never
/// renumber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// Which nodes are seeders.
    SeederSet = 1,
    /// Which link class a node has.
    Links = 2,
    /// Which region a node lives in.
    Regions = 3,
    /// Who knows whom.
    Overlay = 4,
    /// When a node is online.
    Sessions = 5,
    /// Which nodes fail in a one-off failure.
    Failures = 6,
    /// When a leecher starts.
    Starts = 7,
    /// Random addition to a message's latency.
    Jitter = 8,
    /// A node's own decisions.
    Protocol = 9,
    /// Names of peers and blocks (identifiers are random to the protocol).
    Identifiers = 10,
    /// The order of equal times, when a study asks for it.
    Ties = 11,
    /// Independent seeds of the repetitions of a study.
    Repetitions = 12,
    /// Which runs a resample consists of; decides no run.
    Resamples = 13,
    /// A node's chance in discovery.
    Discovery = 14,
    /// Names of nodes and keys in a distributed hash table.
    DhtIdentifiers = 15,
    /// What is provided and asked for when discovery alone is under load.
    DiscoveryLoad = 16,
    /// Who is connected with whom from before the start.
    Mesh = 17,
    /// What is drawn of a topology.
    Topology = 18,
    /// Where in a topology a node is.
    Attachment = 19,
    /// How large a dataset is.
    DatasetSizes = 20,
    /// Who holds a dataset at the start.
    Holders = 21,
    /// Who wants a dataset from its start on.
    Wants = 22,
    /// What a holder of a part has.
    HeldUnits = 23,
    /// Who asks for what and when.
    Requests = 24,
    /// Which slots of a dataset nobody holds at the start.
    LostSlots = 25,
    /// How long hosts of storage runs live.
    Lives = 26,
    /// Histories of one dataset that are split where its loss is rare.
    Splitting = 27,
    /// Where the slots of a dataset are at the start.
    Placement = 28,
    /// How long repairs of a dataset take, and where to.
    Repairs = 29,
    /// When a host of a storage run goes away and comes back.
    Absences = 30,
    /// When something strikes many hosts, and which of them.
    Shocks = 31,
    /// When it is noticed that slots of a dataset are missing.
    Notices = 32,
    /// Which host comes upon a request first, and which of its slots it likes best.
    SlotQueues = 34,
    /// Names of slots, which say near which hosts they are.
    SlotNames = 35,
    /// Where the points of a design are; decides no run at a given point.
    Designs = 36,
    /// Which streams lose packets at a full buffer.
    Losses = 37,
    /// The paths of a node's packets through a mixnet.
    MixPath = 38,
    /// How long a node holds its own packets in a mixnet.
    MixHold = 39,
    /// How long a relay holds those of others.
    MixDelay = 40,
    /// Which nodes nobody can dial.
    Reach = 41,
    /// What these are behind.
    ReachKinds = 42,
    /// At which relays a node asks for a reservation first, and who asks first.
    Relays = 43,
    /// Whether two nodes can punch a hole.
    Punching = 44,
}

/// A random stream. Bit-identical on every platform.
#[derive(Debug, Clone)]
pub struct Rng(Pcg64Mcg);

/// Mixes 64 bits; the finaliser of SplitMix64 (Steele, Lea & Flood 2014).
pub const fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A digest of bytes: equal for equal ones, and no others by chance.
pub fn digest(bytes: &[u8]) -> u64 {
    let word = |chunk: &[u8]| chunk.iter().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
    bytes.chunks(8).map(word).fold(mix(bytes.len() as u64), |digest, word| mix(digest ^ word))
}

impl Rng {
    /// The stream of `entity` (a node, usually) for `purpose` under `seed`.
    pub fn stream(seed: u64, purpose: Purpose, entity: u64) -> Self {
        let low = mix(mix(mix(seed) ^ purpose as u64) ^ entity);
        let high = mix(low ^ seed.rotate_left(32));
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&low.to_le_bytes());
        bytes[8..].copy_from_slice(&high.to_le_bytes());
        Rng(Pcg64Mcg::from_seed(bytes))
    }

    /// 64 uniform bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in the open interval (0, 1), with 53 bits: never 0 and never 1,
    /// so that every quantile function is finite there.
    pub fn uniform(&mut self) -> f64 {
        ((self.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// Uniform in `0..bound`, by one multiplication (bias below 2^-32 for the
    /// bounds in use).
    ///
    /// # Panics
    /// When `bound` is zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "no number is below zero");
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// Puts `items` in random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }

    /// `count` of `items` drawn at random, or all of them, in order.
    pub fn some<T: Ord>(&mut self, mut items: Vec<T>, count: usize) -> Vec<T> {
        let count = count.min(items.len());
        for i in 0..count {
            let drawn = i + self.below((items.len() - i) as u64) as usize;
            items.swap(i, drawn);
        }
        items.truncate(count);
        items.sort_unstable();
        items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_vectors() {
        let draw = |purpose, entity| {
            let mut rng = Rng::stream(42, purpose, entity);
            [rng.next_u64(), rng.next_u64()]
        };
        let got = [draw(Purpose::Links, 0), draw(Purpose::Links, 1), draw(Purpose::Protocol, 7)];
        assert_eq!(got, GOLDEN, "streams changed: every published result changes with them");
    }
    const GOLDEN: [[u64; 2]; 3] = [
        [8646135526078642883, 18313298014029240165],
        [7761174685307178650, 8855999481746879491],
        [18139441939441981866, 827537952504481683],
    ];

    #[test]
    fn shuffle_reaches_every_order() {
        let mut rng = Rng::stream(1, Purpose::Protocol, 0);
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..6000 {
            let mut items = [0, 1, 2];
            rng.shuffle(&mut items);
            *counts.entry(items).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|n| (850..1150).contains(n)), "{counts:?}");
    }

    #[test]
    fn uniform_stays_inside_and_is_even() {
        let mut rng = Rng::stream(3, Purpose::Protocol, 0);
        let draws: Vec<f64> = (0..20_000).map(|_| rng.uniform()).collect();
        assert!(draws.iter().all(|u| *u > 0.0 && *u < 1.0));
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
    }
}
