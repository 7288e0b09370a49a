//! BitTorrent, as libtorrent 2.0 behaves.
//!
//! Sources: BEP 3, 6, 10, 29; libtorrent `src/peer_connection.cpp`,
//! `src/request_blocks.cpp`, `src/piece_picker.cpp`, `src/choker.cpp`,
//! `src/session_impl.cpp`, `src/torrent.cpp`, `src/settings_pack.cpp`. What a node asks
//! for is in `download` (with `picker` and `pieces`), what it sends in `upload`, whom it
//! lets request in `choker`, which torrents are active in `queue`.
//!
//! # Many torrents
//! Each dataset is a torrent. Of each torrent are its connections (a handshake names one
//! info hash: two nodes that share two torrents have two connections, each with its own
//! rates, interest and choking), the picker, the peers to be dialled and the announces.
//! The torrents of a node share the unchoke slots, regular and optimistic, for which the
//! connections of all compete (`recalculate_unchoke_slots`), the limit on connections,
//! the connections begun per second (`try_connect_more_peers`: round about, downloads
//! first), and the places in the queue of torrents (`recalculate_auto_managed_torrents`).
//! A torrent that waits in the queue announces nothing, takes no connection and serves
//! nothing. A torrent that is closed loses its connections.
//!
//! What the original does and this leaves out: banning and parole (no data is
//! ever wrong here), suggested pieces and super-seeding (off by default), the
//! peer exchange and the DHT (off in private torrents), turnover of peers (acts
//! on swarms beyond the connection limit after five minutes), the pool of blocks to be
//! written that all torrents share (`max_queued_disk_bytes`), scrapes, and the word to the
//! tracker that a torrent was paused: it goes on listing the node.
//!
//! Open: by default libtorrent lets peers with private addresses request without a slot
//! (`session_impl.cpp`, `init_peer_class_filter`; Deluge's `ignore_limits_on_local_network`
//! leaves that on). `ignore_slots` has nodes do so; of measured swarms whose kind of
//! addresses is not recorded (column `addr_class`) it is not known whether they ran so.

mod begun;
mod choker;
mod dial;
mod download;
mod params;
mod peer;
mod picker;
mod pieces;
mod queue;
mod torrent;
mod upload;
mod wire;

#[cfg(test)]
mod many_tests;
#[cfg(test)]
mod tests;

pub use params::{Carrier, Params};
pub use wire::Msg;

use crate::protocol::{Cost, Ctx, Key, Protocol, SwarmShape};
use crate::rng::mix;
use crate::units::Time;
use crate::world::{Channel, DatasetId, NodeId, World};
use choker::Choker;
use dial::Turns;
use peer::Peer;
use pieces::{Layout, PeerPieces};
use queue::Queue;
use torrent::Torrent;

/// The client looks after its connections once a second.
const TICK: Time = Time::from_secs(1);

/// What all nodes share.
#[derive(Debug)]
pub struct Shared {
    params: Params,
    /// By dataset.
    layouts: Vec<Layout>,
    salt: u64,
}

impl Shared {
    /// The pieces of a torrent that `peer` may ask anybody for while choked: they follow
    /// from its address and the info hash (BEP 6).
    fn allowed_fast(&self, peer: NodeId, torrent: DatasetId) -> Vec<u32> {
        let pieces = self.layouts[torrent.index()].pieces();
        let wanted = self.params.allowed_fast.min(pieces) as usize;
        let mut set = Vec::with_capacity(wanted);
        let mut hash = mix(self.salt ^ u64::from(peer.0) ^ u64::from(torrent.0) << 32);
        while set.len() < wanted {
            hash = mix(hash);
            let piece = (hash % u64::from(pieces)) as u32;
            if !set.contains(&piece) {
                set.push(piece);
            }
        }
        set
    }
}

/// What a timer of a node is for.
#[derive(Debug, Clone, Copy)]
pub enum Timer {
    /// A second is over.
    Tick,
    /// Time to announce this torrent to the tracker again.
    Announce(DatasetId),
    /// Time to try a peer of this torrent again whose connection was lost.
    Reconnect(DatasetId, NodeId),
}

/// What the torrents of a node share.
#[derive(Debug, Default)]
struct Session {
    choker: Choker,
    /// Whether the node has had a torrent.
    awake: bool,
    /// Connections of all torrents.
    connections: u32,
}

