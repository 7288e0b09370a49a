//! From bytes to arrival times.
//!
//! The network knows nodes, their access links, and opaque messages with a size
//! in wire bytes; it knows nothing of blocks or protocols. It is a model in the
//! sense of SimGrid: one asks it when its next event is and tells it to advance
//! to now; it never touches the event list of the simulation.
//!
//! Three models, from simple to true: `ideal` (latency only), `fifo` (links serve
//! whole messages in order), `fair` (the heads of all busy streams share the links
//! max-min). A message passes the uplink of its sender, the core links on its route
//! where the world has a graph with capacities, and the downlink of its receiver.

mod bbr;
mod bucket;
mod congestion;
mod fair;
mod fifo;
mod flights;
mod head;
mod ideal;
mod streams;
mod transport;
mod window;

#[cfg(test)]
mod tests;

pub use fair::Bulk;
pub use head::{Bottleneck, HeadFlight};
pub use transport::Transport;

use crate::dist::Distribution;
use crate::units::{Bytes, Refusal, Time, require};
use crate::world::{Channel, Congestion, NodeId, World};
use fair::Fair;
use fifo::Fifo;
use ideal::LatencyOnly;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which model of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NetworkModel {
    /// Latency only: links are infinitely fast.
    Ideal,
    /// Links serve messages one after another, in order of sending.
    Fifo,
    /// Streams share links max-min fairly.
    Fair,
}

/// How the network is modelled. A field is read at the dotted key that it names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NetworkSpec {
    /// How the network is modelled.
    #[serde(rename(deserialize = "network.model"))]
    #[schemars(extend("default" = "fair"))]
    pub model: NetworkModel,
    /// The layers below the protocol: "default", "none", or a table of the constants that differ.
    #[serde(rename(deserialize = "network.transport"))]
    #[schemars(with = "transport::Form")]
    pub transport: Transport,
    /// Random addition to the latency of each message, in seconds or with a unit;
    /// messages of one stream never overtake each other.
    #[serde(rename(deserialize = "network.jitter"))]
    #[schemars(extend("examples" = [{ "exponential": { "mean": "5 ms" } }]))]
    pub jitter: Option<Distribution>,
    /// Share of the packets of streams that are lost on the way, besides those that a full
    /// buffer drops; for senders that answer to losses. What is sent again is not counted.
    #[serde(rename(deserialize = "network.loss"))]
    #[schemars(range(min = 0.0, max = 1.0), extend("default" = 0.0))]
    pub loss: f64,
}

impl NetworkSpec {
    /// Refuses what cannot be a network.
    ///
    /// # Errors
    /// On the first thing that makes no sense.
    pub fn check(&self) -> Result<(), Refusal> {
        self.jitter.map_or(Ok(()), |jitter| jitter.check("network.jitter"))?;
        self.transport.check()?;
        let (ignored, lossy) = (self.transport.congestion == Congestion::Even, self.loss > 0.0);
        let loss = format!("a loss of {} of the packets", self.loss);
        require((0.0..1.0).contains(&self.loss), "network.loss", loss.clone(), "at least 0, below 1")?;
        let needs = "0, or senders that answer to it: network.transport.congestion = \"cubic\", \"reno\" or \"bbr\"";
        require(!(ignored && lossy), "network.loss", loss, needs)
    }
}

/// What the network has to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetEvent {
    /// The first byte of a tracked message has left, or the buffer of its host has taken all
    /// of it: its writer may go on.
    Started(u32),
    /// A message has arrived in full.
    Arrived(u32),
    /// A message will not arrive, for its connection was closed.
    Lost {
        /// The message.
        id: u32,
        /// How much of it had left the sender.
        carried: Bytes,
    },
}

/// A message as the network sees it.
#[derive(Debug, Clone, Copy)]
pub struct WireFlight {
    /// The caller's name for it.
    pub id: u32,
    /// Its size on the wire.
    pub wire: Bytes,
    /// Whether [`NetEvent::Started`] is wanted.
    pub tracked: bool,
}

/// What becomes of a datagram that has left its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It arrives.
    Arrives,
    /// It is dropped on the way and reported lost when it would have arrived;
    /// it counts on no downlink. (In `fair` it has a share of the receiver's
    /// link while it leaves, as if it were dropped at the end of that link.)
    Dropped,
}

impl Fate {
    fn route(self, to: NodeId) -> flights::Route {
        match self {
            Fate::Arrives => flights::Route::Datagram(to),
            Fate::Dropped => flights::Route::Dropped,
        }
    }
}

/// Bytes that have passed the access link of a node so far. Over all nodes,
/// `up` = `down` + what [`NetEvent::Lost`] says was carried + what is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Carried {
    /// Out of the node, byte by byte: what has left of a message counts, whatever
    /// becomes of it. (A datagram counts when all of it has left.)
    pub up: Bytes,
    /// Into the node, message by message: each counts when it arrives, lost ones
    /// never.
    pub down: Bytes,
}

/// The network of one run.
#[derive(Debug)]
pub enum Network {
    /// See [`NetworkModel::Ideal`].
    Ideal(Box<LatencyOnly>),
    /// See [`NetworkModel::Fifo`].
    Fifo(Box<Fifo>),
    /// See [`NetworkModel::Fair`].
    Fair(Box<Fair>),
}

