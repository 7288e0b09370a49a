//! Which flows are on which links, kept on both sides.
//!
//! A flow of two links is on each with the other as "the link at its other end". One that
//! crosses core links too is on each with the least of its own limit and the levels of all
//! its other links in the place of its limit; that is told anew when one of these changes.

use super::levels::{Ends, FlowOnLink, IDLE, InnerHop, Levels, lower, value_and_link};
use crate::world::Hop;
use std::cmp::Reverse;

impl Levels {
    /// The link of nothing: what a flow of more than two links has at its other end.
    pub(super) fn beyond(&self) -> u32 {
        self.capacity.len() as u32 - 1
    }

    /// The number of the core link `index`.
    pub fn core_link(&self, index: u32) -> u32 {
        2 * self.nodes as u32 + index
    }

    /// Makes `flow` one between these nodes, over the core links of `route`.
    pub fn open(&mut self, flow: u32, from: u32, to: u32, route: &[Hop]) {
        let link = [from, self.nodes as u32 + to];
        let ends = Ends { link, place: [0; 2], limit: f64::INFINITY, weight: 1.0 };
        let at = flow as usize;
        if at < self.ends.len() {
            self.ends[at] = ends
        } else {
            self.ends.push(ends)
        }
        if !route.is_empty() && self.inner.len() <= at {
            self.inner.resize(at + 1, Vec::new());
        }
        let first = self.core_link(0);
        if let Some(inner) = self.inner.get_mut(at) {
            inner.clear();
            inner.extend(route.iter().map(|hop| InnerHop { link: first + hop.link, place: 0 }));
        }
    }

    pub(super) fn inner(&self, flow: u32) -> &[InnerHop] {
        self.inner.get(flow as usize).map_or(&[], Vec::as_slice)
    }

    /// The links of `flow` and its places among their members.
    fn hops(&self, flow: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        let Ends { link, place, .. } = self.ends[flow as usize];
        let inner = self.inner(flow).iter().map(|hop| (hop.link, hop.place));
        [(link[0], place[0]), (link[1], place[1])].into_iter().chain(inner)
    }

