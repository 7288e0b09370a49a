//! What tests of studies are made of.

use super::Host;
use crate::scenario::Input;
use crate::sim::Progress;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A machine without a clock that begins so many runs and then says that time is up.
pub struct Willing(AtomicUsize);

impl Willing {
    pub fn to_begin(runs: usize) -> Willing {
        Willing(AtomicUsize::new(runs))
    }

    /// Any number.
    pub fn ever() -> Willing {
        Willing::to_begin(usize::MAX)
    }
}

impl Host for Willing {
    fn elapsed_s(&self) -> f64 {
        0.0
    }
    fn peak_rss_bytes(&self) -> Option<u64> {
        None
    }
    fn may_start(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }
    fn interrupted(&self) -> bool {
        false
    }
    fn planned(&self, _total: u64) {}
    fn advanced(&self, _progress: Progress, _events: u64) {}
    fn finished(&self) {}
}

/// A small scenario with `further` tables; the file lives as long as the first value.
pub fn scenario(further: &str, sets: &[&str]) -> (tempfile::NamedTempFile, Input) {
    let base = "name = \"t\"\nseed = 7\nprotocol = \"direct\"\n[swarm]\nnetwork_size = 4\nseeders = 1\n\
        file_size = \"1 MB\"\n[network]\nmodel = \"fifo\"\nup = \"10 Mbit/s\"\ndown = \"10 Mbit/s\"\n\
        latency = \"20 ms\"\n";
    let mut file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    file.write_all(format!("{base}{further}").as_bytes()).unwrap();
    let sets = sets.iter().map(|s| s.to_string()).collect();
    let input = Input { file: Some(file.path().into()), sets, ..Default::default() };
    (file, input)
}
