//! Classes of nodes: what goes together, from link to role.

use super::build::{counts, quotas};
use super::topology::Placement;
use super::{
    ChurnSpec, Congestion, Hardware, LatencySpec, LinkClass, OfflineKind, Reach, Role, Sender, SessionSpec, StartSpec,
    SwarmSpec, WorldSpec,
};
use crate::dist::Distribution;
use crate::rng::{Purpose, Rng};
use crate::units::{Rate, Refusal, Time, require, require_whole};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A class of nodes. What it does not say holds for it as for nodes of no class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeClass {
    /// Its name in results; several may share one.
    pub name: String,
    /// How many nodes it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = [4]))]
    pub count: Option<u32>,
    /// Its share of the nodes that are in no counted class, 0 to 1; these shares sum to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = [0.3]))]
    pub share: Option<f64>,
    /// The number of its first node; the others follow. Absent, its nodes are drawn: no node
    /// is what it is for its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = [0]))]
    pub first: Option<u32>,
    /// "seeder", "leecher" or "idle"; absent, `swarm.seeders` are drawn among such nodes, the others are leechers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["seeder"]))]
    pub role: Option<ClassRole>,
    /// Upload capacity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["1 Gbit/s"]))]
    pub up: Option<Rate>,
    /// Download capacity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["1 Gbit/s"]))]
    pub down: Option<Rate>,
    /// One-way delay of its access links, on top of the way between points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["5 ms"]))]
    pub access_delay: Option<Time>,
    /// The region that it is in, by its name in the topology or in `network.latency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["EU"]))]
    pub region: Option<String>,
    /// The point of the topology that it is at, by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["frankfurt"]))]
    pub point: Option<String>,
    /// What a node's own work costs, as the key `hardware` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<super::spec::HardwareForm>", extend("examples" = ["codex-netns-2025"]))]
    pub hardware: Option<Hardware>,
    /// When its leechers start, as `swarm.start` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = [{ "stagger": "10 s" }]))]
    pub start: Option<StartSpec>,
    /// Its sessions: a model in models/churn, or { online, offline, kind }. Seeders of the class come and go too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ClassChurnForm>", extend("examples" = ["kad-crawl-1"]))]
    pub churn: Option<ClassChurn>,
    /// Absences of its nodes that are known: each from, until; without the last it is for good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("examples" = [[["20 s", "40 s"]]]))]
    pub away: Vec<Vec<Time>>,
    /// How long its leechers stay once they hold everything, then they go for good; absent, to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["0 s"]))]
    pub seed_for: Option<Time>,
    /// By what its transport decides how much it sends, as `network.transport.congestion` has
    /// it for all; "even" is for all or nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["bbr"]))]
    pub congestion: Option<Congestion>,
    /// Delay that its transport keeps buffers at, as `network.transport.delay_target` has it for
    /// all; "never" is TCP, which fills them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["100 ms"]))]
    pub delay_target: Option<Time>,
    /// What stands between each of its nodes and who dials it; for scenarios with `network.nat`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["cone"]))]
    pub reach: Option<Reach>,
    /// Share of its nodes that nobody can dial, where it is not `network.nat.unreachable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0), extend("examples" = [0.8]))]
    pub unreachable: Option<f64>,
}

/// What a class of nodes is in the swarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClassRole {
    /// Its nodes hold the dataset from the start.
    Seeder,
    /// Its nodes want the dataset.
    Leecher,
    /// Its nodes are there and answer; they hold nothing and want nothing.
    Idle,
}

impl From<ClassRole> for Role {
    fn from(role: ClassRole) -> Self {
        match role {
            ClassRole::Seeder => Role::Seeder,
            ClassRole::Leecher => Role::Leecher,
            ClassRole::Idle => Role::Idle,
        }
    }
}

/// Sessions of a class of nodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassChurn {
    /// Length of a session, in seconds or with a unit.
    #[schemars(extend("examples" = [{ "exponential": { "mean": "1 h" } }]))]
    pub online: Distribution,
    /// Length of an absence, in seconds or with a unit.
    #[schemars(extend("examples" = [{ "fixed": { "value": "10 min" } }]))]
    pub offline: Distribution,
    /// What going offline means: "departure" keeps the data, "crash" loses it.
    #[serde(default = "departure")]
    pub kind: OfflineKind,
}

fn departure() -> OfflineKind {
    OfflineKind::Departure
}

/// How sessions of a class are written.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum ClassChurnForm {
    Model(String),
    Sessions(ClassChurn),
}

impl ClassChurn {
    pub(super) fn sessions(&self) -> SessionSpec {
        SessionSpec { online: self.online, offline: self.offline, kind: self.kind, seeders: true }
    }
}

