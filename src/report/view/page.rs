//! The page, with its data inside.

use super::super::document::Grid;
use super::super::figure::COLOURS;
use super::super::page::page;
use super::super::{downloads, run};
use super::bins::Bins;
use super::bookmarks::{Bookmark, bookmarks};
use super::{Playback, PlayedFlight, micros};
use crate::ledger::Trace;
use serde::Serialize;

const TEMPLATE: &str = include_str!("view.html");
const STYLE: &str = include_str!("view.css");
const PICTURES: &str = include_str!("pictures.js");
const PLAYER: &str = include_str!("player.js");

/// Messages on a page; of more, every second, third, ... is there.
const MOST_FLIGHTS: usize = 200_000;

/// Dashes of classes, in canvas units. There are 7 colours, so the pairs of
/// colour and dash are all different.
const DASHES: [&[u8]; 4] = [&[], &[7, 3], &[2, 3], &[9, 3, 2, 3]];

#[derive(Serialize)]
struct ViewPage {
    heading: String,
    status: String,
    /// Whether the holdings are downloads that nodes asked for.
    has_requests: bool,
    /// Downloads by class of dataset.
    downloads: Option<Grid>,
    style: &'static str,
    pictures: &'static str,
    player: &'static str,
    data: String,
}

/// What the page plays; times in microseconds.
#[derive(Serialize)]
struct PageData {
    span: (i64, i64),
    nodes: Vec<PageNode>,
    steps: u32,
    step_bytes: f64,
    classes: Vec<ClassStyle>,
    bins: FlatBins,
    flights: FlightColumns,
    /// Messages in the trace, and which share of them is in `flights`: one in so many.
    messages: usize,
    every: usize,
    /// From when on messages are missing.
    traced_until: Option<i64>,
    bookmarks: Vec<Bookmark>,
}

#[derive(Serialize)]
struct PageNode {
    role: String,
    /// Its region, else its class: such nodes are beside each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<String>,
    start: Option<i64>,
    all: Option<i64>,
    stored: Vec<i64>,
    /// Where there are requests: when each of its downloads was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<Vec<i64>>,
}

#[derive(Serialize)]
struct ClassStyle {
    name: String,
    colour: &'static str,
    dash: &'static [u8],
}

/// Per bin: pair, bytes, pair, bytes, ...
#[derive(Serialize)]
struct FlatBins {
    start: i64,
    width: i64,
    flows: Vec<Vec<u64>>,
}

/// Messages in columns. `sent` is the distance to the one before, `took` the
/// time to the arrival, -1 without one.
#[derive(Serialize, Default)]
struct FlightColumns {
    sent: Vec<i64>,
    took: Vec<i64>,
    from: Vec<u32>,
    to: Vec<u32>,
    class: Vec<u8>,
    bytes: Vec<u64>,
}

/// The page that plays `playback`.
pub fn html(playback: &Playback) -> String {
    let values = ViewPage {
        heading: run::title(&playback.run),
        status: status(playback),
        has_requests: playback.run.has_requests(),
        downloads: downloads::by_class(&playback.downloads),
        style: STYLE,
        pictures: PICTURES,
        player: PLAYER,
        data: json(&data(playback)),
    };
    page(TEMPLATE, values)
}

fn status(playback: &Playback) -> String {
    let (done, all) = (playback.leechers().filter(|node| node.t100_s.is_some()).count(), playback.leechers().count());
    let run = &playback.run;
    let mut text = match run.has_requests() {
        true => format!("Status {}. Downloads: {}.", run.status, run::counts(run)),
        false => format!("Status {}: {done} of {all} leechers have everything.", run.status),
    };
    if playback.data_lost {
        text += " Nodes crashed and lost data: what they had stored is shown as if they still had it.";
    }
    let untraced = playback.untraced();
    if untraced > 0 {
        text += &match playback.flights.len() >= Trace::LIMIT {
            true => format!(" The trace is full: {untraced} later messages that arrived are not in it."),
            false => format!(" The trace is cut: {untraced} messages that arrived are missing from its file."),
        };
    }
    text
}

/// Fit to stand in a `<script>` element, which only `</` could end.
fn json(data: &PageData) -> String {
    serde_json::to_string(data).expect("plain data").replace('<', "\\u003c")
}

fn data(playback: &Playback) -> PageData {
    let bins = Bins::of(playback);
    let flat = |flows: &std::collections::BTreeMap<u64, u64>| flows.iter().flat_map(|(p, b)| [*p, *b]).collect();
    let every = playback.flights.len().div_ceil(MOST_FLIGHTS).max(1);
    PageData {
        span: playback.span(),
        nodes: nodes(playback),
        steps: playback.step_count,
        step_bytes: playback.run.file_size_bytes as f64 / f64::from(playback.step_count.max(1)),
        classes: styles(&playback.classes),
        bins: FlatBins { start: bins.start, width: bins.width, flows: bins.flows.iter().map(flat).collect() },
        flights: columns(playback.flights.iter().step_by(every)),
        messages: playback.flights.len(),
        every,
        traced_until: playback.traced_until(),
        bookmarks: bookmarks(playback),
    }
}

