//! The figures in the users' own form: network size along x, a column of panels
//! for each file size, a row for each seeder ratio.

use super::super::figure::{AxisScale, Chart, ChartAxis, ChartPoint, Guide, Mark, Panel};
use super::super::human::tick;
use super::super::words::size;
use super::share;
use crate::study::{ComparedCell, Comparison, Figures, world_words};

/// Ratios to the baseline, with lines at 1 and at the limit, one figure for each
/// world.
pub(super) fn ratios(comparison: &Comparison) -> Vec<String> {
    let grid = Trellis {
        comparison,
        title: format!("Median download time over that of {}", comparison.variants[0]),
        y: "ratio",
        guides: vec![
            (Guide { name: "equal".into(), dashes: "2 4" }, |_, _| Some(1.0)),
            (Guide { name: format!("limit {}", comparison.limit), dashes: "8 4" }, |c, _| Some(c.limit)),
            (Guide { name: "bound".into(), dashes: "none" }, |_, cell| cell.bound_ratio()),
        ],
        value: |figures| {
            let ratio = figures.ratio.as_ref()?;
            Some((ratio.value, ratio.interval))
        },
    };
    grid.figures()
}

/// Median times with their quartiles.
pub(super) fn times(comparison: &Comparison) -> Vec<String> {
    let grid = Trellis {
        comparison,
        title: "Median download time, with quartiles of downloads".into(),
        y: "seconds",
        guides: vec![(Guide { name: "bound".into(), dashes: "none" }, |_, cell| cell.bound_s)],
        value: |figures| Some((figures.median_s?, Some((figures.p25_s?, figures.p75_s?)))),
    };
    grid.figures()
}

/// A line: its value in a cell.
type GuideLine = (Guide, fn(&Comparison, &ComparedCell) -> Option<f64>);

/// A value and its interval.
type WithInterval = (f64, Option<(f64, f64)>);

struct Trellis<'a> {
    comparison: &'a Comparison,
    title: String,
    y: &'static str,
    guides: Vec<GuideLine>,
    /// What is drawn of one variant in one cell.
    value: fn(&Figures) -> Option<WithInterval>,
}

impl Trellis<'_> {
    fn figures(&self) -> Vec<String> {
        let mut worlds: Vec<String> = self.comparison.cells.iter().map(|cell| world_words(&cell.world)).collect();
        worlds.dedup();
        worlds.iter().map(|world| self.figure(world)).collect()
    }

    fn figure(&self, world: &str) -> String {
        let cells: Vec<&ComparedCell> =
            self.comparison.cells.iter().filter(|cell| world_words(&cell.world) == world).collect();
        let mut sizes: Vec<u64> = cells.iter().map(|cell| cell.file_size_bytes).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let mut shares: Vec<&ComparedCell> = cells.clone();
        shares.sort_by(|a, b| b.seeder_ratio().total_cmp(&a.seeder_ratio()));
        shares.dedup_by(|a, b| a.seeder_ratio() == b.seeder_ratio());
        let places = shares.iter().flat_map(|row| sizes.iter().map(move |size| (*row, *size)));
        let panels = places.map(|(row, bytes)| self.panel(&cells, row, bytes)).collect();
        let title = if world.is_empty() { self.title.clone() } else { format!("{}: {world}", self.title) };
        let sizes_met = cells.iter().map(|cell| f64::from(cell.network_size));
        Chart {
            title,
            x: ChartAxis::new("network size", AxisScale::Log, tick).with_ticks(sizes_met),
            y: ChartAxis::new(self.y, AxisScale::Log, tick),
            mark: Mark::Beside,
            series: self.comparison.variants.clone(),
            guides: self.guides.iter().map(|(guide, _)| guide.clone()).collect(),
            // A column for each file size; one alone is no reason for a tower.
            columns: if sizes.len() > 1 { sizes.len() } else { shares.len().min(3) },
            panels,
            ..Chart::default()
        }
        .svg()
    }

    /// The cells of one file size with the seeder ratio of `row`.
    fn panel(&self, cells: &[&ComparedCell], row: &ComparedCell, bytes: u64) -> Panel {
        let mine = |cell: &&&ComparedCell| cell.file_size_bytes == bytes && cell.seeder_ratio() == row.seeder_ratio();
        let mine: Vec<&ComparedCell> = cells.iter().filter(mine).copied().collect();
        let point = |cell: &ComparedCell, variant: usize| {
            let (y, y_range) = (self.value)(&cell.figures[variant])?;
            Some(ChartPoint { y_range, ..ChartPoint::new(f64::from(cell.network_size), y) })
        };
        let of = |variant: usize| mine.iter().filter_map(|cell| point(cell, variant)).collect();
        Panel {
            title: format!("{}, seeders {}", size(bytes as f64), share(row)),
            series: (0..self.comparison.variants.len()).map(of).collect(),
            guides: self.guides.iter().map(|(_, value)| self.line(&mine, *value)).collect(),
            ..Panel::default()
        }
    }

    /// A line through the cells; a single cell gets a short one.
    fn line(&self, cells: &[&ComparedCell], value: fn(&Comparison, &ComparedCell) -> Option<f64>) -> Vec<(f64, f64)> {
        let at = |cell: &&ComparedCell| Some((f64::from(cell.network_size), value(self.comparison, cell)?));
        let points: Vec<(f64, f64)> = cells.iter().filter_map(at).collect();
        let (Some(first), Some(last)) = (points.first().copied(), points.last().copied()) else { return points };
        let before = (first.0 / 1.35, first.1);
        let after = (last.0 * 1.35, last.1);
        [before].into_iter().chain(points).chain([after]).collect()
    }
}
