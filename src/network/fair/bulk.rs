//! Transfers of many bytes that share access links max-min fairly, and nothing else: no
//! latency, no windows, no messages. Between nodes that are only numbers.

use super::super::Bottleneck;
use super::levels::Levels;
use super::moments::Moments;
use crate::units::{Rate, Time};

/// Bytes short of its end at which a transfer has ended: moments are whole nanoseconds, and
/// at the rates of any link that is less than this.
const NOTHING: f64 = 1e-3;

/// A transfer under way.
#[derive(Debug, Clone, Copy, Default)]
struct Transfer {
    bytes: f64,
    /// Bytes that had not left at `since`.
    left: f64,
    /// Bytes per second from then on.
    rate: f64,
    since: Time,
}

impl Transfer {
    fn settle(&mut self, now: Time) {
        // Over links without limit no time passes, and all has left.
        let sent = if self.rate.is_infinite() { self.left } else { self.rate * now.since(self.since).secs() };
        self.left -= sent;
        self.since = now;
    }
}

/// Transfers between nodes.
#[derive(Debug, Clone)]
pub struct Bulk {
    levels: Levels,
    moments: Moments,
    transfers: Vec<Transfer>,
    free: Vec<u32>,
    /// Transfers to be timed whether or not the levels of their links change.
    untimed: Vec<u32>,
    changed: Vec<(u32, f64)>,
    now: Time,
}

impl Bulk {
    /// Nodes with these uplinks and downlinks, as many of the one as of the other.
    pub fn new(up: &[Rate], down: &[Rate]) -> Self {
        assert_eq!(up.len(), down.len(), "a node has a link each way");
        Bulk {
            levels: Levels::of(up.len(), up.iter().chain(down).copied()),
            moments: Moments::default(),
            transfers: Vec::new(),
            free: Vec::new(),
            untimed: Vec::new(),
            changed: Vec::new(),
            now: Time::ZERO,
        }
    }

    /// Begins a transfer that takes no more than `limit` bytes per second of any link, and
    /// returns its number: it is that of one that is over, where there is one.
    pub fn start(&mut self, now: Time, (from, to): (u32, u32), bytes: f64, limit: f64) -> u32 {
        self.catch_up(now);
        let number = self.free.pop().unwrap_or(self.transfers.len() as u32);
        let transfer = Transfer { bytes, left: bytes, rate: 0.0, since: now };
        match self.transfers.get_mut(number as usize) {
            Some(place) => *place = transfer,
            None => self.transfers.push(transfer),
        }
        self.levels.open(number, from, to, &[]);
        self.levels.add(number, limit, 1.0);
        self.moments.reserve(number);
        self.untimed.push(number);
        number
    }

    /// Ends a transfer, whether or not all of it has left; how many bytes have.
    pub fn stop(&mut self, now: Time, number: u32) -> f64 {
        self.catch_up(now);
        let transfer = &mut self.transfers[number as usize];
        transfer.settle(now);
        let carried = if transfer.left < NOTHING { transfer.bytes } else { transfer.bytes - transfer.left };
        self.levels.remove(number);
        self.moments.set(number, Time::NEVER);
        self.untimed.retain(|other| *other != number);
        self.free.push(number);
        carried
    }

    /// The transfer that ends first, and when; it goes on until it is stopped.
    pub fn first_end(&mut self) -> Option<(Time, u32)> {
        self.retime();
        self.moments.first()
    }

    /// A transfer that is over by `now`, whatever else has changed since: rates need not be
    /// brought up to date for it.
    pub fn over(&self, now: Time) -> Option<u32> {
        self.moments.first().filter(|(at, _)| *at <= now).map(|(_, number)| number)
    }

    /// Bytes per second of a transfer, and what holds it back.
    pub fn pace(&mut self, number: u32) -> (f64, Bottleneck) {
        self.retime();
        (self.levels.rate(number), self.levels.bottleneck(number))
    }

    fn catch_up(&mut self, now: Time) {
        if now > self.now {
            self.retime();
            self.now = now;
        }
    }

    /// Brings rates up to date and times the transfers whose rates changed.
    fn retime(&mut self) {
        if !self.levels.is_stale() && self.untimed.is_empty() {
            return;
        }
        self.levels.solve();
        let mut links = std::mem::take(&mut self.changed);
        self.levels.take_changed(&mut links);
        let mut timing = Timing { transfers: &mut self.transfers, moments: &mut self.moments, now: self.now };
        for (link, old) in links.drain(..) {
            for (number, rate) in self.levels.rates_since(link, old) {
                timing.set_rate(number, rate);
            }
        }
        self.changed = links;
        while let Some(number) = self.untimed.pop() {
            timing.set_rate(number, self.levels.rate(number));
        }
    }
}

struct Timing<'a> {
    transfers: &'a mut [Transfer],
    moments: &'a mut Moments,
    now: Time,
}

