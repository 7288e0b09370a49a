//! What no protocol can beat in a given world, and closed forms to hold the
//! simulation against. Each names its source.

mod cuts;
mod demand;
pub mod durability;
pub mod mixnet;
pub mod nat;
mod queues;

pub use cuts::{CoreCut, behind_one_wire_secs, core_cuts};
pub use queues::{che_hit_ratio, md1_time, sharing_time, zipf};

use crate::units::Time;
use crate::world::{DatasetId, NodeId, Part, Role, Want, World};
use demand::Demand;
use std::collections::BTreeMap;

/// A lower bound on the makespan and the resource that sets it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// From the start of the first leecher to the completion of the last.
    pub makespan: Time,
    /// `leecher_down`, `seeder_up`, `swarm_up` or `core_link`.
    pub kind: &'static str,
}

/// Minimum distribution time (Kumar & Ross, "Peer-assisted file distribution:
/// the minimum distribution time", HOTWEB 2006): `max(F/d_min, F/u_s, L F/(u_s +
/// sum u_i))`, of any number of datasets: what a node wants from some moment on comes down
/// its link after that moment; each dataset that is wanted leaves those who have it from
/// the start once, and so do all together; all that is wanted leaves some node. And what
/// the core links of a graph allow. Fluid, without latency, for files of the true size:
/// nothing can be faster.
pub fn distribution_time(world: &World) -> Bound {
    let demand = Demand::of(world);
    let up = |id: NodeId| world.node(id).up.bytes_per_second();
    let takes_part = |id: &NodeId| matches!(world.node(*id).role, Role::Seeder | Role::Leecher);
    let all_up: f64 = world.ids().filter(takes_part).map(up).sum();
    let bytes: f64 = demand.needs.iter().map(|need| need.bytes).sum();
    let candidates = [
        (down_secs(&demand, world), "leecher_down"),
        (source_secs(&demand, world), "seeder_up"),
        (if bytes > 0.0 { bytes / all_up } else { 0.0 }, "swarm_up"),
        (cuts::core_secs(world, &demand), "core_link"),
    ];
    let best = candidates.into_iter().fold((0.0, "leecher_down"), |a, b| if b.0 > a.0 { b } else { a });
    // Rounded down: a bound must not exceed the truth by a nanosecond.
    Bound { makespan: Time::from_nanos((best.0 * 1e9) as u64), kind: best.1 }
}

/// The least time, from the first need on, in which every node takes what it wants: of each
/// node what it wants from some moment on, after that moment.
fn down_secs(demand: &Demand, world: &World) -> f64 {
    let mut left = vec![0.0; world.nodes.len()];
    let mut most: f64 = 0.0;
    for need in demand.needs.iter().rev() {
        let later = &mut left[need.node.index()];
        *later += need.bytes;
        let down = world.node(need.node).down.bytes_per_second();
        most = most.max((need.from - demand.first()).secs() + *later / down);
    }
    most
}

/// The least time in which what is wanted leaves those who have it from the start, once:
/// each dataset its own, and all of them together.
fn source_secs(demand: &Demand, world: &World) -> f64 {
    let mut needed = vec![(Time::NEVER, 0.0_f64); world.datasets.len() as usize];
    let mut slots: BTreeMap<Want, f64> = BTreeMap::new();
    for need in &demand.needs {
        let (from, bytes) = &mut needed[need.want.dataset.index()];
        (*from, *bytes) = ((*from).min(need.from), bytes.max(need.bytes));
        if need.want.part != Part::File {
            let of_slot = slots.entry(need.want).or_default();
            *of_slot = of_slot.max(need.bytes);
        }
    }
    // As much of the file as there are slots wanted leaves them: with that all can be made.
    let mut of_slots: BTreeMap<DatasetId, f64> = BTreeMap::new();
    slots.into_iter().for_each(|(want, bytes)| *of_slots.entry(want.dataset).or_default() += bytes);
    for (dataset, bytes) in of_slots {
        let file = world.datasets.get(dataset).size.get() as f64;
        let needed = &mut needed[dataset.index()].1;
        *needed = needed.max(bytes.min(file));
    }
    let mut is_source = vec![false; world.nodes.len()];
    let up = |id: &NodeId| world.node(*id).up.bytes_per_second();
    let (mut most, mut sum) = (0.0_f64, 0.0);
    for ((from, bytes), sources) in needed.into_iter().zip(&demand.sources).filter(|((_, bytes), _)| *bytes > 0.0) {
        sources.iter().for_each(|id| is_source[id.index()] = true);
        // Nobody has it: it never comes, and this is no bound on when.
        if !sources.is_empty() {
            most = most.max((from - demand.first()).secs() + bytes / sources.iter().map(up).sum::<f64>());
            sum += bytes;
        }
    }
    let all: f64 = world.ids().filter(|id| is_source[id.index()]).map(|id| up(&id)).sum();
    if sum > 0.0 { most.max(sum / all) } else { most }
}

