//! The machine this process runs on, as a study sees it.

use super::progress::Display;
use super::signals::asked_to_end;
use crate::report;
use crate::sim::Progress;
use crate::study::{Forecast, Host};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Work that a forecast takes for shorter than this is begun without a word. Forecasts
/// are right within a factor of 3, and 30 s are worth a word.
const SHORT_S: f64 = 10.0;

/// Clock, Ctrl-C and progress display.
pub struct Console {
    began: Instant,
    budget: Option<Duration>,
    interrupted: Arc<AtomicBool>,
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

/// How long it will take, and how it would take less.
fn words(forecast: &Forecast) -> String {
    let Forecast { runs, work, mesh, .. } = forecast;
    let what = if *runs == 1 { String::new() } else { format!("{runs} runs, ") };
    let (events, time) = (report::count(work.events), report::seconds(forecast.seconds()));
    let mut line =
        format!("this takes roughly {time} ({what}{events} events, up to {})", report::bytes(forecast.memory_bytes()));
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
    fn reads_the_high_water_mark() {
        assert_eq!(peak_rss("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n"), Some(2 << 20));
        assert_eq!(peak_rss("Name:\tx\n"), None);
    }
}
