//! Graphs that other programs wrote, as topologies.
//!
//! Three steps. A format's reader takes a text apart into records of nodes and edges that
//! know where they stand ([`record::Draft`]); [`record`] says what the keys of these mean, the
//! same for all formats; [`quantity`] reads their values. Tables of measured delays
//! ([`matrix`], [`wonder`]) have no keys and become points and edges at once.

mod edges;
mod gml;
mod graphml;
mod matrix;
mod quantity;
mod record;
mod table;
#[cfg(test)]
mod tests;
mod wonder;

use super::error::Fault;
use super::parse::read_file;
use super::source::{Place, Sources};
use super::tree::Node;
use crate::units::Time;
use crate::world::Topology;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use table::{Shape, Table};

/// A graph, and what in its file is of no effect.
type Graph = (Arc<Topology>, Vec<String>);

/// The path of a graph, and the latency of its edges where nothing says it.
type Key = (PathBuf, Option<Time>);

/// The graphs that were read; all copies are one.
#[derive(Debug, Clone, Default)]
pub(super) struct Cache(Arc<Mutex<BTreeMap<Key, Graph>>>);

impl Cache {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Graph>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The delay that edges have where nobody asks for it; no way is shorter for having more.
const NO_DELAYS: Time = Time::from_secs(1);

/// Reads the graph of wires in the file that `node` names, once.
pub(super) fn read(node: &Node, sources: &mut Sources) -> Result<Graph, Fault> {
    read_with(node, sources, None)
}

/// The same where it matters who is linked and nothing else: edges need no latency.
pub(super) fn read_links(node: &Node, sources: &mut Sources) -> Result<Graph, Fault> {
    read_with(node, sources, Some(NO_DELAYS))
}

fn read_with(node: &Node, sources: &mut Sources, otherwise: Option<Time>) -> Result<Graph, Fault> {
    const WHAT: &str = "the path of a graph: GML, GraphML, a list of edges or a table of latencies";
    let name = node.text().ok_or_else(|| node.wrong_type(WHAT))?;
    let path = sources.get(node.at.source).folder.join(name);
    let known = sources.graphs.lock().get(&(path.clone(), otherwise)).cloned();
    if let Some(graph) = known {
        return Ok(graph);
    }
    let source = read_file(sources, &path, Some(node.at), WHAT)?;
    let graph = parse(&path, (source, otherwise), node.at, sources)?;
    sources.graphs.lock().insert((path, otherwise), graph.clone());
    Ok(graph)
}

/// Reads the text of `source`, which stands at `path`, with the latency of edges of which
/// nothing says it; `asked` is where the path was written.
fn parse(
    path: &Path,
    (source, otherwise): (usize, Option<Time>),
    asked: Place,
    sources: &mut Sources,
) -> Result<Graph, Fault> {
    let held = sources.get(source).text.clone();
    let text = Text { otherwise, ..Text::of(&held, source) };
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let (topology, warnings) = match extension.as_deref() {
        Some("gml") => gml::read(text)?,
        Some("graphml" | "xml") => graphml::read(text)?,
        _ => {
            let table = Table::of(text);
            match table.shape() {
                Shape::Edges => edges::read(table)?,
                Shape::Matrix => (matrix::read(table)?, Vec::new()),
                Shape::Pings => wonder::read(table, path, asked, sources)?,
            }
        }
    };
    if topology.points().len() == 0 {
        let fault = Fault::new("a graph without nodes").expected("at least one node");
        return Err(fault.at(Place { source, start: 0, end: 0 }));
    }
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    Ok((Arc::new(topology), warnings.into_iter().map(|warning| format!("{file}: {warning}")).collect()))
}

/// The text of a file.
#[derive(Debug, Clone, Copy)]
struct Text<'a> {
    /// Without the mark that some programs put before it.
    text: &'a str,
    whole: &'a str,
    source: usize,
    /// The latency of edges of which nothing says it.
    otherwise: Option<Time>,
}

impl<'a> Text<'a> {
    fn of(whole: &'a str, source: usize) -> Self {
        Text { text: whole.strip_prefix('\u{feff}').unwrap_or(whole), whole, source, otherwise: None }
    }

    /// Where `part`, a slice of this text, stands.
    fn place(&self, part: &str) -> Place {
        let start = (part.as_ptr() as usize).saturating_sub(self.whole.as_ptr() as usize);
        Place { source: self.source, start, end: start + part.len() }
    }
}
