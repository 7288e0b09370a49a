//! Answering the wants of peers.
//!
//! Sources: `ipfs/boxo` `bitswap/server/internal/decision/engine.go`,
//! `taskmerger.go`, `ipfs/go-peertaskqueue` `peertracker/peertracker.go`. The
//! debt ratio of the peers' ledgers decides nothing there any more (it tags
//! connections that are to be kept), so there is none here.
//!
//! There is one queue of tasks for each peer, over all datasets: the limits of wants and
//! of bytes under way, the writers, and the choice of the peer that comes next know
//! peers and no downloads.

use super::dag::Dags;
use super::params::Params;
use super::wire::{PRESENCE, Response, WantEntry, WantKind};
use crate::protocols::parts::Peers;
use crate::world::{BlockSet, NodeId};
use std::cmp::Reverse;
use std::collections::VecDeque;
use std::ops::Range;

/// What a task sends; the later replaces the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    Lack,
    Have,
    Block,
}

/// Something to be sent to a peer.
#[derive(Debug, Clone, Copy)]
struct Task {
    unit: u32,
    answer: Answer,
    /// Bytes it counts for in the queue.
    work: u64,
}

/// A peer and what it wants.
#[derive(Debug, Default)]
struct PeerTracker {
    /// In the order of asking, which is that of the priorities.
    tasks: VecDeque<Task>,
    /// Bytes of `tasks`.
    pending: u64,
    /// Bytes being written.
    active: u64,
    /// Wanted as blocks, of all datasets.
    blocks: BlockSet,
    /// Wanted to know about.
    haves: BlockSet,
}

/// A response being written.
#[derive(Debug)]
struct Writing {
    peer: NodeId,
    tasks: Vec<Task>,
    work: u64,
}

/// The decision engine.
#[derive(Debug)]
pub(super) struct Server {
    clients: Peers<PeerTracker>,
    writing: Vec<Option<Writing>>,
}

impl PeerTracker {
    /// Puts a task into the queue, or into the one for the same block.
    fn push(&mut self, task: Task, in_work: Option<Answer>) {
        if in_work.is_some_and(|answer| answer >= task.answer) {
            return;
        }
        match self.tasks.iter_mut().find(|t| t.unit == task.unit) {
            Some(there) if there.answer < task.answer => {
                self.pending = self.pending + task.work - there.work;
                *there = task;
            }
            Some(_) => {}
            None => {
                self.pending += task.work;
                self.tasks.push_back(task);
            }
        }
    }

    fn cancel(&mut self, unit: u32) {
        if self.blocks.remove(unit) | self.haves.remove(unit)
            && let Some(at) = self.tasks.iter().position(|task| task.unit == unit)
        {
            self.pending -= self.tasks[at].work;
            self.tasks.remove(at);
        }
    }

    /// The next tasks, until they amount to `target`.
    fn pop(&mut self, target: u64) -> (Vec<Task>, u64) {
        let (mut tasks, mut work) = (Vec::new(), 0);
        while work < target
            && let Some(task) = self.tasks.pop_front()
        {
            work += task.work;
            tasks.push(task);
        }
        self.pending -= work;
        self.active += work;
        (tasks, work)
    }
}

/// The task for a want of a block that is here.
fn held(unit: u32, wants_block: bool, dags: &Dags, params: &Params) -> Task {
    let (bytes, blocks) = (dags.at(unit).bytes(unit), dags.blocks(unit));
    if wants_block || bytes <= params.replace_have_size.get() * blocks {
        return Task { unit, answer: Answer::Block, work: bytes };
    }
    Task { unit, answer: Answer::Have, work: PRESENCE * blocks }
}

impl Server {
    pub fn new(params: &Params) -> Self {
        // No node has that many peers: more writers would never have anything to do.
        let writers = params.tasks.min(1 << 16);
        Server { clients: Peers::default(), writing: (0..writers).map(|_| None).collect() }
    }

    pub fn add(&mut self, id: NodeId) {
        self.clients.add(id, PeerTracker::default());
    }

    pub fn remove(&mut self, id: NodeId) {
        self.clients.take(id);
        for slot in self.writing.iter_mut().filter(|slot| slot.as_ref().is_some_and(|w| w.peer == id)) {
            *slot = None;
        }
    }

    fn in_work(&self, peer: NodeId, unit: u32) -> Option<Answer> {
        let mine = self.writing.iter().flatten().filter(|w| w.peer == peer);
        mine.flat_map(|w| &w.tasks).filter(|task| task.unit == unit).map(|task| task.answer).max()
    }

