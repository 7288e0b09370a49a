//! Whether a run can still get anywhere.

use super::flight::{Cargo, Flight};
use super::patience::Prospect;
use super::run::{Event, Simulation};
use crate::protocol::Protocol;
use crate::units::Time;
use crate::world::NodeId;

impl<P: Protocol> Simulation<'_, P> {
    /// Something was stored, or somebody came; where no copy is left that leads
    /// nowhere.
    pub(super) fn renew_patience(&mut self) {
        if self.copies > 0 {
            self.patience.renew(self.now);
        }
    }

    /// Puts something on the list that is as good as a timer: it is certain to come.
    pub(super) fn later(&mut self, at: Time, event: Event) {
        self.patience.await_timer(self.now, at);
        self.list.push(at, event);
    }

    /// The same of a step of an exchange.
    pub(super) fn step_until(&mut self, at: Time, event: Event) {
        self.patience.step(at.since(self.now));
        self.later(at, event);
    }

    /// What `id` holds does not count when it has gone for good.
    pub(super) fn forget(&mut self, id: NodeId) {
        if self.presence.has_gone(id) {
            let node = &mut self.nodes[id.index()];
            self.copies -= if node.gone { 0 } else { u64::from(node.store.len()) };
            node.gone = true;
        }
    }

    /// Whether nothing is left to wait for.
    pub(super) fn gives_up(&mut self) -> bool {
        let flights = || self.flights.iter().flatten();
        let unread = flights().any(|flight| flight.arrived && flight.size.payload > 0);
        let prospect = Prospect {
            begun: flights().map(|flight| flight.begun).min(),
            service: flights().map(|flight| flight.service(self.now)).max().unwrap_or(Time::ZERO),
            coming: self.presence.next_coming().filter(|at| *at <= self.spec.stop.max_time),
            copies: self.copies > 0 || unread,
        };
        self.patience.gives_up(self.now, prospect)
    }

    /// Whether nothing is left that could happen: no message is under way (one that
    /// the network is silent about arrives after all that the clock holds), nobody
    /// comes, and no event on the list still concerns anybody.
    pub(super) fn is_dead(&self) -> bool {
        let under_way = self.flights.iter().flatten().any(|flight| !flight.arrived);
        !under_way && self.presence.next_coming().is_none() && !self.list.iter().any(|event| self.concerns(event))
    }

    fn concerns(&self, event: &Event) -> bool {
        let is_up = |id: &NodeId, epoch: u32| {
            let node = &self.nodes[id.index()];
            node.online && node.epoch == epoch
        };
        let is_read =
            |flight: &Flight<P::Msg>| matches!(flight.cargo, Cargo::Letter(_)) || is_up(&flight.to, flight.epoch);
        match event {
            Event::Timer(_, timer) => self.timers.peek(*timer).is_some_and(|(id, epoch, _)| is_up(id, *epoch)),
            Event::Read(_, id) | Event::Handle(_, id) => self.flights[*id as usize].as_ref().is_some_and(is_read),
            Event::Notice(id, epoch, _)
            | Event::Dialled(id, _, _, epoch)
            | Event::Knock(id, _, _, epoch)
            | Event::Refused(id, epoch, ..)
            | Event::Cut(id, epoch, ..)
            | Event::Alarm(id, epoch, _)
            | Event::Nat(id, epoch, _)
            | Event::Errand(id, epoch, _) => is_up(id, *epoch),
            Event::Depart(..) | Event::Mix(..) | Event::Step(_) | Event::Tick => true,
            Event::Next(id) => !self.nodes[id.index()].queue.is_empty(),
            Event::Sample | Event::Tidy(..) => false,
        }
    }
}
