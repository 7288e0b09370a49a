//! How long the runs of a sweep take by the first key that it varies.

use super::super::document::{Document, Picture};
use super::super::human::Scale;
use super::super::plot;
use super::points::PointLine;
use crate::results::median;
use crate::rng::digest;
use std::collections::BTreeMap;

/// Values of the first key that are shown.
const MOST_BARS: usize = 24;

/// The median makespan (where there are requests, the median download) at each value of the
/// first swept key, at each place: values of the other keys. There may be many places, so of
/// their values a digest is kept.
#[derive(Debug, Default)]
pub(super) struct AgainstFirstKey {
    names: Vec<String>,
    places: BTreeMap<u64, Vec<Time>>,
    of_downloads: bool,
}

/// The time at one value of the first key.
#[derive(Debug, Clone, Copy)]
enum Time {
    /// There is no such point here.
    Absent,
    /// Not all runs completed.
    Unknown,
    Known(f64),
}

impl AgainstFirstKey {
    /// Takes in a point with these values of all keys.
    pub(super) fn add(&mut self, values: &[String], line: &PointLine) {
        let Some((name, place)) = values.split_first() else { return };
        self.of_downloads |= line.has_requests;
        if self.names.len() > MOST_BARS {
            return;
        }
        let at = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.clone());
            self.names.len() - 1
        });
        if self.names.len() > MOST_BARS {
            return self.places.clear();
        }
        let times = self.places.entry(digest(place.join("\n").as_bytes())).or_default();
        times.resize(times.len().max(at + 1), Time::Absent);
        times[at] = line.time().map_or(Time::Unknown, Time::Known);
    }

    /// Bars over the places that have a time at every value: else a value would look fast
    /// because only its easy points completed. Nothing where that is no comparison.
    pub(super) fn tell(&self, document: &mut Document, keys: &[String]) {
        let Some(key) = keys.first() else { return };
        let is_there = |times: &&Vec<Time>| {
            times.len() == self.names.len() && !times.iter().any(|time| matches!(time, Time::Absent))
        };
        let places: Vec<&Vec<Time>> = self.places.values().filter(is_there).collect();
        if !(2..=MOST_BARS).contains(&self.names.len()) || places.is_empty() {
            return;
        }
        let known = |times: &Vec<Time>| {
            times.iter().map(|time| if let Time::Known(time) = time { Some(*time) } else { None }).collect()
        };
        let shared: Vec<Vec<f64>> = places.iter().filter_map(|times| known(times)).collect();
        let what = if self.of_downloads { "median download" } else { "makespan" };
        if shared.is_empty() {
            let told = format!("no bars of the {what} by {key}: nowhere did all runs complete at every value of it");
            return document.paragraph(told);
        }
        let bar = |(at, name): (usize, &String)| {
            Some((name.clone(), median(&shared.iter().map(|times| times[at]).collect::<Vec<_>>())?))
        };
        let lines: Vec<(String, f64)> = self.names.iter().enumerate().filter_map(bar).collect();
        let scale = Scale::seconds(lines.iter().map(|(_, value)| *value));
        let over = match (keys.len(), shared.len()) {
            (1, _) => String::new(),
            (_, n) if n == places.len() => format!(", median over all {n} points with it"),
            (_, n) => {
                format!(", median over the {n} of {} points at which all runs completed at every value", places.len())
            }
        };
        let (title, text) = (format!("{what} by {key}{over}"), plot::bars(&lines, &scale));
        document.picture(Picture { title, text, ..Picture::default() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::RunRow;

    /// Of q only the easy point completed: it takes 1 s there, and p takes 2 s.
    #[test]
    fn bars_are_over_points_that_all_values_have() {
        let run = |makespan_s| RunRow { makespan_s, ..crate::results::sample_result().run };
        let runs = [Some(2.0), Some(9.0), Some(1.0), None].map(run);
        let names = [["p", "easy"], ["p", "hard"], ["q", "easy"], ["q", "hard"]];
        let lines = runs.each_ref().map(|run| PointLine::of([run]));
        let bars = |keys: &[&str], points: &[usize]| {
            let (mut document, mut against) = (Document::new(""), AgainstFirstKey::default());
            let values = |i: usize| names[i][..keys.len()].iter().map(|name| name.to_string()).collect::<Vec<_>>();
            points.iter().for_each(|i| against.add(&values(*i), &lines[*i]));
            against.tell(&mut document, &keys.iter().map(|key| key.to_string()).collect::<Vec<_>>());
            document.terminal(None)
        };
        let text = bars(&["protocol", "place"], &[0, 1, 2, 3]);
        assert!(
            text.contains("over the 1 of 2 points") && text.contains("2.00 s") && text.contains("1.00 s"),
            "{text}"
        );
        let hard = bars(&["protocol", "place"], &[1, 3]);
        assert!(hard.starts_with("no bars of the makespan by protocol"), "{hard}");
        assert_eq!(bars(&["protocol"], &[0]), "", "one value is no comparison");
        assert_eq!(bars(&["protocol", "place"], &[0, 3]), "", "nor are values that go in pairs");
    }
}
