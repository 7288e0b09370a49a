//! How long hosts live.

use super::{LifeFamily, LifeSpec};
use crate::rng::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

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

/// A law of lives, in seconds.
#[derive(Debug, Clone, PartialEq)]
pub enum Life {
    /// Weibull, of which shape 1 is exponential. Below 1 who has lived long lives longer
    /// still.
    Weibull {
        /// Mean.
        mean: f64,
        /// Shape.
        shape: f64,
        /// What a life of shape 1 has for its mean.
        scale: f64,
    },
    /// Each life is one of these, in order of length.
    Trace(Arc<[f64]>),
    /// Nobody dies.
    Forever,
}

impl Life {
    /// Exponential lives with this mean.
    pub fn exponential(mean: f64) -> Self {
        Life::weibull(mean, 1.0)
    }

    /// Weibull lives with this mean and shape.
    pub fn weibull(mean: f64, shape: f64) -> Self {
        let scale = if shape == 1.0 { mean } else { mean / libm::tgamma(1.0 + 1.0 / shape) };
        Life::Weibull { mean, shape, scale }
    }

    /// Lives that were observed.
    pub fn trace(mut lives: Vec<f64>) -> Self {
        lives.sort_by(f64::total_cmp);
        Life::Trace(lives.into())
    }

    /// The law that a specification asks for.
    pub fn of(spec: &LifeSpec) -> Self {
        match spec.family {
            LifeFamily::Exponential => Life::exponential(spec.mean.secs()),
            LifeFamily::Weibull => Life::weibull(spec.mean.secs(), spec.shape),
            LifeFamily::Trace => Life::trace(spec.observed_days.iter().map(|days| days * 86_400.0).collect()),
            LifeFamily::Forever => Life::Forever,
        }
    }

    /// Its mean, seconds.
    pub fn mean(&self) -> f64 {
        match self {
            Life::Weibull { mean, .. } => *mean,
            Life::Trace(lives) => lives.iter().sum::<f64>() / lives.len() as f64,
            Life::Forever => f64::INFINITY,
        }
    }

    /// What is left of the life of a host of this age, seconds: Weibull,
    /// `l ((a/l)^b + E)^(1/b) - a` with E exponential (storage oracles, 14); of a trace, one
    /// of the lives that are longer than the age.
    pub fn remaining(&self, age: f64, rng: &mut Rng) -> f64 {
        match self {
            Life::Weibull { shape, scale, .. } => {
                let wait = -libm::log(rng.uniform());
                if *shape == 1.0 {
                    return scale * wait;
                }
                let lived = libm::pow(age / scale, *shape);
                (scale * libm::pow(lived + wait, 1.0 / shape) - age).max(0.0)
            }
            Life::Trace(lives) => {
                let longer = &lives[lives.partition_point(|life| *life <= age)..];
                let drawn = rng.uniform() * longer.len() as f64;
                longer.get(drawn as usize).map_or(0.0, |life| life - age)
            }
            Life::Forever => f64::INFINITY,
        }
    }

    /// A whole life, seconds: what is left of one of age 0, by what is the quickest way to it where
    /// lives are drawn by the thousand.
    pub fn whole(&self, rng: &mut Rng) -> f64 {
        match self {
            Life::Weibull { shape, scale, .. } if *shape != 1.0 => {
                scale * libm::exp(libm::log(-libm::log(rng.uniform())) / shape)
            }
            _ => self.remaining(0.0, rng),
        }
    }

    /// The age of a host in a system that has run forever: its density is that of a life
    /// that has not ended, `(1 - F(x)) / T`.
    pub fn stationary_age(&self, rng: &mut Rng) -> f64 {
        match self {
            Life::Weibull { shape, scale, .. } => {
                let u = rng.uniform();
                if *shape == 1.0 {
                    return -scale * libm::log1p(-u);
                }
                // (x / l)^b has a gamma distribution of shape 1 / b.
                scale * libm::exp(log_gamma_quantile(1.0 / shape, u) / shape)
            }
            Life::Trace(lives) => {
                // A moment falls into a life in proportion to its length, anywhere in it.
                let mut at = rng.uniform() * lives.iter().sum::<f64>();
                let life = lives.iter().find(|life| {
                    let within = at < **life;
                    at -= if within { 0.0 } else { **life };
                    within
                });
                life.map_or(0.0, |_| at)
            }
            Life::Forever => 0.0,
        }
    }

