//! How the window of a stream grows with what is acknowledged, and what a loss does to it.
//!
//! Slow start adds what is acknowledged, so the window doubles in a round trip, up to the
//! threshold; from there on congestion avoidance adds a segment in each window (Reno, RFC
//! 5681) or follows a cubic of the time since the last loss (CUBIC, RFC 9438); a window of BBR
//! goes by what is delivered ([`super::bbr`]). A loss takes
//! the window back to a part of itself, once in a round trip whatever is lost in it. A window
//! of fewer than four segments cannot bring back the three duplicate acknowledgements by
//! which a loss is seen, and waits for its time-out.
//!
//! A transport that heeds delay (LEDBAT, RFC 6817; uTP, BEP 29) grows as far as the queue is
//! below its target and shrinks as far as it is above, so that it keeps the queue there.

use super::bbr::Bbr;
use crate::rng::Rng;
use crate::units::Time;
use crate::world::Congestion;

/// Duplicate acknowledgements that tell a loss (RFC 5681), and the segment that is lost.
const LEAST_SEEN: f64 = 4.0;
/// Least time-out, as Linux has it; RFC 6298 asks for a second.
pub(super) const LEAST_TIMEOUT: Time = Time::from_millis(200);
/// CUBIC's scale in segments per cubic second, and what a loss leaves of its window (RFC 9438).
const CUBIC_SCALE: f64 = 0.4;
const CUBIC_LEFT: f64 = 0.7;

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
    /// How long they took, queues included.
    pub round_trip: Time,
    /// The share of the link that was these bytes' while it was full, 1 while it was not.
    pub share: f64,
    /// How far the queue on the way is below its target, 1 where there is none and below 0
    /// where it is longer; nothing where the sender does not look.
    pub below_target: Option<f64>,
}

/// By what a window grows and shrinks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Growth {
    /// What is acknowledged and lost.
    ByLoss(Climb),
    /// What is delivered in which time.
    ByRate(Bbr),
}

impl Growth {
    /// Of a stream that begins at `now`, after a handshake that took `round_trip`.
    pub fn new(congestion: Congestion, now: Time, round_trip: Time) -> Growth {
        match congestion {
            Congestion::Bbr => Growth::ByRate(Bbr::new(now, round_trip)),
            Congestion::Even => Growth::ByLoss(Climb { rises: Rise::Never, ..Climb::NEW }),
            Congestion::Reno => Growth::ByLoss(Climb::NEW),
            Congestion::Cubic => Growth::ByLoss(Climb { rises: Rise::Cubic, ..Climb::NEW }),
        }
    }

    /// The window of `size` bytes after more was acknowledged.
    pub fn grown(&mut self, size: f64, acked: Acked, rng: &mut Rng) -> f64 {
        match self {
            Growth::ByLoss(climb) => climb.grown(size, acked),
            Growth::ByRate(bbr) => bbr.grown(size, acked, rng),
        }
    }

    /// The window of `size` bytes after a loss at `now`, in a path that takes `round_trip`.
    pub fn after_loss(&mut self, size: f64, now: Time, round_trip: Time, segment: f64) -> f64 {
        match self {
            Growth::ByLoss(climb) => climb.after_loss(size, now, round_trip, segment),
            Growth::ByRate(_) => size,
        }
    }
}

/// How a window rises beyond slow start.
#[derive(Debug, Clone, Copy)]
enum Rise {
    Never,
    /// By a segment in each round trip.
    Segment,
    Cubic,
}

impl Rise {
    /// What a loss leaves of the window.
    fn left(self) -> f64 {
        match self {
            Rise::Never => 1.0,
            Rise::Segment => 0.5,
            Rise::Cubic => CUBIC_LEFT,
        }
    }
}

/// Where a window is on its way up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Climb {
    rises: Rise,
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

impl Climb {
    /// Of a new stream.
    const NEW: Climb = Climb {
        rises: Rise::Segment,
        threshold: f64::INFINITY,
        peak: 0.0,
        since: Time::ZERO,
        friendly: 0.0,
        deaf_until: Time::ZERO,
        stalled_until: Time::ZERO,
    };

    fn grown(&mut self, size: f64, acked: Acked) -> f64 {
        let Acked { now, bytes, segment, below_target, .. } = acked;
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
        match self.rises {
            Rise::Never => size,
            Rise::Segment => size + rounds * segment,
            Rise::Cubic => {
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

    fn after_loss(&mut self, size: f64, now: Time, round_trip: Time, segment: f64) -> f64 {
        if now < self.deaf_until {
            return size;
        }
        self.deaf_until = now + round_trip;
        let left = (size * self.rises.left()).max(2.0 * segment);
        (self.threshold, self.peak, self.since, self.friendly) = (left, size, now, left);
        if size >= LEAST_SEEN * segment {
            return left;
        }
        self.stalled_until = now + round_trip.max(LEAST_TIMEOUT);
        self.deaf_until = self.stalled_until;
        segment
    }
}
