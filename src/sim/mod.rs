//! One run: the loop that hands events to nodes.
//!
//! The loop takes the earlier of the event list and the network, lets the nodes
//! concerned act through a [`crate::protocol::Ctx`], and carries out what they
//! asked for: messages go to the network, timers to the event list. It books
//! every byte and every event while it goes.

mod act;
mod audit;
mod connections;
mod deliver;
mod discover;
mod draining;
mod ending;
mod flight;
mod kinds;
mod mixing;
mod mux;
mod node;
mod patience;
mod presence;
mod reaching;
mod relaying;
mod requests;
mod run;
mod spec;
mod steps;
mod store;
mod watch;

#[cfg(test)]
mod tests;

pub use crate::ledger::Keep;
pub use kinds::{Ended, Spec, carry_out};
pub use spec::{Clock, RunSpec, StopSpec};

use crate::ledger::{Outcome, Status};
use crate::network::NetworkModel;
use crate::protocol::Protocol;
use crate::protocols::Visitor;
use crate::units::{Rate, Time};
use crate::world::World;
use run::Simulation;

/// How far a run is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Simulated time.
    pub time: Time,
    /// Events handled so far.
    pub events: u64,
    /// Share of the wanted units that are stored, 0 to 1.
    pub share: f64,
}

/// Carries out one run. `progress` is told how far it is about every 2^16
/// events; when it returns false the run is abandoned and there is no outcome.
pub fn run(spec: &RunSpec, progress: &mut dyn FnMut(Progress) -> bool) -> Option<Outcome> {
    Some(run_while(spec, progress)).filter(|outcome| outcome.status != Status::Interrupted)
}

/// The same, but of a run that `progress` ends there is the outcome so far, whose
/// status says that it was interrupted. When that is depends on more than the scenario.
pub fn run_while(spec: &RunSpec, progress: &mut dyn FnMut(Progress) -> bool) -> Outcome {
    struct Start<'a>(&'a RunSpec, &'a mut dyn FnMut(Progress) -> bool);
    impl Visitor for Start<'_> {
        type Output = Outcome;
        fn visit<P: Protocol>(self, params: &P::Params) -> Outcome {
            run_of::<P>(params, self.0, self.1)
        }
    }
    spec.protocol.visit(Start(spec, progress))
}

/// The same with the protocol `P`, which need not be among those that come with the
/// program, in place of the one that `spec` names.
pub fn run_of<P: Protocol>(params: &P::Params, spec: &RunSpec, progress: &mut dyn FnMut(Progress) -> bool) -> Outcome {
    let mut world = World::build(&spec.world, spec.seed, spec.seeder_set);
    world.datasets.set_padded(P::PADS);
    if let Some(nat) = &spec.nat {
        nat.prepare(&mut world, &spec.world);
    }
    if let Some(mix) = &spec.mix {
        world.add_relays(mix.relays, libm::round(mix.stale * f64::from(mix.relays)) as u32);
    }
    if spec.discovery.needs_server() {
        world.add_server();
    }
    if spec.network.model == NetworkModel::Ideal {
        // Latency only: the bound and the audit have to know.
        world.nodes.iter_mut().for_each(|n| (n.up, n.down) = (Rate::UNLIMITED, Rate::UNLIMITED));
        world.latency = world.latency.without_capacities();
    }
    Simulation::<P>::new(&world, params, spec).run(progress)
}
