//! Sensitivities of small scenarios.

use super::*;
use crate::study::doctor::{Doctor, SettingEffect};
use crate::study::sample::{self, Willing};
use crate::study::{Cache, Options, Runner};

fn ask<Q: Question>(question: &mut Q, runs: usize) -> Option<Q::Answer> {
    let host = Willing::to_begin(runs);
    let options = Options { threads: 1, reproducible: true };
    Runner::new(Cache::memory(), options, &host).ask(question).unwrap().answer
}

fn request(input: Input, vary: &[&str], measures: &[&str]) -> SensitivityRequest {
    SensitivityRequest {
        input,
        vary: vary.iter().map(|text| Range::parse(text).unwrap()).collect(),
        measures: measures.iter().map(|name| Measure::named(name).unwrap()).collect(),
        of_logarithms: false,
        places: 8,
        pairs: 16,
        repetitions: 1,
    }
}

fn found(request: SensitivityRequest) -> Sensitivity {
    let mut study = SensitivityStudy::new(request).unwrap();
    assert!(ask(&mut study, usize::MAX).is_some());
    study.found()
}

fn bearings(influence: &Influence) -> [Vec<Bearing>; 2] {
    let steps = influence.screening.as_ref().unwrap().inputs.iter().map(|input| input.bearing).collect();
    let shares = influence
        .shares
        .as_ref()
        .unwrap()
        .inputs
        .as_ref()
        .map_or(vec![], |inputs| inputs[..inputs.len() - 1].iter().map(|input| input.bearing).collect());
    [steps, shares]
}

const SWARM: &str = "[stop]\nmax_time = \"4 h\"\n";
const SETS: [&str; 5] = [
    "protocol=codex-v2",
    "protocol.codex-v2.window=900",
    "swarm.network_size=6",
    "swarm.seeders=2",
    "network.model=fair",
];

/// What the doctor finds no effect of has none here, by any method, and exactly; and the other
/// way round what has an effect here has one there.
#[test]
fn the_doctor_agrees() {
    let (_file, input) = sample::scenario(SWARM, &SETS);
    let mut doctor = Doctor::new(&input).unwrap();
    let diagnosis = ask(&mut doctor, usize::MAX).unwrap().unwrap();
    let acts = |key: &str| {
        let (_, effect) = diagnosis.settings.iter().find(|(setting, _)| setting.key == key).unwrap();
        !matches!(effect, SettingEffect::None | SettingEffect::Default)
    };
    let keys = ["network.up", "network.latency", "stop.max_time", "protocol.codex-v2.window", "swarm.file_size"];
    let vary = [
        "network.up=5 Mbit/s..20 Mbit/s",
        "network.latency=10 ms..40 ms",
        "stop.max_time=2 h..8 h",
        "protocol.codex-v2.window=500..1800",
        "swarm.file_size=500 kB..8 MB",
    ];
    // Shares of five inputs beside the noise of seeds take more pairs than steps take places.
    let asked = request(input, &vary, &["makespan_s", "wire_bytes"]);
    let found = found(SensitivityRequest { pairs: 96, ..asked });
    for influence in &found.influences {
        let [steps, shares] = bearings(influence);
        for (at, key) in keys.iter().enumerate() {
            if !acts(key) {
                let step = &influence.screening.as_ref().unwrap().inputs[at];
                let share = &influence.shares.as_ref().unwrap().inputs.as_ref().unwrap()[at];
                assert_eq!((steps[at], step.mu_star.value, step.sigma), (Bearing::None, 0.0, 0.0), "{key}");
                assert_eq!((shares[at], share.first.value, share.total.value), (Bearing::None, 0.0, 0.0), "{key}");
            }
        }
    }
    let [steps, shares] = bearings(&found.influences[0]);
    let inert: Vec<&str> = keys.into_iter().filter(|key| !acts(key)).collect();
    assert_eq!(inert, ["stop.max_time", "protocol.codex-v2.window"]);
    assert!(
        [0, 4].iter().all(|at| steps[*at] <= Bearing::Through && shares[*at] <= Bearing::Through),
        "{steps:?} {shares:?}"
    );
}

/// Every number that is set, as far as each can be run alone; the rest is told.
#[test]
fn without_ranges_the_numbers_of_the_scenario_are_varied() {
    let (_file, input) = sample::scenario("", &["swarm.seeders=3"]);
    let study = SensitivityStudy::new(request(input, &[], &[])).unwrap();
    let ranges: Vec<String> = study.asked.ranges.iter().map(|range| format!("{}={range}", range.key)).collect();
    assert_eq!(
        ranges,
        [
            "swarm.network_size=4..8 log",
            "swarm.seeders=2..3 log",
            "swarm.file_size=500 kB..2 MB log",
            "network.up=5 Mbit/s..20 Mbit/s log",
            "network.down=5 Mbit/s..20 Mbit/s log",
            "network.latency=10 ms..40 ms log",
        ]
    );
    let left_out: Vec<&str> = study.asked.left_out.iter().map(|left_out| left_out.key.as_str()).collect();
    assert_eq!(left_out, ["protocol", "network.model"]);
}

