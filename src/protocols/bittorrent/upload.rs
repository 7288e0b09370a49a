//! What a node gives: requests that wait, and the send buffer.

use super::Context;
use super::torrent::Torrent;
use super::wire::{Msg, UnitList};
use crate::world::NodeId;

impl Torrent {
    pub(super) fn on_request(&mut self, at: usize, units: &[u32], cx: &mut Context<'_>) {
        let layout = self.layout;
        let peer = &mut self.peers[at];
        let mut refused = UnitList::new();
        for unit in units {
            let piece = layout.piece_of(*unit);
            let allowed = peer.unchoked || peer.granted.contains(&piece);
            let held = self.picker.as_ref().is_none_or(|picker| picker.has(piece));
            if allowed && held && peer.waiting.len() < cx.shared.params.max_waiting as usize {
                peer.waiting.push_back(*unit);
            } else {
                refused.push(*unit);
            }
        }
        refuse(peer.id, refused, cx);
        self.fill_buffer(at, cx);
    }

    pub(super) fn on_cancel(&mut self, at: usize, unit: u32, cx: &mut Context<'_>) {
        let peer = &mut self.peers[at];
        if let Some(place) = peer.waiting.iter().position(|u| *u == unit) {
            peer.waiting.remove(place);
            refuse(peer.id, std::iter::once(unit).collect(), cx);
        }
    }

    /// Requests of a peer that was choked are void, but for the allowed pieces.
    pub(super) fn refuse_waiting(&mut self, at: usize, cx: &mut Context<'_>) {
        let layout = self.layout;
        let void = self.peers[at].void_waiting(|unit| layout.piece_of(unit));
        refuse(self.peers[at].id, void, cx);
    }

    /// Moves blocks from the queue of requests into the send buffer.
    fn fill_buffer(&mut self, at: usize, cx: &mut Context<'_>) {
        let (params, dataset) = (&cx.shared.params, cx.world.datasets.get(self.id));
        let peer = &mut self.peers[at];
        let most = peer.watermark(params);
        while peer.buffered < most
            && let Some(unit) = peer.waiting.pop_front()
        {
            let bytes = dataset.bytes_in(unit);
            peer.buffered += bytes;
            cx.send_tracked(peer.id, Msg::Piece(unit), bytes.min(u64::from(u32::MAX)) as u32);
        }
    }

    /// A block of so many bytes begins to leave the send buffer.
    pub(super) fn on_sent(&mut self, at: usize, bytes: u64, cx: &mut Context<'_>) {
        let peer = &mut self.peers[at];
        peer.buffered = peer.buffered.saturating_sub(bytes);
        peer.up.add(bytes);
        self.fill_buffer(at, cx);
    }

    /// Once a second: the rate, and with it the size of the buffer.
    pub(super) fn tick_upload(&mut self, at: usize, cx: &mut Context<'_>) {
        self.peers[at].up.tick();
        self.fill_buffer(at, cx);
    }
}

fn refuse(peer: NodeId, units: UnitList, cx: &mut Context<'_>) {
    if !units.is_empty() {
        cx.send(peer, Msg::Reject(units));
    }
}
