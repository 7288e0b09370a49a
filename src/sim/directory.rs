//! Static discovery: a directory of providers that everybody can ask.

use super::DiscoverySpec;
use crate::rng::mix;
use crate::units::Time;
use crate::world::{NodeId, Role, World};

/// Who provides the dataset.
#[derive(Debug)]
pub(super) struct Directory {
    /// Providers and when they became known.
    providers: Vec<(Time, NodeId)>,
    round_trips: u64,
    max_providers: usize,
    order_salt: u64,
}

impl Directory {
    /// Knows the seeders already: they announced themselves before the start.
    pub fn new(world: &World, spec: &DiscoverySpec) -> Self {
        let doublings = libm::log2(world.nodes.len() as f64);
        let round_trips = spec.round_trips + spec.round_trips_per_doubling * doublings;
        Directory {
            providers: world.with_role(Role::Seeder).map(|id| (Time::ZERO, id)).collect(),
            round_trips: libm::round(round_trips.max(0.0)) as u64,
            max_providers: spec.max_providers as usize,
            order_salt: mix(world.seed ^ mix(crate::rng::Purpose::Identifiers as u64)),
        }
    }

    /// How long a look-up or an announcement takes.
    pub fn delay(&self, world: &World) -> Time {
        world.latency.mean() * 2 * self.round_trips
    }

    /// Adds a provider; nothing when it is known already.
    pub fn provide(&mut self, node: NodeId, now: Time) {
        if !self.providers.iter().any(|(_, id)| *id == node) {
            self.providers.push((now, node));
        }
    }

    /// The providers that `asker` may know, newest first. (Measured: a leecher
    /// that starts later is served by the one that finished last.) Those who
    /// became known at the same time come in an order of the asker's own, for
    /// answers of many nodes of a directory are merged.
    pub fn find(&self, asker: NodeId, world: &World, out: &mut Vec<NodeId>) {
        out.clear();
        let own_order = |id: NodeId| mix(self.order_salt ^ (u64::from(asker.0) << 32) ^ u64::from(id.0));
        // Providers stand in order of time; only those of equal time need sorting.
        for same_time in self.providers.chunk_by(|a, b| a.0 == b.0).rev() {
            let first = out.len();
            out.extend(same_time.iter().map(|(_, id)| *id).filter(|id| world.may_know(asker, *id)));
            out[first..].sort_unstable_by_key(|id| own_order(*id));
            if out.len() >= self.max_providers {
                out.truncate(self.max_providers);
                return;
            }
        }
    }
}
