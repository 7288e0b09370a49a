//! Who comes and goes when: the lives of the nodes, and the failures that strike
//! them.
//!
//! Only the next turn of each node is known, so neither memory nor time depends on
//! how long a run could take. Turns of one moment come in a fixed order: failures,
//! those who leave, seeders who come, leechers who come. Only leechers that come at
//! one moment race, so a salt permutes them and nothing else.

use crate::rng::mix;
use crate::units::Time;
use crate::world::{Life, NodeId, OfflineKind, Role, World};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Something that changes who is there, or what those who are away have left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// The node comes online.
    Comes(NodeId),
    /// The node goes offline.
    Goes(NodeId, OfflineKind),
    /// The node is offline, and its data is lost now.
    LosesData(NodeId),
    /// The node is offline, and it turns out that it does not come back.
    StaysAway(NodeId),
}

/// What is due, by what comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Strike(u32),
    Leave(NodeId),
    /// A node has done what it came for.
    Part(NodeId),
    /// A seeder comes, or a server.
    Seeder(NodeId),
    /// A leecher comes; the number is its place among those of one moment.
    Leecher(u64, NodeId),
}

/// A node as its presence goes.
#[derive(Debug)]
struct Stay {
    life: Life,
    online: bool,
    /// When it comes, if it is away; [`Time::NEVER`] when it does not, and when it
    /// is online.
    comes: Time,
}

/// The presence of all nodes.
#[derive(Debug)]
pub(super) struct Presence {
    stays: Vec<Stay>,
    due: BinaryHeap<Reverse<(Time, Due)>>,
    salt: u64,
    /// Absences that have begun.
    pub absences: u64,
}

impl Presence {
    /// Nobody is there yet.
    pub fn new(world: &World, salt: u64) -> Self {
        let stay = |life: &Life| Stay { life: life.clone(), online: false, comes: Time::NEVER };
        let stays = world.lives.iter().map(stay).collect();
        let mut presence = Presence { stays, due: BinaryHeap::new(), salt, absences: 0 };
        for (index, strike) in (0..).zip(&world.strikes) {
            presence.due.push(Reverse((strike.failure.at, Due::Strike(index))));
        }
        for id in world.ids() {
            presence.settle_in(id, world);
        }
        presence
    }

    /// The first coming of a node: at its start, or after the outage in which that
    /// falls.
    fn settle_in(&mut self, id: NodeId, world: &World) {
        let start = world.node(id).start;
        let stay = &mut self.stays[id.index()];
        while stay.life.peek().is_some_and(|o| o.until <= start) {
            stay.life.next();
        }
        let absent = stay.life.peek().filter(|o| o.from <= start);
        if let Some(outage) = absent {
            stay.life.next();
            self.absences += 1;
            self.come_at(id, outage.until, world);
        } else {
            self.come_at(id, start, world);
        }
        self.await_outage(id);
    }

    fn come_at(&mut self, id: NodeId, at: Time, world: &World) {
        self.stays[id.index()].comes = at;
        if at == Time::NEVER {
            return;
        }
        let due = match world.node(id).role {
            Role::Seeder | Role::Idle | Role::Server | Role::Relay => Due::Seeder(id),
            Role::Leecher if self.salt == 0 => Due::Leecher(0, id),
            Role::Leecher => Due::Leecher(mix(self.salt ^ mix(u64::from(id.0))), id),
        };
        self.due.push(Reverse((at, due)));
    }

    fn await_outage(&mut self, id: NodeId) {
        if let Some(outage) = self.stays[id.index()].life.peek() {
            self.due.push(Reverse((outage.from, Due::Leave(id))));
        }
    }

    /// When the next turn may come.
    pub fn next(&self) -> Option<Time> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes what is due next, and adds what it means to `turns`: one turn, several
    /// of a failure, or none where something else has come in between.
    pub fn advance(&mut self, world: &World, turns: &mut Vec<Turn>) {
        let Some(Reverse((now, due))) = self.due.pop() else { return };
        match due {
            Due::Strike(index) => self.strike(index, now, world, turns),
            Due::Leave(id) => self.leave(id, world, turns),
            Due::Part(id) => {
                self.stays[id.index()].life = Life::without_outages();
                self.take(id, (OfflineKind::Departure, Time::NEVER), world, turns);
            }
            Due::Seeder(id) | Due::Leecher(_, id) => {
                let stay = &mut self.stays[id.index()];
                if stay.comes == now {
                    (stay.online, stay.comes) = (true, Time::NEVER);
                    turns.push(Turn::Comes(id));
                }
            }
        }
    }

    /// `id` goes for good at `at`, whatever else it was to do.
    pub fn part_at(&mut self, id: NodeId, at: Time) {
        if at < Time::NEVER {
            self.due.push(Reverse((at, Due::Part(id))));
        }
    }

    fn leave(&mut self, id: NodeId, world: &World, turns: &mut Vec<Turn>) {
        let stay = &mut self.stays[id.index()];
        let Some(outage) = stay.life.next() else { return };
        let gone_for_good = !stay.online && stay.comes == Time::NEVER;
        self.take(id, (outage.kind, outage.until), world, turns);
        if !gone_for_good {
            self.await_outage(id);
        }
    }

