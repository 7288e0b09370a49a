//! What held each download back, moment by moment.

use crate::rng::mix;
use crate::units::Time;
use serde::Serialize;

/// What a leecher that still wants data is held back by at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Constraint {
    /// Its own uplink: what it asks for waits behind what it sends.
    OwnUplink,
    /// Its own downlink, which is full.
    OwnDownlink,
    /// The uplinks of those who send to it.
    RemoteUplink,
    /// Time on the way: windows that allow no more per round trip, requests and
    /// data that travel, connections being set up.
    RoundTrip,
    /// A processor, its own or that of who sends to it. The hardware models know
    /// one server for processor and disk together.
    Cpu,
    /// It waits to hear who has what.
    Presence,
    /// It waits to hear who is there.
    Discovery,
    /// Nothing is under way: it, or who could send to it, waits for a timer or
    /// a turn of the protocol.
    Timer,
    /// Nobody it is connected with has anything it lacks.
    Nobody,
    /// It is offline.
    Away,
    /// A timer closed the connection on which data was coming, and nothing was
    /// stored since: whatever is under way now may come to the same end.
    TimeOut,
    /// Somebody went on whose connection data was coming, or it went itself and is back,
    /// and nothing was stored since.
    Churn,
    /// A link inside the graph, which others fill too.
    CoreLink,
    /// What it asks for, or its data, is in the mixnet, or a session there is being begun:
    /// holds, delays, reply blocks, packets that are sent again.
    Mix,
}

/// Why a connection closes before everything on it has arrived, where nobody hung up for
/// a reason of the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// A timer of the protocol closed it.
    TimeOut,
    /// One of its ends went.
    Churn,
}

impl Cut {
    /// All of them.
    pub const ALL: [Cut; 2] = [Cut::TimeOut, Cut::Churn];

    /// What holds somebody back whose data was cut off, until it stores something.
    pub const fn constraint(self) -> Constraint {
        match self {
            Cut::TimeOut => Constraint::TimeOut,
            Cut::Churn => Constraint::Churn,
        }
    }
}

impl Constraint {
    /// All of them, in the order of the result files.
    pub const ALL: [Constraint; 14] = [
        Constraint::OwnUplink,
        Constraint::OwnDownlink,
        Constraint::RemoteUplink,
        Constraint::RoundTrip,
        Constraint::Cpu,
        Constraint::Presence,
        Constraint::Discovery,
        Constraint::Timer,
        Constraint::Nobody,
        Constraint::Away,
        Constraint::TimeOut,
        Constraint::Churn,
        Constraint::CoreLink,
        Constraint::Mix,
    ];

    /// The word used in result files.
    pub const fn name(self) -> &'static str {
        match self {
            Constraint::OwnUplink => "own_uplink",
            Constraint::OwnDownlink => "own_downlink",
            Constraint::RemoteUplink => "remote_uplink",
            Constraint::RoundTrip => "round_trip",
            Constraint::Cpu => "cpu",
            Constraint::Presence => "presence",
            Constraint::Discovery => "discovery",
            Constraint::Timer => "timer",
            Constraint::Nobody => "nobody",
            Constraint::Away => "away",
            Constraint::TimeOut => "time_out",
            Constraint::Churn => "churn",
            Constraint::CoreLink => "core_link",
            Constraint::Mix => "mix",
        }
    }
}

/// A stretch of time in which one thing held a leecher back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// From the start of the run.
    pub start: Time,
    /// Likewise.
    pub end: Time,
    /// What held it back.
    pub constraint: Constraint,
}

/// Looks that a timeline keeps for its stretches of time.
const KEPT: usize = 512;
/// Most entries that it keeps, looks times leechers, if more than [`FEWEST`] looks.
const ENTRIES: usize = 1 << 23;
/// Fewest looks that it keeps however many leechers there are.
const FEWEST: usize = 64;
/// Looks after which strata become longer when looking takes too long.
const LOOKS: u64 = 512;
/// Looks after which they become longer in any case.
const MOST: u64 = 1 << 14;

