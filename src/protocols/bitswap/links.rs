//! What a node has told each connected peer that it wants, and the messages
//! that tell it.
//!
//! A node has one queue for each peer and all sessions: wants of several datasets
//! gather and leave together, and everybody connected hears a broadcast, whatever else
//! it was asked for. A block is of one dataset, and of that there is one session, so no
//! two sessions ever want the same.
//!
//! Sources: `ipfs/boxo` `bitswap/client/internal/peermanager/peerwantmanager.go`
//! and `messagequeue/messagequeue.go`.

use super::params::Params;
use super::since::Since;
use super::timeouts::Timeouts;
use super::wire::{WantEntry, WantKind};
use crate::protocols::parts::{Peers, Wakeup};
use crate::units::Time;
use crate::world::{BlockSet, NodeId};

/// The wants of this node at one connected peer.
#[derive(Debug, Default)]
pub(super) struct Link {
    /// Wanted from this peer as blocks.
    blocks: BlockSet,
    /// Wanted to know about from this peer alone (not in a broadcast).
    haves: BlockSet,
    /// What it was really told, broadcasts included.
    sent: BlockSet,
    /// To be told with the next message.
    pending: Vec<WantEntry>,
    /// The blocks that `pending` is about.
    named: BlockSet,
    /// When it was told of each want that it has not answered.
    since: Since,
    /// Blocks that it owes.
    pub timeouts: Timeouts,
    /// Sends what is pending.
    pub flush: Wakeup,
    /// Repeats all that is open.
    pub rebroadcast: Wakeup,
    /// Looks for blocks that are late.
    pub late: Wakeup,
}

impl Link {
    /// Entries of the next message.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Whether it was told anything that still holds.
    pub fn has_open(&self) -> bool {
        !self.sent.is_empty()
    }

    fn add(&mut self, unit: u32, kind: WantKind) {
        if self.named.insert(unit) {
            return self.pending.push(WantEntry { unit, kind });
        }
        // A want clears a cancel, and a block is wanted rather than a HAVE.
        let clears = |entry: &&mut WantEntry| kind == WantKind::Block || entry.kind == WantKind::Cancel;
        let there = self.pending.iter_mut().find(|entry| entry.unit == unit).filter(clears);
        there.into_iter().for_each(|entry| entry.kind = kind);
    }

    /// Wants `blocks`, and to know about all of `wanted` that it was not asked for.
    fn want(&mut self, blocks: &[u32], wanted: &BlockSet, broadcast: &BlockSet) {
        for unit in blocks {
            if self.blocks.insert(*unit) {
                self.haves.remove(*unit);
                self.add(*unit, WantKind::Block);
            }
        }
        let mut untold = wanted.difference(broadcast);
        untold.subtract(&self.blocks);
        untold.subtract(&self.haves);
        self.haves.union_with(&untold);
        untold.iter().for_each(|unit| self.add(unit, WantKind::Have));
    }

    /// `unit` is here; the peer is told so with the next message, if it knows
    /// that it was wanted and `tell` says so.
    fn drop_want(&mut self, unit: u32, tell: bool) {
        self.blocks.remove(unit);
        self.haves.remove(unit);
        self.timeouts.remove(unit);
        self.since.remove(unit);
        if self.named.remove(unit) {
            self.pending.retain(|entry| entry.unit != unit);
        }
        if self.sent.remove(unit) && tell {
            self.named.insert(unit);
            self.pending.push(WantEntry { unit, kind: WantKind::Cancel });
        }
    }

    /// The next message: cancels, wants, broadcasts.
    pub fn take(&mut self, now: Time) -> Vec<WantEntry> {
        let mut entries = std::mem::take(&mut self.pending);
        self.named.clear();
        entries.sort_by_key(|entry| match entry.kind {
            WantKind::Cancel => 0,
            WantKind::Block | WantKind::Have => 1,
            WantKind::Broadcast => 2,
        });
        for entry in entries.iter().filter(|entry| entry.kind != WantKind::Cancel) {
            self.sent.insert(entry.unit);
            self.since.add(entry.unit, now);
            if entry.kind == WantKind::Block {
                self.timeouts.add(entry.unit, now);
            }
        }
        entries
    }

    /// The peer sent something about `units`: the oldest question that this
    /// answers tells the latency.
    pub fn answered(&mut self, units: impl Iterator<Item = u32>, now: Time, params: &Params) {
        let mut longest = None;
        for unit in units {
            if let Some(since) = self.since.remove(unit) {
                let elapsed = now.since(since);
                if elapsed < params.max_valid_latency {
                    longest = longest.max(Some(elapsed));
                }
            }
        }
        if let Some(elapsed) = longest {
            self.timeouts.answered(elapsed, params);
        }
    }

    /// Puts everything that is open into the next message once more.
    pub fn repeat(&mut self) {
        for unit in self.sent.clone().iter() {
            let kind = if self.blocks.contains(unit) {
                WantKind::Block
            } else if self.haves.contains(unit) {
                WantKind::Have
            } else {
                WantKind::Broadcast
            };
            self.add(unit, kind);
        }
    }
}

