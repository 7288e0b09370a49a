//! What is planned before the start: for each dataset its trees and its pace.
//!
//! All datasets are distributed at the same time, each over the whole time that all of them
//! take together at the least: each takes of an uplink, and of the time between two
//! rounds of pieces, a part in proportion to its bytes. So datasets of a piece or two,
//! which have a round only, follow each other, and take turns with the stripes.

use super::Params;
use super::trees::{Job, Trees};
use crate::bound::distribution_time;
use crate::units::Time;
use crate::world::{Dataset, DatasetId, NodeId, World};

/// A node to which a stripe of a dataset is passed on.
#[derive(Debug, Clone, Copy)]
pub struct Edge {
    /// Of which.
    pub dataset: DatasetId,
    /// Which.
    pub stripe: u32,
    /// To whom.
    pub child: NodeId,
}

/// How one dataset travels.
#[derive(Debug)]
pub struct Course {
    dataset: Dataset,
    /// Into how many pieces it is cut.
    pub pieces: u32,
    /// Into how many stripes; none when nobody wants it, or nobody has all of it.
    pub stripes: u32,
    /// The stripe of the first piece.
    turn: u32,
    /// Distance between two pieces of the same stripe at the sources.
    pub round: Time,
    /// When the sources begin.
    pub begin: Time,
    /// Who has all of it from the start, in order.
    pub sources: Vec<NodeId>,
    /// Who wants it from its start on, in order.
    leechers: Vec<NodeId>,
}

/// The plan for all datasets.
#[derive(Debug)]
pub struct Plan {
    courses: Vec<Course>,
    /// By node, to whom it passes what, in the order of the datasets.
    children: Vec<Vec<Edge>>,
    /// By node, from whom it gets what.
    parents: Vec<Vec<(DatasetId, NodeId)>>,
}

impl Course {
    /// The units of piece `piece`.
    pub fn span(&self, piece: u32) -> (u32, u32) {
        let units = u64::from(self.dataset.units());
        let at = |p: u32| self.dataset.first + (units * u64::from(p) / u64::from(self.pieces)) as u32;
        (at(piece), at(piece + 1))
    }

    /// The stripe of piece `piece`.
    pub fn stripe(&self, piece: u32) -> u32 {
        (piece + self.turn) % self.stripes
    }

    /// The piece of `stripe` in round `round`, if it has one.
    pub fn piece(&self, round: u32, stripe: u32) -> Option<u32> {
        let place = (stripe + self.stripes - self.turn) % self.stripes;
        Some(round * self.stripes + place).filter(|piece| *piece < self.pieces)
    }
}

impl Plan {
    /// Plans what is wanted from the start.
    pub fn new(world: &World, params: &Params) -> Plan {
        let mut courses = courses(world, params);
        let taken_part = bytes_by_node(&courses, world.nodes.len());
        let all: f64 = courses.iter().filter(|course| course.planned()).map(Course::bytes).sum();
        let mut plan = Plan {
            courses: Vec::new(),
            children: vec![Vec::new(); world.nodes.len()],
            parents: vec![Vec::new(); world.nodes.len()],
        };
        let makespan = least_time(world, &courses).secs();
        let (mut before, mut turn) = (0.0, 0_u32);
        for (id, course) in world.datasets.ids().zip(&mut courses).filter(|(_, course)| course.planned()) {
            let shares: Vec<f64> = taken_part.iter().map(|bytes| course.bytes() / bytes).collect();
            let job = Job {
                world,
                dataset: &course.dataset,
                sources: &course.sources,
                leechers: &course.leechers,
                shares: &shares,
                seconds: makespan,
            };
            let pieces = course.pieces;
            // Of a lone dataset all trees are grown, also those that a small file leaves idle.
            let alone = world.datasets.len() == 1;
            let used = |stripe: u32, count: u32| alone || (stripe + count - turn % count) % count < pieces;
            let trees = Trees::plan(&job, params.stripes, used);
            (course.stripes, course.turn) = (trees.stripes(), turn % trees.stripes());
            let rounds = f64::from(pieces.div_ceil(course.stripes));
            course.round = Time::from_secs_f64(makespan * params.pace / rounds);
            course.begin = Time::from_secs_f64(makespan * params.pace / rounds * (before / all));
            (before, turn) = (before + course.bytes(), turn.wrapping_add(pieces));
            plan.add(id, &trees, world);
        }
        plan.courses = courses;
        plan
    }

    fn add(&mut self, dataset: DatasetId, trees: &Trees, world: &World) {
        for id in world.ids() {
            let edges =
                trees.children(id).iter().map(|(stripe, child)| Edge { dataset, stripe: *stripe, child: *child });
            self.children[id.index()].extend(edges);
            self.parents[id.index()].extend(trees.parents(id).iter().map(|parent| (dataset, *parent)));
        }
    }

