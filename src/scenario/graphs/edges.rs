//! Lists of edges: an edge in a line.

use super::super::error::Fault;
use super::record::{Draft, Field, Record};
use super::table::{Table, blank, header};
use crate::world::Topology;
use std::collections::BTreeSet;

/// The columns of a list without a header.
const COLUMNS: [&str; 5] = ["source", "target", "latency", "capacity", "loss"];
/// The columns of CAIDA's lists of autonomous systems.
const OF_AS_REL: [&str; 4] = ["source", "target", "relation", "origin"];

/// Reads edges; their ends are the nodes, in the order in which they are first named. An
/// edge leads both ways, unless the way back is another line.
pub(super) fn read(table: Table<'_>) -> Result<(Topology, Vec<String>), Fault> {
    let named = table.rows().next().and_then(|row| header(&row));
    let columns = match &named {
        Some(columns) => columns.as_slice(),
        None if table.has_bars() => &OF_AS_REL,
        None => &COLUMNS,
    };
    let of_all = latency_of_all(table);
    let column = |key| columns.iter().position(|column| *column == key).expect("both ends have a column");
    let (from, to) = (column("source"), column("target"));
    let (mut nodes, mut seen) = (Vec::new(), BTreeSet::new());
    let (mut edges, mut pairs) = (Vec::new(), BTreeSet::new());
    for row in table.rows().skip(usize::from(named.is_some())) {
        let [Some(source), Some(target)] = [from, to].map(|end| row.get(end).copied().filter(|cell| !blank(cell)))
        else {
            let fault = Fault::new("an edge without two ends").expected(columns.join(","));
            return Err(fault.at(table.row_place(&row)));
        };
        if row.len() > columns.len() {
            let fault = Fault::new(format!("{} fields", row.len())).expected(format!("at most {}", columns.join(",")));
            return Err(fault.at(table.row_place(&row)));
        }
        for end in [source, target] {
            if seen.insert(end) {
                nodes.push(Record { at: table.text.place(end), fields: vec![table.field("id", end)] });
            }
        }
        pairs.insert((source, target));
        let mut edge = table.record(columns, &row);
        if table.text.otherwise.is_none() && !edge.fields.iter().any(|field| field.key == "latency") {
            let without = || edge.without_latency("one in each line, or for all the line `# latency: 10 ms`");
            let of_all = of_all.clone().ok_or_else(without)?;
            edge.fields.push(of_all);
        }
        edges.push(((source, target), edge));
    }
    let edges = edges.into_iter().map(|((from, to), edge)| (edge, !pairs.contains(&(to, from)))).collect();
    Draft { nodes, edges, bare: "ms", otherwise: table.text.otherwise }.build()
}

/// What the comment `# latency: 10 ms` gives to all edges that say none.
fn latency_of_all(table: Table<'_>) -> Option<Field<'_>> {
    let comments = table.text.text.lines().filter_map(|line| line.trim_start().strip_prefix('#'));
    let value = comments.filter_map(|comment| comment.trim().strip_prefix("latency:")).next()?;
    Some(table.field("latency", value.trim()))
}
