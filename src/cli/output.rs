//! Writing to the terminal.

use super::Failure;
use std::io::{ErrorKind, Write};

/// Writes `text` to standard output. A reader that has seen enough
/// (`codexsim … | head`) is no failure.
pub fn say(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Own(format!("standard output: {error}"))),
        _ => Ok(()),
    }
}

/// Writes a line to standard error. When that does not work there is nowhere
/// left to say so.
pub fn tell(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
