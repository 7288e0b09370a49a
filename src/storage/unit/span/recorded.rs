//! How long rebuilds waited and took in histories of the whole system.

use super::Begun;
use crate::rng::Rng;
use crate::storage::outcome::{RepairOutcome, ShockAt};
use crate::units::Time;

/// What happened in histories of the whole system, as far as it decides what becomes of one unit.
///
/// A unit draws shocks of its own: those of one history would be right for that history alone.
/// But what a shock destroys is rebuilt while everybody rebuilds, so a rebuild takes what one
/// took that began as long after such a shock; times that do not know of the shock would
/// be those of quiet days, and losses far too few.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recorded {
    /// What was before the first shock; all, where that is hardly anything.
    quiet: Spans,
    /// By entry of the specification's shocks: what came so long after a shock of that entry, which
    /// was the last before.
    after: Vec<Spans>,
}

/// What is recorded of a rebuild.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::storage::unit) enum Part {
    /// How long it waited for what others held.
    Waits,
    /// How long it took from its begin.
    Took,
}

/// The shock before a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::storage::unit) struct Last {
    /// When, in seconds.
    pub(in crate::storage::unit) at: f64,
    /// Which of the specification's shocks.
    pub(in crate::storage::unit) shock: u32,
}

/// Spans of rebuilds.
#[derive(Debug, Clone, PartialEq, Default)]
struct Spans {
    /// None where no rebuild waited.
    waits: Observed,
    /// In place i of those that began when i + 1 slots of their unit were missing. Who has few
    /// sources left waits for these.
    took: Vec<Observed>,
}

/// Spans that were observed, in order of when they began.
#[derive(Debug, Clone, PartialEq, Default)]
struct Observed(Vec<Seen>);

/// A span that was observed, seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Seen {
    from: f64,
    span: f64,
    /// Whether it came to its end: a rebuild that was broken off would have taken longer.
    whole: bool,
}

/// A rebuild that was recorded, seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rebuild {
    asked: f64,
    began: f64,
    span: f64,
    missing: u32,
    whole: bool,
}

/// Spans around a moment of which one is drawn.
const NEAREST: usize = 8;

/// Where none of these is long enough, so many times as many are looked at, but no more than so
/// many.
const WIDER: usize = 8;
const WIDEST: usize = 4096;

/// Spans that began within so many seconds of one another began at one moment, as after a shock or
/// a check: each is as likely, whoever came first.
const AT_ONCE: f64 = 1.0;

/// Of spans that began at one moment, so many are kept: even quantiles.
const ENOUGH: usize = 64;

impl Observed {
    fn new(mut seen: Vec<Seen>) -> Self {
        seen.sort_by(|a, b| a.from.total_cmp(&b.from).then(a.span.total_cmp(&b.span)));
        Observed(seen.chunk_by(|a, b| a.from == b.from).flat_map(some_of).copied().collect())
    }

    /// Those of the moment, and where these are fewer, so many around it.
    fn around(&self, from: f64, count: usize) -> &[Seen] {
        let all = self.0.len();
        let first = self.0.partition_point(|seen| seen.from < from - AT_ONCE);
        let end = self.0.partition_point(|seen| seen.from <= from + AT_ONCE);
        if end - first >= count {
            return &self.0[first..end];
        }
        let after = self.0.partition_point(|seen| seen.from < from);
        let first = after.saturating_sub(count / 2).min(all.saturating_sub(count));
        &self.0[first..(first + count).min(all)]
    }

    /// One of those around `from` that are longer than `least`: of one that was broken off is known
    /// that it would have been longer, so one of the longer ones stands for it (Efron 1967).
    fn draw(&self, from: f64, mut least: f64, rng: &mut Rng) -> Option<f64> {
        let mut drawn = None;
        let mut count = NEAREST;
        loop {
            let around = self.around(from, count);
            let longer = || around.iter().filter(|seen| seen.span > least);
            match longer().count() as u64 {
                0 if count >= self.0.len().min(WIDEST) => return drawn,
                0 => count *= WIDER,
                some => {
                    let seen = longer().nth(rng.below(some) as usize)?;
                    if seen.whole {
                        return Some(seen.span);
                    }
                    (drawn, least) = (Some(seen.span), seen.span);
                }
            }
        }
    }
}

/// Of spans in order of their length, as many as are enough to know the law of that.
fn some_of(seen: &[Seen]) -> impl Iterator<Item = &Seen> {
    let count = seen.len().min(ENOUGH);
    (0..count).map(move |at| &seen[(2 * at + 1) * seen.len() / (2 * count)])
}

impl Spans {
    /// Of rebuilds, moments from `origin` of each.
    fn new(rebuilds: &[(Rebuild, f64)]) -> Self {
        let (mut waits, mut took): (Vec<Seen>, Vec<Vec<Seen>>) = (vec![], vec![]);
        for (rebuild, origin) in rebuilds {
            let Rebuild { asked, began, span, missing, whole } = *rebuild;
            waits.push(Seen { from: asked - origin, span: began - asked, whole: true });
            let class = missing.max(1) as usize;
            if took.len() < class {
                took.resize(class, vec![]);
            }
            took[class - 1].push(Seen { from: began - origin, span, whole });
        }
        if waits.iter().all(|wait| wait.span <= 0.0) {
            waits.clear();
        }
        // Of how many were missing hardly ever, little is known: they are as those of one fewer.
        for class in (1..took.len()).rev() {
            if took[class].len() < NEAREST {
                let few = std::mem::take(&mut took[class]);
                took[class - 1].extend(few);
            }
        }
        Spans { waits: Observed::new(waits), took: took.into_iter().map(Observed::new).collect() }
    }

