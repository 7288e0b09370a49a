//! Downloads by class of dataset, nodes by class and region, and core links, point by point.

use super::super::document::Document;
use super::super::downloads::by_class;
use super::super::groups::{busiest, busy_map, by_group};
use super::name;
use crate::study::{Survey, SurveyParts};

/// Tells them for each point of which they are known.
pub(super) fn tell(page: &mut Document, survey: &Survey, parts: &[SurveyParts]) {
    if parts.is_empty() {
        return;
    }
    page.heading("Datasets, classes, regions and core links");
    page.paragraph(match survey.has_requests() {
        true => "Of the first run of each point; downloads count from when each was asked for.",
        false => "Of the first run of each point; downloads count from each leecher's own start.",
    });
    for part in parts {
        let point = name(survey, &survey.points[part.point]);
        page.subheading(&point);
        by_class(&part.downloads).into_iter().for_each(|grid| page.grid(grid));
        by_group(&part.nodes, &part.constraints).into_iter().for_each(|grid| page.grid(grid));
        busiest(&part.links).into_iter().for_each(|grid| page.grid(grid));
        busy_map(&part.links, format!("How busy core links were: {point}"))
            .into_iter()
            .for_each(|map| page.picture(map));
    }
}
