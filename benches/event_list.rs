//! The event list against the standard heap and the `priority-queue` crate:
//! pop one event, push one, at a steady number of pending events.

use codexsim::engine::EventList;
use codexsim::rng::mix;
use codexsim::units::Time;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use priority_queue::PriorityQueue;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;

/// Delays as in a swarm: mostly a round trip, sometimes a long timer.
fn delay(i: u64) -> u64 {
    let draw = mix(i);
    if draw.is_multiple_of(16) { draw % 60_000_000_000 } else { draw % 200_000_000 }
}

fn event_list(c: &mut Criterion) {
    let mut group = c.benchmark_group("pop and push");
    group.throughput(Throughput::Elements(1));
    for pending in [1_000u64, 100_000, 1_000_000] {
        group.bench_with_input(BenchmarkId::new("EventList", pending), &pending, |b, n| {
            let mut list = EventList::new();
            (0..*n).for_each(|i| list.push(Time::from_nanos(delay(i)), i as u32));
            let mut i = *n;
            b.iter(|| {
                let (now, event) = list.pop().unwrap();
                i += 1;
                list.push(now + Time::from_nanos(delay(i)), black_box(event));
            });
        });
        group.bench_with_input(BenchmarkId::new("BinaryHeap", pending), &pending, |b, n| {
            let mut heap: BinaryHeap<_> = (0..*n).map(|i| Reverse((delay(i), i, i as u32))).collect();
            let mut i = *n;
            b.iter(|| {
                let Reverse((now, _, event)) = heap.pop().unwrap();
                i += 1;
                heap.push(Reverse((now + delay(i), i, black_box(event))));
            });
        });
        group.bench_with_input(BenchmarkId::new("priority-queue", pending), &pending, |b, n| {
            let mut queue: PriorityQueue<u64, Reverse<(u64, u64)>> =
                (0..*n).map(|i| (i, Reverse((delay(i), i)))).collect();
            let mut i = *n;
            b.iter(|| {
                let (event, Reverse((now, _))) = queue.pop().unwrap();
                i += 1;
                queue.push(black_box(event), Reverse((now + delay(i), i)));
            });
        });
    }
    group.finish();
}

criterion_group!(benches, event_list);
criterion_main!(benches);
