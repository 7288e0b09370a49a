//! Codex block exchange in its generations.
//!
//! What several generations share lives here, what is one's own in its folder:
//! `wire` is the message format of v1, v2 and the sister forks, `responder` how
//! they answer and serve, `reader` its pauses, `order` the order in which hash sets
//! of block addresses are iterated, `merkle` what proofs of several blocks together
//! take.

pub mod f;
pub mod merkle;
mod order;
mod reader;
mod responder;
pub mod v1;
pub mod v2;
pub mod v3;
mod wire;

pub use responder::Serving;
pub use wire::{Msg, Unpriced};

use crate::protocol::{Ctx, Key, Protocol};
use crate::world::{DatasetId, World};
use order::HashOrder;

/// The manifest among the wanted units: an ordinary block of the exchange,
/// addressed by its own CID.
pub const MANIFEST: u32 = u32::MAX;

/// What all nodes of a generation share that answers and serves by `responder`.
#[derive(Debug)]
pub struct Shared<P> {
    params: P,
    order: HashOrder,
    serving: Serving,
}

impl<P: Clone> Shared<P> {
    fn new(world: &World, params: &P, serving: Serving) -> Self {
        Shared { params: params.clone(), order: HashOrder::new(world), serving }
    }
}

/// A node that stores the manifest announces itself under both keys of the
/// dataset, whatever else it holds.
fn advertise<P: Protocol>(cx: &mut Ctx<'_, P>) {
    cx.provide(Key::Manifest(DatasetId(0)));
    cx.provide(Key::Dataset(DatasetId(0)));
}