/// Least time for all leechers when none of them uploads: `L F / u_s`.
pub fn seeders_only_secs(file_bytes: f64, leechers: u32, seeder_up_bytes_per_s: f64) -> f64 {
    f64::from(leechers) * file_bytes / seeder_up_bytes_per_s
}

/// Size in bytes of a block below which asking all `holders` for it at once is
/// faster than asking first who has it (RFC 111): the round trip of `rtt_s`
/// seconds that this saves, against `holders - 1` copies in vain through a
/// downlink of `rate` bytes per second that all of them share. Infinite with one
/// holder.
pub fn parallel_pays_below(rate: f64, rtt_s: f64, holders: u32) -> f64 {
    rate * rtt_s / f64::from(holders - 1)
}

/// Throughput in bytes/s of one flow with at most `window` blocks of
/// `block_bytes` outstanding, over capacity `bytes_per_s` and round trip
/// `rtt_s`: `min(b, w S / (R + S/b))`. The sliding-window law; see any text on
/// automatic repeat request, e.g. Bertsekas & Gallager, "Data Networks", 2.4.
pub fn window_limited(bytes_per_s: f64, rtt_s: f64, window: u32, block_bytes: f64) -> f64 {
    bytes_per_s.min(f64::from(window) * block_bytes / (rtt_s + block_bytes / bytes_per_s))
}

/// Seconds from one answer to the next where each takes `answer` message bytes, at
/// least two are asked for at any time, and the muxer has a `window` between one and
/// two of them: `R + (2 A - W) / b`, for a link of `bytes_per_s` message bytes and a
/// round trip of `rtt_s`.
///
/// An answer and the first `W - A` bytes of the next fit into the window. A receiver
/// gives credit back when it has read half of a window or more (yamux): for the whole
/// answer at once, as `A > W/2`, and for the piece behind it not yet. The credit of `A`
/// bytes lets the other `2 A - W` bytes of that next answer go, and `W - A` bytes of
/// the one after it, which is where things were. So the credit for the next answer
/// leaves when its `2 A - W` bytes are there, a round trip and their time after the
/// one before. A window of hardly less than two answers is as slow as one of one.
pub fn muxed_answer_secs(answer: f64, window: f64, bytes_per_s: f64, rtt_s: f64) -> f64 {
    rtt_s + (2.0 * answer - window) / bytes_per_s
}

/// Blocks outstanding that fill the pipe: `ceil((b R + S) / S)`.
pub fn full_pipe_window(bytes_per_s: f64, rtt_s: f64, block_bytes: f64) -> u32 {
    libm::ceil((bytes_per_s * rtt_s + block_bytes) / block_bytes) as u32
}

/// Rounds to bring `parts` parts to `leechers` leechers with equal uploads, one
/// part per round and upload: `M - 1 + ceil(log2(N + 1))` (Mundinger, Weber &
/// Weiss, "Optimal scheduling of peer-to-peer file dissemination", J.
/// Scheduling 11, 2008).
pub fn dissemination_rounds(parts: u64, leechers: u64) -> u64 {
    let n = leechers + 1;
    let log = if n <= 1 { 0 } else { 64 - (n - 1).leading_zeros() };
    parts - 1 + u64::from(log)
}

