//! `codexsim calibrate` as its users meet it.

use assert_cmd::assert::Assert;
use codexsim::results::RunResult;
use codexsim::scenario::{Input, load};
use codexsim::{results, sim};
use std::fs;
use std::path::Path;

/// Nodes, bytes of the file, bit/s.
type World = (u32, u64, u64);

const PAIRS: [World; 4] =
    [(2, 4 << 20, 20_000_000), (2, 8 << 20, 100_000_000), (2, 2 << 20, 200_000_000), (2, 16 << 20, 400_000_000)];

/// An own testbed: `codex-v2` on the hardware that is to be found.
const TESTBED: &str = "progress = \"storage\"\n[match]\nsystem = \"made\"\n[scenario]\nprotocol = \"codex-v2\"\n\
    hardware = \"codex-netns-2025\"\nnetwork.latency = \"1 ms\"\n";

/// A folder with a testbed and, as if measured there, what the simulator itself
/// does in `worlds` with other constants.
fn folder(worlds: &[World], truth: &[&str]) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let testbed = place.path().join("lab.toml");
    fs::write(&testbed, TESTBED).unwrap();
    let mut table = "run_id,system,method,nodes,seeders,file_bytes,up_bps,down_bps,role,start_s,t100_s\n".to_string();
    for (i, (nodes, bytes, rate)) in worlds.iter().enumerate() {
        let own = [
            format!("swarm.network_size={nodes}"),
            "swarm.seeders=1".into(),
            format!("swarm.file_size={bytes} B"),
            format!("network.up={rate} bit/s"),
            format!("network.down={rate} bit/s"),
        ];
        let sets = own.into_iter().chain(truth.iter().map(|set| set.to_string())).collect();
        let input = Input { testbed: Some(testbed.display().to_string()), sets, ..Input::default() };
        let spec = load(&input).unwrap().run.into_swarm().unwrap();
        let outcome = sim::run(&spec, &mut |_| true).unwrap();
        let labels = results::Labels { run_id: "r", scenario: "s", protocol: "p", repetition: 0 };
        for node in RunResult::new(labels, &spec, &outcome).nodes {
            let times = node.t100_s.filter(|_| node.role == "leecher").map(|t| format!("0,{t}"));
            let (role, times) = (&node.role, times.unwrap_or(",".into()));
            table += &format!("r{i},made,lab,{nodes},1,{bytes},{rate},{rate},{role},{times}\n");
        }
    }
    fs::create_dir(place.path().join("m")).unwrap();
    fs::write(place.path().join("m/runs.csv"), table).unwrap();
    place
}

fn codexsim(place: &Path, arguments: &[&str]) -> Assert {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("codexsim");
    command.current_dir(place).args(arguments).assert()
}

/// Fits `keys` to the made measurements.
fn calibrate(place: &Path, keys: &str, further: &[&str]) -> Assert {
    let always = ["calibrate", "--measured", "m", "--testbed", "./lab.toml", "--seeds", "1", "--fit", keys];
    let date = ["--out", "fit.toml", "--date", "2026-11-22", "--quiet"];
    codexsim(place, &[&always[..], &date, further].concat())
}

fn stdout(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stdout).into_owned()
}

fn stderr(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
}

fn fitted(place: &Path) -> toml::Table {
    fs::read_to_string(place.join("fit.toml")).unwrap().parse().unwrap()
}

/// A cost in the file, in microseconds.
fn cost(place: &Path, name: &str) -> f64 {
    let text = fitted(place)["constants"][name].as_str().unwrap().to_owned();
    text.parse::<codexsim::units::Time>().unwrap().secs() * 1e6
}

#[test]
fn known_constants_are_found_again() {
    let truth = ["hardware.per_block_received=5 ms", "hardware.per_entry=400 us"];
    let place = folder(&PAIRS, &truth);
    let assert = calibrate(place.path(), "hardware.per_block_received,hardware.per_entry", &[]).code(0);
    let (received, entry) = (cost(place.path(), "per_block_received"), cost(place.path(), "per_entry"));
    let table = stdout(&assert);
    assert!((received / 5000.0 - 1.0).abs() < 0.05, "{received} us\n{table}");
    assert!((entry / 400.0 - 1.0).abs() < 0.05, "{entry} us\n{table}");
    assert!(table.matches("pinned down").count() == 2, "{table}");
    assert_eq!(cost(place.path(), "per_block_sent"), 1400.0, "the others are those of the testbed");
    assert!(table.contains("[[calibrated_on]]\ncells = {}\nparameters = [\"hardware.per_block_received\", "));
}

#[test]
fn the_file_can_be_used_and_says_where_it_comes_from() {
    let place = folder(&PAIRS[..3], &["hardware.per_entry=400 us"]);
    calibrate(place.path(), "hardware.per_entry", &[]).code(0);
    let file = fitted(place.path());
    assert_eq!((file["date"].as_str(), file["calibrated"].as_bool()), (Some("2026-11-22"), Some(true)));
    let source = file["source"].as_str().unwrap();
    assert!(source.contains("2-1 4 MiB 20 Mbit/s") && source.contains("--fit hardware.per_entry"), "{source}");
    let sets = ["--set", "swarm.network_size=2", "--set", "swarm.seeders=1", "--set", "swarm.file_size=1 MiB"];
    let used = ["run", "--set", "hardware=fit.toml", "--out", "o", "--quiet"];
    codexsim(place.path(), &[&used[..], &sets].concat()).code(0);
    let first = fs::read_to_string(place.path().join("fit.toml")).unwrap();
    let assert = calibrate(place.path(), "hardware.per_entry", &[]).code(2);
    assert!(stderr(&assert).contains("--force replaces it"), "{}", stderr(&assert));
    calibrate(place.path(), "hardware.per_entry", &["--force", "-j", "1"]).code(0);
    let second = fs::read_to_string(place.path().join("fit.toml")).unwrap();
    assert_eq!(first, second, "the same again, with any number of threads");
    // What was ended in between goes on: only what is missing is computed.
    let kept = ["--force", "--rows", "kept"];
    calibrate(place.path(), "hardware.per_entry", &kept).code(0);
    let rows = || {
        let files = fs::read_dir(place.path().join("kept/rows")).unwrap().map(|entry| entry.unwrap());
        let mut rows: Vec<_> = files.map(|file| (file.path(), file.metadata().unwrap().modified().unwrap())).collect();
        rows.sort();
        rows
    };
    let before = rows();
    before.iter().step_by(3).for_each(|(path, _)| fs::remove_file(path).unwrap());
    calibrate(place.path(), "hardware.per_entry", &kept).code(0);
    let after = rows();
    assert_eq!(after.len(), before.len());
    let anew = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    assert_eq!(anew, before.len().div_ceil(3), "of {}", before.len());
    assert_eq!(fs::read_to_string(place.path().join("fit.toml")).unwrap(), first);
}

