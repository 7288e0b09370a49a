//! Nodes ask one provider at a time for one unit after another.

use codexsim::ledger::Class;
use codexsim::protocol::{Ctx, Key, Message, Protocol, Size, Units};
use codexsim::units::Time;
use codexsim::world::{NodeId, World};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Constants of the template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Pause before providers are looked for again.
    pub retry: Time,
}

/// Messages, by the number of a unit.
#[derive(Debug)]
pub enum Msg {
    /// Send me this one.
    Request(u32),
    /// Here it is.
    Data(u32),
}

impl Message for Msg {
    fn class(&self) -> Class {
        if matches!(self, Msg::Data(_)) { Class::Payload } else { Class::Request }
    }

    fn size(&self, world: &World) -> Size {
        match self {
            Msg::Request(_) => Size::control(4),
            Msg::Data(unit) => Size { payload: world.dataset.bytes_in(*unit), framing: 4, ..Size::default() },
        }
    }

    fn carried(&self) -> Units<'_> {
        if let Msg::Data(unit) = self { Units::Range(*unit, unit + 1) } else { Units::None }
    }
}

/// One node.
#[derive(Debug, Default)]
pub struct Template {
    connected: Vec<NodeId>,
    /// Who is dialled or asked.
    provider: Option<NodeId>,
    /// Providers that were not tried.
    left: Vec<NodeId>,
}

impl Template {
    fn try_next(&mut self, cx: &mut Ctx<'_, Self>) {
        self.provider = self.left.pop();
        match self.provider {
            Some(peer) if self.connected.contains(&peer) => self.ask(peer, cx),
            Some(peer) => cx.dial(peer),
            None => drop(cx.after(cx.shared.retry, ())),
        }
    }

    fn ask(&mut self, peer: NodeId, cx: &mut Ctx<'_, Self>) {
        if cx.store().len() == cx.world.dataset.units() {
            cx.provide(Key::Dataset);
        } else if self.provider == Some(peer) {
            cx.send(peer, Msg::Request(cx.store().contiguous()));
        }
    }
}

impl Protocol for Template {
    type Params = Params;
    type Shared = Params;
    type Msg = Msg;
    type Timer = ();

    fn prepare(_world: &World, params: &Params) -> Params {
        params.clone()
    }

    fn new(_me: NodeId, _world: &World, _params: &Params) -> Self {
        Template::default()
    }

    fn start(&mut self, cx: &mut Ctx<'_, Self>) {
        match cx.store().len() == cx.world.dataset.units() {
            true => cx.provide(Key::Dataset),
            false => cx.find(Key::Dataset),
        }
    }

    fn found(&mut self, _key: Key, providers: &[NodeId], cx: &mut Ctx<'_, Self>) {
        self.left = providers.to_vec();
        self.try_next(cx);
    }

    fn connected(&mut self, peer: NodeId, cx: &mut Ctx<'_, Self>) {
        self.connected.push(peer);
        self.ask(peer, cx);
    }

    fn message(&mut self, from: NodeId, message: &Msg, cx: &mut Ctx<'_, Self>) {
        match message {
            Msg::Request(unit) if cx.store().contains(*unit) => cx.send(from, Msg::Data(*unit)),
            Msg::Request(_) => {} // it has left since with all it had, and came back
            Msg::Data(_) => {
                cx.keep(message.carried());
                self.ask(from, cx);
            }
        }
    }

    /// The dial came to nothing: the next provider's turn.
    fn refused(&mut self, _peer: NodeId, cx: &mut Ctx<'_, Self>) {
        self.try_next(cx);
    }

    fn peer_lost(&mut self, peer: NodeId, cx: &mut Ctx<'_, Self>) {
        self.connected.retain(|other| *other != peer);
        if self.provider == Some(peer) {
            self.try_next(cx);
        }
    }

    fn timer(&mut self, (): (), cx: &mut Ctx<'_, Self>) {
        cx.find(Key::Dataset);
    }
}
