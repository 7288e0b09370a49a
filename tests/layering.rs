//! The drawing of the house cannot rot: a room uses only the rooms above it.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of DESIGN section 2, from the lowest layer up.
const ROOMS: [&str; 20] = [
    "units",
    "rng",
    "dist",
    "engine",
    "world",
    "network",
    "ledger",
    "bound",
    "protocol",
    "protocols",
    "discovery",
    "mix",
    "nat",
    "storage",
    "sim",
    "scenario",
    "results",
    "study",
    "report",
    "cli",
];

fn rust_files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// The room of a file under `src`: its first folder, or its own name.
fn room(path: &Path, src: &Path) -> String {
    let first = path.strip_prefix(src).unwrap().components().next().unwrap();
    first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_string()
}

/// The code of a file without its module of tests, which may use more. A module
/// of tests in a file of its own (`mod tests;`) takes nothing else away.
fn without_tests(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let opens = |next: &&str| next.starts_with("mod ") && next.ends_with('{');
        if line == "#[cfg(test)]" && lines.next_if(opens).is_some() {
            // The formatter closes what begins at the margin at the margin.
            lines.by_ref().find(|line| *line == "}");
        } else {
            code.push_str(line);
            code.push('\n');
        }
    }
    code
}

/// Names after `crate::` in the code of a file.
fn used_rooms(text: &str) -> Vec<String> {
    let code = without_tests(text);
    let lines = code.lines().filter(|l| !l.trim_start().starts_with("//"));
    lines
        .flat_map(|l| l.split("crate::").skip(1))
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect()
}

#[test]
fn all_code_is_looked_at_but_that_of_tests() {
    let text = "\
//! Uses crate::words in a comment.
mod part;
#[cfg(test)]
mod tests;
use crate::first::Thing;
#[cfg(test)]
mod more_tests {
    use crate::hidden::Thing;
    mod inner {
    }
}
#[cfg(test)]
impl Thing {
    fn of() -> crate::second::Thing {}
}
pub use crate::third::{Thing, crate::fourth};
";
    assert_eq!(used_rooms(text), ["first", "second", "third", "fourth"]);
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let folder = fs::read_to_string(src.join("sim/mod.rs")).unwrap();
    assert!(folder.contains("mod tests;") && used_rooms(&folder).contains(&"world".to_string()), "seen behind it");
}

#[test]
fn every_room_uses_only_rooms_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    assert!(files.len() > 20, "the walk found {} files", files.len());
    let rank = |room: &str| ROOMS.iter().position(|r| *r == room);
    let mut wrong = Vec::new();
    for file in files {
        let here = room(&file, &src);
        let Some(mine) = rank(&here) else {
            assert!(["lib", "main"].contains(&here.as_str()), "`{here}` is no room of the house");
            continue;
        };
        for used in used_rooms(&fs::read_to_string(&file).unwrap()) {
            match rank(&used) {
                Some(theirs) if theirs <= mine => {}
                Some(_) => wrong.push(format!("{} uses crate::{used}", file.display())),
                None => wrong.push(format!("{} uses crate::{used}, which is no room", file.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
