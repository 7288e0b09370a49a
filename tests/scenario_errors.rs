//! Every file in `tests/bad_scenarios` must be refused with exactly the message
//! kept beside it. After an intended change of messages, run with
//! `UPDATE_EXPECTED=1` and read the difference.

use codexsim::protocols::ProtocolSpec;
use codexsim::scenario::{Base, Input, models};
use codexsim::study::Plan;
use std::path::{Path, PathBuf};

const FOLDER: &str = "tests/bad_scenarios";

fn bad_files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    files.sort();
    files
}

fn message(input: &Input) -> String {
    // All points of a sweep are read too.
    match Plan::new(input).and_then(|plan| plan.cells()) {
        Ok(_) => "accepted".into(),
        Err(error) => error.to_string(),
    }
}

/// The message with what follows from the lists of models and families put in their
/// place: who adds one changes no message.
fn without_lists(message: String) -> String {
    let list = |names: Vec<&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let mut text = message.replace(&list(ProtocolSpec::FAMILIES.to_vec()), "{families}");
    for kind in ["protocols", "networks", "churn", "discovery", "hardware", "testbeds"] {
        let names = models().into_iter().filter(|model| model.kind == kind).map(|model| model.name).collect();
        text = text.replace(&format!("models/{kind} ({})", list(names)), &format!("models/{kind} ({{all of them}})"));
    }
    text
}

#[test]
fn every_bad_scenario_gives_its_message() {
    let files = bad_files();
    assert!(files.len() >= 24, "only {} files", files.len());
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let mut different = Vec::new();
    for file in files {
        let got = without_lists(message(&Input { file: Some(file.clone()), ..Input::default() })) + "\n";
        let expected_file = file.with_extension("expected");
        if update {
            std::fs::write(&expected_file, &got).unwrap();
        }
        let expected = std::fs::read_to_string(&expected_file).unwrap_or_default();
        if got != expected {
            different.push(format!("{}\n--- expected\n{expected}--- got\n{got}", file.display()));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn every_message_shows_place_caret_and_what_was_expected() {
    for file in bad_files() {
        let got = message(&Input { file: Some(file.clone()), ..Input::default() });
        for part in ["error: ", "--> tests/bad_scenarios/", "^", " = expected "] {
            assert!(got.contains(part), "{} lacks `{part}`:\n{got}", file.display());
        }
    }
}

#[test]
fn settings_are_named_as_they_were_typed() {
    let set = |text: &str| message(&Input { sets: vec![text.into()], ..Input::default() });
    let got = set("swarm.seders=3");
    let expected = "\
error: unknown key `seders`
 --> --set swarm.seders=3
  |
  | swarm.seders=3
  |       ^^^^^^
  = expected one of `network_size`, `seeders`, `file_size`, `block_size`, `group`, `start`, `seeder_set`
  = did you mean `seeders`?";
    assert_eq!(got, expected);
    assert!(set("network.up=10 Mbps").contains("did you mean `Mbit/s`?"));
    assert!(set("swarm.seeders").contains("has no `=`"));
    assert!(set("swarm..seeders=3").contains("is not a key"));
    assert!(set("extends=x.toml").contains("belongs in a file"));
}

#[test]
fn other_layers_are_named_too() {
    let folder = tempfile::tempdir().unwrap();
    let overlay = folder.path().join("overlay.toml");
    std::fs::write(&overlay, "[network]\nlatency = \"50\"\n").unwrap();
    let got = message(&Input { overlays: vec![overlay.clone()], ..Input::default() });
    assert!(got.contains(&format!("{}:2:11", Path::new(&overlay).display())), "{got}");

    let got = message(&Input { protocol: Some("codex-v22".into()), ..Input::default() });
    assert!(got.contains("--> --protocol codex-v22") && got.contains("did you mean `codex-v2`?"), "{got}");

    let got = message(&Input { file: Some("tests/bad_scenarios/none.toml".into()), ..Input::default() });
    assert!(got.contains("cannot read `tests/bad_scenarios/none.toml`: there is no such file"), "{got}");

    let listed = Input { sets: vec!["sweep.\"swarm.seeders\"=[40]".into()], ..Input::default() };
    let got = Base::read(&listed).unwrap().point(&[0]).unwrap_err().to_string();
    assert!(got.contains("--> --set sweep.\"swarm.seeders\"=[40]") && got.contains("1 to 31"), "{got}");
}

/// What nobody wrote is not shown as if somebody had: an error is at what was set, or at nothing.
#[test]
fn what_holds_by_default_is_not_blamed() {
    let hosts = ["kind=\"storage\"", "horizon=1 y", "data.count=10", "data.size=10 GB", "hosts.count=20"];
    let with = |set: &str| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("s.toml");
        std::fs::write(&file, "name = \"s\"\n").unwrap();
        let sets = hosts.iter().chain([&set]).map(|set| set.to_string()).collect();
        message(&Input { file: Some(file), sets, ..Input::default() })
    };
    for (set, place) in [
        ("hosts.count=2", "--> --set hosts.count=2\n"),
        ("data.size=10 PB", "--> --set data.size=10 PB\n"),
        ("system=storj", "--> --set hosts.count=20\n"),
    ] {
        let got = with(set);
        assert!(got.contains(place) && !got.contains("defaults:1"), "{set}: {got}");
    }
}

#[test]
fn an_empty_scenario_is_said_to_be_empty() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nothing.toml");
    std::fs::write(&file, "\n").unwrap();
    let got = message(&Input { file: Some(file), ..Input::default() });
    assert!(got.contains("missing keys") && got.contains("nothing.toml` is empty"), "{got}");
}
