//! One node with several datasets: what it asks for and serves, message by message.

use super::v2::{CodexV2, Params, Timer};
use super::wanted::{Turn, count_manifests, datasets_of, drop_dataset, is_about, manifest_of, manifests_in};
use super::{Msg, f::CodexF, v1::CodexV1};
use crate::ledger::Class;
use crate::protocol::{Effect, Key, Message, Protocol, Units};
use crate::protocols::parts::bench::{Bench, constants};
use crate::units::{Bytes, Rate, Time};
use crate::world::{BlockSet, DatasetId, DatasetSpec, NodeId, World, WorldSpec};
use std::rc::Rc;

/// Ten nodes and three datasets: 3, 1 and 2000 blocks.
fn world() -> World {
    let plain = DatasetSpec { size: Bytes(1), block_size: Bytes(1_000), group: 1 };
    let class = |blocks: u32| toml::from_str(&format!("name = 'a'\nsize = '{blocks} kB'")).unwrap();
    let spec = WorldSpec { datasets: [3, 1, 2_000].map(class).to_vec(), ..WorldSpec::plain((20, 19), plain, Rate(1)) };
    World::build(&spec, 1, 0)
}

fn set(units: &[u32]) -> Rc<BlockSet> {
    Rc::new(units.iter().copied().collect())
}

const IDS: [DatasetId; 3] = [DatasetId(0), DatasetId(1), DatasetId(2)];
const MANIFESTS: [u32; 3] = [manifest_of(IDS[0]), manifest_of(IDS[1]), manifest_of(IDS[2])];

/// A node that has nothing and wants all three.
fn wanting<P: Protocol>(params: &P::Params) -> Bench<P> {
    let mut bench = Bench::<P>::new(world(), params);
    bench.want(IDS.map(|id| id.0));
    bench.manifests = BlockSet::new();
    bench
}

fn v2() -> Params {
    constants("codex-v2")
}

fn sent<M>(effects: Vec<Effect<M>>) -> Vec<(NodeId, M)> {
    let of = |effect| match effect {
        Effect::Send(to, _, message, _) => Some((to, message)),
        _ => None,
    };
    effects.into_iter().filter_map(of).collect()
}

fn found<M>(effects: &[Effect<M>]) -> Vec<Key> {
    let of = |effect: &Effect<M>| if let Effect::Find(key) = effect { Some(*key) } else { None };
    effects.iter().filter_map(of).collect()
}

#[test]
fn sets_of_many_datasets_are_told_apart() {
    let world = world();
    let mixed = set(&[1, 3, MANIFESTS[2], MANIFESTS[1]]);
    assert_eq!(count_manifests(&mixed), 2);
    assert_eq!(manifests_in(&mixed).collect::<Vec<_>>(), [IDS[2], IDS[1]]);
    assert_eq!(datasets_of(&mixed, &world), BlockSet::range(0, 3));
    assert_eq!(datasets_of(&set(&[MANIFESTS[2]]), &world), BlockSet::one(2));
    assert_eq!(IDS.map(|id| is_about(&set(&[3, MANIFESTS[2]]), id, &world)), [false, true, true]);
    let mut left = BlockSet::clone(&mixed);
    drop_dataset(&mut left, IDS[1], &world);
    assert_eq!(left, *set(&[1, MANIFESTS[2]]));
    let mut turn = Turn::default();
    let keys: Vec<Key> = (0..5).filter_map(|_| turn.next(&mixed, &world)).collect();
    let [a, b] = [Key::Dataset(IDS[0]), Key::Dataset(IDS[1])];
    assert_eq!(keys, [a, b, Key::Manifest(IDS[2]), Key::Manifest(IDS[1]), a]);
}

