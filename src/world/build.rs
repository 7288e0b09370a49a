//! Drawing a world from its description and a seed.

use super::distribution::Catalogue;
use super::topology::{Placement, Routes};
use super::{ClassRole, Hardware, LatencySpec, NodeClass, StartSpec, WorldSpec};
use super::{Latency, Mesh, Node, Overlay, Role, Sender, World, sessions};
use crate::rng::{Purpose, Rng};
use crate::units::{Rate, Time};

impl World {
    /// Draws the world that `spec` describes. `seeder_set` picks who the
    /// seeders are and nothing else.
    ///
    /// # Panics
    /// On a description that does not pass its check.
    pub fn build(spec: &WorldSpec, seed: u64, seeder_set: u32) -> World {
        let latency = match (&spec.topology, &spec.latency) {
            (Some(topology), _) => Latency::Graph(Routes::new(topology.build(seed)).into()),
            (None, LatencySpec::Constant(delay)) => Latency::constant(*delay),
            (None, LatencySpec::Regions { delay, .. }) => Latency::regions(delay),
        };
        let (nodes, classes) = Draw::new(spec, &latency, seed, seeder_set).nodes();
        let n = spec.swarm.network_size;
        let catalogue = Catalogue::draw(spec, seed);
        let mut world = World {
            mesh: mesh(spec, seed),
            overlay: spec.overlay.as_ref().map(|overlay| overlay.build(n, seed)),
            lives: Vec::new(),
            strikes: Vec::new(),
            datasets: catalogue.datasets,
            dataset_classes: catalogue.classes,
            dataset_names: spec.datasets.iter().map(|class| class.name.clone()).collect(),
            steps: Vec::new(),
            at_a_time: u32::MAX,
            think: Time::ZERO,
            given: None,
            wants: None,
            hardware: hardware(spec),
            regions: region_names(spec, &latency),
            classes: class_names(spec),
            latency,
            nodes,
            seed,
        };
        world.distribute(spec);
        world.draw_steps(spec);
        world.settle_roles(spec);
        world.lives = sessions::lives(&world.nodes, &classes, spec, seed);
        world.strikes = sessions::strikes(&world.nodes, &spec.failures, seed);
        world
    }
}

/// The names of all regions; points without one have the empty name, the last.
fn region_names(spec: &WorldSpec, latency: &Latency) -> Vec<String> {
    let Some(routes) = latency.graph() else { return spec.latency.region_names() };
    let mut names = routes.topology().regions();
    if !names.is_empty() && routes.topology().points().any(|point| point.region.is_none()) {
        names.push(String::new());
    }
    names
}

/// What work costs: of nodes of no class, then of each class that says its own.
fn hardware(spec: &WorldSpec) -> Vec<Hardware> {
    std::iter::once(spec.hardware).chain(spec.nodes.iter().filter_map(|class| class.hardware)).collect()
}

/// The names of all classes, each once.
fn class_names(spec: &WorldSpec) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for class in &spec.nodes {
        if !names.contains(&class.name) {
            names.push(class.name.clone());
        }
    }
    names
}

/// Who is connected from before the start, where that is not everybody who may be.
fn mesh(spec: &WorldSpec, seed: u64) -> Mesh {
    let n = spec.swarm.network_size;
    match spec.connected {
        0 => Mesh::None,
        degree if spec.overlay.is_some() || degree >= n - 1 => Mesh::Acquaintances,
        degree => Mesh::Graph(Overlay::drawn(n, degree, seed, Purpose::Mesh)),
    }
}

impl WorldSpec {
    /// By node: where its class says that it is.
    pub(super) fn placements(&self, seed: u64) -> Vec<Option<Placement<'_>>> {
        if self.nodes.is_empty() {
            return vec![None; self.swarm.network_size as usize];
        }
        self.class_of_nodes(seed).into_iter().map(|class| self.nodes[class].placement()).collect()
    }
}

/// What nodes are drawn from, by node.
struct Draw<'a> {
    spec: &'a WorldSpec,
    /// Index of its class in the specification; empty when there are no classes.
    classes: Vec<usize>,
    roles: Vec<Role>,
    /// Start times in the order of the leechers of no class that says its own.
    starts: Vec<Time>,
    /// Likewise, by class.
    class_starts: Vec<Vec<Time>>,
    links: Vec<usize>,
    /// The point or region.
    points: Vec<u32>,
    /// By point of a graph: the index of its region, and the links that it gives to hosts.
    given: Vec<(u16, Option<Rate>, Option<Rate>)>,
}

