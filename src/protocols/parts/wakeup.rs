//! A timer for the earliest of several moments.

use crate::engine::TimerId;
use crate::protocol::{Ctx, Protocol};
use crate::units::Time;

/// A timer of a node that is set once, however often it is asked for. It may fire
/// before anything is due; whoever it wakes looks, and sets it anew.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::protocols) struct Wakeup(Option<(Time, TimerId)>);

impl Wakeup {
    /// Sees to it that `timer` fires at `at` or before.
    pub fn set<P: Protocol>(&mut self, at: Time, timer: P::Timer, cx: &mut Ctx<'_, P>) {
        if self.0.is_some_and(|(armed, _)| armed <= at) {
            return;
        }
        self.cancel(cx);
        self.0 = Some((at, cx.after(at.since(cx.now()), timer)));
    }

    /// It has fired.
    pub fn fired(&mut self) {
        self.0 = None;
    }

    /// It is not to fire.
    pub fn cancel<P: Protocol>(&mut self, cx: &mut Ctx<'_, P>) {
        if let Some((_, timer)) = self.0.take() {
            cx.cancel(timer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::direct::Direct;
    use crate::protocols::parts::bench::{Bench, constants, world};
    use crate::world::DatasetId;

    #[test]
    fn the_earliest_moment_counts_and_is_set_once() {
        let mut bench = Bench::<Direct>::new(world(10, 1_000, 1), &constants("direct"));
        let (mut wakeup, at) = (Wakeup::default(), Time::from_secs);
        let mut armed = |wakeup: &mut Wakeup, moments: &[u64]| {
            let effects = bench.act(|_, cx| moments.iter().for_each(|secs| wakeup.set(at(*secs), DatasetId(0), cx)));
            effects.len()
        };
        assert_eq!(armed(&mut wakeup, &[9, 9, 10]), 1);
        assert_eq!(armed(&mut wakeup, &[8, 9]), 1, "once more, and the other is cancelled");
        wakeup.fired();
        assert_eq!(armed(&mut wakeup, &[20, 20]), 1);
    }
}
