//! With whom a node can exchange encrypted packets at once.

/// The sessions of all nodes, each node's most recently used first.
#[derive(Debug)]
pub(super) struct Sessions {
    capacity: usize,
    lists: Vec<Vec<u32>>,
}

impl Sessions {
    pub fn new(nodes: usize, capacity: u32) -> Self {
        Sessions { capacity: capacity.max(1) as usize, lists: vec![Vec::new(); nodes] }
    }

    /// Whether `node` has a session with `peer`, which counts as used now.
    pub fn touch(&mut self, node: u32, peer: u32) -> bool {
        let list = &mut self.lists[node as usize];
        let Some(at) = list.iter().position(|p| *p == peer) else { return false };
        list.copy_within(..at, 1);
        list[0] = peer;
        true
    }

    /// A session begins; the least recently used makes room.
    pub fn add(&mut self, node: u32, peer: u32) {
        if self.touch(node, peer) {
            return;
        }
        let list = &mut self.lists[node as usize];
        if list.len() < self.capacity {
            list.push(0);
        }
        let last = list.len() - 1;
        list.copy_within(..last, 1);
        list[0] = peer;
    }

    pub fn clear(&mut self, node: u32) {
        self.lists[node as usize].clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_session_goes() {
        let mut sessions = Sessions::new(1, 3);
        [7, 8, 9].into_iter().for_each(|peer| sessions.add(0, peer));
        assert!(sessions.touch(0, 7));
        sessions.add(0, 10);
        assert_eq!([7, 8, 9, 10].map(|peer| sessions.touch(0, peer)), [true, false, true, true]);
    }
}
