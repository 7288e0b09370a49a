//! The members of a measured run as they are re-created, and what makes those of two
//! runs alike.

use crate::results::{MeasuredRun, NodeFigures};
use crate::units::{Rate, Time};
use crate::world::Role;
use std::collections::BTreeMap;

/// Mean distances of starts below this are no pattern but how long it takes to
/// start everybody.
const TOGETHER_S: f64 = 0.5;

/// A member of a measured run. Times are seconds from the start of the first leecher.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member {
    pub(super) role: Role,
    /// Zero of all but leechers.
    pub(super) start: f64,
    /// When it went, and when it came back.
    pub(super) away: Option<(f64, Option<f64>)>,
    /// Its links in bit/s, where members differ.
    pub(super) up: Option<f64>,
    pub(super) down: Option<f64>,
    /// Goes once it holds everything.
    pub(super) leaves_complete: bool,
}

/// The members of `run` in the order of simulated nodes: seeders first, then leechers in
/// the order of their starts, then who is idle.
pub(super) fn members(run: &MeasuredRun) -> Vec<Member> {
    let starts = || run.nodes.iter().filter(|node| node.role == Role::Leecher).filter_map(|node| node.start_s);
    let (first, known) = (starts().reduce(f64::min).unwrap_or(0.0), starts().next().is_some());
    let member = |node: &NodeFigures| {
        let leecher = node.role == Role::Leecher;
        let never = leecher && known && node.start_s.is_none() && node.t100_s.is_none();
        // Who goes because it is done goes when it is done, whenever that is.
        let done = |at: f64| node.leaves_complete && node.t100_s.is_some_and(|t100| at >= t100);
        let gone = node.leave_s.filter(|at| !done(*at));
        let gone = gone.map(|from| ((from - first).max(0.0), node.return_s.map(|to| to - first)));
        Member {
            role: node.role,
            start: if leecher { node.start_s.map_or(0.0, |start| start - first) } else { 0.0 },
            away: if never { Some((0.0, None)) } else { gone },
            up: node.up_bps,
            down: node.down_bps,
            leaves_complete: leecher && node.leaves_complete,
        }
    };
    let mut members: Vec<Member> = run.nodes.iter().map(member).collect();
    members.sort_by(|a, b| a.role.cmp(&b.role).then(a.start.total_cmp(&b.start)));
    members
}

/// The starts of the leechers.
pub(super) fn starts(members: &[Member]) -> Vec<f64> {
    members.iter().filter(|member| member.role == Role::Leecher).map(|member| member.start).collect()
}

/// What members of one run have in common with those of its repetitions, whoever of
/// several does it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pattern {
    /// Mean distance of the starts in milliseconds, to one digit; 0 together.
    gap_ms: u64,
    absences: Vec<(Absence, usize)>,
    /// How many go once they hold everything.
    leaving: usize,
    /// How many have which role and links.
    links: Vec<(Links, usize)>,
}

/// A role, and the links of who has it, up and down, where members differ: as bits of
/// bit/s, of positive numbers these are in the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Links {
    role: Role,
    rates: [Option<u64>; 2],
}

/// An absence: of whom, where it is known and matters; from and until, in tenths of a
/// second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Absence {
    node: Option<usize>,
    from: u64,
    to: Option<u64>,
}

/// How often each of `things` comes, in their order.
fn counted<T: Ord>(things: impl Iterator<Item = T>) -> Vec<(T, usize)> {
    let mut counts = BTreeMap::new();
    things.for_each(|thing| *counts.entry(thing).or_insert(0) += 1);
    counts.into_iter().collect()
}

impl Pattern {
    pub(super) fn of(members: &[Member]) -> Pattern {
        let tenths = |seconds: f64| libm::round(seconds * 10.0) as u64;
        let gap_ms = gap_ms(&starts(members));
        let away = members.iter().filter(|member| member.away.is_some()).count();
        let absences = members.iter().enumerate().filter_map(|(node, member)| {
            let (from, to) = member.away?;
            // Leechers that start together have no numbers: who is first is chance.
            let node = (away == 1 && !(member.role == Role::Leecher && gap_ms == 0)).then_some(node);
            Some(Absence { node, from: tenths(from), to: to.map(tenths) })
        });
        let bits = |rate: Option<f64>| rate.map(f64::to_bits);
        Pattern {
            gap_ms,
            absences: counted(absences),
            leaving: members.iter().filter(|member| member.leaves_complete).count(),
            links: counted(members.iter().map(|member| {
                let rates = [bits(member.up), bits(member.down)];
                Links { role: member.role, rates }
            })),
        }
    }

    /// The slowest and the fastest uplink, and the same of downlinks, where they differ.
    pub(super) fn links(&self) -> [Option<(f64, f64)>; 2] {
        [0, 1].map(|which| {
            let rates = || self.links.iter().filter_map(|(links, _)| links.rates[which]).map(f64::from_bits);
            Some((rates().reduce(f64::min)?, rates().reduce(f64::max)?))
        })
    }

