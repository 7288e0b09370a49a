//! Values that a model allows: no smaller and no larger ones.

use super::error::Fault;
use super::tree::{Node, Table, Value};
use crate::units::{Bytes, Time};

/// Refuses values of `table` below the bounds of a model.
pub(super) fn refuse_small(bounds: &Table, table: &Table) -> Result<(), Fault> {
    for (name, bound) in &bounds.0 {
        if let Some(node) = table.find(name)
            && let (Some(value), Some(smallest)) = (magnitude(node), magnitude(bound))
            && value < smallest
        {
            let fault = Fault::new(format!("`{name}` is too small"));
            return Err(fault.expected(format!("at least {}", bound.bare())).at(node.at));
        }
    }
    Ok(())
}

fn magnitude(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Integer(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        Value::String(text) => {
            // What a time lacks to be a size is told at length, which takes its time.
            let size = || text.parse::<Bytes>().ok().map(Bytes::get);
            let time = || text.parse::<Time>().ok().map(Time::nanos);
            let number = if text.ends_with('B') { size() } else { time().or_else(size) };
            number.map(|value| value as f64)
        }
        _ => None,
    }
}

/// Refuses values of `table` above the bounds of the system `name`. A bound is
/// `{ most = 256, because = ".." }`, or `{ times = 2, of = "code.data", because = ".." }` where it
/// is a multiple of another value; of several each holds.
pub(super) fn refuse_large(name: &str, bounds: &Table, table: &Table) -> Result<(), Fault> {
    for (key, node) in &bounds.0 {
        let Some(set) = table.find(key) else { continue };
        for bound in node.array().unwrap_or(std::slice::from_ref(node)) {
            refuse_above(name, (key, set), bound, table)?;
        }
    }
    Ok(())
}

fn refuse_above(name: &str, (key, set): (&str, &Node), bound: &Node, table: &Table) -> Result<(), Fault> {
    let form = "`most`, or `times` and `of`, and `because`";
    let part = |part: &str| bound.table().and_then(|bound| bound.get(part));
    let because: String = part("because").ok_or_else(|| bound.wrong_type(form))?.read()?;
    let number = |part: Option<&Node>| part.and_then(magnitude);
    let (most, expected) = match (part("most"), number(part("times")), part("of").and_then(Node::text)) {
        (Some(most), None, None) => (magnitude(most), format!("at most {}", most.bare())),
        (None, Some(times), Some(of)) => {
            let most = number(table.find(of)).map(|value| times * value);
            let needed = magnitude(set).map(|value| libm::ceil(value / times));
            let words = |(most, needed): (f64, f64)| format!("at most {most}, or `{of}` of at least {needed}");
            (most, most.zip(needed).map(words).unwrap_or_default())
        }
        _ => return Err(bound.wrong_type(form)),
    };
    match magnitude(set).zip(most) {
        Some((value, most)) if value > most => {
            let fault = Fault::new(format!("`{name}` has no `{key}` of {}: {because}", set.bare()));
            Err(fault.expected(expected).at(set.at))
        }
        _ => Ok(()),
    }
}
