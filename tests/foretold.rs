//! What is said of a run beforehand, against what it takes. (How long is `cargo bench --bench
//! foretold`.)

use crate::common::foretold::{SCENARIO, SMALL, foretold_and_taken};
use crate::common::place::Place;
use crate::common::protocols;

#[test]
fn memory_is_foretold_within_a_factor_of_two() {
    let place = Place::new(SCENARIO);
    let mut outside = Vec::new();
    for protocol in protocols() {
        for swarm in SMALL {
            let (foretold, taken) =
                foretold_and_taken(env!("CARGO_BIN_EXE_codexsim"), &place.path(""), protocol, swarm);
            assert!(foretold.seconds > 0.0 && taken.seconds > 0.0, "{protocol} {swarm:?}: {foretold:?} {taken:?}");
            let ratio = foretold.memory_bytes / taken.memory_bytes;
            if !(0.5..=2.0).contains(&ratio) {
                outside.push(format!("{protocol} {swarm:?}: {foretold:?} {taken:?}"));
            }
        }
    }
    assert!(outside.is_empty(), "{outside:#?}");
}
