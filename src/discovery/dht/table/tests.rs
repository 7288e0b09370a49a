//! Tables against plain searches and against tables that grow.

use super::*;
use crate::rng::mix;

const SHAPE: Shape = Shape { k: 16, replacements: 8, bits_per_hop: 5 };

fn ids(n: u32) -> Vec<u64> {
    (0..u64::from(n)).map(mix).collect()
}

fn filled(n: u32) -> (RoutingTable, Vec<u64>) {
    let ids = ids(n);
    let mut table = RoutingTable::new(ids[0], &SHAPE);
    (1..n).for_each(|node| table.add(node, 1.0, &ids, &SHAPE));
    (table, ids)
}

#[test]
fn the_closest_are_those_that_a_search_of_everybody_finds() {
    for n in [5, 40, 3000] {
        let (table, ids) = filled(n);
        let known: Vec<u32> = (1..n).filter(|node| table.seen_of(*node, &ids, &SHAPE).is_some()).collect();
        assert_eq!(known.len(), table.len());
        for target in (0..50).map(|t| mix(t + 1_000_000)) {
            let mut expected: Vec<(u64, u32)> = known.iter().map(|n| (ids[*n as usize] ^ target, *n)).collect();
            expected.sort_unstable();
            expected.truncate(16);
            let mut out = Vec::new();
            table.closest(target, 0.0, &ids, &SHAPE, &mut out);
            assert_eq!(out, expected);
        }
    }
}

/// The table of a converged network is one that its nodes, added one by one,
/// could have made.
#[test]
fn a_table_laid_at_once_is_the_one_that_grows() {
    use crate::discovery::dht::warm::Ring;
    use crate::rng::{Purpose, Rng};
    for n in [1, 2, 17, 18, 40, 700, 3000] {
        let ids = ids(n);
        let mut laid = RoutingTable::new(ids[0], &SHAPE);
        let ring = Ring::new(&ids, &vec![true; n as usize]);
        ring.fill(&mut laid, ids[0], &SHAPE, &mut Rng::stream(1, Purpose::Discovery, 0));
        let mut grown = RoutingTable::new(ids[0], &SHAPE);
        for index in 0..laid.buckets.len() {
            let first = laid.first(index, &SHAPE);
            let (len, cached) = (laid.buckets[index].len, laid.buckets[index].cached);
            let waiting = first + SHAPE.k..first + SHAPE.k + usize::from(cached);
            for at in (first..first + usize::from(len)).chain(waiting) {
                grown.add(laid.entries[at].node, f64::from(laid.entries[at].seen), &ids, &SHAPE);
            }
        }
        assert_eq!((laid.inhabited, laid.leads), (grown.inhabited, grown.leads), "{n}");
        let parts = |t: &RoutingTable| -> Vec<_> {
            let of = |b: &Bucket| (b.start, b.depth, b.len, b.cached);
            t.buckets.iter().map(of).collect()
        };
        assert_eq!(parts(&laid), parts(&grown), "{n}");
        for id in (0..500).map(|i| mix(i + 77)) {
            let found = laid.bucket_of(id);
            assert_eq!(found, laid.buckets.partition_point(|b| b.start <= id) - 1);
        }
    }
}

/// 31 buckets of 16 at depth 5, and everybody nearby.
#[test]
fn buckets_split_to_multiples_of_the_hop_and_around_the_own_id() {
    let (table, ids) = filled(3000);
    assert!((31 * 16..31 * 16 + 150).contains(&table.len()), "{}", table.len());
    let mut near: Vec<(u64, u32)> = (1..3000).map(|n| (ids[n as usize] ^ ids[0], n)).collect();
    near.sort_unstable();
    assert!(near[..16].iter().all(|(_, n)| table.seen_of(*n, &ids, &SHAPE).is_some()));
}

/// codex-protocol sheet, 9.1: one lost answer, and 1 is out of reach.
#[test]
fn seen_never_comes_back_to_one() {
    assert_eq!(register_seen(0.0, true), 1.0);
    assert_eq!(register_seen(0.0, false), 1.0, "the first contact counts as seen whatever came of it");
    assert_eq!((0..1000).fold(1.0, |seen, _| register_seen(seen, true)), 1.0);
    let after_a_loss = (0..10_000).fold(register_seen(1.0, false), |seen, _| register_seen(seen, true));
    assert_eq!(after_a_loss, 0.9999999999999994);
}

/// What a table keeps of the average decides as the average itself does.
#[test]
fn the_kept_average_passes_the_same_thresholds() {
    assert_eq!([0.0, 1.0, 0.5].map(kept), [0.0, 1.0, 0.5]);
    assert!(kept(0.9999999999999994) < 1.0 && kept(1e-300) > 0.0);
    for history in 0u32..4096 {
        let (mut exact, mut short) = (0.0, 0.0);
        for answered in (0..12).map(|i| history >> i & 1 == 1) {
            exact = register_seen(exact, answered);
            short = kept(register_seen(f64::from(short), answered));
            for threshold in [1.0, 0.9, 0.5] {
                assert_eq!(exact >= threshold, short >= kept(threshold), "{exact} {short}");
            }
        }
    }
}

#[test]
fn one_lost_answer_makes_a_node_invisible_and_a_replacement_takes_its_place() {
    let (mut table, ids) = filled(40);
    let visible = |table: &RoutingTable, node: u32| {
        let mut out = Vec::new();
        table.closest(ids[node as usize], 1.0, &ids, &SHAPE, &mut out);
        out.iter().any(|(_, n)| *n == node)
    };
    assert!(visible(&table, 7));
    table.contacted(7, false, Time::ZERO, &ids, &SHAPE);
    (0..100).for_each(|_| table.contacted(7, true, Time::ZERO, &ids, &SHAPE));
    assert!(!visible(&table, 7) && table.seen_of(7, &ids, &SHAPE).is_some());

    let (mut table, ids) = filled(3000);
    let known: Vec<u32> = (1..3000).filter(|n| table.seen_of(*n, &ids, &SHAPE).is_some()).collect();
    let before = table.len();
    table.replace(known[0], 0.5, &ids, &SHAPE);
    assert!(table.seen_of(known[0], &ids, &SHAPE).is_none());
    assert_eq!(table.len(), before);
}

#[test]
fn a_request_names_the_distances_around_the_target() {
    assert_eq!(asked_distances(64), [64, 63, 62]);
    assert_eq!(asked_distances(60), [60, 61, 59]);
    assert_eq!(asked_distances(63), [63, 62, 61]);
    assert_eq!(asked_distances(1), [1, 2, 3]);
}
