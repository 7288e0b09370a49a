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

/// A node and its `seen`, side by side: who looks for the one soon wants the other.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    node: u32,
    seen: f32,
}

/// The average as a table keeps it: rounded down, so that what is below 1 stays
/// there, and above 0, which stands for a node never asked. What it is compared
/// with is rounded likewise.
fn kept(seen: f64) -> f32 {
    let near = seen as f32;
    let kept = if f64::from(near) > seen { near.next_down() } else { near };
    if seen > 0.0 { kept.max(f32::MIN_POSITIVE) } else { kept }
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

/// Leading bits by which buckets are found without a search. With hops of five
/// bits nearly all ids are in the one bucket that begins with theirs.
const LEADING: u32 = 5;
const LEADS: usize = 1 << LEADING;

/// The routing table of one node. All that it knows of ids it is given.
#[derive(Debug)]
pub(super) struct RoutingTable {
    me: u64,
    /// Buckets in which somebody is.
    inhabited: u32,
    /// By the leading bits of an id: the bucket of the lowest such id. After
    /// these the last bucket.
    leads: [u16; LEADS + 1],
    buckets: Vec<Bucket>,
    /// By bucket: `k` nodes, then `replacements` that wait.
    entries: Vec<Entry>,
}

impl RoutingTable {
    pub fn new(me: u64, shape: &Shape) -> Self {
        let mut table =
            RoutingTable { me, inhabited: 0, leads: [0; LEADS + 1], buckets: Vec::new(), entries: Vec::new() };
        table.reset(shape);
        table
    }

    /// Forgets everybody.
    pub fn reset(&mut self, shape: &Shape) {
        self.clear();
        self.open((0, 0), shape);
    }

    /// Leaves not even a bucket: `lay` them all, then `index` them.
    pub fn clear(&mut self) {
        self.buckets.clear();
        self.entries.clear();
        self.inhabited = 0;
        self.leads = [0; LEADS + 1];
    }

    /// Adds the bucket of the next ids at once, with as many of its nodes as fit.
    pub fn lay(&mut self, range: (u64, u8), nodes: impl Iterator<Item = u32>, shape: &Shape) {
        let first = self.open(range, shape);
        let mut count = 0;
        for (at, node) in (first..first + shape.stride()).zip(nodes) {
            let seen = if count < shape.k { 1.0 } else { 0.0 };
            self.entries[at] = Entry { node, seen };
            count += 1;
        }
        if let Some(bucket) = self.buckets.last_mut() {
            bucket.len = count.min(shape.k) as u8;
            bucket.cached = (count - count.min(shape.k)) as u8;
        }
        self.inhabited += u32::from(count > 0);
    }

    /// Makes the buckets that were laid findable, and keeps no room to spare.
    pub fn index(&mut self) {
        for lead in 0..LEADS {
            let lowest = (lead as u64) << (64 - LEADING);
            self.leads[lead] = (self.buckets.partition_point(|b| b.start <= lowest) - 1) as u16;
        }
        self.leads[LEADS] = (self.buckets.len() - 1) as u16;
        self.buckets.shrink_to_fit();
        self.entries.shrink_to_fit();
    }

    /// A bucket without nodes after all others; returns the place of its first.
    fn open(&mut self, (start, depth): (u64, u8), shape: &Shape) -> usize {
        let at = self.room(shape);
        self.buckets.push(Bucket { start, touched: Time::ZERO, at, depth, len: 0, cached: 0 });
        at as usize * shape.stride()
    }

    fn room(&mut self, shape: &Shape) -> u32 {
        let at = self.entries.len() / shape.stride();
        self.entries.resize(self.entries.len() + shape.stride(), Entry::default());
        at as u32
    }

    fn bucket_of(&self, id: u64) -> usize {
        let lead = (id >> (64 - LEADING)) as usize;
        let (low, high) = (usize::from(self.leads[lead]), usize::from(self.leads[lead + 1]));
        low + self.buckets[low + 1..=high].partition_point(|b| b.start <= id)
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
        self.entries[first..first + len].iter().position(|e| e.node == node).map(|at| first + at)
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
                self.entries[at] = Entry { node, seen: kept(seen) };
                self.inhabited += u32::from(bucket.len == 0);
                bucket.len += 1;
                return;
            }
            let own = id_prefix(self.me, bucket.depth) == bucket.start;
            if bucket.depth < 64 && (own || !bucket.depth.is_multiple_of(shape.bits_per_hop)) {
                self.split(index, ids, shape);
            } else {
                return self.wait(index, Entry { node, seen: kept(seen) }, shape);
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
                let entry = self.entries[at];
                let side = usize::from(ids[entry.node as usize] & bit != 0);
                let half = [&mut lower, &mut upper][side].members(offset > 0);
                let to = first[side] + offset + usize::from(*half);
                *half += 1;
                self.entries[to] = entry;
            }
        }
        self.inhabited += u32::from(lower.len > 0) + u32::from(upper.len > 0);
        self.inhabited -= u32::from(old.len > 0);
        self.buckets[index] = lower;
        self.buckets.insert(index + 1, upper);
        // Whatever lies at the new bucket or behind it is one place further on.
        let behind = (1..=LEADS).filter(|lead| *lead == LEADS || (*lead as u64) << (64 - LEADING) >= upper.start);
        behind.for_each(|lead| self.leads[lead] += 1);
    }

    /// Adds to the cache; the oldest there makes room.
    fn wait(&mut self, index: usize, newcomer: Entry, shape: &Shape) {
        if shape.replacements == 0 {
            return;
        }
        let first = self.first(index, shape) + shape.k;
        let mut cached = usize::from(self.buckets[index].cached);
        let known = self.entries[first..first + cached].iter().position(|e| e.node == newcomer.node);
        let newest = known.map_or(newcomer, |at| self.entries[first + at]);
        if let Some(gone) = known.or((cached == shape.replacements).then_some(0)) {
            self.entries.copy_within(first + gone + 1..first + cached, first + gone);
            cached -= 1;
        }
        self.entries[first + cached] = newest;
        self.buckets[index].cached = cached as u8 + 1;
    }

    /// A request to `node` was answered, or not.
    pub fn contacted(&mut self, node: u32, answered: bool, now: Time, ids: &[u64], shape: &Shape) {
        let index = self.bucket_of(ids[node as usize]);
        let Some(at) = self.position(index, node, shape) else { return };
        let seen = kept(register_seen(f64::from(self.entries[at].seen), answered));
        self.entries[at].seen = seen;
        if answered {
            self.buckets[index].touched = now;
            let first = self.first(index, shape);
            self.entries.copy_within(first..at, first + 1);
            self.entries[first] = Entry { node, seen };
        }
    }

    /// Removes a silent node when somebody waits for its place, or when its
    /// `seen` is at most `keep_above`.
    pub fn replace(&mut self, node: u32, keep_above: f64, ids: &[u64], shape: &Shape) {
        let index = self.bucket_of(ids[node as usize]);
        let Some(at) = self.position(index, node, shape) else { return };
        let (first, bucket) = (self.first(index, shape), &mut self.buckets[index]);
        if bucket.cached == 0 && self.entries[at].seen > kept(keep_above) {
            return;
        }
        let end = first + usize::from(bucket.len);
        self.entries.copy_within(at + 1..end, at);
        if bucket.cached > 0 {
            self.entries[end - 1] = self.entries[first + shape.k + usize::from(bucket.cached) - 1];
            bucket.cached -= 1;
        } else {
            bucket.len -= 1;
            self.inhabited -= u32::from(bucket.len == 0);
        }
    }

    /// Buckets in which somebody is.
    pub fn inhabited(&self) -> usize {
        self.inhabited as usize
    }

    /// The least recently seen node of the `nth` inhabited bucket.
    pub fn least_recent(&self, nth: usize, shape: &Shape) -> Option<u32> {
        let mut buckets = self.buckets.iter();
        // Mostly nobody's bucket is empty, and there is nothing to count through.
        let bucket = if self.inhabited() == self.buckets.len() {
            buckets.nth(nth)?
        } else {
            buckets.filter(|b| b.len > 0).nth(nth)?
        };
        Some(self.entries[bucket.at as usize * shape.stride() + usize::from(bucket.len) - 1].node)
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
        self.position(self.bucket_of(ids[node as usize]), node, shape).map(|at| f64::from(self.entries[at].seen))
    }

    /// The `k` known nodes closest to `target` whose `seen` is at least
    /// `threshold`, the closest first, into `out`.
    pub fn closest(&self, target: u64, threshold: f64, ids: &[u64], shape: &Shape, out: &mut Vec<(u64, u32)>) {
        out.clear();
        self.visit((0, self.buckets.len(), 0), target, kept(threshold), ids, shape, out);
        out.sort_unstable();
        out.truncate(shape.k);
    }

    /// Adds the nodes of `buckets[lo..hi]`, which share `depth` bits, half by
    /// half: whoever is in the half of the target is closer than all others.
    fn visit(
        &self,
        (lo, hi, depth): (usize, usize, u32),
        target: u64,
        threshold: f32,
        ids: &[u64],
        shape: &Shape,
        out: &mut Vec<(u64, u32)>,
    ) {
        if out.len() >= shape.k {
            return;
        }
        if hi - lo == 1 {
            let first = self.first(lo, shape);
            let members = &self.entries[first..first + usize::from(self.buckets[lo].len)];
            let named = members.iter().filter(|e| e.seen >= threshold);
            return out.extend(named.map(|e| (ids[e.node as usize] ^ target, e.node)));
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
mod tests;
