//! What went through a mixnet, what it took, and whose links it took.

use super::document::{Grid, GridColumn};
use super::human;
use crate::ledger::Class;
use crate::results::{MixRow, RunResult, RunRow, median};
use std::collections::BTreeMap;

/// What the mixnet counted in one run, by metric.
pub(super) type Counts<'a> = BTreeMap<&'a str, f64>;

/// What a point is called, and its runs with what was counted in each.
pub(super) type Point<'a> = (Vec<String>, Vec<(&'a RunRow, Counts<'a>)>);

/// Below the table of a study.
pub(super) const NOTE: &str = "\
    Means over runs. Packets are counted once, however many relays they pass. A packet is lost where there is no \
    connection to its next hop, or with the node that holds it; without a slot (RLN) a relay drops it. Waits for reply \
    blocks are those of frames with nothing else to wait for. The way of a packet is from when its sender begins to \
    pack it until its receiver has unpacked it.";

/// What was counted, run by run.
pub(super) fn by_run(rows: &[MixRow]) -> BTreeMap<&str, Counts<'_>> {
    let mut runs: BTreeMap<&str, Counts> = BTreeMap::new();
    for row in rows {
        runs.entry(&row.run_id).or_default().insert(&row.metric, row.value);
    }
    runs
}

/// One run in a few rows; nothing where there is no mixnet.
pub(super) fn of_run(result: &RunResult) -> Option<Grid> {
    let counts = by_run(&result.mix).into_values().next()?;
    let get = |name: &str| counts.get(name).copied().unwrap_or(0.0);
    let count = |name: &str| human::count(get(name));
    let copies = result.traffic.iter().find(|row| row.class == Class::MixCopy.name()).map_or(0, |row| row.messages);
    let mut grid = Grid::new(["through the mixnet", ""].map(GridColumn::words));
    let mut row = |name: &str, words: String| grid.row([name.to_owned(), words]);
    row(
        "packets",
        format!(
            "{}: {} with chunks ({} of them copies or repetitions), {} acknowledgements, {} with reply blocks, {} for \
             sessions, {} to hide others",
            count("mix_packets"),
            count("mix_data_packets"),
            human::count(copies as f64),
            count("mix_ack_packets"),
            count("mix_supply_packets"),
            count("mix_control_packets"),
            count("mix_cover_packets")
        ),
    );
    row(
        "reply blocks",
        format!(
            "{} made, {} used; {} waits for them, {} in all",
            count("mix_surbs"),
            count("mix_surbs_used"),
            count("mix_surb_waits"),
            human::seconds(get("mix_surb_wait_s"))
        ),
    );
    let on_the_way = get("mix_lost") - get("mix_lost_held");
    row(
        "lost",
        format!(
            "{} without a connection to the next hop, {} with a node that went, {} without a slot; {} chunks and {} \
             supplies sent again",
            human::count(on_the_way),
            count("mix_lost_held"),
            count("mix_no_slot"),
            count("mix_sent_again"),
            count("mix_supplied_again")
        ),
    );
    row("sessions", format!("{} begun, {} fell silent", count("mix_sessions"), count("mix_sessions_died")));
    if get("mix_queries") > 0.0 {
        row("queries", format!("{}, {} asked again", count("mix_queries"), count("mix_queries_again")));
    }
    let (mean, most) = (get("mix_relay_packets_per_s"), get("mix_busiest_relay_packets_per_s"));
    row(
        "load of relays",
        format!(
            "{} packets/s on average, the busiest {}{}; {} rest in one at a time",
            human::ratio(mean),
            human::ratio(most),
            if mean > 0.0 { format!(" ({} times as many)", human::ratio(most / mean)) } else { String::new() },
            human::ratio(get("mix_packets_in_relay"))
        ),
    );
    row("way of a packet", format!("{} on average", human::seconds(get("mix_packet_time_mean_s"))));
    if let Some(rate) = goodput(result) {
        row("goodput of a download, median", format!("{}/s", human::bytes(rate)));
    }
    row("bandwidth of others", others(&result.run));
    Some(grid)
}

fn others(run: &RunRow) -> String {
    let sent = format!("{} sent by relays", human::bytes(run.relay_tx_bytes.unwrap_or(0) as f64));
    let each = run.payload_per_relay_byte.map(|each| format!(", {} B of data for each byte of it", human::ratio(each)));
    sent + &each.unwrap_or_default()
}

/// Bytes per second of the median among downloads that ended, each from when it was wanted.
fn goodput(result: &RunResult) -> Option<f64> {
    let rate = |bytes: u64, from: f64, to: f64| (to > from).then(|| bytes as f64 / (to - from));
    let of_leechers = || -> Vec<f64> {
        let ended = result.nodes.iter().filter_map(|node| Some((node.payload_rx, node.start_s?, node.t100_s?)));
        ended.filter_map(|(bytes, from, to)| rate(bytes, from, to)).collect()
    };
    let of_downloads = || -> Vec<f64> {
        let ended = result.downloads.iter().filter_map(|row| rate(row.bytes, row.asked_s, row.t100_s?));
        ended.filter(|rate| *rate > 0.0).collect()
    };
    median(&if result.downloads.is_empty() { of_leechers() } else { of_downloads() })
}

