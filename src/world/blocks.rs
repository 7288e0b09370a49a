//! Sets of blocks: what is wanted, held, asked for or sent.
//!
//! A set is a short sorted list of 256-bit pages. Windows of a thousand blocks
//! fit into the set itself without an allocation, and unions and differences
//! cost a few word operations, so that a want list is handled as a whole and
//! never block by block.

use smallvec::SmallVec;

const PAGE_WORDS: usize = 4;
const PAGE_BITS: u32 = 64 * PAGE_WORDS as u32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Page {
    index: u32,
    bits: [u64; PAGE_WORDS],
}

impl Page {
    fn count(&self) -> u32 {
        self.bits.iter().map(|w| w.count_ones()).sum()
    }

    /// Members from `start` up to, not including, `end`.
    fn count_within(&self, start: u32, end: u32) -> u32 {
        let first = self.index * PAGE_BITS;
        if start <= first && first + (PAGE_BITS - 1) < end {
            return self.count();
        }
        let words = (0..PAGE_WORDS).map(|word| self.bits[word] & self.above(start, word) & !self.above(end, word));
        words.map(u64::count_ones).sum()
    }

    /// The bits of this word that stand for `start` and what comes after it.
    fn above(&self, start: u32, word: usize) -> u64 {
        let base = self.index * PAGE_BITS + 64 * word as u32;
        u64::MAX.checked_shl(start.saturating_sub(base)).unwrap_or(0)
    }

    fn is_empty(&self) -> bool {
        self.bits == [0; PAGE_WORDS]
    }
}

/// A set of unit indices.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BlockSet {
    /// Sorted, none of them empty. Members are counted when asked for: most
    /// sets change far more often than that.
    pages: SmallVec<[Page; 5]>,
}

