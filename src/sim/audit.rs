//! Closing the books: the outcome of a run, and what must always hold.

use super::node::NodeState;
use super::run::Simulation;
use crate::bound::distribution_time;
use crate::ledger::{Class, Cut, DatasetLabel, LinkOutcome, NodeOutcome, Outcome, Status, Timeline, Trace, Violation};
use crate::network::NetworkModel;
use crate::protocol::Protocol;
use crate::units::Time;
use crate::world::{ChurnSpec, CoreLink, Dataset, NodeId};

impl<P: Protocol> Simulation<'_, P> {
    /// The outcome, with everything that did not hold.
    pub(super) fn close_books(mut self, status: Status) -> Outcome {
        self.book_lost();
        let warnings = self.warnings(); // some are about what is taken below
        let bound = distribution_time(self.world);
        // Whatever its rate, a link has a burst ahead of it.
        let ahead = self.burst();
        let mut outcome = Outcome {
            status,
            end: self.now,
            events: self.events,
            nodes: self.world.ids().map(|id| self.node_outcome(id)).collect(),
            downloads: self.requests.outcomes(),
            datasets: self.dataset_labels(),
            dataset_classes: self.world.dataset_names.clone(),
            links: self.link_outcomes(),
            classes: self.world.classes.clone(),
            regions: self.world.regions.clone(),
            traffic: self.books.traffic,
            useful: self.books.useful,
            cut: self.books.cut,
            timers: std::mem::take(&mut self.timer_tally).uses(),
            timeline: std::mem::replace(&mut self.books.timeline, Timeline::new(0, Time::NEVER)),
            curves: std::mem::take(&mut self.books.curves),
            trace: self.books.trace.take().map(Trace::into_flights).unwrap_or_default(),
            series: self.books.series.samples(),
            discovery: self.discovery.report(self.now),
            mix: self.mix.as_ref().map(|mix| mix.report(self.now)).unwrap_or_default(),
            nat: self.nat.as_ref().map(|nat| nat.report(&self.sent_by(&nat.relay_ids()), self.now)).unwrap_or_default(),
            bound: bound.makespan.since(ahead),
            bound_kind: bound.kind,
            fingerprint: self.books.digest.value(),
            checkpoints: self.books.digest.checkpoints().to_vec(),
            violations: Vec::new(),
            warnings,
        };
        self.audit(&mut outcome);
        outcome
    }

    /// Bytes that these nodes have sent.
    fn sent_by(&self, nodes: &[NodeId]) -> Vec<u64> {
        nodes.iter().map(|id| self.network.carried(*id, self.now).up.get()).collect()
    }

    fn dataset_labels(&self) -> Vec<DatasetLabel> {
        let label = |(dataset, class): (&Dataset, &u16)| DatasetLabel { class: *class, bytes: dataset.size.get() };
        self.world.datasets.iter().zip(&self.world.dataset_classes).map(label).collect()
    }

    /// What links let pass at once.
    fn burst(&self) -> Time {
        let network = &self.spec.network;
        if network.model == NetworkModel::Fair { network.transport.burst } else { Time::ZERO }
    }

    /// Bytes that left a node.
    fn sent(&self) -> u64 {
        self.world.ids().map(|id| self.network.carried(id, self.now).up.get()).sum()
    }

    /// Bytes that left a node and did not arrive.
    fn book_lost(&mut self) {
        let left = self.sent();
        let arrived: u64 = self.books.accounts.iter().map(|a| a.arrived).sum();
        self.books.traffic[Class::Lost as usize].bytes = left.saturating_sub(arrived);
    }

    fn node_outcome(&self, id: NodeId) -> NodeOutcome {
        let node = self.world.node(id);
        let account = &self.books.accounts[id.index()];
        NodeOutcome {
            role: node.role,
            class: node.class,
            region: node.region,
            reach: node.reach,
            sessions: self.nodes[id.index()].epoch,
            up_bps: node.up.bits_per_second(),
            down_bps: node.down.bits_per_second(),
            start: node.start,
            milestones: account.milestones,
            complete_since: account.complete_since,
            crash_lost: account.crash_lost,
            bytes_rx: account.arrived,
            bytes_tx: self.network.carried(id, self.now).up.get(),
            payload_rx: account.payload_rx,
            payload_tx: account.payload_tx,
            duplicate_rx: account.duplicate_rx,
            peak_queue: account.peak_queue,
        }
    }

    fn link_outcomes(&self) -> Vec<LinkOutcome> {
        let Some(routes) = self.world.latency.graph() else { return Vec::new() };
        let name = |point: u32| routes.topology().points().nth(point as usize).map(|point| point.name.clone());
        let link = |(index, link): (u32, &CoreLink)| {
            let bytes = self.network.core_carried(index, self.now).get();
            let most = link.capacity.bytes_per_second() * self.now.secs();
            LinkOutcome {
                from: name(link.from).unwrap_or_default(),
                to: name(link.to).unwrap_or_default(),
                capacity_bps: link.capacity.bits_per_second(),
                bytes,
                busy: if most > 0.0 { bytes as f64 / most } else { 0.0 },
            }
        };
        (0..).zip(routes.core_links()).map(link).collect()
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let missed = self.books.trace.as_ref().map_or(0, Trace::missed);
        if missed > 0 {
            let limit = Trace::LIMIT;
            warnings.push(format!("the trace holds the first {limit} messages; {missed} later ones are not in it"));
        }
        let sent = self.sent();
        for (cut, bytes) in Cut::ALL.into_iter().zip(self.books.cut).filter(|(_, bytes)| *bytes > sent / 2) {
            let share = 100.0 * bytes as f64 / sent as f64;
            let (when, why) = match cut {
                Cut::TimeOut => ("a timer of the protocol closed their connection", "its time-outs allow"),
                Cut::Churn => ("a node at one end of their connection went", "nodes stay"),
            };
            warnings.push(format!(
                "{share:.0} % of all bytes sent were lost when {when}: transfers take longer than {why}"
            ));
        }
        let spec = &self.spec.world;
        let some_leave = spec.nodes.iter().any(|class| class.churn.is_some() || !class.away.is_empty());
        let all_stay = matches!(spec.churn, ChurnSpec::None) && spec.failures.is_empty() && !some_leave;
        if self.presence.absences == 0 && !all_stay {
            warnings.push("churn or failures were asked for, but no node went offline during the run".into());
        }
        if self.refused_puts > 0 {
            warnings.push(format!("{} datasets were not put: the stores of their nodes were full", self.refused_puts));
        }
        if self.spec.protocol.family() == "direct" && spec.overlay.is_some() {
            warnings.push("`direct` downloads from seeders alone; with a degree many leechers know none".into());
        }
        if self.spec.protocol.family() == "ideal" && (self.presence.absences > 0 || spec.overlay.is_some()) {
            warnings.push("`ideal` plans for nodes that stay online and all know each other; here they do not".into());
        }
        if self.spec.protocol.family() == "ideal" && !self.world.latency.core_links().is_empty() {
            warnings.push("`ideal` plans for the links of nodes alone; here wires between them have capacities".into());
        }
        warnings
    }

    /// DESIGN section 6.
    fn audit(&self, outcome: &mut Outcome) {
        let mut violations = Vec::new();
        let mut fail = |what: String| violations.push(Violation(what));
        self.check_balance(&mut fail);
        self.check_links(&mut fail);
        self.check_holdings(&mut fail);
        if self.kept_ungiven {
            fail("a node stored a block that the message at hand did not carry".into());
        }
        if self.sent_unheld {
            fail("a node sent a block that it did not hold".into());
        }
        if let Some((node, said, carried)) = self.misdeclared {
            fail(format!("node {}: a message said it had {said} B of data, and carried {carried} B", node.0));
        }
        let all = outcome.completed() == outcome.leechers().count();
        if (outcome.status == Status::Complete) != all && self.spec.stop.run_for.is_none() {
            fail(format!("the run ended {} with {} complete", outcome.status.name(), outcome.completed()));
        }
        if self.offline_acts > 0 {
            fail(format!("{} events acted on a node that was offline", self.offline_acts));
        }
        // Sums over long runs round: a part in 10^12, and the last nanosecond.
        let owed = self.spec.network.transport.owed_for();
        let tolerated = outcome.bound.since(owed).secs() * (1.0 - 1e-12) - 2e-9;
        if let Some(makespan) = outcome.makespan()
            && makespan.secs() < tolerated
        {
            let (kind, bound) = (outcome.bound_kind, outcome.bound.secs());
            fail(format!("makespan {} s is below its bound {bound} s ({kind})", makespan.secs()));
        }
        outcome.violations = violations;
    }

    /// Handed = arrived + lost + in flight, for every sender and every class; the
    /// messages in flight are counted one by one.
    fn check_balance(&self, fail: &mut impl FnMut(String)) {
        let mut under_way = vec![0u64; self.nodes.len()];
        let mut flying_of = [0u64; Class::ALL.len()];
        for flight in self.flights.iter().flatten().filter(|f| !f.arrived && f.wire > 0) {
            under_way[flight.from.index()] += flight.wire;
            flight.parts().iter().for_each(|(class, bytes)| flying_of[*class as usize] += bytes);
        }
        let booked = |class: &Class| self.books.traffic[*class as usize].bytes;
        const STORED: [Class; 3] = [Class::Payload, Class::Parity, Class::Repair];
        for class in Class::ALL.into_iter().filter(|c| *c != Class::Lost && !STORED.contains(c)) {
            let arrived = match class {
                // All block data was sent as one class.
                Class::Duplicate => booked(&class) + STORED.iter().map(booked).sum::<u64>(),
                _ => booked(&class),
            };
            let (sent, lost) = (self.books.handed[class as usize], self.books.lost[class as usize]);
            let flying = flying_of[class as usize];
            if sent != arrived + lost + flying {
                let name = class.name();
                fail(format!("{name}: {sent} B sent, but {arrived} arrived, {lost} lost, {flying} in flight"));
            }
        }
        for (node, (account, flying)) in self.books.accounts.iter().zip(under_way).enumerate() {
            let (sent, reached, lost) = (account.handed, account.reached, account.lost);
            if sent != reached + lost + flying {
                fail(format!("node {node}: {sent} B sent, but {reached} arrived, {lost} lost, {flying} in flight"));
            }
        }
        let left: u64 = self.world.ids().map(|id| self.network.carried(id, self.now).up.get()).sum();
        let arrived: u64 = self.books.accounts.iter().map(|a| a.arrived).sum();
        if left < arrived {
            fail(format!("{arrived} B arrived, but only {left} B left a node"));
        }
    }

    /// No link carried more than its capacity times the time, and no receiver
    /// got more than came down its link.
    fn check_links(&self, fail: &mut impl FnMut(String)) {
        let now = self.now + self.spec.network.transport.owed_for();
        for (link, core) in (0..).zip(self.world.latency.core_links()) {
            let carried = self.network.core_carried(link, self.now).get();
            let most = core.capacity.bytes_per_second() * now.secs() * (1.0 + 1e-9) + 4096.0;
            if carried as f64 > most {
                fail(format!("core link {link}: {carried} B are more than it carries in {}", self.now));
            }
        }
        for id in self.world.ids() {
            let (node, carried) = (self.world.node(id), self.network.carried(id, self.now));
            let account = &self.books.accounts[id.index()];
            // Each message may round its last byte up.
            let time = now + self.burst();
            let room = |bytes_per_second: f64| bytes_per_second * time.secs() * (1.0 + 1e-9) + 4096.0;
            if carried.up.get() as f64 > room(node.up.bytes_per_second()) {
                fail(format!("node {}: {} B up is more than its link carries in {}", id.0, carried.up.get(), self.now));
            }
            if carried.down.get() as f64 > room(node.down.bytes_per_second()) {
                fail(format!(
                    "node {}: {} B down is more than its link carries in {}",
                    id.0,
                    carried.down.get(),
                    self.now
                ));
            }
            if account.arrived > carried.down.get() + 4096 {
                fail(format!(
                    "node {}: {} B arrived over a link that carried {}",
                    id.0,
                    account.arrived,
                    carried.down.get()
                ));
            }
        }
    }

    /// Bytes of block data that a node has, verified or not.
    pub(super) fn bytes_held(&self, id: NodeId) -> u64 {
        let NodeState { store, unverified, .. } = &self.nodes[id.index()];
        let of = |dataset: &Dataset| {
            let (waiting, waits_last) = dataset.count_of(unverified);
            let has_last = waits_last || store.contains(dataset.last());
            dataset.bytes_of(u64::from(store.len_of(dataset) + waiting), has_last)
        };
        self.world.datasets.iter().map(of).sum()
    }

    /// Who completed holds everything, unless it lost its data since; nobody
    /// holds what was neither given nor there at the start.
    fn check_holdings(&self, fail: &mut impl FnMut(String)) {
        for request in self.requests.all.iter().filter(|request| request.standing && request.complete_since.is_some()) {
            let dataset = self.world.datasets.get(request.want.dataset);
            let store = &self.nodes[request.node.index()].store;
            if !store.meets(dataset, request.want.part) {
                let (node, held) = (request.node.0, store.len_of(dataset));
                let (part, dataset) = (request.want.part, request.want.dataset.0);
                fail(format!("node {node} reported completion of dataset {dataset} ({part:?}) with {held} units"));
            }
        }
        for id in self.world.ids() {
            let account = &self.books.accounts[id.index()];
            let given = account.held();
            let held = self.bytes_held(id);
            if held != given {
                fail(format!("node {} holds {held} B of data but was given {given} B", id.0));
            }
        }
    }
}
