//! Many datasets on shared hosts against S10 and S1.

use super::*;
use crate::bound::durability::{Shocks, slot_repair};

const DAY: f64 = 86_400.0;

fn spec(hosts: u32, datasets: u32, (n, m): (u32, u32), takes: Span, workers: Workers) -> SystemSpec {
    SystemSpec {
        hosts,
        datasets,
        k: n - m,
        m,
        life: Life::exponential(365.0 * DAY),
        start: Start::Fresh,
        placement: Placement::Random,
        seen_every: 0.0,
        takes,
        workers,
    }
}

/// Over so many seeds: the share with any loss, the mean number lost and the mean wait in days,
/// each with half its 95 % interval.
fn year(spec: &SystemSpec, seeds: u64) -> [(f64, f64); 3] {
    let runs: Vec<Kept> = (1..=seeds).map(|seed| keep(spec, Time::from_secs_f64(365.0 * DAY), seed)).collect();
    let of = |value: &dyn Fn(&Kept) -> f64| {
        let values: Vec<f64> = runs.iter().map(value).collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0) / n;
        (mean, 1.96 * variance.sqrt())
    };
    [of(&|run| f64::from(u8::from(run.lost > 0))), of(&|run| f64::from(run.lost)), of(&|run| run.mean_wait / DAY)]
}

fn agrees((got, half): (f64, f64), (expected, other): (f64, f64), what: &str) {
    assert!((got - expected).abs() < 1.5 * (half + other), "{what}: {got} +- {half}, expected {expected} +- {other}");
}

/// S10, the first row; expectations add over datasets, chances of any loss do not.
#[test]
fn s10_every_slot_on_its_own() {
    let spec = spec(60, 1000, (6, 2), Span::Exponential(DAY), Workers::Own);
    let [any, lost, _] = year(&spec, 400);
    agrees(any, (0.280, 0.014), "any loss");
    agrees(lost, (0.449, 0.029), "datasets lost");
    let one = slot_repair((4, 2), 365.0, 1.0, u32::MAX, Shocks::default()).loss_within(0, 365.0);
    agrees(lost, (1000.0 * one, 0.0), "as many as datasets times the chance of one");
    let apart = 1.0 - libm::exp(1000.0 * libm::log1p(-one));
    assert!(any.0 < apart - 0.03, "{any:?}: datasets that share hosts are lost together, {apart} apart");
}

/// S10, the queues.
#[test]
fn s10_one_queue_for_all() {
    let of = |hosts, datasets, code, tau: f64| spec(hosts, datasets, code, Span::Fixed(tau * DAY), Workers::Shared(1));
    let [any, lost, wait] = year(&of(50, 500, (6, 2), 0.05), 400);
    agrees(any, (0.637, 0.024), "any loss");
    agrees(lost, (3.02, 0.24), "datasets lost");
    agrees(wait, (3.15, 0.1), "mean wait, days");
    let [any, lost, wait] = year(&of(100, 1000, (15, 5), 0.02), 150);
    agrees(any, (0.212, 0.033), "any loss");
    agrees(lost, (2.2, 1.1), "datasets lost");
    agrees(wait, (7.7, 0.4), "mean wait, days");
}

/// Groups: as many are lost in the mean, in fewer disasters.
#[test]
fn groups_lose_as_much_in_fewer_disasters() {
    let random = spec(60, 1000, (6, 2), Span::Exponential(3.0 * DAY), Workers::Own);
    let groups = SystemSpec { placement: Placement::Groups, ..random };
    let ([any, lost, _], [rare, as_many, _]) = (year(&random, 200), year(&groups, 1000));
    assert!(rare.0 < 0.5 * any.0, "{rare:?} {any:?}");
    agrees(as_many, lost, "datasets lost");
}

/// Slots of one dataset are on different hosts, at all times, and lists and slots agree.
#[test]
fn slots_of_a_dataset_are_apart() {
    for placement in [Placement::Random, Placement::Groups] {
        let spec = SystemSpec { placement, ..spec(20, 50, (6, 2), Span::Exponential(9.0 * DAY), Workers::Own) };
        let mut system = System::new(&spec, 1);
        for _ in 0..3000 {
            let Some((at, event)) = system.list.pop() else { break };
            system.now = at;
            match event {
                Event::Dies(host) => system.die(host),
                Event::Seen(slot) => system.seen(slot),
                Event::Rebuilt(slot) => system.rebuilt(slot),
            }
            for (dataset, slots) in system.host_of.chunks(6).enumerate() {
                let mut hosts: Vec<u32> = slots.iter().copied().filter(|host| *host != NOWHERE).collect();
                let there = hosts.len();
                hosts.sort_unstable();
                hosts.dedup();
                assert_eq!(hosts.len(), there, "two slots on one host");
                let lost = u32::from(system.missing[dataset]) > spec.m;
                assert_eq!(there as u32 + u32::from(system.missing[dataset]), if lost { 3 } else { 6 });
            }
            let listed: usize = system.slots_on.iter().map(Vec::len).sum();
            assert_eq!(listed, system.host_of.iter().filter(|host| **host != NOWHERE).count());
        }
    }
}
