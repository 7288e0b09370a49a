//! `codexsim impact` as the author of an RFC meets it: two sides in a small pack,
//! the reports, and what is said when something is wrong.

use crate::common::place::Place;
use codexsim::results::{Manifest, RunTable};
use serde_json::Value;
use std::fs;

/// Two worlds of a few milliseconds.
const PACK: &str = r#"
name = "tiny"
seed = 5
[swarm]
file_size = "2 MB"
[network]
up = "20 Mbit/s"
down = "20 Mbit/s"
[[sweep.cells]]
name = "near"
"swarm.network_size" = 4
"swarm.seeders" = 1
"network.latency" = "5 ms"
"network.jitter" = { fixed = { value = 0.0 } }
[[sweep.cells]]
name = "far"
"swarm.network_size" = 6
"swarm.seeders" = 2
"network.latency" = "50 ms"
"network.jitter" = { exponential = { mean = 0.01 } }
"#;
const FILES: [&str; 5] = ["verdict.json", "impact.md", "impact.html", "impact-changes.svg", "impact-bytes.svg"];

impl Place {
    fn verdict(&self, dir: &str) -> Value {
        serde_json::from_str(&self.text(dir, "verdict.json")).unwrap()
    }

    fn text(&self, dir: &str, name: &str) -> String {
        fs::read_to_string(self.path(dir).join(name)).unwrap()
    }

    /// Carries `impact` out in the pack `s.toml` and gives what it printed.
    fn impact(&self, dir: &str, sides: &[&str], code: i32) -> String {
        let arguments = [&["impact", "--pack", "./s.toml", "--reproducible", "--out", dir], sides].concat();
        String::from_utf8(self.codexsim(&arguments).code(code).get_output().stdout.clone()).unwrap()
    }
}

fn quantities(verdict: &Value) -> impl Iterator<Item = &Value> {
    ["quantities", "classes"].into_iter().flat_map(|list| verdict[list].as_array().unwrap())
}

/// Quantities with a verdict. (In a network without capacities there is no bound,
/// hence no efficiency.)
fn reached(verdict: &Value) -> impl Iterator<Item = &Value> {
    let (with, without): (Vec<_>, Vec<_>) = quantities(verdict).partition(|line| !line["verdict"].is_null());
    assert!(without.iter().all(|line| line["quantity"] == "efficiency"), "{without:?}");
    with.into_iter()
}

fn quantity<'a>(verdict: &'a Value, name: &str) -> &'a Value {
    quantities(verdict).find(|line| line["quantity"] == name).unwrap()
}

/// Difference by class: those that differ.
fn differences(verdict: &Value) -> Vec<(String, i64)> {
    let parts = verdict["bytes"]["by_class"].as_array().unwrap();
    let number = |part: &Value, side: &str| part[side].as_i64().unwrap();
    let difference =
        |part: &Value| (part["class"].as_str().unwrap().to_owned(), number(part, "change") - number(part, "base"));
    parts.iter().map(difference).filter(|(_, difference)| *difference != 0).collect()
}

