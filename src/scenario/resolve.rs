//! Step three: names of models become their contents, and a [`RunSpec`] is made.

use super::churn::{churn, churn_model};
use super::draft::{Draft, Latency, Output, Start};
use super::error::{Fault, list};
use super::models::{self, NetworkFile};
use super::tree::{self, Node, Place, Sources, Table, Value};
use super::validate::{classes_fault, distribution_fault, regions_fault};
use crate::discovery::{DiscoverySpec, StaticParams};
use crate::dist::Distribution;
use crate::network::NetworkSpec;
use crate::protocols::ProtocolSpec;
use crate::sim::{Clock, RunSpec};
use crate::units::{Bytes, Rate, Time};
use crate::world::{DatasetSpec, Hardware, LatencySpec, LinkClass, OverlaySpec, StartSpec, SwarmSpec, WorldSpec};

/// A scenario with all names looked up, and where the contents came from.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) keep: super::Keep,
    pub(super) run: RunSpec,
    /// The protocol as it was named.
    pub(super) protocol: String,
    /// Constants of the protocol.
    pub(super) constants: Table,
    /// Constants of the discovery model; none of the static directory.
    pub(super) discovery_constants: Option<Table>,
    /// Costs of the hardware.
    pub(super) costs: Table,
    /// Whether links come from `up` and `down`.
    pub(super) plain_links: bool,
    pub(super) links_at: Place,
    pub(super) latency_at: Place,
    pub(super) jitter_at: Place,
    pub(super) online_at: Place,
    pub(super) offline_at: Place,
    pub(super) warnings: Vec<String>,
}

/// The keys of `tree` as they are written.
pub(super) fn draft(tree: &Table) -> Result<Draft, Fault> {
    root(tree).read()
}

fn root(tree: &Table) -> Node {
    let at = Place { source: 0, start: 0, end: 0 };
    Node { key: at, at, value: Value::Table(tree.clone()) }
}

/// Lays the `[defaults]` of the chosen protocol under what the scenario sets.
pub(super) fn fill_in(tree: &mut Table, sources: &mut Sources) -> Result<(), Fault> {
    let (name, chosen) = chosen_protocol(tree);
    let own = models::constants("protocols", name, chosen.key, sources)?.defaults_with(chosen.table());
    for refused in ["protocol", "sweep", "extends"] {
        if let Some(node) = own.get(refused) {
            return Err(Fault::new(format!("`{refused}` is no default of a protocol"))
                .expected("keys such as `swarm.block_size` or `network.transport.mux_header`")
                .at(node.key));
        }
    }
    tree::fill(tree, own, sources);
    Ok(())
}

/// The one protocol of the tree: its name or path, and its table.
fn chosen_protocol(tree: &Table) -> (&str, &Node) {
    let node = tree.get("protocol").expect("the defaults name a protocol");
    let Some([(name, chosen)]) = node.table().map(|table| table.0.as_slice()) else {
        unreachable!("a protocol is one table by now")
    };
    (name, chosen)
}

/// Looks up every name without making a run: values may still be missing.
pub(super) fn names(tree: &Table, sources: &mut Sources) -> Result<(), Fault> {
    let mut tree = tree.clone();
    fill_in(&mut tree, sources)?;
    let tree = &tree;
    let draft = draft(tree)?;
    let mut warnings = Vec::new();
    protocol(tree, sources, &mut warnings)?;
    hardware(tree, sources, &mut warnings)?;
    discovery(&draft, tree, sources, &mut warnings)?;
    if draft.network.links.is_some() {
        links_model(tree, sources, &mut warnings)?;
    }
    latency(&draft, tree, sources, &mut warnings)?;
    if !["none", "sessions", "trace"].contains(&draft.churn.model.as_str()) {
        churn_model(&draft.churn.model, tree, sources, &mut warnings)?;
    }
    Ok(())
}