    /// `from` changed its want list. Of wants beyond the limit the first of the
    /// message are dropped.
    pub fn wants(
        &mut self,
        from: NodeId,
        entries: &[WantEntry],
        dags: &Dags,
        params: &Params,
        has: impl Fn(u32) -> bool,
    ) {
        let Some(at) = self.clients.position(from) else { return };
        let client = &mut self.clients[at];
        for entry in entries.iter().filter(|entry| entry.kind == WantKind::Cancel) {
            client.cancel(entry.unit);
        }
        let wants = || entries.iter().filter(|entry| entry.kind != WantKind::Cancel);
        let remembered = client.blocks.len() + client.haves.len();
        let room = params.queued_wants.saturating_sub(remembered) as usize;
        for entry in wants().skip(wants().count().saturating_sub(room)) {
            let in_work = self.in_work(from, entry.unit);
            let client = &mut self.clients[at];
            if entry.kind == WantKind::Block {
                client.haves.remove(entry.unit);
                client.blocks.insert(entry.unit);
            } else if !client.blocks.contains(entry.unit) {
                client.haves.insert(entry.unit);
            }
            if has(entry.unit) {
                client.push(held(entry.unit, entry.kind == WantKind::Block, dags, params), in_work);
            } else if entry.kind != WantKind::Broadcast {
                let work = PRESENCE * dags.blocks(entry.unit);
                client.push(Task { unit: entry.unit, answer: Answer::Lack, work }, in_work);
            }
        }
    }

    /// `units` have come: those who want them get them, or are told.
    pub fn notify(&mut self, units: &[u32], dags: &Dags, params: &Params) {
        for at in 0..self.clients.len() {
            for unit in units {
                let client = &self.clients[at];
                let wants_block = client.blocks.contains(*unit);
                if wants_block || client.haves.contains(*unit) {
                    let in_work = self.in_work(self.clients.ids()[at], *unit);
                    self.clients[at].push(held(*unit, wants_block, dags, params), in_work);
                }
            }
        }
    }

    /// Of `units`, leaves or inner nodes of a dataset, nothing is here any more. (Who was
    /// told that they are is not told otherwise before it asks for them, inferred.)
    pub fn withdraw(&mut self, units: Range<u32>, dags: &Dags) {
        for client in self.clients.iter_mut() {
            let PeerTracker { tasks, pending, .. } = client;
            for task in tasks.iter_mut().filter(|t| units.contains(&t.unit) && t.answer == Answer::Block) {
                let lack = Task { answer: Answer::Lack, work: PRESENCE * dags.blocks(task.unit), ..*task };
                *pending = *pending + lack.work - task.work;
                *task = lack;
            }
        }
    }

    /// The next response, to the peer with the fewest bytes being written, of
    /// those the one with the most tasks; with the number of its writer.
    pub fn next(&mut self, dags: &Dags, params: &Params) -> Option<(NodeId, Response, u32)> {
        let slot = self.writing.iter().position(Option::is_none)?;
        let limit = params.max_outstanding.get();
        let ready = self.clients.pairs().filter(|(_, c)| !c.tasks.is_empty() && c.active < limit);
        let (peer, client) = ready.min_by_key(|(_, c)| (c.active, Reverse(c.tasks.len())))?;
        let (tasks, work) = client.pop(params.message_size.get());
        let mut response = Response { pending: client.pending, ..Response::default() };
        for task in &tasks {
            match task.answer {
                Answer::Block => {
                    response.block(task.unit, dags);
                    client.blocks.remove(task.unit);
                    client.haves.remove(task.unit);
                }
                Answer::Have => {
                    response.have(task.unit, dags);
                    client.haves.remove(task.unit);
                }
                // It is told when the block comes.
                Answer::Lack => response.lack(task.unit, dags),
            }
        }
        self.writing[slot] = Some(Writing { peer, tasks, work });
        Some((peer, response, slot as u32))
    }