    /// What there is to say of it in the name of a cell, but for the links.
    pub(super) fn words(&self) -> Vec<String> {
        let at = |tenths: u64| Time::from_millis(tenths * 100);
        let mut words = Vec::new();
        if self.gap_ms > 0 {
            words.push(format!("every {}", Time::from_millis(self.gap_ms)));
        }
        for (Absence { node, from, to }, count) in self.absences.iter().take(MOST_ABSENCES) {
            words.extend(match (node, to) {
                (_, None) if *from == 0 => vec![format!("{count} never there")],
                (Some(node), None) => vec![format!("{node} leaves at {}", at(*from))],
                (Some(node), Some(to)) => {
                    vec![format!("{node} leaves at {}", at(*from)), format!("returns at {}", at(*to))]
                }
                (None, None) => vec![format!("{count} away from {}", at(*from))],
                (None, Some(to)) => vec![format!("{count} away from {} to {}", at(*from), at(*to))],
            });
        }
        let further = self.absences.iter().skip(MOST_ABSENCES).map(|(_, count)| count).sum::<usize>();
        if further > 0 {
            words.push(format!("{further} more away"));
        }
        if self.leaving > 0 {
            words.push(format!("{} leave when complete", self.leaving));
        }
        let idle =
            self.links.iter().filter(|(links, _)| links.role == Role::Idle).map(|(_, count)| count).sum::<usize>();
        if idle > 0 {
            words.push(format!("{idle} idle"));
        }
        words
    }
}

/// Absences that a name tells one by one.
const MOST_ABSENCES: usize = 2;

fn gap_ms(starts: &[f64]) -> u64 {
    let gaps = starts.len().saturating_sub(1).max(1) as f64;
    let gap = starts.last().copied().unwrap_or(0.0) / gaps;
    if gap < TOGETHER_S {
        return 0;
    }
    let mut digit = (gap * 1e3) as u64;
    let mut scale = 1;
    while digit >= 100 {
        (digit, scale) = (digit / 10, scale * 10);
    }
    (digit + 5) / 10 * 10 * scale
}

/// Rates from the slowest to the fastest: `2 Mbit/s to 10 Mbit/s`.
pub(super) fn rates((slowest, fastest): (f64, f64)) -> String {
    let rate = |value: f64| Rate(value as u64).to_string(); // what is infinite becomes the largest
    if slowest == fastest { rate(slowest) } else { format!("{} to {}", rate(slowest), rate(fastest)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::NodeFigures;

    fn run(nodes: Vec<NodeFigures>) -> MeasuredRun {
        MeasuredRun { id: "r".into(), file: "m.csv".into(), conditions: BTreeMap::new(), nodes, obstacle: None }
    }

    fn leecher(start: f64) -> NodeFigures {
        NodeFigures { role: Role::Leecher, start_s: Some(start), ..NodeFigures::default() }
    }

    #[test]
    fn patterns_have_one_digit() {
        for (gap, pattern) in
            [(0.0, 0), (0.4, 0), (0.64, 600), (1.26, 1_000), (9.8, 10_000), (10.2, 10_000), (64.0, 60_000)]
        {
            assert_eq!(gap_ms(&[0.0, gap, 2.0 * gap]), pattern, "{gap}");
        }
    }

    /// Which leechers are away follows from which start first, and that is chance.
    #[test]
    fn it_does_not_matter_who_of_several_is_away() {
        let of = |starts: [f64; 3]| {
            let mut nodes: Vec<NodeFigures> = starts.into_iter().map(leecher).chain([NodeFigures::default()]).collect();
            nodes[..2].iter_mut().for_each(|node| (node.leave_s, node.return_s) = (Some(20.01), Some(40.02)));
            Pattern::of(&members(&run(nodes)))
        };
        assert_eq!(of([0.0, 0.01, 0.02]), of([0.02, 0.0, 0.01]));
        assert_eq!(of([0.0, 0.01, 0.02]).words(), ["2 away from 20 s to 40 s"]);
        let mut many: Vec<NodeFigures> = (0..9).map(|_| leecher(0.0)).collect();
        (1..9).for_each(|node| many[node].leave_s = Some(node as f64));
        assert_eq!(Pattern::of(&members(&run(many))).words(), ["1 away from 1 s", "1 away from 2 s", "6 more away"]);
    }

    #[test]
    fn who_never_starts_is_away_and_who_goes_when_done_is_not() {
        let mut nodes = vec![NodeFigures::default(), leecher(1.0), leecher(3.0), leecher(0.0)];
        (nodes[1].leaves_complete, nodes[1].t100_s, nodes[1].leave_s) = (true, Some(9.0), Some(9.0));
        (nodes[2].leaves_complete, nodes[2].t100_s, nodes[2].leave_s) = (true, None, Some(8.0));
        nodes[3].start_s = None;
        let members = members(&run(nodes.clone()));
        assert_eq!(members.iter().map(|m| m.start).collect::<Vec<_>>(), [0.0, 0.0, 0.0, 2.0]);
        let away: Vec<_> = members.iter().map(|m| m.away).collect();
        assert_eq!(away[0], None, "a seeder needs no start");
        assert!(away[1..3].contains(&Some((0.0, None))) && away[1..3].contains(&None));
        assert_eq!(away[3], Some((7.0, None)), "it went before it was done");
        nodes.iter_mut().for_each(|node| node.start_s = None);
        assert!(super::members(&run(nodes)).iter().all(|m| m.away != Some((0.0, None))), "starts were not measured");
    }

    #[test]
    fn who_is_idle_comes_last_and_is_told() {
        let idle = NodeFigures { role: Role::Idle, ..NodeFigures::default() };
        let alike = |nodes: Vec<NodeFigures>| Pattern::of(&members(&run(nodes)));
        let three = members(&run(vec![idle, leecher(5.0), NodeFigures::default()]));
        assert_eq!(three.iter().map(|m| m.role).collect::<Vec<_>>(), [Role::Seeder, Role::Leecher, Role::Idle]);
        assert_eq!(three[2].away, None, "it needs no start to be there");
        assert_eq!(alike(vec![NodeFigures::default(), leecher(0.0), idle, idle]).words(), ["2 idle"]);
        assert_ne!(alike(vec![leecher(0.0), idle]), alike(vec![leecher(0.0), leecher(0.0)]));
    }
}
