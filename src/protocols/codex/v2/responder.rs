//! Answering: who asks what one has, and serving what they want.
//!
//! A node serves at most ten peers at a time. A task takes up everything that
//! its peer wants, sends it in messages of twenty blocks, awaits each write,
//! and only then makes room for the next peer in the queue.

use super::{CodexV2, Context, MANIFEST, Msg, Timer};
use crate::units::Time;
use crate::world::{BlockSet, NodeId};
use std::collections::VecDeque;
use std::rc::Rc;

/// A peer being served.
#[derive(Debug)]
struct Task {
    peer: NodeId,
    /// What is still to be sent, last first.
    left: Vec<u32>,
    /// Everything this task took up.
    taken: BlockSet,
    /// The blocks of the message being written.
    writing: Rc<BlockSet>,
}

/// The queue of peers that want something, and the tasks that serve them.
#[derive(Debug)]
pub(super) struct Responder {
    tasks: Vec<Option<Task>>,
    queue: VecDeque<NodeId>,
    /// Questions and how many of their entries are answered.
    questions: VecDeque<(NodeId, Rc<BlockSet>, usize)>,
    /// Somebody may have asked for something that was not here.
    owes: bool,
}

impl Responder {
    pub fn new(tasks: u32) -> Self {
        Responder {
            tasks: (0..tasks).map(|_| None).collect(),
            queue: VecDeque::new(),
            questions: VecDeque::new(),
            owes: false,
        }
    }

    /// Queues a peer; a full queue forgets it.
    fn schedule(&mut self, peer: NodeId, limit: u32) {
        if !self.queue.contains(&peer) && self.queue.len() < limit as usize {
            self.queue.push_back(peer);
        }
    }

    /// Drops everything that concerns a peer that is gone.
    pub fn forget(&mut self, peer: NodeId) {
        self.queue.retain(|p| *p != peer);
        for slot in &mut self.tasks {
            if slot.as_ref().is_some_and(|t| t.peer == peer) {
                *slot = None;
            }
        }
    }
}

impl CodexV2 {
    /// A question is answered entry by entry; it waits its turn.
    pub(super) fn on_want_have(&mut self, from: NodeId, set: &Rc<BlockSet>, cx: &mut Context<'_>) {
        self.responder.questions.push_back((from, Rc::clone(set), 0));
        if cx.world.hardware.per_entry == Time::ZERO {
            self.answer_next(cx);
        } else {
            cx.after(Time::ZERO, Timer::Answer);
        }
    }

    /// Works on the question at the front of the queue: until all is answered,
    /// the message is full, or the work has taken `yield_after`; then it sends
    /// what it found, and the rest of the question goes to the back. Says
    /// nothing about what is not here, and remembers no question.
    pub(super) fn answer_next(&mut self, cx: &mut Context<'_>) {
        let Some((from, question, done)) = self.responder.questions.pop_front() else { return };
        let Some(peer) = self.peers.find(from) else { return };
        let group = cx.world.dataset.group;
        let per_entry = cx.world.hardware.per_entry * u64::from(group);
        let quantum = match cx.shared.params.yield_after.nanos().checked_div(per_entry.nanos()) {
            Some(entries) => entries.max(1) as usize,
            None => usize::MAX,
        };
        let limit = quantum.min((cx.shared.params.presence_entries / group).max(1) as usize);
        let entries = question.len() as usize;
        let whole = entries <= limit;
        let part = if whole {
            question.difference(&BlockSet::one(MANIFEST))
        } else {
            cx.shared.order.of(&question).into_iter().skip(done).take(limit).collect()
        };
        let mut found = cx.store().held_of(&part);
        found.subtract(&peer.wanted);
        if self.has_manifest && question.contains(MANIFEST) {
            found.insert(MANIFEST);
        }
        cx.cpu(per_entry * u64::from(part.len().max(1)));
        if !found.is_empty() {
            cx.send(from, Msg::Presence(Rc::new(found)));
        }
        let done = done + limit.min(entries);
        if !whole && done < entries {
            self.responder.questions.push_back((from, question, done));
            if per_entry == Time::ZERO {
                self.answer_next(cx);
            } else {
                cx.after(Time::ZERO, Timer::Answer);
            }
        }
    }

