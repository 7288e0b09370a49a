//! Runs whose every event is known: a change of any number shows here first.
//! When a change is meant, say why in the commit and put the new digests in.

use crate::common::place::Place;
use crate::common::{checked, spec};
use codexsim::scenario::{Input, load};
use codexsim::storage;
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
    let lines: Vec<String> = got.iter().map(|(name, digest)| format!("{name}: {digest}")).collect();
    let expected: Vec<String> = expected().filter(|line| !line.starts_with("storage ")).collect();
    assert_eq!(lines, expected, "fingerprint and makespan in ns");
}

/// Of storage runs the fingerprint is of the histories alone: how the datasets came and what is
/// split stand beside it.
#[test]
fn golden_storage_runs() {
    let small = Place::new(
        "kind = \"storage\"\nhorizon = \"1 y\"\nhosts.life.mean = \"120 d\"\ndata = { count = 60, size = \"20 GB\" }\n",
    );
    let run = |sets: &[&str]| {
        let sets = sets.iter().map(|set| set.to_string()).collect();
        let input = Input { file: Some(small.path("s.toml")), sets, ..Input::default() };
        let spec = load(&input).unwrap_or_else(|e| panic!("{e}")).run;
        let outcome = storage::run(spec.storage().unwrap(), &mut |_| true);
        assert!(outcome.complete && outcome.violations.is_empty(), "{:?}", outcome.violations);
        let totals = &outcome.totals;
        format!(
            "{:016x} {} {:016x} {} {:016x}",
            outcome.fingerprint,
            totals.repair_fetched + totals.repair_sent,
            totals.held_back_s.iter().fold(0, |digest: u64, held| digest.rotate_left(13) ^ held.to_bits()),
            outcome.fill.map_or(0, |fill| fill.ended.nanos()),
            outcome.unit_loss.unwrap().estimate.probability.to_bits(),
        )
    };
    let (day, few) = ("repair.time.mean=1 d", "rare.starts=100");
    let count = "rare.method=count";
    let got = [
        ("eager", run(&["hosts.count=30", "code={data=4,total=6}", day, count])),
        ("lazy", run(&["hosts.count=90", "system=storj", "data.unit=64 MiB", "data.size=1 GB", count])),
        (
            "shocks",
            run(&[
                "hosts.count=30",
                "hosts.regions=5",
                "code={data=4,total=6}",
                "shocks=[{every=\"90 d\",share=0.2},{every=\"60 d\",hits=\"region\",away_for=\"2 d\"}]",
                day,
                count,
            ]),
        ),
        ("splitting", run(&["hosts.count=30", "code={data=10,total=15}", day, few])),
        ("codex market", run(&["hosts.count=30", "system=codex-market", "fill={clients=3,up=\"1 Gbit/s\"}", few])),
        (
            "shared links",
            run(&[
                "hosts.count=20",
                "hosts.up=5 Mbit/s",
                "hosts.down=10 Mbit/s",
                "data.count=40",
                "code={data=3,total=5}",
                "repair.transfer=codex-v2",
                few,
            ]),
        ),
        (
            "classes and pauses",
            run(&[
                "hosts.count=24",
                "hosts.away={up=\"3 d\",down=\"6 h\"}",
                "hosts.classes=[{name=\"homes\",share=0.5,life={mean=\"60 d\"}},{name=\"servers\",share=0.5}]",
                "data.count=20",
                "code={data=4,total=8}",
                "detect.offline_after=12 h",
                "repair={class=\"same\",resumes=true,per_host=1}",
                count,
            ]),
        ),
    ];
    let lines: Vec<String> = got.iter().map(|(name, digest)| format!("storage {name}: {digest}")).collect();
    let expected: Vec<String> = expected().filter(|line| line.starts_with("storage ")).collect();
    assert_eq!(lines, expected, "fingerprint, bytes of repair, digest of what held back, end of filling, loss");
}

fn expected() -> impl Iterator<Item = String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden.txt")).unwrap();
    text.lines().map(str::to_string).collect::<Vec<_>>().into_iter()
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
