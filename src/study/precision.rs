//! Repetitions where the variance is: each point of a plan gets as many as its mean needs.

use super::statistics::{GrandMean, RunValue, looks};
use super::{Cell, History, Next, Plan, PlanError, Question, RunPlace};
use crate::results::{Measure, ResultsError};
use crate::scenario::Progress;

/// Repetitions at the first look, unless the plan has more: fewer say nothing of a variance.
const FIRST: u32 = 4;
/// The chance that some interval of a point is wrong at some look.
const DOUBT: f64 = 0.05;

/// How precisely a measure is to be known at every point.
#[derive(Debug, Clone, Copy)]
pub struct PrecisionRequest {
    /// The measure.
    pub measure: &'static Measure,
    /// Half the width of the 95 % interval of its mean, as a share of the mean: above 0.
    pub within: f64,
    /// Repetitions at a point at the most.
    pub most: u32,
}

/// Repetitions of the points of a plan, look by look.
///
/// Every point gets the first few; the number of those at which the interval is still too wide
/// is doubled, until it is not or there are as many as allowed. Whoever looks often finds a
/// narrow interval by luck, so each look has its share of the 5 %, as the verdicts of `impact`
/// have: the intervals at all looks of a point hold together.
#[derive(Debug)]
pub struct Precision {
    plan: Plan,
    request: PrecisionRequest,
    cells: Vec<Cell>,
    looks: Vec<u32>,
    points: Vec<PrecisionPoint>,
    /// The runs that were asked for last.
    asked: Option<Plan>,
}

/// What is known of a point.
#[derive(Debug, Clone, Default)]
struct PrecisionPoint {
    /// Repetitions that were asked for.
    repetitions: u32,
    /// The runs that have the measure.
    runs: Vec<RunValue>,
    /// Whether no more are asked for.
    is_closed: bool,
}

/// Where a point ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrecisionEnd {
    /// The interval is narrow enough.
    Within,
    /// It is not.
    Beyond,
    /// No run has the measure.
    Unreached,
}

impl Precision {
    /// `plan` with the repetitions that it has at the first look.
    pub fn at_first(plan: &Plan, most: u32) -> Plan {
        Plan { repetitions: plan.repetitions.max(FIRST.min(most)), ..plan.clone() }
    }

    /// Of the points of `plan`, of which nothing is known yet.
    ///
    /// # Errors
    /// On points that cannot be run.
    pub fn new(plan: &Plan, request: PrecisionRequest) -> Result<Precision, PlanError> {
        let first = Precision::at_first(plan, request.most).repetitions;
        Ok(Precision {
            cells: plan.cells()?,
            looks: looks(first, request.most.max(first)),
            points: vec![PrecisionPoint::default(); plan.points()],
            plan: plan.clone(),
            request,
            asked: None,
        })
    }

