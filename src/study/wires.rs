//! What a topology is, in figures: how far nodes are from each other, and where the wires
//! are narrow.

use crate::bound::{CoreCut, core_cuts};
use crate::results::quantile;
use crate::units::{Rate, Time};
use crate::world::World;

/// Nodes from which delays are measured to all others.
const SOURCES: usize = 64;
/// Cuts that are told.
const CUTS: usize = 8;

/// The figures of a world's topology.
#[derive(Debug, Clone, PartialEq)]
pub struct WiresSummary {
    /// Nodes of the run.
    pub nodes: usize,
    /// Points, and those at which there are nodes.
    pub points: (usize, usize),
    /// Wires, counted once for each direction.
    pub edges: usize,
    /// Those of them with a capacity.
    pub core_links: usize,
    /// The names of the regions.
    pub regions: Vec<String>,
    /// One-way delay between nodes: 5 %, median, 95 %, the most; seconds.
    pub delay_s: [f64; 4],
    /// Share of packets lost between nodes, on the wires of their way: the mean, the most.
    pub loss: [f64; 2],
    /// The narrowest cuts: what the hosts behind them could take, over what the wires let in.
    pub cuts: Vec<CoreCut>,
}

impl WiresSummary {
    /// The figures of `world`; nothing where it has no graph.
    pub fn of(world: &World) -> Option<Self> {
        let routes = world.latency.graph()?;
        let topology = routes.topology();
        let mut here = vec![false; topology.points().len()];
        world.nodes.iter().for_each(|node| here[node.point as usize] = true);
        let sources = || world.ids().step_by(world.nodes.len().div_ceil(SOURCES));
        let pairs = || sources().flat_map(|from| world.ids().map(move |to| (from, to))).filter(|(from, to)| from != to);
        let delays: Vec<f64> = pairs().map(|(from, to)| world.delay(from, to).secs()).collect();
        let lossy = topology.edges().any(|(.., edge)| edge.loss > 0.0);
        let losses: Vec<f64> = if lossy {
            pairs().map(|(from, to)| routes.loss(world.node(from).point, world.node(to).point)).collect()
        } else {
            vec![0.0]
        };
        let mut cuts = core_cuts(world);
        // A point and the side of its only wire are the same; the first is told.
        let mut told: Vec<(u32, u64)> = Vec::new();
        cuts.retain(|cut| {
            let same = (cut.hosts, cut.entering.to_bits());
            let new = !told.contains(&same) || !cut.name.contains(" without ");
            told.push(same);
            new
        });
        cuts.sort_by(|a, b| b.oversubscription().total_cmp(&a.oversubscription()));
        cuts.truncate(CUTS);
        Some(WiresSummary {
            nodes: world.nodes.len(),
            points: (here.len(), here.iter().filter(|here| **here).count()),
            edges: topology.edges().len(),
            core_links: routes.core_links().len(),
            regions: topology.regions(),
            delay_s: [0.05, 0.5, 0.95, 1.0].map(|share| quantile(&delays, share).unwrap_or(0.0)),
            loss: [losses.iter().sum::<f64>() / losses.len() as f64, losses.iter().copied().fold(0.0, f64::max)],
            cuts,
        })
    }
}

/// Delay and capacity of a wire, as they are told.
pub fn wire_words(delay: Time, capacity: Rate, loss: f64) -> String {
    let loss = if loss > 0.0 { format!(", loss {:.2} %", loss * 100.0) } else { String::new() };
    let capacity = if capacity.is_unlimited() { String::new() } else { format!(", {capacity}") };
    format!("{delay}{capacity}{loss}")
}
