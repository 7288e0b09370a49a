//! With whom a node can exchange encrypted packets at once.

/// The sessions of all nodes; of each the least recently used goes first.
#[derive(Debug)]
pub(super) struct Sessions {
    capacity: usize,
    logs: Vec<Log>,
}

/// The peers of a node in order of their use, the latest last. A use moves nobody:
/// it leaves a gap and adds one at the end.
#[derive(Debug, Default)]
struct Log {
    uses: Vec<u32>,
    /// Where the oldest is; what is before it has gone.
    first: usize,
    /// Gaps behind that.
    gaps: usize,
}

/// A place in a log whose peer has gone or was used again.
const GAP: u32 = u32::MAX;

impl Log {
    fn position(&self, peer: u32) -> Option<usize> {
        // By chunks, for a chunk is compared at one go; from the end, for who
        // was used lately is likely to be used again.
        let mut end = self.uses.len();
        for chunk in self.uses[self.first..].rchunks(32) {
            if chunk.iter().fold(false, |any, p| any | (*p == peer)) {
                let start = end - chunk.len();
                return chunk.iter().position(|p| *p == peer).map(|at| start + at);
            }
            end -= chunk.len();
        }
        None
    }

    fn len(&self) -> usize {
        self.uses.len() - self.first - self.gaps
    }

    fn drop_oldest(&mut self) {
        while self.uses[self.first] == GAP {
            (self.first, self.gaps) = (self.first + 1, self.gaps - 1);
        }
        self.first += 1;
    }

    /// Adds a peer; a log of `longest` places closes up first.
    fn push(&mut self, peer: u32, longest: usize) {
        if self.uses.len() >= longest {
            self.uses.drain(..self.first);
            self.uses.retain(|p| *p != GAP);
            (self.first, self.gaps) = (0, 0);
        }
        self.uses.push(peer);
    }
}

impl Sessions {
    pub fn new(nodes: usize, capacity: u32) -> Self {
        let logs = std::iter::repeat_with(Log::default).take(nodes).collect();
        Sessions { capacity: capacity.max(1) as usize, logs }
    }

    /// Whether `node` has a session with `peer`, which counts as used now.
    pub fn touch(&mut self, node: u32, peer: u32) -> bool {
        let log = &mut self.logs[node as usize];
        let Some(at) = log.position(peer) else { return false };
        if at + 1 < log.uses.len() {
            log.uses[at] = GAP;
            log.gaps += 1;
            log.push(peer, 2 * self.capacity);
        }
        true
    }

    /// A session begins; the least recently used makes room.
    pub fn add(&mut self, node: u32, peer: u32) {
        if self.touch(node, peer) {
            return;
        }
        let log = &mut self.logs[node as usize];
        if log.len() == self.capacity {
            log.drop_oldest();
        }
        log.push(peer, 2 * self.capacity);
    }

    pub fn clear(&mut self, node: u32) {
        self.logs[node as usize] = Log::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Lock-step with a list in which every use moves its peer to the front.
        #[test]
        fn agrees_with_a_list_that_moves(steps in prop::collection::vec((0u32..12, prop::bool::ANY), 1..200)) {
            let mut sessions = Sessions::new(1, 5);
            let mut twin: Vec<u32> = Vec::new();
            for (peer, begins) in steps {
                let stood = twin.contains(&peer);
                if begins {
                    sessions.add(0, peer);
                } else {
                    prop_assert_eq!(sessions.touch(0, peer), stood);
                }
                if begins || stood {
                    twin.retain(|p| *p != peer);
                    twin.insert(0, peer);
                    twin.truncate(5);
                }
            }
        }
    }

    #[test]
    fn the_least_recently_used_session_goes() {
        let mut sessions = Sessions::new(1, 3);
        [7, 8, 9].into_iter().for_each(|peer| sessions.add(0, peer));
        assert!(sessions.touch(0, 7));
        sessions.add(0, 10);
        assert_eq!([7, 8, 9, 10].map(|peer| sessions.touch(0, peer)), [true, false, true, true]);
    }
}
