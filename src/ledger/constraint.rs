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
}

impl Constraint {
    /// All of them, in the order of the result files.
    pub const ALL: [Constraint; 10] = [
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

/// Most looks that a timeline keeps.
const LOOKS: usize = 512;
/// Most entries it keeps, looks times leechers.
const ENTRIES: usize = 1 << 23;
/// Fewest looks that it keeps however many leechers there are.
const FEWEST: usize = 64;

/// What held every leecher back, looked at once in each of equal strata of time,
/// at a moment drawn within the stratum (so that no period of a protocol can
/// fall in with the looks). When a run outgrows them, one look of every two
/// neighbours goes and the strata double.
///
/// A share of time `p` is known to about `sqrt(p (1 - p) / looks)` when what
/// holds a leecher back changes faster than the strata, and better when slower.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    leechers: usize,
    stratum: Time,
    most: usize,
    due: Time,
    /// Look by look, the leechers in order of their number.
    states: Vec<Option<Constraint>>,
    looks: usize,
}

impl Timeline {
    /// Of so many leechers, with strata that are `stratum` long at first; with
    /// [`Time::NEVER`] it never looks.
    pub fn new(leechers: usize, stratum: Time) -> Self {
        let most = (ENTRIES / leechers.max(1)).clamp(FEWEST, LOOKS);
        let mut timeline = Timeline { leechers, stratum, most, due: Time::NEVER, states: Vec::new(), looks: 0 };
        timeline.draw();
        timeline
    }

    /// When the next look is due.
    pub fn due(&self) -> Time {
        self.due
    }

    /// Notes a look: what holds each leecher back, nothing of one that does not
    /// want anything yet or any more.
    pub fn note(&mut self, states: impl Iterator<Item = Option<Constraint>>) {
        self.states.extend(states);
        self.looks += 1;
        assert_eq!(self.states.len(), self.looks * self.leechers, "a look sees every leecher");
        if self.looks == self.most {
            self.thin();
        }
        self.draw();
    }

    /// A moment in the coming stratum, by a mixed counter: the same in every run.
    fn draw(&mut self) {
        if self.stratum == Time::NEVER {
            return;
        }
        let bits = mix(self.looks as u64 ^ self.stratum.nanos().rotate_left(32));
        let within = ((u128::from(bits) * u128::from(self.stratum.nanos())) >> 64) as u64;
        self.due = self.stratum * self.looks as u64 + Time::from_nanos(within);
    }

    fn thin(&mut self) {
        for pair in 0..self.looks / 2 {
            let kept = 2 * pair + (mix(pair as u64 ^ self.stratum.nanos()) & 1) as usize;
            let from = kept * self.leechers;
            self.states.copy_within(from..from + self.leechers, pair * self.leechers);
        }
        self.looks /= 2;
        self.states.truncate(self.looks * self.leechers);
        self.stratum = self.stratum * 2;
    }

    /// For each constraint, in the order of [`Constraint::ALL`], the share of
    /// the looks at the leecher number `leecher` (counted among leechers) that
    /// found it held back by that. They add up to 1; all 0 when no look fell
    /// into the time in which it wanted something.
    pub fn shares(&self, leecher: usize) -> [f64; Constraint::ALL.len()] {
        let mut counts = [0u32; Constraint::ALL.len()];
        self.of(leecher).flatten().for_each(|c| counts[c as usize] += 1);
        let all: u32 = counts.iter().sum();
        counts.map(|count| if all > 0 { f64::from(count) / f64::from(all) } else { 0.0 })
    }

    /// The same as stretches of time, neighbours of one kind joined.
    pub fn spans(&self, leecher: usize) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        for (look, state) in (0u64..).zip(self.of(leecher)) {
            let Some(constraint) = state else { continue };
            let (start, end) = (self.stratum * look, self.stratum * (look + 1));
            match spans.last_mut() {
                Some(last) if last.end == start && last.constraint == constraint => last.end = end,
                _ => spans.push(Span { start, end, constraint }),
            }
        }
        spans
    }

    fn of(&self, leecher: usize) -> impl Iterator<Item = Option<Constraint>> + '_ {
        (0..self.looks).map(move |look| self.states[look * self.leechers + leecher])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One leecher until `until`: held back by its downlink in the first third
    /// of every second, by timers else.
    fn watched(stratum: Time, until: Time) -> Timeline {
        let mut timeline = Timeline::new(1, stratum);
        while timeline.due() < until {
            let third = timeline.due().nanos() % 1_000_000_000 < 333_333_333;
            let state = if third { Constraint::OwnDownlink } else { Constraint::Timer };
            timeline.note([Some(state)].into_iter());
        }
        timeline
    }

    #[test]
    fn shares_are_right_however_long_the_run_and_whatever_its_period() {
        for seconds in [100, 512, 1000, 4096] {
            let timeline = watched(Time::from_secs(1), Time::from_secs(seconds));
            let shares = timeline.shares(0);
            let error = (shares[Constraint::OwnDownlink as usize] - 1.0 / 3.0).abs();
            let looks = timeline.looks as f64;
            assert!(error < 3.0 * (2.0 / 9.0 / looks).sqrt(), "{seconds} s: off by {error}, {looks} looks");
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            assert!(timeline.looks < LOOKS);
        }
    }

    #[test]
    fn looks_stay_in_their_strata() {
        let timeline = watched(Time::from_millis(10), Time::from_secs(60));
        let end = timeline.stratum * timeline.looks as u64;
        assert!(end >= Time::from_secs(59) && end <= Time::from_secs(61), "{end}");
    }

    #[test]
    fn spans_join_neighbours_and_leave_gaps() {
        use Constraint::{Cpu, Discovery};
        let mut timeline = Timeline::new(2, Time::from_secs(1));
        for state in [None, Some(Discovery), Some(Discovery), Some(Cpu), None, Some(Cpu)] {
            timeline.note([None, state].into_iter());
        }
        let at = Time::from_secs;
        let span = |start, end, constraint| Span { start: at(start), end: at(end), constraint };
        assert_eq!(timeline.spans(1), [span(1, 3, Discovery), span(3, 4, Cpu), span(5, 6, Cpu)]);
        assert_eq!(timeline.spans(0), []);
        assert_eq!(timeline.shares(0), [0.0; 10]);
        assert_eq!(timeline.shares(1)[Discovery as usize], 0.5);
    }

    #[test]
    fn never_is_never() {
        assert_eq!(Timeline::new(3, Time::NEVER).due(), Time::NEVER);
    }
}
