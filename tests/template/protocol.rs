//! Nodes ask one provider at a time for one unit after another.

use codexsim::ledger::Class;
use codexsim::protocol::{Ctx, Key, Message, Protocol, Size, Units};
use codexsim::units::Time;
use codexsim::world::{DatasetId, NodeId, World};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
            Msg::Data(unit) => {
                Size { payload: world.datasets.at(*unit).bytes_in(*unit), framing: 4, ..Size::default() }
            }
        }
    }

    fn carried(&self) -> Units<'_> {
        if let Msg::Data(unit) = self { Units::Range(*unit, unit + 1) } else { Units::None }
    }
}

/// Where a download stands.
#[derive(Debug, Default)]
struct Download {
    /// Who is dialled or asked.
    provider: Option<NodeId>,
    /// Providers that were not tried.
    left: Vec<NodeId>,
}

/// One node.
#[derive(Debug, Default)]
pub struct Template {
    connected: Vec<NodeId>,
    downloads: BTreeMap<DatasetId, Download>,
}

impl Template {
    fn try_next(&mut self, dataset: DatasetId, cx: &mut Ctx<'_, Self>) {
        let Some(download) = self.downloads.get_mut(&dataset) else { return };
        download.provider = download.left.pop();
        match download.provider {
            Some(peer) if self.connected.contains(&peer) => self.ask(dataset, cx),
            Some(peer) => cx.dial(peer),
            None => drop(cx.after(cx.shared.retry, dataset)),
        }
    }

    /// Asks the provider for the next unit; who has all of them provides them.
    fn ask(&mut self, dataset: DatasetId, cx: &mut Ctx<'_, Self>) {
        if !cx.wants(dataset) {
            self.downloads.remove(&dataset);
            return cx.provide(Key::Dataset(dataset));
        }
        let provider = self.downloads.get(&dataset).and_then(|download| download.provider);
        if let Some(peer) = provider {
            cx.send(peer, Msg::Request(cx.store().contiguous_of(cx.dataset(dataset))));
        }
    }

    /// The datasets for which `peer` is dialled or asked.
    fn provided_by(&self, peer: NodeId) -> Vec<DatasetId> {
        let by_peer = |(_, download): &(&DatasetId, &Download)| download.provider == Some(peer);
        self.downloads.iter().filter(by_peer).map(|(dataset, _)| *dataset).collect()
    }
}

impl Protocol for Template {
    type Params = Params;
    type Shared = Params;
    type Msg = Msg;
    /// Time to look for providers of the dataset again.
    type Timer = DatasetId;

    fn prepare(_world: &World, params: &Params) -> Params {
        params.clone()
    }

    fn new(_me: NodeId, _world: &World, _params: &Params) -> Self {
        Template::default()
    }

    fn open(&mut self, dataset: DatasetId, cx: &mut Ctx<'_, Self>) {
        if cx.wants(dataset) {
            self.downloads.insert(dataset, Download::default());
            cx.find(Key::Dataset(dataset));
        } else {
            cx.provide(Key::Dataset(dataset));
        }
    }

    fn close(&mut self, dataset: DatasetId, _cx: &mut Ctx<'_, Self>) {
        self.downloads.remove(&dataset);
    }

    fn found(&mut self, key: Key, providers: &[NodeId], cx: &mut Ctx<'_, Self>) {
        if let Some(download) = self.downloads.get_mut(&key.dataset()) {
            download.left = providers.to_vec();
            self.try_next(key.dataset(), cx);
        }
    }

    fn connected(&mut self, peer: NodeId, cx: &mut Ctx<'_, Self>) {
        self.connected.push(peer);
        self.provided_by(peer).into_iter().for_each(|dataset| self.ask(dataset, cx));
    }

    fn message(&mut self, from: NodeId, message: &Msg, cx: &mut Ctx<'_, Self>) {
        match message {
            Msg::Request(unit) if cx.store().contains(*unit) => cx.send(from, Msg::Data(*unit)),
            Msg::Request(_) => {} // it has left since with all it had, and came back
            Msg::Data(unit) => {
                cx.keep(message.carried());
                self.ask(cx.world.datasets.of(*unit), cx);
            }
        }
    }

    /// The dial came to nothing: the next provider's turn.
    fn refused(&mut self, peer: NodeId, cx: &mut Ctx<'_, Self>) {
        self.provided_by(peer).into_iter().for_each(|dataset| self.try_next(dataset, cx));
    }

    fn peer_lost(&mut self, peer: NodeId, cx: &mut Ctx<'_, Self>) {
        self.connected.retain(|other| *other != peer);
        self.provided_by(peer).into_iter().for_each(|dataset| self.try_next(dataset, cx));
    }

    fn timer(&mut self, dataset: DatasetId, cx: &mut Ctx<'_, Self>) {
        cx.find(Key::Dataset(dataset));
    }
}
