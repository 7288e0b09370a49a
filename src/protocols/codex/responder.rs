//! Answering: who asks what one has, and serving what they want.
//!
//! A node serves a few peers at a time. A task takes up everything that its
//! peer wants, of all datasets alike, sends it in messages of limited length, awaits
//! each write, and only then makes room for the next peer in the queue.
//!
//! Tasks, queue and what each peer wants are one for all datasets (`codex/blockexchange/
//! engine/engine.nim`, `taskHandler`): no dataset has a share of its own. A message
//! carries blocks of several datasets, or manifests of several. Of a dataset that was
//! deleted nothing is found any more: it stays wanted, and nobody is told.

use super::merkle::ProofForm;
use super::wanted::{dataset_of_manifest, is_about, is_manifest, is_manifests, manifest_of, manifests_in};
use super::{Msg, Shared, group};
use crate::protocol::{Ctx, Protocol};
use crate::protocols::parts::Peers;
use crate::units::{Bytes, Time};
use crate::world::{BlockSet, DatasetId, NodeId};
use std::collections::VecDeque;
use std::rc::Rc;

/// The rules of answering and serving in which generations differ.
#[derive(Debug, Clone)]
pub struct Serving {
    /// Peers that a node serves at the same time.
    pub tasks: u32,
    /// Peers that can wait to be served; further ones are not remembered.
    pub queue: u32,
    /// Blocks in one delivery message at the most.
    pub blocks_per_message: u32,
    /// Entries in one presence message at the most.
    pub presence_entries: u32,
    /// Time after which the work on a question yields, sending what it has.
    pub yield_after: Time,
    /// Size of an encoded manifest.
    pub manifest_size: Bytes,
    /// Whether a repeated request for a block that is being sent has it sent
    /// again.
    pub sends_again: bool,
    /// Whether who asks is told what is not here.
    pub tells_absence: bool,
    /// Whether who asks for what is not here is told so and not served when it
    /// arrives (RFC 111, example 4).
    pub refuses: bool,
    /// Whether a question that could not be answered is remembered, and
    /// answered when the block arrives.
    pub remembers: bool,
    /// Whether a cancellation reaches what a task has taken up and not sent yet.
    pub stops_when_cancelled: bool,
    /// How blocks are proved.
    pub proofs: ProofForm,
    /// Time in which no block is sent to the same peer twice.
    pub guard: Time,
}

impl Serving {
    /// A question has one answer, whatever it says; nothing is told but what is
    /// here, nothing remembered, taken back or held back; each block has its own
    /// proof. The generations say what they do otherwise.
    pub(super) const fn plain() -> Self {
        Serving {
            tasks: 1,
            queue: 1,
            blocks_per_message: 1,
            presence_entries: u32::MAX,
            yield_after: Time::NEVER,
            manifest_size: Bytes(0),
            sends_again: false,
            tells_absence: false,
            refuses: false,
            remembers: false,
            stops_when_cancelled: false,
            proofs: ProofForm::PerBlock,
            guard: Time::ZERO,
        }
    }
}

/// A generation that answers and serves by the rules of this module.
pub(super) trait Serves: Protocol<Msg: From<Msg>, Shared = Shared<<Self as Protocol>::Params>> {
    /// The timer on which [`Responder::answer_next`] is to be called.
    const ANSWER: Self::Timer;
}

/// What a connected peer asked us to send.
#[derive(Debug, Default)]
struct PeerWants {
    wanted: BlockSet,
    /// The part of `wanted` that a task has taken up.
    sending: BlockSet,
    /// What it asked about in vain, where that is remembered.
    curious: BlockSet,
    /// What was sent not longer ago than the guard, and when.
    sent: VecDeque<(Time, BlockSet)>,
}

impl PeerWants {
    /// Takes out of `set` what was sent within `guard`.
    fn withhold(&mut self, set: &mut BlockSet, now: Time, guard: Time) {
        while self.sent.front().is_some_and(|(at, _)| *at + guard <= now) {
            self.sent.pop_front();
        }
        self.sent.iter().for_each(|(_, sent)| set.subtract(sent));
    }
}

/// A peer being served.
#[derive(Debug)]
struct ServingTask {
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
    clients: Peers<PeerWants>,
    tasks: Vec<Option<ServingTask>>,
    queue: VecDeque<NodeId>,
    /// Questions and how many of their entries are answered.
    questions: VecDeque<(NodeId, Rc<BlockSet>, usize)>,
    /// Somebody may have asked for something that was not here.
    owes: bool,
}

impl Responder {
    pub fn new(rules: &Serving) -> Self {
        Responder {
            clients: Peers::default(),
            tasks: (0..rules.tasks).map(|_| None).collect(),
            queue: VecDeque::new(),
            questions: VecDeque::new(),
            owes: false,
        }
    }

    /// A peer is connected.
    pub fn meet(&mut self, peer: NodeId) {
        self.clients.add(peer, PeerWants::default());
    }

