//! Several datasets in one node, message by message.

use super::wire::{Blocks, RequestId};
use super::{CodexV3, Msg, PresenceForm, Timer, Token, test_params};
use crate::protocol::{Effect, Key, Message, Protocol};
use crate::protocols::codex::merkle::ProofForm;
use crate::protocols::parts::bench::{Bench, dataset, world};
use crate::units::Time;
use crate::world::{BlockSet, Channel, DatasetId, Datasets, NodeId};

const PEER: NodeId = NodeId(7);

/// A node that has the manifests of three datasets, of 100, 50 and 70 blocks.
fn bench() -> Bench<CodexV3> {
    let mut world = world(10, 65_536, 1);
    world.datasets = Datasets::new([100, 50, 70].map(dataset).to_vec());
    let mut bench = Bench::new(world, &test_params());
    bench.manifests = BlockSet::range(0, 3);
    bench.want(0..3);
    bench
}

/// The same with all blocks, opened and connected with a peer.
fn seeder() -> Bench<CodexV3> {
    let mut bench = bench();
    bench.wanted.clear();
    for dataset in bench.world.datasets.iter() {
        bench.store.add_all(dataset);
    }
    let effects = bench.act(|node, cx| {
        (0..3).for_each(|dataset| node.open(DatasetId(dataset), cx));
        node.connected(PEER, cx);
    });
    let provided = effects.iter().filter(|effect| matches!(effect, Effect::Provide(_))).count();
    assert_eq!((provided, effects.len()), (3, 3), "each manifest, and nothing else is done");
    bench
}

fn sent(effects: Vec<Effect<Msg>>) -> Vec<Msg> {
    let message = |effect| match effect {
        Effect::Send(PEER, Channel::ONLY, message, _) => Some(message),
        _ => None,
    };
    effects.into_iter().filter_map(message).collect()
}

fn told(bench: &mut Bench<CodexV3>, message: Msg) -> Vec<Msg> {
    sent(bench.act(|node, cx| node.message(PEER, &message, cx)))
}

fn written(bench: &mut Bench<CodexV3>, token: Token) -> Vec<Msg> {
    sent(bench.act(|node, cx| node.sent(PEER, token.number(), cx)))
}

fn request(dataset: u32, start: u32, end: u32) -> Msg {
    let id = RequestId { dataset: DatasetId(dataset), slot: 3, generation: 9 };
    Msg::Request(id, Blocks::Run(start, end))
}

#[test]
fn tokens_are_told_apart() {
    for token in [Token::Response, Token::Presence, Token::Loop(DatasetId(0)), Token::Loop(DatasetId(8_191))] {
        assert_eq!(Token::of(token.number()), token);
    }
}

#[test]
fn a_question_about_another_dataset_is_dropped_while_one_is_answered() {
    let mut seeder = seeder();
    let have = |start, end| Msg::Have(start, [(start, end)].into(), PresenceForm::Ranges);
    assert_eq!(told(&mut seeder, Msg::WantHave(100, 150)), [have(100, 150)]);
    assert_eq!(told(&mut seeder, Msg::WantHave(0, 100)), []);
    written(&mut seeder, Token::Presence);
    assert_eq!(told(&mut seeder, Msg::WantHave(0, 100)), [have(0, 100)]);
    // What nobody has the manifest of is no question that keeps another one waiting.
    let mut empty = bench();
    empty.manifests = BlockSet::one(1);
    empty.want([1]);
    empty.store.add_range(100, 110, empty.world.datasets.at(100));
    empty.act(|node, cx| node.connected(PEER, cx));
    assert_eq!(told(&mut empty, Msg::WantHave(150, 220)), []);
    assert_eq!(told(&mut empty, Msg::WantHave(100, 150)), [have(100, 110)]);
}

#[test]
fn requests_for_all_datasets_wait_in_one_row() {
    let mut seeder = seeder();
    let answered = |sent: Vec<Msg>| match &sent[..] {
        [Msg::Response(id, Blocks::Run(start, end), _)] => Some((id.dataset.0, *start, *end)),
        [] => None,
        other => panic!("{other:?}"),
    };
    assert_eq!(answered(told(&mut seeder, request(0, 0, 2))), Some((0, 0, 2)));
    assert_eq!(answered(told(&mut seeder, request(2, 218, 220))), None);
    assert_eq!(answered(told(&mut seeder, request(1, 100, 102))), None);
    assert_eq!(answered(written(&mut seeder, Token::Response)), Some((2, 218, 220)));
    assert_eq!(answered(written(&mut seeder, Token::Response)), Some((1, 100, 102)));
    assert_eq!(answered(written(&mut seeder, Token::Response)), None);
}

