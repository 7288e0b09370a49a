//! A node's routing table: buckets by prefix, after nim-codex-dht
//! `routing_table.nim`.
//!
//! The buckets divide the space of ids. A full one splits where it covers the
//! node's own id, or its depth is no multiple of `bits_per_hop`; else newcomers
//! wait in its cache. Within a bucket the most recently seen node comes first.

use super::params::DhtParams;
use crate::units::Time;

/// Shape of all tables of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub k: usize,
    pub replacements: usize,
    pub bits_per_hop: u8,
}

impl Shape {
    pub fn new(params: &DhtParams) -> Self {
        Shape {
            k: params.k as usize,
            replacements: params.replacements as usize,
            bits_per_hop: params.bits_per_hop.clamp(1, 64) as u8,
        }
    }

    fn stride(&self) -> usize {
        self.k + self.replacements
    }
}

/// Logarithmic distance: the length of what follows the shared prefix, in bits.
/// (That of 256-bit ids is larger by 192 throughout.)
pub(super) fn log_distance(a: u64, b: u64) -> u32 {
    64 - (a ^ b).leading_zeros()
}

/// The average of answers (1) and silences (0) after another one, exactly as
/// nim-codex-dht `node.nim` computes it. A first contact gives 1, whatever came
/// of it. From 0.9 on, answers bring it to 0.9999999999999994 and never to 1.
pub(super) fn register_seen(seen: f64, answered: bool) -> f64 {
    const SMOOTHING: f64 = 0.9;
    if seen == 0.0 { 1.0 } else { SMOOTHING * seen + (1.0 - SMOOTHING) * f64::from(u8::from(answered)) }
}

/// A range of ids and where its nodes are kept.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// The lowest id.
    start: u64,
    /// When somebody in it was last seen.
    touched: Time,
    /// Its place among the entries, in strides.
    at: u32,
    /// Bits that all its ids share.
    depth: u8,
    len: u8,
    cached: u8,
}

/// The routing table of one node. All that it knows of ids it is given.
#[derive(Debug)]
pub(super) struct Table {
    me: u64,
    buckets: Vec<Bucket>,
    /// By bucket: `k` nodes, then `replacements` that wait.
    nodes: Vec<u32>,
    seen: Vec<f64>,
}

impl Table {
    pub fn new(me: u64, shape: &Shape) -> Self {
        let mut table = Table { me, buckets: Vec::new(), nodes: Vec::new(), seen: Vec::new() };
        table.reset(shape);
        table
    }

    /// Forgets everybody.
    pub fn reset(&mut self, shape: &Shape) {
        self.buckets.clear();
        self.nodes.clear();
        self.seen.clear();
        let at = self.room(shape);
        self.buckets.push(Bucket { start: 0, touched: Time::ZERO, at, depth: 0, len: 0, cached: 0 });
    }

    fn room(&mut self, shape: &Shape) -> u32 {
        let at = self.nodes.len() / shape.stride();
        self.nodes.resize(self.nodes.len() + shape.stride(), 0);
        self.seen.resize(self.nodes.len(), 0.0);
        at as u32
    }

    fn bucket_of(&self, id: u64) -> usize {
        self.buckets.partition_point(|b| b.start <= id) - 1
    }

