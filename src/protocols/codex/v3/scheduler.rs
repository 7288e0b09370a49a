//! Which batch is asked for next (`engine/scheduler.nim`).
//!
//! A dataset is cut into batches, batches into presence windows. What has to be
//! asked for again comes first, then the next fresh batch of the window.

use super::{Order, Params};
use crate::protocols::parts::UnitRange;
use crate::rng::Rng;
use crate::world::{Dataset, Holding, Holdings};
use std::collections::VecDeque;

/// Random fresh batches of which [`Order::RarestFirst`] takes the rarest.
const RAREST_OF: usize = 64;

/// The batches of one download.
#[derive(Debug)]
pub(super) struct Scheduler {
    /// The units of the dataset.
    units: UnitRange,
    /// Units in a batch.
    batch: u32,
    /// Units in a window, a multiple of `batch`.
    window: u32,
    order: Order,
    /// Share of a window that completes before the next begins.
    advance: f64,
    /// Windows that come after the present one, last first.
    windows_left: Vec<u32>,
    current: u32,
    /// The next unit of the window to hand out, where batches go by index.
    next: u32,
    /// Batches of the window not handed out, where they do not.
    fresh: Vec<u32>,
    /// Batches of the window that are complete.
    done_in_window: u32,
    requeued: VecDeque<UnitRange>,
    /// Handed out and neither complete nor handed back.
    out: u32,
    /// Complete batches, by number.
    done: Holding,
}

impl Scheduler {
    pub fn new(dataset: &Dataset, params: &Params, rng: &mut Rng) -> Self {
        let units = dataset.units();
        let batch = batch_units(dataset, params);
        let in_window = params.presence_window.get() / dataset.block_size.get() / u64::from(dataset.group);
        let window = (in_window.min(u64::from(u32::MAX - batch)) as u32 / batch).max(1) * batch;
        let mut windows_left: Vec<u32> = (0..units.div_ceil(window)).collect();
        match params.order {
            Order::RandomWindow => rng.shuffle(&mut windows_left),
            _ => windows_left.reverse(),
        }
        let mut scheduler = Scheduler {
            units: (dataset.first, dataset.end()),
            batch,
            window,
            order: params.order,
            advance: params.window_advance,
            windows_left,
            current: 0,
            next: 0,
            fresh: Vec::new(),
            done_in_window: 0,
            requeued: VecDeque::new(),
            out: 0,
            done: Holding::default(),
        };
        scheduler.advance();
        scheduler
    }

    /// Units in a batch.
    pub fn batch(&self) -> u32 {
        self.batch
    }

    /// The units of the batch with number `batch`.
    pub fn span(&self, batch: u32) -> UnitRange {
        (self.start_of(batch), self.start_of(batch + 1))
    }

    /// The number of the batch that `unit` is in.
    pub fn batch_of(&self, unit: u32) -> u32 {
        (unit - self.units.0) / self.batch
    }

    /// The first unit of the batch with number `batch`; after the last batch the unit after
    /// the last of all.
    fn start_of(&self, batch: u32) -> u32 {
        self.units.0.saturating_add(batch.saturating_mul(self.batch)).min(self.units.1)
    }

    /// Everything below this unit is complete.
    pub fn watermark(&self) -> u32 {
        self.start_of(self.done.contiguous())
    }

    /// The present window.
    pub fn window(&self) -> UnitRange {
        let start = self.units.0 + self.current * self.window;
        (start, start.saturating_add(self.window).min(self.units.1))
    }

    /// Whether the next window is to begin.
    pub fn needs_next_window(&self) -> bool {
        let (start, end) = self.window();
        let enough = |done: u32| f64::from(done) >= self.advance * f64::from(end - start);
        !self.windows_left.is_empty()
            && match self.order {
                Order::Sequential => self.next >= end && enough(self.watermark().saturating_sub(start)),
                Order::RandomWindow => self.next >= end && self.requeued.is_empty() && self.out == 0,
                Order::RarestFirst | Order::Random => {
                    self.fresh.is_empty() && enough(self.done_in_window.saturating_mul(self.batch))
                }
            }
    }

    /// Begins the next window, if there is one.
    pub fn advance(&mut self) {
        let Some(window) = self.windows_left.pop() else { return };
        self.current = window;
        let (start, end) = self.window();
        self.next = start;
        let batches = self.batch_of(start)..(end - self.units.0).div_ceil(self.batch);
        self.done_in_window = batches.clone().filter(|b| self.done.contains(*b)).count() as u32;
        if matches!(self.order, Order::RarestFirst | Order::Random) {
            self.fresh = batches.collect();
        }
    }

    /// Takes what is to be asked for next; `holders` says how many peers have a span.
    pub fn take(&mut self, rng: &mut Rng, holders: impl Fn(UnitRange) -> usize) -> Option<UnitRange> {
        while let Some(span) = self.requeued.pop_front() {
            if !self.done.contains(self.batch_of(span.0)) {
                self.out += 1;
                return Some(span);
            }
        }
        while let Some(batch) = self.next_fresh(rng, &holders) {
            if !self.done.contains(batch) {
                self.out += 1;
                return Some(self.span(batch));
            }
        }
        None
    }

