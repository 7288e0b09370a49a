//! Nines over two swept keys.

use super::super::document::Picture;
use super::super::figure::{Cell, Cells};
use super::super::study::csv;
use super::words::{loss, name, nines};
use crate::study::{StorageAxis, StoragePoint, StoragePoints};

/// Values of a key that fit beside one another.
const MOST_STEPS: usize = 24;

/// Where two keys are swept, with one system: a cell for each pair of values.
pub fn picture(points: &StoragePoints) -> Option<Picture> {
    let ([_, _], None) = (points.keys.as_slice(), points.system_key()) else { return None };
    let [across, down] = [points.axis(0), points.axis(1)];
    let fits = |axis: &StorageAxis| (2..=MOST_STEPS).contains(&axis.steps().len());
    if !fits(&across) || !fits(&down) {
        return None;
    }
    let at = |x: &str, y: &str| points.points.iter().position(|point| point.values == [x, y]);
    // Numbers grow upwards, as on any axis; words are read from the top.
    let mut steps = down.steps();
    if down.is_of_numbers() {
        steps.reverse();
    }
    let row = |y: &str| {
        across.steps().iter().map(|x| at(&x.text, y).map_or(Cell::default(), |at| cell(points, at))).collect()
    };
    let rows = steps.iter().map(|y| (shown(&y.text), row(&y.text))).collect();
    let cells = Cells {
        x: across.key.clone(),
        y: down.key.clone(),
        value: "nines of a dataset in a year".into(),
        columns: across.steps().iter().map(|x| shown(&x.text)).collect(),
        rows,
        has_words: true,
    };
    let data = points.points.iter().filter_map(|point| {
        let of = point.dataset_loss()?;
        let numbers = [of.nines(), of.fewest_nines(), of.most_nines()];
        let numbers = numbers.map(|number| number.map_or(String::new(), |number| number.to_string()));
        Some(point.values.iter().cloned().chain(numbers).collect())
    });
    let rows: Vec<Vec<String>> = data.collect();
    let header = [&across.key, &down.key, "nines", "fewest_nines", "most_nines"];
    (!rows.is_empty()).then(|| Picture {
        title: format!("Nines over {} and {}", across.key, down.key),
        caption:
            "The darker the more nines. A number after > is the least: no loss was seen. Without a number there is \
                  no run, or no estimate. Neighbours may differ by less than their intervals, which the table tells."
                .into(),
        svg: cells.svg(|value| format!("{value:.1}")),
        data: csv(&header, rows),
        ..Picture::default()
    })
}

fn shown(text: &str) -> String {
    if text.is_empty() { "base".into() } else { text.into() }
}

fn cell(points: &StoragePoints, at: usize) -> Cell {
    let point: &StoragePoint = &points.points[at];
    let Some(of) = point.dataset_loss() else { return Cell { text: "-".into(), ..Cell::default() } };
    let value = of.nines().or(of.fewest_nines());
    let sign = if of.is_unseen() { "> " } else { "" };
    Cell {
        value,
        text: value.map_or("-".into(), |value| format!("{sign}{value:.1}")),
        title: format!("{}: {}, a dataset is lost: {}", name(points, at), nines(&of), loss(&of)),
    }
}
