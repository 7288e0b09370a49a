//! Parts of a plan, as batch systems carry them out.

use super::{SCENARIO, SWEEP, errors, printed, row_files};
use crate::common::place::Place;
use assert_cmd::assert::Assert;
use std::fs;

impl Place {
    /// A sweep into `a` as the task that `variable` numbers.
    fn task(&self, variable: (&str, &str), further: &[&str]) -> Assert {
        let mut command = self.command();
        command.env(variable.0, variable.1).args(["sweep", "s.toml", "--out", "a"]).args(further).assert()
    }
}

const VARIABLES: [&str; 3] = ["HQ_TASK_ID", "SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"];

#[test]
fn the_environment_changes_nothing_that_nobody_asked_for() {
    for variable in VARIABLES {
        let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
        let assert = place.task((variable, "0"), &["--quiet"]).code(0);
        assert_eq!(errors(&assert), "");
        assert_eq!((place.runs("a").records.len(), row_files(&place.path("a")).len()), (8, 8), "{variable}");
        let assert = place.task((variable, "0"), &[]).code(0);
        assert!(errors(&assert).contains(&format!("{variable} is set; with `--index env`")), "{}", errors(&assert));
    }
}

#[test]
fn the_number_of_threads_is_not_for_the_environment_to_say() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    let cores = std::thread::available_parallelism().unwrap().get().min(8);
    let mut command = place.command();
    let dry = command.env("RAYON_NUM_THREADS", "77").args(["sweep", "s.toml", "--dry-run"]).assert().code(0);
    assert!(printed(&dry).contains(&format!(" at {cores} runs at a time")), "{}", printed(&dry));
}

#[test]
fn the_index_comes_from_the_batch_system_when_it_is_asked() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    for (done, variable) in VARIABLES.into_iter().enumerate() {
        let index = (done + 3).to_string();
        let assert = place.task((variable, &index), &["--index", "env"]).code(0);
        assert!(errors(&assert).contains("computed 1, reused 0"), "{}", errors(&assert));
        let missing = format!("{} of 8 runs of the plan are missing, so no result files are written yet", 7 - done);
        assert!(errors(&assert).contains(&missing), "{}", errors(&assert));
    }
    assert_eq!(row_files(&place.path("a")).len(), 3);
    let assert = place.task(("SLURM_ARRAY_TASK_ID", "9"), &["--index", "env"]).code(2);
    assert!(errors(&assert).contains("SLURM_ARRAY_TASK_ID 9 is not in the plan"), "{}", errors(&assert));
    let assert = place.task(("HQ_TASK_ID", "one"), &["--index", "env"]).code(2);
    assert!(errors(&assert).contains("HQ_TASK_ID is `one`"), "{}", errors(&assert));
    let assert = place.codexsim(&["sweep", "s.toml", "--index", "env"]).code(2);
    assert!(errors(&assert).contains(&format!("none of {} is set", VARIABLES.join(", "))), "{}", errors(&assert));
}

/// A task that has done its own is good, or batch systems would try it again or give up;
/// that the plan is not complete is said even to those who want to hear nothing.
#[test]
fn a_part_that_is_done_says_what_is_missing() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    let assert = place.sweep("a", &["--index", "5", "--quiet"]).code(0);
    assert!(errors(&assert).contains("7 of 8 runs of the plan are missing"), "{}", errors(&assert));
    let assert = place.sweep("a", &["--shard", "1/2", "--quiet"]).code(0);
    assert!(errors(&assert).contains("3 of 8 runs of the plan are missing"), "{}", errors(&assert));
    assert!(!place.path("a/runs.csv").exists(), "whoever completes the plan writes the result files");
    let assert = place.sweep("a", &["--shard", "2/2", "--quiet"]).code(0);
    assert_eq!(errors(&assert), "", "nothing is missing");
    place.sweep("b", &["--budget", "0s", "--shard", "2/2"]).code(3);
    place.sweep("b", &["--budget", "0s", "--index", "2"]).code(3);
}

/// A task knows nothing of points that are not its own, so what is wrong with one of them
/// ends who makes all, and no task but its own.
#[test]
fn a_task_makes_its_own_point() {
    let wrong = SWEEP.replace("[3, 4]", "[3, 4, 1]");
    let place = Place::new(&format!("{SCENARIO}{wrong}"));
    let assert = place.sweep("a", &["--index", "2"]).code(0);
    assert!(errors(&assert).contains("11 of 12 runs of the plan are missing"), "{}", errors(&assert));
    let told = "(at the point swarm.network_size = 1, network.latency = 0 ms of the sweep)";
    for part in [&["--index", "8"][..], &["--dry-run"], &["--dry-run", "--index", "2"], &["--shard", "1/2"], &[]] {
        let assert = place.sweep("b", part).code(2);
        assert!(errors(&assert).contains(told), "{part:?}: {}", errors(&assert));
    }
    assert!(!place.path("b").exists(), "nothing was begun");
    // What is wrong in the file itself everyone finds.
    let place = Place::new(&format!("{SCENARIO}{}", SWEEP.replace("\"20 ms\"", "\"20 mm\"")));
    place.sweep("a", &["--index", "0"]).code(2);
}

/// A damaged row looks like a finished run until it is read.
#[test]
fn the_last_task_says_that_a_row_of_another_is_damaged() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    (0..7).for_each(|index| drop(place.sweep("a", &["--index", &index.to_string()]).code(0)));
    fs::write(&row_files(&place.path("a"))[0], "cut sho").unwrap();
    let assert = place.sweep("a", &["--index", "7", "--quiet"]).code(0);
    assert!(errors(&assert).contains("1 of 8 runs of the plan are missing"), "{}", errors(&assert));
    let assert = place.sweep("a", &[]).code(0);
    assert!(errors(&assert).contains("damaged and computed again: run "), "{}", errors(&assert));
    assert_eq!(place.runs("a").records.len(), 8);
}
