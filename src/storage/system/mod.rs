//! Histories of the whole system: hosts live, die, go away and come back; what they have is
//! missed, noticed and rebuilt on others.
//!
//! What does not change costs nothing: a host has one event, a death walks its own slots, and
//! proofs are no events. What an event does to hosts and slots is done in full before any
//! repair begins on account of it, so that what is lost at one moment is counted together.
//!
//! Where the specification leaves it open:
//! - Hosts of a system that has run for ever are away at the start in proportion, and have
//!   been for some time; hosts that are fresh are all there. A life goes on while a host is
//!   away, and ends there. Shocks strike hosts that are there.
//! - A rebuild has its new host from its begin, and begins again elsewhere when that dies or
//!   goes away; where rebuilds resume, it waits for one that is away and goes on there. It begins
//!   when as many slots are there as it takes, though its span be drawn.
//! - Who returns has its slots again, unless they were rebuilt elsewhere by then.
//! - Units of a dataset that is lost by another one are kept on, till all its units end.
//! - Where a span is drawn, bytes are in the totals and on nobody's links.

mod books;
mod branches;
mod ends;
mod hosts;
mod jobs;
mod moves;
mod pauses;
mod place;
mod race;
mod slots;
mod start;
mod state;
#[cfg(test)]
mod tests;

use super::outcome::{FillOutcome, HistoryOutcome, RepairOutcome, Sample, ShockAt, StorageOutcome, Totals};
use super::{SpanFamily, SpanSpec, StorageSpec};
use crate::engine::EventList;
use crate::network::Bulk;
use crate::rng::{Rng, mix};
use crate::units::Time;
use books::Integrals;
use branches::Watch;
pub(super) use branches::unit_loss;
pub use branches::{kept_bytes, most_events};
use jobs::Job;
use moves::Part;
use state::{Counts, Dataset, Host, Node, Rules, Slot, Unit};
use std::collections::VecDeque;

/// Events between two looks at whether to go on.
const LOOK_EVERY: u64 = 4096;

/// Moments at which the digest of the first history is noted.
const CHECKPOINTS: u64 = 64;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StorageProgress {
    /// The time of the history that is being followed.
    pub time: Time,
    /// How much is done of all histories, from 0 to 1.
    pub share: f64,
    /// Events handled.
    pub events: u64,
}

/// Follows the system through its histories. History 0 has the seed of the specification, h
/// another `mix(seed ^ mix(h))`. Where `filled` is given, slots are at the start where it says,
/// and datasets that it did not fill are left out. `watch` is called now and then; when it says
/// no, the run ends there, and what has come to its end stays.
pub fn histories(
    spec: &StorageSpec,
    filled: Option<&FillOutcome>,
    watch: &mut dyn FnMut(StorageProgress) -> bool,
) -> StorageOutcome {
    let mut outcome = StorageOutcome { complete: true, ..StorageOutcome::default() };
    for number in 0..spec.histories {
        let mut history = History::new(spec, seed_of(spec, number), filled, number == 0);
        let before = outcome.events;
        let mut goes_on = |time: Time, events: u64| {
            let within = if spec.horizon == Time::ZERO { 1.0 } else { time.secs() / spec.horizon.secs() };
            let share = (f64::from(number) + within) / f64::from(spec.histories);
            watch(StorageProgress { time, share, events: before + events })
        };
        if !history.run(&mut goes_on) {
            outcome.complete = false;
            break;
        }
        history.finish(number, &mut outcome);
    }
    outcome.totals.times_to_repair.sort();
    outcome
}

fn seed_of(spec: &StorageSpec, number: u32) -> u64 {
    if number == 0 { spec.seed } else { mix(spec.seed ^ mix(u64::from(number))) }
}

/// Another history, in which a shock of this entry strikes half way: what rebuilds take after
/// one, where none came in the histories. Nothing when `goes_on` ended it.
pub(super) fn aftermath(
    spec: &StorageSpec,
    filled: Option<&FillOutcome>,
    entry: u32,
    goes_on: &mut dyn FnMut() -> bool,
) -> Option<StorageOutcome> {
    let seed = mix(spec.seed ^ mix(u64::from(spec.histories) + u64::from(entry)));
    let mut history = History::new(spec, seed, filled, true);
    history.list.push(spec.horizon / 2, Event::Shock { entry, stamp: 0 });
    let mut outcome = StorageOutcome::default();
    history.run(&mut |_, _| goes_on()).then(|| {
        history.finish(0, &mut outcome);
        outcome
    })
}

/// Draws how long something takes.
fn span(spec: SpanSpec, rng: &mut Rng) -> Time {
    match spec.family {
        SpanFamily::Exponential => Time::from_secs_f64(-spec.mean.secs() * libm::log(rng.uniform())),
        SpanFamily::Fixed => spec.mean,
    }
}

/// What happens at a moment.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// A host dies, goes away, comes back or comes, if the stamp is its latest.
    Host { host: u32, stamp: u32 },
    /// A shock of this entry, if the stamp is its latest.
    Shock { entry: u32, stamp: u32 },
    /// It is noticed that a slot is missing, if the stamp is its latest.
    Noticed { slot: u32, stamp: u32 },
    /// A rebuild begins to move something or is done, if the stamp is its latest.
    Job { job: u32, stamp: u32 },
    /// A dataset was kept for as long as was asked for.
    Ended(u32),
    /// A sample is taken.
    Sample,
}