impl NodeClass {
    /// Where its nodes are, if it says so.
    pub(super) fn placement(&self) -> Option<Placement<'_>> {
        let point = self.point.as_deref().map(Placement::Point);
        point.or(self.region.as_deref().map(Placement::Region))
    }

    /// What its transport does otherwise.
    pub(super) fn sender(&self) -> Sender {
        Sender { congestion: self.congestion, delay_target: self.delay_target }
    }

    fn check(&self, index: usize, spec: &WorldSpec, end: Time) -> Result<(), Refusal> {
        let key = |name: &str| format!("nodes.{index}.{name}");
        let amounts = self.count.is_some() != self.share.is_some();
        require(amounts, format!("nodes.{index}"), "a class needs a size", "`count` or `share`, one of them")?;
        require(self.count != Some(0), key("count"), "a class of no nodes", "at least 1")?;
        let share = self.share.unwrap_or(1.0);
        require((0.0..=1.0).contains(&share), key("share"), format!("a share of {share}"), "a share from 0 to 1")?;
        for (name, rate) in [("up", self.up), ("down", self.down)] {
            LinkClass::check_rate(rate.unwrap_or(Rate::UNLIMITED), &key(name))?;
        }
        let arrives = self.access_delay != Some(Time::NEVER);
        require(arrives, key("access_delay"), "messages would never arrive", "a time")?;
        if let Some(churn) = &self.churn {
            ChurnSpec::Sessions(churn.sessions())
                .check()
                .map_err(|refusal| Refusal { key: key("churn"), ..refusal })?;
            require(self.away.is_empty(), key("away"), "`churn` and `away` exclude each other", "one of them")?;
        }
        self.check_away(&key("away"))?;
        super::reach::check_share(self.unreachable.unwrap_or(0.0), &key("unreachable"))?;
        let one = self.reach.is_none() || self.unreachable.is_none();
        require(one, key("unreachable"), "`reach` and `unreachable` exclude each other", "one of them")?;
        let (who, why) = match self.role {
            Some(ClassRole::Seeder) => ("seeders", "hold everything from the start"),
            _ => ("idle nodes", "never do"),
        };
        let leeches = !matches!(self.role, Some(ClassRole::Seeder | ClassRole::Idle));
        let given = format!("{who} that go when they hold everything");
        let right = format!("no `seed_for`: that is about leechers, {who} {why}");
        require(self.seed_for.is_none() || leeches, key("seed_for"), given, right)?;
        if let (Some(start), false) = (&self.start, leeches) {
            let given = format!("{who} that start {start:?}");
            return Err(Refusal::new(key("start"), given, format!("no `start`: {who} are there from the start")));
        }
        if let (Some(StartSpec::At(moments)), Some([from, _])) = (&self.start, self.away.first().map(Vec::as_slice)) {
            let late = moments.iter().max().copied().unwrap_or(Time::ZERO);
            let given = format!("an absence from {from} of nodes that start at {late}");
            require(late <= *from, key("away.0"), given, "absences after the start, or one for good")?;
        }
        if let Some(start) = &self.start {
            start.check(self.count.unwrap_or(1), end).map_err(|refusal| Refusal { key: key("start"), ..refusal })?;
        }
        self.check_place(index, spec)
    }

    /// Absences come one after another, and each ends after it began.
    fn check_away(&self, key: &str) -> Result<(), Refusal> {
        let mut free = Time::ZERO;
        for (index, absence) in self.away.iter().enumerate() {
            let (given, form) = (format!("an absence {absence:?}"), "from and until, or from alone");
            require((1..=2).contains(&absence.len()), format!("{key}.{index}"), given, form)?;
            let (from, until) = (absence[0], absence.get(1).copied().unwrap_or(Time::NEVER));
            let order = from >= free && until > from && (from > Time::ZERO || free == Time::ZERO);
            let given = format!("an absence from {from} to {until}");
            require(order, format!("{key}.{index}"), given, "absences one after another, each longer than nothing")?;
            free = until;
        }
        Ok(())
    }

    fn check_place(&self, index: usize, spec: &WorldSpec) -> Result<(), Refusal> {
        let key = |name: &str| format!("nodes.{index}.{name}");
        let one = self.point.is_none() || self.region.is_none();
        require(one, key("region"), "`point` and `region` exclude each other", "one of them: a point has its region")?;
        if spec.topology.is_some() {
            return Ok(()); // it knows its points and regions, and says so itself
        }
        require(self.point.is_none(), key("point"), "a point without a topology", "a scenario with [topology]")?;
        let Some(name) = &self.region else { return Ok(()) };
        spec.latency.region(name).map(|_| ()).ok_or_else(|| {
            let known = spec.latency.region_names();
            if known.is_empty() {
                let given = format!("region `{name}`, and one latency between any two nodes");
                let right = "network.latency = { matrix = \"..\" } with regions of these names, or a [topology]";
                return Refusal::new(key("region"), given, right);
            }
            Refusal::unknown(
                format!("no region `{name}` in network.latency"),
                name,
                known.iter().map(String::as_str),
                &key("region"),
            )
        })
    }
}

