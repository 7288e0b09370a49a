//! Losses against each swept number.

use super::super::document::Picture;
use super::super::figure::{AxisScale, Chart, ChartAxis, ChartPoint, Mark};
use super::super::human::tick;
use super::super::study::{csv, shortened};
use super::super::words::{duration, fact, rate, size};
use super::trade_off::MOST_SERIES;
use crate::results::Unit;
use crate::study::{StorageAxis, StoragePoints, spread};
use std::collections::BTreeMap;

/// A figure for each key that is of numbers.
pub fn pictures(points: &StoragePoints) -> Vec<Picture> {
    (0..points.keys.len()).filter_map(|key| picture(points, key, &points.axis(key))).collect()
}

fn picture(points: &StoragePoints, key: usize, axis: &StorageAxis) -> Option<Picture> {
    if !axis.is_of_numbers() {
        return None;
    }
    let lines = lines(points, key);
    let shown = spread(lines.len(), MOST_SERIES);
    let numbers: Vec<f64> = axis.values.iter().filter_map(|value| value.number).collect();
    let scale = if numbers.iter().all(|number| *number > 0.0) { AxisScale::Log } else { AxisScale::Linear };
    let x = ChartAxis::new(axis.key.as_str(), scale, written(axis.unit)).with_ticks(numbers.iter().copied());
    let y = ChartAxis::new("probability that a dataset is lost", AxisScale::Log, share);
    let mut chart = Chart { mark: Mark::Bands, ..Chart::plane(x, y) };
    let (mut rows, mut hollow, mut unseen) = (Vec::new(), 0, 0);
    for (fixed, members) in shown.iter().map(|at| &lines[*at]) {
        let mut marks = Vec::new();
        let mut order: Vec<(f64, usize)> =
            members.iter().filter_map(|at| Some((axis.values[*at].number?, *at))).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (x, at) in order {
            let Some(loss) = points.points[at].dataset_loss() else { continue };
            let (low, high) = loss.interval;
            rows.push(
                [fixed.clone()]
                    .into_iter()
                    .chain([x, loss.probability, low, high].map(|number| number.to_string()))
                    .collect(),
            );
            let top = if loss.is_unseen() { high } else { loss.probability };
            if top > 0.0 {
                (hollow, unseen) = (hollow + usize::from(low <= 0.0), unseen + usize::from(loss.is_unseen()));
                let range = (low > 0.0).then_some((low, high));
                marks.push(ChartPoint { y_range: range, hollow: low <= 0.0, ..ChartPoint::new(x, top) });
            }
        }
        chart.points(fixed, marks);
    }
    let caption = format!(
        "Within the horizon; the band is the interval of 95 %.{}{}",
        match (hollow, unseen) {
            (0, _) => String::new(),
            (_, 0) => " Hollow: the interval begins at no loss.".to_owned(),
            _ => format!(
                " Hollow: the interval begins at no loss; at {unseen} of them none was seen, and the mark is at its upper end."
            ),
        },
        shortened("lines", shown.len(), lines.len())
    );
    (!rows.is_empty()).then(|| Picture {
        title: format!("Losses against {}", axis.key),
        caption,
        svg: chart.svg(),
        data: csv(&["fixed", &axis.key, "dataset_loss", "dataset_loss_low", "dataset_loss_high"], rows),
        ..Picture::default()
    })
}

/// The points with the same values of all other keys: these in words, and the points.
fn lines(points: &StoragePoints, key: usize) -> Vec<(String, Vec<usize>)> {
    let mut lines: Vec<(String, Vec<usize>)> = Vec::new();
    let mut order: BTreeMap<String, usize> = BTreeMap::new();
    for (at, point) in points.points.iter().enumerate() {
        let others = points.keys.iter().zip(&point.values).enumerate().filter(|(other, _)| *other != key);
        let told = others.filter(|(_, (_, value))| !value.is_empty()).map(|(_, (name, value))| fact(name, value));
        let fixed = told.collect::<Vec<_>>().join(", ");
        let next = lines.len();
        let line = *order.entry(fixed.clone()).or_insert(next);
        if line == next {
            lines.push((fixed, vec![]));
        }
        lines[line].1.push(at);
    }
    if let [(only, _)] = lines.as_mut_slice() {
        *only = "a dataset is lost".into();
    }
    lines
}

/// A probability on an axis: `0.02`, `5e-4`.
fn share(value: f64) -> String {
    if value < 9.995e-4 { format!("{value:.1e}").replace(".0e", "e") } else { tick(value) }
}

fn written(unit: Unit) -> fn(f64) -> String {
    match unit {
        Unit::Bytes => size,
        Unit::BitsPerSecond => rate,
        Unit::Seconds => duration,
        _ => tick,
    }
}