#[test]
fn what_was_given_up_is_served_no_more() {
    let mut seeder = seeder();
    let gone = *seeder.world.datasets.get(DatasetId(1));
    seeder.store.remove(&gone);
    seeder.manifests.remove(1);
    let effects = seeder.act(|node, cx| node.close(DatasetId(1), cx));
    assert!(effects.is_empty(), "connections stay: {effects:?}");
    assert_eq!(told(&mut seeder, Msg::ManifestRequest(DatasetId(1))), [Msg::Manifest(DatasetId(1), None)]);
    assert_eq!(told(&mut seeder, Msg::WantHave(100, 150)), []);
    let [Msg::Response(_, found, _)] = &told(&mut seeder, request(1, 100, 102))[..] else { panic!("no answer") };
    assert!(found.units().is_empty());
    assert_eq!(told(&mut seeder, Msg::WantHave(150, 220)).len(), 1, "the others are");
}

/// A download that is given up leaves nothing that acts: all its timers are cancelled or
/// find nothing.
#[test]
fn a_download_given_up_does_nothing_more() {
    let mut leecher = bench();
    leecher.manifests = BlockSet::one(0);
    let look_ups = leecher.act(|node, cx| (0..2).for_each(|dataset| node.open(DatasetId(dataset), cx)));
    assert!(!look_ups.is_empty());
    leecher.act(|node, cx| (0..2).for_each(|dataset| node.close(DatasetId(dataset), cx)));
    for of in 0..2 {
        let of = DatasetId(of);
        for timer in [Timer::Turn(of), Timer::Deadline(of), Timer::Written(of), Timer::Provider(of), Timer::Round(of)] {
            let effects = leecher.act(|node, cx| node.timer(timer, cx));
            assert!(effects.is_empty(), "{timer:?}: {effects:?}");
        }
    }
    let found = leecher.act(|node, cx| node.found(Key::Manifest(DatasetId(1)), &[], cx));
    assert!(found.is_empty(), "{found:?}");
}

/// The first download looks for peers, the others skip it; 3 s later it is whose turn
/// comes first.
#[test]
fn a_node_looks_for_peers_of_one_dataset_in_three_seconds() {
    let mut leecher = bench();
    let found = |effects: Vec<Effect<Msg>>| -> Vec<Key> {
        let key = |effect: &Effect<Msg>| if let Effect::Find(key) = effect { Some(*key) } else { None };
        effects.iter().filter_map(key).collect()
    };
    let opened = found(leecher.act(|node, cx| (0..3).for_each(|dataset| node.open(DatasetId(dataset), cx))));
    assert_eq!(opened, [Key::Manifest(DatasetId(0))]);
    let mut turns = |now: Time, order: [u32; 3]| {
        leecher.now = now;
        found(leecher.act(|node, cx| order.into_iter().for_each(|of| node.timer(Timer::Turn(DatasetId(of)), cx))))
    };
    assert_eq!(turns(Time::from_millis(2_000), [0, 1, 2]), []);
    assert_eq!(turns(Time::from_millis(4_000), [1, 2, 0]), [Key::Manifest(DatasetId(1))]);
    assert_eq!(turns(Time::from_millis(8_000), [2, 0, 1]), [Key::Manifest(DatasetId(2))]);
}

/// A message about a dataset is as long as about an equal one that stands first.
#[test]
fn messages_are_about_places_inside_their_files() {
    let mut world = world(10, 65_536, 1);
    world.datasets = Datasets::new([4_001, 4_001, 4_001].map(dataset).to_vec());
    let messages = |first: u32, of: u32| {
        let id = RequestId { dataset: DatasetId(of), slot: 0, generation: 1 };
        let runs = [(first + 3, first + 5), (first + 300, first + 4_001)];
        let some = || Blocks::new([first + 126, first + 127, first + 4_000].into_iter().collect());
        let mut all = vec![
            Msg::Select { dataset: DatasetId(of), back: true },
            Msg::ManifestRequest(DatasetId(of)),
            Msg::Manifest(DatasetId(of), Some(300)),
            Msg::WantHave(first + 200, first + 4_001),
            Msg::Complete(first + 128),
            Msg::DontHave(first),
            Msg::Request(id, some()),
        ];
        for form in [PresenceForm::Ranges, PresenceForm::Bitmap] {
            all.push(Msg::Have(first + 1, runs.into(), form));
            all.push(Msg::Announce(runs.into(), form));
        }
        for form in [ProofForm::PerBlock, ProofForm::Multiproof] {
            all.push(Msg::Response(id, some(), form));
            all.push(Msg::Response(id, Blocks::Run(first + 3_990, first + 4_001), form));
        }
        all.iter().map(|message| (message.class(), message.size(&world))).collect::<Vec<_>>()
    };
    let first = messages(0, 0);
    assert_eq!(first, messages(4_001, 1));
    assert_eq!(first, messages(8_002, 2));
}
