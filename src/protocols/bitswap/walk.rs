//! Which blocks of the DAG are asked for, and when.
//!
//! A child is known only once its parent is here. Sources: `ipfs/go-ipld-format`
//! `navipld.go` (the reader: ten siblings ahead, refilled when fewer than five
//! are under way), `ipfs/boxo` `ipld/merkledag/merkledag.go` (the graph walk:
//! 32 workers, breadth first), go-bitswap `benchmarks_test.go` (lists).

use super::dag::Dag;
use super::params::{Order, Params};
use std::collections::VecDeque;
use std::ops::Range;

/// A reader's place in one inner node.
#[derive(Debug)]
struct Cursor {
    end: u32,
    /// The child that is read next.
    next: u32,
    /// Children below this were asked for.
    asked: u32,
}

/// A walk through the DAG of one dataset.
#[derive(Debug, Default)]
pub(super) struct Walk {
    begun: bool,
    /// Of a reader: the path from the root.
    path: Vec<Cursor>,
    /// Of a graph walk: what is still to be asked for.
    todo: VecDeque<Range<u32>>,
    /// Of a list: the first unit that was not asked for yet.
    next: u32,
    /// Of a list: the batch that comes next.
    batch: usize,
    /// Of graph walk and list: asked for and not here.
    open: u32,
}

impl Walk {
    /// A walk that has not begun.
    pub fn new(dag: &Dag) -> Self {
        Walk { next: dag.leaves().start, ..Walk::default() }
    }

    /// Goes on after `arrived` came (nothing, at the start); appends to `ask`
    /// what is to be asked for next, in order.
    pub fn advance(
        &mut self,
        arrived: &[u32],
        dag: &Dag,
        params: &Params,
        group: u32,
        has: impl Fn(u32) -> bool,
        ask: &mut Vec<u32>,
    ) {
        let first = !std::mem::replace(&mut self.begun, true);
        self.open -= self.open.min(arrived.len() as u32);
        match params.order {
            Order::Reader => {
                // In whole groups, rounded up: one of them is on its way until
                // its last block is here, and must not run the link dry.
                let under_way = 1 + (params.preload / 2).max(1).saturating_sub(1).div_ceil(group);
                self.read(first, dag, (params.preload.div_ceil(group), under_way), has, ask);
            }
            Order::Graph => {
                if first {
                    self.todo.push_back(dag.root()..dag.root() + 1);
                }
                self.todo.extend(arrived.iter().map(|unit| dag.children(*unit)).filter(|r| !r.is_empty()));
                self.fetch(dag, (params.workers / group).max(1), has, ask);
            }
            Order::List => self.list(dag, &params.batches, group, has, ask),
        }
    }

    /// Asks for `amounts.0` children when fewer than `amounts.1` were asked for.
    fn read(&mut self, first: bool, dag: &Dag, amounts: (u32, u32), has: impl Fn(u32) -> bool, ask: &mut Vec<u32>) {
        if first {
            let root = dag.root();
            self.path.push(Cursor { end: root + 1, next: root, asked: root });
        }
        while let Some(here) = self.path.last_mut() {
            if here.next == here.end {
                self.path.pop();
                if let Some(above) = self.path.last_mut() {
                    above.next += 1;
                }
                continue;
            }
            if here.asked < here.next.saturating_add(amounts.1).min(here.end) {
                let from = here.asked.max(here.next);
                here.asked = from.saturating_add(amounts.0).min(here.end);
                ask.extend((from..here.asked).filter(|unit| !has(*unit)));
            }
            if !has(here.next) {
                return;
            }
            if dag.is_leaf(here.next) {
                here.next += 1;
            } else {
                let below = dag.children(here.next);
                self.path.push(Cursor { end: below.end, next: below.start, asked: below.start });
            }
        }
    }

    fn fetch(&mut self, dag: &Dag, workers: u32, has: impl Fn(u32) -> bool, ask: &mut Vec<u32>) {
        while self.open < workers
            && let Some(front) = self.todo.front_mut()
        {
            let Some(unit) = front.next() else {
                self.todo.pop_front();
                continue;
            };
            if !has(unit) {
                self.open += 1;
                ask.push(unit);
            } else if !dag.is_leaf(unit) {
                self.todo.push_back(dag.children(unit));
            }
        }
    }

