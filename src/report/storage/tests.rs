//! The page of a study, of rows made by hand.

use super::super::document::Document;
use super::{answer, storage_page, table};
use crate::results::{Capacity, HostRow, sample_manifest};
use crate::study::storage_sample::points;
use crate::study::{StorageParts, StoragePoints, StorageSurvey};

/// (overhead, repair traffic, loss, half of its interval as a share of it)
const TWO: [(f64, f64, f64, f64); 2] = [(1.5, 1.0, 1e-3, 0.01), (2.0, 2.0, 1e-5, 0.01)];

fn survey(points: StoragePoints) -> StorageSurvey {
    StorageSurvey { manifest: sample_manifest(), points }
}

/// What is known of the first run of a point.
fn parts(point: usize) -> StorageParts {
    let host = |host: u32| HostRow {
        run_id: "r".into(),
        host,
        region: host % 2,
        up_bps: Capacity(1e9),
        down_bps: Capacity(1e9),
        most_slots: host,
        ..HostRow::default()
    };
    let metrics = ["missing_slots", "away_slots", "waiting_slots", "repair_bps", "filled_datasets"];
    let line = || (0..5).map(|at| (f64::from(at) * 1e6, f64::from(at))).collect();
    StorageParts {
        point,
        hosts: (0..20).map(host).collect(),
        repair_times_s: vec![60.0, 3600.0, 7200.0],
        series: metrics.map(|metric| (metric.to_owned(), line())).into(),
    }
}

fn page(points: &StoragePoints, parts: &[StorageParts]) -> Document {
    storage_page(&survey(points.clone()), parts, "codexsim report r")
}

/// The titles of the figures of a page, each of which must have a drawing and numbers.
fn figures(document: &Document) -> Vec<String> {
    let html = document.html();
    let figures = html.split("<h3>").skip(1).filter(|part| part.contains("<figure>"));
    figures
        .map(|figure| {
            assert!(figure.contains("<svg") && !figure.contains("NaN"), "{figure}");
            let data = figure.split("<pre>").nth(1).expect("numbers").split("</pre>").next().unwrap();
            assert!(data.lines().count() > 1, "a header and a row: {figure}");
            figure.split('<').next().unwrap().to_owned()
        })
        .collect()
}

#[test]
fn the_answer_ranks_what_the_intervals_tell_apart() {
    let told = answer(&points(&TWO), &[]);
    assert!(told[0].starts_with("The fewest losses of 2 points: k 1: 5.00 nines a year (5.00 .. 5.00)"), "{told:?}");
    assert!(told[1].ends_with("k 0 (1.50 B stored, 3.00 nines); k 1 (2.00 B stored, 5.00 nines)."), "{told:?}");
    let told = answer(&points(&[(1.5, 1.0, 1e-3, 0.9), (2.0, 2.0, 5e-4, 0.9)]), &[]);
    assert!(
        told[0].starts_with("2 of 2 points may be the one with the fewest losses, their intervals overlap."),
        "{told:?}"
    );
    assert!(told[0].contains("takes the least space: k 0"), "{told:?}");
    assert_eq!(told.len(), 1, "a ladder of one rung is none: {told:?}");
}

#[test]
fn the_answer_of_one_point_tells_loss_costs_and_what_binds() {
    let mut one = points(&TWO[..1]);
    one.points[0].runs[0].binds = Some("uplink".into());
    let told = answer(&one, &[parts(0)]);
    assert!(told[0].contains("is lost within 365 d with probability 0.001"), "{told:?}");
    assert!(told[2].contains("1.50 B stored and 1.00 B a year moved to repair, for each byte"), "{told:?}");
    assert!(told[2].contains("10.0 kbit/s in the mean, 0.001 % of its downlink of 1 Gbit/s"), "{told:?}");
    assert_eq!(told[3], "What holds repairs back the longest: uplink.");
}

#[test]
fn a_loss_that_was_not_seen_is_at_most_so_likely() {
    let mut one = points(&TWO[..1]);
    let row = &mut one.points[0].runs[0];
    (row.dataset_loss, row.dataset_loss_low, row.dataset_loss_high) = (Some(0.0), Some(0.0), Some(1e-4));
    let told = answer(&one, &[]);
    assert!(told[0].contains("was seen: at most 1.00e-4, so at least 4.00 nines a year"), "{told:?}");
    let line = table(&one).texts()[0].join(" ");
    assert!(line.contains("< 1.00e-4") && line.contains("> 4.0"), "{line}");
}

#[test]
fn bounds_of_any_loss_are_told_as_bounds() {
    let mut one = points(&TWO[..1]);
    let row = &mut one.points[0].runs[0];
    (row.any_loss, row.any_loss_low, row.any_loss_high) = (Some(0.3), Some(0.001), Some(0.4));
    row.any_loss_by = Some("bounds".into());
    let told = answer(&one, &[]);
    assert_eq!(told[1], "That any of the 10 is lost lies between 0.00100 and 0.400: datasets share hosts.");
}

#[test]
fn every_figure_has_its_numbers() {
    let all = points(&TWO);
    let titles = figures(&page(&all, &[parts(0), parts(1)]));
    let expected = [
        "Nines against overhead",
        "Nines against repair traffic",
        "Losses against k",
        "Missing slots over time",
        "Repair traffic over time",
        "Time to repair",
        "Filling",
        "Slots on hosts",
    ];
    assert_eq!(titles, expected);
}

#[test]
fn two_swept_keys_have_a_map() {
    let mut all = points(&[(1.5, 1.0, 1e-3, 0.1), (2.0, 1.0, 1e-4, 0.1), (1.5, 2.0, 1e-5, 0.1), (2.0, 2.0, 0.0, 0.1)]);
    all.keys = vec!["code.total".into(), "repair.threshold".into()];
    for (point, values) in all.points.iter_mut().zip([["6", "4"], ["8", "4"], ["6", "5"], ["8", "5"]]) {
        point.values = values.map(str::to_owned).to_vec();
    }
    all.points[3].runs[0].dataset_loss_high = Some(1e-6);
    let document = page(&all, &[]);
    assert!(figures(&document).contains(&"Nines over code.total and repair.threshold".to_owned()));
    assert!(document.html().contains(">&gt; 6.0<"), "no loss was seen there");
}

#[test]
fn a_study_that_keeps_rows_alone_has_the_figures_of_rows() {
    let document = page(&points(&TWO), &[StorageParts::default()]);
    assert_eq!(figures(&document), ["Nines against overhead", "Nines against repair traffic", "Losses against k"]);
    assert!(document.html().contains("keeps too little of its runs"));
}

#[test]
fn many_hosts_are_a_histogram() {
    let mut many = parts(0);
    let host = many.hosts[1].clone();
    many.hosts =
        (0..5_000).map(|at| HostRow { host: at, region: at % 3, most_slots: at % 40, ..host.clone() }).collect();
    let html = page(&points(&TWO[..1]), &[many]).html();
    assert!(html.contains("Hosts by the most slots") && !html.contains("class=\"cell\""));
    assert!(html.contains(">region 2<"));
}
