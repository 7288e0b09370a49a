//! Answering others (`engine/blockexccontext.nim`): one question about presence
//! and one request of each peer at a time, whatever datasets they are about. Requests of a
//! peer wait for each other: look up, write, next.

use super::wire::{Blocks, RequestId};
use super::{CodexV3, Context, Msg, Token};
use crate::protocols::parts::UnitRange;
use crate::world::{BlockSet, NodeId};

impl CodexV3 {
    /// Says what is here of `span`. A question that comes while another of the
    /// same peer is being answered is dropped.
    pub(super) fn on_want_have(&mut self, from: NodeId, (start, end): UnitRange, cx: &mut Context<'_>) {
        let Some(peer) = self.peers.find(from) else { return };
        let id = cx.world.datasets.of(start);
        if peer.questioned || !cx.has_manifest(id) {
            return;
        }
        let (params, dataset) = (&cx.shared.params, cx.world.datasets.get(id));
        let budget = (params.scan_budget / dataset.group).max(1);
        let end = end.min(start.saturating_add(budget)).min(dataset.end());
        let scanned = Blocks::Run(start, end).count(dataset);
        cx.cpu(cx.hardware().per_lookup * scanned);
        let held = cx.store().held_of(&BlockSet::range(start, end));
        let answer = if params.answers_complete && cx.store().has_all(dataset) {
            Msg::Complete(start)
        } else if !held.is_empty() {
            Msg::Have(start, held.runs().collect(), params.presence_form)
        } else if params.send_dont_have {
            Msg::DontHave(start)
        } else {
            return;
        };
        peer.questioned = true;
        cx.send_tracked(from, answer, Token::Presence.number());
    }

    pub(super) fn on_request(&mut self, from: NodeId, request: (RequestId, Blocks), cx: &mut Context<'_>) {
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
        let limit = (params.max_blocks_per_batch / wanted.dataset(&cx.world.datasets).group).max(1);
        let found = if wanted.units().len() > limit { Blocks::Run(0, 0) } else { self.look_up(wanted, cx) };
        cx.send_tracked(to, Msg::Response(id, found, params.proofs), Token::Response.number());
    }

    /// What is here of `wanted`.
    fn look_up(&self, wanted: Blocks, cx: &mut Context<'_>) -> Blocks {
        if let Blocks::Run(start, end) = wanted
            && cx.store().covers(start, end)
        {
            return wanted;
        }
        let found = Blocks::new(cx.store().held_of(&wanted.to_set()));
        let dataset = wanted.dataset(&cx.world.datasets);
        let lacking = wanted.count(dataset) - found.count(dataset);
        cx.cpu(cx.hardware().per_lookup * lacking);
        found
    }
}
