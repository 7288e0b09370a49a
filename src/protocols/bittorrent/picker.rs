//! Which block to ask a peer for.
//!
//! After libtorrent 2.0 `src/piece_picker.cpp` (`pick_pieces`, `add_blocks`,
//! `add_blocks_downloading`, `expand_piece`): rarest first among what the peer
//! has; the first few pieces at random, finishing what was begun; a fast peer
//! gets runs of whole pieces to itself; at the end one block that others were
//! asked for.

use super::pieces::{Layout, Rarity};
use crate::rng::Rng;
use crate::world::NodeId;

/// Begun pieces never hold more blocks than this (32 MiB of 16 KiB blocks).
const MOST_BEGUN_BLOCKS: usize = 2048;

/// What is known of a block of a begun piece.
#[derive(Debug, Clone, Copy, Default)]
struct Block {
    /// Who was asked for it last.
    asked: Option<NodeId>,
    /// How many peers are asked for it now.
    requests: u16,
    /// It is here.
    done: bool,
}

impl Block {
    fn is_free(&self) -> bool {
        self.requests == 0 && !self.done
    }
}

/// A begun piece.
#[derive(Debug)]
struct Begun {
    piece: u32,
    blocks: Vec<Block>,
    /// Blocks that nobody was asked for.
    free: u32,
    /// Blocks that are here.
    done: u32,
}

/// What a peer is to be asked for.
pub(super) struct Ask<'a> {
    /// The peer.
    pub peer: NodeId,
    /// What it has, and may be asked for.
    pub has: &'a dyn Fn(u32) -> bool,
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