    /// The measure that is meant where none is named: what a study is mostly asked for.
    pub fn main_measure(plan: &Plan) -> &'static Measure {
        let name = if plan.of_swarm { "makespan_s" } else { "dataset_loss" };
        Measure::named(name).expect("it is a column of its table")
    }

    /// The plan with all repetitions that were asked for.
    pub fn plan(&self) -> Plan {
        let each: Vec<u32> = self.points.iter().map(|point| point.repetitions).collect();
        self.plan.with_repetitions(&each, self.words())
    }

    /// Where each point ended, or is so far.
    pub fn ends(&self) -> impl Iterator<Item = PrecisionEnd> {
        self.points.iter().map(|point| self.end(point))
    }

    fn words(&self) -> String {
        let Precision { looks, request: PrecisionRequest { measure, within, .. }, .. } = self;
        let (first, most) = (looks[0], looks[looks.len() - 1]);
        let percent = libm::round(within * 1e6) / 1e4;
        format!("{} within {percent} %, {first} to {most} repetitions at a point", measure.name)
    }

    fn end(&self, point: &PrecisionPoint) -> PrecisionEnd {
        let labelled: Vec<_> = point.runs.iter().map(RunValue::labelled).collect();
        let Some(grand) = GrandMean::of(&labelled) else { return PrecisionEnd::Unreached };
        let half = grand.half(DOUBT / self.looks.len() as f64);
        let is_within = half.is_some_and(|half| half <= self.request.within * grand.mean.abs());
        if is_within { PrecisionEnd::Within } else { PrecisionEnd::Beyond }
    }

    /// Takes in the runs of `asked`, all of which were carried out.
    fn read(&mut self, asked: &Plan, seen: &History) -> Result<(), ResultsError> {
        for index in 0..asked.len() {
            let place = asked.place(index);
            let Some(file) = seen.run(asked, index) else { continue };
            let seed = self.cells[place.point].spec(place).seed();
            let value = self.request.measure.value(&file.observation(Progress::Storage)?);
            let run = value.map(|value| RunValue { value, seeder_set: place.seeder_set, seed });
            self.points[place.point].runs.extend(run);
        }
        Ok(())
    }

    /// Asks for what is missing to `repetitions` at every point that is open.
    fn ask(&mut self, repetitions: u32) -> Plan {
        let mut runs = vec![];
        for (at, point) in self.points.iter_mut().enumerate().filter(|(_, point)| !point.is_closed) {
            let sets = 0..self.plan.seeder_sets;
            let place = |seeder_set, repetition| RunPlace { point: at, seeder_set, repetition };
            runs.extend(sets.flat_map(|set| (point.repetitions..repetitions).map(move |r| place(set, r))));
            point.repetitions = repetitions;
        }
        let Plan { name, kept, of_swarm, .. } = &self.plan;
        Plan { kept: *kept, of_swarm: *of_swarm, ..Plan::list(name, self.cells.clone(), runs) }
    }
}

impl Question for Precision {
    /// It is in what was asked: a part of it is there before the end, too.
    type Answer = ();

    fn next(&mut self, seen: &History) -> Result<Next<()>, ResultsError> {
        let mut done = 0;
        if let Some(asked) = self.asked.take() {
            self.read(&asked, seen)?;
            done = self.points.iter().map(|point| point.repetitions).max().unwrap_or(0);
            let ends: Vec<bool> = self.ends().map(|end| end != PrecisionEnd::Beyond).collect();
            self.points.iter_mut().zip(ends).for_each(|(point, ended)| point.is_closed |= ended);
        }
        let open = self.points.iter().any(|point| !point.is_closed);
        let look = self.looks.iter().copied().find(|look| *look > done);
        let Some(look) = look.filter(|_| open) else { return Ok(Next::Done(())) };
        let plan = self.ask(look);
        self.asked = Some(plan.clone());
        Ok(Next::Batch(plan))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Rng};
    use crate::study::sample::{self, Willing};
    use crate::study::{Cache, Execution, Options, Runner, Selection};

    fn request(within: f64, most: u32) -> PrecisionRequest {
        PrecisionRequest { measure: Measure::named("makespan_s").unwrap(), within, most }
    }

    /// At the first point nothing is left to chance, at the second messages are late by chance.
    fn plan() -> Plan {
        let late = "{ uniform = { low = \"0 ms\", high = \"900 ms\" } }";
        let sweep = format!("[sweep]\n\"network.jitter\" = [{{ fixed = {{ value = \"0 ms\" }} }}, {late}]\n");
        let (_file, input) = sample::scenario(&sweep, &[]);
        Plan::new(&input).unwrap()
    }

    fn ask(plan: &Plan, request: PrecisionRequest, cache: Cache) -> (Precision, Execution) {
        let mut question = Precision::new(plan, request).unwrap();
        let options = Options { threads: 1, reproducible: true };
        let asked = Runner::new(cache, options, &Willing::ever()).ask(&mut question).unwrap();
        assert!(asked.answer.is_some());
        (question, asked.execution)
    }

