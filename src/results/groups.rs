//! Nodes by class and by region: who is slow, and why.

use super::{ConstraintRow, NodeRow, median};
use std::collections::BTreeMap;

/// The nodes of one class or of one region.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeGroup {
    /// Its name.
    pub name: String,
    /// Nodes, and those of them that are leechers.
    pub nodes: usize,
    /// Leechers.
    pub leechers: usize,
    /// Leechers that held everything at some time.
    pub completed: usize,
    /// How long the download of the one in the middle took, from its own start; nothing
    /// where half of them never ended.
    pub median_s: Option<f64>,
    /// The same of the slowest; nothing where one never ended.
    pub slowest_s: Option<f64>,
    /// Wire bytes that a node sent, on average.
    pub sent_bytes: f64,
    /// What held its leechers back for most of their time, and the share of that.
    pub held: Option<(String, f64)>,
}

/// Which column nodes are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupBy {
    /// `class`.
    Class,
    /// `region`.
    Region,
}

impl GroupBy {
    /// Both.
    pub const ALL: [GroupBy; 2] = [GroupBy::Class, GroupBy::Region];

    /// The column.
    pub const fn name(self) -> &'static str {
        match self {
            GroupBy::Class => "class",
            GroupBy::Region => "region",
        }
    }

    fn of(self, node: &NodeRow) -> Option<&String> {
        match self {
            GroupBy::Class => node.class.as_ref(),
            GroupBy::Region => node.region.as_ref(),
        }
    }

    /// The groups of `nodes`, which may be those of several runs, in the order of their
    /// names; none where there are not two.
    pub fn groups(self, nodes: &[NodeRow], constraints: &[ConstraintRow]) -> Vec<NodeGroup> {
        let mut members: BTreeMap<&str, Vec<&NodeRow>> = BTreeMap::new();
        for node in nodes {
            members.entry(self.of(node).map_or("", String::as_str)).or_default().push(node);
        }
        if members.len() < 2 {
            return Vec::new();
        }
        let name_of: BTreeMap<(&str, u32), &str> = members
            .iter()
            .flat_map(|(name, nodes)| nodes.iter().map(|node| ((node.run_id.as_str(), node.node), *name)))
            .collect();
        let mut held: BTreeMap<&str, BTreeMap<&str, f64>> = BTreeMap::new();
        for row in constraints {
            if let Some(name) = name_of.get(&(row.run_id.as_str(), row.node)) {
                *held.entry(name).or_default().entry(&row.constraint).or_default() += row.seconds;
            }
        }
        members.iter().map(|(name, nodes)| group(name, nodes, held.get(name))).collect()
    }
}

fn group(name: &str, nodes: &[&NodeRow], held: Option<&BTreeMap<&str, f64>>) -> NodeGroup {
    let leechers: Vec<&&NodeRow> = nodes.iter().filter(|node| node.role == "leecher").collect();
    let own = |node: &&&NodeRow| node.t100_s.map_or(f64::INFINITY, |end| end - node.start_s.unwrap_or(0.0));
    let times: Vec<f64> = leechers.iter().map(own).collect();
    let finite = |time: f64| Some(time).filter(|time| time.is_finite());
    let all: f64 = held.iter().flat_map(|held| held.values()).sum();
    let most = held.into_iter().flatten().max_by(|a, b| a.1.total_cmp(b.1));
    NodeGroup {
        name: if name.is_empty() { "-".into() } else { name.into() },
        nodes: nodes.len(),
        leechers: leechers.len(),
        completed: times.iter().filter(|time| time.is_finite()).count(),
        median_s: median(&times).and_then(finite),
        slowest_s: times.iter().copied().max_by(f64::total_cmp).and_then(finite),
        sent_bytes: nodes.iter().map(|node| node.bytes_tx as f64).sum::<f64>() / nodes.len() as f64,
        held: most.filter(|_| all > 0.0).map(|(name, seconds)| ((*name).to_owned(), seconds / all)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(run: &str, node: u32, class: &str, own: Option<f64>) -> NodeRow {
        let start = f64::from(node);
        NodeRow {
            run_id: run.into(),
            node,
            role: if node == 0 { "seeder" } else { "leecher" }.into(),
            start_s: (node > 0).then_some(start),
            t100_s: own.map(|own| start + own),
            bytes_tx: 100 * u64::from(node),
            class: Some(class.into()),
            ..NodeRow::default()
        }
    }

    #[test]
    fn groups_say_who_is_slow_and_why() {
        let nodes = [
            node("a", 0, "server", None),
            node("a", 1, "server", Some(2.0)),
            node("a", 2, "home", Some(10.0)),
            node("a", 3, "home", Some(20.0)),
            node("b", 3, "home", None),
        ];
        let held = |run: &str, node, constraint: &str, seconds| ConstraintRow {
            run_id: run.into(),
            node,
            constraint: constraint.into(),
            seconds,
            looks: 9,
        };
        let constraints = [
            held("a", 1, "own_downlink", 2.0),
            held("a", 2, "remote_uplink", 6.0),
            held("a", 2, "core_link", 4.0),
            held("a", 3, "remote_uplink", 20.0),
            held("b", 1, "timer", 1000.0),
        ];
        let groups = GroupBy::Class.groups(&nodes, &constraints);
        let home = NodeGroup {
            name: "home".into(),
            nodes: 3,
            leechers: 3,
            completed: 2,
            median_s: Some(20.0),
            slowest_s: None,
            sent_bytes: 800.0 / 3.0,
            held: Some(("remote_uplink".into(), 26.0 / 30.0)),
        };
        assert_eq!(groups[0], home);
        assert_eq!((groups[1].leechers, groups[1].median_s, groups[1].slowest_s), (1, Some(2.0), Some(2.0)));
        assert_eq!(groups[1].held, Some(("own_downlink".into(), 1.0)));
        assert!(GroupBy::Region.groups(&nodes, &constraints).is_empty(), "there are no regions");
    }
}
