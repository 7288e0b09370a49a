//! Every reader of outside files, on the seeds of its fuzz target and on thousands of
//! changes of them. `cargo +nightly fuzz` goes on where this ends (`fuzz/`).

#[path = "../fuzz/src/lib.rs"]
mod targets;

use codexsim::rng::{Purpose, Rng};
use codexsim::study::{Kept, RowFile};
use std::fs;
use std::path::Path;

/// Changed copies of each seed.
const CHANGES: u64 = 300;

/// What makes trouble where it turns up.
const TOKENS: [&[u8]; 24] = [
    b"\"",
    b",",
    b"\n",
    b"\r\n",
    b"=",
    b"[",
    b"]",
    b"{",
    b"}",
    b"#",
    b"-1",
    b"0",
    b"1e308",
    b"nan",
    b"inf",
    b"never",
    b"unlimited",
    b"18446744073709551615",
    b"\xff",
    b"\xc2\xa0",
    b" ",
    b"node",
    b"[[sweep.cells]]\n",
    b"0.5",
];

/// `seed` with one to four changes.
fn changed(seed: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut data = seed.to_vec();
    for _ in 0..1 + rng.below(4) {
        let at = rng.below(data.len() as u64 + 1) as usize;
        let end = (at + 1 + rng.below(12) as usize).min(data.len());
        match rng.below(6) {
            0 => data.truncate(at),
            1 => drop(data.drain(at..end)),
            2 => {
                let again = data[at..end].to_vec();
                data.splice(at..at, again);
            }
            3 if at < data.len() => data[at] ^= 1 << rng.below(8),
            _ => {
                let token = TOKENS[rng.below(TOKENS.len() as u64) as usize];
                let until = if rng.below(2) == 0 { at } else { end };
                data.splice(at..until, token.iter().copied());
            }
        }
    }
    data
}

fn on_all(read: fn(&[u8]), seeds: impl Iterator<Item = Vec<u8>>) {
    let mut count = 0;
    for (index, seed) in seeds.enumerate() {
        read(&seed);
        let mut rng = Rng::stream(11, Purpose::Protocol, index as u64);
        (0..CHANGES).for_each(|_| read(&changed(&seed, &mut rng)));
        count += 1;
    }
    assert!(count > 0, "no seeds");
}

/// The seeds of a target, in order of their names.
fn seeds(target: &str) -> impl Iterator<Item = Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|path| fs::read(path).unwrap())
}

#[test]
fn units() {
    on_all(targets::units, seeds("units"));
}

#[test]
fn scenarios() {
    on_all(targets::scenario, seeds("scenario"));
}

#[test]
fn churn_traces() {
    on_all(targets::churn_trace, seeds("churn_trace"));
}

#[test]
fn latency_matrices() {
    on_all(targets::latency_matrix, seeds("latency_matrix"));
}

/// A row file bears the digest of the sources, so its seed is made here.
#[test]
fn rows() {
    let (result, trace) = targets::sample();
    let file = RowFile::new(result, Kept::default()).encode();
    assert!(RowFile::decode(&file).is_some());
    on_all(targets::rows, seeds("rows").chain([file.into_bytes(), trace.clone().into_bytes()]));
}

#[test]
fn tables_of_runs() {
    on_all(targets::runs, seeds("runs"));
}

#[test]
fn traces_to_play() {
    let (_, trace) = targets::sample();
    on_all(targets::view, seeds("view").chain([trace.clone().into_bytes()]));
}

#[test]
fn measurements() {
    on_all(targets::measured, seeds("measured"));
}

/// Each target has its file, its seeds and its line; none is forgotten here.
#[test]
fn targets_are_complete() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let lib = fs::read_to_string(root.join("src/lib.rs")).unwrap();
    let here = fs::read_to_string(file!()).unwrap();
    let mut names: Vec<String> = fs::read_dir(root.join("fuzz_targets"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let mut seeded: Vec<String> = fs::read_dir(root.join("seeds"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    seeded.sort();
    assert_eq!(names, seeded);
    for name in names {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is not built");
        assert!(lib.contains(&format!("pub fn {name}(")) && here.contains(&format!("targets::{name},")), "{name}");
    }
}
