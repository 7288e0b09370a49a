//! Points drawn from ranges, and repetitions until a measure is known.

use super::{SCENARIO, errors, printed, row_files};
use crate::common::place::Place;

#[test]
fn a_design_is_extended_without_repeating_a_run() {
    let place = Place::new(SCENARIO);
    let sweep = |points: &str, further: &[&str]| {
        let vary = ["--vary", "network.up=1 Mbit/s..100 Mbit/s log", "--vary", "swarm.network_size=3..9"];
        let words = [&["sweep", "s.toml", "--out", "a", "--points", points][..], &vary, further];
        place.codexsim(&words.concat())
    };
    let dry = sweep("4", &["--dry-run"]).code(0);
    assert!(printed(&dry).contains("4 points by sobol of network.up = 1 Mbit/s..100 Mbit/s log"), "{}", printed(&dry));
    assert!(errors(&sweep("4", &[]).code(0)).contains("computed 4, reused 0"));
    assert!(errors(&sweep("8", &[]).code(0)).contains("computed 4, reused 4"));
    assert_eq!((place.runs("a").records.len(), row_files(&place.path("a")).len()), (8, 8));
    let wrong = sweep("8", &["--design", "soble"]).code(2);
    assert!(errors(&wrong).contains("did you mean `sobol`?"), "{}", errors(&wrong));
}

/// Without chance four repetitions are enough; where messages are late by chance it goes on to
/// what is allowed. The same command finds all of it.
#[test]
fn repetitions_are_added_until_a_measure_is_known() {
    let jitter = "[{ fixed = { value = \"0 ms\" } }, { uniform = { low = \"0 ms\", high = \"900 ms\" } }]";
    let place = Place::new(&format!("{SCENARIO}[sweep]\n\"network.jitter\" = {jitter}\n"));
    let words = ["sweep", "s.toml", "--out", "a", "--precision", "makespan_s=0.1%", "--most-repetitions", "8"];
    let first = place.codexsim(&words).code(0);
    let said = "makespan_s within 0.1 %, 4 to 8 repetitions at a point: reached at 1 of 2 points";
    assert!(errors(&first).contains(said), "{}", errors(&first));
    assert!(errors(&first).contains("still too wide at network.jitter = { uniform"), "{}", errors(&first));
    assert!(errors(&first).contains("computed 12, reused 0"), "{}", errors(&first));
    assert_eq!(place.runs("a").records.len(), 12);
    let files = row_files(&place.path("a"));
    let again = place.codexsim(&words).code(0);
    assert!(errors(&again).contains("computed 0, reused 12"), "{}", errors(&again));
    assert!(files.len() == 12 && row_files(&place.path("a")) == files);
    let wrong = place.codexsim(&["sweep", "s.toml", "--precision", "makespan=2%"]).code(2);
    assert!(errors(&wrong).contains("did you mean `makespan_s`?"), "{}", errors(&wrong));
}