impl Timing<'_> {
    fn set_rate(&mut self, number: u32, rate: f64) {
        let transfer = &mut self.transfers[number as usize];
        if rate == transfer.rate && self.moments.has(number) {
            return;
        }
        transfer.settle(self.now);
        transfer.rate = rate;
        let end = match transfer.left < NOTHING || rate.is_infinite() {
            true => self.now,
            false if rate > 0.0 => self.now + Time::from_secs_f64(transfer.left / rate),
            false => Time::NEVER,
        };
        self.moments.set(number, end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: f64 = 1e6;

    fn mbit(rate: u64) -> Rate {
        format!("{rate} Mbit/s").parse().unwrap()
    }

    /// The moments at which transfers end that all begin at once.
    fn ends(bulk: &mut Bulk) -> Vec<(f64, u32)> {
        std::iter::from_fn(|| {
            let (at, number) = bulk.first_end()?;
            bulk.stop(at, number);
            Some((at.secs(), number))
        })
        .collect()
    }

    /// Two of one uplink of 8 Mbit/s with 1 and 2 MB: half the rate each until the first
    /// ends at 2 s, then the second has all of it for its last MB.
    #[test]
    fn an_uplink_is_shared_and_what_one_leaves_the_other_takes() {
        let mut bulk = Bulk::new(&[mbit(8), mbit(80), mbit(80)], &[mbit(80); 3]);
        let one = bulk.start(Time::ZERO, (0, 1), MB, f64::INFINITY);
        let two = bulk.start(Time::ZERO, (0, 2), 2.0 * MB, f64::INFINITY);
        assert_eq!(bulk.pace(one), (0.5 * MB, Bottleneck::Uplink));
        assert_eq!(ends(&mut bulk), [(2.0, one), (3.0, two)]);
    }

    /// A transfer with a limit leaves the rest to others; one that is stopped half-way says
    /// what it carried.
    #[test]
    fn limits_and_half_transfers() {
        let mut bulk = Bulk::new(&[mbit(8); 2], &[mbit(8); 2]);
        let slow = bulk.start(Time::ZERO, (0, 1), MB, 0.25 * MB);
        let fast = bulk.start(Time::ZERO, (0, 1), MB, f64::INFINITY);
        assert_eq!([slow, fast].map(|of| bulk.pace(of).0), [0.25 * MB, 0.75 * MB]);
        assert_eq!(bulk.stop(Time::from_secs(1), slow), 0.25 * MB);
        assert_eq!(bulk.first_end(), Some((Time::from_secs_f64(1.25), fast)));
        let again = bulk.start(Time::from_secs(1), (1, 0), MB, f64::INFINITY);
        assert_eq!(again, slow, "a number that is free is used again");
    }

    /// What is over is so whatever ends with it; what goes on is not.
    #[test]
    fn what_ends_at_a_moment_is_over_then() {
        let mut bulk = Bulk::new(&[mbit(8); 2], &[mbit(8); 2]);
        let both = [0, 1].map(|_| bulk.start(Time::ZERO, (0, 1), MB, f64::INFINITY));
        let long = bulk.start(Time::ZERO, (0, 1), 2.0 * MB, f64::INFINITY);
        assert_eq!(bulk.first_end(), Some((Time::from_secs(3), both[0])));
        assert_eq!(bulk.over(Time::from_millis(2999)), None);
        for number in both {
            assert_eq!(bulk.over(Time::from_secs(3)), Some(number));
            assert_eq!(bulk.stop(Time::from_secs(3), number), MB);
        }
        assert_eq!(bulk.over(Time::from_secs(3)), None);
        assert_eq!(bulk.first_end(), Some((Time::from_secs(4), long)));
    }

    /// Many at random come and go: all bytes arrive, and no link carries more than it can.
    #[test]
    fn all_bytes_arrive_and_links_carry_no_more_than_they_can() {
        let mut rng = crate::rng::Rng::stream(3, crate::rng::Purpose::Repairs, 0);
        let nodes = 6;
        let mut bulk = Bulk::new(&vec![mbit(8); nodes], &vec![mbit(16); nodes]);
        let mut under_way: Vec<Option<(usize, usize, f64)>> = Vec::new();
        let (mut up, mut down) = (vec![0.0; nodes], vec![0.0; nodes]);
        let mut last = Time::ZERO;
        for round in 0..600u64 {
            // The last rounds begin nothing, so that all ends.
            let begins = round < 400;
            let now = if begins { Time::from_millis(round * 100) } else { Time::from_secs(100_000) };
            while let Some((at, number)) = bulk.first_end().filter(|(at, _)| *at <= now) {
                let (from, to, bytes) = under_way[number as usize].take().unwrap();
                assert_eq!(bulk.stop(at, number), bytes);
                (up[from], down[to], last) = (up[from] + bytes, down[to] + bytes, at);
                assert!(up[from] <= MB * at.secs() + 1.0 && down[to] <= 2.0 * MB * at.secs() + 1.0, "at {at}");
            }
            if begins {
                let (from, to) = (rng.below(nodes as u64) as usize, rng.below(nodes as u64) as usize);
                let bytes = MB * rng.uniform();
                let number = bulk.start(now, (from as u32, to as u32), bytes, f64::INFINITY) as usize;
                under_way.resize(under_way.len().max(number + 1), None);
                under_way[number] = Some((from, to, bytes));
            }
        }
        assert!(under_way.iter().all(Option::is_none));
        let most = up.iter().fold(0.0, |most: f64, of| most.max(*of));
        assert!(last.secs() >= most / MB, "the busiest uplink alone takes {} s", most / MB);
    }
}
