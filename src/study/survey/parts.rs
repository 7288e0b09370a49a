//! The nodes of some runs of a study by class and region, its downloads and core links.

use super::super::inputs::{NotAStudy, read_where};
use super::{Survey, spread};
use crate::results::{ConstraintRow, DownloadRow, LinkRow, NodeRow, TableRow};
use std::path::Path;

/// Points of which this is told.
const MOST_POINTS: usize = 6;

/// The rows of the first run of a point.
#[derive(Debug, Clone, Default)]
pub struct SurveyParts {
    /// Index into [`Survey::points`].
    pub point: usize,
    /// Its nodes.
    pub nodes: Vec<NodeRow>,
    /// What held its leechers back.
    pub constraints: Vec<ConstraintRow>,
    /// Its downloads.
    pub downloads: Vec<DownloadRow>,
    /// Its core links.
    pub links: Vec<LinkRow>,
}

impl SurveyParts {
    /// Reads those of the study in `dir` in which nodes have a class or region, wires a
    /// capacity, or downloads are told one by one: of a few points, evenly picked.
    pub fn read(dir: &Path, survey: &Survey) -> Result<Vec<SurveyParts>, NotAStudy> {
        let picked = spread(survey.points.len(), MOST_POINTS);
        let id = |point: usize| survey.points[point].runs.first().map(|run| run.run_id.clone());
        let mut parts: Vec<(String, SurveyParts)> = picked
            .into_iter()
            .filter_map(|point| Some((id(point)?, SurveyParts { point, ..SurveyParts::default() })))
            .collect();
        let known = |parts: &[(String, SurveyParts)], run: &str| parts.iter().position(|(id, _)| id == run);
        let told = |node: &NodeRow| node.class.is_some() || node.region.is_some();
        for node in read_where(dir, |node: &NodeRow| told(node) && known(&parts, &node.run_id).is_some())? {
            let at = known(&parts, &node.run_id);
            at.into_iter().for_each(|at| parts[at].1.nodes.push(node.clone()));
        }
        if dir.join(LinkRow::KIND.file).exists() {
            for link in read_where(dir, |link: &LinkRow| known(&parts, &link.run_id).is_some())? {
                let at = known(&parts, &link.run_id);
                at.into_iter().for_each(|at| parts[at].1.links.push(link.clone()));
            }
        }
        if dir.join(DownloadRow::KIND.file).exists() {
            for row in read_where(dir, |row: &DownloadRow| known(&parts, &row.run_id).is_some())? {
                let at = known(&parts, &row.run_id);
                at.into_iter().for_each(|at| parts[at].1.downloads.push(row.clone()));
            }
        }
        let is_told =
            |part: &SurveyParts| !(part.nodes.is_empty() && part.links.is_empty() && part.downloads.is_empty());
        parts.retain(|(_, part)| is_told(part));
        if !parts.is_empty() && dir.join(ConstraintRow::KIND.file).exists() {
            for row in read_where(dir, |row: &ConstraintRow| known(&parts, &row.run_id).is_some())? {
                let at = known(&parts, &row.run_id);
                at.into_iter().for_each(|at| parts[at].1.constraints.push(row.clone()));
            }
        }
        Ok(parts.into_iter().map(|(_, part)| part).collect())
    }
}
