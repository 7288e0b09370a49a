//! Who asks for what when, as it is described and drawn.

use super::{DatasetClass, DatasetId, Datasets, NodeId, Role, World, WorldSpec, start};
use crate::rng::{Purpose, Rng};
use crate::units::{Refusal, Time, require};
use schemars::JsonSchema;
use serde::de::Deserializer;
use serde::{Deserialize, Serialize};

/// What a node does with a dataset at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// It wants to have it.
    Get,
    /// It is given it, from outside: from then on it holds and provides it.
    Put,
    /// It deletes what it has of it.
    Delete,
    /// It becomes the host of the first slot that nobody who is there holds or rebuilds:
    /// it rebuilds that.
    Repair,
}

impl Act {
    /// Whether the node wants to have something that it has to come by.
    pub fn is_request(self) -> bool {
        matches!(self, Act::Get | Act::Repair)
    }
}

/// Something that a node does with a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Time,
    /// Who.
    pub node: NodeId,
    /// What.
    pub act: Act,
    /// With which.
    pub dataset: DatasetId,
}

/// A row of a recorded trace: seconds from the start of the run, node, act, place of the
/// dataset.
pub type TraceRow = (f64, u32, Act, u32);

/// What leechers ask for during a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RequestSpec {
    /// When which node asks for which dataset.
    pub arrivals: Arrivals,
    /// Requests of one node that are carried out at a time; others wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel: Option<u32>,
    /// Pause of a node between the end of a request and the beginning of the next that had
    /// to wait for it.
    pub think: Time,
}

/// When which node asks for which dataset.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrivals {
    /// At random, at a rate: requests of the whole network, or of each node.
    Poisson {
        /// Mean distance of two requests.
        mean: Time,
        /// Whether that is the distance of two requests of one node.
        each_node: bool,
        /// How many, in all or of each node.
        number: Option<u32>,
        /// None later than this.
        until: Option<Time>,
    },
    /// So many of each node, all there from its start on.
    Each(u32),
    /// As recorded.
    Trace(Vec<TraceRow>),
}

impl Arrivals {
    /// Whether it is drawn which datasets are asked for.
    pub const fn are_drawn(&self) -> bool {
        !matches!(self, Arrivals::Trace(_))
    }
}

/// How requests are written.
#[derive(Deserialize, JsonSchema)]
pub(super) struct RequestKeys {
    /// Requests of the whole network, at random at this rate; each by a random leecher for a dataset by its popularity.
    #[serde(rename = "requests.rate", default, deserialize_with = "distance")]
    #[schemars(with = "Option<start::Distance>", extend("examples" = ["20000/d"]))]
    rate: Option<Time>,
    /// The same of each leecher.
    #[serde(rename = "requests.rate_per_node", default, deserialize_with = "distance")]
    #[schemars(with = "Option<start::Distance>", extend("examples" = ["1/h"]))]
    rate_per_node: Option<Time>,
    /// How many requests there are, with `rate` in all, with `rate_per_node` of each leecher.
    #[serde(rename = "requests.number")]
    #[schemars(extend("examples" = [20000]))]
    number: Option<u32>,
    /// No request comes later than this.
    #[serde(rename = "requests.until")]
    #[schemars(extend("examples" = ["1 d"]))]
    until: Option<Time>,
    /// So many requests of each leecher, all there from its start on; `parallel` and `think` space them.
    #[serde(rename = "requests.each")]
    #[schemars(extend("examples" = [10]))]
    each: Option<u32>,
    /// Requests of a node that are carried out at a time; others wait. Absent, all of them.
    #[serde(rename = "requests.parallel")]
    #[schemars(extend("examples" = [3]))]
    parallel: Option<u32>,
    /// Pause of a node between the end of a request and the beginning of one that waited for it.
    #[serde(rename = "requests.think")]
    #[schemars(extend("default" = "0 s"))]
    think: Time,
    /// Requests as recorded, in the place of rates: a CSV file with the columns time_s, node, op, dataset, or a list of such rows. `op` is "get", "put" (the node has it from then on), "delete", or "repair" (of a dataset with a code: the node rebuilds the first slot that nobody who is there has); a dataset is named by the name of its class or, of several, as "archive-3" counted from 0.
    #[serde(rename = "requests.trace")]
    #[schemars(with = "Option<TraceForm>", extend("examples" = ["requests.csv"]))]
    trace: Option<Vec<TraceRow>>,
}

