//! Graphs made by rule.

use super::{Edge, Point, RouteRule, Topology};
use crate::rng::{Purpose, Rng};
use crate::units::{Rate, Refusal, Time, require};
use crate::world::random_graph::{barabasi_albert, watts_strogatz};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A graph made by rule. Wires have their delay one way; what they can carry is shared by
/// all who send over them in one direction, and is without limit when it is not given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum GeneratorSpec {
    /// Points around one in the middle, at which there are no hosts.
    Star {
        /// Points, without the one in the middle.
        points: u32,
        /// One-way delay of each wire.
        delay: Time,
        /// Capacity of each wire, each way.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        capacity: Option<Rate>,
    },
    /// Points in a circle.
    Ring {
        /// Points.
        points: u32,
        /// One-way delay of each wire.
        delay: Time,
        /// Capacity of each wire, each way.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        capacity: Option<Rate>,
    },
    /// Points one after another.
    Line {
        /// Points.
        points: u32,
        /// One-way delay of each wire.
        delay: Time,
        /// Capacity of each wire, each way.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        capacity: Option<Rate>,
    },
    /// A tree; hosts are at its leaves.
    Tree {
        /// Wires from the root to a leaf.
        depth: u32,
        /// Points below each that is no leaf.
        fanout: u32,
        /// One-way delay of each wire.
        delay: Time,
        /// Capacity of each wire, each way.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        capacity: Option<Rate>,
    },
    /// A data centre of two tiers: racks behind one spine. A rack whose hosts can send more
    /// than its uplink carries is oversubscribed.
    Racks {
        /// Racks; each is a region.
        racks: u32,
        /// One-way delay between a rack and the spine.
        delay: Time,
        /// Capacity between a rack and the spine, each way.
        uplink: Rate,
    },
    /// A data centre of three tiers: racks in pods, pods behind one core.
    Pods {
        /// Pods; each is a region.
        pods: u32,
        /// Racks in each pod.
        racks: u32,
        /// One-way delay of each wire.
        delay: Time,
        /// Capacity between a rack and its pod, each way.
        rack_uplink: Rate,
        /// Capacity between a pod and the core, each way.
        pod_uplink: Rate,
    },
    /// Preferential attachment (Barabási & Albert 1999): few points with many wires.
    BarabasiAlbert {
        /// Points.
        points: u32,
        /// Wires of each point that comes, to those before it.
        joins: u32,
        /// One-way delay of each wire.
        delay: Time,
        /// Capacity of each wire, each way.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        capacity: Option<Rate>,
    },
    /// A ring with shortcuts (Watts & Strogatz 1998).
    WattsStrogatz {
        /// Points.
        points: u32,
        /// Wires of a point to its nearest; even.
        degree: u32,
        /// Share of the wires that lead elsewhere instead, 0 to 1.
        rewire: f64,
        /// One-way delay of each wire.
        delay: Time,
        /// Capacity of each wire, each way.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        capacity: Option<Rate>,
    },
    /// Points at random in a square; between any two a wire whose delay goes with their
    /// distance: light in glass makes 200,000 km/s, and real ways are longer than straight.
    Geographic {
        /// Points.
        points: u32,
        /// Side of the square, in km.
        width_km: f64,
        /// How much longer than straight the ways are; 1 is straight.
        detour: f64,
        /// One-way delay that any wire has besides.
        delay: Time,
    },
}

/// Light in glass, in km/s.
pub const FIBRE_KM_PER_S: f64 = 200_000.0;

/// Points that fit into memory with all their routes.
const MOST_POINTS: u32 = 20_000;
/// The same where all are linked with all.
const MOST_MESHED: u32 = 2_000;

impl GeneratorSpec {
    /// Points that it makes, those without hosts included.
    fn points(&self) -> u64 {
        use GeneratorSpec::{BarabasiAlbert, Geographic, Line, Pods, Racks, Ring, Star, Tree, WattsStrogatz};
        match *self {
            Star { points, .. } | Racks { racks: points, .. } => u64::from(points) + 1,
            Ring { points, .. } | Line { points, .. } | BarabasiAlbert { points, .. } => u64::from(points),
            WattsStrogatz { points, .. } | Geographic { points, .. } => u64::from(points),
            Tree { depth, fanout, .. } => {
                (0..=depth).fold(0u64, |sum, level| sum.saturating_add(u64::from(fanout).saturating_pow(level)))
            }
            Pods { pods, racks, .. } => 1 + u64::from(pods) * (1 + u64::from(racks)),
        }
    }

