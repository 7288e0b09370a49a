//! The slow, obviously right twin of the fair model: at every change all rates
//! are found from nothing, and every flow is timed again.

use super::super::window::{Step, Transmission, Window, WindowRule};
use super::*;
use std::collections::{BTreeMap, VecDeque};

pub(super) struct Twin {
    world: World,
    rule: WindowRule,
    lanes: BTreeMap<(u32, u32), Lane>,
    /// Arrival, name, bytes, and the number of the connection it came by.
    travelling: Vec<(Time, u32, Bytes, (u32, u32, u32))>,
    connections: u32,
    stale: bool,
    now: Time,
}

struct Lane {
    connection: u32,
    queue: VecDeque<Parcel>,
    head: Transmission,
}

impl Twin {
    pub fn new(world: &World, spec: &NetworkSpec) -> Self {
        Twin {
            world: world.clone(),
            rule: WindowRule::new(&spec.transport),
            lanes: BTreeMap::new(),
            travelling: Vec::new(),
            connections: 0,
            stale: false,
            now: Time::ZERO,
        }
    }

    pub fn act(&mut self, now: Time, act: Act, out: &mut Log) {
        self.now = now;
        match act {
            Act::Open(a, b) => [(a, b), (b, a)].into_iter().for_each(|pair| self.open(pair)),
            Act::Close(a, b) => [(a, b), (b, a)].into_iter().for_each(|pair| self.close(pair, out)),
            Act::Send(from, to, id, wire) => {
                self.send((from, to), Parcel { id, wire: Bytes(wire), tracked: true }, out)
            }
        }
    }

    fn open(&mut self, pair: (u32, u32)) {
        let rtt = self.world.rtt(NodeId(pair.0), NodeId(pair.1));
        self.connections += 1;
        let head = Transmission::new(Window::new(&self.rule, rtt));
        self.lanes.entry(pair).or_insert(Lane { connection: self.connections, queue: VecDeque::new(), head });
    }

    fn close(&mut self, pair: (u32, u32), out: &mut Log) {
        let Some(lane) = self.lanes.remove(&pair) else { return };
        let sent = lane.queue.front().map_or(0.0, |p| p.wire.get() as f64 - lane.head.left + lane.head.sent(self.now));
        for (i, parcel) in lane.queue.iter().enumerate() {
            let carried = Bytes(if i == 0 { sent as u64 } else { 0 });
            out.push((self.now, NetEvent::Lost { id: parcel.id, carried }));
        }
        self.stale = true;
    }

    fn send(&mut self, pair: (u32, u32), parcel: Parcel, out: &mut Log) {
        let Some(lane) = self.lanes.get_mut(&pair) else {
            return out.push((self.now, NetEvent::Lost { id: parcel.id, carried: Bytes(0) }));
        };
        lane.queue.push_back(parcel);
        if lane.queue.len() == 1 {
            lane.head.window.wake(self.now, &self.rule);
            lane.head.begin(self.now, parcel.wire.get() as f64);
            out.push((self.now, NetEvent::Started(parcel.id)));
            self.stale = true;
        }
    }

    pub fn next_event(&self) -> Option<Time> {
        let moments = self.lanes.values().filter(|l| !l.queue.is_empty()).map(|l| l.head.next().0);
        let arrivals = self.travelling.iter().map(|t| t.0);
        let next = if self.stale { Some(self.now) } else { moments.chain(arrivals).min() };
        next.filter(|t| *t != Time::NEVER)
    }

    pub fn advance(&mut self, now: Time, out: &mut Log) {
        self.now = now;
        while self.next_event().is_some_and(|t| t <= now) {
            self.deliver(out);
            let due = |lane: &Lane| !lane.queue.is_empty() && lane.head.next().0 <= now;
            if let Some(pair) = self.lanes.iter().find(|(_, lane)| due(lane)).map(|(pair, _)| *pair) {
                self.step(pair, out);
            } else {
                self.share();
            }
        }
    }

    fn deliver(&mut self, out: &mut Log) {
        while let Some(at) = self.travelling.iter().position(|t| t.0 <= self.now) {
            let (_, id, wire, (from, to, connection)) = self.travelling.remove(at);
            let open = self.lanes.get(&(from, to)).is_some_and(|lane| lane.connection == connection);
            let event = if open { NetEvent::Arrived(id) } else { NetEvent::Lost { id, carried: wire } };
            out.push((self.now, event));
        }
    }

