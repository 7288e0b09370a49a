//! Bytes from node to node in equal bins of time.

use super::Playback;
use std::collections::BTreeMap;

/// Bins of a run, where its flows are few enough.
const MOST_BINS: i64 = 240;
/// Flows (a pair in a bin) on a page; half as many bins where there are more.
const MOST_FLOWS: usize = 250_000;

/// Bytes from node to node in equal bins of time.
#[derive(Debug, PartialEq)]
pub struct Bins {
    /// Where the first begins, in microseconds.
    pub start: i64,
    /// Length of each, in microseconds.
    pub width: i64,
    /// Per bin: bytes by pair, which is sender times number of nodes plus receiver.
    pub flows: Vec<BTreeMap<u64, u64>>,
}

impl Bins {
    /// Of all messages that arrived.
    pub fn of(playback: &Playback) -> Bins {
        let turns = turns(playback);
        let mut count = MOST_BINS;
        loop {
            let bins = Bins::with(playback, &turns, count);
            let flows: usize = bins.flows.iter().map(BTreeMap::len).sum();
            if flows <= MOST_FLOWS || count == 1 {
                return bins;
            }
            count /= 2;
        }
    }

    fn with(playback: &Playback, turns: &[MessageTurn], count: i64) -> Bins {
        let (start, end) = playback.span();
        let width = (end - start) / count + 1;
        let mut bins = Bins { start, width, flows: vec![BTreeMap::new(); ((end - start) / width + 1) as usize] };
        turns.iter().for_each(|turn| bins.spread(turn));
        bins
    }

    /// Spreads the bytes of a message evenly over its turn; no byte is lost to rounding.
    fn spread(&mut self, turn: &MessageTurn) {
        let length = i128::from((turn.to - turn.from).max(1));
        let until = |moment: i64| {
            let part = i128::from(moment - turn.from).clamp(0, length);
            (i128::from(turn.bytes) * part / length) as u64
        };
        let (first, last) = ((turn.from - self.start) / self.width, (turn.to - self.start) / self.width);
        for bin in first..=last {
            let begin = self.start + bin * self.width;
            let end = if bin == last { i64::MAX } else { begin + self.width };
            let whole = if end == i64::MAX { turn.bytes } else { until(end) };
            let bytes = whole - until(begin);
            if bytes > 0 {
                *self.flows[bin as usize].entry(turn.pair).or_default() += bytes;
            }
        }
    }
}

/// The time during which a message had its turn between two nodes.
struct MessageTurn {
    pair: u64,
    from: i64,
    to: i64,
    bytes: u64,
}

/// Messages from one node to another follow each other, so each has its turn
/// from its sending or the arrival of the one before, whichever is later, to
/// its own arrival.
fn turns(playback: &Playback) -> Vec<MessageTurn> {
    let nodes = playback.nodes.len() as u64;
    let mut free: BTreeMap<u64, i64> = BTreeMap::new();
    let turn = |flight: &super::PlayedFlight| {
        let arrived = flight.arrived?;
        let pair = u64::from(flight.from) * nodes + u64::from(flight.to);
        let free = free.entry(pair).or_insert(i64::MIN);
        let from = flight.sent.max(*free).min(arrived);
        *free = arrived.max(*free);
        Some(MessageTurn { pair, from, to: arrived, bytes: flight.bytes })
    };
    playback.flights.iter().filter_map(turn).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::view::sample;

    #[test]
    fn every_byte_that_arrived_is_in_one_bin() {
        let playback = sample::playback();
        for count in [1, 2, 7, MOST_BINS] {
            let bins = Bins::with(&playback, &turns(&playback), count);
            let all: u64 = bins.flows.iter().flat_map(BTreeMap::values).sum();
            assert_eq!(all, 40 + 250 + 251 + 500 + 250, "{count} bins");
            assert!(bins.flows.len() as i64 <= count);
        }
    }

    #[test]
    fn a_message_is_spread_over_its_turn_which_begins_after_the_one_before() {
        let bins = Bins::of(&sample::playback());
        let bin = |second: f64| ((second * 1e6) as i64 - bins.start) / bins.width;
        let from_to = |pair: u64, from: f64, to: f64| -> u64 {
            (bin(from)..=bin(to)).filter_map(|b| bins.flows[b as usize].get(&pair)).sum()
        };
        // 500 bytes wait from 1.5 s on and have their turn from 5 s to 20.1 s.
        let half = from_to(1, 5.1, 12.55);
        assert!((240..=260).contains(&half), "{half}");
        assert_eq!(from_to(1, 0.4, 0.9), 0, "nothing was under way then");
        assert_eq!(from_to(2, 9.0, 12.0), 250, "what was lost is not there");
    }
}
