//! Distributions by inverse transform over `libm`: one uniform number per
//! value, the same digits on every platform.
//!
//! `rand_distr` is the oracle in the tests and nothing more: its numbers change
//! with the features of `num-traits` that other crates happen to turn on, and
//! its rejection methods use a varying number of draws, which would destroy
//! common random numbers.

use crate::rng::Rng;
use crate::units::{Refusal, Time, require};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// A distribution of non-negative values. Times are in seconds; in a scenario also
/// with their unit, `{ exponential = { mean = "10 min" } }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Distribution {
    /// Always the same value.
    Fixed {
        /// The value.
        #[serde(deserialize_with = "seconds")]
        #[schemars(with = "Seconds")]
        value: f64,
    },
    /// Uniform between two values.
    Uniform {
        /// Smallest value.
        #[serde(deserialize_with = "seconds")]
        #[schemars(with = "Seconds")]
        low: f64,
        /// Largest value.
        #[serde(deserialize_with = "seconds")]
        #[schemars(with = "Seconds")]
        high: f64,
    },
    /// Memoryless.
    Exponential {
        /// Mean.
        #[serde(deserialize_with = "seconds")]
        #[schemars(with = "Seconds")]
        mean: f64,
    },
    /// Weibull; a shape below 1 means that what has lasted is likely to last.
    Weibull {
        /// Shape k.
        shape: f64,
        /// Scale lambda.
        #[serde(deserialize_with = "seconds")]
        #[schemars(with = "Seconds")]
        scale: f64,
    },
    /// Log-normal.
    LogNormal {
        /// Median, `e^mu`.
        #[serde(deserialize_with = "seconds")]
        #[schemars(with = "Seconds")]
        median: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Pareto (type I).
    Pareto {
        /// Smallest value.
        #[serde(deserialize_with = "seconds")]
        #[schemars(with = "Seconds")]
        minimum: f64,
        /// Tail exponent alpha.
        shape: f64,
    },
}

/// A number of seconds, or a time with its unit.
struct Seconds;

const SECONDS: &str = "seconds, or a time such as \"10 min\"";

/// Reads [`Seconds`].
fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    from.deserialize_any(Seconds)
}

impl Visitor<'_> for Seconds {
    type Value = f64;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SECONDS)
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<f64, E> {
        text.parse().map(Time::secs).map_err(E::custom)
    }
}

impl JsonSchema for Seconds {
    fn schema_name() -> Cow<'static, str> {
        "Seconds".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": SECONDS,
            "examples": ["10 min"],
            "anyOf": [{ "type": "number", "minimum": 0 }, generator.subschema_for::<Time>()],
        })
    }
}

impl Distribution {
    /// The value below which a fraction `u` of the draws lies; `0 < u < 1`.
    pub fn quantile(&self, u: f64) -> f64 {
        match *self {
            Distribution::Fixed { value } => value,
            Distribution::Uniform { low, high } => low + (high - low) * u,
            Distribution::Exponential { mean } => -mean * libm::log1p(-u),
            Distribution::Weibull { shape, scale } => scale * libm::pow(-libm::log1p(-u), 1.0 / shape),
            Distribution::LogNormal { median, sigma } => median * libm::exp(sigma * normal_quantile(u)),
            Distribution::Pareto { minimum, shape } => minimum * libm::exp(-libm::log1p(-u) / shape),
        }
    }

    /// One draw, from one uniform number.
    pub fn sample(&self, rng: &mut Rng) -> f64 {
        self.quantile(rng.uniform())
    }

    /// The mean; infinite for a Pareto tail with shape at most 1.
    pub fn mean(&self) -> f64 {
        match *self {
            Distribution::Fixed { value } => value,
            Distribution::Uniform { low, high } => (low + high) / 2.0,
            Distribution::Exponential { mean } => mean,
            Distribution::Weibull { shape, scale } => scale * libm::tgamma(1.0 + 1.0 / shape),
            Distribution::LogNormal { median, sigma } => median * libm::exp(sigma * sigma / 2.0),
            Distribution::Pareto { minimum, shape } if shape > 1.0 => minimum * shape / (shape - 1.0),
            Distribution::Pareto { .. } => f64::INFINITY,
        }
    }

