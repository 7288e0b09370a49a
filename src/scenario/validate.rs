//! Step two: keys, types and units first, then what only makes sense together.

use super::draft::{Draft, Latency, Regions, Start};
use super::error::{Fault, list};
use super::resolve;
use super::sweep::Study;
use super::tree::{Node, Sources, Table};
use crate::dist::Distribution;
use crate::network::{NetworkModel, Transport};
use crate::sim::RunSpec;
use crate::units::{Bytes, Rate, Time};
use crate::world::{LinkClass, seeder_sets};

/// Ten times the largest network anybody asked for; more would not fit into memory.
const MOST_NODES: u32 = 1_000_000;

/// Finer steps than anybody plots; each is a row for every leecher and run.
const MOST_STEPS: u32 = 100_000;

/// The largest block that any version of the protocol accepts (codex-protocol
/// sheet 5.1: message and block cap).
const LARGEST_BLOCK: Bytes = Bytes(100 << 20);

/// Checks every key, type, unit and name, in the scenario and in each value of
/// its sweep; what a sweep sets may be missing from the scenario itself.
pub(super) fn structure(tree: &Table, study: &Study, sources: &mut Sources) -> Result<(), Fault> {
    resolve::names(tree, sources)?;
    for axis in &study.axes {
        for point in 0..axis.len() {
            let mut varied = tree.clone();
            axis.apply(point, &mut varied, sources)?;
            resolve::names(&varied, sources)?;
        }
    }
    Ok(())
}

/// Checks what only makes sense together, in a scenario whose values are all set.
pub(super) fn combinations(draft: &Draft, tree: &Table, sources: &Sources) -> Result<(), Fault> {
    let check = Check { tree, sources };
    check.name(draft)?;
    check.swarm(draft)?;
    check.dataset(draft)?;
    check.links(draft)?;
    check.latency(draft)?;
    check.transport(&draft.network.transport)?;
    check.discovery(draft)?;
    check.failures(draft)?;
    check.stop(draft)?;
    check.output(draft)
}

/// Refuses a run of which the clock could not tell the bound.
pub(super) fn clock(run: &RunSpec, tree: &Table) -> Result<(), Fault> {
    let (world, size) = (&run.world, run.world.dataset.size);
    let rates = world.links.iter().flat_map(|class| [class.up, class.down]);
    let slowest = rates.chain(world.seeder_up).chain(world.seeder_down).min();
    match slowest.filter(|rate| run.network.model != NetworkModel::Ideal && rate.time_for(size) > Time::LONGEST) {
        None => Ok(()),
        Some(rate) => {
            let fault = Fault::new(format!("{size} over a link of {rate} take longer than the clock holds"))
                .expected(format!("a smaller file or a faster link: at most {} years", LONGEST_YEARS));
            Err(tree.find("swarm.file_size").map_or(fault.clone(), |node| fault.at(node.at)))
        }
    }
}

/// [`Time::LONGEST`] in years.
const LONGEST_YEARS: u32 = 292;

/// What is wrong with shares that should sum to 1.
fn shares_fault(shares: &[f64]) -> Option<Fault> {
    let sum: f64 = shares.iter().sum();
    let fault = Fault::new(format!("the shares sum to {}", (sum * 1e6).round() / 1e6));
    ((sum - 1.0).abs() > 1e-6).then(|| fault.expected("a sum of 1"))
}

/// What is wrong with link classes, if anything, and in which class.
pub(super) fn classes_fault(classes: &[LinkClass]) -> Option<(Option<usize>, Fault)> {
    if classes.is_empty() {
        return Some((None, Fault::new("no classes of links").expected("at least one")));
    }
    for (index, class) in classes.iter().enumerate() {
        if class.up == Rate(0) || class.down == Rate(0) {
            return Some((Some(index), Fault::new("a link without capacity").expected("rates above zero")));
        }
    }
    let shares: Vec<f64> = classes.iter().map(|class| class.share).collect();
    shares_fault(&shares).map(|fault| (None, fault))
}

