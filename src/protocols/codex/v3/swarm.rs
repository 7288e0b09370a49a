//! The peers of a download and the choice among them (`engine/swarm.nim`).

use super::{Params, Peer, PeerChoice, Peers};
use crate::rng::Rng;
use crate::units::Time;
use crate::world::{Holding, NodeId};

/// What a member is known to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Availability {
    /// Nothing is known.
    Unknown,
    /// Everything.
    Complete,
    /// What it said it has.
    Some(Box<Holding>),
}

impl Availability {
    fn has_all(&self, start: u32, end: u32) -> bool {
        match self {
            Availability::Unknown => false,
            Availability::Complete => true,
            Availability::Some(held) => held.covers(start, end),
        }
    }

    pub fn has_any(&self, start: u32, end: u32) -> bool {
        match self {
            Availability::Unknown => false,
            Availability::Complete => start < end,
            Availability::Some(held) => held.touches(start, end),
        }
    }
}

/// A peer of the download.
#[derive(Debug)]
pub(super) struct Member {
    pub id: NodeId,
    pub availability: Availability,
    /// When it last said what it has or delivered a batch.
    pub last_seen: Time,
    timeouts: u32,
    /// Its place among the peers when it was last looked up.
    place: usize,
}

/// Outcome of a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// Ask this peer.
    Peer(NodeId),
    /// Those who have it are at capacity.
    AtCapacity,
    /// Nobody has any of it.
    NoPeers,
}

/// A member with capacity.
#[derive(Debug, Clone, Copy)]
struct Free {
    /// Its place among the members.
    member: usize,
    load: u32,
    depth: u32,
}

/// The members, in the order in which they joined.
#[derive(Debug, Default)]
pub(super) struct Swarm {
    pub members: Vec<Member>,
    /// Members with capacity, at the choice under way.
    free: Vec<Free>,
    /// Members that were at capacity when they were to be asked, since the loop last had
    /// reason to hope.
    pub full: Vec<NodeId>,
}

impl Swarm {
    pub fn find(&mut self, id: NodeId) -> Option<&mut Member> {
        self.members.iter_mut().find(|m| m.id == id)
    }

    /// Whether `id` is or becomes a member.
    pub fn admit(&mut self, id: NodeId, now: Time, params: &Params) -> bool {
        if self.find(id).is_some() {
            return true;
        }
        let room = self.members.len() < params.swarm_max as usize;
        if room {
            self.members.push(Member {
                id,
                availability: Availability::Unknown,
                last_seen: now,
                timeouts: 0,
                place: 0,
            });
        }
        room
    }

    /// Admits `id` in place of the member that was not heard of for longest
    /// among those that never said anything and are `idle`; whether there is one.
    pub fn replace_unknown(
        &mut self,
        id: NodeId,
        now: Time,
        mut idle: impl FnMut(NodeId) -> bool,
        params: &Params,
    ) -> bool {
        let unknown = self.members.iter().filter(|m| m.availability == Availability::Unknown && idle(m.id));
        let Some(oldest) = unknown.min_by_key(|m| m.last_seen).map(|m| m.id) else { return false };
        self.remove(oldest);
        self.admit(id, now, params)
    }

    pub fn remove(&mut self, id: NodeId) {
        self.members.retain(|m| m.id != id);
    }

    /// A member counts as heard of.
    pub fn touch(&mut self, id: NodeId, now: Time) {
        if let Some(member) = self.find(id) {
            member.last_seen = now;
        }
    }

    /// A member delivered a batch.
    pub fn delivered(&mut self, id: NodeId, now: Time) {
        if let Some(member) = self.find(id) {
            member.timeouts = 0;
            member.last_seen = now;
        }
    }

    /// A request to a member timed out; too many and it is one no longer.
    pub fn timed_out(&mut self, id: NodeId, params: &Params) {
        if let Some(member) = self.find(id) {
            member.timeouts += 1;
            if member.timeouts >= params.max_timeouts {
                self.remove(id);
            }
        }
    }

    /// Members that were heard of lately and have something.
    pub fn active(&self, now: Time, params: &Params) -> usize {
        let known = |m: &&Member| m.availability != Availability::Unknown && !m.is_stale(now, params);
        self.members.iter().filter(known).count()
    }

    /// Whether some member that is not stale has all of `start..end`.
    pub fn has_source(&self, (start, end): (u32, u32), now: Time, params: &Params) -> bool {
        self.members.iter().any(|m| !m.is_stale(now, params) && m.availability.has_all(start, end))
    }

    /// Members that were not heard of for long and never said anything.
    pub fn stale_unknown(&self, now: Time, params: &Params) -> impl Iterator<Item = NodeId> {
        let silent = move |m: &&Member| m.availability == Availability::Unknown && m.is_stale(now, params);
        self.members.iter().filter(silent).map(|m| m.id)
    }

    /// When the next member becomes stale.
    pub fn next_stale(&self, now: Time, params: &Params) -> Time {
        let stale = self.members.iter().filter(|m| !m.is_stale(now, params)).map(|m| m.last_seen + params.peer_stale);
        stale.min().unwrap_or(Time::NEVER)
    }

