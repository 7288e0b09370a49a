//! The file that a calibration leaves: a hardware, a protocol or an overlay.

use super::{interval, plain, verdict};
use crate::study::{Calibration, Constant};
use std::path::Path;

/// The file, in the form that its constants ask for: a hardware when all are
/// costs, a protocol when all are constants of one, else an overlay for a
/// scenario. `command` and `date` say where it comes from; nothing when no
/// constant was fitted.
pub fn file(calibration: &Calibration, command: &str, date: &str) -> Option<String> {
    let fitted: Vec<&Constant> = calibration.constants.iter().filter(|constant| constant.is_fitted()).collect();
    if fitted.is_empty() {
        return None;
    }
    let page = FittedFile { calibration, fitted, command, date };
    Some(match page.family() {
        FittedForm::Hardware => page.hardware(),
        FittedForm::Protocol => page.protocol(),
        FittedForm::Overlay => page.overlay(),
    })
}

enum FittedForm {
    Hardware,
    Protocol,
    Overlay,
}

struct FittedFile<'a> {
    calibration: &'a Calibration,
    fitted: Vec<&'a Constant>,
    command: &'a str,
    date: &'a str,
}

impl FittedFile<'_> {
    fn family(&self) -> FittedForm {
        let all = |prefix: &str| self.fitted.iter().all(|constant| constant.key.starts_with(prefix));
        if all("hardware.") {
            FittedForm::Hardware
        } else if all("protocol.") {
            FittedForm::Protocol
        } else {
            FittedForm::Overlay
        }
    }

    /// Which cells, and how.
    fn source(&self) -> String {
        let mut cells: Vec<&str> = self.calibration.figures.iter().map(|figure| figure.cell.as_str()).collect();
        cells.dedup();
        format!("fitted to {} ({}) by: {}", self.calibration.testbed, cells.join("; "), self.command)
    }

    /// The lines that every model begins with.
    fn head(&self, what: &str) -> String {
        let line = |key: &str, text: &str| format!("{key} = {}\n", toml::Value::from(text));
        let Calibration { testbed, .. } = self.calibration;
        format!("# Made by `codexsim calibrate`: {what} of the testbed {testbed}.\n")
            + &line("description", &format!("{what}, fitted to measured cells of {testbed}"))
            + &line("source", &self.source())
            + &line("date", self.date)
            + "calibrated = true\n"
    }

    fn remark(&self, constant: &Constant) -> String {
        let range = constant.interval.as_ref().map(|_| format!(", 95 % interval {}", interval(constant)));
        format!("fitted: {}{}", verdict(self.calibration, constant), range.unwrap_or_default())
    }

    fn line(&self, key: &str, constant: &Constant) -> String {
        format!("{:<32} # {}\n", format!("{key} = {}", constant.value), self.remark(constant))
    }

    /// All costs, the fitted ones among them, so that the file stands alone.
    fn hardware(&self) -> String {
        let resolved: toml::Table = self.calibration.resolved.parse().expect("a resolved scenario is TOML");
        let costs = resolved.get("hardware").and_then(toml::Value::as_table).cloned().unwrap_or_default();
        let mut text = self.head("costs of a node's own work") + "\n[constants]\n";
        for (name, cost) in &costs {
            let fitted = self.fitted.iter().find(|constant| last(&constant.key) == name);
            text += &match fitted {
                Some(constant) => self.line(name, constant),
                None => format!("{:<32} # as before\n", format!("{name} = {cost}")),
            };
        }
        text
    }

    fn protocol(&self) -> String {
        let name = &self.calibration.protocol;
        // A path counts from the file that names it; only a full one always leads there.
        let base = if name.ends_with(".toml") {
            Path::new(name).canonicalize().map_or(name.clone(), |path| path.display().to_string())
        } else {
            name.clone()
        };
        let mut text = self.head("constants of the protocol");
        text += &format!("extends = {}\n\n[constants]\n", toml::Value::from(base));
        self.fitted.iter().for_each(|constant| text += &self.line(last(&constant.key), constant));
        text
    }

    /// An overlay is part of a scenario and has no lines of its own about its origin.
    fn overlay(&self) -> String {
        let mut text = format!("# Made by `codexsim calibrate` on {}.\n# {}\n", self.date, self.source());
        self.fitted.iter().for_each(|constant| text += &self.line(&constant.key, constant));
        text
    }
}

