//! A handful of runs at once, of which only a glance is kept.

use super::{Forecast, Host};
use crate::ledger::Outcome;
use crate::sim::{self, RunSpec};
use rayon::prelude::*;

/// How many threads are meant by `asked`: 0 stands for one a core. No variable of the
/// environment has a say in it, as it would if the thread pool were asked.
pub(super) fn threads(asked: usize) -> usize {
    if asked > 0 { asked } else { std::thread::available_parallelism().map_or(1, |cores| cores.get()) }
}

/// Carries out `specs` on so many threads (0: one a core) and keeps what `of`
/// makes of each outcome, in their order; nothing when interrupted.
pub(super) fn batch<T: Send>(
    specs: &[RunSpec],
    threads: usize,
    host: &dyn Host,
    of: impl Fn(&RunSpec, &Outcome) -> T + Sync,
) -> Option<Vec<T>> {
    let threads = self::threads(threads);
    host.foretold(&Forecast::of(specs, threads));
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
