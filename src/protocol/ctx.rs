//! The only thing a protocol can touch.

use super::{Key, Protocol, Units};
use crate::engine::{TimerId, Timers};
use crate::rng::Rng;
use crate::units::Time;
use crate::world::{BlockSet, Channel, Dataset, DatasetId, Hardware, Holdings, NodeId, Part, Want, World};

/// What a node asks for; carried out in order after its handler returns.
#[derive(Debug)]
pub enum Effect<M> {
    /// Send a message; with a token, [`Protocol::sent`] is called.
    Send(NodeId, Channel, M, Option<u32>),
    /// Fire a timer after this span.
    Arm(Time, TimerId),
    /// Work on the processor for this long; what follows waits for it.
    Work(Time),
    /// Connect.
    Dial(NodeId, Channel),
    /// Disconnect.
    HangUp(NodeId, Channel),
    /// Announce oneself as a provider.
    Provide(Key),
    /// Look providers up.
    Find(Key),
    /// The manifest of the dataset is stored.
    ManifestStored(DatasetId),
    /// Data of the dataset found no room in the store.
    Refused(DatasetId),
    /// Data of a dataset was kept.
    Kept {
        /// Of which.
        dataset: DatasetId,
        /// Bytes of block data that are new to the node.
        bytes: u64,
        /// Those of them that are parity.
        parity: u64,
        /// Those of them that its code word does not need any more.
        surplus: u64,
        /// Units that count as stored from now on.
        stored: u32,
    },
    /// The file of a dataset with a code is there: all of it is decoded.
    Decoded(DatasetId),
    /// The node made and stored data of a dataset, and dropped other data of it.
    Made {
        /// Of which.
        dataset: DatasetId,
        /// Bytes of block data that it made.
        bytes: u64,
        /// Units of these.
        stored: u32,
        /// Bytes of block data that it dropped.
        dropped: u64,
        /// Units of these.
        gone: u32,
    },
}

/// A buffer of effects; the simulation owns and re-uses it.
#[derive(Debug)]
pub struct Effects<M>(pub Vec<Effect<M>>);

/// A node's view of its surroundings during one event.
pub struct Ctx<'a, P: Protocol> {
    /// This node.
    pub me: NodeId,
    /// The world as it is given: sizes, hardware. (A protocol that is not
    /// omniscient by definition looks at the dataset and its own hardware only.)
    pub world: &'a World,
    /// What all nodes of the run share.
    pub shared: &'a P::Shared,
    pub(crate) now: Time,
    pub(crate) epoch: u32,
    pub(crate) went: Option<Time>,
    /// The connection that the event is about, and that effects are about unless another
    /// one is chosen.
    pub(crate) channel: Channel,
    /// Datasets whose manifests are stored.
    pub(crate) manifests: &'a mut BlockSet,
    /// What the node is to fetch, in order.
    pub(crate) wanted: &'a [Want],
    /// Bytes that may still be stored.
    pub(crate) room: u64,
    pub(crate) rng: &'a mut Rng,
    pub(crate) store: &'a mut Holdings,
    pub(crate) unverified: &'a mut BlockSet,
    pub(crate) effects: &'a mut Effects<P::Msg>,
    pub(crate) timers: &'a mut Timers<(NodeId, u32, P::Timer)>,
    /// The data of the message being handled, for the check that a node holds
    /// only what it was given.
    pub(crate) given: Units<'a>,
    pub(crate) kept_ungiven: &'a mut bool,
}

