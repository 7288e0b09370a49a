//! The protocol that CONTRIBUTING shows as a template: it is what is compiled and run
//! here, from outside of the crate.

pub mod protocol;

use crate::common::spec;
use codexsim::ledger::{Class, Outcome, Status};
use codexsim::protocol::{Ctx, Key, Message, Protocol, Size};
use codexsim::sim::run_of;
use codexsim::world::{DatasetId, NodeId, Role, World};
use protocol::{Params, Template};
use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::rc::Rc;

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The first block of CONTRIBUTING in this language that contains `word`.
fn shown(language: &str, word: &str) -> String {
    let text = file(".github/CONTRIBUTING.md");
    let fence = format!("```{language}\n");
    let mut blocks = text.split(&fence).skip(1).filter_map(|rest| rest.split_once("```"));
    blocks.find(|(block, _)| block.contains(word)).unwrap().0.into()
}

/// The constants in the model file that the recipe shows.
fn params() -> Params {
    let model: toml::Table = toml::from_str(&shown("toml", "[constants]")).unwrap();
    assert!(["description", "source", "date", "calibrated", "family"].iter().all(|key| model.contains_key(*key)));
    model["constants"].clone().try_into().unwrap()
}

fn run(further: &[&str]) -> Outcome {
    let small = ["swarm.network_size=8", "swarm.seeders=2", "swarm.file_size=2 MiB", "network.latency=50 ms"];
    let outcome = run_of::<Template>(&params(), &spec(&[&small[..], further].concat()), &mut |_| true);
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    outcome
}

#[test]
fn the_recipe_shows_the_protocol_that_runs() {
    assert_eq!(shown("rust", "impl Protocol for Template"), file("tests/template/protocol.rs"));
}

#[test]
fn the_template_completes_a_swarm() {
    for further in [&[][..], &["network.connected=7"], &["network.degree=3"], &["discovery.model=tracker"]] {
        let outcome = run(further);
        assert_eq!((outcome.status, outcome.completed()), (Status::Complete, 6), "{further:?}");
    }
}

#[test]
fn the_template_goes_on_where_others_go() {
    let lives = ["churn.online={ exponential = { mean = 9.0 } }", "churn.offline={ exponential = { mean = 3.0 } }"];
    for kind in ["departure", "crash"] {
        let kind = format!("churn.kind={kind}");
        let outcome = run(&["churn.model=sessions", lives[0], lives[1], &kind, "stop.run_for=5 min"]);
        assert!(outcome.nodes.iter().filter(|node| node.milestones.all.is_some()).count() >= 6, "{kind}");
    }
}

/// A seeder that has gone at 20 s is still found at 30 s; the dial to it is refused and
/// the other one asked, so that a leecher needs a few round trips more.
#[test]
fn the_template_takes_the_next_provider_when_a_dial_fails() {
    let start = "swarm.start={ at = [\"30 s\"] }";
    let sets = ["swarm.network_size=3", start, "churn.model=trace"];
    let time = |trace: &str| {
        let outcome = run(&[&sets[..], &[trace]].concat());
        assert_eq!((outcome.status, outcome.completed()), (Status::Complete, 1), "{trace}");
        outcome.makespan().unwrap().secs()
    };
    let alone = [0, 1].map(|gone| time(&format!("churn.trace=[[{gone}, 0.0, 20.0]]")));
    let both = time("churn.trace=[[0, 0.0, 9000.0]]");
    assert!(alone.iter().any(|time| (0.05..0.2).contains(&(time - both))), "{alone:?} against {both}");
}

/// What a node of [`Diary`] was told, and when.
type Entries = Rc<RefCell<Vec<(f64, u32, String)>>>;

/// Writes down what it is told: seeders provide, the leecher dials all that it finds.
struct Diary(Entries);

enum Nothing {}

impl Message for Nothing {
    fn class(&self) -> Class {
        match *self {}
    }

    fn size(&self, _world: &World) -> Size {
        match *self {}
    }
}

impl Diary {
    fn note(&self, what: String, cx: &Ctx<'_, Self>) {
        self.0.borrow_mut().push((cx.now().secs(), cx.me.0, what));
    }
}

impl Protocol for Diary {
    type Params = Entries;
    type Shared = Entries;
    type Msg = Nothing;
    type Timer = ();

    fn prepare(_world: &World, params: &Entries) -> Entries {
        Rc::clone(params)
    }

    fn new(_me: NodeId, _world: &World, entries: &Entries) -> Self {
        Diary(Rc::clone(entries))
    }

    fn open(&mut self, _dataset: DatasetId, cx: &mut Ctx<'_, Self>) {
        self.note("start".into(), cx);
        match cx.world.node(cx.me).role {
            Role::Seeder => cx.provide(Key::Dataset(DatasetId(0))),
            _ => cx.find(Key::Dataset(DatasetId(0))),
        }
    }

    fn message(&mut self, _from: NodeId, message: &Nothing, _cx: &mut Ctx<'_, Self>) {
        match *message {}
    }

    fn found(&mut self, _key: Key, providers: &[NodeId], cx: &mut Ctx<'_, Self>) {
        self.note(format!("found {}", providers.len()), cx);
        providers.iter().for_each(|peer| cx.dial(*peer));
    }

    fn connected(&mut self, peer: NodeId, cx: &mut Ctx<'_, Self>) {
        self.note(format!("connected {}", peer.0), cx);
    }

    fn refused(&mut self, peer: NodeId, cx: &mut Ctx<'_, Self>) {
        self.note(format!("refused {}", peer.0), cx);
    }

    fn peer_lost(&mut self, peer: NodeId, cx: &mut Ctx<'_, Self>) {
        self.note(format!("lost {}", peer.0), cx);
    }
}

/// As `codexsim::protocol` tells it: a failed dial is one refusal a round trip later, a
/// peer that goes is lost a delay later, and one that returns starts anew and is told
/// nothing of before.
#[test]
fn callbacks_come_in_the_order_that_is_documented() {
    let sets = [
        "swarm.network_size=3",
        "swarm.seeders=2",
        "swarm.start={ at = [\"30 s\"] }",
        "network.latency=50 ms",
        "network.model=ideal",
        "discovery.round_trips=0",
        "discovery.round_trips_per_doubling=0",
        "churn.model=trace",
        "churn.kind=departure",
        "churn.trace=[[0, 0.0, 40.0], [0, 50.0, 9000.0], [1, 0.0, 20.0]]",
        "stop.run_for=60 s",
    ];
    let entries = Entries::default();
    run_of::<Diary>(&entries, &spec(&sets), &mut |_| true);
    let told = |node: u32| -> Vec<String> {
        let entries = entries.borrow();
        entries.iter().filter(|entry| entry.1 == node).map(|(at, _, what)| format!("{at:.2} {what}")).collect()
    };
    let leecher = told(2);
    assert_eq!(leecher[..3], ["30.00 start", "30.00 found 2", "30.10 refused 1"]);
    assert!(leecher[3].ends_with("connected 0"), "{leecher:?}");
    assert_eq!(leecher[4..], ["40.05 lost 0"]);
    let seeder = told(0);
    assert!(seeder[0] == "0.00 start" && seeder[1].ends_with("connected 2"), "{seeder:?}");
    assert_eq!(seeder[2..], ["50.00 start"], "nobody looks for it again");
    assert_eq!(told(1), ["0.00 start"]);
}
