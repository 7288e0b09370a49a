//! Which runs a study consists of.

use super::claims::{self, Claim};
use super::values::{Values, extra_columns, places};
use super::{Kept, digest};
use crate::rng::{Purpose, Rng};
use crate::scenario::{Axis, Base, Design, Input, KeyUse, Outline, Point, Scenario, ScenarioError};
use crate::sim::{Keep, RunSpec, Spec};
use std::sync::Arc;
use thiserror::Error;

/// Why there is no plan.
#[derive(Debug, Error)]
pub enum PlanError {
    /// The scenario itself is wrong.
    #[error("{0}")]
    Scenario(#[from] ScenarioError),
    /// A claim is about what is not kept.
    #[error(
        "[expect] is about `{0}`, of which `output.keep = \"row\"` keeps too little\n = expected claims about columns of \
         runs.csv, or another `output.keep`"
    )]
    NotKept(&'static str),
    /// It is wrong at one point of the sweep.
    #[error("{source}\n(at the point {point} of the sweep)")]
    Point {
        /// The swept keys and their values.
        point: String,
        /// What is wrong there.
        source: ScenarioError,
    },
}

/// All runs of a study, in order. Its points are made when they are needed.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Name of the scenario.
    pub name: String,
    /// Its first point in full.
    pub resolved: String,
    /// Digest of the first point.
    pub fingerprint: u64,
    /// What has to hold for every row.
    pub expect: Arc<Vec<Claim>>,
    /// What the scenario has to say whatever its points have, each thing once.
    pub warnings: Vec<String>,
    /// Swept keys that `runs.csv` has no column of its own for.
    pub extra: Vec<String>,
    /// Sets of seeders at every point.
    pub seeder_sets: u32,
    /// Repetitions with every set of seeders; where points differ in them, the most.
    pub repetitions: u32,
    /// What of it was drawn.
    pub design: Option<Arc<Design>>,
    /// How much is kept of each run.
    pub kept: Kept,
    /// Whether its runs are swarms.
    pub of_swarm: bool,
    pub(super) points: Points,
}

/// The points of a plan, and which runs it has at them.
#[derive(Debug, Clone)]
pub(super) enum Points {
    /// The grid of all axes, of which the first varies slowest; at each point every
    /// repetition with every set of seeders, unless points differ in their repetitions.
    Grid { base: Arc<Base>, axes: Vec<Axis>, uneven: Option<Arc<Uneven>> },
    /// Points that are at hand, and the runs in their order.
    List { cells: Vec<Cell>, runs: Vec<RunPlace> },
}

/// Repetitions that differ from point to point.
#[derive(Debug)]
pub(super) struct Uneven {
    /// The number of runs up to and with each point.
    ends: Vec<usize>,
    /// What precision decided them.
    precision: String,
}

/// A point of a plan.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The swept keys and their values.
    pub values: Values,
    /// Name of the protocol.
    pub protocol: String,
    /// The run at this point with the base seed and the first seeders.
    pub base: Spec,
    /// Things to look at before trusting its results.
    pub warnings: Vec<String>,
    /// Keys that may act at other points alone: see [`crate::scenario::in_vain`].
    pub uses: Vec<KeyUse>,
}

/// Where a run stands in its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunPlace {
    /// Its point, counted from 0.
    pub point: usize,
    /// Its set of seeders.
    pub seeder_set: u32,
    /// Which repetition, from 0.
    pub repetition: u32,
}

impl Plan {
    /// The grid of all axes (the first varies slowest), times seeder sets, times
    /// repetitions. Only the first point is made.
    ///
    /// # Errors
    /// On anything that is wrong by itself, and on what is wrong at the first point.
    pub fn new(input: &Input) -> Result<Plan, PlanError> {
        let base = Base::read(input)?;
        let Outline { name, sweep, expect, overruled, mut warnings, .. } = base.outline();
        overruled.map_or(Ok(()), |error| Err(PlanError::Scenario(error)))?;
        let expect = Arc::new(claims::claims(&expect)?);
        let Scenario { resolved, fingerprint, run, .. } =
            base.first().map_err(|source| Values::at(&sweep.axes, 0).wrong(source))?;
        if let Some(measure) = expect.iter().find_map(Claim::beyond_rows).filter(|_| run.keep() == Keep::Row) {
            return Err(PlanError::NotKept(&measure.name));
        }
        if run.swarm().is_some_and(|run| run.trace) {
            warnings.push("`output.trace` is for `codexsim run`; a sweep writes no trace.csv".into());
        }
        Ok(Plan {
            name,
            resolved,
            fingerprint,
            expect,
            warnings,
            extra: extra_columns(&sweep.axes),
            seeder_sets: sweep.seeder_sets,
            repetitions: sweep.repetitions,
            kept: Kept { tables: run.keep(), progress_steps: run.progress_steps() },
            of_swarm: run.swarm().is_some(),
            design: sweep.design.map(Arc::new),
            points: Points::Grid { base: Arc::new(base), axes: sweep.axes, uneven: None },
        })
    }