/// The same expression for whichever model it is.
macro_rules! each {
    ($network:expr, $model:ident => $body:expr) => {
        match $network {
            Network::Ideal($model) => $body,
            Network::Fifo($model) => $body,
            Network::Fair($model) => $body,
        }
    };
}

impl Network {
    /// An idle network between the nodes of `world`.
    pub fn new(world: &World, spec: &NetworkSpec) -> Self {
        match spec.model {
            NetworkModel::Ideal => Network::Ideal(Box::new(LatencyOnly::new(world, spec))),
            NetworkModel::Fifo => Network::Fifo(Box::new(Fifo::new(world, spec))),
            NetworkModel::Fair => Network::Fair(Box::new(Fair::new(world, spec))),
        }
    }

    /// Opens the two streams between `a` and `b`; nothing when they are open.
    pub fn open(&mut self, a: NodeId, b: NodeId, channel: Channel) {
        each!(self, model => model.open(a, b, channel))
    }

    /// Closes both streams; everything on them is lost. Messages already on
    /// their way may be reported lost later, when they would have arrived.
    pub fn close(&mut self, now: Time, (a, b): (NodeId, NodeId), channel: Channel, out: &mut Vec<NetEvent>) {
        each!(self, model => model.close(now, (a, b), channel, out))
    }

    /// Of what waits on the stream from `from` to `to` and has not left, whole messages of up to
    /// `most` bytes stay; what is behind them is lost.
    pub fn keep_first(
        &mut self,
        now: Time,
        (from, to): (NodeId, NodeId),
        channel: Channel,
        most: Bytes,
        out: &mut Vec<NetEvent>,
    ) {
        match self {
            Network::Ideal(_) => {} // nothing waits
            Network::Fifo(model) => model.keep_first(now, (from, to), channel, most, out),
            Network::Fair(model) => model.keep_first(now, (from, to), channel, most, out),
        }
    }

    /// Puts a message on the stream from `from` to `to`; on a closed stream it
    /// is lost at once.
    pub fn send(
        &mut self,
        now: Time,
        (from, to): (NodeId, NodeId),
        channel: Channel,
        flight: WireFlight,
        out: &mut Vec<NetEvent>,
    ) {
        each!(self, model => model.send(now, (from, to), channel, flight, out))
    }

    /// Sends a datagram: over the access links like any message, but without a
    /// connection, a window, or a place in an order of arrival. (In `fifo` it
    /// waits for its turn behind what was sent before.)
    pub fn datagram(
        &mut self,
        now: Time,
        ends: (NodeId, NodeId),
        flight: WireFlight,
        fate: Fate,
        out: &mut Vec<NetEvent>,
    ) {
        match self {
            Network::Ideal(model) => model.datagram(now, ends, flight, fate),
            Network::Fifo(model) => model.datagram(now, ends, flight, fate, out),
            Network::Fair(model) => model.datagram(now, ends, flight, fate, out),
        }
    }

    /// When the network next has something to do. That is later than the last
    /// `advance`, unless something was sent or closed since: then it may be the
    /// time of that, for changes of one moment are worked out together.
    pub fn next_event(&self) -> Option<Time> {
        each!(self, model => model.next_event())
    }

    /// Advances to `now`, which is not beyond [`Network::next_event`], and
    /// appends what happened to `out`.
    pub fn advance(&mut self, now: Time, out: &mut Vec<NetEvent>) {
        each!(self, model => model.advance(now, out))
    }

    /// What the stream from `from` to `to` transmits now; nothing when it is idle
    /// or closed, and nothing in `ideal`, where nothing takes time to leave.
    pub fn head(&self, from: NodeId, to: NodeId, channel: Channel) -> Option<HeadFlight> {
        match self {
            Network::Ideal(_) => None,
            Network::Fifo(model) => model.head(from, to, channel),
            Network::Fair(model) => model.head(from, to, channel),
        }
    }

    /// Whether messages that leave `node` share or wait for its uplink.
    pub fn uplink_is_full(&self, node: NodeId) -> bool {
        match self {
            Network::Ideal(_) => false,
            Network::Fifo(model) => model.uplink_is_full(node),
            Network::Fair(model) => model.uplink_is_full(node),
        }
    }

    /// Whether what comes to `node` shares or waits for its downlink.
    pub fn downlink_is_full(&self, node: NodeId) -> bool {
        match self {
            Network::Ideal(_) => false,
            Network::Fifo(model) => model.downlink_is_full(node),
            Network::Fair(model) => model.downlink_is_full(node),
        }
    }

    /// What has left over the core link of this index by `now`, which is not beyond
    /// [`Network::next_event`]: all of a message that has left its sender, and of what
    /// leaves now what has left.
    pub fn core_carried(&self, link: u32, now: Time) -> Bytes {
        match self {
            Network::Ideal(_) => Bytes(0),
            Network::Fifo(model) => model.core_carried(link, now),
            Network::Fair(model) => model.core_carried(link, now),
        }
    }

    /// What has passed the access link of `node` by `now`, which is not beyond
    /// [`Network::next_event`].
    pub fn carried(&self, node: NodeId, now: Time) -> Carried {
        each!(self, model => model.carried(node, now))
    }
}
