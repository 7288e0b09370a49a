//! The session alone, without peers or network.

use super::*;
use crate::protocols::bitswap::tests::params;
use crate::rng::Purpose;

const A: NodeId = NodeId(1);
const B: NodeId = NodeId(2);
const C: NodeId = NodeId(3);

struct Bench {
    session: Session,
    params: Params,
    rng: Rng,
    now: Time,
}

impl Bench {
    fn new() -> Self {
        let params = params();
        let rng = Rng::stream(1, Purpose::Protocol, 0);
        Bench { session: Session::new(Time::ZERO, &params), params, rng, now: Time::ZERO }
    }

    fn want(&mut self, units: std::ops::Range<u32>) -> Orders {
        self.session.want(&units.collect::<Vec<_>>(), self.now, &self.params, &mut self.rng)
    }

    fn get(&mut self, from: NodeId, blocks: &[u32], haves: &[u32], lacks: &[u32]) -> Orders {
        self.session.receive(from, Received { blocks, haves, lacks }, self.now, &self.params, &mut self.rng)
    }

    fn idle(&mut self) -> Orders {
        self.now = self.session.idle_at;
        self.session.idle(self.now, &self.params)
    }
}

fn send(peer: NodeId, blocks: &[u32]) -> WantSet {
    WantSet { peer, blocks: blocks.to_vec() }
}

#[test]
fn the_first_wants_are_broadcast_up_to_64() {
    let mut bench = Bench::new();
    let orders = bench.want(0..100);
    assert_eq!(orders, Orders { broadcast: (0..64).collect(), ..Orders::default() });
    assert_eq!(bench.want(100..101), Orders::default(), "64 are live already");
}

#[test]
fn who_has_a_block_joins_and_is_asked_for_everything() {
    let mut bench = Bench::new();
    bench.want(0..3);
    assert_eq!(bench.get(A, &[], &[0], &[]).sends, [send(A, &[0, 1, 2])]);
    // The next one is told of the wants, but asked for nothing.
    assert_eq!(bench.get(B, &[], &[0], &[]).sends, [send(B, &[])]);
    // New wants go to one of them as blocks; both are told; nobody else is.
    let orders = bench.want(3..9);
    assert!(orders.broadcast.is_empty());
    assert_eq!(orders.sends.iter().map(|o| o.peer).collect::<Vec<_>>(), [A, B]);
    assert_eq!(orders.sends.iter().map(|o| o.blocks.len()).sum::<usize>(), 6);
}

#[test]
fn blocks_are_asked_of_those_who_delivered_before() {
    let mut bench = Bench::new();
    bench.want(0..30);
    bench.get(A, &[], &[0], &[]);
    bench.get(B, &[], &[0], &[]);
    bench.get(A, &(0..30).collect::<Vec<_>>(), &[], &[]);
    // A has 31 of 32 tickets, B one: of 3200 draws it gets 100 on average.
    let orders = bench.want(100..3300);
    let of_b = orders.sends[1].blocks.len();
    assert!((70..=130).contains(&of_b), "{of_b}");
}

#[test]
fn a_refused_block_is_asked_of_another_and_a_have_wins() {
    let mut bench = Bench::new();
    bench.want(0..1);
    bench.get(A, &[], &[0], &[]);
    bench.get(B, &[], &[], &[0]);
    bench.session.found(C, bench.now, &mut bench.rng);
    bench.session.found(B, bench.now, &mut bench.rng);
    bench.want(1..2);
    let asked = |bench: &Bench| bench.session.wants.iter().find(|w| w.unit == 1).unwrap().sent_to.unwrap();
    let first = asked(&bench);
    let others: Vec<NodeId> = [A, B, C].into_iter().filter(|id| *id != first).collect();
    bench.get(others[1], &[], &[1], &[]);
    bench.get(first, &[], &[], &[1]);
    assert_eq!(asked(&bench), others[1]);
}

