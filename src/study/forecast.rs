//! What runs will roughly take together, in time and memory.

use super::estimate::{Estimate, START, estimate, estimate_with, years};
use crate::sim::Spec;

/// What runs will roughly take together.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Forecast {
    /// How many there are.
    pub runs: usize,
    /// How many of them go on at the same time.
    pub at_a_time: usize,
    /// One after the other.
    pub work: Estimate,
    /// The same if in each full mesh of [`Forecast::LARGE`] nodes and more a node knew
    /// [`Forecast::DEGREE`] others.
    pub sparse: Estimate,
    /// Nodes of the largest full mesh.
    pub mesh: u32,
}

impl Forecast {
    /// Nodes from which on a full mesh is large.
    pub const LARGE: u32 = 100;
    /// Acquaintances that are enough to spread a dataset.
    pub const DEGREE: u32 = 8;

    /// What `specs` will take on so many threads.
    pub fn of<'a>(specs: impl IntoIterator<Item = &'a Spec>, threads: usize) -> Self {
        Self::together(specs.into_iter().map(Self::one), threads)
    }

    fn one(spec: &Spec) -> Self {
        let spec = match spec {
            Spec::Swarm(spec) => spec,
            Spec::Storage(spec) => {
                let work = years(spec);
                return Forecast { runs: 1, at_a_time: 1, work, sparse: work, mesh: 0 };
            }
        };
        let (nodes, full) = (spec.world.swarm.network_size, spec.world.overlay.is_none());
        let work = estimate(spec);
        let limited = full && nodes >= Self::LARGE;
        let sparse = if limited { estimate_with(spec, Self::DEGREE) } else { work };
        Forecast { runs: 1, at_a_time: 1, work, sparse, mesh: if full { nodes } else { 0 } }
    }

    /// What `parts` will take together on so many threads.
    pub fn together(parts: impl IntoIterator<Item = Forecast>, threads: usize) -> Self {
        let sum = parts.into_iter().fold(Forecast::default(), |sum, part| Forecast {
            runs: sum.runs + part.runs,
            at_a_time: 1,
            work: sum.work.then(part.work),
            sparse: sum.sparse.then(part.sparse),
            mesh: sum.mesh.max(part.mesh),
        });
        Forecast { at_a_time: threads.min(sum.runs).max(1), ..sum }
    }

    /// The most nodes with which `spec` would take no more than `bytes` of memory; nothing where
    /// it is no swarm or where fewer nodes do not help.
    pub fn nodes_that_fit(spec: &Spec, bytes: f64) -> Option<u32> {
        let spec = spec.swarm()?;
        let fits = |nodes: u32| {
            let mut smaller = spec.clone();
            smaller.world.swarm.network_size = nodes;
            estimate(&smaller).memory_bytes <= bytes
        };
        let (mut fitting, mut above) = (spec.world.swarm.seeders + 1, spec.world.swarm.network_size);
        if above <= fitting || !fits(fitting) {
            return None;
        }
        while above - fitting > 1 {
            let middle = fitting + (above - fitting) / 2;
            if fits(middle) { fitting = middle } else { above = middle }
        }
        Some(fitting)
    }

    /// Real time, in seconds.
    pub fn seconds(&self) -> f64 {
        if self.runs == 0 { 0.0 } else { START + self.work.seconds / self.at_a_time as f64 }
    }

    /// Real time with limited acquaintance; nothing where that is not much less.
    pub fn sparse_seconds(&self) -> Option<f64> {
        let less = self.sparse.seconds < 0.5 * self.work.seconds;
        less.then(|| START + self.sparse.seconds / self.at_a_time as f64)
    }

    /// Memory that all that go on at the same time may take, in bytes.
    pub fn memory_bytes(&self) -> f64 {
        self.work.memory_bytes * self.at_a_time as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    #[test]
    fn a_forecast_knows_threads_and_the_way_out_of_a_mesh() {
        let spec = |sets: &[&str]| {
            let (_file, input) = crate::study::sample::scenario("", sets);
            scenario::load(&input).unwrap().run
        };
        let swarm = ["swarm.network_size=400", "swarm.seeders=8", "swarm.file_size=400 MB", "protocol=codex-v2"];
        let mesh = spec(&swarm);
        let (one, two) = (Forecast::of([&mesh], 4), Forecast::of([&mesh, &mesh, &mesh], 2));
        assert_eq!((one.runs, one.at_a_time, one.mesh), (1, 1, 400));
        let runs = (two.seconds() - START) / (one.seconds() - START);
        assert!((runs - 1.5).abs() < 1e-9, "three runs, two at a time");
        assert_eq!(two.memory_bytes(), 2.0 * one.memory_bytes());
        let limited = spec(&[&swarm[..], &["network.degree=8"]].concat());
        let limited = estimate(limited.swarm().unwrap());
        assert_eq!(one.sparse_seconds(), Some(START + limited.seconds));
        let sparse = spec(&[&swarm[..], &["network.degree=32"]].concat());
        assert_eq!(Forecast::of([&sparse], 1).sparse_seconds(), None, "no full mesh");
        assert_eq!(Forecast::of([&spec(&[])], 1).sparse_seconds(), None, "a small one");
        assert_eq!(Forecast::of([], 3).seconds(), 0.0);
    }
}