    fn next_fresh(&mut self, rng: &mut Rng, holders: &impl Fn(UnitRange) -> usize) -> Option<u32> {
        let pick = |rng: &mut Rng, len: usize| rng.below(len as u64) as usize;
        match self.order {
            Order::Sequential | Order::RandomWindow => {
                let batch = self.batch_of(self.next);
                let fresh = self.next < self.window().1;
                self.next = if fresh { self.span(batch).1 } else { self.next };
                fresh.then_some(batch)
            }
            _ if self.fresh.is_empty() => None,
            Order::Random => {
                let at = pick(rng, self.fresh.len());
                Some(self.fresh.swap_remove(at))
            }
            Order::RarestFirst => {
                let tries = RAREST_OF.min(self.fresh.len());
                let candidates = (0..tries).map(|_| pick(rng, self.fresh.len()));
                // What nobody has cannot be had now: it comes last.
                let rarity = |at: &usize| match holders(self.span(self.fresh[*at])) {
                    0 => usize::MAX,
                    some => some,
                };
                let at = candidates.min_by_key(rarity)?;
                Some(self.fresh.swap_remove(at))
            }
        }
    }

    /// `span` is to be asked for again, after the others.
    pub fn requeue_back(&mut self, span: UnitRange) {
        self.out -= 1;
        self.requeued.push_back(span);
    }

    /// `spans`, of which one was handed out, are to be asked for again before
    /// all others, the first of them first.
    pub fn requeue_front(&mut self, spans: impl DoubleEndedIterator<Item = UnitRange>) {
        self.out -= 1;
        spans.rev().for_each(|span| self.requeued.push_front(span));
    }

    /// `span`, which was handed out, is here; the number of its batch if that is
    /// complete with it and lies beyond what is contiguous.
    pub fn complete(&mut self, span: UnitRange, store: &Holdings) -> Option<u32> {
        self.out -= 1;
        let batch = self.batch_of(span.0);
        let (start, end) = self.span(batch);
        if !store.covers(start, end) || self.done.add_range(batch, batch + 1) == 0 {
            return None;
        }
        let window = self.window();
        self.done_in_window += u32::from(window.0 <= start && start < window.1);
        (batch >= self.done.contiguous()).then_some(batch)
    }

    /// Spans that wait to be asked for again.
    pub fn requeued(&self) -> usize {
        self.requeued.len()
    }

    /// Moves as many spans from the front of those that wait to their back.
    pub fn rotate(&mut self, count: u64) {
        let len = self.requeued.len() as u64;
        if len > 0 {
            self.requeued.rotate_left((count % len) as usize);
        }
    }
}