    pub(super) fn on_want_block(&mut self, from: NodeId, set: &BlockSet, cx: &mut Context<'_>) {
        let Some(peer) = self.peers.find_mut(from) else { return };
        peer.wanted.union_with(set);
        self.responder.schedule(from, cx.shared.params.task_queue);
        self.serve(cx);
    }

    /// New blocks are here: serves those who asked for them before they were.
    pub(super) fn serve_waiting(&mut self, new: &BlockSet, cx: &mut Context<'_>) {
        if !self.responder.owes {
            return;
        }
        for peer in self.peers.iter().filter(|p| p.wanted.intersects(new)) {
            self.responder.schedule(peer.id, cx.shared.params.task_queue);
        }
        self.serve(cx);
    }

    /// Starts tasks while there are free ones and peers that wait.
    pub(super) fn serve(&mut self, cx: &mut Context<'_>) {
        while let Some(slot) = self.responder.tasks.iter().position(Option::is_none) {
            let Some(id) = self.responder.queue.pop_front() else { return };
            let Some(peer) = self.peers.find_mut(id) else { continue };
            let taken = peer.wanted.difference(&peer.sending);
            if taken.is_empty() {
                continue;
            }
            peer.sending.union_with(&taken);
            let mut left = cx.shared.order.of(&taken);
            left.reverse();
            self.responder.tasks[slot] = Some(Task { peer: id, left, taken, writing: Rc::default() });
            self.write_next(slot, cx);
        }
    }

    /// The message of task `slot` is on its way: its blocks are wanted no more.
    pub(super) fn on_sent(&mut self, to: NodeId, slot: u32, cx: &mut Context<'_>) {
        let slot = slot as usize;
        let Some(task) = self.responder.tasks[slot].as_mut().filter(|t| t.peer == to) else { return };
        let written = std::mem::take(&mut task.writing);
        if let Some(peer) = self.peers.find_mut(to) {
            peer.wanted.subtract(&written);
        }
        self.write_next(slot, cx);
        self.serve(cx);
    }

    /// Sends the next message of task `slot`, or ends the task. What is wanted
    /// but not here is left for later.
    fn write_next(&mut self, slot: usize, cx: &mut Context<'_>) {
        let Some(task) = &mut self.responder.tasks[slot] else { return };
        let limit = (cx.shared.params.blocks_per_message / cx.world.dataset.group).max(1);
        let (mut writing, mut found, mut looked_up) = (BlockSet::new(), 0, 0);
        while found < limit
            && let Some(unit) = task.left.pop()
        {
            if unit == MANIFEST && self.has_manifest {
                // The manifest travels alone.
                if writing.is_empty() {
                    writing.insert(unit);
                } else {
                    task.left.push(unit);
                }
                break;
            }
            looked_up += 1;
            if cx.store.contains(unit) {
                writing.insert(unit);
                found += 1;
            } else if let Some(peer) = self.peers.find_mut(task.peer) {
                peer.sending.remove(unit);
                self.responder.owes = true;
            }
        }
        cx.cpu(cx.world.hardware.per_lookup * u64::from(looked_up - found));
        if writing.is_empty() {
            let ended = self.responder.tasks[slot].take();
            if let Some(task) = ended
                && let Some(peer) = self.peers.find_mut(task.peer)
            {
                peer.sending.subtract(&task.taken);
            }
            return;
        }
        task.writing = Rc::new(writing);
        let message = if task.writing.contains(MANIFEST) {
            Msg::Manifest(cx.shared.params.manifest_size.get())
        } else {
            Msg::Delivery(Rc::clone(&task.writing))
        };
        cx.send_tracked(task.peer, message, slot as u32);
    }
}