impl BlockSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The set of one.
    pub fn one(unit: u32) -> Self {
        let mut set = Self::new();
        set.insert(unit);
        set
    }

    /// All indices from `start` up to, not including, `end`.
    pub fn range(start: u32, end: u32) -> Self {
        let mut set = Self::new();
        set.insert_range(start, end);
        set
    }

    /// Number of members.
    pub fn len(&self) -> u32 {
        self.pages.iter().map(Page::count).sum()
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// Removes all members.
    pub fn clear(&mut self) {
        self.pages.clear();
    }

    /// Whether `unit` is a member.
    pub fn contains(&self, unit: u32) -> bool {
        let (page, word, bit) = place(unit);
        self.word(page, word) & bit != 0
    }

    /// Adds `unit`; false when it was there before.
    pub fn insert(&mut self, unit: u32) -> bool {
        let (page, word, bit) = place(unit);
        let slot = &mut self.page_mut(page).bits[word];
        let new = *slot & bit == 0;
        *slot |= bit;
        new
    }

    /// Removes `unit`; false when it was not there.
    pub fn remove(&mut self, unit: u32) -> bool {
        let (page, word, bit) = place(unit);
        let Ok(at) = self.find(page) else { return false };
        let slot = &mut self.pages[at].bits[word];
        let there = *slot & bit != 0;
        *slot &= !bit;
        if there && self.pages[at].is_empty() {
            self.pages.remove(at);
        }
        there
    }

    /// Adds all from `start` up to, not including, `end`; returns how many were new.
    pub fn insert_range(&mut self, start: u32, end: u32) -> u32 {
        let mut new = 0;
        for (page, word, mask) in words(start, end) {
            let bits = &mut self.page_mut(page).bits[word];
            new += (mask & !*bits).count_ones();
            *bits |= mask;
        }
        new
    }

    /// Whether all from `start` up to, not including, `end` are members.
    pub fn covers(&self, start: u32, end: u32) -> bool {
        words(start, end).all(|(page, word, mask)| self.word(page, word) & mask == mask)
    }

    /// Whether any from `start` up to, not including, `end` is a member.
    pub fn touches(&self, start: u32, end: u32) -> bool {
        words(start, end).any(|(page, word, mask)| self.word(page, word) & mask != 0)
    }

    /// Adds all members of `other`.
    pub fn union_with(&mut self, other: &BlockSet) {
        let mut at = 0;
        for page in &other.pages {
            while self.pages.get(at).is_some_and(|p| p.index < page.index) {
                at += 1;
            }
            match self.pages.get_mut(at) {
                Some(mine) if mine.index == page.index => {
                    mine.bits.iter_mut().zip(page.bits).for_each(|(mine, theirs)| *mine |= theirs);
                }
                _ => self.pages.insert(at, *page),
            }
        }
    }

    /// Removes all members of `other`.
    pub fn subtract(&mut self, other: &BlockSet) {
        if !other.is_empty() {
            self.zip_with(other, |mine, theirs| mine & !theirs);
        }
    }

    /// Keeps only what is in `other` too.
    pub fn retain_in(&mut self, other: &BlockSet) {
        self.zip_with(other, |mine, theirs| mine & theirs);
    }

    /// The members that are in `other` too.
    pub fn intersection(&self, other: &BlockSet) -> BlockSet {
        let (few, many) = if self.pages.len() < other.pages.len() { (self, other) } else { (other, self) };
        let mut left = many.pages.as_slice();
        let common = few.pages.iter().filter_map(|page| {
            left = from_page(left, page.index);
            let theirs = left.first().filter(|theirs| theirs.index == page.index)?;
            let bits = std::array::from_fn(|word| page.bits[word] & theirs.bits[word]);
            Some(Page { index: page.index, bits }).filter(|page| !page.is_empty())
        });
        BlockSet { pages: common.collect() }
    }

    /// The members that are not in `other`.
    pub fn difference(&self, other: &BlockSet) -> BlockSet {
        let mut set = self.clone();
        set.subtract(other);
        set
    }

    /// Whether any member is in `other` too.
    pub fn intersects(&self, other: &BlockSet) -> bool {
        let mut at = 0;
        self.pages.iter().any(|page| {
            while other.pages.get(at).is_some_and(|p| p.index < page.index) {
                at += 1;
            }
            let theirs = other.pages.get(at).filter(|p| p.index == page.index);
            theirs.is_some_and(|p| page.bits.iter().zip(p.bits).any(|(a, b)| a & b != 0))
        })
    }

    /// Whether all members of `other` from `start` on are members.
    pub fn includes_from(&self, start: u32, other: &BlockSet) -> bool {
        let mut left = self.pages.as_slice();
        other.pages[other.find(start / PAGE_BITS).unwrap_or_else(|at| at)..].iter().all(|page| {
            left = from_page(left, page.index);
            let mine = left.first().filter(|mine| mine.index == page.index).map_or([0; PAGE_WORDS], |mine| mine.bits);
            (0..PAGE_WORDS).all(|word| page.bits[word] & page.above(start, word) & !mine[word] == 0)
        })
    }

    /// Keeps only what is below `limit`.
    pub fn truncate(&mut self, limit: u32) {
        let (index, word, bit) = place(limit);
        self.pages.truncate(self.pages.partition_point(|page| page.index <= index));
        if let Some(page) = self.pages.last_mut().filter(|page| page.index == index) {
            page.bits[word] &= bit - 1;
            page.bits[word + 1..].fill(0);
            if page.is_empty() {
                self.pages.pop();
            }
        }
    }

    /// Keeps only what is not below `start`.
    pub fn remove_below(&mut self, start: u32) {
        let (index, word, bit) = place(start);
        let before = self.pages.partition_point(|page| page.index < index);
        self.pages.drain(..before);
        if let Some(page) = self.pages.first_mut().filter(|page| page.index == index) {
            page.bits[..word].fill(0);
            page.bits[word] &= !(bit - 1);
            if page.is_empty() {
                self.pages.remove(0);
            }
        }
    }

    /// Number of members below `limit`.
    pub fn count_below(&self, limit: u32) -> u32 {
        self.count_within(0, limit)
    }

    /// Number of members from `start` up to, not including, `end`.
    pub fn count_within(&self, start: u32, end: u32) -> u32 {
        self.pages_of(start, end).iter().map(|page| page.count_within(start, end)).sum()
    }

    /// The members from `start` up to, not including, `end`.
    pub fn within(&self, start: u32, end: u32) -> BlockSet {
        let mut part = BlockSet { pages: SmallVec::from_slice(self.pages_of(start, end)) };
        part.remove_below(start);
        part.truncate(end);
        part
    }

    /// The pages that some of `start..end` is on.
    fn pages_of(&self, start: u32, end: u32) -> &[Page] {
        let (first, last) = (start / PAGE_BITS, end.saturating_sub(1) / PAGE_BITS);
        let from = self.find(first).unwrap_or_else(|at| at);
        let most = (last + 1).saturating_sub(first) as usize;
        let pages = &self.pages[from..self.pages.len().min(from.saturating_add(most))];
        &pages[..pages.partition_point(|page| page.index <= last)]
    }

    /// The smallest member.
    pub fn first(&self) -> Option<u32> {
        let page = self.pages.first()?;
        let word = page.bits.iter().position(|bits| *bits != 0)?;
        Some(page.index * PAGE_BITS + word as u32 * 64 + page.bits[word].trailing_zeros())
    }

    /// The smallest member from `start` on.
    pub fn first_from(&self, start: u32) -> Option<u32> {
        let (page, word, bit) = place(start);
        let at = self.pages.partition_point(|p| p.index < page);
        self.pages[at..].iter().find_map(|p| {
            (0..PAGE_WORDS).find_map(|w| {
                let behind = if p.index > page || w > word { u64::MAX } else { !(bit - 1) };
                let bits = if p.index == page && w < word { 0 } else { p.bits[w] & behind };
                (bits != 0).then(|| p.index * PAGE_BITS + w as u32 * 64 + bits.trailing_zeros())
            })
        })
    }

    /// The largest member.
    pub fn last(&self) -> Option<u32> {
        let page = self.pages.last()?;
        let word = (0..PAGE_WORDS).rev().find(|w| page.bits[*w] != 0)?;
        Some(page.index * PAGE_BITS + word as u32 * 64 + 63 - page.bits[word].leading_zeros())
    }

    /// All members in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.pages.iter().flat_map(|page| {
            page.bits.iter().enumerate().flat_map(move |(word, bits)| {
                let base = page.index * PAGE_BITS + word as u32 * 64;
                std::iter::successors((*bits != 0).then_some(*bits), |b| (b & (b - 1) != 0).then_some(b & (b - 1)))
                    .map(move |b| base + b.trailing_zeros())
            })
        })
    }

    /// All members as runs of consecutive ones, `start..end`, in ascending order;
    /// no two runs touch.
    pub fn runs(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let mut members = self.iter().peekable();
        std::iter::from_fn(move || {
            let start = members.next()?;
            let mut end = start + 1;
            while members.next_if_eq(&end).is_some() {
                end += 1;
            }
            Some((start, end))
        })
    }

    fn find(&self, page: u32) -> Result<usize, usize> {
        // Most look-ups are for the last page, or in a list without gaps.
        let Some(last) = self.pages.last().map(|p| p.index) else { return Err(0) };
        if last < page {
            return Err(self.pages.len());
        }
        // Each page from `page` to the last has at most one place.
        let least = (self.pages.len() - 1).saturating_sub((last - page) as usize);
        if self.pages[least].index == page {
            return Ok(least);
        }
        let found = self.pages[least..].binary_search_by_key(&page, |p| p.index);
        found.map(|at| least + at).map_err(|at| least + at)
    }

    fn word(&self, page: u32, word: usize) -> u64 {
        self.find(page).map_or(0, |at| self.pages[at].bits[word])
    }

    fn page_mut(&mut self, index: u32) -> &mut Page {
        let at = match self.find(index) {
            Ok(at) => at,
            Err(at) => {
                self.pages.insert(at, Page { index, bits: [0; PAGE_WORDS] });
                at
            }
        };
        &mut self.pages[at]
    }

    /// Replaces each word by what `op` makes of it and the word of `other` at
    /// the same place. Both lists are sorted: one walk over the two.
    fn zip_with(&mut self, other: &BlockSet, op: impl Fn(u64, u64) -> u64) {
        const NOTHING: [u64; PAGE_WORDS] = [0; PAGE_WORDS];
        let (mut at, mut emptied) = (0, false);
        for page in &mut self.pages {
            while at < other.pages.len() && other.pages[at].index < page.index {
                at += 1;
            }
            let theirs = other.pages.get(at).filter(|p| p.index == page.index).map_or(&NOTHING, |p| &p.bits);
            for (mine, theirs) in page.bits.iter_mut().zip(theirs) {
                *mine = op(*mine, *theirs);
            }
            emptied |= page.is_empty();
        }
        if emptied {
            self.pages.retain(|page| !page.is_empty());
        }
    }
}

