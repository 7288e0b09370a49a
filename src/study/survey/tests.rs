//! Points, axes and lines, on runs made by hand.

use super::super::inputs::sample::inputs;
use super::*;
use crate::results::{DownloadRow, Record, RunTable, Unit};

fn survey(extra: &[&str], runs: &[(crate::study::inputs::sample::SampleRun, &[&str])]) -> Survey {
    Survey::of(inputs(extra, runs), Vec::new())
}

/// Twice the network size in seconds, in a study over network size and uplink.
#[test]
fn lines_differ_in_one_number_only() {
    let time = |t: f64, leechers: usize| vec![Some(t); leechers];
    let times = [time(4.0, 1), time(8.0, 3), time(16.0, 7), time(40.0, 1), time(80.0, 1)];
    let survey = survey(
        &["network.up"],
        &[
            (("p", 7, 2, &times[0]), &["10 Mbit/s"]),
            (("p", 8, 2, &times[0]), &["10 Mbit/s"]),
            (("p", 7, 4, &times[1]), &["10 Mbit/s"]),
            (("p", 7, 8, &times[2]), &["10 Mbit/s"]),
            (("p", 7, 2, &times[3]), &["1 Mbit/s"]),
            (("q", 7, 2, &times[4]), &["1 Mbit/s"]),
        ],
    );
    let keys: Vec<&str> = survey.axes.iter().map(|axis| axis.key.as_str()).collect();
    assert_eq!(keys, ["network_size", "network.up"]);
    assert!(survey.world.contains(&("file_size_bytes".into(), "1000000".into())), "{:?}", survey.world);
    assert_eq!(survey.points.iter().map(|p| p.runs.len()).collect::<Vec<_>>(), [2, 1, 1, 1, 1]);
    let sweeps = survey.sweeps();
    assert_eq!(sweeps.len(), 2);
    let [size] = &sweeps[0].lines[..] else { panic!("{:?}", sweeps[0]) };
    assert_eq!(
        size.dots.iter().map(|d| (d.x, d.time_s[1])).collect::<Vec<_>>(),
        [(2.0, Some(4.0)), (4.0, Some(8.0)), (8.0, Some(16.0))]
    );
    assert_eq!(size.dots[0].speed_bps, [Some(2e6); 3], "1 MB in 4 s");
    let fit = size.fit.unwrap();
    assert!((fit.exponent - 1.0).abs() < 1e-12 && fit.points == 3);
    let [up] = &sweeps[1].lines[..] else { panic!("{:?}", sweeps[1]) };
    assert_eq!(up.dots.iter().map(|d| (d.x, d.time_s[1])).collect::<Vec<_>>(), [(1e6, Some(40.0)), (1e7, Some(4.0))]);
    assert_eq!((up.variant.as_str(), up.fit, sweeps[1].axis.unit), ("p", None, Unit::BitsPerSecond));
    assert_eq!(
        up.fixed.iter().map(|(axis, v)| (axis.key.as_str(), v.number)).collect::<Vec<_>>(),
        [("network_size", Some(2.0))]
    );
}

/// Uplinks and sizes that were drawn together: a line along one would be made of the other.
#[test]
fn of_keys_that_were_drawn_together_there_is_no_line() {
    let times = [1, 3, 7].map(|leechers| vec![Some(leechers as f64); leechers]);
    let runs = [
        (("p", 7, 2, &times[0][..]), &["7 Mbit/s"][..]),
        (("p", 7, 4, &times[1]), &["2 Mbit/s"]),
        (("p", 7, 8, &times[2]), &["9 Mbit/s"]),
    ];
    let mut survey = survey(&["network.up"], &runs);
    assert_eq!(survey.sweeps().len(), 2);
    let drawn = |keys: &[&str]| crate::scenario::Design {
        words: String::new(),
        keys: keys.iter().map(|key| key.to_string()).collect(),
    };
    survey.manifest.design = Some(drawn(&["network.up", "swarm.network_size"]));
    assert!(survey.sweeps().is_empty());
    survey.manifest.design = Some(drawn(&["swarm.network_size"]));
    assert_eq!(survey.sweeps().len(), 2, "one key that was drawn varies alone");
}

