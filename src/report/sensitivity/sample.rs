//! A result by hand, for the tests of its forms.

use crate::results::Measure;
use crate::scenario::Range;
use crate::study::{Bearing, Estimate, Influence, LeftOut, Screened, Screening, Sensitivity, Shared, Shares};

/// One input that matters, one that is not told from noise and one without effect, on a measure
/// that has no value around some places, and on whether it has.
pub(super) fn sensitivity() -> Sensitivity {
    let about = |value: f64| Estimate { value, interval: Some((value - 0.05, value + 0.05)) };
    let exact = |value: f64| Estimate { value, interval: Some((value, value)) };
    let shared = |first, total, bearing| Shared { first, total, bearing };
    let inputs = vec![
        shared(about(0.6), about(0.7), Bearing::Alone),
        shared(about(-0.001), about(0.3), Bearing::Noise),
        shared(exact(0.0), exact(0.0), Bearing::None),
        shared(about(0.2), about(0.31), Bearing::Noise),
    ];
    let screened = |mu_star, bearing| Screened { mu_star, mu: about(-1.0), sigma: 2.0, floor: 5.0, bearing };
    let steps = vec![
        screened(about(40.0), Bearing::Alone),
        screened(about(6.0), Bearing::Noise),
        screened(exact(0.0), Bearing::None),
    ];
    let influence = |of_emptiness, rows: usize, mean| Influence {
        measure: Measure::named("download_time_p95_s").unwrap(),
        of_emptiness,
        screening: Some(Screening { rows: 16, left_out: 0, mean, inputs: steps.clone() }),
        shares: Some(Shares { rows, left_out: 64 - rows, mean, deviation: mean / 4.0, inputs: Some(inputs.clone()) }),
    };
    let range = |text| Range::parse(text).unwrap();
    Sensitivity {
        name: "a <b>".into(),
        ranges: vec![
            range("swarm.seeders=1..8 log"),
            range("network.latency=1 ms..20 ms"),
            range("protocol.codex-v2.window=1..9"),
        ],
        left_out: vec![LeftOut { key: "hardware".into(), reason: "not a number".into() }],
        repetitions: 2,
        of_logarithms: false,
        seed: 7,
        asked: [16, 64],
        influences: vec![influence(false, 60, 100.0), influence(true, 64, 0.02)],
    }
}
