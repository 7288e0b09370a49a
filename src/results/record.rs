//! From the outcome of a run to rows.

use super::{
    Capacity, Checkpoint, DiscoveryRow, LinkRow, MixRow, NatRow, NodeRow, ProgressRow, RunResult, RunRow, SeriesRow,
    TraceRow, TrafficRow, median, quantile,
};
use crate::ledger::{Class, Curve, Cut, LinkOutcome, Milestones, NodeOutcome, Outcome, TracedFlight};
use crate::sim::{Ended, RunSpec, Spec};
use crate::units::{Rate, Time};
use crate::world::{LatencySpec, LinkClass, Role, WorldSpec};

/// What a run is called in the results; nothing of it decides the outcome.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'a> {
    /// The run's id.
    pub run_id: &'a str,
    /// Name of the scenario.
    pub scenario: &'a str,
    /// Name of the protocol.
    pub protocol: &'a str,
    /// Which repetition, from 0.
    pub repetition: u32,
}

impl RunRow {
    /// The row of a run that has not been carried out: its inputs only.
    pub fn planned(labels: Labels, spec: &RunSpec) -> Self {
        let world = &spec.world;
        RunRow {
            run_id: labels.run_id.into(),
            scenario: labels.scenario.into(),
            protocol: labels.protocol.into(),
            seed: spec.seed,
            seeder_set: spec.seeder_set,
            repetition: labels.repetition,
            network_size: world.swarm.network_size,
            seeders: world.swarm.seeders,
            file_size_bytes: world.dataset.size.get(),
            block_size_bytes: world.dataset.block_size.get(),
            up_bps: same_for_all(world, |l| l.up, world.seeder_up),
            down_bps: same_for_all(world, |l| l.down, world.seeder_down),
            latency_s: match &world.latency {
                LatencySpec::Constant(delay) if !world.has_own_delays() => Some(delay.secs()),
                _ => None,
            },
            ..RunRow::default()
        }
    }

    /// The same run, which failed for `reason`.
    pub fn failed(self, reason: &str) -> Self {
        RunRow { status: format!("failed: {}", one_line(reason)), ..self }
    }

    /// How many leechers it had; where there is no outcome, how many nodes are no seeders.
    pub fn leechers(&self) -> u32 {
        let told = self.completed.zip(self.missing).map(|(completed, missing)| (completed + missing) as u32);
        told.unwrap_or(self.network_size.saturating_sub(self.seeders))
    }

    /// Whether the run failed: it has no outcome.
    pub fn is_failed(&self) -> bool {
        self.status.starts_with("failed")
    }

    pub(super) fn ended(self, spec: &RunSpec, outcome: &Outcome) -> Self {
        let origin = outcome.origin();
        let times = |moment: fn(&Milestones) -> Option<Time>| -> Vec<f64> {
            outcome.leechers().filter_map(|n| moment(&n.milestones)).map(|t| t.since(origin).secs()).collect()
        };
        let payload = outcome.traffic(Class::Payload).bytes;
        let wire = outcome.wire_bytes();
        let relayed = counted(outcome, &["nat_relay_tx_bytes"]).or(counted_in(&outcome.mix, &["mix_relay_tx_bytes"]));
        RunRow {
            status: outcome.status.name().into(),
            completed: Some(outcome.completed() as u64),
            missing: Some((outcome.leechers().count() - outcome.completed()) as u64),
            ttfb_median_s: median(&times(|m| m.first)),
            t50_median_s: median(&times(|m| m.half)),
            t90_median_s: median(&times(|m| m.most)),
            t100_median_s: median(&times(|m| m.all)),
            t100_p95_s: quantile(&times(|m| m.all), 0.95),
            makespan_s: outcome.makespan().map(Time::secs),
            bound_s: Some(outcome.bound.secs()),
            bound_kind: Some(outcome.bound_kind.into()),
            efficiency: outcome.efficiency(),
            payload_bytes: Some(payload),
            duplicate_bytes: Some(outcome.traffic(Class::Duplicate).bytes),
            control_bytes: Some(outcome.bytes_of(Class::is_control)),
            overhead_bytes: Some(outcome.bytes_of(Class::is_overhead)),
            wire_bytes: Some(wire),
            useful_bytes: Some(outcome.useful),
            wire_per_payload: (outcome.useful > 0).then(|| wire as f64 / outcome.useful as f64),
            events: Some(outcome.events),
            sim_time_s: Some(outcome.end.secs()),
            fingerprint: Some(format!("{:016x}", outcome.fingerprint)),
            ever_completed: Some(outcome.ever_completed() as u64),
            crash_lost_bytes: Some(outcome.nodes.iter().map(|node| node.crash_lost).sum()),
            timed_out_bytes: Some(outcome.cut[Cut::TimeOut as usize]),
            churned_bytes: Some(outcome.cut[Cut::Churn as usize]),
            pairs_direct: counted(outcome, &["nat_pairs_direct"]),
            pairs_upgraded: counted(outcome, &["nat_pairs_reversed", "nat_pairs_punched"]),
            pairs_relayed: counted(outcome, &["nat_pairs_relayed"]),
            pairs_never: counted(outcome, &["nat_pairs_never"]),
            relay_tx_bytes: relayed,
            payload_per_relay_byte: relayed
                .filter(|bytes| *bytes > 0)
                .map(|bytes| outcome.useful as f64 / bytes as f64),
            ..self.with_downloads(spec, outcome)
        }
    }
}

