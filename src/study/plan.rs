//! Which runs a study consists of.

use super::claims::{self, Claim};
use super::{Forecast, batch, digest};
use crate::results::Labels;
use crate::rng::{Purpose, Rng};
use crate::scenario::{self, Axis, Base, Input, Outline, Point, Scenario, ScenarioError};
use crate::sim::RunSpec;
use std::sync::Arc;
use thiserror::Error;

/// Why there is no plan.
#[derive(Debug, Error)]
pub enum PlanError {
    /// The scenario itself is wrong.
    #[error("{0}")]
    Scenario(#[from] ScenarioError),
    /// It is wrong at one point of the sweep.
    #[error("{source}\n(at the point {point} of the sweep)")]
    Point {
        /// The swept keys and their values.
        point: String,
        /// What is wrong there.
        source: ScenarioError,
    },
}

/// All runs of a study, in order.
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
    /// What the scenario has to say, each thing once.
    pub warnings: Vec<String>,
    /// Swept keys that `runs.csv` has no column of its own for.
    pub extra: Vec<String>,
    /// Sets of seeders at every point.
    pub seeder_sets: u32,
    /// Repetitions with every set of seeders.
    pub repetitions: u32,
    /// Steps in which each download is noted; 0 notes nothing.
    pub progress_steps: u32,
    /// The points of the grid.
    pub cells: Vec<Cell>,
    /// The runs: every point with every seeder set and repetition.
    pub runs: Vec<PlannedRun>,
}

/// A point of the grid.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The swept keys and their values.
    pub values: Vec<(String, toml::Value)>,
    /// Name of the protocol.
    pub protocol: String,
    /// The run at this point with the base seed and the first seeders.
    pub base: RunSpec,
}

/// One run of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRun {
    /// Digest of everything that decides the run, 16 hex digits. Two points
    /// that come to the same run share it.
    pub id: String,
    /// Its point, as an index into [`Plan::cells`].
    pub cell: usize,
    /// Its seed.
    pub seed: u64,
    /// Its set of seeders.
    pub seeder_set: u32,
    /// Which repetition, from 0.
    pub repetition: u32,
}

impl Plan {
    /// The grid of all axes (the first varies slowest), times seeder sets,
    /// times repetitions.
    pub fn new(input: &Input) -> Result<Plan, PlanError> {
        let base = Base::read(input)?;
        let Outline { name, sweep, expect, overruled, mut warnings, .. } = base.outline();
        overruled.map_or(Ok(()), |error| Err(PlanError::Scenario(error)))?;
        let expect = Arc::new(claims::claims(&expect)?);
        let mut cells = Vec::new();
        for places in grid(&sweep.axes) {
            let (cell, news) = cell(&base, &sweep.axes, &places)?;
            news.iter().for_each(|warning| scenario::warn(&mut warnings, warning));
            cells.push(cell);
        }
        let Scenario { resolved, fingerprint, run, .. } = base.first()?;
        if run.trace {
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
            progress_steps: run.progress_steps,
            runs: runs(&cells, sweep.seeder_sets, sweep.repetitions),
            cells,
        })
    }

    /// Everything that decides the run at `index`.
    pub fn spec(&self, index: usize) -> RunSpec {
        let run = &self.runs[index];
        // Studies keep no trace, so no run of one needs to make it.
        RunSpec { seed: run.seed, seeder_set: run.seeder_set, trace: false, ..self.cells[run.cell].base.clone() }
    }

    /// What the runs at `indices` will roughly take on so many threads (0: one a core).
    pub fn forecast(&self, indices: &[usize], threads: usize) -> Forecast {
        let specs = indices.iter().map(|index| &self.cells[self.runs[*index].cell].base);
        Forecast::of(specs, batch::threads(threads))
    }

    /// What the run at `index` is called in the results.
    pub fn labels(&self, index: usize) -> Labels<'_> {
        let run = &self.runs[index];
        Labels {
            run_id: &run.id,
            scenario: &self.name,
            protocol: &self.cells[run.cell].protocol,
            repetition: run.repetition,
        }
    }
}

