//! One direction of a stream: messages cut into chunks, and what became of these.
//!
//! What the sender knows and what the receiver knows of a chunk stand side by side in one
//! place; neither looks at what only the other knows.

use super::packet::Have;
use super::spec::Coding;
use crate::protocol::Size;
use crate::units::Time;
use std::collections::VecDeque;

/// Chunks that an acknowledgement can name, the window of the receiver.
const NAMED: u32 = 256;

/// A message.
#[derive(Debug)]
struct Write {
    /// The caller's name for it.
    letter: u32,
    /// Chunks that it takes.
    needed: u32,
    /// Chunks that are sent of it unless more are asked for.
    burst: u32,
    /// Chunks that were cut.
    cut: u32,
    /// Chunks that arrived.
    got: u32,
    /// What of it did not arrive yet.
    rest: Size,
    /// Whether the last chunk of its burst has left.
    written: bool,
}

/// A chunk.
#[derive(Debug)]
struct Chunk {
    /// The message that it is of, by its place in the stream.
    write: u32,
    /// When it was sent last; [`Time::NEVER`] while it waits to be.
    sent: Time,
    acked: bool,
    /// Its bytes were counted when the first packet with it arrived.
    counted: bool,
    received: bool,
}

/// One direction of a stream.
#[derive(Debug, Default)]
pub(super) struct Half {
    /// Messages that have not arrived.
    writes: VecDeque<Write>,
    /// Messages that have.
    delivered: u32,
    /// Chunks from the first that is not acknowledged on.
    chunks: VecDeque<Chunk>,
    /// The number of the first of these.
    base: u32,
    /// How many of these are not acknowledged.
    open: u32,
    /// Chunks that are to be sent again.
    again: VecDeque<u32>,
    /// Frames with chunks that wait to leave.
    pub writing: u32,
    /// All chunks below have arrived.
    arrived: u32,
    /// Something has arrived since the last acknowledgement.
    pub dirty: bool,
    /// An acknowledgement waits to leave.
    pub acking: bool,
}

impl Half {
    /// A message of `size` is to be sent.
    pub fn push(&mut self, letter: u32, size: Size, coding: Coding) {
        let needed = size.total().div_ceil(coding.chunk()).max(1) as u32;
        let burst = coding.first_burst(needed);
        self.writes.push_back(Write { letter, needed, burst, cut: 0, got: 0, rest: size, written: false });
    }

    /// The next chunk to be sent, again or for the first time.
    pub fn next(&mut self, window: u32, coding: Coding) -> Option<u32> {
        while let Some(seq) = self.again.pop_front() {
            if self.chunk(seq).is_some_and(|chunk| !chunk.acked) {
                return Some(seq);
            }
        }
        // Of coded messages all chunks are acknowledged together.
        let full = coding == Coding::None && (self.open >= window || self.chunks.len() as u32 >= NAMED);
        if full {
            return None;
        }
        let at = self.writes.iter().position(|write| write.cut < write.burst)?;
        let write = &mut self.writes[at];
        write.cut += 1;
        let write = self.delivered + at as u32;
        self.chunks.push_back(Chunk { write, sent: Time::NEVER, acked: false, counted: false, received: false });
        self.open += 1;
        Some(self.base + self.chunks.len() as u32 - 1)
    }

    fn chunk(&mut self, seq: u32) -> Option<&mut Chunk> {
        let place = seq.checked_sub(self.base)?;
        self.chunks.get_mut(place as usize)
    }

    fn write_of(&mut self, seq: u32) -> Option<&mut Write> {
        let write = self.chunk(seq)?.write.checked_sub(self.delivered)?;
        self.writes.get_mut(write as usize)
    }

    /// Chunk `seq` has left; the message that is written with it, if it is the last.
    pub fn left(&mut self, seq: u32, now: Time) -> Option<u32> {
        let chunk = self.chunk(seq)?;
        chunk.sent = now;
        let whole = chunk.write;
        let is_last = self.chunk(seq + 1).is_none_or(|next| next.write != whole);
        let write = self.write_of(seq)?;
        let done = is_last && write.cut >= write.burst && !std::mem::replace(&mut write.written, true);
        done.then_some(write.letter)
    }

