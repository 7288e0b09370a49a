//! Latency only.

use super::{Carried, NetEvent, NetworkSpec, Parcel};
use crate::units::Time;
use crate::world::{NodeId, World};

/// Links are infinitely fast; a message takes the latency and nothing else.
#[derive(Debug)]
pub struct Ideal {}

impl Ideal {
    pub(super) fn new(_world: &World, _spec: &NetworkSpec) -> Self {
        todo!()
    }
    pub(super) fn open(&mut self, _a: NodeId, _b: NodeId) {}
    pub(super) fn close(&mut self, _now: Time, _a: NodeId, _b: NodeId, _out: &mut Vec<NetEvent>) {}
    pub(super) fn send(&mut self, _now: Time, _from: NodeId, _to: NodeId, _parcel: Parcel, _out: &mut Vec<NetEvent>) {}
    pub(super) fn next_event(&self) -> Option<Time> {
        None
    }
    pub(super) fn advance(&mut self, _now: Time, _out: &mut Vec<NetEvent>) {}
    pub(super) fn carried(&self, _node: NodeId) -> Carried {
        Carried::default()
    }
}