    fn is_empty(&self) -> bool {
        self.took.is_empty()
    }

    /// Of a part, those of so many missing slots, or of the next number of which something is known:
    /// of fewer, where there is one.
    fn of(&self, part: Part, missing: u32) -> Option<&Observed> {
        if part == Part::Waits {
            return Some(&self.waits);
        }
        let at = (missing.max(1) as usize).min(self.took.len());
        let (fewer, more) = self.took.split_at(at);
        fewer.iter().rev().chain(more).find(|seen| !seen.0.is_empty())
    }
}

impl Recorded {
    /// From rebuilds, each as (began, took, waited before it began), and the shocks among
    /// them, in order of time.
    pub fn new(rebuilds: impl IntoIterator<Item = (Time, Time, Time)>, shocks: &[ShockAt]) -> Self {
        let whole = |(began, took, waited): (Time, Time, Time)| Rebuild {
            asked: began.since(waited).secs(),
            began: began.secs(),
            span: took.secs(),
            missing: 1,
            whole: true,
        };
        Recorded::from_rebuilds(rebuilds.into_iter().map(whole).collect(), shocks)
    }

    /// From the outcome of a history: of all rebuilds that began. The time in which one was held up
    /// does not count.
    pub fn of(repairs: &[RepairOutcome], shocks: &[ShockAt]) -> Self {
        let rebuild = |repair: &RepairOutcome| Rebuild {
            asked: repair.asked.secs(),
            began: repair.began.secs(),
            span: repair.ended.since(repair.began).since(repair.held_up).secs(),
            missing: repair.missing,
            whole: repair.rebuilt,
        };
        Recorded::from_rebuilds(repairs.iter().map(rebuild).collect(), shocks)
    }

    fn from_rebuilds(mut all: Vec<Rebuild>, shocks: &[ShockAt]) -> Self {
        all.sort_by(|a, b| a.asked.total_cmp(&b.asked));
        let first = shocks.first().map_or(f64::INFINITY, |shock| shock.time.secs());
        let before = all.partition_point(|rebuild| rebuild.asked < first);
        let quiet = if before < NEAREST { &all } else { &all[..before] };
        let quiet = quiet.iter().map(|rebuild| (*rebuild, 0.0)).collect::<Vec<_>>();
        Recorded { quiet: Spans::new(&quiet), after: after(&all, shocks) }
    }

    /// The same, with what comes after shocks of which this knows nothing as `other` has it.
    pub fn or(mut self, other: Recorded) -> Self {
        self.after.resize(self.after.len().max(other.after.len()), Spans::default());
        for (own, others) in self.after.iter_mut().zip(other.after).filter(|(own, _)| own.is_empty()) {
            *own = others;
        }
        self
    }

    /// Whether it has rebuilds after a shock of this entry.
    pub fn knows(&self, shock: u32) -> bool {
        self.after.get(shock as usize).is_some_and(|after| !after.is_empty())
    }

    /// Whether it has rebuilds after any shock.
    pub(in crate::storage::unit) fn knows_any(&self) -> bool {
        self.after.iter().any(|after| !after.is_empty())
    }

    /// Whether anything is known of a part.
    pub(in crate::storage::unit) fn has(&self, part: Part) -> bool {
        let of = |spans: &Spans| match part {
            Part::Waits => !spans.waits.0.is_empty(),
            Part::Took => !spans.is_empty(),
        };
        of(&self.quiet) || self.after.iter().any(of)
    }

    /// How long what began takes that takes longer than `least`; nothing where nothing is known of
    /// such.
    pub(in crate::storage::unit) fn draw(
        &self,
        part: Part,
        began: Begun,
        (last, least): (Option<Last>, f64),
        rng: &mut Rng,
    ) -> Option<f64> {
        let after = last.and_then(|last| Some((self.after.get(last.shock as usize)?, began.at - last.at)));
        let (spans, from) = after.filter(|(after, _)| !after.is_empty()).unwrap_or((&self.quiet, began.at));
        spans.of(part, began.missing)?.draw(from, least, rng)
    }
}

/// By entry, rebuilds by the last shock before they were asked for; rebuilds and shocks in order of
/// time.
fn after(rebuilds: &[Rebuild], shocks: &[ShockAt]) -> Vec<Spans> {
    let mut next = shocks.iter().peekable();
    let mut last = None;
    let mut after: Vec<Vec<(Rebuild, f64)>> = vec![];
    for rebuild in rebuilds {
        while let Some(shock) = next.next_if(|shock| shock.time.secs() <= rebuild.asked) {
            last = Some(shock);
        }
        let Some(shock) = last else { continue };
        let entry = shock.shock as usize;
        after.resize(after.len().max(entry + 1), vec![]);
        after[entry].push((*rebuild, shock.time.secs()));
    }
    after.iter().map(|rebuilds| Spans::new(rebuilds)).collect()
}
