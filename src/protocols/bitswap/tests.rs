//! The micro-benchmarks of go-bitswap, and what the tests of the parts share.
//!
//! `ipfs/go-bitswap` `benchmarks_test.go`, BenchmarkFixedDelay: one node fetches
//! 100 blocks of 8000 B from seeds over a virtual network in which every message
//! takes 10 ms and bytes cost nothing; all are connected from the start. Here
//! the node itself runs on such a network, for seeds hold parts of the dataset
//! only, which no scenario can say. The original's first block has 800 B and
//! is sent at once in place of a HAVE; here all are alike, which costs the first
//! one a round trip.

use super::*;
use crate::engine::TimerId;
use crate::protocol::{Effect, Message, Units};
use crate::protocols::parts::bench;
pub(super) use crate::protocols::parts::bench::world;
use crate::rng::{Purpose, Rng};
use crate::units::Time;
use std::collections::BTreeMap;

/// The constants of the model.
pub(super) fn params() -> Params {
    bench::constants("bitswap")
}

enum Event {
    Arrives(NodeId, NodeId, Msg),
    Leaves(NodeId, NodeId, u32),
    Fires(NodeId, TimerId),
}

/// The virtual network. The last node fetches.
struct Bench {
    hosts: Vec<bench::Bench<Bitswap>>,
    events: BTreeMap<(Time, u64), Event>,
    now: Time,
    count: u64,
    /// Messages and block copies that the fetching node sent and received.
    sent: u64,
    received: u64,
    copies: u32,
    /// This seed's blocks take longer.
    slow: Option<(NodeId, Time)>,
}

/// What a benchmark measured.
#[derive(Debug)]
struct Measured {
    time: Time,
    sent: u64,
    received: u64,
    duplicates: u32,
}

const DELAY: Time = Time::from_millis(10);
const BLOCKS: u32 = 100;

impl Bench {
    fn new(seeds: &[Vec<u32>], batches: &[u32], seed: u64) -> Self {
        let params = Params { order: Order::List, batches: batches.to_vec(), ..params() };
        let host = |(id, blocks): (usize, &[u32])| {
            let mut host = bench::Bench::new(world(u64::from(BLOCKS), 8_000, 1), &params);
            host.store.add(&blocks.iter().copied().collect(), host.world.only());
            (host.me, host.manifests) = (NodeId(id as u32), BlockSet::new());
            host.rng = Rng::stream(seed, Purpose::Protocol, id as u64);
            host
        };
        let holdings = seeds.iter().map(Vec::as_slice).chain([&[][..]]);
        let hosts = holdings.enumerate().map(host).collect();
        let (events, now) = (BTreeMap::new(), Time::ZERO);
        Bench { hosts, events, now, count: 0, sent: 0, received: 0, copies: 0, slow: None }
    }

    fn fetcher(&self) -> NodeId {
        NodeId(self.hosts.len() as u32 - 1)
    }

    fn at(&mut self, delay: Time, event: Event) {
        self.count += 1;
        self.events.insert((self.now + delay, self.count), event);
    }

