//! The state of one run and its main loop.

use super::draining::Drain;
use super::flight::Flight;
use super::node::{Line, NodeState};
use super::patience::Patience;
use super::presence::{Presence, Turn};
use super::requests::Requests;
use super::watch::{Watch, timeline};
use super::{Progress, RunSpec};
use crate::discovery::{Alarm, Discovery, Outbox};
use crate::engine::{EventList, TimerId, Timers};
use crate::ledger::{Books, Cut, Outcome, Status, TimerTally, Trace};
use crate::mix::{self, Mix};
use crate::nat::{self, CircuitId, Nat};
use crate::network::{NetEvent, Network};
use crate::protocol::{Ctx, Effects, Key, Protocol, Units};
use crate::units::Time;
use crate::world::{Channel, NodeId, Role, World};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What can come up in the event list.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event {
    /// A timer of the node is due.
    Timer(NodeId, TimerId),
    /// The node reads a message that arrived earlier.
    Read(NodeId, u32),
    /// The processor of the node has worked a message in.
    Handle(NodeId, u32),
    /// The processor of the node has worked a message out: it goes to the network.
    Depart(NodeId, u32),
    /// The processor gets round to something short.
    Notice(NodeId, u32, Notice),
    /// A connection has been set up but for the last round trip.
    Dialled(NodeId, NodeId, Channel, u32),
    /// The first packet of a dial arrives where nobody was when it was sent.
    Knock(NodeId, NodeId, Channel, u32),
    /// A node learns that its dial to the peer came to nothing.
    Refused(NodeId, u32, NodeId, Channel),
    /// A node learns that its connection to the peer is gone.
    Cut(NodeId, u32, NodeId, Channel),
    /// Discovery wants to be reminded, if the node has stayed online.
    Alarm(NodeId, u32, Alarm),
    /// The processor gets round to something that the node does with discovery.
    Errand(NodeId, u32, Errand),
    /// The mixnet wants to be reminded of something that the node does.
    Mix(NodeId, mix::Alarm),
    /// A node behind a NAT, or a circuit, wants to be reminded of something.
    Nat(NodeId, u32, nat::Alarm),
    /// The next step of the world is due, by this node.
    Step(NodeId),
    /// The pause of the node after a request is over.
    Next(NodeId),
    /// The node looks at its store, if it has stayed online.
    Tidy(NodeId, u32),
    /// Discovery wants to be called.
    Tick,
    /// The time series wants a sample.
    Sample,
}

impl Event {
    /// Whom it concerns: events of one node keep their order at equal times, events
    /// of different nodes race.
    fn owner(&self) -> u64 {
        match self {
            Event::Timer(id, _)
            | Event::Read(id, _)
            | Event::Handle(id, _)
            | Event::Depart(id, _)
            | Event::Notice(id, ..)
            | Event::Dialled(id, ..)
            | Event::Knock(id, ..)
            | Event::Refused(id, ..)
            | Event::Cut(id, ..)
            | Event::Alarm(id, ..)
            | Event::Mix(id, _)
            | Event::Nat(id, ..)
            | Event::Step(id)
            | Event::Next(id)
            | Event::Tidy(id, _)
            | Event::Errand(id, ..) => u64::from(id.0),
            Event::Tick | Event::Sample => u64::MAX,
        }
    }
}

/// Short things that a node is told, in order with its other work.
#[derive(Debug, Clone, Copy)]
pub(super) enum Notice {
    /// A tracked message to the peer is on its way.
    Sent(Line, u32),
    /// The connection to the peer stands.
    Connected(Line),
    /// The connection to the peer is gone.
    Lost(Line),
    /// There will be no connection to the peer.
    Refused(Line),
    /// A timer whose turn came while the processor was busy.
    Timer(TimerId),
}

/// What a node does with discovery, in order with its other work: what it sends waits
/// for its processor as its messages do, however little there is to wait for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Errand {
    /// It announces that it provides the key.
    Provide(Key),
    /// It looks for providers of the key.
    Find(Key),
    /// Discovery reminds it of something.
    Alarm(Alarm),
}

