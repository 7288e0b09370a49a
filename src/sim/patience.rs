//! When a run has waited long enough.
//!
//! A run ends without progress when nothing was stored for longer than its patience
//! *and* nothing is still to come that could change that. What is to come:
//!
//! - a node that comes or comes back before the time limit;
//! - the timers that were set, and the messages that were sent, up to the last
//!   progress;
//! - long timers that were set later, by what these led to. A chain of timers need not
//!   lead anywhere, so this counts [`ROUNDS`] times after a progress.
//!
//! After the last of these the run grants as long as after a progress, for what follows
//! from it: its span, or [`STEPS`] times as long as the slowest message took, if that is
//! more. How slow messages are is learnt from those that were handled or are still under
//! way since the last progress. The time in which they wait behind others does not
//! count: a queue that grows for ever leads nowhere. Those that were lost teach nothing:
//! a swarm whose data is cut off by time-outs again and again gets nowhere.
//!
//! When no copy of anything is left, nobody who comes and no timer can change that.

use crate::units::Time;

/// Messages that may have to follow one another before something is stored: two to
/// find somebody, two to connect, two to ask who has what, two to get it. A timer is
/// long when so many of its kind, one after another, are longer than the span.
const STEPS: u64 = 8;

/// How often long timers are waited for that were set after the last progress: once
/// for somebody who is to be found, once for somebody who looks for him.
const ROUNDS: u32 = 2;

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
    /// When the last is over of what is waited for: of the timers and messages up to the
    /// last progress, and of the long timers of earlier rounds.
    awaited: Time,
    /// When the last of all timers is due.
    latest: Time,
    /// When the last of the long timers is due that were set after the last progress.
    follows: Time,
    /// Rounds of these that are left.
    rounds: u32,
}

/// What there is to wait for, besides timers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prospect {
    /// When the oldest message was sent that is under way.
    pub begun: Option<Time>,
    /// The longest that one of these has been under way without waiting behind others.
    pub service: Time,
    /// When somebody comes.
    pub coming: Option<Time>,
    /// Whether there is anything left to be stored.
    pub copies: bool,
}

impl Patience {
    /// From the start of a run.
    pub fn new(span: Time) -> Self {
        let zero = Time::ZERO;
        Patience {
            span,
            last_progress: zero,
            ends: span,
            slowest: zero,
            awaited: zero,
            latest: zero,
            follows: zero,
            rounds: ROUNDS,
        }
    }

    /// Somebody stored something, or came.
    pub fn renew(&mut self, now: Time) {
        self.last_progress = now;
        self.ends = now + self.span;
        self.slowest = Time::ZERO;
        self.awaited = self.latest;
        self.follows = Time::ZERO;
        self.rounds = ROUNDS;
    }

    /// A timer is set that is due at `at`.
    pub fn await_timer(&mut self, now: Time, at: Time) {
        if at == Time::NEVER {
            return;
        }
        self.latest = self.latest.max(at);
        if now == self.last_progress {
            self.awaited = self.latest;
        } else if at.since(now) * STEPS > self.span {
            self.follows = self.follows.max(at);
        }
    }

    /// A step of an exchange took, or is to take, so long.
    pub fn step(&mut self, took: Time) {
        self.slowest = self.slowest.max(took);
    }

    /// A message that was sent at `begun` is handled; `service` is how long it was under
    /// way without waiting behind others.
    pub fn handled(&mut self, now: Time, begun: Time, service: Time) {
        self.step(service);
        if begun <= self.last_progress {
            self.awaited = self.awaited.max(now);
        }
    }

    /// Whether the question comes up whether there is anything to wait for.
    pub fn is_over(&self, now: Time) -> bool {
        now > self.ends
    }

    /// Whether nothing is left to wait for.
    pub fn gives_up(&mut self, now: Time, prospect: Prospect) -> bool {
        self.step(prospect.service);
        if prospect.begun.is_some_and(|begun| begun <= self.last_progress) {
            self.awaited = self.awaited.max(now);
        }
        self.settle(prospect);
        while self.is_over(now) && prospect.copies && self.rounds > 0 && self.follows > self.awaited {
            self.rounds -= 1;
            self.awaited = std::mem::take(&mut self.follows);
            self.settle(prospect);
        }
        self.is_over(now)
    }

