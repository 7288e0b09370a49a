//! Tables of pings between cities, as WonderNetwork publishes them.

use super::super::error::{Fault, list};
use super::super::parse::read_file;
use super::super::source::{Place, Sources};
use super::Text;
use super::quantity::{latency, number};
use super::record::tell_apart;
use super::table::{Table, blank, header};
use crate::world::{Edge, Point, RouteRule, Topology};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Round trips between two cities.
#[derive(Debug)]
struct Pair {
    milliseconds: f64,
    count: u32,
    /// Where the first stands.
    at: Place,
}

/// Reads the round trips of `table`, in milliseconds, each `avg` a measurement: the mean
/// over time of a pair, halved, is its latency. A pair that was measured from one side
/// alone is as far apart from the other.
pub(super) fn read(
    table: Table<'_>,
    path: &Path,
    asked: Place,
    sources: &mut Sources,
) -> Result<(Topology, Vec<String>), Fault> {
    let columns = table.rows().next().and_then(|row| header(&row)).expect("the header told what this is");
    let column = |key| columns.iter().position(|column| *column == key).expect("the header was looked at");
    let [from, to, average] = ["source", "target", "avg"].map(column);
    let (mut ids, mut index, mut pairs) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    for row in table.rows().skip(1) {
        if row.len() != columns.len() {
            let fault = Fault::new(format!("{} fields", row.len())).expected(columns.join(","));
            return Err(fault.at(table.row_place(&row)));
        }
        if blank(row[average]) {
            continue;
        }
        let mut point = |name: &str| {
            *index.entry(name.to_owned()).or_insert_with(|| {
                ids.push((name.to_owned(), table.text.place(name)));
                ids.len() as u32 - 1
            })
        };
        let ends = (point(row[from]), point(row[to]));
        let at = table.text.place(row[average]);
        let pair = pairs.entry(ends).or_insert(Pair { milliseconds: 0.0, count: 0, at });
        let given = number(row[average]).filter(|given| *given > 0.0).ok_or_else(|| {
            Fault::new(format!("a round trip of `{}`", row[average])).expected("milliseconds, above zero").at(at)
        })?;
        pair.milliseconds += given;
        pair.count += 1;
    }
    let mut points: Vec<Point> = ids.iter().map(|(id, _)| Point::named(id)).collect();
    let warnings = match servers(path).as_slice() {
        [] => Vec::new(),
        [file] => name_cities(&mut points, file, asked, sources)?,
        several => {
            let names = several.iter().filter_map(|path| path.file_name()?.to_str());
            vec![format!("which of {} names its cities is not clear, so none does", list(names))]
        }
    };
    tell_apart(&mut points, &ids)?;
    let mut edges = Vec::new();
    for ((from, to), pair) in &pairs {
        let mean = pair.milliseconds / f64::from(pair.count) / 2.0;
        let edge = Edge::of(latency(&mean.to_string(), "ms").map_err(|fault| fault.at(pair.at))?);
        edges.push((*from, *to, edge));
        if !pairs.contains_key(&(*to, *from)) {
            edges.push((*to, *from, edge));
        }
    }
    Ok((Topology::new(points, edges, RouteRule::Direct), warnings))
}

/// The lists of servers that lie beside the file at `path`, in order.
fn servers(path: &Path) -> Vec<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let is_list = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("servers") && name.ends_with(".csv")
    };
    let entries = std::fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()));
    let mut lists: Vec<PathBuf> = entries.into_iter().flatten().filter(is_list).collect();
    lists.sort();
    lists
}

/// Gives the points, called by the numbers of their servers, what the list of servers
/// says of them.
fn name_cities(points: &mut [Point], path: &Path, asked: Place, sources: &mut Sources) -> Result<Vec<String>, Fault> {
    let source = read_file(sources, path, Some(asked), "a list of servers")?;
    let held = sources.get(source).text.clone();
    let table = Table::of(Text::of(&held, source));
    let mut rows = table.rows();
    let columns = rows.next().unwrap_or_default();
    let mut cities = BTreeMap::new();
    for row in rows {
        let mut city = table.record(&columns, &row);
        let id = city.need("id", "a server")?;
        let point = city.point(&id.value)?;
        if cities.insert(id.value.clone().into_owned(), point).is_some() {
            return Err(Fault::new("two servers of one `id`").expected("each id once").at(id.at));
        }
    }
    let (all, mut nameless) = (points.len(), 0);
    for point in points {
        match cities.get(&point.name) {
            Some(city) => *point = Point::clone(city),
            None => nameless += 1,
        }
    }
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let warning = format!("{nameless} of its {all} cities are not in {file} and keep their numbers for names");
    Ok((nameless > 0).then_some(warning).into_iter().collect())
}
