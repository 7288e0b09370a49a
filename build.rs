//! Tells the program what it was built from: the commit, where there is one,
//! and a digest of everything that decides results. Makes the models and packs, file
//! by file, part of it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    println!("cargo:rustc-env=CODEXSIM_SOURCES={:016x}", sources(&root));
    println!("cargo:rustc-env=CODEXSIM_COMMIT={}", commit(&root).unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("embedded.rs"), embedded(&root)).expect("cargo made the folder");
}

/// The tables of embedded files: (kind, name, text) of models, (name, text) of packs,
/// in the order of kinds and names.
fn embedded(root: &Path) -> String {
    let mut code = String::from("pub(super) const MODELS: &[(&str, &str, &str)] = &[\n");
    for kind in entries(&root.join("models")) {
        for file in entries(&kind) {
            code += &format!("    ({:?}, {:?}, include_str!({file:?})),\n", stem(&kind), stem(&file));
        }
    }
    code += "];\npub(super) const PACKS: &[(&str, &str)] = &[\n";
    println!("cargo:rerun-if-changed=experiments/packs");
    for file in entries(&root.join("experiments/packs")) {
        code += &format!("    ({:?}, include_str!({file:?})),\n", stem(&file));
    }
    code + "];\n"
}

/// What is in a folder, by name.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::from_iter(fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()));
    all.sort_by_key(|path| stem(path));
    all
}

/// The name without `.toml`, though with any other dot.
fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(".toml").unwrap_or(&name).to_owned()
}

/// FNV-1a over the sources and models. Command line and reports are left out:
/// they show results and do not make them.
fn sources(root: &Path) -> u64 {
    let mut files = Vec::new();
    for part in ["src", "models", "Cargo.lock"] {
        if root.join(part).exists() {
            println!("cargo:rerun-if-changed={part}");
            collect(&root.join(part), &mut files);
        }
    }
    files.retain(|f| !["src/cli", "src/report", "src/main.rs"].iter().any(|p| f.starts_with(root.join(p))));
    files.sort();
    files
        .iter()
        .flat_map(|f| fs::read(f).unwrap_or_default())
        .filter(|byte| *byte != b'\r') // a check-out may change line ends
        .fold(0xcbf2_9ce4_8422_2325, |digest, byte| (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    match fs::read_dir(path) {
        Ok(entries) => entries.flatten().for_each(|e| collect(&e.path(), files)),
        Err(_) => files.push(path.to_path_buf()),
    }
}

/// The commit that is checked out, unless the sources lie in somebody else's repository.
fn commit(root: &Path) -> Option<String> {
    let top = git(root, &["rev-parse", "--show-toplevel"])?;
    if fs::canonicalize(top).ok()? != fs::canonicalize(root).ok()? {
        return None;
    }
    let log = root.join(git(root, &["rev-parse", "--git-path", "logs/HEAD"])?);
    if log.exists() {
        println!("cargo:rerun-if-changed={}", log.display());
    }
    git(root, &["rev-parse", "HEAD"])
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
