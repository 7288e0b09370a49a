//! What a node knows of one of its peers.

use super::Params;
use super::pieces::PeerPieces;
use super::wire::UnitList;
use crate::units::Time;
use crate::world::NodeId;
use smallvec::SmallVec;
use std::collections::VecDeque;

/// A rate as the client measures it: bytes of each second, smoothed over about
/// five of them (libtorrent `src/stat.cpp`).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Meter {
    /// Bytes of the present second.
    pub now: u64,
    /// Bytes of the second before.
    pub last: u64,
    /// Smoothed rate, bytes per second.
    pub rate: f64,
    /// Bytes since the last round of unchoking.
    pub round: u64,
    /// Bytes in all.
    pub total: u64,
}

impl Meter {
    /// Counts `bytes`.
    pub fn add(&mut self, bytes: u64) {
        self.now += bytes;
        self.round += bytes;
        self.total += bytes;
    }

    /// A second is over.
    pub fn tick(&mut self) {
        self.rate = self.rate * 0.8 + self.now as f64 / 5.0;
        self.last = std::mem::take(&mut self.now);
    }
}

/// Mean and mean deviation of the time that requests take, over about twenty
/// of them (libtorrent `sliding_average`).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RequestTime {
    mean: f64,
    deviation: f64,
    samples: u32,
}

impl RequestTime {
    /// Notes that a request took `span`.
    pub fn add(&mut self, span: Time) {
        let value = span.secs();
        let deviation = if self.samples > 0 { (self.mean - value).abs() } else { 0.0 };
        self.samples = (self.samples + 1).min(20);
        self.mean += (value - self.mean) / f64::from(self.samples);
        if self.samples > 1 {
            self.deviation += (deviation - self.deviation) / f64::from(self.samples - 1);
        }
    }

    /// How long to wait for the next block: whole seconds, 2 at the least.
    pub fn timeout(&self, longest: Time) -> Time {
        let secs = match self.samples {
            0 => return longest,
            1 => self.mean * 1.2,
            _ => self.mean + 4.0 * self.deviation,
        };
        Time::from_secs((secs.ceil() as u64).max(2)).min(longest)
    }
}

/// A block asked for, or to be asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub unit: u32,
    /// It took too long; the picker has forgotten about this request.
    pub timed_out: bool,
    /// It came from elsewhere and was taken back.
    pub unwanted: bool,
}

impl Wanted {
    /// A block just picked.
    pub fn new(unit: u32) -> Self {
        Wanted { unit, timed_out: false, unwanted: false }
    }
}

/// One peer.
#[derive(Debug, Default)]
pub(super) struct Peer {
    pub id: NodeId,
    pub pieces: PeerPieces,
    /// Pieces that it has and this node lacks.
    pub lacking: u32,

    /// This node wants something of it, and said so.
    pub interesting: bool,
    /// It lets this node request.
    pub unchoked_us: bool,
    /// What it may be asked for while it chokes.
    pub allowed: SmallVec<[u32; 5]>,
    /// Blocks picked and not yet asked for.
    pub picked: VecDeque<Wanted>,
    /// Blocks asked for.
    pub asked: Vec<Wanted>,
    /// How many blocks should be asked for at a time.
    pub desired: u32,
    /// The number of requests still grows with every block.
    pub slow_start: bool,
    pub snubbed: bool,
    pub end_game: bool,
    pub down: Meter,
    pub request_time: RequestTime,
    /// Since when the next block is due.
    pub due_since: Time,
    pub last_block: Time,
    pub last_request: Time,

    /// It wants something of this node.
    pub interested: bool,
    /// This node lets it request.
    pub unchoked: bool,
    pub optimistic: bool,
    pub last_unchoke: Time,
    pub last_optimistic: Time,
    /// Bytes sent to it when it was last unchoked.
    pub sent_before: u64,
    /// It was told what it may ask for while choked.
    pub told: bool,
    /// What it may ask for while choked.
    pub granted: SmallVec<[u32; 5]>,
    /// What it asked for and was not sent yet.
    pub waiting: VecDeque<u32>,
    /// Bytes in the send buffer.
    pub buffered: u64,
    pub up: Meter,
}

impl Peer {
    /// A peer that has just been connected.
    pub fn new(id: NodeId, params: &Params, now: Time) -> Self {
        let (due_since, last_block, last_request) = (now, now, now);
        let desired = params.first_requests;
        Peer { id, desired, slow_start: true, due_since, last_block, last_request, ..Peer::default() }
    }

    /// Blocks picked or asked for.
    pub fn outstanding(&self) -> usize {
        self.picked.len() + self.asked.len()
    }

    /// Brings the number of requests in line with the rate.
    pub fn update_desired(&mut self, params: &Params, block: u64) {
        if self.snubbed {
            self.desired = 1;
            return;
        }
        if !self.slow_start {
            self.desired = (params.request_queue_time.secs() * self.down.rate / block as f64) as u32;
        }
        self.desired = self.desired.max(params.min_requests).min(params.max_requests);
    }

    /// Whether it is asked for `unit`, or about to be.
    pub fn is_asked(&self, unit: u32) -> bool {
        self.picked.iter().chain(&self.asked).any(|w| w.unit == unit)
    }

    /// Whether it may be asked for something.
    pub fn can_ask(&self) -> bool {
        self.interesting && (self.unchoked_us || !self.allowed.is_empty())
    }

    /// How much the send buffer takes.
    pub fn watermark(&self, params: &Params) -> u64 {
        let wished = (self.up.last as f64 * params.send_buffer_factor) as u64;
        let high = params.send_buffer_high.get().max(params.send_buffer_low.get());
        wished.clamp(params.send_buffer_low.get(), high) + params.socket_buffer.get()
    }

    /// Takes the requests that a choke voids out of those that wait.
    pub fn void_waiting(&mut self, piece_of: impl Fn(u32) -> u32) -> UnitList {
        let granted = &self.granted;
        let (kept, void): (VecDeque<u32>, VecDeque<u32>) =
            self.waiting.drain(..).partition(|unit| granted.contains(&piece_of(*unit)));
        self.waiting = kept;
        void.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_settles_within_some_seconds() {
        let mut meter = Meter::default();
        for _ in 0..5 {
            meter.add(1_000);
            meter.tick();
        }
        assert!((meter.rate - 1_000.0 * (1.0 - 0.8f64.powi(5))).abs() < 1e-9);
        assert_eq!((meter.last, meter.now, meter.round, meter.total), (1_000, 0, 5_000, 5_000));
    }

    #[test]
    fn time_outs_follow_the_time_that_requests_take() {
        let longest = Time::from_secs(60);
        let mut time = RequestTime::default();
        assert_eq!(time.timeout(longest), longest);
        time.add(Time::from_secs(10));
        assert_eq!(time.timeout(longest), Time::from_secs(12));
        time.add(Time::from_secs(20));
        // Mean 15, deviation 10: 55 s.
        assert_eq!(time.timeout(longest), Time::from_secs(55));
        let mut quick = RequestTime::default();
        (0..9).for_each(|_| quick.add(Time::from_millis(30)));
        assert_eq!(quick.timeout(longest), Time::from_secs(2));
    }
}
