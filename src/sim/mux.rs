//! The flow control of the stream muxer, as yamux has it.
//!
//! A node has one stream to each peer. It may have a window of message bytes on
//! their way that the peer has not read; a message that does not fit leaves in
//! frames, the last of which carries it. A peer that has read half of a window or
//! more since it last said so gives that much credit back, by a header of its own.
//! Headers and acknowledgements do not count, as they are not of the stream.
//! (nim-libp2p `muxers/yamux/yamux.nim`: `sendLoop`, `updateRecvWindow`.)

use super::flight::Cargo;
use super::node::{Connection, Line};
use super::run::Simulation;
use crate::protocol::{Protocol, Size};
use crate::units::Time;
use crate::world::NodeId;

impl<P: Protocol> Simulation<'_, P> {
    /// Puts a message on the stream to its receiver, behind those that wait for
    /// credit there.
    pub(super) fn put_on_stream(&mut self, id: u32) {
        let now = self.now;
        let Some(flight) = &mut self.flights[id as usize] else { return };
        let (from, to) = (flight.from, flight.line());
        let Some(link) = self.nodes[from.index()].link(to) else { return };
        flight.waits = true;
        flight.wait(now, Time::NEVER);
        link.waiting.push_back(id);
        self.send_on(from, to);
    }

    /// Sends of what waits on the stream from `from` to `to` as much as the credit
    /// allows.
    fn send_on(&mut self, from: NodeId, to: Line) {
        let now = self.now;
        while let Some(link) = self.nodes[from.index()].link(to) {
            let Some(&id) = link.waiting.front() else { return };
            let Some(flight) = &mut self.flights[id as usize] else { return };
            let left = flight.size.total();
            if left <= link.credit {
                link.credit -= left;
                link.waiting.pop_front();
                flight.waits = false;
                self.launch(id);
                continue;
            }
            if link.credit == 0 {
                return;
            }
            let first = flight.size.take(std::mem::take(&mut link.credit));
            // From its first frame on it is under way, whatever it waits for.
            flight.since = flight.since.min(now);
            let (class, begun) = (flight.class, flight.begun);
            let frame = self.new_flight(from, to, Cargo::Frame(class), first, None);
            if let Some(frame) = &mut self.flights[frame as usize] {
                frame.begun = begun;
            }
            self.launch(frame);
        }
    }

    /// `node` has read `bytes` of the stream from `peer`.
    pub(super) fn count_read(&mut self, node: NodeId, peer: Line, bytes: u64) {
        let window = self.spec.network.transport.mux_window.get();
        if window == 0 {
            return;
        }
        let Some(link) = self.nodes[node.index()].link(peer) else { return };
        link.read += bytes;
        if window.saturating_sub(link.read) <= window / 2 {
            let credit = std::mem::take(&mut link.read);
            let update = self.new_flight(node, peer, Cargo::Credit(credit), Size::default(), None);
            self.depart(update);
        }
    }

    /// `from` may send `bytes` more to `to`.
    pub(super) fn on_credit(&mut self, from: NodeId, to: Line, bytes: u64) {
        let window = self.spec.network.transport.mux_window.get();
        if let Some(link) = self.nodes[from.index()].link(to) {
            // What was read late may be of a stream that has closed since.
            link.credit = (link.credit + bytes).min(window);
            self.send_on(from, to);
        }
    }

    /// What waits on a stream that is closed never leaves.
    pub(super) fn drop_waiting(&mut self, link: Connection) {
        link.waiting.into_iter().for_each(|id| self.drop_flight(id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_cut_with_its_data_last() {
        let whole = Size { payload: 1000, proof: 60, control: 5, framing: 30 };
        let mut rest = whole;
        assert_eq!(rest.take(50), Size { payload: 0, proof: 15, control: 5, framing: 30 });
        assert_eq!(rest.take(100), Size { payload: 55, proof: 45, control: 0, framing: 0 });
        assert_eq!(rest, Size { payload: 945, proof: 0, control: 0, framing: 0 });
    }
}
