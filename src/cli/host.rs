//! The machine this process runs on, as a study sees it.

use super::progress::Display;
use super::signals::asked_to_end;
use crate::sim::Progress;
use crate::study::Host;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Clock, Ctrl-C and progress display.
pub struct Console {
    began: Instant,
    budget: Option<Duration>,
    interrupted: Arc<AtomicBool>,
    display: Display,
}

impl Console {
    /// From now on, the first Ctrl-C (or what else asks a process to end) asks for an
    /// orderly end and the second one ends the process. No run starts after `budget`.
    #[expect(clippy::disallowed_methods, reason = "the command line may read the clock")]
    pub fn new(budget: Option<Duration>, display: Display) -> Self {
        Console { began: Instant::now(), budget, interrupted: asked_to_end(), display }
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