/// What is wrong with delays by region, if anything: the key and why.
pub(super) fn regions_fault(regions: &Regions) -> Option<(&'static str, Fault)> {
    let n = regions.shares.len();
    if n == 0 || n > usize::from(u16::MAX) {
        return Some(("shares", Fault::new(format!("{n} regions")).expected("1 to 65535 regions")));
    }
    if regions.delay.len() != n || regions.delay.iter().any(|row| row.len() != n) {
        let widths: Vec<String> = regions.delay.iter().map(|row| row.len().to_string()).collect();
        let fault = Fault::new(format!("the delays come in rows of {}", widths.join(", ")));
        return Some(("delay", fault.expected(format!("{n} rows of {n}, one for each share"))));
    }
    shares_fault(&regions.shares).map(|fault| ("shares", fault))
}

/// What is wrong with a distribution, if anything.
pub(super) fn distribution_fault(distribution: &Distribution) -> Option<Fault> {
    distribution.problem().map(|problem| {
        Fault::new(format!("impossible distribution: {problem}")).expected("e.g. { exponential = { mean = 3600 } }")
    })
}

fn range(from: u32, to: u32) -> String {
    if from == to { from.to_string() } else { format!("{from} to {to}") }
}

struct Check<'a> {
    tree: &'a Table,
    sources: &'a Sources,
}

