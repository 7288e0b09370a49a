//! What is measured of a run: one list, from which claims, verdicts, validation,
//! calibration and reports take name, unit, direction, meaning and value.

use super::{Column, NodeFigures, Observation, RunRow, StorageRow, TableRow, Unit, median, one_line, quantile};
use crate::ledger::Class;
use crate::world::Role;
use serde::Serialize;
use std::fmt;
use std::sync::LazyLock;

/// Which of two values is better, all else the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// The smaller.
    Less,
    /// The larger.
    More,
    /// It is no matter of better or worse.
    Neither,
}

/// A quantity of one run.
pub struct Measure {
    /// Its name, with the unit; that of the column where `runs.csv` has one.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it counts.
    pub unit: Unit,
    /// Which of two values is better.
    pub better: Better,
    /// What it is.
    pub meaning: String,
    of: Box<Taken>,
}

/// How a measure is taken.
type Taken = dyn Fn(&Observation) -> Option<Amount> + Send + Sync;

impl fmt::Debug for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A value, or a sum and what it is divided by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Amount {
    /// The value itself, or the sum.
    pub amount: f64,
    /// What it is divided by; 1 for a value.
    pub per: f64,
}

impl Measure {
    /// All of them: the numbers of `runs.csv` in its order, what is made from nodes and
    /// classes of bytes, and the numbers of `runs.csv` of storage runs.
    pub fn all() -> &'static [Measure] {
        static ALL: LazyLock<Vec<Measure>> = LazyLock::new(|| {
            let columns = RunRow::KIND.columns.iter().filter(|column| column.unit != Unit::Text);
            let swarm: Vec<Measure> =
                columns.map(|column| of_column(column.name, column.unit, column.meaning)).chain(further()).collect();
            let is_new = |column: &&Column| swarm.iter().all(|measure| measure.name != column.name);
            let columns = StorageRow::KIND.columns.iter().filter(|column| column.unit != Unit::Text).filter(is_new);
            let storage: Vec<Measure> =
                columns.map(|column| of_column(column.name, column.unit, column.meaning)).collect();
            swarm.into_iter().chain(storage).collect()
        });
        &ALL
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<&'static Measure> {
        Measure::all().iter().find(|measure| measure.name == name)
    }

    /// Whether runs of a kind have it: of storage, or of swarms.
    pub fn is_of(&self, of_storage: bool) -> bool {
        let has = |columns: &[Column]| columns.iter().any(|column| column.name == self.name);
        let storage = has(StorageRow::KIND.columns);
        if of_storage { storage } else { !storage || has(RunRow::KIND.columns) }
    }

    /// Its value in a run; nothing where it was not reached or is not known.
    pub fn amount(&self, seen: &Observation) -> Option<Amount> {
        (self.of)(seen)
    }

    /// The same as a number.
    pub fn value(&self, seen: &Observation) -> Option<f64> {
        self.amount(seen).filter(|found| found.per > 0.0).map(|found| found.amount / found.per)
    }

    fn new(
        (name, title): (&str, &str),
        (unit, better): (Unit, Better),
        meaning: &str,
        of: impl Fn(&Observation) -> Option<Amount> + Send + Sync + 'static,
    ) -> Measure {
        let (name, title, meaning) = (name.into(), title.into(), one_line(meaning));
        Measure { name, title, unit, better, meaning, of: Box::new(of) }
    }
}

/// A value by itself.
fn plain(value: Option<f64>) -> Option<Amount> {
    value.filter(|amount| !amount.is_nan()).map(|amount| Amount { amount, per: 1.0 })
}

/// Columns of `runs.csv` of which less, or more, is better: what comes out of a run.
const LESS: [&str; 39] = [
    "missing",
    "ttfb_median_s",
    "t50_median_s",
    "t90_median_s",
    "t100_median_s",
    "t100_p95_s",
    "makespan_s",
    "duplicate_bytes",
    "control_bytes",
    "overhead_bytes",
    "wire_bytes",
    "wire_per_payload",
    "wall_s",
    "peak_rss_bytes",
    "timed_out_bytes",
    "crash_lost_bytes",
    "downloads_unfinished",
    "download_first_byte_median_s",
    "download_median_s",
    "download_p95_s",
    "pairs_relayed",
    "pairs_never",
    "relay_tx_bytes",
    "overhead",
    "unit_loss",
    "dataset_loss",
    "any_loss",
    "datasets_lost",
    "unneeded",
    "given_up",
    "repair_bytes",
    "repair_per_stored_byte_year",
    "time_to_repair_median_s",
    "time_to_repair_p95_s",
    "time_to_repair_mean_s",
    "unreadable_share",
    "transactions_per_second",
    "fill_s",
    "fill_wasted_share",
];
const MORE: [&str; 7] =
    ["completed", "efficiency", "ever_completed", "payload_per_relay_byte", "nines", "mttdl_s", "filled"];

