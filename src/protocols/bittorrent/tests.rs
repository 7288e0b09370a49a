//! One client on a bench.

use super::*;
use crate::ledger::Class;
use crate::protocol::{Effect, Message, Units};
use crate::protocols::parts::bench;
use crate::world::BlockSet;
use std::collections::BTreeSet;
use std::rc::Rc;

const BLOCK: u64 = 16 << 10;

struct Bench {
    on: bench::Bench<BitTorrent>,
    /// What the client has sent since the tests last looked.
    sent: Vec<(NodeId, Msg)>,
    hung_up: Vec<NodeId>,
}

impl Bench {
    /// A client that holds all of `blocks` blocks, or none.
    fn new(seed: bool, blocks: u64, change: impl FnOnce(&mut Params)) -> Self {
        let mut params = bench::constants("bittorrent");
        change(&mut params);
        let mut on = bench::Bench::new(bench::world(blocks, BLOCK, 1), &params);
        if seed {
            on.store.add_all(on.world.only());
        }
        let mut bench = Bench { on, sent: Vec::new(), hung_up: Vec::new() };
        bench.act(Units::None, |client, cx| client.open(DatasetId(0), cx));
        bench
    }

    fn act(&mut self, given: Units<'_>, act: impl FnOnce(&mut BitTorrent, &mut Context<'_>)) {
        for effect in self.on.given(given, act) {
            match effect {
                Effect::Send(to, _, message, _) => self.sent.push((to, message)),
                Effect::HangUp(peer, _) => self.hung_up.push(peer),
                _ => {}
            }
        }
    }

    fn connect(&mut self, peers: std::ops::RangeInclusive<u32>) {
        peers.for_each(|peer| self.act(Units::None, |client, cx| client.connected(NodeId(peer), cx)));
        self.sent.clear();
    }

    fn hear(&mut self, peer: u32, message: Msg) {
        self.act(message.carried(), |client, cx| client.message(NodeId(peer), &message, cx));
    }

    /// Seconds pass.
    fn wait(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.on.now += TICK;
            self.act(Units::None, |client, cx| client.on_tick(cx));
        }
    }

    /// Peers that were sent a message that `which` picks, since the last look.
    fn told(&mut self, which: impl Fn(&Msg) -> bool) -> Vec<u32> {
        self.sent.iter().filter(|(_, m)| which(m)).map(|(to, _)| to.0).collect()
    }

    /// Units asked of `peer` since the last look, in order.
    fn asked(&mut self, peer: u32) -> Vec<u32> {
        let mut units = Vec::new();
        for (to, message) in &self.sent {
            if let (true, Msg::Request(asked)) = (to.0 == peer, message) {
                units.extend_from_slice(asked);
            }
        }
        self.sent.clear();
        units
    }

    fn torrent(&self) -> &Torrent {
        &self.on.node.torrents[0]
    }

    fn unchoked(&self) -> Vec<u32> {
        self.torrent().peers.iter().filter(|p| p.unchoked).map(|p| p.id.0).collect()
    }

    /// A peer that has everything, and lets the client request.
    fn seed(&mut self, peer: u32) {
        self.hear(peer, Msg::HaveAll);
        self.hear(peer, Msg::Unchoke);
    }
}

#[test]
fn who_is_interested_while_a_slot_is_free_gets_it_at_once() {
    let mut bench = Bench::new(true, 64, |_| {});
    bench.connect(1..=6);
    (1..=6).for_each(|peer| bench.hear(peer, Msg::Interested));
    assert_eq!(bench.told(|m| *m == Msg::Unchoke), [1, 2, 3, 4]);
}

#[test]
fn peers_with_private_addresses_need_no_slot() {
    let mut bench = Bench::new(true, 64, |p| p.ignore_slots = true);
    bench.connect(1..=9);
    (1..=9).for_each(|peer| bench.hear(peer, Msg::Interested));
    bench.wait(40);
    assert_eq!(bench.told(|m| *m == Msg::Unchoke), (1..=9).collect::<Vec<_>>());
    assert!(bench.told(|m| *m == Msg::Choke).is_empty());
}

#[test]
fn a_round_keeps_those_who_gave_most_and_leaves_one_slot_to_chance() {
    let mut bench = Bench::new(false, 640, |p| p.random_first = 0);
    bench.connect(1..=8);
    (1..=8).for_each(|peer| bench.hear(peer, Msg::Interested));
    // 5, 7 and 8 give, the more the higher their number; 1 to 4 hold the slots.
    for (peer, blocks) in [(5, 1), (7, 2), (8, 3)] {
        bench.seed(peer);
        let units = bench.asked(peer);
        units.iter().take(blocks).for_each(|unit| bench.hear(peer, Msg::Piece(*unit)));
        bench.sent.clear();
    }
    bench.on.node.session.choker.make_due();
    bench.wait(1);
    let unchoked = bench.unchoked();
    assert!([5, 7, 8].iter().all(|peer| unchoked.contains(peer)), "{unchoked:?}");
    assert_eq!(unchoked.len(), 4, "three regular slots and an optimistic one: {unchoked:?}");
    let chance: Vec<u32> = bench.torrent().peers.iter().filter(|p| p.optimistic).map(|p| p.id.0).collect();
    assert_eq!(chance.len(), 1);
    assert!(!bench.told(|m| *m == Msg::Choke).is_empty());
}

