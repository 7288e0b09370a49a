//! Exchanges of datagrams under way.

/// Things under way, by number; the numbers (and the allocations) of those that
/// are over serve again.
#[derive(Debug)]
pub(super) struct Slots<T> {
    items: Vec<T>,
    free: Vec<u32>,
}

impl<T: Default> Slots<T> {
    pub fn new() -> Self {
        Slots { items: Vec::new(), free: Vec::new() }
    }

    /// A slot that nobody uses; what its last user left is still in it.
    pub fn take(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.items.push(T::default());
            (self.items.len() - 1) as u32
        })
    }

    pub fn give_back(&mut self, slot: u32) {
        self.free.push(slot);
    }
}

impl<T> std::ops::Index<u32> for Slots<T> {
    type Output = T;
    fn index(&self, slot: u32) -> &T {
        &self.items[slot as usize]
    }
}

impl<T> std::ops::IndexMut<u32> for Slots<T> {
    fn index_mut(&mut self, slot: u32) -> &mut T {
        &mut self.items[slot as usize]
    }
}