/// Each with its rank.
const TITLES: [(&str, u8); 10] = [
    ("packets", 0),
    ("acknowledging", 4),
    ("cover", 5),
    ("waits for reply blocks", 2),
    ("lost", 1),
    ("no slot", 3),
    ("relays, packets/s", 2),
    ("busiest", 2),
    ("way", 1),
    ("data per byte of relays", 0),
];

/// A row for each point of a study, whose places have these `titles`; nothing where no run
/// went through a mixnet.
pub(super) fn of_points(titles: &[&str], points: &[Point]) -> Option<Grid> {
    if points.iter().all(|(_, runs)| runs.is_empty()) {
        return None;
    }
    let places = titles.iter().map(|title| GridColumn::words(*title));
    let columns = TITLES.map(|(title, rank)| GridColumn::numbers(title).ranked(rank));
    let mut grid = Grid::new(places.chain(columns));
    for (place, runs) in points.iter().filter(|(_, runs)| !runs.is_empty()) {
        let mean = |values: &mut dyn Iterator<Item = f64>| {
            let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
            if count > 0.0 { Some(sum / count) } else { None }
        };
        let of = |name: &str| mean(&mut runs.iter().filter_map(|(_, counts)| counts.get(name).copied()));
        let show = |name: &str, words: fn(f64) -> String| of(name).map_or("-".into(), words);
        let each = mean(&mut runs.iter().filter_map(|(run, _)| run.payload_per_relay_byte));
        let values = [
            show("mix_packets", human::count),
            show("mix_ack_packets", human::count),
            show("mix_cover_packets", human::count),
            show("mix_surb_wait_s", human::seconds),
            show("mix_lost", human::count),
            show("mix_no_slot", human::count),
            show("mix_relay_packets_per_s", human::ratio),
            show("mix_busiest_relay_packets_per_s", human::ratio),
            show("mix_packet_time_mean_s", human::seconds),
            each.map_or("-".into(), human::ratio),
        ];
        grid.row(place.iter().cloned().chain(values));
    }
    Some(grid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{TrafficRow, sample_result};

    fn rows(run: &str, counts: &[(&str, f64)]) -> Vec<MixRow> {
        let row =
            |(metric, value): &(&str, f64)| MixRow { run_id: run.into(), metric: (*metric).into(), value: *value };
        counts.iter().map(row).collect()
    }

    #[test]
    fn a_run_tells_what_its_mixnet_did() {
        let mut result = sample_result();
        assert_eq!(of_run(&result), None, "no mixnet");
        let run_id = result.run.run_id.clone();
        result.mix = rows(
            &run_id,
            &[
                ("mix_packets", 1600.0),
                ("mix_data_packets", 800.0),
                ("mix_lost", 7.0),
                ("mix_lost_held", 2.0),
                ("mix_surbs", 1000.0),
                ("mix_surb_waits", 3.0),
                ("mix_surb_wait_s", 1.5),
                ("mix_relay_packets_per_s", 2.0),
                ("mix_busiest_relay_packets_per_s", 5.0),
                ("mix_packet_time_mean_s", 0.3),
            ],
        );
        result.traffic.push(TrafficRow { run_id, class: "mix_copy".into(), messages: 390, bytes: 1_800_000 });
        (result.run.relay_tx_bytes, result.run.payload_per_relay_byte) = (Some(8_000_000), Some(0.12));
        let grid = of_run(&result).unwrap();
        let texts = grid.texts();
        let told = |name: &str| texts.iter().find(|row| row[0] == name).unwrap_or_else(|| panic!("{name}"))[1];
        assert!(told("packets").starts_with("1.60 k: 800 with chunks (390 of them copies"), "{}", told("packets"));
        assert_eq!(told("reply blocks"), "1.00 k made, 0 used; 3 waits for them, 1.50 s in all");
        assert!(told("lost").starts_with("5 without a connection to the next hop, 2 with a node"), "{}", told("lost"));
        assert!(told("load of relays").contains("the busiest 5.00 (2.50 times as many)"), "{}", told("load of relays"));
        assert_eq!(told("bandwidth of others"), "8.00 MB sent by relays, 0.12 B of data for each byte of it");
        assert_eq!(told("goodput of a download, median"), "0.15 B/s", "3 B in 20.1 s");
        assert!(texts.iter().all(|row| row[0] != "queries"));
    }

    #[test]
    fn a_study_has_a_row_for_each_point_with_a_mixnet() {
        let run = sample_result().run;
        let one = rows("a", &[("mix_packets", 10.0)]);
        let two = rows("b", &[("mix_packets", 30.0), ("mix_packet_time_mean_s", 0.3)]);
        let all = [one, two].concat();
        let counts = by_run(&all);
        let with = RunRow { payload_per_relay_byte: Some(0.1), ..run.clone() };
        let through = (vec!["serial".into()], vec![(&with, counts["a"].clone()), (&run, counts["b"].clone())]);
        let points = [through, (vec!["none".into()], vec![])];
        let grid = of_points(&["sending"], &points).unwrap();
        let texts = grid.texts();
        assert_eq!(texts.len(), 1, "none of what has no mixnet");
        assert_eq!((texts[0][0], texts[0][1], texts[0][9], texts[0][10]), ("serial", "20", "300 ms", "0.10"));
        assert_eq!(texts[0][4], "-", "not counted");
        assert_eq!(of_points(&["sending"], &points[1..]), None);
    }
}
