//! Provider records that a node keeps for others.

use super::params::{DhtParams, WhenFull};
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

    /// Appends the providers of `topic`, the newest first.
    pub fn of(&self, topic: u32, now: Time, params: &DhtParams, out: &mut Vec<u32>) {
        let swept = last_cleanup(now, params);
        let records = self.0.get(&topic).map_or(&[][..], Vec::as_slice);
        let alive = records.iter().rev().filter(|(_, until)| *until > swept);
        out.extend(alive.take(params.max_answer as usize).map(|(id, _)| *id));
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
