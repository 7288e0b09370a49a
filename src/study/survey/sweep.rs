//! How download times follow a swept number, all else fixed.

use super::super::inputs::{RunClient, labels};
use super::{AxisValue, PowerLaw, Survey, SurveyAxis, SurveyPoint};
use crate::results::quantile;
use std::collections::BTreeMap;

/// One swept number.
#[derive(Debug, Clone)]
pub struct Swept {
    /// Which.
    pub axis: SurveyAxis,
    /// Keys that do not stay fixed, because each value of the axis was run with
    /// one value of theirs only.
    pub along: Vec<String>,
    /// The lines, by what is fixed in the order of the cells.
    pub lines: Vec<SweptLine>,
}

/// The points that differ in one number only.
#[derive(Debug, Clone)]
pub struct SweptLine {
    /// What of the world is fixed, each with its axis.
    pub fixed: Vec<(SurveyAxis, AxisValue)>,
    /// The variant, named without the axis.
    pub variant: String,
    /// By ascending x, at least two.
    pub dots: Vec<Dot>,
    /// How the median download time scales; nothing with fewer than three dots
    /// whose median is reached and above zero.
    pub fit: Option<PowerLaw>,
}

/// One point on a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Dot {
    /// The swept number.
    pub x: f64,
    /// Index into [`Survey::points`].
    pub point: usize,
    /// 5 %, 50 % and 95 % quantile over the downloads of all runs, each from its
    /// own start, in s. A download that did not end is longer than all others, so
    /// a quantile among those is not reached.
    pub time_s: [Option<f64>; 3],
    /// File size over these times, in bit/s: of the slow end, the median and the
    /// fast end; a download that took no time has no speed.
    pub speed_bps: [Option<f64>; 3],
    /// Downloads that ended.
    pub completed: u64,
    /// All downloads.
    pub downloads: u64,
}

impl Dot {
    /// Whether there is a download that did not end.
    pub fn is_unfinished(&self) -> bool {
        self.completed < self.downloads
    }
}

impl Survey {
    /// Every numeric axis along which something was run at two values or more
    /// with all else fixed. Of several keys that were drawn together none is: what would be a
    /// line along one is what the others do as well.
    pub fn sweeps(&self) -> Vec<Swept> {
        let alone = |axis: &usize| {
            !(0..self.axes.len())
                .any(|other| self.is_drawn(&self.axes[other]) && (other == *axis || self.goes_along(*axis, other)))
        };
        let sweeps = (0..self.axes.len()).filter(alone).map(|axis| self.sweep(axis));
        sweeps.filter(|sweep| !sweep.lines.is_empty()).collect()
    }

    /// Whether it was drawn together with other keys.
    fn is_drawn(&self, axis: &SurveyAxis) -> bool {
        let keys = self.manifest.design.as_ref().map_or(&[][..], |design| &design.keys);
        // Some keys have a column of their own, which has the last word of the key.
        let column = |key: &str| key.rsplit('.').next().unwrap_or(key).trim_end_matches("_bytes").to_owned();
        keys.len() > 1 && keys.iter().any(|key| *key == axis.key || column(key) == column(&axis.key))
    }

    fn sweep(&self, axis: usize) -> Swept {
        let along: Vec<usize> = (0..self.axes.len()).filter(|other| self.goes_along(axis, *other)).collect();
        let fixed = |index: &usize| *index != axis && !self.axes[*index].of_client && !along.contains(index);
        let fixed: Vec<usize> = (0..self.axes.len()).filter(fixed).collect();
        let names = self.names_without(axis);
        let mut lines: Vec<(Vec<&AxisValue>, &String, Vec<Dot>)> = Vec::new();
        for (index, (point, name)) in self.points.iter().zip(&names).enumerate() {
            let Some(dot) = point.values[axis].number.and_then(|x| dot(x, index, point)) else { continue };
            let place: Vec<&AxisValue> = fixed.iter().map(|index| &point.values[*index]).collect();
            match lines.iter_mut().find(|line| line.0 == place && line.1 == name) {
                Some(line) => line.2.push(dot),
                None => lines.push((place, name, vec![dot])),
            }
        }
        let line = |(place, variant, mut dots): (Vec<&AxisValue>, &String, Vec<Dot>)| {
            dots.sort_by(|a, b| a.x.total_cmp(&b.x));
            let points: Vec<(f64, f64)> = dots.iter().filter_map(|dot| Some((dot.x, dot.time_s[1]?))).collect();
            let fixed =
                fixed.iter().zip(place).map(|(axis, value)| (self.axes[*axis].clone(), value.clone())).collect();
            SweptLine { fixed, variant: variant.clone(), dots, fit: PowerLaw::of(&points) }
        };
        let lines = lines.into_iter().filter(|(_, _, dots)| several(dots)).map(line).collect();
        let along = along.into_iter().map(|index| self.axes[index].key.clone()).collect();
        Swept { axis: self.axes[axis].clone(), along, lines }
    }

