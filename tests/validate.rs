//! `codexsim validate` as its users meet it.

use assert_cmd::assert::Assert;
use codexsim::results::{ValidationRow, read};
use std::fs;
use std::path::Path;

const HEAD: &str = "run_id,system,method,nodes,seeders,file_bytes,up_bps,down_bps,latency_s,role,start_s,t50_s,t100_s,bytes_rx,bytes_tx";

/// Two repetitions of a pair in Shadow, 1 MiB at 10 Mbit/s.
const PAIR: &str = "a,codex,shadow,2,1,1048576,10000000,10000000,0.001,seeder,,,,1,1100000\n\
    a,codex,shadow,2,1,1048576,10000000,10000000,0.001,leecher,0,0.7,0.93,1100000,1\n\
    b,codex,shadow,2,1,1048576,10000000,10000000,0.001,seeder,,,,1,1100000\n\
    b,codex,shadow,2,1,1048576,10000000,10000000,0.001,leecher,0,0.7,0.95,1100000,1\n";

fn codexsim(place: &Path, arguments: &[&str]) -> Assert {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("codexsim");
    command.current_dir(place).args(arguments).assert()
}

fn stderr(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
}

fn rows(place: &Path) -> Vec<ValidationRow> {
    read(fs::File::open(place.join("validation.csv")).unwrap()).unwrap()
}

fn folder(rows: &str) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir_all(place.path().join("m/deep")).unwrap();
    fs::write(place.path().join("m/deep/runs.csv"), format!("{HEAD}\n{rows}")).unwrap();
    place
}

#[test]
fn a_folder_of_measurements_is_compared_and_reported() {
    let place = folder(PAIR);
    let arguments = ["validate", "--measured", "m", "--seeds", "3", "--out", "o"];
    let assert = codexsim(place.path(), &arguments).code(0);
    let table = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(table.contains("2-1 1 MiB 10 Mbit/s") && table.contains("codex-shadow"), "{table}");
    let rows = rows(&place.path().join("o"));
    let row = |metric: &str| rows.iter().find(|r| r.metric == metric).unwrap();
    let makespan = row("makespan_s");
    assert_eq!((makespan.n, makespan.measured_min, makespan.measured_max), (2, Some(0.93), Some(0.95)));
    assert!((makespan.measured_median.unwrap() - 0.94).abs() < 1e-12);
    assert_eq!((makespan.predicted_n, makespan.evidence), (3, true));
    let (predicted, error) = (makespan.predicted_median.unwrap(), makespan.error.unwrap());
    assert!(predicted > makespan.bound.unwrap() && (error - (predicted / 0.94 - 1.0)).abs() < 1e-9);
    assert!(error.abs() < 0.1, "the model is not that far off: {error}");
    assert_eq!((row("t90_s").n, row("t90_s").covered), (0, None), "not measured");
    for report in ["validation.md", "validation.html"] {
        let text = fs::read_to_string(place.path().join("o").join(report)).unwrap();
        assert!(text.contains("2-1 1 MiB 10 Mbit/s") && text.contains("0.94 s [0.93 s .. 0.95 s]"), "{report}");
    }
}

#[test]
fn settings_change_the_world_and_threads_do_not_change_results() {
    let place = folder(PAIR);
    let validate = |out: &str, further: &[&str]| {
        let arguments = ["validate", "--measured", "m", "--seeds", "2", "--quiet", "--out", out];
        codexsim(place.path(), &[&arguments[..], further].concat()).code(0);
        fs::read_to_string(place.path().join(out).join("validation.csv")).unwrap()
    };
    let one = validate("one", &["-j", "1"]);
    assert_eq!(one, validate("two", &["-j", "2"]));
    assert_eq!(one, validate("one", &[]), "and finished runs are taken as they are");
    assert_ne!(one, validate("slow", &["--set", "network.up=1 Mbit/s"]));
}

#[test]
fn what_was_fitted_is_no_evidence() {
    let place = tempfile::tempdir().unwrap();
    let only = "system=codex,method=netns+tbf,commit=bd49591f,nodes=2|4,file_bytes=10485760,up_bps=10000000";
    codexsim(place.path(), &["validate", "--seeds", "1", "--quiet", "--only", only, "--out", "o"]).code(0);
    let evidence: Vec<(String, bool)> = rows(&place.path().join("o"))
        .into_iter()
        .filter(|row| row.metric == "makespan_s")
        .map(|row| (row.nodes, row.evidence))
        .collect();
    assert_eq!(evidence, [("4".into(), true), ("2".into(), false)], "evidence comes first");
}

