//! Weighted max-min rates from scratch, for the links that hang together with those
//! that wait to be solved. The way out when step by step takes too long.

use super::levels::Levels;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A filling of part of the links.
struct Filling<'a> {
    levels: &'a mut Levels,
    /// Per link: capacity not yet given away, flows not yet fixed, and what these weigh.
    rest: Vec<f64>,
    open: Vec<u32>,
    weight: Vec<f64>,
    fixed: Vec<bool>,
    /// Unsaturated links by the level at which they would fill up, as it was
    /// when they were put here; it only rises.
    full_at: BinaryHeap<Reverse<(u64, u32)>>,
}

impl Levels {
    /// Solves all links connected to those that wait, by raising the rates per weight of
    /// all their flows together until links fill up or flows reach their limits.
    pub(super) fn solve_afresh(&mut self) {
        let links = self.connected();
        let flows = links.iter().flat_map(|l| self.flows(*l)).map(|m| m.flow + 1).max().unwrap_or(0);
        let mut limits: Vec<(u64, u32)> = Vec::new();
        for link in &links {
            limits.extend(self.flows(*link).iter().map(|m| (self.highest_level(m.flow).to_bits(), m.flow)));
        }
        limits.retain(|l| f64::from_bits(l.0).is_finite());
        limits.sort_unstable();
        let mut filling = Filling {
            rest: self.capacities().to_vec(),
            open: vec![0; self.capacities().len()],
            weight: vec![0.0; self.capacities().len()],
            fixed: vec![false; flows as usize],
            full_at: BinaryHeap::new(),
            levels: self,
        };
        for link in links {
            filling.begin(link);
        }
        filling.fill(&limits);
    }
}

impl Filling<'_> {
    fn begin(&mut self, link: u32) {
        let flows = self.levels.flows(link);
        self.open[link as usize] = flows.len() as u32;
        self.weight[link as usize] = flows.iter().map(|member| member.weight).sum();
        self.levels.unsaturate(link);
        self.offer(link);
    }

    fn offer(&mut self, link: u32) {
        if self.open[link as usize] > 0 {
            self.full_at.push(Reverse((self.share(link).to_bits(), link)));
        }
    }

    /// The level at which `link` fills up if its flows are held back nowhere else.
    fn share(&self, link: u32) -> f64 {
        self.rest[link as usize].max(0.0) / self.weight[link as usize]
    }

    fn fill(&mut self, limits: &[(u64, u32)]) {
        let mut limits = limits.iter().peekable();
        while let Some(Reverse((share, link))) = self.full_at.pop() {
            if self.open[link as usize] == 0 {
                continue;
            }
            if let Some((limit, flow)) = limits.next_if(|l| l.0 <= share) {
                self.full_at.push(Reverse((share, link)));
                self.fix(*flow, f64::from_bits(*limit));
            } else if self.share(link).to_bits() > share {
                self.offer(link);
            } else {
                self.saturate(link, f64::from_bits(share));
            }
        }
    }

    fn saturate(&mut self, link: u32, level: f64) {
        self.levels.set_level(link, level);
        for at in 0..self.levels.flows(link).len() {
            let flow = self.levels.flows(link)[at].flow;
            self.fix(flow, level);
        }
    }

    /// Gives `flow` its final rate, that of this level.
    fn fix(&mut self, flow: u32, level: f64) {
        if std::mem::replace(&mut self.fixed[flow as usize], true) {
            return;
        }
        let weight = self.levels.weight(flow);
        for link in self.levels.path(flow) {
            self.rest[link as usize] -= weight * level;
            self.weight[link as usize] -= weight;
            self.open[link as usize] = self.open[link as usize].saturating_sub(1);
        }
    }
}
