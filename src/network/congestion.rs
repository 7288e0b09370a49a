//! How the window of a stream grows with what is acknowledged, and what a loss does to it.
//!
//! Slow start adds what is acknowledged, so the window doubles in a round trip, up to the
//! threshold; from there on congestion avoidance adds a segment in each window (Reno, RFC
//! 5681) or follows a cubic of the time since the last loss (CUBIC, RFC 9438). A loss takes
//! the window back to a part of itself, once in a round trip whatever is lost in it. A window
//! of fewer than four segments cannot bring back the three duplicate acknowledgements by
//! which a loss is seen, and waits for its time-out.

use crate::units::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a sender answers to losses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Congestion {
    /// Not at all: all streams share a link evenly.
    Even,
    /// Additive increase by a segment in a round trip, multiplicative decrease to a half
    /// (RFC 5681).
    Reno,
    /// A cubic of the time since the last loss, never slower than Reno; decrease to 0.7
    /// (RFC 9438), the default of Linux.
    Cubic,
}

/// Duplicate acknowledgements that tell a loss (RFC 5681), and the segment that is lost.
const LEAST_SEEN: f64 = 4.0;
/// Least time-out, as Linux has it; RFC 6298 asks for a second.
pub(super) const LEAST_TIMEOUT: Time = Time::from_millis(200);
/// CUBIC's scale in segments per cubic second, and what a loss leaves of its window (RFC 9438).
const CUBIC_SCALE: f64 = 0.4;
const CUBIC_LEFT: f64 = 0.7;

impl Congestion {
    /// What a loss leaves of the window.
    pub fn left(self) -> f64 {
        match self {
            Congestion::Even => 1.0,
            Congestion::Reno => 0.5,
            Congestion::Cubic => CUBIC_LEFT,
        }
    }
}

/// Where a window is on its way up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Growth {
    /// Bytes up to which it doubles in each round trip.
    threshold: f64,
    /// Bytes of the window at the last loss, and when that was.
    peak: f64,
    since: Time,
    /// What Reno would have by now (CUBIC is never slower).
    friendly: f64,
    /// Until when no loss counts: those of one round trip are one.
    deaf_until: Time,
    /// Until when nothing grows, for the time-out is waited for.
    stalled_until: Time,
}

impl Growth {
    /// Of a new stream.
    pub const NEW: Growth = Growth {
        threshold: f64::INFINITY,
        peak: 0.0,
        since: Time::ZERO,
        friendly: 0.0,
        deaf_until: Time::ZERO,
        stalled_until: Time::ZERO,
    };

    /// The window of `size` bytes after so many more bytes were acknowledged.
    pub fn grown(&mut self, size: f64, acked: f64, now: Time, segment: f64, congestion: Congestion) -> f64 {
        if now < self.stalled_until {
            return size;
        }
        let slow_start = acked.min((self.threshold - size).max(0.0));
        let size = size + slow_start;
        if slow_start == acked {
            return size;
        }
        let rounds = (acked - slow_start) / size;
        match congestion {
            Congestion::Even => size,
            Congestion::Reno => size + rounds * segment,
            Congestion::Cubic => {
                // RFC 9438, 4.3: as fast as Reno would be with the same mean.
                const FRIENDLY: f64 = 3.0 * (1.0 - CUBIC_LEFT) / (1.0 + CUBIC_LEFT);
                self.friendly = self.friendly.max(size.min(self.peak * CUBIC_LEFT)) + rounds * segment * FRIENDLY;
                size.max(self.cubic(now, segment)).max(self.friendly)
            }
        }
    }

    /// Bytes that the cubic allows at `now` (RFC 9438, 4.2).
    fn cubic(&self, now: Time, segment: f64) -> f64 {
        let peak = self.peak / segment;
        let back_at = libm::cbrt(peak * (1.0 - CUBIC_LEFT) / CUBIC_SCALE);
        let beyond = now.since(self.since).secs() - back_at;
        (CUBIC_SCALE * beyond * beyond * beyond + peak) * segment
    }

    /// The window of `size` bytes after a loss at `now`, in a path that takes `round_trip`.
    pub fn after_loss(&mut self, size: f64, now: Time, round_trip: Time, segment: f64, congestion: Congestion) -> f64 {
        if now < self.deaf_until {
            return size;
        }
        self.deaf_until = now + round_trip;
        let left = (size * congestion.left()).max(2.0 * segment);
        (self.threshold, self.peak, self.since, self.friendly) = (left, size, now, left);
        if size >= LEAST_SEEN * segment {
            return left;
        }
        self.stalled_until = now + round_trip.max(LEAST_TIMEOUT);
        self.deaf_until = self.stalled_until;
        segment
    }
}
