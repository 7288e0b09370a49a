//! Nobody wants or provides anything: for studies of discovery alone.

use crate::ledger::Class;
use crate::protocol::{Cost, Ctx, Message, Protocol, Size, SwarmShape};
use crate::world::{DatasetId, NodeId, World};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `idle` has no constants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {}

/// `idle` has no messages.
#[derive(Debug, Clone, Copy)]
pub enum Msg {}

impl Message for Msg {
    fn class(&self) -> Class {
        match *self {}
    }

    fn size(&self, _world: &World) -> Size {
        match *self {}
    }
}

/// A node of `idle`.
#[derive(Debug)]
pub struct Idle;

impl Protocol for Idle {
    type Params = Params;
    type Shared = ();
    type Msg = Msg;
    type Timer = ();

    /// Nothing moves.
    fn cost(_params: &Params, _shape: &SwarmShape) -> Cost {
        Cost::default()
    }

    fn prepare(_world: &World, _params: &Params) {}

    fn new(_me: NodeId, _world: &World, (): &()) -> Self {
        Idle
    }

    fn open(&mut self, _dataset: DatasetId, _cx: &mut Ctx<'_, Self>) {}

    fn message(&mut self, _from: NodeId, message: &Msg, _cx: &mut Ctx<'_, Self>) {
        match *message {}
    }
}
