//! A sender that goes by what the way delivers and how long it takes, not by losses.
//!
//! BBR (Cardwell, Cheng, Gunn, Hassas Yeganeh & Jacobson, *BBR: Congestion-Based Congestion
//! Control*, ACM Queue 14(5), 2016; draft-cardwell-iccrg-bbr-congestion-control-00, which is
//! version 1 as Linux has it) keeps two estimates: the bottleneck's bandwidth, the largest rate
//! that was delivered in ten round trips, and the round trip without queues, the least of ten
//! seconds. It sends at a gain times the bandwidth and has no more in flight than two of their
//! products. Every eighth round trip it sends a quarter more, to see whether there is more, and
//! in the next one a quarter less. Who has not seen a shorter round trip for ten seconds sends
//! next to nothing for a fifth of a second, so that the queue drains and shows the way's length.
//!
//! Losses change nothing here. (Version 1 holds back in the round trip of a loss and begins anew
//! after a time-out; neither is modelled.)

use super::congestion::Acked;
use crate::rng::Rng;
use crate::units::Time;

/// Round trips over which the bandwidth is the largest (draft, 4.1.1.3: `BtlBwFilterLen`).
const BANDWIDTH_ROUNDS: usize = 10;
/// How long the least round trip counts (4.1.2.3: `RTpropFilterLen`).
const ROUND_TRIP_KEPT: Time = Time::from_secs(10);
/// 2 / ln 2: so the rate doubles in each round trip (4.3.2.1: `BBRHighGain`).
const STARTUP_GAIN: f64 = 2.885;
/// The way is full when three round trips in a row did not deliver a quarter more (4.3.2.2).
const FULL_GROWTH: f64 = 1.25;
const FULL_ROUNDS: u32 = 3;
/// What is in flight at most, in products of bandwidth and round trip (4.2.3.2: `cwnd_gain`).
const FLIGHT_GAIN: f64 = 2.0;
/// Gains of the eight round trips of a cycle (4.3.4.1).
const CYCLE: [f64; 8] = [1.25, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
/// Where a cycle may begin: anywhere but in the round trip that sends less (4.3.4.2).
const CYCLE_STARTS: u64 = 7;
/// For how long next to nothing is sent, and how much that is, in segments (4.3.5).
const PROBE_TIME: Time = Time::from_millis(200);
const PROBE_SEGMENTS: f64 = 4.0;

/// What the sender is at.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    /// Twice as much in each round trip; the rate that the way must exceed, in bytes per
    /// second, and for how many round trips it did not.
    Startup { best: f64, rounds: u32 },
    /// What startup has put into the queue is let out.
    Drain,
    /// As much as comes out, with a probe in every cycle: since when, and which round trip of the
    /// cycle came first.
    Cruise { since: Time, first: u64 },
}

/// The state of one stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bbr {
    phase: Phase,
    /// Rates of the last round trips, in bytes per second, and which is the oldest.
    delivered: [f64; BANDWIDTH_ROUNDS],
    oldest: usize,
    /// The least round trip, and when it was seen.
    round_trip: Time,
    seen: Time,
    /// When the window was looked at last.
    looked: Time,
    /// While next to nothing is sent: until when.
    probe: Option<Time>,
}

impl Bbr {
    /// Of a stream that begins at `now`, after a handshake that took `round_trip`.
    pub fn new(now: Time, round_trip: Time) -> Bbr {
        Bbr {
            phase: Phase::Startup { best: 0.0, rounds: 0 },
            delivered: [0.0; BANDWIDTH_ROUNDS],
            oldest: 0,
            round_trip,
            seen: now,
            looked: now,
            probe: None,
        }
    }

    /// The window of `size` bytes after more was acknowledged, a round trip or more since the
    /// last time.
    pub fn grown(&mut self, size: f64, acked: Acked, rng: &mut Rng) -> f64 {
        let Acked { now, bytes, segment, round_trip, share, .. } = acked;
        let passed = now.since(std::mem::replace(&mut self.looked, now)).secs();
        if round_trip <= self.round_trip {
            (self.round_trip, self.seen) = (round_trip, now);
        }
        if let Some(until) = self.probe {
            if now < until {
                return PROBE_SEGMENTS * segment;
            }
            self.probe = None;
            (self.round_trip, self.seen) = (round_trip, now);
            return (self.bandwidth() * round_trip.secs()).max(PROBE_SEGMENTS * segment);
        }
        let is_first = self.bandwidth() == 0.0;
        if passed > 0.0 && !is_first || passed > round_trip.secs() {
            self.delivered[self.oldest] = bytes / passed * self.at_best(size, now, passed, share);
            self.oldest = (self.oldest + 1) % BANDWIDTH_ROUNDS;
        }
        if now.since(self.seen) > ROUND_TRIP_KEPT {
            self.probe = Some(now + PROBE_TIME.max(round_trip));
            return PROBE_SEGMENTS * segment;
        }
        self.flight(size, acked, passed, rng).max(PROBE_SEGMENTS * segment)
    }

