//! Deterministic discrete-event simulator of how Codex (today Logos Storage)
//! distributes and keeps datasets.
//!
//! Data flows one way: files become a [`scenario`], a scenario a [`sim`]ulation,
//! its outcome [`results`], many of them a [`study`], and a study a [`report`].
//! Each module is a room; a room uses only those above it in this list:
//!
//! | room | what lives there |
//! |---|---|
//! | [`units`] | time, bytes and rates with their unit in the type |
//! | [`rng`] | named random streams |
//! | [`dist`] | distributions by inverse transform |
//! | [`engine`] | event list and timers |
//! | [`world`] | what is given before time starts: nodes, links, latency, churn, dataset |
//! | [`network`] | bytes to arrival times: ideal, fifo, fair |
//! | [`ledger`] | every byte under one class, every node's progress |
//! | [`bound`] | what no protocol can beat, and closed forms |
//! | [`protocol`] | what a protocol is and what it can touch |
//! | [`protocols`] | the protocols: generations of the Codex block exchange, BitTorrent, Bitswap, and two yardsticks |
//! | [`discovery`] | who provides what: static, tracker, distributed hash tables |
//! | [`mix`] | sessions and streams through a mixnet |
//! | [`nat`] | who can dial whom, and circuits over relays |
//! | [`storage`] | slots on hosts over years: one dataset's history, and how likely its loss is |
//! | [`sim`] | one run |
//! | [`scenario`] | scenario files to runs |
//! | [`results`] | result files |
//! | [`study`] | many runs: plan, resume, statistics |
//! | [`report`] | tables for people |
//! | [`cli`] | the command line |
//!
//! # Glossary
//!
//! | word | meaning |
//! |---|---|
//! | node | a computer in the simulated network, numbered from 0 |
//! | seeder, leecher | a node that holds the dataset from the start; one that wants it |
//! | dataset, block | what is distributed; the unit in which it is requested and stored |
//! | peer | another node that a node knows and is, or will be, connected to |
//! | link | a node's way into the network, with a capacity up and one down, in bit/s |
//! | transport | what is around a message on a link: frames, acknowledgements, windows |
//! | message | what one node sends another; it has a [`ledger::Class`] under which its bytes are booked |
//! | churn | nodes that come, go, crash and lose what they hold |
//! | discovery | how nodes learn who holds the dataset: a directory, a tracker, a hash table |
//! | protocol, family | what a node does; the code of which several protocols are sets of constants |
//! | makespan | from the start of the first leecher to the moment since which all hold everything |
//! | t50, t90, t100 | when a leecher had stored so many percent; ttfb: its first block |
//! | bound | a time that no protocol can beat in this world; efficiency is bound over makespan |
//! | constraint | what holds a leecher back at a moment: a link, a window, waiting, nobody to ask |
//! | scenario | a file that says everything that decides a run |
//! | specification | [`sim::Spec`]: the same with all names looked up; its digest is the run's id |
//! | model | a file of constants with their source: a protocol, network, churn, hardware |
//! | testbed, cell | a set-up in which real swarms were measured; measured runs under equal conditions |
//! | pack, world | a set of conditions under which a change is tried; one of these |
//! | study, point | runs that belong together; those that differ in seed and seeders alone |
//! | sweep | a study that goes through lists of values |
//! | row file | a finished run, kept so that it need not be carried out again |
//! | measure | a quantity of a run: name, unit, which is better, value ([`results::Measure`]) |
//! | claim | what a scenario says must hold of measures (`[expect]`) |
//! | question | what asks for runs, looks at them and asks for more or has its answer |
//! | report | what people read of results: a document, rendered for terminal, Markdown or HTML |
//!
//! ```
//! use codexsim::scenario::{Input, load};
//!
//! let sets = vec!["swarm.network_size=4".into(), "swarm.seeders=1".into(), "swarm.file_size=8 MiB".into()];
//! let scenario = load(&Input { sets, ..Input::default() }).unwrap();
//! let swarm = scenario.run.swarm().unwrap();
//! let outcome = codexsim::sim::run(swarm, &mut |_| true).unwrap();
//! assert_eq!(outcome.completed(), 3);
//! assert!(outcome.makespan().unwrap() > outcome.bound);
//! ```
#![warn(missing_docs)]

pub mod bound;
pub mod cli;
pub mod discovery;
pub mod dist;
pub mod engine;
pub mod ledger;
pub mod mix;
pub mod nat;
pub mod network;
pub mod protocol;
pub mod protocols;
pub mod report;
pub mod results;
pub mod rng;
pub mod scenario;
pub mod sim;
pub mod storage;
pub mod study;
pub mod units;
pub mod world;
