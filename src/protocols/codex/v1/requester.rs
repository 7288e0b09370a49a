//! Asking: who has a block, and from whom to take it.

use super::{Cancel, CodexV1, Context, FirstRequest, Reader, Timer};
use crate::engine::TimerId;
use crate::protocol::{Key, Units};
use crate::protocols::codex::{MANIFEST, Msg, advertise};
use crate::protocols::parts::UnitCursor;
use crate::units::Time;
use crate::world::{BlockSet, DatasetId, NodeId};
use std::rc::Rc;

/// Knowledge of and dealings with one connected peer.
#[derive(Debug)]
pub(super) struct Peer {
    /// What it told us it has, as far as we still want it.
    have: BlockSet,
    /// What we asked it to send and still want.
    requested: BlockSet,
    pub reader: Reader,
}

/// A wanted block and the task that asks for it.
#[derive(Debug)]
struct BlockTask {
    unit: u32,
    /// Some peer was asked to send it.
    in_flight: bool,
    retry: TimerId,
}

/// What a node wants.
#[derive(Debug, Default)]
pub(super) struct Download {
    /// Sorted by unit.
    wants: Vec<BlockTask>,
    /// The units of `wants`.
    wanted: BlockSet,
    /// The next units to be asked for.
    next: UnitCursor,
    /// A look-up of providers is under way.
    pub searching: bool,
}

impl Download {
    fn find_mut(&mut self, unit: u32) -> Option<&mut BlockTask> {
        let at = self.wants.binary_search_by_key(&unit, |w| w.unit).ok()?;
        Some(&mut self.wants[at])
    }
}

impl CodexV1 {
    /// Begins with the manifest, unless it is here already.
    pub(super) fn begin_download(&mut self, cx: &mut Context<'_>) {
        if cx.has_manifest(DatasetId(0)) {
            self.fetch(cx);
        } else {
            cx.after(cx.shared.params.discovery_loop, Timer::DiscoveryLoop);
            self.want(MANIFEST, cx);
        }
    }

    /// Whether any of `set` is still wanted.
    pub(super) fn wants_any(&self, set: &BlockSet) -> bool {
        self.download.wanted.intersects(set)
    }

    /// Asks for the next blocks in order that are not here (`fetchBatched`).
    pub(super) fn fetch(&mut self, cx: &mut Context<'_>) {
        let dataset = cx.world.only();
        let batch = (cx.shared.params.fetch_batch / dataset.group).max(1);
        let units = self.download.next.take(batch, dataset, cx.store());
        cx.cpu(cx.hardware().per_lookup * u64::from(units.len() * dataset.group));
        units.iter().for_each(|unit| self.want(unit, cx));
    }

    /// Starts the task of `unit`.
    fn want(&mut self, unit: u32, cx: &mut Context<'_>) {
        let at = self.download.wants.partition_point(|w| w.unit < unit);
        let retry = cx.after(cx.shared.params.retry_interval, Timer::Retry(unit));
        self.download.wants.insert(at, BlockTask { unit, in_flight: false, retry });
        self.download.wanted.insert(unit);
        self.ask(unit, cx);
    }

    /// The task of `unit` has waited in vain and tries again.
    pub(super) fn pursue(&mut self, unit: u32, cx: &mut Context<'_>) {
        let interval = cx.shared.params.retry_interval;
        let Some(want) = self.download.find_mut(unit) else { return };
        want.retry = cx.after(interval, Timer::Retry(unit));
        self.ask(unit, cx);
    }

    /// One turn of the task of `unit` (`downloadInternal`): asks a holder to
    /// send it or, where none is known, everybody whether they have it.
    fn ask(&mut self, unit: u32, cx: &mut Context<'_>) {
        let known = self.peers.iter().any(|p| p.have.contains(unit));
        let chosen = match cx.shared.params.first_request {
            FirstRequest::Holder if known => {
                let holders = || (0..self.peers.len()).filter(|at| self.peers[*at].have.contains(unit));
                let draw = cx.rng().below(holders().count() as u64) as usize;
                holders().nth(draw)
            }
            FirstRequest::Holder => None,
            FirstRequest::Anybody => {
                let choice = || (0..self.peers.len()).filter(|at| !known || self.peers[*at].have.contains(unit));
                let count = choice().count() as u64;
                cx.shared.order.hash(unit).checked_rem(count).and_then(|draw| choice().nth(draw as usize))
            }
        };
        let set = Rc::new(BlockSet::one(unit));
        if let Some(want) = self.download.find_mut(unit) {
            want.in_flight = chosen.is_some();
        }
        if let Some(index) = chosen {
            self.request(index, &set, cx);
        }
        if chosen.is_none() || cx.shared.params.first_request == FirstRequest::Anybody {
            for (index, id) in self.peers.ids().iter().enumerate() {
                if Some(index) != chosen && !self.peers[index].have.contains(unit) {
                    cx.send(*id, Msg::WantHave(Rc::clone(&set)));
                }
            }
        }
        if !known {
            self.search(cx);
        }
    }

