//! Which torrents of a node are active: the queue.
//!
//! After libtorrent `recalculate_auto_managed_torrents` and `auto_manage_torrents` in
//! `src/session_impl.cpp`, `seed_rank`, `is_inactive_internal` and `on_inactivity_tick` in
//! `src/torrent.cpp`. Downloads come before seeds, downloads in the order in which they
//! were added. Of the seeds those come first that have been active for less than half an
//! hour, then those that wait, in the order in which they came to, then those whose half
//! hour is over; what remains active of these begins another: in the original demand decides, which it knows from scrapes; here turns go
//! round (inferred). It also prefers seeds that have not met their goals and such that are
//! the only ones; that is left out. What goes on being sent after a torrent was paused is
//! lost here: the original lets uploads end first.

use super::torrent::Torrent;
use super::{BitTorrent, Context, Params, Timer};
use crate::protocol::Key;
use crate::units::Time;
use crate::world::{Channel, DatasetId};
use std::collections::BTreeSet;

/// A seed keeps its place for this long (`seed_rank`, `recently_started`).
const SEED_TURN: Time = Time::from_secs(30 * 60);

/// The torrents that are not active, and how many of the others count.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Downloads that wait, and seeds that do, by the place of each in its queue.
    waiting: [BTreeSet<(u32, DatasetId)>; 2],
    /// The next place.
    next: u32,
    /// Active downloads and seeds that are not slow.
    counted: [u32; 2],
    /// When the queue was last gone through.
    last: Option<Time>,
    /// When it is the next time.
    due: Time,
}

/// The most active downloads, or seeds, that are not slow.
fn limit(seed: bool, params: &Params) -> u32 {
    if seed { params.active_seeds } else { params.active_downloads }
}

impl Queue {
    /// A place behind all others.
    fn ticket(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.iter().all(BTreeSet::is_empty)
    }

    /// Whether all active torrents may remain so, and none waits.
    fn is_settled(&self, params: &Params) -> bool {
        self.is_empty() && [false, true].iter().all(|seed| self.counted[usize::from(*seed)] <= limit(*seed, params))
    }
}

/// What a pass through the queue decides.
#[derive(Debug, Default)]
struct Verdict {
    stop: Vec<DatasetId>,
    start: Vec<(u32, DatasetId)>,
    /// Seeds that begin another turn.
    again: Vec<DatasetId>,
    /// How many more torrents may be active.
    left: u32,
}

/// A place in the order of torrents: the class of a seed, then its place there.
type Place = (u8, u64, u32);

impl BitTorrent {
    /// Takes a torrent up: at once if there is room, else it waits.
    pub(super) fn add(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        let seed = !cx.wants(dataset);
        if let Some(at) = self.position(dataset) {
            if self.torrents[at].is_finished() && !seed {
                self.load(at, cx);
            }
            return;
        }
        let (params, kind) = (&cx.shared.params, usize::from(seed));
        let ticket = self.queue.ticket();
        let room = self.queue.counted[kind] < limit(seed, params) && self.torrents.len() < params.active_limit as usize;
        if room && self.queue.waiting[kind].is_empty() {
            self.start_torrent(ticket, dataset, cx);
        } else {
            self.queue.waiting[kind].insert((ticket, dataset));
            self.begin_ticking(cx);
            self.reconsider(cx);
        }
    }

    /// The rest of an active torrent, of which a part was served so far, is wanted.
    fn load(&mut self, at: usize, cx: &mut Context<'_>) {
        let torrent = &mut self.torrents[at];
        cx.on(torrent.channel());
        torrent.loads = true;
        for at in 0..torrent.peers.len() {
            if torrent.peers[at].lacking > 0 {
                torrent.become_interested(at, cx);
            }
        }
        torrent.announce(cx);
        let slow = torrent.pace.slow;
        self.count(true, slow, -1);
        self.count(false, slow, 1);
        self.reconsider(cx);
    }

    /// Gives a torrent up.
    pub(super) fn remove(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        if let Some(at) = self.position(dataset) {
            self.stop_torrent(at, cx);
        } else {
            self.queue.waiting.iter_mut().for_each(|list| list.retain(|(_, waits)| *waits != dataset));
        }
        self.reconsider(cx);
    }

    /// A torrent is complete: it counts among the seeds from now on.
    pub(super) fn finished(&mut self, slow: bool, cx: &mut Context<'_>) {
        self.count(false, slow, -1);
        self.count(true, slow, 1);
        self.reconsider(cx);
    }

    /// An active torrent comes or goes; slow ones do not count.
    fn count(&mut self, seed: bool, slow: bool, by: i32) {
        if !slow {
            let counted = &mut self.queue.counted[usize::from(seed)];
            *counted = counted.saturating_add_signed(by);
        }
    }

    /// Active torrents have become slow, or are no longer.
    pub(super) fn paces_changed(&mut self, cx: &mut Context<'_>) {
        self.queue.counted = [0, 0];
        for torrent in self.torrents.iter().filter(|torrent| !torrent.pace.slow) {
            self.queue.counted[usize::from(torrent.is_finished())] += 1;
        }
        self.reconsider(cx);
    }

