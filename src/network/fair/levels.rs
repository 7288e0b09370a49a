//! Weighted max-min fair rates over links, kept up to date change by change.
//!
//! Every link has a water level, in bytes per second and unit of weight. A flow's rate
//! is its weight times the smallest of the levels of its links, or its own limit if that
//! is less; with weights of one the levels are rates. A link whose flows would use more than its
//! capacity is saturated: its level is such that they use all of it; any other
//! link has an infinite level. Where this holds of all links, each flow is held
//! back by its limit or by a full link on which no flow is faster for its weight, and that
//! characterises the max-min fair allocation (Bertsekas & Gallager, "Data
//! Networks", 6.5.2): there is no other.
//!
//! What a flow of weight `w` with another limit `w a` takes of a link with level `s` is
//! w min(s, a), so a level depends only on lower levels. A change of a level from
//! `x` to `y` therefore concerns only links above min(x, y), and moves them only
//! above it. Links to be solved again wait in order of that value; it never
//! falls, all levels below it are final, and the work ends.

use super::super::Bottleneck;
use crate::units::Rate;
use crate::world::World;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Relative change of a level that counts as none. Rounding errors of a sum
/// over some hundred flows stay below it.
const TOLERANCE: f64 = 1e-12;

/// A flow as its link sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct FlowOnLink {
    /// The flow.
    pub flow: u32,
    /// The link at its other end, if it crosses these two alone; else [`Levels::beyond`].
    pub other: u32,
    /// Its own limit, bytes per second and unit of weight; the least of that and the
    /// levels of its other links where it crosses more than two.
    pub limit: f64,
    /// What it weighs.
    pub weight: f64,
}

/// A flow's two access links and its places among their members.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub link: [u32; 2],
    pub place: [u32; 2],
    /// Bytes per second.
    pub limit: f64,
    /// Of the rates of two flows that one link holds back, the ratio is that of their weights.
    pub weight: f64,
}

/// A link between the two at the ends of a flow, and its place among the members.
#[derive(Debug, Clone, Copy)]
pub(super) struct InnerHop {
    pub link: u32,
    pub place: u32,
}

/// The flows on a link, by what holds them back at some level of it.
struct Split {
    /// What those held back elsewhere take, and the most that one of them takes.
    fixed: f64,
    highest_fixed: f64,
    /// What the others weigh together, and the least level that one could have elsewhere.
    free: f64,
    lowest_free: f64,
}

/// Links, the flows on them, and the levels that follow.
#[derive(Debug, Clone)]
pub(super) struct Levels {
    /// Bytes per second. First all uplinks, then all downlinks, then those inside the
    /// graph, and one without limit that stands for "no other".
    pub(super) capacity: Vec<f64>,
    pub(super) nodes: usize,
    pub(super) level: Vec<f64>,
    /// Per unsaturated link: capacity that its flows do not use, at the least.
    /// While it lasts the link need not be solved when they use more.
    spare: Vec<f64>,
    pub(super) members: Vec<Vec<FlowOnLink>>,
    pub(super) ends: Vec<Ends>,
    /// By flow: its links inside the graph; empty where no flow has any.
    pub(super) inner: Vec<Vec<InnerHop>>,
    /// Links to solve, the one with the lowest [`entry`] first.
    pub(super) work: BinaryHeap<Reverse<u128>>,
    /// Per link: its value in `work`, or [`IDLE`].
    pub(super) pending: Vec<u64>,
    /// Links whose level changed since they were last asked for, and what it was.
    changed: Vec<(u32, f64)>,
    is_changed: Vec<bool>,
    /// Solutions of one link before everything is solved afresh.
    pub patience: usize,
}

pub(super) const IDLE: u64 = u64::MAX;

/// The value from which on something changed, then the link: in one number,
/// for pairs take longer to compare.
fn entry(value: u64, link: u32) -> u128 {
    u128::from(value) << 32 | u128::from(link)
}

pub(super) fn value_and_link(entry: u128) -> (u64, u32) {
    ((entry >> 32) as u64, entry as u32)
}