/// The part of `pages` from `index` on.
fn from_page(pages: &[Page], index: u32) -> &[Page] {
    let near = pages.iter().take(3).position(|page| page.index >= index);
    &pages[near.unwrap_or_else(|| pages.partition_point(|page| page.index < index))..]
}

impl FromIterator<u32> for BlockSet {
    fn from_iter<I: IntoIterator<Item = u32>>(units: I) -> Self {
        let mut set = BlockSet::new();
        units.into_iter().for_each(|unit| {
            set.insert(unit);
        });
        set
    }
}

fn place(unit: u32) -> (u32, usize, u64) {
    (unit / PAGE_BITS, (unit % PAGE_BITS / 64) as usize, 1 << (unit % 64))
}

/// The words that `start..end` lies in: page, word, and its bits in that word.
fn words(start: u32, end: u32) -> impl Iterator<Item = (u32, usize, u64)> {
    let mut at = start;
    std::iter::from_fn(move || {
        let (page, word, _) = place(at);
        let next = (at / 64).saturating_add(1).saturating_mul(64).min(end);
        let mask = (u64::MAX << (at % 64)) & (u64::MAX >> ((64 - next % 64) % 64));
        (at < end).then(|| {
            at = next;
            (page, word, mask)
        })
    })
}

#[cfg(test)]
mod tests;
