//! The columns of the tables that reports write.

use super::table;

table! {
    /// Prediction and measurement of one quantity in one measured cell.
    ValidationRow in "validation.csv" {
        /// The set-up that was re-created.
        testbed: String [Text],
        /// The cell in words.
        cell: String [Text],
        /// The quantity.
        metric: String [Text],
        /// Nodes, seeders included.
        nodes: String [Count],
        /// Nodes that hold everything from the start.
        seeders: String [Count],
        /// Size of the file.
        file_bytes: String [Bytes],
        /// Size of a piece, where there are pieces.
        piece_bytes: String [Bytes],
        /// Upload capacity; empty where the testbed has its own, or nodes differ in it.
        up_bps: String [BitsPerSecond],
        /// Download capacity; empty where the testbed has its own, or nodes differ in it.
        down_bps: String [BitsPerSecond],
        /// One-way latency as measured; empty where the testbed has its own.
        latency_s: String [Seconds],
        /// Transport of the measured system, where it has several.
        transport: String [Text],
        /// Kind of addresses, where it matters.
        addr_class: String [Text],
        /// Unchoke slots, where there are any.
        slots: String [Count],
        /// Measured runs with a value.
        n: u64 [Count],
        /// Their median; empty when none has a value, as are the next two.
        measured_median: Option<f64> [Various],
        /// Their smallest value.
        measured_min: Option<f64> [Various],
        /// Their largest value.
        measured_max: Option<f64> [Various],
        /// Simulated runs with a value.
        predicted_n: u64 [Count],
        /// 5 % quantile over the simulated runs.
        predicted_p5: Option<f64> [Various],
        /// Their median.
        predicted_median: Option<f64> [Various],
        /// Their 95 % quantile.
        predicted_p95: Option<f64> [Various],
        /// What nothing can be below, where a bound is known.
        bound: Option<f64> [Various],
        /// Predicted over measured median, less one; of duplicates the
        /// difference.
        error: Option<f64> [Share],
        /// Whether the measured median lies between the predicted quantiles.
        covered: Option<bool> [Flag],
        /// Whether the cell counts: nothing was fitted to it.
        evidence: bool [Flag],
    }
}

table! {
    /// One variant in one cell of a comparison.
    ComparisonRow in "comparison.csv" {
        /// Name of the scenario.
        scenario: String [Text],
        /// Further keys that vary in the study, `key = value`.
        world: String [Text],
        /// Size of the file.
        file_size_bytes: u64 [Bytes],
        /// Nodes, seeders included.
        network_size: u32 [Count],
        /// Nodes that hold everything from the start.
        seeders: u32 [Count],
        /// The other nodes.
        leechers: u32 [Count],
        /// `seeders` over `network_size`.
        seeder_ratio: f64 [Share],
        /// The protocol, with constants and hardware that differ.
        variant: String [Text],
        /// What it is compared with.
        baseline: String [Text],
        /// Completed downloads.
        n: u64 [Count],
        /// Downloads that there should be.
        expected_n: u64 [Count],
        /// `expected_n` less `n`.
        missing: u64 [Count],
        /// 25 % quantile of the download time.
        p25_s: Option<f64> [Seconds],
        /// Median download time over leechers and runs.
        median_s: Option<f64> [Seconds],
        /// 75 % quantile.
        p75_s: Option<f64> [Seconds],
        /// Pairs of runs of the same seed and seeders; 0 for the baseline.
        pairs: u64 [Count],
        /// Median over that of the baseline, in these pairs.
        ratio: Option<f64> [Ratio],
        /// Lower end of its 95 % interval; empty for a single pair.
        ratio_low: Option<f64> [Ratio],
        /// Upper end.
        ratio_high: Option<f64> [Ratio],
        /// A ratio above this is too slow.
        limit: f64 [Ratio],
        /// Lower bound on the makespan.
        bound_s: Option<f64> [Seconds],
        /// The bound over the median of the baseline.
        bound_ratio: Option<f64> [Ratio],
    }
}
