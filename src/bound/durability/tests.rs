//! The exact points of the storage oracles, S1 to S7 and S11 to S12, F10 to F13.

use super::*;

const YEAR: f64 = 365.0;
const NONE: Shocks = Shocks { rate: 0.0, kills: 0.0 };

fn near(got: f64, expected: f64, what: &str) {
    assert!((got / expected - 1.0).abs() < 5.1e-6, "{what}: {got:e}, expected {expected:e}");
}

#[test]
fn s1_every_slot_on_its_own() {
    for (n, m, life, repair, loss, time) in [
        (3, 1, 365.0, 1.0, 1.60430e-2, 22508.3),
        (6, 2, 365.0, 1.0, 4.38696e-4, 828440.0),
        (12, 4, 365.0, 3.0, 1.58387e-5, 2.26572e7),
        (15, 5, 365.0, 1.0, 4.39710e-9, 8.24929e10),
        (30, 10, 365.0, 7.0, 2.07971e-9, 1.65976e11),
        (3, 2, 9125.0, 0.5, 3.59484e-10, 1.01326e12),
    ] {
        let chain = slot_repair((n - m, m), life, repair, u32::MAX, NONE);
        near(chain.loss_within(0, YEAR), loss, "S1");
        near(chain.mean_time_to_loss(0), time, "S1, MTTDL");
    }
    for ((n, m, repair), rate) in
        [((3, 1, 1.0), 0.016304), ((6, 2, 1.0), 4.43033e-4), ((15, 5, 1.0), 4.44905e-9), ((30, 10, 3.0), 6.6136e-13)]
    {
        let got = insensitive_loss_rate((n - m, m), 365.0, repair) * YEAR;
        assert!((got / rate - 1.0).abs() < 4e-5, "{got:e} {rate:e}");
    }
}

#[test]
fn s2_a_few_at_a_time() {
    for (n, m, life, repair, at_once, loss, time) in [
        (6, 2, 365.0, 1.0, 1, 8.71096e-4, 416553.0),
        (12, 4, 365.0, 3.0, 1, 3.53112e-4, 998963.0),
        (12, 4, 365.0, 3.0, 2, 4.65532e-5, 7.68122e6),
        (30, 10, 365.0, 3.0, 1, 1.74986e-6, 1.88692e8),
    ] {
        let chain = slot_repair((n - m, m), life, repair, at_once, NONE);
        near(chain.loss_within(0, YEAR), loss, "S2");
        near(chain.mean_time_to_loss(0), time, "S2, MTTDL");
    }
}

#[test]
fn s3_shocks() {
    for (n, m, repair, rate, kills, loss) in
        [(6, 2, 1.0, 1.0, 0.2, 9.86454e-2), (30, 10, 3.0, 1.0, 0.2, 3.46525e-2), (30, 10, 3.0, 0.1, 0.1, 1.86104e-5)]
    {
        let shocks = Shocks { rate: rate / YEAR, kills };
        near(slot_repair((n - m, m), 365.0, repair, u32::MAX, shocks).loss_within(0, YEAR), loss, "S3");
    }
}

#[test]
fn s4_regions() {
    for (regions, slots, m, repair, loss) in
        [(3, 2, 2, 1.0, 5.54933e-3), (6, 1, 2, 1.0, 5.82582e-4), (5, 3, 5, 3.0, 7.36508e-4)]
    {
        let chain = region_repair(m, 365.0, repair, Regions { regions, slots, strikes: 0.1 / YEAR });
        near(chain.loss_within(0, YEAR), loss, "S4");
    }
}

#[test]
fn s5_lazy() {
    for (k, threshold, n, repair, loss, time, repairs, rebuilt, alive) in [
        (29, 35, 80, 1.0, 1.95999e-8, 1.37490e10, 1.21738, 45.0956, 54.8984),
        (29, 35, 80, 7.0, 8.90180e-4, 268925.0, 1.19217, 45.6508, 54.4940),
        (10, 15, 30, 7.0, 4.51997e-5, 5.13261e6, 1.43684, 15.2820, 21.9593),
        (20, 25, 30, 7.0, 3.18862e-3, 97966.4, 5.04186, 5.46608, 27.6002),
    ] {
        let (chain, lazy) = lazy_repair((k, n - k), threshold, 365.0, repair);
        near(chain.loss_within(0, YEAR), loss, "S5");
        near(chain.mean_time_to_loss(0), time, "S5, MTTDL");
        near(lazy.repairs * YEAR, repairs, "S5, repairs");
        near(lazy.rebuilt, rebuilt, "S5, rebuilt");
        near(lazy.alive, alive, "S5, alive");
    }
}

#[test]
fn s6_checks_on_a_grid() {
    for (k, threshold, n, life, interval, checks, loss, repairs, rebuilt) in [
        (29, 35, 80, 365.0, 30.0, 12, 2.54780e-3, 0.901289, 41.7821),
        (10, 20, 30, 365.0, 30.0, 12, 1.04580e-8, 1.89363, 20.4268),
        (4, 5, 6, 365.0, 7.0, 52, 6.80527e-3, 5.62645, 5.88623),
        (17, 19, 20, 365.0 / 0.00405, 6.5, 56, 7.33365e-12, 0.0807199, 0.0807752),
    ] {
        let found = grid_checks((k, n - k), threshold, life, interval, (checks, 0.0));
        near(found.loss, loss, "S6");
        near(found.repairs, repairs, "S6, repairs");
        near(found.rebuilt, rebuilt, "S6, rebuilt");
    }
}