#[test]
fn the_block_that_nobody_has_is_broadcast_and_searched_once() {
    let mut bench = Bench::new();
    bench.want(0..2);
    bench.get(A, &[], &[0], &[]);
    let orders = bench.get(A, &[], &[], &[1]);
    assert_eq!(orders, Orders { broadcast: vec![1], search: true, ..Orders::default() });
    assert_eq!(bench.get(A, &[], &[], &[1]), Orders::default(), "it is known to be exhausted");
}

#[test]
fn a_peer_leaves_with_the_seventeenth_dont_have_in_a_row() {
    let mut bench = Bench::new();
    bench.want(0..40);
    bench.get(A, &[], &[39], &[]);
    bench.get(A, &[39], &[], &[]);
    bench.session.found(B, bench.now, &mut bench.rng);
    let active = |bench: &Bench| bench.session.members.iter().filter(|m| m.active).map(|m| m.id).collect::<Vec<_>>();
    bench.get(B, &[], &[], &(0..16).collect::<Vec<_>>());
    assert_eq!(active(&bench), [A, B]);
    bench.get(B, &[], &[], &[16]);
    assert_eq!(active(&bench), [A]);
    // With a HAVE in between it stays, and so it does while it has what is wanted.
    bench.get(B, &[], &[20], &[]);
    bench.get(B, &[], &[], &(0..16).collect::<Vec<_>>());
    bench.get(B, &[], &[21], &[]);
    bench.get(B, &[], &[], &(0..19).collect::<Vec<_>>());
    assert_eq!(active(&bench), [A, B]);
}

#[test]
fn blocks_of_a_lost_peer_are_asked_of_another() {
    let mut bench = Bench::new();
    bench.want(0..5);
    bench.get(A, &[], &[0], &[]);
    bench.get(B, &[], &[], &[]);
    bench.session.found(B, bench.now, &mut bench.rng);
    let orders = bench.session.leave(A, bench.now, &bench.params, &mut bench.rng);
    assert_eq!(orders.sends, [send(B, &[0, 1, 2, 3, 4])]);
    let orders = bench.session.leave(B, bench.now, &bench.params, &mut bench.rng);
    assert_eq!(orders, Orders { broadcast: (0..5).collect(), search: true, ..Orders::default() });
}

#[test]
fn providers_are_searched_a_second_after_the_start_and_then_more_and_more_rarely() {
    let mut bench = Bench::new();
    bench.want(0..2);
    assert_eq!(bench.session.idle_at, Time::from_secs(1));
    assert_eq!(bench.idle(), Orders { broadcast: vec![0, 1], search: true, ..Orders::default() });
    // As in the original: the pause is set before the tick is counted.
    for (at, search) in [(2, false), (4, false), (7, false)] {
        let orders = bench.idle();
        assert_eq!((bench.now, orders.search), (Time::from_secs(at), search));
    }
}

#[test]
fn with_a_latency_the_session_idles_for_half_a_second_and_three_latencies() {
    let mut bench = Bench::new();
    bench.want(0..3);
    bench.now = Time::from_millis(100);
    bench.get(A, &[0], &[], &[]);
    assert_eq!(bench.session.idle_at, Time::from_millis(100 + 500 + 3 * 100));
    bench.idle();
    bench.now = Time::from_millis(1_000);
    bench.get(A, &[1], &[], &[]);
    // Sent anew at 900 ms: latencies of 100 and 100 ms; the tick is forgotten.
    assert_eq!(bench.session.idle_at, Time::from_millis(1_000 + 500 + 3 * 100));
}

#[test]
fn the_periodic_search_asks_for_one_live_want() {
    let mut bench = Bench::new();
    assert_eq!(bench.session.periodic(&mut bench.rng), None);
    bench.want(0..10);
    let orders = bench.session.periodic(&mut bench.rng).unwrap();
    assert!(orders.search && orders.broadcast.len() == 1 && orders.broadcast[0] < 10);
}

#[test]
fn duplicates_earn_nothing() {
    let mut bench = Bench::new();
    bench.want(0..1);
    bench.get(A, &[0], &[], &[]);
    bench.get(B, &[0], &[], &[]);
    let firsts: Vec<u64> = bench.session.members.iter().map(|m| m.firsts).collect();
    assert_eq!(firsts, [1, 0]);
}
