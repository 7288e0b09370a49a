//! Being asked to end: by Ctrl-C, by a batch system or a shutdown (SIGTERM), by a terminal
//! that is closed (SIGHUP).

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether somebody asked.
static ASKED: AtomicBool = AtomicBool::new(false);
/// Whether there is something to end in an orderly way.
static AT_WORK: AtomicBool = AtomicBool::new(false);

/// From now on the first of these ends the process with a word, for nothing was run yet. What
/// whoever started it had ignored stays ignored: `nohup` is for sweeps that outlive their terminal.
pub fn end_with_a_word() {
    static HANDLED: Once = Once::new();
    HANDLED.call_once(|| {
        let ignored = ignored();
        if let Err(error) = ctrlc::set_handler(end) {
            super::output::tell(&format!("note: Ctrl-C will not end this in an orderly way: {error}"));
        }
        ignore(&ignored);
    });
}

/// From now on the first of them sets what is returned, so that all ends in an orderly way, and the
/// second one ends the process.
pub fn asked_to_end() -> &'static AtomicBool {
    end_with_a_word();
    AT_WORK.store(true, Ordering::Relaxed);
    &ASKED
}

fn end() {
    if !AT_WORK.load(Ordering::Relaxed) {
        super::output::tell("interrupted before anything was run");
        std::process::exit(3);
    }
    if ASKED.swap(true, Ordering::Relaxed) {
        std::process::exit(130);
    }
}

/// Signals that ask a process to end, of those that are ignored now.
#[cfg(unix)]
fn ignored() -> Vec<libc::c_int> {
    let is_ignored = |signal: &libc::c_int| {
        let mut now = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: without a new action the call only writes the present one, for which there is room.
        let known = unsafe { libc::sigaction(*signal, std::ptr::null(), now.as_mut_ptr()) } == 0;
        // SAFETY: all zeroes are a valid value too.
        known && unsafe { now.assume_init() }.sa_sigaction == libc::SIG_IGN
    };
    [libc::SIGINT, libc::SIGTERM, libc::SIGHUP].into_iter().filter(is_ignored).collect()
}

#[cfg(unix)]
fn ignore(signals: &[libc::c_int]) {
    for signal in signals {
        // SAFETY: ignoring runs no code of ours.
        unsafe { libc::signal(*signal, libc::SIG_IGN) };
    }
}

#[cfg(not(unix))]
fn ignored() {}

#[cfg(not(unix))]
fn ignore(_: &()) {}
