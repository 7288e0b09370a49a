//! Writing to the terminal.

use super::Failure;
use crate::study::{Assembled, Breach, FailedRun};
use std::collections::BTreeSet;
use std::io::{BufWriter, ErrorKind, Write};

/// Writes `text` to standard output.
pub fn say(text: &str) -> Result<(), Failure> {
    pour(|out| out.write_all(text.as_bytes()))
}

/// Writes what `fill` writes, which may be long, to standard output. A reader that has seen
/// enough (`codexsim … | head`) is no failure.
pub fn pour(fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<(), Failure> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    match fill(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Own(format!("standard output: {error}"))),
        _ => Ok(()),
    }
}

/// Writes a line to standard error. When that does not work there is nowhere
/// left to say so.
pub fn tell(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Lines of a list that are written out.
const MOST_LINES: usize = 20;

/// Writes a line for each of `items`, up to a limit, and says how many more there are.
pub fn tell_each<T: std::fmt::Display>(what: &str, items: impl ExactSizeIterator<Item = T>) {
    let total = items.len();
    items.take(MOST_LINES).for_each(|item| tell(&format!("{what}: {item}")));
    if total > MOST_LINES {
        tell(&format!("{what}: and {} more", total - MOST_LINES));
    }
}

/// Writes which rules and claims did not hold.
pub fn tell_wrong(assembled: &Assembled) {
    tell_each("violation", assembled.violations.iter().map(|(run, rule)| format!("run {run}: {rule}")));
    tell_breaches(&assembled.breaches, assembled.checks);
}

/// Writes which claims do not hold, and of how many that were checked.
pub fn tell_breaches(breaches: &[Breach], checks: usize) {
    tell_each("expectation not met", breaches.iter());
    if checks > 1 && !breaches.is_empty() {
        let runs: BTreeSet<&str> = breaches.iter().map(|breach| breach.run_id.as_str()).collect();
        tell(&format!("expectations: {} of {checks} are not met, in {} runs", breaches.len(), runs.len()));
    }
}

/// Writes which runs failed, and what they said.
pub fn tell_failed(failed: &[FailedRun]) {
    tell_each("failed", failed.iter().map(|f| format!("run {}: {}", f.run_id, f.reason)));
}

/// Writes an error. Those of scenarios bring their heading along.
pub fn tell_error(message: &str) {
    let heading = if message.starts_with("error") { "" } else { "error: " };
    tell(&format!("{heading}{message}"));
}
