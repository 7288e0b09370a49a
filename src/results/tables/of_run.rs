//! The tables that a run has besides its row of `runs.csv`, in the order in which they
//! are written.

use super::{Capacity, FileKind, TableRow, columns, parts, table};
use crate::ledger::TimerUse;
use crate::results::downloads::download_rows;
use crate::results::limits::{constraint_rows, timeline_rows};
use crate::results::record::{
    discovery_rows, link_rows, mix_rows, nat_rows, node_rows, progress_rows, series_rows, traffic_rows,
};
use crate::results::storage::{dataset_rows, host_rows, kept_series_rows, kept_traffic_rows, repair_rows};

parts! {
    /// One node in one run. Times count from the start of the run's earliest
    /// leecher; they are empty for seeders and where not reached.
    nodes: NodeRow in "nodes.csv" from node_rows, Swarm {
        /// The run.
        run_id: String [Text],
        /// The node, from 0.
        node: u32 [Count],
        /// `seeder`, `leecher` or `idle`.
        role: String [Text],
        /// Upload capacity.
        up_bps: Capacity [BitsPerSecond],
        /// Download capacity.
        down_bps: Capacity [BitsPerSecond],
        /// When it began to want the dataset.
        start_s: Option<f64> [Seconds since FirstLeecher],
        /// When it had the manifest.
        manifest_s: Option<f64> [Seconds since FirstLeecher],
        /// When it had stored its first block.
        ttfb_s: Option<f64> [Seconds since FirstLeecher],
        /// When it had stored 50 %.
        t50_s: Option<f64> [Seconds since FirstLeecher],
        /// When it had stored 90 %.
        t90_s: Option<f64> [Seconds since FirstLeecher],
        /// When it had stored everything for the first time.
        t100_s: Option<f64> [Seconds since FirstLeecher],
        /// When the first block could be read in order.
        stream_ttfb_s: Option<f64> [Seconds since FirstLeecher],
        /// When 50 % could be read in order.
        stream_t50_s: Option<f64> [Seconds since FirstLeecher],
        /// When 90 % could be read in order.
        stream_t90_s: Option<f64> [Seconds since FirstLeecher],
        /// When everything could be read in order.
        stream_t100_s: Option<f64> [Seconds since FirstLeecher],
        /// Wire bytes received.
        bytes_rx: u64 [Bytes],
        /// Wire bytes sent.
        bytes_tx: u64 [Bytes],
        /// Block data received and stored, parity among it.
        payload_rx: u64 [Bytes],
        /// Block data sent.
        payload_tx: u64 [Bytes],
        /// Block data received in vain.
        duplicate_rx: u64 [Bytes],
        /// The most wire bytes that the node had handed to the network and that
        /// had not arrived yet.
        peak_queue_bytes: u64 [Bytes],
        /// Whether it is a leecher that holds everything at the end.
        completed: bool [Flag],
        /// Block data that it held and lost in crashes.
        crash_lost_bytes: u64 [Bytes],
        /// The name of its class; empty where the scenario has no classes.
        class: Option<String> [Text],
        /// The name of its region; empty where the scenario has no regions.
        region: Option<String> [Text],
        /// How often it came: once, and again after each absence.
        sessions: Option<u32> [Count],
        /// What stands between it and who dials it: `public`, `mapped`, `cone`, `symmetric`
        /// or `blocked`; empty where the scenario has no `network.nat`.
        reach: Option<String> [Text],
    }

    /// A dataset that a node wanted in one run, from its start on or by a request; there
    /// only when the scenario describes datasets or requests. What was not reached is empty.
    downloads: DownloadRow in "downloads.csv" from download_rows, Any {
        /// The run.
        run_id: String [Text],
        /// The download, from 0: first what nodes want from their start on, then requests in
        /// order of time.
        download: u32 [Count],
        /// The node, from 0.
        node: u32 [Count],
        /// The dataset, from 0.
        dataset: u32 [Count],
        /// The name of its class; empty where the scenario has one file.
        class: Option<String> [Text],
        /// Its size.
        size_bytes: u64 [Bytes],
        /// When it was wanted, whether or not the node was there.
        asked_s: f64 [Seconds since FirstLeecher],
        /// When the node had the manifest.
        manifest_s: Option<f64> [Seconds since FirstLeecher],
        /// When it had stored its first block.
        ttfb_s: Option<f64> [Seconds since FirstLeecher],
        /// When it had stored 50 %.
        t50_s: Option<f64> [Seconds since FirstLeecher],
        /// When it had stored 90 %.
        t90_s: Option<f64> [Seconds since FirstLeecher],
        /// When it had stored everything for the first time.
        t100_s: Option<f64> [Seconds since FirstLeecher],
        /// Block data that was stored for it.
        bytes: u64 [Bytes],
        /// How many other nodes sent that.
        sources: u32 [Count],
        /// `complete`, `held` (the node had all of it when it asked), `called_off` (it
        /// deleted what it had before it had all), `refused` (its store was full) or
        /// `unfinished`.
        outcome: String [Text],
        /// What of it was wanted: `file`, `slot` or `rebuilt`, a slot made from the others.
        part: String [Text],
        /// Which slot that was.
        slot: Option<u32> [Count],
        /// The node that sent what was stored for it, where one alone did.
        source: Option<u32> [Count],
        /// When the node began with it: later than it was wanted where so many others were
        /// under way as `requests.parallel` allows. Empty where it never did.
        begun_s: Option<f64> [Seconds since FirstLeecher],
    }

    /// One core link in one run, one direction of a wire inside the topology; there only
    /// when the topology has wires with a capacity.
    links: LinkRow in "links.csv" from link_rows, Any {
        /// The run.
        run_id: String [Text],
        /// The link, from 0.
        link: u32 [Count],
        /// The point that it leaves.
        from: String [Text],
        /// The point that it leads to.
        to: String [Text],
        /// Its capacity.
        capacity_bps: Capacity [BitsPerSecond],
        /// Wire bytes that left over it.
        bytes: u64 [Bytes],
        /// Share of its capacity that these used, from the start of the run to its end.
        busy: f64 [Share],
    }

    /// Traffic of one class in one run.
    traffic: TrafficRow in "traffic.csv" from traffic_rows kept kept_traffic_rows, Swarm {
        /// The run.
        run_id: String [Text],
        /// The class.
        class: String [Text],
        /// Messages with this class as their main content.
        messages: u64 [Count],
        /// Bytes of it.
        bytes: u64 [Bytes],
    }

    /// A sample of a time series of one run, on a regular grid.
    series: SeriesRow in "series.csv" from series_rows kept kept_series_rows, Swarm {
        /// The run.
        run_id: String [Text],
        /// When, from the start of the run.
        time_s: f64 [Seconds since RunStart],
        /// Which series.
        metric: String [Text],
        /// Its value then.
        value: f64 [Various],
    }

    /// How long one thing held one leecher back in one run, between its start and
    /// its completion (or the end of the run). Things that never did have no row.
    constraints: ConstraintRow in "constraints.csv" from constraint_rows, Swarm {
        /// The run.
        run_id: String [Text],
        /// The node, from 0.
        node: u32 [Count],
        /// What held it back, see [`crate::ledger::Constraint`].
        constraint: String [Text],
        /// For how long in all, as far as looks at the node can tell.
        seconds: f64 [Seconds],
        /// Looks that found it so; with few of them `seconds` is rough.
        looks: u32 [Count],
    }

    /// A stretch of time in which one thing held one leecher back in one run.
    /// Of at most 64 leechers, evenly picked. Times count as in `nodes.csv`.
    timeline: TimelineRow in "timeline.csv" from timeline_rows, Swarm {
        /// The run.
        run_id: String [Text],
        /// The node, from 0.
        node: u32 [Count],
        /// When it began.
        start_s: f64 [Seconds since FirstLeecher],
        /// When it ended.
        end_s: f64 [Seconds since FirstLeecher],
        /// What held it back.
        constraint: String [Text],
    }

    /// A step of one leecher's download in one run; there only when a scenario
    /// asks for it (`output.progress`). Times count as in `nodes.csv`.
    progress: ProgressRow in "progress.csv" from progress_rows, Progress {
        /// The run.
        run_id: String [Text],
        /// The node, from 0.
        node: u32 [Count],
        /// So many bytes of the file: one of equal steps, the last the whole file.
        bytes: u64 [Bytes],
        /// When they were stored.
        stored_s: f64 [Seconds since FirstLeecher],
        /// When they could be read in order; empty when never.
        stream_s: Option<f64> [Seconds since FirstLeecher],
    }

    /// What discovery did in one run, in a number; there only when it is no
    /// static directory.
    discovery: DiscoveryRow in "discovery.csv" from discovery_rows, Any {
        /// The run.
        run_id: String [Text],
        /// What is counted; rates are per node.
        metric: String [Text],
        /// How much of it.
        value: f64 [Various],
    }

    /// What the mixnet did in one run, in a number; there only where messages go through one.
    mix: MixRow in "mix.csv" from mix_rows, Any {
        /// The run.
        run_id: String [Text],
        /// What is counted (`docs/mix.md`).
        metric: String [Text],
        /// How much of it.
        value: f64 [Various],
    }

    /// How nodes came together in one run that not everybody can dial, in a number; there only
    /// where the scenario has `network.nat`.
    nat: NatRow in "nat.csv" from nat_rows, Any {
        /// The run.
        run_id: String [Text],
        /// What is counted (`docs/nat.md`).
        metric: String [Text],
        /// How much of it.
        value: f64 [Various],
    }

    /// A place for a host in the first history of a storage run; who dies there is replaced.
    hosts: HostRow in "hosts.csv" kept host_rows, Any {
        /// The run.
        run_id: String [Text],
        /// The host, from 0.
        host: u32 [Count],
        /// The name of its class; empty where there are no classes.
        class: Option<String> [Text],
        /// Its region, from 0.
        region: u32 [Count],
        /// Its operator, from 0.
        operator: u32 [Count],
        /// Its upload capacity; `inf` when unlimited.
        up_bps: Capacity [BitsPerSecond],
        /// Its download capacity.
        down_bps: Capacity [BitsPerSecond],
        /// Hosts that died there.
        deaths: u32 [Count],
        /// Slots there at the end.
        slots: u32 [Count],
        /// The most slots there at a time.
        most_slots: u32 [Count],
        /// What the latter take.
        most_bytes: u64 [Bytes],
        /// For how long a host was there.
        up_s: f64 [Seconds],
        /// Bytes received for repairs.
        bytes_rx: u64 [Bytes],
        /// Bytes sent for repairs.
        bytes_tx: u64 [Bytes],
        /// Slots that it filled when datasets were given in; empty where that was not
        /// simulated.
        filled_slots: Option<u32> [Count],
    }
    /// A dataset in the first history of a storage run.
    datasets: DatasetRow in "datasets.csv" kept dataset_rows, Any {
        /// The run.
        run_id: String [Text],
        /// The dataset, from 0.
        dataset: u32 [Count],
        /// When it was lost; empty when it was not.
        lost_s: Option<f64> [Seconds since RunStart],
        /// When it had been kept for as long as was asked for; empty when that did not come.
        ended_s: Option<f64> [Seconds since RunStart],
        /// Slots that were rebuilt.
        rebuilt: u32 [Count],
        /// The fewest slots that one of its units had left.
        fewest_slots: u32 [Count],
        /// For how long not all of it could be read.
        unreadable_s: f64 [Seconds],
        /// Bytes moved to repair it.
        repair_bytes: u64 [Bytes],
    }
    /// A rebuild of a slot in the first history of a storage run; at most the first hundred thousand.
    repairs: RepairRow in "repairs.csv" kept repair_rows, Any {
        /// The run.
        run_id: String [Text],
        /// The dataset, from 0.
        dataset: u32 [Count],
        /// The unit among those of its dataset, from 0.
        unit: u64 [Count],
        /// The slot of the unit, from 0.
        slot: u32 [Count],
        /// When the slot was lost or went away.
        lost_s: f64 [Seconds since RunStart],
        /// When that was noticed.
        noticed_s: f64 [Seconds since RunStart],
        /// Since when it was to be rebuilt: noticed, and of its unit few enough slots left.
        due_s: f64 [Seconds since RunStart],
        /// When the rebuild began.
        began_s: f64 [Seconds since RunStart],
        /// When it ended or was given up.
        ended_s: f64 [Seconds since RunStart],
        /// The new host.
        host: u32 [Count],
        /// Bytes that it moved.
        bytes: u64 [Bytes],
        /// `rebuilt`, `unneeded` where the slot was only away, or `given_up`.
        outcome: String [Text],
    }
}

