//! What the program tells without running anything.

use super::{SCENARIO, SWEEP, errors, printed};
use crate::common::place::Place;
use std::fs;

#[test]
fn explain_tells_a_key_and_knows_its_name() {
    let place = Place::new("");
    let told = place.codexsim(&["explain", "protocol.codex-v2.window"]).success().get_output().stdout.clone();
    let told = String::from_utf8(told).unwrap();
    for part in ["Blocks wanted", "at least 1", "1024 (models/protocols/codex-v2.toml)", "codex/node.nim:56"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let wrong = place.codexsim(&["explain", "protocol.codex-v2.windw"]).code(2).get_output().stderr.clone();
    assert!(String::from_utf8(wrong).unwrap().contains("did you mean `protocol.codex-v2.window`?"));
}

#[test]
fn explain_knows_columns_and_models_and_what_is_near_to_them() {
    let place = Place::new("");
    for (asked, words) in [("makespan_s", "measures"), ("codex-v1", "calibrated: read in the code")] {
        let told = printed(&place.codexsim(&["explain", asked]).code(0));
        assert!(told.contains(words), "{told}");
    }
    let near = [("makespan", "makespan_s"), ("codexv1", "codex-v1"), ("swarm.seders", "swarm.seeders")];
    for (asked, meant) in near.into_iter().chain([("windw", "window")]) {
        let wrong = place.codexsim(&["explain", asked]).code(2);
        assert!(errors(&wrong).contains(&format!("did you mean `{meant}`?")), "{}", errors(&wrong));
    }
    assert!(!errors(&place.codexsim(&["explain", "zz"]).code(2)).contains("did you mean"));
}

#[test]
fn schema_is_json_and_models_is_a_list() {
    let place = Place::new(SCENARIO);
    let schema = printed(&place.codexsim(&["schema"]).code(0));
    assert!(serde_json::from_str::<serde_json::Value>(&schema).unwrap().is_object());
    place.codexsim(&["models"]).code(0);
}

#[test]
fn models_are_rows_too() {
    let place = Place::new(SCENARIO);
    let json = printed(&place.codexsim(&["models", "--format", "json"]).code(0));
    let models: serde_json::Value = serde_json::from_str(&json).unwrap();
    let model = models.as_array().unwrap().iter().find(|m| m["name"] == "codex-v2").unwrap();
    assert_eq!((&model["kind"], &model["calibrated"]), (&"protocols".into(), &true.into()));
    let csv = printed(&place.codexsim(&["models", "--format", "csv"]).code(0));
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(reader.records().map(Result::unwrap).count(), models.as_array().unwrap().len());
}

#[test]
fn shells_and_the_manual_know_every_command() {
    let place = Place::new(SCENARIO);
    let help = printed(&place.codexsim(&["--help"]).code(0));
    // Longer descriptions go on in further lines, which begin further right.
    let is_command = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let words = listed.filter(is_command).map(|line| line.split_whitespace().next().unwrap());
    let commands: Vec<&str> = words.filter(|command| *command != "help").collect();
    assert!(commands.contains(&"view") && commands.contains(&"man"), "{help}");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = printed(&place.codexsim(&["completions", shell]).code(0));
        assert!(commands.iter().all(|command| script.contains(command)), "{shell}");
    }
    // A hyphen that is none is marked in such a page.
    let page = printed(&place.codexsim(&["man"]).code(0)).replace("\\-", "-");
    assert!(page.contains(".TH codexsim") && commands.iter().all(|command| page.contains(command)));
    place.codexsim(&["man", "pages"]).code(0);
    for command in commands {
        let page = fs::read_to_string(place.path(&format!("pages/codexsim-{command}.1"))).unwrap();
        assert!(page.contains(".TH"), "{command}");
    }
}

#[test]
fn check_prints_the_scenario_or_the_mistake() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    let assert = place.codexsim(&["check", "s.toml"]).code(0);
    assert!(printed(&assert).contains("network_size"), "{}", printed(&assert));
    assert!(errors(&assert).contains("ok: 4 points, 8 runs"), "{}", errors(&assert));
    place.codexsim(&["check", "s.toml", "--set", "network.latency=20"]).code(2);
}
