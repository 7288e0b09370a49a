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
//! | [`sim`] | one run |
//! | [`scenario`] | scenario files to runs |
//! | [`results`] | result files |
//! | [`study`] | many runs: plan, resume, statistics |
//! | [`report`] | tables for people |
//! | [`cli`] | the command line |
//!
//! ```
//! use codexsim::scenario::{Input, load};
//!
//! let sets = vec!["swarm.network_size=4".into(), "swarm.seeders=1".into(), "swarm.file_size=8 MiB".into()];
//! let scenario = load(&Input { sets, ..Input::default() }).unwrap();
//! let outcome = codexsim::sim::run(&scenario.run, &mut |_| true).unwrap();
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
pub mod network;
pub mod protocol;
pub mod protocols;
pub mod report;
pub mod results;
pub mod rng;
pub mod scenario;
pub mod sim;
pub mod study;
pub mod units;
pub mod world;
