//! The only thing a protocol can touch.

use super::{Key, Protocol, Units};
use crate::engine::{TimerId, Timers};
use crate::rng::Rng;
use crate::units::Time;
use crate::world::{BlockSet, Hardware, Holdings, NodeId, World};

/// What a node asks for; carried out in order after its handler returns.
#[derive(Debug)]
pub enum Effect<M> {
    /// Send a message; with a token, [`Protocol::sent`] is called.
    Send(NodeId, M, Option<u32>),
    /// Fire a timer after this span.
    Arm(Time, TimerId),
    /// Work on the processor for this long; what follows waits for it.
    Work(Time),
    /// Connect.
    Dial(NodeId),
    /// Disconnect.
    HangUp(NodeId),
    /// Announce oneself as a provider.
    Provide(Key),
    /// Look providers up.
    Find(Key),
    /// The manifest is stored.
    ManifestStored,
    /// Data was kept.
    Kept {
        /// Bytes of block data that are new to the node.
        bytes: u64,
        /// Units that count as stored from now on.
        stored: u32,
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
    pub(crate) has_manifest: bool,
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

    /// This node's random stream.
    pub fn rng(&mut self) -> &mut Rng {
        self.rng
    }

    /// What this node holds.
    pub fn store(&self) -> &Holdings {
        self.store
    }

    /// Whether the manifest was stored, now or before an absence.
    pub fn has_manifest(&self) -> bool {
        self.has_manifest
    }

    /// Stores `units` of the message being handled; returns how many were new.
    /// What that message does not carry is not stored, and the audit of the run
    /// tells.
    pub fn keep(&mut self, units: Units<'_>) -> u32 {
        if !self.is_given(&units) {
            return 0;
        }
        let last = self.world.dataset.units() - 1;
        let had_last = self.store.contains(last);
        let new = match units {
            Units::None => 0,
            Units::Range(start, end) => self.store.add_range(start, end),
            Units::Set(set) => self.store.add(set),
        };
        let with_last = !had_last && self.store.contains(last);
        let bytes = self.world.dataset.bytes_of(u64::from(new), with_last);
        self.effects.0.push(Effect::Kept { bytes, stored: new });
        new
    }

    /// Keeps one unit of the message being handled that cannot be verified yet;
    /// whether it is new. It does not count as stored, and may not be passed on,
    /// before [`Ctx::verified`].
    pub fn keep_unverified(&mut self, unit: u32) -> bool {
        if !self.is_given(&Units::Range(unit, unit + 1)) || self.holds(unit) {
            return false;
        }
        self.unverified.insert(unit);
        self.effects.0.push(Effect::Kept { bytes: self.world.dataset.bytes_in(unit), stored: 0 });
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

    /// What has arrived of `start..end` is verified: it is stored.
    pub fn verified(&mut self, start: u32, end: u32) {
        let ready = self.unverified.intersection(&BlockSet::range(start, end));
        self.unverified.subtract(&ready);
        let stored = self.store.add(&ready);
        self.effects.0.push(Effect::Kept { bytes: 0, stored });
    }

    fn is_given(&mut self, units: &Units<'_>) -> bool {
        let given = self.given.covers(units);
        *self.kept_ungiven |= !given;
        given
    }

    /// Sends `message` to a connected peer; to anybody else it is lost.
    pub fn send(&mut self, to: NodeId, message: P::Msg) {
        self.effects.0.push(Effect::Send(to, message, None));
    }

    /// Sends `message`; [`Protocol::sent`] is called with `token` when its
    /// first byte leaves, unless the connection goes first.
    pub fn send_tracked(&mut self, to: NodeId, message: P::Msg, token: u32) {
        self.effects.0.push(Effect::Send(to, message, Some(token)));
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
        self.effects.0.push(Effect::Dial(peer));
    }

    /// Closes the connection to `peer`; [`Protocol::peer_lost`] is not called
    /// here, only at the other end.
    pub fn hang_up(&mut self, peer: NodeId) {
        self.effects.0.push(Effect::HangUp(peer));
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

    /// Notes that the manifest is stored.
    pub fn manifest_stored(&mut self) {
        self.has_manifest = true;
        self.effects.0.push(Effect::ManifestStored);
    }
}
