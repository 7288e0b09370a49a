//! GraphML: nodes and edges in XML, whose data have keys that are declared first.

use super::super::error::{Fault, one_of};
use super::super::source::Place;
use super::Text;
use super::record::{Draft, Field, Record};
use crate::world::Topology;
use roxmltree::{Document, Node};
use std::borrow::Cow;

/// A key of data.
#[derive(Debug)]
struct Key<'a> {
    id: &'a str,
    /// What it is called; nothing for drawings.
    name: Option<&'a str>,
    /// `node`, `edge`, `graph` or `all`.
    of: &'a str,
    /// What holds where nothing is said.
    default: Option<Field<'a>>,
}

/// Reads nodes and edges; a latency without a unit is in milliseconds.
pub(super) fn read(text: Text<'_>) -> Result<(Topology, Vec<String>), Fault> {
    let document = Document::parse(text.text).map_err(|error| syntax(&error, text))?;
    let file = File { text, keys: Vec::new() };
    let root = document.root_element();
    if root.tag_name().name() != "graphml" {
        let fault = Fault::new(format!("`{}` is no GraphML", root.tag_name().name()));
        return Err(fault.expected("<graphml>").at(file.place(root)));
    }
    let keys = elements(root, "key").map(|key| file.key(key)).collect::<Result<_, _>>()?;
    let file = File { keys, ..file };
    let mut graphs = elements(root, "graph");
    let graph = graphs
        .next()
        .ok_or_else(|| Fault::new("no graph is here").expected("<graph> in <graphml>").at(file.place(root)))?;
    if let Some(second) = graphs.next() {
        return Err(Fault::new("a second graph").expected("one graph in a file").at(file.place(second)));
    }
    file.draft(graph)?.build()
}

fn elements<'a, 'i: 'a>(of: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    of.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

fn syntax(error: &roxmltree::Error, text: Text<'_>) -> Fault {
    let at = error.pos();
    let line = text.text.split('\n').nth(at.row.saturating_sub(1) as usize).unwrap_or_default();
    let column = line.char_indices().nth(at.col.saturating_sub(1) as usize).map_or(line.len(), |(column, _)| column);
    Fault::new(format!("not valid XML: {error}")).expected("GraphML").at(text.place(&line[column..column]))
}

#[derive(Debug)]
struct File<'a> {
    text: Text<'a>,
    keys: Vec<Key<'a>>,
}

impl<'a> File<'a> {
    /// Where the opening tag of `node` stands.
    fn place(&self, node: Node<'_, '_>) -> Place {
        let written = &self.text.text[node.range()];
        self.text.place(&written[..written.find('>').map_or(written.len(), |end| end + 1)])
    }

    /// An attribute that must be there.
    fn attribute(&self, node: Node<'a, '_>, name: &'static str) -> Result<Field<'a>, Fault> {
        let attribute = node.attribute_node(name).ok_or_else(|| {
            let fault = Fault::new(format!("<{}> without `{name}`", node.tag_name().name()));
            fault.expected(format!("`{name}` in each")).at(self.place(node))
        })?;
        let written = self.text.text.get(attribute.range_value()).unwrap_or(&self.text.text[attribute.range()]);
        Ok(Field { key: name, value: Cow::Borrowed(attribute.value()), at: self.text.place(written) })
    }

    /// What is written in `node`, at `key`.
    fn content(&self, node: Node<'a, '_>, key: &'a str) -> Field<'a> {
        let inner = node.first_child().filter(Node::is_text);
        let at = inner.map_or_else(|| self.place(node), |inner| self.text.place(self.text.text[inner.range()].trim()));
        Field { key, value: Cow::Borrowed(node.text().unwrap_or_default().trim()), at }
    }

    fn key(&self, node: Node<'a, '_>) -> Result<Key<'a>, Fault> {
        self.attribute(node, "id")?;
        let id = node.attribute("id").unwrap_or_default();
        let drawing = node.attributes().any(|attribute| attribute.name() == "yfiles.type");
        let name = node.attribute("attr.name").or((!drawing).then_some(id));
        let default = elements(node, "default").next().zip(name).map(|(default, name)| self.content(default, name));
        Ok(Key { id, name, of: node.attribute("for").unwrap_or("all"), default })
    }

    fn draft(&self, graph: Node<'a, '_>) -> Result<Draft<'a>, Fault> {
        let mut draft = Draft { nodes: Vec::new(), edges: Vec::new(), bare: "ms", otherwise: self.text.otherwise };
        let default = self.both_ways(graph, "edgedefault", ["directed", "undirected"])?;
        for part in graph.children().filter(Node::is_element) {
            match part.tag_name().name() {
                "node" => draft.nodes.push(self.record(part, "node", &["id"])?),
                "edge" => {
                    let own = part.has_attribute("directed");
                    let both_ways = if own { self.both_ways(part, "directed", ["true", "false"])? } else { default };
                    draft.edges.push((self.record(part, "edge", &["source", "target"])?, both_ways));
                }
                "hyperedge" => {
                    let fault = Fault::new("an edge with more than two ends").expected("<edge source=.. target=..>");
                    return Err(fault.at(self.place(part)));
                }
                // What is said of the graph as a whole.
                _ => {}
            }
        }
        Ok(draft)
    }

    /// Whether `name` is the second of `words` rather than the first.
    fn both_ways(&self, node: Node<'a, '_>, name: &'static str, words: [&str; 2]) -> Result<bool, Fault> {
        let given = self.attribute(node, name)?;
        let found = words.iter().position(|word| *word == given.value);
        let fault = || Fault::new(format!("unknown value `{}`", given.value)).expected(one_of(words)).at(given.at);
        found.map(|at| at == 1).ok_or_else(fault)
    }

    fn record(&self, node: Node<'a, '_>, of: &str, attributes: &[&'static str]) -> Result<Record<'a>, Fault> {
        let mut fields = Vec::new();
        for name in attributes {
            fields.push(self.attribute(node, name)?);
        }
        let mut said = Vec::new();
        for data in node.children().filter(Node::is_element) {
            if data.tag_name().name() != "data" {
                fields.push(self.content(data, data.tag_name().name()));
                continue;
            }
            let asked = self.attribute(data, "key")?;
            let key = self.keys.iter().find(|key| key.id == asked.value).ok_or_else(|| {
                let fault = Fault::new(format!("no key `{}` is declared", asked.value)).at(asked.at);
                fault.expected("the id of a <key>").suggest(&asked.value, self.keys.iter().map(|key| key.id))
            })?;
            said.push(key.id);
            // Of drawings, the text beside a node is its name.
            let label = || data.descendants().find(|inner| of == "node" && inner.tag_name().name() == "NodeLabel");
            match key.name {
                Some(name) => fields.push(self.content(data, name)),
                None => fields.extend(label().map(|label| self.content(label, "label"))),
            }
        }
        let silent = self.keys.iter().filter(|key| [of, "all"].contains(&key.of) && !said.contains(&key.id));
        fields.extend(silent.filter_map(|key| key.default.clone()));
        Ok(Record { at: self.place(node), fields })
    }
}
