//! Carrying out what nodes ask for.

use super::flight::{Cargo, Flight};
use super::node::Line;
use super::requests::HeldOfWanted;
use super::run::{Errand, Event, Simulation};
use crate::engine::TimerId;
use crate::ledger::Class;
use crate::network::WireFlight;
use crate::protocol::{Effect, Effects, Message, Protocol, Side, Size, Units};
use crate::units::{Bytes, Time};
use crate::world::{Advance, DatasetId, Datasets, Holdings, NodeId};

impl<P: Protocol> Simulation<'_, P> {
    /// Carries out the effects of one handler, in order.
    pub(super) fn carry_out(&mut self, id: NodeId, effects: &mut Effects<P::Msg>) {
        self.carrying += 1;
        for effect in effects.0.drain(..) {
            match effect {
                // What follows the last block of the run comes after its end, if only by
                // the time that it takes.
                Effect::Send(..) if self.has_all() => {}
                Effect::Send(to, channel, message, token) => self.send_message(id, (to, channel), message, token),
                Effect::Arm(delay, timer) => self.arm(delay, timer),
                Effect::Work(work) => self.work(id, work),
                Effect::Dial(peer, channel) => self.dial(id, (peer, channel)),
                Effect::HangUp(peer, channel) => self.hang_up(id, (peer, channel)),
                Effect::Provide(key) => self.run_errand(id, Errand::Provide(key)),
                Effect::Find(key) => {
                    self.nodes[id.index()].finding.insert(key.index());
                    self.run_errand(id, Errand::Find(key));
                }
                Effect::ManifestStored(dataset) => {
                    self.note_manifest(id, dataset);
                    self.books.accounts[id.index()].milestones.manifest.get_or_insert(self.now);
                    self.renew_patience();
                }
                Effect::Refused(dataset) => self.refuse(id, dataset),
                Effect::Kept { bytes: 0, stored: 0, .. } => {}
                Effect::Kept { dataset, bytes, parity, surplus, stored } => {
                    self.books.useful += bytes - surplus;
                    self.copies += u64::from(stored);
                    self.kept(id, dataset, bytes, parity);
                }
                Effect::Decoded(dataset) => self.decoded(id, dataset),
                Effect::Made { dataset, bytes, stored, dropped, gone } => {
                    self.books.accounts[id.index()].made += bytes;
                    self.books.accounts[id.index()].deleted += dropped;
                    self.copies += u64::from(stored);
                    self.copies -= u64::from(gone);
                    self.progressed(id, dataset, 0, false);
                }
            }
        }
        self.carrying -= 1;
    }

    fn arm(&mut self, delay: Time, timer: TimerId) {
        let Some((id, _, payload)) = self.timers.peek(timer) else { return };
        self.timer_tally.armed(payload);
        let (id, at) = (*id, self.now + self.spec.clock.real(delay));
        self.later(at, Event::Timer(id, timer));
    }

    /// Occupies the processor.
    pub(super) fn work(&mut self, id: NodeId, work: Time) {
        if work > Time::ZERO {
            let node = &mut self.nodes[id.index()];
            node.cpu_free = node.cpu_free.max(self.now) + work;
        }
    }

    /// The message waits until the processor of `id` has done what it has taken on.
    pub(super) fn await_processor(&mut self, id: NodeId, flight: u32) {
        let free = self.nodes[id.index()].cpu_free;
        if let Some(flight) = &mut self.flights[flight as usize] {
            flight.wait(self.now, free.max(self.now));
        }
    }

    /// Processor time that a message costs one of its ends.
    pub(super) fn cost_of(&self, flight: u32, side: Side) -> Time {
        let Some(f) = &self.flights[flight as usize] else { return Time::ZERO };
        let hardware = self.world.hardware_of(if side == Side::Send { f.from } else { f.to });
        if hardware.is_ideal() {
            return Time::ZERO;
        }
        let per_mib = hardware.per_mib.nanos();
        let nanos = (u128::from(f.size.total()) * u128::from(per_mib)) >> 20;
        let work = match (&f.cargo, side) {
            (Cargo::Message(message), Side::Send) => message.work(self.world, hardware, side),
            (Cargo::Message(message), Side::Receive) => self.minds[f.to.index()].work(message, self.world, hardware),
            // Of a message cut in pieces, the work that is not of its bytes is of the last.
            (Cargo::Frame(_), _) => Time::ZERO,
            (Cargo::Hello { .. } | Cargo::Letter(_) | Cargo::Acks | Cargo::Fin | Cargo::Credit(_), _)
            | (Cargo::Packet(..) | Cargo::Relayed { .. }, _) => return Time::ZERO,
        };
        work + Time::from_nanos(nanos as u64)
    }

    fn send_message(&mut self, from: NodeId, to: Line, message: P::Msg, token: Option<u32>) {
        let size = message.size(self.world);
        self.sent_unheld |= !holds(&self.nodes[from.index()].store, message.carried());
        let carried = data_of(message.carried(), &self.world.datasets);
        if carried != size.payload {
            self.misdeclared.get_or_insert((from, size.payload, carried));
        }
        let flight = self.new_flight(from, to, Cargo::Message(message), size, token);
        self.await_processor(from, flight);
        let cost = self.cost_of(flight, Side::Send);
        self.work(from, cost);
        let free = self.nodes[from.index()].cpu_free;
        if free > self.now {
            self.list.push(free, Event::Depart(from, flight));
        } else {
            self.depart(flight);
        }
    }

    pub(super) fn new_flight(
        &mut self,
        from: NodeId,
        (to, channel): Line,
        cargo: Cargo<P::Msg>,
        size: Size,
        token: Option<u32>,
    ) -> u32 {
        let epoch = self.nodes[from.index()].epoch;
        let flight = Flight {
            from,
            to,
            channel,
            origin: None,
            class: cargo.class(),
            cargo,
            size,
            wire: 0,
            acks: 0,
            token,
            epoch,
            begun: self.now,
            served: Time::ZERO,
            since: self.now,
            arrived: false,
            waits: false,
        };
        match self.free_flights.pop() {
            Some(id) => {
                self.flights[id as usize] = Some(flight);
                id
            }
            None => {
                self.flights.push(Some(flight));
                (self.flights.len() - 1) as u32
            }
        }
    }

    /// A message whose sender has worked it out leaves when the muxer lets it.
    pub(super) fn depart(&mut self, id: u32) {
        let Some(flight) = &self.flights[id as usize] else { return };
        let sender = &self.nodes[flight.from.index()];
        let hello = matches!(flight.cargo, Cargo::Hello { .. });
        if sender.epoch != flight.epoch || !sender.online || !(hello || sender.is_linked(flight.line())) {
            self.drop_flight(id);
        } else if matches!(flight.cargo, Cargo::Message(_)) && self.mix.is_some() {
            self.write_through_mix(id);
        } else if matches!(flight.cargo, Cargo::Message(_)) && self.spec.network.transport.mux_window.get() > 0 {
            self.put_on_stream(id);
        } else {
            self.launch(id);
        }
    }

    /// Hands a message to the network, together with the acknowledgements its
    /// sender owes the receiver.
    pub(super) fn launch(&mut self, id: u32) {
        if let Some(circuit) = self.circuit_of(id) {
            return self.write_to_circuit(id, circuit);
        }
        let Some(flight) = &mut self.flights[id as usize] else { return };
        flight.wait(self.now, Time::NEVER);
        let link = self.nodes[flight.from.index()].link(flight.line());
        flight.acks += link.map_or(0, |l| u64::from(std::mem::take(&mut l.acks_owed)));
        let transport = &self.spec.network.transport;
        let framing = match flight.cargo {
            Cargo::Credit(_) => transport.window_update(),
            Cargo::Fin => transport.closing(),
            _ => transport.framing(flight.size.total()),
        };
        flight.wire = flight.size.total() + framing + flight.acks;
        flight.epoch = self.nodes[flight.to.index()].epoch;
        if let Some(trace) = &mut self.books.trace {
            trace.sent(id, flight.traced(self.now));
        }
        self.books.accounts[flight.from.index()].hand(flight.wire);
        for (part, bytes) in flight.parts() {
            self.books.handed[part as usize] += bytes;
        }
        let on_wire = WireFlight { id, wire: Bytes(flight.wire), tracked: true };
        self.network.send(self.now, (flight.from, flight.to), flight.channel, on_wire, &mut self.net_events);
        self.drain_network();
    }

    pub(super) fn drop_flight(&mut self, id: u32) {
        self.flights[id as usize] = None;
        self.free_flights.push(id);
    }

    /// Books `bytes` of stored data, `parity` bytes of parity among them.
    fn kept(&mut self, id: NodeId, dataset: DatasetId, bytes: u64, parity: u64) {
        if self.nodes[id.index()].rebuilds(dataset) {
            self.books.keep(id.index(), Class::Repair, bytes);
        } else {
            self.books.keep(id.index(), Class::Payload, bytes - parity);
            self.books.keep(id.index(), Class::Parity, parity);
        }
        self.progressed(id, dataset, bytes, false);
    }

    /// All of a file is decoded, as the node says.
    fn decoded(&mut self, id: NodeId, dataset: DatasetId) {
        let reads = self.nodes[id.index()].store.reads_all(self.world.datasets.get(dataset));
        self.kept_ungiven |= !reads;
        self.progressed(id, dataset, 0, reads);
    }

    /// There is more of a dataset at `id` than before: looks whether a goal is reached.
    fn progressed(&mut self, id: NodeId, dataset: DatasetId, bytes: u64, decoded: bool) {
        self.nodes[id.index()].cut = None;
        self.note_stored(id, dataset);
        self.renew_patience();
        let fetched = self.nodes[id.index()].wanted.len();
        let wanted = self.note_progress(id, dataset, bytes, decoded);
        if self.nodes[id.index()].wanted.len() < fetched && self.nodes[id.index()].is_fetching(dataset) {
            self.with(id, Units::None, |mind, cx| mind.open(dataset, cx)); // another part of it
        }
        if wanted == 0 {
            return;
        }
        if self.asks_later(id) {
            self.books.accounts[id.index()].milestones.first.get_or_insert(self.now);
            return self.note_settled(id);
        }
        let HeldOfWanted { had: Advance { held, in_order: contiguous }, wanted: units } = self.held_of_wanted(id);
        let account = &mut self.books.accounts[id.index()];
        account.milestones.progress(self.now, held, contiguous, units);
        if held == units && account.complete_since.is_none() {
            account.complete_since = Some(self.now);
            self.complete += 1;
            self.presence.part_at(id, self.now + self.world.node(id).seed_for);
        }
        if let Some(curve) = self.books.curves.get_mut(id.index()) {
            curve.note(self.now, held, contiguous, units, self.spec.progress_steps);
        }
    }

    /// Books the parts of an arrived message under their classes.
    pub(super) fn book_arrival(&mut self, id: u32) {
        let Some(flight) = &self.flights[id as usize] else { return };
        let (sender, receiver, wire, data) = (flight.from.index(), flight.to.index(), flight.wire, flight.size.payload);
        let class = flight.class;
        let giver = flight.origin.unwrap_or(flight.from).index();
        for (part, bytes) in flight.parts() {
            self.books.book(part, bytes, 0);
        }
        let is_piece = matches!(flight.cargo, Cargo::Frame(_) | Cargo::Relayed { whole: false, .. });
        self.books.book(class, 0, u64::from(!is_piece));
        if let Some(trace) = &mut self.books.trace {
            trace.arrived(id, self.now);
        }
        let account = &mut self.books.accounts[receiver];
        account.arrived += wire;
        account.duplicate_rx += data;
        self.books.accounts[sender].reached += wire;
        self.books.accounts[giver].payload_tx += data;
    }
}

/// Bytes of block data in `units`.
fn data_of(units: Units<'_>, datasets: &Datasets) -> u64 {
    match units {
        Units::Range(start, end) if start < end => {
            let dataset = datasets.at(start);
            dataset.bytes_of(u64::from(end - start), end > dataset.last())
        }
        Units::None | Units::Range(..) => 0,
        Units::Set(set) => datasets.bytes_of_set(set),
    }
}

/// Whether `store` has all of `units`.
fn holds(store: &Holdings, units: Units<'_>) -> bool {
    match units {
        Units::None => true,
        Units::Range(start, end) => store.covers(start, end),
        Units::Set(set) => store.held_of(set).len() == set.len(),
    }
}
