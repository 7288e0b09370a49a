//! Functions of which all shares are known, for tests.

use crate::dist::normal_quantile;
use crate::rng::{Purpose, Rng};
use std::f64::consts::PI;

/// Ishigami & Homma (1990) with a = 7 and b = 0.1, of shares of -pi to pi.
pub(super) fn ishigami(x: &[f64]) -> f64 {
    let [x, y, z] = [x[0], x[1], x[2]].map(|share| PI * (2.0 * share - 1.0));
    let (sine, up) = (libm::sin(x), libm::sin(y));
    sine + 7.0 * up * up + 0.1 * z * z * z * z * sine
}

/// First and total order of its inputs.
pub(super) fn ishigami_shares() -> [(f64, f64); 3] {
    let (a, b, fourth) = (7.0, 0.1, PI * PI * PI * PI);
    let first = 0.5 * (1.0 + b * fourth / 5.0) * (1.0 + b * fourth / 5.0);
    let second = a * a / 8.0;
    let both = b * b * fourth * fourth * (1.0 / 18.0 - 1.0 / 50.0);
    let all = first + second + both;
    [(first / all, (first + both) / all), (second / all, second / all), (0.0, both / all)]
}

/// The constants of the g-function.
pub(super) const G: [f64; 6] = [0.0, 1.0, 4.5, 9.0, 99.0, 99.0];

/// Sobol's g-function: the product of `(|4 x - 2| + a) / (1 + a)`.
pub(super) fn g(x: &[f64]) -> f64 {
    x.iter().zip(G).map(|(x, a)| ((4.0 * x - 2.0).abs() + a) / (1.0 + a)).product()
}

/// First and total order of its inputs.
pub(super) fn g_shares() -> Vec<(f64, f64)> {
    let parts = G.map(|a| 1.0 / 3.0 / ((1.0 + a) * (1.0 + a)));
    let whole: f64 = parts.iter().map(|part| 1.0 + part).product();
    parts.iter().map(|part| (part / (whole - 1.0), part * whole / (1.0 + part) / (whole - 1.0))).collect()
}

/// A standard normal number that `seed` decides.
pub(super) fn noise(seed: u64) -> f64 {
    normal_quantile(Rng::stream(seed, Purpose::Resamples, 99).uniform())
}

/// The published numbers of both.
#[test]
fn closed_forms() {
    let near = |found: f64, published: f64| (found - published).abs() < 5e-5;
    let [x, y, z] = ishigami_shares();
    assert!(near(x.0, 0.3139) && near(y.0, 0.4424) && z.0 == 0.0 && near(x.1, 0.5576) && near(z.1, 0.2437));
    let g = g_shares();
    assert!(
        (g[0].0 - 0.7165).abs() < 5e-4 && (g[1].0 - 0.1791).abs() < 5e-4 && (g[0].1 - 0.7871).abs() < 1e-3,
        "{g:?}"
    );
}
