//! How long a rebuild takes.

use crate::rng::Rng;
use crate::storage::outcome::RepairOutcome;
use crate::storage::{RepairBy, SpanFamily, SpanSpec, StorageSpec};
use crate::units::Time;

/// How long something takes, seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Span {
    /// Exponential with this mean.
    Exponential(f64),
    /// Always so long.
    Fixed(f64),
}

impl Span {
    pub(in crate::storage) fn draw(self, rng: &mut Rng) -> f64 {
        match self {
            Span::Exponential(mean) => exponential(mean, rng),
            Span::Fixed(span) => span,
        }
    }
}

impl From<SpanSpec> for Span {
    fn from(spec: SpanSpec) -> Self {
        match spec.family {
            SpanFamily::Exponential => Span::Exponential(spec.mean.secs()),
            SpanFamily::Fixed => Span::Fixed(spec.mean.secs()),
        }
    }
}

/// An exponential span with this mean.
pub(super) fn exponential(mean: f64, rng: &mut Rng) -> f64 {
    -mean * libm::log(rng.uniform())
}

/// What a unit meets that it does not decide itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Environment {
    /// Nothing: spans and shocks are drawn for it alone. Where links decide how long a rebuild
    /// takes, it has them to itself.
    #[default]
    Own,
    /// What happened in a history of the whole system.
    Recorded(Recorded),
}

/// A history of the whole system, as far as it decides what becomes of one unit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recorded {
    /// Rebuilds, in order of when they became due.
    rebuilds: Vec<Rebuild>,
    /// Shocks, in order of time; none where they are to be drawn.
    shocks: Vec<ShockAt>,
}

/// A rebuild that was recorded, seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rebuild {
    due: f64,
    /// From then to its end.
    span: f64,
}

/// A shock that was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShockAt {
    /// When.
    pub time: Time,
    /// Which of the specification's shocks.
    pub shock: u32,
    /// Which region or operator it struck; of no meaning where it strikes all.
    pub place: u32,
}

/// Recorded rebuilds of which one is drawn.
const NEAREST: usize = 8;

impl Recorded {
    /// From rebuilds, each as (began, took, waited before it began), and shocks.
    pub fn new(rebuilds: impl IntoIterator<Item = (Time, Time, Time)>, mut shocks: Vec<ShockAt>) -> Self {
        let rebuild = |(began, took, waited): (Time, Time, Time)| Rebuild {
            due: began.since(waited).secs(),
            span: (took + waited).secs(),
        };
        let mut rebuilds: Vec<Rebuild> = rebuilds.into_iter().map(rebuild).collect();
        rebuilds.sort_by(|a, b| a.due.total_cmp(&b.due));
        shocks.sort_by_key(|shock| shock.time);
        Recorded { rebuilds, shocks }
    }

    /// From the outcome of a history: of the rebuilds that came to their end.
    pub fn of(repairs: &[RepairOutcome], shocks: Vec<ShockAt>) -> Self {
        let span =
            |repair: &RepairOutcome| (repair.began, repair.ended.since(repair.began), repair.began.since(repair.due));
        Recorded::new(repairs.iter().filter(|repair| repair.rebuilt).map(span), shocks)
    }

    /// Those around the moment.
    fn around(&self, now: f64) -> &[Rebuild] {
        let count = self.rebuilds.len();
        let after = self.rebuilds.partition_point(|rebuild| rebuild.due < now);
        let first = after.saturating_sub(NEAREST / 2).min(count.saturating_sub(NEAREST));
        &self.rebuilds[first..(first + NEAREST).min(count)]
    }
}

/// How long rebuilds take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Takes<'a> {
    /// As drawn.
    Drawn(Span),
    /// As one of those recorded around the moment took, its wait included.
    Recorded(&'a Recorded),
}

impl<'a> Takes<'a> {
    pub(super) fn of(spec: &StorageSpec, environment: &'a Environment) -> Self {
        match environment {
            Environment::Recorded(recorded) if !recorded.rebuilds.is_empty() => Takes::Recorded(recorded),
            _ => Takes::Drawn(spec.repair.time.map_or_else(|| Span::Fixed(alone(spec)), Span::from)),
        }
    }

    /// The end of a rebuild that begins now.
    pub(super) fn end(self, now: f64, rng: &mut Rng) -> f64 {
        match self {
            Takes::Drawn(span) => now + span.draw(rng),
            Takes::Recorded(recorded) => {
                let around = recorded.around(now);
                now + around[rng.below(around.len() as u64) as usize].span
            }
        }
    }

    /// The end of one that began at `began`, was to end at `end` and still runs, drawn anew.
    pub(super) fn again(self, (began, end): (f64, f64), now: f64, rng: &mut Rng) -> f64 {
        match self {
            Takes::Drawn(Span::Fixed(_)) => end,
            Takes::Drawn(Span::Exponential(mean)) => now + exponential(mean, rng),
            Takes::Recorded(recorded) => {
                let longer = || recorded.around(began).iter().filter(|rebuild| began + rebuild.span > now);
                let count = longer().count() as u64;
                if count == 0 {
                    return end;
                }
                let drawn = rng.below(count) as usize;
                longer().nth(drawn).map_or(end, |rebuild| began + rebuild.span)
            }
        }
    }
}

/// How long links take for a rebuild that has them to itself, seconds: it fetches what it
/// needs through the narrowest of them.
fn alone(spec: &StorageSpec) -> f64 {
    use crate::storage::CodeKind::{Lrc, Mds, Replica, TwoDimensional};
    let (repair, transfer) = (&spec.repair, &spec.repair.transfer);
    let sources = match spec.code.kind {
        _ if repair.by == RepairBy::Neighbours => 1,
        Mds => spec.code.data,
        Lrc => spec.code.data.div_ceil(spec.code.groups.max(1)),
        TwoDimensional | Replica => 1,
    };
    let bytes = spec.slot_size().get() as f64 * f64::from(sources) * transfer.wire_per_byte * transfer.fetched;
    let most = spec.links_alone(sources).min(spec.most_of_links(sources));
    transfer.startup.secs() + bytes / (most * transfer.efficiency)
}

/// Shocks that were recorded.
pub(super) fn recorded_shocks(environment: &Environment) -> &[ShockAt] {
    match environment {
        Environment::Own => &[],
        Environment::Recorded(recorded) => &recorded.shocks,
    }
}