#[test]
fn the_optimistic_slot_goes_round() {
    let mut bench = Bench::new(true, 64, |p| p.unchoke_slots = 1);
    bench.connect(1..=3);
    (1..=3).for_each(|peer| bench.hear(peer, Msg::Interested));
    bench.on.node.session.choker.make_due();
    let mut holders = BTreeSet::new();
    for _ in 0..3 {
        bench.wait(1);
        let unchoked = bench.unchoked();
        assert_eq!(unchoked.len(), 1);
        holders.extend(unchoked);
        bench.wait(29);
    }
    assert_eq!(holders.len(), 3, "each had its turn: {holders:?}");
}

/// With one slot there is none but the optimistic one: who was let in for want of others
/// loses it in the first round, and it is given by a clock that began with the client.
#[test]
fn the_clock_of_optimistic_unchokes_began_with_the_client() {
    for age in [1, 11, 44] {
        let mut bench = Bench::new(true, 64, |p| {
            (p.unchoke_slots, p.session_age, p.session_age_spread) = (1, Time::from_secs(age), Time::ZERO);
        });
        bench.connect(1..=3);
        (1..=3).for_each(|peer| bench.hear(peer, Msg::Interested));
        assert_eq!(bench.unchoked(), [1]);
        let ticks = (30 - age % 30) as u32;
        for tick in 1..ticks {
            bench.wait(1);
            assert!(bench.unchoked().is_empty(), "age {age}, tick {tick}");
        }
        bench.wait(1);
        assert_eq!(bench.unchoked().len(), 1, "age {age}");
    }
}

/// Only a slot too many brings a round before its time (`recalculate_optimistic_unchoke_slots`).
#[test]
fn an_optimistic_turn_that_is_over_leaves_the_regular_slots_alone() {
    let mut bench = Bench::new(false, 640, |p| p.random_first = 0);
    bench.connect(1..=8);
    (1..=8).for_each(|peer| bench.hear(peer, Msg::Interested));
    bench.on.node.session.choker.make_due();
    bench.wait(1);
    let regular = |bench: &Bench| -> Vec<u32> {
        bench.torrent().peers.iter().filter(|p| p.unchoked && !p.optimistic).map(|p| p.id.0).collect()
    };
    let held = regular(&bench);
    assert_eq!(held.len(), 3);
    // The others give something meanwhile: the next round is theirs.
    for peer in (1..=8).filter(|peer| !held.contains(peer)) {
        bench.seed(peer);
        let units = bench.asked(peer);
        bench.hear(peer, Msg::Piece(units[0]));
    }
    bench.on.node.session.choker.make_optimistic_due();
    bench.wait(3);
    assert_eq!(regular(&bench), held);
    bench.wait(12);
    assert!(regular(&bench).iter().all(|peer| !held.contains(peer)));
}

#[test]
fn a_slot_that_is_given_up_goes_to_somebody_within_a_second() {
    let mut bench = Bench::new(true, 64, |_| {});
    bench.connect(1..=5);
    (1..=5).for_each(|peer| bench.hear(peer, Msg::Interested));
    bench.hear(1, Msg::NotInterested);
    assert_eq!(bench.unchoked(), [2, 3, 4]);
    bench.sent.clear();
    bench.on.node.session.choker.make_due();
    bench.wait(1);
    assert!(bench.unchoked().contains(&5), "{:?}", bench.unchoked());
}

#[test]
fn a_choke_voids_what_waits() {
    let mut bench = Bench::new(true, 64, |p| (p.unchoke_slots, p.allowed_fast) = (1, 0));
    bench.connect(1..=1);
    bench.hear(1, Msg::Interested);
    bench.hear(1, Msg::Request((0..20).collect()));
    let pieces = bench.sent.iter().filter(|(_, m)| matches!(m, Msg::Piece(_))).count();
    assert!((1..20).contains(&pieces), "the send buffer takes {pieces} of 20");
    bench.sent.clear();
    bench.hear(1, Msg::NotInterested);
    let rejected = bench.sent.iter().find_map(|(_, m)| match m {
        Msg::Reject(units) => Some(units.len()),
        _ => None,
    });
    assert_eq!(rejected, Some(20 - pieces));
    bench.hear(1, Msg::Request([3].into_iter().collect()));
    assert!(matches!(bench.sent.last(), Some((_, Msg::Reject(_)))), "a choked peer gets nothing");
}

