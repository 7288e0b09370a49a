//! Nodes by class and region, and what the wires between them carried.

use super::document::{Document, Grid, GridColumn, Picture};
use super::figure::{Wire, Wires, WiresPoint};
use super::human;
use super::words::duration;
use crate::results::{ConstraintRow, GroupBy, LinkRow, NodeGroup, NodeRow};

/// Core links that are told; the drawing has all of them.
const BUSIEST: usize = 8;

/// A table for each way in which `nodes` are told apart.
pub(super) fn by_group(nodes: &[NodeRow], constraints: &[ConstraintRow]) -> Vec<Grid> {
    let groups = GroupBy::ALL.map(|by| (by, by.groups(nodes, constraints)));
    groups.into_iter().filter(|(_, groups)| !groups.is_empty()).map(|(by, groups)| grid(by, &groups)).collect()
}

fn grid(by: GroupBy, groups: &[NodeGroup]) -> Grid {
    let numbers =
        ["nodes", "leechers", "complete", "median download", "slowest", "sent per node"].map(GridColumn::numbers);
    let held = GridColumn::words("held back most by");
    let mut grid = Grid::new([GridColumn::words(by.name())].into_iter().chain(numbers).chain([held]));
    for group in groups {
        let time = |value: Option<f64>| match value {
            _ if group.leechers == 0 => "-".to_owned(),
            value => value.map_or("not reached".into(), duration),
        };
        let held =
            group.held.as_ref().map(|(name, share)| format!("{}, {:.0} %", name.replace('_', " "), share * 100.0));
        grid.row([
            group.name.clone(),
            group.nodes.to_string(),
            group.leechers.to_string(),
            group.completed.to_string(),
            time(group.median_s),
            time(group.slowest_s),
            human::bytes(group.sent_bytes),
            held.unwrap_or("-".into()),
        ]);
    }
    grid
}

/// The busiest core links of one run.
pub(super) fn busiest(links: &[LinkRow]) -> Option<Grid> {
    let mut links: Vec<&LinkRow> = links.iter().filter(|link| link.bytes > 0).collect();
    links.sort_by(|a, b| b.busy.total_cmp(&a.busy).then(a.link.cmp(&b.link)));
    links.truncate(BUSIEST);
    let numbers = ["capacity", "bytes", "busy"].map(GridColumn::numbers);
    let mut grid = Grid::new([GridColumn::words("core link")].into_iter().chain(numbers));
    for link in &links {
        let capacity = crate::units::Rate(link.capacity_bps.0 as u64).to_string();
        let name = format!("{} to {}", link.from, link.to);
        grid.row([name, capacity, human::bytes(link.bytes as f64), format!("{:.1} %", link.busy * 100.0)]);
    }
    (!links.is_empty()).then_some(grid)
}

/// A map of the core links of one run, the busier direction of each.
pub(super) fn busy_map(links: &[LinkRow], title: String) -> Option<Picture> {
    let mut names: Vec<&str> = links.iter().flat_map(|link| [link.from.as_str(), link.to.as_str()]).collect();
    names.sort_unstable();
    names.dedup();
    let at = |name: &str| names.binary_search(&name).unwrap_or(0);
    let most = links.iter().map(|link| link.capacity_bps.0).fold(0.0, f64::max);
    let mut wires: std::collections::BTreeMap<(usize, usize), &LinkRow> = std::collections::BTreeMap::new();
    for link in links {
        let (from, to) = (at(&link.from), at(&link.to));
        let wire = wires.entry((from.min(to), from.max(to))).or_insert(link);
        if link.busy > wire.busy {
            *wire = link;
        }
    }
    let wire = |(ends, link): (&(usize, usize), &&LinkRow)| Wire {
        ends: *ends,
        width: (link.capacity_bps.0 / most).sqrt(),
        busy: Some(link.busy),
        title: format!(
            "{} to {}: {:.1} % busy, {}",
            link.from,
            link.to,
            link.busy * 100.0,
            human::bytes(link.bytes as f64)
        ),
    };
    let wires: Vec<Wire> = wires.iter().map(wire).collect();
    let point = |name: &&str| WiresPoint { name: (*name).to_owned(), kind: None, hosts: 1, place: None };
    let drawing = Wires { points: names.iter().map(point).collect(), wires, kinds: vec![] };
    let caption = "Each wire by the share of its capacity that was used from the start to the end of the run, of its \
                   busier direction: blue is idle, yellow half full, red full.";
    let picture = Picture { title, caption: caption.into(), svg: drawing.svg(), ..Picture::default() };
    (!links.is_empty()).then_some(picture)
}

/// Tables of one run: nodes by group, and its busiest core links.
pub(super) fn tell(document: &mut Document, nodes: &[NodeRow], constraints: &[ConstraintRow], links: &[LinkRow]) {
    by_group(nodes, constraints).into_iter().for_each(|grid| document.grid(grid));
    busiest(links).into_iter().for_each(|grid| document.grid(grid));
}
