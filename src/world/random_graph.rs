//! Random graphs after published rules, as lists of edges: for the wires and for who knows
//! whom.

use crate::rng::{Purpose, Rng};
use petgraph::unionfind::UnionFind;

/// Draws that may fall apart before one is taken as it is; with a degree above 2 the
/// first is nearly always whole.
const DRAWS: u64 = 100;

/// Preferential attachment (Barabási & Albert, Science 286, 1999): the first `joins + 1`
/// nodes know each other, and each that comes joins to `joins` of those before it, with a
/// chance in proportion to how many these have.
pub(super) fn barabasi_albert(nodes: u32, joins: u32, seed: u64, purpose: Purpose) -> Vec<(u32, u32)> {
    let mut rng = Rng::stream(seed, purpose, 0);
    let first = joins.saturating_add(1).min(nodes);
    let mut edges: Vec<(u32, u32)> = (0..first).flat_map(|a| (a + 1..first).map(move |b| (a, b))).collect();
    // Every node once for each of its edges.
    let mut ends: Vec<u32> = edges.iter().flat_map(|(a, b)| [*a, *b]).collect();
    for new in first..nodes {
        let mut chosen: Vec<u32> = Vec::new();
        while chosen.len() < joins as usize {
            let one = ends[rng.below(ends.len() as u64) as usize];
            if !chosen.contains(&one) {
                chosen.push(one);
            }
        }
        for one in chosen {
            edges.push((one, new));
            ends.extend([one, new]);
        }
    }
    edges
}

/// A small world (Watts & Strogatz, Nature 393, 1998): a ring in which each node is linked
/// to the `degree / 2` nearest on each side, and the far end of each link is moved to a
/// node at random with the chance `rewire`. Drawn again while it is in parts.
pub(super) fn watts_strogatz(nodes: u32, degree: u32, rewire: f64, seed: u64, purpose: Purpose) -> Vec<(u32, u32)> {
    let draws = (0..DRAWS).map(|draw| small_world(nodes, degree, rewire, Rng::stream(seed, purpose, draw)));
    let mut last = Vec::new();
    for edges in draws {
        let whole = is_connected(nodes, &edges);
        last = edges;
        if whole {
            break;
        }
    }
    last
}

fn small_world(nodes: u32, degree: u32, rewire: f64, mut rng: Rng) -> Vec<(u32, u32)> {
    let mut linked: Vec<Vec<u32>> = vec![Vec::new(); nodes as usize];
    let near: Vec<(u32, u32)> =
        (1..=degree / 2).flat_map(|step| (0..nodes).map(move |a| (a, (a + step) % nodes))).collect();
    let link = |linked: &mut Vec<Vec<u32>>, a: u32, b: u32| {
        linked[a as usize].push(b);
        linked[b as usize].push(a);
    };
    near.iter().for_each(|(a, b)| link(&mut linked, *a, *b));
    let mut edges = Vec::with_capacity(near.len());
    for (a, b) in near {
        let full = linked[a as usize].len() as u32 + 1 >= nodes;
        if full || rng.uniform() >= rewire {
            edges.push((a, b));
            continue;
        }
        let other = loop {
            let one = rng.below(u64::from(nodes)) as u32;
            if one != a && !linked[a as usize].contains(&one) {
                break one;
            }
        };
        linked[a as usize].retain(|known| *known != b);
        linked[b as usize].retain(|known| *known != a);
        link(&mut linked, a, other);
        edges.push((a, other));
    }
    edges
}