impl Session {
    /// The node has a torrent.
    fn wake(&mut self, cx: &mut Context<'_>) {
        if !std::mem::replace(&mut self.awake, true) {
            self.choker = Choker::of_a_running_client(&cx.shared.params, cx.rng());
        }
    }

    /// How many more connections there may be.
    fn free(&self, params: &Params) -> u32 {
        params.connections.saturating_sub(self.connections)
    }

    /// The connection to `peer` is gone.
    fn lost(&mut self, peer: &Peer) {
        self.connections -= 1;
        if peer.unchoked {
            self.choker.turn_ended(peer.optimistic);
        }
    }
}

/// A BitTorrent client.
#[derive(Debug)]
pub struct BitTorrent {
    me: NodeId,
    /// Those that are active, by dataset.
    torrents: Vec<Torrent>,
    /// Those that are not.
    queue: Queue,
    session: Session,
    /// Whose turn it is to dial.
    turns: Turns,
    ticking: bool,
    /// Not before then does it look for peers.
    looks_from: Time,
}

type Context<'a> = Ctx<'a, BitTorrent>;

impl BitTorrent {
    /// Where the active torrent `id` stands.
    fn position(&self, id: DatasetId) -> Option<usize> {
        self.torrents.binary_search_by_key(&id, |torrent| torrent.id).ok()
    }

    /// The torrent that the event is about, and what it shares with the others.
    fn torrent(&mut self, cx: &Context<'_>) -> Option<(&mut Torrent, &mut Session)> {
        let at = self.position(DatasetId(cx.channel().0))?;
        Some((&mut self.torrents[at], &mut self.session))
    }

    /// Starts to look after connections, somewhere within the next second.
    fn begin_ticking(&mut self, cx: &mut Context<'_>) {
        if !self.ticking {
            self.ticking = true;
            let phase = Time::from_secs_f64(cx.rng().uniform());
            cx.after(phase, Timer::Tick);
        }
    }

    fn on_tick(&mut self, cx: &mut Context<'_>) {
        let params = &cx.shared.params;
        // With nothing to load and nobody there, until somebody connects.
        let rests = self.session.connections == 0 && self.queue.is_empty();
        self.ticking = !rests || !self.torrents.iter().all(Torrent::is_finished);
        if self.ticking {
            cx.after(TICK, Timer::Tick);
        }
        let mut changed = false;
        for torrent in &mut self.torrents {
            cx.on(torrent.channel());
            for at in 0..torrent.peers.len() {
                torrent.tick_download(at, cx);
                torrent.tick_upload(at, cx);
            }
            changed |= params.dont_count_slow && torrent.note_pace(params, cx.now());
        }
        if changed {
            self.paces_changed(cx);
        }
        if self.ticking {
            self.tick_choker(cx);
            self.tick_queue(cx);
            self.dial_some(cx);
        }
    }
}

impl Protocol for BitTorrent {
    type Params = Params;
    type Shared = Shared;
    type Msg = Msg;
    type Timer = Timer;

    /// The last request is for what is left of the file (BEP 3).
    const PADS: bool = false;

    /// A handshake names the one torrent that the connection is for.
    const CONNECTS_PER_DATASET: bool = true;

    /// A block takes a message of its own, and word of pieces goes to all peers.
    fn cost(params: &Params, shape: &SwarmShape) -> Cost {
        let peers = shape.connections(params.connections);
        let blocks = shape.dataset.blocks() as f64 / f64::from(shape.dataset.group);
        Cost::of(shape, peers, blocks, [3.9, 0.066, -0.02], [1.13, 0.5, 0.17])
            .connecting([3.1, 51.0, 1.4e3 + 0.12 * blocks])
            .keeping(16e3, 22.0)
    }

    fn prepare(world: &World, params: &Params) -> Shared {
        let layouts = world.datasets.iter().map(|dataset| Layout::new(dataset, params.piece_size)).collect();
        let salt = mix(world.seed ^ mix(crate::rng::Purpose::Identifiers as u64));
        Shared { params: params.clone(), layouts, salt }
    }

    fn new(me: NodeId, _world: &World, _shared: &Shared) -> Self {
        BitTorrent {
            me,
            torrents: Vec::new(),
            queue: Queue::default(),
            session: Session::default(),
            turns: Turns::default(),
            ticking: false,
            looks_from: Time::ZERO,
        }
    }