/// Titles of columns that people call otherwise.
const TITLES: [(&str, &str); 12] = [
    ("makespan_s", "makespan"),
    ("efficiency", "efficiency"),
    ("wire_per_payload", "wire bytes per byte"),
    ("dataset_loss", "loss of a dataset"),
    ("any_loss", "loss of any dataset"),
    ("repair_per_stored_byte_year", "repair traffic"),
    ("unneeded", "rebuilds not needed"),
    ("time_to_repair_median_s", "median time to repair"),
    ("time_to_repair_p95_s", "p95 time to repair"),
    ("unreadable_share", "time unreadable"),
    ("transactions_per_second", "transactions"),
    ("fill_s", "time to fill"),
];

fn of_column(column: &'static str, unit: Unit, meaning: &str) -> Measure {
    let better = match () {
        () if LESS.contains(&column) => Better::Less,
        () if MORE.contains(&column) => Better::More,
        () => Better::Neither,
    };
    let title = TITLES.iter().find(|(name, _)| *name == column).map_or(column, |(_, title)| title);
    Measure::new((column, title), (unit, better), meaning, move |seen| match column {
        "makespan_s" => plain(seen.makespan()),
        "wire_per_payload" if seen.bytes.is_some() => seen.per_stored(seen.bytes?.iter().sum()),
        _ => plain(seen.number(column)),
    })
}