#[test]
fn two_protocols_are_compared_in_all_forms() {
    let place = Place::new(PACK);
    let printed =
        place.impact("r", &["--base", "direct", "--change", "codex-v3c", "--max-pairs", "8", "--margin", "1%"], 0);
    assert!(printed.starts_with("codex-v3c against direct: "), "{printed}");
    let verdict = place.verdict("r");
    let wire = quantity(&verdict, "wire_per_payload");
    assert_eq!(wire["verdict"], "MORE", "proofs and wants come on top: {wire}");
    let (page, section) = (place.text("r", "impact.html"), place.text("r", "impact.md"));
    let effect = format!("+{:.1} % [", 100.0 * wire["effect"].as_f64().unwrap());
    for text in [&printed, &page, &section] {
        assert!(text.contains(&effect), "{effect} {text}");
    }
    assert!(section.contains("codexsim impact --base direct --change codex-v3c --pack ./s.toml"));
    let sum = |side: &str| {
        let parts = verdict["bytes"]["by_class"].as_array().unwrap().iter();
        parts.map(|part| part[side].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!(Some(sum("base")), verdict["bytes"]["base"].as_u64());
    assert_eq!(Some(sum("change")), verdict["bytes"]["change"].as_u64());
    let table = RunTable::read(fs::File::open(place.path("r/runs.csv")).unwrap()).unwrap();
    let bytes = |side: &str| {
        let mine = table.records.iter().filter(|record| record.extra[0] == side);
        mine.map(|record| record.run.wire_bytes.unwrap()).sum::<u64>()
    };
    assert_eq!(
        (bytes("base"), bytes("change")),
        (sum("base"), sum("change")),
        "the runs of the study are those compared"
    );
    let pairs = verdict["pairs"].as_u64().unwrap();
    assert_eq!(Manifest::read(&place.path("r")).unwrap().runs_planned, pairs * 4);
    place.codexsim(&["report", "r", "--baseline", "direct", "--quiet"]).code(0);
}

#[test]
fn the_same_again_is_the_same_and_more_pairs_build_on_it() {
    let place = Place::new(PACK);
    let sides = ["--base", "bittorrent", "--change", "bitswap"];
    place.impact("a", &[&sides[..], &["--max-pairs", "4", "-j", "1"]].concat(), 0);
    place.impact("b", &[&sides[..], &["--max-pairs", "4", "-j", "2"]].concat(), 0);
    let rows = |dir: &str| fs::read_dir(place.path(dir).join("rows")).unwrap().count();
    for file in FILES.iter().chain(&["runs.csv", "nodes.csv", "manifest.json"]) {
        assert!(place.text("a", file) == place.text("b", file), "{file} differs");
    }
    let before = rows("a");
    place.impact("a", &[&sides[..], &["--max-pairs", "6"]].concat(), 0);
    assert_eq!(rows("a"), before + 8, "two pairs in two worlds on two sides");
    assert_eq!(place.verdict("a")["pairs"], 6);
}

/// A manifest of 50 B more, in a network in which size takes no time: that is all
/// that happens, once for each leecher.
#[test]
fn a_message_that_is_larger_is_the_difference_and_nothing_else_is() {
    let place = Place::new(PACK);
    let ideal = ["--set", "network.model=ideal", "--set", "network.transport=none", "--max-pairs", "4"];
    let sides =
        ["--base", "codex-v3c", "--change", "codex-v3c", "--change-set", "protocol.codex-v3c.manifest_size=150 B"];
    place.impact("r", &[&sides[..], &ideal].concat(), 0);
    let verdict = place.verdict("r");
    let (pairs, leechers) = (4, 3 + 4);
    assert_eq!(verdict["pairs"], pairs);
    assert_eq!(differences(&verdict), [("manifest".to_owned(), 50 * pairs * leechers)]);
    for line in reached(&verdict) {
        // Fifty bytes in two megabytes are below 0.01 % of the wire.
        assert_eq!(line["verdict"], "NO PRACTICAL CHANGE", "{line}");
    }
    let manifest = quantity(&verdict, "manifest_per_payload");
    assert!(manifest["effect"].as_f64().unwrap() > 0.02, "small, but told: {manifest}");
}

/// The same with a message that there are many of: the set-up of connections.
#[test]
fn a_larger_handshake_is_more_of_handshakes_alone() {
    let place = Place::new(PACK);
    let ideal = ["--set", "network.model=ideal", "--set", "swarm.file_size=1 MB", "--max-pairs", "4"];
    let sides = ["--base", "codex-v2", "--change", "codex-v2", "--change-set", "network.transport.handshake=1400 B"];
    place.impact("r", &[&sides[..], &ideal].concat(), 0);
    let verdict = place.verdict("r");
    let found = differences(&verdict);
    assert_eq!(found.len(), 1, "{found:?}");
    let (class, bytes) = &found[0];
    // 150 B more, still one segment, in each direction of every connection: at most
    // one between any two of 4 and of 6 nodes.
    assert!(class == "handshake" && bytes % 300 == 0 && *bytes > 0 && *bytes <= 4 * 300 * (6 + 15), "{found:?}");
    for line in reached(&verdict) {
        let more = line["quantity"] == "handshake_per_payload";
        assert_eq!(line["verdict"], if more { "MORE" } else { "NO PRACTICAL CHANGE" }, "{line}");
    }
    assert!((quantity(&verdict, "handshake_per_payload")["effect"].as_f64().unwrap() - 0.12).abs() < 1e-9);
}

#[test]
fn what_is_worse_can_fail_a_check() {
    let place = Place::new(PACK);
    let slower = ["--base", "direct", "--change", "direct", "--change-set", "network.up=10 Mbit/s", "--max-pairs", "8"];
    place.impact("r", &slower, 0);
    let printed = place.impact("r", &[&slower[..], &["--fail-if-worse"]].concat(), 4);
    assert!(printed.contains("worse: median t100 +"), "{printed}");
    let quicker = ["--base", "direct", "--change", "direct", "--base-set", "network.up=10 Mbit/s", "--max-pairs", "8"];
    place.impact("q", &[&quicker[..], &["--fail-if-worse"]].concat(), 0);
}

/// What each form of the report in `dir` and standard output begin with.
fn first_words(place: &Place, dir: &str, printed: &str) -> [String; 4] {
    let answer = place.verdict(dir)["answer"][0].as_str().unwrap().to_owned();
    let section = place.text(dir, "impact.md").lines().nth(2).unwrap().to_owned();
    let page = place.text(dir, "impact.html");
    let strong = page.split("<strong>").nth(1).unwrap().split("</strong>").next().unwrap();
    [printed.lines().next().unwrap().to_owned(), answer, section, strong.to_owned()]
}

/// A limit on time that one world keeps and the other does not.
#[test]
fn what_fails_is_named_first_in_every_form() {
    let place = Place::new(PACK);
    let sides = |set: &'static str| ["--base", "direct", "--change", "direct", "--max-pairs", "4", "--change-set", set];
    place.impact("q", &sides("network.up=30 Mbit/s"), 0);
    let other = place.verdict("q");
    let ends = |world: &Value| {
        let makespan = world["quantities"].as_array().unwrap().iter().find(|line| line["quantity"] == "makespan_s");
        (makespan.unwrap()["base"].as_f64().unwrap(), world["name"].as_str().unwrap().to_owned())
    };
    let mut worlds: Vec<(f64, String)> = other["worlds"].as_array().unwrap().iter().map(ends).collect();
    worlds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let [(soon, quick), (late, slow)] = &worlds[..] else { panic!("{worlds:?}") };
    let set = format!("stop.max_time={:.2} s", 0.5 * (soon + late));
    let sides = ["--base", "direct", "--change", "direct", "--max-pairs", "4", "--change-set", &set];
    let printed = place.impact("r", &sides, 0);
    let words = format!(
        "direct ({set}) against direct: FAILS in {slow}; of 2 worlds better in 0, worse in 0, not exercised in 1 \
         ({quick}), by median t100."
    );
    assert_eq!(first_words(&place, "r", &printed), [words.as_str(); 4]);
    let how = format!("FAILS in {slow}: the change does not complete in 4 of 4 pairs, the base in 0");
    assert!(printed.contains(&how), "{printed}");
    let verdict = place.verdict("r");
    let time = quantity(&verdict, "makespan_s");
    assert_eq!((&time["verdict"], &time["change"], &time["excluded"]), (&"FAILS".into(), &Value::Null, &4.into()));
    let arguments = [&["impact", "--pack", "./s.toml", "--out", "r", "--fail-if-worse"], &sides[..]].concat();
    let said = String::from_utf8(place.codexsim(&arguments).code(4).get_output().stderr.clone()).unwrap();
    assert!(said.contains(&format!("worse: FAILS in {slow}\n")), "{said}");
    // Beside another change: not one of the base's numbers is another.
    let bases = |verdict: &Value| {
        let all = verdict["quantities"].as_array().unwrap().iter();
        all.map(|line| (line["quantity"].clone(), line["base"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(bases(&verdict), bases(&other));
}

#[test]
fn what_was_not_exercised_is_a_verdict_of_its_own() {
    let place = Place::new(PACK);
    let printed = place.impact("r", &["--base", "codex-v2", "--change", "codex-v2"], 4);
    let words = "codex-v2 (change) against codex-v2 (base): NOT EXERCISED: all 8 pairs of runs are equal to the byte, so \
                 nothing is known of the change.";
    assert_eq!(first_words(&place, "r", &printed), [words; 4]);
    assert!(printed.contains("\nBase and change are the same"), "{printed}");
    assert!(!printed.contains("NO PRACTICAL CHANGE") && !printed.contains("better"), "{printed}");
    // 31 blocks fit into each window.
    let wide = ["--base", "codex-v2", "--change", "codex-v2", "--change-set", "protocol.codex-v2.window=512"];
    let printed = place.impact("q", &wide, 4);
    let verdict = place.verdict("q");
    assert_eq!(verdict["exercised"], false);
    let pack = verdict["exercised_in"]["pack"].as_str().unwrap();
    assert!(printed.contains(&format!("\nThe pack {pack} does exercise it")), "{printed}");
    let there = [&["impact", "--pack", pack, "--max-pairs", "2", "--out", "p"], &wide[..]].concat();
    place.codexsim(&there).code(0);
    assert_eq!(place.verdict("p")["exercised"], true);
}

/// The words of a command as a shell would split them.
fn shell_words(line: &str) -> Vec<String> {
    let quoted = line.split('\'').enumerate();
    let words = quoted.flat_map(|(index, part)| match index % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

/// Each command in docs/impact.md that what it prints stands below does print that
/// today. `UPDATE_EXPECTED=1` writes it anew, to be read before it is committed.
#[test]
fn the_documentation_shows_what_is_printed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/impact.md");
    let (text, place) = (fs::read_to_string(path).unwrap(), Place::new(PACK));
    let mut parts: Vec<String> = text.split("```").map(str::to_owned).collect();
    let mut shown = 0;
    for index in (1..parts.len()).step_by(2) {
        let Some(expected) = parts[index].strip_prefix("text\n") else { continue };
        let command = parts[index - 2].strip_prefix("sh\ncodexsim ").expect("the command stands above");
        let (arguments, dir) = (shell_words(command), format!("r{index}"));
        let words = arguments.iter().map(String::as_str).chain(["--reproducible", "--quiet", "--out", &dir]);
        let assert = place.codexsim(&words.collect::<Vec<_>>());
        let printed = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
        // The sentences; the tables begin after an empty line.
        let sentences = format!("{}\n", printed.split("\n\n").next().unwrap());
        if std::env::var_os("UPDATE_EXPECTED").is_none() {
            assert_eq!(expected, sentences, "of {command}");
        }
        parts[index] = format!("text\n{sentences}");
        shown += 1;
    }
    assert_eq!(shown, 3);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(path, parts.join("```")).unwrap();
    }
}

#[test]
fn time_that_is_up_is_said_and_nothing_is_lost() {
    let place = Place::new(PACK);
    let sides = ["--base", "direct", "--change", "bittorrent"];
    let arguments = [&["impact", "--pack", "./s.toml", "--out", "r", "--budget", "0s"], &sides[..]].concat();
    let assert = place.codexsim(&arguments).code(3);
    let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(said.contains("fewer than 4 pairs were finished; the same command goes on"), "{said}");
    assert!(!place.path("r/verdict.json").exists());
    let printed = place.impact("r", &[&sides[..], &["--max-pairs", "2"]].concat(), 0);
    assert!(FILES.iter().all(|file| place.path("r").join(file).exists()));
    place.codexsim(&[&arguments[..], &["--seed", "9"]].concat()).code(2);
    place.codexsim(&[&arguments[..], &["--seed", "9", "--force"]].concat()).code(3);
    assert!(FILES.iter().all(|file| !place.path("r").join(file).exists()), "they are of other runs");
    assert!(printed.contains("2 pairs of runs in each of 2 worlds"), "{printed}");
    assert!(printed.contains("UNDECIDED (needs about "), "two pairs of random choices decide little: {printed}");
    assert!(!printed.contains(", about "), "with --reproducible nothing is said of real time: {printed}");
}

#[test]
fn wrong_input_is_told_with_what_was_meant() {
    let place = Place::new(PACK);
    let refused = |arguments: &[&str], words: &str| {
        let arguments = [&["impact", "--out", "r"], arguments].concat();
        let assert = place.codexsim(&arguments).code(2);
        let error = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        assert!(error.contains(words), "{error}");
    };
    let pack = ["--pack", "./s.toml"];
    let with = |further: &[&'static str]| [&pack[..], further].concat();
    refused(&["--base", "direct", "--change", "direct", "--pack", "quik"], "did you mean `quick`?");
    refused(&with(&["--base", "codex-v2", "--change", "codex-v33c"]), "did you mean `codex-v3c`?");
    refused(&with(&["--base", "direct", "--change", "direct", "--margin", "2"]), "is not a share such as 95%");
    let varied = with(&["--base", "direct", "--change", "direct", "--change-set", "network.latency=1 ms"]);
    refused(&varied, "the pack varies `network.latency`");
    let foreign = with(&["--base", "direct", "--change", "direct", "--change-set", "protocol=bitswap"]);
    refused(&foreign, "`protocol=bitswap` is no setting of one side");
    for (set, words) in [
        ("protocol=bitswap", "`protocol=bitswap` would be the protocol of both sides"),
        ("protocol={bitswap={}}", "would be the protocol of both sides"),
        ("protocol.bitswap.preload=3", "a setting turns `codex-v2` into `bitswap`"),
        ("protocol.codex-v3c.manifest_size=150 B", "a setting turns `codex-v2` into `codex-v3c`"),
        ("seed=3\nprotocol=\"bitswap\"", "a setting turns `codex-v2` into `bitswap`"),
    ] {
        refused(&with(&["--base", "codex-v2", "--change", "codex-v3c", "--set", set]), words);
    }
    let other = with(&["--base", "direct", "--change", "direct", "--change-set", "protocol.ideal={}"]);
    refused(&other, "a setting turns `direct` into `ideal`");
    let unknown = with(&["--base", "direct", "--change", "direct", "--change-set", "network.upp=1 Mbit/s"]);
    refused(&unknown, "did you mean `up`?");
    fs::write(place.path("p.toml"), "extends = \"s.toml\"\n[sweep]\nprotocol = [\"direct\", \"bitswap\"]\n").unwrap();
    refused(&["--base", "direct", "--change", "direct", "--pack", "./p.toml"], "the pack varies `protocol`");
    assert!(!place.path("r").exists(), "nothing was begun");
}