table! {
    /// A message of one run; there only when a scenario asks for it
    /// (`output.trace`). Times count as in `nodes.csv`, negative before that.
    TraceRow in "trace.csv" {
        /// The run.
        run_id: String [Text],
        /// When its sender handed it to the network.
        sent_s: f64 [Seconds since FirstLeecher],
        /// When its last byte arrived; empty when it did not.
        arrived_s: Option<f64> [Seconds since FirstLeecher],
        /// Its sender, from 0.
        from: u32 [Count],
        /// Its receiver, from 0.
        to: u32 [Count],
        /// What it is for: a class of `traffic.csv`, under which all of its
        /// bytes are booked that are none of those below.
        class: String [Text],
        /// Its size on the wire. (Of a message that never arrived all of it, also
        /// what never left; the class `lost` counts what had left.)
        bytes: u64 [Bytes],
        /// The part of it that is block data, stored or in vain.
        payload_bytes: u64 [Bytes],
        /// The part of it that is Merkle proofs.
        proof_bytes: u64 [Bytes],
        /// The part of it that layers add around it.
        framing_bytes: u64 [Bytes],
        /// The part of it that acknowledges earlier messages.
        ack_bytes: u64 [Bytes],
        /// Whether it is a piece of a message that did not fit into a window of the
        /// muxer, and not the last one: `traffic.csv` counts the last alone.
        piece: bool [Flag],
    }
}

table! {
    /// A message about a run, in its row file.
    Note in "notes.csv" {
        /// `violation` or `warning`.
        kind: String [Text],
        /// What is to be said.
        message: String [Text],
    }
}

table! {
    /// The digest of the event stream at one moment, in a row file or the manifest.
    Checkpoint in "checkpoints.csv" {
        /// Simulated time.
        time_s: f64 [Seconds since RunStart],
        /// The digest then, 16 hex digits.
        fingerprint: String [Text],
    }
}

/// In a row file.
impl TableRow for TimerUse {
    const KIND: FileKind = FileKind {
        called: "",
        file: "timers.csv",
        meaning: "One kind of a protocol's timers in a run.",
        columns: columns!(
            /// Its name in the protocol.
            name: String [Text],
            /// How many were set, less those cancelled by the handler that set them.
            armed: u64 [Count],
            /// How many came up.
            fired: u64 [Count],
            /// How many of these made their node do something.
            acted: u64 [Count],
        ),
    };
}
