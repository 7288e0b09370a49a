//! One client with many torrents on a bench.

use super::*;
use crate::protocol::{Effect, Message, Units};
use crate::protocols::parts::bench;
use crate::units::{Bytes, Rate};
use crate::world::{DatasetSpec, WorldSpec};

const BLOCK: u64 = 16 << 10;

/// A client in a world of twelve files of 32 blocks, of which the last is of 7 bytes.
struct Client {
    on: bench::Bench<BitTorrent>,
    /// What it did since the last look.
    effects: Vec<Effect<Msg>>,
}

impl Client {
    /// It holds the first of the files, and wants others.
    fn new(holds: u32, wants: std::ops::Range<u32>, change: impl FnOnce(&mut Params)) -> Self {
        let mut params = bench::constants("bittorrent");
        change(&mut params);
        let dataset = DatasetSpec { size: Bytes(BLOCK), block_size: Bytes(BLOCK), group: 1 };
        let mut spec = WorldSpec::plain((10, 9), dataset, Rate(1_000_000_000));
        let class = format!("name = \"a\"\ncount = 12\nsize = \"{} B\"", 31 * BLOCK + 7);
        spec.datasets = vec![toml::from_str(&class).unwrap()];
        let mut world = World::build(&spec, 1, 0);
        world.datasets.set_padded(false);
        let mut on = bench::Bench::new(world, &params);
        on.want(wants.clone());
        for id in 0..holds {
            on.store.add_all(on.world.datasets.get(DatasetId(id)));
        }
        let mut client = Client { on, effects: Vec::new() };
        for id in (0..holds).chain(wants) {
            client.act(id, |node, cx| {
                cx.on(Channel(0)); // as at a start
                node.open(DatasetId(id), cx);
            });
        }
        client
    }

    fn act(&mut self, torrent: u32, act: impl FnOnce(&mut BitTorrent, &mut Context<'_>)) {
        self.given(torrent, Units::None, act);
    }

    fn given(&mut self, torrent: u32, given: Units<'_>, act: impl FnOnce(&mut BitTorrent, &mut Context<'_>)) {
        let effects = self.on.given(given, |node, cx| {
            cx.on(Channel(torrent));
            act(node, cx);
        });
        self.effects.extend(effects);
    }

    fn connect(&mut self, torrent: u32, peers: std::ops::RangeInclusive<u32>) {
        peers.for_each(|peer| self.act(torrent, |node, cx| node.connected(NodeId(peer), cx)));
    }

    fn hear(&mut self, torrent: u32, peer: u32, message: Msg) {
        self.given(torrent, message.carried(), |node, cx| node.message(NodeId(peer), &message, cx));
    }

    /// Seconds pass.
    fn wait(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.on.now += TICK;
            self.act(0, |node, cx| node.on_tick(cx));
        }
    }

    /// Peer 1, who has everything, sends all of a torrent.
    fn load(&mut self, torrent: u32) {
        self.connect(torrent, 1..=1);
        self.hear(torrent, 1, Msg::HaveAll);
        self.hear(torrent, 1, Msg::Unchoke);
        let dataset = *self.on.world.datasets.get(DatasetId(torrent));
        while !self.on.store.has_all(&dataset) {
            for unit in self.asked() {
                self.hear(torrent, 1, Msg::Piece(unit));
            }
        }
    }

    /// Units asked for since the last look.
    fn asked(&mut self) -> Vec<u32> {
        let units = self.effects.drain(..).filter_map(|effect| match effect {
            Effect::Send(_, _, Msg::Request(units), _) => Some(units),
            _ => None,
        });
        units.flatten().collect()
    }

    fn active(&self) -> Vec<u32> {
        self.on.node.torrents.iter().map(|torrent| torrent.id.0).collect()
    }

    /// Connections that hold a slot: torrent and peer.
    fn unchoked(&self) -> Vec<(u32, u32)> {
        let all = self.on.node.torrents.iter().flat_map(|t| t.peers.iter().map(move |peer| (t, peer)));
        all.filter(|(_, peer)| peer.unchoked).map(|(t, peer)| (t.id.0, peer.id.0)).collect()
    }

    fn accepts(&self, torrent: u32) -> bool {
        self.on.node.accepts(NodeId(7), Channel(torrent), &self.on.shared)
    }

    /// On which channels what `which` picks happened since the last look.
    fn channels(&self, which: impl Fn(&Effect<Msg>) -> Option<Channel>) -> Vec<u32> {
        self.effects.iter().filter_map(which).map(|channel| channel.0).collect()
    }
}

