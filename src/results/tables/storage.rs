//! The columns of `runs.csv` of storage runs.

use super::table;

table! {
    /// One storage run. Counts, bytes and seconds are means over its histories; an interval is
    /// one of 95 %.
    StorageRow in "runs.csv" called "runs.csv (storage)" {
        /// Digest of everything that decides the run, 16 hex digits.
        run_id: String [Text],
        /// Name of the scenario.
        scenario: String [Text],
        /// Name of the system.
        system: String [Text],
        /// Seed of all chance in this run.
        seed: u64 [Count],
        /// Which repetition of its point this is, from 0.
        repetition: u32 [Count],
        /// Hosts.
        hosts: u32 [Count],
        /// How old hosts are at the start: `fresh`, `stationary`, or `memoryless` where it is no
        /// matter; `mixed` where classes of hosts differ in that.
        host_ages: String [Text],
        /// Datasets.
        datasets: u32 [Count],
        /// Size of each.
        dataset_bytes: u64 [Bytes],
        /// Units of a dataset: each is coded and placed by itself.
        units_per_dataset: u64 [Count],
        /// K: slots of a unit that are needed.
        k: u32 [Count],
        /// n: all slots of a unit.
        n: u32 [Count],
        /// Slots left at which a repair begins.
        threshold: u32 [Count],
        /// How long the datasets are to be kept.
        horizon_s: f64 [Seconds],
        /// For how long of it a dataset is kept, in the mean; empty where that is all of it.
        kept_s: Option<f64> [Seconds],
        /// Histories that the run follows.
        histories: u32 [Count],
        /// How the run ended: `complete`, `interrupted`, or `failed: ` and the reason.
        status: String [Text],
        /// Bytes of all slots for each byte given in.
        overhead: f64 [PerByte],
        /// Probability that a unit is lost within the horizon.
        unit_loss: Option<f64> [Share],
        /// Lower end of its interval.
        unit_loss_low: Option<f64> [Share],
        /// Upper end.
        unit_loss_high: Option<f64> [Share],
        /// How it was found: `splitting` or `counting`.
        unit_loss_by: Option<String> [Text],
        /// The exact number, where the setting is one that is solved exactly.
        unit_loss_exact: Option<f64> [Share],
        /// Which model that is.
        exact_model: Option<String> [Text],
        /// Probability that a dataset is lost within the horizon.
        dataset_loss: Option<f64> [Share],
        /// Lower end of its interval.
        dataset_loss_low: Option<f64> [Share],
        /// Upper end.
        dataset_loss_high: Option<f64> [Share],
        /// Probability that any dataset is lost: datasets share hosts, so that it is no product.
        any_loss: Option<f64> [Share],
        /// Lower end of its interval.
        any_loss_low: Option<f64> [Share],
        /// Upper end.
        any_loss_high: Option<f64> [Share],
        /// How it was found: `counting` in histories, `splitting`, or `bounds` where it is only known to
        /// lie within the interval and the number is its upper end.
        any_loss_by: Option<String> [Text],
        /// Nines of a dataset: minus the decimal logarithm of the probability that it is lost
        /// in a year of the horizon.
        nines: Option<f64> [Count],
        /// Mean time to the loss of a unit: exact where the setting is solved exactly, else
        /// what the probability of loss gives if losses came at an even rate; `inf` where none
        /// was seen.
        mttdl_s: Option<f64> [Seconds],
        /// Datasets lost in the histories of the system.
        datasets_lost: Option<f64> [Count],
        /// Lower end of the interval of their mean.
        datasets_lost_low: Option<f64> [Count],
        /// Upper end.
        datasets_lost_high: Option<f64> [Count],
        /// Hosts that died.
        deaths: Option<f64> [Count],
        /// Times that a host went away.
        absences: Option<f64> [Count],
        /// Shocks that struck many hosts.
        shocks: Option<f64> [Count],
        /// Slots that were lost with their hosts.
        slots_lost: Option<f64> [Count],
        /// Repairs that were begun.
        repairs: Option<f64> [Count],
        /// Slots that were rebuilt.
        rebuilt: Option<f64> [Count],
        /// Slots that were rebuilt though they were only away.
        unneeded: Option<f64> [Count],
        /// Repairs that were given up.
        given_up: Option<f64> [Count],
        /// Bytes moved to repair.
        repair_bytes: Option<f64> [Bytes],
        /// The same for each byte given in and year.
        repair_per_stored_byte_year: Option<f64> [PerByte],
        /// What a host receives for repairs, in the mean.
        repair_per_host_bps: Option<f64> [BitsPerSecond],
        /// Bytes moved for repairs that were not needed.
        unneeded_bytes: Option<f64> [Bytes],
        /// Bytes moved for repairs that were given up.
        given_up_bytes: Option<f64> [Bytes],
        /// Bytes fetched by hosts that reserved a slot to rebuild it and did not get it.
        raced_bytes: Option<f64> [Bytes],
        /// Median time from the loss of a slot to its being rebuilt; of more than a million within 0.2 %.
        time_to_repair_median_s: Option<f64> [Seconds],
        /// 95 % quantile of the same.
        time_to_repair_p95_s: Option<f64> [Seconds],
        /// Mean of the same.
        time_to_repair_mean_s: Option<f64> [Seconds],
        /// Mean time from when a slot was to be rebuilt (noticed, and few enough slots of its unit
        /// left) to the begin of the rebuild.
        repair_wait_mean_s: Option<f64> [Seconds],
        /// Share of the time in which a unit cannot be read: fewer than K of its slots are on
        /// hosts that are there.
        unreadable_share: Option<f64> [Share],
        /// Slots that are gone or away, as a share of all, over time.
        missing_slot_share: Option<f64> [Share],
        /// Proofs of storage per second.
        proofs_per_second: Option<f64> [Count],
        /// Transactions per second.
        transactions_per_second: Option<f64> [Count],
        /// These as a share of what the chain can take.
        chain_use: Option<f64> [Share],
        /// Datasets that came to their hosts in full, where that was simulated.
        filled: Option<u32> [Count],
        /// How long it took until the last one that came in full; empty where none did.
        fill_s: Option<f64> [Seconds],
        /// Lower bound on that, where all came in.
        fill_bound_s: Option<f64> [Seconds],
        /// Median time to fill a dataset.
        fill_dataset_median_s: Option<f64> [Seconds],
        /// Bytes of downloads in vain, as a share of those that hosts received.
        fill_wasted_share: Option<f64> [Share],
        /// Space that slots take, as a share of all disks, at the start.
        disk_use: f64 [Share],
        /// What held repairs back the longest: `uplink`, `downlink`, `limit`, `disk`,
        /// `sources`; `nothing` where no repair was held back.
        binds: Option<String> [Text],
        /// Events handled.
        events: Option<u64> [Count],
        /// Simulated time at the end of each history.
        sim_time_s: Option<f64> [Seconds since RunStart],
        /// Real time the run took; empty in reproducible results.
        wall_s: Option<f64> [Seconds],
        /// Largest memory of the whole process up to the end of this run; empty in
        /// reproducible results and where the system does not tell.
        peak_rss_bytes: Option<u64> [Bytes],
        /// Digest of the ordered event stream, 16 hex digits.
        fingerprint: Option<String> [Text],
        /// What held downloads to fill back the longest: `client_uplink`, `host_downlink`, `host_uplink`,
        /// `encoding`, or `room` on disks and in queues; `nothing` where none was held back.
        fill_binds: Option<String> [Text],
    }
}
