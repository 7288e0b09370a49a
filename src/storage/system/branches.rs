//! How likely the loss of a unit is in a system in which rebuilds wait for one another.
//!
//! Whoever loses several slots of a unit loses much of others too, and all of it is rebuilt over the
//! same links by the same workers: what rebuilds take is not known without what died before. So the
//! system as a whole is followed. In histories of it, each moment is noted at which a unit has
//! come to have more slots gone than is usual; from some of these moments the whole system is
//! followed again and again, each time with other lives, until that unit has one more gone, or no more
//! than usual; and so on from level to level, as of single units (`splitting`). What was drawn before
//! and is of no host's life (how long it takes to notice, which hosts a unit chooses) is a part of the
//! moment.

use super::super::outcome::FillOutcome;
use super::super::splitting::{Estimate, FEWEST as FEWEST_REPETITIONS, with_interval};
use super::super::{Life, ShockSpec, StorageSpec, Struck};
use super::state::NONE;
use super::{History, LOOK_EVERY, seed_of};
use crate::rng::{Purpose, Rng, mix};
use crate::units::Time;

/// A level to which units come so often in one history is where branches begin.
const OFTEN: u64 = 200;

/// Branches that are to come from a level to the next, in a repetition; and branches from a level, at the
/// least and at the most.
const COME: f64 = 15.0;
const FEWEST: u32 = 60;
const MOST: u32 = 6000;

/// Events that all may take together for each history that `rare.starts` asks for: seconds in all. Where
/// the first history takes a good part of them, nothing is followed.
const EVENTS: f64 = 30_000.0;
const TOO_LONG: f64 = 0.1;

/// Events that this may take at the most.
pub fn most_events(spec: &StorageSpec) -> f64 {
    EVENTS * f64::from(spec.rare.starts)
}

/// Bytes that moments from which branches begin may take, and how many moments there are at the
/// most, and at the least for any branches.
const BYTES: f64 = 200e6;
const MOMENTS: f64 = 200.0;
const TOO_FEW: f64 = 20.0;

/// Histories from which branches begin, in one repetition, at the most; and shocks of each kind in all of
/// these, at the least: of rarer ones a unit by itself knows more, which draws its own.
const MOST_HISTORIES: f64 = 50.0;
const ENOUGH_SHOCKS: f64 = 50.0;

/// About how many bytes a history takes of so many slots, units and hosts.
fn size(slots: f64, units: f64, hosts: f64) -> f64 {
    60.0 * slots + 200.0 * units + 800.0 * hosts
}

/// Bytes that the moments take from which branches of such a system begin.
pub fn kept_bytes(slots: f64, units: f64, hosts: f64) -> f64 {
    let each = size(slots, units, hosts);
    let room = (BYTES / each / 2.0).min(MOMENTS);
    if room < TOO_FEW { 0.0 } else { 2.0 * room * each }
}

/// What is noted of units as a history goes on.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    /// Gone slots at which a branch may begin.
    begin: u32,
    /// Units that have come to so many just now.
    begun: Vec<u32>,
    /// By gone slots: how often a unit has come to have so many.
    came: Vec<u64>,
    /// The unit that is followed, and the most that it had gone.
    tag: u32,
    most: u32,
}

impl Watch {
    /// A unit has come to have so many slots gone.
    pub fn note(&mut self, unit: u32, gone: u32) {
        self.came[gone as usize] += 1;
        if gone == self.begin {
            self.begun.push(unit);
        }
        if unit == self.tag {
            self.most = self.most.max(gone);
        }
    }
}

impl History<'_> {
    /// Draws anew what is to come of hosts that are there, given what has been, and the next shocks.
    fn diverge(&mut self, seed: u64) {
        let now = self.now.secs();
        for number in 0..self.hosts.len() as u32 {
            let host = &mut self.hosts[number as usize];
            host.lives = Rng::stream(seed, Purpose::Lives, u64::from(number));
            host.absences = Rng::stream(seed, Purpose::Absences, u64::from(number));
            // Of who is away it was seen to when they are back, and is noticed what they have.
            if !host.up {
                continue;
            }
            if !host.is_new {
                let life = &self.rules.classes[host.class as usize].life;
                host.dies = self.now + Time::from_secs_f64(life.remaining(now - host.born, &mut host.lives));
            }
            if let (Some((there, _)), Some(turned)) = (&self.rules.up_and_away, host.turned) {
                host.turns = self.now + left(there, now - turned, &mut host.absences);
            }
            self.await_host(number);
        }
        for entry in 0..self.shocks.len() as u32 {
            self.shocks[entry as usize] = Rng::stream(seed, Purpose::Shocks, u64::from(entry));
            self.shock_stamps[entry as usize] += 1;
            self.await_shock(entry);
        }
    }

    /// Lets happen what happens next; false at the end of the horizon.
    fn goes_on(&mut self) -> bool {
        match self.next() {
            Some((at, flow)) if at <= self.spec.horizon => {
                self.step(at, flow);
                true
            }
            _ => false,
        }
    }

    /// About how many bytes it takes.
    fn size(&self) -> f64 {
        let [slots, units, hosts] = [self.slots.len(), self.units.len(), self.hosts.len()].map(|count| count as f64);
        size(slots, units, hosts) + 200.0 * (self.jobs.len() + self.parts.len()) as f64
    }
}