/// Rounds to bring `parts` parts, a multiple of `stripes`, from one node to
/// `leechers` leechers with equal uploads down `stripes` trees in which each
/// inner node passes a stripe on to as many children at once: `M + s (D - 1)`,
/// with the least D for which `1 + s + .. + s^(D-1)` is at least N (SplitStream,
/// Castro et al. 2003; one stripe is a chain). A round is one part over one upload.
pub fn striped_rounds(parts: u32, leechers: u32, stripes: u32) -> u32 {
    let (mut levels, mut reached, mut width) = (1, 1u64, 1u64);
    while reached < u64::from(leechers) {
        width *= u64::from(stripes);
        reached += width;
        levels += 1;
    }
    parts + stripes * (levels - 1)
}

/// Last arrival when one node sends `bytes` to each of `peers` over its uplink
/// and a one-way delay: `D S / b + l`.
pub fn fan_out_secs(bytes: f64, peers: u32, bytes_per_s: f64, delay_s: f64) -> f64 {
    f64::from(peers) * bytes / bytes_per_s + delay_s
}

/// Expected number of answers until all of `peers` are known, when each names
/// `answer` of them at random: the coupon collector in groups, `sum over j of
/// (-1)^(j+1) C(m,j) / (1 - C(m-j,k)/C(m,k))` (Stadje, "The collector's problem
/// with group drawings", Adv. Appl. Prob. 22, 1990). Summed over the chance that
/// somebody is still unknown, which does not cancel: for the tail after `t`
/// answers by the number of known peers.
pub fn group_coupons(peers: u32, answer: u32) -> f64 {
    let (m, k) = (peers as usize, answer.min(peers) as usize);
    if m == 0 {
        return 0.0;
    }
    // `expected[u]` is further answers while u peers are unknown. An answer finds
    // i of these with the chances of a hypergeometric draw.
    let log_choose = |n: usize, r: usize| {
        libm::lgamma(n as f64 + 1.0) - libm::lgamma(r as f64 + 1.0) - libm::lgamma((n - r) as f64 + 1.0)
    };
    let mut expected = vec![0.0; m + 1];
    for unknown in 1..=m {
        let chance = |i: usize| {
            let known = m - unknown;
            if k - i > known {
                return 0.0;
            }
            libm::exp(log_choose(unknown, i) + log_choose(known, k - i) - log_choose(m, k))
        };
        let further: f64 = (1..=unknown.min(k)).map(|i| chance(i) * expected[unknown - i]).sum();
        let some: f64 = (1..=unknown.min(k)).map(chance).sum();
        expected[unknown] = (1.0 + further) / some;
    }
    expected[m]
}

/// What loads a distributed hash table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DhtLoad {
    /// Nodes in the table.
    pub nodes: f64,
    /// Keys that each node announces.
    pub keys_per_node: f64,
    /// Seconds between two announcements of a key.
    pub interval_s: f64,
    /// Nodes that announce the same key.
    pub providers_per_key: f64,
    /// Searches for providers that a node begins each second.
    pub queries_per_s: f64,
}

impl DhtLoad {
    /// Searches that each node begins per second in the storage team's model,
    /// `C Q / N` with `Q = P/604800 (0.05 + 0.2/C)`.
    pub fn modelled_queries_per_s(&self) -> f64 {
        let q = self.providers_per_key / 604_800.0 * (0.05 + 0.2 / self.keys_per_node);
        self.keys_per_node * q / self.nodes
    }
}

/// Upkeep of a hash table, bytes per second and node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DhtUpkeep {
    /// Pings and refreshes.
    pub maintenance: f64,
    /// Announcing keys.
    pub advertising: f64,
    /// Looking for providers.
    pub queries: f64,
}

impl DhtUpkeep {
    /// All of it.
    pub fn total(&self) -> f64 {
        self.maintenance + self.advertising + self.queries
    }
}

