//! Static discovery: a directory of providers that everybody can ask.

use super::DiscoverySpec;
use crate::rng::{Purpose, Rng};
use crate::units::Time;
use crate::world::{NodeId, Role, World};

/// Who provides the dataset.
#[derive(Debug)]
pub(super) struct Directory {
    /// Providers, oldest first.
    providers: Vec<NodeId>,
    round_trips: u64,
    max_providers: usize,
}

impl Directory {
    /// Knows the seeders already: they announced themselves before the start,
    /// in random order.
    pub fn new(world: &World, spec: &DiscoverySpec) -> Self {
        let mut providers: Vec<NodeId> = world.with_role(Role::Seeder).collect();
        Rng::stream(world.seed, Purpose::Identifiers, 0).shuffle(&mut providers);
        let doublings = libm::log2(world.nodes.len() as f64);
        let round_trips = spec.round_trips + spec.round_trips_per_doubling * doublings;
        Directory {
            providers,
            round_trips: libm::round(round_trips.max(0.0)) as u64,
            max_providers: spec.max_providers as usize,
        }
    }

    /// How long a look-up or an announcement takes.
    pub fn delay(&self, world: &World) -> Time {
        world.latency.mean() * 2 * self.round_trips
    }

    /// Adds a provider as the newest one.
    pub fn provide(&mut self, node: NodeId) {
        self.providers.retain(|p| *p != node);
        self.providers.push(node);
    }

    /// The providers that `asker` may know, newest first.
    pub fn find(&self, asker: NodeId, world: &World, out: &mut Vec<NodeId>) {
        out.clear();
        let known = self.providers.iter().rev().filter(|p| world.may_know(asker, **p));
        out.extend(known.take(self.max_providers).copied());
    }
}