impl<'a> Draw<'a> {
    fn new(spec: &'a WorldSpec, latency: &Latency, seed: u64, seeder_set: u32) -> Self {
        let n = spec.swarm.network_size as usize;
        let classes = spec.class_of_nodes(seed);
        let role = |node: usize| classes.get(node).and_then(|class| spec.nodes[*class].role);
        let open: Vec<usize> = (0..n).filter(|node| role(*node).is_none()).collect();
        let fixed = (0..n).filter(|node| role(*node) == Some(ClassRole::Seeder));
        let count = fixed.count();
        let mut roles: Vec<Role> = (0..n).map(|node| role(node).map_or(Role::Leecher, Role::from)).collect();
        let drawn = draw_seeders(open.len(), spec.swarm.seeders as usize - count, seed, seeder_set);
        let chosen = open.iter().zip(drawn).filter(|(_, chosen)| *chosen).map(|(node, _)| *node);
        chosen.for_each(|node| roles[node] = Role::Seeder);
        let class_starts = (1..)
            .zip(&spec.nodes)
            .map(|(stream, class)| class.start.as_ref().map_or(vec![], |start| draw_starts(start, n, seed, stream)));
        let regions = region_names(spec, latency);
        let given = latency.graph().into_iter().flat_map(|routes| routes.topology().points()).map(|point| {
            let name = point.region.as_deref().unwrap_or_default();
            (regions.iter().position(|region| region == name).unwrap_or(0) as u16, point.up, point.down)
        });
        Draw {
            given: given.collect(),
            points: points(spec, latency, seed),
            links: quotas(spec.links.iter().map(|c| c.share), n, seed, Purpose::Links),
            starts: draw_starts(&spec.swarm.start, n, seed, 0),
            class_starts: class_starts.collect(),
            roles,
            classes,
            spec,
        }
    }

    /// The nodes, and their classes in the specification.
    fn nodes(self) -> (Vec<Node>, Vec<usize>) {
        let names = class_names(self.spec);
        let (mut leechers, mut of_class) = (0, vec![0; self.class_starts.len()]);
        let nodes = (0..self.roles.len()).map(|i| {
            let class = self.classes.get(i).map(|class| (*class, &self.spec.nodes[*class]));
            let start = match class.filter(|(_, class)| class.start.is_some()) {
                _ if self.roles[i] != Role::Leecher => Time::ZERO,
                Some((at, _)) => {
                    of_class[at] += 1;
                    self.class_starts[at][of_class[at] - 1]
                }
                None => {
                    leechers += 1;
                    self.starts[leechers - 1]
                }
            };
            self.node(i, class.map(|(_, class)| class), &names, start)
        });
        (nodes.collect(), self.classes.clone())
    }

    /// The place of what the work of node `i` costs in the list that [`hardware`] makes.
    fn hardware(&self, i: usize) -> u16 {
        let Some(class) = self.classes.get(i).filter(|class| self.spec.nodes[**class].hardware.is_some()) else {
            return 0;
        };
        self.spec.nodes[..=*class].iter().filter(|class| class.hardware.is_some()).count() as u16
    }

    fn node(&self, i: usize, class: Option<&NodeClass>, names: &[String], start: Time) -> Node {
        let (spec, link, point) = (self.spec, self.spec.links[self.links[i]], self.points[i]);
        let given = self.given.get(point as usize).copied();
        let (up, down) = given.map_or((None, None), |(_, up, down)| (up, down));
        let seeds = self.roles[i] == Role::Seeder;
        let (seeder_up, seeder_down) = (spec.seeder_up.filter(|_| seeds), spec.seeder_down.filter(|_| seeds));
        let access = spec.topology.as_ref().map_or(Time::ZERO, |topology| topology.access_delay);
        Node {
            role: self.roles[i],
            up: class.and_then(|class| class.up).or(seeder_up).or(up).unwrap_or(link.up),
            down: class.and_then(|class| class.down).or(seeder_down).or(down).unwrap_or(link.down),
            region: given.map_or(point as u16, |(region, ..)| region),
            hardware: self.hardware(i),
            class: class.and_then(|class| names.iter().position(|name| *name == class.name)).unwrap_or(0) as u16,
            point,
            access: class.and_then(|class| class.access_delay).unwrap_or(access),
            seed_for: class.and_then(|class| class.seed_for).unwrap_or(Time::NEVER),
            sender: class.map_or(Sender::default(), NodeClass::sender),
            start,
            reach: super::Reach::Public,
        }
    }
}