/// The storage team's own upper bound on the upkeep of the discv5 table
/// (logos-storage-research, `analysis/DHT-scaling/swarm-participant-upper-bounds-of-DHT.md`):
/// `6.67 + 48.2 log2 N + (C/T)(14460 log2 N + 3744) + q (14460 log2 N + 528 +
/// 16 (5 ceil(P'/5) + 300 P'))`, `P' = min(P, 100)`. It charges `alpha log2 N`
/// requests of 20 + 16 x 300 B for a look-up, and bodies of messages only.
pub fn dht_upkeep(load: &DhtLoad) -> DhtUpkeep {
    let log = libm::log2(load.nodes);
    let lookup = 14_460.0 * log;
    let answered = load.providers_per_key.min(100.0);
    let answers = 16.0 * (5.0 * libm::ceil(answered / 5.0) + 300.0 * answered);
    DhtUpkeep {
        maintenance: 6.67 + 48.2 * log,
        advertising: load.keys_per_node / load.interval_s * (lookup + 3744.0),
        queries: load.queries_per_s * (lookup + 528.0 + answers),
    }
}

/// Edges of a graph that grows by nodes which each join to `joins` earlier
/// ones: `d n - d (d + 1)/2`.
pub fn grown_edges(nodes: u64, joins: u64) -> u64 {
    joins * nodes - joins * (joins + 1) / 2
}

