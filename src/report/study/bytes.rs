//! Where the bytes went.

use super::super::document::Picture;
use super::super::figure::{Bar, Bars};
use super::super::human::tick;
use super::super::words::size;
use super::{MOST_ROWS, csv, name, picked};
use crate::ledger::Class;
use crate::study::Survey;

/// All bytes by class, and what is not payload for each byte of payload.
pub(super) fn pictures(survey: &Survey) -> Vec<Picture> {
    let (cells, rest) = picked(survey, MOST_ROWS);
    let points: Vec<usize> = cells.concat().into_iter().filter(|i| !survey.points[*i].traffic.is_empty()).collect();
    if points.is_empty() {
        return Vec::new();
    }
    let all = Stack {
        title: "Bytes by class",
        caption: format!("All bytes on the wire, mean over the runs of a point.{rest}"),
        x: "bytes of a run",
        show: size,
        column: "bytes",
        of: |_, bytes| Some(bytes),
    };
    let vain = Stack {
        title: "Bytes beside the payload",
        caption: format!("For each byte of block data that was stored: everything else that was sent.{rest}"),
        x: "bytes per payload byte",
        show: tick,
        column: "bytes_per_payload_byte",
        of: |class, share| (class != Class::Payload).then_some(share),
    };
    let stored: Vec<usize> = points.iter().copied().filter(|i| survey.points[*i].payload() > 0.0).collect();
    let mut pictures = vec![all.picture(survey, &points, |_| 1.0)];
    if !stored.is_empty() {
        pictures.push(vain.picture(survey, &stored, |index| survey.points[index].payload()));
    }
    pictures
}

struct Stack {
    title: &'static str,
    caption: String,
    x: &'static str,
    show: fn(f64) -> String,
    column: &'static str,
    /// What is drawn of a class; nothing when it is left out.
    of: fn(Class, f64) -> Option<f64>,
}

impl Stack {
    fn picture(self, survey: &Survey, points: &[usize], unit: impl Fn(usize) -> f64) -> Picture {
        let mut data = Vec::new();
        let mut bars: Vec<Bar> = Vec::new();
        for index in points {
            let point = &survey.points[*index];
            let name = name(survey, point);
            let mut segments = Vec::new();
            for (class, bytes) in &point.traffic {
                let Some(length) = (self.of)(*class, bytes / unit(*index)) else { continue };
                segments.push((Some(*class as usize), length));
                data.push(vec![name.clone(), class.name().into(), length.to_string()]);
            }
            bars.push(Bar { name, segments });
        }
        let kinds: Vec<String> = Class::ALL.map(|class| class.name().into()).into();
        let figure = |rows: Vec<Bar>| Bars { x: self.x.into(), show: self.show, kinds: kinds.clone(), rows }.svg();
        let groups = by_decades(bars);
        let apart = if groups.len() > 1 { " What differs by more than a decade has an axis of its own." } else { "" };
        let svg = groups.into_iter().map(figure).collect();
        let data = csv(&["point", "class", self.column], data);
        let caption = self.caption + apart;
        Picture { title: self.title.into(), caption, svg, data, ..Picture::default() }
    }
}

/// Groups of bars that can be seen beside each other: the longest of a group is at most
/// ten times the shortest. The shortest come first, in a group the order stays.
fn by_decades(bars: Vec<Bar>) -> Vec<Vec<Bar>> {
    let length = |bar: &Bar| bar.segments.iter().map(|(_, length)| length).sum::<f64>();
    let mut rest = bars;
    let mut groups = Vec::new();
    while let Some(least) = rest.iter().map(length).reduce(f64::min) {
        let (group, others) = rest.into_iter().partition(|bar| length(bar) <= 10.0 * least);
        groups.push(group);
        rest = others;
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_of_a_group_can_be_seen_beside_each_other() {
        let bar = |(index, length): (usize, f64)| Bar { name: index.to_string(), segments: vec![(Some(0), length)] };
        let bars = [500.0, 1.0, 10.0, 11.0, 0.0].into_iter().enumerate().map(bar).collect();
        let names = |group: &Vec<Bar>| group.iter().map(|bar| bar.name.clone()).collect::<String>();
        assert_eq!(by_decades(bars).iter().map(names).collect::<Vec<_>>(), ["4", "12", "3", "0"]);
    }
}