/// Makes the run of a scenario that has passed [`super::validate`].
pub(super) fn resolve(draft: &Draft, tree: &Table, sources: &mut Sources) -> Result<Resolved, Fault> {
    let mut warnings = Vec::new();
    let protocol = protocol(tree, sources, &mut warnings)?;
    let (hardware, costs) = hardware(tree, sources, &mut warnings)?;
    let Links { classes: links, at: links_at, plain: plain_links } = links(draft, tree, sources, &mut warnings)?;
    let delays = latency(draft, tree, sources, &mut warnings)?;
    let churn = churn(draft, tree, sources, &mut warnings)?;
    let (discovery, discovery_constants) = discovery(draft, tree, sources, &mut warnings)?;
    let world = WorldSpec {
        swarm: swarm(draft),
        dataset: DatasetSpec {
            size: draft.swarm.file_size.unwrap_or(Bytes(0)),
            block_size: draft.swarm.block_size,
            group: draft.swarm.group,
        },
        links,
        seeder_up: draft.network.seeder_up,
        seeder_down: draft.network.seeder_down,
        latency: delays.spec,
        churn: churn.spec,
        failures: draft.failures.clone(),
        overlay: overlay(draft),
        connected: draft.network.connected,
        hardware,
    };
    let run = RunSpec {
        world,
        network: NetworkSpec { model: draft.network.model, transport: draft.network.transport, jitter: delays.jitter },
        discovery,
        protocol: protocol.spec,
        stop: draft.stop,
        seed: draft.seed,
        seeder_set: draft.swarm.seeder_set,
        tie_salt: draft.tie_salt,
        clock: Clock::TRUE,
        series_interval: draft.series_interval,
        progress_steps: progress_steps(&draft.output),
        trace: draft.output.trace,
    };
    Ok(Resolved {
        run,
        keep: draft.output.keep,
        protocol: protocol.name,
        constants: protocol.constants,
        discovery_constants,
        costs,
        plain_links,
        links_at,
        latency_at: delays.at,
        jitter_at: delays.jitter_at,
        online_at: churn.online_at,
        offline_at: churn.offline_at,
        warnings,
    })
}

fn swarm(draft: &Draft) -> SwarmSpec {
    SwarmSpec {
        network_size: draft.swarm.network_size.unwrap_or(0),
        seeders: draft.swarm.seeders.unwrap_or(0),
        start: match &draft.swarm.start {
            Start::Together => StartSpec::Together,
            Start::Stagger(distance) => StartSpec::Stagger(*distance),
            Start::Poisson(distance) => StartSpec::Poisson(distance.0),
            Start::At(moments) => StartSpec::At(moments.clone()),
        },
    }
}

/// Steps in which downloads are noted where a trace is wanted and nobody says.
const STEPS_WITH_TRACE: u32 = 100;

/// A trace alone does not say what was stored.
fn progress_steps(output: &Output) -> u32 {
    if output.trace && output.progress == 0 { STEPS_WITH_TRACE } else { output.progress }
}

fn overlay(draft: &Draft) -> Option<OverlaySpec> {
    draft.network.degree.map(OverlaySpec::Random).or(draft.network.grown.map(OverlaySpec::Grown))
}

/// Warns once about a model whose numbers were not checked.
pub(super) fn warn_uncalibrated(file: &str, calibrated: bool, warnings: &mut Vec<String>) {
    if !calibrated {
        warn(warnings, &format!("{UNCALIBRATED}{file}"));
    }
}

/// How the one warning about models that nobody checked begins; their files follow.
const UNCALIBRATED: &str = "not calibrated, so never checked against measurements: ";

/// Adds to the warnings of a scenario or of several. Nothing is said twice, and
/// what is about models that are not calibrated is said in one line.
pub fn warn(warnings: &mut Vec<String>, warning: &str) {
    let files =
        |text: &str| text.strip_prefix(UNCALIBRATED).map(|files| files.split(", ").map(str::to_owned).collect());
    let Some(new): Option<Vec<String>> = files(warning) else {
        if !warnings.iter().any(|known| known == warning) {
            warnings.push(warning.into());
        }
        return;
    };
    match warnings.iter_mut().find_map(|known| files(known).map(|old| (known, old))) {
        None => warnings.push(warning.into()),
        Some((known, mut all)) => {
            all.extend(new.into_iter().filter(|file| !all.contains(file)).collect::<Vec<String>>());
            *known = format!("{UNCALIBRATED}{}", all.join(", "));
        }
    }
}

struct Protocol {
    name: String,
    spec: ProtocolSpec,
    constants: Table,
}

