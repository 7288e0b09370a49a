//! Answering others (`engine/blockexccontext.nim`): one question about presence
//! and one request of each peer at a time. Requests of a peer wait for each
//! other: look up, write, next.

use super::wire::Blocks;
use super::{CodexV3, Context, Msg, Token};
use crate::protocols::parts::UnitRange;
use crate::world::{BlockSet, NodeId};

impl CodexV3 {
    /// Says what is here of `span`. A question that comes while another of the
    /// same peer is being answered is dropped.
    pub(super) fn on_want_have(&mut self, from: NodeId, (start, end): UnitRange, cx: &mut Context<'_>) {
        let Some(peer) = self.peers.find(from) else { return };
        if peer.questioned || !self.has_manifest {
            return;
        }
        let params = &cx.shared.params;
        let units = cx.world.only().units();
        let budget = (params.scan_budget / cx.world.only().group).max(1);
        let end = end.min(start.saturating_add(budget)).min(units);
        let scanned = Blocks::Run(start, end).count(cx.world.only());
        cx.cpu(cx.hardware().per_lookup * scanned);
        let held = cx.store().held_of(&BlockSet::range(start, end));
        let answer = if params.answers_complete && cx.store().len() == units {
            Msg::Complete(start)
        } else if !held.is_empty() {
            Msg::Have(start, held.runs().collect(), params.presence_form)
        } else if params.send_dont_have {
            Msg::DontHave(start)
        } else {
            return;
        };
        peer.questioned = true;
        cx.send_tracked(from, answer, Token::Presence as u32);
    }

    pub(super) fn on_request(&mut self, from: NodeId, request: (u64, Blocks), cx: &mut Context<'_>) {
        let Some(peer) = self.peers.find(from) else { return };
        peer.waiting.push_back(request);
        if !peer.answering {
            self.answer_next(from, cx);
        }
    }

    /// The response to `to` has been written.
    pub(super) fn on_answered(&mut self, to: NodeId, cx: &mut Context<'_>) {
        if let Some(peer) = self.peers.find(to) {
            peer.answering = false;
        }
        self.answer_next(to, cx);
    }

    fn answer_next(&mut self, to: NodeId, cx: &mut Context<'_>) {
        let Some(peer) = self.peers.find(to) else { return };
        let Some((id, wanted)) = peer.waiting.pop_front() else { return };
        peer.answering = true;
        let params = &cx.shared.params;
        let limit = (params.max_blocks_per_batch / cx.world.only().group).max(1);
        let found = if wanted.units().len() > limit { Blocks::Run(0, 0) } else { self.look_up(wanted, cx) };
        cx.send_tracked(to, Msg::Response(id, found, params.proofs), Token::Response as u32);
    }

    /// What is here of `wanted`.
    fn look_up(&self, wanted: Blocks, cx: &mut Context<'_>) -> Blocks {
        if let Blocks::Run(start, end) = wanted
            && cx.store().covers(start, end)
        {
            return wanted;
        }
        let found = Blocks::new(cx.store().held_of(&wanted.to_set()));
        let lacking = wanted.count(cx.world.only()) - found.count(cx.world.only());
        cx.cpu(cx.hardware().per_lookup * lacking);
        found
    }
}