/// One run.
pub(super) struct Simulation<'w, P: Protocol> {
    pub world: &'w World,
    pub spec: &'w RunSpec,
    pub shared: P::Shared,
    pub nodes: Vec<NodeState>,
    /// The protocol's nodes; all of one type, in one array.
    pub minds: Vec<P>,
    pub list: EventList<Event>,
    pub timers: Timers<(NodeId, u32, P::Timer)>,
    pub timer_tally: TimerTally<P::Timer>,
    pub network: Network,
    pub net_events: Vec<NetEvent>,
    /// How many of them are being acted on.
    pub net_due: usize,
    /// The mixnet, where there is one, and whether what it asks for is being done.
    pub mix: Option<Box<Mix>>,
    pub mixing: bool,
    /// Who can dial whom, where not everybody can dial everybody.
    pub nat: Option<Box<Nat>>,
    /// Messages that a circuit does not carry any more, by that.
    pub held: BTreeMap<CircuitId, Vec<u32>>,
    /// Packets that wait for a connection to their next hop.
    pub packets: BTreeMap<(NodeId, NodeId), Vec<u32>>,
    pub flights: Vec<Option<Flight<P::Msg>>>,
    pub free_flights: Vec<u32>,
    pub discovery: Discovery,
    pub outbox: Outbox,
    /// Answers of discovery that their askers were not told yet.
    pub found: VecDeque<(NodeId, Key, Vec<NodeId>)>,
    pub books: Books,
    pub watch: Watch,
    pub effects: Vec<Effects<P::Msg>>,
    pub now: Time,
    pub events: u64,
    pub kept_ungiven: bool,
    pub sent_unheld: bool,
    /// The first message that declared another size than that of the data it
    /// carried: its sender, what it said, and what it was.
    pub misdeclared: Option<(NodeId, u64, u64)>,
    pub stored_units: u64,
    pub complete: u32,
    pub online: u32,
    pub presence: Presence,
    pub turns: Vec<Turn>,
    pub patience: Patience,
    pub offline_acts: u64,
    /// Handlers whose effects are being carried out, one within the other.
    pub carrying: u32,
    /// Units that nodes hold, those that have gone for good left out.
    pub copies: u64,
    /// What closes the connections that are closed now, when it is no plain hanging up.
    pub cutting: Option<Cut>,
    /// What closed the last connection of two nodes, the lower number first, when it was
    /// no plain hanging up: what had left its sender is reported lost later.
    pub cut_by: BTreeMap<([NodeId; 2], Channel), Cut>,
    /// What hosts of nodes that have stopped still send.
    pub drains: BTreeSet<Drain>,
    /// What nodes want.
    pub requests: Requests,
    /// Datasets that nodes were to be given and had no room for.
    pub refused_puts: u64,
    /// Who sent the message that is being handled.
    pub handling: Option<NodeId>,
}

impl<'w, P: Protocol> Simulation<'w, P> {
    pub fn new(world: &'w World, params: &P::Params, spec: &'w RunSpec) -> Self {
        let shared = P::prepare(world, params);
        let nat = spec.nat.as_ref().map(|nat| Box::new(Nat::new(world, nat)));
        let clients = nat.as_ref().map_or(Vec::new(), |nat| nat.clients_at_start());
        let mut sim = Simulation {
            world,
            spec,
            nodes: world.ids().map(|id| NodeState::new(id, world)).collect(),
            minds: world.ids().map(|id| P::new(id, world, &shared)).collect(),
            shared,
            list: EventList::salted(spec.tie_salt, Event::owner),
            timers: Timers::new(),
            timer_tally: TimerTally::default(),
            network: Network::new(world, &spec.network),
            net_events: Vec::new(),
            net_due: 0,
            mix: spec.mix.as_ref().map(|mix| Box::new(Mix::new(world, mix))),
            mixing: false,
            nat,
            held: BTreeMap::new(),
            packets: BTreeMap::new(),
            flights: Vec::new(),
            free_flights: Vec::new(),
            discovery: Discovery::new(world, &spec.discovery, clients),
            outbox: Outbox::default(),
            found: VecDeque::new(),
            books: Books {
                trace: spec.trace.then(|| Trace::new(Trace::LIMIT)),
                ..Books::new(world.nodes.len(), spec.series_interval, spec.progress_steps > 0, timeline(world, spec))
            },
            watch: Watch::default(),
            effects: Vec::new(),
            now: Time::ZERO,
            events: 0,
            kept_ungiven: false,
            sent_unheld: false,
            misdeclared: None,
            stored_units: 0,
            complete: 0,
            online: 0,
            presence: Presence::new(world, spec.tie_salt),
            turns: Vec::new(),
            patience: Patience::new(spec.stop.no_progress_for),
            offline_acts: 0,
            carrying: 0,
            copies: 0,
            cutting: None,
            cut_by: BTreeMap::new(),
            drains: BTreeSet::new(),
            requests: Requests::new(world),
            refused_puts: 0,
            handling: None,
        };
        for id in world.ids() {
            sim.books.accounts[id.index()].given_at_start = sim.bytes_held(id);
            sim.copies += u64::from(sim.nodes[id.index()].store.len());
            sim.recount_wanted(id);
            sim.stored_units += u64::from(sim.held_of_wanted(id).had.held);
            sim.forget(id);
        }
        world.steps.iter().for_each(|step| sim.nodes[step.node.index()].asks |= step.act.is_request());
        sim.list.push(Time::ZERO, Event::Sample);
        sim.await_step();
        sim.drain_mix();
        sim
    }

