//! BitTorrent, as libtorrent 2.0 behaves.
//!
//! Sources: BEP 3, 6, 10, 29; libtorrent `src/peer_connection.cpp`,
//! `src/request_blocks.cpp`, `src/piece_picker.cpp`, `src/choker.cpp`,
//! `src/session_impl.cpp`, `src/settings_pack.cpp`. What a node asks for is in
//! `download` (with `picker` and `pieces`), what it sends in `upload`, whom it
//! lets request in `choker`.
//!
//! What the original does and this leaves out: banning and parole (no data is
//! ever wrong here), suggested pieces and super-seeding (off by default), the
//! peer exchange and the DHT (off in private torrents), turnover of peers (acts
//! on swarms beyond the connection limit after five minutes).

mod begun;
mod choker;
mod download;
mod params;
mod peer;
mod picker;
mod pieces;
mod upload;
mod wire;

#[cfg(test)]
mod tests;

pub use params::{Carrier, Params};
pub use wire::Msg;

use crate::protocol::{Cost, Ctx, Key, Protocol, SwarmShape};
use crate::protocols::parts::Peers;
use crate::rng::mix;
use crate::units::Time;
use crate::world::{BlockSet, Channel, DatasetId, NodeId, Role, World};
use choker::Choker;
use peer::Peer;
use picker::{Pick, Picker};
use pieces::{Layout, PeerPieces};
use std::collections::VecDeque;
use std::rc::Rc;

/// The client looks after its connections once a second.
const TICK: Time = Time::from_secs(1);

/// What all nodes share.
#[derive(Debug)]
pub struct Shared {
    params: Params,
    layout: Layout,
    /// Bytes in a whole unit.
    unit: u64,
    salt: u64,
}

impl Shared {
    /// The pieces that `peer` may ask anybody for while choked: they follow
    /// from its address (BEP 6).
    fn allowed_fast(&self, peer: NodeId) -> Vec<u32> {
        let pieces = self.layout.pieces();
        let wanted = self.params.allowed_fast.min(pieces) as usize;
        let mut set = Vec::with_capacity(wanted);
        let mut hash = mix(self.salt ^ u64::from(peer.0));
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
    /// Time to announce to the tracker again.
    Announce,
    /// Time to try a peer again whose connection was lost.
    Reconnect(NodeId),
}

/// A BitTorrent client.
#[derive(Debug)]
pub struct BitTorrent {
    me: NodeId,
    /// Does not have the torrent: takes no connection for it.
    idle: bool,
    peers: Peers<Peer, true>,
    /// `None` once everything is here.
    picker: Option<Picker>,
    choker: Choker,
    /// Peers still to be dialled.
    to_dial: VecDeque<NodeId>,
    ticking: bool,
    /// Re-used between searches.
    picks: Vec<Pick>,
}

type Context<'a> = Ctx<'a, BitTorrent>;

impl BitTorrent {
    fn is_seed(&self) -> bool {
        self.picker.is_none()
    }

    /// What is here from an earlier time online.
    fn restore(&mut self, cx: &mut Context<'_>) {
        let layout = cx.shared.layout;
        if cx.store().len() == layout.units {
            return;
        }
        let mut picker = Picker::new(layout, cx.rng());
        if !cx.store().is_empty() {
            for piece in 0..layout.pieces() {
                let (start, end) = layout.units_of(piece);
                if cx.store().covers(start, end) {
                    picker.complete(piece);
                }
            }
        }
        let unverified: Vec<u32> = cx.unverified().iter().collect();
        for unit in unverified {
            picker.done(unit, None, cx.rng());
        }
        self.picker = Some(picker);
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
        if self.is_seed() && self.peers.is_empty() {
            self.ticking = false; // until somebody connects
            return;
        }
        cx.after(TICK, Timer::Tick);
        for at in 0..self.peers.len() {
            self.tick_download(at, cx);
            self.tick_upload(at, cx);
        }
        self.tick_choker(cx);
        self.dial_some(cx.shared.params.connection_speed, cx);
    }

    fn dial_some(&mut self, count: u32, cx: &mut Context<'_>) {
        let free = (cx.shared.params.connections as usize).saturating_sub(self.peers.len());
        for _ in 0..free.min(count as usize) {
            let Some(peer) = self.to_dial.pop_front() else { return };
            cx.dial(peer);
        }
    }

    /// A node introduces itself with what it has.
    fn introduce(&self, peer: NodeId, cx: &mut Context<'_>) {
        let layout = cx.shared.layout;
        let hello = match &self.picker {
            None => Msg::HaveAll,
            Some(picker) if picker.len() == 0 => Msg::HaveNone,
            Some(picker) => {
                let mut set = BlockSet::new();
                (0..layout.pieces()).filter(|p| picker.has(*p)).for_each(|p| {
                    set.insert(p);
                });
                Msg::Bitfield(Rc::new(set), layout.pieces())
            }
        };
        cx.send(peer, hello);
    }

    /// Two seeds have nothing to tell each other.
    fn drop_if_redundant(&mut self, at: usize, cx: &mut Context<'_>) -> bool {
        let redundant = self.is_seed() && self.peers[at].pieces.seed;
        if redundant {
            cx.hang_up(self.peers[at].id);
            self.forget(at, cx);
        }
        redundant
    }