#[test]
fn s7_two_classes() {
    let kept = kept_classes((3, 3), 2, (90.0, 730.0), 1.0);
    near(kept.loss_within(0, YEAR), 3.20365e-3, "S7, same");
    near(kept.mean_time_to_loss(0), 113293.0, "S7, same");
    let (drifting, start) = drifting_classes((3, 3), 2, (90.0, 730.0), 1.0, 0.5);
    near(drifting.loss_within(start, YEAR), 1.19690e-3, "S7, mix");
    near(drifting.mean_time_to_loss(start), 1.17302e6, "S7, mix");
    let large = kept_classes((10, 20), 10, (60.0, 1095.0), 3.0);
    near(large.loss_within(0, YEAR), 8.14822e-11, "S7, large");
    near(large.mean_time_to_loss(0), 4.37616e12, "S7, large");
}

#[test]
fn f10_observed_loss() {
    let close = |code: (u32, u32), threshold, repair: f64, interval: f64, loss: f64| {
        let got = observed_repair(code, threshold, 365.25, repair, interval).loss_within(0, 365.25);
        assert!((got / loss - 1.0).abs() < 2e-3, "{code:?}: {got:e}, expected {loss:e}");
    };
    close((2, 1), 1, 1.0, 1.0, 3.14e-2);
    close((4, 2), 1, 1.0, 1.0, 2.0948e-3);
    close((5, 5), 5, 1.0, 1.0, 3.06e-2);
    near(observed_repair((10, 5), 3, 90.0, 1.0, 1.0 / 12.0).loss_within(0, YEAR), 2.40046e-2, "F10");
    near(observed_repair((8, 4), 2, 365.0, 2.0, 0.5).loss_within(0, YEAR), 6.85101e-4, "F10");
}

/// Half an interval after the last check: what dies then is not seen any more, but lost.
#[test]
fn s6_goes_on_after_the_last_check() {
    let short = grid_checks((4, 2), 5, 365.0, 7.0, (0, 3.5));
    near(short.loss, without_repair((4, 2), 365.0, 3.5), "S6, no check");
    let [before, between, after] = [(51, 0.0), (51, 3.5), (52, 0.0)].map(|of| grid_checks((4, 2), 5, 365.0, 7.0, of));
    assert!(before.loss < between.loss && between.loss < after.loss, "{before:?} {between:?} {after:?}");
    assert_eq!(before.repairs, between.repairs);
}

/// F11: the numbers that are printed, the repairs in three digits.
#[test]
fn f11_lazy_repair_in_steps() {
    let lazy = lazy_steps((10, 5), 0, 1e4, 240.0);
    assert!((lazy.lost / 4.74e-5 - 1.0).abs() < 1e-3, "{lazy:?}");
    assert!((lazy.redundancy - 2.71).abs() < 5e-3 && (lazy.repairs - 1.97e-4).abs() < 5e-7, "{lazy:?}");
}

/// Eager and quick: far below what a subtraction leaves. A loss takes all of 1, 2 and 3 missing,
/// of which the shares are those of a birth-death chain but for terms of the order of the
/// squares of the rates.
#[test]
fn f11_keeps_its_digits_where_losses_are_rare() {
    let (life, repair) = (1e9, 2.0);
    let lazy = lazy_steps((10, 2), 1, life, repair);
    // Leaving 1 missing: mended at once; 12 / life, then 11 / life * repair, then 10 / life * repair.
    let expected = 12.0 / life * (11.0 / life * repair) * (10.0 / life * repair);
    assert!((lazy.lost / expected - 1.0).abs() < 1e-6, "{:e} {expected:e}", lazy.lost);
}

#[test]
fn f12_f13_without_repair_and_mean_times() {
    let loss = without_repair((10, 10), 365.25, 30.0);
    assert!((loss / 6.275e-8 - 1.0).abs() < 1e-3, "{loss:e}");
    let chain = slot_repair((1, 2), 1e4, 24.0, u32::MAX, NONE);
    assert!((chain.mean_time_to_loss(0) / 5.836e8 - 1.0).abs() < 1e-3, "{}", chain.mean_time_to_loss(0));
}

#[test]
fn s11_many_hosts_at_one_instant() {
    for (hosts, n, m, dead, share, any) in [
        (5000, 3, 2, 50, 9.41365e-7, 1.5673e-3),
        (1000, 6, 2, 10, 1.42162e-5, 2.35907e-3),
        (120, 12, 4, 12, 2.27098e-3, 2.26970e-2),
    ] {
        near(hit_share(hosts, (n, m), dead), share, "S11");
        let got = grouped_loss(hosts, (n, m), dead);
        assert!((got / any - 1.0).abs() < 1e-5, "S11, groups: {got:e}, expected {any:e}");
    }
}

#[test]
fn s12_hosts_that_come_back() {
    near(1.0 - available(30, 10, 0.4, 0.6), 0.176286, "S12");
    let longer = libm::exp(-6.0 / 2.0);
    near(24.0 * unneeded_repairs(10.0, 2.0, longer), 0.0995741, "S12, repairs in vain");
}