impl Cell {
    /// The point in words: `swarm.network_size = 8, network.up = 10 Mbit/s`.
    pub fn describe(&self) -> String {
        if self.values.is_empty() {
            return "the base scenario".into();
        }
        let words = self.values.iter().map(|(key, value)| format!("{key} = {}", plain(value)));
        words.collect::<Vec<_>>().join(", ")
    }

    /// The value of a swept key as it stands in `runs.csv`.
    pub fn value(&self, key: &str) -> String {
        self.values.iter().find(|(k, _)| k == key).map(|(_, v)| plain(v)).unwrap_or_default()
    }
}

/// A value without the quotes of TOML around text.
fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The point at `places`, an index into each of `axes`, and what is to be warned of there.
fn cell(base: &Base, axes: &[Axis], places: &[usize]) -> Result<(Cell, Vec<String>), PlanError> {
    let chosen = axes.iter().zip(places).flat_map(|(axis, place)| axis.keys.iter().zip(&axis.points[*place]));
    let values: Vec<_> = chosen.filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect();
    let Point { protocol, run, warnings } = base.point(places).map_err(|source| {
        let words = values.iter().map(|(key, value)| format!("{key} = {}", plain(value)));
        let point = words.collect::<Vec<_>>().join(", ");
        if point.is_empty() { PlanError::Scenario(source) } else { PlanError::Point { point, source } }
    })?;
    Ok((Cell { protocol, base: run, values }, warnings))
}

/// Places in all axes, of which the first varies slowest.
fn grid(axes: &[Axis]) -> Vec<Vec<usize>> {
    axes.iter().fold(vec![vec![]], |points, axis| {
        let extended = |point: &Vec<usize>| {
            let point = point.clone();
            (0..axis.points.len()).map(move |place| [&point[..], &[place]].concat())
        };
        points.iter().flat_map(extended).collect()
    })
}

pub(super) fn runs(cells: &[Cell], seeder_sets: u32, repetitions: u32) -> Vec<PlannedRun> {
    let mut runs = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        for seeder_set in 0..seeder_sets {
            for repetition in 0..repetitions {
                let seed = repetition_seed(cell.base.seed, repetition);
                let id = run_id(&RunSpec { seed, seeder_set, ..cell.base.clone() });
                runs.push(PlannedRun { id, cell: index, seed, seeder_set, repetition });
            }
        }
    }
    runs
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
pub fn run_id(spec: &RunSpec) -> String {
    let text = serde_json::to_vec(spec).expect("a specification is plain data");
    format!("{:016x}", digest(&text))
}

