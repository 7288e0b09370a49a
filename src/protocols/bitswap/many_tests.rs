//! One node and many datasets.

use super::dag::Dags;
use super::tests::params;
use super::wire::{Msg, Response, WantEntry, WantKind};
use super::{Bitswap, Timer};
use crate::protocol::{Effect, Message, Protocol, Units};
use crate::protocols::parts::bench::{self, world};
use crate::units::{Bytes, Time};
use crate::world::{BlockSet, Dataset, DatasetId, Datasets, NodeId, World};

const A: NodeId = NodeId(1);
const B: NodeId = NodeId(2);

/// Three files: two of ten blocks of 1000 B, the second with a short last one, and between
/// them one of a single block.
fn three() -> World {
    let file = |size: u64| Dataset::new(Bytes(size), Bytes(1000), 1, None).unpadded();
    World { datasets: Datasets::new(vec![file(10_000), file(700), file(9_300)]), ..world(10, 1000, 1) }
}

struct Bench(bench::Bench<Bitswap>);

type Effects = Vec<Effect<Msg>>;

impl Bench {
    /// A node that wants the first and the last, connected with A and B.
    fn new() -> Self {
        let mut host = bench::Bench::<Bitswap>::new(three(), &params());
        host.want([0, 2]);
        host.manifests = BlockSet::new();
        host.act(|mind, cx| {
            mind.connected(A, cx);
            mind.connected(B, cx);
            mind.open(DatasetId(0), cx);
            mind.open(DatasetId(2), cx);
        });
        Bench(host)
    }

    fn root(&self, dataset: u32) -> u32 {
        self.0.shared.dags.get(DatasetId(dataset)).root()
    }

    fn flush(&mut self, peer: NodeId) -> Vec<WantEntry> {
        wants(&self.0.act(|mind, cx| mind.timer(Timer::Flush(peer), cx)), peer)
    }

    fn respond(&mut self, from: NodeId, response: Response) -> Effects {
        let message = Msg::Response(Box::new(response));
        self.0.given(message.carried(), |mind, cx| mind.message(from, &message, cx))
    }

    /// `from` says that it has `units`.
    fn have(&mut self, from: NodeId, units: &[u32]) -> Effects {
        let mut response = Response::default();
        units.iter().for_each(|unit| response.have(*unit, &self.0.shared.dags));
        self.respond(from, response)
    }

    /// `from` sends `units`.
    fn give(&mut self, from: NodeId, units: &[u32]) -> Effects {
        let mut response = Response::default();
        units.iter().for_each(|unit| response.block(*unit, &self.0.shared.dags));
        self.respond(from, response)
    }
}

fn wants(effects: &Effects, peer: NodeId) -> Vec<WantEntry> {
    let to_peer = |effect: &Effect<Msg>| match effect {
        Effect::Send(to, _, Msg::Wants(entries), _) if *to == peer => entries.to_vec(),
        _ => Vec::new(),
    };
    effects.iter().flat_map(to_peer).collect()
}

fn entries(units: &[u32], kind: WantKind) -> Vec<WantEntry> {
    units.iter().map(|unit| WantEntry { unit: *unit, kind }).collect()
}

#[test]
fn graph_units_of_all_datasets_stand_in_one_row() {
    let dags = Dags::new(&three().datasets, &params());
    let roots = [0, 1, 2].map(|id| dags.get(DatasetId(id)).root());
    assert_eq!(roots, [21, 10, 22], "behind the 21 leaves; of the single block, itself");
    let owners: Vec<u32> = (0..23).map(|unit| dags.of(unit).0).collect();
    assert_eq!(owners, [vec![0; 10], vec![1], vec![2; 10], vec![0, 2]].concat());
    assert_eq!((dags.get(DatasetId(2)).children(22), dags.get(DatasetId(2)).parent(11)), (11..21, Some(22)));
    assert_eq!((dags.at(20).bytes(20), dags.at(10).bytes(10), dags.blocks(22)), (300, 700, 1));
}

#[test]
fn wants_of_all_sessions_leave_in_one_message() {
    let mut bench = Bench::new();
    let roots = [bench.root(0), bench.root(2)];
    for peer in [A, B] {
        assert_eq!(bench.flush(peer), entries(&roots, WantKind::Broadcast));
    }
    // A has both, B the second: each session asks its own members.
    bench.have(A, &roots);
    bench.have(B, &roots[1..]);
    assert_eq!(bench.flush(A), entries(&roots, WantKind::Block));
    assert_eq!(bench.flush(B), [], "it was told of that want in the broadcast");
    // Both come at once; what is below them is asked for at once, and cancelled together.
    let effects = bench.give(A, &roots);
    assert_eq!(wants(&effects, A), []);
    let asked = bench.flush(A);
    assert_eq!(asked[..2], entries(&roots, WantKind::Cancel)[..], "{asked:?}");
    assert_eq!(asked.len(), 2 + 20, "ten children of each: {asked:?}");
    let told = bench.flush(B);
    assert_eq!(told[..2], entries(&roots, WantKind::Cancel)[..], "{told:?}");
    assert!(told[2..].iter().all(|entry| entry.unit >= 11), "B is not in the first session: {told:?}");
}