/// The sum of what was counted under these names of nodes behind NATs; nothing where there
/// are none.
fn counted(outcome: &Outcome, names: &[&str]) -> Option<u64> {
    counted_in(&outcome.nat, names)
}

/// The sum of what was counted under these names; nothing where one of them was not.
fn counted_in(counts: &[(String, f64)], names: &[&str]) -> Option<u64> {
    let of = |name: &&str| counts.iter().find(|(known, _)| known == name).map(|(_, value)| *value as u64);
    names.iter().map(of).sum()
}

impl RunResult {
    /// The rows of what came out of a run. Wall time and memory are left empty.
    pub fn of(labels: Labels, spec: &Spec, ended: &Ended) -> Self {
        match (spec, ended) {
            (Spec::Swarm(spec), Ended::Swarm(outcome)) => RunResult::new(labels, spec, outcome),
            (Spec::Storage(spec), Ended::Storage(outcome)) => RunResult::kept(labels, spec, outcome),
            _ => unreachable!("what comes out of a run is of its kind"),
        }
    }

    /// Notes the real time that it took, and the memory.
    pub fn took(&mut self, wall_s: f64, peak_rss_bytes: Option<u64>) {
        (self.run.wall_s, self.run.peak_rss_bytes) = (Some(wall_s), peak_rss_bytes);
        if let Some(row) = &mut self.storage {
            (row.wall_s, row.peak_rss_bytes) = (Some(wall_s), peak_rss_bytes);
        }
    }
}

impl Checkpoint {
    /// Rows of a digest as it grew.
    pub fn list(checkpoints: &[(Time, u64)]) -> Vec<Checkpoint> {
        let row =
            |(time, digest): &(Time, u64)| Checkpoint { time_s: time.secs(), fingerprint: format!("{digest:016x}") };
        checkpoints.iter().map(row).collect()
    }
}

/// The capacity that every node has; nothing when they differ.
fn same_for_all(world: &WorldSpec, pick: fn(&LinkClass) -> Rate, seeder: Option<Rate>) -> Option<Capacity> {
    let first = world.links.first().map(pick)?;
    let same = world.links.iter().map(pick).chain(seeder).all(|rate| rate == first);
    (same && !world.has_own_links()).then(|| Capacity(first.bits_per_second()))
}

pub(super) fn node_rows(id: &str, _: &RunSpec, outcome: &Outcome) -> Vec<NodeRow> {
    let origin = outcome.origin();
    let named = |names: &[String], at: u16| names.get(usize::from(at)).filter(|name| !name.is_empty()).cloned();
    let row = |(number, node): (u32, &NodeOutcome)| NodeRow {
        class: named(&outcome.classes, node.class),
        region: named(&outcome.regions, node.region),
        reach: (!outcome.nat.is_empty()).then(|| node.reach.name().into()),
        ..node_row(id, number, node, origin)
    };
    (0u32..).zip(&outcome.nodes).map(row).collect()
}

pub(super) fn link_rows(id: &str, _: &RunSpec, outcome: &Outcome) -> Vec<LinkRow> {
    let row = |(number, link): (u32, &LinkOutcome)| LinkRow {
        run_id: id.into(),
        link: number,
        from: link.from.clone(),
        to: link.to.clone(),
        capacity_bps: Capacity(link.capacity_bps),
        bytes: link.bytes,
        busy: link.busy,
    };
    (0u32..).zip(&outcome.links).map(row).collect()
}

