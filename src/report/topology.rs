//! A topology: its figures and its drawing.

use super::document::{Document, Grid, GridColumn, Picture};
use super::figure::{Wire, Wires, WiresPoint};
use super::words::duration;
use crate::study::{WiresSummary, wire_words};
use crate::units::Rate;
use crate::world::World;

/// The drawing of the topology of `world`; empty where it has no graph.
pub fn topology_drawing(world: &World) -> String {
    drawing(world).svg()
}

/// The figures and the drawing of the topology of `world`, as `command` shows it; nothing
/// where it has no graph.
pub fn topology(world: &World, name: &str, command: &str) -> Option<Document> {
    let summary = WiresSummary::of(world)?;
    let mut document = Document::new(format!("The topology of {name}"));
    document.made_by(command);
    document.grid(figures(&summary));
    if summary.loss[1] > 0.0 {
        document.warning("loss on wires is kept and shown; no run loses anything by it yet");
    }
    if let Some(narrowest) = summary.cuts.first() {
        document.heading("Where wires are narrow");
        if narrowest.oversubscription() > 1.0 {
            document.paragraph(
                "What the nodes behind some wires could take together, over what these wires let in. Above 1 the wires \
                 hold them back when they fetch from elsewhere. (A without B: all that is left on A's side when the \
                 wire to B is cut.)",
            );
            document.grid(cuts(&summary));
        } else {
            document.paragraph(format!(
                "Nowhere: behind no wires could nodes take more than these let in. At the narrowest, {}, it is {:.2} of it.",
                narrowest.name,
                narrowest.oversubscription()
            ));
        }
    }
    document.picture(Picture {
        title: "Points and wires".into(),
        caption:
            "Circles are points with nodes, larger with more of them, coloured by region; squares have none. Wires \
                  with a capacity are wider the more they carry."
                .into(),
        svg: drawing(world).svg(),
        ..Picture::default()
    });
    Some(document)
}

fn figures(summary: &WiresSummary) -> Grid {
    let mut grid = Grid::new(vec![GridColumn::words(""), GridColumn::words("")]);
    let [low, middle, high, most] = summary.delay_s.map(duration);
    let (points, used) = summary.points;
    let regions = if summary.regions.is_empty() { "none".into() } else { summary.regions.join(", ") };
    let mut line = |name: &str, value: String| grid.row([name.to_owned(), value]);
    line("nodes", summary.nodes.to_string());
    line("points", format!("{points}, of which {used} with nodes"));
    line("regions", regions);
    line("wires", format!("{}, each direction by itself, {} with a capacity", summary.edges, summary.core_links));
    line("delay between nodes", format!("{middle} (median), {low} to {high} (5 to 95 %)"));
    line("diameter", most);
    if summary.loss[1] > 0.0 {
        line(
            "loss between nodes",
            format!("{:.2} % (mean), {:.2} % (most)", summary.loss[0] * 100.0, summary.loss[1] * 100.0),
        );
    }
    grid
}

fn cuts(summary: &WiresSummary) -> Grid {
    let columns = ["behind", "nodes", "could take", "wires let in", "over"];
    let column =
        |(at, title): (usize, &str)| if at == 0 { GridColumn::words(title) } else { GridColumn::numbers(title) };
    let mut grid = Grid::new(columns.into_iter().enumerate().map(column));
    for cut in &summary.cuts {
        let rate =
            |bytes: f64| if bytes.is_finite() { Rate((bytes * 8.0) as u64).to_string() } else { "unlimited".into() };
        let over = cut.oversubscription();
        let over = if over.is_finite() { format!("{over:.2}") } else { "inf".into() };
        grid.row([cut.name.clone(), cut.hosts.to_string(), rate(cut.downlinks), rate(cut.entering), over]);
    }
    grid
}

fn drawing(world: &World) -> Wires {
    let Some(routes) = world.latency.graph() else { return Wires::default() };
    let topology = routes.topology();
    let kinds = topology.regions();
    let mut hosts = vec![0; topology.points().len()];
    world.nodes.iter().for_each(|node| hosts[node.point as usize] += 1);
    let points = topology.points().zip(hosts).map(|(point, hosts)| WiresPoint {
        name: point.name.clone(),
        kind: point.region.as_ref().and_then(|region| kinds.iter().position(|kind| kind == region)),
        hosts,
        place: point.place,
    });
    // Both directions of a wire are drawn once.
    let wires: Vec<_> = topology.edges().filter(|(from, to, _)| from < to).collect();
    let log = |rate: Rate| libm::log10(rate.bits_per_second());
    let limited = || wires.iter().map(|(.., edge)| edge.capacity).filter(|capacity| !capacity.is_unlimited()).map(log);
    let (low, high) = limited().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), rate| (l.min(rate), h.max(rate)));
    let width = |rate: Rate| match rate.is_unlimited() {
        true => 0.0,
        false if high > low => (log(rate) - low) / (high - low),
        false => 0.5,
    };
    let name = |at: u32| topology.points().nth(at as usize).map_or("", |point| &point.name);
    let wire = |(from, to, edge): &(u32, u32, &crate::world::Edge)| Wire {
        ends: (*from as usize, *to as usize),
        width: width(edge.capacity),
        busy: None,
        title: format!("{} to {}: {}", name(*from), name(*to), wire_words(edge.delay, edge.capacity, edge.loss)),
    };
    Wires { points: points.collect(), wires: wires.iter().map(wire).collect(), kinds }
}