fn left(law: &Life, age: f64, rng: &mut Rng) -> Time {
    Time::from_secs_f64(law.remaining(age, rng))
}

/// Moments of histories, each with a unit that is followed from there: some of those that are offered,
/// all as likely (Vitter's reservoir, 1985).
struct Moments<'a> {
    kept: Vec<History<'a>>,
    offered: u64,
    room: usize,
    chance: Rng,
}

impl<'a> Moments<'a> {
    fn new(room: usize, chance: Rng) -> Self {
        Moments { kept: Vec::new(), offered: 0, room, chance }
    }

    /// Offers a history as it is now, with a unit.
    fn offer(&mut self, history: &History<'a>, unit: u32) {
        self.offered += 1;
        let place =
            if self.kept.len() < self.room { self.kept.len() } else { self.chance.below(self.offered) as usize };
        if place >= self.room {
            return;
        }
        let mut moment = history.clone();
        if let Some(watch) = &mut moment.watch {
            watch.begun.clear();
            if watch.tag != unit {
                (watch.tag, watch.most) = (unit, watch.begin.max(moment.units[unit as usize].gone));
            }
        }
        if place == self.kept.len() { self.kept.push(moment) } else { self.kept[place] = moment }
    }
}

/// How far a run of this is, and what it may still do.
struct Effort<'a> {
    events: u64,
    goes_on: &'a mut dyn FnMut() -> bool,
    stopped: bool,
}

impl Effort<'_> {
    fn spend(&mut self, events: u64) {
        self.events += events;
        self.stopped = self.stopped || !(self.goes_on)();
    }
}

/// The probability that a unit is lost within the horizon, of a system that has so many units at
/// its start. `Ok(None)` where that would take too long or found hardly any loss, `Err` where `goes_on`
/// ended it.
pub(in super::super) fn unit_loss(
    spec: &StorageSpec,
    filled: Option<&FillOutcome>,
    units: f64,
    goes_on: &mut dyn FnMut() -> bool,
) -> Result<Option<Estimate>, ()> {
    let mut effort = Effort { events: 0, goes_on, stopped: false };
    let lost = spec.parity() + 1;
    let mut first = watched(spec, filled, 0, u32::MAX);
    while first.goes_on() && !effort.stopped {
        if first.events as f64 > TOO_LONG * most_events(spec) {
            return Ok(None);
        }
        if first.events.is_multiple_of(4096) {
            effort.spend(4096);
        }
    }
    let came = first.watch.as_ref().map_or(vec![], |watch| watch.came.clone());
    let begin = (1..=lost).rev().find(|gone| came[*gone as usize] >= OFTEN).unwrap_or(1);
    let room = (BYTES / first.size() / 2.0).min(MOMENTS);
    if room < TOO_FEW {
        return Ok(None);
    }
    let wanted = f64::from(spec.rare.repetitions.max(FEWEST_REPETITIONS));
    let half = 0.5 * most_events(spec) / wanted;
    let histories = (half / first.events.max(1) as f64).clamp(1.0, MOST_HISTORIES).floor();
    if strikes(spec) * histories * wanted < ENOUGH_SHOCKS {
        return Ok(None);
    }
    let histories = histories as u32;
    let mut split = Split { spec, filled, histories, begin, lost, room: room as usize, starts: vec![] };
    drop(first);
    let before = effort.events;
    split.repetition(0, true, &mut effort);
    if split.starts.len() < (lost - begin) as usize && !effort.stopped {
        return Ok(None);
    }
    let each = (effort.events - before).max(1) as f64;
    let repetitions = (most_events(spec) / each).clamp(f64::from(FEWEST_REPETITIONS), wanted) as u32;
    let found: Vec<f64> = (0..repetitions).map(|number| split.repetition(number, false, &mut effort) / units).collect();
    if effort.stopped {
        return Err(());
    }
    let (probability, interval) = with_interval(&found, 1.0);
    if interval.0 == 0.0 {
        return Ok(None); // hardly any repetition found a loss
    }
    let histories = u64::from(split.starts.iter().sum::<u32>() + 1) * u64::from(repetitions);
    Ok(Some(Estimate { probability, interval, histories }))
}