    /// A client that ran on has its peers from before, which it lost when it went and does
    /// not try before the pause after that is over.
    fn start(&mut self, cx: &mut Context<'_>) {
        let params = &cx.shared.params;
        self.looks_from = cx.went().filter(|_| params.runs_on).map_or(Time::ZERO, |went| went + params.reconnect_time);
    }

    fn open(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        self.add(dataset, cx);
    }

    fn close(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        self.remove(dataset, cx);
    }

    fn message(&mut self, from: NodeId, message: &Msg, cx: &mut Context<'_>) {
        let Some((torrent, session)) = self.torrent(cx) else { return };
        let Some(at) = torrent.peers.position(from) else { return };
        match message {
            Msg::Choke => torrent.on_choke(at, cx),
            Msg::Unchoke => torrent.on_unchoke(at, cx),
            Msg::Interested => torrent.on_interested(at, session, cx),
            Msg::NotInterested => torrent.on_not_interested(at, session, cx),
            Msg::Have(piece) => torrent.on_have(at, *piece, session, cx),
            Msg::Bitfield(set, pieces) => torrent.on_pieces(at, PeerPieces::some(set, *pieces), session, cx),
            Msg::HaveAll => torrent.on_pieces(at, PeerPieces::all(), session, cx),
            Msg::HaveNone => torrent.on_pieces(at, PeerPieces::default(), session, cx),
            Msg::AllowedFast(pieces) => torrent.on_allowed_fast(at, pieces, cx),
            Msg::Request(units) => torrent.on_request(at, units, cx),
            Msg::Cancel(unit) => torrent.on_cancel(at, *unit, cx),
            Msg::Reject(units) => torrent.on_reject(at, units, cx),
            Msg::Piece(unit) => {
                let loading = !torrent.is_finished();
                torrent.on_piece(at, *unit, session, cx);
                if loading && torrent.is_finished() {
                    let slow = torrent.pace.slow;
                    self.finished(slow, cx);
                }
            }
        }
    }

    fn timer(&mut self, timer: Timer, cx: &mut Context<'_>) {
        let (Timer::Announce(id) | Timer::Reconnect(id, _)) = timer else { return self.on_tick(cx) };
        // A torrent that is finished by now, or not active, has nothing to ask for.
        let Some(at) = self.position(id).filter(|at| !self.torrents[*at].is_finished()) else { return };
        let torrent = &mut self.torrents[at];
        cx.on(torrent.channel());
        match timer {
            Timer::Reconnect(_, peer) if torrent.peers.position(peer).is_some() => {}
            Timer::Reconnect(_, peer) => cx.dial(peer),
            _ => torrent.announce(cx),
        }
    }

    fn sent(&mut self, to: NodeId, token: u32, cx: &mut Context<'_>) {
        if let Some((torrent, _)) = self.torrent(cx)
            && let Some(at) = torrent.peers.position(to)
        {
            torrent.on_sent(at, u64::from(token), cx);
        }
    }

    fn connected(&mut self, id: NodeId, cx: &mut Context<'_>) {
        let Some((torrent, session)) = self.torrent(cx) else { return cx.hang_up(id) };
        torrent.peers.add(id, Peer::new(id, &cx.shared.params, cx.now()));
        session.connections += 1;
        torrent.introduce(id, cx);
        self.begin_ticking(cx);
    }

    fn found(&mut self, _key: Key, providers: &[NodeId], cx: &mut Context<'_>) {
        let Some((torrent, session)) = self.torrent(cx) else { return };
        let (peers, params) = (&torrent.peers, &cx.shared.params);
        torrent.to_dial = providers.iter().copied().filter(|id| peers.position(*id).is_none()).collect();
        torrent.dial(params.connect_boost.min(session.free(params)), cx);
        self.begin_ticking(cx);
    }

    fn peer_lost(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        let Some((torrent, session)) = self.torrent(cx) else { return };
        if let Some(at) = torrent.peers.position(peer) {
            torrent.forget(at, session, cx);
            // Who wants something comes back; two that are complete must not
            // call each other for ever.
            if !torrent.is_finished() {
                cx.after(cx.shared.params.reconnect_time, Timer::Reconnect(torrent.id, peer));
            }
        }
    }

    fn accepts(&self, _peer: NodeId, channel: Channel, shared: &Shared) -> bool {
        self.position(DatasetId(channel.0)).is_some() && self.session.free(&shared.params) > 0
    }
}
