//! From the loss of one unit to that of any of many.

use super::Estimate;
use crate::storage::{PlacementRule, SpanFamily, StorageSpec};

/// The probability that a dataset is lost, from that of a unit; see [`any_loss`]. Units of one that
/// are kept for the same time are lost less often than is said where times differ.
pub fn dataset_loss(spec: &StorageSpec, unit: &Estimate) -> Estimate {
    any_of(spec, unit, spec.units_per_dataset())
}

/// The probability that any of so many datasets is lost, from that of a unit.
///
/// Expectations add over units, probabilities of "any" do not: units that share hosts are
/// lost together. What is known without following them all are two bounds. Given what becomes
/// of hosts, units that are placed independently are lost independently; so by Jensen's
/// inequality any is lost at most as likely as if units had nothing in common,
/// `1 - (1 - p)^units`; and at least as likely as one of them. In groups, units of the same
/// group have the same hosts, and those of different groups none in common: any is lost at
/// least as likely as one unit of each, `1 - (1 - p)^groups`.
///
/// The interval reaches from the lower bound to the upper, each taken at the end of the unit's
/// interval. The number is the upper bound, but for groups in which whatever is lost with a
/// host is rebuilt in the same fixed span: there all units of a group are lost at one moment,
/// and the lower bound is exact. How much lower it is than the upper one elsewhere is not told by one
/// unit: hosts have more slots the longer they live, and deaths come in bursts. It neglects
/// that shocks strike all groups, and that units wait for one another.
pub fn any_loss(spec: &StorageSpec, unit: &Estimate, datasets: u32) -> Estimate {
    any_of(spec, unit, u64::from(datasets) * spec.units_per_dataset())
}

/// Of so many units, which take groups in turn.
fn any_of(spec: &StorageSpec, unit: &Estimate, units: u64) -> Estimate {
    let any = |loss: f64, of: u64| -libm::expm1(of as f64 * libm::log1p(-loss));
    let in_groups = spec.placement.rule == PlacementRule::Groups;
    let groups = u64::from(spec.hosts.count / spec.code.total);
    let apart = if in_groups { units.min(groups).max(1) } else { 1 };
    let same_span = spec.repair.time.is_some_and(|time| time.family == SpanFamily::Fixed);
    let detect = &spec.detect;
    let same_fate = in_groups && same_span && detect.mean_delay.nanos() == 0 && detect.proofs.is_none();
    let (low, high) = unit.interval;
    let together = (any(low, apart), any(high, apart));
    if same_fate && !spec.repair.together && spec.repair.parallel == 0 {
        return Estimate { probability: any(unit.probability, apart), interval: together, ..*unit };
    }
    Estimate { probability: any(unit.probability, units), interval: (together.0, any(high, units)), ..*unit }
}