fn nodes(playback: &Playback) -> Vec<PageNode> {
    let node = |(row, stored): (&crate::results::NodeRow, &Vec<i64>)| PageNode {
        role: row.role.clone(),
        part: row.region.clone().or(row.class.clone()),
        start: row.start_s.map(micros),
        all: row.t100_s.map(micros),
        stored: stored.clone(),
        asked: playback.asked.get(row.node as usize).cloned(),
    };
    playback.nodes.iter().zip(&playback.steps).map(node).collect()
}

fn styles(classes: &[String]) -> Vec<ClassStyle> {
    let style = |(index, name): (usize, &String)| ClassStyle {
        name: name.clone(),
        colour: COLOURS[index % COLOURS.len()],
        dash: DASHES[index % DASHES.len()],
    };
    classes.iter().enumerate().map(style).collect()
}

fn columns<'a>(flights: impl Iterator<Item = &'a PlayedFlight>) -> FlightColumns {
    let mut columns = FlightColumns::default();
    let mut before = 0;
    for flight in flights {
        columns.sent.push(flight.sent - before);
        columns.took.push(flight.arrived.map_or(-1, |arrived| arrived - flight.sent));
        columns.from.push(flight.from);
        columns.to.push(flight.to);
        columns.class.push(flight.class);
        columns.bytes.push(flight.bytes);
        before = flight.sent;
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::view::sample;
    use serde_json::{Value, json};

    fn data_of(page: &str) -> Value {
        let (_, rest) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
        serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
    }

    #[test]
    fn the_page_holds_the_numbers_of_the_run() {
        let data = data_of(&html(&sample::playback()));
        assert_eq!(data["span"], json!([-1_000_000, 20_100_000]));
        assert_eq!(data["flights"]["sent"], json!([-1_000_000, 1_000_000, 1_000_000, 500_000, 8_500_000, 0]));
        assert_eq!(data["flights"]["took"], json!([500_000, 250_000, 4_000_000, 18_600_000, 750_000, -1]));
        assert_eq!(data["flights"]["bytes"], json!([40, 250, 251, 500, 250, 41]));
        assert_eq!(data["flights"]["class"], json!([0, 1, 1, 1, 1, 0]));
        assert_eq!(data["nodes"][1]["stored"], json!([250_000, 5_000_000, 6_000_000, 20_100_000]));
        assert_eq!((&data["steps"], &data["messages"], &data["every"]), (&json!(4), &json!(6), &json!(1)));
        let of_bin = |bin: &Value| bin.as_array().unwrap().iter().skip(1).step_by(2).map(|b| b.as_u64().unwrap()).sum();
        let bytes: Vec<u64> = data["bins"]["flows"].as_array().unwrap().iter().map(of_bin).collect();
        assert_eq!(bytes.iter().sum::<u64>(), 1291, "all that arrived");
    }

    #[test]
    fn the_page_needs_nothing_else_and_text_cannot_break_it() {
        let mut playback = sample::playback();
        playback.run.scenario = "</script><b>".into();
        playback.classes[0] = "</script><b>".into();
        let page = html(&playback);
        assert!(!page.contains("<b>"), "text is escaped");
        // The one link of the base page is an icon that is no file.
        let foreign = page.replace("<link rel=\"icon\" href=\"data:,\">", "");
        assert!(!foreign.contains("src=") && !foreign.contains("<link"), "nothing is fetched");
        assert_eq!(data_of(&page)["classes"][0]["name"], json!("</script><b>"));
    }

    #[test]
    fn what_the_files_do_not_tell_is_said() {
        let mut playback = sample::playback();
        assert_eq!(status(&playback), "Status time_limit: 1 of 2 leechers have everything.");
        (playback.data_lost, playback.messages) = (true, 12);
        let status = status(&playback);
        assert!(
            status.contains("lost data") && status.contains("cut: 7 messages that arrived are missing"),
            "{status}"
        );
        assert_eq!(data_of(&html(&playback))["traced_until"], json!(10_000_000), "when the last of it was sent");
        assert_eq!(data_of(&html(&sample::playback()))["traced_until"], json!(null));
        playback.flights = std::iter::repeat_n(playback.flights[5], Trace::LIMIT).collect();
        assert!(super::status(&playback).contains("The trace is full: 12 later messages"));
    }

    #[test]
    fn many_messages_are_thinned_and_the_page_says_so() {
        let mut playback = sample::playback();
        playback.flights = std::iter::repeat_n(playback.flights[1], 2 * MOST_FLIGHTS + 1).collect();
        let data = data_of(&html(&playback));
        assert_eq!((&data["every"], &data["messages"]), (&json!(3), &json!(2 * MOST_FLIGHTS + 1)));
        assert_eq!(data["flights"]["sent"].as_array().unwrap().len(), (2 * MOST_FLIGHTS + 1).div_ceil(3));
    }
}
