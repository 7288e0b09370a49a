//! Verdicts about sides of which the truth is known.

use super::{
    Duel, Elsewhere, Examined, Impact, ImpactMetric, ImpactRequest, ImpactSide, ImpactVerdict, Observation, Party,
    SeenPairs, looks,
};
use crate::results::{Labels, RunResult};
use crate::scenario::Input;
use crate::study::sample::Willing;
use crate::study::{Cache, Options, Plan, Runner};
use std::io::Write;
use tempfile::NamedTempFile;

const TRIALS: u64 = 200;

/// Two worlds of three nodes in which messages are late at random.
const WORLDS: &str = r#"
name = "worlds"
[swarm]
network_size = 3
seeders = 1
file_size = "1 MB"
[network]
model = "fifo"
up = "20 Mbit/s"
down = "20 Mbit/s"
jitter = { exponential = { mean = 0.004 } }
[[sweep.cells]]
name = "near"
"network.latency" = "20 ms"
[[sweep.cells]]
name = "far"
"network.latency" = "60 ms"
"#;

/// `model` against itself with `sets`, at most `max_pairs` times, in [`WORLDS`].
fn duel(pack: &NamedTempFile, model: &str, [base, change]: [&str; 2], max_pairs: u32) -> Duel {
    let side = |set: &str| ImpactSide {
        model: model.into(),
        sets: Some(set).filter(|set| !set.is_empty()).map(str::to_owned).into_iter().collect(),
    };
    let request = ImpactRequest {
        pack: pack.path().display().to_string(),
        base: side(base),
        change: side(change),
        common: Input::default(),
        confidence: 0.95,
        margin: 0.02,
        max_pairs,
    };
    Duel::new(request).unwrap_or_else(|error| panic!("{error}"))
}

