//! Numbers for transfers, from swarms: their files, and their use in storage scenarios.

use crate::common::place::Place;
use codexsim::scenario::{Input, explain, load, models};
use codexsim::sim::Spec;
use codexsim::storage::TransferSpec;
use codexsim::units::{Rate, Time};
use std::fs;

const STORAGE: &str = "kind = \"storage\"\nhorizon = \"1 y\"\nhosts = { count = 10 }\n\
                       data = { count = 3, size = \"1 GB\" }\ncode = { data = 4, total = 6 }\n";

fn with(place: &Place, sets: &[&str]) -> Result<TransferSpec, String> {
    let sets = sets.iter().map(|set| set.to_string()).collect();
    let input = Input { file: Some(place.path("s.toml")), sets, ..Input::default() };
    let scenario = load(&input).map_err(|error| error.to_string())?;
    let again = Input { file: Some(place.path("again.toml")), ..Input::default() };
    fs::write(place.path("again.toml"), &scenario.resolved).unwrap();
    assert_eq!(load(&again).unwrap().fingerprint, scenario.fingerprint, "{}", scenario.resolved);
    let Spec::Storage(spec) = scenario.run else { panic!("a storage run") };
    Ok(spec.repair.transfer)
}

/// The words of a command line without escapes.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    let words = parts.flat_map(|(at, part)| match at % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

/// The command in each file makes it again: numbers, runs, fingerprints, comments.
#[test]
fn every_transfer_is_what_its_command_makes() {
    let place = Place::new("");
    let transfers: Vec<_> = models().into_iter().filter(|model| model.kind == "transfers").collect();
    assert!(transfers.iter().any(|model| model.name == "codex-v2"));
    let without_version = |text: &str| {
        let lines = text.lines().map(|line| line.split(", by codexsim ").next().unwrap_or_default().to_owned());
        lines.collect::<Vec<_>>()
    };
    for model in transfers {
        let command = words(model.source.split(", by codexsim ").next().unwrap());
        let out = format!("{}.toml", model.name);
        let mut arguments: Vec<&str> = command[1..].iter().map(String::as_str).collect();
        arguments.extend(["--date", &model.date, "--quiet", "--out", &out]);
        place.codexsim(&arguments).code(0);
        let made = fs::read_to_string(place.path(&out)).unwrap();
        assert_eq!(without_version(&made), without_version(model.text), "codexsim {}", arguments.join(" "));
    }
}

#[test]
fn a_name_stands_for_numbers_and_can_be_changed_in_parts() {
    let place = Place::new(STORAGE);
    assert_eq!(with(&place, &[]).unwrap(), TransferSpec::default());
    let named = with(&place, &["repair.transfer=codex-v2"]).unwrap();
    assert!(named.rate.is_some() && named.fetched == 1.25 && named.startup > Time::ZERO, "{named:?}");
    let changed = with(&place, &["repair.transfer={ extends = 'codex-v2', rate = '1 Mbit/s' }"]).unwrap();
    assert_eq!(changed, TransferSpec { rate: Some(Rate(1_000_000)), ..named });
    let own = with(&place, &["repair.transfer={ startup = '3 s' }"]).unwrap();
    assert_eq!(own, TransferSpec { startup: Time::from_secs(3), ..TransferSpec::default() });
    let unknown = with(&place, &["repair.transfer=codexv2"]).unwrap_err();
    assert!(unknown.contains("did you mean `codex-v2`?") && unknown.contains("`codexsim transfer"), "{unknown}");
    let wrong = with(&place, &["repair.transfer={ extends = 'codex-v2', strtup = '3 s' }"]).unwrap_err();
    assert!(wrong.contains("did you mean `startup`?"), "{wrong}");
}

/// A key that may be a name has keys of its own all the same.
#[test]
fn every_number_is_explained() {
    let form = |key: &str| explain(key).swap_remove(0).form;
    assert!(form("repair.transfer").contains("a name"), "{}", form("repair.transfer"));
    for key in ["extends", "startup", "efficiency", "rate", "wire_per_byte", "fetched"] {
        let known = explain(&format!("repair.transfer.{key}"));
        assert!(known.len() == 1 && known[0].settable && !known[0].meaning.is_empty(), "{key}: {known:?}");
    }
}

#[test]
fn a_transfer_that_was_measured_is_a_file_for_scenarios() {
    let place = Place::new(STORAGE);
    let small = ["--slots", "4 MiB,16 MiB"];
    let make = |further: &[&str]| place.codexsim(&[&["transfer", "--quiet"], &small[..], further].concat());
    make(&["--protocol", "codex-v1", "--out", "mine.toml"]).code(0);
    let mine = with(&place, &["repair.transfer=./mine.toml"]);
    assert!(mine.as_ref().is_err(), "a setting is not relative to the file: {mine:?}");
    fs::write(place.path("s.toml"), format!("{STORAGE}repair = {{ transfer = \"./mine.toml\" }}\n")).unwrap();
    assert!(with(&place, &[]).unwrap().rate.is_some());
    make(&["--protocol", "codex-v1", "--out", "mine.toml"]).code(2);
    make(&["--protocol", "no-such"]).code(2);
    make(&["--set", "network.up=1 Mbit/s"]).code(2);
    make(&["--data", "6"]).code(2);
    make(&["--link", "unlimited"]).code(2);
    place.codexsim(&["transfer", "--slots", "4 MiB"]).code(2);
}