impl<P: Protocol> Ctx<'_, P> {
    /// What this node's own work costs.
    pub fn hardware(&self) -> &Hardware {
        self.world.hardware_of(self.me)
    }

    /// Whether the handler has asked for anything but timers.
    pub(crate) fn acts(&self) -> bool {
        self.effects.0.iter().any(|effect| !matches!(effect, Effect::Arm(..)))
    }

    /// The present.
    pub fn now(&self) -> Time {
        self.now
    }

    /// When the node last went offline; none if it has been there since its start.
    pub fn went(&self) -> Option<Time> {
        self.went
    }

    /// This node's random stream.
    pub fn rng(&mut self) -> &mut Rng {
        self.rng
    }

    /// What this node holds.
    pub fn store(&self) -> &Holdings {
        self.store
    }

    /// Whether the manifest of `dataset` was stored, now or before an absence.
    pub fn has_manifest(&self, dataset: DatasetId) -> bool {
        self.manifests.contains(dataset.0)
    }

    /// The dataset `id`.
    pub fn dataset(&self, id: DatasetId) -> &'_ Dataset {
        self.world.datasets.get(id)
    }

    /// Whether the node is to fetch anything of `dataset` that it does not have yet.
    pub fn wants(&self, dataset: DatasetId) -> bool {
        self.part_wanted(dataset).is_some()
    }

    /// What of `dataset` the node is to fetch next and does not have yet. A file with a
    /// code is had when it is decoded ([`Ctx::decoded`]).
    pub fn part_wanted(&self, dataset: DatasetId) -> Option<Part> {
        let of_it = self.world.datasets.get(dataset);
        let first = self.wanted.partition_point(|want| want.dataset < dataset);
        let wanted = self.wanted[first..].iter().take_while(|want| want.dataset == dataset);
        let is_open = |part: &Part| of_it.decodes(*part) || !self.store.meets(of_it, *part);
        wanted.map(|want| want.part).find(is_open)
    }

    /// Notes that all of the file of `dataset`, which has a code, is decoded.
    pub fn decoded(&mut self, dataset: DatasetId) {
        self.effects.0.push(Effect::Decoded(dataset));
    }

    /// Stores `slot` of `dataset`, made from the other slots; with `whole`, all others too,
    /// else nothing but this slot stays. Nothing happens where the data that is held does
    /// not give it, which the audit of the run tells.
    pub fn rebuild(&mut self, dataset: DatasetId, slot: u16, whole: bool) {
        let of_it = self.world.datasets.get(dataset);
        let row = if whole { of_it.first..of_it.end() } else { of_it.slot(slot) };
        if !self.store.reads_all(of_it) {
            *self.kept_ungiven = true;
            return;
        }
        if !self.has_room(&Units::Range(row.start, row.end)) {
            return;
        }
        let held = |store: &Holdings| of_it.bytes_of(u64::from(store.len_of(of_it)), store.contains(of_it.last()));
        let before = held(self.store);
        let stored = self.store.add_range(row.start, row.end, of_it);
        let (bytes, all) = (held(self.store) - before, held(self.store));
        let mut gone = 0;
        if !whole {
            gone = self.store.remove(of_it) - self.store.add_range(row.start, row.end, of_it);
        }
        let dropped = all - held(self.store);
        self.effects.0.push(Effect::Made { dataset, bytes, stored, dropped, gone });
    }

    /// The connection that the event is about, of those to that peer.
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// What is sent, dialled and hung up from now on in this event is so on `channel`.
    pub fn on(&mut self, channel: Channel) {
        self.channel = channel;
    }

    /// Stores `units` of the message being handled; returns how many were new.
    /// What that message does not carry is not stored, and the audit of the run
    /// tells.
    pub fn keep(&mut self, units: Units<'_>) -> u32 {
        if !self.is_given(&units) {
            return 0;
        }
        match units {
            Units::None => 0,
            Units::Range(start, end) if self.has_room(&units) => {
                self.keep_of(self.world.datasets.of(start), |store, dataset| store.add_range(start, end, dataset))
            }
            Units::Set(set) if self.has_room(&units) => self.keep_set(set),
            Units::Range(..) | Units::Set(_) => 0,
        }
    }

    /// Whether what of `units` is not stored yet finds room; else nothing of it is stored.
    fn has_room(&mut self, units: &Units<'_>) -> bool {
        if self.room == u64::MAX {
            return true;
        }
        let mut new = match units {
            Units::None => BlockSet::new(),
            Units::Range(start, end) => BlockSet::range(*start, *end),
            Units::Set(set) => (*set).clone(),
        };
        new.subtract(&self.store.held_of(&new));
        let bytes = self.world.datasets.bytes_of_set(&new);
        if bytes > self.room {
            let full: Vec<DatasetId> = self.world.datasets.touched(&new).map(|(id, _)| id).collect();
            full.into_iter().for_each(|dataset| self.effects.0.push(Effect::Refused(dataset)));
            return false;
        }
        self.room -= bytes;
        true
    }

    fn keep_set(&mut self, set: &BlockSet) -> u32 {
        let world = self.world;
        if world.datasets.len() == 1 {
            return self.keep_of(DatasetId(0), |store, dataset| store.add(set, dataset));
        }
        let mut new = 0;
        for (id, dataset) in world.datasets.touched(set) {
            let of_it = dataset.part_of(set);
            new += self.keep_of(id, |store, dataset| store.add(&of_it, dataset));
        }
        new
    }

    /// Stores what `add` adds to what is held of dataset `id`.
    fn keep_of(&mut self, id: DatasetId, add: impl FnOnce(&mut Holdings, &Dataset) -> u32) -> u32 {
        let dataset = self.world.datasets.get(id);
        let had_last = self.store.contains(dataset.last());
        let (parity, useful) = (self.store.parity_of(dataset), self.store.useful_of(dataset));
        let new = add(self.store, dataset);
        let with_last = !had_last && self.store.contains(dataset.last());
        let bytes = dataset.bytes_of(u64::from(new), with_last);
        let bytes_in = |units: u32| dataset.bytes_of(u64::from(units), false);
        let parity = bytes_in(self.store.parity_of(dataset) - parity);
        let surplus = bytes_in(new - (self.store.useful_of(dataset) - useful));
        self.effects.0.push(Effect::Kept { dataset: id, bytes, parity, surplus, stored: new });
        new
    }

    /// Keeps one unit of the message being handled that cannot be verified yet;
    /// whether it is new. It does not count as stored, and may not be passed on,
    /// before [`Ctx::verified`].
    pub fn keep_unverified(&mut self, unit: u32) -> bool {
        let one = Units::Range(unit, unit + 1);
        if !self.is_given(&one) || self.holds(unit) || !self.has_room(&one) {
            return false;
        }
        self.unverified.insert(unit);
        let dataset = self.world.datasets.of(unit);
        let bytes = self.dataset(dataset).bytes_in(unit);
        let parity = if self.dataset(dataset).is_parity(unit) { bytes } else { 0 };
        self.effects.0.push(Effect::Kept { dataset, bytes, parity, surplus: 0, stored: 0 });
        true
    }

    /// Whether the node has `unit`, verified or not.
    pub fn holds(&self, unit: u32) -> bool {
        self.store.contains(unit) || self.unverified.contains(unit)
    }

    /// What has arrived and is not verified yet.
    pub fn unverified(&self) -> &BlockSet {
        self.unverified
    }

    /// What has arrived of `start..end`, units of one dataset, is verified: it is stored.
    pub fn verified(&mut self, start: u32, end: u32) {
        let ready = self.unverified.intersection(&BlockSet::range(start, end));
        self.unverified.subtract(&ready);
        let dataset = self.world.datasets.of(start);
        let stored = self.store.add(&ready, self.world.datasets.get(dataset));
        self.effects.0.push(Effect::Kept { dataset, bytes: 0, parity: 0, surplus: 0, stored });
    }

    fn is_given(&mut self, units: &Units<'_>) -> bool {
        let given = self.given.covers(units);
        *self.kept_ungiven |= !given;
        given
    }

    /// Sends `message` to a connected peer; to anybody else it is lost.
    pub fn send(&mut self, to: NodeId, message: P::Msg) {
        self.effects.0.push(Effect::Send(to, self.channel, message, None));
    }

    /// Sends `message`; [`Protocol::sent`] is called with `token` when its
    /// first byte leaves, unless the connection goes first.
    pub fn send_tracked(&mut self, to: NodeId, message: P::Msg, token: u32) {
        self.effects.0.push(Effect::Send(to, self.channel, message, Some(token)));
    }

    /// Fires `timer` after `delay`.
    pub fn after(&mut self, delay: Time, timer: P::Timer) -> TimerId {
        let id = self.timers.arm((self.me, self.epoch, timer));
        self.effects.0.push(Effect::Arm(delay, id));
        id
    }

    /// Cancels a timer; false when it fired before.
    pub fn cancel(&mut self, timer: TimerId) -> bool {
        self.timers.cancel(timer)
    }

    /// Works on the processor; later sends of this handler wait for it.
    pub fn cpu(&mut self, work: Time) {
        if work > Time::ZERO {
            self.effects.0.push(Effect::Work(work));
        }
    }

    /// Dials `peer`; [`Protocol::connected`] is called when the connection
    /// stands, [`Protocol::refused`] when it never will. Nothing when connected,
    /// dialling, or not allowed to know it.
    pub fn dial(&mut self, peer: NodeId) {
        self.effects.0.push(Effect::Dial(peer, self.channel));
    }

    /// Closes the connection to `peer`; [`Protocol::peer_lost`] is not called
    /// here, only at the other end.
    pub fn hang_up(&mut self, peer: NodeId) {
        self.effects.0.push(Effect::HangUp(peer, self.channel));
    }

    /// Announces this node as a provider under `key`.
    pub fn provide(&mut self, key: Key) {
        self.effects.0.push(Effect::Provide(key));
    }

    /// Looks the providers under `key` up; [`Protocol::found`] is called with
    /// the answer.
    pub fn find(&mut self, key: Key) {
        self.effects.0.push(Effect::Find(key));
    }

    /// Notes that the manifest of `dataset` is stored.
    pub fn manifest_stored(&mut self, dataset: DatasetId) {
        self.manifests.insert(dataset.0);
        self.effects.0.push(Effect::ManifestStored(dataset));
    }
}
