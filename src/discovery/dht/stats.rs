//! What look-ups cost and bring.

use crate::units::Time;

/// Times are counted by the millisecond up to a minute; longer ones as that.
const BINS: usize = 60_001;

/// How many times there were of each length.
#[derive(Debug, Default)]
struct Times {
    bins: Vec<u64>,
    count: u64,
}

impl Times {
    fn add(&mut self, time: Time) {
        self.bins.resize(BINS, 0);
        self.bins[((time.nanos() / 1_000_000) as usize).min(BINS - 1)] += 1;
        self.count += 1;
    }

    /// The time that a share of all stay within, in seconds, to the millisecond.
    fn quantile(&self, share: f64) -> f64 {
        let wanted = libm::ceil(share * self.count as f64) as u64;
        let mut seen = 0;
        let bin = self.bins.iter().position(|count| {
            seen += count;
            seen >= wanted.max(1)
        });
        bin.unwrap_or(0) as f64 / 1e3
    }

    fn report(&self, name: &str, out: &mut Vec<(String, f64)>) {
        if self.count > 0 {
            out.push((format!("{name}_time_median_s"), self.quantile(0.5)));
            out.push((format!("{name}_time_p95_s"), self.quantile(0.95)));
        }
    }
}

/// Why a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Cause {
    /// Pings, joining, refreshes.
    #[default]
    Maintenance,
    /// Announcing keys.
    Advertising,
    /// Looking for providers.
    Queries,
}

/// What a look-up is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Purpose {
    /// The table of a node that joins: the node's own id, then a random one.
    #[default]
    JoinOwn,
    /// See `JoinOwn`.
    JoinRandom,
    /// A refresh; where it goes bucket by bucket, of those from this one on.
    Refresh(u32),
    /// To announce oneself under a key.
    Provide(u32),
    /// To find the providers of a key.
    Find(u32),
}

impl Purpose {
    /// Why the messages of such a look-up are sent.
    pub fn cause(self) -> Cause {
        match self {
            Purpose::Provide(_) => Cause::Advertising,
            Purpose::Find(_) => Cause::Queries,
            _ => Cause::Maintenance,
        }
    }
}

const CAUSES: [&str; 3] = ["maintenance", "advertising", "queries"];

/// Look-ups by purpose, what they asked, how long they took, what they found.
#[derive(Debug, Default)]
pub(super) struct Stats {
    /// Joining and refreshing, providing, finding: look-ups and the requests in them.
    lookups: [(u64, u64); 3],
    /// By cause: all bytes sent, and those of message bodies among them.
    sent: [(u64, u64); 3],
    times: Times,
    find_times: Times,
    finds: u64,
    finds_empty: u64,
    providers: u64,
}

const PURPOSES: [&str; 3] = ["refresh", "provide", "find"];

impl Stats {
    /// A look-up proper is over; refreshes are no measure of time.
    pub fn looked_up(&mut self, purpose: Purpose, queries: u32, time: Time) {
        let of = purpose.cause() as usize;
        self.lookups[of].0 += 1;
        self.lookups[of].1 += u64::from(queries);
        if of > 0 {
            self.times.add(time);
        }
    }

    /// A search for providers is over.
    pub fn found(&mut self, time: Time, providers: usize) {
        self.find_times.add(time);
        self.finds += 1;
        self.finds_empty += u64::from(providers == 0);
        self.providers += providers as u64;
    }

    /// A packet is sent: all its bytes, and those of its body.
    pub fn sent(&mut self, cause: Cause, bytes: u64, body: u64) {
        let (all, bodies) = &mut self.sent[cause as usize];
        *all += bytes;
        *bodies += body;
    }

    /// Bytes a second and node, by cause, of `nodes` nodes in `secs` seconds.
    pub fn rates(&self, nodes: f64, secs: f64, out: &mut Vec<(String, f64)>) {
        for (cause, (bytes, body)) in CAUSES.iter().zip(self.sent) {
            out.push((format!("{cause}_bytes_per_s"), bytes as f64 / nodes / secs));
            out.push((format!("{cause}_body_bytes_per_s"), body as f64 / nodes / secs));
        }
    }

    pub fn report(&self, out: &mut Vec<(String, f64)>) {
        for (name, (lookups, queries)) in PURPOSES.iter().zip(self.lookups).filter(|(_, (lookups, _))| *lookups > 0) {
            out.push((format!("{name}_lookups"), lookups as f64));
            out.push((format!("{name}_queries_per_lookup"), queries as f64 / lookups as f64));
        }
        self.times.report("lookup", out);
        self.find_times.report("find", out);
        if self.finds > 0 {
            out.push(("finds".into(), self.finds as f64));
            out.push(("found_share".into(), 1.0 - self.finds_empty as f64 / self.finds as f64));
            out.push(("providers_per_find".into(), self.providers as f64 / self.finds as f64));
        }
    }
}
