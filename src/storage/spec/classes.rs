//! Classes of hosts: those that are not like all others.

use super::{HostsSpec, LifeSpec, StorageSpec};
use crate::rng::Rng;
use crate::units::{Bytes, Rate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A class of hosts. What it does not say holds for it as `hosts` says. Numbers of hosts follow
/// one another in the order of the classes, so that each class is in all regions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostClass {
    /// Its name in results, in `placement.slots` and in `repair.mix`.
    #[schemars(extend("examples" = ["homes"]))]
    pub name: String,
    /// How many hosts it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = [30]))]
    pub count: Option<u32>,
    /// Its share of the hosts that are in no counted class, 0 to 1; these shares sum to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = [0.3]))]
    pub share: Option<f64>,
    /// How long its hosts live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = [{ "mean": "90 d" }]))]
    pub life: Option<LifeSpec>,
    /// Space for slots on each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["2 TB"]))]
    pub disk: Option<Bytes>,
    /// Upload capacity of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["40 Mbit/s"]))]
    pub up: Option<Rate>,
    /// Download capacity of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["250 Mbit/s"]))]
    pub down: Option<Rate>,
}

/// Which class of hosts a rebuilt slot goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RebuiltOn {
    /// Any host with room: classes in proportion to the hosts that are there.
    #[default]
    Any,
    /// The class that it was on.
    Same,
    /// One drawn for each rebuild, with the probabilities of `mix`.
    Mix,
}

impl RebuiltOn {
    /// Whether it is any, which is not written down.
    pub(super) fn is_any(&self) -> bool {
        *self == RebuiltOn::Any
    }
}

/// The hosts of a class, and what holds for each of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Class<'a> {
    /// Its name; empty where there are no classes.
    pub name: &'a str,
    /// The numbers of its hosts.
    pub hosts: Range<u32>,
    /// How long they live.
    pub life: &'a LifeSpec,
    /// Space for slots on each.
    pub disk: Bytes,
    /// Upload capacity of each.
    pub up: Rate,
    /// Download capacity of each.
    pub down: Rate,
}

impl Class<'_> {
    /// How many hosts it has.
    pub fn count(&self) -> u32 {
        self.hosts.end - self.hosts.start
    }
}

impl HostsSpec {
    /// The classes of hosts, in the order of the numbers of their hosts: one of all where
    /// none are given.
    pub fn by_class(&self) -> Vec<Class<'_>> {
        let (life, disk, up, down) = (&self.life, self.disk, self.up, self.down);
        if self.classes.is_empty() {
            return vec![Class { name: "", hosts: 0..self.count, life, disk, up, down }];
        }
        let mut first = 0;
        let mut by_class = Vec::with_capacity(self.classes.len());
        for (class, count) in self.classes.iter().zip(self.counts()) {
            by_class.push(Class {
                name: &class.name,
                hosts: first..first + count,
                life: class.life.as_ref().unwrap_or(life),
                disk: class.disk.unwrap_or(disk),
                up: class.up.unwrap_or(up),
                down: class.down.unwrap_or(down),
            });
            first += count;
        }
        by_class
    }

    /// How many hosts each class has: as is counted, and the others by their shares, as
    /// exactly as whole hosts can be shared out (largest remainders, the first of equal ones).
    fn counts(&self) -> Vec<u32> {
        let counted: u32 = self.classes.iter().filter_map(|class| class.count).sum();
        let others = f64::from(self.count.saturating_sub(counted));
        let exact = |class: &HostClass| class.share.unwrap_or(0.0) * others;
        let whole = |class: &HostClass| class.count.unwrap_or((exact(class) + 1e-9) as u32);
        let mut counts: Vec<u32> = self.classes.iter().map(whole).collect();
        let mut order: Vec<usize> = (0..counts.len()).filter(|at| self.classes[*at].share.is_some()).collect();
        let remainder = |at: &usize| exact(&self.classes[*at]) - f64::from(counts[*at]);
        order.sort_by(|a, b| remainder(b).total_cmp(&remainder(a)));
        let missing = self.count.saturating_sub(counts.iter().sum());
        order.iter().take(missing as usize).for_each(|at| counts[*at] += 1);
        counts
    }

    /// The law of lives, where it is the same for all hosts.
    pub fn one_life(&self) -> Option<&LifeSpec> {
        let first = self.classes.first().and_then(|class| class.life.as_ref()).unwrap_or(&self.life);
        self.classes.iter().all(|class| class.life.as_ref().unwrap_or(&self.life) == first).then_some(first)
    }

    /// The mean of what `of` says of each class, over all hosts.
    pub(in crate::storage) fn mean_over(&self, of: impl Fn(&Class) -> f64) -> f64 {
        match self.by_class().as_slice() {
            [all] => of(all),
            classes => {
                classes.iter().map(|class| f64::from(class.count()) * of(class)).sum::<f64>() / f64::from(self.count)
            }
        }
    }

    /// Space for slots on all hosts, in bytes.
    pub fn space(&self) -> f64 {
        self.by_class().iter().map(|class| f64::from(class.count()) * class.disk.get() as f64).sum()
    }
}

impl StorageSpec {
    /// By slot of a unit, the class that it is on at the start; nothing where any host may
    /// have it.
    pub(in crate::storage) fn first_classes(&self) -> Vec<usize> {
        let slots = |name: &str| self.placement.slots.get(name).copied().unwrap_or(0);
        let of = |(at, class): (usize, &HostClass)| std::iter::repeat_n(at, slots(&class.name) as usize);
        self.hosts.classes.iter().enumerate().flat_map(of).collect()
    }

    /// Of each class, the probability with which a slot is rebuilt on it by `repair.mix`.
    pub(in crate::storage) fn mix(&self) -> Vec<f64> {
        let of = |class: &HostClass| self.repair.mix.get(&class.name).copied().unwrap_or(0.0);
        self.hosts.classes.iter().map(of).collect()
    }
}

/// The number of one of several classes, drawn with these probabilities.
pub(in crate::storage) fn one_of(probabilities: &[f64], rng: &mut Rng) -> usize {
    let mut left = rng.uniform();
    let falls = |probability: &f64| {
        left -= probability;
        left < 0.0
    };
    let last = probabilities.iter().rposition(|probability| *probability > 0.0).unwrap_or(0);
    probabilities.iter().position(falls).unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::sample::eager;

    fn class(name: &str, count: Option<u32>, share: Option<f64>) -> HostClass {
        HostClass { name: name.into(), count, share, life: None, disk: None, up: None, down: None }
    }

    /// Ten of eleven hosts by count, and of 21 others a third each in 7; of 20 two have 7.
    #[test]
    fn hosts_are_counted_and_shared_out() {
        let counts = |count: u32| {
            let mut hosts = eager((3, 1), 1.0, 1.0).hosts;
            let third = Some(1.0 / 3.0);
            hosts.count = count;
            hosts.classes = vec![class("a", None, third), class("b", Some(10), None), class("c", None, third)];
            hosts.classes.push(class("d", None, third));
            hosts.by_class().iter().map(|class| (class.hosts.start, class.count())).collect::<Vec<_>>()
        };
        assert_eq!(counts(31), [(0, 7), (7, 10), (17, 7), (24, 7)]);
        assert_eq!(counts(30), [(0, 7), (7, 10), (17, 7), (24, 6)]);
    }
}