/// Refuses classes that cannot be those of `spec`.
pub(super) fn check(spec: &WorldSpec, end: Time) -> Result<(), Refusal> {
    const MOST_CLASSES: usize = u16::MAX as usize;
    let classes = &spec.nodes;
    if classes.is_empty() {
        return Ok(());
    }
    let given = format!("{} classes of nodes", classes.len());
    require(classes.len() <= MOST_CLASSES, "nodes", given, format!("at most {MOST_CLASSES}"))?;
    classes.iter().enumerate().try_for_each(|(index, class)| class.check(index, spec, end))?;
    check_numbers(classes, spec.swarm.network_size)?;
    let (n, counted) = (u64::from(spec.swarm.network_size), counted_nodes(classes));
    let shared = classes.iter().any(|class| class.share.is_some());
    if shared {
        let (given, rest) = (
            format!("{counted} nodes in counted classes of a network of {n}"),
            "fewer, for the others to share the rest",
        );
        require(counted < n, "nodes", given, rest)?;
        require_whole(classes.iter().filter_map(|class| class.share), "nodes")?;
    } else {
        let given = format!("classes of {counted} nodes in a network of {n}");
        require(counted == n, "swarm.network_size", given, format!("{counted}, the sum of their counts"))?;
    }
    let (fixed, open) = seeder_places(classes, spec.swarm.network_size);
    let seeders = spec.swarm.seeders;
    let given = format!("{seeders} seeders, of which classes name {fixed} and leave {open} nodes to draw from");
    let right = match fixed + open {
        0 => "a class of seeders, or one without a role".into(),
        most => format!("{} to {most}", fixed.max(1)),
    };
    require((fixed..=fixed + open).contains(&seeders), "swarm.seeders", given, right)?;
    let idle = idle_nodes(classes, spec.swarm.network_size);
    let given = format!("{seeders} seeders and {idle} idle nodes in a network of {n} leave nobody to download");
    require(spec.leechers() > 0, "nodes", given, "a class of leechers, or fewer idle nodes")
}

/// Numbers of nodes belong to one class each, and to a counted one.
fn check_numbers(classes: &[NodeClass], nodes: u32) -> Result<(), Refusal> {
    let mut taken: Vec<(u32, u32, usize)> = Vec::new();
    for (index, class) in classes.iter().enumerate() {
        let Some(first) = class.first else { continue };
        let key = format!("nodes.{index}.first");
        let count = class.count.unwrap_or(0);
        require(count > 0, key.clone(), "a first node of a class by share", "a class with a `count`")?;
        let last = first.saturating_add(count - 1);
        let given = format!("nodes {first} to {last} in a network of {nodes}");
        require(last < nodes, key.clone(), given, format!("nodes up to {}", nodes - 1))?;
        taken.push((first, last, index));
    }
    taken.sort_unstable();
    let twice = taken.windows(2).find(|pair| pair[1].0 <= pair[0].1);
    let Some([(_, _, one), (first, _, other)]) = twice else { return Ok(()) };
    let given = format!("node {first} is of `{}` and of `{}`", classes[*one].name, classes[*other].name);
    Err(Refusal::new(format!("nodes.{other}.first"), given, "each node in one class"))
}

/// Nodes in counted classes.
pub fn counted_nodes(classes: &[NodeClass]) -> u64 {
    classes.iter().filter_map(|class| class.count).map(u64::from).sum()
}

/// By node: its class, an index into `classes`. Those of a class with a `first` have their
/// numbers; the other places go to the others at random, by counts and then by shares of
/// the rest.
pub(super) fn class_of_nodes(classes: &[NodeClass], nodes: u32, seed: u64) -> Vec<usize> {
    let times = |at: usize| classes[at].count.unwrap_or(0) as usize;
    let mut by_node: Vec<Option<usize>> = vec![None; nodes as usize];
    for (at, class) in classes.iter().enumerate() {
        let first = class.first.map_or(nodes, |first| first.min(nodes)) as usize;
        by_node[first..].iter_mut().take(times(at)).for_each(|place| *place = Some(at));
    }
    let open = by_node.iter().filter(|place| place.is_none()).count();
    let counted = (0..classes.len()).filter(|at| classes[*at].first.is_none());
    let mut drawn: Vec<usize> = counted.flat_map(|at| std::iter::repeat_n(at, times(at))).take(open).collect();
    let shared: Vec<usize> = (0..classes.len()).filter(|at| classes[*at].share.is_some()).collect();
    let (alone, rest) = (drawn.is_empty(), open - drawn.len());
    if !shared.is_empty() {
        let parts = shared.iter().map(|at| classes[*at].share.unwrap_or(0.0));
        drawn.extend(quotas(parts, rest, seed, Purpose::Links).into_iter().map(|part| shared[part]));
    }
    if !alone {
        Rng::stream(seed, Purpose::Links, 1).shuffle(&mut drawn);
    }
    let mut drawn = drawn.into_iter();
    by_node.into_iter().map(|place| place.or_else(|| drawn.next()).unwrap_or(0)).collect()
}