/// What held every leecher back, looked at once in each of equal strata of time,
/// at a moment drawn within the stratum (so that no period of a protocol can
/// fall in with the looks). When there are too many, the strata double; what was
/// seen before keeps its weight.
///
/// A share of time `p` is known to about `sqrt(p (1 - p) / looks)` when what
/// holds a leecher back changes faster than the strata, and better when slower.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    stratum: Time,
    due: Time,
    /// Strata up to now.
    looks: u64,
    /// By leecher.
    tallies: Vec<ConstraintTally>,
    /// Look by look, the leechers in order of their number.
    kept: Vec<Option<Constraint>>,
    /// One look of so many is kept; a power of two.
    every: u64,
}

/// What was seen of one leecher.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ConstraintTally {
    /// Looks that found it held back by each constraint, in the order of
    /// [`Constraint::ALL`].
    pub looks: [u32; Constraint::ALL.len()],
    /// The time that these stand for, in nanoseconds.
    nanos: [u64; Constraint::ALL.len()],
}

impl ConstraintTally {
    /// For each constraint the share of the time in which the leecher wanted
    /// something. They add up to 1; all 0 when no look fell into that time.
    pub fn shares(&self) -> [f64; Constraint::ALL.len()] {
        let all: u64 = self.nanos.iter().sum();
        self.nanos.map(|part| if all > 0 { part as f64 / all as f64 } else { 0.0 })
    }
}

impl Timeline {
    /// Of so many leechers, with strata that are `stratum` long at first; with
    /// [`Time::NEVER`] it never looks.
    pub fn new(leechers: usize, stratum: Time) -> Self {
        let tallies = vec![ConstraintTally::default(); leechers];
        let mut timeline = Timeline { stratum, due: Time::NEVER, looks: 0, tallies, kept: Vec::new(), every: 1 };
        timeline.draw();
        timeline
    }

    /// When the next look is due.
    pub fn due(&self) -> Time {
        self.due
    }

    /// Notes a look: what holds each leecher back, nothing of one that does not
    /// want anything yet or any more. Strata may become longer when looking is
    /// `dear`.
    pub fn note(&mut self, states: impl Iterator<Item = Option<Constraint>>, dear: bool) {
        let keep = self.looks.is_multiple_of(self.every);
        let mut seen = 0;
        for (tally, state) in self.tallies.iter_mut().zip(states) {
            seen += 1;
            if let Some(constraint) = state {
                tally.looks[constraint as usize] += 1;
                tally.nanos[constraint as usize] += self.stratum.nanos();
            }
            if keep {
                self.kept.push(state);
            }
        }
        assert_eq!(seen, self.tallies.len(), "a look sees every leecher");
        self.looks += 1;
        if self.kept.len() >= self.room() {
            self.thin();
            self.every *= 2;
        }
        if self.looks.is_multiple_of(2) && (self.looks >= MOST || (dear && self.looks >= LOOKS)) {
            self.lengthen();
        }
        self.draw();
    }

    /// Entries that may be kept, a whole number of pairs of looks.
    fn room(&self) -> usize {
        let leechers = self.tallies.len().max(1);
        (ENTRIES / leechers).clamp(FEWEST, KEPT) / 2 * 2 * leechers
    }

    /// A moment in the coming stratum, by a mixed counter: the same in every run.
    fn draw(&mut self) {
        if self.stratum == Time::NEVER {
            return;
        }
        let bits = mix(self.looks ^ self.stratum.nanos().rotate_left(32));
        let within = ((u128::from(bits) * u128::from(self.stratum.nanos())) >> 64) as u64;
        self.due = self.stratum * self.looks + Time::from_nanos(within);
    }

    /// Drops every second of the kept looks.
    fn thin(&mut self) {
        let leechers = self.tallies.len();
        let half = self.kept.len() / leechers.max(1) / 2;
        for look in 0..half {
            let from = 2 * look * leechers;
            self.kept.copy_within(from..from + leechers, look * leechers);
        }
        self.kept.truncate(half * leechers);
    }

    /// Strata become twice as long; what is kept stays as far apart as it was, if
    /// it was not already one of each stratum.
    fn lengthen(&mut self) {
        if self.every > 1 {
            self.every /= 2;
        } else {
            self.thin();
        }
        self.stratum = self.stratum * 2;
        self.looks /= 2;
    }

    /// What was seen of the leecher number `leecher` (counted among leechers).
    pub fn tally(&self, leecher: usize) -> &ConstraintTally {
        &self.tallies[leecher]
    }

