//! A handful of runs at once, of which only a glance is kept.

use super::Host;
use crate::ledger::Outcome;
use crate::sim::{self, RunSpec};
use rayon::prelude::*;

/// Carries out `specs` on so many threads (0: one a core) and keeps what `of`
/// makes of each outcome, in their order; nothing when interrupted.
pub(super) fn batch<T: Send>(
    specs: &[RunSpec],
    threads: usize,
    host: &dyn Host,
    of: impl Fn(&RunSpec, &Outcome) -> T + Sync,
) -> Option<Vec<T>> {
    host.planned(specs.len() as u64);
    let one = |spec: &RunSpec| {
        let mut events = 0;
        let outcome = sim::run(spec, &mut |progress| {
            host.advanced(progress, progress.events - events);
            events = progress.events;
            !host.interrupted()
        })?;
        host.finished();
        Some(of(spec, &outcome))
    };
    let all = || specs.par_iter().map(|spec| if host.interrupted() { None } else { one(spec) }).collect();
    match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool.install(all),
        // A machine that gives no further threads still has this one.
        Err(_) => specs.iter().map(one).collect(),
    }
}