/// Whether a share of `all` places, which stands at `place` among `shares`, gets any. Of thousands
/// of classes few have to be held against all others.
fn gets_some(share: f64, place: usize, all: usize, shares: impl Iterator<Item = f64>) -> bool {
    share * all as f64 >= 1.0 || counts(shares, all)[place] > 0
}

/// How many of `nodes` nodes are seeders by their class, and among how many the others
/// are drawn.
pub fn seeder_places(classes: &[NodeClass], nodes: u32) -> (u32, u32) {
    if classes.is_empty() {
        return (0, nodes);
    }
    roles(classes, nodes).fold((0, 0), |(fixed, open), role| match role {
        Some(ClassRole::Seeder) => (fixed + 1, open),
        Some(ClassRole::Leecher | ClassRole::Idle) => (fixed, open),
        None => (fixed, open + 1),
    })
}

/// How many of `nodes` nodes are idle.
fn idle_nodes(classes: &[NodeClass], nodes: u32) -> u32 {
    let some = classes.iter().any(|class| class.role == Some(ClassRole::Idle));
    if some { roles(classes, nodes).filter(|role| *role == Some(ClassRole::Idle)).count() as u32 } else { 0 }
}

/// The roles that classes give to nodes: which nodes they are follows the seed, how many
/// of each does not.
fn roles(classes: &[NodeClass], nodes: u32) -> impl Iterator<Item = Option<ClassRole>> {
    class_of_nodes(classes, nodes, 0).into_iter().map(|class| classes[class].role)
}

impl WorldSpec {
    /// By node: its class, an index into `nodes`; nothing when there are no classes.
    pub(super) fn class_of_nodes(&self, seed: u64) -> Vec<usize> {
        if self.nodes.is_empty() { vec![] } else { class_of_nodes(&self.nodes, self.swarm.network_size, seed) }
    }

    /// Whether any node is in class `index` of `nodes`.
    pub fn has_nodes_of_class(&self, index: usize) -> bool {
        let rest = u64::from(self.swarm.network_size).saturating_sub(counted_nodes(&self.nodes)) as usize;
        let place = self.nodes.iter().take(index).filter(|class| class.share.is_some()).count();
        let share = self.nodes.get(index).and_then(|class| class.share);
        share.is_none_or(|share| gets_some(share, place, rest, self.nodes.iter().filter_map(|class| class.share)))
    }

    /// Whether any node has the access links of class `index` of `links`.
    pub fn has_nodes_of_link_class(&self, index: usize) -> bool {
        let (nodes, shares) = (self.swarm.network_size as usize, self.links.iter().map(|class| class.share));
        self.links.get(index).is_none_or(|class| gets_some(class.share, index, nodes, shares))
    }

    /// How many nodes want the dataset: all that are neither seeders nor idle.
    pub fn leechers(&self) -> u32 {
        let SwarmSpec { network_size, seeders, .. } = self.swarm;
        network_size.saturating_sub(seeders).saturating_sub(self.idle_nodes())
    }

    /// How many nodes are idle.
    pub fn idle_nodes(&self) -> u32 {
        idle_nodes(&self.nodes, self.swarm.network_size)
    }

    /// How many sets of seeders there are.
    pub fn seeder_sets(&self) -> u64 {
        let (fixed, open) = seeder_places(&self.nodes, self.swarm.network_size);
        super::seeder_sets(open, self.swarm.seeders.saturating_sub(fixed))
    }
}

impl LatencySpec {
    /// The names of its regions, `0`, `1` .. where it gives none.
    pub fn region_names(&self) -> Vec<String> {
        match self {
            LatencySpec::Constant(_) => Vec::new(),
            LatencySpec::Regions { names: Some(names), .. } => names.clone(),
            LatencySpec::Regions { shares, .. } => (0..shares.len()).map(|at| at.to_string()).collect(),
        }
    }

    /// The index of the region called `name`.
    pub(super) fn region(&self, name: &str) -> Option<usize> {
        self.region_names().iter().position(|known| known == name)
    }
}
