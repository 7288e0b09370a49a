//! The slot queue of a host (codex-protocol.md 13.3).
//!
//! The slot that expires last comes first, and among those of one moment chance decides, for
//! the slots of a request are shuffled. Whether a slot was looked at before decides nothing
//! here: all slots are of one size and price, so what a host had no room for once, it had no
//! room for when it looked at what came later.

use crate::units::Time;
use priority_queue::DoublePriorityQueue;

/// What of a slot in the queue can be taken now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// It may be reserved.
    Free,
    /// It stays: the host works on another of its unit.
    Held,
    /// It has left the market.
    Gone,
}

/// Slots that a host has heard of and not reserved.
#[derive(Debug)]
pub(super) struct SlotQueue {
    /// By slot: when it expires, then chance.
    slots: DoublePriorityQueue<u32, (Time, u64)>,
    capacity: usize,
    /// Slots that had left the market when those that had were last taken out.
    swept: u64,
}

impl SlotQueue {
    /// An empty queue that holds so many.
    pub fn new(capacity: u32) -> Self {
        SlotQueue { slots: DoublePriorityQueue::new(), capacity: capacity as usize, swept: 0 }
    }

    /// Adds a slot; the last of a full queue falls out of it. `gone` slots have left the market
    /// so far, those for which `is_gone`.
    pub fn push(&mut self, slot: u32, place: (Time, u64), gone: u64, is_gone: impl Fn(u32) -> bool) {
        if self.slots.len() >= self.capacity && self.swept < gone {
            self.slots.retain(|slot, _| !is_gone(*slot));
            self.swept = gone;
        }
        if self.slots.len() >= self.capacity {
            match self.slots.peek_min() {
                Some((_, last)) if *last < place => self.slots.pop_min(),
                _ => return,
            };
        }
        self.slots.push(slot, place);
    }

    /// Takes out the first slot that can be taken.
    pub fn take(&mut self, fit: impl Fn(u32) -> Fit) -> Option<u32> {
        while let Some((&slot, _)) = self.slots.peek_max() {
            match fit(slot) {
                Fit::Held => break,
                Fit::Free => return self.slots.pop_max().map(|(slot, _)| slot),
                Fit::Gone => self.slots.pop_max(),
            };
        }
        let free = self.slots.iter().filter(|(slot, _)| fit(**slot) == Fit::Free);
        let slot = *free.max_by_key(|(_, place)| **place)?.0;
        self.slots.remove(&slot).map(|(slot, _)| slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// In lock-step with a list that is sorted whenever something comes.
        #[test]
        fn agrees_with_a_sorted_list(steps in prop::collection::vec((0u64..6, any::<u64>(), 0u8..4), 1..200)) {
            let (mut queue, mut twin, mut gone) = (SlotQueue::new(8), Vec::new(), Vec::new());
            let held = |slot: u32| slot.is_multiple_of(3);
            for (slot, (expiry, chance, action)) in (0u32..).zip(steps) {
                if action < 2 {
                    let place = (Time::from_secs(expiry + u64::from(slot) / 4), chance);
                    queue.push(slot, place, gone.len() as u64, |slot| gone.contains(&slot));
                    twin.retain(|(_, slot)| !gone.contains(slot));
                    twin.push((place, slot));
                    twin.sort_unstable();
                    if twin.len() > 8 {
                        twin.remove(0);
                    }
                } else if action == 2 {
                    gone.push(slot / 2);
                } else {
                    let fit = |slot| match (gone.contains(&slot), held(slot)) {
                        (true, _) => Fit::Gone,
                        (false, true) => Fit::Held,
                        (false, false) => Fit::Free,
                    };
                    let at = twin.iter().rposition(|(_, slot)| fit(*slot) == Fit::Free);
                    prop_assert_eq!(queue.take(fit), at.map(|at| twin.remove(at).1));
                }
            }
        }
    }

    /// Four come into a queue of three: the one that expires first falls out, but one that has
    /// left the market goes before it.
    #[test]
    fn later_expiry_first_and_the_last_falls_out() {
        let queue = |gone: &[u32]| {
            let mut queue = SlotQueue::new(3);
            for (slot, expiry) in [(0, 10), (1, 40), (2, 30), (3, 20)] {
                let is_gone = |slot| gone.contains(&slot);
                queue.push(slot, (Time::from_secs(expiry), 0), gone.len() as u64, is_gone);
            }
            queue
        };
        let drain = |mut queue: SlotQueue, fit: fn(u32) -> Fit| -> Vec<u32> {
            std::iter::from_fn(|| queue.take(fit)).collect()
        };
        assert_eq!(drain(queue(&[]), |_| Fit::Free), [1, 2, 3]);
        assert_eq!(drain(queue(&[2]), |_| Fit::Free), [1, 3, 0]);
        assert_eq!(drain(queue(&[]), |slot| if slot == 1 { Fit::Held } else { Fit::Free }), [2, 3]);
        assert_eq!(drain(queue(&[]), |slot| if slot < 3 { Fit::Gone } else { Fit::Free }), [3]);
    }
}
