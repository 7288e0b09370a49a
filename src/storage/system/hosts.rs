//! Hosts live and die, go away and come back, and are struck in numbers.

use super::super::outcome::ShockAt;
use super::super::{ShockSpec, Start, Struck};
use super::state::{ClassRules, Host, NONE};
use super::{Event, History, Kind};
use crate::rng::{Purpose, Rng};
use crate::units::Time;

impl History<'_> {
    /// A place for a host, with one there that may already have lived.
    pub(super) fn first_host(&self, host: u32) -> Host {
        let stream = |purpose| Rng::stream(self.seed, purpose, u64::from(host));
        let (mut lives, mut absences) = (stream(Purpose::Lives), stream(Purpose::Absences));
        let class = self.rules.classes.iter().position(|class| class.hosts.contains(&host)).unwrap_or(0);
        let ClassRules { life, start, .. } = &self.rules.classes[class];
        let age = life.first_age(*start, &mut lives);
        let dies = Time::from_secs_f64(life.remaining(age, &mut lives));
        let (mut up, mut turns, mut turned) = (true, Time::NEVER, None);
        if let Some((there, away)) = &self.rules.up_and_away {
            up = *start == Start::Fresh || absences.uniform() * (there.mean() + away.mean()) < there.mean();
            let law = if up { there } else { away };
            let age = law.first_age(*start, &mut absences);
            turns = Time::from_secs_f64(law.remaining(age, &mut absences));
            turned = Some(-age);
        }
        Host {
            class: class as u8,
            alive: true,
            up,
            is_new: false,
            open: false,
            stamp: 0,
            dies,
            born: -age,
            turns,
            turned,
            since: Time::ZERO,
            lives,
            absences,
            slots: Vec::new(),
            incoming: Vec::new(),
            rivals: Vec::new(),
            outcome: Default::default(),
        }
    }

    /// Lists what the host does next. One event of each is pending.
    pub(super) fn await_host(&mut self, host: u32) {
        let of = &mut self.hosts[host as usize];
        of.stamp += 1;
        let at = of.dies.min(of.turns);
        if at < Time::NEVER {
            self.list.push(at, Event::Host { host, stamp: of.stamp });
        }
    }

    /// What a host does whose time has come; whether the event still counts.
    pub(super) fn turn(&mut self, host: u32, stamp: u32) -> bool {
        let of = &self.hosts[host as usize];
        if of.stamp != stamp {
            return false;
        }
        let kind = match (of.alive, of.up) {
            (false, _) => Kind::Comes,
            (true, _) if of.dies <= self.now => Kind::Dies,
            (true, true) => Kind::Leaves,
            (true, false) => Kind::Returns,
        };
        self.note(kind, host);
        match kind {
            Kind::Comes => self.come(host),
            Kind::Dies => self.die(host),
            Kind::Leaves => {
                let span = self.absence(host);
                self.leave(host, span);
            }
            _ => self.come_back(host),
        }
        true
    }

    /// How long a host stays away that leaves by itself.
    fn absence(&mut self, host: u32) -> Time {
        let of = &mut self.hosts[host as usize];
        let law = self.rules.up_and_away.as_ref();
        law.map_or(Time::NEVER, |(_, away)| Time::from_secs_f64(away.remaining(0.0, &mut of.absences)))
    }

    /// When a host that is there from now on goes away.
    fn next_absence(&mut self, host: u32) -> Time {
        let of = &mut self.hosts[host as usize];
        let law = self.rules.up_and_away.as_ref();
        law.map_or(Time::NEVER, |(up, _)| self.now + Time::from_secs_f64(up.remaining(0.0, &mut of.absences)))
    }

    /// An empty host takes the place of one that died.
    fn come(&mut self, host: u32) {
        let turns = self.next_absence(host);
        let of = &mut self.hosts[host as usize];
        (of.alive, of.up, of.since, of.turned) = (true, true, self.now, Some(self.now.secs()));
        (of.dies, of.turns, of.is_new) = (Time::NEVER, turns, true);
        if !self.spec.has_no_hosts_to_spare() {
            self.begin_life(host);
        }
        self.counts.hosts_up += 1;
        self.refresh(host);
        self.await_host(host);
    }

    /// The life of a host that came begins to count.
    pub(super) fn begin_life(&mut self, host: u32) {
        let of = &mut self.hosts[host as usize];
        let life = self.rules.classes[of.class as usize].life.remaining(0.0, &mut of.lives);
        (of.dies, of.born, of.is_new) = (self.now + Time::from_secs_f64(life), self.now.secs(), false);
    }

    /// A host dies, and what it had with it.
    pub(super) fn die(&mut self, host: u32) {
        self.totals.deaths += 1;
        self.hosts[host as usize].outcome.deaths += 1;
        let was_up = self.hosts[host as usize].up;
        self.hosts[host as usize].alive = false;
        if was_up {
            self.go_down(host);
        } else {
            self.lose_incoming(host);
        }
        let mut slots = std::mem::take(&mut self.hosts[host as usize].slots);
        for slot in &slots {
            if self.slots[*slot as usize].host == host {
                self.slots[*slot as usize].host = NONE; // unless its unit was lost meanwhile
                self.gone(*slot, was_up);
            }
        }
        slots.clear();
        let of = &mut self.hosts[host as usize];
        of.slots = slots;
        let after = self.spec.hosts.replaced_after;
        if after == Time::ZERO {
            return self.come(host);
        }
        (of.dies, of.turns) = (Time::NEVER, if after == Time::NEVER { after } else { self.now + after });
        self.await_host(host);
    }

    /// A host goes away for so long, with its data.
    fn leave(&mut self, host: u32, span: Time) {
        self.totals.absences += 1;
        let of = &mut self.hosts[host as usize];
        (of.turns, of.turned) = (self.now + span, None);
        self.go_down(host);
        for at in 0..self.hosts[host as usize].slots.len() {
            self.away(self.hosts[host as usize].slots[at]);
        }
        self.await_host(host);
    }

    /// Rebuilds onto a host begin again elsewhere.
    fn lose_incoming(&mut self, host: u32) {
        while let Some(slot) = self.hosts[host as usize].incoming.last() {
            self.target_lost(*slot);
        }
        self.lose_rivals(host);
    }

    /// The host is not there any more: rebuilds onto it are held up or begin again, and transfers
    /// end.
    fn go_down(&mut self, host: u32) {
        let of = &mut self.hosts[host as usize];
        of.up = false;
        of.outcome.up_s += self.now.since(of.since).secs();
        self.counts.hosts_up -= 1;
        self.refresh(host);
        if self.hosts[host as usize].alive && self.spec.repair.resumes {
            self.pause_all(host);
        } else {
            self.lose_incoming(host);
        }
        while let Some(part) = self.nodes.get(host as usize).and_then(|node| node.parts.last()) {
            self.end_lost(*part, host);
        }
    }

    /// A host is back with its data.
    fn come_back(&mut self, host: u32) {
        let turns = self.next_absence(host);
        let of = &mut self.hosts[host as usize];
        (of.up, of.since, of.turns, of.turned) = (true, self.now, turns, Some(self.now.secs()));
        self.counts.hosts_up += 1;
        self.refresh(host);
        self.resume_all(host);
        for at in 0..self.hosts[host as usize].slots.len() {
            self.returned(self.hosts[host as usize].slots[at]);
        }
        self.await_host(host);
    }

    /// Lists the next shock of an entry: those of all regions or operators together come as
    /// often as there are of them.
    pub(super) fn await_shock(&mut self, index: u32) {
        let ShockSpec { every, hits, .. } = self.spec.shocks[index as usize];
        let mean = every.secs() / f64::from(self.parts_of(hits));
        let wait = -mean * libm::log(self.shocks[index as usize].uniform());
        let at = self.now + Time::from_secs_f64(wait);
        if every < Time::NEVER && at < Time::NEVER {
            self.list.push(at, Event::Shock { entry: index, stamp: self.shock_stamps[index as usize] });
        }
    }

    /// A shock: all that it does is done before anything is repaired.
    pub(super) fn strike(&mut self, index: u32) {
        self.note(Kind::Shock, index);
        self.totals.shocks += 1;
        if self.is_first {
            self.struck.push(ShockAt { time: self.now, shock: index });
        }
        let ShockSpec { hits, share, away_for, .. } = self.spec.shocks[index as usize];
        let parts = self.parts_of(hits);
        let of = if hits == Struck::All { 0 } else { self.shocks[index as usize].below(u64::from(parts)) as u32 };
        for host in self.part(hits, of).hosts() {
            let struck = share >= 1.0 || self.shocks[index as usize].uniform() < share;
            if !struck || !self.hosts[host as usize].up {
                continue;
            }
            match away_for {
                Some(span) => self.leave(host, span),
                None => self.die(host),
            }
        }
        self.await_shock(index);
    }
}
