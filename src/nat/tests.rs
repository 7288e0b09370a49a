//! Who comes together with whom, circuits and reservations, against closed forms.

use super::*;
use crate::bound;
use crate::units::{Bytes, Rate};
use crate::world::{Behind, DatasetSpec};

const CONES: Behind = Behind { mapped: 0.0, cone: 1.0, symmetric: 0.0, blocked: 0.0 };

/// `nodes` nodes, and what the description says of them.
fn nat(nodes: u32, spec: NatSpec, seed: u64) -> Nat {
    let dataset = DatasetSpec { size: Bytes(1), block_size: Bytes(1), group: 1 };
    let plain = WorldSpec::plain((nodes, 1), dataset, Rate(1_000_000));
    let mut world = World::build(&plain, seed, 0);
    spec.prepare(&mut world, &plain);
    Nat::new(&world, &spec)
}

/// The share of all pairs that have a connection without a relay.
fn connected(nat: &mut Nat, nodes: u32) -> f64 {
    let pairs = (0..nodes).flat_map(|a| (a + 1..nodes).map(move |b| (NodeId(a), NodeId(b))));
    let met = pairs.clone().filter(|(a, b)| nat.have_met(*a, *b) || nat.can_punch(*a, *b)).count();
    met as f64 / pairs.count() as f64
}

/// Oracles N1 to N3, of as many pairs as there are between 1000 nodes: within four standard
/// deviations of what punching gives, and exactly without it but for a node with itself.
#[test]
fn n1_to_n3_pairs_of_a_thousand_nodes() {
    let nodes = 1000;
    let base = NatSpec { behind: CONES, ..NatSpec::default() };
    for (unreachable, punching) in [(0.5219, 0.0), (0.5219, 0.7), (0.3, 0.7), (0.64, 0.7), (0.8, 0.7), (0.8, 1.0)] {
        let got = connected(&mut nat(nodes, NatSpec { unreachable, punching, ..base }, 3), nodes);
        let want = bound::nat::connected_pairs(unreachable, punching);
        let tried = unreachable * unreachable * f64::from(nodes * nodes / 2);
        let noise = 4.0 * (punching * (1.0 - punching) * tried).sqrt() / f64::from(nodes * nodes / 2);
        assert!((got - want).abs() < noise + 6e-4, "{unreachable} {punching}: {got}, {want}");
    }
}

/// Between kinds: cones at the probability, a symmetric NAT and a cone at half of it, two
/// symmetric NATs and whatever is blocked never. It is drawn once for a pair, whoever asks.
#[test]
fn punching_depends_on_both_ends() {
    let behind = Behind { mapped: 0.0, cone: 0.4, symmetric: 0.4, blocked: 0.2 };
    let nat = nat(600, NatSpec { unreachable: 1.0, behind, ..NatSpec::default() }, 5);
    let share = |one: Reach, other: Reach| {
        let nat = &nat;
        let of = |reach: Reach| (0..600).filter(move |id| nat.reach[*id as usize] == reach);
        let pairs: Vec<_> = of(one).flat_map(|a| of(other).map(move |b| (a, b))).filter(|(a, b)| a != b).collect();
        let works = |(a, b): &&(u32, u32)| nat.can_punch(NodeId(*a), NodeId(*b));
        assert!(pairs.iter().all(|(a, b)| works(&&(*a, *b)) == works(&&(*b, *a))), "the same from both ends");
        pairs.iter().filter(works).count() as f64 / pairs.len() as f64
    };
    assert!((share(Reach::Cone, Reach::Cone) - 0.7).abs() < 0.01);
    assert!((share(Reach::Cone, Reach::Symmetric) - 0.35).abs() < 0.01);
    assert_eq!(share(Reach::Symmetric, Reach::Symmetric), 0.0);
    assert_eq!([Reach::Cone, Reach::Symmetric, Reach::Blocked].map(|other| share(Reach::Blocked, other)), [0.0; 3]);
}

