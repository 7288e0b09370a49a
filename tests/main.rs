//! All tests of the program from outside, in one binary: it is linked once. One room of
//! it alone: `cargo test --test all golden::`.

mod asked;
mod bitswap;
mod calibrate;
mod churn;
mod cli;
mod codes;
mod codex_switches;
mod codex_v1;
mod codex_v3;
mod common;
mod constraints;
mod discovery;
#[path = "../experiments/duplicates.rs"]
mod duplicates;
mod export;
mod export_transfers;
mod foretold;
mod golden;
mod idle;
mod impact;
mod interrupted;
mod last_piece;
mod layering;
mod limit;
mod many_bitswap;
mod many_bittorrent;
mod many_codex;
mod many_v3;
mod many_yardsticks;
#[path = "../experiments/measured.rs"]
mod measured;
mod metamorphic;
mod mix;
mod nat;
mod oracles;
mod patience;
mod properties;
mod readers;
mod reasons;
mod report;
mod requests;
mod scenario_errors;
mod small;
mod storage_report;
mod stores;
mod survey;
mod template;
mod topology;
mod transfers;
mod two_levels;
mod validate;
mod view;
mod yamux;
mod zero;