    /// Something has changed: the queue is gone through now, but not twice within a second
    /// (`trigger_auto_manage`).
    fn reconsider(&mut self, cx: &mut Context<'_>) {
        if self.queue.is_settled(&cx.shared.params) {
            return;
        }
        if self.queue.last.is_some_and(|last| cx.now().since(last) < super::TICK) {
            self.queue.due = cx.now();
            self.begin_ticking(cx);
        } else {
            self.go_through(cx);
        }
    }

    /// Once a second.
    pub(super) fn tick_queue(&mut self, cx: &mut Context<'_>) {
        if cx.now() >= self.queue.due && !self.queue.is_settled(&cx.shared.params) {
            self.go_through(cx);
        }
    }

    /// Decides which torrents are active.
    fn go_through(&mut self, cx: &mut Context<'_>) {
        let params = &cx.shared.params;
        (self.queue.last, self.queue.due) = (Some(cx.now()), cx.now() + params.auto_manage_interval);
        let mut verdict = Verdict { left: params.active_limit, ..Verdict::default() };
        for seed in [false, true] {
            self.judge(seed, limit(seed, params), cx.now(), &mut verdict);
        }
        for id in verdict.again {
            self.position(id).into_iter().for_each(|at| self.torrents[at].since = cx.now());
        }
        for id in verdict.stop {
            if let Some(at) = self.position(id) {
                let (place, seed) = self.stop_torrent(at, cx);
                let ticket = if seed { self.queue.ticket() } else { place };
                self.queue.waiting[usize::from(seed)].insert((ticket, id));
            }
        }
        for (ticket, id) in verdict.start {
            for list in &mut self.queue.waiting {
                list.remove(&(ticket, id));
            }
            self.start_torrent(ticket, id, cx);
        }
        if !self.queue.is_empty() {
            self.begin_ticking(cx);
        }
    }

    /// Goes through the downloads, or the seeds, of which `room` may be active and not slow.
    fn judge(&self, seed: bool, mut room: u32, now: Time, verdict: &mut Verdict) {
        let place = |torrent: &Torrent| -> Place {
            match seed {
                false => (0, 0, torrent.ticket),
                true if now.since(torrent.since) < SEED_TURN => (0, torrent.since.nanos(), torrent.ticket),
                true => (2, u64::MAX - torrent.since.nanos(), u32::MAX - torrent.ticket),
            }
        };
        let of_it = self.torrents.iter().filter(|torrent| torrent.is_finished() == seed);
        let mut active: Vec<(Place, &Torrent)> = of_it.map(|torrent| (place(torrent), torrent)).collect();
        active.sort_by_key(|(place, _)| *place);
        let mut active = active.into_iter().peekable();
        let mut waiting = self.queue.waiting[usize::from(seed)].iter().peekable();
        loop {
            let free = room > 0 && verdict.left > 0;
            let next = waiting.peek().filter(|_| free).map(|(ticket, _)| (u8::from(seed), 0, *ticket));
            let is_first = |next: &Place| active.peek().is_none_or(|(place, _)| next < place);
            if next.as_ref().is_some_and(is_first) {
                verdict.start.extend(waiting.next());
                room -= 1;
                verdict.left -= 1;
            } else if let Some(((class, ..), torrent)) = active.next() {
                // Slow ones count only among all.
                let slow = torrent.pace.slow && verdict.left > 0;
                if !slow && !free {
                    verdict.stop.push(torrent.id);
                    continue;
                }
                room -= u32::from(!slow);
                verdict.left -= 1;
                if class == 2 {
                    verdict.again.push(torrent.id);
                }
            } else {
                return;
            }
        }
    }

    /// A torrent becomes active: it announces itself and looks for peers.
    fn start_torrent(&mut self, ticket: u32, id: DatasetId, cx: &mut Context<'_>) {
        let Err(at) = self.torrents.binary_search_by_key(&id, |torrent| torrent.id) else { return };
        cx.on(Channel(id.0));
        let mut torrent = Torrent::new(id, ticket, cx);
        self.session.wake(cx);
        cx.provide(Key::Dataset(id));
        // Seeders of the beginning have announced themselves before; who returns
        // as a seed looks for leechers (seeding_outgoing_connections).
        let pause = self.looks_from.since(cx.now());
        if !torrent.is_finished() && pause > Time::ZERO {
            torrent.announce = Some(cx.after(pause, Timer::Announce(id)));
        } else if !torrent.is_finished() {
            torrent.announce(cx);
        } else if cx.now() > Time::ZERO {
            cx.find(Key::Dataset(id));
        }
        self.count(torrent.is_finished(), false, 1);
        self.torrents.insert(at, torrent);
    }

    /// A torrent is no longer active; its place among those that were added, and whether
    /// it is complete.
    fn stop_torrent(&mut self, at: usize, cx: &mut Context<'_>) -> (u32, bool) {
        let torrent = self.torrents.remove(at);
        let (ticket, seed) = (torrent.ticket, torrent.is_finished());
        self.count(seed, torrent.pace.slow, -1);
        torrent.leave(&mut self.session, cx);
        (ticket, seed)
    }
}
