//! A tracker: one server that everybody announces to and asks.
//!
//! It speaks BEP 15 (UDP): a connect request and its answer, then an announce
//! request and an answer with some of the peers it knows, chosen at random. It
//! has a machine of its own ([`World::add_server`]) that is always there; a request
//! that is lost on the way is repeated after 15 s, 30 s, and so on.

use super::slots::Slots;
use super::{Alarm, Datagram, Letter, Out, Outbox, Tally};
use crate::network::Fate;
use crate::protocol::Key;
use crate::rng::{Purpose, Rng};
use crate::units::{Bytes, Time};
use crate::world::{BlockSet, NodeId, World};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Constants of a tracker.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrackerParams {
    /// Peers in one answer at the most.
    pub peers_per_answer: u32,
    /// Between two announcements of a provider.
    pub interval: Time,
    /// A provider that has not announced itself for so long is forgotten.
    pub expiry: Time,
    /// Waiting for the first answer; each repetition waits twice as long.
    pub timeout: Time,
    /// Times that a request is repeated.
    pub retries: u32,
    /// Connect request and its answer, without UDP and IP headers.
    pub connect_size: Bytes,
    /// Announce request.
    pub announce_size: Bytes,
    /// Its answer without peers.
    pub answer_size: Bytes,
    /// A peer in the answer.
    pub peer_size: Bytes,
    /// UDP and IP headers of a packet.
    pub packet_overhead: Bytes,
    /// Whether the seeders have announced themselves before the start.
    pub warm: bool,
}

/// What is counted apart.
const KINDS: [&str; 4] = ["connect", "connected", "announce", "peers"];
const CONNECT: u8 = 0;
const CONNECTED: u8 = 1;
const ANNOUNCE: u8 = 2;
const PEERS: u8 = 3;

/// An announcement under way.
#[derive(Debug, Default)]
struct Exchange {
    asker: NodeId,
    key: Option<Key>,
    /// The asker wants to be known.
    provides: bool,
    /// The tracker has noted the asker.
    noted: bool,
    /// The asker wants to know.
    finds: bool,
    /// Requests sent so far, this one included.
    tries: u32,
    /// Counts the uses of the slot and the answers in each.
    serial: u32,
    /// Datagrams on their way.
    flying: u32,
    open: bool,
    answer: Vec<NodeId>,
}

/// The tracker and its clients.
#[derive(Debug)]
pub struct Tracker {
    params: TrackerParams,
    /// Where it runs.
    host: NodeId,
    exchanges: Slots<Exchange>,
    /// By key: who is known, and until when.
    known: Vec<Vec<(NodeId, Time)>>,
    /// By node: the keys it announces.
    announces: Vec<BlockSet>,
    /// By node: the exchanges under way, by key.
    asking: Vec<BTreeMap<Key, u32>>,
    rng: Rng,
    pub(super) tally: Tally,
}

impl Tracker {
    pub(super) fn new(world: &World, params: &TrackerParams) -> Self {
        let n = world.nodes.len();
        Tracker {
            params: *params,
            host: world.server().expect("a tracker has a server"),
            exchanges: Slots::new(),
            known: vec![Vec::new(); Key::count(world)],
            announces: vec![Default::default(); n],
            asking: vec![Default::default(); n],
            rng: Rng::stream(world.seed, Purpose::Discovery, u64::from(u32::MAX)),
            tally: Tally::new(&KINDS),
        }
    }

    pub(super) fn provide(&mut self, node: NodeId, key: Key, world: &World, out: &mut Outbox) {
        if self.announces[node.index()].is_empty() {
            out.alarm_after(self.params.interval, node, Alarm::Advertise);
        }
        self.announces[node.index()].insert(key.index());
        if self.params.warm && out.now == Time::ZERO && world.holds_at_start(node, key.dataset()) {
            return self.learn(node, key, Time::ZERO);
        }
        self.ask(node, key, (true, false), out);
    }

    pub(super) fn find(&mut self, node: NodeId, key: Key, out: &mut Outbox) {
        self.ask(node, key, (false, true), out);
    }

    /// The node has gone: its exchanges are over, and it announces nothing.
    pub(super) fn offline(&mut self, node: NodeId) {
        self.announces[node.index()] = Default::default();
        for slot in std::mem::take(&mut self.asking[node.index()]).into_values() {
            self.exchanges[slot].open = false;
            self.tidy(slot);
        }
    }

