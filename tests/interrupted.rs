//! A run that somebody ends before its end: what there is of it is right.

use crate::common::{checked, spec};
use codexsim::ledger::Status;
use codexsim::sim::{run, run_while};

/// Large enough to be asked whether they go on, which is every 2^16 events.
const RUNS: [&[&str]; 5] = [
    &["protocol=codex-v2", "swarm.file_size=2 GB"],
    &["protocol=codex-v3c", "swarm.file_size=200 MB"],
    &["protocol=codex-v3d", "swarm.file_size=200 MB"],
    &["protocol=bittorrent", "swarm.file_size=50 MB"],
    &["protocol=bitswap", "swarm.file_size=20 MB"],
];

#[test]
fn an_interrupted_run_keeps_its_books() {
    for sets in RUNS {
        let spec = spec(sets);
        let whole = checked(&spec);
        let often = whole.events >> 16;
        assert!(often > 0, "{sets:?}: {} events are too few", whole.events);
        for patience in [1, often] {
            let mut asked = 0;
            let mut patient = |_| {
                asked += 1;
                asked < patience
            };
            let part = run_while(&spec, &mut patient);
            assert_eq!((part.status, part.events), (Status::Interrupted, patience << 16), "{sets:?}");
            assert_eq!(part.violations, [], "{sets:?}");
            assert!(part.completed() <= whole.completed() && part.wire_bytes() < whole.wire_bytes(), "{sets:?}");
            assert_eq!(part.checkpoints[..], whole.checkpoints[..part.checkpoints.len()], "the same up to there");
        }
        assert!(run(&spec, &mut |_| false).is_none(), "who wants whole runs gets no part of one");
    }
}