#[test]
fn an_own_testbed_takes_rows_that_nobody_else_knows() {
    let place = folder(&PAIR.replace("codex,shadow", "ours,lab"));
    let assert = codexsim(place.path(), &["validate", "--measured", "m", "--out", "o"]).code(2);
    assert!(stderr(&assert).contains("no testbed is for such rows") && stderr(&assert).contains("system ours"));
    assert!(!place.path().join("o").exists(), "nothing is half-written");
    let testbed = "progress = \"storage\"\n[match]\nsystem = \"ours\"\n[scenario]\nprotocol = \"direct\"\n";
    fs::write(place.path().join("lab.toml"), testbed).unwrap();
    let arguments = ["validate", "--measured", "m", "--testbed", "./lab.toml", "--seeds", "1", "--quiet", "--out", "o"];
    codexsim(place.path(), &arguments).code(0);
    assert!(rows(&place.path().join("o")).iter().all(|row| row.testbed == "./lab.toml"));
}

#[test]
fn a_cell_that_cannot_be_re_created_does_not_hide_the_others() {
    let odd = PAIR.replace("a,codex", "c,codex").replace("b,codex", "d,codex").replace("shadow,2,1,", "shadow,2,2,");
    let odd = odd.replace("leecher", "seeder");
    let place = folder(&format!("{PAIR}{odd}"));
    let arguments = ["validate", "--measured", "m", "--seeds", "1", "--quiet", "--out", "o"];
    let assert = codexsim(place.path(), &arguments).code(3);
    let table = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(
        table.contains("not re-created: codex-shadow 2-2") && table.contains("leave nobody to download"),
        "{table}"
    );
    assert!(rows(&place.path().join("o")).iter().all(|row| row.seeders == "1"));
}

/// Members that differ in their links, come late or never, are away for a while, go when
/// they are done, or are idle; runs that no scenario says are refused by name.
#[test]
fn runs_of_unlike_members_are_re_created_and_others_refused_by_name() {
    let place = tempfile::tempdir().unwrap();
    let head = "run_id,system,nodes,seeders,file_bytes,down_bps,loss,settings,up_bps,role,start_s,leave_s,return_s,\
        seed_after,t100_s,bytes_tx";
    let run = |id: &str, loss: &str, settings: &str, members: [&str; 4]| -> String {
        let rows = members.map(|member| format!("{id},libtorrent,4,1,4194304,20000000,{loss},{settings},{member}\n"));
        rows.concat()
    };
    let plain = ["8000000,seeder,,,,,,9000000", "8000000,leecher,0,,,1,9,1", "8000000,leecher,0,,,1,9,1"];
    let with = |last: &str| [plain[0], plain[1], plain[2], last].map(str::to_owned);
    let runs = [
        ("mixed", "0.0", "{}", with("inf,leecher,2,3,5,0,9,1")),
        ("late", "", "", with("8000000,leecher,,,,1,,")),
        ("slots", "", "{\"\"unchoke_slots_limit\"\": 1}", with("8000000,leecher,0,,,1,9,1")),
        ("lossy", "0.01", "{}", with("8000000,leecher,0,,,1,9,1")),
        ("idle", "", "{}", with("8000000,idle,,,,,,")),
        ("mirror", "", "{}", with("8000000,mirror,,,,,,")),
        ("odd", "", "{\"\"mystery\"\": 1}", with("8000000,leecher,0,,,1,9,1")),
    ];
    let rows = runs.map(|(id, loss, settings, members)| {
        let settings = if settings.is_empty() { String::new() } else { format!("\"{settings}\"") };
        run(id, loss, &settings, members.each_ref().map(String::as_str))
    });
    fs::write(place.path().join("m.csv"), format!("{head}\n{}", rows.concat())).unwrap();
    let arguments = ["validate", "--measured", "m.csv", "--seeds", "2", "--quiet", "--out", "o"];
    let assert = codexsim(place.path(), &arguments).code(3);
    let table = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    for told in [
        "(mirror)\n  a member of the role `mirror`; a role is seeder, leecher or idle",
        "(odd)\n  the testbed libtorrent-netns has no setting `mystery`",
    ] {
        assert!(table.contains(told), "{told}\n{table}");
    }
    let rows = rows_of(&place.path().join("o"), "makespan_s");
    let names: Vec<&str> = rows.iter().map(|row| row.cell.as_str()).collect();
    let base = "4-1 4 MiB 8 Mbit/s";
    for (name, is_reached) in [
        ("4-1 4 MiB 8 Mbit/s to unlimited up 20 Mbit/s down every 1 s 3 leaves at 3 s returns at 5 s 1 leave when complete".to_owned(), true),
        (format!("{base} up 20 Mbit/s down 1 never there"), false),
        (format!("{base} up 20 Mbit/s down unchoke_slots_limit 1"), true),
        (format!("{base} up 20 Mbit/s down 1 % lost"), true),
        (format!("{base} up 20 Mbit/s down 1 idle"), true),
    ] {
        let row = rows.iter().find(|row| row.cell.starts_with(&name));
        let row = row.unwrap_or_else(|| panic!("no {name} in {names:?}"));
        assert_eq!(row.predicted_median.is_some(), is_reached, "{name}");
        assert_eq!(row.up_bps.is_empty(), name.contains(" to "), "where links differ there is no one capacity");
    }
    assert_eq!(rows.len(), 5);
}

