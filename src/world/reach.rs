//! From where a node can be reached: what stands between it and who dials it.

use super::build::quotas;
use super::{NodeClass, World, WorldSpec};
use crate::rng::{Purpose, Rng};
use crate::units::{Refusal, require, require_whole};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What stands between a node and who dials it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Nothing: everybody can dial it.
    #[default]
    Public,
    /// A NAT that maps a port when it is asked to (UPnP, NAT-PMP, PCP): then everybody can.
    Mapped,
    /// A NAT that keeps one outer port for all peers; a hole can be punched.
    Cone,
    /// A NAT with another outer port for each peer: a hole seldom can be punched.
    Symmetric,
    /// A firewall that lets out and never in; no hole can be punched.
    Blocked,
}

impl Reach {
    /// All kinds, from the best to the worst.
    pub const ALL: [Reach; 5] = [Reach::Public, Reach::Mapped, Reach::Cone, Reach::Symmetric, Reach::Blocked];

    /// The word used in scenarios and result files.
    pub const fn name(self) -> &'static str {
        match self {
            Reach::Public => "public",
            Reach::Mapped => "mapped",
            Reach::Cone => "cone",
            Reach::Symmetric => "symmetric",
            Reach::Blocked => "blocked",
        }
    }
}

/// What nodes are behind that nobody can dial: shares that sum to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Behind {
    /// A NAT that maps a port when it is asked to.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub mapped: f64,
    /// A NAT that keeps one outer port.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub cone: f64,
    /// A NAT with another outer port for each peer.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub symmetric: f64,
    /// A firewall that never lets in.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub blocked: f64,
}

impl Behind {
    /// In the order of [`Reach::ALL`], which begins with what is in front.
    fn shares(&self) -> [f64; 4] {
        [self.mapped, self.cone, self.symmetric, self.blocked]
    }

    /// Refuses shares that are none, or do not sum to 1.
    ///
    /// # Errors
    /// On the first of these; `key` names where they stand.
    pub fn check(&self, key: &str) -> Result<(), Refusal> {
        for (share, reach) in self.shares().into_iter().zip(&Reach::ALL[1..]) {
            check_share(share, &format!("{key}.{}", reach.name()))?;
        }
        require_whole(self.shares(), key)
    }
}

/// Refuses what is no share of a whole.
pub(super) fn check_share(share: f64, key: &str) -> Result<(), Refusal> {
    require((0.0..=1.0).contains(&share), key, format!("a share of {share}"), "a share from 0 to 1")
}

impl NodeClass {
    /// Whether it says how its nodes are reached.
    pub fn tells_reach(&self) -> bool {
        self.reach.is_some() || self.unreachable.is_some()
    }
}

impl World {
    /// Draws what is in front of each node: of `unreachable` of the nodes, and of those of
    /// a class the share that this says, one of `behind`; a class may say it for all its nodes.
    /// Who is unreachable at some share is so at every larger one.
    pub fn draw_reach(&mut self, spec: &WorldSpec, unreachable: f64, behind: &Behind) {
        let classes = spec.class_of_nodes(self.seed);
        let of = |node: usize| classes.get(node).map(|class| &spec.nodes[*class]);
        // Nodes of a class with a share of its own are drawn among themselves.
        let group = |node: usize| of(node).filter(|class| class.unreachable.is_some()).map_or(0, |_| classes[node] + 1);
        for which in 0..=spec.nodes.len() {
            let free = |node: &usize| of(*node).is_none_or(|class| class.reach.is_none());
            let mut order: Vec<usize> = (0..spec.swarm.network_size as usize).filter(free).collect();
            order.retain(|node| group(*node) == which);
            Rng::stream(self.seed, Purpose::Reach, which as u64).shuffle(&mut order);
            let share = which.checked_sub(1).and_then(|class| spec.nodes[class].unreachable).unwrap_or(unreachable);
            order.truncate(libm::round(share * order.len() as f64) as usize);
            let kinds = quotas(behind.shares().into_iter(), order.len(), self.seed, Purpose::ReachKinds);
            order.into_iter().zip(kinds).for_each(|(node, kind)| self.nodes[node].reach = Reach::ALL[kind + 1]);
        }
        for node in 0..spec.swarm.network_size as usize {
            if let Some(reach) = of(node).and_then(|class| class.reach) {
                self.nodes[node].reach = reach;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DatasetSpec, WorldSpec};
    use super::*;
    use crate::units::{Bytes, Rate};

    const BEHIND: Behind = Behind { mapped: 0.2, cone: 0.7, symmetric: 0.1, blocked: 0.0 };

    fn drawn(unreachable: f64, classes: &str, seed: u64) -> World {
        let dataset = DatasetSpec { size: Bytes(1), block_size: Bytes(1), group: 1 };
        let nodes: Vec<NodeClass> = serde_json::from_str(classes).unwrap();
        let spec = WorldSpec { nodes, ..WorldSpec::plain((100, 1), dataset, Rate(1)) };
        let mut world = World::build(&spec, seed, 0);
        world.draw_reach(&spec, unreachable, &BEHIND);
        world
    }

    fn count(world: &World, reach: Reach) -> usize {
        world.nodes.iter().filter(|node| node.reach == reach).count()
    }

    #[test]
    fn shares_are_kept_and_nested() {
        let [some, more] = [0.3, 0.5].map(|share| drawn(share, "[]", 7));
        assert_eq!(Reach::ALL.map(|reach| count(&some, reach)), [70, 6, 21, 3, 0]);
        assert_eq!(Reach::ALL.map(|reach| count(&more, reach)), [50, 10, 35, 5, 0]);
        let hidden = |world: &World| world.nodes.iter().map(|node| node.reach != Reach::Public).collect::<Vec<_>>();
        let (some, more) = (hidden(&some), hidden(&more));
        assert!(some.iter().zip(&more).all(|(less, more)| more >= less), "who is hidden stays so");
        assert_ne!(more, hidden(&drawn(0.5, "[]", 8)), "by the seed");
    }

    #[test]
    fn a_class_says_it_for_its_nodes() {
        let classes = r#"[
            { "name": "server", "count": 20, "reach": "public" },
            { "name": "mobile", "count": 40, "unreachable": 1.0 },
            { "name": "office", "count": 10, "reach": "blocked" },
            { "name": "home", "count": 30 }
        ]"#;
        let world = drawn(0.5, classes, 7);
        let of = |class: u16, reach: Reach| {
            world.nodes.iter().filter(|node| node.class == class && node.reach == reach).count()
        };
        assert_eq!(
            (of(0, Reach::Public), of(1, Reach::Public), of(2, Reach::Blocked), of(3, Reach::Public)),
            (20, 0, 10, 15)
        );
        assert_eq!((of(1, Reach::Mapped), of(1, Reach::Cone), of(1, Reach::Symmetric)), (8, 28, 4));
    }

    #[test]
    fn shares_that_are_none_are_refused() {
        let key = |behind: Behind| behind.check("k").err().map(|refusal| refusal.key);
        assert_eq!(key(BEHIND), None);
        assert_eq!(key(Behind { cone: 1.2, mapped: -0.3, ..BEHIND }), Some("k.mapped".into()));
        assert_eq!(key(Behind { cone: 0.5, ..BEHIND }), Some("k".into()));
    }
}
