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
use std::collections::{BTreeMap, VecDeque};

/// Buckets: one for the present, one for each bit of a time.
const BUCKETS: usize = 65;

/// Pending events, handed out in order of (time, insertion).
///
/// ```
/// use codexsim::{engine::EventList, units::Time};
/// let mut list = EventList::new();
/// list.push(Time::from_secs(2), "later");
/// list.push(Time::from_secs(1), "first");
/// list.push(Time::from_secs(1), "second");
/// assert_eq!(list.pop(), Some((Time::from_secs(1), "first")));
/// assert_eq!(list.pop(), Some((Time::from_secs(1), "second")));
/// assert_eq!(list.peek(), Some(Time::from_secs(2)));
/// ```
#[derive(Debug, Clone)]
pub struct EventList<E> {
    /// Events at exactly `now`.
    present: Present<E>,
    /// Bucket `b` holds times whose highest bit differing from `now` is `b - 1`.
    future: Vec<Vec<(Time, E)>>,
    /// Smallest time in each bucket, [`Time::NEVER`] when empty.
    earliest: [Time; BUCKETS],
    /// Buckets in use: bit `b - 1` for bucket `b`.
    used: u64,
    now: Time,
    len: usize,
}

/// Events of one moment.
#[derive(Debug, Clone)]
enum Present<E> {
    /// In the order of their insertion.
    InOrder(VecDeque<E>),
    /// Owner by owner, in an order drawn for each moment; those of one owner in the
    /// order of their insertion.
    Salted { salt: u64, owner: fn(&E) -> u64, pushed: u64, events: BTreeMap<(u64, u64), E> },
}

impl<E> Present<E> {
    fn is_empty(&self) -> bool {
        match self {
            Present::InOrder(events) => events.is_empty(),
            Present::Salted { events, .. } => events.is_empty(),
        }
    }

    fn push(&mut self, now: Time, event: E) {
        match self {
            Present::InOrder(events) => events.push_back(event),
            Present::Salted { salt, owner, pushed, events } => {
                *pushed += 1;
                events.insert((mix(*salt ^ mix(owner(&event)) ^ mix(now.nanos())), *pushed), event);
            }
        }
    }

    fn pop(&mut self) -> Option<E> {
        match self {
            Present::InOrder(events) => events.pop_front(),
            Present::Salted { events, .. } => events.pop_first().map(|(_, event)| event),
        }
    }
}

impl<E> Default for EventList<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> EventList<E> {
    /// An empty list at time zero, with events of equal time in the order of their
    /// insertion.
    pub fn new() -> Self {
        Self::with(Present::InOrder(VecDeque::new()))
    }

    /// The same, to measure how much a result depends on ties: with any `salt` but 0
    /// events of equal time that have different owners are permuted. What concerns
    /// one owner does not race, and keeps its order.
    pub fn salted(salt: u64, owner: fn(&E) -> u64) -> Self {
        if salt == 0 {
            return Self::new();
        }
        Self::with(Present::Salted { salt, owner, pushed: 0, events: BTreeMap::new() })
    }

    fn with(present: Present<E>) -> Self {
        EventList {
            present,
            future: std::iter::repeat_with(Vec::new).take(BUCKETS).collect(),
            earliest: [Time::NEVER; BUCKETS],
            used: 0,
            now: Time::ZERO,
            len: 0,
        }
    }

    /// All pending events, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &E> {
        let (in_order, salted) = match &self.present {
            Present::InOrder(events) => (Some(events.iter()), None),
            Present::Salted { events, .. } => (None, Some(events.values())),
        };
        let future = self.future.iter().flatten().map(|(_, event)| event);
        in_order.into_iter().flatten().chain(salted.into_iter().flatten()).chain(future)
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
            self.present.push(time, event);
        } else {
            self.put(time, event);
        }
    }

    fn put(&mut self, time: Time, event: E) {
        let bucket = 64 - (time.nanos() ^ self.now.nanos()).leading_zeros() as usize;
        self.earliest[bucket] = self.earliest[bucket].min(time);
        self.used |= 1 << (bucket - 1);
        self.future[bucket].push((time, event));
    }

    /// The time of the next event.
    pub fn peek(&self) -> Option<Time> {
        if !self.present.is_empty() {
            return Some(self.now);
        }
        (self.used != 0).then(|| self.earliest[self.lowest_bucket()])
    }

    /// Takes the next event.
    pub fn pop(&mut self) -> Option<(Time, E)> {
        if self.present.is_empty() {
            if self.used == 0 {
                return None;
            }
            self.advance();
        }
        self.len -= 1;
        Some((self.now, self.present.pop()?))
    }

    /// The lowest bucket in use; its smallest time is the smallest of all.
    fn lowest_bucket(&self) -> usize {
        self.used.trailing_zeros() as usize + 1
    }

    /// Moves the present to the next event and spreads its bucket over lower ones.
    fn advance(&mut self) {
        let bucket = self.lowest_bucket();
        self.now = self.earliest[bucket];
        self.earliest[bucket] = Time::NEVER;
        self.used &= self.used - 1;
        let mut moving = std::mem::take(&mut self.future[bucket]);
        for (time, event) in moving.drain(..) {
            if time == self.now {
                self.present.push(time, event);
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
            let mut list = EventList::new();
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
            let (mut listed, mut heaped): (Vec<_>, Vec<_>) = (list.iter().copied().collect(), twin.iter().map(|Reverse((_, i))| *i).collect());
            listed.sort_unstable();
            heaped.sort_unstable();
            prop_assert_eq!(listed, heaped);
            while let Some(Reverse(expected)) = twin.pop() {
                prop_assert_eq!(list.pop(), Some(expected));
            }
            prop_assert!(list.is_empty());
        }
    }

    /// Twenty events at two moments, of five owners each.
    fn order(salt: u64) -> Vec<u64> {
        let mut list = EventList::salted(salt, |event: &u64| event % 5);
        for i in 0..20 {
            list.push(Time::from_secs(i / 10), i);
        }
        std::iter::from_fn(|| list.pop()).map(|(_, e)| e).collect()
    }

    #[test]
    fn a_salt_permutes_the_owners_of_ties_and_nothing_else() {
        assert_eq!(order(0), (0..20).collect::<Vec<_>>());
        assert_ne!(order(7), order(0));
        assert_eq!(order(7), order(7));
        for salt in 1..50 {
            let order = order(salt);
            assert!(order[..10].iter().all(|e| *e < 10), "moments keep their order");
            let place = |event: u64| order.iter().position(|e| *e == event).unwrap();
            assert!((0..10).all(|e| e % 10 >= 5 || place(e) < place(e + 5)), "an owner's events keep theirs");
            assert!((10..15).all(|e| place(e) < place(e + 5)));
        }
        let firsts: std::collections::BTreeSet<u64> = (1..50).map(|salt| order(salt)[0]).collect();
        assert_eq!(firsts.len(), 5, "every owner comes first under some salt");
    }

    #[test]
    #[should_panic(expected = "in the past")]
    fn refuses_the_past() {
        let mut list = EventList::new();
        list.push(Time::from_secs(1), ());
        list.pop();
        list.push(Time::ZERO, ());
    }
}
