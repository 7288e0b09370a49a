//! Runs whose every event is known: a change of any number shows here first.
//! When a change is meant, say why in the commit and put the new digests in.

use crate::common::{checked, spec};
use codexsim::scenario::Input;
use codexsim::study::Plan;
use std::fs;
use std::path::Path;

#[test]
fn golden_runs() {
    let small = ["swarm.network_size=12", "swarm.seeders=2", "swarm.file_size=20 MB"];
    let run = |further: &[&str]| {
        let outcome = checked(&spec(&[&small[..], further].concat()));
        format!("{:016x} {}", outcome.fingerprint, outcome.makespan().unwrap().nanos())
    };
    let got = [
        ("codex-v0.1.6", run(&["protocol=codex-v0.1.6", "hardware=codex-netns-2025"])),
        ("codex-v1", run(&["protocol=codex-v1"])),
        ("codex-f", run(&["protocol=codex-f"])),
        ("codex-v2", run(&[])),
        ("codex-v2 fifo", run(&["network.model=fifo"])),
        ("codex-v2 on real nodes", run(&["hardware=codex-netns-2025"])),
        ("codex-v2 degree 4", run(&["network.degree=4"])),
        ("codex-v3a", run(&["protocol=codex-v3a"])),
        ("codex-v3b", run(&["protocol=codex-v3b"])),
        ("codex-v3c", run(&["protocol=codex-v3c"])),
        ("codex-v3d", run(&["protocol=codex-v3d"])),
        ("codex-v2 over discv5", run(&["discovery.model=discv5"])),
        ("codex-v2 over kademlia", run(&["discovery.model=kademlia"])),
        ("direct", run(&["protocol=direct"])),
        ("bittorrent", run(&["protocol=bittorrent"])),
        ("bittorrent with a tracker", run(&["protocol=bittorrent", "discovery.model=tracker"])),
        ("bittorrent over tcp", run(&["protocol=bittorrent", "protocol.bittorrent.transport=tcp"])),
        ("bitswap", run(&["protocol=bitswap"])),
        ("bitswap graph", run(&["protocol=bitswap", "protocol.bitswap.order=graph"])),
        ("ideal", run(&["protocol=ideal"])),
        ("grown", run(&["network.grown=3"])),
        ("regions", run(&["network.latency={ matrix = \"regions-2019\" }"])),
    ];
    let expected = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden.txt")).unwrap();
    let lines: Vec<String> = got.iter().map(|(name, digest)| format!("{name}: {digest}")).collect();
    assert_eq!(lines, expected.lines().collect::<Vec<_>>(), "fingerprint and makespan in ns");
}

/// Every experiment that ships can be planned, in every world that ships.
#[test]
fn experiments_are_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
    let toml = |folder: &Path| -> Vec<_> {
        let files = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
        files.filter(|p| p.extension().is_some_and(|e| e == "toml")).collect()
    };
    let (experiments, worlds) = (toml(&folder), toml(&folder.join("worlds")));
    assert!(!experiments.is_empty() && !worlds.is_empty());
    for file in experiments {
        let input = Input { file: Some(file.clone()), ..Input::default() };
        Plan::new(&input).and_then(|plan| plan.cells()).unwrap_or_else(|e| panic!("{e}"));
        // Worlds are of swarms, and know no regions, so they are none for classes of nodes that are
        // in some.
        let text = fs::read_to_string(&file).unwrap();
        let has_worlds = !text.contains("\nregion = ") && !text.contains("\nkind = \"storage\"");
        for world in worlds.iter().filter(|_| has_worlds) {
            let input = Input { overlays: vec![world.clone()], ..input.clone() };
            Plan::new(&input).and_then(|plan| plan.cells()).unwrap_or_else(|e| panic!("{e}"));
        }
    }
}