/// The keys of `axes` whose values cannot be read off a column of `runs.csv`.
fn extra_columns(axes: &[Axis]) -> Vec<String> {
    const SHOWN: [&str; 5] = ["protocol", "seed", "swarm.network_size", "swarm.seeders", "swarm.file_size"];
    // These have a column for the plain form only, which is a text.
    const SHOWN_AS_TEXT: [&str; 3] = ["network.up", "network.down", "network.latency"];
    let mut extra = Vec::new();
    for axis in axes {
        for (position, key) in axis.keys.iter().enumerate() {
            let text = axis.points.iter().all(|values| values[position].as_ref().is_none_or(|v| v.is_str()));
            let shown = SHOWN.contains(&key.as_str()) || (text && SHOWN_AS_TEXT.contains(&key.as_str()));
            if !shown && !extra.contains(key) {
                extra.push(key.clone());
            }
        }
    }
    extra
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn plan(sweep: &str, sets: &[&str]) -> Plan {
        let (_file, input) = crate::study::sample::scenario(sweep, sets);
        Plan::new(&input).unwrap()
    }

    const SWEEP: &str = "[sweep]\n\"swarm.network_size\" = [4, 8]\n\"network.latency\" = [\"0 ms\", \"50 ms\"]\n\
        seeder_sets = 2\nrepetitions = 3\n";

    #[test]
    fn the_grid_is_in_order_and_the_first_axis_is_slowest() {
        let plan = plan(SWEEP, &[]);
        let cells: Vec<String> = plan.cells.iter().map(Cell::describe).collect();
        assert_eq!(
            cells,
            [
                "swarm.network_size = 4, network.latency = 0 ms",
                "swarm.network_size = 4, network.latency = 50 ms",
                "swarm.network_size = 8, network.latency = 0 ms",
                "swarm.network_size = 8, network.latency = 50 ms",
            ]
        );
        assert_eq!(plan.runs.len(), 4 * 2 * 3);
        let order: Vec<_> = plan.runs.iter().map(|r| (r.cell, r.seeder_set, r.repetition)).collect();
        assert!(order.is_sorted());
        assert!(plan.extra.is_empty(), "both keys have columns: {:?}", plan.extra);
    }

    #[test]
    fn cells_set_several_keys_at_once() {
        let cell =
            |n: u32, up: &str| format!("[[sweep.cells]]\n\"swarm.network_size\" = {n}\n\"network.up\" = \"{up}\"\n");
        let both = cell(4, "1 Mbit/s") + &cell(8, "2 Mbit/s");
        let cells: Vec<String> = plan(&both, &[]).cells.iter().map(Cell::describe).collect();
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
        let shown: Vec<_> = plan.cells.iter().map(|c| (c.protocol.as_str(), c.value(&plan.extra[1]))).collect();
        assert_eq!(shown, [("bittorrent", "".into()), ("bittorrent", "true".into()), ("codex-v2", "".into())]);
        let ignores = |spec: &RunSpec| match &spec.protocol {
            crate::protocols::ProtocolSpec::BitTorrent(p) => Some(p.ignore_slots),
            _ => None,
        };
        assert_eq!([0, 1, 2].map(|i| ignores(&plan.cells[i].base)), [Some(false), Some(true), None]);
        assert_ne!(plan.cells[2].base.world.hardware, plan.cells[0].base.world.hardware);
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
        let seeds = |cell| plan.runs.iter().filter(|r| r.cell == cell).map(|r| r.seed).collect::<Vec<_>>();
        assert!((1..4).all(|cell| seeds(cell) == seeds(0)));
        assert_eq!(seeds(0)[0], 7, "repetition 0 is the base seed");
        assert_eq!(seeds(0).iter().collect::<BTreeSet<_>>().len(), 3, "repetitions differ");
        let ids: BTreeSet<_> = plan.runs.iter().map(|r| &r.id).collect();
        assert_eq!(ids.len(), plan.runs.len());
    }

    #[test]
    fn an_extended_study_contains_the_old_one() {
        let old: BTreeSet<String> = plan(SWEEP, &[]).runs.into_iter().map(|r| r.id).collect();
        let longer = SWEEP.replace("repetitions = 3", "repetitions = 5").replace("[4, 8]", "[2, 4, 8]");
        let new: BTreeSet<String> = plan(&longer, &[]).runs.into_iter().map(|r| r.id).collect();
        assert_eq!((old.len(), new.len()), (24, 60));
        assert!(old.is_subset(&new));
        let other = plan(SWEEP, &["network.up=1 Mbit/s"]);
        assert!(other.runs.iter().all(|r| !old.contains(&r.id)), "another network is another run");
    }

    #[test]
    fn keys_without_a_column_get_one() {
        let text = vec![vec![Some(toml::Value::from("1 ms"))]];
        let table = vec![vec![Some(toml::Value::Table(Default::default()))]];
        let axis =
            |key: &str, points: &Vec<Vec<Option<toml::Value>>>| Axis { keys: vec![key.into()], points: points.clone() };
        let axes = [
            axis("network.latency", &text),
            axis("network.down", &table),
            axis("protocol.codex-v2.window", &text),
            axis("protocol", &text),
        ];
        assert_eq!(extra_columns(&axes), ["network.down", "protocol.codex-v2.window"]);
    }
}
