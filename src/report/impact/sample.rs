//! A result by hand, for the tests of its forms.

use crate::ledger::Class;
use crate::scenario::Input;
use crate::study::{
    ClassBytes, Decomposition, Elsewhere, Impact, ImpactLine, ImpactMetric, ImpactRange, ImpactRequest, ImpactSide,
    ImpactVerdict, ImpactWorld, Party, Standing,
};

/// Better in time, worse in efficiency and downloads that end, undecided in p95,
/// without makespan, much slower to the first byte with an open end.
pub fn impact() -> Impact {
    let line = |metric, effect: f64, interval, verdict| ImpactLine {
        metric,
        base: Some(4.0),
        change: Some(4.0 * (1.0 + effect)),
        effect,
        interval,
        range: None,
        verdict,
        pairs: 8,
        included: 16,
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
        ImpactLine { base: None, change: None, excluded: 16, included: 0, pairs: 0, ..line(Makespan, 0.0, None, None) },
        line(Efficiency, -0.25, Some((-0.3, -0.2)), Some(ImpactVerdict::Less)),
        line(Wire, 0.001, Some((0.0, 0.002)), same),
        line(SeederShare, 0.0, Some((0.0, 0.0)), same),
        line(PeakQueue, 0.0, Some((0.0, 0.0)), same),
        line(Unfinished, 0.015, Some((0.01, 0.02)), Some(ImpactVerdict::More)),
    ];
    let part = |class, base, change| ClassBytes { class, base, change };
    let parts = vec![part(Class::Payload, 1_000_000, 1_000_000), part(Class::Want, 100, 4000), part(Class::Ack, 90, 0)];
    let side = |model: &str, sets: &[&str]| ImpactSide {
        model: model.into(),
        sets: sets.iter().map(|s| s.to_string()).collect(),
    };
    let world =
        |name: &str, latency: &str| ImpactWorld { name: name.into(), settings: format!("network.latency = {latency}") };
    Impact {
        of_storage: false,
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
        by_world: vec![of_world(&whole), of_world(&whole)],
        standings: vec![Standing { pairs: 8, alike: 1, incomplete: [0, 0], fails: None }; 2],
        elsewhere: None,
        whole,
        parts: vec![
            line(ImpactMetric::Class(Class::Want), 39.0, Some((30.0, 50.0)), Some(ImpactVerdict::More)),
            line(ImpactMetric::Class(Class::Ack), -1.0, Some((-1.0, -1.0)), Some(ImpactVerdict::Less)),
        ],
        bytes: Decomposition { base: 1_000_190, change: 1_004_000, parts },
        seconds_per_pair: Some(2.0),
    }
}

/// The same numbers in a world of eight pairs.
fn of_world(whole: &[ImpactLine]) -> Vec<ImpactLine> {
    let half =
        |line: &ImpactLine| ImpactLine { included: line.included / 2, excluded: line.excluded / 2, ..line.clone() };
    whole.iter().map(half).collect()
}

/// In the second world the change completes once in eight pairs; and the worlds do not
/// agree about the peak queue.
pub fn breaking() -> Impact {
    let mut impact = impact();
    impact.standings[1] = Standing { pairs: 8, alike: 0, incomplete: [0, 7], fails: Some(Party::Change) };
    let fails = Some(ImpactVerdict::Fails);
    let time = &mut impact.whole[0];
    *time = ImpactLine { change: None, verdict: fails, included: 9, excluded: 7, ..time.clone() };
    impact.whole[3].verdict = fails;
    let queue = &mut impact.whole[7];
    queue.range = Some(ImpactRange { low: -0.03, high: 0.4, is_sure: true });
    queue.verdict = Some(ImpactVerdict::Mixed);
    for (lines, effect) in impact.by_world.iter_mut().zip([-0.03, 0.4]) {
        lines[7].effect = effect;
    }
    let time = &mut impact.by_world[1][0];
    *time = ImpactLine { change: None, verdict: fails, included: 1, excluded: 7, pairs: 1, ..time.clone() };
    impact
}

/// All pairs are equal to the byte.
pub fn not_exercised(elsewhere: Elsewhere) -> Impact {
    let mut impact = impact();
    impact.standings.iter_mut().for_each(|standing| standing.alike = standing.pairs);
    impact.elsewhere = Some(elsewhere);
    let lines = impact.whole.iter_mut().chain(&mut impact.parts).chain(impact.by_world.iter_mut().flatten());
    lines.for_each(|line| {
        (line.effect, line.change, line.interval) = (0.0, line.base, Some((0.0, 0.0)));
        line.verdict = line.verdict.map(|_| ImpactVerdict::NotExercised);
    });
    impact
}

/// One pair in one world.
pub fn one_world() -> Impact {
    let mut impact = impact();
    impact.worlds.truncate(1);
    impact.by_world.truncate(1);
    impact.standings = vec![Standing { pairs: 1, alike: 0, incomplete: [0, 0], fails: None }];
    impact.pairs = 1;
    impact
}