/// The wants of this node at all connected peers.
#[derive(Debug, Default)]
pub(super) struct Links {
    pub peers: Peers<Link>,
    /// Wants that everybody is told of.
    broadcast: BlockSet,
}

impl Links {
    /// Adds a peer, which is told of the broadcasts.
    pub fn add(&mut self, id: NodeId) {
        let mut link = Link::default();
        self.broadcast.iter().for_each(|unit| link.add(unit, WantKind::Broadcast));
        self.peers.add(id, link);
    }

    /// Asks `peer` for `blocks`, and whether it has the rest of `wanted`.
    pub fn want(&mut self, peer: NodeId, blocks: &[u32], wanted: &BlockSet) {
        if let Some(link) = self.peers.find(peer) {
            link.want(blocks, wanted, &self.broadcast);
        }
    }

    /// Asks everybody whether they have `units`.
    pub fn broadcast(&mut self, units: &[u32]) {
        for unit in units {
            if self.broadcast.insert(*unit) {
                for link in self.peers.iter_mut() {
                    if !link.blocks.contains(*unit) && !link.haves.contains(*unit) {
                        link.add(*unit, WantKind::Broadcast);
                    }
                }
            }
        }
    }

    /// `units` are here, from `from`: tells everybody who knows they were
    /// wanted, `from` only if `tell_sender`.
    pub fn cancel(&mut self, units: &[u32], from: NodeId, tell_sender: bool) {
        for unit in units {
            self.broadcast.remove(*unit);
            for (id, link) in self.peers.pairs() {
                link.drop_want(*unit, tell_sender || id != from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::bitswap::tests::params;

    const A: NodeId = NodeId(1);
    const B: NodeId = NodeId(2);

    fn links() -> Links {
        let mut links = Links::default();
        links.add(A);
        links.add(B);
        links
    }

    fn take(links: &mut Links, id: NodeId) -> Vec<(u32, WantKind)> {
        links.peers.find(id).unwrap().take(Time::ZERO).iter().map(|e| (e.unit, e.kind)).collect()
    }

    #[test]
    fn nothing_is_told_twice() {
        let mut links = links();
        let wanted = BlockSet::range(0, 3);
        links.want(A, &[0], &wanted);
        assert_eq!(take(&mut links, A), [(0, WantKind::Block), (1, WantKind::Have), (2, WantKind::Have)]);
        links.want(A, &[0, 1], &wanted);
        links.broadcast(&[0, 1]);
        assert_eq!(take(&mut links, A), [(1, WantKind::Block)]);
        assert_eq!(take(&mut links, B), [(0, WantKind::Broadcast), (1, WantKind::Broadcast)]);
        // What everybody is told of is not asked of one again, but for the block.
        links.want(B, &[0], &wanted);
        assert_eq!(take(&mut links, B), [(0, WantKind::Block), (2, WantKind::Have)]);
    }

    #[test]
    fn who_comes_later_is_told_of_the_broadcasts() {
        let mut links = links();
        links.broadcast(&[5]);
        links.add(NodeId(3));
        assert_eq!(take(&mut links, NodeId(3)), [(5, WantKind::Broadcast)]);
    }

    #[test]
    fn cancels_go_to_those_who_were_told_and_not_to_the_sender() {
        let mut links = links();
        links.want(A, &[0], &BlockSet::one(0));
        links.want(B, &[], &BlockSet::one(0));
        take(&mut links, A);
        take(&mut links, B);
        links.want(B, &[], &BlockSet::one(1));
        links.cancel(&[0, 1], A, false);
        assert_eq!(take(&mut links, A), []);
        // Of 1 it was never told: the want is dropped before it leaves.
        assert_eq!(take(&mut links, B), [(0, WantKind::Cancel)]);
        links.want(A, &[2], &BlockSet::one(2));
        take(&mut links, A);
        links.cancel(&[2], A, true);
        assert_eq!(take(&mut links, A), [(2, WantKind::Cancel)]);
    }

    #[test]
    fn repetitions_name_what_is_open() {
        let mut links = links();
        links.broadcast(&[9]);
        links.want(A, &[0], &BlockSet::range(0, 2));
        take(&mut links, A);
        links.cancel(&[1], B, false);
        take(&mut links, A);
        links.peers.find(A).unwrap().repeat();
        assert_eq!(take(&mut links, A), [(0, WantKind::Block), (9, WantKind::Broadcast)]);
    }

    #[test]
    fn the_longest_valid_wait_of_a_message_is_its_latency() {
        let (mut link, params) = (Link::default(), params());
        let at = Time::from_secs;
        for (unit, now) in [(0, 0), (1, 40), (2, 42)] {
            link.add(unit, WantKind::Block);
            link.take(at(now));
        }
        link.answered([0, 1, 2, 7].into_iter(), at(43), &params);
        assert_eq!(link.timeouts.span(&params), at(6), "twice 3 s: 43 s is no latency");
        link.answered([1].into_iter(), at(60), &params);
        assert_eq!(link.timeouts.span(&params), at(6), "a second answer tells nothing");
    }
}