    /// How dataset `id` travels.
    pub fn course(&self, id: DatasetId) -> &Course {
        &self.courses[id.index()]
    }

    /// To whom `node` passes anything.
    pub fn all_children(&self, node: NodeId) -> &[Edge] {
        &self.children[node.index()]
    }

    /// To whom `node` passes what of `dataset`.
    pub fn children(&self, node: NodeId, dataset: DatasetId) -> &[Edge] {
        let all = self.all_children(node);
        let start = all.partition_point(|edge| edge.dataset < dataset);
        &all[start..start + all[start..].partition_point(|edge| edge.dataset == dataset)]
    }

    /// From whom `node` gets what of `dataset`.
    pub fn parents(&self, node: NodeId, dataset: DatasetId) -> &[(DatasetId, NodeId)] {
        let all = &self.parents[node.index()][..];
        let start = all.partition_point(|(id, _)| *id < dataset);
        &all[start..start + all[start..].partition_point(|(id, _)| *id == dataset)]
    }
}

impl Course {
    fn bytes(&self) -> f64 {
        self.dataset.size.get() as f64
    }

    /// Whether `node` gets it as planned.
    pub fn serves(&self, node: NodeId) -> bool {
        self.stripes > 0 && self.leechers.binary_search(&node).is_ok()
    }

    /// Whether it can be planned.
    fn planned(&self) -> bool {
        !self.sources.is_empty() && !self.leechers.is_empty()
    }
}

/// All datasets, who has and who wants them; not planned yet.
fn courses(world: &World, params: &Params) -> Vec<Course> {
    let given: Vec<_> = world.ids().map(|id| world.given_to(id)).collect();
    let course = |dataset: &Dataset| Course {
        dataset: *dataset,
        pieces: params.pieces.clamp(1, dataset.units()),
        stripes: 0,
        turn: 0,
        round: Time::ZERO,
        begin: Time::ZERO,
        sources: world.ids().filter(|id| given[id.index()].has_all(dataset)).collect(),
        leechers: Vec::new(),
    };
    let mut courses: Vec<Course> = world.datasets.iter().map(course).collect();
    for id in world.ids() {
        for want in world.wanted_by(id) {
            let course = &mut courses[want.dataset.index()];
            if course.sources.binary_search(&id).is_err() {
                course.leechers.push(id);
            }
        }
    }
    courses
}

/// The least time in which all that is planned can be distributed: the bound
/// ([`distribution_time`]) without what is wanted later.
fn least_time(world: &World, courses: &[Course]) -> Time {
    if world.latency.graph().is_some_and(|routes| !routes.core_links().is_empty()) {
        return distribution_time(world).makespan;
    }
    let (mut wanted, mut is_source) = (vec![0.0; world.nodes.len()], vec![false; world.nodes.len()]);
    let up =
        |ids: &mut dyn Iterator<Item = NodeId>| -> f64 { ids.map(|id| world.node(id).up.bytes_per_second()).sum() };
    let (mut most, mut once, mut copies) = (0.0_f64, 0.0, 0.0);
    for course in courses.iter().filter(|course| course.planned()) {
        course.sources.iter().for_each(|id| is_source[id.index()] = true);
        course.leechers.iter().for_each(|id| wanted[id.index()] += course.bytes());
        most = most.max(course.bytes() / up(&mut course.sources.iter().copied()));
        once += course.bytes();
        copies += course.leechers.len() as f64 * course.bytes();
    }
    let leechers = || world.ids().filter(|id| wanted[id.index()] > 0.0);
    let first = leechers().map(|id| world.node(id).start).min().unwrap_or(Time::ZERO);
    for id in leechers() {
        let node = world.node(id);
        most = most.max((node.start - first).secs() + wanted[id.index()] / node.down.bytes_per_second());
    }
    if copies > 0.0 {
        let sources = up(&mut world.ids().filter(|id| is_source[id.index()]));
        let others = up(&mut leechers().filter(|id| !is_source[id.index()]));
        most = most.max(once / sources).max(copies / (sources + others));
    }
    Time::from_nanos((most * 1e9) as u64)
}

/// By node, the bytes of all datasets in whose distribution it takes part.
fn bytes_by_node(courses: &[Course], nodes: usize) -> Vec<f64> {
    let mut bytes = vec![0.0; nodes];
    for course in courses.iter().filter(|course| course.planned()) {
        let members = course.sources.iter().chain(&course.leechers);
        members.for_each(|id| bytes[id.index()] += course.bytes());
    }
    bytes
}
