//! The event list: a monotone radix heap.
//!
//! A simulation never schedules into the past, so the list may bucket events by
//! the highest bit in which their time differs from the present. Every event
//! moves to a lower bucket at most 64 times, and usually twice. Events of equal
//! time always share a bucket and keep their order there, so they come out in
//! the order of insertion without storing a counter.
//!
//! Ahuja, Mehlhorn, Orlin & Tarjan, "Faster algorithms for the shortest path
//! problem", J. ACM 37(2), 1990.

use crate::rng::mix;
use crate::units::Time;
use std::collections::VecDeque;

/// Buckets: one for the present, one for each bit of a time.
const BUCKETS: usize = 65;

/// Pending events, handed out in order of (time, insertion).
///
/// ```
/// use codexsim::{engine::EventList, units::Time};
/// let mut list = EventList::new(0);
/// list.push(Time::from_secs(2), "later");
/// list.push(Time::from_secs(1), "first");
/// list.push(Time::from_secs(1), "second");
/// assert_eq!(list.pop(), Some((Time::from_secs(1), "first")));
/// assert_eq!(list.pop(), Some((Time::from_secs(1), "second")));
/// assert_eq!(list.peek(), Some(Time::from_secs(2)));
/// ```
#[derive(Debug)]
pub struct EventList<E> {
    /// Events at exactly `now`.
    present: VecDeque<E>,
    /// Bucket `b` holds times whose highest bit differing from `now` is `b - 1`.
    future: Vec<Vec<(Time, E)>>,
    /// Smallest time in each bucket, [`Time::NEVER`] when empty.
    earliest: [Time; BUCKETS],
    now: Time,
    len: usize,
    tie_salt: u64,
    popped: u64,
}

impl<E> EventList<E> {
    /// An empty list at time zero. With `tie_salt` 0 events of equal time come
    /// in the order of their insertion; any other value permutes them, to
    /// measure how much a result depends on ties.
    pub fn new(tie_salt: u64) -> Self {
        EventList {
            present: VecDeque::new(),
            future: std::iter::repeat_with(Vec::new).take(BUCKETS).collect(),
            earliest: [Time::NEVER; BUCKETS],
            now: Time::ZERO,
            len: 0,
            tie_salt,
            popped: 0,
        }
    }

    /// How many events are pending.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds `event` at `time`.
    ///
    /// # Panics
    /// When `time` is earlier than the last event handed out: time never goes
    /// back.
    pub fn push(&mut self, time: Time, event: E) {
        assert!(time >= self.now, "event scheduled in the past: {time} < {}", self.now);
        self.len += 1;
        if time == self.now {
            self.present.push_back(event);
        } else {
            self.put(time, event);
        }
    }

    fn put(&mut self, time: Time, event: E) {
        let bucket = 64 - (time.nanos() ^ self.now.nanos()).leading_zeros() as usize;
        self.earliest[bucket] = self.earliest[bucket].min(time);
        self.future[bucket].push((time, event));
    }

    /// The time of the next event.
    pub fn peek(&self) -> Option<Time> {
        if !self.present.is_empty() {
            return Some(self.now);
        }
        (self.len > 0).then(|| self.earliest[self.lowest_bucket()])
    }

    /// Takes the next event.
    pub fn pop(&mut self) -> Option<(Time, E)> {
        if self.present.is_empty() {
            if self.len == 0 {
                return None;
            }
            self.advance();
        }
        self.len -= 1;
        let event = if self.tie_salt == 0 {
            self.present.pop_front()?
        } else {
            self.popped += 1;
            let pick = mix(self.tie_salt ^ mix(self.popped)) % self.present.len() as u64;
            self.present.swap_remove_back(pick as usize)?
        };
        Some((self.now, event))
    }

    /// The lowest bucket in use; its smallest time is the smallest of all.
    fn lowest_bucket(&self) -> usize {
        (1..BUCKETS).find(|b| !self.future[*b].is_empty()).expect("an event is pending")
    }

    /// Moves the present to the next event and spreads its bucket over lower ones.
    fn advance(&mut self) {
        let bucket = self.lowest_bucket();
        self.now = self.earliest[bucket];
        self.earliest[bucket] = Time::NEVER;
        let mut moving = std::mem::take(&mut self.future[bucket]);
        for (time, event) in moving.drain(..) {
            if time == self.now {
                self.present.push_back(event);
            } else {
                self.put(time, event);
            }
        }
        self.future[bucket] = moving; // keeps its allocation
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    proptest! {
        /// Lock-step with the obviously right twin: a heap of (time, insertion).
        #[test]
        fn agrees_with_a_binary_heap(steps in prop::collection::vec((0u64..5, 0u64..2000, prop::bool::ANY), 1..400)) {
            let mut list = EventList::new(0);
            let mut twin = BinaryHeap::new();
            let mut now = Time::ZERO;
            for (i, (shift, delay, pop)) in steps.into_iter().enumerate() {
                let time = now + Time::from_nanos(delay << (shift * 8));
                list.push(time, i);
                twin.push(Reverse((time, i)));
                if pop {
                    prop_assert_eq!(list.peek(), twin.peek().map(|Reverse((t, _))| *t));
                    let Reverse(expected) = twin.pop().unwrap();
                    prop_assert_eq!(list.pop(), Some(expected));
                    now = expected.0;
                }
            }
            while let Some(Reverse(expected)) = twin.pop() {
                prop_assert_eq!(list.pop(), Some(expected));
            }
            prop_assert!(list.is_empty());
        }
    }

    #[test]
    fn a_salt_permutes_ties_and_nothing_else() {
        let order = |salt| {
            let mut list = EventList::new(salt);
            for i in 0..20 {
                list.push(Time::from_secs(i / 10), i);
            }
            std::iter::from_fn(|| list.pop()).map(|(_, e)| e).collect::<Vec<_>>()
        };
        assert_eq!(order(0), (0..20).collect::<Vec<_>>());
        assert_ne!(order(7), order(0));
        assert_eq!(order(7), order(7));
        assert!(order(7)[..10].iter().all(|e| *e < 10));
    }

    #[test]
    #[should_panic(expected = "in the past")]
    fn refuses_the_past() {
        let mut list = EventList::new(0);
        list.push(Time::from_secs(1), ());
        list.pop();
        list.push(Time::ZERO, ());
    }
}
