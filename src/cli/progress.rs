//! Progress on standard error: a bar on a terminal, a line now and then elsewhere.

use crate::report;
use crate::sim::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};

/// Least distance between two lines where there is no terminal, in seconds.
const LINE_EVERY_S: u64 = 10;
/// Steps of the bar for one run.
const STEPS: u64 = 1000;

/// What the progress is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Shares of the one run.
    Share,
    /// Finished runs.
    Runs,
}

/// The display and its counters.
pub struct Display {
    unit: Counted,
    quiet: bool,
    bar: ProgressBar,
    /// Whether lines are written in place of the bar.
    lines: bool,
    events: AtomicU64,
    done: AtomicU64,
    total: AtomicU64,
    last_line_s: AtomicU64,
}

impl Display {
    /// A display that fits standard error; none when `quiet`.
    pub fn new(unit: Counted, quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target =
            if terminal && !quiet { ProgressDrawTarget::stderr_with_hz(5) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(style(unit));
        let zero = || AtomicU64::new(0);
        Display {
            unit,
            quiet,
            bar,
            lines: !terminal && !quiet,
            events: zero(),
            done: zero(),
            total: zero(),
            last_line_s: zero(),
        }
    }

    /// A note before the first progress.
    pub fn note(&self, line: &str) {
        if !self.quiet {
            super::output::tell(line);
        }
    }

    /// `runs` runs will be carried out, after those that have been.
    pub fn planned(&self, runs: u64) {
        let done = self.done.load(Ordering::Relaxed);
        let total = if self.unit == Counted::Share { STEPS } else { done + runs };
        self.total.store(total, Ordering::Relaxed);
        // Of nothing there is no part.
        if total > 0 {
            self.bar.set_length(total);
            self.bar.reset();
            self.bar.set_position(done);
        }
    }

    /// A run has come as far as `progress`.
    pub fn advanced(&self, progress: Progress, events: u64, elapsed_s: f64) {
        let events = self.events.fetch_add(events, Ordering::Relaxed) + events;
        if self.unit == Counted::Share {
            let done = (progress.share * STEPS as f64) as u64;
            self.done.store(done, Ordering::Relaxed);
            self.bar.set_position(done);
        }
        let simulated = report::seconds(progress.time.secs());
        let speed = report::count(events as f64 / elapsed_s.max(1e-3));
        let pace = format!("simulated {simulated}, {speed} events/s");
        let known = self.unit == Counted::Share && progress.share > 0.0;
        let left = known.then(|| report::seconds(elapsed_s * (1.0 / progress.share - 1.0)));
        self.line(elapsed_s, || left.map_or(String::new(), |left| format!("{left} to go, ")) + &pace);
        self.bar.set_message(pace);
    }

    /// A run has ended.
    pub fn finished(&self, elapsed_s: f64) {
        if self.unit == Counted::Runs {
            let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
            self.bar.set_position(done);
            let left = self.total.load(Ordering::Relaxed).saturating_sub(done);
            let eta = report::seconds(elapsed_s / done as f64 * left as f64);
            self.line(elapsed_s, || format!("{eta} to go"));
        }
    }

    /// Takes the bar away.
    pub fn close(&self) {
        self.bar.finish_and_clear();
    }

    fn line(&self, elapsed_s: f64, words: impl FnOnce() -> String) {
        let now = elapsed_s as u64;
        let last = self.last_line_s.load(Ordering::Relaxed);
        let due = self.lines && now >= last + LINE_EVERY_S;
        // One thread writes the line, whoever comes first.
        if due && self.last_line_s.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
            let part = match self.unit {
                Counted::Share => format!("{} %", done * 100 / STEPS),
                Counted::Runs => format!("{done}/{total} runs"),
            };
            super::output::tell(&format!("{part}, {}", words()));
        }
    }
}

fn style(unit: Counted) -> ProgressStyle {
    let template = match unit {
        Counted::Share => "{bar:30} {percent} %, {eta} to go, {msg}",
        Counted::Runs => "{bar:30} {pos}/{len} runs, {eta} to go, {msg}",
    };
    ProgressStyle::with_template(template).expect("the templates are fixed and right")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A comparison plans its runs look by look.
    #[test]
    fn runs_that_are_planned_later_come_on_top() {
        let display = Display::new(Counted::Runs, true);
        for planned in [0, 3, 2] {
            display.planned(planned);
            assert_eq!(display.bar.length(), (planned > 0).then_some(display.total.load(Ordering::Relaxed)));
            (0..planned).for_each(|_| display.finished(1.0));
        }
        assert_eq!((display.done.into_inner(), display.total.into_inner()), (5, 5));
        assert_eq!((display.bar.position(), display.bar.length()), (5, Some(5)));
    }
}