    /// Runs to the end, or until `progress` returns false.
    pub fn run(mut self, progress: &mut dyn FnMut(Progress) -> bool) -> Outcome {
        let status = loop {
            if let Some(status) = self.stopped() {
                break status;
            }
            if !self.step() {
                break Status::Stalled;
            }
            self.events += 1;
            if self.events.is_multiple_of(1 << 16) && !progress(self.progress()) {
                break self.stopped().unwrap_or(Status::Interrupted);
            }
        };
        self.close_books(status)
    }

    fn progress(&self) -> Progress {
        let share = self.stored_units as f64 / self.requests.units as f64;
        Progress { time: self.now, events: self.events, share }
    }

    fn stopped(&mut self) -> Option<Status> {
        if let Some(end) = self.spec.stop.run_for {
            return (self.now >= end).then_some(Status::Complete);
        }
        if self.has_all() {
            // What found no room never comes.
            let all = self.world.with_role(Role::Leecher).count() as u32;
            Some(if self.complete == all { Status::Complete } else { Status::Stalled })
        } else if self.now >= self.spec.stop.max_time {
            Some(Status::TimeLimit)
        } else if self.patience.is_over(self.now) && self.gives_up() {
            Some(if self.is_dead() { Status::Stalled } else { Status::NoProgress })
        } else {
            None
        }
    }

    /// Whether everybody holds what it wants, with which a run ends that has no set length.
    pub(super) fn has_all(&self) -> bool {
        self.spec.stop.run_for.is_none() && self.requests.open == 0
    }