    /// Of points that are at hand, with `runs` in this order.
    pub(super) fn list(name: &str, cells: Vec<Cell>, runs: Vec<RunPlace>) -> Plan {
        Plan {
            name: name.into(),
            resolved: String::new(),
            fingerprint: 0,
            expect: Arc::default(),
            warnings: vec![],
            extra: vec![],
            seeder_sets: 1,
            repetitions: 1,
            design: None,
            kept: Kept::default(),
            of_swarm: true,
            points: Points::List { cells, runs },
        }
    }

    /// Of the runs `specs`, which need no names and note no downloads.
    pub(super) fn of(specs: Vec<Spec>, tables: Keep) -> Plan {
        let place = |(point, spec): (usize, &Spec)| RunPlace { point, seeder_set: spec.seeder_set(), repetition: 0 };
        let runs = specs.iter().enumerate().map(place).collect();
        let cell = |base: Spec| Cell {
            values: Values::default(),
            protocol: String::new(),
            base: match base {
                Spec::Swarm(base) => Spec::Swarm(RunSpec { progress_steps: 0, ..base }),
                storage => storage,
            },
            warnings: vec![],
            uses: vec![],
        };
        let cells = specs.into_iter().map(cell).collect();
        Plan { kept: Kept { tables, progress_steps: 0 }, ..Plan::list("", cells, runs) }
    }

    /// The points and runs of listed `plans`, which keep as much, one after the other.
    pub(super) fn joined<'a>(plans: impl Iterator<Item = &'a Plan>) -> Plan {
        let (mut all, mut places, mut kept) = (vec![], vec![], Kept::default());
        for plan in plans {
            kept = plan.kept;
            let Points::List { cells, runs } = &plan.points else { continue };
            places.extend(runs.iter().map(|place| RunPlace { point: all.len() + place.point, ..*place }));
            all.extend(cells.iter().cloned());
        }
        Plan { kept, ..Plan::list("", all, places) }
    }

    /// How many points it has.
    pub fn points(&self) -> usize {
        match &self.points {
            Points::Grid { axes, .. } => axes.iter().fold(1, |points, axis| points.saturating_mul(axis.points.len())),
            Points::List { cells, .. } => cells.len(),
        }
    }

    /// How many runs it has.
    #[expect(clippy::len_without_is_empty, reason = "a study has runs")]
    pub fn len(&self) -> usize {
        match &self.points {
            Points::Grid { uneven: Some(uneven), .. } => uneven.ends.last().copied().unwrap_or(0),
            Points::Grid { .. } => self.points().saturating_mul(self.per_point()),
            Points::List { runs, .. } => runs.len(),
        }
    }

    /// Where the run at `index` stands.
    pub fn place(&self, index: usize) -> RunPlace {
        match &self.points {
            Points::Grid { uneven, .. } => {
                let (point, at, runs) = match uneven {
                    None => (index / self.per_point(), index % self.per_point(), self.per_point()),
                    Some(uneven) => uneven.place(index),
                };
                let repetitions = runs / self.seeder_sets as usize;
                RunPlace { point, seeder_set: (at / repetitions) as u32, repetition: (at % repetitions) as u32 }
            }
            Points::List { runs, .. } => runs[index],
        }
    }

    /// The same grid with so many repetitions at each of its points, because of a `precision`.
    pub(super) fn with_repetitions(&self, each: &[u32], precision: String) -> Plan {
        let mut plan = self.clone();
        plan.repetitions = each.iter().copied().max().unwrap_or(1);
        if let Points::Grid { uneven, .. } = &mut plan.points {
            let sets = self.seeder_sets as usize;
            let runs = each.iter().scan(0, |end, repetitions| {
                *end += sets * *repetitions as usize;
                Some(*end)
            });
            *uneven = Some(Arc::new(Uneven { ends: runs.collect(), precision }));
        }
        plan
    }

    /// How precisely a measure is to be known, in words, where that decides the repetitions.
    pub fn precision(&self) -> Option<&str> {
        match &self.points {
            Points::Grid { uneven, .. } => uneven.as_ref().map(|uneven| uneven.precision.as_str()),
            Points::List { .. } => None,
        }
    }

    fn per_point(&self) -> usize {
        self.seeder_sets as usize * self.repetitions as usize
    }

    /// What is swept at `point`.
    pub fn values(&self, point: usize) -> Values {
        match &self.points {
            Points::Grid { axes, .. } => Values::at(axes, point),
            Points::List { cells, .. } => cells[point].values.clone(),
        }
    }

    /// Makes `point`.
    ///
    /// # Errors
    /// On combinations that cannot be run; a listed point is there.
    pub fn cell(&self, point: usize) -> Result<Cell, PlanError> {
        match &self.points {
            Points::Grid { base, axes, .. } => Cell::made(Values::at(axes, point), base.point(&places(axes, point))),
            Points::List { cells, .. } => Ok(cells[point].clone()),
        }
    }

    /// Makes all points.
    ///
    /// # Errors
    /// As of [`Plan::cell`].
    pub fn cells(&self) -> Result<Vec<Cell>, PlanError> {
        (0..self.points()).map(|point| self.cell(point)).collect()
    }

    /// Makes everything that decides the run at `index`.
    ///
    /// # Errors
    /// As of [`Plan::cell`].
    pub fn spec(&self, index: usize) -> Result<Spec, PlanError> {
        let place = self.place(index);
        Ok(self.cell(place.point)?.spec(place))
    }
}

