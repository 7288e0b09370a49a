//! What nodes do by themselves: join, ping, refresh, announce again.

use super::exchange::Ask;
use super::params::Refresh;
use super::stats::Purpose;
use super::{Dht, Moment};
use crate::discovery::Alarm;
use crate::units::Time;
use crate::world::NodeId;

/// The keys of a node, and how far the round is that announces them.
#[derive(Debug, Default)]
pub(super) struct Advertiser {
    keys: Vec<u32>,
    /// The first that this round has not begun to announce.
    next: usize,
    /// Announcements under way.
    active: u32,
    /// The next round is set.
    pausing: bool,
}

impl Dht {
    /// A node comes online: one of the converged network at the start, or one
    /// that knows nobody.
    pub(super) fn online(&mut self, node: u32, mut cx: Moment<'_>) {
        let first = self.epochs[node as usize] == 0;
        self.epochs[node as usize] += 1;
        self.is_online[node as usize] = true;
        self.online += 1;
        let pause = self.revalidation_pause(node);
        if self.load.is_some() {
            self.take_load(node, &mut cx);
        }
        if pause > Time::ZERO {
            cx.out.alarm_after(pause, NodeId(node), Alarm::Revalidate);
        }
        if first && self.params.warm && self.at_start[node as usize] {
            let phase = self.phase(node, self.params.refresh_interval);
            return cx.out.alarm_after(phase, NodeId(node), Alarm::Refresh);
        }
        self.look_up(node, self.ids[node as usize], Purpose::JoinOwn, cx);
    }

    /// Puts the nodes of the bootstrap list that are up into the table of `node`, or
    /// any other that is up when these have gone. At the start all are up at once,
    /// whoever's turn it is first.
    pub(super) fn bootstrap(&mut self, node: u32, now: Time) {
        let is_up = |one: u32| self.is_online[one as usize] || (now == Time::ZERO && self.at_start[one as usize]);
        let mut contacts: Vec<u32> = self.bootstrap.iter().copied().filter(|one| *one != node && is_up(*one)).collect();
        if contacts.is_empty() && self.online > 1 {
            contacts.extend(self.any_other(node));
        }
        for contact in contacts {
            self.tables[node as usize].add(contact, 0.0, &self.ids, &self.shape);
        }
    }

    /// A node that is up and serves, besides `node`, which is up too; nothing where there is
    /// none.
    fn any_other(&mut self, node: u32) -> Option<u32> {
        let serves = |one: u32| one != node && self.is_online[one as usize] && !self.is_client(one);
        if !(0..self.ids.len() as u32).any(serves) {
            return None;
        }
        loop {
            let one = self.rngs[node as usize].below(self.ids.len() as u64) as u32;
            if one != node && self.is_online[one as usize] && !self.is_client(one) {
                return Some(one);
            }
        }
    }

    /// The node goes: of what it knew of others only their records stay, for
    /// they are on its disk.
    pub(super) fn offline(&mut self, node: u32) {
        self.epochs[node as usize] += 1;
        self.is_online[node as usize] = false;
        self.online -= 1;
        self.tables[node as usize].reset(&self.shape);
        self.sessions.clear(node);
        self.finding[node as usize].clear();
        self.advertisers[node as usize] = Advertiser::default();
    }

    /// The node's part of the load: its keys in rounds, from a random moment on,
    /// and questions.
    fn take_load(&mut self, node: u32, cx: &mut Moment<'_>) {
        let Some((load, keys)) = self.load.take() else { return };
        let topics: Vec<u32> = keys[node as usize].iter().map(|key| self.load_topic(*key)).collect();
        self.load = Some((load, keys));
        self.advertised(node, &topics, cx);
        self.plan_query(node, cx);
    }

    fn plan_query(&mut self, node: u32, cx: &mut Moment<'_>) {
        let rate = self.load.as_ref().map_or(0.0, |(load, _)| load.queries_per_second);
        if rate > 0.0 {
            let pause = -libm::log1p(-self.rngs[node as usize].uniform()) / rate;
            cx.out.alarm_after(Time::from_secs_f64(pause), NodeId(node), Alarm::Query);
        }
    }

    pub(super) fn query(&mut self, node: u32, mut cx: Moment<'_>) {
        self.plan_query(node, &mut cx);
        let Some((load, _)) = &self.load else { return };
        let keys = load.keys(self.members);
        let key = self.rngs[node as usize].below(u64::from(keys)) as u32;
        self.find_topic(node, self.load_topic(key), cx);
    }

