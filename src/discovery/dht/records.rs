//! Provider records that a node keeps for others.

use super::params::{DhtParams, WhenFull};
use crate::rng::mix;
use crate::units::Time;
use std::collections::BTreeMap;

/// Records by key, each with the time it expires; the newest last.
#[derive(Debug, Default)]
pub(super) struct Records(BTreeMap<u32, Vec<(u32, Time)>>);

impl Records {
    /// Keeps that `provider` provides `topic` until `until`.
    pub fn add(&mut self, topic: u32, provider: u32, until: Time, now: Time, params: &DhtParams) {
        if self.0.len() >= params.max_keys as usize && !self.0.contains_key(&topic) {
            return;
        }
        let records = self.0.entry(topic).or_default();
        let swept = last_cleanup(now, params);
        records.retain(|(id, until)| *id != provider && *until > swept);
        if records.len() >= params.max_providers_per_key as usize {
            match params.when_full {
                WhenFull::Refuse => return,
                WhenFull::ReplaceOldest => drop(records.remove(0)),
            }
        }
        records.push((provider, until));
    }

    /// Appends the providers of `topic` for `asker`, the newest first. Those of
    /// one moment come in an order of the asker's own: answers of many nodes are
    /// merged as they come.
    pub fn of(&self, topic: u32, asker: u32, now: Time, params: &DhtParams, out: &mut Vec<u32>) {
        let swept = last_cleanup(now, params);
        let records = self.0.get(&topic).map_or(&[][..], Vec::as_slice);
        let first = out.len();
        for same_time in records.chunk_by(|a, b| a.1 == b.1).rev().filter(|same| same[0].1 > swept) {
            let from = out.len();
            out.extend(same_time.iter().map(|(id, _)| *id));
            out[from..].sort_unstable_by_key(|id| mix(u64::from(asker) << 32 | u64::from(*id)));
        }
        out.truncate(first + params.max_answer as usize);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// Records that had expired by then are gone.
fn last_cleanup(now: Time, params: &DhtParams) -> Time {
    let interval = params.cleanup_interval.nanos().max(1);
    Time::from_nanos(now.nanos() / interval * interval)
}
