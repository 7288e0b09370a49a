//! What the first history of some runs did over time: missing slots, repair traffic, how long
//! repairs took, datasets filled.

use super::super::document::Picture;
use super::super::figure::{AxisScale, Chart, ChartAxis, ChartPoint, Guide, Mark, Panel};
use super::super::human::tick;
use super::super::study::csv;
use super::super::words::rate;
use super::words::{name, span};
use crate::results::StorageRow;
use crate::study::{StorageParts, StoragePoints, spread};

/// Steps of a curve.
const MOST_STEPS: usize = 200;
/// Panels in one row.
const COLUMNS: usize = 3;

/// Every figure of which something is known.
pub fn pictures(points: &StoragePoints, parts: &[StorageParts]) -> Vec<Picture> {
    let all = [missing(points, parts), traffic(points, parts), repair_times(points, parts), filling(points, parts)];
    all.into_iter().flatten().collect()
}

fn row<'a>(points: &'a StoragePoints, part: &StorageParts) -> &'a StorageRow {
    &points.points[part.point].runs[0]
}

/// What is said of which runs are shown.
fn of_first(points: &StoragePoints, parts: &[StorageParts]) -> String {
    match points.points.len() {
        1 => " Of the first history.".into(),
        all => format!(" Of the first history of the first run of {} of {all} points.", parts.len()),
    }
}

/// A name for a panel; none for the only one.
fn title(points: &StoragePoints, part: &StorageParts) -> String {
    if points.points.len() > 1 { name(points, part.point) } else { String::new() }
}

/// The unit of time on the axis of all of `parts`.
fn unit(points: &StoragePoints, parts: &[StorageParts]) -> (&'static str, f64) {
    span(parts.iter().map(|part| row(points, part).horizon_s).fold(0.0, f64::max))
}

const MISSING: [(&str, &str); 3] =
    [("gone", "missing_slots"), ("on hosts that are away", "away_slots"), ("waiting to be rebuilt", "waiting_slots")];

/// Slots that are gone, away and waiting, as a share of all.
fn missing(points: &StoragePoints, parts: &[StorageParts]) -> Option<Picture> {
    let (unit, seconds) = unit(points, parts);
    let mut rows = Vec::new();
    let panel = |part: &StorageParts| {
        let of = row(points, part);
        let slots = f64::from(of.datasets) * of.units_per_dataset as f64 * f64::from(of.n);
        let mut line = |metric: &str| {
            let all = part.metric(metric);
            let all = spread(all.len(), MOST_STEPS).into_iter().map(|at| all[at]);
            let point = |(time, count): (f64, f64)| {
                rows.push(vec![name(points, part.point), metric.to_owned(), time.to_string(), count.to_string()]);
                ChartPoint::new(time / seconds, count / slots)
            };
            all.map(point).collect::<Vec<_>>()
        };
        let series: Vec<Vec<ChartPoint>> = MISSING.iter().map(|(_, metric)| line(metric)).collect();
        // What never happens is no line at the bottom.
        let series = series.into_iter().map(|line| if line.iter().any(|point| point.y > 0.0) { line } else { vec![] });
        Panel { title: title(points, part), series: series.collect(), ..Panel::default() }
    };
    let panels: Vec<Panel> = parts.iter().map(panel).collect();
    let chart = Chart {
        x: ChartAxis::new(format!("time ({unit})"), AxisScale::Linear, tick),
        y: ChartAxis::new("share of all slots", AxisScale::Linear, |share| format!("{} %", tick(share * 100.0))),
        mark: Mark::Steps,
        series: MISSING.iter().map(|(title, _)| (*title).to_owned()).collect(),
        columns: COLUMNS,
        panels,
        ..Chart::default()
    };
    let seen = chart.panels.iter().flat_map(|panel| &panel.series).any(|line| !line.is_empty());
    (seen && !rows.is_empty()).then(|| Picture {
        title: "Missing slots over time".into(),
        caption:
            "Slots of units that are not lost, as a share of all slots: gone with their hosts, on hosts that are away, \
                  and of these what was noticed and waits for its rebuild to begin."
                .to_owned()
                + &of_first(points, parts),
        svg: chart.svg(),
        data: csv(&["point", "metric", "time_s", "slots"], rows),
        ..Picture::default()
    })
}

