//! Nines against what they cost.

use super::super::document::Picture;
use super::super::figure::{AxisScale, Chart, ChartAxis, ChartPoint};
use super::super::human::tick;
use super::super::study::csv;
use super::words::name;
use crate::study::{StoragePoint, StoragePoints};

/// Groups that one figure can show apart.
pub const MOST_SERIES: usize = 7;
/// Points up to which each has its name beside it.
const MOST_LABELS: usize = 12;

/// What is along x.
struct Cost {
    title: &'static str,
    axis: &'static str,
    column: &'static str,
    of: fn(&StoragePoint) -> Option<f64>,
}

const COSTS: [Cost; 2] = [
    Cost {
        title: "Nines against overhead",
        axis: "bytes stored for each byte given in",
        column: "overhead",
        of: |point| point.median(|row| Some(row.overhead)),
    },
    Cost {
        title: "Nines against repair traffic",
        axis: "bytes moved to repair for each byte given in and year",
        column: "repair_per_stored_byte_year",
        of: |point| point.median(|row| row.repair_per_stored_byte_year),
    },
];

/// Against overhead and against repair traffic.
pub fn pictures(points: &StoragePoints) -> Vec<Picture> {
    COSTS.iter().filter_map(|cost| picture(points, cost)).collect()
}

/// Points of one colour: of a system where there are several, else of a value of the key with
/// the fewest values; and which key that is.
fn groups(points: &StoragePoints) -> (Vec<(String, Vec<usize>)>, Option<usize>) {
    let few = |key: &usize| (2..=MOST_SERIES).contains(&points.axis(*key).steps().len());
    let fewest = (0..points.keys.len()).filter(few).min_by_key(|key| points.axis(*key).steps().len());
    let all = || vec![("points".to_owned(), (0..points.points.len()).collect())];
    let Some(key) = points.system_key().filter(few).or(fewest) else { return (all(), None) };
    let axis = points.axis(key);
    let group = |text: &String| {
        let mine = (0..points.points.len()).filter(|at| axis.values[*at].text == *text).collect();
        let value = if text.is_empty() { "base" } else { text };
        (if points.system_key() == Some(key) { value.to_owned() } else { format!("{} {value}", axis.key) }, mine)
    };
    (axis.steps().into_iter().map(|value| group(&value.text)).collect(), Some(key))
}

fn picture(points: &StoragePoints, cost: &Cost) -> Option<Picture> {
    let values = || points.points.iter().filter_map(cost.of);
    let scale = if values().all(|value| value > 0.0) { AxisScale::Log } else { AxisScale::Linear };
    let y = ChartAxis::new("nines of a dataset in a year", AxisScale::Linear, tick);
    let mut chart = Chart::plane(ChartAxis::new(cost.axis, scale, cost_tick), y);
    let (groups, by) = groups(points);
    let (mut rows, mut unseen) = (Vec::new(), 0);
    for (group, members) in groups {
        let mut marks = Vec::new();
        for at in members {
            let point = &points.points[at];
            let (Some(x), Some(loss)) = ((cost.of)(point), point.dataset_loss()) else { continue };
            let (nines, fewest, most) = (loss.nines(), loss.fewest_nines(), loss.most_nines());
            let Some(y) = nines.or(fewest) else { continue };
            unseen += usize::from(most.is_none());
            let ends = fewest.filter(|_| nines.is_some()).map(|fewest| (fewest, most.unwrap_or(y)));
            marks.push(ChartPoint { y_range: ends, hollow: most.is_none(), ..ChartPoint::new(x, y) });
            let text = |number: Option<f64>| number.map_or(String::new(), |number| number.to_string());
            rows.push(vec![name(points, at), x.to_string(), text(nines), text(fewest), text(most)]);
            if points.points.len() <= MOST_LABELS && points.points.len() > 1 {
                chart.panels[0].labels.push((x, ends.map_or(y, |(_, most)| most), short(points, at, by)));
            }
        }
        chart.points(&group, marks);
    }
    let caption = format!(
        "A mark for each point: minus the decimal logarithm of the probability that a dataset is lost in a year of the \
         horizon, with its interval of 95 %, where that is wider than the mark.{}",
        match unseen {
            0 => String::new(),
            _ => format!(
                " Hollow ({unseen}): no loss was seen, or the interval begins at none, so that the nines have a least number \
                 and no most; where none was seen the mark is at the least."
            ),
        }
    );
    (!rows.is_empty()).then(|| Picture {
        title: cost.title.into(),
        caption,
        svg: chart.svg(),
        data: csv(&["point", cost.column, "nines", "fewest_nines", "most_nines"], rows),
        ..Picture::default()
    })
}

/// A number on an axis of costs.
fn cost_tick(value: f64) -> String {
    tick(libm::round(value * 1e3) / 1e3)
}

/// The values of a point alone, without that of the key `by` which its colour tells.
fn short(points: &StoragePoints, at: usize, by: Option<usize>) -> String {
    let values =
        points.told().into_iter().filter(|key| Some(*key) != by).map(|key| points.points[at].values[key].as_str());
    values.filter(|value| !value.is_empty()).collect::<Vec<_>>().join(" | ")
}