    /// Takes the next event: of equal times first who comes and goes, then what the
    /// clock holds, then what the network has. False when nothing can happen any more.
    fn step(&mut self) -> bool {
        let (list, network, presence) = (self.list.peek(), self.network.next_event(), self.presence.next());
        let next = [list, network, presence].into_iter().flatten().min();
        // The sampler is always on the list, and would keep a dead run going.
        let is_last = self.list.len() <= 1 && presence.is_none();
        if is_last && self.spec.stop.run_for.is_none() && self.is_dead() {
            return false;
        }
        let next = next.unwrap_or(Time::NEVER);
        let limit = self.spec.stop.run_for.unwrap_or(self.spec.stop.max_time);
        self.look_around(next.min(limit));
        self.now = next.min(limit);
        if next > limit {
            return true; // the loop sees that the limit is reached
        }
        if presence == Some(next) {
            self.take_turns();
        } else if list == Some(next) {
            if let Some((_, event)) = self.list.pop() {
                self.handle(event);
            }
        } else {
            self.network.advance(next, &mut self.net_events);
            self.drain_network();
        }
        true
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Timer(_, timer) => self.on_timer(timer),
            Event::Read(_, flight) => self.read(flight),
            Event::Handle(_, flight) => self.handle_message(flight),
            Event::Depart(_, flight) => self.depart(flight),
            Event::Notice(id, epoch, notice) => {
                let node = &self.nodes[id.index()];
                if node.online && node.epoch == epoch {
                    self.tell(id, notice);
                }
            }
            Event::Cut(id, epoch, peer, channel) => {
                if self.nodes[id.index()].epoch == epoch {
                    self.notify(id, Notice::Lost((peer, channel)));
                }
            }
            Event::Dialled(from, to, channel, epoch) => self.on_dialled(from, (to, channel), epoch),
            Event::Knock(from, to, channel, epoch) => self.on_knock(from, (to, channel), epoch),
            Event::Refused(id, epoch, peer, channel) => self.on_refused(id, epoch, (peer, channel)),
            Event::Alarm(id, epoch, alarm) => self.on_alarm(id, epoch, alarm),
            Event::Errand(id, epoch, errand) => self.on_errand(id, epoch, errand),
            Event::Mix(id, alarm) => self.mix(|mix| mix.alarm(id, alarm)),
            Event::Nat(id, epoch, alarm) => self.on_nat(id, epoch, alarm),
            Event::Step(_) => self.on_step(),
            Event::Next(id) => self.on_next(id),
            Event::Tidy(id, epoch) => self.on_tidy(id, epoch),
            Event::Tick => self.discover(|discovery, world, out| discovery.tick(world, out)),
            Event::Sample => self.sample(),
        }
    }

    fn sample(&mut self) {
        let p = self.progress();
        let arrived: u64 = self.books.traffic.iter().map(|t| t.bytes).sum();
        self.books.series.sample([p.share, f64::from(self.complete), arrived as f64, f64::from(self.online)]);
        self.list.push(self.books.series.due().max(self.now), Event::Sample);
    }

    fn on_timer(&mut self, timer: TimerId) {
        let Some((id, epoch, _)) = self.timers.peek(timer).copied() else { return };
        let node = &self.nodes[id.index()];
        if node.online && node.epoch == epoch && node.cpu_free > self.now {
            // A busy processor gets round to it after what it has taken on.
            self.later(node.cpu_free, Event::Notice(id, epoch, Notice::Timer(timer)));
        } else {
            self.fire(timer);
        }
    }

    /// Fires a timer, unless its node has gone or started anew since.
    fn fire(&mut self, timer: TimerId) {
        let Some((id, epoch, payload)) = self.timers.fire(timer) else { return };
        let node = &self.nodes[id.index()];
        if node.online && node.epoch == epoch {
            self.books.digest.add(self.now, id.0, 1, 0);
            let mut acts = false;
            self.cutting = Some(Cut::TimeOut);
            self.with(id, Units::None, |mind, cx| {
                mind.timer(payload, cx);
                acts = cx.acts();
            });
            self.cutting = None;
            self.timer_tally.fired(&payload, acts);
        }
    }

    /// Tells a node something short, when its processor gets round to it.
    pub fn notify(&mut self, id: NodeId, notice: Notice) {
        let node = &self.nodes[id.index()];
        if !node.online {
            return;
        }
        if node.cpu_free > self.now {
            self.later(node.cpu_free, Event::Notice(id, node.epoch, notice));
        } else {
            self.tell(id, notice);
        }
    }

    fn tell(&mut self, id: NodeId, notice: Notice) {
        self.books.digest.add(self.now, id.0, 2, 0);
        match notice {
            Notice::Connected((peer, Channel::MIX)) => self.send_packets(id, peer),
            Notice::Refused((peer, Channel::MIX)) => self.lose_packets(id, peer),
            Notice::Connected((relay, Channel::RELAY)) => self.on_relay(id, relay),
            Notice::Lost((_, Channel::MIX | Channel::RELAY)) | Notice::Refused((_, Channel::RELAY)) => {}
            Notice::Sent((to, channel), token) => {
                self.with_on(id, channel, Units::None, |mind, cx| mind.sent(to, token, cx));
            }
            Notice::Connected(line) => {
                // It may have gone while the processor was busy.
                if self.nodes[id.index()].is_linked(line) {
                    self.with_on(id, line.1, Units::None, |mind, cx| mind.connected(line.0, cx));
                }
            }
            Notice::Lost((peer, channel)) => {
                self.with_on(id, channel, Units::None, |mind, cx| mind.peer_lost(peer, cx));
            }
            Notice::Refused((peer, channel)) => {
                self.with_on(id, channel, Units::None, |mind, cx| mind.refused(peer, cx));
            }
            Notice::Timer(timer) => self.fire(timer),
        }
    }

    /// Lets a node act, and carries out what it asks for.
    pub fn with(&mut self, id: NodeId, given: Units<'_>, act: impl FnOnce(&mut P, &mut Ctx<'_, P>)) {
        self.with_on(id, Channel::ONLY, given, act);
    }

    /// The same upon something that came about on `channel`.
    pub fn with_on(
        &mut self,
        id: NodeId,
        channel: Channel,
        given: Units<'_>,
        act: impl FnOnce(&mut P, &mut Ctx<'_, P>),
    ) {
        let room = self.room(id);
        let node = &mut self.nodes[id.index()];
        self.offline_acts += u64::from(!node.online);
        let mut effects = self.effects.pop().unwrap_or(Effects(Vec::new()));
        let mut cx = Ctx {
            me: id,
            world: self.world,
            shared: &self.shared,
            now: self.spec.clock.shows(self.now),
            epoch: node.epoch,
            went: node.went,
            channel,
            manifests: &mut node.manifests,
            wanted: &node.wanted,
            room,
            rng: &mut node.rng,
            store: &mut node.store,
            unverified: &mut node.unverified,
            effects: &mut effects,
            timers: &mut self.timers,
            given,
            kept_ungiven: &mut self.kept_ungiven,
        };
        act(&mut self.minds[id.index()], &mut cx);
        self.carry_out(id, &mut effects);
        self.effects.push(effects); // keeps its allocation
        self.tell_found();
        self.drain_network();
        self.drain_mix();
    }
}
