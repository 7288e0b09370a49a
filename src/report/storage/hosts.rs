//! How slots lie on hosts.

use super::super::document::Picture;
use super::super::figure::{AxisScale, Cell, Cells, Chart, ChartAxis, ChartPoint, Mark};
use super::super::human::{self, tick};
use super::super::study::csv;
use super::trade_off::MOST_SERIES;
use super::words::name;
use crate::results::HostRow;
use crate::study::{StorageParts, StoragePoints};
use std::collections::BTreeMap;

/// Hosts up to which each has a cell; of more there is a histogram.
const MOST_CELLS: usize = 1_000;
/// Cells in a row.
const ROW: usize = 48;
/// Steps of a histogram.
const BINS: u32 = 60;

/// The hosts of the first point of which they are known.
pub fn picture(points: &StoragePoints, parts: &[StorageParts]) -> Option<Picture> {
    let part = parts.iter().find(|part| !part.hosts.is_empty())?;
    let hosts = &part.hosts;
    let mut regions: BTreeMap<u32, Vec<&HostRow>> = BTreeMap::new();
    hosts.iter().for_each(|host| regions.entry(host.region).or_default().push(host));
    let (svg, what) = match hosts.len() > MOST_CELLS {
        true => (histogram(&regions), "Hosts by the most slots that each had at a time."),
        false => {
            (cells(&regions), "A cell for each host, by the most slots that it had at a time; point at it for more.")
        }
    };
    let text = |number: &dyn ToString| number.to_string();
    let line = |host: &HostRow| {
        let places = [host.host, host.region, host.operator].map(|number| text(&number));
        let numbers =
            [text(&host.most_slots), text(&host.slots), text(&host.deaths), text(&host.bytes_rx), text(&host.bytes_tx)];
        places.into_iter().chain(numbers).collect::<Vec<_>>()
    };
    let header = ["host", "region", "operator", "most_slots", "slots", "deaths", "bytes_rx", "bytes_tx"];
    let point = if points.points.len() > 1 { format!(" At {}.", name(points, part.point)) } else { String::new() };
    Some(Picture {
        title: "Slots on hosts".into(),
        caption: format!("{what} Of the first history.{point}"),
        svg,
        data: csv(&header, hosts.iter().map(line)),
        ..Picture::default()
    })
}

fn cells(regions: &BTreeMap<u32, Vec<&HostRow>>) -> String {
    let mut rows = Vec::new();
    for (region, hosts) in regions {
        for (at, some) in hosts.chunks(ROW).enumerate() {
            let name = match (regions.len(), at) {
                (1, at) => format!("from host {}", at * ROW),
                (_, 0) => format!("region {region}"),
                _ => String::new(),
            };
            rows.push((name, some.iter().map(|host| cell(host)).collect()));
        }
    }
    let value = "most slots on a host".into();
    Cells { value, rows, ..Cells::default() }.svg(|slots| format!("{}", libm::round(slots)))
}

fn cell(host: &HostRow) -> Cell {
    let title = format!(
        "host {}: {} slots at most ({}), {} at the end, {} deaths, {} received and {} sent for repairs",
        host.host,
        host.most_slots,
        human::bytes(host.most_bytes as f64),
        host.slots,
        host.deaths,
        human::bytes(host.bytes_rx as f64),
        human::bytes(host.bytes_tx as f64)
    );
    Cell { value: Some(f64::from(host.most_slots)), text: String::new(), title }
}

/// A staircase for each region; one for all hosts where there are too many regions.
fn histogram(regions: &BTreeMap<u32, Vec<&HostRow>>) -> String {
    let most = regions.values().flatten().map(|host| host.most_slots).max().unwrap_or(0);
    let wide = (most + 1).div_ceil(BINS);
    let x = ChartAxis::new("most slots on a host", AxisScale::Linear, tick);
    let mut chart =
        Chart { mark: Mark::Steps, ..Chart::plane(x, ChartAxis::new("hosts", AxisScale::Linear, human::count)) };
    let line = |hosts: &[&HostRow]| {
        let mut counts = vec![0_u32; (most / wide) as usize + 2];
        hosts.iter().for_each(|host| counts[(host.most_slots / wide) as usize] += 1);
        // A staircase keeps its height up to the next point, so each count stands at the lower edge.
        let edge = |bin: usize| f64::from(bin as u32 * wide);
        let steps = counts.iter().enumerate().map(|(bin, count)| ChartPoint::new(edge(bin), f64::from(*count)));
        [ChartPoint::new(0.0, 0.0)].into_iter().chain(steps).collect::<Vec<_>>()
    };
    match (2..=MOST_SERIES).contains(&regions.len()) {
        true => regions.iter().for_each(|(region, hosts)| chart.points(&format!("region {region}"), line(hosts))),
        false => chart.points("hosts", line(&regions.values().flatten().copied().collect::<Vec<_>>())),
    }
    chart.svg()
}
