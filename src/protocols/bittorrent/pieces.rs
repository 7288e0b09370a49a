//! Pieces: how units make them up, who has which, and which are rare.

use crate::rng::Rng;
use crate::units::Bytes;
use crate::world::{BlockSet, Dataset};

/// How the units of a dataset make up pieces. Pieces are counted in each torrent from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// The first unit of the dataset.
    pub first: u32,
    /// Units in the dataset.
    pub units: u32,
    /// Units in a piece; the last piece may have fewer.
    pub per_piece: u32,
    /// Bytes in a whole unit.
    pub unit: u64,
}

impl Layout {
    /// Of `dataset`, in pieces of about `size`.
    pub fn new(dataset: &Dataset, size: Bytes) -> Self {
        let unit = dataset.block_size.get() * u64::from(dataset.group);
        let per_piece = (size.get() / unit).clamp(1, u64::from(u32::MAX)) as u32;
        Layout { first: dataset.first, units: dataset.units(), per_piece, unit }
    }

    /// Number of pieces.
    pub fn pieces(&self) -> u32 {
        self.units.div_ceil(self.per_piece)
    }

    /// The units of `piece`, from the first up to, not including, the second.
    pub fn units_of(&self, piece: u32) -> (u32, u32) {
        let start = piece * self.per_piece;
        (self.first + start, self.first + (start + self.per_piece).min(self.units))
    }

    /// The piece of `unit`.
    pub fn piece_of(&self, unit: u32) -> u32 {
        (unit - self.first) / self.per_piece
    }
}

/// The pieces that a peer has said it has.
#[derive(Debug, Clone, Default)]
pub(super) struct PeerPieces {
    /// Those it announced; empty for who was a seed from the start.
    some: BlockSet,
    count: u32,
    /// It has everything.
    pub seed: bool,
}

impl PeerPieces {
    /// Everything.
    pub fn all() -> Self {
        PeerPieces { some: BlockSet::new(), count: 0, seed: true }
    }

    /// These of `pieces` pieces.
    pub fn some(set: &BlockSet, pieces: u32) -> Self {
        let count = set.len();
        PeerPieces { some: set.clone(), count, seed: count == pieces }
    }

    /// Whether it has `piece`.
    pub fn has(&self, piece: u32) -> bool {
        self.seed || self.some.contains(piece)
    }

    /// Adds `piece` of `pieces`; false when it was there. All pieces make a seed.
    pub fn insert(&mut self, piece: u32, pieces: u32) -> bool {
        if self.seed || !self.some.insert(piece) {
            return false;
        }
        self.count += 1;
        self.seed = self.count == pieces;
        true
    }

    /// What it has; nothing where that is all.
    pub fn unless_all(&self) -> Option<&BlockSet> {
        (!self.seed).then_some(&self.some)
    }

    /// The pieces it announced one by one.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.some.iter()
    }
}

/// Not in the list.
const ABSENT: u32 = u32::MAX;

/// The pieces that can be picked, rarest first: by the number of peers that
/// have them (seeds not counted, they have all), begun pieces before untouched
/// ones, at random among equals. Moving a piece by one rank is a swap.
#[derive(Debug)]
pub(super) struct Rarity {
    order: Vec<u32>,
    /// Where each piece stands in `order`.
    place: Vec<u32>,
    /// The rank of each piece: twice the peers that have it, plus one when untouched.
    rank: Vec<u32>,
    /// Where each rank ends in `order`.
    ends: Vec<u32>,
}

impl Rarity {
    /// All of `pieces`, untouched, nobody having them, in random order.
    pub fn new(pieces: u32, rng: &mut Rng) -> Self {
        let mut order: Vec<u32> = (0..pieces).collect();
        rng.shuffle(&mut order);
        let mut place = vec![0; pieces as usize];
        order.iter().enumerate().for_each(|(at, piece)| place[*piece as usize] = at as u32);
        Rarity { order, place, rank: vec![1; pieces as usize], ends: vec![0, pieces] }
    }

    /// The pieces, rarest first.
    pub fn order(&self) -> &[u32] {
        &self.order
    }

    /// How many pieces come before `piece`; nothing where it is not in the list.
    pub fn place(&self, piece: u32) -> Option<u32> {
        Some(self.place[piece as usize]).filter(|place| *place != ABSENT)
    }

    /// Peers that have `piece`, besides seeds.
    pub fn holders(&self, piece: u32) -> u32 {
        self.rank[piece as usize] / 2
    }

    /// One more peer has `piece`.
    pub fn more(&mut self, piece: u32, rng: &mut Rng) {
        self.move_to(piece, self.rank[piece as usize] + 2, rng);
    }

    /// One peer fewer has `piece`.
    pub fn fewer(&mut self, piece: u32, rng: &mut Rng) {
        self.move_to(piece, self.rank[piece as usize] - 2, rng);
    }

    /// Notes whether `piece` has been begun.
    pub fn begun(&mut self, piece: u32, begun: bool, rng: &mut Rng) {
        self.move_to(piece, self.rank[piece as usize] / 2 * 2 + u32::from(!begun), rng);
    }

    /// Takes `piece` out of the list; its rank goes on being counted.
    pub fn remove(&mut self, piece: u32) {
        let mut hole = self.place[piece as usize];
        if hole == ABSENT {
            return;
        }
        for rank in self.rank[piece as usize] as usize..self.ends.len() {
            self.ends[rank] -= 1;
            let last = self.ends[rank];
            if last != hole {
                self.put(self.order[last as usize], hole);
            }
            hole = last;
        }
        self.order.pop();
        self.place[piece as usize] = ABSENT;
    }