    fn with(&mut self, me: NodeId, given: Units<'_>, act: impl FnOnce(&mut Bitswap, &mut Context<'_>)) {
        let host = &mut self.hosts[me.index()];
        host.now = self.now;
        for effect in host.given(given, act) {
            match effect {
                Effect::Send(to, _, message, token) => {
                    self.sent += u64::from(me == self.fetcher());
                    let late = self.slow.filter(|(id, _)| *id == me && !message.carried().is_empty());
                    self.at(late.map_or(DELAY, |(_, delay)| delay), Event::Arrives(me, to, message));
                    token.into_iter().for_each(|token| self.at(Time::ZERO, Event::Leaves(me, to, token)));
                }
                Effect::Arm(delay, timer) => self.at(delay, Event::Fires(me, timer)),
                // All are connected, and nobody has to be found.
                _ => {}
            }
        }
    }

    fn run(mut self) -> Measured {
        let fetcher = self.fetcher();
        for seed in (0..fetcher.0).map(NodeId) {
            self.with(seed, Units::None, |mind, cx| mind.connected(fetcher, cx));
            self.with(fetcher, Units::None, |mind, cx| mind.connected(seed, cx));
        }
        self.with(fetcher, Units::None, |mind, cx| mind.open(DatasetId(0), cx));
        while self.hosts[fetcher.index()].store.len() < BLOCKS {
            let ((now, _), event) = self.events.pop_first().expect("the fetch stalls");
            self.now = now;
            match event {
                Event::Arrives(from, to, message) => {
                    if to == fetcher && !matches!(message, Msg::Written) {
                        self.received += 1;
                        self.copies += message.carried().len();
                    }
                    self.with(to, message.carried(), |mind, cx| mind.message(from, &message, cx));
                }
                Event::Leaves(from, to, token) => self.with(from, Units::None, |mind, cx| mind.sent(to, token, cx)),
                Event::Fires(id, timer) => {
                    if let Some((.., what)) = self.hosts[id.index()].timers.fire(timer) {
                        self.with(id, Units::None, |mind, cx| mind.timer(what, cx));
                    }
                }
            }
        }
        Measured { time: self.now, sent: self.sent, received: self.received, duplicates: self.copies - BLOCKS }
    }
}

fn all(seeds: usize) -> Vec<Vec<u32>> {
    vec![(0..BLOCKS).collect(); seeds]
}

/// `overlap1`: the first has blocks 0 to 74, the second 25 to 99.
fn overlap1() -> Vec<Vec<u32>> {
    vec![(0..75).collect(), (25..100).collect()]
}

/// `overlap2`: even blocks, odd blocks, and every third block at both.
fn overlap2() -> Vec<Vec<u32>> {
    [0, 1].map(|rest| (0..BLOCKS).filter(|i| i % 3 == 0 || i % 2 == rest).collect()).into()
}

/// `onePeerPerBlock`: each block at one of nine.
fn one_peer_per_block(seed: u64) -> Vec<Vec<u32>> {
    let mut rng = Rng::stream(seed, Purpose::SeederSet, 0);
    let mut seeds = vec![Vec::new(); 9];
    (0..BLOCKS).for_each(|block| seeds[rng.below(9) as usize].push(block));
    seeds
}

fn run(seeds: &[Vec<u32>], batches: &[u32]) -> Measured {
    Bench::new(seeds, batches, 7).run()
}

/// Published in `ipfs/go-bitswap` pull request 189 (2019-10-21), which brought
/// HAVE and DONT_HAVE: times of its proof of concept with a fixed delay of
/// 10 ms. What is more there than here is the machine it ran on. Two of the times
/// say what that takes for a round and for a block (3.6 ms and 0.09 ms); with it
/// the third is met within 3 %.
///
/// Not met are its duplicates where all seeds have everything: 5 of 105 and 35
/// of 135 there, none here: the code as it is today sends each want to one peer,
/// and no published numbers of it were found. Met: none where seeds differ.
#[test]
fn published_times_are_met() {
    let round = 2.0 * DELAY.secs() + params().debounce.secs();
    let rounds = |seeds: &[Vec<u32>], batch, seed| {
        let measured = Bench::new(seeds, &[batch], seed).run();
        assert_eq!(measured.duplicates, 0);
        measured.time.secs() / round
    };
    // 3Nodes-AllToAll-OneAtATime and -BigBatch: rounds of 21 ms and the machine.
    let (one_by_one, at_once) = (rounds(&all(2), 1, 7), rounds(&all(2), 100, 7));
    let (spare, spare_at_once) = (2.49 - one_by_one * round, 0.058 - at_once * round);
    let per_round = (spare - spare_at_once) / (one_by_one - at_once);
    let per_block = (spare - one_by_one * per_round) / f64::from(BLOCKS);
    assert!((0.003..0.004).contains(&per_round) && (0.0..2e-4).contains(&per_block), "{per_round} s, {per_block} s");
    // 3Nodes-Overlap1-OneAtATime, over the draws of the first holder.
    let overlap = (0..40).map(|seed| rounds(&overlap1(), 1, seed)).sum::<f64>() / 40.0;
    let predicted = overlap * (round + per_round) + f64::from(BLOCKS) * per_block;
    assert!((predicted / 2.65 - 1.0).abs() < 0.03, "{predicted} s, published 2.65 s");
}

