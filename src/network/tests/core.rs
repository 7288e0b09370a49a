//! Links inside the graph against closed forms: dumbbell, parking lot, two tiers.

use super::*;
use crate::world::Channel;
use NetworkModel::{Fair, Fifo};

/// Hosts with links of `access` at these points of a line of wires of 1 ms and these
/// capacities.
fn line(access: Rate, at: &[u32], wires: &[Rate]) -> World {
    let points = (0..=wires.len()).map(|point| Point::named(point.to_string())).collect();
    let edge = |(at, capacity): (u32, &Rate)| (at, at + 1, Edge { capacity: *capacity, ..Edge::of(ms(1)) });
    let topology = Topology::two_way(points, (0..).zip(wires).map(edge), RouteRule::Shortest);
    let mut world = world(&vec![(access, access); at.len()], Time::ZERO);
    world.latency = Latency::Graph(Routes::new(topology).into());
    (0..).zip(at).for_each(|(id, point): (usize, &u32)| world.nodes[id].point = *point);
    world
}

/// The rates of these flows (sender, receiver), in bit/s, as `fair` shares.
fn rates(world: &World, flows: &[(u32, u32)]) -> Vec<f64> {
    let mut network = Network::new(world, &spec(Fair));
    let mut log = Log::new();
    for (id, (from, to)) in (0..).zip(flows) {
        act(&mut network, Time::ZERO, Act::Open(*from, *to), &mut log);
        act(&mut network, Time::ZERO, Act::Send(*from, *to, id, 1_000_000_000), &mut log);
    }
    run_until(&mut network, ms(100), &mut log);
    let rate = |(from, to): &(u32, u32)| network.head(NodeId(*from), NodeId(*to), Channel::ONLY).unwrap().rate * 8.0;
    flows.iter().map(rate).collect()
}

fn close(got: &[f64], expected: &[f64]) {
    let near = got.iter().zip(expected).all(|(a, b)| (a / b - 1.0).abs() < 1e-12);
    assert!(got.len() == expected.len() && near, "{got:?} {expected:?}");
}

/// Pairs on both sides of one narrow wire share it evenly.
#[test]
fn dumbbell() {
    let world = line(mbit(100), &[0, 0, 0, 0, 1, 1, 1, 1], &[mbit(60)]);
    close(&rates(&world, &[(0, 4), (1, 5), (2, 6), (3, 7)]), &[15e6; 4]);
    // The other direction is a link of its own; one slow host leaves more to the others.
    let mut slow = world.clone();
    slow.nodes[0].up = mbit(6);
    close(&rates(&slow, &[(0, 4), (1, 5), (2, 6), (7, 3)]), &[6e6, 27e6, 27e6, 60e6]);
}

/// One long flow over all wires of a line beside one short flow on each: every flow has
/// half of its wire where all are alike; else the narrowest wire decides the long one
/// (Bertsekas & Gallager, "Data Networks", 6.5.2, example).
#[test]
fn parking_lot() {
    let at = [0, 3, 0, 1, 1, 2, 2, 3];
    let flows = [(0, 1), (2, 3), (4, 5), (6, 7)];
    close(&rates(&line(mbit(1000), &at, &[mbit(10); 3]), &flows), &[5e6; 4]);
    let uneven = line(mbit(1000), &at, &[mbit(10), mbit(4), mbit(30)]);
    close(&rates(&uneven, &flows), &[2e6, 8e6, 2e6, 28e6]);
}

/// The sharing problems that SimGrid publishes with its solver (simgrid/simgrid
/// `teshsuite/models/lmm_usage/lmm_usage.cpp`, tests 1 and 3, all weights equal). Their
/// answers, which that file does not print, by filling up by hand: the first has one flow over three links of 1, 10
/// and 1 and one on each; the second eleven flows over ten links of 10, which fill at 2
/// (link 7), 3 (link 5), 10/3 (link 1) and 6 (link 9).
#[test]
fn problems_of_simgrid() {
    let three = line(mbit(1000), &[0, 3, 0, 1, 1, 2, 2, 3], &[mbit(1), mbit(10), mbit(1)]);
    close(&rates(&three, &[(0, 1), (2, 3), (4, 5), (6, 7)]), &[0.5e6, 0.5e6, 9.5e6, 0.5e6]);
    // Links 0 to 3 in a line, 4 to 7 in another, at whose end 8 and 9 part.
    let wires = [(0, 1), (1, 2), (2, 3), (3, 4), (5, 6), (6, 7), (7, 8), (8, 9), (9, 10), (9, 11)];
    let points = (0..12).map(|point| Point::named(point.to_string())).collect();
    let edge = |(from, to): (u32, u32)| (from, to, Edge { capacity: mbit(10), ..Edge::of(ms(1)) });
    let topology = Topology::two_way(points, wires.map(edge), RouteRule::Shortest);
    let flows = [(5, 8), (0, 3), (8, 10), (5, 7), (6, 9), (9, 11), (8, 11), (0, 2), (1, 4), (5, 11), (7, 10)];
    let mut world = world(&[(mbit(1000), mbit(1000)); 22], Time::ZERO);
    world.latency = Latency::Graph(Routes::new(topology).into());
    let ends = flows.iter().flat_map(|(from, to)| [*from, *to]);
    world.nodes.iter_mut().zip(ends).for_each(|(node, point)| node.point = point);
    // Flow 6 crosses links 7 and 9, flow 9 links 4 to 7 and 9.
    let pairs: Vec<(u32, u32)> = (0..11).map(|flow| (2 * flow, 2 * flow + 1)).collect();
    let third = 1e7 / 3.0;
    let expected = [3e6, third, 2e6, 3e6, 2e6, 6e6, 2e6, third, third, 2e6, 2e6];
    close(&rates(&world, &pairs), &expected);
}

