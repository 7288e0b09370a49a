//! Protocols that cheat are found out.

use super::run::Simulation;
use super::{Clock, RunSpec, StopSpec};
use crate::discovery::{DiscoverySpec, StaticParams};
use crate::ledger::{Class, Outcome};
use crate::network::{NetworkModel, NetworkSpec, Transport};
use crate::protocol::{Ctx, Key, Message, Protocol, Size, Units};
use crate::protocols::{ProtocolSpec, ideal};
use crate::units::{Bytes, Rate, Time};
use crate::world::*;

/// How a node cheats.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Cheat {
    /// Does as it should: the seeder sends everything to whoever connects.
    None,
    /// A leecher stores what no message brought.
    KeepsUngiven,
    /// A leecher sends what it does not hold.
    SendsUnheld,
    /// A seeder's message says it is far smaller than its data.
    LiesAboutSize,
}

struct Node(Cheat);

struct Data {
    units: u32,
    size: u64,
}

impl Message for Data {
    fn class(&self) -> Class {
        Class::Payload
    }
    fn size(&self, _world: &World) -> Size {
        Size { payload: self.size, ..Size::default() }
    }
    fn carried(&self) -> Units<'_> {
        Units::Range(0, self.units)
    }
}

impl Protocol for Node {
    type Params = Cheat;
    type Shared = Cheat;
    type Msg = Data;
    type Timer = ();

    fn prepare(_world: &World, cheat: &Cheat) -> Cheat {
        *cheat
    }
    fn new(_me: NodeId, _world: &World, cheat: &Cheat) -> Self {
        Node(*cheat)
    }
    fn open(&mut self, _dataset: DatasetId, cx: &mut Ctx<'_, Self>) {
        if cx.world.node(cx.me).role == Role::Leecher {
            cx.find(Key::Dataset(DatasetId(0)));
            if self.0 == Cheat::KeepsUngiven {
                cx.keep(Units::Range(0, 1));
            }
        }
    }
    fn found(&mut self, _key: Key, providers: &[NodeId], cx: &mut Ctx<'_, Self>) {
        providers.iter().for_each(|id| cx.dial(*id));
    }
    fn connected(&mut self, peer: NodeId, cx: &mut Ctx<'_, Self>) {
        let units = cx.world.only().units();
        let honest = cx.world.only().bytes().get();
        if cx.world.node(cx.me).role == Role::Seeder {
            cx.send(peer, Data { units, size: if self.0 == Cheat::LiesAboutSize { honest / 1000 } else { honest } });
        } else if self.0 == Cheat::SendsUnheld {
            cx.send(peer, Data { units, size: honest });
        }
    }
    fn message(&mut self, _from: NodeId, message: &Data, cx: &mut Ctx<'_, Self>) {
        if cx.store().is_empty() {
            cx.keep(message.carried());
        }
    }
}

fn run(cheat: Cheat) -> Outcome {
    run_with::<Node>(&cheat, &spec())
}

fn run_with<P: Protocol>(params: &P::Params, spec: &RunSpec) -> Outcome {
    let world = World::build(&spec.world, spec.seed, 0);
    Simulation::<P>::new(&world, params, spec).run(&mut |_| true)
}

fn spec() -> RunSpec {
    let dataset = DatasetSpec { size: Bytes(1 << 20), block_size: Bytes(65_536), group: 1 };
    RunSpec {
        world: WorldSpec {
            latency: LatencySpec::Constant(Time::from_millis(10)),
            ..WorldSpec::plain((2, 1), dataset, Rate(10_000_000))
        },
        network: NetworkSpec { model: NetworkModel::Fair, transport: Transport::default(), jitter: None, loss: 0.0 },
        mix: None,
        nat: None,
        discovery: DiscoverySpec::Static(StaticParams {
            round_trips: 1.0,
            round_trips_per_doubling: 0.0,
            max_providers: 10,
        }),
        protocol: ProtocolSpec::Ideal(ideal::Params { pieces: 1, stripes: 1, pace: 1.0 }), // not run here
        stop: StopSpec { max_time: Time::from_secs(100), no_progress_for: Time::from_secs(50), run_for: None },
        seed: 1,
        seeder_set: 0,
        tie_salt: 0,
        clock: Clock::TRUE,
        series_interval: Time::from_secs(1),
        progress_steps: 0,
        trace: false,
        keep: Default::default(),
    }
}

fn complaint(cheat: Cheat) -> String {
    run(cheat).violations.iter().map(|v| v.0.as_str()).collect::<Vec<_>>().join("; ")
}

#[test]
fn an_honest_protocol_is_not_accused() {
    assert_eq!(complaint(Cheat::None), "");
    assert_eq!(run(Cheat::None).completed(), 1);
}

#[test]
fn storing_what_was_not_given_is_found_out() {
    assert!(complaint(Cheat::KeepsUngiven).contains("did not carry"));
}

#[test]
fn sending_what_one_does_not_hold_is_found_out() {
    assert!(complaint(Cheat::SendsUnheld).contains("did not hold"));
}

#[test]
fn a_message_smaller_than_its_data_is_found_out() {
    let complaint = complaint(Cheat::LiesAboutSize);
    assert!(complaint.contains("and carried 1048576 B"), "{complaint}");
}

/// A seeder that sends a first message, of which it wants to know when it has left, and
/// a second one in the same breath; a third one when the first has left.
struct Writer;

struct Note(u64);

impl Message for Note {
    fn class(&self) -> Class {
        Class::Other
    }
    fn size(&self, _world: &World) -> Size {
        Size::control(self.0)
    }
}

impl Protocol for Writer {
    type Params = ();
    type Shared = ();
    type Msg = Note;
    type Timer = ();

    fn prepare(_world: &World, _params: &()) {}
    fn new(_me: NodeId, _world: &World, _shared: &()) -> Self {
        Writer
    }
    fn open(&mut self, _dataset: DatasetId, cx: &mut Ctx<'_, Self>) {
        if cx.world.node(cx.me).role == Role::Leecher {
            cx.dial(NodeId(0));
        }
    }
    fn message(&mut self, _from: NodeId, _message: &Note, _cx: &mut Ctx<'_, Self>) {}
    fn connected(&mut self, peer: NodeId, cx: &mut Ctx<'_, Self>) {
        if cx.world.node(cx.me).role == Role::Seeder {
            cx.send_tracked(peer, Note(1), 0);
            cx.send(peer, Note(2));
        }
    }
    fn sent(&mut self, to: NodeId, _token: u32, cx: &mut Ctx<'_, Self>) {
        cx.send(to, Note(3));
    }
}

/// However fast a message leaves, its writer first does all that it is about.
#[test]
fn what_comes_of_an_act_comes_after_it() {
    for model in [NetworkModel::Ideal, NetworkModel::Fifo, NetworkModel::Fair] {
        for cost in [0, 1] {
            let mut spec = spec();
            spec.network = NetworkSpec { model, transport: Transport::NONE, jitter: None, loss: 0.0 };
            spec.world.hardware.per_message = Time::from_nanos(cost);
            spec.trace = true;
            let notes = run_with::<Writer>(&(), &spec).trace.into_iter().filter(|s| s.class == Class::Other);
            let order: Vec<u64> = notes.map(|flight| flight.wire).collect();
            assert_eq!(order, [1, 2, 3], "{model:?}, {cost} ns");
        }
    }
}
