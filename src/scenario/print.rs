//! The final form of a scenario, each value with its origin.

use super::Expectation;
use super::draft::{Latency, Regions};
use super::models::is_path;
use super::resolve::{Resolved, single_link};
use super::tree::{Node, Place, Sources, Table, quoted};
use crate::world::{ChurnSpec, LatencySpec, OverlaySpec};
use serde::Serialize;

/// Writes `resolved` as a scenario that needs no other file.
pub(super) fn print(
    name: &str,
    resolved: &Resolved,
    expect: &[Expectation],
    tree: &Table,
    sources: &Sources,
) -> String {
    let mut page = Page { text: String::new(), tree, sources };
    page.root(name, resolved);
    page.protocol(resolved);
    page.table("hardware", &resolved.costs);
    page.swarm(resolved);
    page.network(resolved);
    page.table("network.transport", tree.find("network.transport").and_then(Node::table).unwrap_or(&Table::default()));
    page.discovery(resolved);
    page.churn(resolved);
    for name in ["stop", "output"] {
        page.table(name, tree.find(name).and_then(|node| node.table()).unwrap_or(&Table::default()));
    }
    page.expect(expect);
    page.text
}

struct Page<'a> {
    text: String,
    tree: &'a Table,
    sources: &'a Sources,
}