    #[test]
    fn repetitions_go_where_the_variance_is_and_none_is_carried_out_twice() {
        let (plan, dir) = (plan(), tempfile::tempdir().unwrap());
        let folder = || Cache::folder(dir.path()).unwrap();
        let (first, done) = ask(&plan, request(0.001, 16), folder());
        let grown = first.plan();
        let repetitions = |plan: &Plan| {
            (0..2).map(|point| (0..plan.len()).filter(|at| plan.place(*at).point == point).count()).collect::<Vec<_>>()
        };
        assert_eq!(repetitions(&grown), [4, 16]);
        assert_eq!((grown.len(), done.computed, done.reused), (20, 20, 0));
        assert_eq!(first.ends().collect::<Vec<_>>(), [PrecisionEnd::Within, PrecisionEnd::Beyond]);
        let (again, done) = ask(&plan, request(0.001, 16), folder());
        assert_eq!((again.plan().len(), done.computed, done.reused), (20, 0, 20));
        let (_, done) = ask(&plan, request(0.001, 32), folder());
        assert_eq!((done.computed, done.reused), (16, 20), "more are allowed: those that there are stay");
        let runs = grown.runs(Selection::All).unwrap();
        assert!((0..20).all(|at| dir.path().join("rows").join(format!("{}.csv", runs.id(at))).exists()));
    }

    /// Of a run that does not complete there is no makespan.
    #[test]
    fn what_no_run_reaches_is_not_waited_for() {
        let (_file, input) = sample::scenario("", &["stop.max_time=10 ms"]);
        let plan = Plan::new(&input).unwrap();
        let (question, done) = ask(&plan, request(0.01, 64), Cache::memory());
        assert_eq!((done.computed, question.ends().collect::<Vec<_>>()), (4, vec![PrecisionEnd::Unreached]));
    }

    /// Values whose spread varies: at every stop the interval that stopped it is right in 95 %.
    #[test]
    fn looking_often_costs_no_confidence() {
        let (plan, request) = (plan(), request(0.2, 64));
        let question = Precision::new(&plan, request).unwrap();
        let level = DOUBT / question.looks.len() as f64;
        let experiments = 2_000;
        let covered = (0..experiments).filter(|at| {
            let mut rng = Rng::stream(11, Purpose::Resamples, *at);
            let mut point = PrecisionPoint::default();
            for look in &question.looks {
                while point.runs.len() < *look as usize {
                    let value = 1.0 + 0.3 * crate::dist::normal_quantile(rng.uniform());
                    point.runs.push(RunValue { value, seeder_set: 0, seed: point.runs.len() as u64 });
                }
                if question.end(&point) == PrecisionEnd::Within {
                    break;
                }
            }
            let labelled: Vec<_> = point.runs.iter().map(RunValue::labelled).collect();
            let grand = GrandMean::of(&labelled).unwrap();
            (grand.mean - 1.0).abs() <= grand.half(level).unwrap()
        });
        let share = covered.count() as f64 / experiments as f64;
        assert!(share >= 0.95, "{share}");
    }

    #[test]
    fn a_plan_with_unequal_repetitions_knows_its_places() {
        let (_file, input) = sample::scenario("[sweep]\n\"swarm.network_size\" = [3, 4, 5]\nseeder_sets = 2\n", &[]);
        let plan = Plan::new(&input).unwrap().with_repetitions(&[1, 0, 2], String::new());
        let places: Vec<_> = (0..plan.len()).map(|at| plan.place(at)).collect();
        let expected = [(0, 0, 0), (0, 1, 0), (2, 0, 0), (2, 0, 1), (2, 1, 0), (2, 1, 1)];
        let place = |(point, seeder_set, repetition)| RunPlace { point, seeder_set, repetition };
        assert_eq!((places, plan.repetitions), (expected.map(place).to_vec(), 2));
    }
}