fn dials(effect: &Effect<Msg>) -> Option<Channel> {
    if let Effect::Dial(_, channel) = effect { Some(*channel) } else { None }
}

fn hang_ups(effect: &Effect<Msg>) -> Option<Channel> {
    if let Effect::HangUp(_, channel) = effect { Some(*channel) } else { None }
}

#[test]
fn the_slots_are_shared_by_all_torrents() {
    let mut client = Client::new(2, 2..2, |_| {});
    for torrent in [0, 1] {
        client.connect(torrent, 1..=3);
        (1..=3).for_each(|peer| client.hear(torrent, peer, Msg::Interested));
    }
    assert_eq!(client.unchoked(), [(0, 1), (0, 2), (0, 3), (1, 1)], "first come, first served");
    client.on.node.session.choker.make_due();
    client.wait(1);
    assert_eq!(client.unchoked().len(), 4, "three regular slots and an optimistic one, of six connections");
}

/// What a peer gives in one torrent counts there only.
#[test]
fn who_gives_in_one_torrent_comes_before_those_of_a_seed() {
    let mut client = Client::new(1, 1..2, |p| p.random_first = 0);
    for torrent in [0, 1] {
        client.connect(torrent, 1..=5);
        (1..=5).for_each(|peer| client.hear(torrent, peer, Msg::Interested));
    }
    assert!(client.unchoked().iter().all(|(torrent, _)| *torrent == 0));
    client.effects.clear();
    for peer in [2, 4, 5] {
        client.hear(1, peer, Msg::HaveAll);
        client.hear(1, peer, Msg::Unchoke);
        let unit = client.asked()[0];
        client.hear(1, peer, Msg::Piece(unit));
        client.effects.clear();
    }
    client.on.node.session.choker.make_due();
    client.wait(1);
    let unchoked = client.unchoked();
    assert!([2, 4, 5].iter().all(|peer| unchoked.contains(&(1, *peer))), "{unchoked:?}");
    assert_eq!(unchoked.len(), 4, "{unchoked:?}");
}

#[test]
fn three_torrents_load_at_a_time_and_the_others_wait() {
    let mut client = Client::new(0, 0..6, |_| {});
    assert_eq!(client.active(), [0, 1, 2]);
    assert!(client.accepts(2) && !client.accepts(3));
    let found = |effect: &Effect<Msg>| matches!(effect, Effect::Find(_) | Effect::Provide(_));
    assert_eq!(client.effects.iter().filter(|e| found(e)).count(), 6, "who waits announces nothing");
    client.wait(2);
    client.load(1);
    assert_eq!(client.active(), [0, 1, 2, 3], "the complete one is served, the next one loads");
    client.load(0);
    assert_eq!(client.active().len(), 4, "the queue is gone through once a second");
    client.wait(1);
    assert_eq!(client.active(), [0, 1, 2, 3, 4]);
}

#[test]
fn a_torrent_on_which_nothing_moves_does_not_count() {
    let mut client = Client::new(0, 0..12, |_| {});
    client.wait(59);
    assert_eq!(client.active().len(), 3);
    client.wait(3);
    assert_eq!(client.active().len(), 6);
    let mut counting = Client::new(0, 0..12, |p| p.dont_count_slow = false);
    counting.wait(200);
    assert_eq!(counting.active().len(), 3, "with the settings of Deluge it does");
    let mut limited = Client::new(0, 0..12, |p| p.active_limit = 8);
    limited.wait(1_000);
    assert_eq!(limited.active().len(), 8);
}

#[test]
fn seeds_take_turns_of_half_an_hour() {
    let mut client = Client::new(7, 7..7, |p| p.dont_count_slow = false);
    client.connect(2, 1..=2);
    client.wait(1_790);
    assert_eq!(client.active(), [0, 1, 2, 3, 4]);
    client.effects.clear();
    client.wait(60);
    assert_eq!(client.active(), [2, 3, 4, 5, 6]);
    client.wait(1_700);
    assert_eq!(client.active(), [2, 3, 4, 5, 6], "each has half an hour");
    assert!(client.channels(hang_ups).is_empty());
    client.wait(90);
    assert_eq!(client.active(), [0, 1, 4, 5, 6]);
    assert_eq!(client.channels(hang_ups), [2, 2]);
}

