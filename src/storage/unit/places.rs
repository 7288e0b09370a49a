//! On which hosts the slots of a unit are, as far as that decides what strikes them.

use crate::rng::Rng;
use crate::storage::{PlacementRule, StorageSpec, Struck};

/// Where slots may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Places {
    hosts: u32,
    slots: u32,
    regions: u32,
    operators: u32,
    rule: Rule,
    /// Whether it matters where they are.
    matter: bool,
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
        let matter = spec.shocks.iter().any(|shock| shock.hits != Struck::All);
        Places { hosts, slots: spec.code.total, regions, operators, rule, matter }
    }

    /// Which region or operator a host is in; 0 where all are meant.
    pub(super) fn place(&self, host: u32, of: Struck) -> u32 {
        match of {
            Struck::All => 0,
            Struck::Region => host % self.regions,
            Struck::Operator => host % self.operators,
        }
    }

    /// Where `slot` is at the start, those before it being `on` these hosts.
    pub(super) fn first(&self, slot: u32, on: impl Iterator<Item = u32> + Clone, rng: &mut Rng) -> u32 {
        match (self.rule, on.clone().next()) {
            _ if !self.matter => 0,
            (Rule::Groups, None) => rng.below(u64::from(self.hosts / self.slots)) as u32 * self.slots,
            (Rule::Groups, Some(first)) => first + slot,
            _ => self.free(slot, on, rng),
        }
    }

    /// Where `slot` is rebuilt that was on `host`, the others being `on` these.
    pub(super) fn next(&self, slot: u32, host: u32, on: impl Iterator<Item = u32> + Clone, rng: &mut Rng) -> u32 {
        if self.matter && self.rule != Rule::Groups { self.free(slot, on, rng) } else { host }
    }

    /// A host at random on which none of the others is.
    fn free(&self, slot: u32, others: impl Iterator<Item = u32> + Clone, rng: &mut Rng) -> u32 {
        loop {
            let host = match self.rule {
                Rule::Spread(over) => {
                    let place = slot % over;
                    place + over * rng.below(u64::from((self.hosts - place).div_ceil(over))) as u32
                }
                Rule::Random | Rule::Groups => rng.below(u64::from(self.hosts)) as u32,
            };
            if others.clone().all(|other| other != host) {
                return host;
            }
        }
    }
}
