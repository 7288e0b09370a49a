//! When a missing slot is noticed: stages, each of which ends at a moment and leads on to
//! the next.

use super::span::exponential;
use crate::rng::Rng;
use crate::storage::DetectSpec;

/// How a missing slot is noticed, seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Notice {
    offline: f64,
    delay: f64,
    proofs: Option<Proofs>,
    every: f64,
    misses: u32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Proofs {
    period: f64,
    probability: f64,
    timeout: f64,
}

/// What is waited for before a missing slot is noticed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Stage {
    /// That its host was not there for long enough.
    Offline,
    /// The random time more.
    Delay,
    /// The end of the next period in which it is asked for a proof: `missed` were, before, and
    /// periods count that begin at `from` or later.
    Proof { from: f64, missed: u32 },
    /// That the last of them counts as missed.
    Timeout,
    /// The last check.
    Check,
}

impl Notice {
    pub(super) fn of(spec: &DetectSpec) -> Self {
        let proofs = |proofs: crate::storage::ProofSpec| Proofs {
            period: proofs.period.secs(),
            probability: proofs.probability,
            timeout: proofs.timeout.secs(),
        };
        Notice {
            offline: spec.offline_after.secs(),
            delay: spec.mean_delay.secs(),
            proofs: spec.proofs.map(proofs),
            every: spec.check_every.secs(),
            misses: spec.misses,
        }
    }

    /// Who is not away for longer than this is not noticed to be.
    pub(super) fn at_least(&self) -> f64 {
        self.offline
    }

    /// The first stage of a slot that is missing from now on, and when it ends; none where it
    /// is noticed at once.
    pub(super) fn begin(&self, now: f64, rng: &mut Rng) -> Option<(Stage, f64)> {
        if self.offline > 0.0 { Some((Stage::Offline, now + self.offline)) } else { self.delay(now, rng) }
    }

    /// What follows a stage that ends now.
    pub(super) fn follow(&self, stage: Stage, now: f64, rng: &mut Rng) -> Option<(Stage, f64)> {
        match (stage, self.proofs) {
            (Stage::Offline, _) => self.delay(now, rng),
            (Stage::Delay, _) => self.prove(now, rng),
            (Stage::Proof { missed, .. }, Some(proofs)) if missed + 1 < self.misses => {
                Some((Stage::Proof { from: now, missed: missed + 1 }, proofs.next(now, rng)))
            }
            (Stage::Proof { .. }, Some(proofs)) if proofs.timeout > 0.0 => Some((Stage::Timeout, now + proofs.timeout)),
            (Stage::Proof { .. } | Stage::Timeout, _) => self.check(now),
            (Stage::Check, _) => None,
        }
    }

    /// The end of a stage that was to end at `end`, drawn anew given that it has not yet.
    pub(super) fn again(&self, stage: Stage, end: f64, now: f64, rng: &mut Rng) -> f64 {
        match (stage, self.proofs) {
            (Stage::Delay, _) => now + exponential(self.delay, rng),
            // Whether it is asked in the period that runs is not known before its end.
            (Stage::Proof { from, .. }, Some(proofs)) => {
                let period = libm::floor(now / proofs.period) * proofs.period;
                proofs.next(from.max(period), rng)
            }
            _ => end,
        }
    }

    fn delay(&self, now: f64, rng: &mut Rng) -> Option<(Stage, f64)> {
        if self.delay > 0.0 { Some((Stage::Delay, now + exponential(self.delay, rng))) } else { self.prove(now, rng) }
    }

    fn prove(&self, now: f64, rng: &mut Rng) -> Option<(Stage, f64)> {
        let Some(proofs) = self.proofs else { return self.check(now) };
        let from = (libm::floor(now / proofs.period) + 1.0) * proofs.period;
        Some((Stage::Proof { from, missed: 0 }, proofs.next(from, rng)))
    }

    /// So many checks have to fail as misses are needed; one, where misses are those of proofs.
    fn check(&self, now: f64) -> Option<(Stage, f64)> {
        let checks = if self.proofs.is_some() { 1.0 } else { f64::from(self.misses) };
        (self.every > 0.0).then(|| (Stage::Check, (libm::floor(now / self.every) + checks) * self.every))
    }
}

impl Proofs {
    /// The end of the first period from `from` on in which a slot is asked: geometric.
    fn next(self, from: f64, rng: &mut Rng) -> f64 {
        let periods = if self.probability >= 1.0 {
            1.0
        } else {
            libm::ceil(libm::log(rng.uniform()) / libm::log1p(-self.probability)).max(1.0)
        };
        from + periods * self.period
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;
    use crate::storage::ProofSpec;
    use crate::units::Time;

    /// From when a slot is missing to when that is noticed.
    fn noticed(spec: &DetectSpec, since: f64, rng: &mut Rng) -> f64 {
        let notice = Notice::of(spec);
        let (mut now, mut stage) = (since, notice.begin(since, rng));
        while let Some((at, end)) = stage {
            now = end;
            stage = notice.follow(at, now, rng);
        }
        now
    }

    fn spec() -> DetectSpec {
        let proofs = ProofSpec { period: Time::from_secs(120), probability: 0.25, timeout: Time::from_secs(30) };
        DetectSpec { proofs: Some(proofs), misses: 3, ..DetectSpec::default() }
    }

    /// Two checks in a row, from the next multiple on; a span before is waited for first.
    #[test]
    fn spans_add_up() {
        let rng = &mut Rng::stream(1, Purpose::Splitting, 0);
        let secs = Time::from_secs;
        let checks = DetectSpec { check_every: secs(100), misses: 2, ..DetectSpec::default() };
        assert_eq!(noticed(&checks, 130.0, rng), 300.0);
        assert_eq!(noticed(&DetectSpec { offline_after: secs(75), ..checks }, 130.0, rng), 400.0);
        assert_eq!(noticed(&DetectSpec::default(), 130.0, rng), 130.0);
    }

    /// The third proof of which every fourth period asks: twelve periods in the mean, of
    /// variance 3 * 0.75 / 0.25^2, from the end of the one that runs.
    #[test]
    fn missed_proofs_are_negative_binomial() {
        let rng = &mut Rng::stream(1, Purpose::Splitting, 0);
        let draws = 40_000;
        let periods: Vec<f64> = (0..draws).map(|_| (noticed(&spec(), 50.0, rng) - 120.0 - 30.0) / 120.0).collect();
        let mean = periods.iter().sum::<f64>() / f64::from(draws);
        let variance = periods.iter().map(|p| (p - mean) * (p - mean)).sum::<f64>() / f64::from(draws);
        assert!((mean - 12.0).abs() < 0.1 && (variance - 36.0).abs() < 1.5, "{mean} {variance}");
        assert!(periods.iter().all(|p| *p >= 3.0 && (p - p.round()).abs() < 1e-9));
    }

    /// What is drawn anew half way has the law of what was drawn at first.
    #[test]
    fn a_proof_is_drawn_anew_without_memory() {
        let (rng, notice) = (&mut Rng::stream(1, Purpose::Splitting, 0), Notice::of(&spec()));
        let (mut anew, mut count) = (0.0, 0.0);
        for _ in 0..40_000 {
            let (stage, end) = notice.begin(50.0, rng).unwrap();
            if end > 300.0 {
                count += 1.0;
                anew += notice.again(stage, end, 300.0, rng);
            }
        }
        // Period 2 to 3 is under way at 300 s, and may be the one.
        assert!((anew / count / 120.0 - (2.0 + 4.0)).abs() < 0.1, "{}", anew / count / 120.0);
    }
}