    /// Refuses parameters that give no distribution, of the value of `key`.
    ///
    /// # Errors
    /// When they are not positive and finite, or the wrong way round.
    pub fn check(&self, key: &str) -> Result<(), Refusal> {
        let positive = |values: &[f64]| values.iter().all(|v| v.is_finite() && *v > 0.0);
        let good = match *self {
            Distribution::Fixed { value } => value.is_finite() && value >= 0.0,
            Distribution::Uniform { low, high } => low.is_finite() && high.is_finite() && 0.0 <= low && low <= high,
            Distribution::Exponential { mean } => positive(&[mean]),
            Distribution::Weibull { shape, scale } => positive(&[shape, scale]),
            Distribution::LogNormal { median, sigma } => positive(&[median]) && sigma.is_finite() && sigma >= 0.0,
            Distribution::Pareto { minimum, shape } => positive(&[minimum, shape]),
        };
        let problem = "impossible distribution: parameters must be positive and finite, and `low` at most `high`";
        require(good, key, problem, "e.g. { exponential = { mean = 3600 } }")
    }
}

/// Quantile of the standard normal distribution: Acklam's rational approximation
/// with one Halley step through `erfc`, to a few units in the last place (an
/// error below 2e-15 of the value, from 1e-300 to 1 - 1e-12). The upper half mirrors the
/// lower: near 1 nothing could tell `erfc` from `u` to more than 1e-16.
pub fn normal_quantile(u: f64) -> f64 {
    if u > 0.5 {
        return -normal_quantile(1.0 - u);
    }
    let x = acklam(u);
    let e = 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2) - u;
    let step = e * libm::sqrt(2.0 * std::f64::consts::PI) * libm::exp(x * x / 2.0);
    x - step / (1.0 + x * step / 2.0)
}