#[test]
fn a_choked_peer_may_ask_for_the_allowed_pieces() {
    let mut bench = Bench::new(true, 640, |p| p.allowed_fast = 2);
    bench.connect(1..=5);
    (1..=4).for_each(|peer| bench.hear(peer, Msg::Interested)); // they take the slots
    bench.sent.clear();
    let allowed = bench.on.shared.allowed_fast(NodeId(5), DatasetId(0));
    bench.hear(5, Msg::Interested);
    bench.hear(5, Msg::Request([allowed[0] * 16].into_iter().collect()));
    let told = Msg::AllowedFast(allowed.as_slice().into());
    assert_eq!(bench.sent, [(NodeId(5), told), (NodeId(5), Msg::Piece(allowed[0] * 16))]);
    bench.hear(5, Msg::NotInterested);
    bench.hear(5, Msg::Interested);
    assert_eq!(bench.sent.len(), 2, "it is told once");
}

/// The set comes with the first interest, and leaves out what the peer has by then.
#[test]
fn a_peer_is_told_its_allowed_pieces_when_it_is_interested() {
    let mut bench = Bench::new(true, 640, |p| p.allowed_fast = 2);
    bench.act(Units::None, |client, cx| client.connected(NodeId(1), cx));
    assert!(bench.told(|m| matches!(m, Msg::AllowedFast(_))).is_empty(), "not yet");
    let allowed = bench.on.shared.allowed_fast(NodeId(1), DatasetId(0));
    bench.hear(1, Msg::Bitfield(Rc::new(BlockSet::one(allowed[0])), 40));
    bench.hear(1, Msg::Interested);
    let told = bench.sent.iter().find(|(_, m)| matches!(m, Msg::AllowedFast(_)));
    assert_eq!(told, Some(&(NodeId(1), Msg::AllowedFast([allowed[1]].into()))));
}

#[test]
fn requests_grow_by_one_with_every_block_and_then_follow_the_rate() {
    let mut bench = Bench::new(false, 6_400, |_| {});
    bench.connect(1..=1);
    bench.seed(1);
    let mut outstanding = bench.asked(1);
    assert_eq!(outstanding.len(), 4);
    for round in 1..=10 {
        let unit = outstanding.remove(0);
        bench.hear(1, Msg::Piece(unit));
        outstanding.extend(bench.asked(1));
        assert_eq!(outstanding.len(), 4 + round);
    }
    // Ten blocks a second, for long: three seconds' worth, 30 requests.
    for _ in 0..40 {
        for _ in 0..10 {
            let unit = outstanding.remove(0);
            bench.hear(1, Msg::Piece(unit));
            outstanding.extend(bench.asked(1));
        }
        bench.wait(1);
        outstanding.extend(bench.asked(1));
    }
    assert!(!bench.torrent().peers[0].slow_start);
    assert!((29..=31).contains(&bench.torrent().peers[0].desired), "{}", bench.torrent().peers[0].desired);
}

/// All is asked of the first seed; the second one is asked for one block at a
/// time, and what it sends is taken back from the first.
#[test]
fn the_end_game_asks_twice_for_one_block_at_a_time() {
    let mut bench = Bench::new(false, 32, |p| (p.first_requests, p.random_first) = (31, 0));
    bench.connect(1..=2);
    bench.seed(1);
    let first = bench.asked(1);
    assert_eq!(first.len(), 31);
    bench.seed(2);
    let second = bench.asked(2);
    assert_eq!(second.len(), 1, "the last free block, and no busy one while that is outstanding");
    assert!(!first.contains(&second[0]));
    bench.hear(2, Msg::Piece(second[0]));
    let busy = bench.asked(2);
    assert_eq!(busy.len(), 1);
    assert!(first.contains(&busy[0]));
    bench.hear(2, Msg::Piece(busy[0]));
    assert_eq!(bench.sent[0], (NodeId(1), Msg::Cancel(busy[0])));
}

#[test]
fn no_block_is_asked_for_twice_while_a_piece_is_untouched() {
    let mut bench = Bench::new(false, 64, |p| (p.first_requests, p.random_first) = (16, 0));
    bench.connect(1..=2);
    bench.hear(1, Msg::HaveAll);
    bench.hear(1, Msg::Unchoke);
    let piece = bench.asked(1)[0] / 16;
    // The second peer has that piece only; three others are untouched.
    bench.hear(2, Msg::Bitfield(Rc::new(BlockSet::one(piece)), 4));
    bench.hear(2, Msg::Unchoke);
    assert!(bench.asked(2).is_empty());
    assert!(bench.torrent().peers[1].end_game, "it tries again later");
}

