//! What comes out of a storage run.

use super::Spans;
use super::splitting::Estimate;
use crate::units::Time;

/// What comes out of a storage run: sums over all histories, and of the first one in full.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StorageOutcome {
    /// Whether it came to its end.
    pub complete: bool,
    /// Each history that came to its end.
    pub histories: Vec<HistoryOutcome>,
    /// The 95 % interval of the mean number of datasets lost in one of them; nothing of one.
    pub lost_interval: Option<(f64, f64)>,
    /// Over all of these.
    pub totals: Totals,
    /// Of the first: by host, its number being that of its place.
    pub hosts: Vec<HostOutcome>,
    /// Of the first: by dataset.
    pub datasets: Vec<DatasetOutcome>,
    /// Of the first: rebuilds in the order in which they ended or were given up; none beyond
    /// [`MOST_REPAIRS`].
    pub repairs: Vec<RepairOutcome>,
    /// Of the first: shocks in order of time.
    pub shocks: Vec<ShockAt>,
    /// Of the first, at even distances.
    pub series: Vec<Sample>,
    /// How datasets came to their hosts, where that was simulated.
    pub fill: Option<FillOutcome>,
    /// Datasets that there are when the horizon begins.
    pub datasets_there: u32,
    /// How long each of these is kept in it, s, in the mean; nothing where that is all of it.
    pub kept_s: Option<f64>,
    /// The probability that a unit is lost within the horizon, and how it was found.
    pub unit_loss: Option<Found>,
    /// The same of a dataset.
    pub dataset_loss: Option<Found>,
    /// The probability that any dataset is lost.
    pub any_loss: Option<Found>,
    /// The exact number of the same where the setting is one that is solved exactly.
    pub exact: Option<Exact>,
    /// Digest of the ordered event stream of all histories, with the moments at which it
    /// was noted.
    pub fingerprint: u64,
    /// Digest of the event stream of the first history as it grew.
    pub checkpoints: Vec<(Time, u64)>,
    /// Events handled, those of split histories left out.
    pub events: u64,
    /// Rules that did not hold.
    pub violations: Vec<String>,
    /// What should be looked at before a number is trusted.
    pub warnings: Vec<String>,
}

/// Rebuilds that are noted one by one.
pub const MOST_REPAIRS: usize = 1_000_000;

/// A probability, its 95 % interval and how it was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// The number.
    pub estimate: Estimate,
    /// How.
    pub by: FoundBy,
}

/// How a probability was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// Counted in histories of the system.
    Counting,
    /// By histories of one unit, split where its loss is rare.
    Splitting,
    /// Not found: it lies within the interval, of which the number is the upper end.
    Bounds,
}

/// The exact number of a setting that is solved exactly.
#[derive(Debug, Clone, PartialEq)]
pub struct Exact {
    /// Which model, in words.
    pub model: &'static str,
    /// Probability that a unit is lost within the horizon.
    pub unit_loss: f64,
    /// Mean time to the loss of a unit, in s, where the model has one.
    pub mttdl_s: Option<f64>,
}

/// One history of the system.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HistoryOutcome {
    /// Datasets that were lost.
    pub lost: u32,
    /// Units that were lost.
    pub units_lost: u32,
    /// When the first dataset was.
    pub first_loss: Option<Time>,
}

/// Sums over histories. Bytes are on the wire.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Totals {
    /// Hosts that died.
    pub deaths: u64,
    /// Times that a host went away.
    pub absences: u64,
    /// Shocks.
    pub shocks: u64,
    /// Slots that were lost with their hosts, those of units lost already left out.
    pub slots_lost: u64,
    /// Repairs that were begun: of a slot, or of all of a unit together.
    pub repairs: u64,
    /// Slots that were rebuilt.
    pub rebuilt: u64,
    /// Slots that were rebuilt though they were only away.
    pub unneeded: u64,
    /// Repairs that were given up: whom they went to, or too many sources, died meanwhile.
    pub given_up: u64,
    /// Bytes fetched to repair.
    pub repair_fetched: u64,
    /// Bytes sent on to new hosts by who repairs for others.
    pub repair_sent: u64,
    /// Of both, what was for repairs that were not needed.
    pub unneeded_bytes: u64,
    /// Of both, what was for repairs that were given up.
    pub given_up_bytes: u64,
    /// Hosts that reserved a slot beside the one that it was to come to, and began to rebuild it too.
    pub rivals: u64,
    /// Hosts that had rebuilt a slot when another had it already.
    pub lost_races: u64,
    /// Of the bytes fetched, those of hosts that reserved a slot and did not get it.
    pub raced_bytes: u64,
    /// Seconds that rebuilt slots waited from when they were to be rebuilt (noticed, and few
    /// enough slots of their unit left) to the begin of the rebuild.
    pub waited_s: f64,
    /// From the loss of a slot to its being rebuilt, of each one rebuilt, sorted.
    pub times_to_repair: Spans,
    /// Seconds for which units that were not lost could not be read, summed over units.
    pub unreadable_unit_s: f64,
    /// Seconds of units that were to be kept and not lost, summed over units.
    pub unit_s: f64,
    /// Seconds for which a slot of a unit that was not lost was gone or away, over slots.
    pub missing_slot_s: f64,
    /// Proofs that were asked for.
    pub proofs: f64,
    /// Transactions: proofs, missed ones that were marked, reservations, fillings (tried ones too),
    /// freeings.
    pub transactions: f64,
    /// Seconds that repairs were held back, by what: the uplinks of those who sent, the
    /// downlinks of those who received, a limit (of rate, workers, rebuilds at a time), the
    /// room on disks, too few sources that were there.
    pub held_back_s: [f64; HELD_BACK.len()],
}

