//! Timers that can be cancelled without searching the event list.

/// Names one armed timer. A name is never used again for another timer within
/// 2^32 re-uses of its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimerId {
    slot: u32,
    generation: u32,
}

/// The armed timers and what each of them carries. Cancelling frees the entry
/// at once; its event, when it comes up, finds nothing to fire.
///
/// ```
/// use codexsim::engine::Timers;
/// let mut timers = Timers::new();
/// let (tick, tock) = (timers.arm("tick"), timers.arm("tock"));
/// assert!(timers.cancel(tick));
/// assert_eq!(timers.fire(tick), None);
/// assert_eq!(timers.fire(tock), Some("tock"));
/// assert!(!timers.cancel(tock));
/// ```
#[derive(Debug)]
pub struct Timers<T> {
    slots: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Timers { slots: Vec::new(), free: Vec::new() }
    }
}

impl<T> Timers<T> {
    /// No timers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Arms a timer that carries `payload`.
    pub fn arm(&mut self, payload: T) -> TimerId {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push((0, None));
            (self.slots.len() - 1) as u32
        });
        let entry = &mut self.slots[slot as usize];
        entry.1 = Some(payload);
        TimerId { slot, generation: entry.0 }
    }

    /// Disarms `timer`; false when it has fired or was cancelled before.
    pub fn cancel(&mut self, timer: TimerId) -> bool {
        self.take(timer).is_some()
    }

    /// Called when the event of `timer` comes up: its payload, unless it was
    /// cancelled.
    pub fn fire(&mut self, timer: TimerId) -> Option<T> {
        self.take(timer)
    }

    /// What `timer` carries, if it is armed.
    pub fn peek(&self, timer: TimerId) -> Option<&T> {
        let (generation, payload) = &self.slots[timer.slot as usize];
        payload.as_ref().filter(|_| *generation == timer.generation)
    }

    fn take(&mut self, timer: TimerId) -> Option<T> {
        let entry = &mut self.slots[timer.slot as usize];
        if entry.0 != timer.generation {
            return None;
        }
        let payload = entry.1.take()?;
        entry.0 = entry.0.wrapping_add(1);
        self.free.push(timer.slot);
        Some(payload)
    }
}