    /// Whether the axis `other` of the world has one value at each value of `axis`.
    fn goes_along(&self, axis: usize, other: usize) -> bool {
        if axis == other || self.axes[axis].of_client || self.axes[other].of_client {
            return false;
        }
        let mut met: BTreeMap<&str, &AxisValue> = BTreeMap::new();
        let mut pairs = self.points.iter().map(|point| (point.values[axis].text.as_str(), &point.values[other]));
        pairs.all(|(text, value)| *met.entry(text).or_insert(value) == value)
    }

    /// Names of the variants of all points if nothing were said of `axis`.
    fn names_without(&self, axis: usize) -> Vec<String> {
        if !self.axes[axis].of_client {
            return self.points.iter().map(|point| self.variants[point.variant].clone()).collect();
        }
        let told: Vec<usize> = (0..self.axes.len()).filter(|i| *i != axis && self.axes[*i].of_client).collect();
        let keys: Vec<&str> = told.iter().map(|index| self.axes[*index].key.as_str()).collect();
        let client = |point: &SurveyPoint| {
            let constants = told.iter().map(|index| point.values[*index].text.clone()).collect();
            let protocol = point.runs.first().map_or(&self.variants[point.variant], |run| &run.protocol);
            RunClient { protocol: protocol.clone(), cell: point.cell.to_string(), constants }
        };
        labels(&keys, &self.points.iter().map(client).collect::<Vec<_>>())
    }
}

/// Nothing when no run finished.
fn dot(x: f64, index: usize, point: &SurveyPoint) -> Option<Dot> {
    let bits = 8.0 * point.runs.first()?.file_size_bytes as f64;
    let completed = point.times.len() as u64;
    let endless = std::iter::repeat_n(f64::INFINITY, point.downloads.saturating_sub(completed) as usize);
    let times: Vec<f64> = point.times.iter().copied().chain(endless).collect();
    let time_s = [0.05, 0.5, 0.95].map(|p| quantile(&times, p).filter(|time| time.is_finite()));
    let speed = |time: Option<f64>| time.filter(|time| *time > 0.0).map(|time| bits / time);
    let speed_bps = [speed(time_s[2]), speed(time_s[1]), speed(time_s[0])];
    Some(Dot { x, point: index, time_s, speed_bps, completed, downloads: point.downloads })
}

/// Two different values, one of them with a time to show; a value met twice is no line.
fn several(dots: &[Dot]) -> bool {
    if dots.iter().all(|dot| dot.time_s[1].is_none()) {
        return false;
    }
    let mut xs: Vec<f64> = dots.iter().map(|dot| dot.x).collect();
    xs.sort_by(f64::total_cmp);
    xs.dedup();
    xs.len() > 1 && xs.len() == dots.len()
}

impl Swept {
    /// Whether the axis spans a factor of four or more, so that it is drawn in
    /// doublings.
    pub fn is_wide(&self) -> bool {
        let xs = || self.lines.iter().flat_map(|line| &line.dots).map(|dot| dot.x);
        let (least, most) = (xs().fold(f64::INFINITY, f64::min), xs().fold(0.0, f64::max));
        least > 0.0 && most >= 4.0 * least
    }
}
