//! What a run leaves behind: everything the result files are made from.

use super::{Class, Curve, Cut, Timeline, TimerUse, TracedFlight};
use crate::units::Time;
use crate::world::{NodeId, Reach, Role, Want};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Every leecher holds everything, or the run took as long as it was asked to.
    Complete,
    /// The time limit came first.
    TimeLimit,
    /// Nothing was stored for too long, though nodes still act.
    NoProgress,
    /// Nothing more can happen, and not everybody is complete: no message is under way,
    /// no node that is up has set a timer, and nobody comes.
    Stalled,
    /// Whoever watched it ended it before its end.
    Interrupted,
}

impl Status {
    /// The word used in result files.
    pub const fn name(self) -> &'static str {
        match self {
            Status::Complete => "complete",
            Status::TimeLimit => "time_limit",
            Status::NoProgress => "no_progress",
            Status::Stalled => "stalled",
            Status::Interrupted => "interrupted",
        }
    }
}

/// Moments in the life of a leecher, counted from the start of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Milestones {
    /// The manifest was stored.
    pub manifest: Option<Time>,
    /// The first block was stored (`ttfb_s`).
    pub first: Option<Time>,
    /// Half of the units were stored.
    pub half: Option<Time>,
    /// 90 % of the units were stored.
    pub most: Option<Time>,
    /// All units were stored.
    pub all: Option<Time>,
    /// The first unit could be read in order.
    pub stream_first: Option<Time>,
    /// Half of the units could be read in order.
    pub stream_half: Option<Time>,
    /// 90 % of the units could be read in order.
    pub stream_most: Option<Time>,
    /// All units could be read in order.
    pub stream_all: Option<Time>,
}

/// What one node did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NodeOutcome {
    /// Seeder or leecher.
    pub role: Role,
    /// Its class, an index into [`Outcome::classes`].
    pub class: u16,
    /// Its region, an index into [`Outcome::regions`].
    pub region: u16,
    /// What stands between it and who dials it.
    pub reach: Reach,
    /// How often it came: once, and again after each absence.
    pub sessions: u32,
    /// Upload capacity, bit/s; infinite when unlimited.
    pub up_bps: f64,
    /// Download capacity, bit/s; infinite when unlimited.
    pub down_bps: f64,
    /// When it began to want the dataset.
    pub start: Time,
    /// Its progress: each moment when something was reached for the first time.
    pub milestones: Milestones,
    /// Since when a leecher has held everything; nothing when it does not at the end.
    pub complete_since: Option<Time>,
    /// Block data that it held and lost in crashes.
    pub crash_lost: u64,
    /// Wire bytes received.
    pub bytes_rx: u64,
    /// Wire bytes sent.
    pub bytes_tx: u64,
    /// Block data received and stored.
    pub payload_rx: u64,
    /// Block data sent that arrived.
    pub payload_tx: u64,
    /// Block data received in vain.
    pub duplicate_rx: u64,
    /// The most wire bytes that this node had handed to the network and that had
    /// not arrived yet.
    pub peak_queue: u64,
}

/// How a download ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DownloadEnd {
    /// The node has everything, or had when it was asked for during the run.
    Complete,
    /// The node had everything when it was asked for.
    Held,
    /// The node deleted what it had before that.
    CalledOff,
    /// It found no room in the node's store.
    Refused,
    /// It has not ended.
    Unfinished,
}

impl DownloadEnd {
    /// The word used in result files.
    pub const fn name(self) -> &'static str {
        match self {
            DownloadEnd::Complete => "complete",
            DownloadEnd::Held => "held",
            DownloadEnd::CalledOff => "called_off",
            DownloadEnd::Refused => "refused",
            DownloadEnd::Unfinished => "unfinished",
        }
    }
}

/// What became of one dataset that a node wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DownloadOutcome {
    /// Who wanted it.
    pub node: NodeId,
    /// What.
    pub want: Want,
    /// Since when, whether or not the node was there.
    pub asked: Time,
    /// When the node began with it, where others may come first.
    pub begun: Option<Time>,
    /// Its progress: each moment when something was reached for the first time.
    pub milestones: Milestones,
    /// Since when the node has had all of it; nothing when it does not at the end.
    pub complete_since: Option<Time>,
    /// How it ended.
    pub end: DownloadEnd,
    /// Block data that was stored for it.
    pub bytes: u64,
    /// How many others sent that.
    pub sources: u32,
    /// Who sent it, where one alone did.
    pub source: Option<NodeId>,
}

/// A dataset, as results name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatasetLabel {
    /// Its class, an index into [`Outcome::dataset_classes`].
    pub class: u16,
    /// Its size.
    pub bytes: u64,
}

/// What one core link did.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkOutcome {
    /// The point that it leaves.
    pub from: String,
    /// The point that it leads to.
    pub to: String,
    /// Its capacity, bit/s.
    pub capacity_bps: f64,
    /// Wire bytes that left over it.
    pub bytes: u64,
    /// Share of its capacity that these used, from the start of the run to its end.
    pub busy: f64,
}