/// Expected number of neighbours of its first node, when the earlier nodes are
/// chosen evenly: `(d - 1) + d (H(n-1) - H(d-1))`, for the first `d` join to all.
pub fn grown_first_degree(nodes: u64, joins: u64) -> f64 {
    (joins - 1) as f64 + joins as f64 * (joins..nodes).map(|i| 1.0 / i as f64).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Bytes, Rate};
    use crate::world::*;

    fn world(seeder_up: &str, leecher_up: &str, down: &str, leechers: u32, size: u64) -> World {
        let rate = |text: &str| -> Rate { text.parse().unwrap() };
        let dataset = DatasetSpec { size: Bytes(size), block_size: Bytes(65_536), group: 1 };
        let spec = WorldSpec {
            links: vec![LinkClass { share: 1.0, up: rate(leecher_up), down: rate(down) }],
            seeder_up: Some(rate(seeder_up)),
            ..WorldSpec::plain((leechers + 1, 1), dataset, rate(down))
        };
        World::build(&spec, 1, 0)
    }

    /// Oracle F4, the worked number and one for each of the three resources.
    #[test]
    fn f4_minimum_distribution_time() {
        let secs = |w: &World| (distribution_time(w).makespan.secs(), distribution_time(w).kind);
        let giga = 1_000_000_000;
        assert_eq!(secs(&world("20 Mbit/s", "20 Mbit/s", "100 Mbit/s", 100, giga)), (400.0, "seeder_up"));
        assert_eq!(secs(&world("400 Mbit/s", "20 Mbit/s", "40 Mbit/s", 10, giga)), (200.0, "leecher_down"));
        assert_eq!(secs(&world("40 Mbit/s", "10 Mbit/s", "100 Mbit/s", 36, giga)), (720.0, "swarm_up"));
        assert_eq!(seeders_only_secs(1e9, 100, 2.5e6), 40_000.0);
    }

    /// Oracle F1: 50 Mbit/s, 100 ms, 64 KiB: full pipe at 11, 0.593 MB/s at one.
    #[test]
    fn f1_window_limited_transfer() {
        let (b, r, s) = (6.25e6, 0.1, 65_536.0);
        assert_eq!(full_pipe_window(b, r, s), 11);
        assert!((window_limited(b, r, 1, s) / 0.593e6 - 1.0).abs() < 1e-3);
        assert_eq!(window_limited(b, r, 11, s), b);
        assert!(window_limited(b, r, 10, s) < b);
    }

    /// Two blocks of a file of 160, 131,841 B each time, through the 256 KiB of yamux:
    /// 50.25 ms on a round trip of 50 ms, whose window alone would carry 5.2 MB/s.
    #[test]
    fn an_answer_in_a_round_trip() {
        let answer = f64::from(131_072 + 61 + 2 * (82 + 34 * 8));
        let secs = muxed_answer_secs(answer, 262_144.0, 6.25e6, 0.05);
        assert!((secs - 0.050_246).abs() < 1e-6, "{secs}");
        assert!(answer / secs < 0.51 * 262_144.0 / 0.05);
    }

    /// Oracle F5: 400 parts, 31 leechers: 404 rounds; equal to M + floor(log2 N).
    #[test]
    fn f5_rounds() {
        assert_eq!(dissemination_rounds(400, 31), 404);
        for n in 1..200u64 {
            assert_eq!(dissemination_rounds(7, n), 7 + u64::from(n.ilog2()), "{n}");
        }
    }

    /// By hand: a chain of 31, binary trees of five levels, and 1 + 5 + 25 = 31.
    #[test]
    fn f5_rounds_of_stripes() {
        assert_eq!([1, 2, 5, 30].map(|stripes| striped_rounds(400, 31, stripes)), [430, 408, 410, 430]);
        assert_eq!((striped_rounds(40, 1, 3), striped_rounds(40, 4, 3)), (40, 43), "one level, and two");
    }

    /// Oracle F8: (2560, 2): 5117 edges, 15.850.
    #[test]
    fn f8_growing_overlay() {
        assert_eq!(grown_edges(2560, 2), 5117);
        assert!((grown_first_degree(2560, 2) - 15.850).abs() < 5e-4, "{}", grown_first_degree(2560, 2));
        assert_eq!((grown_edges(5, 4), grown_first_degree(5, 4)), (10, 4.0), "everybody joins to everybody");
    }

    /// Oracle F9: N 1e4, T 30 min, C 27, P 10: 3.5014 KiB/s. Where nobody
    /// announces or asks, only the first part is left.
    #[test]
    fn f9_upkeep_of_a_hash_table() {
        let mut load = DhtLoad {
            nodes: 1e4,
            keys_per_node: 27.0,
            interval_s: 1800.0,
            providers_per_key: 10.0,
            queries_per_s: 0.0,
        };
        load.queries_per_s = load.modelled_queries_per_s();
        let upkeep = dht_upkeep(&load);
        assert!((upkeep.total() / 1024.0 - 3.5014).abs() < 5e-5, "{upkeep:?}");
        let doubled = dht_upkeep(&DhtLoad { interval_s: 3600.0, ..load });
        assert!((upkeep.advertising / doubled.advertising - 2.0).abs() < 1e-12);
        // A search with a hundred providers or more: 16 answers of 30100 B.
        let many = dht_upkeep(&DhtLoad { nodes: 1.0, providers_per_key: 400.0, queries_per_s: 1.0, ..load });
        assert_eq!(many.queries, 528.0 + 16.0 * (100.0 + 30_000.0));
        assert_eq!(many.maintenance, 6.67);
    }

    /// Oracle F7, and the alternating sum itself where it does not cancel.
    #[test]
    fn f7_group_coupon_collector() {
        assert!((group_coupons(47, 10) - 19.2247).abs() < 5e-5, "{}", group_coupons(47, 10));
        let choose = |n: u32, r: u32| (0..r).fold(1.0, |c, i| c * f64::from(n.saturating_sub(i)) / f64::from(i + 1));
        for (m, k) in [(1, 1), (5, 2), (9, 9), (12, 5), (15, 1)] {
            let term = |j: u32| {
                let sign = if j % 2 == 1 { 1.0 } else { -1.0 };
                sign * choose(m, j) / (1.0 - choose(m - j, k) / choose(m, k))
            };
            let sum: f64 = (1..=m).map(term).sum();
            assert!((group_coupons(m, k) / sum - 1.0).abs() < 1e-9, "{m} {k}: {sum}");
        }
    }

    /// Oracle F25: 1 MB, 100 Mbit/s, 100 ms, one peer: 180 ms.
    #[test]
    fn f25_fan_out() {
        assert!((fan_out_secs(1e6, 1, 12.5e6, 0.1) - 0.180).abs() < 1e-12);
    }
}
