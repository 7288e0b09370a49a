//! Arguments that several commands share.

use super::format::Shown;
use super::host::Console;
use super::new_file::quoted;
use super::progress::{Counted, Display};
use super::{Failure, output};
use crate::results;
use crate::scenario::{self, Input, Sweep};
use crate::study::{self, Cache, Options, Question, Runner, RunnerError};
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What changes a scenario.
#[derive(Debug, Args)]
pub struct Changes {
    /// Protocol: a name from `codexsim models`, or a TOML file
    #[arg(long, value_name = "NAME|FILE")]
    protocol: Option<String>,
    #[command(flatten)]
    layers: Layers,
}

/// Layers over a scenario.
#[derive(Debug, Args)]
pub struct Layers {
    /// Set a value, such as network.up="10 Mbit/s"; the value is TOML where it
    /// parses as TOML, else text; the last one wins
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Lay a TOML file over the scenario, before --set; the last one wins
    #[arg(short = 'p', long = "overlay", value_name = "FILE")]
    overlays: Vec<PathBuf>,
    /// Seed of all chance
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

impl Changes {
    /// The scenario in `file` (the quickstart when there is none) with these changes.
    pub fn input(&self, file: Option<PathBuf>) -> Input {
        Input { file, protocol: self.protocol.clone(), ..self.layers.input() }
    }

    /// These changes as they would be typed; of paths the last part.
    pub fn words(&self) -> impl Iterator<Item = String> {
        let protocol = self.protocol.iter().map(|model| format!("--protocol {}", quoted(&last(Path::new(model)))));
        protocol.chain(self.layers.words())
    }

    /// These changes as a shell takes them, in the folder they were typed in.
    pub fn typed(&self) -> impl Iterator<Item = String> {
        let protocol = self.protocol.iter().map(|model| format!("--protocol {}", for_shell(model)));
        protocol.chain(self.layers.typed())
    }

    /// What the results of the scenario `name` are called with these changes: another
    /// protocol is named, all else that decides a run is a digest. Who gives the changed
    /// scenario a name of its own has named the results.
    pub fn title(&self, name: &str) -> String {
        let Layers { sets, overlays, seed } = &self.layers;
        let table = |set: &String| scenario::setting_key(set).map_or(String::new(), |mut keys| keys.swap_remove(0));
        if sets.iter().any(|set| table(set) == "name") {
            return name.into();
        }
        let decides = |set: &&String| !["output", "sweep", "expect", "limit"].contains(&&*table(set));
        let sets: Vec<&String> = sets.iter().filter(decides).collect();
        let model = |name: &String| (!name.ends_with(".toml")).then(|| format!("-{name}"));
        let named = self.protocol.as_ref().and_then(model);
        let hidden = (&self.protocol.as_ref().filter(|_| named.is_none()), &sets, overlays, seed);
        let digest = (hidden != (&None, &vec![], &vec![], &None)).then(|| study::fingerprint(&format!("{hidden:?}")));
        format!("{name}{}{}", named.unwrap_or_default(), digest.map_or(String::new(), |d| format!("-{:08x}", d as u32)))
    }
}

impl Layers {
    /// These layers as they would be typed; of paths the last part.
    pub fn words(&self) -> impl Iterator<Item = String> {
        let overlays = self.overlays.iter().map(|path| format!("-p {}", quoted(&last(path))));
        let sets = self.sets.iter().map(|set| format!("--set {}", quoted(set)));
        overlays.chain(sets).chain(self.seed.map(|seed| format!("--seed {seed}")))
    }

    /// These layers as a shell takes them, in the folder they were typed in.
    fn typed(&self) -> impl Iterator<Item = String> {
        let overlays = self.overlays.iter().map(|path| format!("-p {}", for_shell(&path.to_string_lossy())));
        let sets = self.sets.iter().map(|set| format!("--set {}", for_shell(set)));
        overlays.chain(sets).chain(self.seed.map(|seed| format!("--seed {seed}")))
    }