/// How often the rarest of the shocks strikes in a history; without end where there are none.
fn strikes(spec: &StorageSpec) -> f64 {
    let parts = |hits| match hits {
        Struck::All => 1,
        Struck::Region => spec.hosts.regions,
        Struck::Operator => spec.hosts.operators.unwrap_or(spec.hosts.count),
    };
    let often = |shock: &ShockSpec| f64::from(parts(shock.hits)) * spec.horizon.secs() / shock.every.secs();
    spec.shocks.iter().map(often).fold(f64::INFINITY, f64::min)
}

fn watched<'a>(spec: &'a StorageSpec, filled: Option<&FillOutcome>, number: u32, begin: u32) -> History<'a> {
    let mut history = History::new(spec, seed_of(spec, number), filled, false);
    let came = vec![0; spec.code.total as usize + 1];
    history.watch = Some(Box::new(Watch { begin, begun: vec![], came, tag: NONE, most: 0 }));
    history
}

/// How a system is split.
struct Split<'a> {
    spec: &'a StorageSpec,
    filled: Option<&'a FillOutcome>,
    /// Histories from which branches begin, in one repetition.
    histories: u32,
    /// Gone slots at which branches begin, and at which a unit is lost.
    begin: u32,
    lost: u32,
    /// Moments that are kept.
    room: usize,
    /// By level beyond the first: how many branches come from there.
    starts: Vec<u32>,
}

impl<'a> Split<'a> {
    /// The losses that one repetition finds in a history: units that come to the first level, times the
    /// shares that come from each to the next. A pilot finds how many branches there are to be, unless
    /// it takes too long.
    fn repetition(&mut self, number: u32, is_pilot: bool, effort: &mut Effort) -> f64 {
        let seed = mix(seed_of(self.spec, number) ^ mix(u64::from(is_pilot) + 0x6272));
        let chance = |level: u32| Rng::stream(seed, Purpose::Splitting, u64::from(level) << 32);
        let mut moments = Moments::new(self.room, chance(self.begin));
        for history in number * self.histories..(number + 1) * self.histories {
            self.collect(watched(self.spec, self.filled, history, self.begin), &mut moments, effort);
        }
        let mut losses = moments.offered as f64 / f64::from(self.histories);
        for level in self.begin + 1..=self.lost {
            if moments.kept.is_empty() {
                self.starts.resize(if is_pilot { (self.lost - self.begin) as usize } else { self.starts.len() }, MOST);
                return 0.0;
            }
            let mut reached = Moments::new(self.room, chance(level));
            let at = (level - self.begin - 1) as usize;
            let planned = if is_pilot { MOST } else { self.starts[at] };
            let first = chance(level).below(moments.kept.len() as u64) as usize;
            let mut tried = 0;
            while tried < planned && !effort.stopped {
                let enough = reached.offered as f64 >= COME && tried >= FEWEST;
                if is_pilot && enough {
                    break;
                }
                if is_pilot && effort.events as f64 > most_events(self.spec) {
                    return 0.0;
                }
                let moment = &moments.kept[(first + tried as usize) % moments.kept.len()];
                let future = mix(seed ^ mix(u64::from(level) << 32 | u64::from(tried)));
                self.branch(moment, level, future, &mut reached, effort);
                tried += 1;
            }
            if is_pilot {
                let share = (reached.offered as f64 / f64::from(tried.max(1))).max(1.0 / f64::from(MOST));
                self.starts.push((COME / share).clamp(f64::from(FEWEST), f64::from(MOST)) as u32);
            }
            losses *= reached.offered as f64 / f64::from(tried.max(1));
            moments = reached;
        }
        losses
    }

    /// Follows a history to its end, and offers the moments at which units come to the first level.
    fn collect(&self, mut history: History<'a>, moments: &mut Moments<'a>, effort: &mut Effort) {
        let mut looked = 0;
        while history.goes_on() && !effort.stopped {
            let begun = history.watch.as_mut().map_or(vec![], |watch| std::mem::take(&mut watch.begun));
            begun.iter().for_each(|unit| moments.offer(&history, *unit));
            if history.events >= looked + LOOK_EVERY {
                effort.spend(history.events - looked);
                looked = history.events;
            }
        }
        effort.spend(history.events - looked);
    }

    /// Follows a system from a moment on with another future, until the unit comes to the level, or is
    /// as it usually is.
    fn branch(&self, moment: &History<'a>, level: u32, seed: u64, reached: &mut Moments<'a>, effort: &mut Effort) {
        let Some(tag) = moment.watch.as_ref().map(|watch| watch.tag) else { return };
        let most = |history: &History| history.watch.as_ref().map_or(0, |watch| watch.most);
        if most(moment) >= level {
            return reached.offer(moment, tag); // it came to several at one moment
        }
        let mut history = moment.clone();
        history.diverge(seed);
        let before = history.events;
        while most(&history) < level {
            let of = &history.units[tag as usize];
            if of.lost || of.gone < self.begin || !history.goes_on() {
                return effort.spend(history.events - before);
            }
        }
        effort.spend(history.events - before);
        reached.offer(&history, tag);
    }
}
