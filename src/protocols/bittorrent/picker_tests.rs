//! The picker alone, without peers or network.

use super::*;
use crate::rng::Purpose;

const A: NodeId = NodeId(1);
const B: NodeId = NodeId(2);

fn picker(pieces: u32) -> (Picker, Rng) {
    let mut rng = Rng::stream(5, Purpose::Protocol, 0);
    (Picker::new(Layout { first: 0, units: pieces * 4, per_piece: 4, unit: 1 }, &mut rng), rng)
}

fn ask(peer: NodeId, has: &dyn Fn(u32) -> bool, blocks: u32) -> Demand<'_> {
    Demand { peer, has, some: None, blocks, in_a_row: 0, random: false, reverse: false, begun_first: false, peers: 10 }
}

fn pick(picker: &mut Picker, rng: &mut Rng, ask: &Demand<'_>) -> Vec<u32> {
    let mut out = Vec::new();
    picker.pick(ask, rng, &mut out);
    out.iter().filter(|p| !p.busy).map(|p| p.unit).collect()
}

#[test]
fn the_rarest_piece_comes_first_and_the_commonest_to_the_snubbed() {
    let (mut picker, mut rng) = picker(5);
    for (piece, peers) in [(0, 3), (1, 2), (2, 4), (3, 1), (4, 3)] {
        (0..peers).for_each(|_| picker.peer_has(piece, &mut rng));
    }
    assert_eq!(pick(&mut picker, &mut rng, &ask(A, &|_| true, 4)), [12, 13, 14, 15]);
    assert_eq!(pick(&mut picker, &mut rng, &ask(A, &|piece| piece != 3, 2)), [4, 5]);
    let snubbed = Demand { reverse: true, ..ask(A, &|_| true, 1) };
    assert_eq!(pick(&mut picker, &mut rng, &snubbed), [8]);
}

#[test]
fn a_begun_piece_is_finished_first() {
    let (mut picker, mut rng) = picker(6);
    picker.request(4 * 4 + 1, A, &mut rng);
    assert_eq!(pick(&mut picker, &mut rng, &ask(B, &|_| true, 3)), [16, 18, 19]);
}

#[test]
fn a_fast_peer_gets_whole_pieces_in_a_row() {
    let (mut picker, mut rng) = picker(9);
    picker.request(4 * 4, B, &mut rng);
    let fast = Demand { in_a_row: 12, ..ask(A, &|_| true, 1) };
    let units = pick(&mut picker, &mut rng, &fast);
    assert_eq!(units.len(), 12, "three whole pieces although one block was wanted");
    assert!(units.windows(2).all(|w| w[1] == w[0] + 1), "{units:?}");
    assert!(!units.contains(&16), "and not what another peer is at work on");
}

#[test]
fn a_fast_peer_shares_a_piece_when_nothing_else_is_left() {
    let (mut picker, mut rng) = picker(1);
    picker.request(0, B, &mut rng);
    let fast = Demand { in_a_row: 12, ..ask(A, &|_| true, 2) };
    assert_eq!(pick(&mut picker, &mut rng, &fast), [1, 2]);
}

#[test]
fn at_the_end_one_block_of_another_peer() {
    let (mut picker, mut rng) = picker(1);
    (0..4).for_each(|unit| picker.request(unit, if unit == 2 { A } else { B }, &mut rng));
    assert!(picker.all_begun());
    let mut out = Vec::new();
    picker.pick(&ask(A, &|_| true, 3), &mut rng, &mut out);
    assert_eq!(out.len(), 1);
    assert!(out[0].busy && out[0].unit != 2, "{out:?}");
}

#[test]
fn released_blocks_can_be_picked_again_and_a_piece_be_untouched_again() {
    let (mut picker, mut rng) = picker(2);
    (0..4).for_each(|unit| picker.request(unit, A, &mut rng));
    assert_eq!(picker.free_beside(0), 0);
    (0..4).for_each(|unit| picker.release(unit, &mut rng));
    assert!(!picker.all_begun());
    let mut units = pick(&mut picker, &mut rng, &ask(B, &|_| true, 8));
    units.sort_unstable();
    assert_eq!(units, (0..8).collect::<Vec<_>>());
}

#[test]
fn a_piece_is_complete_when_its_last_block_is_here() {
    let (mut picker, mut rng) = picker(2);
    let complete: Vec<bool> = (0..4).map(|unit| picker.done(unit, Some(A), &mut rng)).collect();
    assert_eq!(complete, [false, false, false, true]);
    picker.complete(0);
    assert_eq!((picker.len(), picker.missing()), (1, 1));
    assert!(pick(&mut picker, &mut rng, &ask(A, &|piece| piece == 0, 4)).is_empty());
}

/// Who has three of a thousand pieces is asked for the same whether all are looked through or
/// its own.
#[test]
fn few_pieces_are_found_as_among_all() {
    let (mut picker, mut rng) = picker(1000);
    for piece in 0..1000 {
        (0..piece % 7).for_each(|_| picker.peer_has(piece, &mut rng));
    }
    picker.complete(20);
    picker.request(500 * 4, B, &mut rng);
    let mut some = BlockSet::new();
    [20, 41, 500, 704, 999].into_iter().for_each(|piece| assert!(some.insert(piece)));
    let has = |piece| some.contains(piece);
    for reverse in [false, true] {
        let all = Demand { reverse, ..ask(A, &has, 11) };
        let few = Demand { some: Some(&some), ..Demand { reverse, ..ask(A, &has, 11) } };
        assert!(picker.few_of(&few).is_some_and(|few| few.len() == 4) && picker.few_of(&all).is_none());
        let found = pick(&mut picker, &mut rng, &few);
        assert_eq!((found.len(), &found), (11, &pick(&mut picker, &mut rng, &all)));
    }
}