/// Units in a batch: as many blocks as the target holds, within the limits.
fn batch_units(dataset: &Dataset, params: &Params) -> u32 {
    let target = (params.target_batch.get() / dataset.block_size.get()).max(u64::from(params.min_batch));
    let blocks = target.min(u64::from(params.max_blocks_per_batch));
    (blocks / u64::from(dataset.group)).clamp(1, u64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::codex::v3::test_params;
    use crate::protocols::parts::bench::dataset;
    use crate::rng::Purpose;
    use crate::units::Bytes;

    fn rng() -> Rng {
        Rng::stream(1, Purpose::Protocol, 0)
    }

    fn drain(scheduler: &mut Scheduler) -> Vec<UnitRange> {
        let mut rng = rng();
        std::iter::from_fn(|| scheduler.take(&mut rng, |_| 1)).collect()
    }

    fn finish(scheduler: &mut Scheduler, spans: &[UnitRange]) {
        let mut store = Holdings::default();
        for span in spans {
            store.add_range(span.0, span.1, &dataset(401));
            scheduler.complete(*span, &store);
        }
    }

    /// Batches of the table of codex-protocol 7.1: 2, 16 and 64 blocks of 64 KiB.
    #[test]
    fn batches_of_the_generations() {
        let c = test_params();
        let b = Params { target_batch: Bytes(1 << 20), max_blocks_per_batch: 256, ..c.clone() };
        let a = Params { target_batch: Bytes(4 << 20), min_batch: 8, max_blocks_per_batch: 1024, ..c.clone() };
        let units =
            |params: &Params, block| batch_units(&Dataset::new(Bytes(9 * block), Bytes(block), 1, None), params);
        assert_eq!([&a, &b, &c].map(|p| units(p, 65_536)), [64, 16, 2]);
        assert_eq!([&a, &c].map(|p| units(p, 1 << 20)), [8, 1]);
        assert_eq!(units(&Params { max_blocks_per_batch: 8, ..b.clone() }, 65_536), 8);
        assert_eq!(batch_units(&crate::protocols::parts::bench::grouped(99, 4), &b), 4);
    }

    #[test]
    fn the_next_window_begins_at_three_quarters() {
        let params = Params { presence_window: Bytes(65_536 * 16), ..test_params() };
        let mut scheduler = Scheduler::new(&dataset(37), &params, &mut rng());
        let taken = drain(&mut scheduler);
        assert_eq!((taken.len(), taken[0], taken[7]), (8, (0, 2), (14, 16)));
        finish(&mut scheduler, &taken[..5]);
        assert!(!scheduler.needs_next_window());
        finish(&mut scheduler, &taken[5..6]);
        assert!(scheduler.needs_next_window() && scheduler.watermark() == 12);
        scheduler.advance();
        assert_eq!(scheduler.window(), (16, 32));
        finish(&mut scheduler, &taken[6..]);
        let taken = drain(&mut scheduler);
        finish(&mut scheduler, &taken);
        scheduler.advance();
        assert_eq!(drain(&mut scheduler), [(32, 34), (34, 36), (36, 37)]);
    }

    #[test]
    fn a_random_window_begins_when_the_last_is_drained() {
        let params = Params { order: Order::RandomWindow, presence_window: Bytes(65_536 * 8), ..test_params() };
        let mut scheduler = Scheduler::new(&dataset(64), &params, &mut rng());
        let mut windows = vec![scheduler.window()];
        for _ in 0..7 {
            let taken = drain(&mut scheduler);
            let start = windows.last().unwrap().0;
            assert_eq!(
                taken,
                [(start, start + 2), (start + 2, start + 4), (start + 4, start + 6), (start + 6, start + 8)]
            );
            finish(&mut scheduler, &taken[1..]);
            assert!(!scheduler.needs_next_window());
            finish(&mut scheduler, &taken[..1]);
            assert!(scheduler.needs_next_window());
            scheduler.advance();
            windows.push(scheduler.window());
        }
        assert!(!windows.is_sorted(), "{windows:?}");
        windows.sort_unstable();
        assert_eq!(windows, (0..8).map(|w| (8 * w, 8 * w + 8)).collect::<Vec<_>>());
    }

    #[test]
    fn what_failed_comes_first_and_what_nobody_had_last() {
        let mut scheduler = Scheduler::new(&dataset(40), &test_params(), &mut rng());
        let take = |s: &mut Scheduler| s.take(&mut rng(), |_| 1).unwrap();
        let (a, b, c) = (take(&mut scheduler), take(&mut scheduler), take(&mut scheduler));
        scheduler.requeue_back(a);
        scheduler.requeue_back(b);
        scheduler.requeue_front([c].into_iter());
        assert_eq!([take(&mut scheduler), take(&mut scheduler), take(&mut scheduler)], [c, a, b]);
        // Part of a batch came: the rest is its own span, and the batch completes with it.
        let mut store = Holdings::default();
        store.add_range(4, 5, &dataset(40));
        scheduler.requeue_front([(5, 6)].into_iter());
        assert_eq!(take(&mut scheduler), (5, 6));
        store.add_range(5, 6, &dataset(40));
        assert_eq!(scheduler.complete((5, 6), &store), Some(2));
        assert_eq!(scheduler.watermark(), 0);
    }

    #[test]
    fn random_orders_hand_out_every_batch_once() {
        for order in [Order::Random, Order::RarestFirst] {
            let mut scheduler = Scheduler::new(&dataset(401), &Params { order, ..test_params() }, &mut rng());
            let mut taken = drain(&mut scheduler);
            assert!(!taken.is_sorted(), "{order:?}");
            taken.sort_unstable();
            assert_eq!(taken.len(), 201);
            assert!(taken.windows(2).all(|w| w[0].1 == w[1].0));
        }
    }

    /// Batches and windows begin with the dataset, wherever it stands among others.
    #[test]
    fn a_dataset_behind_others_is_cut_alike() {
        let mut further = dataset(37);
        further.first = 1_001;
        let params = Params { presence_window: Bytes(65_536 * 16), ..test_params() };
        let mut both = [dataset(37), further].map(|dataset| Scheduler::new(&dataset, &params, &mut rng()));
        let mut store = Holdings::default();
        for window in [(0, 16), (16, 32), (32, 37)] {
            assert_eq!(both[0].window(), window);
            let [first, second] = both.each_mut().map(drain);
            assert_eq!(first.iter().map(|(start, end)| (start + 1_001, end + 1_001)).collect::<Vec<_>>(), second);
            for span in second {
                assert_eq!(both[1].watermark(), span.0);
                store.add_range(span.0, span.1, &further);
                both[1].complete(span, &store);
            }
            finish(&mut both[0], &first);
            both.iter_mut().for_each(Scheduler::advance);
        }
        assert_eq!(both.map(|scheduler| scheduler.watermark()), [37, 1_038]);
    }

    #[test]
    fn rarest_first_takes_what_the_fewest_have() {
        let params = Params { order: Order::RarestFirst, ..test_params() };
        let mut scheduler = Scheduler::new(&dataset(60), &params, &mut rng());
        let holders = |span: UnitRange| match span.0 {
            20 => 1,
            40 => 0,
            _ => 3,
        };
        let taken: Vec<UnitRange> = (0..30).filter_map(|_| scheduler.take(&mut rng(), holders)).collect();
        let place = |unit| taken.iter().position(|span| span.0 == unit).unwrap();
        assert!(place(20) < 5 && place(40) > 20, "{taken:?}");
    }
}
