//! `codexsim sensitivity` as its users meet it.

use super::{SCENARIO, content, errors, printed};
use crate::common::place::Place;
use std::fs;

const VARY: [&str; 4] = ["--vary", "network.up=5 Mbit/s..20 Mbit/s", "--vary", "swarm.seeders=1|2"];

fn words<'a>(further: &[&'a str]) -> Vec<&'a str> {
    [&["sensitivity", "s.toml"], &VARY[..], further].concat()
}

#[test]
fn the_same_command_gives_the_same_files_and_goes_on_where_it_ended() {
    let place = Place::new(SCENARIO);
    let asked = ["--measure", "makespan_s", "--points", "8", "--reproducible", "--out"];
    let cut = words(&[&asked[..], &["a", "--budget", "0s"]].concat());
    assert!(errors(&place.codexsim(&cut).code(3)).contains("the same command goes on"));
    let told = printed(&place.codexsim(&words(&[&asked[..], &["a"]].concat())).code(0));
    assert!(told.starts_with("makespan: of its variance "), "{told}");
    place.codexsim(&words(&[&asked[..], &["b", "-j", "1"]].concat())).code(0);
    let [a, b] = ["a", "b"].map(|dir| content(&place.path(dir)));
    assert_eq!(a, b, "however often it was ended and on however many cores");
    let csv = fs::read_to_string(place.path("a/sensitivity.csv")).unwrap();
    assert_eq!(csv.lines().count(), 1 + 3, "two inputs and the seed");
    assert!(fs::read_to_string(place.path("a/sensitivity.html")).unwrap().contains("<svg"));
}

#[test]
fn without_ranges_it_screens_what_the_scenario_sets() {
    let place = Place::new(SCENARIO);
    let rows = printed(&place.codexsim(&["sensitivity", "s.toml", "--points", "8", "--format", "json"]).code(0));
    let rows: serde_json::Value = serde_json::from_str(&rows).unwrap();
    let inputs: Vec<&str> = rows.as_array().unwrap().iter().filter_map(|row| row["input"].as_str()).collect();
    assert!(inputs.contains(&"network.latency") && inputs.contains(&"swarm.file_size"), "{inputs:?}");
    assert!(rows[0]["mu_star"].is_number() && rows[0]["first"].is_null());
}

#[test]
fn what_cannot_be_asked_is_told_before_any_run() {
    let place = Place::new(SCENARIO);
    for (further, told) in [
        (&["--vary", "network.latncy=1 ms..2 ms"][..], "did you mean `network.latency`?"),
        (&["--vary", "network.latency=2 ms..1 ms"], "not below its high end"),
        (&["--vary", "network.up=1 Mbit/s..2 Mbit/s"], "varied twice"),
        (&["--vary", "seed=1..9"], "`seed` is no input"),
        (&["--vary", "swarm.network_size=2..4"], "or of `swarm.network_size`: with the value of either"),
        (&["--measure", "makespan"], "did you mean `makespan_s`?"),
        (&["--measure", "unit_loss"], "nothing of a swarm run"),
    ] {
        let told_of = errors(&place.codexsim(&words(further)).code(2));
        assert!(told_of.contains(told), "{further:?}: {told_of}");
    }
    assert!(!place.path("results").exists(), "nothing was written");
}