    /// The age of a host at the start.
    pub fn first_age(&self, start: Start, rng: &mut Rng) -> f64 {
        match start {
            Start::Fresh => 0.0,
            Start::Stationary => self.stationary_age(rng),
        }
    }
}

/// The logarithm of the value below which a gamma distribution of this shape and scale 1 is with
/// probability `p`: Newton's method from where the first term of the series would put it, inside what
/// is known to be too low and too high. Far below 1 there is nothing but that term.
fn log_gamma_quantile(shape: f64, p: f64) -> f64 {
    let log_gamma = libm::lgamma(shape);
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let first_term = (libm::log(p) + libm::lgamma(1.0 + shape)) / shape;
    if first_term < -40.0 {
        return first_term;
    }
    let mut x = libm::exp(first_term);
    for _ in 0..100 {
        let over = gamma_below(shape, x) - p;
        if over < 0.0 {
            low = x
        } else {
            high = x
        }
        let density = libm::exp((shape - 1.0) * libm::log(x) - x - log_gamma);
        let newton = x - over / density;
        let next = match (newton > low && newton < high, high.is_finite()) {
            (true, _) => newton,
            (false, true) => 0.5 * (low + high),
            (false, false) => 2.0 * x,
        };
        if (next - x).abs() <= 1e-14 * x {
            return libm::log(next);
        }
        x = next;
    }
    libm::log(x)
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
                assert!((gamma_below(shape, libm::exp(log_gamma_quantile(shape, p))) - p).abs() < 1e-9);
            }
        }
    }

    /// Means of lives, of what is left of them and of stationary ages: the residual life has
    /// the mean E[X^2] / 2 E[X].
    #[test]
    fn lives_have_their_means() {
        for shape in [0.5, 0.7, 1.0, 2.0, 30.0, 1000.0, 1e6] {
            let life = Life::weibull(100.0, shape);
            let Life::Weibull { scale, .. } = life else { unreachable!() };
            let mut rng = Rng::stream(1, Purpose::Lives, 0);
            let n = 200_000;
            let mean = |draw: &mut dyn FnMut() -> f64| (0..n).map(|_| draw()).sum::<f64>() / f64::from(n);
            let fresh = mean(&mut || life.remaining(0.0, &mut rng));
            assert!((fresh / 100.0 - 1.0).abs() < 0.02, "{shape}: {fresh}");
            let whole = mean(&mut || life.whole(&mut rng));
            assert!((whole / 100.0 - 1.0).abs() < 0.02, "{shape}: {whole}");
            let second = scale * scale * libm::tgamma(1.0 + 2.0 / shape);
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

    /// A trace of lives of 10, 20 and 70: new hosts live 33.3 in the mean, hosts of a system
    /// that has run forever are 27 old and live 27 longer, E[X^2] / 2 E[X].
    #[test]
    fn a_trace_has_its_lives_and_no_others() {
        let life = Life::trace(vec![70.0, 10.0, 20.0]);
        let mut rng = Rng::stream(1, Purpose::Lives, 0);
        let n = 100_000;
        let mean = |draw: &mut dyn FnMut() -> f64| (0..n).map(|_| draw()).sum::<f64>() / f64::from(n);
        assert!([10.0, 20.0, 70.0].contains(&life.remaining(0.0, &mut rng)));
        assert_eq!(life.remaining(25.0, &mut rng), 45.0);
        assert_eq!(life.remaining(70.0, &mut rng), 0.0);
        assert!((mean(&mut || life.remaining(0.0, &mut rng)) - 100.0 / 3.0).abs() < 0.4);
        assert!((mean(&mut || life.stationary_age(&mut rng)) - 27.0).abs() < 0.3);
        let mut left = || {
            let age = life.stationary_age(&mut rng);
            life.remaining(age, &mut rng)
        };
        assert!((mean(&mut left) - 27.0).abs() < 0.3);
    }
}
