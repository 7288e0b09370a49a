//! Sets of units against the set of the standard library.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn members() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(0u32..3000, 0..200)
}

proptest! {
    #[test]
    fn behaves_like_an_ordered_set(a in members(), b in members(), limit in 0u32..3100) {
        let (x, y): (BTreeSet<u32>, BTreeSet<u32>) = (a.iter().copied().collect(), b.iter().copied().collect());
        let (s, t): (BlockSet, BlockSet) = (a.iter().copied().collect(), b.iter().copied().collect());
        let list = |set: &BlockSet| set.iter().collect::<Vec<_>>();
        prop_assert_eq!(list(&s), x.iter().copied().collect::<Vec<_>>());
        prop_assert_eq!(s.len() as usize, x.len());
        prop_assert_eq!(list(&s.intersection(&t)), x.intersection(&y).copied().collect::<Vec<_>>());
        prop_assert_eq!(list(&s.difference(&t)), x.difference(&y).copied().collect::<Vec<_>>());
        let mut both = s.clone();
        both.union_with(&t);
        prop_assert_eq!(list(&both), x.union(&y).copied().collect::<Vec<_>>());
        prop_assert_eq!(both.len() as usize, x.union(&y).count());
        prop_assert_eq!(s.intersects(&t), !x.is_disjoint(&y));
        prop_assert_eq!(s.count_below(limit) as usize, x.range(..limit).count());
        let mut low = s.clone();
        low.truncate(limit);
        prop_assert_eq!(low, x.range(..limit).copied().collect::<BlockSet>());
        let mut high = s.clone();
        high.remove_below(limit);
        prop_assert_eq!(high, x.range(limit..).copied().collect::<BlockSet>());
        for end in [limit, limit / 2 + 900] {
            let part = s.within(limit / 2, end);
            prop_assert_eq!(s.count_within(limit / 2, end), part.len());
            prop_assert_eq!(list(&part), x.range(limit / 2..end.max(limit / 2)).copied().collect::<Vec<_>>());
        }
        prop_assert_eq!(s.includes_from(limit, &t), y.range(limit..).all(|unit| x.contains(unit)));
        let mut more = s.clone();
        more.union_with(&t.within(limit, u32::MAX));
        prop_assert!(more.includes_from(limit, &t));
        prop_assert_eq!((s.first(), s.last()), (x.first().copied(), x.last().copied()));
        prop_assert_eq!(s.first_from(limit), x.range(limit..).next().copied());
        let (mut rest, mut left) = (s.clone(), x.clone());
        for unit in &b {
            prop_assert_eq!(rest.remove(*unit), left.remove(unit));
        }
        prop_assert_eq!(rest, s.difference(&t));
    }

    #[test]
    fn ranges_equal_single_insertions(start in 0u32..1500, length in 0u32..1500) {
        prop_assert_eq!(BlockSet::range(start, start + length), (start..start + length).collect::<BlockSet>());
    }

    #[test]
    fn ranges_are_asked_for_and_added_as_if_one_by_one(a in members(), start in 0u32..3000, length in 0u32..300) {
        let mut set: BlockSet = a.iter().copied().collect();
        set.insert_range(start / 2, start / 2 + length); // so that some ranges are covered
        let range = start..start + length;
        let lacking = range.clone().filter(|unit| !set.contains(*unit)).count() as u32;
        prop_assert_eq!(set.covers(range.start, range.end), lacking == 0);
        prop_assert_eq!(set.touches(range.start, range.end), lacking < length);
        let before = set.len();
        prop_assert_eq!(set.insert_range(range.start, range.end), lacking);
        prop_assert_eq!(set.len(), before + lacking);
        prop_assert!(set.covers(range.start, range.end));
    }
}

#[test]
fn runs_join_neighbours_across_words_and_pages() {
    let mut set = BlockSet::range(60, 70);
    set.insert_range(250, 260);
    set.insert(3);
    assert_eq!(set.runs().collect::<Vec<_>>(), [(3, 4), (60, 70), (250, 260)]);
    assert_eq!(BlockSet::new().runs().count(), 0);
}

#[test]
fn removing_the_last_of_a_page_leaves_equal_sets_equal() {
    let mut set: BlockSet = [3, 900].into_iter().collect();
    assert!(set.remove(900) && !set.remove(900));
    assert_eq!(set, BlockSet::one(3));
}