    /// A moment drawn evenly from an interval.
    pub(super) fn phase(&mut self, node: u32, interval: Time) -> Time {
        Time::from_nanos(self.rngs[node as usize].below(interval.nanos().max(1)))
    }

    fn revalidation_pause(&mut self, node: u32) -> Time {
        let (least, most) = (self.params.revalidate_min, self.params.revalidate_max);
        if most == Time::ZERO { Time::ZERO } else { least + self.phase(node, most.since(least)) }
    }

    pub(super) fn revalidate(&mut self, node: u32, cx: Moment<'_>) {
        let pause = self.revalidation_pause(node);
        cx.out.alarm_after(pause, NodeId(node), Alarm::Revalidate);
        let inhabited = self.tables[node as usize].inhabited();
        if inhabited == 0 {
            return;
        }
        let nth = self.rngs[node as usize].below(inhabited as u64) as usize;
        if let Some(peer) = self.tables[node as usize].least_recent(nth, &self.shape) {
            self.request((node, peer), Ask::Ping, (0, 0), None, cx);
        }
    }

    pub(super) fn refresh(&mut self, node: u32, cx: Moment<'_>) {
        let (now, interval) = (cx.out.now, self.params.refresh_interval);
        match self.params.refresh {
            Refresh::Random if now >= self.last_lookup[node as usize] + interval => {
                let target = self.rngs[node as usize].next_u64();
                self.look_up(node, target, Purpose::Refresh(0), cx);
            }
            Refresh::Random => cx.out.alarm_after(interval, NodeId(node), Alarm::Refresh),
            Refresh::StaleBuckets => self.refreshed(node, 0, cx),
        }
    }

    /// A look-up of a refresh is over; another, or the pause, follows.
    pub(super) fn refreshed(&mut self, node: u32, next: u32, cx: Moment<'_>) {
        if self.params.refresh == Refresh::StaleBuckets
            && let Some(before) = cx.out.now.nanos().checked_sub(self.params.stale_after.nanos())
            && let Some((index, start, depth)) =
                self.tables[node as usize].stale_from(next as usize, Time::from_nanos(before))
        {
            let random = self.rngs[node as usize].next_u64();
            let target = start | if depth >= 64 { 0 } else { random >> depth };
            return self.look_up(node, target, Purpose::Refresh(index as u32 + 1), cx);
        }
        cx.out.alarm_after(self.params.refresh_interval, NodeId(node), Alarm::Refresh);
    }

    /// The node announces `topic` from now on.
    pub(super) fn advertise(&mut self, node: u32, topic: u32, cx: Moment<'_>) {
        let advertiser = &mut self.advertisers[node as usize];
        if !advertiser.keys.contains(&topic) {
            advertiser.keys.push(topic);
            self.announce_more(node, cx);
        }
    }

    /// The node has announced `keys` in the past, and goes on from a moment
    /// within the interval.
    pub(super) fn advertised(&mut self, node: u32, keys: &[u32], cx: &mut Moment<'_>) {
        let advertiser = &mut self.advertisers[node as usize];
        advertiser.keys.extend(keys);
        advertiser.next = advertiser.keys.len();
        if !std::mem::replace(&mut advertiser.pausing, true) {
            let phase = self.phase(node, self.params.advertise_interval);
            cx.out.alarm_after(phase, NodeId(node), Alarm::Advertise);
        }
    }

    pub(super) fn next_round(&mut self, node: u32, cx: Moment<'_>) {
        let advertiser = &mut self.advertisers[node as usize];
        (advertiser.next, advertiser.pausing) = (0, false);
        self.announce_more(node, cx);
    }

    /// An announcement is out.
    pub(super) fn announced(&mut self, node: u32, cx: Moment<'_>) {
        self.advertisers[node as usize].active -= 1;
        self.announce_more(node, cx);
    }

    fn announce_more(&mut self, node: u32, mut cx: Moment<'_>) {
        loop {
            let advertiser = &mut self.advertisers[node as usize];
            let waiting = advertiser.keys.len() - advertiser.next;
            if waiting <= self.params.advertise_queue as usize && !advertiser.pausing {
                advertiser.pausing = true;
                cx.out.alarm_after(self.params.advertise_interval, NodeId(node), Alarm::Advertise);
            }
            if waiting == 0 || advertiser.active >= self.params.advertise_concurrency {
                return;
            }
            let topic = advertiser.keys[advertiser.next];
            advertiser.next += 1;
            advertiser.active += 1;
            self.look_up(node, self.key_id(topic), Purpose::Provide(topic), cx.again());
        }
    }
}