    pub(super) fn alarm(&mut self, node: NodeId, alarm: Alarm, out: &mut Outbox) {
        match alarm {
            Alarm::Advertise => {
                let announced: Vec<u32> = self.announces[node.index()].iter().collect();
                for key in announced {
                    self.ask(node, Key::at(key), (true, false), out);
                }
                out.alarm_after(self.params.interval, node, Alarm::Advertise);
            }
            Alarm::Overdue { slot, serial } => self.overdue(slot, serial, out),
            _ => {}
        }
    }

    /// Begins an exchange, or makes one that is under way ask for more.
    fn ask(&mut self, node: NodeId, key: Key, (provides, finds): (bool, bool), out: &mut Outbox) {
        if let Some(slot) = self.asking[node.index()].get(&key).copied() {
            let exchange = &mut self.exchanges[slot];
            exchange.provides |= provides;
            exchange.finds |= finds;
            return;
        }
        let slot = self.begin(node, key, (provides, finds));
        self.request(slot, CONNECT, out);
    }

    fn begin(&mut self, asker: NodeId, key: Key, (provides, finds): (bool, bool)) -> u32 {
        let slot = self.exchanges.take();
        let exchange = &mut self.exchanges[slot];
        let (serial, answer) = (exchange.serial.wrapping_add(1), std::mem::take(&mut exchange.answer));
        *exchange =
            Exchange { asker, key: Some(key), provides, finds, tries: 1, serial, open: true, answer, ..*exchange };
        (exchange.noted, exchange.flying) = (false, 0);
        self.asking[asker.index()].insert(key, slot);
        slot
    }

    fn request(&mut self, slot: u32, step: u8, out: &mut Outbox) {
        let Exchange { asker, tries, serial, .. } = self.exchanges[slot];
        self.send(slot, step, asker, self.host, out);
        let patience = self.params.timeout * (1 << (tries - 1).min(8));
        out.alarm_after(patience, asker, Alarm::Overdue { slot, serial });
    }

    fn send(&mut self, slot: u32, step: u8, from: NodeId, to: NodeId, out: &mut Outbox) {
        let params = &self.params;
        let body = match step {
            CONNECT | CONNECTED => params.connect_size.get(),
            ANNOUNCE => params.announce_size.get(),
            _ => params.answer_size.get() + params.peer_size.get() * self.exchanges[slot].answer.len() as u64,
        };
        let bytes = body + params.packet_overhead.get();
        self.tally.sent(usize::from(step), bytes);
        self.exchanges[slot].flying += 1;
        out.push(Out::Send(Datagram { from, to, bytes, fate: Fate::Arrives, letter: Letter { slot, step } }));
    }

    pub(super) fn arrived(&mut self, letter: Letter, world: &World, out: &mut Outbox) {
        let Letter { slot, step } = letter;
        self.exchanges[slot].flying -= 1;
        let Exchange { asker, open, .. } = self.exchanges[slot];
        match step {
            CONNECT => self.send(slot, CONNECTED, self.host, asker, out),
            CONNECTED if open => {
                self.exchanges[slot].serial += 1;
                self.request(slot, ANNOUNCE, out);
            }
            ANNOUNCE => {
                self.serve(slot, world, out.now);
                self.send(slot, PEERS, self.host, asker, out);
            }
            PEERS if open => self.answered(slot, out),
            _ => {}
        }
        self.tidy(slot);
    }

    pub(super) fn lost(&mut self, letter: Letter) {
        self.exchanges[letter.slot].flying -= 1;
        self.tidy(letter.slot);
    }

    /// No answer came in time: the whole exchange begins again.
    fn overdue(&mut self, slot: u32, serial: u32, out: &mut Outbox) {
        let exchange = &mut self.exchanges[slot];
        if !exchange.open || exchange.serial != serial {
            return;
        }
        if exchange.tries > self.params.retries {
            exchange.answer.clear();
            exchange.provides = false; // the next round announces it
            self.answered(slot, out);
            return self.tidy(slot);
        }
        exchange.tries += 1;
        exchange.serial += 1;
        self.request(slot, CONNECT, out);
    }

    /// What the tracker does with an announcement.
    fn serve(&mut self, slot: u32, world: &World, now: Time) {
        let Exchange { asker, key, provides, .. } = self.exchanges[slot];
        let key = key.expect("an exchange under way has a key");
        if provides {
            self.learn(asker, key, now);
            self.exchanges[slot].noted = true;
        }
        let known = &mut self.known[key.index() as usize];
        known.retain(|(_, until)| *until > now);
        let answer = &mut self.exchanges[slot].answer;
        answer.clear();
        answer.extend(known.iter().map(|(id, _)| *id).filter(|id| world.may_know(asker, *id)));
        draw(answer, self.params.peers_per_answer as usize, &mut self.rng);
    }

