//! Erasure codes: what stands where, and what is enough.
//!
//! A file of which `k` data blocks and `m` parity blocks make a code word is laid out in
//! rows, as Codex does it ("stepped", `codex/erasure/erasure.nim:265-295, 360-455`): there
//! are as many code words as a row has blocks, and each has one block of every row. Row r
//! is slot r: who loses it loses one block of every code word. Any `k` blocks of a code
//! word give the others. What is missing to the last data row is zeros, which nobody
//! stores or sends and everybody knows.

use super::{Dataset, DatasetId};
use crate::units::{Refusal, require};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// An erasure code: any `k` of the `k + m` blocks of a code word give all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// Data blocks in a code word; Codex has as many as there are nodes less the losses that it tolerates.
    pub k: u16,
    /// Parity blocks in a code word: so many of its blocks may be lost.
    pub m: u16,
}

impl Code {
    /// Slots of a dataset, `k + m`.
    pub fn slots(self) -> u32 {
        u32::from(self.k) + u32::from(self.m)
    }

    /// Refuses what Codex and its coder do: `1 < k`, `1 <= m <= k`, at most 65,536 slots
    /// (`codex/rest/api.nim:748-771`; leopard), and fewer blocks than `k`.
    pub(super) fn check(self, blocks: u64, key: &str) -> Result<(), Refusal> {
        let Code { k, m } = self;
        let sound = k > 1 && m > 0 && m <= k && self.slots() <= 65_536;
        let given = format!("a code of {k} + {m}");
        require(sound, key, given, "k of 2 or more and m of 1 to k, together at most 65536")?;
        let given = format!("{blocks} blocks for code words of {k}");
        require(blocks >= u64::from(k), key, given, "at least k blocks, so a larger file")
    }
}

/// What of a dataset is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Part {
    /// All of the file: everything or, of a file with a code, so much that it can be decoded.
    #[default]
    File,
    /// One slot, as it is.
    Slot(u16),
    /// One slot that nobody may have any more, made anew from the others.
    Rebuilt(u16),
}

impl Part {
    /// A slot that is to be rebuilt and is not chosen yet: whichever is free then.
    pub const FREED: Part = Part::Rebuilt(u16::MAX);

    /// The slot that is to be there in the end, once it is chosen.
    pub fn slot(self) -> Option<u16> {
        match self {
            Part::File | Part::FREED => None,
            Part::Slot(slot) | Part::Rebuilt(slot) => Some(slot),
        }
    }

    /// The word used in result files.
    pub const fn name(self) -> &'static str {
        match self {
            Part::File => "file",
            Part::Slot(_) => "slot",
            Part::Rebuilt(_) => "rebuilt",
        }
    }
}

/// A dataset, or a part of one, that a node wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Want {
    /// Of which dataset.
    pub dataset: DatasetId,
    /// What of it.
    pub part: Part,
}

impl Want {
    /// All of the file.
    pub fn file(dataset: DatasetId) -> Self {
        Want { dataset, part: Part::File }
    }
}

/// Code words.
impl Dataset {
    /// The units of `slot`; of the last rows of data fewer, or none, where zeros fill up.
    pub fn slot(&self, slot: u16) -> Range<u32> {
        let (words, data) = (self.words(), self.data_units());
        let k = self.code.map_or(0, |code| code.k);
        let row = |slot: u16| self.first + (u32::from(slot) * words).min(data);
        if slot < k {
            return row(slot)..row(slot + 1);
        }
        let start = self.first + data + u32::from(slot - k) * words;
        start..start + words
    }

    /// The slot that `unit` is in.
    pub fn slot_of(&self, unit: u32) -> u16 {
        let (words, data, at) = (self.words().max(1), self.data_units(), unit - self.first);
        let k = u32::from(self.code.map_or(0, |code| code.k));
        (if at < data { at / words } else { k + (at - data) / words }) as u16
    }