/// What is made from nodes and classes of bytes.
fn further() -> impl Iterator<Item = Measure> {
    use Better::{Less, Neither};
    use Unit::{Bytes, Count, PerByte, Seconds, Share};
    let finite = |time: Option<f64>| plain(time.filter(|time| time.is_finite()));
    let own = [
        Measure::new(
            ("download_time_median_s", "median t100"),
            (Seconds, Less),
            "Median over leechers of the time from the own start to the whole dataset; a download that does not end \
             is longer than all others. Where there are requests, over downloads, each from when it was asked for.",
            move |seen| match seen.asked() {
                Some(run) => plain(run.download_median_s),
                None => finite(median(&seen.times(|node| node.t100_s))),
            },
        ),
        Measure::new(
            ("download_time_p95_s", "p95 t100"),
            (Seconds, Less),
            "95 % quantile over leechers of the time from the own start to the whole dataset; a download that does not \
             end is longer than all others. Where there are requests, over downloads, each from when it was asked for.",
            move |seen| match seen.asked() {
                Some(run) => plain(run.download_p95_s),
                None => finite(quantile(&seen.times(|node| node.t100_s), 0.95)),
            },
        ),
        Measure::new(
            ("first_byte_median_s", "first byte"),
            (Seconds, Less),
            "Median over leechers of the time from the own start to the first block; one that never comes is later \
             than all others. Where there are requests, over downloads, each from when it was asked for.",
            move |seen| match seen.asked() {
                Some(run) => plain(run.download_first_byte_median_s),
                None => finite(median(&seen.times(|node| node.ttfb_s))),
            },
        ),
        Measure::new(
            ("seeder_bytes_per_payload", "seeder share"),
            (PerByte, Less),
            "Bytes that seeders sent for each byte that was stored.",
            |seen| seen.per_stored(seen.total(Role::Seeder, |node| node.bytes_tx)? as u64),
        ),
        Measure::new(
            ("peak_queue_bytes", "peak queue of a node"),
            (Bytes, Less),
            "The most bytes that a node had handed to the network and that had not arrived: the largest of all nodes.",
            |seen| plain(seen.nodes.iter().filter_map(|node| node.peak_queue_bytes).reduce(f64::max)),
        ),
        Measure::new(
            ("unfinished_share", "unfinished downloads"),
            (Share, Less),
            "Leechers that do not hold everything at the end, as a share of all; where there are requests, downloads \
             that did not end.",
            |seen| {
                let all = seen.asked().map_or(seen.leechers().count() as f64, |run| run.downloads.unwrap_or(0) as f64);
                plain(Some(seen.unfinished() as f64 / all))
            },
        ),
        Measure::new(
            ("control_bytes_per_block", "control/block"),
            (Bytes, Less),
            "Bytes of control messages, manifests and proofs for each block that was stored.",
            |seen| {
                let run = seen.run.as_ref()?;
                let blocks = run.useful()? as f64 / run.block_size_bytes as f64;
                (blocks > 0.0).then_some(Amount { amount: run.control_bytes? as f64, per: blocks })
            },
        ),
        Measure::new(
            ("duplicate_share", "duplicates"),
            (Share, Less),
            "Block data received in vain, as a share of what was stored.",
            |seen| {
                let run = seen.run.as_ref()?;
                let per = run.useful().filter(|bytes| *bytes > 0)? as f64;
                Some(Amount { amount: run.duplicate_bytes? as f64, per })
            },
        ),
        of_reached(("t50_s", "t50, median leecher"), "50 %", |node| node.t50_s),
        of_reached(("t90_s", "t90, median leecher"), "90 %", |node| node.t90_s),
        of_reached(("t100_s", "t100, median leecher"), "the whole dataset", |node| node.t100_s),
        Measure::new(
            ("t100_spread", "spread of t100"),
            (Share, Neither),
            "The longest less the shortest time from the own start to the whole dataset, of the leechers that got \
             there, as a share of the median; nothing where that was one.",
            |seen| {
                let times = seen.reached(|node| node.t100_s);
                let (least, most) = (times.iter().copied().reduce(f64::min)?, times.iter().copied().reduce(f64::max)?);
                (times.len() > 1).then_some(Amount { amount: most - least, per: median(&times)? })
            },
        ),
        Measure::new(
            ("received_per_file_byte", "bytes received per file byte"),
            (PerByte, Less),
            "Bytes that leechers received, headers included, for each byte that they wanted.",
            |seen| plain(seen.per_wanted(|node| node.bytes_rx)),
        ),
        Measure::new(
            ("sent_per_file_byte", "bytes sent per file byte"),
            (PerByte, Neither),
            "Bytes that leechers sent, headers included, for each byte that they wanted.",
            |seen| plain(seen.per_wanted(|node| node.bytes_tx)),
        ),
        Measure::new(
            ("seeder_copies", "copies sent by seeders"),
            (Count, Less),
            "Bytes that all seeders sent, headers included, in copies of the dataset.",
            |seen| plain(seen.total(Role::Seeder, |node| node.bytes_tx).map(|bytes| bytes / seen.file_bytes)),
        ),
        Measure::new(
            ("duplicates_per_file_byte", "duplicate bytes per file byte"),
            (PerByte, Less),
            "Data that leechers received in vain, for each byte that they wanted.",
            |seen| plain(seen.per_wanted(|node| node.redundant)),
        ),
    ];
    // There is one byte of payload for each byte stored.
    let classes = Class::ALL.into_iter().filter(|class| *class != Class::Payload);
    own.into_iter().chain(classes.map(of_class))
}

/// When leechers had `what`, those that got there.
fn of_reached(called: (&str, &str), what: &str, moment: fn(&NodeFigures) -> Option<f64>) -> Measure {
    let meaning = format!("Median over the leechers that got there of the time from the own start to {what}.");
    Measure::new(called, (Unit::Seconds, Better::Less), &meaning, move |seen| plain(median(&seen.reached(moment))))
}

