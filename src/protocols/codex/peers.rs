//! The peers to which a node is connected.

use crate::protocol::{Ctx, Protocol};
use crate::world::NodeId;
use std::ops::{Deref, DerefMut};

/// What is known of each connected peer, in the order in which they connected.
#[derive(Debug)]
pub(super) struct Peers<T> {
    /// Who they are, beside what is known of them: a peer is looked up for
    /// every message, and what is known of it fills many lines of the cache.
    ids: Vec<NodeId>,
    all: Vec<T>,
}

impl<T> Peers<T> {
    /// Adds a peer that was not connected.
    pub fn push(&mut self, id: NodeId, peer: T) {
        self.ids.push(id);
        self.all.push(peer);
    }

    /// Removes the peer at `index`.
    pub fn remove(&mut self, index: usize) -> T {
        self.ids.remove(index);
        self.all.remove(index)
    }

    /// Where the peer `id` stands, if it is connected.
    pub fn position(&self, id: NodeId) -> Option<usize> {
        self.ids.iter().position(|p| *p == id)
    }

    /// What is known of `id`, to be changed.
    pub fn find_mut(&mut self, id: NodeId) -> Option<&mut T> {
        self.position(id).map(|index| &mut self.all[index])
    }

    /// Who they are.
    pub fn ids(&self) -> &[NodeId] {
        &self.ids
    }

    /// Dials those of `providers` that are not connected, while that leaves no
    /// more than `max` connections.
    pub fn dial<P: Protocol>(&self, providers: &[NodeId], max: u32, cx: &mut Ctx<'_, P>) {
        let free = (max as usize).saturating_sub(self.ids.len());
        let new = providers.iter().filter(|id| !self.ids.contains(id));
        new.take(free).for_each(|id| cx.dial(*id));
    }
}

impl<T> Default for Peers<T> {
    fn default() -> Self {
        Peers { ids: Vec::new(), all: Vec::new() }
    }
}

impl<T> Deref for Peers<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.all
    }
}

impl<T> DerefMut for Peers<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.all
    }
}