impl Check<'_> {
    /// Places `fault` at the value of the dotted key `path`.
    fn fail(&self, path: &str, fault: Fault) -> Result<(), Fault> {
        Err(match self.tree.find(path) {
            Some(node) => fault.at(node.at),
            None => fault,
        })
    }

    /// Tells all keys that are missing at once.
    fn present(&self, draft: &Draft) -> Result<(u32, u32, Bytes), Fault> {
        let swarm = &draft.swarm;
        if let (Some(n), Some(seeders), Some(size)) = (swarm.network_size, swarm.seeders, swarm.file_size) {
            return Ok((n, seeders, size));
        }
        let missing: Vec<(&str, &str)> = [
            (swarm.network_size.is_none(), ("network_size", "network_size = 32")),
            (swarm.seeders.is_none(), ("seeders", "seeders = 4")),
            (swarm.file_size.is_none(), ("file_size", "file_size = \"100 MB\"")),
        ]
        .into_iter()
        .filter_map(|(absent, key)| absent.then_some(key))
        .collect();
        let keys = if missing.len() == 1 { "key" } else { "keys" };
        let examples: Vec<&str> = missing.iter().map(|(_, example)| *example).collect();
        let message = format!("missing {keys} {} in [swarm]", list(missing.iter().map(|(name, _)| *name)));
        let fault = Fault::new(message).expected(examples.join(", "));
        let table = self.tree.get("swarm").filter(|node| !self.sources.is_default(node.at));
        Err(table.map_or(fault.clone(), |node| fault.at(node.key)))
    }

    fn name(&self, draft: &Draft) -> Result<(), Fault> {
        let Some(name) = &draft.name else { return Ok(()) };
        let bad = |c: char| c == '/' || c == '\\' || c.is_control();
        if name.trim().is_empty() || name.starts_with('.') || name.contains(bad) {
            let fault = Fault::new(format!("`{}` cannot name a folder of results", name.escape_debug()));
            return self.fail("name", fault.expected("a word such as \"quickstart\""));
        }
        Ok(())
    }

    fn swarm(&self, draft: &Draft) -> Result<(), Fault> {
        let (n, seeders, _) = self.present(draft)?;
        if n < 2 {
            let fault = Fault::new(format!("a network of {n}")).expected("at least 2 nodes: a seeder and a leecher");
            return self.fail("swarm.network_size", fault);
        }
        if n > MOST_NODES {
            let fault = Fault::new(format!("a network of {n}")).expected(format!("at most {MOST_NODES} nodes"));
            return self.fail("swarm.network_size", fault);
        }
        if seeders == 0 {
            let fault = Fault::new("nobody holds the file").expected("at least 1 seeder");
            return self.fail("swarm.seeders", fault);
        }
        if seeders >= n {
            let fault = Fault::new(format!("{seeders} seeders in a network of {n} leave nobody to download"));
            return self.fail("swarm.seeders", fault.expected(format!("{}, fewer than network_size", range(1, n - 1))));
        }
        self.seeder_sets(draft, seeder_sets(n, seeders))?;
        self.starts(draft, n - seeders)?;
        self.degree(draft.network.degree, n)?;
        self.grown(draft, n)
    }

    /// More sets than there are would be the same ones again.
    fn seeder_sets(&self, draft: &Draft, sets: u64) -> Result<(), Fault> {
        let swept = self.tree.find("sweep.seeder_sets").map(Node::read::<u32>).transpose()?;
        let what = format!("there are {sets} sets of this many seeders");
        if swept.is_some_and(|swept| u64::from(swept) > sets) {
            return self.fail("sweep.seeder_sets", Fault::new(what).expected(format!("1 to {sets}")));
        }
        if u64::from(draft.swarm.seeder_set) >= sets {
            return self.fail("swarm.seeder_set", Fault::new(what).expected(format!("0 to {}", sets - 1)));
        }
        Ok(())
    }

    /// Who starts after the end takes no part. (Of random starts the mean counts.)
    fn starts(&self, draft: &Draft, leechers: u32) -> Result<(), Fault> {
        let gaps = u64::from(leechers - 1);
        let (last, key) = match &draft.swarm.start {
            Start::Together => return Ok(()),
            Start::Stagger(distance) => (*distance * gaps, "stagger"),
            Start::Poisson(distance) => (distance.0 * gaps, "poisson"),
            Start::At(moments) if moments.len() < leechers as usize => {
                let fault = Fault::new(format!("{} starts for {leechers} leechers", moments.len()));
                return self.fail("swarm.start.at", fault.expected("one for each leecher"));
            }
            Start::At(moments) => (moments.iter().take(leechers as usize).copied().max().unwrap_or(Time::ZERO), "at"),
        };
        if last >= draft.stop.max_time {
            let fault = Fault::new(format!("the last leecher starts at {last}, after the end of the run"))
                .expected(format!("starts before stop.max_time, {}", draft.stop.max_time));
            return self.fail(&format!("swarm.start.{key}"), fault);
        }
        Ok(())
    }

    /// A random graph of degree 1 is a set of pairs, so it connects two nodes at most.
    fn degree(&self, degree: Option<u32>, n: u32) -> Result<(), Fault> {
        let least = if n == 2 { 1 } else { 2 };
        match degree {
            Some(degree) if degree < least || degree > n - 1 => {
                let fault = Fault::new(format!("{degree} acquaintances in a network of {n}"));
                self.fail("network.degree", fault.expected(range(least, n - 1)))
            }
            _ => Ok(()),
        }
    }

    fn grown(&self, draft: &Draft, n: u32) -> Result<(), Fault> {
        let Some(joins) = draft.network.grown else { return Ok(()) };
        if draft.network.degree.is_some() {
            let fault = Fault::new("`network.grown` and `network.degree` exclude each other");
            return self.fail("network.grown", fault.expected("one of them"));
        }
        if joins == 0 || joins > n - 1 {
            let fault = Fault::new(format!("joining to {joins} in a network of {n}"));
            return self.fail("network.grown", fault.expected(range(1, n - 1)));
        }
        Ok(())
    }

    fn dataset(&self, draft: &Draft) -> Result<(), Fault> {
        let swarm = &draft.swarm;
        let (_, _, size) = self.present(draft)?;
        if size == Bytes(0) {
            return self.fail("swarm.file_size", Fault::new("an empty file").expected("at least one byte"));
        }
        if size == Bytes::UNLIMITED {
            return self.fail("swarm.file_size", Fault::new("a file without end").expected("a number of bytes"));
        }
        if swarm.block_size == Bytes(0) || swarm.block_size > LARGEST_BLOCK {
            let fault = Fault::new(format!("a block of {}", swarm.block_size));
            return self.fail("swarm.block_size", fault.expected("1 B to 100 MiB; Codex uses 64 KiB"));
        }
        if swarm.group == 0 {
            return self.fail("swarm.group", Fault::new("groups of no blocks").expected("at least 1"));
        }
        let blocks = size.get().div_ceil(swarm.block_size.get());
        let most = u64::from(u32::MAX);
        if blocks.div_ceil(u64::from(swarm.group)) > most {
            let fault = Fault::new(format!("{blocks} blocks are too many to follow one by one"))
                .expected(format!("at most {most} units of `group` blocks"))
                .help(format!("set swarm.group to {} or more, so that blocks move together", blocks.div_ceil(most)));
            return self.fail("swarm.file_size", fault);
        }
        Ok(())
    }

    fn links(&self, draft: &Draft) -> Result<(), Fault> {
        let network = &draft.network;
        let rates = [
            ("network.up", Some(network.up)),
            ("network.down", Some(network.down)),
            ("network.seeder_up", network.seeder_up),
            ("network.seeder_down", network.seeder_down),
        ];
        for (path, rate) in rates {
            if rate == Some(Rate(0)) {
                return self.fail(path, Fault::new("a link without capacity").expected("a rate above zero"));
            }
        }
        if let Some((class, fault)) = network.classes.as_deref().and_then(classes_fault) {
            let node = self.tree.find("network.classes");
            let class = class.and_then(|class| node.and_then(Node::array)?.get(class));
            return Err(class.or(node).map_or(fault.clone(), |node| fault.at(node.at)));
        }
        Ok(())
    }

    fn latency(&self, draft: &Draft) -> Result<(), Fault> {
        let endless = match &draft.network.latency {
            Latency::Constant(delay) => *delay == Time::NEVER,
            Latency::Regions(regions) => regions.delay.iter().flatten().any(|delay| *delay == Time::NEVER),
            Latency::Matrix(_) => false,
        };
        if endless {
            return self.fail("network.latency", Fault::new("messages would never arrive").expected("a time"));
        }
        if let Latency::Regions(regions) = &draft.network.latency
            && let Some((key, fault)) = regions_fault(regions)
        {
            return self.fail(&format!("network.latency.{key}"), fault);
        }
        for (path, distribution) in [
            ("network.jitter", draft.network.jitter),
            ("churn.online", draft.churn.online),
            ("churn.offline", draft.churn.offline),
        ] {
            if let Some(fault) = distribution.as_ref().and_then(distribution_fault) {
                return self.fail(path, fault);
            }
        }
        Ok(())
    }

    fn transport(&self, transport: &Transport) -> Result<(), Fault> {
        for (key, size) in [
            ("segment_payload", transport.segment_payload),
            ("secure_frame", transport.secure_frame),
            ("mux_frame", transport.mux_frame),
            ("initial_window", transport.initial_window),
        ] {
            if size == Bytes(0) {
                let fault = Fault::new(format!("`{key}` carries nothing")).expected("at least 1 B");
                return self.fail(&format!("network.transport.{key}"), fault);
            }
        }
        if transport.burst > Time::from_secs(60) {
            let fault = Fault::new(format!("a burst of {} at the rate of the link", transport.burst));
            return self.fail("network.transport.burst", fault.expected("at most 1 min"));
        }
        if transport.max_window < transport.initial_window {
            let fault = Fault::new(format!("a largest window of {}", transport.max_window));
            let least = format!("at least initial_window, {}", transport.initial_window);
            return self.fail("network.transport.max_window", fault.expected(least));
        }
        Ok(())
    }

    fn discovery(&self, draft: &Draft) -> Result<(), Fault> {
        if draft.discovery.max_providers == 0 {
            let fault = Fault::new("a look-up that finds nobody").expected("at least 1 provider");
            return self.fail("discovery.max_providers", fault);
        }
        if let Some(load) = &draft.discovery.load {
            if ["static", "tracker"].contains(&draft.discovery.model.as_str()) {
                let fault = Fault::new(format!("`{}` takes no load", draft.discovery.model));
                return self.fail("discovery.load", fault.expected("a hash table such as `discv5`"));
            }
            if load.keys_per_node == 0 || load.providers_per_key == 0 {
                let fault = Fault::new("a load of no keys, or of keys that nobody provides");
                return self.fail("discovery.load", fault.expected("at least 1 of each"));
            }
            if !(load.queries_per_second.is_finite() && load.queries_per_second >= 0.0) {
                let fault = Fault::new(format!("{} queries a second", load.queries_per_second));
                return self.fail("discovery.load.queries_per_second", fault.expected("0 or more"));
            }
        }
        Ok(())
    }

    fn failures(&self, draft: &Draft) -> Result<(), Fault> {
        let (n, seeders) = (draft.swarm.network_size.unwrap_or(0), draft.swarm.seeders.unwrap_or(0));
        let written = self.tree.get("failures").and_then(Node::array).unwrap_or_default();
        for (failure, node) in draft.failures.iter().zip(written) {
            let at = |key: &str| node.table().and_then(|table| table.get(key)).unwrap_or(node).at;
            let (candidates, who) = if failure.seeders { (n, "nodes") } else { (n - seeders, "leechers") };
            if failure.nodes == 0 || failure.nodes > candidates {
                let fault = Fault::new(format!("a failure of {} nodes among {candidates} {who}", failure.nodes));
                let more = if failure.seeders { "" } else { " (with `seeders = true`, seeders can fail too)" };
                return Err(fault.expected(format!("{}{more}", range(1, candidates))).at(at("nodes")));
            }
            if failure.duration == Some(Time::ZERO) {
                return Err(Fault::new("a failure of no duration")
                    .expected("a time above zero, or no `duration` for ever")
                    .at(at("duration")));
            }
            if failure.at >= draft.stop.max_time {
                let fault = Fault::new("this failure comes after the end of the run");
                return Err(fault
                    .expected(format!("a time below stop.max_time, {}", draft.stop.max_time))
                    .at(at("at")));
            }
        }
        Ok(())
    }

    fn output(&self, draft: &Draft) -> Result<(), Fault> {
        if draft.output.progress > MOST_STEPS {
            let fault = Fault::new(format!("every download in {} steps", draft.output.progress));
            return self.fail("output.progress", fault.expected(format!("0 to {MOST_STEPS} steps")));
        }
        Ok(())
    }

    fn stop(&self, draft: &Draft) -> Result<(), Fault> {
        let max_time = draft.stop.max_time;
        if max_time == Time::NEVER {
            let fault = Fault::new("a run without an end");
            return self.fail(
                "stop.max_time",
                fault.expected(format!("at most {} d", Time::LONGEST.nanos() / 86_400_000_000_000)),
            );
        }
        if let Some(run_for) = draft.stop.run_for
            && (run_for == Time::ZERO || run_for > max_time)
        {
            let fault = Fault::new(format!("a run of {run_for}"));
            return self
                .fail("stop.run_for", fault.expected(format!("a time above zero, at most stop.max_time, {max_time}")));
        }
        for (path, time) in [
            ("stop.max_time", draft.stop.max_time),
            ("stop.no_progress_for", draft.stop.no_progress_for),
            ("series_interval", draft.series_interval),
        ] {
            if time == Time::ZERO {
                return self.fail(path, Fault::new("no time at all").expected("a time above zero"));
            }
        }
        Ok(())
    }
}
