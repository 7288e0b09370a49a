//! What of a specification decides the fate of one unit.

use super::notice::Notice;
use super::places::Places;
use super::span::{Environment, ShockAt, Takes, recorded_shocks};
use crate::rng::Rng;
use crate::storage::{AwaySpec, Life, LifeFamily, PlacementRule, RepairBy, ShockSpec, Start, StorageSpec, Struck};

/// A unit and how it is kept.
#[derive(Debug, Clone)]
pub struct UnitSpec<'a> {
    /// Slots that are needed.
    pub(super) k: u32,
    /// All its slots.
    pub(super) n: u32,
    pub(super) life: Life,
    pub(super) start: Start,
    /// Whether how long a host has lived says anything about how long it lives on.
    pub(super) memory: bool,
    /// Whether a rebuilt slot is on a host of any age.
    pub(super) aged: bool,
    pub(super) presence: Option<Presence>,
    /// Whether slots can be away.
    pub(super) away: bool,
    pub(super) shocks: Vec<Shock>,
    /// Shocks that may concern it, per second, where they are drawn.
    pub(super) shock_rate: f64,
    pub(super) recorded: &'a [ShockAt],
    pub(super) places: Places,
    pub(super) notice: Notice,
    pub(super) repair: Option<Repair<'a>>,
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
    pub(super) parallel: u32,
    pub(super) takes: Takes<'a>,
}

impl<'a> UnitSpec<'a> {
    /// A unit of a storage run in this environment.
    pub fn of(spec: &StorageSpec, environment: &'a Environment) -> UnitSpec<'a> {
        let n = spec.code.total;
        let memory = matches!(spec.hosts.life.family, LifeFamily::Weibull | LifeFamily::Trace);
        let shock = |shock: &ShockSpec| Shock {
            hits: shock.hits,
            share: shock.share,
            // Of a slot, that its region or operator is struck.
            rate: if shock.hits == Struck::All { 1.0 } else { f64::from(n) } / shock.every.secs(),
            away_for: shock.away_for.map(|span| span.secs()),
        };
        let shocks: Vec<Shock> = spec.shocks.iter().map(shock).collect();
        let recorded = recorded_shocks(environment);
        UnitSpec {
            k: spec.code.data,
            n,
            life: Life::of(&spec.hosts.life),
            start: spec.hosts.life.start,
            memory,
            aged: memory && spec.placement.rule != PlacementRule::Groups && spec.hosts.count > n,
            presence: spec.hosts.away.as_ref().map(Presence::of),
            away: spec.hosts.away.is_some() || shocks.iter().any(|shock| shock.away_for.is_some()),
            shock_rate: if recorded.is_empty() { shocks.iter().map(|shock| shock.rate).sum() } else { 0.0 },
            shocks,
            recorded,
            places: Places::of(spec),
            notice: Notice::of(&spec.detect),
            repair: (spec.repair.by != RepairBy::Nobody).then(|| Repair {
                threshold: spec.threshold(),
                together: spec.repair.together,
                parallel: if spec.repair.parallel == 0 { u32::MAX } else { spec.repair.parallel },
                takes: Takes::of(spec, environment),
            }),
        }
    }

    /// Gone slots at which it is lost.
    pub fn lost(&self) -> u32 {
        self.n - self.k + 1
    }

    /// The age of the host on which a slot is rebuilt now.
    pub(super) fn new_age(&self, now: f64, rng: &mut Rng) -> f64 {
        match (self.aged, self.start) {
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