/// The whole is the sum of the parts: entries add up, what is around them is there once.
#[test]
fn a_mixed_message_is_as_long_as_its_entries_together() {
    let world = world();
    let parts = [set(&[0, 2]), set(&[3]), set(&[4, 100, 140, 2_003]), set(&[MANIFESTS[0], MANIFESTS[2]])];
    let mixed: Rc<BlockSet> = Rc::new(parts.iter().flat_map(|part| part.iter().collect::<Vec<_>>()).collect());
    // Addresses: 44 B with an index below 128, else 45; by CID 42.
    let entries = 2 * (44 + 12) + (44 + 12) + 2 * (44 + 12) + 2 * (45 + 12) + 2 * (42 + 12);
    let list = 1 + 2 + entries + 2;
    assert_eq!(Msg::WantHave(Rc::clone(&mixed)).size(&world).total(), 2 + list + 10);
    let told = |have, lack| Msg::Presence { have, lack };
    let halves = told(Rc::clone(&mixed), Some(Rc::clone(&mixed))).size(&world).total();
    assert_eq!(halves, 2 + 2 * (entries + 9 * (40 - 12)) + 14);
    let alone = |units: &[u32]| Msg::Delivery(set(units), v2().proofs).size(&world);
    let (one, two, both) = (alone(&[2]), alone(&[1_000]), alone(&[2, 1_000]));
    assert_eq!((both.payload, both.proof), (one.payload + two.payload, one.proof + two.proof));
    assert_eq!(both.total(), one.total() + two.total() - 14 - 2);
    let manifests = |units: &[u32]| Msg::Manifests(set(units), 100).size(&world).total();
    assert_eq!(manifests(&MANIFESTS), 3 * (manifests(&MANIFESTS[..1]) - 14 - 2) + 14 + 2);
}

#[test]
fn a_message_is_about_manifests_when_it_is_about_nothing_else() {
    let (manifest, both) = (set(&MANIFESTS[..1]), set(&[0, MANIFESTS[0]]));
    assert_eq!(Msg::WantHave(Rc::clone(&manifest)).class(), Class::Manifest);
    assert_eq!(Msg::WantHave(Rc::clone(&both)).class(), Class::Want);
    let told = |have: &Rc<BlockSet>, lack: &Rc<BlockSet>| {
        Msg::Presence { have: Rc::clone(have), lack: Some(Rc::clone(lack)) }.class()
    };
    assert_eq!(told(&manifest, &manifest), Class::Manifest);
    assert_eq!(told(&Rc::default(), &manifest), Class::Manifest);
    assert_eq!(told(&manifest, &both), Class::Presence);
}

#[test]
fn a_new_peer_is_told_the_wants_of_all_downloads() {
    let asked = |effects| match &sent(effects)[..] {
        [(NodeId(4), Msg::WantHave(list))] => Rc::clone(list),
        other => panic!("{other:?}"),
    };
    let mut bench = wanting::<CodexV2>(&v2());
    IDS.iter().for_each(|id| drop(bench.act(|node, cx| node.open(*id, cx))));
    assert_eq!(asked(bench.act(|node, cx| node.connected(NodeId(4), cx))), set(&MANIFESTS));
    let mut bench = wanting::<CodexV1>(&constants("codex-v1"));
    IDS.iter().for_each(|id| drop(bench.act(|node, cx| node.open(*id, cx))));
    assert_eq!(asked(bench.act(|node, cx| node.connected(NodeId(4), cx))), set(&MANIFESTS));
    let mut bench = wanting::<CodexF>(&constants("codex-f"));
    IDS.iter().for_each(|id| drop(bench.act(|node, cx| node.open(*id, cx))));
    let unpriced = bench.act(|node, cx| node.connected(NodeId(4), cx));
    let [(NodeId(4), message)] = &sent(unpriced)[..] else { panic!("one question") };
    assert_eq!(message.0, Msg::WantHave(set(&MANIFESTS)));
}

/// What comes is booked with its own download, and the window of each opens.
#[test]
fn each_download_has_a_window() {
    let mut bench = wanting::<CodexV2>(&v2());
    IDS.iter().for_each(|id| drop(bench.act(|node, cx| node.open(*id, cx))));
    bench.act(|node, cx| node.connected(NodeId(4), cx));
    let told = Msg::Presence { have: set(&MANIFESTS), lack: None };
    let asked = sent(bench.act(|node, cx| node.message(NodeId(4), &told, cx)));
    assert_eq!(asked, [(NodeId(4), Msg::WantBlock(set(&MANIFESTS)))]);
    let manifests = Msg::Manifests(set(&MANIFESTS), 100);
    bench.act(|node, cx| node.message(NodeId(4), &manifests, cx));
    assert_eq!(bench.manifests, BlockSet::range(0, 3));
    // A block of the window of each: 0 to 2, 3, and 4 to 1027.
    let told = Msg::Presence { have: set(&[2, 3, 1_027, 1_028]), lack: None };
    let asked = sent(bench.act(|node, cx| node.message(NodeId(4), &told, cx)));
    assert_eq!(asked, [(NodeId(4), Msg::WantBlock(set(&[2, 3, 1_027])))]);
    let came = set(&[2, 3, 1_027]);
    let delivery = Msg::Delivery(Rc::clone(&came), v2().proofs);
    bench.given(Units::Set(&came), |node, cx| node.message(NodeId(4), &delivery, cx));
    assert_eq!(bench.store.held_of(&came), *came);
}