/// The picker of one node.
#[derive(Debug)]
pub(super) struct Picker {
    layout: Layout,
    rarity: Rarity,
    /// Begun pieces in order of their index.
    begun: Vec<Begun>,
    have: Vec<bool>,
    missing: u32,
    /// Blocks of begun pieces that were passed over for want of a run.
    backup: Vec<u32>,
    /// Untouched pieces taken in the present search.
    taken: Vec<u32>,
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
            missing: pieces,
            backup: Vec::new(),
            taken: Vec::new(),
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
        self.begun[at].blocks.get((unit - piece * self.layout.per_piece) as usize)
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
        at.is_ok_and(|at| self.begun[at].done as usize == self.begun[at].blocks.len())
    }

    /// Changes a block and keeps the counts and the list of pieces right.
    fn change(&mut self, unit: u32, rng: &mut Rng, act: impl FnOnce(&mut Block)) {
        let piece = self.layout.piece_of(unit);
        if self.has(piece) {
            return;
        }
        let (start, end) = self.layout.units_of(piece);
        let at = self.find(piece).unwrap_or_else(|at| {
            let blocks = vec![Block::default(); (end - start) as usize];
            self.begun.insert(at, Begun { piece, blocks, free: end - start, done: 0 });
            at
        });
        let begun = &mut self.begun[at];
        let block = &mut begun.blocks[(unit - start) as usize];
        let (was_free, was_done) = (block.is_free(), block.done);
        act(block);
        begun.done = begun.done + u32::from(block.done) - u32::from(was_done);
        begun.free = begun.free + u32::from(block.is_free()) - u32::from(was_free);
        let untouched = begun.free as usize == begun.blocks.len();
        self.rarity.begun(piece, !untouched, rng);
        if begun.free == 0 {
            self.rarity.remove(piece);
        } else {
            self.rarity.insert(piece, rng);
        }
        if untouched {
            self.begun.remove(at);
        }
    }

    /// Appends to `out` the blocks that the peer of `ask` should be asked for;
    /// perhaps fewer than asked, and one that is busy last.
    pub fn pick(&mut self, ask: &Ask<'_>, rng: &mut Rng, out: &mut Vec<Pick>) {
        let begun = self.begun.iter().filter(|b| b.free > 0).count();
        let too_many = begun > ask.peers * 3 / 2 || begun * self.layout.per_piece as usize > MOST_BEGUN_BLOCKS;
        let mut hunt = Hunt {
            ask,
            left: ask.blocks,
            in_a_row: if too_many { 0 } else { ask.in_a_row },
            begun_first: ask.begun_first || too_many,
            taken: std::mem::take(&mut self.taken),
            out,
        };
        self.backup.clear();
        let mut backup = std::mem::take(&mut self.backup);
        self.search(&mut hunt, rng, &mut backup);
        for unit in backup.drain(..) {
            hunt.take(unit);
        }
        let Hunt { left, mut taken, out, .. } = hunt;
        taken.clear();
        (self.backup, self.taken) = (backup, taken);
        if left > 0 {
            self.pick_busy(ask, rng, out);
        }
    }

    fn search(&self, hunt: &mut Hunt<'_, '_>, rng: &mut Rng, backup: &mut Vec<u32>) {
        if hunt.begun_first {
            self.search_begun(hunt, backup);
        }
        if hunt.left == 0 {
            return;
        }
        let each = |piece: u32, hunt: &mut Hunt<'_, '_>, backup: &mut Vec<u32>| {
            self.add(piece, hunt, backup);
            hunt.left > 0
        };
        let order = self.rarity.order();
        if hunt.ask.random {
            let pieces = self.have.len() as u32;
            let start = rng.below(u64::from(pieces)) as u32;
            let _ = (start..pieces).chain(0..start).all(|piece| each(piece, hunt, backup));
        } else if hunt.ask.reverse {
            let _ = order.iter().rev().all(|piece| each(*piece, hunt, backup));
        } else {
            let _ = order.iter().all(|piece| each(*piece, hunt, backup));
        }
    }

    /// Begun pieces, by rarity and how near they are to complete.
    fn search_begun(&self, hunt: &mut Hunt<'_, '_>, backup: &mut Vec<u32>) {
        let mut begun: Vec<&Begun> = self.begun.iter().filter(|b| b.free > 0 && (hunt.ask.has)(b.piece)).collect();
        if !hunt.ask.random {
            begun.sort_by_key(|b| (self.rarity.holders(b.piece), b.free, b.piece));
        }
        for piece in begun {
            self.add_begun(piece, hunt, backup);
            if hunt.left == 0 {
                return;
            }
        }
        for unit in backup.drain(..) {
            hunt.take(unit);
        }
    }

    fn add(&self, piece: u32, hunt: &mut Hunt<'_, '_>, backup: &mut Vec<u32>) {
        if self.has(piece) || !(hunt.ask.has)(piece) || hunt.taken.contains(&piece) {
            return;
        }
        if let Ok(at) = self.find(piece) {
            // Those were searched before when begun pieces come first.
            if !hunt.begun_first && self.begun[at].free > 0 {
                self.add_begun(&self.begun[at], hunt, backup);
            }
            return;
        }
        let (first, end) = self.expand(piece, hunt);
        for piece in first..end {
            hunt.taken.push(piece);
            let (start, end) = self.layout.units_of(piece);
            // Without a wish for whole pieces the rest of the piece is left.
            let count = if hunt.in_a_row == 0 { hunt.left.min(end - start) } else { end - start };
            (start..start + count).for_each(|unit| hunt.push(unit));
        }
    }

    /// The run of untouched pieces around `piece` that a fast peer gets.
    fn expand(&self, piece: u32, hunt: &Hunt<'_, '_>) -> (u32, u32) {
        let whole = hunt.in_a_row.div_ceil(self.layout.per_piece);
        let open = |p: u32| !self.has(p) && self.find(p).is_err() && (hunt.ask.has)(p) && !hunt.taken.contains(&p);
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
    fn add_begun(&self, begun: &Begun, hunt: &mut Hunt<'_, '_>, backup: &mut Vec<u32>) {
        if !(hunt.ask.has)(begun.piece) {
            return;
        }
        let start = begun.piece * self.layout.per_piece;
        let alone = begun.blocks.iter().all(|b| b.requests == 0 || b.asked == Some(hunt.ask.peer));
        let (run, first) = longest_run(&begun.blocks);
        let reserve = hunt.in_a_row > run && !alone;
        if reserve && backup.len() >= hunt.left as usize {
            return;
        }
        let first = if hunt.in_a_row == 0 { 0 } else { first };
        let count = begun.blocks.len() as u32;
        for offset in (0..count).map(|i| (i + first) % count).filter(|i| begun.blocks[*i as usize].is_free()) {
            if reserve {
                backup.push(start + offset);
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
    fn pick_busy(&self, ask: &Ask<'_>, rng: &mut Rng, out: &mut Vec<Pick>) {
        let busy = |b: &Block| b.requests > 0 && b.asked != Some(ask.peer);
        let full = |b: &&Begun| b.free == 0 && (ask.has)(b.piece) && b.blocks.iter().any(busy);
        let candidates = self.begun.iter().filter(full).count();
        if candidates == 0 {
            return;
        }
        let nth = rng.below(candidates as u64) as usize;
        if let Some(begun) = self.begun.iter().filter(full).nth(nth) {
            let blocks: Vec<usize> = (0..begun.blocks.len()).filter(|i| busy(&begun.blocks[*i])).collect();
            let block = blocks[rng.below(blocks.len() as u64) as usize];
            out.push(Pick { unit: begun.piece * self.layout.per_piece + block as u32, busy: true });
        }
    }
}

/// The longest run of free blocks and where it begins.
fn longest_run(blocks: &[Block]) -> (u32, u32) {
    let (mut best, mut run) = ((0, 0), 0);
    for (at, block) in blocks.iter().enumerate() {
        run = if block.is_free() { run + 1 } else { 0 };
        if run > best.0 {
            best = (run, at as u32 + 1 - run);
        }
    }
    best
}

/// A search under way.
struct Hunt<'a, 'b> {
    ask: &'a Ask<'a>,
    left: u32,
    in_a_row: u32,
    begun_first: bool,
    taken: Vec<u32>,
    out: &'b mut Vec<Pick>,
}

impl Hunt<'_, '_> {
    fn push(&mut self, unit: u32) {
        self.out.push(Pick { unit, busy: false });
        self.left = self.left.saturating_sub(1);
    }

    /// Takes one from the reserve, when it is still needed.
    fn take(&mut self, unit: u32) {
        if self.left > 0 {
            self.push(unit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    const A: NodeId = NodeId(1);
    const B: NodeId = NodeId(2);

    fn picker(pieces: u32) -> (Picker, Rng) {
        let mut rng = Rng::stream(5, Purpose::Protocol, 0);
        (Picker::new(Layout { units: pieces * 4, per_piece: 4 }, &mut rng), rng)
    }

    fn ask(peer: NodeId, has: &dyn Fn(u32) -> bool, blocks: u32) -> Ask<'_> {
        Ask { peer, has, blocks, in_a_row: 0, random: false, reverse: false, begun_first: false, peers: 10 }
    }

    fn pick(picker: &mut Picker, rng: &mut Rng, ask: &Ask<'_>) -> Vec<u32> {
        let mut out = Vec::new();
        picker.pick(ask, rng, &mut out);
        out.iter().filter(|p| !p.busy).map(|p| p.unit).collect()
    }

    #[test]
    fn the_rarest_piece_comes_first_and_the_commonest_to_the_snubbed() {
        let (mut picker, mut rng) = picker(5);
        for (piece, peers) in [(0, 3), (1, 2), (2, 4), (3, 1), (4, 3)] {
            (0..peers).for_each(|_| picker.peer_has(piece, &mut rng));
        }
        assert_eq!(pick(&mut picker, &mut rng, &ask(A, &|_| true, 4)), [12, 13, 14, 15]);
        assert_eq!(pick(&mut picker, &mut rng, &ask(A, &|piece| piece != 3, 2)), [4, 5]);
        let snubbed = Ask { reverse: true, ..ask(A, &|_| true, 1) };
        assert_eq!(pick(&mut picker, &mut rng, &snubbed), [8]);
    }

    #[test]
    fn a_begun_piece_is_finished_first() {
        let (mut picker, mut rng) = picker(6);
        picker.request(4 * 4 + 1, A, &mut rng);
        assert_eq!(pick(&mut picker, &mut rng, &ask(B, &|_| true, 3)), [16, 18, 19]);
    }

    #[test]
    fn a_fast_peer_gets_whole_pieces_in_a_row() {
        let (mut picker, mut rng) = picker(9);
        picker.request(4 * 4, B, &mut rng);
        let fast = Ask { in_a_row: 12, ..ask(A, &|_| true, 1) };
        let units = pick(&mut picker, &mut rng, &fast);
        assert_eq!(units.len(), 12, "three whole pieces although one block was wanted");
        assert!(units.windows(2).all(|w| w[1] == w[0] + 1), "{units:?}");
        assert!(!units.contains(&16), "and not what another peer is at work on");
    }

    #[test]
    fn a_fast_peer_shares_a_piece_when_nothing_else_is_left() {
        let (mut picker, mut rng) = picker(1);
        picker.request(0, B, &mut rng);
        let fast = Ask { in_a_row: 12, ..ask(A, &|_| true, 2) };
        assert_eq!(pick(&mut picker, &mut rng, &fast), [1, 2]);
    }

    #[test]
    fn at_the_end_one_block_of_another_peer() {
        let (mut picker, mut rng) = picker(1);
        (0..4).for_each(|unit| picker.request(unit, if unit == 2 { A } else { B }, &mut rng));
        assert!(picker.all_begun());
        let mut out = Vec::new();
        picker.pick(&ask(A, &|_| true, 3), &mut rng, &mut out);
        assert_eq!(out.len(), 1);
        assert!(out[0].busy && out[0].unit != 2, "{out:?}");
    }

    #[test]
    fn released_blocks_can_be_picked_again_and_a_piece_be_untouched_again() {
        let (mut picker, mut rng) = picker(2);
        (0..4).for_each(|unit| picker.request(unit, A, &mut rng));
        assert_eq!(picker.free_beside(0), 0);
        (0..4).for_each(|unit| picker.release(unit, &mut rng));
        assert!(!picker.all_begun());
        let mut units = pick(&mut picker, &mut rng, &ask(B, &|_| true, 8));
        units.sort_unstable();
        assert_eq!(units, (0..8).collect::<Vec<_>>());
    }

    #[test]
    fn a_piece_is_complete_when_its_last_block_is_here() {
        let (mut picker, mut rng) = picker(2);
        let complete: Vec<bool> = (0..4).map(|unit| picker.done(unit, Some(A), &mut rng)).collect();
        assert_eq!(complete, [false, false, false, true]);
        picker.complete(0);
        assert_eq!((picker.len(), picker.missing()), (1, 1));
        assert!(pick(&mut picker, &mut rng, &ask(A, &|piece| piece == 0, 4)).is_empty());
    }
}