    /// The peer is gone; what it was asked for can be asked of others.
    fn forget(&mut self, at: usize, cx: &mut Context<'_>) {
        let peer = self.peers.remove(at);
        if let Some(picker) = &mut self.picker {
            for wanted in peer.picked.iter().chain(&peer.asked).filter(|w| !w.timed_out && !w.unwanted) {
                picker.release(wanted.unit, cx.rng());
            }
            for piece in peer.pieces.iter() {
                picker.peer_had(piece, cx.rng());
            }
        }
        if peer.unchoked {
            self.choker.turn_ended(peer.optimistic);
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

    /// A block takes a message of its own, a piece word to all peers. What is rarer than
    /// in a small swarm is found less often in a cache.
    fn cost(params: &Params, shape: &SwarmShape) -> Cost {
        let peers = shape.connections(params.connections);
        let per_piece = (params.piece_size.get() / shape.dataset.block_size.get()).max(1) as f64;
        let crowded = 1.0 + f64::from(shape.nodes) / 700.0;
        Cost {
            deliveries: shape.dataset.blocks() as f64 / f64::from(shape.dataset.group),
            connections: peers,
            events: 2.5 + 2.0 * peers / per_piece,
            micros: (2.5 + 0.1 * peers) * crowded,
        }
    }

    fn prepare(world: &World, params: &Params) -> Shared {
        let unit = world.only().block_size.get() * u64::from(world.only().group);
        let per_piece = (params.piece_size.get() / unit).clamp(1, u64::from(u32::MAX)) as u32;
        let layout = Layout { units: world.only().units(), per_piece };
        let salt = mix(world.seed ^ mix(crate::rng::Purpose::Identifiers as u64));
        Shared { params: params.clone(), layout, unit, salt }
    }

    fn new(me: NodeId, world: &World, _shared: &Shared) -> Self {
        BitTorrent {
            me,
            idle: world.node(me).role == Role::Idle,
            peers: Peers::default(),
            picker: None,
            choker: Choker::default(),
            to_dial: VecDeque::new(),
            ticking: false,
            picks: Vec::new(),
        }
    }

    fn open(&mut self, _dataset: DatasetId, cx: &mut Context<'_>) {
        self.restore(cx);
        self.choker = Choker::at_any_time(&cx.shared.params, cx.rng());
        cx.provide(Key::Dataset(DatasetId(0)));
        // Seeders of the beginning have announced themselves before; who returns
        // as a seed looks for leechers (seeding_outgoing_connections).
        if !self.is_seed() || cx.now() > Time::ZERO {
            cx.find(Key::Dataset(DatasetId(0)));
        }
        if !self.is_seed() {
            cx.after(cx.shared.params.announce_interval, Timer::Announce);
        }
    }

    fn message(&mut self, from: NodeId, message: &Msg, cx: &mut Context<'_>) {
        let Some(at) = self.peers.position(from) else { return };
        match message {
            Msg::Choke => self.on_choke(at, cx),
            Msg::Unchoke => self.on_unchoke(at, cx),
            Msg::Interested => self.on_interested(at, cx),
            Msg::NotInterested => self.on_not_interested(at, cx),
            Msg::Have(piece) => self.on_have(at, *piece, cx),
            Msg::Bitfield(set, pieces) => self.on_pieces(at, PeerPieces::some(set, *pieces), cx),
            Msg::HaveAll => self.on_pieces(at, PeerPieces::all(), cx),
            Msg::HaveNone => self.on_pieces(at, PeerPieces::default(), cx),
            Msg::AllowedFast(pieces) => self.on_allowed_fast(at, pieces, cx),
            Msg::Request(units) => self.on_request(at, units, cx),
            Msg::Cancel(unit) => self.on_cancel(at, *unit, cx),
            Msg::Reject(units) => self.on_reject(at, units, cx),
            Msg::Piece(unit) => self.on_piece(at, *unit, cx),
        }
    }

    fn timer(&mut self, timer: Timer, cx: &mut Context<'_>) {
        match timer {
            Timer::Tick => self.on_tick(cx),
            Timer::Announce if self.is_seed() => {}
            Timer::Reconnect(peer) => {
                if !self.is_seed() && self.peers.position(peer).is_none() {
                    cx.dial(peer);
                }
            }
            Timer::Announce => {
                cx.find(Key::Dataset(DatasetId(0)));
                cx.after(cx.shared.params.announce_interval, Timer::Announce);
            }
        }
    }

    fn sent(&mut self, to: NodeId, token: u32, cx: &mut Context<'_>) {
        if let Some(at) = self.peers.position(to) {
            self.on_sent(at, u64::from(token), cx);
        }
    }

    fn connected(&mut self, id: NodeId, cx: &mut Context<'_>) {
        self.peers.add(id, Peer::new(id, &cx.shared.params, cx.now()));
        self.introduce(id, cx);
        self.begin_ticking(cx);
    }

    fn found(&mut self, _key: Key, providers: &[NodeId], cx: &mut Context<'_>) {
        self.to_dial = providers.iter().copied().filter(|id| self.peers.position(*id).is_none()).collect();
        self.dial_some(cx.shared.params.connect_boost, cx);
        self.begin_ticking(cx);
    }

    fn peer_lost(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        if let Some(at) = self.peers.position(peer) {
            self.forget(at, cx);
            // Who wants something comes back; two that are complete must not
            // call each other for ever.
            if !self.is_seed() {
                cx.after(cx.shared.params.reconnect_time, Timer::Reconnect(peer));
            }
        }
    }

    fn accepts(&self, _peer: NodeId, _channel: Channel, shared: &Shared) -> bool {
        !self.idle && self.peers.len() < shared.params.connections as usize
    }
}
