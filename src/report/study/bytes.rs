//! Where the bytes went.

use super::super::document::Picture;
use super::super::figure::{Bar, Bars};
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
        show: |share| format!("{}", libm::round(share * 1e6) / 1e6),
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
        let mut rows = Vec::new();
        for index in points {
            let point = &survey.points[*index];
            let name = name(survey, point);
            let mut segments = Vec::new();
            for (class, bytes) in &point.traffic {
                let Some(length) = (self.of)(*class, bytes / unit(*index)) else { continue };
                segments.push((Some(*class as usize), length));
                data.push(vec![name.clone(), class.name().into(), length.to_string()]);
            }
            rows.push(Bar { name, segments });
        }
        let kinds = Class::ALL.map(|class| class.name().into()).into();
        let svg = Bars { title: "", x: self.x, show: self.show, kinds, rows }.svg();
        let data = csv(&["point", "class", self.column], data);
        Picture { title: self.title.into(), caption: self.caption, svg, data, ..Picture::default() }
    }
}