    /// How many nodes it knows, those in waiting not counted.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.buckets.iter().map(|b| usize::from(b.len)).sum()
    }

    fn first(&self, bucket: usize, shape: &Shape) -> usize {
        self.buckets[bucket].at as usize * shape.stride()
    }

    fn position(&self, bucket: usize, node: u32, shape: &Shape) -> Option<usize> {
        let first = self.first(bucket, shape);
        let len = usize::from(self.buckets[bucket].len);
        self.nodes[first..first + len].iter().position(|n| *n == node).map(|at| first + at)
    }

    /// Adds a node as the least recently seen of its bucket, or to those who
    /// wait; nothing when it is there already.
    pub fn add(&mut self, node: u32, seen: f64, ids: &[u64], shape: &Shape) {
        let id = ids[node as usize];
        if id == self.me {
            return;
        }
        loop {
            let index = self.bucket_of(id);
            if self.position(index, node, shape).is_some() {
                return;
            }
            let (first, bucket) = (self.first(index, shape), &mut self.buckets[index]);
            if usize::from(bucket.len) < shape.k {
                let at = first + usize::from(bucket.len);
                (self.nodes[at], self.seen[at]) = (node, seen);
                bucket.len += 1;
                return;
            }
            let own = id_prefix(self.me, bucket.depth) == bucket.start;
            if bucket.depth < 64 && (own || !bucket.depth.is_multiple_of(shape.bits_per_hop)) {
                self.split(index, ids, shape);
            } else {
                return self.wait(index, node, seen, shape);
            }
        }
    }

    fn split(&mut self, index: usize, ids: &[u64], shape: &Shape) {
        let upper_at = self.room(shape);
        let old = self.buckets[index];
        let bit = 1u64 << (63 - old.depth);
        let mut lower = Bucket { depth: old.depth + 1, len: 0, cached: 0, ..old };
        let mut upper = Bucket { start: old.start | bit, at: upper_at, ..lower };
        let first = [old.at, upper_at].map(|at| at as usize * shape.stride());
        let parts = [(0, usize::from(old.len)), (shape.k, usize::from(old.cached))];
        for (offset, count) in parts {
            for at in first[0] + offset..first[0] + offset + count {
                let (node, seen) = (self.nodes[at], self.seen[at]);
                let side = usize::from(ids[node as usize] & bit != 0);
                let half = [&mut lower, &mut upper][side].members(offset > 0);
                let to = first[side] + offset + usize::from(*half);
                *half += 1;
                (self.nodes[to], self.seen[to]) = (node, seen);
            }
        }
        self.buckets[index] = lower;
        self.buckets.insert(index + 1, upper);
    }

    /// Adds to the cache; the oldest there makes room.
    fn wait(&mut self, index: usize, node: u32, seen: f64, shape: &Shape) {
        if shape.replacements == 0 {
            return;
        }
        let first = self.first(index, shape) + shape.k;
        let mut cached = usize::from(self.buckets[index].cached);
        let known = self.nodes[first..first + cached].iter().position(|n| *n == node);
        let kept = known.map_or(seen, |at| self.seen[first + at]);
        if let Some(gone) = known.or((cached == shape.replacements).then_some(0)) {
            self.nodes.copy_within(first + gone + 1..first + cached, first + gone);
            self.seen.copy_within(first + gone + 1..first + cached, first + gone);
            cached -= 1;
        }
        (self.nodes[first + cached], self.seen[first + cached]) = (node, kept);
        self.buckets[index].cached = cached as u8 + 1;
    }

    /// A request to `node` was answered, or not.
    pub fn contacted(&mut self, node: u32, answered: bool, now: Time, ids: &[u64], shape: &Shape) {
        let index = self.bucket_of(ids[node as usize]);
        let Some(at) = self.position(index, node, shape) else { return };
        let seen = register_seen(self.seen[at], answered);
        self.seen[at] = seen;
        if answered {
            self.buckets[index].touched = now;
            let first = self.first(index, shape);
            self.nodes.copy_within(first..at, first + 1);
            self.seen.copy_within(first..at, first + 1);
            (self.nodes[first], self.seen[first]) = (node, seen);
        }
    }

    /// Removes a silent node when somebody waits for its place, or when its
    /// `seen` is at most `keep_above`.
    pub fn replace(&mut self, node: u32, keep_above: f64, ids: &[u64], shape: &Shape) {
        let index = self.bucket_of(ids[node as usize]);
        let Some(at) = self.position(index, node, shape) else { return };
        let (first, bucket) = (self.first(index, shape), &mut self.buckets[index]);
        if bucket.cached == 0 && self.seen[at] > keep_above {
            return;
        }
        let end = first + usize::from(bucket.len);
        self.nodes.copy_within(at + 1..end, at);
        self.seen.copy_within(at + 1..end, at);
        if bucket.cached > 0 {
            let newest = first + shape.k + usize::from(bucket.cached) - 1;
            (self.nodes[end - 1], self.seen[end - 1]) = (self.nodes[newest], self.seen[newest]);
            bucket.cached -= 1;
        } else {
            bucket.len -= 1;
        }
    }

    /// Buckets in which somebody is.
    pub fn inhabited(&self) -> usize {
        self.buckets.iter().filter(|b| b.len > 0).count()
    }

    /// The least recently seen node of the `nth` inhabited bucket.
    pub fn least_recent(&self, nth: usize, shape: &Shape) -> Option<u32> {
        let (index, bucket) = self.buckets.iter().enumerate().filter(|(_, b)| b.len > 0).nth(nth)?;
        Some(self.nodes[self.first(index, shape) + usize::from(bucket.len) - 1])
    }

    /// Prefix and depth of a bucket untouched since `before`, from the `nth` bucket on.
    pub fn stale_from(&self, nth: usize, before: Time) -> Option<(usize, u64, u8)> {
        let stale = |(_, b): &(usize, &Bucket)| b.len > 0 && b.touched <= before;
        self.buckets.iter().enumerate().skip(nth).find(stale).map(|(index, b)| (index, b.start, b.depth))
    }

    /// Whether `node` is in a bucket.
    pub fn knows(&self, node: u32, ids: &[u64], shape: &Shape) -> bool {
        self.position(self.bucket_of(ids[node as usize]), node, shape).is_some()
    }

    /// The `seen` of a node that is in a bucket.
    #[cfg(test)]
    pub fn seen_of(&self, node: u32, ids: &[u64], shape: &Shape) -> Option<f64> {
        self.position(self.bucket_of(ids[node as usize]), node, shape).map(|at| self.seen[at])
    }

    /// The `k` known nodes closest to `target` whose `seen` is at least
    /// `threshold`, the closest first, into `out`.
    pub fn closest(&self, target: u64, threshold: f64, ids: &[u64], shape: &Shape, out: &mut Vec<(u64, u32)>) {
        out.clear();
        self.visit((0, self.buckets.len(), 0), target, threshold, ids, shape, out);
        out.sort_unstable();
        out.truncate(shape.k);
    }

    /// Adds the nodes of `buckets[lo..hi]`, which share `depth` bits, half by
    /// half: whoever is in the half of the target is closer than all others.
    fn visit(
        &self,
        (lo, hi, depth): (usize, usize, u32),
        target: u64,
        threshold: f64,
        ids: &[u64],
        shape: &Shape,
        out: &mut Vec<(u64, u32)>,
    ) {
        if out.len() >= shape.k {
            return;
        }
        if hi - lo == 1 {
            let first = self.first(lo, shape);
            for at in first..first + usize::from(self.buckets[lo].len) {
                if self.seen[at] >= threshold {
                    out.push((ids[self.nodes[at] as usize] ^ target, self.nodes[at]));
                }
            }
            return;
        }
        let bit = 1u64 << (63 - depth);
        let middle = lo + self.buckets[lo..hi].partition_point(|b| b.start & bit == 0);
        let halves = [(lo, middle, depth + 1), (middle, hi, depth + 1)];
        let near = usize::from(target & bit != 0);
        self.visit(halves[near], target, threshold, ids, shape, out);
        self.visit(halves[1 - near], target, threshold, ids, shape, out);
    }

    /// The nodes at the logarithmic distances that a request for `target` names,
    /// closest to the lowest id at the first of them (nim-codex-dht
    /// `neighboursAtDistances` and `lookupDistances`). Those of `closest` that
    /// are at other distances go.
    pub fn at_distances(&self, target: u64, threshold: f64, ids: &[u64], shape: &Shape, out: &mut Vec<(u64, u32)>) {
        let distance = log_distance(self.me, target);
        if distance == 0 {
            return out.clear();
        }
        self.closest(self.me ^ (1 << (distance - 1)), threshold, ids, shape, out);
        let asked = asked_distances(distance);
        out.retain(|(_, node)| asked.contains(&log_distance(ids[*node as usize], self.me)));
    }
}