    fn settle(&mut self, Prospect { coming, copies, .. }: Prospect) {
        let to_come = if copies { self.awaited.max(coming.unwrap_or(Time::ZERO)) } else { Time::ZERO };
        self.ends = self.last_progress.max(to_come) + self.span.max(self.slowest * STEPS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: fn(u64) -> Time = Time::from_secs;
    const NOTHING: Prospect = Prospect { begun: None, service: Time::ZERO, coming: None, copies: true };

    #[test]
    fn nothing_to_wait_for_ends_it_right_after_its_span() {
        let mut patience = Patience::new(AT(600));
        patience.renew(AT(100));
        assert!(!patience.is_over(AT(700)) && patience.is_over(AT(701)));
        assert!(patience.gives_up(AT(701), NOTHING));
    }

    #[test]
    fn slow_messages_lengthen_it_while_they_are_under_way() {
        let mut patience = Patience::new(AT(600));
        assert!(!patience.gives_up(AT(601), Prospect { service: AT(500), ..NOTHING }), "one has taken 500 s so far");
        assert!(!patience.is_over(AT(4000)) && patience.is_over(AT(4001)));
        assert!(patience.gives_up(AT(4001), NOTHING), "it arrived, and nothing came of it");
        // Short ones do not, however many there are.
        let mut patience = Patience::new(AT(600));
        (0..10).for_each(|_| patience.step(AT(60)));
        assert!(patience.gives_up(AT(601), Prospect { service: AT(59), ..NOTHING }));
    }

    #[test]
    fn what_waits_in_a_queue_is_waited_for_when_it_was_there_before() {
        let mut patience = Patience::new(AT(600));
        patience.renew(AT(100));
        assert!(!patience.gives_up(AT(701), Prospect { begun: Some(AT(100)), ..NOTHING }));
        patience.handled(AT(1000), AT(100), AT(5));
        assert!(
            patience.is_over(AT(1302)) && !patience.gives_up(AT(1302), Prospect { begun: Some(AT(101)), ..NOTHING })
        );
        assert!(
            !patience.is_over(AT(1600)) && patience.gives_up(AT(1601), Prospect { begun: Some(AT(101)), ..NOTHING })
        );
    }

    #[test]
    fn timers_set_before_the_last_progress_have_their_say_once() {
        let mut patience = Patience::new(AT(600));
        patience.await_timer(AT(50), AT(1850));
        patience.renew(AT(100));
        patience.await_timer(AT(100), AT(1900));
        assert!(!patience.gives_up(AT(701), NOTHING));
        // What follows from the timer may take as long as what follows from a progress.
        patience.await_timer(AT(1900), AT(1960));
        assert!(!patience.is_over(AT(2500)) && patience.is_over(AT(2501)));
        assert!(patience.gives_up(AT(2501), NOTHING));
    }

    #[test]
    fn a_chain_of_long_timers_has_its_say_twice() {
        let mut patience = Patience::new(AT(600));
        patience.await_timer(AT(0), AT(1800));
        for due in [1800, 3600, 5400] {
            let end = AT(due + 600);
            assert!(!patience.gives_up(AT(due), NOTHING), "{due}");
            patience.await_timer(AT(due), AT(due + 1800));
            assert!(!patience.is_over(end), "{due}");
        }
        assert!(patience.gives_up(AT(6001), NOTHING));
        // A progress gives it all back.
        patience.renew(AT(6001));
        assert!(!patience.gives_up(AT(6602), NOTHING));
    }

    #[test]
    fn who_comes_is_waited_for() {
        let mut patience = Patience::new(AT(600));
        assert!(!patience.gives_up(AT(601), Prospect { coming: Some(AT(5000)), ..NOTHING }));
        assert!(!patience.is_over(AT(5600)));
    }

    #[test]
    fn without_copies_there_is_nothing_to_wait_for() {
        let mut patience = Patience::new(AT(600));
        patience.await_timer(AT(0), AT(1800));
        assert!(patience.gives_up(AT(601), Prospect { coming: Some(AT(5000)), copies: false, ..NOTHING }));
    }
}
