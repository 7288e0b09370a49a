//! A result by hand, for the tests of its forms.

use crate::ledger::Class;
use crate::scenario::Input;
use crate::study::{
    Decomposition, Impact, ImpactLine as Line, ImpactMetric, ImpactRequest, ImpactVerdict, ImpactWorld, Part, Side,
};

/// Better in time, worse in efficiency and downloads that end, undecided in p95,
/// without makespan, much slower to the first byte with an open end.
pub fn impact() -> Impact {
    let line = |metric, effect: f64, interval, verdict| Line {
        metric,
        base: 4.0,
        change: 4.0 * (1.0 + effect),
        effect,
        interval,
        verdict,
        pairs: 8,
        excluded: 0,
    };
    let undecided = Some(ImpactVerdict::Undecided { more_pairs: Some(12) });
    let same = Some(ImpactVerdict::NoPracticalChange);
    use ImpactMetric::{
        Efficiency, FirstByte, Makespan, MedianTime, PeakQueue, SeederShare, SlowTime, Unfinished, Wire,
    };
    let whole = vec![
        line(MedianTime, -0.25, Some((-0.3, -0.2)), Some(ImpactVerdict::Less)),
        line(SlowTime, 0.1, Some((-0.1, 0.3)), undecided),
        line(FirstByte, 3.0, None, Some(ImpactVerdict::Undecided { more_pairs: None })),
        Line { excluded: 16, pairs: 0, ..line(Makespan, 0.0, None, None) },
        line(Efficiency, -0.25, Some((-0.3, -0.2)), Some(ImpactVerdict::Less)),
        line(Wire, 0.001, Some((0.0, 0.002)), same),
        line(SeederShare, 0.0, Some((0.0, 0.0)), same),
        line(PeakQueue, 0.0, Some((0.0, 0.0)), same),
        line(Unfinished, 0.015, Some((0.01, 0.02)), Some(ImpactVerdict::More)),
    ];
    let part = |class, base, change| Part { class, base, change };
    let parts = vec![part(Class::Payload, 1_000_000, 1_000_000), part(Class::Want, 100, 4000), part(Class::Ack, 90, 0)];
    let side =
        |model: &str, sets: &[&str]| Side { model: model.into(), sets: sets.iter().map(|s| s.to_string()).collect() };
    let world =
        |name: &str, latency: &str| ImpactWorld { name: name.into(), settings: format!("network.latency = {latency}") };
    Impact {
        request: ImpactRequest {
            pack: "quick".into(),
            base: side("base", &[]),
            change: side("own models/a.toml", &["network.up=1 Mbit/s"]),
            common: Input::default(),
            confidence: 0.95,
            margin: 0.02,
            max_pairs: 64,
        },
        names: ["base".into(), "new <a>".into()],
        worlds: vec![world("near", "5 ms"), world("far | away", "50 ms")],
        pairs: 8,
        seed: 1,
        by_world: vec![whole.clone(), whole.clone()],
        whole,
        parts: vec![
            line(ImpactMetric::Class(Class::Want), 39.0, Some((30.0, 50.0)), Some(ImpactVerdict::More)),
            line(ImpactMetric::Class(Class::Ack), -1.0, Some((-1.0, -1.0)), Some(ImpactVerdict::Less)),
        ],
        bytes: Decomposition { base: 1_000_190, change: 1_004_000, parts },
        seconds_per_pair: Some(2.0),
    }
}