    /// A packet with chunk `seq` has arrived: what is new in it; nothing where it is not the
    /// first, or not needed.
    pub fn count(&mut self, seq: u32, coding: Coding) -> Option<Size> {
        let write = self.write_of(seq)?;
        if write.rest.total() == 0 {
            return None;
        }
        let chunk = self.chunk(seq)?;
        if std::mem::replace(&mut chunk.counted, true) {
            return None;
        }
        let rest = &mut self.write_of(seq)?.rest;
        let bytes = rest.total().min(coding.chunk());
        Some(rest.take(bytes))
    }

    /// Chunk `seq` has arrived. Of a coded message nothing is told before all of it has.
    pub fn receive(&mut self, seq: u32, coding: Coding) {
        self.dirty |= coding == Coding::None || self.write_of(seq).is_none();
        let Some(chunk) = self.chunk(seq) else { return };
        if std::mem::replace(&mut chunk.received, true) {
            return;
        }
        let whole = chunk.write;
        let Some(write) = self.write_of(seq) else { return };
        write.got += 1;
        if write.got == write.needed && coding != Coding::None {
            write.burst = write.burst.min(write.cut);
            self.chunks.iter_mut().filter(|chunk| chunk.write == whole).for_each(|chunk| chunk.received = true);
            self.dirty = true;
        }
        while self.chunk(self.arrived).is_some_and(|chunk| chunk.received) {
            self.arrived += 1;
        }
    }

    /// Takes the next message that has arrived, behind all before it; and whether its sender
    /// was not told yet that it is written.
    pub fn deliver(&mut self) -> Option<(u32, bool)> {
        let first = self.writes.front().filter(|write| write.got >= write.needed)?;
        let told = (first.letter, !first.written);
        self.writes.pop_front();
        self.delivered += 1;
        Some(told)
    }

    /// What has arrived; nothing new since.
    pub fn have(&mut self) -> Have {
        self.dirty = false;
        let mut bits = [0; 4];
        let from = self.arrived.saturating_sub(self.base) as usize;
        for (place, chunk) in self.chunks.iter().skip(from).take(NAMED as usize).enumerate() {
            bits[place / 64] |= u64::from(chunk.received) << (place % 64);
        }
        Have { base: self.arrived, bits }
    }

    /// The receiver has told what it has.
    pub fn acknowledge(&mut self, have: &Have) {
        for (place, chunk) in (0..).zip(&mut self.chunks) {
            if !chunk.acked && have.has(self.base + place) {
                chunk.acked = true;
                self.open -= 1;
            }
        }
        while self.chunks.front().is_some_and(|chunk| chunk.acked) {
            self.chunks.pop_front();
            self.base += 1;
        }
    }

    /// Has everything sent again that was not acknowledged within `timeout`, of a coded
    /// message as many chunks as it still needs; how many chunks these are.
    pub fn overdue(&mut self, now: Time, timeout: Time) -> u32 {
        let before = self.again.len();
        let (mut message, mut left) = (u32::MAX, 0);
        for (place, chunk) in (0..).zip(&mut self.chunks) {
            if chunk.write != message {
                message = chunk.write;
                let write = message.checked_sub(self.delivered).and_then(|place| self.writes.get(place as usize));
                left = write.map_or(1, |write| write.needed.saturating_sub(write.got).max(1));
            }
            let late = !chunk.acked && chunk.sent != Time::NEVER && chunk.sent + timeout <= now;
            if late && left > 0 {
                left -= 1;
                chunk.sent = Time::NEVER;
                self.again.push_back(self.base + place);
            } else if late {
                chunk.sent = now;
            }
        }
        (self.again.len() - before) as u32
    }

    /// When the first of the chunks under way was sent.
    pub fn oldest(&self) -> Option<Time> {
        self.chunks.iter().filter(|chunk| !chunk.acked && chunk.sent != Time::NEVER).map(|chunk| chunk.sent).min()
    }