#[test]
fn values_that_cannot_be_run_together_are_told_before_the_first_run() {
    let (_file, input) = sample::scenario("", &[]);
    let vary = ["swarm.seeders=1..8", "network.up=5 Mbit/s..20 Mbit/s"];
    let error = SensitivityStudy::new(request(input.clone(), &vary, &[])).unwrap_err().to_string();
    for words in ["swarm.seeders = ", "narrow the range of `swarm.seeders`: ", "nothing was run"] {
        assert!(error.contains(words), "{error}");
    }
    let both = ["swarm.seeders=1..4", "swarm.network_size=3..8"];
    let error = SensitivityStudy::new(request(input.clone(), &both, &[])).unwrap_err().to_string();
    assert!(error.contains("narrow the range of `swarm.seeders`"), "{error}");
    for (vary, words) in [
        (&["seed=1..8"][..], "`seed` is no input"),
        (&["network.up=1 Mbit/s..2 Mbit/s", "network.up=1 Mbit/s..4 Mbit/s"], "`network.up` is varied twice"),
    ] {
        let error = SensitivityStudy::new(request(input.clone(), vary, &[])).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

/// A run that has no time left has no makespan: its row does not count, which is told, and what
/// decides whether there is one is looked at, too.
#[test]
fn a_measure_without_value_is_told_and_looked_at() {
    let (_file, input) = sample::scenario("", &[]);
    let vary = ["stop.max_time=1 s..3 s", "network.latency=1 ms..2 ms"];
    let found = found(SensitivityRequest { places: 32, ..request(input, &vary, &["makespan_s"]) });
    let [value, emptiness] = found.influences.as_slice() else { panic!("two: {:?}", found.influences.len()) };
    let shares = value.shares.as_ref().unwrap();
    assert!(shares.left_out > 0 && shares.rows + shares.left_out == 16, "{shares:?}");
    assert!(emptiness.of_emptiness && emptiness.shares.as_ref().unwrap().left_out == 0);
    let [steps, shares] = bearings(emptiness);
    // A threshold is uneven along its own input, which steps cannot tell from what others decide.
    assert!([Bearing::Both, Bearing::Alone].contains(&steps[0]), "{steps:?}");
    assert_eq!(shares[0], Bearing::Alone, "time alone decides it");
    assert!([steps[1], shares[1]].iter().all(|bearing| *bearing >= Bearing::Little), "{steps:?} {shares:?}");
    assert_eq!(emptiness.shares.as_ref().unwrap().inputs.as_ref().unwrap()[0].total.value, 1.0);
}

/// What was finished is told, and the same runs are asked for again.
#[test]
fn an_early_end_leaves_what_was_finished() {
    let (_file, input) = sample::scenario("", &[]);
    let vary = ["network.up=5 Mbit/s..20 Mbit/s", "protocol=direct|codex-v2"];
    let request = request(input, &vary, &["makespan_s"]);
    let mut cut = SensitivityStudy::new(request.clone()).unwrap();
    // Screening takes four runs for each of eight places, the first look at shares five for eight.
    assert!(ask(&mut cut, 8 * 4 + 8 * 5 + 3).is_none());
    let early = cut.found();
    assert!(early.is_cut_short());
    assert_eq!(early.influences[0].shares.as_ref().unwrap().rows, 8);
    assert_eq!(cut.plan().len(), 8 * 4 + 8 * 5);
    let whole = found(request);
    assert!(!whole.is_cut_short());
    assert_eq!(whole.influences[0].shares.as_ref().unwrap().rows, 16);
    let steps = |found: &Sensitivity| found.influences[0].screening.as_ref().unwrap().inputs.clone();
    assert_eq!(steps(&early), steps(&whole));
    // From the first word to the second is up, and back is down.
    let signs: Vec<f64> = cut.designs[0].lengths.as_ref().unwrap().iter().map(|lengths| lengths[1]).collect();
    assert!(signs.iter().all(|sign| sign.abs() == 1.0) && signs.contains(&1.0) && signs.contains(&-1.0), "{signs:?}");
}

/// Chance has a part where it decides something, and repetitions make it smaller.
#[test]
fn repetitions_lower_the_floor() {
    let (_file, input) = sample::scenario(
        "",
        &["protocol=codex-v2", "swarm.network_size=8", "network.jitter={ exponential = { mean = \"40 ms\" } }"],
    );
    let floor = |repetitions| {
        let request = request(input.clone(), &["network.up=6 Mbit/s..14 Mbit/s"], &["makespan_s"]);
        let found = found(SensitivityRequest { repetitions, ..request });
        found.influences[0].shares.as_ref().unwrap().floor().unwrap().total.value
    };
    let (one, eight) = (floor(1), floor(8));
    assert!(one > 0.0 && eight < 0.6 * one, "{one} {eight}");
}

#[test]
fn storage_has_its_own_measures() {
    let text = "kind = \"storage\"\nsystem = \"codex-market\"\nhorizon = \"1 y\"\nhistories = 2\nseed = 1\n\
        [hosts]\ncount = 20\n[data]\ncount = 10\nsize = \"1 GB\"\n[code]\ndata = 4\ntotal = 6\n";
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(file.path(), text).unwrap();
    let input = Input { file: Some(file.path().into()), ..Input::default() };
    let study = SensitivityStudy::new(request(input, &[], &[])).unwrap();
    let names: Vec<&str> = study.asked.measures.iter().map(|measure| measure.name.as_str()).collect();
    assert_eq!(names, ["unit_loss", "repair_per_stored_byte_year"]);
    assert!(!study.asked.plan.of_swarm);
}