/// How a trace is written.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used: the scenario puts the rows in the place of a file")]
enum TraceForm {
    /// A file.
    File(String),
    /// Rows.
    Rows(Vec<(f64, u32, Act, String)>),
}

fn distance<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Time>, D::Error> {
    start::read_distance(from).map(Some)
}

/// Reads [`RequestKeys`]; the scenario refuses several of them together, and puts rows in
/// the place of the file that has them.
pub(super) fn requests<'de, D: Deserializer<'de>>(from: D) -> Result<Option<RequestSpec>, D::Error> {
    let keys = RequestKeys::deserialize(from)?;
    let RequestKeys { number, until, parallel, think, .. } = keys;
    let poisson = |mean, each_node| Arrivals::Poisson { mean, each_node, number, until };
    let arrivals = match (keys.trace, keys.each, keys.rate, keys.rate_per_node) {
        (Some(rows), ..) => Arrivals::Trace(rows),
        (_, Some(each), ..) => Arrivals::Each(each),
        (_, _, Some(mean), _) => poisson(mean, false),
        (.., Some(mean)) => poisson(mean, true),
        _ => return Ok(None),
    };
    Ok(Some(RequestSpec { arrivals, parallel, think }))
}

/// Most requests of a run that are drawn.
const MOST: f64 = 5e7;

impl RequestSpec {
    /// Refuses what nobody can ask, of `leechers` leechers.
    pub(super) fn check(&self, leechers: u32, datasets: &[DatasetClass]) -> Result<(), Refusal> {
        let some = "at least 1";
        require(self.parallel != Some(0), "requests.parallel", "no request at a time", some)?;
        let ends = self.think < Time::NEVER;
        require(ends, "requests.think", "a pause without end", "a time")?;
        let asked = datasets.is_empty() || datasets.iter().any(|class| class.weight > 0.0);
        require(asked, "datasets", "no dataset has a weight", "a `weight` above zero, of some class")?;
        match &self.arrivals {
            Arrivals::Each(each) => require(*each > 0, "requests.each", "no request", some),
            Arrivals::Trace(rows) => require(!rows.is_empty(), "requests.trace", "no request", "at least one row"),
            Arrivals::Poisson { mean, each_node, number, until } => {
                let key = if *each_node { "requests.rate_per_node" } else { "requests.rate" };
                let end = number.is_some() || until.is_some();
                let both = "`requests.number` or `requests.until` too";
                require(end, key, "requests without an end", both)?;
                require(*number != Some(0), "requests.number", "no request", some)?;
                let sources = if *each_node { f64::from(leechers) } else { 1.0 };
                let until = until.map_or(f64::INFINITY, |until| until.secs() / mean.secs());
                let each = until.min(number.map_or(f64::INFINITY, f64::from));
                let given = format!("{:.0} requests", each * sources);
                require(each * sources <= MOST, key, given, format!("at most {MOST}"))
            }
        }
    }

    /// The number of requests of each node that are carried out at a time.
    pub fn at_a_time(&self) -> u32 {
        self.parallel.unwrap_or(u32::MAX)
    }
}

/// Draws datasets by how much they are liked.
struct Likes {
    /// Sums of the likes of all datasets up to each.
    sums: Vec<f64>,
}

