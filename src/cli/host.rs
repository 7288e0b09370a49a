//! The machine this process runs on, as a study sees it.

use super::progress::Display;
use super::signals::asked_to_end;
use crate::report;
use crate::sim::{Progress, Spec};
use crate::study::{Forecast, Host};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Work that a forecast takes for shorter than this is begun without a word. Forecasts
/// are right within a factor of 2 or 3, and 30 s are worth a word.
const SHORT_S: f64 = 10.0;

/// Clock, Ctrl-C and progress display.
pub struct Console {
    began: Instant,
    budget: Option<Duration>,
    interrupted: &'static AtomicBool,
    /// Whether it was said that this takes long.
    foretold: AtomicBool,
    display: Display,
}

impl Console {
    /// From now on, the first Ctrl-C (or what else asks a process to end) asks for an
    /// orderly end and the second one ends the process. No run starts after `budget`.
    #[expect(clippy::disallowed_methods, reason = "the command line may read the clock")]
    pub fn new(budget: Option<Duration>, display: Display) -> Self {
        Console {
            began: Instant::now(),
            budget,
            interrupted: asked_to_end(),
            foretold: AtomicBool::new(false),
            display,
        }
    }

    /// Takes the progress display away.
    pub fn close(&self) {
        self.display.close();
    }
}

impl Host for Console {
    fn elapsed_s(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    fn peak_rss_bytes(&self) -> Option<u64> {
        peak_rss(&std::fs::read_to_string("/proc/self/status").ok()?)
    }

    fn may_start(&self) -> bool {
        !self.interrupted() && self.budget.is_none_or(|budget| self.began.elapsed() < budget)
    }

    fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    fn refusal(&self, forecast: &Forecast, largest: Option<&Spec>) -> Option<String> {
        too_large(forecast, largest)
    }

    fn foretold(&self, forecast: &Forecast) {
        if forecast.seconds() >= SHORT_S && !self.foretold.swap(true, Ordering::Relaxed) {
            self.display.note(&words(forecast));
        }
    }

    fn planned(&self, total: u64) {
        self.display.planned(total);
    }

    fn advanced(&self, progress: Progress, events: u64) {
        self.display.advanced(progress, events, self.elapsed_s());
    }

    fn finished(&self) {
        self.display.finished(self.elapsed_s());
    }
}

/// What this machine has no memory for, and what would fit, in words; nothing where it has.
pub fn too_large(forecast: &Forecast, largest: Option<&Spec>) -> Option<String> {
    larger_than(memory_bytes()?, forecast, largest)
}

fn larger_than(memory: f64, forecast: &Forecast, largest: Option<&Spec>) -> Option<String> {
    let (needed, one) = (forecast.memory_bytes(), forecast.work.memory_bytes);
    if needed <= memory {
        return None;
    }
    let have = report::bytes(memory);
    let mut message = format!("this takes roughly {} of memory, and there are {have}", report::bytes(needed));
    if one <= memory {
        let at_a_time = (memory / one) as usize;
        message += &format!(
            "\n = of {} runs at a time each takes {}: -j {at_a_time} fits",
            forecast.at_a_time,
            report::bytes(one)
        );
    } else if let Some(nodes) = largest.and_then(|spec| Forecast::nodes_that_fit(spec, memory)) {
        message += &format!("\n = swarm.network_size = {nodes} is the largest that fits; a network.degree takes less");
    }
    Some(message)
}

/// Memory of this machine, or what this process may have of it, in bytes, where known.
fn memory_bytes() -> Option<f64> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let machine = total_memory(&read("/proc/meminfo")?)?;
    let group = read("/sys/fs/cgroup/memory.max").and_then(|text| text.trim().parse::<f64>().ok());
    Some(group.map_or(machine, |group| group.min(machine)))
}

/// The line `MemTotal: 1234 kB` of Linux; its kB are 1024 bytes.
fn total_memory(meminfo: &str) -> Option<f64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? * 1024.0)
}

/// How long it will take, and how it would take less.
fn words(forecast: &Forecast) -> String {
    let Forecast { runs, work, mesh, .. } = forecast;
    let what = if *runs == 1 { String::new() } else { format!("{runs} runs, ") };
    let about = if work.may_end_early { "up to" } else { "roughly" };
    let (events, time) = (report::count(work.events), report::seconds(forecast.seconds()));
    let mut line =
        format!("this takes {about} {time} ({what}{events} events, up to {})", report::bytes(forecast.memory_bytes()));
    if work.may_end_early {
        line += "; less where losses are found soon";
    }
    if let Some(less) = forecast.sparse_seconds() {
        let (degree, less) = (Forecast::DEGREE, report::seconds(less));
        line += &format!("; most of it is a full mesh of {mesh} nodes: with network.degree={degree} it takes {less}");
    }
    line
}

/// The line `VmHWM: 1234 kB` of a Linux process status; its kB are 1024 bytes.
fn peak_rss(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_with_what_would() {
        let input = crate::scenario::Input { sets: vec!["swarm.network_size=2000".into()], ..Default::default() };
        let spec = crate::scenario::load(&input).unwrap().run;
        let (one, four) = (Forecast::of([&spec], 1), Forecast::of([&spec, &spec, &spec, &spec], 4));
        let each = one.work.memory_bytes;
        let told = |forecast: &Forecast, memory: f64| larger_than(memory, forecast, Some(&spec)).unwrap();
        assert_eq!(larger_than(4.0 * each, &four, Some(&spec)), None);
        assert!(told(&four, 3.5 * each).contains("-j 3 fits"), "{}", told(&four, 3.5 * each));
        let largest = Forecast::nodes_that_fit(&spec, 0.5 * each).unwrap();
        assert!(told(&one, 0.5 * each).contains(&format!("swarm.network_size = {largest} is the largest that fits")));
        assert!((100..2000).contains(&largest), "{largest}");
    }

    #[test]
    fn reads_the_memory_of_the_machine() {
        assert_eq!(total_memory("MemTotal:       2048 kB\nMemFree: 1 kB\n"), Some(2048.0 * 1024.0));
        assert_eq!(total_memory("MemFree: 1 kB\n"), None);
    }

    #[test]
    fn reads_the_high_water_mark() {
        assert_eq!(peak_rss("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n"), Some(2 << 20));
        assert_eq!(peak_rss("Name:\tx\n"), None);
    }
}
