//! What nodes do with datasets during the run: ask, put, delete, repair.

use super::requests::Request;
use super::run::{Event, Simulation};
use crate::ledger::DownloadEnd;
use crate::protocol::{Protocol, Units};
use crate::world::{Act, Code, DatasetId, NodeId, Part, Step, Want};

impl<P: Protocol> Simulation<'_, P> {
    /// Puts the next step of the world on the list.
    pub(super) fn await_step(&mut self) {
        if let Some(step) = self.world.steps.get(self.requests.next_step) {
            self.later(step.at, Event::Step(step.node));
        }
    }

    /// A node does something with a dataset; who is away does it when it comes.
    pub(super) fn on_step(&mut self) {
        let step = self.world.steps[self.requests.next_step];
        self.requests.next_step += 1;
        self.await_step();
        let node = &mut self.nodes[step.node.index()];
        if step.act.is_request() {
            let part = if step.act == Act::Repair { Part::FREED } else { Part::File };
            let want = Want { dataset: step.dataset, part };
            self.requests.all.push(Request::new((step.node, want), step.at, false));
            node.queue.push_back(self.requests.all.len() as u32 - 1);
            self.begin_requests(step.node);
        } else if node.online {
            self.take_step(step);
        } else {
            node.put_off.push(step);
        }
    }

    /// `id` has come: it does what it put off.
    pub(super) fn catch_up_steps(&mut self, id: NodeId) {
        let put_off = std::mem::take(&mut self.nodes[id.index()].put_off);
        put_off.into_iter().for_each(|step| self.take_step(step));
        self.begin_requests(id);
    }

    fn take_step(&mut self, step: Step) {
        match step.act {
            Act::Get | Act::Repair => {}
            Act::Put => self.put(step.node, step.dataset),
            Act::Delete => self.delete(step.node, step.dataset),
        }
    }

    /// Requests of `id` begin as many as may be carried out at a time.
    pub(super) fn begin_requests(&mut self, id: NodeId) {
        while self.nodes[id.index()].online && self.nodes[id.index()].busy < self.world.at_a_time {
            let node = &mut self.nodes[id.index()];
            let Some(place) = node.queue.pop_front() else { return };
            node.busy += 1;
            self.requests.all[place as usize].begun = Some(self.now);
            let mut want = self.requests.all[place as usize].want;
            if want.part == Part::FREED {
                want.part = self.freed_slot(want.dataset).map_or(Part::FREED, Part::Rebuilt);
                self.requests.all[place as usize].want = want;
            }
            let missing = self.missing(id, want);
            if !self.make_room(id, want.dataset, missing) {
                self.turn_away(id, place as usize);
                continue;
            }
            let (node, dataset) = (&mut self.nodes[id.index()], self.world.datasets.get(want.dataset));
            if want.part == Part::FREED || node.store.meets(dataset, want.part) {
                self.meet_at_once(id, place as usize);
                continue;
            }
            let request = &mut self.requests.all[place as usize];
            request.had = request.count(&node.store, self.world, false);
            self.stored_units += u64::from(request.had.held);
            let at = node.running.partition_point(|running| *running < (want, place));
            node.running.insert(at, (want, place));
            if let Err(at) = node.wanted.binary_search(&want) {
                node.wanted.insert(at, want);
                self.with(id, Units::None, |mind, cx| mind.open(want.dataset, cx));
            }
        }
    }

    /// The first slot of `dataset` that nobody who is there holds or rebuilds.
    fn freed_slot(&self, dataset: DatasetId) -> Option<u16> {
        let spec = self.world.datasets.get(dataset);
        let is_kept = |slot: u16| {
            let want = Want { dataset, part: Part::Rebuilt(slot) };
            let mut there = self.nodes.iter().filter(|node| node.online);
            there.any(|node| node.store.has_slot(spec, slot) || node.wanted.binary_search(&want).is_ok())
        };
        (0..spec.code.map_or(0, Code::slots)).map(|slot| slot as u16).find(|slot| !is_kept(*slot))
    }

    /// `id` is given all of `dataset`, which costs it the work of storing so many blocks;
    /// a full store refuses it.
    fn put(&mut self, id: NodeId, dataset: DatasetId) {
        let spec = self.world.datasets.get(dataset);
        let before = self.bytes_held(id);
        let held = self.nodes[id.index()].store.len_of(spec);
        let lacking = spec.bytes().get().saturating_sub(spec.bytes_of(u64::from(held), false));
        if !self.make_room(id, dataset, lacking) || lacking > self.room(id) {
            self.refused_puts += 1;
            return;
        }
        let node = &mut self.nodes[id.index()];
        let new = node.store.add_all(spec);
        node.unverified.subtract(&spec.part_of(&node.unverified.clone()));
        node.manifests.insert(dataset.0);
        node.shelf.give(dataset);
        self.copies += u64::from(new);
        self.books.accounts[id.index()].given_at_start += self.bytes_held(id) - before;
        self.renew_patience();
        let work = self.world.hardware_of(id).per_block_received * u64::from(new) * u64::from(spec.group);
        self.work(id, work);
        self.note_progress(id, dataset, 0, true);
        self.note_settled(id);
        self.with(id, Units::None, |mind, cx| mind.open(dataset, cx));
    }

    /// `id` deletes `dataset`, and does not want it any more.
    fn delete(&mut self, id: NodeId, dataset: DatasetId) {
        self.nodes[id.index()].wanted.retain(|wanted| wanted.dataset != dataset);
        self.call_off(id, dataset, DownloadEnd::CalledOff);
        self.discard(id, dataset);
    }
}