fn node_row(id: &str, node: u32, outcome: &NodeOutcome, origin: Time) -> NodeRow {
    let m = &outcome.milestones;
    let secs = |moment: Option<Time>| moment.map(|t| t.since(origin).secs());
    NodeRow {
        run_id: id.into(),
        node,
        role: outcome.role.name().into(),
        up_bps: Capacity(outcome.up_bps),
        down_bps: Capacity(outcome.down_bps),
        start_s: secs((outcome.role == Role::Leecher).then_some(outcome.start)),
        manifest_s: secs(m.manifest),
        ttfb_s: secs(m.first),
        t50_s: secs(m.half),
        t90_s: secs(m.most),
        t100_s: secs(m.all),
        stream_ttfb_s: secs(m.stream_first),
        stream_t50_s: secs(m.stream_half),
        stream_t90_s: secs(m.stream_most),
        stream_t100_s: secs(m.stream_all),
        bytes_rx: outcome.bytes_rx,
        bytes_tx: outcome.bytes_tx,
        payload_rx: outcome.payload_rx,
        payload_tx: outcome.payload_tx,
        duplicate_rx: outcome.duplicate_rx,
        peak_queue_bytes: outcome.peak_queue,
        completed: outcome.complete_since.is_some(),
        crash_lost_bytes: outcome.crash_lost,
        sessions: Some(outcome.sessions),
        class: None,
        region: None,
        reach: None,
    }
}

pub(super) fn traffic_rows(id: &str, _: &RunSpec, outcome: &Outcome) -> Vec<TrafficRow> {
    let row = |class: Class| {
        let traffic = outcome.traffic(class);
        TrafficRow { run_id: id.into(), class: class.name().into(), messages: traffic.messages, bytes: traffic.bytes }
    };
    // Of a mixnet and of relays nothing is said where there are none.
    let said = |class: &Class| match class {
        Class::Relayed => !outcome.nat.is_empty(),
        class => !class.is_mix() || !outcome.mix.is_empty(),
    };
    let classes = Class::ALL.into_iter().filter(said);
    classes.map(row).collect()
}

pub(super) fn series_rows(id: &str, _: &RunSpec, outcome: &Outcome) -> Vec<SeriesRow> {
    outcome
        .series
        .iter()
        .map(|s| SeriesRow { run_id: id.into(), time_s: s.time.secs(), metric: s.metric.into(), value: s.value })
        .collect()
}

pub(super) fn discovery_rows(id: &str, _: &RunSpec, outcome: &Outcome) -> Vec<DiscoveryRow> {
    let row =
        |(metric, value): &(String, f64)| DiscoveryRow { run_id: id.into(), metric: metric.clone(), value: *value };
    outcome.discovery.iter().map(row).collect()
}

pub(super) fn mix_rows(id: &str, _: &RunSpec, outcome: &Outcome) -> Vec<MixRow> {
    let row = |(metric, value): &(String, f64)| MixRow { run_id: id.into(), metric: metric.clone(), value: *value };
    outcome.mix.iter().map(row).collect()
}

pub(super) fn nat_rows(id: &str, _: &RunSpec, outcome: &Outcome) -> Vec<NatRow> {
    let row = |(metric, value): &(String, f64)| NatRow { run_id: id.into(), metric: metric.clone(), value: *value };
    outcome.nat.iter().map(row).collect()
}

pub(super) fn progress_rows(id: &str, spec: &RunSpec, outcome: &Outcome) -> Vec<ProgressRow> {
    let (origin, size) = (outcome.origin(), spec.world.dataset.size.get());
    let leechers = (0u32..).zip(&outcome.curves).zip(&outcome.nodes).filter(|(_, node)| node.role == Role::Leecher);
    leechers.flat_map(|((node, curve), _)| curve_rows(id, node, curve, (size, spec.progress_steps), origin)).collect()
}

/// The steps of one node; nobody can read what is not stored, so those stored
/// are all there are.
fn curve_rows(
    id: &str,
    node: u32,
    curve: &Curve,
    (size, steps): (u64, u32),
    origin: Time,
) -> impl Iterator<Item = ProgressRow> {
    let secs = move |moment: &Time| moment.since(origin).secs();
    // In 128 bits: 100 TB times a thousand steps is more than 64 hold.
    let bytes = move |step: usize| (u128::from(size) * (step as u128 + 1) / u128::from(steps)) as u64;
    curve.stored.iter().enumerate().map(move |(step, stored)| ProgressRow {
        run_id: id.into(),
        node,
        bytes: bytes(step),
        stored_s: secs(stored),
        stream_s: curve.stream.get(step).map(secs),
    })
}