/// Whether every node can reach every other.
pub(super) fn is_connected(nodes: u32, edges: &[(u32, u32)]) -> bool {
    let mut sets = UnionFind::<u32>::new(nodes as usize);
    let joined = edges.iter().filter(|(a, b)| sets.union(*a, *b)).count();
    joined + 1 >= nodes as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn degrees(nodes: u32, edges: &[(u32, u32)]) -> Vec<u32> {
        let mut degrees = vec![0; nodes as usize];
        edges.iter().flat_map(|(a, b)| [*a, *b]).for_each(|end| degrees[end as usize] += 1);
        degrees
    }

    fn distinct(edges: &[(u32, u32)]) -> usize {
        let pairs: std::collections::BTreeSet<_> = edges.iter().map(|(a, b)| (a.min(b), a.max(b))).collect();
        assert!(pairs.iter().all(|(a, b)| a != b));
        pairs.len()
    }

    /// Edges exactly; and the tail of degrees falls as k^-3: of the nodes, 2 m (m + 1) /
    /// (k (k + 1) (k + 2)) have degree k (Bollobás et al. 2001), checked for k = m.
    #[test]
    fn barabasi_albert_has_its_edges_and_its_tail() {
        let (nodes, joins) = (20_000, 3);
        let edges = barabasi_albert(nodes, joins, 5, Purpose::Overlay);
        assert_eq!(edges.len() as u32, joins * (joins + 1) / 2 + (nodes - joins - 1) * joins);
        assert_eq!(distinct(&edges), edges.len());
        assert!(is_connected(nodes, &edges));
        let degrees = degrees(nodes, &edges);
        let share = |k: u32| degrees.iter().filter(|degree| **degree == k).count() as f64 / f64::from(nodes);
        let expected = |k: f64| 2.0 * 3.0 * 4.0 / (k * (k + 1.0) * (k + 2.0));
        for k in [3, 4, 6] {
            let (got, expected) = (share(k), expected(f64::from(k)));
            let error = libm::sqrt(expected * (1.0 - expected) / f64::from(nodes));
            assert!((got - expected).abs() < 4.0 * error + 0.002, "{k}: {got} {expected}");
        }
    }

    /// Mean degree exactly; the share of rewired links within four standard errors; the
    /// clustering of the lattice 3 (k - 2) / (4 (k - 1)) times (1 - p)^3 (Barrat & Weigt
    /// 2000).
    #[test]
    fn watts_strogatz_is_a_lattice_with_shortcuts() {
        let (nodes, degree) = (4000, 8);
        for rewire in [0.0, 0.1, 1.0] {
            let edges = watts_strogatz(nodes, degree, rewire, 7, Purpose::Overlay);
            assert_eq!((edges.len() as u32, distinct(&edges) as u32), (nodes * degree / 2, nodes * degree / 2));
            assert!(is_connected(nodes, &edges));
            let far = |a: u32, b: u32| a.abs_diff(b).min(nodes - a.abs_diff(b)) > degree / 2;
            let moved = edges.iter().filter(|(a, b)| far(*a, *b)).count() as f64 / edges.len() as f64;
            assert!(
                (moved - rewire).abs() < 4.0 * libm::sqrt(rewire * 0.9 / edges.len() as f64) + 0.004,
                "{rewire}: {moved}"
            );
            let mut linked: Vec<Vec<u32>> = vec![Vec::new(); nodes as usize];
            edges.iter().for_each(|(a, b)| {
                linked[*a as usize].push(*b);
                linked[*b as usize].push(*a);
            });
            let (mut closed, mut triples) = (0u32, 0u32);
            for list in &linked {
                for (i, a) in list.iter().enumerate() {
                    triples += (list.len() - i - 1) as u32;
                    closed += list[i + 1..].iter().filter(|b| linked[*a as usize].contains(b)).count() as u32;
                }
            }
            let clustering = f64::from(closed) / f64::from(triples);
            let expected = 3.0 * 6.0 / (4.0 * 7.0) * libm::pow(1.0 - rewire, 3.0);
            assert!((clustering - expected).abs() < 0.02, "{rewire}: {clustering} {expected}");
        }
    }

    #[test]
    fn small_ones_are_complete_at_most() {
        assert_eq!(barabasi_albert(3, 5, 1, Purpose::Overlay).len(), 3);
        assert_eq!(
            watts_strogatz(5, 4, 1.0, 1, Purpose::Overlay).len(),
            10,
            "everybody knows everybody: nothing can move"
        );
    }
}