    /// As it is called in a scenario, and the delay of its wires.
    fn name_and_delay(&self) -> (&'static str, Time) {
        use GeneratorSpec::{BarabasiAlbert, Geographic, Line, Pods, Racks, Ring, Star, Tree, WattsStrogatz};
        match *self {
            Star { delay, .. } => ("star", delay),
            Ring { delay, .. } => ("ring", delay),
            Line { delay, .. } => ("line", delay),
            Tree { delay, .. } => ("tree", delay),
            Racks { delay, .. } => ("racks", delay),
            Pods { delay, .. } => ("pods", delay),
            BarabasiAlbert { delay, .. } => ("barabasi_albert", delay),
            WattsStrogatz { delay, .. } => ("watts_strogatz", delay),
            Geographic { delay, .. } => ("geographic", delay),
        }
    }

    /// Refuses what makes no graph.
    ///
    /// # Errors
    /// On the first thing that makes no sense.
    pub fn check(&self) -> Result<(), Refusal> {
        use GeneratorSpec::{BarabasiAlbert, Geographic, Line, Pods, Racks, Ring, Star, Tree, WattsStrogatz};
        let key = "topology.generate";
        let (given, sizes) = (format!("a graph of {} points", self.points()), format!("1 to {MOST_POINTS} points"));
        require((1..=u64::from(MOST_POINTS)).contains(&self.points()), key, given, sizes)?;
        let some = |count: u32, what: &str| require(count > 0, key, format!("no {what}"), "at least one");
        match *self {
            Star { points, .. } | Ring { points, .. } | Line { points, .. } => some(points, "points")?,
            Tree { fanout, .. } => some(fanout, "points below a point")?,
            Racks { racks, .. } => some(racks, "racks")?,
            Pods { pods, racks, .. } => some(pods.min(racks), "pods or racks")?,
            BarabasiAlbert { points, joins, .. } => {
                some(joins, "wires of a point")?;
                require(joins < points, key, format!("{joins} wires of each of {points} points"), "fewer than points")?;
            }
            WattsStrogatz { points, degree, rewire, .. } => {
                let fits = degree >= 2 && degree.is_multiple_of(2) && degree < points;
                let given = format!("{degree} wires of each of {points} points");
                require(fits, key, given, "an even number from 2, below the number of points")?;
                require((0.0..=1.0).contains(&rewire), key, format!("a share of {rewire}"), "a share from 0 to 1")?;
            }
            Geographic { points, width_km, detour, .. } => {
                let given = format!("wires between any two of {points} points");
                require(points <= MOST_MESHED, key, given, format!("at most {MOST_MESHED} points"))?;
                let sizes = width_km.is_finite() && width_km > 0.0 && detour.is_finite() && detour >= 1.0;
                let given = format!("a square of {width_km} km with ways {detour} times as long as straight");
                require(sizes, key, given, "a width above 0, and a detour of at least 1")?;
            }
        }
        let (name, delay) = self.name_and_delay();
        let lasts = delay > Time::ZERO || matches!(self, Geographic { .. });
        let wrong = "wires that take no time";
        require(lasts, format!("topology.generate.{name}.delay"), wrong, "a latency above zero")?;
        let blamed = |refusal| Refusal { key: format!("topology.generate.{name}"), ..refusal };
        self.build(0).check().map_err(blamed)
    }