/// By node, where it is: a point of the graph, or a region of the matrix.
fn points(spec: &WorldSpec, latency: &Latency, seed: u64) -> Vec<u32> {
    let n = spec.swarm.network_size as usize;
    if let (Some(topology), Some(routes)) = (&spec.topology, latency.graph()) {
        return topology.place(routes.topology(), &spec.placements(seed), seed).expect("the check has placed them");
    }
    let LatencySpec::Regions { shares, .. } = &spec.latency else { return vec![0; n] };
    let drawn = quotas(shares.iter().copied(), n, seed, Purpose::Regions);
    let placed = spec.placements(seed).into_iter().zip(drawn).map(|(placement, drawn)| match placement {
        Some(Placement::Region(name)) => spec.latency.region(name).expect("the check knows the region"),
        _ => drawn,
    });
    placed.map(|region| region as u32).collect()
}

/// How many different sets of `seeders` there are among `nodes`: the binomial
/// coefficient, or `u64::MAX` where it is larger.
pub fn seeder_sets(nodes: u32, seeders: u32) -> u64 {
    let mut sets = 1u128;
    for i in 0..u128::from(seeders.min(nodes - seeders)) {
        sets = sets * (u128::from(nodes) - i) / (i + 1);
        if sets > u128::from(u64::MAX) {
            return u64::MAX;
        }
    }
    sets as u64
}

/// Seeder set 0 is the first nodes, as in the measured swarms; the others are
/// random, and different as long as there are any left.
fn draw_seeders(n: usize, seeders: usize, seed: u64, seeder_set: u32) -> Vec<bool> {
    let chosen = |order: &[usize]| {
        let mut is_seeder = vec![false; n];
        order.iter().take(seeders).for_each(|i| is_seeder[*i] = true);
        is_seeder
    };
    let mut order: Vec<usize> = (0..n).collect();
    let mut sets = vec![chosen(&order)];
    let all = seeder_sets(n as u32, seeders as u32);
    for set in 1..=seeder_set {
        let mut rng = Rng::stream(seed, Purpose::SeederSet, u64::from(set));
        order = (0..n).collect();
        rng.shuffle(&mut order);
        while u64::from(set) < all && sets.contains(&chosen(&order)) {
            rng.shuffle(&mut order);
        }
        sets.push(chosen(&order));
    }
    chosen(&order)
}

/// Start times in the order of leechers, as many as there can be.
fn draw_starts(start: &StartSpec, n: usize, seed: u64, stream: u64) -> Vec<Time> {
    let mut rng = Rng::stream(seed, Purpose::Starts, stream);
    let mut now = Time::ZERO;
    (0..n as u64)
        .map(|i| match start {
            StartSpec::Together => Time::ZERO,
            StartSpec::Stagger(distance) => *distance * i,
            StartSpec::At(moments) => moments.get(i as usize).copied().unwrap_or(Time::ZERO),
            StartSpec::Poisson(mean) => {
                let this = now;
                now += Time::from_secs_f64(-mean.secs() * libm::log1p(-rng.uniform()));
                this
            }
        })
        .collect()
}

/// Gives each of `n` nodes a class so that the numbers follow the shares as
/// exactly as whole nodes can (largest remainders), in random order.
pub(super) fn quotas(shares: impl Iterator<Item = f64>, n: usize, seed: u64, purpose: Purpose) -> Vec<usize> {
    let counts = counts(shares, n);
    let mut classes: Vec<usize> = counts.iter().enumerate().flat_map(|(i, c)| std::iter::repeat_n(i, *c)).collect();
    classes.truncate(n);
    if counts.len() > 1 {
        Rng::stream(seed, purpose, 0).shuffle(&mut classes);
    }
    classes
}

/// How many of `n` places go to each of several shares of them: whole places first, the rest to
/// the largest remainders, the first of equal ones.
pub(super) fn counts(shares: impl Iterator<Item = f64>, n: usize) -> Vec<usize> {
    let shares: Vec<f64> = shares.collect();
    let mut counts: Vec<usize> = shares.iter().map(|s| (s * n as f64 + 1e-9) as usize).collect();
    let mut by_remainder: Vec<usize> = (0..shares.len()).collect();
    let remainder = |i: usize| shares[i] * n as f64 - counts[i] as f64;
    by_remainder.sort_by(|a, b| remainder(*b).total_cmp(&remainder(*a)).then(a.cmp(b)));
    let missing = n.saturating_sub(counts.iter().sum());
    (0..missing).for_each(|i| counts[by_remainder[i % shares.len()]] += 1);
    counts
}

#[cfg(test)]
mod tests {
    use super::super::{DatasetSpec, NodeId, OverlaySpec};
    use super::*;
    use crate::units::{Bytes, Rate};

