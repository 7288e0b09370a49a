//! How long senders and relays hold packets.

use crate::rng::Rng;
use crate::units::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a delay is drawn from its mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Exponential, cut at the mean times `ln 10^6`, down to whole milliseconds
    /// (`ExponentialDelayStrategy` in `delay_strategy.nim`).
    Exponential,
    /// Exponential, neither cut nor rounded: for closed forms.
    Continuous,
    /// 0, 1 or 2 ms, whatever the mean (`NoSamplingDelayStrategy`).
    Short,
}

impl Family {
    /// A delay of this `mean`, from one uniform number; none where the mean is zero.
    pub fn sample(self, mean: Time, rng: &mut Rng) -> Time {
        let uniform = rng.uniform();
        if mean == Time::ZERO {
            return Time::ZERO;
        }
        let exponential = || -mean.secs() * libm::log1p(-uniform);
        match self {
            Family::Exponential => {
                let longest = mean.secs() * libm::log(1e6);
                Time::from_millis(libm::floor(exponential().min(longest) * 1e3) as u64)
            }
            Family::Continuous => Time::from_secs_f64(exponential()),
            Family::Short => Time::from_millis(libm::floor(uniform * 3.0) as u64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    const MEAN: Time = Time::from_millis(100);

    fn draws(count: u64, of: impl Fn(&mut Rng) -> Time) -> Vec<f64> {
        let mut rng = Rng::stream(3, Purpose::MixDelay, 0);
        (0..count).map(|_| of(&mut rng).secs() * 1e3).collect()
    }

    /// Mean and its standard error.
    fn mean(values: &[f64]) -> (f64, f64) {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (count - 1.0);
        (mean, libm::sqrt(variance / count))
    }

    /// Oracle M5: whole milliseconds up to 1381, of mean 99.4995 ms; 199.497 above a floor.
    #[test]
    fn m5_one_sample() {
        let values = draws(400_000, |rng| Family::Exponential.sample(MEAN, rng));
        let (got, error) = mean(&values);
        assert!((got - 99.4995).abs() < 3.0 * error, "{got} +- {error}");
        let most = values.iter().copied().fold(0.0, f64::max);
        let is_whole = |ms: f64| (ms - libm::round(ms)).abs() < 1e-9;
        assert!(most < 1381.5 && values.iter().all(|ms| is_whole(*ms)), "{most}");
    }

    /// Oracles M6 and M7: the sums of three and of six samples.
    #[test]
    fn m6_and_m7_ways_and_round_trips() {
        let sum = |count: u32, rng: &mut Rng| {
            (0..count).fold(Time::ZERO, |sum, _| sum + Family::Continuous.sample(MEAN, rng))
        };
        for (samples, want, deviation, quantiles) in
            [(3, 300.0, 173.2, [267.4, 629.6, 840.6]), (6, 600.0, 244.9, [567.0, 1051.3, 1310.8])]
        {
            let mut values = draws(200_000, |rng| sum(samples, rng));
            let (got, error) = mean(&values);
            assert!((got - want).abs() < 3.0 * error, "{samples}: {got} +- {error}");
            let spread = error * libm::sqrt(values.len() as f64);
            assert!((spread / deviation - 1.0).abs() < 0.01, "{samples}: {spread}");
            values.sort_by(f64::total_cmp);
            for (share, want) in [0.5, 0.95, 0.99].into_iter().zip(quantiles) {
                let got = values[(share * values.len() as f64) as usize];
                assert!((got / want - 1.0).abs() < 0.01, "{samples}, {share}: {got}");
            }
        }
    }

    /// Oracle M14: a relay makes its proof while it holds the packet.
    #[test]
    fn m14_a_proof_beside_the_delay() {
        for (proof, want) in [(15.0, 101.07), (63.0, 116.26), (112.9, 145.24), (200.0, 213.53)] {
            let values = draws(400_000, |rng| Family::Continuous.sample(MEAN, rng));
            let longer: Vec<f64> = values.into_iter().map(|v| v.max(proof)).collect();
            let (got, error) = mean(&longer);
            assert!((got - want).abs() < 3.0 * error, "{proof}: {got} +- {error}");
        }
    }

    #[test]
    fn short_delays_are_up_to_two_milliseconds() {
        let (got, error) = mean(&draws(30_000, |rng| Family::Short.sample(MEAN, rng)));
        assert!((got - 1.0).abs() < 3.0 * error, "{got}");
        assert!(draws(9, |rng| Family::Continuous.sample(Time::ZERO, rng)).iter().all(|v| *v == 0.0));
    }
}
