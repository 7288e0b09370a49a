//! Look-ups of providers in v1 and v2 (Codex `blockexchange/engine/discovery.nim`).
//!
//! A node has ten workers and a queue of ten for the keys of all its datasets. A worker
//! looks nothing up for a key of which enough connected peers hold something.

use super::wanted::is_about;
use crate::protocol::{Ctx, Key, Protocol};
use crate::protocols::parts::Peers;
use crate::world::{BlockSet, World};
use std::collections::VecDeque;

/// Keys that are looked up at the same time (`discovery_workers`, v1 `discovery.nim:38`,
/// v2 `:39`).
const WORKERS: u32 = 10;
/// Keys that wait for a worker before further ones are dropped (likewise).
const QUEUE: usize = 10;

/// The keys that are looked up and those that wait.
#[derive(Debug, Default)]
pub(super) struct LookUps {
    waiting: VecDeque<Key>,
    /// The places of `waiting`'s keys among all.
    queued: BlockSet,
    /// The places of the keys under way.
    looking: BlockSet,
}

impl LookUps {
    /// Has `key` looked up when a worker is free; false when so many wait that it is
    /// dropped.
    pub fn put(&mut self, key: Key) -> bool {
        let room = self.waiting.len() < QUEUE;
        if room {
            self.offer(key);
        }
        room
    }

    /// Has `key` looked up when a worker is free, however many wait: whoever asks for it
    /// waits for room in the queue.
    pub fn offer(&mut self, key: Key) {
        if self.queued.insert(key.index()) {
            self.waiting.push_back(key);
        }
    }

    /// The free workers take keys up; they look those up which are `scarce`.
    pub fn work<P: Protocol>(&mut self, mut scarce: impl FnMut(Key) -> bool, cx: &mut Ctx<'_, P>) {
        while self.looking.len() < WORKERS
            && let Some(key) = self.waiting.pop_front()
        {
            self.queued.remove(key.index());
            if scarce(key) {
                self.looking.insert(key.index());
                cx.find(key);
            }
        }
    }

    /// The look-up of `key` has ended.
    pub fn ended(&mut self, key: Key) {
        self.looking.remove(key.index());
    }
}

/// How many of `peers` are known to hold anything of the dataset of `key`.
pub(super) fn holders<T, const BY_ID: bool>(
    peers: &Peers<T, BY_ID>,
    have: impl Fn(&T) -> &BlockSet,
    key: Key,
    world: &World,
) -> u32 {
    peers.iter().filter(|peer| is_about(have(peer), key.dataset(), world)).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::direct::Direct;
    use crate::protocols::parts::bench::{Bench, constants, world};
    use crate::world::DatasetId;

    #[test]
    fn ten_keys_are_looked_up_and_ten_wait() {
        let mut bench = Bench::<Direct>::new(world(10, 1_000, 1), &constants("direct"));
        let (mut lookups, key) = (LookUps::default(), |number| Key::Manifest(DatasetId(number)));
        let mut act = |lookups: &mut LookUps, scarce: bool| bench.act(|_, cx| lookups.work(|_| scarce, cx)).len();
        let taken = (0..20).filter(|number| lookups.put(key(number % 15))).count();
        assert_eq!((taken, act(&mut lookups, true)), (10, 10));
        (20..40).for_each(|number| lookups.offer(key(number)));
        assert!(!lookups.put(key(40)));
        assert_eq!(act(&mut lookups, true), 0);
        lookups.ended(key(3));
        lookups.ended(key(3));
        assert_eq!(act(&mut lookups, true), 1);
        lookups.ended(key(4));
        assert_eq!(act(&mut lookups, false), 0, "what is not scarce takes no worker");
        assert!(lookups.waiting.is_empty() && lookups.queued.is_empty());
    }
}