    fn step(&mut self, pair: (u32, u32), out: &mut Log) {
        let delay = self.world.delay(NodeId(pair.0), NodeId(pair.1));
        let lane = self.lanes.get_mut(&pair).unwrap();
        let step = lane.head.next().1;
        lane.head.take(self.now, step, &self.rule);
        self.stale = true;
        if step != Step::End {
            return;
        }
        let parcel = lane.queue.pop_front().unwrap();
        self.travelling.push((self.now + delay, parcel.id, parcel.wire, (pair.0, pair.1, lane.connection)));
        match lane.queue.front() {
            Some(next) => {
                lane.head.begin(self.now, next.wire.get() as f64);
                out.push((self.now, NetEvent::Started(next.id)));
            }
            None => {
                lane.head.window.sleep(self.now);
                lane.head.rate = 0.0;
            }
        }
    }

    /// Sets all rates.
    fn share(&mut self) {
        let shares = self.allocation();
        for share in shares {
            let head = &mut self.lanes.get_mut(&(share.from.0, share.to.0)).unwrap().head;
            head.settle(self.now);
            head.rate = share.rate;
            head.window.note_rate(self.now, share.rate, &self.rule);
        }
        self.stale = false;
    }

    /// Progressive filling: find what stops the slowest flows first, fix them
    /// there, and go on with the others.
    pub fn allocation(&self) -> Vec<Share> {
        let busy = self.lanes.iter().filter(|(_, lane)| !lane.queue.is_empty());
        let mut open: Vec<Share> = busy
            .map(|((from, to), lane)| Share {
                from: NodeId(*from),
                to: NodeId(*to),
                limit: lane.head.window.limit(),
                rate: f64::NAN,
            })
            .collect();
        let mut fixed: Vec<Share> = Vec::new();
        while !open.is_empty() {
            let on = |flows: &[Share], link: usize| -> Vec<Share> {
                flows.iter().copied().filter(|s| self.links(s).contains(&link)).collect()
            };
            let full = (0..self.world.nodes.len() * 2).filter(|link| !on(&open, *link).is_empty()).map(|link| {
                let used: f64 = on(&fixed, link).iter().map(|s| s.rate).sum();
                ((self.capacity(link) - used).max(0.0) / on(&open, link).len() as f64, Some(link))
            });
            let limits = open.iter().map(|s| (s.limit, None));
            let (rate, link) = full.chain(limits).min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
            let stopped = |s: &Share| link.map_or(s.limit == rate, |link| self.links(s).contains(&link));
            fixed.extend(open.iter().filter(|s| stopped(s)).map(|s| Share { rate, ..*s }));
            open.retain(|s| !stopped(s));
        }
        fixed.sort_by_key(|s| (s.from, s.to));
        fixed
    }

    /// The uplink of the sender and the downlink of the receiver.
    fn links(&self, share: &Share) -> [usize; 2] {
        [share.from.index(), self.world.nodes.len() + share.to.index()]
    }

    fn capacity(&self, link: usize) -> f64 {
        let n = self.world.nodes.len();
        if link < n {
            self.world.nodes[link].up.bytes_per_second()
        } else {
            self.world.nodes[link - n].down.bytes_per_second()
        }
    }

    /// What is wrong with `shares` as a max-min allocation: no link may be
    /// overfull, and each flow must be at its limit or on a full link on which
    /// no flow is faster.
    pub fn objection(&self, shares: &[Share]) -> Option<String> {
        let load = |link: usize| shares.iter().filter(|s| self.links(s).contains(&link)).map(|s| s.rate).sum::<f64>();
        let fastest =
            |link: usize| shares.iter().filter(|s| self.links(s).contains(&link)).map(|s| s.rate).fold(0.0, f64::max);
        let close = 1.0 - 1e-9;
        for link in 0..self.world.nodes.len() * 2 {
            if load(link) * close > self.capacity(link) {
                return Some(format!("link {link} carries {} of {}", load(link), self.capacity(link)));
            }
        }
        let full = |link: usize| load(link) >= self.capacity(link) * close;
        let held = |s: &Share| {
            s.rate >= s.limit * close || self.links(s).iter().any(|l| full(*l) && s.rate >= fastest(*l) * close)
        };
        shares.iter().find(|s| !held(s)).map(|s| format!("nothing holds {s:?} back"))
    }
}