    /// Drops everything that concerns a peer that is gone.
    pub fn forget(&mut self, peer: NodeId) {
        self.clients.take(peer);
        self.queue.retain(|p| *p != peer);
        for slot in &mut self.tasks {
            if slot.as_ref().is_some_and(|t| t.peer == peer) {
                *slot = None;
            }
        }
    }

    /// Queues a peer; a full queue forgets it.
    fn schedule(&mut self, peer: NodeId, limit: u32) {
        if !self.queue.contains(&peer) && self.queue.len() < limit as usize {
            self.queue.push_back(peer);
        }
    }

    /// A question is answered entry by entry; it waits its turn.
    pub fn on_want_have<P: Serves>(&mut self, from: NodeId, set: &Rc<BlockSet>, cx: &mut Ctx<'_, P>) {
        self.questions.push_back((from, Rc::clone(set), 0));
        if cx.hardware().per_entry == Time::ZERO {
            self.answer_next(cx);
        } else {
            cx.after(Time::ZERO, P::ANSWER);
        }
    }

    /// Works on the question at the front of the queue: until all is answered,
    /// the message is full, or the work has taken `yield_after`; then it sends
    /// what it found, and the rest of the question goes to the back.
    pub fn answer_next<P: Serves>(&mut self, cx: &mut Ctx<'_, P>) {
        let Some((from, question, done)) = self.questions.pop_front() else { return };
        let Some(client) = self.clients.find(from) else { return };
        let rules = &cx.shared.serving;
        let group = group(cx.world);
        let per_entry = cx.hardware().per_entry * u64::from(group);
        let quantum = match rules.yield_after.nanos().checked_div(per_entry.nanos()) {
            Some(entries) => entries.max(1) as usize,
            None => usize::MAX,
        };
        let limit = quantum.min((rules.presence_entries / group).max(1) as usize);
        let entries = question.len() as usize;
        let whole = entries <= limit;
        let part = if whole {
            BlockSet::clone(&question)
        } else {
            cx.shared.order.of(&question).into_iter().skip(done).take(limit).collect()
        };
        let mut have = cx.store().held_of(&part);
        let mut lack = part.difference(&have);
        have.subtract(&client.wanted);
        for manifest in manifests_in(&part).filter(|dataset| cx.has_manifest(*dataset)).map(manifest_of) {
            lack.remove(manifest);
            have.insert(manifest);
        }
        cx.cpu(per_entry * u64::from(part.len().max(1)));
        if rules.remembers {
            client.curious.union_with(&lack);
        }
        let lack = (rules.tells_absence && !lack.is_empty()).then(|| Rc::new(lack));
        if !have.is_empty() || lack.is_some() {
            cx.send(from, Msg::Presence { have: Rc::new(have), lack }.into());
        }
        let done = done + limit.min(entries);
        if !whole && done < entries {
            self.questions.push_back((from, question, done));
            if per_entry == Time::ZERO {
                self.answer_next(cx);
            } else {
                cx.after(Time::ZERO, P::ANSWER);
            }
        }
    }

    /// `from` wants `set` to be sent.
    pub fn on_want_block<P: Serves>(&mut self, from: NodeId, set: &BlockSet, cx: &mut Ctx<'_, P>) {
        let Some(client) = self.clients.find(from) else { return };
        let rules = &cx.shared.serving;
        let mut set = set.clone();
        client.withhold(&mut set, cx.now(), rules.guard);
        client.wanted.union_with(&set);
        if rules.sends_again {
            client.sending.subtract(&set);
        }
        self.schedule(from, rules.queue);
        self.serve(cx);
    }

    /// `from` does not want `set` any more; what is being written cannot be
    /// taken back.
    pub fn on_cancel(&mut self, from: NodeId, set: &BlockSet) {
        if let Some(client) = self.clients.find(from) {
            client.wanted.subtract(set);
            client.sent.iter_mut().for_each(|(_, sent)| sent.subtract(set));
        }
    }

    /// New blocks are here: tells those who asked about them, serves those who
    /// asked for them before they were.
    pub fn serve_waiting<P: Serves>(&mut self, new: &BlockSet, cx: &mut Ctx<'_, P>) {
        if cx.shared.serving.remembers {
            self.tell_curious(new, cx);
        }
        if !self.owes {
            return;
        }
        let limit = cx.shared.serving.queue;
        for index in 0..self.clients.len() {
            if self.clients[index].wanted.intersects(new) {
                self.schedule(self.clients.ids()[index], limit);
            }
        }
        self.serve(cx);
    }

    /// A dataset may have been put here: what peers asked for of it in vain is here now.
    pub fn serve_put<P: Serves>(&mut self, dataset: DatasetId, cx: &mut Ctx<'_, P>) {
        let (mut new, manifest) = (BlockSet::new(), manifest_of(dataset));
        let asked = self.clients.iter().flat_map(|client| [&client.wanted, &client.curious]);
        for set in asked.filter(|set| is_about(set, dataset, cx.world)) {
            new.union_with(&cx.store().held_of(&cx.dataset(dataset).part_of(set)));
            if set.contains(manifest) && cx.has_manifest(dataset) {
                new.insert(manifest);
            }
        }
        if !new.is_empty() {
            self.serve_waiting(&new, cx);
        }
    }