impl Uneven {
    /// The point of the run at `index`, its place there, and how many runs there are.
    fn place(&self, index: usize) -> (usize, usize, usize) {
        let point = self.ends.partition_point(|end| *end <= index);
        let begin = if point == 0 { 0 } else { self.ends[point - 1] };
        (point, index - begin, self.ends[point] - begin)
    }
}

impl Cell {
    /// What `base` says outside its sweep, with `values` over it.
    ///
    /// # Errors
    /// On combinations that cannot be run.
    pub fn with(base: &Base, values: Values) -> Result<Cell, PlanError> {
        let made = base.with(&values.0);
        Cell::made(values, made)
    }

    fn made(values: Values, point: Result<Point, ScenarioError>) -> Result<Cell, PlanError> {
        match point {
            Ok(Point { protocol, run, warnings, uses }) => Ok(Cell { values, protocol, base: run, warnings, uses }),
            Err(source) => Err(values.wrong(source)),
        }
    }

    /// The run at `place`.
    pub fn spec(&self, place: RunPlace) -> Spec {
        // Studies keep no trace, so no run of one needs to make it.
        self.base.again(repetition_seed(self.base.seed(), place.repetition), place.seeder_set)
    }
}

/// Repetition 0 has the base seed itself. Nothing but base seed and repetition
/// goes in: all points meet the same chances, so that their differences are
/// not blurred by luck (common random numbers). The seeds have 53 bits, which
/// every reader of the results keeps exactly.
pub(super) fn repetition_seed(base: u64, repetition: u32) -> u64 {
    match repetition {
        0 => base,
        r => Rng::stream(base, Purpose::Repetitions, u64::from(r)).next_u64() >> 11,
    }
}

/// Digest of everything that decides the run, 16 hex digits.
pub fn run_id(spec: &Spec) -> String {
    format!("{:016x}", run_digest(spec))
}

