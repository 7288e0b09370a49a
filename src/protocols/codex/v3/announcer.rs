//! What a downloader tells its swarm it has got, and when
//! (`engine/downloadcontext.nim`).

use super::scheduler::Scheduler;
use super::wire::Ranges;
use super::{Announce, Order, Params};
use crate::protocols::parts::UnitRange;
use crate::rng::Rng;
use crate::units::Time;

/// What was announced and what waits to be.
#[derive(Debug)]
pub(super) struct Announcer {
    /// Everything below this unit was announced.
    told: u32,
    /// Batches complete out of order and not announced, by number.
    ahead: Vec<u32>,
    /// How many of `ahead` the announcement under way says.
    saying: usize,
    /// Random windows that were left and not announced.
    left: Vec<UnitRange>,
    last: Time,
    interval: Time,
}

impl Announcer {
    /// Nothing was told yet of what begins with unit `first`.
    pub fn new(first: u32, now: Time, params: &Params, rng: &mut Rng) -> Self {
        let interval = draw_interval(params, rng);
        Announcer { told: first, ahead: Vec::new(), saying: 0, left: Vec::new(), last: now, interval }
    }

    /// A batch is complete and those before it are not.
    pub fn ahead(&mut self, batch: u32) {
        self.ahead.push(batch);
    }

    /// The download turns to another window.
    pub fn leave(&mut self, window: UnitRange) {
        self.left.push(window);
    }

    /// Whether something is to be announced now.
    pub fn is_due(&mut self, scheduler: &Scheduler, group: u32, now: Time, params: &Params) -> bool {
        match (params.announce, params.order) {
            (Announce::None, _) => false,
            (_, Order::RandomWindow) => !self.left.is_empty(),
            (announce, _) => {
                let new = scheduler.watermark() - self.told;
                self.ahead.retain(|batch| scheduler.span(*batch).0 >= scheduler.watermark());
                (announce == Announce::Immediate && !self.ahead.is_empty())
                    || new > 0 && (new >= params.announce_blocks / group || now >= self.last + self.interval)
            }
        }
    }

    /// When it will be, if nothing completes until then: at once where a batch has
    /// completed out of order while another announcement was being written.
    pub fn next_due(&self, scheduler: &Scheduler, params: &Params) -> Time {
        if params.announce == Announce::None || params.order == Order::RandomWindow {
            return Time::NEVER;
        }
        let is_ahead = |batch: &u32| scheduler.span(*batch).0 >= scheduler.watermark();
        if params.announce == Announce::Immediate && self.ahead.iter().any(is_ahead) {
            return Time::ZERO;
        }
        if scheduler.watermark() > self.told { self.last + self.interval } else { Time::NEVER }
    }

    /// What is to be said.
    pub fn news(&mut self, scheduler: &Scheduler, params: &Params) -> Ranges {
        if params.order == Order::RandomWindow {
            return self.left.as_slice().into();
        }
        let contiguous = Some((self.told, scheduler.watermark())).filter(|span| span.0 < span.1);
        self.saying = if params.announce == Announce::Immediate { self.ahead.len() } else { 0 };
        contiguous.into_iter().chain(self.ahead[..self.saying].iter().map(|batch| scheduler.span(*batch))).collect()
    }

    /// It has been said to everybody. As in the original, what has become
    /// contiguous since counts as said, though it was not.
    pub fn said(&mut self, scheduler: &Scheduler, now: Time, params: &Params, rng: &mut Rng) {
        self.left.clear();
        self.ahead.drain(..self.saying);
        self.saying = 0;
        self.told = scheduler.watermark();
        self.last = now;
        self.interval = draw_interval(params, rng);
    }
}

/// Whole milliseconds, both ends included.
fn draw_interval(params: &Params, rng: &mut Rng) -> Time {
    let millis = |time: Time| time.nanos() / 1_000_000;
    let (least, most) = (millis(params.announce_min), millis(params.announce_max));
    Time::from_millis(least + rng.below(most.saturating_sub(least) + 1))
}
