//! Pieces of which some blocks were asked for or are here.

use crate::world::NodeId;

/// What is known of a block of a begun piece.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Block {
    /// Who was asked for it last.
    pub asked: Option<NodeId>,
    /// How many peers are asked for it now.
    pub requests: u16,
    /// It is here.
    pub done: bool,
}

impl Block {
    pub fn is_free(&self) -> bool {
        self.requests == 0 && !self.done
    }

    /// Whether it is asked for, last of somebody else than `peer`.
    pub fn is_busy_for(&self, peer: NodeId) -> bool {
        self.requests > 0 && self.asked != Some(peer)
    }
}

/// A begun piece.
#[derive(Debug)]
pub(super) struct Begun {
    pub piece: u32,
    pub blocks: Vec<Block>,
    /// Blocks that nobody was asked for.
    pub free: u32,
    /// Blocks that are here.
    pub done: u32,
}

impl Begun {
    /// A piece of so many blocks of which nothing was asked for.
    pub fn new(piece: u32, blocks: u32) -> Self {
        Begun { piece, blocks: vec![Block::default(); blocks as usize], free: blocks, done: 0 }
    }

    /// Changes a block and keeps the counts right.
    pub fn change(&mut self, block: u32, act: impl FnOnce(&mut Block)) {
        let block = &mut self.blocks[block as usize];
        let (was_free, was_done) = (block.is_free(), block.done);
        act(block);
        self.done = self.done + u32::from(block.done) - u32::from(was_done);
        self.free = self.free + u32::from(block.is_free()) - u32::from(was_free);
    }

    /// Nobody is asked for any of it, and nothing is here.
    pub fn is_untouched(&self) -> bool {
        self.free as usize == self.blocks.len()
    }

    /// Everything is here.
    pub fn is_done(&self) -> bool {
        self.done as usize == self.blocks.len()
    }

    /// The longest run of free blocks and where it begins.
    pub fn longest_run(&self) -> (u32, u32) {
        let (mut best, mut run) = ((0, 0), 0);
        for (at, block) in self.blocks.iter().enumerate() {
            run = if block.is_free() { run + 1 } else { 0 };
            if run > best.0 {
                best = (run, at as u32 + 1 - run);
            }
        }
        best
    }
}
