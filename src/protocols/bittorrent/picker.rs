//! Which block to ask a peer for.
//!
//! After libtorrent 2.0 `src/piece_picker.cpp` (`pick_pieces`, `add_blocks`,
//! `add_blocks_downloading`, `expand_piece`): rarest first among what the peer
//! has; the first few pieces at random, finishing what was begun; a fast peer
//! gets runs of whole pieces to itself; at the end one block that others were
//! asked for.

use super::begun::{Begun, Block};
use super::pieces::{Layout, Rarity};
use crate::rng::Rng;
use crate::world::{BlockSet, NodeId};

/// Begun pieces never hold more blocks than this (32 MiB of 16 KiB blocks).
const MOST_BEGUN_BLOCKS: usize = 2048;

/// Where a peer has less than one in so many of the pieces that can be picked, its own are looked
/// through in the place of all; it pays where these are many.
const FEW: u32 = 8;
const MANY: usize = 256;

/// What a peer is to be asked for.
pub(super) struct Demand<'a> {
    /// The peer.
    pub peer: NodeId,
    /// What it has, and may be asked for.
    pub has: &'a dyn Fn(u32) -> bool,
    /// The pieces that it has; nothing where it has all.
    pub some: Option<&'a BlockSet>,
    /// How many blocks.
    pub blocks: u32,
    /// More than that where it makes up whole pieces: this many in a row.
    pub in_a_row: u32,
    /// Pick at random rather than rare pieces.
    pub random: bool,
    /// Pick common pieces first.
    pub reverse: bool,
    /// Finish begun pieces first.
    pub begun_first: bool,
    /// Number of peers, which limits how many pieces may be begun.
    pub peers: usize,
}

/// A block to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pick {
    pub unit: u32,
    /// Others were asked for it already.
    pub busy: bool,
}

/// The picker of one torrent of a node.
#[derive(Debug)]
pub(super) struct Picker {
    layout: Layout,
    rarity: Rarity,
    /// Begun pieces in order of their index.
    begun: Vec<Begun>,
    have: Vec<bool>,
    /// The same as a set.
    here: BlockSet,
    missing: u32,
    /// Re-used between searches.
    lists: Lists,
}

impl Picker {
    /// Nothing is here and nobody has anything.
    pub fn new(layout: Layout, rng: &mut Rng) -> Self {
        let pieces = layout.pieces();
        Picker {
            layout,
            rarity: Rarity::new(pieces, rng),
            begun: Vec::new(),
            have: vec![false; pieces as usize],
            here: BlockSet::new(),
            missing: pieces,
            lists: Lists::default(),
        }
    }

    /// Whether `piece` is here and verified.
    pub fn has(&self, piece: u32) -> bool {
        self.have[piece as usize]
    }

    /// Pieces that are not here.
    pub fn missing(&self) -> u32 {
        self.missing
    }

    /// Pieces that are here.
    pub fn len(&self) -> u32 {
        self.have.len() as u32 - self.missing
    }

    /// Whether every missing piece has been begun.
    pub fn all_begun(&self) -> bool {
        self.begun.len() as u32 >= self.missing
    }

    /// One more peer has `piece`.
    pub fn peer_has(&mut self, piece: u32, rng: &mut Rng) {
        self.rarity.more(piece, rng);
    }

    /// A peer that had `piece` has gone.
    pub fn peer_had(&mut self, piece: u32, rng: &mut Rng) {
        self.rarity.fewer(piece, rng);
    }

    /// The piece is here.
    pub fn complete(&mut self, piece: u32) {
        if !std::mem::replace(&mut self.have[piece as usize], true) {
            self.missing -= 1;
            self.here.insert(piece);
            self.rarity.remove(piece);
            self.begun.retain(|b| b.piece != piece);
        }
    }

    fn find(&self, piece: u32) -> Result<usize, usize> {
        self.begun.binary_search_by_key(&piece, |b| b.piece)
    }

    /// The block of `unit`, when its piece has been begun.
    fn block(&self, unit: u32) -> Option<&Block> {
        let piece = self.layout.piece_of(unit);
        let at = self.find(piece).ok()?;
        self.begun[at].blocks.get((unit - self.layout.units_of(piece).0) as usize)
    }

    /// Whether `unit` is here.
    pub fn is_done(&self, unit: u32) -> bool {
        self.has(self.layout.piece_of(unit)) || self.block(unit).is_some_and(|b| b.done)
    }

    /// How many peers are asked for `unit` now.
    pub fn requests(&self, unit: u32) -> u16 {
        self.block(unit).map_or(0, |b| b.requests)
    }

    /// Blocks of the piece of `unit` that nobody was asked for.
    pub fn free_beside(&self, unit: u32) -> u32 {
        let piece = self.layout.piece_of(unit);
        match self.find(piece) {
            Ok(at) => self.begun[at].free,
            Err(_) => 0,
        }
    }