#[test]
fn a_constant_of_the_client_is_an_axis_and_keys_that_go_along_are_told() {
    let time: &[Option<f64>] = &[Some(3.0); 3];
    let runs = [
        (("p", 7, 2, &time[..1]), &["8", "1 ms"][..]),
        (("p", 7, 2, &time[..1]), &["16", "1 ms"]),
        (("p", 7, 4, time), &["8", "2 ms"]),
        (("p", 7, 4, time), &["16", "2 ms"]),
    ];
    let survey = survey(&["protocol.p.window", "network.latency"], &runs);
    assert_eq!(survey.variants, ["p (window = 8)", "p (window = 16)"]);
    let sweeps = survey.sweeps();
    let told: Vec<_> = sweeps.iter().map(|s| (s.axis.key.as_str(), s.along.join(","), s.lines.len())).collect();
    let size = ("network_size", "network.latency".to_owned(), 2);
    let latency = ("network.latency", "network_size".to_owned(), 2);
    assert_eq!(told, [size, latency, ("protocol.p.window", String::new(), 2)]);
    assert!(sweeps[2].lines.iter().all(|line| line.variant == "p"), "the axis is not in the name");
}

#[test]
fn what_failed_or_never_ended_is_counted_and_makes_no_dot() {
    let mut inputs = inputs(
        &[],
        &[
            (("p", 7, 3, &[Some(4.0), None]), &[]),
            (("p", 8, 3, &[Some(4.0), Some(5.0)]), &[]),
            (("p", 7, 2, &[None]), &[]),
        ],
    );
    inputs.runs[1].row = inputs.runs[1].row.clone().failed("why not");
    let survey = Survey::of(inputs, Vec::new());
    let counts: Vec<_> = survey.points.iter().map(|p| (p.runs.len(), p.downloads, p.moments.len())).collect();
    assert_eq!(counts, [(1, 1, 0), (1, 2, 1)], "the smaller cell comes first");
    assert_eq!(survey.points[1].moments, [5.0], "from the start of the earliest leecher");
    assert_eq!(survey.points[1].times, [4.0], "from its own");
    assert!(survey.sweeps().is_empty(), "no median is reached");
    assert_eq!(survey.runs_missing(), 1);
}

/// A second per node; of 5 nodes the one download of four that ended would bend the law.
#[test]
fn a_median_among_downloads_that_did_not_end_is_no_value_and_in_no_fit() {
    let all = [Some(8.0); 7];
    let runs: [(crate::study::inputs::sample::SampleRun, &[&str]); 5] = [
        (("p", 7, 2, &[Some(2.0)]), &[]),
        (("p", 7, 3, &[None, None]), &[]),
        (("p", 7, 5, &[Some(1.0), None, None, None]), &[]),
        (("p", 7, 6, &[Some(6.0), Some(6.0), Some(6.0), Some(6.0), None]), &[]),
        (("p", 7, 8, &all), &[]),
    ];
    let survey = survey(&[], &runs);
    let [line] = &survey.sweeps()[0].lines[..] else { panic!("one line") };
    let seen: Vec<_> = line.dots.iter().map(|dot| (dot.time_s, dot.completed, dot.downloads)).collect();
    let [two, six, eight] = [2.0, 6.0, 8.0].map(Some);
    let expected = [
        ([two; 3], 1, 1),
        ([None; 3], 0, 2),
        ([None; 3], 1, 4), // even the 5 % quantile is beyond the only one
        ([six, six, None], 4, 5),
        ([eight; 3], 7, 7),
    ];
    assert_eq!(seen, expected);
    assert_eq!(line.dots.iter().map(Dot::is_unfinished).collect::<Vec<_>>(), [false, true, true, true, false]);
    assert_eq!(line.dots[3].speed_bps, [None, Some(8e6 / 6.0), Some(8e6 / 6.0)], "1 MB in 6 s");
    let fit = line.fit.unwrap();
    assert!((fit.exponent - 1.0).abs() < 1e-12 && fit.points == 3, "{fit:?}");
}