/// Racks whose uplinks carry a quarter of what their hosts could send.
#[test]
fn two_tiers_with_oversubscription() {
    let points = ["rack 0", "rack 1", "spine"].map(Point::named).to_vec();
    let up = Edge { capacity: mbit(100), ..Edge::of(ms(1)) };
    let topology = Topology::two_way(points, [(0, 2, up), (1, 2, up)], RouteRule::Shortest);
    let mut world = world(&[(mbit(100), mbit(100)); 8], Time::ZERO);
    world.latency = Latency::Graph(Routes::new(topology).into());
    (0..8).for_each(|id| world.nodes[id].point = id as u32 / 4);
    close(&rates(&world, &[(0, 4), (1, 5), (2, 6), (3, 7)]), &[25e6; 4]);
    close(&rates(&world, &[(0, 1), (2, 3), (4, 5), (6, 7)]), &[100e6; 4]);
}

#[test]
fn what_binds_is_named() {
    let world = line(mbit(100), &[0, 0, 1, 1], &[mbit(60)]);
    for model in [Fair, Fifo] {
        let mut network = Network::new(&world, &spec(model));
        let mut log = Log::new();
        for (id, (from, to)) in [(0, 2), (3, 2), (1, 0)].into_iter().enumerate() {
            act(&mut network, Time::ZERO, Act::Open(from, to), &mut log);
            act(&mut network, Time::ZERO, Act::Send(from, to, id as u32, 10_000_000), &mut log);
        }
        run_until(&mut network, ms(50), &mut log);
        let bottleneck = |from, to| network.head(NodeId(from), NodeId(to), Channel::ONLY).unwrap().bottleneck;
        assert_eq!(bottleneck(1, 0), Bottleneck::Uplink, "{model:?}: behind one point no wire is crossed");
        let crossing = bottleneck(0, 2);
        let expected = if model == Fair { Bottleneck::Downlink } else { Bottleneck::CoreLink };
        assert_eq!(crossing, expected, "{model:?}: two flows fill the downlink before the wire");
    }
}

/// A message that finds all links idle: latency, and one service at the slowest link.
#[test]
fn one_message_takes_the_slowest_link_once() {
    let world = line(mbit(100), &[0, 3], &[mbit(50), mbit(10), mbit(20)]);
    for model in [Fair, Fifo] {
        let script = vec![(Time::ZERO, Act::Open(0, 1)), (Time::ZERO, Act::Send(0, 1, 0, 1_250_000))];
        let log = play(&mut Network::new(&world, &spec(model)), &script);
        assert_eq!(last_arrival(&log), ms(1003), "{model:?}: 10 Mbit at 10 Mbit/s and 3 ms");
    }
}

/// Two senders meet at one wire: `fifo` serves one after the other, `fair` both at once,
/// and the wire is done at the same time.
#[test]
fn a_core_link_carries_what_it_can() {
    let world = line(mbit(100), &[0, 0, 1, 1], &[mbit(10)]);
    for (model, first) in [(Fair, 2001), (Fifo, 1001)] {
        let mut script = vec![(Time::ZERO, Act::Open(0, 2)), (Time::ZERO, Act::Open(1, 3))];
        script.extend([(0, 2, 0), (1, 3, 1)].map(|(from, to, id)| (Time::ZERO, Act::Send(from, to, id, 1_250_000))));
        let mut network = Network::new(&world, &spec(model));
        let log = play(&mut network, &script);
        let times: Vec<Time> = arrivals(&log).iter().map(|a| a.1).collect();
        assert_eq!(times, [ms(first), ms(2001)], "{model:?}");
        assert_eq!(network.core_carried(0, ms(2001)), Bytes(2_500_000));
        assert_eq!(network.core_carried(1, ms(2001)), Bytes(0), "the way back is a link of its own");
    }
}