    /// Puts `piece` back into the list.
    pub fn insert(&mut self, piece: u32, rng: &mut Rng) {
        if self.place[piece as usize] != ABSENT {
            return;
        }
        let rank = self.rank[piece as usize] as usize;
        self.reach(rank);
        let mut hole = self.order.len() as u32;
        self.order.push(piece);
        for above in (rank + 1..self.ends.len()).rev() {
            let first = self.ends[above - 1];
            self.ends[above] += 1;
            if first != hole {
                self.put(self.order[first as usize], hole);
            }
            hole = first;
        }
        self.put(piece, hole);
        self.ends[rank] += 1;
        self.scatter(piece, rng);
    }

    fn reach(&mut self, rank: usize) {
        while self.ends.len() <= rank {
            self.ends.push(self.order.len() as u32);
        }
    }

    fn put(&mut self, piece: u32, at: u32) {
        self.order[at as usize] = piece;
        self.place[piece as usize] = at;
    }

    fn move_to(&mut self, piece: u32, goal: u32, rng: &mut Rng) {
        let mut rank = std::mem::replace(&mut self.rank[piece as usize], goal);
        if self.place[piece as usize] == ABSENT || rank == goal {
            return;
        }
        self.reach(goal as usize);
        while rank < goal {
            self.ends[rank as usize] -= 1;
            self.swap(piece, self.ends[rank as usize]);
            rank += 1;
        }
        while rank > goal {
            rank -= 1;
            self.swap(piece, self.ends[rank as usize]);
            self.ends[rank as usize] += 1;
        }
        self.scatter(piece, rng);
    }

    fn swap(&mut self, piece: u32, to: u32) {
        let (from, other) = (self.place[piece as usize], self.order[to as usize]);
        self.put(piece, to);
        self.put(other, from);
    }

    /// Moves `piece` to a random place within its rank.
    fn scatter(&mut self, piece: u32, rng: &mut Rng) {
        let rank = self.rank[piece as usize] as usize;
        let start = if rank == 0 { 0 } else { self.ends[rank - 1] };
        let to = start + rng.below(u64::from(self.ends[rank] - start)) as u32;
        self.swap(piece, to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    fn rng() -> Rng {
        Rng::stream(7, Purpose::Protocol, 0)
    }

    #[test]
    fn the_last_piece_may_be_short() {
        let layout = Layout { first: 0, units: 611, per_piece: 16, unit: 1 };
        assert_eq!(layout.pieces(), 39);
        assert_eq!(layout.units_of(38), (608, 611));
        assert_eq!((layout.piece_of(607), layout.piece_of(608)), (37, 38));
        let behind = Layout { first: 1000, ..layout };
        assert_eq!((behind.units_of(0), behind.units_of(38)), ((1000, 1016), (1608, 1611)));
        assert_eq!((behind.piece_of(1607), behind.piece_of(1608)), (37, 38));
    }

    #[test]
    fn a_peer_with_every_piece_is_a_seed() {
        let mut pieces = PeerPieces::default();
        assert!(pieces.insert(0, 3) && !pieces.insert(0, 3) && pieces.insert(2, 3));
        assert!(!pieces.seed && !pieces.has(1));
        assert!(pieces.insert(1, 3) && pieces.seed && pieces.has(1));
        assert!(PeerPieces::some(&BlockSet::range(0, 3), 3).seed);
    }

    /// Random changes leave the list sorted by rank, complete and consistent.
    #[test]
    fn the_list_stays_sorted() {
        let (mut rng, pieces) = (rng(), 40u32);
        let mut list = Rarity::new(pieces, &mut rng);
        let mut model: Vec<(u32, bool, bool)> = vec![(0, false, true); pieces as usize];
        for _ in 0..20_000 {
            let piece = rng.below(u64::from(pieces)) as u32;
            let entry = &mut model[piece as usize];
            match rng.below(5) {
                0 | 1 if entry.0 < 9 => {
                    list.more(piece, &mut rng);
                    entry.0 += 1;
                }
                2 if entry.0 > 0 => {
                    list.fewer(piece, &mut rng);
                    entry.0 -= 1;
                }
                3 => {
                    entry.1 = !entry.1;
                    list.begun(piece, entry.1, &mut rng);
                }
                _ => {
                    entry.2 = !entry.2;
                    if entry.2 { list.insert(piece, &mut rng) } else { list.remove(piece) }
                }
            }
            let key = |p: &u32| (model[*p as usize].0, !model[*p as usize].1);
            assert!(list.order().is_sorted_by_key(key));
            let mut listed = list.order().to_vec();
            listed.sort_unstable();
            let expected: Vec<u32> = (0..pieces).filter(|p| model[*p as usize].2).collect();
            assert_eq!(listed, expected);
            assert_eq!(list.holders(piece), model[piece as usize].0);
        }
    }

    #[test]
    fn equals_come_in_random_order() {
        let firsts: std::collections::BTreeSet<u32> =
            (0..50).map(|seed| Rarity::new(10, &mut Rng::stream(seed, Purpose::Protocol, 0)).order()[0]).collect();
        assert!(firsts.len() > 5, "{firsts:?}");
    }
}
