//! The columns of the result files. The order of the fields is the order of
//! the columns.

use serde::de::{self, DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A row of a result file.
pub trait Row: Serialize + DeserializeOwned {
    /// Name of the file.
    const FILE: &'static str;
    /// Its columns.
    const COLUMNS: &'static [&'static str];
}

/// A capacity in bit/s: a whole number, or `inf` when unlimited.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Capacity(pub f64);

impl Serialize for Capacity {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        // Rates are whole numbers far below 2^53, so nothing is cut off. JSON has no
        // number without end, and would make it null.
        if self.0.is_finite() { to.serialize_u64(self.0 as u64) } else { to.serialize_str("inf") }
    }
}

impl<'de> Deserialize<'de> for Capacity {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Capacity;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or \"inf\"")
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Capacity, E> {
                Ok(Capacity(value))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Capacity, E> {
                Ok(Capacity(value as f64))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Capacity, E> {
                text.parse().map(Capacity).map_err(E::custom)
            }
        }
        from.deserialize_any(Number)
    }
}

/// Declares a row and the list of its columns in one go, so that they cannot differ.
macro_rules! row {
    ($(#[$doc:meta])* $name:ident in $file:literal { $($(#[$field_doc:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type),+ }

        impl Row for $name {
            const FILE: &'static str = $file;
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),+];
        }
    };
}

row! {
    /// One run. Moments count from the start of the earliest leecher, and
    /// their medians and quantiles are over the leechers that reached them.
    RunRow in "runs.csv" {
        /// Digest of everything that decides the run, 16 hex digits.
        run_id: String,
        /// Name of the scenario.
        scenario: String,
        /// Name of the protocol.
        protocol: String,
        /// Seed of all chance in this run.
        seed: u64,
        /// Which set of nodes are the seeders.
        seeder_set: u32,
        /// Which repetition of its point this is, from 0.
        repetition: u32,
        /// Nodes, seeders included.
        network_size: u32,
        /// Nodes that hold everything from the start.
        seeders: u32,
        /// Size of the dataset.
        file_size_bytes: u64,
        /// Size of a block.
        block_size_bytes: u64,
        /// Upload capacity; empty when links differ (see `nodes.csv`).
        up_bps: Option<Capacity>,
        /// Download capacity; empty when links differ.
        down_bps: Option<Capacity>,
        /// One-way latency; empty when it differs between pairs.
        latency_s: Option<f64>,
        /// How the run ended: `complete`, `time_limit`, `no_progress`,
        /// `stalled`, `interrupted`, or `failed: ` and the reason.
        status: String,
        /// Leechers that hold everything at the end.
        completed: Option<u64>,
        /// Leechers that do not.
        missing: Option<u64>,
        /// Median time to the first block.
        ttfb_median_s: Option<f64>,
        /// Median time to 50 % stored.
        t50_median_s: Option<f64>,
        /// Median time to 90 % stored.
        t90_median_s: Option<f64>,
        /// Median time to 100 % stored.
        t100_median_s: Option<f64>,
        /// 95 % quantile of the time to 100 % stored.
        t100_p95_s: Option<f64>,
        /// From the start of the first leecher to the moment since which all hold
        /// everything; empty when some do not at the end.
        makespan_s: Option<f64>,
        /// Lower bound on the makespan.
        bound_s: Option<f64>,
        /// Which resource sets the bound.
        bound_kind: Option<String>,
        /// Bound over makespan.
        efficiency: Option<f64>,
        /// Block data that was stored.
        payload_bytes: Option<u64>,
        /// Block data received in vain.
        duplicate_bytes: Option<u64>,
        /// Bytes of the protocol's control messages, manifests and proofs.
        control_bytes: Option<u64>,
        /// Framing, handshakes and acknowledgements.
        overhead_bytes: Option<u64>,
        /// All bytes on the wire.
        wire_bytes: Option<u64>,
        /// `wire_bytes` over `payload_bytes`; empty when nothing was stored.
        wire_per_payload: Option<f64>,
        /// Events handled.
        events: Option<u64>,
        /// Simulated time at the end, from the start of the run.
        sim_time_s: Option<f64>,
        /// Real time the run took; empty in reproducible results.
        wall_s: Option<f64>,
        /// Largest memory of the whole process up to the end of this run,
        /// other runs in the same process included; empty in reproducible
        /// results and where the system does not tell.
        peak_rss_bytes: Option<u64>,
        /// Digest of the ordered event stream, 16 hex digits.
        fingerprint: Option<String>,
        /// Leechers that held everything at some time.
        ever_completed: Option<u64>,
        /// Block data that nodes held and lost in crashes.
        crash_lost_bytes: Option<u64>,
        /// Wire bytes that did not arrive because a timer of the protocol closed
        /// their connection.
        timed_out_bytes: Option<u64>,
        /// Wire bytes that did not arrive because a node at one end of their connection
        /// went.
        churned_bytes: Option<u64>,
    }
}

