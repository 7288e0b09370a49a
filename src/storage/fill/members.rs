//! Which hosts work on a slot of a unit or have filled one.

/// A bit for each unit and host.
#[derive(Debug)]
pub(super) struct Members {
    /// Words of a unit.
    words: usize,
    bits: Vec<u64>,
}

impl Members {
    /// No host in any of so many units.
    pub fn new(units: usize, hosts: u32) -> Self {
        let words = hosts.div_ceil(64) as usize;
        Members { words, bits: vec![0; units * words] }
    }

    fn word(&self, unit: u32, host: u32) -> usize {
        unit as usize * self.words + host as usize / 64
    }

    /// Whether a host is in a unit.
    pub fn has(&self, unit: u32, host: u32) -> bool {
        self.bits[self.word(unit, host)] >> (host % 64) & 1 == 1
    }

    /// A host comes into a unit.
    pub fn add(&mut self, unit: u32, host: u32) {
        let word = self.word(unit, host);
        self.bits[word] |= 1 << (host % 64);
    }

    /// A host leaves a unit.
    pub fn remove(&mut self, unit: u32, host: u32) {
        let word = self.word(unit, host);
        self.bits[word] &= !(1 << (host % 64));
    }

    /// The hosts in a unit, in order of their numbers.
    pub fn of(&self, unit: u32) -> impl Iterator<Item = u32> + '_ {
        let from = self.word(unit, 0);
        let words = self.bits[from..from + self.words].iter().zip(0u32..);
        words.flat_map(|(word, at)| (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| 64 * at + bit))
    }
}
