//! Small messages as loads of their links.

use super::*;

const SMALL: u64 = 400;

fn with_small(small: u64) -> NetworkSpec {
    let transport = Transport { small: Bytes(small), ..Transport::NONE };
    NetworkSpec { transport, ..spec(NetworkModel::Fair) }
}

/// When each message arrives, by its name, where these are small.
fn by_name(world: &World, small: u64, script: &Script) -> Vec<(u32, Time)> {
    let mut network = Network::new(world, &with_small(small));
    let mut arrived = arrivals(&play(&mut network, script));
    arrived.sort();
    arrived
}

fn apart(a: Time, b: Time) -> f64 {
    (a.secs() - b.secs()).abs()
}

/// Ten nodes at 8 Mbit/s, a megabyte a second, each connected with all that follow.
fn ten() -> (World, Script) {
    let world = world(&[(mbit(8), mbit(8)); 10], ms(50));
    let pairs = (0..10).flat_map(|a| (a + 1..10).map(move |b| (Time::ZERO, Act::Open(a, b))));
    (world, pairs.collect())
}

#[test]
fn alone_it_arrives_as_a_flow_would() {
    let (world, mut script) = ten();
    script.push((ms(10), Act::Send(0, 1, 1, SMALL)));
    script.push((ms(900), Act::Send(1, 0, 2, SMALL / 2)));
    assert_eq!(by_name(&world, SMALL, &script), by_name(&world, 0, &script));
}

#[test]
fn what_is_larger_is_a_flow() {
    let (world, mut script) = ten();
    script.extend((1..10).map(|to| (ms(10), Act::Send(0, to, to, SMALL + 1))));
    assert_eq!(by_name(&world, SMALL, &script), by_name(&world, 0, &script));
}

/// Eight flows of 100 kB leave a node, and a small message among them.
#[test]
fn among_flows_it_takes_its_share() {
    let (world, mut script) = ten();
    script.extend((1..9).map(|to| (ms(10), Act::Send(0, to, to, 100_000))));
    script.push((ms(100), Act::Send(0, 9, 9, SMALL)));
    let (load, flow) = (by_name(&world, SMALL, &script), by_name(&world, 0, &script));
    let [(9, load), (9, flow)] = [load[8], flow[8]] else { panic!("{load:?} {flow:?}") };
    assert!(apart(load, flow) < 1e-6, "{load} {flow}");
    assert!(flow > ms(153), "nine of 400 B take 3.6 ms: {flow}");
}

/// What a node says to nine others at once leaves one after the other; the last when all of it
/// would have left as flows.
#[test]
fn many_at_once_leave_at_the_rate_of_the_link() {
    let (world, mut script) = ten();
    script.extend((0..90).map(|id| (ms(10), Act::Send(0, 1 + id % 9, id, SMALL))));
    let load = by_name(&world, SMALL, &script);
    let last = load.iter().map(|(_, at)| *at).max().unwrap();
    assert!(apart(last, ms(10 + 36 + 50)) < 1e-6, "90 x 400 B at 1 MB/s: {last}");
    let times: std::collections::BTreeSet<Time> = load.iter().map(|(_, at)| *at).collect();
    assert_eq!(times.len(), 90);
}

/// A flow of 4 MB, and besides a small message each two milliseconds over a link of its: a fifth
/// of the link. It ends as late as with flows, within a percent.
fn bulk_beside_small_ones(bulk: (u32, u32), small: (u32, u32)) {
    let (world, mut script) = ten();
    script.push((ms(10), Act::Send(bulk.0, bulk.1, 0, 4_000_000)));
    script.extend((1..2000).map(|id| (ms(10 + 2 * u64::from(id)), Act::Send(small.0, small.1, id, SMALL))));
    let (load, flow) = (by_name(&world, SMALL, &script), by_name(&world, 0, &script));
    let [(0, load), (0, flow)] = [load[0], flow[0]] else { panic!("{load:?} {flow:?}") };
    assert!(flow > ms(4_700), "{flow}");
    assert!(apart(load, flow) < 0.01 * flow.secs(), "{load} {flow}");
}

#[test]
fn flows_make_up_for_it_at_an_uplink() {
    bulk_beside_small_ones((0, 1), (0, 2));
}

#[test]
fn flows_make_up_for_it_at_a_downlink() {
    bulk_beside_small_ones((0, 1), (2, 1));
}

/// With flows that use half of the link it takes nothing from them.
#[test]
fn what_flows_leave_over_is_free() {
    let mut world = world(&[(mbit(8), mbit(8)); 3], ms(50));
    world.nodes[1].down = mbit(4);
    let mut script: Script = vec![(Time::ZERO, Act::Open(0, 1)), (Time::ZERO, Act::Open(0, 2))];
    script.push((ms(10), Act::Send(0, 1, 0, 2_000_000)));
    let alone = by_name(&world, SMALL, &script);
    script.extend((1..2000).map(|id| (ms(10 + 2 * u64::from(id)), Act::Send(0, 2, id, SMALL))));
    assert_eq!(by_name(&world, SMALL, &script)[0], alone[0]);
}

/// What was owed is paid: long after the small messages a flow has the whole link again.
#[test]
fn a_link_recovers() {
    let (world, mut script) = ten();
    script.push((ms(10), Act::Send(0, 1, 0, 1_000_000)));
    script.extend((1..200).map(|id| (ms(10 + 2 * u64::from(id)), Act::Send(0, 2, id, SMALL))));
    script.push((ms(5_000), Act::Send(0, 3, 1000, 500_000)));
    let load = by_name(&world, SMALL, &script);
    assert_eq!(load.last(), Some(&(1000, ms(5_000 + 500 + 50))));
}
