//! How the window of a stream grows with what is acknowledged, and what a loss does to it.
//!
//! Slow start adds what is acknowledged, so the window doubles in a round trip, up to the
//! threshold; from there on congestion avoidance adds a segment in each window (Reno, RFC
//! 5681) or follows a cubic of the time since the last loss (CUBIC, RFC 9438). A loss takes
//! the window back to a part of itself, once in a round trip whatever is lost in it. A window
//! of fewer than four segments cannot bring back the three duplicate acknowledgements by
//! which a loss is seen, and waits for its time-out.
//!
//! A transport that heeds delay (LEDBAT, RFC 6817; uTP, BEP 29) grows as far as the queue is
//! below its target and shrinks as far as it is above, so that it keeps the queue there.

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

/// Bytes by which uTP grows in a round trip at most (libtorrent, `utp_gain_factor`).
const UTP_GAIN: f64 = 3000.0;

/// What acknowledgements tell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Acked {
    /// When.
    pub now: Time,
    /// How many bytes.
    pub bytes: f64,
    /// Bytes of a full segment.
    pub segment: f64,
    /// How far the queue on the way is below its target, 1 where there is none and below 0
    /// where it is longer; nothing where the sender does not look.
    pub below_target: Option<f64>,
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

    /// The window of `size` bytes after more was acknowledged.
    pub fn grown(&mut self, size: f64, acked: Acked, congestion: Congestion) -> f64 {
        let Acked { now, bytes, segment, below_target } = acked;
        if now < self.stalled_until {
            return size;
        }
        if below_target.is_some_and(|below| below <= 0.0) {
            self.threshold = self.threshold.min(size);
        }
        let slow_start = bytes.min((self.threshold - size).max(0.0));
        let size = size + slow_start;
        if slow_start == bytes {
            return size;
        }
        let rounds = (bytes - slow_start) / size;
        if let Some(below) = below_target {
            return (size + rounds * below * UTP_GAIN).max(2.0 * segment);
        }
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