#[test]
fn each_session_ends_by_itself() {
    let mut bench = Bench::new();
    let root = bench.root(0);
    bench.have(A, &[root]);
    bench.give(A, &[root]);
    bench.give(A, &(0..10).collect::<Vec<_>>());
    let all = [0, 2].map(|id| bench.0.store.len_of(bench.0.world.datasets.get(DatasetId(id))));
    assert_eq!(all, [10, 0]);
    // The other still searches when it has been idle for a second.
    bench.0.now = Time::from_secs(1);
    let of_ended = bench.0.act(|mind, cx| mind.timer(Timer::Idle(DatasetId(0)), cx));
    assert!(of_ended.is_empty(), "{of_ended:?}");
    let effects = bench.0.act(|mind, cx| mind.timer(Timer::Idle(DatasetId(2)), cx));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Find(key) if key.dataset() == DatasetId(2))));
}

#[test]
fn who_gives_up_a_dataset_cancels_its_wants_and_serves_it_no_more() {
    let mut bench = Bench::new();
    let roots = [bench.root(0), bench.root(2)];
    bench.flush(A);
    bench.0.act(|mind, cx| mind.close(DatasetId(0), cx));
    assert_eq!(bench.flush(A), entries(&roots[..1], WantKind::Cancel));
    // What comes of it nevertheless is not stored.
    bench.give(A, &[roots[0]]);
    bench.give(A, &[0, 1]);
    assert!(bench.0.store.is_empty());
    // What is here of the other is served until it is deleted.
    bench.give(A, &[roots[1]]);
    bench.give(A, &[11, 12]);
    let ask = |bench: &mut Bench, unit: u32| {
        let message = Msg::Wants(entries(&[unit], WantKind::Block).into());
        let effects = bench.0.act(|mind, cx| mind.message(B, &message, cx));
        effects.into_iter().find_map(|effect| match effect {
            Effect::Send(_, _, Msg::Response(response), _) => Some(response),
            _ => None,
        })
    };
    assert!(ask(&mut bench, 11).unwrap().leaves.contains(11));
    let third = bench.0.world.datasets.get(DatasetId(2)).to_owned();
    bench.0.store.remove(&third);
    bench.0.act(|mind, cx| mind.close(DatasetId(2), cx));
    assert_eq!(ask(&mut bench, 12).unwrap().lacks, [12]);
    assert_eq!(ask(&mut bench, roots[1]).unwrap().lacks, [roots[1]]);
}

/// By hand: what a message carries of several datasets has the size that messages of
/// each would have, once the frame that they share is taken off.
#[test]
fn a_message_is_as_long_as_what_it_says_of_each_dataset() {
    let world = three();
    let dags = Dags::new(&world.datasets, &params());
    let response = |units: &[u32]| {
        let mut response = Response::default();
        units.iter().for_each(|unit| response.block(*unit, &dags));
        Msg::Response(Box::new(response))
    };
    let parts: [&[u32]; 3] = [&[0, 1, 21], &[10], &[12, 20]];
    let mixed = response(&parts.concat());
    let size = mixed.size(&world);
    assert_eq!(size.payload, 2 * 1000 + 700 + 1000 + 300);
    assert_eq!(mixed.carried().len(), 5);
    let single = parts.map(|units| response(units).size(&world));
    assert_eq!(size.control, single.iter().map(|size| size.control).sum::<u64>());
    // An empty want list and the length of all, of two bytes, of each.
    let framing: u64 = single.iter().map(|size| size.framing - 4).sum();
    assert_eq!(size.framing - 4, framing);
    assert!(matches!(mixed.carried(), Units::Set(_)));
}

/// 1024 wants, whatever they are of.
#[test]
fn the_ledger_of_a_peer_is_one_for_all_datasets() {
    let mut host = bench::Bench::<Bitswap>::new(three(), &super::Params { queued_wants: 4, ..params() });
    host.act(|mind, cx| mind.connected(A, cx));
    let ask = |units: &[u32]| Msg::Wants(entries(units, WantKind::Broadcast).into());
    host.act(|mind, cx| mind.message(A, &ask(&[0, 1, 11]), cx));
    host.act(|mind, cx| mind.message(A, &ask(&[12, 13, 14]), cx));
    // Four are remembered: of the last message the first two found no room.
    let datasets = host.world.datasets.clone();
    for dataset in datasets.iter() {
        host.store.add_all(dataset);
    }
    host.act(|mind, cx| {
        let units: Vec<u32> = (0..21).collect();
        mind.server.notify(&units, &cx.shared.dags, &cx.shared.params);
    });
    let told = host.node.server.next(&host.shared.dags, &host.shared.params).unwrap().1;
    assert_eq!(told.leaves.iter().collect::<Vec<_>>(), [0, 1, 11, 14], "small blocks come in place of HAVEs");
}
