//! Codex block exchange in its generations.
//!
//! What several generations share lives here, what is one's own in its folder:
//! `wire` is the message format of v1 and v2, `order` the order in which hash
//! sets of block addresses are iterated, `merkle` what proofs of several blocks
//! together take.

pub mod merkle;
mod order;
pub mod v2;
pub mod v3;
mod wire;

pub use wire::Msg;

/// The manifest among the wanted units: an ordinary block of the exchange,
/// addressed by its own CID.
pub const MANIFEST: u32 = u32::MAX;