impl Bucket {
    fn members(&mut self, waiting: bool) -> &mut u8 {
        if waiting { &mut self.cached } else { &mut self.len }
    }
}

/// The first `depth` bits of an id.
pub(super) fn id_prefix(id: u64, depth: u8) -> u64 {
    if depth >= 64 { id } else { id & !(u64::MAX >> depth) }
}

/// The three distances of a request around `distance`; 0 fills up.
fn asked_distances(distance: u32) -> [u32; 3] {
    let mut asked = [distance, 0, 0];
    let mut count = 1;
    for i in 1..64 {
        for next in [(distance + i < 64).then_some(distance + i), (distance > i).then(|| distance - i)] {
            if let Some(next) = next.filter(|_| count < 3) {
                asked[count] = next;
                count += 1;
            }
        }
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::mix;

    const SHAPE: Shape = Shape { k: 16, replacements: 8, bits_per_hop: 5 };

    fn ids(n: u32) -> Vec<u64> {
        (0..u64::from(n)).map(mix).collect()
    }

    fn filled(n: u32) -> (Table, Vec<u64>) {
        let ids = ids(n);
        let mut table = Table::new(ids[0], &SHAPE);
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

    #[test]
    fn one_lost_answer_makes_a_node_invisible_and_a_replacement_takes_its_place() {
        let (mut table, ids) = filled(40);
        let visible = |table: &Table, node: u32| {
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
}