    /// The same as stretches of time, neighbours of one kind joined.
    pub fn spans(&self, leecher: usize) -> Vec<Span> {
        let apart = self.stratum * self.every;
        let mut spans: Vec<Span> = Vec::new();
        for (look, state) in (0u64..).zip(self.kept.chunks(self.tallies.len().max(1)).map(|look| look[leecher])) {
            let Some(constraint) = state else { continue };
            let (start, end) = (apart * look, apart * (look + 1));
            match spans.last_mut() {
                Some(last) if last.end == start && last.constraint == constraint => last.end = end,
                _ => spans.push(Span { start, end, constraint }),
            }
        }
        spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One leecher until `until`: held back by its downlink in the first third
    /// of every second, by timers else.
    fn watched(stratum: Time, until: Time, dear: bool) -> Timeline {
        let mut timeline = Timeline::new(1, stratum);
        while timeline.due() < until {
            let third = timeline.due().nanos() % 1_000_000_000 < 333_333_333;
            let state = if third { Constraint::OwnDownlink } else { Constraint::Timer };
            timeline.note([Some(state)].into_iter(), dear);
        }
        timeline
    }

    #[test]
    fn shares_are_right_however_long_the_run_and_whatever_its_period() {
        for (seconds, dear) in [(100, false), (512, true), (1000, true), (4096, true), (40_000, false)] {
            let timeline = watched(Time::from_secs(1), Time::from_secs(seconds), dear);
            let shares = timeline.tally(0).shares();
            let error = (shares[Constraint::OwnDownlink as usize] - 1.0 / 3.0).abs();
            let looks = timeline.tally(0).looks.iter().sum::<u32>();
            assert!(error < 3.0 * (2.0 / 9.0 / f64::from(looks)).sqrt(), "{seconds} s: off by {error}, {looks} looks");
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            assert!(looks >= (seconds as u32).min(LOOKS as u32 - 1), "{seconds} s: {looks} looks");
        }
    }

    /// A leecher that is there for the first hundredth of a long run, and one
    /// for the last.
    #[test]
    fn a_short_stay_in_a_long_run_is_seen_often_enough() {
        let mut timeline = Timeline::new(2, Time::from_millis(100));
        let at = Time::from_secs;
        while timeline.due() < at(1000) {
            let due = timeline.due();
            let state = |from, until| (at(from) <= due && due < at(until)).then_some(Constraint::Cpu);
            timeline.note([state(0, 10), state(990, 1000)].into_iter(), false);
        }
        let looks = |leecher| timeline.tally(leecher).looks[Constraint::Cpu as usize];
        assert_eq!((looks(0), looks(1)), (100, 100));
        assert!(timeline.kept.len() <= KEPT * 2);
    }

    #[test]
    fn spans_cover_the_run_however_long_it_is() {
        for (stratum, dear) in [(10, false), (10, true), (3000, true)] {
            let timeline = watched(Time::from_millis(stratum), Time::from_secs(60), dear);
            let spans = timeline.spans(0);
            let (first, last) = (spans.first().unwrap(), spans.last().unwrap());
            assert!(spans.windows(2).all(|pair| pair[0].end == pair[1].start), "no gaps");
            let apart = timeline.stratum * timeline.every;
            assert!(first.start == Time::ZERO && last.end + apart >= Time::from_secs(60), "{} {dear}", last.end);
            assert!(last.end <= Time::from_secs(60) + apart, "{}", last.end);
        }
    }

    #[test]
    fn spans_join_neighbours_and_leave_gaps() {
        use Constraint::{Cpu, Discovery};
        let mut timeline = Timeline::new(2, Time::from_secs(1));
        for state in [None, Some(Discovery), Some(Discovery), Some(Cpu), None, Some(Cpu)] {
            timeline.note([None, state].into_iter(), false);
        }
        let at = Time::from_secs;
        let span = |start, end, constraint| Span { start: at(start), end: at(end), constraint };
        assert_eq!(timeline.spans(1), [span(1, 3, Discovery), span(3, 4, Cpu), span(5, 6, Cpu)]);
        assert_eq!(timeline.spans(0), []);
        assert_eq!(timeline.tally(0).shares(), [0.0; 14]);
        assert_eq!(timeline.tally(1).shares()[Discovery as usize], 0.5);
    }

    #[test]
    fn never_is_never() {
        assert_eq!(Timeline::new(3, Time::NEVER).due(), Time::NEVER);
    }
}