#[test]
fn a_download_that_took_no_time_has_no_speed() {
    let runs: [(crate::study::inputs::sample::SampleRun, &[&str]); 2] =
        [(("p", 7, 2, &[Some(0.0)]), &[]), (("p", 7, 4, &[Some(0.0), Some(0.0), Some(1.0)]), &[])];
    let sweeps = survey(&[], &runs).sweeps();
    let dots = &sweeps[0].lines[0].dots;
    assert_eq!((dots[0].time_s, dots[0].speed_bps), ([Some(0.0); 3], [None; 3]));
    assert_eq!(dots[1].speed_bps[1..], [None; 2]);
    let slow = dots[1].speed_bps[0].unwrap();
    assert!((slow - 8e6 / 0.9).abs() < 1.0, "the slow end, 0.9 of the last second: {slow}");
}

#[test]
fn traffic_is_the_mean_over_runs() {
    let time: &[Option<f64>] = &[Some(3.0)];
    let mut inputs = inputs(&[], &[(("p", 7, 2, time), &[]), (("p", 8, 2, time), &[]), (("p", 8, 2, time), &[])]);
    for (run, bytes) in inputs.runs.iter_mut().zip([10, 20, 30]) {
        run.row.useful_bytes = Some(bytes);
    }
    let row = |index: usize, class: &str, bytes| TrafficRow {
        run_id: inputs.runs[index].row.run_id.clone(),
        class: class.into(),
        messages: 1,
        bytes,
    };
    let traffic = vec![row(0, "payload", 10), row(1, "payload", 20), row(2, "payload", 30), row(1, "have", 3)];
    let survey = Survey::of(inputs, traffic);
    assert_eq!(survey.points[0].traffic, [(Class::Payload, 20.0), (Class::Have, 1.0)]);
    assert_eq!(survey.points[0].payload(), 20.0);
}

/// Of two requests of a run one ended, 3 s after it was asked for; another was for what was
/// there. That the node was done 7 s after its start is not told.
#[test]
fn where_there_are_requests_downloads_are_counted() {
    let row = |outcome: &str, t100_s| DownloadRow {
        run_id: format!("{:016x}", 0),
        asked_s: 4.0,
        t100_s,
        outcome: outcome.into(),
        ..DownloadRow::default()
    };
    let downloads = [row("complete", Some(7.0)), row("unfinished", None), row("held", Some(4.0))];
    let mut table = RunTable { extra: vec![], records: vec![] };
    let times = [Some(7.0)];
    let plain = inputs(&[], &[(("p", 7, 2, &times), &[])]);
    for mut run in plain.runs.into_iter().map(|run| run.row) {
        run.downloads_asked = Some(3);
        table.records.push(Record { run, storage: None, extra: vec![] });
    }
    let inputs = Inputs::of(plain.manifest, table, vec![], downloads.into());
    let survey = Survey::of(inputs, Vec::new());
    let point = &survey.points[0];
    assert!(survey.has_requests() && !point.is_whole());
    assert_eq!((point.downloads, &point.times[..], &point.moments[..]), (2, &[3.0][..], &[3.0][..]));
}

#[test]
fn what_names_tell_is_no_column() {
    let told = |pairs: &[(&str, &str)]| {
        is_told_by_name(pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())))
    };
    let [few, many] = ["[{ count = 2, size = \"1 MiB\" }]", "[{ count = 8, size = \"1 MiB\" }]"];
    assert!(told(&[("few", few), ("many", many), ("few", few)]));
    assert!(!told(&[("few", few), ("few", many)]), "a name with two of them");
    assert!(!told(&[("few", "2"), ("many", "8")]), "numbers can be read");
}