    /// The code word that `unit` is in.
    pub fn word_of(&self, unit: u32) -> u32 {
        let (words, data, at) = (self.words().max(1), self.data_units(), unit - self.first);
        (if at < data { at } else { at - data }) % words
    }

    /// The unit of code word `word` in `slot`; nothing where that is zeros.
    pub fn unit_of(&self, word: u32, slot: u16) -> Option<u32> {
        let units = self.slot(slot);
        Some(units.start + word).filter(|unit| units.contains(unit))
    }

    /// How many units of code word `word` are needed to decode it: `k`, less the zeros.
    pub fn needed(&self, word: u32) -> u32 {
        let (words, data) = (self.words(), self.data_units());
        let k = u32::from(self.code.map_or(0, |code| code.k));
        // Data units of this word stand at word, word + words, and so on.
        data.saturating_sub(word).div_ceil(words.max(1)).min(k)
    }

    /// How many units code word `word` has, those of parity among them.
    pub fn units_in(&self, word: u32) -> u32 {
        self.needed(word) + self.code.map_or(0, |code| u32::from(code.m))
    }

    /// Whether `unit` is of parity.
    pub fn is_parity(&self, unit: u32) -> bool {
        unit - self.first >= self.data_units()
    }

    /// Whether `part` has to be decoded before it is had.
    pub fn decodes(&self, part: Part) -> bool {
        part == Part::File && self.code.is_some()
    }

    /// How many units a node that wants `part` has to come by.
    pub fn units_of(&self, part: Part) -> u32 {
        match part {
            Part::File if self.code.is_none() => self.units(),
            Part::File | Part::Rebuilt(_) => self.data_units(),
            Part::Slot(slot) => self.slot(slot).len() as u32,
        }
    }
}

/// What a node has of each code word of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    /// By code word, how many of its units are held.
    held: Vec<u16>,
    /// By slot, how many of its units are held.
    slots: Vec<u32>,
    /// Held units that help to decode: of each code word no more than are needed.
    useful: u32,
    /// Held units of parity.
    parity: u32,
    /// Code words that can be decoded.
    readable: u32,
    /// All data units before this one are held or can be decoded.
    in_order: u32,
}

impl Words {
    pub fn new(dataset: &Dataset) -> Self {
        let slots = dataset.code.map_or(0, Code::slots) as usize;
        let held = vec![0; dataset.words() as usize];
        Words { held, slots: vec![0; slots], useful: 0, parity: 0, readable: 0, in_order: dataset.first }
    }

    /// `unit` is new.
    pub fn add(&mut self, unit: u32, dataset: &Dataset) {
        let word = dataset.word_of(unit);
        let held = &mut self.held[word as usize];
        *held += 1;
        self.slots[usize::from(dataset.slot_of(unit))] += 1;
        let (held, needed) = (u32::from(*held), dataset.needed(word));
        self.useful += u32::from(held <= needed);
        self.parity += u32::from(dataset.is_parity(unit));
        self.readable += u32::from(held == needed);
    }

    /// Looks how far the data can be read in order, where `held` says what is held.
    pub fn advance(&mut self, dataset: &Dataset, held: impl Fn(u32) -> bool) {
        let end = dataset.first + dataset.data_units();
        while self.in_order < end && (held(self.in_order) || self.reads(dataset.word_of(self.in_order), dataset)) {
            self.in_order += 1;
        }
    }

    /// Whether code word `word` can be decoded.
    pub fn reads(&self, word: u32, dataset: &Dataset) -> bool {
        u32::from(self.held[word as usize]) >= dataset.needed(word)
    }

    /// Whether all can.
    pub fn reads_all(&self) -> bool {
        self.readable as usize == self.held.len()
    }

    pub fn useful(&self) -> u32 {
        self.useful
    }

    pub fn parity(&self) -> u32 {
        self.parity
    }

    pub fn in_order(&self) -> u32 {
        self.in_order
    }

    pub fn held_of_slot(&self, slot: u16) -> u32 {
        self.slots.get(usize::from(slot)).copied().unwrap_or(0)
    }
}
