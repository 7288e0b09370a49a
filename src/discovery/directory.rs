//! Static discovery: a directory of providers that everybody can ask.

use super::{Alarm, Out, Outbox};
use crate::protocol::Key;
use crate::rng::{Purpose, mix};
use crate::units::Time;
use crate::world::{DatasetId, NodeId, World};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// Static discovery: a directory that everybody can ask. It knows who
/// provides the dataset; asking and announcing costs round trips, no bytes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StaticParams {
    /// Static: round trips of a look-up in a network of one node.
    // Fitted to the measured number of round trips from the start to the manifest:
    // 10, 12, 14, 15 for 2, 8, 16, 32 nodes (logos-storage-nim bd49591f, capped
    // links). Six of them set up the connection and two ask for the manifest and
    // get it; what remains, 2, 4, 6, 7, is the look-up: 0.7 + 1.25 log2(nodes).
    #[serde(rename(deserialize = "discovery.round_trips"))]
    #[schemars(extend("default" = 0.7, "source" = "logos-storage-nim bd49591f, capped links: 0.7 + 1.25 log2(nodes)"))]
    pub round_trips: f64,
    /// Static: further round trips for each doubling of the network.
    #[serde(rename(deserialize = "discovery.round_trips_per_doubling"))]
    #[schemars(extend("default" = 1.25, "source" = "as of `round_trips`"))]
    pub round_trips_per_doubling: f64,
    /// Static: providers in one answer at the most.
    #[serde(rename(deserialize = "discovery.max_providers"))]
    #[schemars(extend("default" = 200, "source" = "nim-codex-dht providers/cache.nim:22"))]
    pub max_providers: u32,
}

/// Who provides one dataset.
#[derive(Debug, Default)]
struct Providers {
    /// Providers and when they became known.
    known: Vec<(Time, NodeId)>,
    /// The same by node; empty while nobody is known.
    since: Vec<Option<Time>>,
}

impl Providers {
    /// Adds a provider, one of `nodes`; nothing when it is known already.
    fn add(&mut self, node: NodeId, now: Time, nodes: usize) {
        self.since.resize(nodes, None);
        let since = &mut self.since[node.index()];
        if since.is_none() {
            *since = Some(now);
            self.known.push((now, node));
        }
    }
}

/// Who provides which dataset.
#[derive(Debug)]
pub struct Directory {
    /// By dataset.
    datasets: Vec<Providers>,
    /// How long a look-up or an announcement takes.
    delay: Time,
    max_providers: usize,
    order_salt: u64,
}

impl Directory {
    /// Knows already who holds something at the start: it has announced itself before.
    pub(super) fn new(world: &World, params: &StaticParams) -> Self {
        let nodes = world.ids().filter(|id| world.node(*id).role.takes_part()).count();
        let doublings = libm::log2(nodes as f64);
        let round_trips = params.round_trips + params.round_trips_per_doubling * doublings;
        let providers = |dataset: DatasetId| {
            let mut providers = Providers::default();
            let holders = world.ids().filter(|id| world.holds_at_start(*id, dataset));
            holders.for_each(|id| providers.add(id, Time::ZERO, world.nodes.len()));
            providers
        };
        Directory {
            datasets: world.datasets.ids().map(providers).collect(),
            delay: world.mean_delay() * 2 * libm::round(round_trips.max(0.0)) as u64,
            max_providers: params.max_providers as usize,
            order_salt: mix(world.seed ^ mix(Purpose::Identifiers as u64)),
        }
    }

    pub(super) fn provide(&mut self, node: NodeId, key: Key, out: &mut Outbox) {
        out.alarm_after(self.delay, node, Alarm::Announced(key));
    }

    pub(super) fn find(&mut self, node: NodeId, key: Key, out: &mut Outbox) {
        out.alarm_after(self.delay, node, Alarm::Answered(key));
    }

    pub(super) fn alarm(&mut self, node: NodeId, alarm: Alarm, world: &World, out: &mut Outbox) {
        match alarm {
            Alarm::Announced(key) => {
                self.datasets[key.dataset().index()].add(node, out.now, world.nodes.len());
            }
            Alarm::Answered(key) => out.push(Out::Found(node, key, self.answer(node, key, world))),
            _ => {}
        }
    }

    /// The providers that `asker` may know, newest first. (Measured: a leecher
    /// that starts later is served by the one that finished last.) Those who
    /// became known at the same time come in an order of the asker's own, for
    /// answers of many nodes of a directory are merged.
    fn answer(&self, asker: NodeId, key: Key, world: &World) -> Vec<NodeId> {
        let providers = &self.datasets[key.dataset().index()];
        let mut found = Vec::new();
        let own_order = |id: NodeId| mix(self.order_salt ^ (u64::from(asker.0) << 32) ^ u64::from(id.0));
        if let Some(overlay) = &world.overlay {
            // Who knows few need not walk all providers.
            let known =
                overlay.neighbours(asker).iter().filter_map(|id| Some(((*providers.since.get(id.index())?)?, *id)));
            let mut known: Vec<(Time, NodeId)> = known.collect();
            known.sort_unstable_by_key(|(since, id)| (Reverse(*since), own_order(*id)));
            known.truncate(self.max_providers);
            return known.into_iter().map(|(_, id)| id).collect();
        }
        // Providers stand in order of time; only those of equal time need sorting.
        for same_time in providers.known.chunk_by(|a, b| a.0 == b.0).rev() {
            let first = found.len();
            found.extend(same_time.iter().map(|(_, id)| *id).filter(|id| world.may_know(asker, *id)));
            found[first..].sort_unstable_by_key(|id| own_order(*id));
            if found.len() >= self.max_providers {
                found.truncate(self.max_providers);
                break;
            }
        }
        found
    }
}
