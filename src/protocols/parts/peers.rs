//! The peers to which a node is connected.

use crate::protocol::{Ctx, Protocol};
use crate::world::NodeId;
use std::ops::{Deref, DerefMut};

/// What is known of each connected peer: in the order in which they connected, or
/// `BY_ID`.
#[derive(Debug)]
pub(in crate::protocols) struct Peers<T, const BY_ID: bool = false> {
    /// Who they are, beside what is known of them: a peer is looked up for
    /// every message, and what is known of it fills many lines of the cache.
    ids: Vec<NodeId>,
    all: Vec<T>,
}

impl<T, const BY_ID: bool> Peers<T, BY_ID> {
    /// Adds a peer that was not connected.
    pub fn add(&mut self, id: NodeId, peer: T) {
        let at = if BY_ID { self.ids.partition_point(|other| *other < id) } else { self.ids.len() };
        self.ids.insert(at, id);
        self.all.insert(at, peer);
    }

    /// Removes the peer at `index`.
    pub fn remove(&mut self, index: usize) -> T {
        self.ids.remove(index);
        self.all.remove(index)
    }

    /// Removes the peer `id`, if it is connected.
    pub fn take(&mut self, id: NodeId) -> Option<T> {
        self.position(id).map(|index| self.remove(index))
    }

    /// Where the peer `id` stands, if it is connected.
    pub fn position(&self, id: NodeId) -> Option<usize> {
        if BY_ID { self.ids.binary_search(&id).ok() } else { self.ids.iter().position(|p| *p == id) }
    }

    /// The same, where it is likely still to be where it stood before.
    pub fn position_near(&self, id: NodeId, before: usize) -> Option<usize> {
        if self.ids.get(before) == Some(&id) { Some(before) } else { self.position(id) }
    }

    /// What is known of `id`, to be changed.
    pub fn find(&mut self, id: NodeId) -> Option<&mut T> {
        self.position(id).map(|index| &mut self.all[index])
    }

    /// Who they are.
    pub fn ids(&self) -> &[NodeId] {
        &self.ids
    }

    /// All of them, with what is known of them.
    pub fn pairs(&mut self) -> impl Iterator<Item = (NodeId, &mut T)> {
        self.ids.iter().copied().zip(&mut self.all)
    }

    /// Dials those of `providers` that are not connected, while that leaves no
    /// more than `max` connections.
    pub fn dial<P: Protocol>(&self, providers: &[NodeId], max: u32, cx: &mut Ctx<'_, P>) {
        let free = (max as usize).saturating_sub(self.ids.len());
        let new = providers.iter().filter(|id| self.position(**id).is_none());
        new.take(free).for_each(|id| cx.dial(*id));
    }
}

impl<T, const BY_ID: bool> Default for Peers<T, BY_ID> {
    fn default() -> Self {
        Peers { ids: Vec::new(), all: Vec::new() }
    }
}

impl<T, const BY_ID: bool> Deref for Peers<T, BY_ID> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.all
    }
}

impl<T, const BY_ID: bool> DerefMut for Peers<T, BY_ID> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told<const BY_ID: bool>() -> Vec<(u32, char)> {
        let mut peers = Peers::<char, BY_ID>::default();
        for (id, known) in [(7, 'a'), (3, 'b'), (5, 'c'), (9, 'd')] {
            peers.add(NodeId(id), known);
        }
        assert_eq!((peers.take(NodeId(5)), peers.take(NodeId(5)), peers.len()), (Some('c'), None, 3));
        *peers.find(NodeId(9)).unwrap() = 'e';
        peers.pairs().map(|(id, known)| (id.0, *known)).collect()
    }

    #[test]
    fn each_is_found_by_its_id_in_either_order() {
        assert_eq!(told::<false>(), [(7, 'a'), (3, 'b'), (9, 'e')]);
        assert_eq!(told::<true>(), [(3, 'b'), (7, 'a'), (9, 'e')]);
    }
}
