//! What shapers let pass at once.
//!
//! A token bucket fills at the rate of its link while nobody sends over it, up to a
//! burst. What finds tokens in the buckets of both its links passes at once, and the
//! rest at the rates of the links. (A link that is used in part fills none: less than
//! a real one, and only what is held back by windows could tell.)

use crate::units::Time;
use crate::world::World;

/// The bucket of one link.
#[derive(Debug, Clone)]
struct TokenBucket {
    /// Bytes per second.
    rate: f64,
    /// Bytes that may pass at once, as of `idle_since`.
    tokens: f64,
    flows: u32,
    idle_since: Time,
}

/// The buckets of all links: first all uplinks, then all downlinks. There are none
/// where nothing passes at once.
#[derive(Debug)]
pub(super) struct Buckets {
    burst: Time,
    all: Vec<TokenBucket>,
}

impl Buckets {
    /// Full ones, each of `burst` at the rate of its link.
    pub fn new(world: &World, burst: Time) -> Self {
        let rates = world.nodes.iter().map(|n| n.up).chain(world.nodes.iter().map(|n| n.down));
        let full = |rate: f64| TokenBucket { rate, tokens: rate * burst.secs(), flows: 0, idle_since: Time::ZERO };
        let all = if burst == Time::ZERO { vec![] } else { rates.map(|rate| full(rate.bytes_per_second())).collect() };
        Buckets { burst, all }
    }

    /// A flow begins to use these links.
    pub fn enter(&mut self, links: [u32; 2], now: Time) {
        if self.all.is_empty() {
            return;
        }
        for link in links {
            let bucket = &mut self.all[link as usize];
            if bucket.flows == 0 {
                let filled = bucket.tokens + bucket.rate * now.since(bucket.idle_since).secs();
                bucket.tokens = filled.min(bucket.rate * self.burst.secs());
            }
            bucket.flows += 1;
        }
    }

    /// A flow uses these links no longer.
    pub fn leave(&mut self, links: [u32; 2], now: Time) {
        if self.all.is_empty() {
            return;
        }
        for link in links {
            let bucket = &mut self.all[link as usize];
            bucket.flows -= 1;
            bucket.idle_since = now;
        }
    }

    /// Takes tokens for up to `bytes` from both buckets, and says for how many.
    pub fn take(&mut self, links: [u32; 2], bytes: f64) -> f64 {
        if self.all.is_empty() {
            return 0.0;
        }
        let taken = links.iter().fold(bytes, |least, link| least.min(self.all[*link as usize].tokens));
        for link in links {
            self.all[link as usize].tokens -= taken;
        }
        taken
    }
}
