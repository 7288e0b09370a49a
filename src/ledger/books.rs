//! Booking while a run goes on.

use super::{Class, Curve, Cut, Milestones, Sample, Timeline, Trace, Traffic};
use crate::rng::mix;
use crate::units::Time;

/// Progress and byte counts of one node.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Moments in its life, counted from the start of the run.
    pub milestones: Milestones,
    /// Since when a leecher holds everything, if it does.
    pub complete_since: Option<Time>,
    /// Block data that it held before the start.
    pub given_at_start: u64,
    /// Block data that it held at some time and lost in crashes.
    pub crash_lost: u64,
    /// Block data that it made itself, rebuilding slots.
    pub made: u64,
    /// Block data that it held at some time and deleted.
    pub deleted: u64,
    /// Wire bytes handed to the network.
    pub handed: u64,
    /// The most of these that were neither arrived nor lost at one moment.
    pub peak_queue: u64,
    /// Wire bytes that arrived.
    pub arrived: u64,
    /// Wire bytes of this node that arrived at others.
    pub reached: u64,
    /// Wire bytes handed to the network that will never arrive.
    pub lost: u64,
    /// Block data that arrived and was stored.
    pub payload_rx: u64,
    /// Block data of this node that arrived at others.
    pub payload_tx: u64,
    /// Block data that arrived and was not stored.
    pub duplicate_rx: u64,
}

/// The books of one run.
#[derive(Debug)]
pub struct Books {
    /// One account a node.
    pub accounts: Vec<Account>,
    /// Arrived bytes by class; `Lost` is filled in at the end.
    pub traffic: [Traffic; Class::ALL.len()],
    /// Bytes handed to the network, by class; all block data as `Duplicate`.
    pub handed: [u64; Class::ALL.len()],
    /// Bytes that will never arrive, likewise.
    pub lost: [u64; Class::ALL.len()],
    /// The part of these whose connection closed, by what closed it, in the order of
    /// [`Cut::ALL`].
    pub cut: [u64; Cut::ALL.len()],
    /// Block data that was stored and needed: of a code word no more than decodes it.
    pub useful: u64,
    /// One curve a node; none when nobody asked for them.
    pub curves: Vec<Curve>,
    /// Every message; nothing when nobody asked for them.
    pub trace: Option<Trace>,
    /// Time series.
    pub series: Series,
    /// What held each leecher back.
    pub timeline: Timeline,
    /// Digest of the event stream.
    pub digest: Digest,
}

impl Account {
    /// Block data that it holds.
    pub fn held(&self) -> u64 {
        self.given_at_start + self.payload_rx + self.made - self.crash_lost - self.deleted
    }

    /// Books wire bytes that the network takes over.
    pub fn hand(&mut self, bytes: u64) {
        self.handed += bytes;
        self.peak_queue = self.peak_queue.max(self.handed - self.reached - self.lost);
    }
}

impl Books {
    /// Empty books for `nodes` nodes, with their curves when these are asked for.
    pub fn new(nodes: usize, series_interval: Time, curves: bool, timeline: Timeline) -> Self {
        Books {
            accounts: vec![Account::default(); nodes],
            traffic: [Traffic::default(); Class::ALL.len()],
            handed: [0; Class::ALL.len()],
            lost: [0; Class::ALL.len()],
            cut: [0; Cut::ALL.len()],
            useful: 0,
            curves: if curves { vec![Curve::default(); nodes] } else { Vec::new() },
            trace: None,
            series: Series::new(series_interval),
            timeline,
            digest: Digest::default(),
        }
    }

    /// Books `bytes` of `class`; a message is counted under its main class only.
    pub fn book(&mut self, class: Class, bytes: u64, messages: u64) {
        let entry = &mut self.traffic[class as usize];
        entry.bytes += bytes;
        entry.messages += messages;
    }

    /// Block data counts as received in vain until it is stored, as `class`.
    /// More than arrived is not booked; the audit then finds it missing.
    pub fn keep(&mut self, node: usize, class: Class, bytes: u64) {
        let bytes = bytes.min(self.accounts[node].duplicate_rx);
        self.traffic[Class::Duplicate as usize].bytes -= bytes;
        self.traffic[class as usize].bytes += bytes;
        self.accounts[node].duplicate_rx -= bytes;
        self.accounts[node].payload_rx += bytes;
    }
}