    /// The messages that have not arrived.
    pub fn letters(&self) -> impl Iterator<Item = u32> {
        self.writes.iter().map(|write| write.letter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Coding = Coding::None;

    fn payload(bytes: u64) -> Size {
        Size { payload: bytes, ..Size::default() }
    }

    /// Oracles M3 and M4: a response with 16 blocks of 64 KiB takes 275 chunks; in batches of
    /// two it takes 280, and 1 GiB takes 286,720.
    #[test]
    fn m3_and_m4_chunks_of_responses() {
        let response = |blocks: u64, depth: u64| 61 + blocks * (82 + 34 * depth + 65_536);
        let chunks = |bytes| {
            let mut half = Half::default();
            half.push(0, payload(bytes), PLAIN);
            u64::from(half.writes[0].needed)
        };
        assert_eq!((response(16, 4), chunks(response(16, 4))), (1_052_125, 275));
        assert_eq!(8 * chunks(response(2, 4)), 280);
        assert_eq!(8192 * chunks(response(2, 14)), 286_720);
    }

    #[test]
    fn a_message_arrives_when_all_before_it_has() {
        let mut half = Half::default();
        let at = Time::from_secs;
        half.push(7, payload(9_000), PLAIN);
        half.push(8, payload(10), PLAIN);
        let sent: Vec<u32> = std::iter::from_fn(|| half.next(64, PLAIN)).collect();
        assert_eq!(sent, [0, 1, 2, 3]);
        assert_eq!([0, 1, 2, 3].map(|seq| half.left(seq, at(1))), [None, None, Some(7), Some(8)]);
        assert_eq!(half.count(3, PLAIN), Some(payload(10)));
        half.receive(3, PLAIN);
        assert_eq!(half.deliver(), None);
        assert_eq!(half.have(), Have { base: 0, bits: [8, 0, 0, 0] });
        for (seq, bytes) in [(2, 3_835), (0, 3_835), (1, 1_330)] {
            assert_eq!(half.count(seq, PLAIN), Some(payload(bytes)), "{seq}");
            assert_eq!(half.count(seq, PLAIN), None, "a copy");
            half.receive(seq, PLAIN);
        }
        assert_eq!([half.deliver(), half.deliver(), half.deliver()], [Some((7, false)), Some((8, false)), None]);
        let have = half.have();
        assert_eq!(have, Have { base: 4, bits: [0; 4] });
        half.acknowledge(&have);
        assert_eq!((half.base, half.open, half.oldest()), (4, 0, None));
        assert_eq!(half.count(3, PLAIN), None, "long since had");
    }

    #[test]
    fn a_window_holds_back_what_is_not_acknowledged() {
        let mut half = Half::default();
        half.push(0, payload(100 * 3_835), PLAIN);
        let all = |half: &mut Half| std::iter::from_fn(|| half.next(64, PLAIN)).count();
        assert_eq!(all(&mut half), 64);
        half.receive(5, PLAIN);
        let have = half.have();
        half.acknowledge(&have);
        assert_eq!((half.base, all(&mut half)), (0, 1), "one is free, though not the first");
    }

    #[test]
    fn what_is_not_acknowledged_in_time_is_sent_again() {
        let (mut half, at) = (Half::default(), Time::from_secs);
        half.push(0, payload(3 * 3_835), PLAIN);
        for seq in 0..3 {
            assert_eq!(half.next(64, PLAIN), Some(seq));
            half.left(seq, at(u64::from(seq)));
        }
        half.receive(1, PLAIN);
        let have = half.have();
        half.acknowledge(&have);
        assert_eq!((half.oldest(), half.overdue(at(31), at(30))), (Some(at(0)), 1));
        assert_eq!((half.next(64, PLAIN), half.next(64, PLAIN)), (Some(0), None));
        half.left(0, at(31));
        assert_eq!((half.oldest(), half.overdue(at(32), at(30))), (Some(at(2)), 1));
    }

    #[test]
    fn of_a_coded_message_any_chunks_do_that_are_enough() {
        let (mut half, coding, at) = (Half::default(), Coding::High, Time::from_secs);
        half.push(4, payload(5 * 3_942), coding);
        let sent: Vec<u32> = std::iter::from_fn(|| half.next(2, coding)).collect();
        assert_eq!(sent.len(), 8, "five and three more, whatever the window");
        sent.iter().for_each(|seq| _ = half.left(*seq, at(1)));
        for seq in [7, 1, 2, 5] {
            assert_eq!(half.count(seq, coding), Some(payload(3_942)));
            half.receive(seq, coding);
            assert!(!half.dirty && half.deliver().is_none());
        }
        assert_eq!(half.overdue(at(40), at(30)), 1, "one more is needed");
        assert_eq!(half.next(2, coding), Some(0));
        half.receive(6, coding);
        assert!(half.dirty);
        assert_eq!(half.deliver(), Some((4, false)));
        let have = half.have();
        assert_eq!(have.base, 8, "nothing more is wanted");
        half.acknowledge(&have);
        assert_eq!(half.oldest(), None);
    }
}