/// What holds a repair back, as it is called in results.
pub const HELD_BACK: [&str; 5] = ["uplink", "downlink", "limit", "disk", "sources"];

/// A place for a host.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HostOutcome {
    /// Hosts that died there.
    pub deaths: u32,
    /// Slots there at the end.
    pub slots: u32,
    /// The most slots at a time.
    pub most_slots: u32,
    /// Seconds that a host was there.
    pub up_s: f64,
    /// Bytes received.
    pub received: u64,
    /// Bytes sent.
    pub sent: u64,
}

/// A dataset.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DatasetOutcome {
    /// When it was lost, if it was.
    pub lost: Option<Time>,
    /// When it had been kept for as long as was asked for, if that came and it was not lost.
    pub ended: Option<Time>,
    /// Slots that were rebuilt.
    pub rebuilt: u32,
    /// The fewest slots that any of its units had left.
    pub fewest: u32,
    /// Seconds for which not all of its units could be read, before it was lost.
    pub unreadable_s: f64,
    /// Bytes moved to repair it.
    pub repair_bytes: u64,
}

/// A rebuild of one slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RepairOutcome {
    /// Which unit.
    pub unit: u64,
    /// Which of its slots.
    pub slot: u32,
    /// When the slot was lost, or went away.
    pub lost: Time,
    /// When that was noticed.
    pub noticed: Time,
    /// Since when the slot was to be rebuilt: noticed, and of its unit few enough slots left.
    pub due: Time,
    /// Since when the rebuild waited for nothing of its own unit: not for its turn there, nor
    /// for sources.
    pub asked: Time,
    /// When the rebuild began.
    pub began: Time,
    /// Slots of the unit that were missing then.
    pub missing: u32,
    /// For how long it was held up since then, while its new host was away.
    pub held_up: Time,
    /// When it ended or was given up.
    pub ended: Time,
    /// The new host.
    pub host: u32,
    /// Bytes that it moved, its share where several slots were rebuilt at once.
    pub bytes: u64,
    /// Whether the slot was rebuilt.
    pub rebuilt: bool,
    /// Whether it was only away.
    pub unneeded: bool,
}

/// A shock that struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShockAt {
    /// When.
    pub time: Time,
    /// Which of the specification's shocks.
    pub shock: u32,
}

/// How things stand at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sample {
    /// When.
    pub time: Time,
    /// Slots gone, of units that are not lost.
    pub missing: u64,
    /// Slots on hosts that are away.
    pub away: u64,
    /// Units that are lost.
    pub lost: u64,
    /// Slots that are being rebuilt.
    pub rebuilding: u64,
    /// Slots that wait to be.
    pub waiting: u64,
    /// Bytes moved to repair since the sample before.
    pub repair_bytes: u64,
    /// Hosts that are there.
    pub hosts_up: u32,
}

/// How datasets came to their hosts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FillOutcome {
    /// Datasets of which every slot was filled.
    pub filled: u32,
    /// Datasets that were cancelled: not all slots were filled in time.
    pub cancelled: u32,
    /// When the last of them was filled.
    pub ended: Time,
    /// How long each dataset took that was filled, from when it was given in, in order of size.
    pub times_s: Vec<f64>,
    /// Bytes that clients sent.
    pub client_bytes: u64,
    /// Bytes that hosts sent one another.
    pub host_bytes: u64,
    /// Bytes that hosts received of slots that another filled before them, or that were
    /// cancelled.
    pub wasted_bytes: u64,
    /// Reservations.
    pub reservations: u64,
    /// Downloads of slots that were begun.
    pub downloads: u64,
    /// Transactions.
    pub transactions: u64,
    /// By host: slots that it filled.
    pub slots: Vec<u32>,
    /// By slot, numbered as in the specification: the host that filled it, though the dataset may
    /// have ended since; `u32::MAX` where nobody filled it.
    pub host_of: Vec<u32>,
    /// By dataset, when all its slots were filled; [`Time::NEVER`] where they were not.
    pub filled_at: Vec<Time>,
    /// Datasets filled over time: (moment, how many).
    pub curve: Vec<(Time, u32)>,
    /// Seconds that downloads were held back, by what: the clients' uplinks, the hosts'
    /// downlinks, the hosts' uplinks, encoding, room on disks or queues.
    pub held_back_s: [f64; FILL_HELD_BACK.len()],
    /// A bound: no dispersal of this kind could be faster.
    pub bound: Time,
}

impl FillOutcome {
    /// How long a dataset is still to be kept when the filling is over, so many being asked for
    /// from when it was filled; zero where it was not, or has ended.
    pub fn left(&self, dataset: u32, duration: Option<Time>) -> Time {
        let filled = self.filled_at[dataset as usize];
        if filled == Time::NEVER {
            return Time::ZERO;
        }
        duration.map_or(Time::NEVER, |duration| (filled + duration).since(self.ended))
    }
}

/// What holds the filling back, as it is called in results.
pub const FILL_HELD_BACK: [&str; 5] = ["client_uplink", "host_downlink", "host_uplink", "encoding", "room"];