/// Repair traffic of a host, beside what its link could.
fn traffic(points: &StoragePoints, parts: &[StorageParts]) -> Option<Picture> {
    let (unit, seconds) = unit(points, parts);
    let mut rows = Vec::new();
    let panel = |part: &StorageParts| {
        let hosts = f64::from(row(points, part).hosts);
        let all = part.metric("repair_bps");
        let all: Vec<(f64, f64)> = spread(all.len(), MOST_STEPS).into_iter().map(|at| all[at]).collect();
        let end = all.last().map_or(0.0, |(time, _)| time / seconds);
        let links = part.hosts.first().map_or([f64::INFINITY; 2], |host| [host.down_bps.0, host.up_bps.0]);
        let guide = |link: f64| if link.is_finite() { vec![(0.0, link), (end, link)] } else { vec![] };
        let point = |(time, bits): (f64, f64)| {
            rows.push(vec![name(points, part.point), time.to_string(), (bits / hosts).to_string()]);
            ChartPoint::new(time / seconds, bits / hosts)
        };
        let line: Vec<ChartPoint> = all.into_iter().map(point).collect();
        let line = if line.iter().any(|point| point.y > 0.0) { line } else { vec![] };
        let uplink = if links[0] == links[1] { vec![] } else { guide(links[1]) };
        Panel {
            title: title(points, part),
            series: vec![line],
            guides: vec![guide(links[0]), uplink],
            ..Panel::default()
        }
    };
    let panels: Vec<Panel> = parts.iter().map(panel).collect();
    let guide = |name: &str, dashes| Guide { name: name.into(), dashes };
    let chart = Chart {
        x: ChartAxis::new(format!("time ({unit})"), AxisScale::Linear, tick),
        y: ChartAxis::new("repair traffic of a host", AxisScale::Log, rate),
        mark: Mark::Steps,
        series: vec!["in the mean over hosts".into()],
        guides: vec![guide("downlink of a host", "8 4"), guide("uplink of a host, where it is another", "2 4")],
        columns: COLUMNS,
        panels,
        ..Chart::default()
    };
    let seen = chart.panels.iter().flat_map(|panel| &panel.series).any(|line| !line.is_empty());
    seen.then(|| Picture {
        title: "Repair traffic over time".into(),
        caption:
            "Bytes moved to repair from one sample to the next, over all hosts, on a logarithmic axis: at its lower \
                  edge there was none. A mean over hosts says little of the busiest one."
                .to_owned()
                + &of_first(points, parts),
        svg: chart.svg(),
        data: csv(&["point", "time_s", "bits_per_s_and_host"], rows),
        ..Picture::default()
    })
}

/// The share of rebuilt slots that were so within a time.
fn repair_times(points: &StoragePoints, parts: &[StorageParts]) -> Option<Picture> {
    let longest = parts.iter().filter_map(|part| part.repair_times_s.last()).copied().fold(0.0, f64::max);
    let (unit, seconds) = span(longest);
    let x = ChartAxis::new(format!("from the loss of a slot to its being rebuilt ({unit})"), AxisScale::Log, tick);
    let y = ChartAxis::new("share of rebuilt slots", AxisScale::Linear, |share| format!("{:.0} %", share * 100.0));
    let mut chart = Chart { mark: Mark::Steps, ..Chart::plane(x, y) };
    let mut rows = Vec::new();
    for part in parts {
        // What took no time has no place on this axis: it is in the share at the first place.
        let all = &part.repair_times_s;
        let ranks = spread(all.len(), MOST_STEPS).into_iter().filter(|at| all[*at] > 0.0);
        let line: Vec<ChartPoint> = ranks
            .map(|at| {
                let share = (at + 1) as f64 / all.len() as f64;
                rows.push(vec![name(points, part.point), all[at].to_string(), share.to_string()]);
                ChartPoint::new(all[at] / seconds, share)
            })
            .collect();
        let start = line.first().map(|first| ChartPoint::new(first.x, 0.0));
        chart.points(&name(points, part.point), start.into_iter().chain(line).collect());
    }
    (!rows.is_empty()).then(|| Picture {
        title: "Time to repair".into(),
        caption:
            "Slots that were gone and were rebuilt; what was only away, and rebuilds that were given up, are left out."
                .to_owned()
                + &of_first(points, parts),
        svg: chart.svg(),
        data: csv(&["point", "time_to_repair_s", "share"], rows),
        ..Picture::default()
    })
}

/// Datasets filled, and the moment before which not all can be.
fn filling(points: &StoragePoints, parts: &[StorageParts]) -> Option<Picture> {
    let longest = parts.iter().filter_map(|part| row(points, part).fill_s).fold(0.0, f64::max);
    let (unit, seconds) = span(longest);
    let mut rows = Vec::new();
    let panel = |part: &StorageParts| {
        let of = row(points, part);
        let all = part.metric("filled_datasets");
        let all = spread(all.len(), MOST_STEPS).into_iter().map(|at| all[at]);
        let point = |(time, filled): (f64, f64)| {
            rows.push(vec![name(points, part.point), time.to_string(), filled.to_string()]);
            ChartPoint::new(time / seconds, filled / f64::from(of.datasets))
        };
        let bound = of.fill_bound_s.map(|bound| vec![(bound / seconds, 0.0), (bound / seconds, 1.0)]);
        let series = vec![all.map(point).collect()];
        Panel { title: title(points, part), series, guides: vec![bound.unwrap_or_default()], ..Panel::default() }
    };
    let panels: Vec<Panel> =
        parts.iter().filter(|part| !part.metric("filled_datasets").is_empty()).map(panel).collect();
    let chart = Chart {
        x: ChartAxis::new(format!("time from the first request ({unit})"), AxisScale::Linear, tick),
        y: ChartAxis::new("datasets filled", AxisScale::Linear, |share| format!("{:.0} %", share * 100.0)),
        mark: Mark::Steps,
        series: vec!["datasets filled".into()],
        guides: vec![Guide { name: "bound".into(), dashes: "2 4" }],
        columns: COLUMNS,
        panels,
        ..Chart::default()
    };
    (!rows.is_empty()).then(|| Picture {
        title: "Filling".into(),
        caption:
            "Datasets of which every slot is on a host. No dispersal of this kind could have filled all before the \
                  bound."
                .into(),
        svg: chart.svg(),
        data: csv(&["point", "time_s", "datasets"], rows),
        ..Picture::default()
    })
}