/// Oracle N5: relays are full when 64 nodes for each have reserved at two.
#[test]
fn n5_reservations_of_a_relay() {
    let spec = NatSpec { unreachable: 1.0, behind: CONES, relays: 2, ..NatSpec::default() };
    let room = spec.relays * bound::nat::nodes_per_relay(spec.reservations, spec.reserve_at);
    let of = |nodes: u32| (0..nodes).map(NodeId);
    let most = nat(room, spec, 3);
    assert_eq!((room, most.held.clone(), of(room).filter(|id| most.is_alone(*id)).count()), (128, vec![128; 2], 0));
    let mut more = nat(room + 3, spec, 3);
    let (alone, others): (Vec<NodeId>, _) = of(room + 3).partition(|id| more.is_alone(*id));
    assert_eq!(alone.len(), 3);
    assert!(more.candidates(alone[0]).is_empty() && !more.reserve(alone[0], NodeId(room + 3)));
    more.go(others[0]);
    assert_eq!(more.candidates(alone[0]).len(), 2, "who goes makes room");
}

/// Oracle N4, in bytes: a circuit carries each way what it may, and the last piece in part.
#[test]
fn n4_what_a_circuit_carries() {
    let mut nat = nat(4, NatSpec { unreachable: 1.0, behind: CONES, ..NatSpec::default() }, 3);
    let ends = [NodeId(0), NodeId(1)];
    let relay = nat.stations[1].reserved()[0];
    for (message, whole) in [(66_155, 1), (4640, 28), (4941, 26), (131_072, 1)] {
        let id = nat.open(ends, Channel::ONLY, relay, [1, 1]).unwrap();
        for from in ends {
            (0..whole).for_each(|_| assert_eq!(nat.write(id, from, message), Written::All));
            let left = 131_072 - whole * message;
            let last = if left > 0 { Written::Part(left) } else { Written::Nothing };
            assert_eq!(nat.write(id, from, message), last);
            assert_eq!(nat.write(id, from, 1), Written::Nothing);
        }
        assert_eq!(nat.close(id).map(|(_, carried)| carried), Some(true));
        assert_eq!((nat.write(id, ends[0], 1), nat.close(id)), (Written::Nothing, None));
    }
}

/// A node has so many circuits over a relay and no more, at whichever end it is.
#[test]
fn circuits_of_a_node_are_limited() {
    let mut nat = nat(40, NatSpec { unreachable: 1.0, behind: CONES, ..NatSpec::default() }, 3);
    let relay = nat.stations[0].reserved()[0];
    let others: Vec<NodeId> =
        (1..40).map(NodeId).filter(|id| nat.stations[id.index()].reserved().contains(&relay)).collect();
    let opened: Vec<_> =
        others.iter().map(|other| nat.open([*other, NodeId(0)], Channel::ONLY, relay, [1, 1])).collect();
    assert!(opened.len() > 17 && opened[..16].iter().all(Option::is_some) && opened[16..].iter().all(Option::is_none));
    assert_eq!(nat.open([NodeId(0), others[20]], Channel::ONLY, relay, [1, 1]), None, "as a caller neither");
    nat.close(opened[3].unwrap());
    assert!(nat.open([NodeId(0), others[20]], Channel::ONLY, relay, [1, 1]).is_some());
}

/// Oracle N6: with the first round at 0, a mapped node is reachable 120 s later and no sooner,
/// and has no relay meanwhile.
#[test]
fn n6_when_a_mapped_node_is_reachable() {
    let behind = Behind { mapped: 1.0, cone: 0.0, ..CONES };
    let mut nat = nat(4, NatSpec { unreachable: 1.0, behind, settled: false, ..NatSpec::default() }, 3);
    let (id, at) = (NodeId(2), Time::from_secs);
    assert!(nat.come(id, Time::ZERO).is_empty() && nat.asks(id) && nat.is_client(id));
    assert_eq!(nat.probe(id, Time::ZERO), Learned::Unreachable);
    assert!(nat.asks(id) && nat.wanted(id) == 0 && !nat.is_dialable(id));
    assert_eq!(nat.plan(NodeId(1), id), Plan::Unanswered);
    assert_eq!(nat.probe(id, at(120)), Learned::Reachable);
    assert_eq!((nat.is_dialable(id), nat.asks(id), nat.is_client(id)), (true, false, false));
    assert_eq!(nat.plan(NodeId(1), id), Plan::Direct);
    // A port that is not mapped yet does not count.
    assert!(nat.come(NodeId(3), Time::ZERO).is_empty());
    assert_eq!(nat.probe(NodeId(3), Time::ZERO), Learned::Unreachable);
    assert_eq!(nat.probe(NodeId(3), Time::from_millis(999)), Learned::Nothing);
}