/// The rows of `trace.csv` of the run `id`. They can be very many, so they are
/// made one by one and are no part of [`super::RunResult`].
pub fn trace_rows<'a>(id: &'a str, outcome: &'a Outcome) -> impl Iterator<Item = TraceRow> + 'a {
    let origin = outcome.origin();
    outcome.trace.iter().map(move |flight| trace_row(id, flight, origin))
}

fn trace_row(id: &str, flight: &TracedFlight, origin: Time) -> TraceRow {
    // Signed: seeders talk before the first leecher begins.
    let secs = |time: Time| (i128::from(time.nanos()) - i128::from(origin.nanos())) as f64 / 1e9;
    TraceRow {
        run_id: id.into(),
        sent_s: secs(flight.sent),
        arrived_s: (flight.arrived < Time::NEVER).then(|| secs(flight.arrived)),
        from: flight.from.0,
        to: flight.to.0,
        class: flight.class.name().into(),
        bytes: flight.wire,
        payload_bytes: flight.payload,
        proof_bytes: flight.proof,
        framing_bytes: flight.framing,
        ack_bytes: flight.acks,
        piece: flight.piece,
    }
}

/// The words of `text`, fit for one line of a table.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ledger::{Sample, Status, Timeline, Traffic, Violation};
    use crate::results::RunResult;
    use crate::world::Reach;

    /// A seeder, a leecher that started 10 s in and completed, one that started
    /// later and did not.
    pub(crate) fn outcome() -> Outcome {
        let node = |role, start, first: Option<u64>, all: Option<u64>| NodeOutcome {
            role,
            class: 1,
            region: 0,
            sessions: 2,
            reach: Reach::Public,
            up_bps: 1e7,
            down_bps: f64::INFINITY,
            start: Time::from_secs(start),
            milestones: Milestones {
                first: first.map(Time::from_millis),
                all: all.map(Time::from_millis),
                ..Default::default()
            },
            complete_since: all.map(Time::from_millis),
            crash_lost: 0,
            bytes_rx: 5,
            bytes_tx: 6,
            payload_rx: 3,
            payload_tx: 4,
            duplicate_rx: 1,
            peak_queue: 7,
        };
        let mut traffic = [Traffic::default(); Class::ALL.len()];
        traffic[Class::Payload as usize] = Traffic { messages: 2, bytes: 1000 };
        traffic[Class::Want as usize] = Traffic { messages: 4, bytes: 100 };
        traffic[Class::Ack as usize] = Traffic { messages: 1, bytes: 25 };
        Outcome {
            status: Status::TimeLimit,
            end: Time::from_nanos(123_456_789_012),
            events: 99,
            nodes: vec![
                node(Role::Seeder, 0, None, None),
                node(Role::Leecher, 10, Some(10_250), Some(30_100)),
                node(Role::Leecher, 20, Some(20_750), None),
            ],
            downloads: vec![],
            useful: 1000,
            datasets: vec![],
            dataset_classes: vec![],
            links: vec![LinkOutcome {
                from: "rack-0".into(),
                to: "spine".into(),
                capacity_bps: 1e9,
                bytes: 125_000,
                busy: 0.25,
            }],
            classes: vec!["server".into(), "home".into()],
            regions: vec![],
            traffic,
            cut: [0; 2],
            curves: vec![],
            trace: vec![],
            timers: vec![],
            timeline: Timeline::new(2, Time::NEVER),
            series: vec![Sample { time: Time::from_secs(1), metric: "stored_bytes", value: 0.1 }],
            bound: Time::from_secs(8),
            bound_kind: "seeder upload",
            fingerprint: 0xbeef,
            checkpoints: vec![],
            discovery: vec![("ping_messages".into(), 3.0)],
            mix: vec![],
            nat: vec![],
            violations: vec![Violation("books".into())],
            warnings: vec!["nobody left".into()],
        }
    }

    pub(crate) fn result() -> RunResult {
        let scenario = crate::scenario::load(&Default::default()).unwrap();
        let labels = Labels { run_id: "00000000000000aa", scenario: "s, \"x\"", protocol: "p", repetition: 3 };
        RunResult::new(labels, scenario.swarm().unwrap(), &outcome())
    }

    #[test]
    fn moments_count_from_the_earliest_leecher() {
        let nodes = result().nodes;
        assert_eq!((nodes[1].start_s, nodes[1].ttfb_s, nodes[1].t100_s), (Some(0.0), Some(0.25), Some(20.1)));
        assert_eq!((nodes[2].start_s, nodes[2].ttfb_s, nodes[2].t100_s), (Some(10.0), Some(10.75), None));
        assert_eq!(nodes[0].start_s, None, "a seeder wants nothing");
    }

    #[test]
    fn progress_counts_like_the_moments_and_is_about_leechers() {
        let mut spec = crate::scenario::load(&Default::default()).unwrap().run.into_swarm().unwrap();
        (spec.world.dataset.size, spec.progress_steps) = (crate::units::Bytes(1001), 2);
        let at = Time::from_secs;
        let curves = vec![
            Curve { stored: vec![at(0)], stream: vec![] },
            Curve { stored: vec![at(11), at(12)], stream: vec![at(12)] },
            Curve::default(),
        ];
        let labels = Labels { run_id: "r", scenario: "s", protocol: "p", repetition: 0 };
        let rows = RunResult::new(labels, &spec, &Outcome { curves, ..outcome() }).progress;
        let row = |bytes, stored_s, stream_s| ProgressRow { run_id: "r".into(), node: 1, bytes, stored_s, stream_s };
        assert_eq!(rows, [row(500, 1.0, Some(2.0)), row(1001, 2.0, None)]);
    }

    #[test]
    fn statistics_are_over_those_who_got_there() {
        let run = result().run;
        assert_eq!((run.completed, run.missing), (Some(1), Some(1)));
        assert_eq!((run.ttfb_median_s, run.t100_median_s, run.t50_median_s), (Some(5.5), Some(20.1), None));
        assert_eq!((run.makespan_s, run.efficiency), (None, None), "not all completed");
        assert_eq!((run.control_bytes, run.overhead_bytes, run.wire_bytes), (Some(100), Some(25), Some(1125)));
        assert_eq!(run.wire_per_payload, Some(1.125));
        assert_eq!(run.sim_time_s, Some(123.456789012));
        assert_eq!(run.fingerprint.as_deref(), Some("000000000000beef"));
    }

    #[test]
    fn what_relays_sent_is_of_circuits_or_of_a_mixnet() {
        let of = |mix: &[(&str, f64)], nat: &[(&str, f64)]| {
            let counts = |all: &[(&str, f64)]| all.iter().map(|(name, value)| (name.to_string(), *value)).collect();
            let spec = crate::scenario::load(&Default::default()).unwrap().run.into_swarm().unwrap();
            let labels = Labels { run_id: "r", scenario: "s", protocol: "p", repetition: 0 };
            let run = RunResult::new(labels, &spec, &Outcome { mix: counts(mix), nat: counts(nat), ..outcome() }).run;
            (run.relay_tx_bytes, run.payload_per_relay_byte)
        };
        assert_eq!(of(&[], &[]), (None, None), "nobody relays");
        assert_eq!(of(&[("mix_relay_tx_bytes", 4000.0)], &[]), (Some(4000), Some(0.25)));
        assert_eq!(of(&[], &[("nat_relay_tx_bytes", 500.0)]), (Some(500), Some(2.0)));
        assert_eq!(of(&[("mix_relay_tx_bytes", 0.0)], &[]), (Some(0), None), "nothing went over them");
    }

    #[test]
    fn a_capacity_that_differs_is_left_to_the_nodes() {
        let class = |up| LinkClass { share: 0.5, up: Rate(up), down: Rate::UNLIMITED };
        let quickstart = crate::scenario::load(&Default::default()).unwrap().run.into_swarm().unwrap().world;
        let same = |links: &[LinkClass], seeder| {
            let world = WorldSpec { links: links.to_vec(), ..quickstart.clone() };
            same_for_all(&world, |l| l.up, seeder)
        };
        assert_eq!(same(&[class(5), class(5)], None), Some(Capacity(5.0)));
        assert_eq!(same(&[class(5), class(6)], None), None);
        assert_eq!(same(&[class(5)], Some(Rate(7))), None);
    }
}