/// P. J. Acklam, "An algorithm for computing the inverse normal cumulative
/// distribution function" (2003); relative error below 1.15e-9.
fn acklam(u: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969683028665376e1,
        2.209460984245205e2,
        -2.759285104469687e2,
        1.38357751867269e2,
        -3.066479806614716e1,
        2.506628277459239,
    ];
    const B: [f64; 5] =
        [-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1];
    const C: [f64; 6] = [
        -7.784894002430293e-3,
        -3.223964580411365e-1,
        -2.400758277161838,
        -2.549732539343734,
        4.374664141464968,
        2.938163982698783,
    ];
    const D: [f64; 4] = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416];
    let poly = |coefficients: &[f64], x: f64| coefficients.iter().fold(0.0, |sum, c| sum * x + c);
    let tail = |p: f64| {
        let q = libm::sqrt(-2.0 * libm::log(p));
        poly(&C, q) / (poly(&D, q) * q + 1.0)
    };
    if u < 0.02425 {
        tail(u)
    } else if u > 1.0 - 0.02425 {
        -tail(1.0 - u)
    } else {
        let q = u - 0.5;
        let r = q * q;
        poly(&A, r) * q / (poly(&B, r) * r + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    /// Largest gap between the empirical distributions of two samples.
    fn kolmogorov(mut a: Vec<f64>, mut b: Vec<f64>) -> f64 {
        a.sort_by(f64::total_cmp);
        b.sort_by(f64::total_cmp);
        let below = |sorted: &[f64], x: f64| sorted.partition_point(|v| *v <= x) as f64 / sorted.len() as f64;
        a.iter().chain(&b).map(|x| (below(&a, *x) - below(&b, *x)).abs()).fold(0.0, f64::max)
    }

    fn compare(ours: Distribution, theirs: impl rand_distr::Distribution<f64>) {
        const N: usize = 20_000;
        let mut rng = Rng::stream(11, Purpose::Protocol, 1);
        let mine: Vec<f64> = (0..N).map(|_| ours.sample(&mut rng)).collect();
        let mut other = rand_pcg::Pcg64Mcg::new(0xcafe);
        let oracle: Vec<f64> = (0..N).map(|_| theirs.sample(&mut other)).collect();
        // 1.63 sqrt(2/N) is the 1 % critical value.
        let gap = kolmogorov(mine, oracle);
        assert!(gap < 1.63 * (2.0 / N as f64).sqrt(), "{ours:?}: {gap}");
    }

    #[test]
    fn agrees_with_rand_distr() {
        compare(Distribution::Exponential { mean: 3.0 }, rand_distr::Exp::new(1.0 / 3.0).unwrap());
        compare(Distribution::Weibull { shape: 0.5, scale: 2.0 }, rand_distr::Weibull::new(2.0, 0.5).unwrap());
        compare(
            Distribution::LogNormal { median: 2.0, sigma: 0.7 },
            rand_distr::LogNormal::new(libm::log(2.0), 0.7).unwrap(),
        );
        compare(Distribution::Pareto { minimum: 1.5, shape: 2.5 }, rand_distr::Pareto::new(1.5, 2.5).unwrap());
        compare(Distribution::Uniform { low: 1.0, high: 4.0 }, rand_distr::Uniform::new(1.0, 4.0).unwrap());
    }

    #[test]
    fn times_may_have_their_unit() {
        let read = |text: &str| toml::from_str::<Distribution>(text);
        let seconds = Distribution::Weibull { shape: 0.5, scale: 600.0 };
        for scale in ["600", "600.0", "\"10 min\"", "\"600 s\""] {
            assert_eq!(read(&format!("weibull = {{ shape = 0.5, scale = {scale} }}")).unwrap(), seconds);
        }
        let refused = read("log_normal = { median = \"10 m\", sigma = 1 }").unwrap_err().to_string();
        assert!(refused.contains("unknown unit `m`"), "{refused}");
        assert!(read("weibull = { shape = \"1 s\", scale = 1 }").is_err(), "a shape is no time");
    }

    /// Oracle F23: mean `lambda Gamma(1 + 1/k)`, median `lambda (ln 2)^(1/k)`,
    /// against the published fits of KAD and BitTorrent sessions (minutes).
    #[test]
    fn weibull_mean_and_median() {
        for (shape, scale, mean, median) in
            [(0.54512, 357.7152, 617.0, 182.6), (0.47648, 413.6765, 908.0, 191.7), (0.59, 41.9, 64.5, 22.5)]
        {
            let d = Distribution::Weibull { shape, scale };
            assert!((d.mean() / mean - 1.0).abs() < 2e-3, "{} {mean}", d.mean());
            assert!((d.quantile(0.5) / median - 1.0).abs() < 2e-3, "{} {median}", d.quantile(0.5));
        }
    }

    /// To 20 digits, of these very doubles: roots of `erfc(-x/sqrt 2)/2 - u` by
    /// mpmath 1.4.1 with 50 digits (`findroot`, in logarithms; above 1/2 of `1 - u`).
    #[test]
    #[expect(clippy::excessive_precision, reason = "as they were computed")]
    fn normal_quantile_is_good_to_the_last_places() {
        for (u, x) in [
            (1e-300, -37.047096299361199237),
            (1e-30, -11.46402468844361572),
            (1e-12, -7.0344838253011319326),
            (1e-6, -4.7534243088228989573),
            (0.001, -3.0902323061678135354),
            (0.02, -2.0537489106318230443),
            (0.025, -1.9599639845400542118),
            (0.1, -1.2815515655446004353),
            (0.25, -0.6744897501960817432),
            (0.49, -0.025068908258711058033),
            (0.499999, -2.5066282745665593779e-6),
            (0.500001, 2.5066282747057051991e-6),
            (0.51, 0.025068908258711058033),
            (0.75, 0.6744897501960817432),
            (0.9, 1.2815515655446005935),
            (0.975, 1.9599639845400538556),
            (0.98, 2.0537489106318226861),
            (0.999, 3.0902323061678132778),
            (0.999999, 4.7534243088170877657),
            (0.999999999999, 7.0344869100478352057),
        ] {
            // Around the median the error is that of `erfc`, and of no size beside x.
            let error = (normal_quantile(u) - x).abs();
            assert!(error < 2e-15 * x.abs() + 2e-16, "{u}: {error}");
        }
        assert_eq!(normal_quantile(0.5), 0.0);
    }
}