    /// The response of writer `slot` to `to` is on its way.
    pub fn sent(&mut self, to: NodeId, slot: u32) {
        let Some(done) = self.writing[slot as usize].take_if(|w| w.peer == to) else { return };
        if let Some(client) = self.clients.find(to) {
            client.active -= done.work;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::bitswap::tests::{params, world};

    const A: NodeId = NodeId(1);
    const B: NodeId = NodeId(2);

    fn dags(block: u64) -> Dags {
        Dags::new(&world(400, block, 1).datasets, &params())
    }

    fn dag() -> Dags {
        dags(8_000)
    }

    fn server() -> Server {
        let mut server = Server::new(&params());
        server.add(A);
        server.add(B);
        server
    }

    fn ask(server: &mut Server, from: NodeId, kind: WantKind, units: &[u32], has: impl Fn(u32) -> bool) {
        let entries: Vec<WantEntry> = units.iter().map(|unit| WantEntry { unit: *unit, kind }).collect();
        server.wants(from, &entries, &dag(), &params(), has);
    }

    /// To whom, leaves, HAVEs, DONT_HAVEs.
    type Sent = (NodeId, Vec<u32>, Vec<u32>, Vec<u32>);

    fn next(server: &mut Server) -> Option<Sent> {
        let (to, r, _) = server.next(&dag(), &params())?;
        Some((to, r.leaves.iter().collect(), r.haves, r.lacks))
    }

    #[test]
    fn a_message_is_filled_to_16_kib() {
        let mut server = server();
        ask(&mut server, A, WantKind::Block, &[0, 1, 2, 3, 4], |_| true);
        assert_eq!(next(&mut server), Some((A, vec![0, 1, 2], vec![], vec![])));
        assert_eq!(next(&mut server), Some((A, vec![3, 4], vec![], vec![])));
        assert_eq!(next(&mut server), None);
    }

    #[test]
    fn each_kind_of_want_has_its_answer() {
        let mut server = server();
        let even = |unit: u32| unit.is_multiple_of(2);
        ask(&mut server, A, WantKind::Have, &[0, 1], even);
        ask(&mut server, A, WantKind::Broadcast, &[2, 3], even);
        ask(&mut server, A, WantKind::Block, &[4, 5], even);
        assert_eq!(next(&mut server), Some((A, vec![4], vec![0, 2], vec![1, 5])));
        // What was lacking and has come: the block or a HAVE, whoever asked how.
        server.notify(&[1, 3, 5, 7], &dag(), &params());
        assert_eq!(next(&mut server), Some((A, vec![5], vec![1, 3], vec![])));
    }

    #[test]
    fn a_small_block_is_sent_in_place_of_a_have() {
        let small = dags(1_024);
        let mut server = server();
        server.wants(A, &[WantEntry { unit: 3, kind: WantKind::Have }], &small, &params(), |_| true);
        let (_, response, _) = server.next(&small, &params()).unwrap();
        assert!(response.leaves.contains(3) && response.haves.is_empty());
    }

    #[test]
    fn cancelled_wants_are_not_served() {
        let mut server = server();
        ask(&mut server, A, WantKind::Block, &[0, 1], |_| true);
        ask(&mut server, A, WantKind::Cancel, &[0], |_| true);
        ask(&mut server, A, WantKind::Block, &[9], |_| false);
        ask(&mut server, A, WantKind::Cancel, &[9], |_| false);
        assert_eq!(next(&mut server), Some((A, vec![1], vec![], vec![])));
        server.notify(&[9], &dag(), &params());
        assert_eq!(next(&mut server), None);
    }

    #[test]
    fn a_want_repeated_while_it_is_served_is_served_once() {
        let mut server = server();
        ask(&mut server, A, WantKind::Block, &[0], |_| true);
        let (_, _, slot) = server.next(&dag(), &params()).unwrap();
        ask(&mut server, A, WantKind::Block, &[0], |_| true);
        assert_eq!(next(&mut server), None);
        server.sent(A, slot);
        ask(&mut server, A, WantKind::Block, &[0], |_| true);
        assert_eq!(next(&mut server), Some((A, vec![0], vec![], vec![])));
    }

    #[test]
    fn the_peer_with_least_under_way_comes_first_and_writers_are_limited() {
        let mut server = server();
        let units: Vec<u32> = (0..60).collect();
        ask(&mut server, A, WantKind::Block, &units, |_| true);
        ask(&mut server, B, WantKind::Block, &units, |_| true);
        let order: Vec<u32> = std::iter::from_fn(|| next(&mut server)).map(|(to, ..)| to.0).collect();
        assert_eq!(order, [1, 2, 1, 2, 1, 2, 1, 2]);
        server.remove(A);
        assert_eq!(std::iter::from_fn(|| next(&mut server)).count(), 4);
    }

    #[test]
    fn a_peer_with_a_mebibyte_under_way_waits() {
        let big = dags(1 << 18);
        let mut server = server();
        let entries: Vec<WantEntry> = (0..9).map(|unit| WantEntry { unit, kind: WantKind::Block }).collect();
        server.wants(A, &entries, &big, &params(), |_| true);
        let slots: Vec<u32> = std::iter::from_fn(|| server.next(&big, &params())).map(|(_, _, slot)| slot).collect();
        assert_eq!(slots.len(), 4);
        server.sent(A, slots[0]);
        assert!(server.next(&big, &params()).is_some());
    }

    #[test]
    fn wants_beyond_the_limit_are_dropped_first_come() {
        let mut server = server();
        let units: Vec<u32> = (0..400).collect();
        let limited = Params { queued_wants: 390, ..params() };
        let entries: Vec<WantEntry> =
            units.iter().map(|unit| WantEntry { unit: *unit, kind: WantKind::Broadcast }).collect();
        server.wants(A, &entries, &dag(), &limited, |_| false);
        server.notify(&[9, 10], &dag(), &limited);
        assert_eq!(next(&mut server), Some((A, vec![], vec![10], vec![])));
    }
}
