//! Square tables of latencies.

use super::super::error::Fault;
use super::quantity::{latency, number};
use super::table::{Table, blank};
use crate::world::{Edge, Point, RouteRule, Topology};
use std::collections::BTreeSet;

/// Reads the latency from the point of each row to the point of each column, in
/// milliseconds, one way. An empty cell is no way, a zero from a point to itself neither.
/// A first row of nothing but numbers has no names.
pub(super) fn read(table: Table<'_>) -> Result<Topology, Fault> {
    let first = table.rows().next().unwrap_or_default();
    let named = first.iter().any(|cell| number(cell).is_none());
    let names: Vec<String> = match named {
        true => first[1..].iter().map(|name| name.to_string()).collect(),
        false => (0..first.len()).map(|at| at.to_string()).collect(),
    };
    check_names(table, &first, &names)?;
    let (mut edges, mut given) = (Vec::new(), BTreeSet::new());
    for (row, cells) in table.rows().skip(usize::from(named)).enumerate() {
        let fault = |message: String| Fault::new(message).at(table.row_place(&cells));
        let values = &cells[usize::from(named)..];
        if values.len() != names.len() {
            return Err(fault(format!("{} latencies", values.len())).expected(format!("{}, one a column", names.len())));
        }
        let from = match named {
            false if row < names.len() => row,
            false => return Err(fault("more rows than columns".into()).expected(format!("{} rows", names.len()))),
            true => names.iter().position(|name| name == cells[0]).ok_or_else(|| {
                let fault = Fault::new(format!("no column is called `{}`", cells[0])).at(table.text.place(cells[0]));
                fault.expected("the name of a column").suggest(cells[0], names.iter().map(String::as_str))
            })?,
        };
        if !given.insert(from) {
            return Err(fault(format!("two rows of `{}`", names[from])).expected("a row for each column"));
        }
        for (to, cell) in values.iter().enumerate() {
            if blank(cell) || (from == to && number(cell) == Some(0.0)) {
                continue;
            }
            let delay = latency(cell, "ms").map_err(|fault| fault.at(table.text.place(cell)))?;
            edges.push((from as u32, to as u32, Edge::of(delay)));
        }
    }
    if let Some(without) = (0..names.len()).find(|at| !given.contains(at)) {
        let fault = Fault::new(format!("the column `{}` has no row", names[without]));
        return Err(fault.expected("as many rows as columns").at(table.row_place(&first)));
    }
    Ok(Topology::new(names.into_iter().map(Point::named).collect(), edges, RouteRule::Direct))
}

fn check_names(table: Table<'_>, first: &[&str], names: &[String]) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    match names.iter().zip(&first[first.len() - names.len()..]).find(|(name, _)| name.is_empty() || !seen.insert(*name))
    {
        Some((name, cell)) => {
            let fault = Fault::new(if name.is_empty() {
                "a column without a name".into()
            } else {
                format!("two columns `{name}`")
            });
            Err(fault.expected("a name of its own for each column").at(table.text.place(cell)))
        }
        None => Ok(()),
    }
}