    /// The graph; what is drawn at random comes from `seed` alone.
    pub fn build(&self, seed: u64) -> Topology {
        use GeneratorSpec::{BarabasiAlbert, Geographic, Line, Pods, Racks, Ring, Star, Tree, WattsStrogatz};
        let (points, edges): (Vec<Point>, Vec<(u32, u32, Edge)>) = match *self {
            Star { points, delay, capacity } => {
                let edges = (1..=points).map(|point| (0, point, wire(delay, capacity)));
                (std::iter::once(router("middle")).chain(numbered("point", points)).collect(), edges.collect())
            }
            Ring { points, delay, capacity } => {
                let last = if points > 2 { points } else { points - 1 };
                let edges = (0..last).map(|point| (point, (point + 1) % points, wire(delay, capacity)));
                (numbered("point", points).collect(), edges.collect())
            }
            Line { points, delay, capacity } => {
                let edges = (1..points).map(|point| (point - 1, point, wire(delay, capacity)));
                (numbered("point", points).collect(), edges.collect())
            }
            Tree { depth, fanout, delay, capacity } => tree(depth, fanout, wire(delay, capacity)),
            Racks { racks, delay, uplink } => {
                let rack = |at: u32| in_region(Point::named(format!("rack-{at}")), format!("rack-{at}"));
                let edges = (1..=racks).map(|rack| (0, rack, wire(delay, Some(uplink))));
                (std::iter::once(router("spine")).chain((0..racks).map(rack)).collect(), edges.collect())
            }
            Pods { pods, racks, delay, rack_uplink, pod_uplink } => {
                let (mut points, mut edges) = (vec![router("core")], Vec::new());
                for pod in 0..pods {
                    let at = points.len() as u32;
                    points.push(router(&format!("pod-{pod}")));
                    edges.push((0, at, wire(delay, Some(pod_uplink))));
                    for rack in 0..racks {
                        points.push(in_region(Point::named(format!("rack-{pod}-{rack}")), format!("pod-{pod}")));
                        edges.push((at, at + 1 + rack, wire(delay, Some(rack_uplink))));
                    }
                }
                (points, edges)
            }
            BarabasiAlbert { points, joins, delay, capacity } => {
                let edges = barabasi_albert(points, joins, seed, Purpose::Topology);
                let edges = edges.into_iter().map(|(a, b)| (a, b, wire(delay, capacity)));
                (numbered("point", points).collect(), edges.collect())
            }
            WattsStrogatz { points, degree, rewire, delay, capacity } => {
                let edges = watts_strogatz(points, degree, rewire, seed, Purpose::Topology);
                let edges = edges.into_iter().map(|(a, b)| (a, b, wire(delay, capacity)));
                (numbered("point", points).collect(), edges.collect())
            }
            Geographic { points, width_km, detour, delay } => {
                let places: Vec<[f64; 2]> = (0..points)
                    .map(|point| {
                        let mut rng = Rng::stream(seed, Purpose::Topology, u64::from(point));
                        [rng.uniform() * width_km, rng.uniform() * width_km]
                    })
                    .collect();
                let wire = |a: u32, b: u32| {
                    let ([ax, ay], [bx, by]) = (places[a as usize], places[b as usize]);
                    let km = libm::hypot(ax - bx, ay - by) * detour;
                    (a, b, Edge::of(delay + Time::from_secs_f64(km / FIBRE_KM_PER_S)))
                };
                let edges = (0..points).flat_map(|a| (a + 1..points).map(move |b| (a, b))).map(|(a, b)| wire(a, b));
                (numbered("point", points).collect(), edges.collect())
            }
        };
        // Between points of a plane no way is shorter than the straight one.
        let straight = matches!(self, Geographic { .. });
        Topology::two_way(points, edges, if straight { RouteRule::Direct } else { RouteRule::Shortest })
    }
}

fn wire(delay: Time, capacity: Option<Rate>) -> Edge {
    Edge { delay, capacity: capacity.unwrap_or(Rate::UNLIMITED), loss: 0.0 }
}

fn router(name: &str) -> Point {
    Point { router: true, ..Point::named(name) }
}

fn in_region(point: Point, region: String) -> Point {
    Point { region: Some(region), ..point }
}

fn numbered(what: &str, count: u32) -> impl Iterator<Item = Point> {
    (0..count).map(move |number| Point::named(format!("{what}-{number}")))
}

fn tree(depth: u32, fanout: u32, edge: Edge) -> (Vec<Point>, Vec<(u32, u32, Edge)>) {
    let (mut points, mut edges) = (Vec::new(), Vec::new());
    let mut level = vec![None];
    for height in (0..=depth).rev() {
        let mut next = Vec::new();
        for parent in level {
            let at = points.len() as u32;
            let name = if height == 0 { format!("leaf-{at}") } else { format!("branch-{at}") };
            points.push(Point { router: height > 0, ..Point::named(name) });
            edges.extend(parent.map(|parent| (parent, at, edge)));
            next.extend(std::iter::repeat_n(Some(at), fanout as usize));
        }
        level = next;
    }
    (points, edges)
}

#[cfg(test)]
mod tests {
    use super::super::Routes;
    use super::*;

    fn ms(ms: u64) -> Time {
        Time::from_millis(ms)
    }