    /// `peer` is asked for `unit`.
    pub fn request(&mut self, unit: u32, peer: NodeId, rng: &mut Rng) {
        self.change(unit, rng, |block| {
            block.requests += 1;
            block.asked = Some(peer);
        });
    }

    /// A peer is no longer asked for `unit`.
    pub fn release(&mut self, unit: u32, rng: &mut Rng) {
        if self.requests(unit) > 0 {
            self.change(unit, rng, |block| block.requests -= 1);
        }
    }

    /// `unit` is here; whether its piece is complete now.
    pub fn done(&mut self, unit: u32, peer: Option<NodeId>, rng: &mut Rng) -> bool {
        self.change(unit, rng, |block| *block = Block { asked: peer, requests: 0, done: true });
        let at = self.find(self.layout.piece_of(unit));
        at.is_ok_and(|at| self.begun[at].is_done())
    }

    /// Changes a block and keeps the counts and the list of pieces right.
    fn change(&mut self, unit: u32, rng: &mut Rng, act: impl FnOnce(&mut Block)) {
        let piece = self.layout.piece_of(unit);
        if self.has(piece) {
            return;
        }
        let (start, end) = self.layout.units_of(piece);
        let at = self.find(piece).unwrap_or_else(|at| {
            self.begun.insert(at, Begun::new(piece, end - start));
            at
        });
        let begun = &mut self.begun[at];
        begun.change(unit - start, act);
        self.rarity.begun(piece, !begun.is_untouched(), rng);
        if begun.free == 0 {
            self.rarity.remove(piece);
        } else {
            self.rarity.insert(piece, rng);
        }
        if begun.is_untouched() {
            self.begun.remove(at);
        }
    }

    /// Appends to `out` the blocks that the peer of `ask` should be asked for;
    /// perhaps fewer than asked, and one that is busy last.
    pub fn pick(&mut self, ask: &Demand<'_>, rng: &mut Rng, out: &mut Vec<Pick>) {
        let begun = self.begun.iter().filter(|b| b.free > 0).count();
        let too_many = begun > ask.peers * 3 / 2 || begun * self.layout.per_piece as usize > MOST_BEGUN_BLOCKS;
        let mut hunt = Hunt {
            ask,
            left: ask.blocks,
            in_a_row: if too_many { 0 } else { ask.in_a_row },
            begun_first: ask.begun_first || too_many,
            lists: std::mem::take(&mut self.lists),
            out,
        };
        hunt.lists.taken.clear();
        hunt.lists.reserve.clear();
        self.search(&mut hunt, rng);
        hunt.take_reserve();
        let Hunt { left, lists, out, .. } = hunt;
        self.lists = lists; // keeps its allocations
        if left > 0 {
            self.pick_busy(ask, rng, out);
        }
    }

    fn search(&self, hunt: &mut Hunt<'_, '_>, rng: &mut Rng) {
        if hunt.begun_first {
            self.search_begun(hunt);
        }
        if hunt.left == 0 {
            return;
        }
        let ask = hunt.ask;
        let few = if ask.random { None } else { self.few_of(ask) };
        let order = few.as_deref().unwrap_or(self.rarity.order());
        let mut goes_on = |piece: u32| {
            self.add(piece, hunt);
            hunt.left > 0
        };
        let _ = if ask.random {
            let pieces = self.have.len() as u32;
            let start = rng.below(u64::from(pieces)) as u32;
            (start..pieces).chain(0..start).all(goes_on)
        } else if ask.reverse {
            order.iter().rev().all(|piece| goes_on(*piece))
        } else {
            order.iter().all(|piece| goes_on(*piece))
        };
    }

    /// The pieces that the peer of `ask` has and that can be picked, rarest first, where these are
    /// few: a leecher that has begun among thousands of pieces has none of the rarest.
    fn few_of(&self, ask: &Demand<'_>) -> Option<Vec<u32>> {
        let all = self.rarity.order().len();
        let some = ask.some.filter(|_| all >= MANY)?;
        let new = some.difference(&self.here);
        if new.len() >= all as u32 / FEW {
            return None;
        }
        let mut pieces: Vec<(u32, u32)> =
            new.iter().filter_map(|piece| Some((self.rarity.place(piece)?, piece))).collect();
        pieces.sort_unstable();
        Some(pieces.into_iter().map(|(_, piece)| piece).collect())
    }

    /// Begun pieces, by rarity and how near they are to complete.
    fn search_begun(&self, hunt: &mut Hunt<'_, '_>) {
        let mut begun: Vec<&Begun> = self.begun.iter().filter(|b| b.free > 0 && (hunt.ask.has)(b.piece)).collect();
        if !hunt.ask.random {
            begun.sort_by_key(|b| (self.rarity.holders(b.piece), b.free, b.piece));
        }
        for piece in begun {
            self.add_begun(piece, hunt);
            if hunt.left == 0 {
                return;
            }
        }
        hunt.take_reserve();
    }

