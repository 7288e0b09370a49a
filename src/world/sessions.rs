//! Who is offline when.

use super::{ChurnSpec, FailureSpec, NodeClass, OfflineKind, SessionSpec, WorldSpec};
use super::{Node, NodeId, Role};
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

/// When one node is away: its outages in order of time, drawn as far as somebody
/// has asked. They neither overlap nor touch.
#[derive(Debug, Clone)]
pub struct Life {
    next: Option<Outage>,
    later: Later,
}

/// Where the outages after the next one come from.
#[derive(Debug, Clone)]
enum Later {
    /// They are known; the last one first.
    Recorded(Vec<Outage>),
    /// They are drawn.
    Sessions { spec: SessionSpec, rng: Rng, now: Time },
}

impl Life {
    /// Of a node that is always there.
    pub fn without_outages() -> Self {
        Life::recorded(Vec::new())
    }

    fn recorded(mut outages: Vec<Outage>) -> Self {
        outages.reverse();
        let next = outages.pop();
        Life { next, later: Later::Recorded(outages) }
    }

    /// Sessions begin when a node is first needed, so that a churn with long
    /// sessions does not empty the swarm before it starts.
    fn drawn(node: &Node, index: usize, spec: &SessionSpec, seed: u64) -> Self {
        if node.role == Role::Seeder && !spec.seeders {
            return Life::without_outages();
        }
        let rng = Rng::stream(seed, Purpose::Sessions, index as u64);
        let mut life = Life { next: None, later: Later::Sessions { spec: spec.clone(), rng, now: node.start } };
        life.next = life.draw();
        life
    }

    /// The next outage, without passing it.
    pub fn peek(&self) -> Option<Outage> {
        self.next
    }

    fn draw(&mut self) -> Option<Outage> {
        match &mut self.later {
            Later::Recorded(outages) => outages.pop(),
            Later::Sessions { spec, rng, now } => {
                let from = *now + Time::from_secs_f64(spec.online.sample(rng));
                let until = from + Time::from_secs_f64(spec.offline.sample(rng)) + Time::from_nanos(1);
                *now = until;
                (from < Time::NEVER).then_some(Outage { from, until, kind: spec.kind })
            }
        }
    }
}

impl Iterator for Life {
    type Item = Outage;

    fn next(&mut self) -> Option<Outage> {
        let drawn = self.next.and_then(|_| self.draw());
        std::mem::replace(&mut self.next, drawn)
    }
}

/// The life of each node: as its class says, else under the churn of all.
pub(super) fn lives(nodes: &[Node], classes: &[usize], spec: &WorldSpec, seed: u64) -> Vec<Life> {
    let mut lives = of_all(nodes, &spec.churn, seed);
    for (i, class) in classes.iter().enumerate() {
        let NodeClass { churn, away, .. } = &spec.nodes[*class];
        if let Some(churn) = churn {
            lives[i] = Life::drawn(&nodes[i], i, &churn.sessions(), seed);
        } else if !away.is_empty() {
            let until = |absence: &[Time]| absence.get(1).copied().unwrap_or(Time::NEVER);
            let kind = OfflineKind::Departure;
            let outage = |absence: &Vec<Time>| Outage { from: absence[0], until: until(absence), kind };
            lives[i] = Life::recorded(away.iter().map(outage).collect());
        }
    }
    lives
}

/// The life of each node under `churn`.
fn of_all(nodes: &[Node], churn: &ChurnSpec, seed: u64) -> Vec<Life> {
    match churn {
        ChurnSpec::None => vec![Life::without_outages(); nodes.len()],
        ChurnSpec::Sessions(spec) => (0..nodes.len()).map(|i| Life::drawn(&nodes[i], i, spec, seed)).collect(),
        ChurnSpec::Trace { sessions, kind } => from_trace(nodes.len(), sessions, *kind),
    }
}

/// A failure, and whom it strikes first. It takes nodes that are up, in this
/// order, and others only when too few are.
#[derive(Debug, Clone)]
pub struct Strike {
    /// What happens.
    pub failure: FailureSpec,
    /// All nodes that it can take, in an order drawn for this failure alone.
    pub order: Vec<NodeId>,
}

