//! What of a specification decides the fate of one unit.

use super::notice::Notice;
use super::places::Places;
use super::span::{Environment, Takes};
use crate::rng::Rng;
use crate::storage::{AwaySpec, Life, LifeFamily, LifeSpec, RepairBy, ShockSpec, Start, StorageSpec, Struck};

/// A unit and how it is kept.
#[derive(Debug, Clone)]
pub struct UnitSpec<'a> {
    /// Slots that are needed.
    pub(super) k: u32,
    /// All its slots.
    pub(super) n: u32,
    /// By class of hosts, as [`Places`] numbers them.
    lives: Vec<Lives>,
    pub(super) presence: Option<Presence>,
    /// Whether slots can be away.
    pub(super) away: bool,
    pub(super) shocks: Vec<Shock>,
    /// Shocks that may concern it, per second.
    pub(super) shock_rate: f64,
    /// Whether all shocks concern it: rebuilds take longer after them wherever they strike.
    pub(super) all_shocks: bool,
    pub(super) places: Places,
    /// From the death of a host to the coming of the one that takes its place.
    pub(super) replaced_after: f64,
    /// Whether the life of a host that comes counts from its first slot.
    pub(super) none_to_spare: bool,
    pub(super) notice: Notice,
    pub(super) repair: Option<Repair<'a>>,
    /// How long it is kept, seconds: each of these is as likely; to the end where there are none.
    lasts: &'a [f64],
    spec: &'a StorageSpec,
}

/// How long hosts live.
#[derive(Debug, Clone)]
pub(super) struct Lives {
    pub(super) life: Life,
    pub(super) start: Start,
    /// Whether how long a host has lived says anything about how long it lives on.
    memory: bool,
}

/// Hosts that go away and come back.
#[derive(Debug, Clone)]
pub(super) struct Presence {
    pub(super) up: Life,
    pub(super) down: Life,
    /// Share of time that a host is there.
    pub(super) there: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shock {
    pub(super) hits: Struck,
    pub(super) share: f64,
    /// How many regions or operators there are, of which it strikes one.
    pub(super) parts: u32,
    /// Those that may concern the unit, per second.
    pub(super) rate: f64,
    /// How long those it strikes are away; for good when absent.
    pub(super) away_for: Option<f64>,
}

/// How missing slots are rebuilt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Repair<'a> {
    /// Slots not noticed to be missing at which it begins.
    pub(super) threshold: u32,
    pub(super) together: bool,
    /// Whether a new host fetches what all others get.
    pub(super) led: bool,
    /// Whether a rebuild waits while its new host is away.
    pub(super) resumes: bool,
    pub(super) parallel: u32,
    /// Hosts that rebuild a slot beside the first; where a span is drawn, that is of one.
    pub(super) rivals: u32,
    /// How long it waits for what others of the system hold.
    pub(super) waits: Takes<'a>,
    /// How long it takes from its begin.
    pub(super) takes: Takes<'a>,
}

/// How many hosts a unit follows: those with its slots and those that get them, or all where
/// they are few.
pub fn followed_hosts(spec: &StorageSpec) -> usize {
    Places::of(spec).followed()
}