/// The same as a number.
pub(super) fn run_digest(spec: &Spec) -> u64 {
    digest(&serde_json::to_vec(spec).expect("a specification is plain data"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn plan(sweep: &str, sets: &[&str]) -> Plan {
        let (_file, input) = crate::study::sample::scenario(sweep, sets);
        Plan::new(&input).unwrap()
    }

    /// A setting counts as if it stood in the file; those of the sweep do not.
    #[test]
    fn a_point_at_will_is_that_of_the_same_scenario_with_it() {
        let (_file, input) = crate::study::sample::scenario(SWEEP, &[]);
        let base = Base::read(&input).unwrap();
        let values = Values(vec![("swarm.network_size".into(), 16.into()), ("network.up".into(), "5 Mbit/s".into())]);
        let cell = Cell::with(&base, values).unwrap();
        let alone = plan("", &["swarm.network_size=16", "network.up=5 Mbit/s"]);
        assert_eq!(cell.base, alone.spec(0).unwrap());
        let wrong = Cell::with(&base, Values(vec![("swarm.seeders".into(), 99.into())])).unwrap_err().to_string();
        assert!(wrong.contains("at the point swarm.seeders = 99"), "{wrong}");
    }

    const SWEEP: &str = "[sweep]\n\"swarm.network_size\" = [4, 8]\n\"network.latency\" = [\"0 ms\", \"50 ms\"]\n\
        seeder_sets = 2\nrepetitions = 3\n";

    fn points(plan: &Plan) -> Vec<String> {
        (0..plan.points()).map(|point| plan.values(point).describe()).collect()
    }

    fn ids(plan: &Plan) -> BTreeSet<String> {
        (0..plan.len()).map(|index| run_id(&plan.spec(index).unwrap())).collect()
    }

    #[test]
    fn the_grid_is_in_order_and_the_first_axis_is_slowest() {
        let plan = plan(SWEEP, &[]);
        assert_eq!(
            points(&plan),
            [
                "swarm.network_size = 4, network.latency = 0 ms",
                "swarm.network_size = 4, network.latency = 50 ms",
                "swarm.network_size = 8, network.latency = 0 ms",
                "swarm.network_size = 8, network.latency = 50 ms",
            ]
        );
        assert_eq!(plan.len(), 4 * 2 * 3);
        let order: Vec<RunPlace> = (0..plan.len()).map(|index| plan.place(index)).collect();
        assert!(order.is_sorted() && order.iter().collect::<BTreeSet<_>>().len() == order.len());
        assert_eq!(order[23], RunPlace { point: 3, seeder_set: 1, repetition: 2 });
        assert!(plan.extra.is_empty(), "both keys have columns: {:?}", plan.extra);
    }

    #[test]
    fn cells_set_several_keys_at_once() {
        let cell =
            |n: u32, up: &str| format!("[[sweep.cells]]\n\"swarm.network_size\" = {n}\n\"network.up\" = \"{up}\"\n");
        let both = cell(4, "1 Mbit/s") + &cell(8, "2 Mbit/s");
        let cells = points(&plan(&both, &[]));
        let expected = ["network_size = 4, network.up = 1 Mbit/s", "network_size = 8, network.up = 2 Mbit/s"];
        assert_eq!(cells, expected.map(|cell| format!("swarm.{cell}")));
    }

    #[test]
    fn a_cell_may_leave_constants_of_a_protocol_alone() {
        let cells = "[[sweep.cells]]\nhardware = \"ideal\"\nprotocol = \"bittorrent\"\n\
            [[sweep.cells]]\n\"protocol.bittorrent.ignore_slots\" = true\nprotocol = \"bittorrent\"\n\
            hardware = \"ideal\"\n[[sweep.cells]]\nhardware = \"codex-netns-2025\"\nprotocol = \"codex-v2\"\n";
        let plan = plan(cells, &[]);
        assert_eq!(plan.extra, ["hardware", "protocol.bittorrent.ignore_slots"]);
        let cells = plan.cells().unwrap();
        let shown: Vec<_> = cells.iter().map(|c| (c.protocol.as_str(), c.values.get(&plan.extra[1]))).collect();
        assert_eq!(shown, [("bittorrent", "".into()), ("bittorrent", "true".into()), ("codex-v2", "".into())]);
        let ignores = |spec: &Spec| match &spec.swarm().unwrap().protocol {
            crate::protocols::ProtocolSpec::BitTorrent(p) => Some(p.ignore_slots),
            _ => None,
        };
        assert_eq!([0, 1, 2].map(|i| ignores(&cells[i].base)), [Some(false), Some(true), None]);
        let hardware = |at: usize| cells[at].base.swarm().unwrap().world.hardware;
        assert_ne!(hardware(2), hardware(0));
    }

    #[test]
    fn a_cell_with_a_constant_of_another_protocol_is_refused() {
        let cells = "[[sweep.cells]]\nprotocol = \"bittorrent\"\n[[sweep.cells]]\nprotocol = \"direct\"\n\
            \"protocol.bittorrent.ignore_slots\" = true\n";
        let (_file, input) = crate::study::sample::scenario(cells, &[]);
        let error = Plan::new(&input).unwrap_err().to_string();
        assert!(error.contains("`protocol.bittorrent.ignore_slots` means nothing"), "{error}");
        assert!(error.contains("`direct`"), "{error}");
    }

    #[test]
    fn points_share_their_seeds_and_nothing_else() {
        let plan = plan(SWEEP, &[]);
        let seeds =
            |point: usize| (6 * point..6 * point + 6).map(|at| plan.spec(at).unwrap().seed()).collect::<Vec<_>>();
        assert!((1..4).all(|cell| seeds(cell) == seeds(0)));
        assert_eq!(seeds(0)[0], 7, "repetition 0 is the base seed");
        assert_eq!(seeds(0).iter().collect::<BTreeSet<_>>().len(), 3, "repetitions differ");
        assert_eq!(ids(&plan).len(), plan.len());
    }

    #[test]
    fn an_extended_study_contains_the_old_one() {
        let old = ids(&plan(SWEEP, &[]));
        let longer = SWEEP.replace("repetitions = 3", "repetitions = 5").replace("[4, 8]", "[2, 4, 8]");
        let new = ids(&plan(&longer, &[]));
        assert_eq!((old.len(), new.len()), (24, 60));
        assert!(old.is_subset(&new));
        let other = ids(&plan(SWEEP, &["network.up=1 Mbit/s"]));
        assert!(old.is_disjoint(&other), "another network is another run");
    }
}
