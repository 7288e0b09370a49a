//! How long a rebuild takes.

mod recorded;

pub(super) use recorded::Last;
pub use recorded::Recorded;

use crate::rng::Rng;
use crate::storage::{SpanFamily, SpanSpec, StorageSpec};
use recorded::Part;

/// How long something takes, seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Span {
    /// Exponential with this mean.
    Exponential(f64),
    /// Always so long.
    Fixed(f64),
}

/// The shortest of a rebuild, s: what else is noticed at the moment at which it begins comes first.
const SHORTEST: f64 = 1e-3;

impl Span {
    /// The same, or a moment where it takes no time.
    fn at_least_a_moment(self) -> Self {
        match self {
            Span::Exponential(mean) | Span::Fixed(mean) if mean < SHORTEST => Span::Fixed(SHORTEST),
            span => span,
        }
    }

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
    /// What happened in histories of the whole system.
    Recorded(Recorded),
}

/// How long something takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Takes<'a> {
    /// As drawn.
    Drawn(Span),
    /// As one of those took that were recorded around the moment.
    Recorded(&'a Recorded, Part),
}

/// On what it depends how long something takes that begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Begun {
    pub(super) at: f64,
    /// Slots that were missing then.
    pub(super) missing: u32,
}

impl<'a> Takes<'a> {
    /// A rebuild from its begin.
    pub(super) fn of(spec: &StorageSpec, environment: &'a Environment) -> Self {
        match environment {
            Environment::Recorded(recorded) if recorded.has(Part::Took) => Takes::Recorded(recorded, Part::Took),
            _ => {
                let span = spec.repair.time.map_or_else(|| Span::Fixed(alone(spec)), Span::from);
                Takes::Drawn(span.at_least_a_moment())
            }
        }
    }

    /// The wait before it.
    pub(super) fn wait(environment: &'a Environment) -> Self {
        match environment {
            Environment::Recorded(recorded) if recorded.has(Part::Waits) => Takes::Recorded(recorded, Part::Waits),
            _ => Takes::Drawn(Span::Fixed(0.0)),
        }
    }

    /// Whether it depends on how long ago the last shock was.
    pub(super) fn knows_shocks(self) -> bool {
        matches!(self, Takes::Recorded(recorded, _) if recorded.knows_any())
    }

    /// The end of what begins now.
    pub(super) fn end(self, now: Begun, last: Option<Last>, rng: &mut Rng) -> f64 {
        match self {
            Takes::Drawn(span) => now.at + span.draw(rng),
            Takes::Recorded(recorded, part) => now.at + recorded.draw(part, now, (last, -1.0), rng).unwrap_or(0.0),
        }
    }

    /// The end of what began, was to end at `end` and still runs, drawn anew. What is recorded of
    /// what began before the last shock stays as it was drawn.
    pub(super) fn again(self, (began, end): (Begun, f64), now: f64, last: Option<Last>, rng: &mut Rng) -> f64 {
        match self {
            Takes::Drawn(Span::Fixed(_)) => end,
            Takes::Drawn(Span::Exponential(mean)) => now + exponential(mean, rng),
            Takes::Recorded(..) if last.is_some_and(|last| last.at > began.at) => end,
            Takes::Recorded(recorded, part) => {
                let span = recorded.draw(part, began, (last, now - began.at), rng);
                span.map_or(end, |span| began.at + span)
            }
        }
    }
}

/// How long links take for a rebuild that has them to itself, seconds: it fetches what it
/// needs through the narrowest of them.
fn alone(spec: &StorageSpec) -> f64 {
    let (transfer, sources) = (&spec.repair.transfer, spec.sources(1));
    let bytes = spec.slot_size().get() as f64 * f64::from(sources) * transfer.wire_per_byte * transfer.fetched;
    let links = spec.mean_links();
    let most = spec.links_alone(links, sources).min(spec.most_of_links(links, sources));
    transfer.startup.secs() + bytes / (most * transfer.efficiency)
}