/// One search in 3 s for the whole node: each download has its turn.
#[test]
fn downloads_without_peers_are_searched_for_in_turn() {
    let mut bench = wanting::<CodexV2>(&v2());
    let mut keys: Vec<Key> = IDS.iter().flat_map(|id| found(&bench.act(|node, cx| node.open(*id, cx)))).collect();
    for secs in [3, 6, 9] {
        bench.now = Time::from_secs(secs);
        keys.extend(found(&bench.act(|node, cx| node.timer(Timer::Retry, cx))));
    }
    assert_eq!(keys, [0, 2, 1, 0].map(|at: usize| Key::Manifest(IDS[at])));
    // The loop looks for all.
    let all = found(&bench.act(|node, cx| node.timer(Timer::DiscoveryLoop, cx)));
    assert_eq!(all, [2, 1, 0].map(|at: usize| Key::Manifest(IDS[at])));
}

/// Nineteen peers want blocks of all datasets: ten are served, in messages of twenty
/// blocks of whichever.
#[test]
fn the_tasks_are_those_of_the_node() {
    let mut bench = wanting::<CodexV2>(&v2());
    (bench.manifests, bench.wanted) = (BlockSet::range(0, 3), Vec::new());
    let datasets = bench.world.datasets.clone();
    for dataset in datasets.iter() {
        bench.store.add_all(dataset);
    }
    let mut messages = Vec::new();
    for peer in (1..20).map(NodeId) {
        bench.act(|node, cx| node.connected(peer, cx));
        let wanted = Msg::WantBlock(Rc::new((0..30).collect()));
        messages.extend(sent(bench.act(|node, cx| node.message(peer, &wanted, cx))));
    }
    assert_eq!(messages.len(), 10);
    for (_, message) in messages {
        let Msg::Delivery(blocks, _) = message else { panic!("{message:?}") };
        assert_eq!(blocks.len(), 20);
    }
}

/// Manifests travel together, and not with blocks; what is not here holds nothing up.
#[test]
fn manifests_share_a_message() {
    let mut bench = wanting::<CodexV2>(&v2());
    (bench.manifests, bench.wanted) = ([0, 2].into_iter().collect(), Vec::new());
    let first = *bench.world.datasets.get(IDS[0]);
    bench.store.add_all(&first);
    bench.act(|node, cx| node.connected(NodeId(1), cx));
    let wanted = Msg::WantBlock(set(&[0, 1, 2, 3, MANIFESTS[0], MANIFESTS[1], MANIFESTS[2]]));
    let mut messages = sent(bench.act(|node, cx| node.message(NodeId(1), &wanted, cx)));
    for _ in 0..4 {
        messages.extend(sent(bench.act(|node, cx| node.sent(NodeId(1), 0, cx))));
    }
    let manifests = |message: &Msg| match message {
        Msg::Manifests(there, _) => Some(BlockSet::clone(there)),
        _ => None,
    };
    let together: Vec<BlockSet> = messages.iter().filter_map(|(_, message)| manifests(message)).collect();
    assert_eq!(together, [BlockSet::clone(&set(&[MANIFESTS[0], MANIFESTS[2]]))]);
    let blocks: u32 = messages.iter().map(|(_, message)| message.carried().len()).sum();
    assert_eq!(blocks, 3);
}

#[test]
fn what_is_given_up_is_not_asked_for_and_not_taken() {
    let mut bench = wanting::<CodexV2>(&v2());
    bench.manifests = BlockSet::range(0, 3);
    IDS.iter().for_each(|id| drop(bench.act(|node, cx| node.open(*id, cx))));
    bench.act(|node, cx| node.connected(NodeId(4), cx));
    let told = Msg::Presence { have: set(&[0, 3, 4]), lack: None };
    bench.act(|node, cx| node.message(NodeId(4), &told, cx));
    assert!(sent(bench.act(|node, cx| node.close(IDS[2], cx))).is_empty(), "peers are not told");
    let came = set(&[0, 4]);
    let delivery = Msg::Delivery(Rc::clone(&came), v2().proofs);
    bench.given(Units::Set(&came), |node, cx| node.message(NodeId(4), &delivery, cx));
    assert!(bench.store.contains(0) && !bench.store.contains(4));
    let asked = sent(bench.act(|node, cx| node.connected(NodeId(5), cx)));
    assert_eq!(asked, [(NodeId(5), Msg::WantHave(set(&[1, 2, 3])))]);
}
