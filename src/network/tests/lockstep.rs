//! The fair model beside its twin: the same messages, the same times.

use super::super::fair::Fair;
use super::twin::{Twin, objection};
use super::*;
use crate::rng::{Purpose, Rng};
use proptest::prelude::*;

/// A world, a network and what is done to it.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub world: World,
    pub spec: NetworkSpec,
    pub script: Script,
}

fn rate() -> impl Strategy<Value = Rate> {
    prop_oneof![
        4 => prop::sample::select(vec![mbit(1), mbit(2), mbit(5), mbit(10), mbit(10), mbit(50)]),
        4 => (100_000u64..200_000_000).prop_map(Rate),
        1 => Just(Rate::UNLIMITED),
    ]
}

fn delay() -> impl Strategy<Value = Time> {
    prop_oneof![Just(Time::ZERO), Just(ms(50)), (1u64..200_000_000).prop_map(Time::from_nanos)]
}

/// Nodes at the points of a ring of wires with chords, most of them narrow.
pub(super) fn any_graph_world() -> impl Strategy<Value = World> {
    let wire = (0u32..7, 1u32..7, rate(), 1u64..100_000_000);
    let chords = prop::collection::vec(wire, 0..8);
    let hosts = prop::collection::vec((0u32..7, rate(), rate()), 2..=12);
    let ring = prop::collection::vec((rate(), 1u64..100_000_000), 7);
    (hosts, ring, chords).prop_map(|(hosts, ring, chords)| {
        let points = (0..7).map(|point: u32| Point::named(point.to_string())).collect();
        let edge = |capacity, nanos| Edge { capacity, ..Edge::of(Time::from_nanos(nanos)) };
        let ring = (0..).zip(ring).map(|(at, (capacity, nanos))| (at, (at + 1) % 7, edge(capacity, nanos)));
        let chords = chords.into_iter().map(|(a, step, capacity, nanos)| (a, (a + step) % 7, edge(capacity, nanos)));
        let links: Vec<(Rate, Rate)> = hosts.iter().map(|host| (host.1, host.2)).collect();
        let mut world = world(&links, Time::ZERO);
        let topology = Topology::two_way(points, ring.chain(chords), RouteRule::Shortest);
        world.latency = Latency::Graph(Routes::new(topology).into());
        for (node, (point, ..)) in world.nodes.iter_mut().zip(hosts) {
            (node.point, node.access) = (point, Time::from_nanos(u64::from(point) * 1000));
        }
        world
    })
}

fn any_matrix_world() -> impl Strategy<Value = World> {
    (2usize..=12).prop_flat_map(|n| {
        let links = prop::collection::vec((rate(), rate()), n);
        let delays = prop::collection::vec(prop::collection::vec(delay(), n), n);
        (links, delays).prop_map(|(links, delays)| {
            let mut world = world(&links, Time::ZERO);
            world.latency = Latency::regions(&delays);
            (0..).zip(&mut world.nodes).for_each(|(i, node)| node.point = i);
            world
        })
    })
}

fn any_transport() -> impl Strategy<Value = Transport> {
    let window = (1_000u64..60_000, 0u32..8, 1u64..2_000);
    prop_oneof![
        Just(Transport::NONE),
        window.prop_map(|(initial, doublings, idle)| {
            windowed(NetworkModel::Fair, initial, initial << doublings).transport.with_idle_restart(ms(idle))
        })
    ]
}

impl Transport {
    fn with_idle_restart(self, idle_restart: Time) -> Self {
        Transport { idle_restart, ..self }
    }
}

fn size() -> impl Strategy<Value = u64> {
    prop_oneof![1 => Just(0u64), 4 => 1u64..2_000, 4 => 1u64..300_000, 2 => Just(100_000u64)]
}

fn any_script(nodes: u32) -> impl Strategy<Value = Script> {
    let gap = prop_oneof![3 => Just(0u64), 3 => 0u64..40_000_000, 1 => 0u64..3_000_000_000, 1 => Just(50_000_000u64)];
    let step = (gap, 0u32..100, 0..nodes, 1..nodes, size());
    prop::collection::vec(step, 1..120).prop_map(move |steps| {
        let mut now = Time::ZERO;
        let everybody = (0..nodes).flat_map(|a| (a + 1..nodes).map(move |b| (Time::ZERO, Act::Open(a, b))));
        let mut script: Script = everybody.collect();
        script.extend(steps.into_iter().zip(0..).map(|((gap, dice, a, step, size), id)| {
            now += Time::from_nanos(gap);
            let b = (a + step) % nodes;
            let act = match dice {
                0..6 => Act::Close(a, b),
                6..14 => Act::Open(a, b),
                _ => Act::Send(a, b, id, size),
            };
            (now, act)
        }));
        script
    })
}

pub(super) fn any_case(model: NetworkModel) -> impl Strategy<Value = Case> {
    case_in(prop_oneof![any_matrix_world(), any_graph_world()], model)
}

/// A case in which nodes have their access links alone.
pub(super) fn case_on_access_links(model: NetworkModel) -> impl Strategy<Value = Case> {
    case_in(any_matrix_world(), model)
}

fn case_in(world: impl Strategy<Value = World>, model: NetworkModel) -> impl Strategy<Value = Case> {
    (world, any_transport()).prop_flat_map(move |(world, transport)| {
        let spec = NetworkSpec { transport, ..spec(model) };
        any_script(world.nodes.len() as u32).prop_map(move |script| Case {
            world: world.clone(),
            spec: spec.clone(),
            script,
        })
    })
}