    fn add(&self, piece: u32, hunt: &mut Hunt<'_, '_>) {
        if self.has(piece) || !(hunt.ask.has)(piece) || hunt.lists.taken.contains(&piece) {
            return;
        }
        if let Ok(at) = self.find(piece) {
            // Those were searched before when begun pieces come first.
            if !hunt.begun_first && self.begun[at].free > 0 {
                self.add_begun(&self.begun[at], hunt);
            }
            return;
        }
        let (first, end) = self.expand(piece, hunt);
        for piece in first..end {
            hunt.lists.taken.push(piece);
            let (start, end) = self.layout.units_of(piece);
            // Without a wish for whole pieces the rest of the piece is left.
            let count = if hunt.in_a_row == 0 { hunt.left.min(end - start) } else { end - start };
            (start..start + count).for_each(|unit| hunt.push(unit));
        }
    }

    /// The run of untouched pieces around `piece` that a fast peer gets.
    fn expand(&self, piece: u32, hunt: &Hunt<'_, '_>) -> (u32, u32) {
        let whole = hunt.in_a_row.div_ceil(self.layout.per_piece);
        let open =
            |p: u32| !self.has(p) && self.find(p).is_err() && (hunt.ask.has)(p) && !hunt.lists.taken.contains(&p);
        let (mut start, mut end) = (piece, piece + 1);
        if whole > 1 {
            let lowest = (piece + 1).saturating_sub(whole);
            while start > lowest && open(start - 1) {
                start -= 1;
            }
            let highest = (start + whole).min(self.have.len() as u32);
            while end < highest && open(end) {
                end += 1;
            }
        }
        (start, end)
    }

    /// The free blocks of a begun piece; as a reserve where a whole run is
    /// wanted and another peer is at work on the piece.
    fn add_begun(&self, begun: &Begun, hunt: &mut Hunt<'_, '_>) {
        if !(hunt.ask.has)(begun.piece) {
            return;
        }
        let start = self.layout.units_of(begun.piece).0;
        let alone = begun.blocks.iter().all(|b| b.requests == 0 || b.asked == Some(hunt.ask.peer));
        let (run, first) = begun.longest_run();
        let reserve = hunt.in_a_row > run && !alone;
        if reserve && hunt.lists.reserve.len() >= hunt.left as usize {
            return;
        }
        let first = if hunt.in_a_row == 0 { 0 } else { first };
        let count = begun.blocks.len() as u32;
        for offset in (0..count).map(|i| (i + first) % count).filter(|i| begun.blocks[*i as usize].is_free()) {
            if reserve {
                hunt.lists.reserve.push(start + offset);
            } else {
                hunt.push(start + offset);
                if hunt.left == 0 && hunt.in_a_row == 0 {
                    return;
                }
            }
        }
    }

    /// One random block of a random piece of which all blocks are asked for,
    /// some of them of others.
    fn pick_busy(&self, ask: &Demand<'_>, rng: &mut Rng, out: &mut Vec<Pick>) {
        let busy = |b: &Block| b.is_busy_for(ask.peer);
        let full = |b: &&Begun| b.free == 0 && (ask.has)(b.piece) && b.blocks.iter().any(busy);
        let candidates = self.begun.iter().filter(full).count();
        if candidates == 0 {
            return;
        }
        let nth = rng.below(candidates as u64) as usize;
        if let Some(begun) = self.begun.iter().filter(full).nth(nth) {
            let blocks: Vec<usize> = (0..begun.blocks.len()).filter(|i| busy(&begun.blocks[*i])).collect();
            let block = blocks[rng.below(blocks.len() as u64) as usize];
            out.push(Pick { unit: self.layout.units_of(begun.piece).0 + block as u32, busy: true });
        }
    }
}

/// A search under way.
struct Hunt<'a, 'b> {
    ask: &'a Demand<'a>,
    left: u32,
    in_a_row: u32,
    begun_first: bool,
    lists: Lists,
    out: &'b mut Vec<Pick>,
}

/// What a search has come across.
#[derive(Debug, Default)]
struct Lists {
    /// Blocks of begun pieces that were passed over for want of a run.
    reserve: Vec<u32>,
    /// Untouched pieces taken.
    taken: Vec<u32>,
}

impl Hunt<'_, '_> {
    fn push(&mut self, unit: u32) {
        self.out.push(Pick { unit, busy: false });
        self.left = self.left.saturating_sub(1);
    }

    /// Takes from the reserve what is still needed.
    fn take_reserve(&mut self) {
        let mut reserve = std::mem::take(&mut self.lists.reserve);
        let enough = reserve.len().min(self.left as usize);
        reserve.drain(..).take(enough).for_each(|unit| self.push(unit));
        self.lists.reserve = reserve; // keeps its allocation
    }
}

#[cfg(test)]
#[path = "picker_tests.rs"]
mod tests;
