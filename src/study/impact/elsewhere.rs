//! Where a change acts that did nothing in the worlds of its pack.

use super::sides::{Duel, ImpactRequest};
use super::{is_alike, observe};
use crate::results::ResultsError;
use crate::scenario;
use crate::study::plan::{Points, run_id};
use crate::study::{Forecast, History, Next, Plan, Question};

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
#[derive(Debug)]
struct WorldProbe {
    pack: &'static str,
    world: String,
    plan: Plan,
    /// Time on one core, in s.
    seconds: f64,
}

/// Tries a pair of runs in the worlds of the other packs, cheap ones first.
#[derive(Debug)]
pub(super) struct Search {
    /// Both sides are the same runs in every world of their own pack.
    one_side: bool,
    probes: Vec<WorldProbe>,
    /// How many were asked for.
    tried: usize,
}

impl Duel {
    /// For a change that did nothing here.
    pub(super) fn search(&self) -> Search {
        let others = scenario::packs().map(|(pack, _)| pack).filter(|pack| *pack != self.request.pack);
        let mut probes: Vec<WorldProbe> = others.flat_map(|pack| probes(&self.request, pack)).collect();
        probes.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        let one_side = self.cells.chunks(2).all(|sides| run_id(&sides[0].base) == run_id(&sides[1].base));
        Search { one_side, probes, tried: 0 }
    }
}

impl Question for Search {
    type Answer = Elsewhere;

    fn next(&mut self, history: &History) -> Result<Next<Elsewhere>, ResultsError> {
        let of = self.probes.len();
        if of == 0 && self.one_side {
            return Ok(Next::Done(Elsewhere::Same));
        }
        if let Some(WorldProbe { pack, world, plan, .. }) = self.tried.checked_sub(1).map(|last| &self.probes[last]) {
            let [base, change] = [observe(history, plan, 0)?, observe(history, plan, 1)?];
            let alike = base.zip(change).map(|(base, change)| is_alike(&base, &change));
            if alike == Some(false) {
                return Ok(Next::Done(Elsewhere::World { pack: (*pack).into(), world: world.clone() }));
            }
        }
        let spent: f64 = self.probes.iter().take(self.tried + 1).map(|probe| probe.seconds).sum();
        match self.probes.get(self.tried).filter(|_| spent <= MOST_S) {
            None => Ok(Next::Done(Elsewhere::Nowhere { tried: self.tried, of })),
            Some(probe) => {
                self.tried += 1;
                Ok(Next::Batch(probe.plan.clone()))
            }
        }
    }
}

/// The worlds of `pack` in which the sides of `request` differ in a setting; none
/// where the pack varies what the request sets.
fn probes(request: &ImpactRequest, pack: &'static str) -> Vec<WorldProbe> {
    let Ok(duel) = Duel::new(ImpactRequest { pack: pack.into(), ..request.clone() }) else { return vec![] };
    let all = duel.plan(1);
    let one = |world: usize| {
        let runs = [0, 1].map(|side| all.place(duel.run(0, world, side)));
        let specs = runs.map(|place| duel.cells[place.point].spec(place));
        let [base, change] = specs.each_ref().map(run_id);
        (base != change).then(|| WorldProbe {
            pack,
            world: duel.worlds[world].name.clone(),
            seconds: specs.iter().map(|spec| Forecast::of([spec], 1).work.seconds).sum(),
            plan: Plan { points: Points::List { cells: duel.cells.clone(), runs: runs.to_vec() }, ..all.clone() },
        })
    };
    (0..duel.worlds.len()).filter_map(one).collect()
}