fn rows_of(place: &Path, metric: &str) -> Vec<ValidationRow> {
    rows(place).into_iter().filter(|row| row.metric == metric).collect()
}

/// A folder as the storage team's benchmarks leave it: two nodes, 1 MB.
#[test]
fn a_benchmark_folder_is_re_created_in_the_cluster() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("m/e1");
    fs::create_dir_all(&folder).unwrap();
    let config = "{\"experiment_set_id\":\"s\",\"seeder_sets\":1,\"seeders\":1,\"file_size\":1000000,\
        \"nodes\":{\"network_size\":2},\"repetitions\":1,\"download_metric_unit_bytes\":1}\n";
    fs::write(folder.join("codex_experiment_config_log_entry.jsonl"), config).unwrap();
    let requests = "name,timestamp,node,destination,request_id,type\n\
        leech,2025-06-01 10:00:00.5+00:00,runner,codex-2,dataset-0-0,EventBoundary.start\n";
    fs::write(folder.join("request_event.csv"), requests).unwrap();
    let metrics = "name,timestamp,node,value,dataset_name\n\
        download,2025-06-01 10:00:00.7+00:00,codex-2,500000,dataset-0-0\n\
        download,2025-06-01 10:00:00.8+00:00,codex-2,1000000,dataset-0-0\n";
    fs::write(folder.join("download_metric.csv"), metrics).unwrap();
    let validate = |out: &str, further: &[&str]| {
        let arguments = ["validate", "--measured", "m", "--seeds", "1", "--quiet", "--out", out];
        codexsim(place.path(), &[&arguments[..], further].concat()).code(0);
        rows(&place.path().join(out)).into_iter().find(|row| row.metric == "t100_s").unwrap()
    };
    let row = validate("o", &[]);
    assert_eq!((row.testbed.as_str(), row.nodes.as_str(), row.file_bytes.as_str()), ("cluster-codex", "2", "1000000"));
    assert!((row.measured_median.unwrap() - 0.3).abs() < 1e-6, "from the request: {row:?}");
    let slow = validate("slow", &["--set", "network.up=10 Mbit/s"]);
    assert!(slow.predicted_median > row.predicted_median, "another cluster is said with --set");
}

#[test]
fn wrong_input_is_named_and_writes_nothing() {
    let place = folder(&PAIR.replace("0.95", "late"));
    let assert = codexsim(place.path(), &["validate", "--measured", "m", "--out", "o"]).code(2);
    let place_of = Path::new("m").join("deep").join("runs.csv");
    let message = format!("{}:5: column `t100_s` is `late`; expected a number, zero or more", place_of.display());
    assert!(stderr(&assert).contains(&message), "{}", stderr(&assert));
    let place = folder(PAIR);
    for (arguments, message) in [
        (["--measured", "none"], "none: "),
        (["--set", "swarm.seders=3"], "did you mean `seeders`?"),
        (["--only", "nodes=999"], "no measured cell meets --only"),
        (["--only", "nodes"], "is not a condition"),
        (["--only", "colour=red"], "colour"),
        (["--testbed", "none.toml"], "none.toml"),
    ] {
        let arguments = [&["validate", "--out", "o"][..], &arguments[..]].concat();
        let assert = codexsim(place.path(), &arguments).code(2);
        assert!(stderr(&assert).contains(message), "{arguments:?}: {}", stderr(&assert));
    }
    assert!(!place.path().join("o").exists(), "nothing is half-written");
}
