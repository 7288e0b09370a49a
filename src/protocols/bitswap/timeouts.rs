//! Blocks that a peer owes for so long that it probably lacks them.
//!
//! Source: `ipfs/boxo` `bitswap/client/internal/messagequeue/donthavetimeoutmgr.go`.
//! The original also pings a peer, to have a latency before the first answer;
//! here the time-out is the default one until then.

use super::params::Params;
use super::since::Since;
use crate::units::Time;
use std::collections::VecDeque;

/// The blocks asked of one peer.
#[derive(Debug, Default)]
pub(super) struct Timeouts {
    /// By the time of asking; what has come since may be among it, but not first.
    owed: VecDeque<(u32, Time)>,
    /// Since when each block is owed.
    since: Since,
    /// Smoothed latency and the number of answers it was made from.
    latency: (f64, u32),
}

impl Timeouts {
    /// `unit` was asked for; nothing when it is owed already.
    pub fn add(&mut self, unit: u32, now: Time) {
        if self.since.add(unit, now) {
            self.owed.push_back((unit, now));
        }
    }

    /// `unit` is not owed any more.
    pub fn remove(&mut self, unit: u32) {
        if self.since.remove(unit).is_some() {
            self.skip();
        }
    }

    /// Forgets what has come, up to the first that has not.
    fn skip(&mut self) {
        while let Some((unit, since)) = self.owed.front()
            && self.since.get(*unit) != Some(*since)
        {
            self.owed.pop_front();
        }
    }

    /// An answer took `elapsed`.
    pub fn answered(&mut self, elapsed: Time, params: &Params) {
        let samples = self.latency.1.saturating_add(1);
        let alpha = params.latency_alpha.max(1.0 / f64::from(samples));
        let smoothed = elapsed.nanos() as f64 * alpha + (1.0 - alpha) * self.latency.0;
        self.latency = (smoothed, samples);
    }

    /// How long a block may take.
    pub fn span(&self, params: &Params) -> Time {
        if self.latency.1 == 0 {
            return params.dont_have_timeout;
        }
        (Time::from_nanos(self.latency.0 as u64) * u64::from(params.latency_multiplier)).min(params.max_timeout)
    }

    /// When the next block is late.
    pub fn next(&self, params: &Params) -> Option<Time> {
        self.owed.front().map(|(_, since)| *since + self.span(params))
    }

    /// Takes the blocks that are late; they are owed no more.
    pub fn expire(&mut self, now: Time, params: &Params) -> Vec<u32> {
        let span = self.span(params);
        let mut late = Vec::new();
        while let Some((unit, _)) = self.owed.front().copied().filter(|(_, since)| *since + span <= now) {
            late.push(unit);
            self.remove(unit);
        }
        late
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::bitswap::tests::params;

    #[test]
    fn late_is_later_than_twice_the_smoothed_latency() {
        let (mut t, params, ms) = (Timeouts::default(), params(), Time::from_millis);
        t.add(1, ms(0));
        t.add(2, ms(10));
        assert_eq!(t.next(&params), Some(ms(5_000)));
        assert!(t.expire(ms(4_999), &params).is_empty());
        t.answered(ms(100), &params);
        assert_eq!(t.next(&params), Some(ms(200)));
        t.answered(ms(200), &params);
        assert_eq!(t.span(&params), ms(300));
        t.answered(ms(350), &params);
        assert_eq!(t.span(&params), ms(500));
        assert_eq!(t.expire(ms(505), &params), [1]);
        assert_eq!(t.next(&params), Some(ms(510)));
        t.remove(2);
        assert_eq!(t.next(&params), None);
    }

    #[test]
    fn no_block_may_take_more_than_the_longest_time() {
        let (mut t, params) = (Timeouts::default(), params());
        t.answered(Time::from_secs(20), &params);
        assert_eq!(t.span(&params), Time::from_secs(7));
    }
}