impl Likes {
    fn new(datasets: &Datasets, classes: &[DatasetClass]) -> Self {
        if classes.is_empty() {
            return Likes { sums: datasets.ids().map(|id| f64::from(id.0) + 1.0).collect() };
        }
        let mut sums: Vec<f64> = Vec::with_capacity(datasets.len() as usize);
        let mut sum = 0.0;
        for class in classes {
            let zipf = |rank: u32| libm::pow(f64::from(rank) + 1.0, -class.popularity);
            let all: f64 = (0..class.count).map(zipf).sum();
            for rank in 0..class.count {
                sum += class.weight * f64::from(class.count) * zipf(rank) / all;
                sums.push(sum);
            }
        }
        Likes { sums }
    }

    fn draw(&self, rng: &mut Rng) -> DatasetId {
        let at = rng.uniform() * self.sums.last().copied().unwrap_or(0.0);
        let place = self.sums.partition_point(|sum| *sum <= at).min(self.sums.len() - 1);
        DatasetId(place as u32)
    }
}

impl World {
    /// Where datasets or requests are described, they say what nodes are: leechers want or
    /// ask for something, seeders hold or are given something and want nothing, the others
    /// are idle.
    pub(super) fn settle_roles(&mut self, spec: &WorldSpec) {
        if spec.datasets.is_empty() && spec.requests.is_none() {
            return;
        }
        let mut gets = vec![false; self.nodes.len()];
        let mut puts = vec![false; self.nodes.len()];
        for step in &self.steps {
            gets[step.node.index()] |= step.act.is_request();
            puts[step.node.index()] |= step.act == Act::Put;
        }
        for id in self.ids() {
            let wants = gets[id.index()] || !self.wanted_by(id).is_empty();
            let holds = puts[id.index()] || !self.given_to(id).is_empty();
            self.nodes[id.index()].role = match (wants, holds) {
                (true, _) => Role::Leecher,
                (false, true) => Role::Seeder,
                (false, false) => Role::Idle,
            };
        }
    }

    /// Draws all steps of `spec`, in order of time.
    pub(super) fn draw_steps(&mut self, spec: &WorldSpec) {
        let Some(requests) = &spec.requests else { return };
        let likes = Likes::new(&self.datasets, &spec.datasets);
        let leechers: Vec<NodeId> = self.with_role(Role::Leecher).collect();
        let mut steps = Vec::new();
        let mut get = |at, node, rng: &mut Rng| {
            steps.push(Step { at, node, act: Act::Get, dataset: likes.draw(rng) });
        };
        match &requests.arrivals {
            Arrivals::Trace(rows) => {
                steps = rows.iter().map(|(at, node, act, dataset)| step((*at, *node), *act, *dataset)).collect();
            }
            Arrivals::Each(each) => {
                for node in &leechers {
                    let mut rng = Rng::stream(self.seed, Purpose::Requests, u64::from(node.0));
                    (0..*each).for_each(|_| get(self.node(*node).start, *node, &mut rng));
                }
            }
            Arrivals::Poisson { mean, each_node: true, number, until } => {
                for node in &leechers {
                    let mut rng = Rng::stream(self.seed, Purpose::Requests, u64::from(node.0));
                    let mut at = self.node(*node).start;
                    for _ in 0..number.unwrap_or(u32::MAX) {
                        at += gap(*mean, &mut rng);
                        if until.is_some_and(|until| at > until) {
                            break;
                        }
                        get(at, *node, &mut rng);
                    }
                }
            }
            Arrivals::Poisson { mean, each_node: false, number, until } => {
                let mut rng = Rng::stream(self.seed, Purpose::Requests, u64::from(u32::MAX));
                let mut at = Time::ZERO;
                for _ in 0..number.unwrap_or(u32::MAX) {
                    at += gap(*mean, &mut rng);
                    if until.is_some_and(|until| at > until) {
                        break;
                    }
                    let node = leechers[rng.below(leechers.len() as u64) as usize];
                    get(at, node, &mut rng);
                }
            }
        }
        steps.sort_by_key(|step| step.at);
        self.steps = steps;
        (self.at_a_time, self.think) = (requests.at_a_time(), requests.think);
    }
}

