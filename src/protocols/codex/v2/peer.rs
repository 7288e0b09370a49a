//! What a node knows of one connected peer (Codex `peers/peercontext.nim`).

use super::Params;
use crate::units::Time;
use crate::world::{BlockSet, NodeId};

/// Knowledge of and dealings with one connected peer.
#[derive(Debug, Default)]
pub(super) struct Peer {
    pub id: NodeId,
    /// What it told us it has, as far as we still want it.
    pub have: BlockSet,
    /// Wants it was last told about.
    pub told: BlockSet,
    /// What we asked it to send.
    pub requested: BlockSet,
    /// When we last asked it or it last answered.
    last_refresh: Option<Time>,
    /// The inclusions into our wants up to then.
    seen_inclusions: u64,
    /// A question is open.
    refreshing: bool,
    backoff: u32,
    /// When it last delivered a block, or was asked after a pause.
    pub last_exchange: Time,
}

/// Why a peer is asked again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refresh {
    /// What we know is old: ask for everything, not for what is new.
    pub stale: bool,
    /// Our wants have changed since.
    pub changed: bool,
}

impl Peer {
    pub fn new(id: NodeId, now: Time) -> Self {
        Peer { id, backoff: 1, last_exchange: now, ..Peer::default() }
    }

    /// Whether to ask the peer now; if so, marks the question as open.
    pub fn begin_refresh(&mut self, now: Time, inclusions: u64, params: &Params) -> Option<Refresh> {
        let stale = self.last_refresh.is_none_or(|t| t + params.refresh_interval * u64::from(self.backoff) < now);
        if stale && self.refreshing {
            self.refreshing = false;
            self.backoff = 1;
        }
        let changed = self.last_refresh.is_none() || self.seen_inclusions < inclusions;
        if !(stale || changed) || self.refreshing {
            return None;
        }
        self.refreshing = true;
        self.last_refresh = Some(now);
        self.seen_inclusions = inclusions;
        Some(Refresh { stale, changed })
    }

    /// What to ask: the list and nothing when there is nothing to ask.
    pub fn question(&mut self, pending: &BlockSet, why: Refresh) -> Option<BlockSet> {
        self.told.retain_in(pending);
        let ask = pending.difference(&self.have);
        if ask.is_empty() {
            self.told.clear();
            return None;
        }
        let list = if self.told.is_empty() || why.stale {
            ask
        } else {
            let new = ask.difference(&self.told);
            if new.is_empty() {
                self.told = ask;
                return None;
            }
            new
        };
        self.told.union_with(&list);
        if why.changed {
            self.backoff = 1;
        }
        Some(list)
    }

    /// Its answer need not be awaited.
    pub fn close_question(&mut self) {
        self.refreshing = false;
    }

    /// It answered that it has `set`.
    pub fn answered(&mut self, now: Time, inclusions: u64, set: &BlockSet, params: &Params) {
        self.refreshing = false;
        self.last_refresh = Some(now);
        self.seen_inclusions = inclusions;
        self.backoff = (2 * self.backoff).min(params.max_refresh_backoff);
        let before = self.have.len();
        self.have.union_with(set);
        if self.have.len() > before {
            self.backoff = 1;
        }
    }

    /// Notes that `set` is asked of it.
    pub fn request(&mut self, now: Time, set: &BlockSet) {
        if self.requested.is_empty() {
            self.last_exchange = now;
        }
        self.requested.union_with(set);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params() -> Params {
        crate::protocols::codex::v2::test_params()
    }

    fn at(secs: u64) -> Time {
        Time::from_secs(secs)
    }

    #[test]
    fn an_open_question_blocks_the_next_until_it_is_stale() {
        let mut peer = Peer::new(NodeId(1), at(0));
        assert!(peer.begin_refresh(at(10), 1, &params()).is_some());
        assert!(peer.begin_refresh(at(10) + Time::from_millis(5), 2, &params()).is_none());
        let again = peer.begin_refresh(at(12), 1, &params()).unwrap();
        assert!(again.stale && !again.changed);
    }

    #[test]
    fn what_is_wanted_since_the_last_answer_is_asked_for_even_at_the_same_moment() {
        let mut peer = Peer::new(NodeId(1), at(0));
        peer.answered(at(10), 1, &BlockSet::one(3), &params());
        assert!(peer.begin_refresh(at(10), 1, &params()).is_none());
        assert!(peer.begin_refresh(at(10), 2, &params()).is_some_and(|why| why.changed));
    }

    #[test]
    fn answers_without_news_double_the_pause_up_to_the_limit() {
        let mut peer = Peer::new(NodeId(1), at(0));
        let set = BlockSet::range(0, 4);
        for expected in [1, 2, 4, 8, 16, 32, 36, 36] {
            peer.answered(at(1), 0, &set, &params());
            assert_eq!(peer.backoff, expected);
        }
        peer.answered(at(1), 0, &BlockSet::one(9), &params());
        assert_eq!(peer.backoff, 1);
    }

    #[test]
    fn a_second_question_is_the_difference_unless_stale() {
        let mut peer = Peer::new(NodeId(1), at(0));
        let why = |stale| Refresh { stale, changed: true };
        assert_eq!(peer.question(&BlockSet::range(0, 10), why(false)), Some(BlockSet::range(0, 10)));
        assert_eq!(peer.question(&BlockSet::range(0, 15), why(false)), Some(BlockSet::range(10, 15)));
        assert_eq!(peer.question(&BlockSet::range(0, 15), why(false)), None);
        assert_eq!(peer.question(&BlockSet::range(0, 15), why(true)), Some(BlockSet::range(0, 15)));
        peer.answered(at(1), 0, &BlockSet::range(0, 5), &params());
        assert_eq!(peer.question(&BlockSet::range(0, 15), why(true)), Some(BlockSet::range(5, 15)));
    }
}
