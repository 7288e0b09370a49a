//! Between the simulation and discovery.

use super::flight::Cargo;
use super::run::{Errand, Event, Simulation};
use crate::discovery::{Alarm, Datagram, Discovery, Letter, Out, Outbox};
use crate::network::WireFlight;
use crate::protocol::{Key, Protocol, Size, Units};
use crate::units::{Bytes, Time};
use crate::world::{Channel, NodeId, World};

impl<P: Protocol> Simulation<'_, P> {
    /// Lets discovery act, and carries out what it asks for.
    pub(super) fn discover(&mut self, act: impl FnOnce(&mut Discovery, &World, &mut Outbox)) {
        self.outbox.now = self.now;
        act(&mut self.discovery, self.world, &mut self.outbox);
        // What that causes may make discovery ask for more, behind the rest.
        while let Some(out) = self.outbox.pop() {
            match out {
                Out::Send(datagram) => self.send_datagram(datagram),
                Out::Alarm(at, id, alarm) => {
                    let event = Event::Alarm(id, self.nodes[id.index()].epoch, alarm);
                    match alarm {
                        Alarm::Announced(_) | Alarm::Answered(_) => self.step_until(at, event),
                        _ => self.later(at, event),
                    }
                }
                Out::Tick(at) => self.list.push(at, Event::Tick),
                Out::Found(id, key, providers) => self.found.push_back((id, key, providers)),
            }
        }
        self.tell_found();
    }

    /// Tells nodes what their look-ups found, unless the effects of a handler are
    /// being carried out: then when it has done all that it was about.
    pub(super) fn tell_found(&mut self) {
        while self.carrying == 0
            && let Some((id, key, providers)) = self.found.pop_front()
        {
            let asked = self.mix.is_some() && self.answer_query(id, key, &providers);
            if asked && !self.nodes[id.index()].finding.contains(key.index()) {
                continue; // it looked up for others alone
            }
            self.nodes[id.index()].finding.remove(key.index());
            let channel = if P::CONNECTS_PER_DATASET { Channel(key.dataset().0) } else { Channel::ONLY };
            self.with_on(id, channel, Units::None, |mind, cx| mind.found(key, &providers, cx));
        }
    }

    /// A look-up of `id` is over: if it was made for others through the mixnet, these are
    /// answered. Who provides itself is among what it names.
    fn answer_query(&mut self, id: NodeId, key: Key, providers: &[NodeId]) -> bool {
        let mut known = providers.to_vec();
        if self.nodes[id.index()].manifests.contains(key.dataset().0) && !known.contains(&id) {
            known.push(id);
        }
        let mut asked = false;
        self.mix(|mix| asked = mix.found(id, key.index(), &known));
        asked
    }

    pub(super) fn on_alarm(&mut self, id: NodeId, epoch: u32, alarm: Alarm) {
        let node = &self.nodes[id.index()];
        if node.epoch != epoch || !node.online {
            return;
        }
        match alarm {
            // This is what the directory does.
            Alarm::Announced(_) => self.do_errand(id, Errand::Alarm(alarm)),
            _ => self.run_errand(id, Errand::Alarm(alarm)),
        }
    }

    /// Has `errand` done when the processor of the node gets round to it.
    pub(super) fn run_errand(&mut self, id: NodeId, errand: Errand) {
        let node = &self.nodes[id.index()];
        if node.cpu_free > self.now {
            self.later(node.cpu_free, Event::Errand(id, node.epoch, errand));
        } else {
            self.do_errand(id, errand);
        }
    }

    pub(super) fn on_errand(&mut self, id: NodeId, epoch: u32, errand: Errand) {
        let node = &self.nodes[id.index()];
        if node.epoch == epoch && node.online {
            self.do_errand(id, errand);
        }
    }

    fn do_errand(&mut self, id: NodeId, errand: Errand) {
        if let (Errand::Find(key), Some(mix)) = (errand, &self.mix)
            && mix.hides_queries(id)
        {
            return self.mix(|mix| mix.ask(id, key.index()));
        }
        self.discover(|discovery, world, out| match errand {
            Errand::Provide(key) => discovery.provide(id, key, world, out),
            Errand::Find(key) => discovery.find(id, key, world, out),
            Errand::Alarm(alarm) => discovery.alarm(id, alarm, world, out),
        });
    }

    pub(super) fn deliver_letter(&mut self, letter: Letter) {
        self.discover(|discovery, world, out| discovery.arrived(letter, world, out));
    }

    /// Hands a datagram to the network; all its bytes are discovery.
    fn send_datagram(&mut self, Datagram { from, to, bytes, fate, letter }: Datagram) {
        let id = self.new_flight(from, (to, Channel::ONLY), Cargo::Letter(letter), Size::control(bytes), None);
        let Some(flight) = &mut self.flights[id as usize] else { return };
        flight.wire = bytes;
        // Any number of datagrams share a link: how long this one would take alone.
        let (up, down) = (self.world.node(from).up, self.world.node(to).down);
        let alone = self.world.delay(from, to) + up.time_for(Bytes(bytes)) + down.time_for(Bytes(bytes));
        (flight.served, flight.since) = (alone, Time::NEVER);
        if let Some(trace) = &mut self.books.trace {
            trace.sent(id, flight.traced(self.now));
        }
        self.books.accounts[from.index()].hand(bytes);
        self.books.handed[flight.class as usize] += bytes;
        let on_wire = WireFlight { id, wire: Bytes(bytes), tracked: false };
        self.network.datagram(self.now, (from, to), on_wire, fate, &mut self.net_events);
        self.drain_network();
    }
}
