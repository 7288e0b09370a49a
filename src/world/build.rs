//! Drawing a world from its description and a seed.

use super::{Dataset, Latency, LinkClass, Mesh, Node, Overlay, Role, World, sessions};
use super::{LatencySpec, OverlaySpec, StartSpec, WorldSpec};
use crate::rng::{Purpose, Rng};
use crate::units::Time;

impl World {
    /// Draws the world that `spec` describes. `seeder_set` picks who the
    /// seeders are and nothing else.
    pub fn build(spec: &WorldSpec, seed: u64, seeder_set: u32) -> World {
        let nodes = draw_nodes(spec, seed, seeder_set);
        let latency = match &spec.latency {
            LatencySpec::Constant(delay) => Latency::constant(*delay),
            LatencySpec::Regions { delay, .. } => Latency::regions(delay),
        };
        World {
            latency,
            mesh: mesh(spec, seed),
            overlay: spec.overlay.map(|overlay| match overlay {
                OverlaySpec::Random(degree) => Overlay::random(spec.swarm.network_size, degree, seed),
                OverlaySpec::Grown(joins) => Overlay::grown(spec.swarm.network_size, joins, seed),
            }),
            lives: sessions::lives(&nodes, &spec.churn, seed),
            strikes: sessions::strikes(&nodes, &spec.failures, seed),
            dataset: Dataset {
                size: spec.dataset.size,
                block_size: spec.dataset.block_size,
                group: spec.dataset.group,
                padded: true,
            },
            hardware: spec.hardware,
            nodes,
            seed,
        }
    }
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

fn draw_nodes(spec: &WorldSpec, seed: u64, seeder_set: u32) -> Vec<Node> {
    let n = spec.swarm.network_size as usize;
    let seeder = draw_seeders(n, spec.swarm.seeders as usize, seed, seeder_set);
    let starts = draw_starts(&spec.swarm.start, n, seed);
    let classes = quotas(spec.links.iter().map(|c| c.share), n, seed, Purpose::Links);
    let regions = match &spec.latency {
        LatencySpec::Constant(_) => vec![0; n],
        LatencySpec::Regions { shares, .. } => quotas(shares.iter().copied(), n, seed, Purpose::Regions),
    };
    let mut leechers = 0;
    (0..n)
        .map(|i| {
            let class: LinkClass = spec.links[classes[i]];
            let role = if seeder[i] { Role::Seeder } else { Role::Leecher };
            let start = if seeder[i] { Time::ZERO } else { starts[leechers] };
            leechers += usize::from(!seeder[i]);
            Node {
                role,
                up: spec.seeder_up.filter(|_| seeder[i]).unwrap_or(class.up),
                down: spec.seeder_down.filter(|_| seeder[i]).unwrap_or(class.down),
                region: regions[i] as u16,
                point: regions[i] as u32,
                access: Time::ZERO,
                start,
            }
        })
        .collect()
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
fn draw_starts(start: &StartSpec, n: usize, seed: u64) -> Vec<Time> {
    let mut rng = Rng::stream(seed, Purpose::Starts, 0);
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
fn quotas(shares: impl Iterator<Item = f64>, n: usize, seed: u64, purpose: Purpose) -> Vec<usize> {
    let shares: Vec<f64> = shares.collect();
    let mut counts: Vec<usize> = shares.iter().map(|s| (s * n as f64 + 1e-9) as usize).collect();
    let mut by_remainder: Vec<usize> = (0..shares.len()).collect();
    let remainder = |i: usize| shares[i] * n as f64 - counts[i] as f64;
    by_remainder.sort_by(|a, b| remainder(*b).total_cmp(&remainder(*a)).then(a.cmp(b)));
    let missing = n.saturating_sub(counts.iter().sum());
    (0..missing).for_each(|i| counts[by_remainder[i % shares.len()]] += 1);
    let mut classes: Vec<usize> = counts.iter().enumerate().flat_map(|(i, c)| std::iter::repeat_n(i, *c)).collect();
    classes.truncate(n);
    if shares.len() > 1 {
        Rng::stream(seed, purpose, 0).shuffle(&mut classes);
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::super::{DatasetSpec, NodeId};
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
                let world = connected(50, many, Some(overlay), 3);
                let graph = world.overlay.as_ref().unwrap();
                assert!(world.ids().all(|id| world.met_before(id) == graph.neighbours(id)), "{overlay:?} {many}");
            }
            let none = connected(50, 0, Some(overlay), 3);
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
        let starts = draw_starts(&StartSpec::Poisson(Time::from_secs(2)), 5001, 4);
        assert_eq!(starts[0], Time::ZERO);
        let mean = starts[5000].secs() / 5000.0;
        assert!((mean - 2.0).abs() < 0.1, "{mean}");
    }

    #[test]
    fn recorded_starts_are_taken_as_they_are() {
        let moments = vec![Time::ZERO, Time::from_millis(800), Time::from_millis(300)];
        let starts = draw_starts(&StartSpec::At(moments.clone()), 3, 4);
        assert_eq!(starts, moments);
    }
}
