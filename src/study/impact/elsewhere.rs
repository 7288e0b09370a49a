//! Where a change acts that did nothing in the worlds of its pack.

use super::is_alike;
use super::sides::{Duel, ImpactError, Request};
use crate::results::{Observation, RunResult};
use crate::scenario;
use crate::sim::RunSpec;
use crate::study::batch::batch;
use crate::study::{Host, Options, Plan, estimate};

/// Further worlds are tried as long as all of them are estimated to take less than
/// this, in s on one core. Estimated, so that it is the same worlds every time.
const MOST_S: f64 = 60.0;

/// Where a change acts that did nothing in the worlds of its pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Elsewhere {
    /// Nowhere: both sides have the same settings.
    Same,
    /// In this world, the cheapest of all packs in which it does.
    World {
        /// The pack.
        pack: String,
        /// Its world.
        world: String,
    },
    /// In none that was tried.
    Nowhere {
        /// Worlds that were tried.
        tried: usize,
        /// Worlds of other packs in which the two sides differ in a setting.
        of: usize,
    },
    /// Time was up before it was found.
    Unknown,
}

/// A pair of runs in a world of another pack.
struct Probe {
    pack: &'static str,
    world: String,
    plan: Plan,
    /// Time on one core, in s.
    seconds: f64,
}

impl Duel {
    /// Tries a pair of runs in the worlds of the other packs, cheap ones first.
    pub(super) fn elsewhere(&self, options: Options, host: &dyn Host) -> Result<Elsewhere, ImpactError> {
        let others = scenario::packs().map(|(pack, _)| pack).filter(|pack| *pack != self.request.pack);
        let mut probes: Vec<Probe> = others.flat_map(|pack| probes(&self.request, pack)).collect();
        probes.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        let of = probes.len();
        if of == 0 && self.is_one_side() {
            return Ok(Elsewhere::Same);
        }
        let mut spent = 0.0;
        for (tried, probe) in probes.into_iter().enumerate() {
            spent += probe.seconds;
            if spent > MOST_S {
                return Ok(Elsewhere::Nowhere { tried, of });
            }
            let Some(alike) = probe.is_alike(options, host)? else { return Ok(Elsewhere::Unknown) };
            if !alike {
                return Ok(Elsewhere::World { pack: probe.pack.into(), world: probe.world });
            }
        }
        Ok(Elsewhere::Nowhere { tried: of, of })
    }

    /// Whether both sides are the same runs in every world.
    fn is_one_side(&self) -> bool {
        let plan = self.plan(1);
        let id = |world, side| &plan.runs[self.run(0, world, side)].id;
        (0..self.worlds.len()).all(|world| id(world, 0) == id(world, 1))
    }
}

/// The worlds of `pack` in which the sides of `request` differ in a setting; none
/// where the pack varies what the request sets.
fn probes(request: &Request, pack: &'static str) -> Vec<Probe> {
    let Ok(duel) = Duel::new(Request { pack: pack.into(), ..request.clone() }) else { return vec![] };
    let all = duel.plan(1);
    let one = |world: usize| {
        let runs = [0, 1].map(|side| duel.run(0, world, side));
        let [base, change] = runs.map(|run| &all.runs[run].id);
        (base != change).then(|| Probe {
            pack,
            world: duel.worlds[world].name.clone(),
            seconds: runs.map(|run| estimate(&all.spec(run)).seconds).iter().sum(),
            plan: Plan { runs: runs.map(|run| all.runs[run].clone()).to_vec(), ..all.clone() },
        })
    };
    (0..duel.worlds.len()).filter_map(one).collect()
}

impl Probe {
    /// Whether the same happens on both sides; nothing when there is no time left.
    fn is_alike(&self, options: Options, host: &dyn Host) -> Result<Option<bool>, ImpactError> {
        if !host.may_start() {
            return Ok(None);
        }
        let specs: Vec<RunSpec> = [0, 1].map(|run| self.plan.spec(run)).to_vec();
        let observed =
            |spec: &RunSpec, outcome: &_| Observation::of(&RunResult::new(self.plan.labels(0), spec, outcome));
        let seen = batch(&specs, options.threads, host, observed);
        Ok(seen.map(|seen| is_alike(&seen[0], &seen[1])))
    }
}