#[test]
fn a_constant_without_effect_is_told_and_not_written() {
    let place = folder(&PAIRS[..3], &["hardware.per_entry=400 us"]);
    let keys = "hardware.per_entry,network.transport.queue=1 s";
    let table = stdout(&calibrate(place.path(), keys, &[]).code(0));
    assert!(table.contains("network.transport.queue has no effect on these cells"), "{table}");
    assert!(table.contains("parameters = [\"hardware.per_entry\"]"), "{table}");
    assert!(!fs::read_to_string(place.path().join("fit.toml")).unwrap().contains("queue ="));
    fs::remove_file(place.path().join("fit.toml")).unwrap();
    calibrate(place.path(), "network.transport.queue=1 s", &[]).code(3);
    assert!(!place.path().join("fit.toml").exists(), "nothing was fitted, nothing is written");
}

/// All blocks have 64 KiB: a cost per MiB is sixteen times one per block, up to
/// the few bytes that are no blocks.
#[test]
fn constants_that_act_together_are_confounded() {
    let place = folder(&PAIRS, &["hardware.per_block_received=5 ms"]);
    let keys = "hardware.per_block_received,hardware.per_mib=5 ms";
    let table = stdout(&calibrate(place.path(), keys, &["--set", "hardware.per_block_sent=0 s"]).code(0));
    assert!(table.contains("confounded with hardware.per_mib"), "{table}");
    assert!(table.contains("hardware.per_block_received and hardware.per_mib are confounded"), "{table}");
    let remark = fs::read_to_string(place.path().join("fit.toml")).unwrap();
    assert!(remark.contains("# fitted: confounded with hardware.per_mib"), "{remark}");
}

/// Kinds of keys mixed: an overlay. Counts, rates and times are fitted alike.
#[test]
fn mixed_keys_become_an_overlay() {
    let place = folder(&PAIRS, &["hardware.per_entry=400 us", "network.latency=20 ms"]);
    let table = stdout(&calibrate(place.path(), "hardware.per_entry,network.latency", &[]).code(0));
    fs::write(
        place.path().join("lab-scenario.toml"),
        "[swarm]\nnetwork_size = 2\nseeders = 1\nfile_size = \"1 MiB\"\n",
    )
    .unwrap();
    let file = fitted(place.path());
    let latency = file["network"]["latency"].as_str().unwrap().parse::<codexsim::units::Time>().unwrap();
    assert!((latency.secs() / 0.02 - 1.0).abs() < 0.05, "{file}\n{table}");
    codexsim(place.path(), &["check", "lab-scenario.toml", "-p", "fit.toml"]).code(0);
}

#[test]
fn wrong_input_is_named_and_writes_nothing() {
    let place = folder(&PAIRS[..2], &[]);
    for (keys, further, message) in [
        ("hardware.per_entri", &[][..], "did you mean `hardware.per_entry`?"),
        ("hardware.per_mib", &[], "--fit hardware.per_mib=VALUE"),
        ("hardware.per_entry=3 MB", &[], "`3 MB` is no start"),
        ("network.up", &[], "`network.up` differs among the chosen cells"),
        ("network.model", &[], "no quantity"),
        ("hardware.per_entry,hardware.per_entry", &[], "stands twice"),
        ("=2", &[], "is not a key"),
        ("hardware.per_entry", &["--only", "nodes=9"], "no measured cell of the testbed ./lab.toml meets --only"),
        ("hardware.per_entry", &["--only", "colour=red"], "no cell has a column `colour`"),
        ("hardware.per_entry", &["--set", "swarm.seders=1"], "did you mean `seeders`?"),
        ("hardware.per_entry", &["--max-evaluations", "0"], "max-evaluations"),
    ] {
        let assert = calibrate(place.path(), keys, further).code(2);
        assert!(stderr(&assert).contains(message), "{keys} {further:?}: {}", stderr(&assert));
    }
    for (arguments, message) in [
        (["--testbed", "codex-netn", "--out", "f.toml"], "did you mean `codex-netns`?"),
        (["--testbed", "codex-netns", "--out", "f.txt"], "ends with .toml"),
        (["--testbed", "codex-netns", "--out", "no/f.toml"], "no such folder"),
        (["--testbed", "codex-netns", "--date", "yesterday"], "is not a date"),
    ] {
        let assert = codexsim(place.path(), &[&["calibrate", "--fit", "hardware.per_entry"][..], &arguments].concat());
        let assert = assert.code(2);
        assert!(stderr(&assert).contains(message), "{arguments:?}: {}", stderr(&assert));
    }
    let left: Vec<_> = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "the testbed, the measurements and nothing else: {left:?}");
}
