//! Who is offline when.

use super::spec::{ChurnSpec, FailureSpec, OfflineKind, SessionSpec};
use super::{Node, Role};
use crate::rng::{Purpose, Rng};
use crate::units::Time;

/// A stretch of time in which a node is offline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// Goes offline.
    pub from: Time,
    /// Comes back; [`Time::NEVER`] when it does not.
    pub until: Time,
    /// Whether its data survives.
    pub kind: OfflineKind,
}

/// Draws all outages up to `horizon`, sorted and disjoint for each node.
pub(super) fn draw(
    nodes: &[Node],
    churn: &ChurnSpec,
    failures: &[FailureSpec],
    horizon: Time,
    seed: u64,
) -> Vec<Vec<Outage>> {
    let mut outages: Vec<Vec<Outage>> = match churn {
        ChurnSpec::None => vec![Vec::new(); nodes.len()],
        ChurnSpec::Sessions(spec) => (0..nodes.len()).map(|i| of_node(&nodes[i], i, spec, horizon, seed)).collect(),
        ChurnSpec::Trace { sessions, kind } => from_trace(nodes.len(), sessions, *kind),
    };
    for (index, failure) in failures.iter().enumerate() {
        strike(nodes, failure, index as u64, seed, &mut outages);
    }
    outages.into_iter().map(merge).collect()
}

/// Sessions begin when a node is first needed, so that a churn with long
/// sessions does not empty the swarm before it starts.
fn of_node(node: &Node, index: usize, spec: &SessionSpec, horizon: Time, seed: u64) -> Vec<Outage> {
    let mut outages = Vec::new();
    if node.role == Role::Seeder && !spec.seeders {
        return outages;
    }
    let mut rng = Rng::stream(seed, Purpose::Sessions, index as u64);
    let mut now = node.start;
    loop {
        let from = now + Time::from_secs_f64(spec.online.sample(&mut rng));
        let until = from + Time::from_secs_f64(spec.offline.sample(&mut rng)) + Time::from_nanos(1);
        if from > horizon {
            return outages;
        }
        outages.push(Outage { from, until, kind: spec.kind });
        now = until;
    }
}

/// Everything outside the recorded sessions is an outage; nodes that the trace
/// does not name stay online.
fn from_trace(nodes: usize, sessions: &[(u32, f64, f64)], kind: OfflineKind) -> Vec<Vec<Outage>> {
    let mut online: Vec<Vec<(Time, Time)>> = vec![Vec::new(); nodes];
    for (node, on, off) in sessions {
        if let Some(list) = online.get_mut(*node as usize) {
            list.push((Time::from_secs_f64(*on), Time::from_secs_f64(*off)));
        }
    }
    online.into_iter().map(|list| complement(list, kind)).collect()
}

fn complement(mut online: Vec<(Time, Time)>, kind: OfflineKind) -> Vec<Outage> {
    if online.is_empty() {
        return Vec::new();
    }
    online.sort();
    let mut outages = Vec::new();
    let mut from = Time::ZERO;
    for (on, off) in online {
        if on > from {
            outages.push(Outage { from, until: on, kind });
        }
        from = from.max(off);
    }
    outages.push(Outage { from, until: Time::NEVER, kind });
    outages
}

fn strike(nodes: &[Node], failure: &FailureSpec, index: u64, seed: u64, outages: &mut [Vec<Outage>]) {
    let mut candidates: Vec<usize> =
        (0..nodes.len()).filter(|i| failure.seeders || nodes[*i].role == Role::Leecher).collect();
    Rng::stream(seed, Purpose::Failures, index).shuffle(&mut candidates);
    let until = failure.duration.map_or(Time::NEVER, |duration| failure.at + duration);
    for victim in candidates.into_iter().take(failure.nodes as usize) {
        outages[victim].push(Outage { from: failure.at, until, kind: failure.kind });
    }
}

/// Joins outages that touch; a crash anywhere in the joined stretch loses the data.
fn merge(mut outages: Vec<Outage>) -> Vec<Outage> {
    outages.sort_by_key(|o| (o.from, o.until));
    let mut merged: Vec<Outage> = Vec::with_capacity(outages.len());
    for outage in outages {
        match merged.last_mut() {
            Some(last) if outage.from <= last.until => {
                last.until = last.until.max(outage.until);
                if outage.kind == OfflineKind::Crash {
                    last.kind = OfflineKind::Crash;
                }
            }
            _ => merged.push(outage),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::Distribution;
    use crate::units::Rate;

    fn nodes(n: usize) -> Vec<Node> {
        (0..n)
            .map(|i| Node {
                role: if i == 0 { Role::Seeder } else { Role::Leecher },
                up: Rate(1),
                down: Rate(1),
                region: 0,
                start: Time::ZERO,
            })
            .collect()
    }

    #[test]
    fn alternating_sessions_have_the_right_share_of_time_online() {
        let spec = SessionSpec {
            online: Distribution::Exponential { mean: 30.0 },
            offline: Distribution::Exponential { mean: 10.0 },
            kind: OfflineKind::Departure,
            seeders: false,
        };
        let horizon = Time::from_secs(100_000);
        let all = draw(&nodes(20), &ChurnSpec::Sessions(spec), &[], horizon, 5);
        assert!(all[0].is_empty(), "seeders stay");
        let offline: f64 = all[1..].iter().flatten().map(|o| (o.until - o.from).secs()).sum();
        let share = offline / (19.0 * horizon.secs());
        assert!((share - 0.25).abs() < 0.01, "{share}");
    }

    #[test]
    fn a_trace_is_followed_to_the_letter() {
        let churn = ChurnSpec::Trace { sessions: vec![(1, 10.0, 20.0), (1, 30.0, 40.0)], kind: OfflineKind::Departure };
        let all = draw(&nodes(3), &churn, &[], Time::from_secs(100), 5);
        let spans: Vec<_> = all[1].iter().map(|o| (o.from.secs(), o.until)).collect();
        let secs = Time::from_secs;
        assert_eq!(spans, [(0.0, secs(10)), (20.0, secs(30)), (40.0, Time::NEVER)]);
        assert!(all[2].is_empty(), "a node the trace does not name stays online");
    }

    #[test]
    fn a_failure_takes_exactly_k_nodes() {
        let failure =
            FailureSpec { at: Time::from_secs(7), nodes: 4, duration: None, kind: OfflineKind::Crash, seeders: false };
        let all = draw(&nodes(10), &ChurnSpec::None, &[failure], Time::from_secs(100), 5);
        assert_eq!(all.iter().filter(|o| !o.is_empty()).count(), 4);
        assert!(all[0].is_empty());
    }

    #[test]
    fn overlapping_outages_become_one() {
        let outage = |from, until, kind| Outage { from: Time::from_secs(from), until: Time::from_secs(until), kind };
        let joined = merge(vec![outage(5, 9, OfflineKind::Crash), outage(1, 6, OfflineKind::Departure)]);
        assert_eq!(joined, [outage(1, 9, OfflineKind::Crash)]);
    }
}