    /// How many of the members that are not stale have all of `start..end`.
    pub fn holders(&self, (start, end): (u32, u32), now: Time, params: &Params) -> usize {
        self.members.iter().filter(|m| !m.is_stale(now, params) && m.availability.has_all(start, end)).count()
    }

    /// Whom to ask for the `bytes` of `start..end`: a member with capacity that
    /// has all of it, or else some of it.
    pub fn choose(
        &mut self,
        (start, end): (u32, u32),
        batch: u64,
        now: Time,
        (peers, params, rng): (&mut Peers, &Params, &mut Rng),
    ) -> Choice {
        self.members.retain_mut(|m| m.among(peers).is_some());
        self.free.clear();
        let mut seen = false;
        for whole in [true, false] {
            for (member, known) in self.members.iter().enumerate() {
                let has = if whole { Availability::has_all } else { Availability::has_any };
                if known.is_stale(now, params) || !has(&known.availability, start, end) {
                    continue;
                }
                seen = true;
                let peer = &mut peers[known.place];
                let (load, depth) = (peer.in_flight, peer.stats.depth(now, batch, params));
                if load < depth {
                    self.free.push(Free { member, load, depth });
                } else {
                    peer.room.found_full();
                    if !self.full.contains(&known.id) {
                        self.full.push(known.id);
                    }
                }
            }
            if seen {
                break;
            }
        }
        match self.free.len() {
            0 if seen => Choice::AtCapacity,
            0 => Choice::NoPeers,
            1 => Choice::Peer(self.members[self.free[0].member].id),
            _ => Choice::Peer(self.among_free(now, peers, params, rng)),
        }
    }

    fn among_free(&self, now: Time, peers: &mut Peers, params: &Params, rng: &mut Rng) -> NodeId {
        let id = |free: &Free| self.members[free.member].id;
        let any = |rng: &mut Rng| id(&self.free[rng.below(self.free.len() as u64) as usize]);
        if params.peer_choice == PeerChoice::Random {
            return any(rng);
        }
        let place = |free: &Free| self.members[free.member].place;
        let untried = self.free.iter().filter(|free| peers[place(free)].stats.throughput(now, params).is_none());
        if let Some(least) = untried.min_by_key(|free| free.load) {
            return id(least);
        }
        if rng.uniform() < params.exploration {
            return any(rng);
        }
        let mut best = (f64::INFINITY, Vec::new());
        for free in &self.free {
            let score = self.score(*free, now, peers, params);
            if score < best.0 {
                best = (score, vec![id(free)]);
            } else if score == best.0 {
                best.1.push(id(free));
            }
        }
        best.1[if best.1.len() > 1 { rng.below(best.1.len() as u64) as usize } else { 0 }]
    }

    /// Lower is better.
    fn score(&self, free: Free, now: Time, peers: &mut Peers, params: &Params) -> f64 {
        let member = &self.members[free.member];
        let peer = &mut peers[member.place];
        let load = f64::from(free.load) / f64::from(free.depth);
        let penalty = f64::from(member.timeouts) * params.timeout_penalty;
        let throughput = peer.stats.throughput(now, params).map(|bps| bps as f64);
        let response = peer.stats.response_micros().map(|micros| micros as f64);
        match params.peer_choice {
            PeerChoice::Sum => {
                let slow = throughput.map_or(0.0, |bps| 12.5e6 / bps.max(1.0));
                10.0 * load + slow + response.map_or(0.0, |micros| micros / 10_000.0) + penalty
            }
            // Each between best, 0, and worst, 1; half where nothing is known.
            PeerChoice::Weighted | PeerChoice::Random => {
                let slow = throughput.map_or(0.5, |bps| (1.0 - bps / 104_857_600.0).clamp(0.0, 1.0));
                let late = response.map_or(0.5, |micros| (micros / 500_000.0).min(1.0));
                0.30 * load + 0.25 * slow + 0.25 * late + 0.20 * (penalty / 15.0).min(1.0)
            }
        }
    }
}

impl Member {
    /// What is known of it as a peer, if it is connected.
    pub fn among<'a>(&mut self, peers: &'a mut Peers) -> Option<&'a mut Peer> {
        self.place = peers.position_near(self.id, self.place)?;
        Some(&mut peers[self.place])
    }

    pub fn is_stale(&self, now: Time, params: &Params) -> bool {
        now.since(self.last_seen) > params.peer_stale
    }

    /// It said that it has these runs of the dataset that begins with unit `first`.
    pub fn learn(&mut self, ranges: &[(u32, u32)], first: u32, now: Time) {
        self.last_seen = now;
        if self.availability == Availability::Unknown && !ranges.is_empty() {
            self.availability = Availability::Some(Box::new(Holding::new(first)));
        }
        if let Availability::Some(held) = &mut self.availability {
            ranges.iter().for_each(|(start, end)| _ = held.add_range(*start, *end));
        }
    }
}