fn step((at, node): (f64, u32), act: Act, dataset: u32) -> Step {
    Step { at: Time::from_secs_f64(at), node: NodeId(node), act, dataset: DatasetId(dataset) }
}

fn gap(mean: Time, rng: &mut Rng) -> Time {
    Time::from_secs_f64(-mean.secs() * libm::log1p(-rng.uniform()))
}

#[cfg(test)]
mod tests {
    use super::super::DatasetSpec;
    use super::*;
    use crate::units::{Bytes, Rate};

    fn world(requests: RequestSpec, classes: Vec<DatasetClass>, nodes: u32, seed: u64) -> World {
        let dataset = DatasetSpec { size: Bytes(1), block_size: Bytes(65_536), group: 1 };
        let plain = WorldSpec::plain((nodes, 1), dataset, Rate(1_000_000));
        World::build(&WorldSpec { requests: Some(requests), datasets: classes, ..plain }, seed, 0)
    }

    fn class(count: u32, weight: f64, popularity: f64) -> DatasetClass {
        let toml =
            format!("name = 'a'\ncount = {count}\nsize = '1 MiB'\nweight = {weight:?}\npopularity = {popularity:?}");
        toml::from_str(&toml).unwrap()
    }

    fn poisson(mean: u64, each_node: bool, number: u32) -> RequestSpec {
        let mean = Time::from_secs(mean);
        let arrivals = Arrivals::Poisson { mean, each_node, number: Some(number), until: None };
        RequestSpec { arrivals, parallel: None, think: Time::ZERO }
    }

    /// Of 40,000 requests each is for a dataset by its rank, `k^-s / H(n, s)`, and the
    /// classes by their weights; the standard error of a share is below a quarter percent.
    #[test]
    fn datasets_are_asked_for_by_rank_and_weight() {
        let world = world(poisson(1, false, 40_000), vec![class(10, 1.0, 1.0), class(5, 2.0, 0.0)], 3, 7);
        let share = |dataset: u32| {
            let asked = world.steps.iter().filter(|step| step.dataset.0 == dataset).count();
            asked as f64 / world.steps.len() as f64
        };
        let harmonic: f64 = (1..=10).map(|k| 1.0 / f64::from(k)).sum();
        for (dataset, expected) in [(0, 0.5 / harmonic), (1, 0.25 / harmonic), (9, 0.05 / harmonic), (10, 0.1)] {
            let got = share(dataset);
            assert!((got - expected).abs() < 0.007, "dataset {dataset}: {got} for {expected}");
        }
    }

    #[test]
    fn requests_come_at_their_rate() {
        let world = world(poisson(10, false, 10_000), vec![class(3, 1.0, 0.0)], 5, 3);
        let last = world.steps.last().unwrap().at.secs();
        assert!((last / 100_000.0 - 1.0).abs() < 0.03, "{last}");
        assert!(world.steps.windows(2).all(|pair| pair[0].at <= pair[1].at), "in order");
        assert!(world.steps.iter().all(|step| step.node != NodeId(0)), "the seeder asks for nothing");
        let each = self::world(poisson(10, true, 100), vec![class(3, 1.0, 0.0)], 5, 3);
        assert_eq!(each.steps.len(), 400);
        let of = |node: u32| each.steps.iter().filter(|step| step.node.0 == node).map(|step| step.at).max().unwrap();
        assert!((1..5).all(|node| (of(node).secs() / 1000.0 - 1.0).abs() < 0.4));
    }

    /// Another number of nodes, another number of requests: what was drawn stays.
    #[test]
    fn more_requests_leave_the_others_as_they_are() {
        let few = world(poisson(10, true, 10), vec![class(3, 1.0, 0.0)], 5, 3);
        let more = world(poisson(10, true, 20), vec![class(3, 1.0, 0.0)], 9, 3);
        let of =
            |world: &World| world.steps.iter().filter(|step| step.node.0 == 2).take(10).copied().collect::<Vec<_>>();
        assert_eq!(of(&few), of(&more));
    }
}
