//! The columns of `runs.csv`.

use super::{Capacity, TableRow, Unit, table};

table! {
    /// One run. Moments count from the start of the earliest leecher, and
    /// their medians and quantiles are over the leechers that reached them.
    RunRow in "runs.csv" {
        /// Digest of everything that decides the run, 16 hex digits.
        run_id: String [Text],
        /// Name of the scenario.
        scenario: String [Text],
        /// Name of the protocol.
        protocol: String [Text],
        /// Seed of all chance in this run.
        seed: u64 [Count],
        /// Which set of nodes are the seeders.
        seeder_set: u32 [Count],
        /// Which repetition of its point this is, from 0.
        repetition: u32 [Count],
        /// Nodes, seeders included.
        network_size: u32 [Count],
        /// Nodes that hold everything from the start.
        seeders: u32 [Count],
        /// Size of the dataset.
        file_size_bytes: u64 [Bytes],
        /// Size of a block.
        block_size_bytes: u64 [Bytes],
        /// Upload capacity; empty when links differ (see `nodes.csv`).
        up_bps: Option<Capacity> [BitsPerSecond],
        /// Download capacity; empty when links differ.
        down_bps: Option<Capacity> [BitsPerSecond],
        /// One-way latency; empty when it differs between pairs.
        latency_s: Option<f64> [Seconds],
        /// How the run ended: `complete`, `time_limit`, `no_progress`,
        /// `stalled`, `interrupted`, or `failed: ` and the reason.
        status: String [Text],
        /// Leechers that hold everything at the end.
        completed: Option<u64> [Count],
        /// Leechers that do not.
        missing: Option<u64> [Count],
        /// Median time to the first block.
        ttfb_median_s: Option<f64> [Seconds since FirstLeecher],
        /// Median time to 50 % stored.
        t50_median_s: Option<f64> [Seconds since FirstLeecher],
        /// Median time to 90 % stored.
        t90_median_s: Option<f64> [Seconds since FirstLeecher],
        /// Median time to 100 % stored.
        t100_median_s: Option<f64> [Seconds since FirstLeecher],
        /// 95 % quantile of the time to 100 % stored.
        t100_p95_s: Option<f64> [Seconds since FirstLeecher],
        /// From the start of the first leecher to the moment since which all hold
        /// everything; empty when some do not at the end.
        makespan_s: Option<f64> [Seconds],
        /// Lower bound on the makespan.
        bound_s: Option<f64> [Seconds],
        /// Which resource sets the bound.
        bound_kind: Option<String> [Text],
        /// Bound over makespan.
        efficiency: Option<f64> [Share],
        /// Block data that was stored, parity left out.
        payload_bytes: Option<u64> [Bytes],
        /// Block data received in vain.
        duplicate_bytes: Option<u64> [Bytes],
        /// Bytes of the protocol's control messages, manifests and proofs.
        control_bytes: Option<u64> [Bytes],
        /// Framing, handshakes and acknowledgements.
        overhead_bytes: Option<u64> [Bytes],
        /// All bytes on the wire.
        wire_bytes: Option<u64> [Bytes],
        /// `wire_bytes` over `useful_bytes`; empty when nothing was stored.
        wire_per_payload: Option<f64> [PerByte],
        /// Events handled.
        events: Option<u64> [Count],
        /// Simulated time at the end, from the start of the run.
        sim_time_s: Option<f64> [Seconds since RunStart],
        /// Real time the run took; empty in reproducible results.
        wall_s: Option<f64> [Seconds],
        /// Largest memory of the whole process up to the end of this run,
        /// other runs in the same process included; empty in reproducible
        /// results and where the system does not tell.
        peak_rss_bytes: Option<u64> [Bytes],
        /// Digest of the ordered event stream, 16 hex digits.
        fingerprint: Option<String> [Text],
        /// Leechers that held everything at some time.
        ever_completed: Option<u64> [Count],
        /// Block data that nodes held and lost in crashes.
        crash_lost_bytes: Option<u64> [Bytes],
        /// Wire bytes that did not arrive because a timer of the protocol closed
        /// their connection.
        timed_out_bytes: Option<u64> [Bytes],
        /// Wire bytes that did not arrive because a node at one end of their connection
        /// went.
        churned_bytes: Option<u64> [Bytes],
        /// Datasets in all.
        dataset_count: Option<u64> [Count],
        /// Downloads that were to be made: each dataset that a node wants from its start
        /// on, and each request during the run.
        downloads: Option<u64> [Count],
        /// Downloads that did not end, or found no room in a store; those called off are left out.
        downloads_unfinished: Option<u64> [Count],
        /// Requests for what the node had already.
        downloads_held: Option<u64> [Count],
        /// Median over downloads of the time from when a dataset was wanted to its first
        /// block. Of this and the next two: what was had already or was called off is left
        /// out, and what did not come is later than all else (empty when it is the median).
        download_first_byte_median_s: Option<f64> [Seconds],
        /// Median over downloads of the time from when a dataset was wanted to all of it.
        download_median_s: Option<f64> [Seconds],
        /// 95 % quantile of that.
        download_p95_s: Option<f64> [Seconds],
        /// Block data that was stored and needed: `payload_bytes`, and of files with an
        /// erasure code as many blocks of each code word as decode it, whichever these are.
        useful_bytes: Option<u64> [Bytes],
        /// Downloads that nodes asked for by a request; empty where there are no requests.
        downloads_asked: Option<u64> [Count],
        /// Pairs of nodes that came together by a dial. Of this and the next three: empty
        /// where the scenario has no `network.nat`, and each pair that tried counts once, by
        /// the best way in which it came together.
        pairs_direct: Option<u64> [Count],
        /// Pairs whose connection moved from a relay to one that the callee dialled, or that
        /// both dialled through their NATs.
        pairs_upgraded: Option<u64> [Count],
        /// Pairs that had no other connection than through a relay.
        pairs_relayed: Option<u64> [Count],
        /// Pairs that never came together.
        pairs_never: Option<u64> [Count],
        /// Wire bytes that nodes have sent for others: relays of circuits, all that they sent,
        /// and relays of a mixnet, the packets that they passed on and that arrived, cover
        /// traffic among them. Empty where nobody relays.
        relay_tx_bytes: Option<u64> [Bytes],
        /// `useful_bytes` over `relay_tx_bytes`: what arrived for each byte of other people's
        /// bandwidth. Empty where nobody relayed anything.
        payload_per_relay_byte: Option<f64> [Ratio],
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

    /// Block data that was stored and needed; what is said per byte or block is of this. In
    /// rows of earlier versions it is all that was stored.
    pub fn useful(&self) -> Option<u64> {
        self.useful_bytes.or(self.payload_bytes)
    }

    /// Whether the run has requests: what counts then is how long each download took, not
    /// when a node had had its last one.
    pub fn has_requests(&self) -> bool {
        self.downloads_asked.is_some()
    }

    /// Whether `column` is a column of numbers.
    pub fn is_numeric(column: &str) -> bool {
        Self::KIND.columns.iter().any(|known| known.name == column && known.unit != Unit::Text)
    }
}
