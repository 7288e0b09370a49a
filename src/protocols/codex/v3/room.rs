//! Who goes on when a peer has room for a request again.
//!
//! How many requests may be outstanding at a peer is a matter of all downloads together. In
//! the original every loop that waits for room looks each 10 ms, and the first to look takes
//! it: nobody has a turn or a share. Here those loops rest, and of the ones that rest for one
//! peer the one that would look first is woken; after its turn the one that would look
//! next, until one finds the peer at capacity. With one download this is event for event what
//! looking each 10 ms gives; with several it is so in most swarms and in others as if with
//! another seed, for whose turn is first can differ.

use super::turns::{Sleep, stir};
use super::worker::Download;
use super::{CodexV3, Context, Peers};
use crate::units::Time;
use crate::world::{DatasetId, NodeId};

/// Room for requests at one peer.
#[derive(Debug)]
pub(super) struct Room {
    /// Nobody has found it at capacity since a request ended.
    open: bool,
    /// Downloads that rest until there is room, by when in a period their loops turn.
    resting: Vec<(Time, DatasetId)>,
    /// The one that was woken last and has not had its turn.
    woken: Option<DatasetId>,
}

/// Where a download waits for room.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// The peers among whose [`Room::resting`] it is, and as what.
    at: Vec<NodeId>,
    phase: Time,
    /// The peers whose room woke it, until it has had its turn.
    woken_by: Vec<NodeId>,
}

impl Room {
    /// Of a peer of which nothing is asked yet.
    pub fn new() -> Self {
        Room { open: true, resting: Vec::new(), woken: None }
    }

    /// A request there has ended.
    pub fn opened(&mut self) {
        self.open = true;
    }

    /// Somebody who wanted to ask it found it at capacity.
    pub fn found_full(&mut self) {
        self.open = false;
    }

    fn add(&mut self, entry: (Time, DatasetId)) {
        if let Err(at) = self.resting.binary_search(&entry) {
            self.resting.insert(at, entry);
        }
    }

    fn remove(&mut self, entry: (Time, DatasetId)) {
        if let Ok(at) = self.resting.binary_search(&entry) {
            self.resting.remove(at);
        }
    }

    /// Takes the one whose loop turns next at or after `phase`, round and round.
    fn take_next(&mut self, phase: Time) -> Option<DatasetId> {
        let at = self.resting.partition_point(|(other, _)| *other < phase);
        let at = if at < self.resting.len() { at } else { 0 };
        (at < self.resting.len()).then(|| self.resting.remove(at).1)
    }
}

/// Where `now` is in a period of `tick`.
fn phase(now: Time, tick: Time) -> Time {
    Time::from_nanos(now.nanos() % tick.nanos().max(1))
}

impl Download {
    /// The loop is to rest, from a turn now on, until one of those it found at capacity has
    /// room; whether none of them has had since.
    pub fn wait_for_room(&mut self, peers: &mut Peers, cx: &Context<'_>) -> bool {
        if self.alone {
            self.forget_room(peers);
            return true;
        }
        if self.swarm.full.iter().any(|id| peers.find(*id).is_some_and(|peer| peer.room.open)) {
            return false;
        }
        self.forget_room(peers);
        self.waiting.phase = phase(cx.now(), cx.shared.params.tick);
        for id in &self.swarm.full {
            if let Some(peer) = peers.find(*id) {
                peer.room.add((self.waiting.phase, self.dataset));
                self.waiting.at.push(*id);
            }
        }
        true
    }

    /// It waits nowhere any more.
    pub fn forget_room(&mut self, peers: &mut Peers) {
        let entry = (self.waiting.phase, self.dataset);
        for id in self.waiting.at.drain(..) {
            if let Some(peer) = peers.find(id) {
                peer.room.remove(entry);
            }
        }
    }

    /// Takes one of the peers whose room woke it.
    pub fn take_waker(&mut self) -> Option<NodeId> {
        self.waiting.woken_by.pop()
    }
}

impl CodexV3 {
    /// If there may be room at `id`, the first that would look for it does so.
    pub(super) fn wake_next(&mut self, id: NodeId, cx: &mut Context<'_>) {
        let Some(peer) = self.peers.find(id) else { return };
        let room = &mut peer.room;
        if !room.open || room.woken.is_some() {
            return;
        }
        let phase = phase(cx.now(), cx.shared.params.tick);
        while let Some(dataset) = room.take_next(phase) {
            let rests = self.downloads.get(&dataset).is_some_and(|d| matches!(d.sleep, Sleep::Rest { .. }));
            if rests && let Some(download) = stir(&mut self.downloads, dataset, cx) {
                download.waiting.woken_by.push(id);
                room.woken = Some(dataset);
                return;
            }
        }
    }

    /// The download that the room of `id` woke has had its turn.
    pub(super) fn pass_on(&mut self, id: NodeId, cx: &mut Context<'_>) {
        if let Some(peer) = self.peers.find(id) {
            peer.room.woken = None;
            self.wake_next(id, cx);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_rest_are_taken_in_the_order_of_their_turns() {
        let mut room = Room::new();
        let entry = |phase: u64, dataset| (Time::from_millis(phase), DatasetId(dataset));
        for entry in [entry(7, 1), entry(2, 5), entry(7, 0), entry(4, 3), entry(4, 3)] {
            room.add(entry);
        }
        room.remove(entry(4, 9));
        room.remove(entry(7, 1));
        let mut next = |at| room.take_next(Time::from_millis(at)).map(|dataset| dataset.0);
        assert_eq!([next(4), next(4), next(8), next(0)], [Some(3), Some(0), Some(5), None]);
    }
}
