//! Codex block exchange, generation 2.

mod params;

pub use params::Params;
