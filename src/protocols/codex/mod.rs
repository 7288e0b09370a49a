//! Codex block exchange in its generations.
//!
//! What several generations share lives here, what is one's own in its folder:
//! `wire` is the message format of v1, v2 and the sister forks, `responder` how
//! they answer and serve, `wanted` what stands for a manifest among wanted blocks,
//! `discovery` the look-ups of v1 and v2, `reader` the pauses of v1, `order` the order
//! in which hash sets of block addresses are iterated, `merkle` what proofs of several
//! blocks together take.
//!
//! # Many datasets in v1, v2 and the sister forks
//! A node has one of each: pending table, peer table, discovery, network, engine
//! (`logos-storage/logos-storage-nim` `codex/codex.nim:301-347`). So what is wanted,
//! what is asked of a peer, what it told and what it wants are sets over all datasets,
//! and a list or an answer may speak of several. A download has its own window, or its
//! own batch, and no more; nothing limits how many there are.

mod batches;
mod coding;
mod discovery;
pub mod f;
#[cfg(test)]
mod many;
pub mod merkle;
mod order;
mod reader;
mod responder;
pub mod v1;
pub mod v2;
pub mod v3;
mod wanted;
mod wire;

pub use coding::{Coding, Reading, Rebuilt, Stage};
pub use responder::Serving;
pub use wire::{Msg, Unpriced};

use crate::protocol::{Ctx, Key, Protocol};
use crate::world::{DatasetId, World};
use order::HashOrder;

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
fn advertise<P: Protocol>(dataset: DatasetId, cx: &mut Ctx<'_, P>) {
    cx.provide(Key::Manifest(dataset));
    cx.provide(Key::Dataset(dataset));
}

/// Blocks of a unit, in all datasets of a run alike.
fn group(world: &World) -> u32 {
    world.datasets.iter().next().map_or(1, |dataset| dataset.group)
}
