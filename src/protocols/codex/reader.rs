//! The pauses of a read loop (Codex `network/networkpeer.nim`).

use crate::units::Time;

/// The loop that reads what one peer sends. It pauses after a message when it
/// has not done so for some time, so that other tasks of the node get on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader {
    /// When the last message was read.
    last: Time,
    /// It pauses after the first message that it reads later than this.
    next_pause: Time,
}

impl Reader {
    /// Of a peer that connects `now`; it does not pause for `interval`.
    pub fn new(now: Time, interval: Time) -> Self {
        Reader { last: now, next_pause: now + interval }
    }

    /// When a message that arrives `now` is read.
    pub fn read(&mut self, now: Time, interval: Time, pause: Time) -> Time {
        let mut free = self.last;
        if self.last > self.next_pause {
            self.next_pause = self.last + interval;
            free += pause;
        }
        self.last = now.max(free);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Time {
        Time::from_millis(ms)
    }

    #[test]
    fn the_loop_pauses_after_a_message_once_fifty_milliseconds_have_passed() {
        let mut reader = Reader::new(ms(0), ms(50));
        let mut read = |at: u64| reader.read(ms(at), ms(50), ms(10));
        assert_eq!([read(20), read(21), read(50)], [ms(20), ms(21), ms(50)]);
        // The one at 51 ms is read at once, then the loop sleeps until 61 ms.
        assert_eq!([read(51), read(52), read(60), read(62)], [ms(51), ms(61), ms(61), ms(62)]);
        assert_eq!([read(101), read(102), read(103)], [ms(101), ms(102), ms(112)]);
        // Who slept while nothing came has slept enough.
        assert_eq!([read(400), read(411)], [ms(400), ms(411)]);
    }
}