/// The same comparison without the machine: that the second half of the blocks
/// has another holder costs 2.65 - 2.49 = 0.16 s there. The holder of the first
/// is asked first for what it lacks until it has said so 17 times in a row,
/// unless the draw falls on the other.
#[test]
fn the_published_cost_of_a_change_of_holders_is_met() {
    let seconds = |seeds: &[Vec<u32>], seed| Bench::new(seeds, &[1], seed).run().time.secs();
    let costs: Vec<f64> = (0..40).map(|seed| seconds(&overlap1(), seed) - seconds(&all(2), seed)).collect();
    let mean = costs.iter().sum::<f64>() / 40.0;
    assert!((mean - 0.16).abs() < 0.05, "{mean}: {costs:?}");
}

/// Counted from the code: a first round finds holders, and from then on each
/// batch takes one; a round is there and back and a debounce. No time-out or
/// second search comes in between.
#[test]
fn each_batch_takes_a_round() {
    let round = 2 * DELAY.nanos() + params().debounce.nanos();
    for (seeds, batches, rounds) in [
        (all(2), &[1][..], 101),
        (all(9), &[1], 101),
        (all(9), &[10], 11),
        (all(2), &[100], 2),
        (all(9), &[1, 10, 89], 4),
    ] {
        let measured = run(&seeds, batches);
        assert_eq!(measured.time.nanos(), rounds * round, "{} seeds, {batches:?}", seeds.len());
    }
}

/// Counted from the code, one block at a time: the broadcast goes to every seed
/// and comes back as HAVEs, the first block is asked of one; each further block
/// takes a message to every seed (a want-block or a want-have, and the cancel of
/// the block before with it), and one back. HAVEs of the last block may be
/// under way when the fetch ends.
#[test]
fn messages_are_as_many_as_the_code_says() {
    for seeds in [1, 2, 9] {
        let measured = run(&all(seeds), &[1]);
        let expected = seeds as u64 + 1 + 99 * seeds as u64;
        assert_eq!(measured.sent, expected, "{seeds} seeds");
        assert!((expected - (seeds as u64 - 1)..=expected).contains(&measured.received), "{seeds}: {measured:?}");
    }
}

/// `benchmarks_test.go` on `onePeerPerBlock`: "with this layout, we shouldnt
/// actually ever see any duplicate blocks". Nor with blocks too large to be sent
/// unasked and no time-outs anywhere else.
#[test]
fn no_block_comes_twice() {
    for seed in 0..5 {
        for batches in [&[1][..], &[10], &[100], &[1, 10, 89]] {
            for seeds in [one_peer_per_block(seed), overlap2(), all(9)] {
                let measured = run(&seeds, batches);
                assert_eq!(measured.duplicates, 0, "{batches:?}: {measured:?}");
            }
        }
    }
}

/// A peer that is slow to answer counts as one that lacks the block: it is
/// asked of another, and comes twice.
#[test]
fn a_late_block_is_asked_of_another_and_comes_twice() {
    let mut bench = Bench::new(&all(2), &[1], 7);
    bench.slow = Some((NodeId(0), Time::from_millis(500)));
    let measured = bench.run();
    assert!(measured.duplicates > 0, "{measured:?}");
}
