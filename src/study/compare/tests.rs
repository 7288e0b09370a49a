//! Pairing and counting, on runs made by hand.

use super::*;
use crate::study::inputs::sample::inputs;

#[test]
fn runs_of_the_same_seed_are_pairs() {
    let own: [&[Option<f64>]; 2] = [&[Some(3.0)], &[Some(8.0)]];
    let base: [&[Option<f64>]; 2] = [&[Some(1.0)], &[Some(2.0)]];
    let inputs = inputs(
        &[],
        &[
            (("own", 7, 2, own[0]), &[]),
            (("own", 8, 2, own[1]), &[]),
            (("own", 9, 2, &[Some(1000.0)]), &[]),
            (("base", 8, 2, base[1]), &[]),
            (("base", 7, 2, base[0]), &[]),
        ],
    );
    let comparison = Comparison::of(inputs, "base", 1.2).unwrap();
    assert_eq!(comparison.variants, ["base", "own"]);
    let figures = &comparison.cells[0].figures;
    let ratio = figures[1].ratio.clone().unwrap();
    assert_eq!((ratio.pairs, ratio.value), (2, 5.5 / 1.5), "the third has no partner");
    assert_eq!(ratio.interval, Some((3.0, 4.0)), "3/1 and 8/2 bound every resample");
    assert_eq!(figures[1].median_s, Some(8.0), "times are of all its runs");
    assert_eq!(figures[0].ratio, None);
    assert_eq!(figures[1].finding(1.2), Finding::Slower);
    assert_eq!(figures[1].finding(3.5), Finding::Open);
    assert_eq!(comparison.cells[0].bound_ratio(), Some(0.5 / 1.5));
}

#[test]
fn missing_runs_and_downloads_are_counted_and_never_within_the_limit() {
    let inputs = inputs(
        &[],
        &[
            (("base", 7, 3, &[Some(4.0), Some(4.0)]), &[]),
            (("base", 8, 3, &[Some(4.0), Some(4.0)]), &[]),
            (("own", 7, 3, &[Some(2.0), None]), &[]),
            (("base", 7, 2, &[Some(4.0)]), &[]),
            (("base", 8, 2, &[Some(4.0)]), &[]),
            (("own", 7, 2, &[Some(2.0)]), &[]),
            (("own", 8, 2, &[Some(2.0)]), &[]),
            (("base", 7, 4, &[Some(4.0), Some(4.0), Some(4.0)]), &[]),
        ],
    );
    let comparison = Comparison::of(inputs, "base", 1.2).unwrap();
    let counts: Vec<_> =
        comparison.cells.iter().map(|c| (c.network_size, c.figures[1].n, c.figures[1].expected_n)).collect();
    assert_eq!(counts, [(2, 2, 2), (3, 1, 4), (4, 0, 6)], "two repetitions of each leecher");
    assert_eq!(comparison.cells[0].figures[1].finding(1.2), Finding::Faster);
    assert_eq!(comparison.cells[1].figures[1].ratio.as_ref().map(|r| r.interval), Some(None), "one pair");
    assert_eq!(comparison.cells[2].figures[1].ratio, None);
    let [verdict] = comparison.verdicts()[..] else { panic!("one variant") };
    assert_eq!((verdict.cells, verdict.within, verdict.median, verdict.worst), (2, 1, 0.5, (0.5, 0)));
    assert_eq!(comparison.runs_missing, 1);
    let rows = comparison.rows();
    assert_eq!(rows.len(), 6);
    assert_eq!((rows[3].missing, rows[3].ratio, rows[5].ratio, rows[5].median_s), (3, Some(0.5), None, None));
}

#[test]
fn worlds_and_variants_are_kept_apart() {
    let one: &[Option<f64>] = &[Some(1.0)];
    let inputs = inputs(
        &["network.up", "protocol.p.x"],
        &[
            (("p", 7, 2, one), &["1 Mbit/s", ""]),
            (("p", 7, 2, &[Some(3.0)]), &["1 Mbit/s", "true"]),
            (("p", 7, 2, &[Some(2.0)]), &["2 Mbit/s", ""]),
            (("p", 7, 2, &[Some(3.0)]), &["2 Mbit/s", "true"]),
        ],
    );
    let comparison = Comparison::of(inputs, "p", 1.2).unwrap();
    assert_eq!(comparison.variants, ["p", "p (x)"]);
    let ratios: Vec<_> =
        comparison.cells.iter().map(|c| (words(&c.world), c.figures[1].ratio.as_ref().unwrap().value)).collect();
    assert_eq!(ratios, [("network.up = 1 Mbit/s".into(), 3.0), ("network.up = 2 Mbit/s".into(), 1.5)]);
    assert!(
        comparison.world.iter().any(|(key, value)| key == "latency_s" && value == "0.02"),
        "{:?}",
        comparison.world
    );
}

#[test]
fn a_baseline_that_cannot_be_meant_is_refused() {
    let one: &[Option<f64>] = &[Some(1.0)];
    let study = || {
        inputs(
            &["protocol.p.x"],
            &[(("p", 7, 2, one), &["1"]), (("p", 7, 2, one), &["2"]), (("other", 8, 2, one), &[""])],
        )
    };
    let error = |name| Comparison::of(study(), name, 1.2).unwrap_err().to_string();
    assert!(error("othr").contains("did you mean `other`?"), "{}", error("othr"));
    assert!(error("p").contains("in several ways; name one of p (x = 1), p (x = 2)"), "{}", error("p"));
    assert!(error("other").contains("no run of another protocol shares"), "{}", error("other"));
}
