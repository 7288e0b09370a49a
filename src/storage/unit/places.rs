//! On which hosts the slots of a unit are, as far as that decides what strikes them.

use crate::rng::Rng;
use crate::storage::{Class, Life, PlacementRule, RebuiltOn, StorageSpec, Struck, one_of};
use std::ops::Range;

/// Hosts for each slot up to which all are followed, of those that are there at a time.
const FEW: u32 = 2;

/// On which class of hosts a slot is rebuilt next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Any.
    Any,
    /// This one.
    On(u8),
    /// One that is not drawn yet.
    Open,
}

/// Where slots may be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Places {
    hosts: u32,
    slots: u32,
    regions: u32,
    operators: u32,
    rule: Rule,
    /// Whether it matters where they are.
    matter: bool,
    few: bool,
    /// By class, the numbers of its hosts, and the share of time that there is a host in a place of
    /// one; all are one class where they live alike.
    classes: Vec<(Range<u32>, f64)>,
    /// By slot, the class that it is on at the start; nothing where any will do.
    first_classes: Vec<usize>,
    rebuilt_on: RebuiltOn,
    /// By class, with which probability a slot is rebuilt on it.
    mix: Vec<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    Random,
    Groups,
    /// Slot j in region or operator j modulo this.
    Spread(u32),
}

impl Places {
    pub(super) fn of(spec: &StorageSpec) -> Self {
        let hosts = spec.hosts.count;
        let (regions, operators) = (spec.hosts.regions, spec.hosts.operators.unwrap_or(hosts));
        let rule = match (spec.placement.rule, spec.placement.over) {
            (PlacementRule::Groups, _) => Rule::Groups,
            (PlacementRule::Spread, Struck::Region) => Rule::Spread(regions),
            (PlacementRule::Spread, Struck::Operator) => Rule::Spread(operators),
            (PlacementRule::Random, _) | (PlacementRule::Spread, Struck::All) => Rule::Random,
        };
        let alike = spec.hosts.one_life().is_some();
        let matter = !alike || spec.shocks.iter().any(|shock| shock.hits != Struck::All);
        let share_there = |class: &Class| {
            let mean = Life::of(class.life).mean();
            if mean.is_finite() { mean / (mean + spec.hosts.replaced_after.secs()) } else { 1.0 }
        };
        let there: f64 = spec.hosts.by_class().iter().map(|class| class.hosts.len() as f64 * share_there(class)).sum();
        let scarce = there <= f64::from(FEW * spec.code.total);
        Places {
            hosts,
            slots: spec.code.total,
            regions,
            operators,
            rule,
            matter,
            few: rule == Rule::Groups || scarce || (!alike && has_small_class(spec)),
            classes: if alike {
                vec![(0..hosts, 1.0)]
            } else {
                spec.hosts.by_class().iter().map(|class| (class.hosts.clone(), share_there(class))).collect()
            },
            first_classes: if alike { vec![] } else { spec.first_classes() },
            rebuilt_on: if alike { RebuiltOn::Any } else { spec.repair.class },
            mix: spec.mix(),
        }
    }

    /// The class of a host.
    pub(super) fn class(&self, host: u32) -> usize {
        self.classes.iter().position(|(hosts, _)| hosts.contains(&host)).unwrap_or(0)
    }

    /// Which region or operator a host is in; 0 where all are meant.
    pub(super) fn place(&self, host: u32, of: Struck) -> u32 {
        match of {
            Struck::All => 0,
            Struck::Region => host % self.regions,
            Struck::Operator => host % self.operators,
        }
    }

    /// Whether a unit can only be on few hosts, or its slots of a class on few of that: then all hosts
    /// are followed.
    pub(super) fn is_few(&self) -> bool {
        self.few
    }

    /// How many hosts are followed: these, or for each slot one that has it and one that gets it.
    pub(super) fn followed(&self) -> usize {
        let count = match self.rule {
            Rule::Groups => self.slots,
            _ if self.few => self.hosts,
            _ => 2 * self.slots,
        };
        count as usize
    }

    /// The first of few hosts.
    pub(super) fn base(&self, rng: &mut Rng) -> u32 {
        match self.rule {
            Rule::Groups if self.matter => rng.below(u64::from(self.hosts / self.slots)) as u32 * self.slots,
            _ => 0,
        }
    }

    /// Over which region or operator slots are spread that is a host's, if they are.
    pub(super) fn spread(&self, host: u32) -> Option<u32> {
        match self.rule {
            Rule::Spread(over) => Some(host % over),
            Rule::Random | Rule::Groups => None,
        }
    }

    /// The class that a slot is on at the start, where not any will do.
    pub(super) fn first_class(&self, slot: usize) -> Option<usize> {
        self.first_classes.get(slot).copied()
    }

    /// On which class a slot is rebuilt that is on a host now.
    pub(super) fn turn(&self, host: u32) -> Turn {
        match self.rebuilt_on {
            RebuiltOn::Any => Turn::Any,
            RebuiltOn::Same => Turn::On(self.class(host) as u8),
            RebuiltOn::Mix => Turn::Open,
        }
    }

    /// The class that it is, drawn if it is open; nothing where any will do.
    pub(super) fn decide(&self, turn: &mut Turn, rng: &mut Rng) -> Option<usize> {
        if *turn == Turn::Open {
            *turn = Turn::On(one_of(&self.mix, rng) as u8);
        }
        match *turn {
            Turn::On(class) => Some(class as usize),
            Turn::Any | Turn::Open => None,
        }
    }

    /// A host for `slot` other than these, of many; 0 where it does not matter which.
    pub(super) fn outside(
        &self,
        slot: u32,
        class: Option<usize>,
        others: impl Iterator<Item = u32> + Clone,
        rng: &mut Rng,
    ) -> u32 {
        if self.matter { self.free(slot, class, others, rng) } else { 0 }
    }

    /// A host at random, of the class if one is given, on which none of the others is. Of any class
    /// those are drawn more seldom whose places are empty for longer.
    fn free(&self, slot: u32, class: Option<usize>, others: impl Iterator<Item = u32> + Clone, rng: &mut Rng) -> u32 {
        let range = class.map_or(0..self.hosts, |class| self.classes[class].0.clone());
        let (place, over) = match self.rule {
            Rule::Spread(over) => (slot % over, over),
            Rule::Random | Rule::Groups => (0, 1),
        };
        let first = range.start + (over + place - range.start % over) % over;
        let count = |first: u32, step: u32| range.end.saturating_sub(first).div_ceil(step);
        let in_place = |host: &u32| range.contains(host) && host % over == place;
        // There may be no free host in such a place: then it is any, of the class.
        let is_full = others.clone().filter(in_place).count() as u32 >= count(first, over);
        let (first, step) = if is_full { (range.start, 1) } else { (first, over) };
        let count = count(first, step);
        loop {
            let host = first + step * rng.below(u64::from(count)) as u32;
            let is_there =
                class.is_some() || self.classes.len() == 1 || rng.uniform() <= self.classes[self.class(host)].1;
            if is_there && others.clone().all(|other| other != host) {
                return host;
            }
        }
    }
}

/// Whether a class has few hosts for the slots that are on it at the start, or may come to it.
fn has_small_class(spec: &StorageSpec) -> bool {
    let (first, mix) = (spec.first_classes(), spec.mix());
    let slots = |at: usize| match spec.repair.class {
        RebuiltOn::Mix if mix[at] > 0.0 => spec.code.total,
        _ => first.iter().filter(|class| **class == at).count() as u32,
    };
    spec.hosts.by_class().iter().enumerate().any(|(at, class)| class.count() < FEW * slots(at))
}