    fn tell_curious<P: Serves>(&mut self, new: &BlockSet, cx: &mut Ctx<'_, P>) {
        for index in 0..self.clients.len() {
            let news = self.clients[index].curious.intersection(new);
            if !news.is_empty() {
                self.clients[index].curious.subtract(&news);
                cx.send(self.clients.ids()[index], Msg::Have(Rc::new(news)).into());
            }
        }
    }

    /// Starts tasks while there are free ones and peers that wait.
    pub fn serve<P: Serves>(&mut self, cx: &mut Ctx<'_, P>) {
        while let Some(slot) = self.tasks.iter().position(Option::is_none) {
            let Some(id) = self.queue.pop_front() else { return };
            let Some(client) = self.clients.find(id) else { continue };
            let taken = client.wanted.difference(&client.sending);
            if taken.is_empty() {
                continue;
            }
            client.sending.union_with(&taken);
            let mut left = cx.shared.order.of(&taken);
            gather_manifests(&mut left);
            left.reverse();
            self.tasks[slot] = Some(ServingTask { peer: id, left, taken, writing: Rc::default() });
            self.write_next(slot, cx);
        }
    }

    /// The message of task `slot` is on its way: its blocks are wanted no more.
    pub fn on_sent<P: Serves>(&mut self, to: NodeId, slot: u32, cx: &mut Ctx<'_, P>) {
        let slot = slot as usize;
        let Some(task) = self.tasks[slot].as_mut().filter(|t| t.peer == to) else { return };
        let written = std::mem::take(&mut task.writing);
        if let Some(client) = self.clients.find(to) {
            client.wanted.subtract(&written);
            if cx.shared.serving.guard > Time::ZERO {
                client.sent.push_back((cx.now(), BlockSet::clone(&written)));
            }
        }
        self.write_next(slot, cx);
        self.serve(cx);
    }

    /// Sends the next message of task `slot`, or ends the task.
    fn write_next<P: Serves>(&mut self, slot: usize, cx: &mut Ctx<'_, P>) {
        let Some(writing) = self.take_up(slot, cx) else { return };
        let Some(task) = &mut self.tasks[slot] else { return };
        if writing.is_empty() {
            if let Some(client) = self.clients.find(task.peer) {
                client.sending.subtract(&task.taken);
            }
            self.tasks[slot] = None;
            return;
        }
        task.writing = Rc::new(writing);
        let message = if is_manifests(&task.writing) {
            Msg::Manifests(Rc::clone(&task.writing), cx.shared.serving.manifest_size.get())
        } else {
            Msg::Delivery(Rc::clone(&task.writing), cx.shared.serving.proofs)
        };
        cx.send_tracked(task.peer, message.into(), slot as u32);
    }

    /// Looks up what the next message of task `slot` carries. What is wanted
    /// but not here is left for later or refused; manifests travel without blocks.
    fn take_up<P: Serves>(&mut self, slot: usize, cx: &mut Ctx<'_, P>) -> Option<BlockSet> {
        let task = self.tasks[slot].as_mut()?;
        let client = self.clients.find(task.peer)?;
        let rules = &cx.shared.serving;
        let limit = (rules.blocks_per_message / group(cx.world)).max(1);
        let (mut writing, mut found, mut lack) = (BlockSet::new(), 0, BlockSet::new());
        let mut manifests = false;
        while found < limit
            && let Some(unit) = task.left.last().copied()
        {
            let is_here = is_manifest(unit) && cx.has_manifest(dataset_of_manifest(unit));
            let of_other_kind = if manifests { !is_manifest(unit) } else { is_here && found > 0 };
            if of_other_kind {
                break;
            }
            task.left.pop();
            if !is_here && !cx.store.contains(unit) {
                client.sending.remove(unit);
                lack.insert(unit);
            } else if is_here || client.wanted.contains(unit) || !rules.stops_when_cancelled {
                manifests |= is_here;
                writing.insert(unit);
                found += 1;
            }
        }
        cx.cpu(cx.hardware().per_lookup * u64::from(lack.len()));
        if rules.refuses && !lack.is_empty() {
            client.wanted.subtract(&lack);
            let refusal = Msg::Presence { have: Rc::default(), lack: Some(Rc::new(lack)) };
            cx.send(task.peer, refusal.into());
        } else {
            self.owes |= !lack.is_empty();
        }
        Some(writing)
    }
}

/// Brings the manifests among `left` together where the first of them stands.
fn gather_manifests(left: &mut [u32]) {
    if let Some(first) = left.iter().position(|unit| is_manifest(*unit)) {
        left[first..].sort_by_key(|unit| !is_manifest(*unit));
    }
}