impl Milestones {
    /// Notes that `held` of `units` units are stored and that all below
    /// `contiguous` can be read in order.
    pub fn progress(&mut self, now: Time, held: u32, contiguous: u32, units: u32) {
        // A share is reached when that many whole units are there.
        let share = |percent: u64| (u64::from(units) * percent).div_ceil(100) as u32;
        let reach = |slot: &mut Option<Time>, value: u32, goal: u32| {
            if slot.is_none() && value >= goal {
                *slot = Some(now);
            }
        };
        reach(&mut self.first, held, 1);
        reach(&mut self.half, held, share(50));
        reach(&mut self.most, held, share(90));
        reach(&mut self.all, held, units);
        reach(&mut self.stream_first, contiguous, 1);
        reach(&mut self.stream_half, contiguous, share(50));
        reach(&mut self.stream_most, contiguous, share(90));
        reach(&mut self.stream_all, contiguous, units);
    }
}

/// Most samples a series keeps for each metric.
const GRID: usize = 1024;

/// Time series on a regular grid. When a run outgrows the grid, every second
/// sample goes and the distance doubles, so that a series is never large.
#[derive(Debug)]
pub struct Series {
    interval: Time,
    next: Time,
    rows: Vec<(Time, [f64; Series::METRICS.len()])>,
}

impl Series {
    /// What is sampled.
    pub const METRICS: [&'static str; 4] = ["stored_share", "completed", "arrived_bytes", "online"];

    fn new(interval: Time) -> Self {
        Series { interval, next: Time::ZERO, rows: Vec::new() }
    }

    /// When the next sample is due.
    pub fn due(&self) -> Time {
        self.next
    }

    /// Notes the values that hold at the due time.
    pub fn sample(&mut self, values: [f64; Series::METRICS.len()]) {
        self.rows.push((self.next, values));
        if self.rows.len() > GRID {
            let mut keep = false;
            self.rows.retain(|_| {
                keep = !keep;
                keep
            });
            self.interval = self.interval * 2;
        }
        self.next = self.rows.last().map_or(Time::ZERO, |r| r.0) + self.interval;
    }

    /// All samples, metric by metric.
    pub fn samples(&self) -> Vec<Sample> {
        Self::METRICS
            .iter()
            .enumerate()
            .flat_map(|(m, metric)| self.rows.iter().map(move |(time, v)| Sample { time: *time, metric, value: v[m] }))
            .collect()
    }
}

/// Digest of the ordered event stream, with checkpoints at every simulated
/// second that is a power of two, so that a difference names its second.
#[derive(Debug)]
pub struct Digest {
    value: u64,
    checkpoints: Vec<(Time, u64)>,
    next: Time,
}

impl Default for Digest {
    fn default() -> Self {
        Digest { value: 0, checkpoints: Vec::new(), next: Time::from_secs(1) }
    }
}

impl Digest {
    /// Adds an event.
    pub fn add(&mut self, time: Time, node: u32, kind: u64, bytes: u64) {
        while time >= self.next {
            self.checkpoints.push((self.next, self.value));
            self.next = self.next * 2;
        }
        let word = time.nanos() ^ u64::from(node).rotate_left(40) ^ kind.rotate_left(56) ^ bytes.rotate_left(20);
        self.value = mix(self.value ^ word);
    }

    /// The digest so far.
    pub fn value(&self) -> u64 {
        self.value
    }

    /// The checkpoints so far.
    pub fn checkpoints(&self) -> &[(Time, u64)] {
        &self.checkpoints
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milestones_are_reached_by_whole_units() {
        let mut m = Milestones::default();
        let at = Time::from_secs;
        m.progress(at(1), 1, 0, 3);
        m.progress(at(2), 2, 2, 3);
        m.progress(at(3), 3, 3, 3);
        assert_eq!((m.first, m.half, m.most, m.all), (Some(at(1)), Some(at(2)), Some(at(3)), Some(at(3))));
        assert_eq!((m.stream_first, m.stream_all), (Some(at(2)), Some(at(3))));
    }

    #[test]
    fn a_long_series_thins_out_on_a_regular_grid() {
        let mut series = Series::new(Time::from_secs(1));
        while series.due() < Time::from_secs(10_000) {
            let value = series.due().secs();
            series.sample([value; Series::METRICS.len()]);
        }
        assert!(series.rows.len() <= GRID);
        let step = series.rows[1].0 - series.rows[0].0;
        assert!(series.rows.windows(2).all(|w| w[1].0 - w[0].0 == step), "regular");
        assert!(series.rows.iter().all(|(t, v)| t.secs() == v[0]));
    }

    #[test]
    fn the_digest_names_the_second_where_two_runs_part() {
        let run = |odd: u64| {
            let mut d = Digest::default();
            (0..100).for_each(|s| d.add(Time::from_secs(s), 1, 2, if s == 40 { odd } else { 0 }));
            d
        };
        let (a, b) = (run(0), run(1));
        assert_ne!(a.value(), b.value());
        let differing = a.checkpoints().iter().zip(b.checkpoints()).find(|(x, y)| x != y).unwrap();
        assert_eq!(differing.0.0, Time::from_secs(64));
    }
}