    /// All links of `flow`.
    pub fn path(&self, flow: u32) -> impl Iterator<Item = u32> + '_ {
        self.hops(flow).map(|hop| hop.0)
    }

    /// The core links of `flow`, by index.
    pub fn core_path(&self, flow: u32) -> impl Iterator<Item = u32> + '_ {
        let first = self.core_link(0);
        self.inner(flow).iter().map(move |hop| hop.link - first)
    }

    /// `flow` begins, with a limit in bytes per second and a finite weight above zero.
    pub fn add(&mut self, flow: u32, limit: f64, weight: f64) {
        let ends = &mut self.ends[flow as usize];
        (ends.limit, ends.weight) = (limit, weight);
        let (link, limit) = (ends.link, limit / weight);
        let others = if self.inner(flow).is_empty() { [link[1], link[0]] } else { [self.beyond(); 2] };
        for side in 0..2 {
            self.ends[flow as usize].place[side] =
                self.join(link[side], FlowOnLink { flow, other: others[side], limit, weight });
        }
        for at in 0..self.inner(flow).len() {
            let InnerHop { link, .. } = self.inner[flow as usize][at];
            let member = FlowOnLink { flow, other: self.beyond(), limit, weight };
            self.inner[flow as usize][at].place = self.join(link, member);
        }
        self.note_other_links(flow);
    }

    fn join(&mut self, link: u32, member: FlowOnLink) -> u32 {
        let members = &mut self.members[link as usize];
        members.push(member);
        let place = members.len() as u32 - 1;
        self.wake(link, 0.0);
        place
    }

    /// `flow` ends.
    pub fn remove(&mut self, flow: u32) {
        let Ends { link, place, .. } = self.ends[flow as usize];
        for side in 0..2 {
            self.quit(link[side], place[side]);
        }
        for at in 0..self.inner(flow).len() {
            let InnerHop { link, place } = self.inner[flow as usize][at];
            self.quit(link, place);
        }
    }

    fn quit(&mut self, link: u32, place: u32) {
        let members = &mut self.members[link as usize];
        members.swap_remove(place as usize);
        if let Some(FlowOnLink { flow, .. }) = members.get(place as usize).copied() {
            let ends = &mut self.ends[flow as usize];
            match ends.link.iter().position(|end| *end == link) {
                Some(side) => ends.place[side] = place,
                None => {
                    let hops = self.inner[flow as usize].iter_mut();
                    hops.filter(|hop| hop.link == link).for_each(|hop| hop.place = place);
                }
            }
        }
        if self.level[link as usize].is_finite() {
            self.wake(link, 0.0);
        }
    }

    /// Tells each link of `flow`, which crosses more than two, what its limit and its
    /// other links let through.
    fn note_other_links(&mut self, flow: u32) {
        if self.inner(flow).is_empty() {
            return;
        }
        let (mut least, mut tightest, mut second) = (f64::INFINITY, u32::MAX, f64::INFINITY);
        for (link, _) in self.hops(flow) {
            let level = self.level[link as usize];
            if level < least {
                (second, least, tightest) = (least, level, link);
            } else {
                second = lower(second, level);
            }
        }
        let Ends { link: ends, place, limit, weight } = self.ends[flow as usize];
        let elsewhere = |link: u32| lower(limit / weight, if link == tightest { second } else { least });
        for side in 0..2 {
            self.members[ends[side] as usize][place[side] as usize].limit = elsewhere(ends[side]);
        }
        for InnerHop { link, place } in &self.inner[flow as usize] {
            self.members[*link as usize][*place as usize].limit = elsewhere(*link);
        }
    }

    /// The own limit of `flow`, bytes per second.
    pub fn limit(&self, flow: u32) -> f64 {
        self.ends[flow as usize].limit
    }

    /// What `flow` weighs.
    pub fn weight(&self, flow: u32) -> f64 {
        self.ends[flow as usize].weight
    }

    /// The level above which its own limit holds `flow` back.
    pub(super) fn highest_level(&self, flow: u32) -> f64 {
        self.limit(flow) / self.weight(flow)
    }

    /// Changes the own limit and the weight of `flow`, which runs at `rate`. True when that
    /// changes rates.
    pub fn set(&mut self, flow: u32, limit: f64, weight: f64, rate: f64) -> bool {
        let Ends { link, place, limit: old_limit, weight: old_weight } = self.ends[flow as usize];
        let ends = &mut self.ends[flow as usize];
        (ends.limit, ends.weight) = (limit, weight);
        let matters = weight != old_weight || limit.min(old_limit) <= rate * (1.0 + 1e-9);
        for side in 0..2 {
            let member = &mut self.members[link[side] as usize][place[side] as usize];
            (member.limit, member.weight) = (limit / weight, weight);
            if matters {
                self.wake(link[side], 0.0);
            }
        }

        if !self.inner(flow).is_empty() {
            for InnerHop { link, place } in &self.inner[flow as usize] {
                self.members[*link as usize][*place as usize].weight = weight;
            }
            self.note_other_links(flow);
            (0..self.inner(flow).len())
                .filter(|_| matters)
                .for_each(|at| self.wake(self.inner[flow as usize][at].link, 0.0));
        }
        matters
    }

    /// Tells the other links of all flows that cross `link` and more than one other.
    pub(super) fn note_level(&mut self, link: u32) {
        for at in 0..self.members[link as usize].len() {
            let FlowOnLink { flow, other, .. } = self.members[link as usize][at];
            if other == self.beyond() {
                self.note_other_links(flow);
            }
        }
    }

    /// The flows on `link`.
    pub fn flows(&self, link: u32) -> &[FlowOnLink] {
        &self.members[link as usize]
    }

    /// Capacities of all links, bytes per second.
    pub fn capacities(&self) -> &[f64] {
        &self.capacity
    }

    /// How many nodes there are.
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// The uplink and the downlink of `flow`.
    pub fn links(&self, flow: u32) -> [u32; 2] {
        self.ends[flow as usize].link
    }

    /// All links of finite capacity that share flows, directly or through
    /// others, with a link that waits to be solved; none waits any more.
    pub(super) fn connected(&mut self) -> Vec<u32> {
        let mut seen = vec![false; self.capacity.len()];
        let mut links: Vec<u32> = Vec::new();
        while let Some(Reverse(entry)) = self.work.pop() {
            let (_, link) = value_and_link(entry);
            self.pending[link as usize] = IDLE;
            links.extend((!std::mem::replace(&mut seen[link as usize], true)).then_some(link));
        }
        let mut next = 0;
        while next < links.len() {
            for member in &self.members[links[next] as usize] {
                for other in self.path(member.flow) {
                    let at = other as usize;
                    if self.capacity[at].is_finite() && !std::mem::replace(&mut seen[at], true) {
                        links.push(other);
                    }
                }
            }
            next += 1;
        }
        links
    }
}
