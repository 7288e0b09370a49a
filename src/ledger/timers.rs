//! Which timers of a protocol did anything.

use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use std::mem::{Discriminant, discriminant};

/// One kind of a protocol's timers in one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimerUse {
    /// Its name in the protocol.
    pub name: String,
    /// How many were set, less those cancelled by the handler that set them.
    pub armed: u64,
    /// How many came up; the others were cancelled or the run ended before.
    pub fired: u64,
    /// How many of these made their node do something: send, connect, look up,
    /// store or work.
    pub acted: u64,
}

/// Counts the timers of a run by kind.
#[derive(Debug)]
pub struct TimerTally<T> {
    kinds: Vec<(Discriminant<T>, TimerUse)>,
}

impl<T> Default for TimerTally<T> {
    fn default() -> Self {
        TimerTally { kinds: Vec::new() }
    }
}

impl<T: Debug> TimerTally<T> {
    /// `timer` was set.
    pub fn armed(&mut self, timer: &T) {
        self.of(timer).armed += 1;
    }

    /// `timer` came up; `acted` says whether its node did something.
    pub fn fired(&mut self, timer: &T, acted: bool) {
        let counts = self.of(timer);
        counts.fired += 1;
        counts.acted += u64::from(acted);
    }

    /// The counts, in order of first use.
    pub fn uses(self) -> Vec<TimerUse> {
        self.kinds.into_iter().map(|(_, counts)| counts).collect()
    }

    fn of(&mut self, timer: &T) -> &mut TimerUse {
        let kind = discriminant(timer);
        let at = self.kinds.iter().position(|(known, _)| *known == kind).unwrap_or_else(|| {
            let full = format!("{timer:?}");
            // The only timer of a protocol need not have a name.
            let name = full.split(|c: char| !c.is_alphanumeric()).next().filter(|name| !name.is_empty());
            let name = name.unwrap_or("timer").to_owned();
            self.kinds.push((kind, TimerUse { name, armed: 0, fired: 0, acted: 0 }));
            self.kinds.len() - 1
        });
        &mut self.kinds[at].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    #[expect(dead_code, reason = "only the name counts")]
    enum Timer {
        Tick,
        Timeout { block: u32 },
        Retry(u32),
    }

    #[test]
    fn kinds_are_told_apart_whatever_they_carry() {
        let mut tally = TimerTally::default();
        for block in 0..3 {
            tally.armed(&Timer::Timeout { block });
        }
        tally.armed(&Timer::Tick);
        tally.fired(&Timer::Timeout { block: 1 }, false);
        tally.fired(&Timer::Tick, true);
        tally.armed(&Timer::Retry(9));
        let uses = tally.uses();
        let counts = |name: &str| uses.iter().find(|u| u.name == name).map(|u| (u.armed, u.fired, u.acted));
        assert_eq!(counts("Timeout"), Some((3, 1, 0)));
        assert_eq!(counts("Tick"), Some((1, 1, 1)));
        assert_eq!(counts("Retry"), Some((1, 0, 0)));
    }
}
