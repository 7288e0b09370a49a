//! Choosing: whom to ask, in which order, and for how much.

use super::params::{Order, PeerChoice};
use super::peer::Peer;
use super::{CodexV2, Context, group};
use crate::world::BlockSet;

impl CodexV2 {
    /// `set` in the order in which it is asked for.
    pub(super) fn ordered(&self, set: &BlockSet, cx: &Context<'_>) -> Vec<u32> {
        let order = cx.shared.order;
        match cx.shared.params.order {
            Order::Hash => order.of(set),
            Order::Sequential => set.iter().collect(),
            Order::Random => order.own(cx.me).of(set),
            Order::RarestFirst => {
                let mut units = order.own(cx.me).of(set);
                units.sort_by_cached_key(|unit| self.peers.iter().filter(|p| p.have.contains(*unit)).count());
                units
            }
        }
    }

    /// Asks one of the holders of `unit`; nobody when all of them are asked for
    /// as much as they may be.
    pub(super) fn request_one(&mut self, unit: u32, cx: &mut Context<'_>) {
        let group = u64::from(group(cx.world));
        let holders: Vec<(usize, u64)> = (0..self.peers.len())
            .filter(|at| self.peers[*at].have.contains(unit) && self.room(*at, cx) > 0)
            .map(|at| (at, u64::from(self.peers[at].requested.len()) * group))
            .collect();
        let chosen = match cx.shared.params.peer_choice {
            PeerChoice::Weighted => draw_weighted(&holders, cx),
            PeerChoice::Random if holders.is_empty() => None,
            PeerChoice::Random => Some(holders[cx.rng().below(holders.len() as u64) as usize].0),
            PeerChoice::LeastLoaded => holders.iter().min_by_key(|(_, load)| *load).map(|(at, _)| *at),
        };
        if let Some(at) = chosen {
            self.request(at, BlockSet::one(unit), cx);
        }
    }

    /// Asks the peer at `index` for everything it has that nobody was asked for,
    /// or for as much as it may be asked for.
    pub(super) fn request_from(&mut self, index: usize, cx: &mut Context<'_>) {
        let mut take = self.peers[index].have.difference(&self.wants.requested);
        let room = self.room(index, cx);
        if take.len() > room {
            take = self.ordered(&take, cx).into_iter().take(room as usize).collect();
        }
        if !take.is_empty() {
            self.request(index, take, cx);
        }
    }

    /// Units that the peer at `index` may be asked for beyond what it is.
    fn room(&self, index: usize, cx: &Context<'_>) -> u32 {
        let most = (cx.shared.params.requests_per_peer / group(cx.world)).max(1);
        most.saturating_sub(self.peers[index].requested.len())
    }

    /// Whether a peer that has much may be left with something not asked for.
    pub(super) fn is_limited(&self, cx: &Context<'_>) -> bool {
        let windows = u64::from(cx.shared.params.window) * self.downloads.len().max(1) as u64;
        u64::from(cx.shared.params.requests_per_peer) < windows
    }
}

/// One of `holders` with their loads: `2 load + 5 (1 - success)` counts against
/// a peer, and success is always 0.5.
fn draw_weighted(holders: &[(usize, u64)], cx: &mut Context<'_>) -> Option<usize> {
    let worst = 2 * holders.iter().map(|(_, load)| load).max()?;
    let weight = |load: u64| worst + 1 - 2 * load;
    let mut draw = cx.rng().below(holders.iter().map(|(_, load)| weight(*load)).sum());
    for (at, load) in holders {
        if draw < weight(*load) {
            return Some(*at);
        }
        draw -= weight(*load);
    }
    None
}

/// Of `peers`, those whose turn it is to be asked: all, or some drawn at random
/// where there are more than may be asked.
pub(super) fn turns(peers: &[Peer], cx: &mut Context<'_>) -> Vec<usize> {
    let mut all: Vec<usize> = (0..peers.len()).collect();
    let most = cx.shared.params.ask_peers as usize;
    if all.len() > most {
        for at in 0..most {
            let drawn = at + cx.rng().below((all.len() - at) as u64) as usize;
            all.swap(at, drawn);
        }
        all.truncate(most);
    }
    all
}