#[test]
fn a_peer_that_keeps_silent_is_snubbed_and_its_block_asked_of_another() {
    let mut bench = Bench::new(false, 16, |p| p.first_requests = 16);
    bench.connect(1..=2);
    bench.seed(1);
    assert_eq!(bench.asked(1).len(), 16);
    bench.wait(21); // piece_timeout is 20 s
    assert!(bench.torrent().peers[0].snubbed);
    assert_eq!(bench.torrent().peers[0].desired, 1);
    bench.seed(2);
    assert!(!bench.asked(2).is_empty());
}

#[test]
fn two_seeds_part() {
    let mut bench = Bench::new(false, 1, |_| {});
    bench.connect(1..=2);
    bench.seed(1);
    assert_eq!(bench.asked(1), [0]);
    bench.hear(1, Msg::Piece(0));
    assert!(bench.torrent().is_seed());
    assert_eq!(bench.hung_up, [NodeId(1)]);
    bench.hear(2, Msg::Have(0));
    assert_eq!(bench.hung_up, [NodeId(1), NodeId(2)]);
}

#[test]
fn what_is_not_verified_is_not_announced() {
    let mut bench = Bench::new(false, 32, |p| p.first_requests = 32);
    bench.connect(1..=1);
    bench.seed(1);
    let units = bench.asked(1);
    let piece = units[0] / 16;
    let (last, rest): (Vec<u32>, Vec<u32>) =
        units.iter().filter(|u| *u / 16 == piece).copied().partition(|u| *u == piece * 16);
    rest.iter().for_each(|unit| bench.hear(1, Msg::Piece(*unit)));
    assert_eq!((bench.on.store.len(), bench.on.unverified.len()), (0, 15));
    assert!(bench.told(|m| matches!(m, Msg::Have(_))).is_empty());
    bench.hear(1, Msg::Piece(last[0]));
    assert_eq!((bench.on.store.len(), bench.on.unverified.len()), (16, 0));
    assert_eq!(bench.told(|m| *m == Msg::Have(piece)), [1]);
}

/// BEP 3 and 6: a length of 4 bytes, an id of 1, integers of 4.
#[test]
fn messages_have_the_sizes_of_the_specification() {
    let world = bench::world(639, BLOCK, 1);
    let size = |message: &Msg| {
        let size = message.size(&world);
        (size.total() - size.payload, size.payload)
    };
    for message in [Msg::Choke, Msg::Unchoke, Msg::Interested, Msg::NotInterested, Msg::HaveAll, Msg::HaveNone] {
        assert_eq!(size(&message), (5, 0), "{message:?}");
    }
    assert_eq!(size(&Msg::Have(3)), (9, 0));
    assert_eq!(size(&Msg::Bitfield(Rc::new(BlockSet::one(3)), 40)), (5 + 5, 0));
    assert_eq!(size(&Msg::Bitfield(Rc::new(BlockSet::one(3)), 41)), (5 + 6, 0));
    assert_eq!(size(&Msg::AllowedFast([1, 2].into())), (18, 0));
    assert_eq!(size(&Msg::Request([1, 2, 3].into_iter().collect())), (3 * 17, 0));
    assert_eq!(size(&Msg::Cancel(3)), (17, 0));
    assert_eq!(size(&Msg::Reject([3].into_iter().collect())), (17, 0));
    assert_eq!(size(&Msg::Piece(3)), (13, BLOCK));
    assert_eq!(Msg::Piece(3).class(), Class::Payload);
}

/// Peers are tried again a minute after they were lost, not when the network is back.
#[test]
fn a_client_that_ran_on_keeps_the_pause_after_which_peers_are_tried_again() {
    // Whether it ran on, when it is back after it went at 20 s, and for how long it waits then.
    for (runs_on, back, wait) in [(true, 40, 40), (true, 120, 0), (false, 40, 0)] {
        let mut params: Params = bench::constants("bittorrent");
        params.runs_on = runs_on;
        let mut on = bench::Bench::<BitTorrent>::new(bench::world(64, BLOCK, 1), &params);
        (on.went, on.now) = (Some(Time::from_secs(20)), Time::from_secs(back));
        let effects = on.act(|client, cx| {
            client.start(cx);
            client.open(DatasetId(0), cx);
        });
        let looks = effects.iter().any(|effect| matches!(effect, Effect::Find(_)));
        let pause = Time::from_secs(wait);
        let waits = effects.iter().any(|effect| matches!(effect, Effect::Arm(span, _) if *span == pause));
        assert_eq!((looks, waits), (pause == Time::ZERO, pause > Time::ZERO), "ran on: {runs_on}, back at {back} s");
    }
}