impl<'a> UnitSpec<'a> {
    /// A unit of a storage run in this environment.
    pub fn of(spec: &'a StorageSpec, environment: &'a Environment) -> UnitSpec<'a> {
        let n = spec.code.total;
        let (waits, takes) = (Takes::wait(environment), Takes::of(spec, environment));
        let all_shocks = takes.knows_shocks();
        let places = Places::of(spec);
        let shock = |shock: &ShockSpec| {
            let parts = match shock.hits {
                Struck::All => 1,
                Struck::Region => spec.hosts.regions,
                Struck::Operator => spec.hosts.operators.unwrap_or(spec.hosts.count),
            };
            // Of all parts, or of each host that is followed, that its region or operator is struck.
            let often =
                if all_shocks || shock.hits == Struck::All { f64::from(parts) } else { places.followed() as f64 };
            let away_for = shock.away_for.map(|span| span.secs());
            Shock { hits: shock.hits, share: shock.share, parts, rate: often / shock.every.secs(), away_for }
        };
        let shocks: Vec<Shock> = spec.shocks.iter().map(shock).collect();
        let is_repaired = spec.repair.by != RepairBy::Nobody;
        UnitSpec {
            k: spec.code.data,
            n,
            lives: match spec.hosts.one_life() {
                Some(life) => vec![Lives::of(life)],
                None => spec.hosts.by_class().iter().map(|class| Lives::of(class.life)).collect(),
            },
            // Where nobody repairs, only shocks ask who is there.
            presence: spec.hosts.away.as_ref().filter(|_| is_repaired || !shocks.is_empty()).map(Presence::of),
            away: spec.hosts.away.is_some() || shocks.iter().any(|shock| shock.away_for.is_some()),
            shock_rate: shocks.iter().map(|shock| shock.rate).sum(),
            all_shocks,
            shocks,
            places,
            replaced_after: spec.hosts.replaced_after.secs(),
            none_to_spare: spec.has_no_hosts_to_spare(),
            notice: Notice::of(&spec.detect),
            repair: is_repaired.then(|| Repair {
                threshold: spec.threshold(),
                together: spec.repair.together,
                led: spec.shares_links() && !matches!(spec.repair.by, RepairBy::Worker | RepairBy::Owner),
                rivals: if spec.shares_links() { spec.rivals() } else { 0 },
                parallel: if spec.repair.parallel == 0 { u32::MAX } else { spec.repair.parallel },
                resumes: spec.repair.resumes,
                waits,
                takes,
            }),
            lasts: &[],
            spec,
        }
    }

    /// The same, kept for one of these spans, in seconds, each of which is as likely.
    pub fn lasting(self, lasts: &'a [f64]) -> Self {
        UnitSpec { lasts, ..self }
    }

    /// When a unit ends.
    pub(super) fn ends(&self, rng: &mut Rng) -> f64 {
        match self.lasts {
            [] => f64::INFINITY,
            [one] => *one,
            several => several[rng.below(several.len() as u64) as usize],
        }
    }

    /// Gone slots at which it is lost.
    pub fn lost(&self) -> u32 {
        self.n - self.k + 1
    }

    /// Slots that a rebuild reads when so many are missing.
    pub(super) fn sources(&self, missing: u32) -> u32 {
        self.spec.sources(missing)
    }

    /// How long a host lives that has this number.
    pub(super) fn lives(&self, host: u32) -> &Lives {
        &self.lives[self.places.class(host)]
    }
}

impl Lives {
    fn of(spec: &LifeSpec) -> Self {
        let memory = matches!(spec.family, LifeFamily::Weibull | LifeFamily::Trace);
        Lives { life: Life::of(spec), start: spec.start, memory }
    }

    /// The age of a host at the start.
    pub(super) fn first_age(&self, rng: &mut Rng) -> f64 {
        if self.memory { self.life.first_age(self.start, rng) } else { 0.0 }
    }

    /// The age of a host that is drawn from all now.
    pub(super) fn new_age(&self, now: f64, rng: &mut Rng) -> f64 {
        match (self.memory, self.start) {
            (false, _) => 0.0,
            (true, Start::Stationary) => self.life.first_age(Start::Stationary, rng),
            (true, Start::Fresh) => {
                let (mut born, mut dies) = (0.0, self.life.remaining(0.0, rng));
                while dies < now {
                    (born, dies) = (dies, dies + self.life.remaining(0.0, rng));
                }
                now - born
            }
        }
    }
}

impl Presence {
    fn of(spec: &AwaySpec) -> Self {
        let (up, down) = (spec.up.secs(), spec.down.secs());
        Presence {
            up: Life::weibull(up, spec.up_shape),
            down: Life::weibull(down, spec.down_shape),
            there: up / (up + down),
        }
    }

    pub(super) fn spell(&self, there: bool) -> &Life {
        if there { &self.up } else { &self.down }
    }
}
