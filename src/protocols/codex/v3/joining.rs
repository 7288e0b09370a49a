//! How what discovery finds joins the swarm of a download (`searchForNewPeers` in the
//! `engine/engine.nim` that goes with 4e709275).
//!
//! Of the providers that are no members, in random order and the connected ones first,
//! as many become members as there is room, and further ones take the places of members
//! that never said anything and owe nothing. Those of them who are not connected are
//! dialled; when all dials have come to something, those that stand are asked together.

use super::turns::stir;
use super::{CodexV3, Context, Msg, Newcomers};
use crate::units::Time;
use crate::world::{DatasetId, NodeId};

/// Providers of one look-up that became members.
#[derive(Debug, Default)]
pub(super) struct Joining {
    /// Who is being dialled.
    dialled: Vec<NodeId>,
    /// Who is connected.
    connected: Vec<NodeId>,
}

impl CodexV3 {
    /// Discovery has named `providers` of `dataset`, which is being downloaded.
    pub(super) fn join(&mut self, dataset: DatasetId, providers: &[NodeId], cx: &mut Context<'_>) {
        let (now, params) = (cx.now(), &cx.shared.params);
        let Some(download) = stir(&mut self.downloads, dataset, cx) else { return };
        let failed = |id: NodeId| {
            self.failed_dials.iter().any(|(peer, at)| *peer == id && now.since(*at) < params.dial_cooldown)
        };
        let wanted = |id: &NodeId| cx.world.may_know(cx.me, *id) && download.swarm.find(*id).is_none() && !failed(*id);
        let news: Vec<NodeId> = providers.iter().copied().filter(wanted).collect();
        let (mut connected, mut others): (Vec<_>, Vec<_>) =
            news.into_iter().partition(|id| self.peers.find(*id).is_some());
        cx.rng().shuffle(&mut connected);
        cx.rng().shuffle(&mut others);
        let mut round = Joining::default();
        for id in connected.into_iter().chain(others) {
            let is_new = |peer: NodeId| round.dialled.contains(&peer) || round.connected.contains(&peer);
            let idle = |peer| !is_new(peer) && self.peers.find(peer).is_none_or(|peer| peer.in_flight == 0);
            let joins = download.swarm.admit(id, now, params) || download.swarm.replace_unknown(id, now, idle, params);
            if !joins {
                break; // nor will the next
            }
            if self.peers.find(id).is_some() {
                round.connected.push(id);
            } else {
                round.dialled.push(id);
            }
        }
        round.dialled.iter().for_each(|id| cx.dial(*id));
        download.joining.push(round);
        self.ask_who_joined(dataset, cx);
    }

    /// A connection with `peer` stands, for all downloads that wait for it.
    pub(super) fn on_joined(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        self.each_download(cx, |node, dataset, cx| _ = node.end_dial(dataset, peer, true, cx));
    }

    /// There will be no connection with `peer`: it is no member, and for a while no
    /// candidate of any download (inferred).
    pub(super) fn on_dial_failed(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        let (now, mut was_awaited) = (cx.now(), false);
        self.each_download(cx, |node, dataset, cx| was_awaited |= node.end_dial(dataset, peer, false, cx));
        if was_awaited && cx.shared.params.dial_cooldown > Time::ZERO {
            self.failed_dials.retain(|(id, _)| *id != peer);
            self.failed_dials.push((peer, now));
        }
    }

    /// Whether the dial of `peer` was of one that joins.
    fn end_dial(&mut self, dataset: DatasetId, peer: NodeId, stands: bool, cx: &mut Context<'_>) -> bool {
        let Some(download) = stir(&mut self.downloads, dataset, cx) else { return false };
        let mut was_awaited = false;
        for round in &mut download.joining {
            let Some(at) = round.dialled.iter().position(|id| *id == peer) else { continue };
            round.dialled.remove(at);
            was_awaited = true;
            if stands {
                round.connected.push(peer);
            } else {
                download.swarm.remove(peer);
            }
        }
        self.ask_who_joined(dataset, cx);
        was_awaited
    }

    /// Asks those of whose round all dials have come to something.
    fn ask_who_joined(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        let Some(download) = self.downloads.get_mut(&dataset) else { return };
        let (start, end) = download.scheduler.window();
        let (done, under_way) = std::mem::take(&mut download.joining).into_iter().partition(|r| r.dialled.is_empty());
        download.joining = under_way;
        if cx.shared.params.newcomers == Newcomers::Asked {
            let done: Vec<Joining> = done;
            let joined = done.iter().flat_map(|round| &round.connected);
            joined.for_each(|id| cx.send(*id, Msg::WantHave(start, end)));
        }
    }
}