/// How the file is used, for the note after writing it.
pub fn usage(text: &str, path: &Path) -> String {
    let path = plain(&toml::Value::from(path.display().to_string()));
    let named = if path.contains(['/', '\\']) { path } else { format!("./{path}") };
    if !text.contains("\n[constants]\n") {
        format!("-p {named}")
    } else if text.contains("\nextends = ") {
        format!("--protocol {named}")
    } else {
        format!("--set hardware={named}")
    }
}

/// The part of a key after its last dot.
fn last(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::super::sample::calibration;
    use super::*;
    use crate::scenario::{Input, load};
    use crate::study::Identified::{Confounded, NoEffect, Pinned};
    use crate::units::Time;

    /// Writes the file for these constants and loads it with `use_it`.
    fn loaded(keys: &[&str], use_it: fn(&str) -> Input) -> (String, crate::scenario::Scenario) {
        let keys: Vec<_> = keys.iter().map(|key| (*key, Pinned)).collect();
        let text = file(&calibration(&keys), "codexsim calibrate", "2026-11-22").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fitted.toml");
        std::fs::write(&path, &text).unwrap();
        let scenario = load(&use_it(&path.display().to_string())).unwrap_or_else(|error| panic!("{error}\n{text}"));
        (text, scenario)
    }

    #[test]
    fn costs_become_a_hardware() {
        let with = |path: &str| Input { sets: vec![format!("hardware={path}")], ..Input::default() };
        let (text, scenario) = loaded(&["hardware.per_entry"], with);
        let costs = scenario.run.swarm().unwrap().world.hardware;
        assert_eq!((costs.per_entry, costs.per_block_sent), (Time::from_nanos(3_000), Time::from_nanos(1_400_000)));
        assert!(text.contains("date = \"2026-11-22\"") && text.contains("2-1 1 MiB"), "{text}");
        assert!(scenario.warnings.is_empty(), "it is calibrated: {:?}", scenario.warnings);
        assert_eq!(usage(&text, Path::new("a.toml")), "--set hardware=./a.toml");
    }

    #[test]
    fn constants_of_a_protocol_extend_it() {
        let with = |path: &str| Input { protocol: Some(path.into()), ..Input::default() };
        let (text, scenario) = loaded(&["protocol.codex-v2.window"], with);
        let constants: toml::Table = scenario.resolved.parse().unwrap();
        assert_eq!(constants["protocol"]["codex-v2"]["window"], 96.into());
        assert_eq!(constants["protocol"]["codex-v2"]["max_peers"], 160.into(), "the others are those of the base");
        assert_eq!(usage(&text, Path::new("a.toml")), "--protocol ./a.toml");
    }

    #[test]
    fn a_mixture_becomes_an_overlay() {
        let with = |path: &str| Input { overlays: vec![path.into()], ..Input::default() };
        let keys = ["hardware.per_entry", "protocol.codex-v2.window", "network.latency"];
        let (text, scenario) = loaded(&keys, with);
        assert_eq!(scenario.run.swarm().unwrap().world.hardware.per_entry, Time::from_nanos(3_000));
        assert!(scenario.resolved.contains("window = 96") && scenario.resolved.contains("latency = \"3 us\""));
        assert_eq!(usage(&text, Path::new("a/b.toml")), "-p a/b.toml");
    }

    #[test]
    fn what_has_no_effect_is_not_written() {
        let keys = [("hardware.per_entry", Confounded(vec![1])), ("hardware.per_message", Confounded(vec![0]))];
        let mut all = keys.to_vec();
        all.push(("hardware.per_lookup", NoEffect));
        let text = file(&calibration(&all), "c", "d").unwrap();
        assert!(text.contains("# fitted: confounded with hardware.per_message"), "{text}");
        let line = text.lines().find(|line| line.starts_with("per_lookup")).unwrap();
        assert!(line.contains("\"30 us\"") && line.ends_with("# as before"), "{line}");
        assert_eq!(file(&calibration(&all[2..]), "c", "d"), None);
    }
}