    /// These layers over whatever comes below.
    pub fn input(&self) -> Input {
        Input { overlays: self.overlays.clone(), sets: self.sets.clone(), seed: self.seed, ..Input::default() }
    }
}

/// A word as a shell takes it for what it is.
pub fn for_shell(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+%@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// The last part of a path: a command may be shared.
pub fn last(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// A scenario that runs are made of to learn something of it, and how that is shown.
#[derive(Debug, Args)]
pub struct Probe {
    /// Scenario (TOML); the quickstart when absent
    file: Option<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    pub asking: Asking,
    #[command(flatten)]
    pub shown: Shown,
}

/// How the runs behind an answer are carried out.
#[derive(Debug, Args)]
pub struct Asking {
    /// Runs at the same time; default: one per core
    #[arg(short = 'j', long = "jobs", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Keep finished runs in DIR/rows, so that the same command goes on where it was ended;
    /// without it they are kept nowhere
    #[arg(long, value_name = "DIR")]
    rows: Option<PathBuf>,
    /// No progress and no notes, only errors and results
    #[arg(long)]
    quiet: bool,
}

impl Asking {
    /// The answer to `question`; nothing when the user ended it before, which is said.
    pub fn ask<Q: Question>(&self, question: &mut Q) -> Result<Option<Q::Answer>, Failure> {
        let cache = match &self.rows {
            Some(dir) => {
                results::try_folder(&dir.join("rows"))?;
                Cache::folder(dir)?
            }
            None => Cache::memory(),
        };
        let console = Console::new(None, Display::new(Counted::Runs, self.quiet));
        let options = Options { threads: self.jobs.map_or(0, usize::from), reproducible: false };
        let asked = Runner::new(cache, options, &console).ask(question);
        console.close();
        let asked = asked.map_err(ended)?;
        output::tell_failed(&asked.execution.failed);
        if asked.answer.is_none() {
            let kept = self.rows.as_ref().map(|_| "the same command goes on");
            output::tell(&format!(
                "interrupted; {}",
                kept.unwrap_or("with --rows DIR the finished runs would be kept")
            ));
        }
        Ok(asked.answer)
    }

    /// A note for people, on standard error.
    pub fn note(&self, line: &str) {
        if !self.quiet {
            output::tell(line);
        }
    }
}

/// What ends runs that were begun, or keeps them from beginning.
pub fn ended(error: RunnerError) -> Failure {
    match error {
        RunnerError::Refused(why) => Failure::Input(why),
        RunnerError::Results(error) => {
            Failure::Own(format!("{error}\nFinished runs are kept; the same command carries out the others"))
        }
    }
}

impl Probe {
    /// The scenario.
    pub fn input(&self) -> Input {
        self.changes.input(self.file.clone())
    }

    /// Says what is to know of runs of a scenario that varies something.
    pub fn mention(&self, sweep: &Sweep) {
        note_on_base(sweep).iter().for_each(|note| self.asking.note(note));
    }
}

/// What is to know of one run of a scenario that varies something.
pub fn note_on_base(sweep: &Sweep) -> Option<&'static str> {
    let note = "note: this is the scenario without its [sweep], which `codexsim sweep` carries out";
    (!sweep.is_nothing()).then_some(note)
}

/// Reads a share such as `95%` or `0.95`.
pub fn share(text: &str) -> Result<f64, String> {
    let trimmed = text.trim();
    let (number, scale) = trimmed.strip_suffix('%').map_or((trimmed, 1.0), |number| (number.trim(), 100.0));
    let share = number.parse::<f64>().ok().map(|value| value / scale).filter(|share| *share > 0.0 && *share < 1.0);
    share.ok_or_else(|| format!("`{text}` is not a share such as 95% or 0.95"))
}

/// Reads a real time such as `90s`, `30m`, `1.5h`, `2d`; minutes also as `min`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time such as 90s, 30m, 1.5h or 2d");
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| !(c.is_ascii_digit() || c == '.')).ok_or_else(wrong)?;
    let (number, unit) = trimmed.split_at(split);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit.trim() {
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return Err(wrong()),
    };
    Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_changes_make_another_title() {
        let title = |words: &[&str]| {
            #[derive(clap::Parser)]
            struct Alone {
                #[command(flatten)]
                changes: Changes,
            }
            let words = ["codexsim"].iter().chain(words);
            <Alone as clap::Parser>::parse_from(words).changes.title("x")
        };
        assert_eq!(title(&[]), "x");
        assert_eq!(title(&["--set", "output.trace=true", "--set", "sweep.repetitions=2"]), "x");
        assert_eq!(title(&["--protocol", "bittorrent"]), "x-bittorrent");
        assert_eq!(title(&["--protocol", "bittorrent", "--set", "name=x"]), "x");
        let set = title(&["--set", "swarm.seeders=2"]);
        assert!(set.starts_with("x-") && set.len() == "x-".len() + 8, "{set}");
        let both = title(&["--protocol", "bittorrent", "--set", "swarm.seeders=2"]);
        assert_eq!(both, set.replace("x-", "x-bittorrent-"));
        let others =
            [&["--set", "swarm.seeders=3"][..], &["--seed", "2"], &["-p", "a.toml"], &["--protocol", "a.toml"]];
        let titles: std::collections::BTreeSet<String> = others.into_iter().map(title).chain([set]).collect();
        assert_eq!(titles.len(), 5, "{titles:?}");
    }

    #[test]
    fn words_are_what_a_shell_takes_them_for() {
        for (word, typed) in [
            ("a.toml", "a.toml"),
            ("up=1 Mbit/s", "'up=1 Mbit/s'"),
            ("it's", "'it'\\''s'"),
            ("a$b", "'a$b'"),
            ("", "''"),
        ] {
            assert_eq!(for_shell(word), typed);
        }
    }

    #[test]
    fn reads_budgets() {
        for (text, seconds) in [("0s", 0.0), ("90s", 90.0), ("30m", 1800.0), ("30 min", 1800.0), ("1.5h", 5400.0)] {
            assert_eq!(duration(text), Ok(Duration::from_secs_f64(seconds)), "{text}");
        }
        for text in ["", "30", "m", "-3s", "3 weeks", "1..5h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn reads_shares() {
        for (text, value) in [("95%", 0.95), ("0.5", 0.5), ("2 %", 0.02), ("99.9%", 0.999)] {
            assert!((share(text).unwrap() - value).abs() < 1e-12, "{text}");
        }
        for text in ["95", "0", "100%", "-2%", "%", "nan"] {
            assert!(share(text).is_err(), "{text}");
        }
    }
}
