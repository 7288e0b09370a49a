#![doc = "Deterministic discrete-event simulator of how Codex (Logos Storage) distributes and keeps datasets."]
#![warn(missing_docs)]

pub mod bound;
pub mod cli;
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
