//! When a run has waited long enough.
//!
//! A run ends without progress when nothing was stored for longer than its patience
//! *and* nothing is still to come that could change that: a node that comes or comes
//! back, a wait that began before the last progress, or messages that are slow to
//! arrive. How slow messages are is learnt from those that arrived or are still
//! under way since the last progress. Those that were lost teach nothing: a swarm
//! whose data is cut off by time-outs again and again gets nowhere.

use crate::units::Time;

/// Messages that may have to follow one another before something is stored: two to
/// find somebody, two to connect, two to ask who has what, two to get it.
const STEPS: u64 = 8;

/// The patience of one run.
#[derive(Debug)]
pub(super) struct Patience {
    /// What the scenario grants.
    span: Time,
    last_progress: Time,
    /// The question comes up after this moment.
    ends: Time,
    /// The longest that a step took since the last progress.
    slowest: Time,
    /// When the last wait is over that began up to the last progress, and the last
    /// of all.
    awaited: Time,
    latest: Time,
}

impl Patience {
    /// From the start of a run.
    pub fn new(span: Time) -> Self {
        let zero = Time::ZERO;
        Patience { span, last_progress: zero, ends: span, slowest: zero, awaited: zero, latest: zero }
    }

    /// Somebody stored something, or came.
    pub fn renew(&mut self, now: Time) {
        self.last_progress = now;
        self.ends = now + self.span;
        self.slowest = Time::ZERO;
        self.awaited = self.latest;
    }

    /// A timer is set that is due at `at`.
    pub fn await_timer(&mut self, now: Time, at: Time) {
        self.latest = self.latest.max(at);
        if now == self.last_progress {
            self.awaited = self.latest;
        }
    }

    /// A step of an exchange took, or is to take, so long.
    pub fn step(&mut self, took: Time) {
        self.slowest = self.slowest.max(took);
    }

    /// Whether the question comes up whether there is anything to wait for.
    pub fn is_over(&self, now: Time) -> bool {
        now > self.ends
    }

    /// Whether nothing is left to wait for; `oldest` is how long the oldest message
    /// has been under way, `coming` when somebody comes.
    pub fn gives_up(&mut self, now: Time, oldest: Time, coming: Option<Time>) -> bool {
        self.step(oldest);
        let slow = self.last_progress + self.slowest * STEPS;
        self.ends = (self.last_progress + self.span).max(slow).max(self.awaited).max(coming.unwrap_or(Time::ZERO));
        self.is_over(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: fn(u64) -> Time = Time::from_secs;

    #[test]
    fn nothing_to_wait_for_ends_it_right_after_its_span() {
        let mut patience = Patience::new(AT(600));
        patience.renew(AT(100));
        assert!(!patience.is_over(AT(700)) && patience.is_over(AT(701)));
        assert!(patience.gives_up(AT(701), Time::ZERO, None));
    }

    #[test]
    fn slow_messages_lengthen_it_while_they_are_under_way() {
        let mut patience = Patience::new(AT(600));
        assert!(!patience.gives_up(AT(601), AT(500), None), "one has been under way for 500 s");
        assert!(!patience.is_over(AT(4000)) && patience.is_over(AT(4001)));
        assert!(patience.gives_up(AT(4001), Time::ZERO, None), "it arrived, and nothing came of it");
        // Short ones do not, however many there are.
        let mut patience = Patience::new(AT(600));
        (0..10).for_each(|_| patience.step(AT(60)));
        assert!(patience.gives_up(AT(601), AT(59), None));
    }

    #[test]
    fn timers_set_before_the_last_progress_have_their_say_once() {
        let mut patience = Patience::new(AT(600));
        patience.await_timer(AT(50), AT(1850));
        patience.renew(AT(100));
        patience.await_timer(AT(100), AT(1900));
        assert!(!patience.gives_up(AT(701), Time::ZERO, None));
        patience.await_timer(AT(1900), AT(3700));
        assert!(patience.is_over(AT(1901)) && patience.gives_up(AT(1901), Time::ZERO, None));
    }

    #[test]
    fn who_comes_is_waited_for() {
        let mut patience = Patience::new(AT(600));
        assert!(!patience.gives_up(AT(601), Time::ZERO, Some(AT(5000))));
        assert!(!patience.is_over(AT(5000)));
    }
}