    /// A failure takes nodes that are up, or come at this very moment; others only
    /// when too few are.
    fn strike(&mut self, index: u32, now: Time, world: &World, turns: &mut Vec<Turn>) {
        let strike = &world.strikes[index as usize];
        let failure = strike.failure;
        let until = failure.duration.map_or(Time::NEVER, |duration| now + duration);
        let is_up = |id: &&NodeId| {
            let stay = &self.stays[id.index()];
            stay.online || stay.comes == now
        };
        let (up, away): (Vec<NodeId>, Vec<NodeId>) = strike.order.iter().partition(is_up);
        for id in up.into_iter().chain(away).take(failure.nodes as usize) {
            self.take(id, (failure.kind, until), world, turns);
        }
    }

    /// `id` is away until `until` at the least.
    fn take(&mut self, id: NodeId, (kind, until): (OfflineKind, Time), world: &World, turns: &mut Vec<Turn>) {
        let stay = &mut self.stays[id.index()];
        self.absences += 1;
        if stay.online {
            stay.online = false;
            turns.push(Turn::Goes(id, kind));
            return self.come_at(id, until, world);
        }
        if kind == OfflineKind::Crash {
            turns.push(Turn::LosesData(id));
        }
        // Who is away for good stays away.
        if stay.comes < until && stay.comes != Time::NEVER {
            if until == Time::NEVER {
                turns.push(Turn::StaysAway(id));
            }
            self.come_at(id, until, world);
        }
    }

    /// Whether the node is away and does not come back.
    pub fn has_gone(&self, id: NodeId) -> bool {
        let stay = &self.stays[id.index()];
        !stay.online && stay.comes == Time::NEVER
    }

