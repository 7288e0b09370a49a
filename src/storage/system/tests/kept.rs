//! What is lost: S1 and S10, shared hosts, queues and groups.

use super::*;

/// S10, the first row; expectations add over datasets, chances of any loss do not.
#[test]
fn s10_every_slot_on_its_own() {
    let outcome = run(&StorageSpec { histories: 400, ..spec(60, 1000, (6, 2)) });
    let (any, lost) = (mean(&outcome, |of| f64::from(u8::from(of.lost > 0))), mean(&outcome, |of| f64::from(of.lost)));
    agrees(any, (0.280, 0.014), "any loss");
    agrees(lost, (0.449, 0.029), "datasets lost");
    agrees(lost, (0.438696, 0.0), "as many as datasets times the chance of one, S1");
    assert!(any.0 < 0.355 - 0.03, "{any:?}: datasets that share hosts are lost together, .355 apart");
}

/// S10, the queues, and how long slots wait in them.
#[test]
fn s10_one_queue_for_all() {
    let of = |hosts, datasets, code, tau: f64, histories| {
        let repair = RepairSpec { time: fixed(tau), workers: 1, ..RepairSpec::default() };
        let outcome = run(&StorageSpec { histories, repair, ..spec(hosts, datasets, code) });
        let wait = outcome.totals.waited_s / outcome.totals.rebuilt as f64 / DAY as f64;
        (mean(&outcome, |of| f64::from(u8::from(of.lost > 0))), mean(&outcome, |of| f64::from(of.lost)), wait)
    };
    let (any, lost, wait) = of(50, 500, (6, 2), 0.05, 400);
    agrees(any, (0.637, 0.024), "any loss");
    agrees(lost, (3.02, 0.24), "datasets lost");
    agrees((wait, 0.05), (3.15, 0.05), "mean wait, days");
    let (any, lost, wait) = of(100, 1000, (15, 5), 0.02, 100);
    agrees(any, (0.212, 0.033), "any loss");
    agrees(lost, (2.2, 1.1), "datasets lost");
    agrees((wait, 0.3), (7.7, 0.2), "mean wait, days");
}