row! {
    /// One node in one run. Times count from the start of the run's earliest
    /// leecher; they are empty for seeders and where not reached.
    NodeRow in "nodes.csv" {
        /// The run.
        run_id: String,
        /// The node, from 0.
        node: u32,
        /// `seeder` or `leecher`.
        role: String,
        /// Upload capacity.
        up_bps: Capacity,
        /// Download capacity.
        down_bps: Capacity,
        /// When it began to want the dataset.
        start_s: Option<f64>,
        /// When it had the manifest.
        manifest_s: Option<f64>,
        /// When it had stored its first block.
        ttfb_s: Option<f64>,
        /// When it had stored 50 %.
        t50_s: Option<f64>,
        /// When it had stored 90 %.
        t90_s: Option<f64>,
        /// When it had stored everything for the first time.
        t100_s: Option<f64>,
        /// When the first block could be read in order.
        stream_ttfb_s: Option<f64>,
        /// When 50 % could be read in order.
        stream_t50_s: Option<f64>,
        /// When 90 % could be read in order.
        stream_t90_s: Option<f64>,
        /// When everything could be read in order.
        stream_t100_s: Option<f64>,
        /// Wire bytes received.
        bytes_rx: u64,
        /// Wire bytes sent.
        bytes_tx: u64,
        /// Block data received and stored.
        payload_rx: u64,
        /// Block data sent.
        payload_tx: u64,
        /// Block data received in vain.
        duplicate_rx: u64,
        /// The most wire bytes that the node had handed to the network and that
        /// had not arrived yet.
        peak_queue_bytes: u64,
        /// Whether it is a leecher that holds everything at the end.
        completed: bool,
        /// Block data that it held and lost in crashes.
        crash_lost_bytes: u64,
    }
}

row! {
    /// Traffic of one class in one run.
    TrafficRow in "traffic.csv" {
        /// The run.
        run_id: String,
        /// The class.
        class: String,
        /// Messages with this class as their main content.
        messages: u64,
        /// Bytes of it.
        bytes: u64,
    }
}

row! {
    /// A sample of a time series of one run, on a regular grid.
    SeriesRow in "series.csv" {
        /// The run.
        run_id: String,
        /// When, from the start of the run.
        time_s: f64,
        /// Which series.
        metric: String,
        /// Its value then.
        value: f64,
    }
}

row! {
    /// How long one thing held one leecher back in one run, between its start and
    /// its completion (or the end of the run). Things that never did have no row.
    ConstraintRow in "constraints.csv" {
        /// The run.
        run_id: String,
        /// The node, from 0.
        node: u32,
        /// What held it back, see [`crate::ledger::Constraint`].
        constraint: String,
        /// For how long in all, as far as looks at the node can tell.
        seconds: f64,
        /// Looks that found it so; with few of them `seconds` is rough.
        looks: u32,
    }
}

row! {
    /// A stretch of time in which one thing held one leecher back in one run.
    /// Of at most 64 leechers, evenly picked. Times count as in `nodes.csv`.
    TimelineRow in "timeline.csv" {
        /// The run.
        run_id: String,
        /// The node, from 0.
        node: u32,
        /// When it began.
        start_s: f64,
        /// When it ended.
        end_s: f64,
        /// What held it back.
        constraint: String,
    }
}

row! {
    /// What discovery did in one run, in a number; there only when it is no
    /// static directory.
    DiscoveryRow in "discovery.csv" {
        /// The run.
        run_id: String,
        /// What is counted; rates are per node.
        metric: String,
        /// How much of it.
        value: f64,
    }
}

row! {
    /// A step of one leecher's download in one run; there only when a scenario
    /// asks for it (`output.progress`). Times count as in `nodes.csv`.
    ProgressRow in "progress.csv" {
        /// The run.
        run_id: String,
        /// The node, from 0.
        node: u32,
        /// So many bytes of the file: one of equal steps, the last the whole file.
        bytes: u64,
        /// When they were stored.
        stored_s: f64,
        /// When they could be read in order; empty when never.
        stream_s: Option<f64>,
    }
}

row! {
    /// A message of one run; there only when a scenario asks for it
    /// (`output.trace`). Times count as in `nodes.csv`, negative before that.
    TraceRow in "trace.csv" {
        /// The run.
        run_id: String,
        /// When its sender handed it to the network.
        sent_s: f64,
        /// When its last byte arrived; empty when it did not.
        arrived_s: Option<f64>,
        /// Its sender, from 0.
        from: u32,
        /// Its receiver, from 0.
        to: u32,
        /// What it is for: a class of `traffic.csv`, under which all of its
        /// bytes are booked that are none of those below.
        class: String,
        /// Its size on the wire. (Of a message that never arrived all of it, also
        /// what never left; the class `lost` counts what had left.)
        bytes: u64,
        /// The part of it that is block data, stored or in vain.
        payload_bytes: u64,
        /// The part of it that is Merkle proofs.
        proof_bytes: u64,
        /// The part of it that layers add around it.
        framing_bytes: u64,
        /// The part of it that acknowledges earlier messages.
        ack_bytes: u64,
        /// Whether it is a piece of a message that did not fit into a window of the
        /// muxer, and not the last one: `traffic.csv` counts the last alone.
        piece: bool,
    }
}