    /// What is in flight then.
    fn flight(&mut self, size: f64, acked: Acked, passed: f64, rng: &mut Rng) -> f64 {
        let Acked { now, bytes, .. } = acked;
        let (bandwidth, rate) = (self.bandwidth(), self.latest());
        let product = bandwidth * self.round_trip.secs();
        match self.phase {
            Phase::Startup { best, rounds } => {
                let (best, rounds) = if rate >= best * FULL_GROWTH { (rate, 0) } else { (best, rounds + 1) };
                self.phase = if rounds < FULL_ROUNDS { Phase::Startup { best, rounds } } else { Phase::Drain };
                (size + bytes).min((STARTUP_GAIN * product).max(size))
            }
            Phase::Drain => {
                let left = (size - bytes * (1.0 - 1.0 / STARTUP_GAIN)).max(product);
                if left <= product {
                    // Number 1 is that which sends less.
                    let drawn = rng.next_u64() % CYCLE_STARTS;
                    self.phase = Phase::Cruise { since: now, first: if drawn == 0 { 0 } else { drawn + 1 } };
                }
                left
            }
            Phase::Cruise { since, first } => {
                let gain = mean_gain(self.in_cycle(since, first, now, passed));
                let flight = size + gain * bandwidth * passed - bytes;
                // Less is sent until no more is in flight than the way holds by itself.
                let flight = if gain < 1.0 { flight.max(product.min(size)) } else { flight };
                flight.min(FLIGHT_GAIN * product)
            }
        }
    }

    /// The span of `passed` seconds up to `now`, in round trips since the first cycle began. It may
    /// be more than one.
    fn in_cycle(&self, since: Time, first: u64, now: Time, passed: f64) -> (f64, f64) {
        let to = first as f64 + now.since(since).secs() / self.round_trip.secs();
        (to - passed / self.round_trip.secs(), to)
    }

    /// By what factor the rate of those packets that were sent at the highest gain was above the
    /// mean of `passed` seconds. Who sends `g` times as much and had a share `s` of a full link has
    /// `g s` of `1 + (g - 1) s`; who has as much in flight as it may cannot send more.
    fn at_best(&self, size: f64, now: Time, passed: f64, share: f64) -> f64 {
        let Phase::Cruise { since, first } = self.phase else { return 1.0 };
        if size >= 0.99 * FLIGHT_GAIN * self.bandwidth() * self.round_trip.secs() {
            return 1.0;
        }
        let span = self.in_cycle(since, first, now, passed);
        let gain = highest_gain(span) / mean_gain(span);
        gain / (1.0 + (gain - 1.0) * share)
    }

    /// Bytes per second of the bottleneck, as far as it is known.
    fn bandwidth(&self) -> f64 {
        self.delivered.iter().copied().fold(0.0, f64::max)
    }

    fn latest(&self) -> f64 {
        self.delivered[(self.oldest + BANDWIDTH_ROUNDS - 1) % BANDWIDTH_ROUNDS]
    }
}

/// The mean of the gains from one moment to another, both in round trips since a cycle began.
fn mean_gain((from, to): (f64, f64)) -> f64 {
    let length = CYCLE.len() as f64;
    let sum_up_to = |moment: f64| {
        let (cycles, within) = (libm::floor(moment / length), moment - length * libm::floor(moment / length));
        let each = CYCLE.iter().enumerate().map(|(at, gain)| gain * (within - at as f64).clamp(0.0, 1.0));
        cycles * CYCLE.iter().sum::<f64>() + each.sum::<f64>()
    };
    if to > from { (sum_up_to(to) - sum_up_to(from)) / (to - from) } else { 1.0 }
}

/// The highest gain in such a span.
fn highest_gain((from, to): (f64, f64)) -> f64 {
    let (from, to) = (libm::floor(from) as i64, libm::ceil(to) as i64);
    let each = (from..to.max(from + 1)).take(CYCLE.len());
    each.map(|at| CYCLE[at.rem_euclid(CYCLE.len() as i64) as usize]).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_over_any_span() {
        let spans = [(0.0, 1.0), (1.0, 2.0), (0.0, 2.0), (8.5, 9.0), (3.0, 5.0), (0.0, 8.0), (7.5, 8.5), (2.0, 2.0)];
        assert_eq!(spans.map(mean_gain), [1.25, 0.75, 1.0, 1.25, 1.0, 1.0, 1.125, 1.0]);
        assert_eq!(spans.map(highest_gain), [1.25, 0.75, 1.25, 1.25, 1.0, 1.25, 1.25, 1.0]);
    }
}