impl Page<'_> {
    fn line(&mut self, key: &str, value: &str, at: Option<Place>) {
        let origin = at.map_or("default".into(), |place| self.sources.origin(place));
        let line = format!("{key} = {value}");
        self.text.push_str(&format!("{line:<40} # {origin}\n"));
    }

    fn value(&mut self, key: &str, value: &impl Serialize, at: Option<Place>) {
        let value = toml::Value::try_from(value).expect("values of a scenario are TOML");
        self.line(key, &value.to_string(), at);
    }

    fn at(&self, path: &str) -> Option<Place> {
        self.tree.find(path).map(|node| node.at)
    }

    fn head(&mut self, name: &str) {
        self.text.push_str(&format!("\n[{name}]\n"));
    }

    /// A table whose values are printed as they were written.
    fn table(&mut self, name: &str, table: &Table) {
        self.head(name);
        for (key, node) in &table.0 {
            self.line(&quoted(key), &node.bare().to_string(), Some(node.at));
        }
    }

    fn root(&mut self, name: &str, resolved: &Resolved) {
        let run = &resolved.run;
        let name_at = self.at("name");
        match name_at {
            Some(_) => self.value("name", &name, name_at),
            None => self
                .text
                .push_str(&format!("{:<40} # name of the file\n", format!("name = {}", toml::Value::from(name)))),
        }
        self.line("seed", &run.seed.to_string(), self.at("seed"));
        self.value("series_interval", &run.series_interval, self.at("series_interval"));
        self.line("tie_salt", &run.tie_salt.to_string(), self.at("tie_salt"));
        self.value("failures", &run.world.failures, self.at("failures"));
    }

    /// A protocol out of a file is printed under its family, so that the text
    /// does not depend on that file.
    fn protocol(&mut self, resolved: &Resolved) {
        let name = if is_path(&resolved.protocol) { resolved.run.protocol.family() } else { &resolved.protocol };
        self.table(&format!("protocol.{}", quoted(name)), &resolved.constants);
    }

    fn swarm(&mut self, resolved: &Resolved) {
        let world = &resolved.run.world;
        self.head("swarm");
        self.value("network_size", &world.swarm.network_size, self.at("swarm.network_size"));
        self.value("seeders", &world.swarm.seeders, self.at("swarm.seeders"));
        self.value("file_size", &world.dataset.size, self.at("swarm.file_size"));
        self.value("block_size", &world.dataset.block_size, self.at("swarm.block_size"));
        self.value("group", &world.dataset.group, self.at("swarm.group"));
        self.value("start", &world.swarm.start, self.at("swarm.start"));
        self.value("seeder_set", &resolved.run.seeder_set, self.at("swarm.seeder_set"));
    }

    fn network(&mut self, resolved: &Resolved) {
        let (network, world) = (&resolved.run.network, &resolved.run.world);
        self.head("network");
        self.value("model", &network.model, self.at("network.model"));
        self.links(resolved);
        for (key, rate) in [("seeder_up", world.seeder_up), ("seeder_down", world.seeder_down)] {
            if let Some(rate) = rate {
                self.value(key, &rate, self.at(&format!("network.{key}")));
            }
        }
        match &world.latency {
            LatencySpec::Constant(time) => self.value("latency", time, Some(resolved.latency_at)),
            LatencySpec::Regions { shares, delay } => {
                let regions = Regions { shares: shares.clone(), delay: delay.clone() };
                self.value("latency", &Latency::Regions(regions), Some(resolved.latency_at));
            }
        }
        if let Some(jitter) = &network.jitter {
            self.value("jitter", jitter, Some(resolved.jitter_at));
        }
        if let Some(overlay) = &world.overlay {
            let (key, value) = match overlay {
                OverlaySpec::Random(degree) => ("degree", degree),
                OverlaySpec::Grown(joins) => ("grown", joins),
            };
            self.value(key, value, self.at(&format!("network.{key}")));
        }
        self.value("connected", &world.connected, self.at("network.connected"));
    }

    fn links(&mut self, resolved: &Resolved) {
        match single_link(&resolved.run.world.links) {
            Some((up, down)) => {
                for (key, rate) in [("up", up), ("down", down)] {
                    let at =
                        if resolved.plain_links { self.at(&format!("network.{key}")) } else { Some(resolved.links_at) };
                    self.value(key, &rate, at);
                }
            }
            None => self.value("classes", &resolved.run.world.links, Some(resolved.links_at)),
        }
    }

    /// A model out of a file is printed as its family with all constants.
    fn discovery(&mut self, resolved: &Resolved) {
        let written = self.tree.get("discovery").and_then(Node::table).cloned().unwrap_or_default();
        self.head("discovery");
        for (key, node) in written.0.iter().filter(|(_, node)| node.table().is_none()) {
            let value = node.bare();
            let own = value.as_str().filter(|name| key == "model" && is_path(name));
            let value = own.map_or(value.clone(), |_| resolved.run.discovery.family().into());
            self.line(&quoted(key), &value.to_string(), Some(node.at));
        }
        if let Some(constants) = &resolved.discovery_constants {
            self.table("discovery.constants", constants);
        }
        if let Some(load) = written.get("load").and_then(Node::table) {
            self.table("discovery.load", load);
        }
    }

    fn churn(&mut self, resolved: &Resolved) {
        self.head("churn");
        let model = |word: &str| toml::Value::from(word).to_string();
        let model_at = self.at("churn.model");
        let kind_at = self.at("churn.kind");
        match &resolved.run.world.churn {
            ChurnSpec::None => self.line("model", &model("none"), model_at),
            ChurnSpec::Sessions(spec) => {
                self.line("model", &model("sessions"), model_at);
                self.value("online", &spec.online, Some(resolved.online_at));
                self.value("offline", &spec.offline, Some(resolved.offline_at));
                self.value("kind", &spec.kind, kind_at);
                self.value("seeders", &spec.seeders, self.at("churn.seeders"));
            }
            ChurnSpec::Trace { sessions, kind } => {
                self.line("model", &model("trace"), model_at);
                self.value("trace", sessions, Some(resolved.online_at));
                self.value("kind", kind, kind_at);
            }
        }
    }

    fn expect(&mut self, expect: &[Expectation]) {
        if expect.is_empty() {
            return;
        }
        self.head("expect");
        for claim in expect {
            let at = self.at("expect").and_then(|_| self.tree.find("expect")?.table()?.get(&claim.name)).map(|n| n.at);
            self.value(&quoted(&claim.name), &claim.text, at);
        }
    }
}