    fn learn(&mut self, node: NodeId, key: Key, now: Time) {
        let (known, until) = (&mut self.known[key.index() as usize], now + self.params.expiry);
        match known.iter_mut().find(|(id, _)| *id == node) {
            Some(entry) => entry.1 = until,
            None => known.push((node, until)),
        }
    }

    /// The asker has its answer.
    fn answered(&mut self, slot: u32, out: &mut Outbox) {
        let exchange = &mut self.exchanges[slot];
        let (node, key) = (exchange.asker, exchange.key.expect("an exchange under way has a key"));
        exchange.open = false;
        self.asking[node.index()].remove(&key);
        // It may have become a provider after the tracker had its request.
        let unheard = exchange.provides && !exchange.noted;
        if exchange.finds {
            out.push(Out::Found(node, key, exchange.answer.clone()));
        }
        if unheard {
            let slot = self.begin(node, key, (true, false));
            self.request(slot, CONNECT, out);
        }
    }

    /// Gives the slot back when nobody needs it any more.
    fn tidy(&mut self, slot: u32) {
        let exchange = &mut self.exchanges[slot];
        if !exchange.open && exchange.flying == 0 && exchange.key.take().is_some() {
            exchange.serial = exchange.serial.wrapping_add(1);
            self.exchanges.give_back(slot);
        }
    }
}

/// Keeps `most` of `peers`, chosen at random.
fn draw(peers: &mut Vec<NodeId>, most: usize, rng: &mut Rng) {
    for i in 0..most.min(peers.len()) {
        let j = i + rng.below((peers.len() - i) as u64) as usize;
        peers.swap(i, j);
    }
    peers.truncate(most);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::DatasetId;

    const DATASET: Key = Key::Dataset(DatasetId(0));
    use crate::bound::group_coupons;
    use crate::units::Rate;
    use crate::world::{DatasetSpec, WorldSpec};

    /// Oracle F7: answers until everybody is known. The spread of a single
    /// trial is about 5 answers, so 4000 trials know the mean to 0.1 or so.
    #[test]
    fn f7_answers_until_all_peers_are_known() {
        let mut rng = Rng::stream(5, Purpose::Discovery, 0);
        for (m, k) in [(47u32, 10u32), (20, 3), (9, 9), (30, 29)] {
            let trials: Vec<f64> = (0..4000).map(|_| f64::from(collect(m, k, &mut rng))).collect();
            let mean = trials.iter().sum::<f64>() / trials.len() as f64;
            let variance = trials.iter().map(|t| (t - mean) * (t - mean)).sum::<f64>() / (trials.len() - 1) as f64;
            // Four means at once: three standard errors leave 1 % for all of them.
            let interval = 3.0 * libm::sqrt(variance / trials.len() as f64) + 1e-12;
            let expected = group_coupons(m, k);
            assert!((mean - expected).abs() <= interval, "{m} {k}: {mean} +- {interval}, expected {expected}");
        }
    }

    /// Who becomes a provider while the answer to its search is on the way is
    /// announced by an exchange of its own.
    #[test]
    fn an_announcement_during_an_answer_is_not_lost() {
        let dataset = DatasetSpec { size: Bytes(1), block_size: Bytes(1), group: 1 };
        let spec = WorldSpec::plain((3, 1), dataset, Rate::UNLIMITED);
        let mut world = World::build(&spec, 1, 0);
        world.add_server();
        let text = include_str!("../../models/discovery/tracker.toml");
        let model: toml::Table = toml::from_str(text).unwrap();
        let params: TrackerParams = model["constants"].clone().try_into().unwrap();
        let (mut tracker, mut out) = (Tracker::new(&world, &params), Outbox::default());
        let node = NodeId(2);
        tracker.find(node, DATASET, &mut out);
        let mut announced = false;
        while let Some(item) = out.pop() {
            let Out::Send(Datagram { letter, .. }) = item else { continue };
            if letter.step == PEERS && !announced {
                announced = true;
                tracker.provide(node, DATASET, &world, &mut out);
            }
            tracker.arrived(letter, &world, &mut out);
        }
        assert!(announced);
        assert_eq!(tracker.known[0].iter().map(|(id, _)| *id).collect::<Vec<_>>(), [node]);
    }

    fn collect(m: u32, k: u32, rng: &mut Rng) -> u32 {
        let mut known = vec![false; m as usize];
        let mut answers = 0;
        while known.iter().any(|k| !k) {
            let mut peers: Vec<NodeId> = (0..m).map(NodeId).collect();
            draw(&mut peers, k as usize, rng);
            peers.iter().for_each(|id| known[id.index()] = true);
            answers += 1;
        }
        answers
    }
}