/// What the digest of a history is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Comes,
    Dies,
    Leaves,
    Returns,
    Shock,
    Noticed,
    UnitLost,
    Begins,
    Starts,
    Delivered,
    Rebuilt,
    BreaksOff,
    Ended,
    OutOfRace,
}

/// A history as it goes on.
#[derive(Clone)]
struct History<'a> {
    spec: &'a StorageSpec,
    rules: Rules,
    seed: u64,
    is_first: bool,
    now: Time,
    list: EventList<Event>,
    slots: Vec<Slot>,
    /// By slot: the class of hosts that it goes to, [`place::ANY`] where any will do; empty where
    /// that is so of all.
    slot_classes: Vec<u8>,
    units: Vec<Unit>,
    hosts: Vec<Host>,
    datasets: Vec<Dataset>,
    /// By domain, then by class: hosts that may get a slot.
    open: Vec<u32>,
    shocks: Vec<Rng>,
    shock_stamps: Vec<u32>,
    jobs: Vec<Job>,
    jobs_free: Vec<u32>,
    /// Rebuilds that wait for a worker, with their stamps.
    queue: VecDeque<(u32, u32)>,
    /// Rebuilds that wait for a host, by group where hosts stand in groups.
    homeless: Vec<VecDeque<(u32, u32)>>,
    homeless_count: usize,
    /// Rebuilds under way, and workers that have none.
    busy: u32,
    idle: Vec<u32>,
    /// Units to be looked at, and hosts to be offered, when the event is over.
    dirty: Vec<u32>,
    freed: Vec<u32>,
    /// Transfers, where links and bytes decide.
    bulk: Option<Bulk>,
    nodes: Vec<Node>,
    parts: Vec<Part>,
    parts_free: Vec<u32>,
    /// By transfer: what it is for.
    part_of: Vec<u32>,
    /// Lists that are used again and again.
    order: Vec<(u32, u32)>,
    noticed: Vec<(Time, u32)>,
    sources: Vec<u32>,
    racing: Vec<(u32, u32)>,
    counts: Counts,
    integrals: Integrals,
    totals: Totals,
    /// Bytes moved to repair until the last sample.
    sampled_bytes: u64,
    /// Slots of which it was noticed that they are missing.
    freed_slots: u64,
    /// Slots of units that were to be kept no longer.
    ended_slots: u64,
    outcome: HistoryOutcome,
    repairs: Vec<RepairOutcome>,
    struck: Vec<ShockAt>,
    series: Vec<Sample>,
    checkpoints: Vec<(Time, u64)>,
    digest: u64,
    events: u64,
    warnings: Vec<String>,
    watch: Option<Box<Watch>>,
}

impl History<'_> {
    /// Goes on to the horizon; false when `goes_on` said no before.
    fn run(&mut self, goes_on: &mut dyn FnMut(Time, u64) -> bool) -> bool {
        while let Some((at, flow)) = self.next() {
            if at > self.spec.horizon {
                break;
            }
            if self.step(at, flow) && self.events.is_multiple_of(LOOK_EVERY) && !goes_on(self.now, self.events) {
                return false;
            }
        }
        self.advance(self.spec.horizon);
        goes_on(self.now, self.events)
    }

    /// Lets happen what happens next; whether it still meant something.
    fn step(&mut self, at: Time, flow: Option<u32>) -> bool {
        self.advance(at);
        let counts = match flow {
            Some(flow) => {
                self.flow_ended(flow);
                true
            }
            None => self.handle(),
        };
        self.settle();
        self.events += u64::from(counts);
        counts
    }

    /// When something happens next, and the transfer whose end it is, if it is one. What is
    /// listed for the same moment comes first.
    fn next(&mut self) -> Option<(Time, Option<u32>)> {
        let listed = self.list.peek();
        if listed == Some(self.now) {
            return listed.map(|at| (at, None)); // rates need not be known yet
        }
        if let Some(flow) = self.bulk.as_ref().and_then(|bulk| bulk.over(self.now)) {
            return Some((self.now, Some(flow))); // nor yet, when many end at a time
        }
        let flow = self.bulk.as_mut().and_then(Bulk::first_end);
        match (listed, flow) {
            (Some(at), Some((end, _))) if at <= end => Some((at, None)),
            (_, Some((end, flow))) => Some((end, Some(flow))),
            (Some(at), None) => Some((at, None)),
            (None, None) => None,
        }
    }

    /// Handles the next event of the list; whether it still meant something.
    fn handle(&mut self) -> bool {
        match self.list.pop() {
            Some((_, Event::Host { host, stamp })) => self.turn(host, stamp),
            Some((_, Event::Noticed { slot, stamp })) => self.noticed(slot, stamp),
            Some((_, Event::Job { job, stamp })) => self.job_due(job, stamp),
            Some((_, Event::Shock { entry, stamp })) => {
                let counts = stamp == self.shock_stamps[entry as usize];
                if counts {
                    self.strike(entry);
                }
                counts
            }
            Some((_, Event::Ended(dataset))) => {
                self.end_dataset(dataset);
                true
            }
            Some((_, Event::Sample)) => {
                self.sample();
                self.await_sample();
                false
            }
            None => false,
        }
    }

    /// Digests what happens.
    fn note(&mut self, kind: Kind, entity: u32) {
        let what = (kind as u64) << 32 | u64::from(entity);
        self.digest = mix(mix(self.digest ^ self.now.nanos()) ^ what);
    }
}