fn of_class(class: Class) -> Measure {
    let (name, title) = (format!("{}_per_payload", class.name()), class.name());
    let meaning = format!("Bytes of the class `{title}` for each byte that was stored.");
    Measure::new((&name, title), (Unit::PerByte, Better::Less), &meaning, move |seen| {
        seen.per_stored(seen.bytes?[class as usize])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::sample_result;
    use std::collections::BTreeSet;

    /// The sample: 1000 B stored, 100 B of wants, 25 B of acknowledgements; the
    /// seeder sent 6 B; of two leechers one was done 20.1 s after its start.
    #[test]
    fn by_hand() {
        let result = sample_result();
        let seen = Observation::of(&result);
        let value = |seen: &Observation, name| Measure::named(name).unwrap().value(seen);
        assert_eq!(value(&seen, "wire_per_payload"), Some(1.125));
        assert_eq!(value(&seen, "want_per_payload"), Some(0.1));
        assert_eq!(value(&seen, "seeder_bytes_per_payload"), Some(0.006));
        assert_eq!(value(&seen, "unfinished_share"), Some(0.5));
        assert_eq!(value(&seen, "peak_queue_bytes"), Some(7.0));
        assert_eq!(value(&seen, "first_byte_median_s"), Some(0.5), "0.25 s and 0.75 s from each start");
        for name in ["download_time_median_s", "download_time_p95_s", "makespan_s", "efficiency"] {
            assert_eq!(value(&seen, name), None, "{name} waits for those that are not done");
        }
        assert_eq!(value(&seen, "t100_s"), Some(20.1), "of the one that is done");
        assert_eq!(value(&seen, "network_size"), Some(32.0), "a column");
    }

    #[test]
    fn what_is_derived_is_per_stored_block_and_byte() {
        let run = sample_result().run;
        let of = |run: RunRow| {
            let seen = Observation { run: Some(run), ..Observation::default() };
            ["control_bytes_per_block", "duplicate_share"].map(|name| Measure::named(name).unwrap().value(&seen))
        };
        let two = RunRow { useful_bytes: Some(2 * run.block_size_bytes), control_bytes: Some(500), ..run.clone() };
        assert_eq!(of(two.clone())[0], Some(250.0));
        assert_eq!(of(RunRow { duplicate_bytes: Some(run.block_size_bytes), ..two })[1], Some(0.5));
        assert_eq!(of(RunRow { useful_bytes: Some(0), ..run }), [None, None]);
    }

    /// By hand: starts 0 and 2 s, ends 10 and 30 s.
    #[test]
    fn of_a_measured_run() {
        let node = |role, start_s, t100_s, rx, tx, redundant| NodeFigures {
            role,
            start_s,
            t100_s,
            bytes_rx: Some(rx),
            bytes_tx: Some(tx),
            redundant,
            ..NodeFigures::default()
        };
        let mut nodes = vec![
            node(Role::Seeder, None, None, 10.0, 250.0, None),
            node(Role::Leecher, Some(0.0), Some(10.0), 110.0, 20.0, Some(5.0)),
            node(Role::Leecher, Some(2.0), Some(30.0), 130.0, 40.0, None),
        ];
        let get = |nodes: &[NodeFigures], name| {
            Measure::named(name).unwrap().value(&Observation::measured(nodes.into(), 100.0))
        };
        assert_eq!(get(&nodes, "makespan_s"), Some(30.0));
        assert_eq!(get(&nodes, "t100_s"), Some(19.0), "median of 10 and 28");
        assert_eq!(get(&nodes, "t100_spread"), Some(18.0 / 19.0));
        assert_eq!(get(&nodes, "t50_s"), None, "not measured");
        assert_eq!((get(&nodes, "received_per_file_byte"), get(&nodes, "sent_per_file_byte")), (Some(1.2), Some(0.3)));
        assert_eq!(get(&nodes, "seeder_copies"), Some(2.5));
        assert_eq!(get(&nodes, "duplicates_per_file_byte"), None, "not known of all leechers");
        assert_eq!(get(&nodes, "wire_bytes"), None, "known of simulated runs alone");
        nodes[1].t100_s = None;
        assert_eq!((get(&nodes, "makespan_s"), get(&nodes, "t100_s")), (None, Some(28.0)));
        assert_eq!(get(&nodes, "t100_spread"), None, "one alone has none");
    }

    #[test]
    fn every_measure_has_a_name_of_its_own_and_a_meaning() {
        let names: BTreeSet<&str> = Measure::all().iter().map(|measure| measure.name.as_str()).collect();
        assert_eq!(names.len(), Measure::all().len());
        assert!(Measure::all().iter().all(|measure| measure.meaning.ends_with('.') && measure.unit != Unit::Text));
        let known = |name: &&str| !names.contains(name);
        assert_eq!(LESS.iter().chain(&MORE).find(|name| known(name)), None, "directions are of columns that exist");
    }
}