/// The lower of two numbers; `f64::min` costs more, for it minds NaN.
pub(super) fn lower(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

impl Levels {
    /// The links of `world`, without flows.
    pub fn new(world: &World) -> Self {
        let up = world.nodes.iter().map(|n| n.up);
        let down = world.nodes.iter().map(|n| n.down);
        let inner = world.latency.core_links().iter().map(|link| link.capacity);
        Levels::of(world.nodes.len(), up.chain(down).chain(inner))
    }

    /// The uplinks of so many nodes, their downlinks, then those inside the graph.
    pub fn of(nodes: usize, links: impl Iterator<Item = Rate>) -> Self {
        let capacity: Vec<f64> = links.map(Rate::bytes_per_second).chain([f64::INFINITY]).collect();
        let links = capacity.len();
        Levels {
            capacity,
            nodes,
            level: vec![f64::INFINITY; links],
            spare: vec![0.0; links],
            members: vec![Vec::new(); links],
            ends: Vec::new(),
            inner: Vec::new(),
            work: BinaryHeap::new(),
            pending: vec![IDLE; links],
            changed: Vec::new(),
            is_changed: vec![false; links],
            patience: 20,
        }
    }

    /// What `flow` may carry, in bytes per second; up to date when solved.
    pub fn rate(&self, flow: u32) -> f64 {
        let Ends { link, limit, weight, .. } = self.ends[flow as usize];
        let level = lower(self.level[link[0] as usize], self.level[link[1] as usize]);
        lower(lower(level, self.lowest_inside(flow)) * weight, limit)
    }

    /// The lowest level of the links inside the graph that `flow` crosses.
    fn lowest_inside(&self, flow: u32) -> f64 {
        self.inner(flow).iter().fold(f64::INFINITY, |least, hop| lower(least, self.level[hop.link as usize]))
    }

    /// What holds `flow` back; the downlink only when it is tighter than the
    /// uplink, and a link between them only when it is tighter than both.
    pub fn bottleneck(&self, flow: u32) -> Bottleneck {
        let Ends { link, limit, weight, .. } = self.ends[flow as usize];
        let (up, down) = (self.level[link[0] as usize], self.level[link[1] as usize]);
        let inside = self.lowest_inside(flow);
        if limit <= lower(lower(up, down), inside) * weight {
            Bottleneck::Window
        } else if inside < lower(up, down) {
            Bottleneck::CoreLink
        } else if up <= down {
            Bottleneck::Uplink
        } else {
            Bottleneck::Downlink
        }
    }

    /// The rates of those flows on `link` that may run at another rate since
    /// its level was `old`. The others are held back elsewhere below both
    /// levels; if that has changed too, they are found there.
    pub fn rates_since(&self, link: u32, old: f64) -> impl Iterator<Item = (u32, f64)> + '_ {
        let level = self.level[link as usize];
        let low = lower(old, level);
        self.members[link as usize].iter().filter_map(move |member| {
            let elsewhere = lower(self.level[member.other as usize], member.limit);
            (elsewhere >= low).then(|| (member.flow, lower(level, elsewhere) * member.weight))
        })
    }

    /// The flows that `link` holds back, and no other link nor their own limits.
    pub fn held_by(&self, link: u32) -> impl Iterator<Item = u32> + '_ {
        let level = self.level[link as usize];
        let members = self.members[link as usize].iter();
        let held = members.filter(move |m| lower(m.limit, self.level[m.other as usize]) >= level);
        held.map(|member| member.flow)
    }

    /// Whether the flows on `link` use all of it.
    pub fn is_full(&self, link: u32) -> bool {
        self.level[link as usize].is_finite()
    }

    /// Whether there is something to solve.
    pub fn is_stale(&self) -> bool {
        !self.work.is_empty()
    }

    /// From `value` on, something changed for `link`.
    pub(super) fn wake(&mut self, link: u32, value: f64) {
        let value = value.to_bits(); // orders like the number, which is not negative
        if self.capacity[link as usize].is_finite() && value < self.pending[link as usize] {
            self.pending[link as usize] = value;
            self.work.push(Reverse(entry(value, link)));
        }
    }

    /// Brings all levels up to date.
    pub fn solve(&mut self) {
        let mut solved = 0;
        while let Some(Reverse(entry)) = self.work.pop() {
            let (value, link) = value_and_link(entry);
            if self.pending[link as usize] != value {
                continue; // a lower entry has come before
            }
            self.pending[link as usize] = IDLE;
            solved += 1;
            if solved > self.patience * (self.changed.len() + 10) {
                self.wake(link, f64::from_bits(value));
                return self.solve_afresh();
            }
            let (old, new) = (self.level[link as usize], self.solve_link(link));
            let moved = if old.is_finite() { (new - old).abs() > TOLERANCE * old } else { new.is_finite() };
            if moved {
                self.set_level(link, new);
                self.wake_neighbours(link, old, new);
            }
        }
    }

    /// Sets the level of `link` and remembers that it changed.
    pub(super) fn set_level(&mut self, link: u32, level: f64) {
        let old = std::mem::replace(&mut self.level[link as usize], level);
        if !self.is_changed[link as usize] {
            self.is_changed[link as usize] = true;
            self.changed.push((link, old));
        }
        if !self.inner.is_empty() {
            self.note_level(link);
        }
    }

    /// The level of `link` moved: so does what its flows take elsewhere.
    fn wake_neighbours(&mut self, link: u32, old: f64, new: f64) {
        let (low, beyond) = (old.min(new), self.beyond());
        for at in 0..self.members[link as usize].len() {
            let FlowOnLink { flow, other, limit, weight } = self.members[link as usize][at];
            if limit <= low {
                continue;
            }
            if other != beyond {
                self.wake_neighbour(other, (old, new), limit, weight);
                continue;
            }
            let ends = self.ends[flow as usize].link;
            let others = ends.into_iter().filter(|end| *end != link);
            others.for_each(|end| self.wake_neighbour(end, (old, new), limit, weight));
            for hop in 0..self.inner(flow).len() {
                let other = self.inner[flow as usize][hop].link;
                if other != link {
                    self.wake_neighbour(other, (old, new), limit, weight);
                }
            }
        }
    }

    /// What a flow takes of `link` moves from `weight` times the lower of `old` and `limit`
    /// to that of `new` and `limit`.
    fn wake_neighbour(&mut self, link: u32, (old, new): (f64, f64), limit: f64, weight: f64) {
        let (level, low) = (self.level[link as usize], old.min(new));
        if level <= low {
            return;
        }
        if level.is_infinite() {
            // It stays unsaturated when a flow takes less, or more of what is spare.
            self.spare[link as usize] -= (new.min(limit) - old.min(limit)).max(0.0) * weight;
            if new < old || self.spare[link as usize] >= 0.0 {
                return;
            }
        }
        self.wake(link, low);
    }

    /// Solves sum over flows of w min(s, a) = capacity for the level s, where w is the
    /// weight of the flow and a what else limits it: Newton's method on a concave function.
    /// From the first step on it approaches from below.
    fn solve_link(&mut self, link: u32) -> f64 {
        let (capacity, members) = (self.capacity[link as usize], &self.members[link as usize]);
        if members.is_empty() {
            self.spare[link as usize] = capacity;
            return f64::INFINITY;
        }
        let lowest = capacity / members.iter().map(|member| member.weight).sum::<f64>();
        let mut level = self.level[link as usize];
        let mut below = false;
        loop {
            let Split { fixed, highest_fixed, free, lowest_free } = self.split(link, level);
            if free == 0.0 && fixed <= capacity {
                self.spare[link as usize] = capacity - fixed;
                return f64::INFINITY;
            }
            let next = if free == 0.0 { lowest } else { ((capacity - fixed) / free).max(lowest) };
            let same_split = highest_fixed < next && next <= lowest_free;
            if same_split || (below && next <= level) {
                return next;
            }
            below = true;
            level = next;
        }
    }

    /// Who of the flows on `link` is held back elsewhere below `level`.
    fn split(&self, link: u32, level: f64) -> Split {
        let mut split = Split { fixed: 0.0, highest_fixed: 0.0, free: 0.0, lowest_free: f64::INFINITY };
        for member in &self.members[link as usize] {
            let elsewhere = lower(member.limit, self.level[member.other as usize]);
            let held = elsewhere < level;
            // Written without branches: which way a flow goes is hard to foresee.
            split.fixed += if held { elsewhere * member.weight } else { 0.0 };
            split.free += if held { 0.0 } else { member.weight };
            split.highest_fixed = if held && elsewhere > split.highest_fixed { elsewhere } else { split.highest_fixed };
            split.lowest_free = if !held && elsewhere < split.lowest_free { elsewhere } else { split.lowest_free };
        }
        split
    }

    /// Takes `link` for unsaturated, with nothing known to spare.
    pub(super) fn unsaturate(&mut self, link: u32) {
        self.set_level(link, f64::INFINITY);
        self.spare[link as usize] = 0.0;
    }

    /// Takes the links whose levels changed since the last call, and what
    /// these were then.
    pub fn take_changed(&mut self, into: &mut Vec<(u32, f64)>) {
        std::mem::swap(&mut self.changed, into);
        self.changed.clear();
        into.iter().for_each(|(link, _)| self.is_changed[*link as usize] = false);
    }
}