    fn routes(spec: &GeneratorSpec) -> Routes {
        spec.check().unwrap();
        Routes::new(spec.build(3))
    }

    /// Points, those that take hosts, edges both ways, and the largest delay between two
    /// that take hosts, in ms.
    fn shape(spec: &GeneratorSpec) -> (usize, usize, usize, u64) {
        let routes = routes(spec);
        let topology = routes.topology();
        let hosts: Vec<u32> =
            (0..).zip(topology.points()).filter(|(_, point)| !point.router).map(|(at, _)| at).collect();
        let pairs = hosts.iter().flat_map(|a| hosts.iter().map(move |b| (*a, *b)));
        let longest = pairs.map(|(a, b)| routes.delay(a, b).expect("a graph in one piece")).max().unwrap();
        (topology.points().len(), hosts.len(), topology.edges().len(), longest.nanos() / 1_000_000)
    }

    #[test]
    fn shapes_are_as_their_names_say() {
        let (delay, capacity) = (ms(10), Some(Rate(1_000_000)));
        use GeneratorSpec::{BarabasiAlbert, Line, Pods, Racks, Ring, Star, Tree, WattsStrogatz};
        assert_eq!(shape(&Star { points: 5, delay, capacity }), (6, 5, 10, 20));
        assert_eq!(shape(&Ring { points: 6, delay, capacity }), (6, 6, 12, 30));
        assert_eq!(shape(&Ring { points: 2, delay, capacity }), (2, 2, 2, 10));
        assert_eq!(shape(&Line { points: 4, delay, capacity }), (4, 4, 6, 30));
        assert_eq!(shape(&Tree { depth: 2, fanout: 3, delay, capacity }), (13, 9, 24, 40));
        let uplink = Rate(1_000_000);
        assert_eq!(shape(&Racks { racks: 4, delay, uplink }), (5, 4, 8, 20));
        let pods = Pods { pods: 2, racks: 3, delay, rack_uplink: uplink, pod_uplink: uplink };
        assert_eq!(shape(&pods), (9, 6, 16, 40));
        assert_eq!(shape(&BarabasiAlbert { points: 30, joins: 29, delay, capacity }), (30, 30, 870, 10));
        assert_eq!(shape(&WattsStrogatz { points: 30, degree: 2, rewire: 0.0, delay, capacity }), (30, 30, 60, 150));
    }

    #[test]
    fn distance_becomes_delay() {
        let spec = GeneratorSpec::Geographic { points: 400, width_km: 1000.0, detour: 1.5, delay: ms(2) };
        let routes = routes(&spec);
        let pairs = (0..400).flat_map(|a| (0..a).map(move |b| (a, b)));
        let delays: Vec<f64> = pairs.map(|(a, b)| routes.delay(a, b).unwrap().secs()).collect();
        let mean = delays.iter().sum::<f64>() / delays.len() as f64;
        // Two points in a square of side 1 are 0.5214 apart on average (Santaló).
        let expected = 0.002 + 0.5214 * 1000.0 * 1.5 / FIBRE_KM_PER_S;
        assert!((mean / expected - 1.0).abs() < 0.05, "{mean} {expected}");
    }

    #[test]
    fn what_is_drawn_follows_the_seed() {
        let spec = GeneratorSpec::BarabasiAlbert { points: 50, joins: 2, delay: ms(1), capacity: None };
        let ends = |seed| spec.build(seed).edges().map(|(a, b, _)| (a, b)).collect::<Vec<_>>();
        assert!(ends(1) == ends(1) && ends(1) != ends(2));
    }

    #[test]
    fn impossible_graphs_are_refused() {
        let delay = ms(1);
        let refused = |spec: GeneratorSpec| spec.check().unwrap_err().message;
        assert!(refused(GeneratorSpec::Ring { points: 0, delay, capacity: None }).contains("0 points"));
        assert!(refused(GeneratorSpec::Line { points: 3, delay: Time::ZERO, capacity: None }).contains("take no time"));
        assert!(refused(GeneratorSpec::Racks { racks: 3, delay, uplink: Rate(0) }).contains("carries nothing"));
        let small = GeneratorSpec::WattsStrogatz { points: 9, degree: 3, rewire: 0.5, delay, capacity: None };
        assert!(refused(small).contains("3 wires of each"));
        let huge = GeneratorSpec::Tree { depth: 60, fanout: 60, delay, capacity: None };
        assert!(refused(huge).contains("points"));
    }
}
