//! One torrent of a node: its peers, its pieces, and how fast it goes.

use super::params::Params;
use super::peer::Peer;
use super::picker::{Pick, Picker};
use super::pieces::Layout;
use super::wire::Msg;
use super::{Context, Session, Timer};
use crate::engine::TimerId;
use crate::protocol::Key;
use crate::protocols::parts::Peers;
use crate::units::Time;
use crate::world::{BlockSet, Channel, DatasetId, NodeId};
use std::collections::VecDeque;
use std::rc::Rc;

/// A torrent that is active: it announces itself, has connections, and loads or serves.
#[derive(Debug)]
pub(super) struct Torrent {
    pub id: DatasetId,
    pub layout: Layout,
    /// Whether what is not here is wanted; else what is here is served, and that is all.
    pub loads: bool,
    pub peers: Peers<Peer, true>,
    /// `None` once everything is here.
    pub picker: Option<Picker>,
    /// Peers still to be dialled.
    pub to_dial: VecDeque<NodeId>,
    /// Re-used between searches.
    pub picks: Vec<Pick>,
    /// Its place among the torrents that were added: the earlier, the smaller.
    pub ticket: u32,
    /// When it became active, or its turn as a seed began.
    pub since: Time,
    /// When it announces again.
    pub announce: Option<TimerId>,
    pub pace: Pace,
}

impl Torrent {
    /// A torrent that becomes active now, with what is here from before.
    pub fn new(id: DatasetId, ticket: u32, cx: &mut Context<'_>) -> Self {
        let layout = cx.shared.layouts[id.index()];
        Torrent {
            id,
            layout,
            loads: cx.wants(id),
            peers: Peers::default(),
            picker: restore(id, layout, cx),
            to_dial: VecDeque::new(),
            picks: Vec::new(),
            ticket,
            since: cx.now(),
            announce: None,
            pace: Pace::default(),
        }
    }

    /// Its connections.
    pub fn channel(&self) -> Channel {
        Channel(self.id.0)
    }

    /// Whether everything is here.
    pub fn is_seed(&self) -> bool {
        self.picker.is_none()
    }

    /// Whether nothing more is wanted: it counts among the seeds.
    pub fn is_finished(&self) -> bool {
        !self.loads || self.is_seed()
    }

    /// Dials the next of those who are to be dialled, at most so many.
    pub fn dial(&mut self, count: u32, cx: &mut Context<'_>) {
        for _ in 0..count {
            let Some(peer) = self.to_dial.pop_front() else { return };
            cx.dial(peer);
        }
    }

    /// A node introduces itself with what it has.
    pub fn introduce(&self, peer: NodeId, cx: &mut Context<'_>) {
        let hello = match &self.picker {
            None => Msg::HaveAll,
            Some(picker) if picker.len() == 0 => Msg::HaveNone,
            Some(picker) => {
                let mut set = BlockSet::new();
                (0..self.layout.pieces()).filter(|p| picker.has(*p)).for_each(|p| {
                    set.insert(p);
                });
                Msg::Bitfield(Rc::new(set), self.layout.pieces())
            }
        };
        cx.send(peer, hello);
    }

    /// Two seeds have nothing to tell each other.
    pub fn drop_if_redundant(&mut self, at: usize, session: &mut Session, cx: &mut Context<'_>) -> bool {
        let redundant = self.is_seed() && self.peers[at].pieces.seed;
        if redundant {
            cx.hang_up(self.peers[at].id);
            self.forget(at, session, cx);
        }
        redundant
    }

    /// The peer is gone; what it was asked for can be asked of others.
    pub fn forget(&mut self, at: usize, session: &mut Session, cx: &mut Context<'_>) {
        let peer = self.peers.remove(at);
        if let Some(picker) = &mut self.picker {
            for wanted in peer.picked.iter().chain(&peer.asked).filter(|w| !w.timed_out && !w.unwanted) {
                picker.release(wanted.unit, cx.rng());
            }
            for piece in peer.pieces.iter() {
                picker.peer_had(piece, cx.rng());
            }
        }
        session.lost(&peer);
    }

    /// Asks the tracker for peers, and will again.
    pub fn announce(&mut self, cx: &mut Context<'_>) {
        cx.find(Key::Dataset(self.id));
        self.announce = Some(cx.after(cx.shared.params.announce_interval, Timer::Announce(self.id)));
    }

    /// Closes all connections: the torrent is no longer active.
    pub fn leave(self, session: &mut Session, cx: &mut Context<'_>) {
        cx.on(self.channel());
        for peer in self.peers.iter() {
            cx.hang_up(peer.id);
            session.lost(peer);
        }
        if let Some(timer) = self.announce {
            cx.cancel(timer);
        }
    }

    /// Notes whether data moves; whether the torrent counts as slow, or no longer does,
    /// from now on.
    pub fn note_pace(&mut self, params: &Params, now: Time) -> bool {
        let rate = |peer: &Peer| if self.is_finished() { peer.up.rate } else { peer.down.rate };
        let bits = 8.0 * self.peers.iter().map(rate).sum::<f64>();
        self.pace.note(bits < params.slow_rate.0 as f64, params.slow_after, now)
    }
}

/// The picker of what is here from an earlier time; none where that is everything.
fn restore(id: DatasetId, layout: Layout, cx: &mut Context<'_>) -> Option<Picker> {
    let dataset = cx.world.datasets.get(id);
    let here = cx.store().len_of(dataset);
    if here == layout.units {
        return None;
    }
    let mut picker = Picker::new(layout, cx.rng());
    if here > 0 {
        for piece in 0..layout.pieces() {
            let (start, end) = layout.units_of(piece);
            if cx.store().covers(start, end) {
                picker.complete(piece);
            } else if cx.store().touches(start, end) {
                // Given so from the start: it is here, and cannot be passed on yet.
                for unit in (start..end).filter(|unit| cx.store().contains(*unit)).collect::<Vec<_>>() {
                    picker.done(unit, None, cx.rng());
                }
            }
        }
    }
    let unverified = dataset.part_of(cx.unverified());
    unverified.iter().for_each(|unit| {
        picker.done(unit, None, cx.rng());
    });
    Some(picker)
}

/// Whether a torrent counts as slow. It does once hardly anything has moved for a while,
/// and no longer once something has for as long (`on_inactivity_tick`).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pace {
    pub slow: bool,
    /// Since when it has been the other way round.
    turning: Option<Time>,
}

impl Pace {
    /// Notes how it is `now`; whether that settles that it is otherwise from now on.
    fn note(&mut self, slow: bool, after: Time, now: Time) -> bool {
        if slow == self.slow {
            self.turning = None;
            return false;
        }
        let turned = now.since(*self.turning.get_or_insert(now)) >= after;
        if turned {
            *self = Pace { slow, turning: None };
        }
        turned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torrent_is_slow_once_it_has_been_so_for_a_minute() {
        let (mut pace, minute) = (Pace::default(), Time::from_secs(60));
        let mut note = |slow, at| pace.note(slow, minute, Time::from_secs(at));
        assert!(!note(true, 0) && !note(true, 59) && !note(false, 60));
        assert!(!note(true, 61) && !note(true, 120) && note(true, 121) && !note(true, 122));
        assert!(!note(false, 130) && note(false, 190));
    }
}