/// The failures, in the order of the scenario.
pub(super) fn strikes(nodes: &[Node], failures: &[FailureSpec], seed: u64) -> Vec<Strike> {
    let strike = |(index, failure): (u64, &FailureSpec)| {
        let ids = (0..).map(NodeId).zip(nodes);
        let mut order: Vec<NodeId> =
            ids.filter(|(_, node)| failure.seeders || node.role == Role::Leecher).map(|(id, _)| id).collect();
        Rng::stream(seed, Purpose::Failures, index).shuffle(&mut order);
        Strike { failure: *failure, order }
    };
    (0..).zip(failures).map(strike).collect()
}

/// Everything outside the recorded sessions is an outage; nodes that the trace
/// does not name stay online.
fn from_trace(nodes: usize, sessions: &[(u32, f64, f64)], kind: OfflineKind) -> Vec<Life> {
    let mut online: Vec<Vec<(Time, Time)>> = vec![Vec::new(); nodes];
    for (node, on, off) in sessions {
        if let Some(list) = online.get_mut(*node as usize) {
            list.push((Time::from_secs_f64(*on), Time::from_secs_f64(*off)));
        }
    }
    online.into_iter().map(|list| Life::recorded(complement(list, kind))).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::Distribution;
    use crate::units::Rate;

    fn nodes(n: usize) -> Vec<Node> {
        (0..n).map(|i| Node::new(if i == 0 { Role::Seeder } else { Role::Leecher }, Rate(1), Rate(1))).collect()
    }

    /// The outages of each node that begin before `horizon`.
    fn outages(nodes: &[Node], churn: &ChurnSpec, horizon: Time) -> Vec<Vec<Outage>> {
        let lives = of_all(nodes, churn, 5);
        lives.into_iter().map(|life| life.take_while(|o| o.from <= horizon).collect()).collect()
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
        let all = outages(&nodes(20), &ChurnSpec::Sessions(spec), horizon);
        assert!(all[0].is_empty(), "seeders stay");
        let offline: f64 = all[1..].iter().flatten().map(|o| (o.until - o.from).secs()).sum();
        let share = offline / (19.0 * horizon.secs());
        assert!((share - 0.25).abs() < 0.01, "{share}");
    }

    #[test]
    fn what_is_peeked_at_comes_next_and_an_end_is_an_end() {
        let churn = ChurnSpec::Trace { sessions: vec![(1, 0.0, 5.0)], kind: OfflineKind::Crash };
        let mut life = of_all(&nodes(2), &churn, 5).remove(1);
        let only = Outage { from: Time::from_secs(5), until: Time::NEVER, kind: OfflineKind::Crash };
        assert_eq!((life.peek(), life.next(), life.peek(), life.next()), (Some(only), Some(only), None, None));
    }

    #[test]
    fn a_trace_is_followed_to_the_letter() {
        let churn = ChurnSpec::Trace { sessions: vec![(1, 10.0, 20.0), (1, 30.0, 40.0)], kind: OfflineKind::Departure };
        let all = outages(&nodes(3), &churn, Time::from_secs(100));
        let spans: Vec<_> = all[1].iter().map(|o| (o.from.secs(), o.until)).collect();
        let secs = Time::from_secs;
        assert_eq!(spans, [(0.0, secs(10)), (20.0, secs(30)), (40.0, Time::NEVER)]);
        assert!(all[2].is_empty(), "a node the trace does not name stays online");
    }

    #[test]
    fn a_failure_can_strike_whom_it_does_not_spare() {
        let spares =
            FailureSpec { at: Time::from_secs(7), nodes: 4, duration: None, kind: OfflineKind::Crash, seeders: false };
        let all = strikes(&nodes(10), &[spares, FailureSpec { seeders: true, ..spares }, spares], 5);
        assert_eq!(all.iter().map(|strike| strike.order.len()).collect::<Vec<_>>(), [9, 10, 9]);
        assert!(!all[0].order.contains(&NodeId(0)) && all[1].order.contains(&NodeId(0)));
        assert_ne!(all[0].order, all[2].order, "each has its own order");
    }
}