    fn list(&mut self, dag: &Dag, batches: &[u32], group: u32, has: impl Fn(u32) -> bool, ask: &mut Vec<u32>) {
        while self.open == 0 && self.next < dag.leaves().end {
            let size = batches.get(self.batch).or(batches.last()).map_or(1, |n| (n / group).max(1));
            let end = self.next.saturating_add(size).min(dag.leaves().end);
            let before = ask.len();
            ask.extend((self.next..end).filter(|unit| !has(*unit)));
            self.open += (ask.len() - before) as u32;
            (self.next, self.batch) = (end, self.batch + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::bitswap::dag::Dags;
    use crate::protocols::bitswap::tests::{params, world};
    use crate::world::DatasetId;
    use std::collections::BTreeSet;

    /// Walks to the end, each time answered by `per_step` blocks in order of
    /// asking; returns the groups in which blocks were asked for.
    fn groups(params: &Params, blocks: u64, per_step: usize, held: &[u32]) -> Vec<Vec<u32>> {
        let dags = Dags::new(&world(blocks, 1000, 1).datasets, params);
        let dag = dags.get(DatasetId(0));
        let (mut walk, mut have) = (Walk::new(dag), held.iter().copied().collect::<BTreeSet<u32>>());
        let (mut queue, mut groups, mut arrived) = (VecDeque::new(), Vec::new(), Vec::new());
        loop {
            let mut ask = Vec::new();
            walk.advance(&arrived, dag, params, 1, |unit| have.contains(&unit), &mut ask);
            queue.extend(ask.iter().copied());
            if !ask.is_empty() {
                groups.push(ask);
            }
            if queue.is_empty() {
                assert_eq!(have.len() as u32, dag.inner().end, "something was never asked for");
                return groups;
            }
            arrived = queue.drain(..per_step.min(queue.len())).collect();
            arrived.iter().for_each(|unit| assert!(have.insert(*unit), "{unit} was asked for twice"));
        }
    }

    #[test]
    fn a_reader_asks_for_ten_and_refills_below_five() {
        let got = groups(&params(), 30, 1, &[]);
        assert_eq!(got[0], [30]);
        assert_eq!(got[1], (0..10).collect::<Vec<_>>());
        // Child 6 is read next: of children 6 to 10 the last was not asked for.
        assert_eq!(got[2], (10..20).collect::<Vec<_>>());
        assert_eq!(got[3], (20..30).collect::<Vec<_>>());
    }

    #[test]
    fn a_reader_knows_children_of_inner_nodes_only_with_them() {
        let params = Params { links_per_node: 4, preload: 2, ..params() };
        let got = groups(&params, 8, 1, &[]);
        assert_eq!(got, [vec![10], vec![8, 9], vec![0, 1], vec![2, 3], vec![4, 5], vec![6, 7]]);
    }

    #[test]
    fn a_graph_walk_keeps_its_workers_busy_breadth_first() {
        let params = Params { order: Order::Graph, workers: 3, links_per_node: 4, ..params() };
        let got = groups(&params, 8, 1, &[]).concat();
        assert_eq!(got, [10, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn a_list_is_asked_for_batch_by_batch() {
        let params = Params { order: Order::List, batches: vec![1, 10, 89], ..params() };
        let got = groups(&params, 100, 7, &[]);
        assert_eq!(got.iter().map(Vec::len).collect::<Vec<_>>(), [1, 10, 89]);
    }

    #[test]
    fn what_is_held_is_not_asked_for() {
        for order in [Order::Reader, Order::Graph, Order::List] {
            let params = Params { order, links_per_node: 4, ..params() };
            let held: &[u32] = if order == Order::List { &[0, 3] } else { &[0, 3, 10, 8] };
            let got = groups(&params, 8, 1, held).concat();
            assert!(held.iter().all(|unit| !got.contains(unit)), "{order:?}: {got:?}");
        }
    }
}