fn pack(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::with_suffix(".toml").unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// As [`Duel::carry_out`], in memory.
fn examine(duel: &Duel) -> Impact {
    let plan = duel.plan(duel.request.max_pairs);
    let mut seen: Vec<SeenPairs> = vec![vec![]; duel.worlds.len()];
    for pairs in looks(duel.request.max_pairs) {
        for pair in seen[0].len()..pairs as usize {
            for (world, seen) in seen.iter_mut().enumerate() {
                let [base, change] = [0, 1].map(|side| observe(&plan, duel.run(pair, world, side)));
                seen.push([base, change].map(Some));
            }
        }
        let impact = duel.impact(&seen, None);
        if impact.is_decided() || pairs == duel.request.max_pairs {
            return impact;
        }
    }
    unreachable!("the last look is at all pairs")
}

fn observe(plan: &Plan, index: usize) -> Observation {
    let spec = plan.spec(index).unwrap().into_swarm().unwrap();
    let outcome = crate::sim::run(&spec, &mut |_| true).expect("nobody abandons it");
    let labels = Labels { run_id: "", scenario: "", protocol: "", repetition: 0 };
    Observation::of(&RunResult::new(labels, &spec, &outcome))
}

fn verdicts(impact: &Impact) -> Vec<ImpactVerdict> {
    impact.lines().filter_map(|line| line.verdict).collect()
}

/// Every run of the plan is one side of one pair in one world; both sides have the
/// same seed and seeders, and worlds keep their names.
#[test]
fn sides_of_a_pair_meet_in_one_world() {
    let pack = pack(&WORLDS.replacen("[[sweep.cells]]", "[sweep]\nseeder_sets = 2\n[[sweep.cells]]", 1));
    let duel = duel(&pack, "direct", ["", "network.up=10 Mbit/s"], 4);
    let names: Vec<&str> = duel.worlds.iter().map(|world| world.name.as_str()).collect();
    assert_eq!(duel.worlds[3].settings, "network.latency = 60 ms");
    assert_eq!(names, ["near, seeder set 0", "near, seeder set 1", "far, seeder set 0", "far, seeder set 1"]);
    let plan = duel.plan(3);
    let mut runs = Vec::new();
    for (pair, world) in (0..3).flat_map(|pair| (0..4).map(move |world| (pair, world))) {
        let [base, change] = [0, 1].map(|side| duel.run(pair, world, side));
        runs.extend([base, change]);
        let (a, b) = (plan.place(base), plan.place(change));
        assert_eq!((a.seeder_set, a.repetition), (b.seeder_set, b.repetition));
        assert_eq!((a.repetition as usize, a.seeder_set as usize), (pair, world % 2));
        let specs = [base, change].map(|run| plan.spec(run).unwrap().into_swarm().unwrap());
        assert_eq!(specs[0].seed, specs[1].seed);
        assert_eq!(specs.map(|spec| spec.world.links[0].up.0), [20_000_000, 10_000_000]);
        let values = [a, b].map(|place| plan.values(place.point));
        assert_eq!(values.each_ref().map(|values| values.get("side")), ["base", "change"]);
        assert_eq!(values.map(|values| values.get("name")), [["near", "far"][world / 2]; 2]);
    }
    runs.sort_unstable();
    assert_eq!(runs, (0..plan.len()).collect::<Vec<_>>());
}

/// Each comparison has a folder of its own, whose name is no longer than a file's may be.
#[test]
fn comparisons_have_names_of_their_own() {
    let pack = pack(WORLDS);
    let name = |change: &dyn Fn(&mut ImpactRequest)| {
        let mut request = duel(&pack, "direct", ["", ""], 4).request;
        request.pack = "quick".into();
        change(&mut request);
        Duel::new(request).unwrap().name().to_owned()
    };
    let plain = name(&|_| ());
    assert_eq!(plain, "impact-quick-direct-direct");
    assert_eq!(name(&|request| request.max_pairs = 8), plain, "which is the same comparison");
    let dir = tempfile::tempdir().unwrap();
    let model = |folder: &str, stem: &str| {
        let path = dir.path().join(folder).join(format!("{stem}.toml"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "description = \"\"\nextends = \"direct\"\n").unwrap();
        path.display().to_string()
    };
    let long = "\u{e9}".repeat(120);
    let (a, b, long) = (model("a", "own"), model("b", "own"), model("a", &long));
    let names = [
        plain,
        name(&|request| request.common.sets = vec!["seed=2".into()]),
        name(&|request| request.base.sets = vec!["seed=2".into()]),
        name(&|request| request.change.sets = vec!["seed=2".into()]),
        name(&|request| request.common.overlays = vec![pack.path().into()]),
        name(&|request| request.common.seed = Some(2)),
        name(&|request| request.change.model = a.clone()),
        name(&|request| request.change.model = b.clone()),
        name(&|request| (request.base.model, request.change.model) = (long.clone(), long.clone())),
    ];
    for (index, name) in names.iter().enumerate() {
        assert!(!names[..index].contains(name) && name.len() <= 255, "{name}");
    }
}

/// Names and settings make a world, and what a pack says of protocols is said to be idle.
#[test]
fn worlds_count_once_and_leave_the_protocol_open() {
    let refused = |from: &str, to: &str| {
        let pack = pack(&WORLDS.replace(from, to));
        let mut request = duel(&super::tests::pack(WORLDS), "direct", ["", ""], 4).request;
        request.pack = pack.path().display().to_string();
        Duel::new(request).map(|_| ()).unwrap_err().to_string()
    };
    let same = refused("60 ms", "0.02 s");
    assert!(same.contains("has a world twice: `near` and `far`"), "{same}");
    assert!(refused("\"far\"", "\"near\"").contains("has a world twice: `near` and `near`"));
    let choosing = pack(&format!("protocol = \"codex-v2\"\n{WORLDS}"));
    let warnings = |pack: &NamedTempFile| duel(pack, "direct", ["", ""], 4).warnings().join("; ");
    assert!(warnings(&choosing).contains("`protocol = \"codex-v2\"`"), "{}", warnings(&choosing));
    assert!(!warnings(&pack(WORLDS)).contains("protocol"));
}

/// A pair is four runs here; looks are at 4, 8 and 10 pairs. However often time is
/// up, nothing is judged in between. What was not compared is no part of the
/// study, stays, and is not computed again.
#[test]
fn what_is_cut_short_is_judged_at_planned_looks_only() {
    let (pack, dir) = (pack(WORLDS), tempfile::tempdir().unwrap());
    let options = Options { threads: 1, reproducible: true };
    let go_on = |runs: usize| {
        let host = Willing::to_begin(runs);
        let mut examined = Examined::new(duel(&pack, "bittorrent", ["seed=1", "seed=2"], 10));
        let runner = Runner::new(Cache::folder(dir.path()).unwrap(), options, &host);
        runner.ask(&mut examined).unwrap();
        let rows = std::fs::read_dir(dir.path().join("rows")).unwrap().count();
        let pairs = examined.impact.as_ref().map(|impact| impact.pairs);
        assert_eq!(examined.plan.len(), 4 * pairs.unwrap_or(0), "the study is what was compared");
        assert!(examined.impact.is_none_or(|impact| impact.seconds_per_pair.is_none()), "it is to be reproducible");
        (pairs, examined.next_look, rows)
    };
    // Each look whose runs are all there asks once whether another may begin.
    assert_eq!(go_on(15), (None, Some(4), 15), "three pairs and three runs");
    assert_eq!(go_on(1), (Some(4), Some(8), 16), "the noise of BitTorrent is not decided at once");
    assert_eq!(go_on(9), (Some(4), Some(8), 24));
    assert_eq!(go_on(6), (Some(4), Some(8), 29));
    assert_eq!(go_on(6), (Some(8), Some(10), 33));
    assert_eq!(go_on(99), (Some(10), None, 40));
}

/// The same model with the same seeds is the same in every byte: that is no evidence of
/// anything.
#[test]
fn a_against_itself_is_not_exercised_at_the_first_look() {
    let pack = pack(WORLDS);
    for model in ["bittorrent", "codex-v3c", "codex-v3d", "bitswap"] {
        let impact = examine(&duel(&pack, model, ["", ""], 64));
        assert_eq!(impact.pairs, 4);
        assert!(!impact.is_exercised() && impact.standings.iter().all(|standing| standing.alike == 4), "{model}");
        assert!(verdicts(&impact).iter().all(|verdict| *verdict == ImpactVerdict::NotExercised), "{model}");
        assert_eq!(impact.bytes.difference(), 0);
        assert!(impact.by_world.iter().flatten().all(|line| line.verdict == Some(ImpactVerdict::NotExercised)));
        assert_ne!(impact.names[0], impact.names[1]);
    }
}

/// A window of 512 of a file of 16 blocks is one of 256; a file of 763 blocks, in the
/// cheapest world of other packs that has so many, it is not.
#[test]
fn what_does_nothing_here_is_found_elsewhere() {
    let pack = pack(WORLDS);
    let options = Options { threads: 1, reproducible: true };
    let sides = |change: &str| duel(&pack, "codex-v2", ["", change], 4);
    let found = |change: &str, patience: usize| {
        let host = Willing::to_begin(patience);
        Runner::new(Cache::memory(), options, &host).ask(&mut sides(change).search()).unwrap().answer
    };
    let wide = "protocol.codex-v2.window=512";
    let there = found(wide, usize::MAX);
    let Some(Elsewhere::World { pack: name, world }) = there else { panic!("{there:?}") };
    let there = Duel::new(ImpactRequest { pack: name.clone(), ..sides(wide).request }).unwrap();
    let index = there.worlds.iter().position(|other| other.name == world).unwrap();
    let dataset = &there.cells[2 * index].base.swarm().unwrap().world.dataset;
    assert!(dataset.size.get() / dataset.block_size.get() > 256, "{name}, {world}");
    assert_eq!(found("", usize::MAX), Some(Elsewhere::Same));
    assert_eq!(found(wide, 0), None, "time was up");
}

/// In the far world the change has no time to complete: it fails there, whatever it is
/// in the other, and the numbers of the base are those that it has beside any change.
#[test]
fn what_does_not_complete_fails_and_moves_no_number_of_the_base() {
    let pack = pack(WORLDS);
    let sides = |base: &str, change: &str| examine(&duel(&pack, "direct", [base, change], 4));
    let line = |impact: &Impact, metric| impact.whole.iter().find(|line| line.metric == metric).unwrap().clone();
    let other = sides("", "network.up=30 Mbit/s");
    let ends = |world: usize| other.by_world[world][3].base.unwrap();
    let limit = format!("stop.max_time={} s", 0.5 * (ends(0) + ends(1)));
    let cut = sides("", &limit);
    assert_eq!(cut.standings.iter().map(|s| s.fails).collect::<Vec<_>>(), [None, Some(Party::Change)]);
    assert_eq!(cut.standings[1].incomplete, [0, 4]);
    assert!(!cut.standings[0].is_exercised(), "which is the same until the limit");
    for metric in [ImpactMetric::MedianTime, ImpactMetric::SlowTime, ImpactMetric::Makespan, ImpactMetric::Efficiency] {
        let (here, there) = (line(&cut, metric), line(&other, metric));
        assert_eq!((here.base, here.verdict), (there.base, Some(ImpactVerdict::Fails)), "{metric:?}");
        assert_eq!((here.change, here.included, here.excluded), (None, 4, 4), "{metric:?}");
    }
    // A class that neither side has is left out, and has no bytes.
    for metric in ImpactMetric::all() {
        let base =
            |impact: &Impact| impact.lines().find(|line| line.metric == metric).map_or(Some(0.0), |line| line.base);
        assert_eq!(base(&cut), base(&other), "{metric:?}");
    }
    let fixed = sides(&limit, "");
    assert_eq!(fixed.standings[1].fails, Some(Party::Base));
    assert!(fixed.whole.iter().all(|line| !line.metric.is_of_time() || !line.is_better()), "{:?}", fixed.whole);
    assert!(line(&fixed, ImpactMetric::Unfinished).is_better());
}

/// A wider path that is longer is quicker for a large file and slower for a small one. There is no number of both.
#[test]
fn worlds_that_do_not_agree_have_no_number_together() {
    let worlds = WORLDS
        .replace("\"network.latency\" = \"60 ms\"", "\"network.latency\" = \"60 ms\"\n\"swarm.file_size\" = \"40 kB\"");
    let pack =
        pack(&worlds.replace(
            "\"network.latency\" = \"20 ms\"",
            "\"network.latency\" = \"20 ms\"\n\"swarm.file_size\" = \"8 MB\"",
        ));
    let mut request = duel(&pack, "direct", ["", "network.up=40 Mbit/s"], 8).request;
    request.change.sets.push("network.jitter={ fixed = { value = 0.2 } }".into());
    let impact = examine(&Duel::new(request).unwrap());
    let time = &impact.whole[0];
    let each: Vec<f64> = impact.by_world.iter().map(|lines| lines[0].effect).collect();
    assert!(each[0] < -0.1 && each[1] > 0.1, "{each:?}");
    let range = time.range.unwrap();
    assert_eq!((range.low, range.high, range.is_sure), (each[0], each[1], true));
    assert_eq!(time.verdict, Some(ImpactVerdict::Mixed));
    assert!(impact.is_decided() && !time.is_better() && !time.is_worse());
    assert_eq!(impact.worse_here(&impact.by_world[1])[0].metric, ImpactMetric::MedianTime);
}

/// Other seeds on the other side: nothing is paired any more, and every
/// difference is chance.
#[test]
fn a_against_itself_with_other_seeds_is_no_change_either() {
    let pack = pack(WORLDS);
    let (mut same, mut wrong, mut most) = (0, 0, 0);
    for trial in 0..TRIALS {
        let seeds = [format!("seed={}", 2 * trial + 1), format!("seed={}", 2 * trial + 2)];
        let impact = examine(&duel(&pack, "codex-v2", [&seeds[0], &seeds[1]], 64));
        let told = verdicts(&impact);
        same += u64::from(told.iter().all(|verdict| *verdict == ImpactVerdict::NoPracticalChange));
        wrong += u64::from(told.iter().any(|verdict| matches!(verdict, ImpactVerdict::Less | ImpactVerdict::More)));
        most = most.max(impact.pairs);
        let times = |line: &super::ImpactLine| line.base != line.change;
        assert!(impact.whole[..4].iter().all(times), "there is noise in every time");
    }
    assert!(same * 100 >= 95 * TRIALS, "no change in {same} of {TRIALS}");
    assert!(wrong * 100 <= 5 * TRIALS, "a change in {wrong} of {TRIALS}");
    assert!(most > 4, "the noise was enough to make some trials go on");
}

/// BitTorrent chooses at random: too much noise for 16 pairs to show that nothing
/// changes, but not a reason to claim that something does.
#[test]
fn noise_that_hides_everything_is_no_change_and_no_verdict() {
    let pack = pack(WORLDS);
    let (mut wrong, mut open) = (0, 0);
    for trial in 0..TRIALS {
        let seeds = [format!("seed={}", 2 * trial + 1), format!("seed={}", 2 * trial + 2)];
        let impact = examine(&duel(&pack, "bittorrent", [&seeds[0], &seeds[1]], 16));
        let told = verdicts(&impact);
        wrong += u64::from(told.iter().any(|verdict| matches!(verdict, ImpactVerdict::Less | ImpactVerdict::More)));
        open += u64::from(told.iter().any(|verdict| !verdict.is_decided()));
    }
    assert!(wrong * 100 <= 5 * TRIALS, "a change in {wrong} of {TRIALS}");
    assert!(open * 100 >= 95 * TRIALS, "undecided in {open} of {TRIALS} only");
}

/// A tenth off the rate takes a tenth longer: of the downlink alone, which one
/// leecher has to itself, so that the truth is known: 1 / 0.9090909.
#[test]
fn a_tenth_more_is_found() {
    let pack = pack(&WORLDS.replace("network_size = 3", "network_size = 2").replace("1 MB", "8 MB"));
    let mut found = 0;
    for trial in 0..20 {
        let seed = format!("seed={}", trial + 1);
        let duel = duel(&pack, "direct", ["", "network.down=18 Mbit/s"], 64);
        let mut request = duel.request;
        request.common.sets = vec![seed, "network.transport=none".into()];
        let impact = examine(&Duel::new(request).unwrap());
        let line = |metric| impact.whole.iter().find(|line| line.metric == metric).unwrap();
        let time = line(ImpactMetric::MedianTime);
        found += u64::from(time.verdict == Some(ImpactVerdict::More) && (time.effect - 0.1).abs() < 0.02);
        assert_eq!(line(ImpactMetric::Wire).verdict, Some(ImpactVerdict::NoPracticalChange));
        assert_eq!(impact.bytes.difference(), 0);
    }
    assert_eq!(found, 20);
}
