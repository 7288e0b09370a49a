//! What there is at a moment: slots, units, hosts, datasets, and the rules they follow.

use super::super::outcome::{DatasetOutcome, HostOutcome};
use super::super::pace::Links;
use super::super::{Class, Life, RebuiltOn, Start, StorageSpec};
use crate::rng::Rng;
use crate::units::Time;
use std::ops::Range;

/// No host, no rebuild, no transfer.
pub(super) const NONE: u32 = u32::MAX;

/// A slot of a unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    /// The host that has it, there or away; [`NONE`] when it is gone.
    pub host: u32,
    /// Its place in the list of that host.
    pub place: u32,
    /// The host that it is being rebuilt on.
    pub target: u32,
    /// Its place among what is coming to that host.
    pub target_place: u32,
    /// The rebuild that it waits for or is in.
    pub job: u32,
    /// Which of its absences a notice is about.
    pub stamp: u32,
    /// When it was lost or went away.
    pub lost: Time,
    /// When that was noticed; [`Time::NEVER`] before, and while it is there.
    pub noticed: Time,
}

impl Slot {
    pub const NOWHERE: Slot = Slot {
        host: NONE,
        place: NONE,
        target: NONE,
        target_place: NONE,
        job: NONE,
        stamp: 0,
        lost: Time::ZERO,
        noticed: Time::NEVER,
    };

    pub fn is_noticed(&self) -> bool {
        self.noticed < Time::NEVER
    }
}

/// A unit.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    /// Slots that are gone.
    pub gone: u32,
    /// Slots that are gone or away.
    pub missing: u32,
    /// Slots of which that was noticed.
    pub noticed: u32,
    /// Rebuilds under way.
    pub running: u32,
    /// The repair of all its slots together.
    pub whole: u32,
    /// The first of the rebuilds of its slots that are late: these are rebuilt.
    pub late: u32,
    /// Lost, or never there.
    pub lost: bool,
    /// Its repair has begun and goes on until nothing is missing as far as was noticed.
    pub repairing: bool,
    /// Since when.
    pub due: Time,
    /// A rebuild waits for sources.
    pub starving: bool,
    /// It is on the list of units to be looked at.
    pub listed: bool,
    /// What its repairs draw.
    pub draws: Rng,
    /// What its detection draws.
    pub notices: Rng,
}

/// A place for a host.
#[derive(Debug, Clone)]
pub(super) struct Host {
    /// Which class it is of.
    pub class: u8,
    pub alive: bool,
    /// Alive and not away.
    pub up: bool,
    /// Whether its life is to count from its first slot, and it had none.
    pub is_new: bool,
    /// May get a slot: up, with room and below its limit of rebuilds.
    pub open: bool,
    /// Which of its pending events counts.
    pub stamp: u32,
    pub dies: Time,
    /// When its life began, in seconds: before the start, where it had an age then.
    pub born: f64,
    /// When it goes away or comes back.
    pub turns: Time,
    /// Since when it is there or away, in seconds, where it was drawn for how long.
    pub turned: Option<f64>,
    /// Since when it is up, while it is.
    pub since: Time,
    pub lives: Rng,
    pub absences: Rng,
    pub slots: Vec<u32>,
    /// Slots that are being rebuilt on it.
    pub incoming: Vec<u32>,
    /// Rebuilds on it of slots that may be rebuilt elsewhere before.
    pub rivals: Vec<u32>,
    pub outcome: HostOutcome,
}

impl Host {
    /// Slots that it has room for no more, for it has or expects others in their place.
    pub fn taken(&self) -> usize {
        self.slots.len() + self.incoming.len() + self.rivals.len()
    }
}

/// An end of transfers: a host, or after these a repair worker or an owner.
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    /// Its transfers, by part.
    pub parts: Vec<u32>,
    pub sent: u64,
    pub received: u64,
}

/// A dataset.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dataset {
    pub outcome: DatasetOutcome,
    /// Units that cannot be read now, and since when there are any.
    pub unreadable: u32,
    pub since: Time,
}

/// Slots by what became of them, of units that are not lost, and other running counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Units that are not lost.
    pub units: u64,
    /// Of these, units that cannot be read.
    pub unreadable: u64,
    pub gone: u64,
    pub away: u64,
    pub hosts_up: u32,
    pub units_lost: u64,
}

/// Numbers of a specification that are asked for again and again.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub n: u32,
    pub m: u32,
    pub threshold: u32,
    pub units_per_dataset: u32,
    pub classes: Vec<ClassRules>,
    /// The mean links of hosts.
    pub links: Links,
    /// The classes of a unit's slots at the start; of any, where there are none.
    pub first_classes: Vec<u8>,
    pub rebuilt_on: RebuiltOn,
    /// By class, with which probability a slot is rebuilt on it.
    pub mix: Vec<f64>,
    /// Times that a host is there and is away, if it goes away.
    pub up_and_away: Option<(Life, Life)>,
    /// Bytes of a slot on the wire, from a source and to a new host; one at the least.
    pub fetched: u64,
    pub pushed: u64,
}

/// Numbers of a class of hosts.
#[derive(Debug, Clone)]
pub(super) struct ClassRules {
    pub hosts: Range<u32>,
    pub life: Life,
    pub start: Start,
    /// Slots that each has room for.
    pub room: u32,
    /// Capacities of its links, in bytes per second.
    pub up: f64,
    pub down: f64,
}

impl ClassRules {
    fn new(class: &Class, slot: u64) -> Self {
        ClassRules {
            hosts: class.hosts.clone(),
            life: Life::of(class.life),
            start: class.life.start,
            room: class.disk.get().checked_div(slot).map_or(u32::MAX, |room| room.min(u64::from(u32::MAX)) as u32),
            up: class.up.bytes_per_second(),
            down: class.down.bytes_per_second(),
        }
    }
}

impl Rules {
    pub fn new(spec: &StorageSpec) -> Self {
        let slot = spec.slot_size().get();
        let wire = slot as f64 * spec.repair.transfer.wire_per_byte;
        let span = |mean: Time, shape| Life::weibull(mean.secs(), shape);
        let away = spec.hosts.away;
        Rules {
            n: spec.code.total,
            m: spec.parity(),
            threshold: spec.threshold(),
            units_per_dataset: spec.units_per_dataset() as u32,
            classes: spec.hosts.by_class().iter().map(|class| ClassRules::new(class, slot)).collect(),
            first_classes: spec.first_classes().into_iter().map(|class| class as u8).collect(),
            links: spec.mean_links(),
            rebuilt_on: spec.repair.class,
            mix: spec.mix(),
            up_and_away: away.map(|away| (span(away.up, away.up_shape), span(away.down, away.down_shape))),
            fetched: (libm::round(wire * spec.repair.transfer.fetched) as u64).max(1),
            pushed: (libm::round(wire) as u64).max(1),
        }
    }
}
