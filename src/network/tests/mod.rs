//! What the tests of the network share: small worlds, scripts, and a driver.

mod bursts;
mod closed_forms;
mod congestion;
mod connections;
mod core;
mod datagrams;
mod loads;
mod lockstep;
mod properties;
mod twin;

use super::*;
use crate::units::Rate;
use crate::world::{
    Channel, Dataset, Datasets, Edge, Hardware, Latency, Life, Node, Point, Role, RouteRule, Routes, Sender, Topology,
    World,
};

/// What a flow has of the network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Share {
    pub from: NodeId,
    pub to: NodeId,
    pub limit: f64,
    pub rate: f64,
}

/// Something that is done to a network.
#[derive(Debug, Clone, Copy)]
enum Act {
    Open(u32, u32),
    Close(u32, u32),
    /// From, to, bytes that stay.
    KeepFirst(u32, u32, u64),
    /// From, to, name, bytes.
    Send(u32, u32, u32, u64),
}

type Script = Vec<(Time, Act)>;
type Log = Vec<(Time, NetEvent)>;

fn ms(ms: u64) -> Time {
    Time::from_millis(ms)
}

fn mbit(rate: u64) -> Rate {
    Rate(rate * 1_000_000)
}

/// Nodes with these (up, down) links, all as far from each other.
fn world(links: &[(Rate, Rate)], delay: Time) -> World {
    let node = |(up, down): &(Rate, Rate)| Node::new(Role::Leecher, *up, *down);
    World {
        nodes: links.iter().map(node).collect(),
        latency: Latency::constant(delay),
        regions: vec![],
        classes: vec![],
        overlay: None,
        mesh: crate::world::Mesh::None,
        lives: vec![Life::without_outages(); links.len()],
        strikes: Vec::new(),
        datasets: Datasets::new(vec![Dataset::new(Bytes(1), Bytes(1), 1, None)]),
        dataset_classes: vec![0],
        dataset_names: vec![],
        steps: vec![],
        at_a_time: 1,
        think: Time::ZERO,
        given: None,
        wants: None,
        hardware: vec![Hardware::IDEAL],
        seed: 7,
    }
}

/// Capacities of all links: uplinks, downlinks, core links.
fn capacities(world: &World) -> Vec<f64> {
    let up = world.nodes.iter().map(|node| node.up);
    let down = world.nodes.iter().map(|node| node.down);
    let core = world.latency.core_links().iter().map(|link| link.capacity);
    up.chain(down).chain(core).map(Rate::bytes_per_second).collect()
}

/// The links that a message crosses, as indices into [`capacities`].
fn links_between(world: &World, from: NodeId, to: NodeId) -> Vec<usize> {
    let n = world.nodes.len();
    let mut hops = Vec::new();
    world.latency.hops(world.node(from).point, world.node(to).point, &mut hops);
    let ends = [from.index(), n + to.index()];
    ends.into_iter().chain(hops.iter().map(|hop| 2 * n + hop.link as usize)).collect()
}

fn spec(model: NetworkModel) -> NetworkSpec {
    NetworkSpec { model, transport: Transport::NONE, jitter: None, loss: 0.0 }
}

/// No overhead, but a window that starts at `initial` and ends at `max` bytes.
fn windowed(model: NetworkModel, initial: u64, max: u64) -> NetworkSpec {
    let (initial_window, max_window, idle_restart) = (Bytes(initial), Bytes(max), Time::from_secs(1));
    NetworkSpec { transport: Transport { initial_window, max_window, idle_restart, ..Transport::NONE }, ..spec(model) }
}

/// Advances `network` through everything that happens before `until`.
fn run_until(network: &mut Network, until: Time, log: &mut Log) {
    let mut out = Vec::new();
    while let Some(now) = network.next_event().filter(|t| *t < until) {
        network.advance(now, &mut out);
        log.extend(out.drain(..).map(|e| (now, e)));
        assert!(network.next_event().is_none_or(|t| t > now), "still at {now}");
    }
}

fn act(network: &mut Network, now: Time, act: Act, log: &mut Log) {
    let mut out = Vec::new();
    match act {
        Act::Open(a, b) => network.open(NodeId(a), NodeId(b), Channel::ONLY),
        Act::Close(a, b) => network.close(now, (NodeId(a), NodeId(b)), Channel::ONLY, &mut out),
        Act::KeepFirst(from, to, most) => {
            network.keep_first(now, (NodeId(from), NodeId(to)), Channel::ONLY, Bytes(most), &mut out)
        }
        Act::Send(from, to, id, wire) => {
            let flight = WireFlight { id, wire: Bytes(wire), tracked: true };
            network.send(now, (NodeId(from), NodeId(to)), Channel::ONLY, flight, &mut out);
        }
    }
    log.extend(out.into_iter().map(|e| (now, e)));
}

/// Plays `script` (in order of time) to the end.
fn play(network: &mut Network, script: &Script) -> Log {
    let mut log = Log::new();
    for (at, what) in script {
        run_until(network, *at, &mut log);
        act(network, *at, *what, &mut log);
    }
    run_until(network, Time::NEVER, &mut log);
    log
}

/// Opens connections 0-1, 0-2 … 0-n.
fn star(n: u32) -> Script {
    (1..=n).map(|peer| (Time::ZERO, Act::Open(0, peer))).collect()
}

fn arrivals(log: &Log) -> Vec<(u32, Time)> {
    let arrival = |(at, event): &(Time, NetEvent)| match event {
        NetEvent::Arrived(id) => Some((*id, *at)),
        _ => None,
    };
    log.iter().filter_map(arrival).collect()
}

fn last_arrival(log: &Log) -> Time {
    arrivals(log).last().expect("something arrived").1
}