    /// When somebody who is away, or goes after a while, is back for the first
    /// time; nothing when all stay as they are.
    pub fn next_coming(&self) -> Option<Time> {
        let returns = |stay: &Stay| match stay.life.peek() {
            Some(outage) if stay.online => outage.until,
            _ => stay.comes,
        };
        self.stays.iter().map(returns).min().filter(|at| *at < Time::NEVER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Bytes, Rate};
    use crate::world::{ChurnSpec, DatasetSpec, FailureSpec, WorldSpec};

    const CRASH: OfflineKind = OfflineKind::Crash;

    /// One seeder and four leechers, everything that happens to them.
    fn turns(churn: ChurnSpec, failures: &[FailureSpec], salt: u64) -> Vec<(u64, Turn)> {
        let dataset = DatasetSpec { size: Bytes(1), block_size: Bytes(1), group: 1 };
        let plain = WorldSpec::plain((5, 1), dataset, Rate::UNLIMITED);
        let world = World::build(&WorldSpec { churn, failures: failures.to_vec(), ..plain }, 7, 0);
        let mut presence = Presence::new(&world, salt);
        let (mut all, mut now) = (Vec::new(), Vec::new());
        while let Some(at) = presence.next() {
            presence.advance(&world, &mut now);
            all.extend(now.drain(..).map(|turn| (at.nanos() / 1_000_000_000, turn)));
        }
        all
    }

    fn failure(at: u64, nodes: u32, duration: Option<u64>) -> FailureSpec {
        let (at, duration) = (Time::from_secs(at), duration.map(Time::from_secs));
        FailureSpec { at, nodes, duration, kind: CRASH, seeders: false }
    }

    fn ids(turns: &[(u64, Turn)], wanted: impl Fn(&Turn) -> Option<NodeId>) -> Vec<u32> {
        turns.iter().filter_map(|(_, turn)| wanted(turn)).map(|id| id.0).collect()
    }

    fn comings(turns: &[(u64, Turn)]) -> Vec<u32> {
        ids(turns, |turn| if let Turn::Comes(id) = turn { Some(*id) } else { None })
    }

    #[test]
    fn a_salt_permutes_leechers_that_come_together_and_nothing_else() {
        assert_eq!(comings(&turns(ChurnSpec::None, &[], 0)), [0, 1, 2, 3, 4]);
        let orders: Vec<_> = (1..20).map(|salt| comings(&turns(ChurnSpec::None, &[], salt))).collect();
        assert!(orders.iter().all(|order| order[0] == 0), "the seeder comes first");
        assert!(orders.iter().any(|order| order[1] != 1) && orders.iter().any(|order| order[1] == 1));
    }

    /// It parts in an absence, and does not come back from it.
    #[test]
    fn who_parts_stays_away() {
        let dataset = DatasetSpec { size: Bytes(1), block_size: Bytes(1), group: 1 };
        let churn = ChurnSpec::Trace { sessions: vec![(1, 0.0, 4.0), (1, 8.0, 9.0)], kind: CRASH };
        let world = World::build(&WorldSpec { churn, ..WorldSpec::plain((2, 1), dataset, Rate::UNLIMITED) }, 7, 0);
        for (at, last) in [(3, Turn::Goes(NodeId(1), OfflineKind::Departure)), (6, Turn::StaysAway(NodeId(1)))] {
            let (mut presence, mut turns) = (Presence::new(&world, 0), Vec::new());
            presence.part_at(NodeId(1), Time::from_secs(at));
            presence.part_at(NodeId(0), Time::NEVER);
            while presence.next().is_some() {
                presence.advance(&world, &mut turns);
            }
            assert_eq!(turns.last(), Some(&last), "{turns:?}");
            assert!(presence.has_gone(NodeId(1)) && !presence.has_gone(NodeId(0)));
        }
    }

    #[test]
    fn failures_at_one_moment_strike_different_nodes() {
        let both = turns(ChurnSpec::None, &[failure(5, 2, None), failure(5, 2, None)], 0);
        let mut gone = ids(&both, |turn| if let Turn::Goes(id, _) = turn { Some(*id) } else { None });
        gone.sort_unstable();
        assert_eq!(gone, [1, 2, 3, 4]);
        // A third finds nobody up: those who are away lose what they have left.
        let three = turns(ChurnSpec::None, &[failure(5, 2, None), failure(5, 2, None), failure(5, 3, None)], 0);
        assert_eq!(three.iter().filter(|(_, turn)| matches!(turn, Turn::LosesData(_))).count(), 3);
    }

    #[test]
    fn the_world_knows_who_is_there_at_the_start() {
        let dataset = DatasetSpec { size: Bytes(1), block_size: Bytes(1), group: 1 };
        let churn = ChurnSpec::Trace { sessions: vec![(2, 5.0, 9.0)], kind: CRASH };
        let failures = vec![failure(0, 2, None), failure(0, 1, Some(9)), failure(1, 9, None)];
        let spec = WorldSpec { churn, failures, ..WorldSpec::plain((9, 1), dataset, Rate::UNLIMITED) };
        let world = World::build(&spec, 7, 0);
        let (mut presence, mut turns) = (Presence::new(&world, 0), Vec::new());
        while presence.next() == Some(Time::ZERO) {
            presence.advance(&world, &mut turns);
        }
        let up: Vec<bool> = presence.stays.iter().map(|stay| stay.online).collect();
        assert_eq!(up.iter().filter(|up| **up).count(), 5, "of nine, one comes later and three fail");
        assert_eq!(world.present_at_start(), up);
    }

    #[test]
    fn a_failure_at_the_start_keeps_its_nodes_from_coming() {
        let all = turns(ChurnSpec::None, &[failure(0, 3, Some(9))], 0);
        assert_eq!(all.iter().filter(|(at, turn)| *at == 0 && matches!(turn, Turn::Comes(_))).count(), 2);
        assert_eq!(all.iter().filter(|(at, turn)| *at == 9 && matches!(turn, Turn::Comes(_))).count(), 3);
    }

    #[test]
    fn absences_that_overlap_or_touch_become_one() {
        let churn = ChurnSpec::Trace { sessions: vec![(1, 0.0, 10.0), (1, 15.0, 30.0)], kind: OfflineKind::Departure };
        let of_one = |failures: &[FailureSpec]| {
            let all = turns(churn.clone(), failures, 0);
            let concerns = |turn: &Turn| match turn {
                Turn::Comes(id) | Turn::Goes(id, _) | Turn::LosesData(id) | Turn::StaysAway(id) => *id == NodeId(1),
            };
            all.into_iter().filter(|(_, turn)| concerns(turn)).collect::<Vec<_>>()
        };
        let one = NodeId(1);
        let alone = [(0, Turn::Comes(one)), (10, Turn::Goes(one, OfflineKind::Departure)), (15, Turn::Comes(one))];
        assert_eq!(of_one(&[])[..3], alone);
        // All four leechers fail in the absence, and for longer.
        let joined = of_one(&[failure(12, 4, Some(8))]);
        assert_eq!(joined[2..4], [(12, Turn::LosesData(one)), (20, Turn::Comes(one))]);
        // They fail at 4 until 10, when the node leaves by itself: it does not come in between.
        let touching = of_one(&[failure(4, 4, Some(6))]);
        assert_eq!(touching[1..3], [(4, Turn::Goes(one, CRASH)), (15, Turn::Comes(one))]);
    }

    #[test]
    fn the_next_coming_is_known_while_there_is_one() {
        let dataset = DatasetSpec { size: Bytes(1), block_size: Bytes(1), group: 1 };
        let churn = ChurnSpec::Trace { sessions: vec![(1, 0.0, 0.5), (1, 900.0, 1000.0)], kind: CRASH };
        let world = World::build(&WorldSpec { churn, ..WorldSpec::plain((2, 1), dataset, Rate::UNLIMITED) }, 7, 0);
        let (mut presence, mut turns) = (Presence::new(&world, 0), Vec::new());
        assert_eq!(presence.next_coming(), Some(Time::ZERO));
        let mut known = Vec::new();
        while presence.next().is_some() {
            presence.advance(&world, &mut turns);
            known.push(presence.next_coming());
        }
        let back = Some(Time::from_secs(900));
        assert_eq!(known, [Some(Time::ZERO), back, back, None, None]);
    }
}