    fn request(&mut self, index: usize, set: &Rc<BlockSet>, cx: &mut Context<'_>) {
        self.peers[index].requested.union_with(set);
        cx.send(self.peers.ids()[index], Msg::WantBlock(Rc::clone(set)));
    }

    /// Looks for peers while few hold anything, one look-up at a time.
    fn search(&mut self, cx: &mut Context<'_>) {
        let holders = self.peers.iter().filter(|p| !p.have.is_empty()).count();
        if !self.download.searching && holders < cx.shared.params.min_peers as usize {
            self.download.searching = true;
            cx.find(if cx.has_manifest(DatasetId(0)) {
                Key::Dataset(DatasetId(0))
            } else {
                Key::Manifest(DatasetId(0))
            });
        }
    }

    /// Every few seconds a missing manifest is looked for again.
    pub(super) fn on_discovery_loop(&mut self, cx: &mut Context<'_>) {
        if !cx.has_manifest(DatasetId(0)) {
            self.search(cx);
            cx.after(cx.shared.params.discovery_loop, Timer::DiscoveryLoop);
        }
    }

    /// A new peer is told all our wants.
    pub(super) fn on_connected(&mut self, id: NodeId, cx: &mut Context<'_>) {
        let reader = Reader::new(cx.now(), cx.shared.params.read_interval);
        self.peers.add(id, Peer { have: BlockSet::new(), requested: BlockSet::new(), reader });
        self.responder.meet(id);
        if !self.download.wanted.is_empty() {
            cx.send(id, Msg::WantHave(Rc::new(self.download.wanted.clone())));
        }
    }

    /// The first peer that says it has a block is asked to send it, together
    /// with all others that nobody was asked for.
    pub(super) fn on_presence(&mut self, from: NodeId, set: &BlockSet, cx: &mut Context<'_>) {
        let Some(index) = self.peers.position(from) else { return };
        let again = cx.shared.params.request_in_flight;
        let peer = &mut self.peers[index];
        peer.have.union_with(set);
        peer.have.retain_in(&self.download.wanted);
        let mut take = BlockSet::new();
        for want in &mut self.download.wants {
            if peer.have.contains(want.unit) && (again || !want.in_flight) {
                want.in_flight = true;
                take.insert(want.unit);
            }
        }
        if again {
            take.iter().for_each(|unit| self.request(index, &Rc::new(BlockSet::one(unit)), cx));
        } else if !take.is_empty() {
            self.request(index, &Rc::new(take), cx);
        }
    }

    pub(super) fn on_manifest(&mut self, from: NodeId, cx: &mut Context<'_>) {
        let manifest = BlockSet::one(MANIFEST);
        if !self.download.wanted.contains(MANIFEST) {
            return;
        }
        self.resolve(&manifest, cx);
        cx.manifest_stored(DatasetId(0));
        self.cancel(from, &manifest, cx);
        self.responder.serve_waiting(&manifest, cx);
        advertise(cx);
        self.fetch(cx);
    }

    /// Whoever sends a block that is wanted, it is taken. What is not wanted
    /// any more was sent in vain. (Cancellations leave at once; a task that has
    /// been scheduled begins after them.)
    pub(super) fn on_delivery(&mut self, from: NodeId, set: &BlockSet, cx: &mut Context<'_>) {
        let got = set.intersection(&self.download.wanted);
        if got.is_empty() {
            return;
        }
        cx.keep(Units::Set(&got));
        self.resolve(&got, cx);
        self.cancel(from, &got, cx);
        self.responder.serve_waiting(&got, cx);
        if self.download.wants.is_empty() {
            match cx.shared.params.fetch_pause {
                Time::ZERO => self.fetch(cx),
                pause => {
                    cx.after(pause, Timer::Fetch);
                }
            }
        }
    }

    /// Ends the tasks of `set`.
    fn resolve(&mut self, set: &BlockSet, cx: &mut Context<'_>) {
        self.download.wanted.subtract(set);
        self.download.wants.retain(|want| {
            let here = set.contains(want.unit);
            if here {
                cx.cancel(want.retry);
            }
            !here
        });
    }

    /// Tells peers that `set`, which `from` delivered, is wanted no more.
    fn cancel(&mut self, from: NodeId, set: &BlockSet, cx: &mut Context<'_>) {
        let policy = cx.shared.params.cancel;
        let everything = Rc::new(set.clone());
        for index in 0..self.peers.len() {
            let (id, peer) = (self.peers.ids()[index], &mut self.peers[index]);
            let cancelled = match policy {
                Cancel::Everybody => Rc::clone(&everything),
                Cancel::AllHolders => Rc::new(peer.have.intersection(set)),
                Cancel::Outstanding if id != from => Rc::new(peer.requested.intersection(set)),
                Cancel::Outstanding | Cancel::Never => Rc::default(),
            };
            peer.have.subtract(set);
            peer.requested.subtract(set);
            if !cancelled.is_empty() {
                cx.send(id, Msg::Cancel(cancelled));
            }
        }
    }
}
