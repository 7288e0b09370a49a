//! What a node knows of one connected peer (Promethei `peers/peercontext.nim`).

use super::Params;
use super::score::PeerScore;
use crate::engine::TimerId;
use crate::units::Time;
use crate::world::BlockSet;
use std::rc::Rc;

/// Blocks asked of a peer in one request.
#[derive(Debug)]
pub(super) struct OpenRequest {
    pub number: u32,
    pub at: Time,
    /// What has not come.
    pub left: BlockSet,
    pub timeout: TimerId,
}

/// Knowledge of and dealings with one connected peer.
#[derive(Debug)]
pub(super) struct Peer {
    /// What it told us it has, as far as we still want it.
    pub have: BlockSet,
    /// What will be asked of it with the next request.
    pub queued: BlockSet,
    pub requests: Vec<OpenRequest>,
    /// How many units are in these two: whoever is chosen for a block, that is looked at.
    owed: u32,
    pub score: PeerScore,
    /// When the window of questions opened, and what was asked since.
    window: Option<Time>,
    told: BlockSet,
    last_question: Time,
}

/// What to ask a peer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// Nothing.
    Nothing,
    /// Something, but not before so long.
    Later(Time),
    /// Whether it has these.
    Now(Rc<BlockSet>),
}

impl Peer {
    pub fn new(now: Time) -> Self {
        Peer {
            have: BlockSet::new(),
            queued: BlockSet::new(),
            requests: Vec::new(),
            owed: 0,
            score: PeerScore::new(now),
            window: None,
            told: BlockSet::new(),
            last_question: now,
        }
    }

    /// Blocks that it was or is about to be asked for and that have not come.
    pub fn load(&self, group: u32) -> u32 {
        debug_assert_eq!(self.owed, self.queued.len() + self.requests.iter().map(|r| r.left.len()).sum::<u32>());
        self.owed * group
    }

    /// It will be asked for `unit` with the next request.
    pub fn queue(&mut self, unit: u32) {
        self.owed += u32::from(self.queued.insert(unit));
    }

    /// A request is not waited for any more: what of it has not come.
    pub fn give_up(&mut self, number: u32) -> Option<BlockSet> {
        let at = self.requests.iter().position(|request| request.number == number)?;
        let left = self.requests.remove(at).left;
        self.owed -= left.len();
        Some(left)
    }

    /// Decides what to ask: everything when a window opens, what is new while
    /// it lasts.
    pub fn question(&mut self, wanted: &BlockSet, now: Time, params: &Params) -> Question {
        let ask = wanted.difference(&self.have);
        if ask.is_empty() {
            return Question::Nothing;
        }
        let open = self.window.is_some_and(|at| now < at + params.want_window);
        if !open {
            self.window = Some(now);
            self.told = ask.clone();
            self.last_question = now;
            return Question::Now(Rc::new(ask));
        }
        let new = ask.difference(&self.told);
        let allowed = self.last_question + params.want_delta;
        if new.is_empty() {
            Question::Nothing
        } else if now < allowed {
            Question::Later(allowed - now)
        } else {
            self.told.union_with(&new);
            self.last_question = now;
            Question::Now(Rc::new(new))
        }
    }

    /// Takes `set` off what it owes; gives what of it was outstanding here,
    /// and the timers that have become void.
    pub fn settle(&mut self, set: &BlockSet, mut void: impl FnMut(TimerId)) -> BlockSet {
        self.have.subtract(set);
        let queued = self.queued.len();
        self.queued.subtract(set);
        self.owed -= queued - self.queued.len();
        let mut outstanding = BlockSet::new();
        let owed = &mut self.owed;
        self.requests.retain_mut(|request| {
            let came = request.left.intersection(set);
            *owed -= came.len();
            outstanding.union_with(&came);
            request.left.subtract(set);
            if request.left.is_empty() {
                void(request.timeout);
            }
            !request.left.is_empty()
        });
        outstanding
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::codex::f::test_params;

    fn asked(set: BlockSet) -> Question {
        Question::Now(Rc::new(set))
    }

    #[test]
    fn a_window_begins_with_everything_and_goes_on_with_what_is_new() {
        let params = test_params();
        let ms = Time::from_millis;
        let mut peer = Peer::new(ms(0));
        let mut ask = |end, now| peer.question(&BlockSet::range(0, end), ms(now), &params);
        assert_eq!(ask(4, 0), asked(BlockSet::range(0, 4)));
        assert_eq!(ask(4, 100), Question::Nothing);
        assert_eq!(ask(6, 110), asked(BlockSet::range(4, 6)));
        assert_eq!(ask(9, 130), Question::Later(ms(30)));
        assert_eq!(ask(9, 160), asked(BlockSet::range(6, 9)));
        assert_eq!(ask(9, 9_999), Question::Nothing);
        assert_eq!(ask(9, 10_000), asked(BlockSet::range(0, 9)), "a new window");
    }
}
