//! The slow, obviously right twin of the fair model: at every change all rates
//! are found from nothing, and every flow is timed again.

use super::super::window::{HeadPace, HeadStep, Window, WindowRule};
use super::*;
use std::collections::{BTreeMap, VecDeque};

pub(super) struct Twin {
    world: World,
    rule: WindowRule,
    lanes: BTreeMap<(u32, u32), Lane>,
    travelling: Vec<Traveller>,
    connections: u32,
    stale: bool,
    now: Time,
}

/// A message that has left by this lane of this connection.
struct Traveller {
    at: Time,
    flight: WireFlight,
    pair: (u32, u32),
    connection: u32,
}

struct Lane {
    connection: u32,
    queue: VecDeque<WireFlight>,
    head: HeadPace,
    /// It began, or its window changed, after its rate was last set.
    untimed: bool,
}

impl Lane {
    fn moment(&self) -> Time {
        if self.queue.is_empty() || self.untimed { Time::NEVER } else { self.head.next().0 }
    }
}

impl Twin {
    pub fn new(world: &World, spec: &NetworkSpec) -> Self {
        Twin {
            world: world.clone(),
            rule: WindowRule::new(spec),
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
            Act::KeepFirst(..) => unreachable!("what twins are given has none of it"),
            Act::Send(from, to, id, wire) => {
                self.send((from, to), WireFlight { id, wire: Bytes(wire), tracked: true }, out)
            }
        }
    }

    fn open(&mut self, pair: (u32, u32)) {
        let rtt = self.world.rtt(NodeId(pair.0), NodeId(pair.1));
        self.connections += 1;
        let head = HeadPace::new(Window::new(&self.rule, rtt));
        self.lanes.entry(pair).or_insert(Lane {
            connection: self.connections,
            queue: VecDeque::new(),
            head,
            untimed: true,
        });
    }

    fn close(&mut self, pair: (u32, u32), out: &mut Log) {
        let Some(lane) = self.lanes.remove(&pair) else { return };
        let sent = lane.queue.front().map_or(0.0, |p| p.wire.get() as f64 - lane.head.left + lane.head.sent(self.now));
        for (i, flight) in lane.queue.iter().enumerate() {
            let carried = Bytes(if i == 0 { sent as u64 } else { 0 });
            out.push((self.now, NetEvent::Lost { id: flight.id, carried }));
        }
        self.stale = true;
    }

    fn send(&mut self, pair: (u32, u32), flight: WireFlight, out: &mut Log) {
        let Some(lane) = self.lanes.get_mut(&pair) else {
            return out.push((self.now, NetEvent::Lost { id: flight.id, carried: Bytes(0) }));
        };
        lane.queue.push_back(flight);
        if lane.queue.len() == 1 {
            lane.head.window.wake(self.now, &self.rule);
            lane.untimed = true;
            lane.head.begin(self.now, flight.wire.get() as f64);
            out.push((self.now, NetEvent::Started(flight.id)));
            self.stale = true;
        }
    }

    pub fn next_event(&self) -> Option<Time> {
        let moments = self.lanes.values().map(Lane::moment);
        let arrivals = self.travelling.iter().map(|t| t.at);
        let next = if self.stale { Some(self.now) } else { moments.chain(arrivals).min() };
        next.filter(|t| *t != Time::NEVER)
    }

    pub fn advance(&mut self, now: Time, out: &mut Log) {
        self.now = now;
        while self.next_event().is_some_and(|t| t <= now) {
            self.deliver(out);
            if let Some(pair) = self.lanes.iter().find(|(_, lane)| lane.moment() <= now).map(|(pair, _)| *pair) {
                self.step(pair, out);
            } else {
                self.share();
            }
        }
    }

    fn deliver(&mut self, out: &mut Log) {
        while let Some(at) = self.travelling.iter().position(|t| t.at <= self.now) {
            let Traveller { flight: WireFlight { id, wire, .. }, pair, connection, .. } = self.travelling.remove(at);
            let open = self.lanes.get(&pair).is_some_and(|lane| lane.connection == connection);
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
        if step != HeadStep::End {
            lane.untimed = true;
            return;
        }
        let flight = lane.queue.pop_front().unwrap();
        self.travelling.push(Traveller { at: self.now + delay, flight, pair, connection: lane.connection });
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
            let lane = self.lanes.get_mut(&(share.from.0, share.to.0)).unwrap();
            lane.untimed = false;
            let head = &mut lane.head;
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
        let capacity = capacities(&self.world);
        let links = |share: &Share| links_between(&self.world, share.from, share.to);
        while !open.is_empty() {
            let on = |flows: &[Share], link: usize| -> Vec<Share> {
                flows.iter().copied().filter(|s| links(s).contains(&link)).collect()
            };
            let full = (0..capacity.len()).filter(|link| !on(&open, *link).is_empty()).map(|link| {
                let used: f64 = on(&fixed, link).iter().map(|s| s.rate).sum();
                ((capacity[link] - used).max(0.0) / on(&open, link).len() as f64, Some(link))
            });
            let limits = open.iter().map(|s| (s.limit, None));
            let (rate, link) = full.chain(limits).min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
            let stopped = |s: &Share| link.map_or(s.limit == rate, |link| links(s).contains(&link));
            fixed.extend(open.iter().filter(|s| stopped(s)).map(|s| Share { rate, ..*s }));
            open.retain(|s| !stopped(s));
        }
        fixed.sort_by_key(|s| (s.from, s.to));
        fixed
    }
}

/// What is wrong with `shares` as a max-min allocation in `world`: no link may
/// be overfull, and each flow must be at its limit or on a full link on which
/// no flow is faster.
pub(super) fn objection(world: &World, shares: &[Share]) -> Option<String> {
    const CLOSE: f64 = 1.0 - 1e-9;
    let capacity = capacities(world);
    let links = |s: &Share| links_between(world, s.from, s.to);
    let (mut load, mut fastest) = (vec![0.0; capacity.len()], vec![0.0f64; capacity.len()]);
    for share in shares {
        for link in links(share) {
            load[link] += share.rate;
            fastest[link] = fastest[link].max(share.rate);
        }
    }
    if let Some(link) = (0..capacity.len()).find(|l| load[*l] * CLOSE > capacity[*l]) {
        return Some(format!("link {link} carries {} of {}", load[link], capacity[link]));
    }
    let holds = |s: &Share, l: usize| load[l] >= capacity[l] * CLOSE && s.rate >= fastest[l] * CLOSE;
    let held = |s: &Share| s.rate >= s.limit * CLOSE || links(s).iter().any(|l| holds(s, *l));
    shares.iter().find(|s| !held(s)).map(|s| format!("nothing holds {s:?} back"))
}