fn protocol(tree: &Table, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<Protocol, Fault> {
    let (name, chosen) = chosen_protocol(tree);
    let model = models::constants("protocols", name, chosen.key, sources)?;
    let Some((family, family_at)) = model.family else {
        return Err(Fault::new(format!("{} names no `family`", model.file))
            .expected(format!("family = one of {}", list(ProtocolSpec::FAMILIES.iter().copied())))
            .at(chosen.key));
    };
    let mut constants = model.table;
    constants.merge(chosen.table().cloned().unwrap_or_default(), "");
    let all = Node { value: Value::Table(constants.clone()), ..chosen.clone() };
    let spec = ProtocolSpec::read(&family, &all).ok_or_else(|| {
        let families = ProtocolSpec::FAMILIES.iter().copied();
        Fault::new(format!("unknown family `{family}`"))
            .expected(format!("one of {}", list(families.clone())))
            .suggest(&family, families)
            .at(family_at)
    })??;
    at_least(&constants, &model.at_least)?;
    warn_uncalibrated(&model.file, model.calibrated, warnings);
    Ok(Protocol { name: name.into(), spec, constants })
}

/// Constants below what makes sense (a window of no blocks) are refused.
fn at_least(constants: &Table, least: &Table) -> Result<(), Fault> {
    for (name, bound) in &least.0 {
        if let Some(node) = constants.get(name)
            && let (Some(value), Some(smallest)) = (magnitude(node), magnitude(bound))
            && value < smallest
        {
            return Err(Fault::new(format!("`{name}` is too small"))
                .expected(format!("at least {}", bound.bare()))
                .at(node.at));
        }
    }
    Ok(())
}

fn magnitude(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Integer(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        Value::String(text) => {
            let size = text.parse::<Bytes>().map(|b| b.get());
            size.or_else(|_| text.parse::<Time>().map(Time::nanos)).ok().map(|v| v as f64)
        }
        _ => None,
    }
}

/// The discovery model and, unless it is the static directory, its constants.
fn discovery(
    draft: &Draft,
    tree: &Table,
    sources: &mut Sources,
    warnings: &mut Vec<String>,
) -> Result<(DiscoverySpec, Option<Table>), Fault> {
    let node = tree.find("discovery.model").expect("the defaults name a model");
    let over = tree.find("discovery.constants");
    let own = &draft.discovery;
    if own.model == "static" {
        if let Some(over) = over {
            let fault = Fault::new("the static directory has no `constants`");
            return Err(fault.expected("`round_trips`, or another `model`").at(over.key));
        }
        let (round_trips, round_trips_per_doubling) = (own.round_trips, own.round_trips_per_doubling);
        let params = StaticParams { round_trips, round_trips_per_doubling, max_providers: own.max_providers };
        return Ok((DiscoverySpec::Static(params), None));
    }
    let model = models::constants("discovery", &own.model, node.at, sources)?;
    let mut constants = model.table;
    if let Some(over) = over {
        let table =
            over.table().ok_or_else(|| Fault::new("wrong type").expected("a table of constants").at(over.at))?;
        constants.merge(table.clone(), "");
    }
    let all = Node { value: Value::Table(constants.clone()), ..over.unwrap_or(node).clone() };
    let families = DiscoverySpec::FAMILIES.iter().copied();
    let (family, family_at) = model.family.unwrap_or((String::new(), node.at));
    let spec = DiscoverySpec::read(&family, &all).ok_or_else(|| {
        let fault = Fault::new(format!("unknown family `{family}`")).suggest(&family, families.clone());
        fault.expected(format!("one of {}", list(families))).at(family_at)
    })??;
    at_least(&constants, &model.at_least)?;
    warn_uncalibrated(&model.file, model.calibrated, warnings);
    let spec = match spec {
        DiscoverySpec::Dht(params, _) => DiscoverySpec::Dht(params, own.load),
        other => other,
    };
    Ok((spec, Some(constants)))
}

fn hardware(tree: &Table, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<(Hardware, Table), Fault> {
    let node = tree.get("hardware").expect("the defaults name a hardware");
    let Some(table) = node.table() else {
        let fault = Fault::new("wrong type").expected("a name, a path, or a table of costs");
        return Err(fault.at(node.at).unless_list(&node.value));
    };
    let mut over = table.clone();
    let (name, asked) = match over.remove("extends") {
        Some(node) => (node.read::<String>()?, node.at),
        None => ("ideal".into(), node.at),
    };
    let model = models::constants("hardware", &name, asked, sources)?;
    let mut costs = model.table;
    costs.merge(over, "");
    let all = Node { value: Value::Table(costs.clone()), ..node.clone() };
    let hardware = all.read()?;
    warn_uncalibrated(&model.file, model.calibrated, warnings);
    Ok((hardware, costs))
}

/// The contents of the network model named at `node`.
fn network_model(
    node: &Node,
    sources: &mut Sources,
    warnings: &mut Vec<String>,
) -> Result<(NetworkFile, Table), Fault> {
    let name: String = node.read()?;
    let model = models::find("networks", &name, node.at, sources)?;
    let contents: NetworkFile = model.node.read()?;
    let fault = match (&contents.classes, &contents.latency, &contents.jitter) {
        (Some(classes), ..) if classes_fault(classes).is_some() => {
            classes_fault(classes).map(|(_, fault)| ("classes", fault))
        }
        (_, Some(Latency::Regions(regions)), _) => regions_fault(regions).map(|(_, fault)| ("latency", fault)),
        (.., Some(jitter)) => distribution_fault(jitter).map(|fault| ("jitter", fault)),
        _ => None,
    };
    let table = model.node.table().cloned().unwrap_or_default();
    if let Some((key, fault)) = fault {
        return Err(fault.at(table.get(key).unwrap_or(node).at));
    }
    warn_uncalibrated(&model.file, model.calibrated, warnings);
    Ok((contents, table))
}

struct Links {
    classes: Vec<LinkClass>,
    at: Place,
    /// Whether they come from `up` and `down`.
    plain: bool,
}

fn links_model(tree: &Table, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<Links, Fault> {
    let node = tree.find("network.links").expect("the caller has seen it");
    let (contents, table) = network_model(node, sources, warnings)?;
    let at = table.get("classes").map_or(node.at, |classes| classes.key);
    let classes = contents.classes.ok_or_else(|| {
        Fault::new("this model has no `classes` of links")
            .expected(format!("one of {}", models::with_key("networks", "classes")))
            .at(node.at)
    })?;
    Ok(Links { classes, at, plain: false })
}

/// Three ways to give links; the one in the highest layer counts.
fn links(draft: &Draft, tree: &Table, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<Links, Fault> {
    let mut ways: Vec<(&str, &Node)> = ["up", "down", "links", "classes"]
        .into_iter()
        .filter_map(|key| Some((key, tree.find(&format!("network.{key}"))?)))
        .filter(|(_, node)| !sources.is_default(node.at))
        .collect();
    ways.sort_by_key(|(_, node)| std::cmp::Reverse((sources.rank(node.at), node.at.start)));
    let pair = |key: &str| key == "up" || key == "down";
    let plain = LinkClass { share: 1.0, up: draft.network.up, down: draft.network.down };
    let Some((winner, node)) = ways.first().copied() else {
        let at = tree.find("network.up").expect("the defaults give a rate").at;
        return Ok(Links { classes: vec![plain], at, plain: true });
    };
    for (key, other) in ways.iter().filter(|(key, _)| *key != winner && !(pair(key) && pair(winner))) {
        if sources.rank(other.at) == sources.rank(node.at) {
            let message = format!("`network.{winner}` and `network.{key}` exclude each other");
            return Err(Fault::new(message).expected("`up` and `down`, or `links`, or `classes`").at(node.key));
        }
        let (loser, by) = (sources.origin(other.at), sources.origin(node.at));
        warnings.push(format!("network.{key} ({loser}) has no effect: network.{winner} ({by}) replaces it"));
    }
    match winner {
        "links" => links_model(tree, sources, warnings),
        "classes" => {
            let classes = draft.network.classes.clone().unwrap_or_default();
            Ok(Links { classes, at: node.at, plain: false })
        }
        _ => Ok(Links { classes: vec![plain], at: node.at, plain: true }),
    }
}

struct Delays {
    spec: LatencySpec,
    at: Place,
    jitter: Option<Distribution>,
    jitter_at: Place,
}

/// Delays, and the jitter that belongs to them unless the scenario gives its own.
fn latency(draft: &Draft, tree: &Table, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<Delays, Fault> {
    let node = tree.find("network.latency").expect("the defaults give a latency");
    let own_jitter = tree.find("network.jitter");
    let spec = |latency: &Latency| match latency {
        Latency::Constant(time) => Some(LatencySpec::Constant(*time)),
        Latency::Regions(regions) => {
            Some(LatencySpec::Regions { shares: regions.shares.clone(), delay: regions.delay.clone() })
        }
        Latency::Matrix(_) => None,
    };
    let own_jitter_at = own_jitter.map_or(node.at, |jitter| jitter.at);
    if let Some(spec) = spec(&draft.network.latency) {
        return Ok(Delays { spec, at: node.at, jitter: draft.network.jitter, jitter_at: own_jitter_at });
    }
    let named = tree.find("network.latency.matrix").expect("the draft has a name");
    let (contents, table) = network_model(named, sources, warnings)?;
    let place = |key: &str| table.get(key).map_or(named.at, |node| node.key);
    let spec = contents.latency.as_ref().and_then(spec).ok_or_else(|| {
        Fault::new("this model has no `latency`")
            .expected(format!("one of {}", models::with_key("networks", "latency")))
            .at(named.at)
    })?;
    let jitter = draft.network.jitter.or(contents.jitter);
    let jitter_at = if own_jitter.is_some() { own_jitter_at } else { place("jitter") };
    Ok(Delays { spec, at: place("latency"), jitter, jitter_at })
}

/// Whether all nodes have the same link.
pub(super) fn single_link(links: &[LinkClass]) -> Option<(Rate, Rate)> {
    match links {
        [LinkClass { share, up, down }] if *share == 1.0 => Some((*up, *down)),
        _ => None,
    }
}