fn run_twin_until(twin: &mut Twin, until: Time, log: &mut Log) {
    while let Some(now) = twin.next_event().filter(|t| *t < until) {
        twin.advance(now, log);
    }
}

fn name(event: NetEvent) -> (u8, u32) {
    match event {
        NetEvent::Started(id) => (0, id),
        NetEvent::Arrived(id) => (1, id),
        NetEvent::Lost { id, .. } => (2, id),
    }
}

/// Same events, at the same times, hence in the same order up to ties.
fn compare_logs(log: &Log, twin: &Log) -> Result<(), TestCaseError> {
    const NEAR: u64 = 5;
    let by_name = |log: &Log| {
        let mut log = log.clone();
        log.sort_by_key(|(_, event)| name(*event));
        log
    };
    prop_assert_eq!(log.len(), twin.len());
    for ((at, event), (twin_at, twin_event)) in by_name(log).into_iter().zip(by_name(twin)) {
        prop_assert_eq!(name(event), name(twin_event));
        prop_assert!(at.nanos().abs_diff(twin_at.nanos()) <= NEAR, "{:?}: {} {}", event, at, twin_at);
        if let (NetEvent::Lost { carried, .. }, NetEvent::Lost { carried: other, .. }) = (event, twin_event) {
            prop_assert!(carried.get().abs_diff(other.get()) <= 1, "{:?} {:?}", event, twin_event);
        }
    }
    Ok(())
}

fn compare_rates(world: &World, network: &Network, twin: &Twin) -> Result<(), TestCaseError> {
    let Network::Fair(fair) = network else { panic!("asked for fair") };
    let (shares, expected) = (fair.allocation(), twin.allocation());
    prop_assert_eq!(shares.len(), expected.len());
    prop_assert_eq!(objection(world, &shares), None);
    for (share, expected) in shares.iter().zip(&expected) {
        let equal = share.rate == expected.rate || (share.rate / expected.rate - 1.0).abs() <= 1e-9;
        prop_assert!((share.from, share.to) == (expected.from, expected.to) && equal, "{:?} {:?}", share, expected);
    }
    Ok(())
}

fn lock_step(case: &Case, mut network: Network) -> Result<(), TestCaseError> {
    let mut twin = Twin::new(&case.world, &case.spec);
    let (mut log, mut twin_log) = (Log::new(), Log::new());
    for (i, (now, what)) in case.script.iter().enumerate() {
        run_until(&mut network, *now, &mut log);
        run_twin_until(&mut twin, *now, &mut twin_log);
        act(&mut network, *now, *what, &mut log);
        twin.act(*now, *what, &mut twin_log);
        let more_to_come = case.script.get(i + 1).is_some_and(|next| next.0 == *now);
        if !more_to_come {
            let next = *now + Time::from_nanos(1);
            run_until(&mut network, next, &mut log);
            run_twin_until(&mut twin, next, &mut twin_log);
            compare_rates(&case.world, &network, &twin)?;
        }
    }
    run_until(&mut network, Time::NEVER, &mut log);
    run_twin_until(&mut twin, Time::NEVER, &mut twin_log);
    compare_logs(&log, &twin_log)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn fair_agrees_with_its_twin(case in any_case(NetworkModel::Fair)) {
        lock_step(&case, Network::new(&case.world, &case.spec))?;
    }

    /// The way out of a search that takes too long gives the same rates.
    #[test]
    fn fair_solved_afresh_agrees_with_its_twin(case in any_case(NetworkModel::Fair)) {
        lock_step(&case, Network::Fair(Box::new(Fair::impatient(&case.world, &case.spec))))?;
    }
}

/// Small networks do not show how far a change spreads: here most links hang
/// together. Too large for the twin, so the bottleneck condition is checked.
#[test]
fn a_large_network_stays_max_min() {
    const N: u64 = 600;
    let mut rng = Rng::stream(5, Purpose::Links, 0);
    let mut links = || (Rate(1_000_000 + rng.below(9_000_000)), Rate(1_000_000 + rng.below(20_000_000)));
    let world = world(&(0..N).map(|_| links()).collect::<Vec<_>>(), ms(50));
    let mut network = Network::new(&world, &windowed(NetworkModel::Fair, 20_000, 160_000));
    let mut log = Log::new();
    for id in 0..12_000 {
        let (from, step) = (rng.below(N), 1 + rng.below(N - 1));
        let (from, to) = (from as u32, ((from + step) % N) as u32);
        let now = Time::from_nanos(u64::from(id) * 500_000);
        run_until(&mut network, now, &mut log);
        act(&mut network, now, Act::Open(from, to), &mut log);
        act(&mut network, now, Act::Send(from, to, id, 1 + rng.below(600_000)), &mut log);
        if id % 97 == 0 {
            run_until(&mut network, now + Time::from_nanos(1), &mut log);
            let Network::Fair(fair) = &network else { panic!("asked for fair") };
            assert_eq!(objection(&world, &fair.allocation()), None, "at {now}");
        }
    }
    let Network::Fair(fair) = &network else { panic!("asked for fair") };
    assert!(fair.allocation().len() > 2_000, "{} flows are not many", fair.allocation().len());
    run_until(&mut network, Time::NEVER, &mut log);
    assert_eq!(arrivals(&log).len(), 12_000);
}
