//! How long hosts live.

use super::{LifeFamily, LifeSpec};
use crate::rng::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How old hosts are at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// All begin to live then.
    #[default]
    Fresh,
    /// As of a system that has run forever: the ages are those of a renewal process.
    Stationary,
}

/// A law of lives: Weibull, of which shape 1 is exponential. Below 1 who has lived long
/// lives longer still.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Life {
    /// Mean, seconds.
    pub mean: f64,
    /// Shape.
    pub shape: f64,
}

impl Life {
    /// Exponential lives with this mean.
    pub fn exponential(mean: f64) -> Self {
        Life { mean, shape: 1.0 }
    }

    /// Weibull lives of this mean and shape.
    pub fn weibull(mean: f64, shape: f64) -> Self {
        Life { mean, shape }
    }

    fn scale(self) -> f64 {
        self.mean / libm::tgamma(1.0 + 1.0 / self.shape)
    }

    /// What is left of the life of a host of this age, seconds: `l ((a/l)^b + E)^(1/b) - a`
    /// with E exponential (storage oracles, 14).
    pub fn remaining(self, age: f64, rng: &mut Rng) -> f64 {
        let wait = -libm::log(rng.uniform());
        if self.shape == 1.0 {
            return self.mean * wait;
        }
        let scale = self.scale();
        let lived = libm::pow(age / scale, self.shape);
        (scale * libm::pow(lived + wait, 1.0 / self.shape) - age).max(0.0)
    }

    /// The age of a host in a system that has run forever: its density is that of a life
    /// that has not ended, `(1 - F(x)) / T`.
    pub fn stationary_age(self, rng: &mut Rng) -> f64 {
        let u = rng.uniform();
        if self.shape == 1.0 {
            return -self.mean * libm::log1p(-u);
        }
        // (x / l)^b has a gamma distribution of shape 1 / b.
        self.scale() * libm::pow(gamma_quantile(1.0 / self.shape, u), 1.0 / self.shape)
    }

    /// The age of a host at the start.
    pub fn first_age(self, start: Start, rng: &mut Rng) -> f64 {
        match start {
            Start::Fresh => 0.0,
            Start::Stationary => self.stationary_age(rng),
        }
    }
}

impl LifeSpec {
    /// The law of lives that it says.
    pub fn law(&self) -> Life {
        match self.family {
            LifeFamily::Exponential | LifeFamily::Trace => Life::exponential(self.mean.secs()),
            LifeFamily::Weibull => Life::weibull(self.mean.secs(), self.shape),
            LifeFamily::Forever => Life::exponential(f64::INFINITY),
        }
    }
}

/// The value below which a gamma distribution of this shape and scale 1 is with probability
/// `p`, by bisection.
fn gamma_quantile(shape: f64, p: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while gamma_below(shape, high) < p {
        high *= 2.0;
    }
    for _ in 0..120 {
        let middle = 0.5 * (low + high);
        if gamma_below(shape, middle) < p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The regularised lower incomplete gamma function `P(a, x)`, by its power series, all of
/// whose terms are positive (Abramowitz & Stegun 6.5.29).
fn gamma_below(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x > a + 200.0 {
        return 1.0;
    }
    let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
    while term > sum * 1e-17 {
        n += 1.0;
        term *= x / n;
        sum += term;
    }
    libm::exp(a * libm::log(x) - x - libm::lgamma(a)) * sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;
    use statrs::distribution::{ContinuousCDF, Gamma};

    #[test]
    fn the_gamma_function_is_that_of_the_books() {
        for shape in [0.5, 1.0, 1.4, 2.0, 5.0] {
            let book = Gamma::new(shape, 1.0).unwrap();
            for x in [1e-6, 0.1, 1.0, 3.0, 20.0] {
                assert!((gamma_below(shape, x) / book.cdf(x) - 1.0).abs() < 1e-9, "{shape} {x}");
            }
            for p in [1e-4, 0.3, 0.999] {
                assert!((gamma_below(shape, gamma_quantile(shape, p)) - p).abs() < 1e-9);
            }
        }
    }

    /// Means of lives, of what is left of them and of stationary ages: the residual life has
    /// the mean E[X^2] / 2 E[X].
    #[test]
    fn lives_have_their_means() {
        for shape in [0.5, 0.7, 1.0, 2.0] {
            let life = Life { mean: 100.0, shape };
            let mut rng = Rng::stream(1, Purpose::Lives, 0);
            let n = 200_000;
            let mean = |draw: &mut dyn FnMut() -> f64| (0..n).map(|_| draw()).sum::<f64>() / f64::from(n);
            let fresh = mean(&mut || life.remaining(0.0, &mut rng));
            assert!((fresh / 100.0 - 1.0).abs() < 0.02, "{shape}: {fresh}");
            let second = life.scale() * life.scale() * libm::tgamma(1.0 + 2.0 / shape);
            let residual = second / 200.0;
            let age = mean(&mut || life.stationary_age(&mut rng));
            assert!((age / residual - 1.0).abs() < 0.04, "{shape}: {age}, expected {residual}");
            let mut left = || {
                let age = life.stationary_age(&mut rng);
                life.remaining(age, &mut rng)
            };
            let left = mean(&mut left);
            assert!((left / residual - 1.0).abs() < 0.04, "{shape}: {left}, expected {residual}");
        }
    }
}
