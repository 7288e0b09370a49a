//! How a node judges its peers (Promethei `peers/peerscore.nim`).

use crate::units::{Bytes, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Constants of the judgement of peers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoreParams {
    /// Weight of the share of requests that were answered.
    pub success_weight: f64,
    /// Weight of the rate at which blocks come.
    pub rate_weight: f64,
    /// Weight of the time a block takes.
    pub latency_weight: f64,
    /// Rate, in bytes per second, that counts as full.
    pub full_rate: Bytes,
    /// Time that a block takes and counts as nothing.
    pub worst_latency: Time,
    /// How much each block under way counts against a peer.
    pub load_penalty: f64,
    /// Weight of the newest sample in a running mean, 0 to 1.
    pub smoothing: f64,
    /// Score of a peer of which little is known.
    pub cold_start: f64,
    /// Deliveries below which little is known.
    pub cold_deliveries: u32,
    /// Time without news after which a score decays.
    pub idle_after: Time,
    /// Time in which an idle score falls to 1/e.
    pub idle_decay: Time,
    /// Failures in a row after which a peer is left alone.
    pub breaker_failures: u32,
    /// Time for which it is left alone.
    pub breaker_time: Time,
}

/// What a node remembers of a peer's deliveries.
#[derive(Debug, Clone, Copy)]
pub(super) struct PeerScore {
    success: f64,
    /// Bytes per second.
    rate: f64,
    /// Seconds.
    latency: f64,
    deliveries: u32,
    failures_in_row: u32,
    left_alone_until: Time,
    updated: Time,
}

impl PeerScore {
    pub fn new(now: Time) -> Self {
        PeerScore {
            success: 1.0,
            rate: 0.0,
            latency: 0.0,
            deliveries: 0,
            failures_in_row: 0,
            left_alone_until: Time::ZERO,
            updated: now,
        }
    }

    /// A block of `bytes` came `waited` after it was asked for.
    pub fn delivered(&mut self, bytes: Bytes, waited: Time, now: Time, params: &ScoreParams) {
        let latency = waited.secs().max(1e-6);
        let rate = bytes.get() as f64 / latency;
        let weight = if self.deliveries == 0 { 1.0 } else { params.smoothing };
        self.rate += weight * (rate - self.rate);
        self.latency += weight * (latency - self.latency);
        self.success += params.smoothing * (1.0 - self.success);
        self.deliveries += 1;
        self.failures_in_row = 0;
        self.updated = now;
    }

    /// A block did not come in time.
    pub fn failed(&mut self, now: Time, params: &ScoreParams) {
        self.success -= params.smoothing * self.success;
        self.failures_in_row += 1;
        if self.failures_in_row >= params.breaker_failures {
            self.left_alone_until = now + params.breaker_time;
            self.failures_in_row = 0;
        }
        self.updated = now;
    }

    /// Whether the peer may be asked for anything.
    pub fn is_usable(&self, now: Time) -> bool {
        self.left_alone_until <= now
    }

    /// The judgement on a peer with `load` blocks under way; more is better.
    pub fn value(&self, load: u32, now: Time, params: &ScoreParams) -> f64 {
        if self.deliveries < params.cold_deliveries {
            return params.cold_start;
        }
        let rate = (self.rate / params.full_rate.get() as f64).min(1.0);
        let latency = (1.0 - self.latency / params.worst_latency.secs()).max(0.0);
        let sum = params.success_weight * self.success + params.rate_weight * rate + params.latency_weight * latency;
        let idle = now.since(self.updated).since(params.idle_after);
        sum / (1.0 + params.load_penalty * f64::from(load)) * libm::exp(-idle.secs() / params.idle_decay.secs())
    }

    /// The judgement weighed by what the peer has delivered.
    pub fn aggregate(&self, load: u32, now: Time, params: &ScoreParams) -> f64 {
        f64::from(self.deliveries) * self.value(load, now, params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::codex::f::test_params;

    fn at(secs: u64) -> Time {
        Time::from_secs(secs)
    }

    fn served(times: u32, waited: Time) -> PeerScore {
        let mut score = PeerScore::new(at(0));
        (0..times).for_each(|_| score.delivered(Bytes(10_000_000), waited, at(1), &test_params().score));
        score
    }

    #[test]
    fn a_peer_is_cold_until_its_third_delivery() {
        let params = test_params().score;
        assert_eq!(served(2, at(1)).value(0, at(1), &params), 0.1);
        // 10 MB in a second: 0.3 + 0.5 * 0.1 + 0.2 * (1 - 0.1).
        assert!((served(3, at(1)).value(0, at(1), &params) - 0.53).abs() < 1e-12);
    }

    #[test]
    fn load_and_idleness_count_against_a_peer() {
        let (score, params) = (served(3, at(1)), test_params().score);
        let fresh = score.value(0, at(61), &params);
        assert_eq!(fresh, score.value(0, at(1), &params), "a minute of silence costs nothing");
        assert!((score.value(10, at(1), &params) - fresh / 2.0).abs() < 1e-12);
        assert!((score.value(0, at(181), &params) - fresh / std::f64::consts::E).abs() < 1e-12);
    }

    #[test]
    fn five_failures_in_a_row_leave_a_peer_alone_for_a_minute() {
        let (mut score, params) = (served(3, at(1)), test_params().score);
        (0..4).for_each(|_| score.failed(at(2), &params));
        assert!(score.is_usable(at(2)));
        score.failed(at(2), &params);
        assert!(!score.is_usable(at(61)) && score.is_usable(at(62)));
    }
}