row! {
    /// Prediction and measurement of one quantity in one measured cell.
    ValidationRow in "validation.csv" {
        /// The set-up that was re-created.
        testbed: String,
        /// The cell in words.
        cell: String,
        /// The quantity.
        metric: String,
        /// Nodes, seeders included.
        nodes: String,
        /// Nodes that hold everything from the start.
        seeders: String,
        /// Size of the file.
        file_bytes: String,
        /// Size of a piece, where there are pieces.
        piece_bytes: String,
        /// Upload capacity; empty where the testbed has its own.
        up_bps: String,
        /// Download capacity; empty where the testbed has its own.
        down_bps: String,
        /// One-way latency as measured; empty where the testbed has its own.
        latency_s: String,
        /// Transport of the measured system, where it has several.
        transport: String,
        /// Kind of addresses, where it matters.
        addr_class: String,
        /// Unchoke slots, where there are any.
        slots: String,
        /// Measured runs with a value.
        n: u64,
        /// Their median; empty when none has a value, as are the next two.
        measured_median: Option<f64>,
        /// Their smallest value.
        measured_min: Option<f64>,
        /// Their largest value.
        measured_max: Option<f64>,
        /// Simulated runs with a value.
        predicted_n: u64,
        /// 5 % quantile over the simulated runs.
        predicted_p5: Option<f64>,
        /// Their median.
        predicted_median: Option<f64>,
        /// Their 95 % quantile.
        predicted_p95: Option<f64>,
        /// What nothing can be below, where a bound is known.
        bound: Option<f64>,
        /// Predicted over measured median, less one; of duplicates the
        /// difference.
        error: Option<f64>,
        /// Whether the measured median lies between the predicted quantiles.
        covered: Option<bool>,
        /// Whether the cell counts: nothing was fitted to it.
        evidence: bool,
    }
}

row! {
    /// One variant in one cell of a comparison.
    ComparisonRow in "comparison.csv" {
        /// Name of the scenario.
        scenario: String,
        /// Further keys that vary in the study, `key = value`.
        world: String,
        /// Size of the file.
        file_size_bytes: u64,
        /// Nodes, seeders included.
        network_size: u32,
        /// Nodes that hold everything from the start.
        seeders: u32,
        /// The other nodes.
        leechers: u32,
        /// `seeders` over `network_size`.
        seeder_ratio: f64,
        /// The protocol, with constants and hardware that differ.
        variant: String,
        /// What it is compared with.
        baseline: String,
        /// Completed downloads.
        n: u64,
        /// Downloads that there should be.
        expected_n: u64,
        /// `expected_n` less `n`.
        missing: u64,
        /// 25 % quantile of the download time.
        p25_s: Option<f64>,
        /// Median download time over leechers and runs.
        median_s: Option<f64>,
        /// 75 % quantile.
        p75_s: Option<f64>,
        /// Pairs of runs of the same seed and seeders; 0 for the baseline.
        pairs: u64,
        /// Median over that of the baseline, in these pairs.
        ratio: Option<f64>,
        /// Lower end of its 95 % interval; empty for a single pair.
        ratio_low: Option<f64>,
        /// Upper end.
        ratio_high: Option<f64>,
        /// A ratio above this is too slow.
        limit: f64,
        /// Lower bound on the makespan.
        bound_s: Option<f64>,
        /// The bound over the median of the baseline.
        bound_ratio: Option<f64>,
    }
}

impl RunRow {
    /// The number in `column`; nothing when it is empty, not a number or not a
    /// column of this table.
    pub fn number(&self, column: &str) -> Option<f64> {
        match serde_json::to_value(self).ok()?.get(column)? {
            serde_json::Value::Number(number) => number.as_f64(),
            serde_json::Value::String(text) if text == "inf" && Self::is_numeric(column) => Some(f64::INFINITY),
            _ => None,
        }
    }

    /// Whether `column` is a column of numbers.
    pub fn is_numeric(column: &str) -> bool {
        const WORDS: [&str; 6] = ["run_id", "scenario", "protocol", "status", "bound_kind", "fingerprint"];
        Self::COLUMNS.contains(&column) && !WORDS.contains(&column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unlimited_is_inf_in_csv_and_json() {
        let json = |value: f64| serde_json::to_string(&Capacity(value)).unwrap();
        assert_eq!((json(f64::INFINITY), json(1e7)), ("\"inf\"".into(), "10000000".into()));
        for value in [f64::INFINITY, 1e7] {
            assert_eq!(serde_json::from_str::<Capacity>(&json(value)).unwrap(), Capacity(value));
            let mut csv = csv::Writer::from_writer(Vec::new());
            csv.serialize(Some(Capacity(value))).unwrap();
            let text = csv.into_inner().unwrap();
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_slice());
            assert_eq!(reader.deserialize::<Option<Capacity>>().next().unwrap().unwrap(), Some(Capacity(value)));
        }
        assert_eq!(crate::results::record::tests::result().run.number("up_bps"), Some(5e7));
    }
}