/// Messages and bytes of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Messages that carried this class as their main content.
    pub messages: u64,
    /// Bytes of it.
    pub bytes: u64,
}

/// A sample of a time series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// When.
    pub time: Time,
    /// Which series.
    pub metric: &'static str,
    /// Its value then.
    pub value: f64,
}

/// A rule of DESIGN section 6 that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation(pub String);

/// Everything a run leaves behind. All of it depends on the scenario and the
/// seed alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// When it ended.
    pub end: Time,
    /// Events handled.
    pub events: u64,
    /// What each node did.
    pub nodes: Vec<NodeOutcome>,
    /// What became of everything that nodes wanted: first what each wants from its start
    /// on, by node and dataset, then what was asked for during the run, in order of time.
    pub downloads: Vec<DownloadOutcome>,
    /// All datasets.
    pub datasets: Vec<DatasetLabel>,
    /// The names of the classes of datasets; none where there is one file for all.
    pub dataset_classes: Vec<String>,
    /// What each core link did; none where the world has no graph with capacities.
    pub links: Vec<LinkOutcome>,
    /// The names of the classes of nodes; none where there are no classes.
    pub classes: Vec<String>,
    /// The names of the regions; none where there are no regions.
    pub regions: Vec<String>,
    /// Traffic by class, in the order of [`Class::ALL`].
    pub traffic: [Traffic; Class::ALL.len()],
    /// Block data that was stored and needed: of a code word no more than decodes it.
    pub useful: u64,
    /// Wire bytes, of those handed to the network, that did not arrive because their
    /// connection closed, by what closed it, in the order of [`Cut::ALL`].
    pub cut: [u64; Cut::ALL.len()],
    /// The download of each node as a curve; empty when nobody asked for it.
    pub curves: Vec<Curve>,
    /// Every message in the order of sending; empty when nobody asked for them.
    pub trace: Vec<TracedFlight>,
    /// What the protocol's timers did, by kind.
    pub timers: Vec<TimerUse>,
    /// What held each leecher back, and when.
    pub timeline: Timeline,
    /// Time series on a regular grid.
    pub series: Vec<Sample>,
    /// What discovery did: metric and value; nothing of a static directory.
    pub discovery: Vec<(String, f64)>,
    /// What the mixnet did, likewise; nothing where there is none.
    pub mix: Vec<(String, f64)>,
    /// How nodes came together that not everybody can dial, likewise.
    pub nat: Vec<(String, f64)>,
    /// Lower bound on the makespan, from the capacities.
    pub bound: Time,
    /// Which resource sets the bound.
    pub bound_kind: &'static str,
    /// Digest of the ordered event stream.
    pub fingerprint: u64,
    /// Digest after each simulated second that is a power of two, to find
    /// where two runs part.
    pub checkpoints: Vec<(Time, u64)>,
    /// Rules that did not hold; empty in a good run.
    pub violations: Vec<Violation>,
    /// Things worth telling the user: a churn that took nobody, and so on.
    pub warnings: Vec<String>,
}

impl Outcome {
    /// Traffic of one class.
    pub fn traffic(&self, class: Class) -> Traffic {
        self.traffic[class as usize]
    }

    /// The leechers.
    pub fn leechers(&self) -> impl Iterator<Item = &NodeOutcome> {
        self.nodes.iter().filter(|n| n.role == Role::Leecher)
    }

    /// When somebody first wanted something, from which the moments in result files are
    /// counted.
    pub fn origin(&self) -> Time {
        let starts = self.leechers().map(|n| n.start).min();
        self.downloads.iter().map(|of| of.asked).min().or(starts).unwrap_or(Time::ZERO)
    }

    /// Number of leechers that hold everything at the end.
    pub fn completed(&self) -> usize {
        self.leechers().filter(|n| n.complete_since.is_some()).count()
    }

    /// Number of leechers that held everything at some time.
    pub fn ever_completed(&self) -> usize {
        self.leechers().filter(|n| n.milestones.all.is_some()).count()
    }

    /// From when somebody first wanted something to the moment since which all hold
    /// everything, or have had what they asked for; nothing when some do not at the end.
    pub fn makespan(&self) -> Option<Time> {
        let ends: Option<Vec<Time>> = self.leechers().map(|n| n.complete_since).collect();
        Some(ends?.into_iter().max()? - self.origin())
    }

    /// Bound over makespan, at most 1; nothing unless all completed and there
    /// is a bound.
    pub fn efficiency(&self) -> Option<f64> {
        let makespan = self.makespan().filter(|_| self.bound > Time::ZERO)?;
        Some((self.bound.secs() / makespan.secs()).min(1.0))
    }

    /// All bytes on the wire.
    pub fn wire_bytes(&self) -> u64 {
        self.traffic.iter().map(|t| t.bytes).sum()
    }

    /// Bytes of the classes that `which` picks.
    pub fn bytes_of(&self, which: impl Fn(Class) -> bool) -> u64 {
        Class::ALL.iter().filter(|c| which(**c)).map(|c| self.traffic(*c).bytes).sum()
    }
}
