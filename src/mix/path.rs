//! Paths through the relays.

use super::spec::{MOST_RELAYS, MixSpec, PathProfile};
use crate::rng::Rng;
use crate::world::{NodeId, World};

/// The relays of a packet, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Path {
    relays: [NodeId; MOST_RELAYS],
    count: u8,
}

impl Path {
    fn new() -> Self {
        Path { relays: [NodeId(0); MOST_RELAYS], count: 0 }
    }

    fn push(&mut self, relay: NodeId) {
        self.relays[usize::from(self.count)] = relay;
        self.count += 1;
    }

    /// The relays.
    pub fn relays(&self) -> &[NodeId] {
        &self.relays[..usize::from(self.count)]
    }
}

/// Relays of which those at the first positions of all paths of a session are drawn.
#[derive(Debug, Clone, Default)]
pub(super) struct Candidates(Vec<Vec<NodeId>>);

/// All relays: nodes with consecutive numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pool {
    first: u32,
    count: u32,
}

impl Pool {
    /// The relays apart, which come after `nodes` nodes of the swarm, or else these.
    pub fn new(spec: &MixSpec, nodes: u32) -> Self {
        if spec.relays > 0 { Pool { first: nodes, count: spec.relays } } else { Pool { first: 0, count: nodes } }
    }

    /// That of a world: a machine on which discovery runs may come after the relays apart.
    pub fn of(world: &World, spec: &MixSpec) -> Self {
        Pool::new(spec, world.ids().filter(|id| world.node(*id).role.takes_part()).count() as u32)
    }

    /// Their ids, in order.
    pub fn ids(self) -> impl Iterator<Item = NodeId> {
        (self.first..self.first + self.count).map(NodeId)
    }

    /// One relay that is none of `besides`, all others alike, from one uniform number.
    fn one(self, besides: &[NodeId], rng: &mut Rng) -> NodeId {
        let mut taken = [u32::MAX; MOST_RELAYS + 2];
        let places = besides.iter().map(|id| id.0.wrapping_sub(self.first)).filter(|place| *place < self.count);
        let mut count = 0;
        for place in places {
            taken[count] = place;
            count += 1;
        }
        let taken = &mut taken[..count];
        taken.sort_unstable();
        let mut place = rng.below(u64::from(self.count) - taken.len() as u64) as u32;
        taken.iter().for_each(|other| place += u32::from(*other <= place));
        NodeId(self.first + place)
    }

    /// A path of `count` relays between two ends, which are not on it.
    pub fn path(self, ends: [NodeId; 2], count: usize, candidates: &Candidates, rng: &mut Rng) -> Path {
        let mut path = Path::new();
        for position in 0..count {
            let mut besides = [ends[0]; MOST_RELAYS + 2];
            besides[1] = ends[1];
            besides[2..2 + position].copy_from_slice(path.relays());
            let besides = &besides[..2 + position];
            let relay = match candidates.0.get(position) {
                Some(few) => {
                    let free = few.iter().filter(|id| !besides.contains(id));
                    let place = rng.below(free.clone().count().max(1) as u64) as usize;
                    free.copied().nth(place)
                }
                None => None,
            };
            let relay = relay.unwrap_or_else(|| self.one(besides, rng));
            path.push(relay);
        }
        path
    }

    /// What the paths of a session between two ends are drawn from.
    pub fn candidates(self, profile: PathProfile, ends: [NodeId; 2], rng: &mut Rng) -> Candidates {
        let (few, positions) = profile.candidates();
        let position = |_| {
            let free: Vec<NodeId> = self.ids().filter(|id| !ends.contains(id)).collect();
            rng.some(free, few)
        };
        Candidates((0..positions).map(position).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    const ENDS: [NodeId; 2] = [NodeId(3), NodeId(7)];

    #[test]
    fn relays_of_a_path_differ_and_all_are_drawn_alike() {
        let pool = Pool::new(&MixSpec::default(), 12);
        let mut rng = Rng::stream(1, Purpose::MixPath, 0);
        let mut drawn = [0u32; 12];
        for _ in 0..30_000 {
            let path = pool.path(ENDS, 3, &Candidates::default(), &mut rng);
            let [a, b, c] = path.relays() else { panic!("three relays") };
            assert!(a != b && b != c && a != c);
            path.relays().iter().for_each(|relay| drawn[relay.index()] += 1);
        }
        assert_eq!((drawn[3], drawn[7]), (0, 0), "the two ends");
        let others = drawn.iter().enumerate().filter(|(id, _)| ![3, 7].contains(id));
        assert!(others.clone().count() == 10 && others.clone().all(|(_, n)| (8_600..9_400).contains(n)), "{drawn:?}");
    }

    #[test]
    fn relays_apart_are_the_last_nodes() {
        let pool = Pool::new(&MixSpec { relays: 2, ..MixSpec::default() }, 10);
        let path = pool.path(ENDS, 2, &Candidates::default(), &mut Rng::stream(1, Purpose::MixPath, 0));
        let mut relays = path.relays().to_vec();
        relays.sort_unstable();
        assert_eq!(relays, [NodeId(10), NodeId(11)]);
    }

    #[test]
    fn a_profile_keeps_the_first_relays_among_its_candidates() {
        let pool = Pool::new(&MixSpec::default(), 100);
        let mut rng = Rng::stream(1, Purpose::MixPath, 0);
        for (profile, few, positions) in
            [(PathProfile::Lite, 5, 1), (PathProfile::Standard, 5, 2), (PathProfile::Strict, 3, 3)]
        {
            let candidates = pool.candidates(profile, ENDS, &mut rng);
            let paths: Vec<Path> = (0..2_000).map(|_| pool.path(ENDS, 3, &candidates, &mut rng)).collect();
            for position in 0..3 {
                let mut seen: Vec<NodeId> = paths.iter().map(|path| path.relays()[position]).collect();
                seen.sort_unstable();
                seen.dedup();
                if position < positions {
                    assert_eq!(seen.len(), few, "{profile:?} {position}");
                } else {
                    assert!(seen.len() > 80, "{profile:?} {position}");
                }
            }
        }
    }
}