    /// The world of `nodes`, each connected with `connected` from before its start.
    fn connected(nodes: u32, connected: u32, overlay: Option<OverlaySpec>, seed: u64) -> World {
        let rate = Rate(1_000_000);
        let dataset = DatasetSpec { size: Bytes(1), block_size: Bytes(1), group: 1 };
        let plain = WorldSpec::plain((nodes, 1), dataset, rate);
        World::build(&WorldSpec { connected, overlay, ..plain }, seed, 0)
    }

    #[test]
    fn who_is_connected_from_before_the_start() {
        let others = |world: &World, id: u32| world.ids().filter(|other| other.0 != id).collect::<Vec<_>>();
        for many in [11, 12, 160] {
            let world = connected(12, many, None, 3);
            assert!(world.ids().all(|id| world.met_before(id) == others(&world, id.0)), "{many}: everybody");
        }
        assert!(connected(12, 0, None, 3).met_before(NodeId(4)).is_empty());
        let world = connected(300, 16, None, 3);
        let met: Vec<Vec<NodeId>> = world.ids().map(|id| world.met_before(id)).collect();
        let mean = met.iter().map(Vec::len).sum::<usize>() as f64 / 300.0;
        assert!((mean - 16.0).abs() < 0.1, "{mean}");
        for (id, peers) in world.ids().zip(&met) {
            assert!(peers.iter().all(|peer| *peer != id && met[peer.index()].contains(&id)), "mutual");
        }
        let same = |seed| {
            connected(300, 16, None, seed)
                .ids()
                .zip(&met)
                .all(|(id, met)| connected(300, 16, None, seed).met_before(id) == *met)
        };
        assert!(same(3) && !same(4), "drawn from the seed");
    }

    /// Where not everybody may connect, those who may are connected: how many that
    /// are is said by the graph, not by the number.
    #[test]
    fn acquaintances_are_connected() {
        for overlay in [OverlaySpec::Random(4), OverlaySpec::Grown(2)] {
            for many in [1, 160] {
                let world = connected(50, many, Some(overlay.clone()), 3);
                let graph = world.overlay.as_ref().unwrap();
                assert!(world.ids().all(|id| world.met_before(id) == graph.neighbours(id)), "{overlay:?} {many}");
            }
            let none = connected(50, 0, Some(overlay.clone()), 3);
            assert!(none.ids().all(|id| none.met_before(id).is_empty()));
        }
        let mesh = |overlay| connected(50, 4, overlay, 3).met_before(NodeId(0));
        assert_ne!(mesh(None), mesh(Some(OverlaySpec::Random(4))), "a graph of its own");
    }

    #[test]
    fn shares_become_whole_nodes() {
        let classes = quotas([0.5, 0.3, 0.2].into_iter(), 11, 1, Purpose::Links);
        let count = |c| classes.iter().filter(|x| **x == c).count();
        assert_eq!((count(0), count(1), count(2)), (6, 3, 2));
    }

    #[test]
    fn seeder_sets_differ_and_keep_their_number() {
        let sets: Vec<_> = (0..4).map(|s| draw_seeders(30, 5, 9, s)).collect();
        assert!(sets.iter().all(|s| s.iter().filter(|x| **x).count() == 5));
        assert!(sets[0][..5].iter().all(|s| *s), "set 0 is the first nodes");
        assert!(sets[1] != sets[2] && sets[2] != sets[3]);
        for seed in 0..20 {
            let all: std::collections::BTreeSet<_> = (0..6).map(|s| draw_seeders(4, 2, seed, s)).collect();
            assert_eq!(all.len(), 6, "all there are, each once");
        }
        assert_eq!((seeder_sets(3, 1), seeder_sets(4, 2), seeder_sets(30, 27)), (3, 6, 4060));
        assert_eq!(seeder_sets(1_000_000, 500_000), u64::MAX);
    }

    #[test]
    fn poisson_starts_have_the_right_mean_distance() {
        let starts = draw_starts(&StartSpec::Poisson(Time::from_secs(2)), 5001, 4, 0);
        assert_eq!(starts[0], Time::ZERO);
        let mean = starts[5000].secs() / 5000.0;
        assert!((mean - 2.0).abs() < 0.1, "{mean}");
    }

    #[test]
    fn recorded_starts_are_taken_as_they_are() {
        let moments = vec![Time::ZERO, Time::from_millis(800), Time::from_millis(300)];
        let starts = draw_starts(&StartSpec::At(moments.clone()), 3, 4, 0);
        assert_eq!(starts, moments);
    }
}