#[test]
fn an_idle_node_takes_no_connections() {
    let client = Client::new(0, 0..0, |_| {});
    assert!(!client.accepts(0) && client.effects.is_empty());
}

#[test]
fn the_limit_on_connections_is_that_of_the_node() {
    let mut client = Client::new(2, 2..2, |p| p.connections = 5);
    client.connect(0, 1..=2);
    client.connect(1, 1..=2);
    assert!(client.accepts(0) && client.accepts(1));
    client.connect(1, 3..=3);
    assert!(!client.accepts(0) && !client.accepts(1));
    client.act(0, |node, cx| node.peer_lost(NodeId(1), cx));
    assert!(client.accepts(1));
}

#[test]
fn torrents_take_turns_to_dial_and_downloads_come_first() {
    let mut client = Client::new(1, 1..3, |p| (p.connect_boost, p.connection_speed) = (0, 6));
    let peers: Vec<NodeId> = (1..=9).map(NodeId).collect();
    for torrent in 0..3 {
        client.act(torrent, |node, cx| node.found(Key::Dataset(DatasetId(torrent)), &peers, cx));
    }
    assert!(client.channels(dials).is_empty());
    client.wait(2);
    assert_eq!(client.channels(dials), [1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 0, 1]);
}

#[test]
fn a_torrent_that_is_closed_loses_its_connections_and_makes_room() {
    let mut client = Client::new(0, 0..4, |_| {});
    client.wait(2);
    client.connect(1, 1..=3);
    client.connect(2, 1..=1);
    client.effects.clear();
    client.act(0, |node, cx| node.close(DatasetId(1), cx));
    assert_eq!(client.channels(hang_ups), [1, 1, 1]);
    assert_eq!((client.active(), client.on.node.session.connections), (vec![0, 2, 3], 1));
    client.act(0, |node, cx| node.close(DatasetId(3), cx));
    client.act(1, |node, cx| node.connected(NodeId(5), cx));
    assert_eq!(client.channels(hang_ups).last(), Some(&1), "a connection that stands too late");
}

/// Who holds a part that it does not want the rest of serves it and asks for nothing,
/// until it does.
#[test]
fn a_part_is_served_without_loading_the_rest() {
    let mut client = Client::new(0, 0..0, |_| {});
    let dataset = *client.on.world.datasets.get(DatasetId(4));
    client.on.store.add_range(dataset.first, dataset.first + 16, &dataset);
    client.act(0, |node, cx| node.open(DatasetId(4), cx));
    client.connect(4, 1..=1);
    client.hear(4, 1, Msg::HaveAll);
    client.hear(4, 1, Msg::Unchoke);
    client.hear(4, 1, Msg::Interested);
    client.hear(4, 1, Msg::Request([dataset.first + 3, dataset.first + 20].into_iter().collect()));
    let sent = |client: &Client, message: &Msg| {
        client.effects.iter().any(|e| matches!(e, Effect::Send(_, Channel(4), sent, _) if sent == message))
    };
    assert!(sent(&client, &Msg::Piece(dataset.first + 3)) && !sent(&client, &Msg::Interested));
    assert!(sent(&client, &Msg::Reject([dataset.first + 20].into_iter().collect())));
    client.on.want([4]);
    client.effects.clear();
    client.act(0, |node, cx| node.open(DatasetId(4), cx));
    assert!(sent(&client, &Msg::Interested));
    let asked = client.asked();
    assert!(!asked.is_empty() && asked.iter().all(|unit| (dataset.first + 16..dataset.end()).contains(unit)));
}

/// Blocks of any torrent have the sizes that they have alone, the last one too.
#[test]
fn messages_of_later_torrents_have_the_same_sizes() {
    let client = Client::new(1, 1..1, |_| {});
    for id in [0, 11] {
        let dataset = client.on.world.datasets.get(DatasetId(id));
        let size = |message: Msg| {
            let size = message.size(&client.on.world);
            (size.total() - size.payload, size.payload)
        };
        let units = dataset.first..dataset.end();
        assert_eq!(size(Msg::Request(units.collect())), (32 * 17, 0));
        assert_eq!((size(Msg::Piece(dataset.first)), size(Msg::Piece(dataset.last()))), ((13, BLOCK), (13, 7)));
    }
}
