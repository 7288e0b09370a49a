//! How a history begins.

use super::super::outcome::{FillOutcome, HistoryOutcome, Totals};
use super::super::{Class, PlacementRule, RebuiltOn, RepairBy, StorageSpec};
use super::books::Integrals;
use super::place::ANY;
use super::state::{Counts, Dataset, NONE, Node, Rules, Slot, Unit};
use super::{Event, History};
use crate::engine::EventList;
use crate::network::Bulk;
use crate::rng::{Purpose, Rng, mix};
use crate::units::{Rate, Time};
use std::collections::VecDeque;

impl<'a> History<'a> {
    /// A history at its start, with slots on their hosts and nothing handled yet.
    pub(super) fn new(spec: &'a StorageSpec, seed: u64, filled: Option<&FillOutcome>, is_first: bool) -> Self {
        let rules = Rules::new(spec);
        let (units, n) = (spec.units(), u64::from(rules.n));
        let slots = u32::try_from(units * n).expect("slots are counted in 32 bits");
        let stream = |purpose, entity| Rng::stream(seed, purpose, entity);
        let unit = |unit| Unit {
            gone: 0,
            missing: 0,
            noticed: 0,
            running: 0,
            whole: NONE,
            late: NONE,
            lost: false,
            repairing: false,
            due: Time::ZERO,
            starving: false,
            listed: false,
            draws: stream(Purpose::Repairs, unit),
            notices: stream(Purpose::Notices, unit),
        };
        let kept_by_class = rules.rebuilt_on != RebuiltOn::Any || !rules.first_classes.is_empty();
        let dataset = Dataset { outcome: Default::default(), unreadable: 0, since: Time::ZERO };
        let workers = if spec.repair.by == RepairBy::Worker { spec.repair.workers } else { 0 };
        let mut history = History {
            spec,
            rules,
            seed,
            is_first,
            now: Time::ZERO,
            list: EventList::default(),
            slots: vec![Slot::NOWHERE; slots as usize],
            slot_classes: vec![ANY; if kept_by_class { slots as usize } else { 0 }],
            units: (0..units).map(unit).collect(),
            hosts: Vec::new(),
            datasets: vec![dataset; spec.data.count as usize],
            open: Vec::new(),
            shocks: (0..spec.shocks.len() as u64).map(|entry| stream(Purpose::Shocks, entry)).collect(),
            shock_stamps: vec![0; spec.shocks.len()],
            jobs: Vec::new(),
            jobs_free: Vec::new(),
            queue: VecDeque::new(),
            homeless: Vec::new(),
            homeless_count: 0,
            busy: 0,
            idle: (0..workers).rev().collect(),
            dirty: Vec::new(),
            freed: Vec::new(),
            bulk: None,
            nodes: Vec::new(),
            parts: Vec::new(),
            parts_free: Vec::new(),
            part_of: Vec::new(),
            order: Vec::new(),
            noticed: Vec::new(),
            sources: Vec::new(),
            racing: Vec::new(),
            counts: Counts::default(),
            integrals: Integrals::default(),
            totals: Totals::default(),
            sampled_bytes: 0,
            freed_slots: 0,
            ended_slots: 0,
            outcome: HistoryOutcome::default(),
            repairs: Vec::new(),
            struck: Vec::new(),
            series: Vec::new(),
            checkpoints: Vec::new(),
            digest: mix(seed),
            events: 0,
            warnings: Vec::new(),
            watch: None,
        };
        history.connect();
        history.populate(filled);
        history
    }

    /// Links, where they decide how long rebuilds take: of hosts, then of workers, one for all
    /// where these are not limited, or of owners.
    fn connect(&mut self) {
        if !self.spec.shares_links() {
            return;
        }
        let (hosts, repair) = (&self.spec.hosts, &self.spec.repair);
        let others = match repair.by {
            RepairBy::Worker => repair.workers.max(1),
            RepairBy::Owner => self.spec.data.count,
            _ => 0,
        };
        let (up, down) = repair.worker.map_or((Rate::UNLIMITED, Rate::UNLIMITED), |worker| (worker.up, worker.down));
        let links = |of: fn(&Class) -> Rate, other: Rate| {
            let of_class = |class: &Class| std::iter::repeat_n(of(class), class.count() as usize);
            let mut links: Vec<Rate> = hosts.by_class().iter().flat_map(of_class).collect();
            links.resize((hosts.count + others) as usize, other);
            links
        };
        self.bulk = Some(Bulk::new(&links(|class| class.up, up), &links(|class| class.down, down)));
        self.nodes = vec![Node::default(); (hosts.count + others) as usize];
    }

    /// Hosts come, slots are put on them, and what is to happen first is listed.
    fn populate(&mut self, filled: Option<&FillOutcome>) {
        let domains = self.domains();
        self.open = vec![0; domains as usize * self.rules.classes.len()];
        let grouped = self.spec.placement.rule == PlacementRule::Groups;
        self.homeless = vec![VecDeque::new(); if grouped { domains as usize } else { 1 }];
        self.hosts = (0..self.spec.hosts.count).map(|host| self.first_host(host)).collect();
        let are_up: Vec<bool> = self.hosts.iter().map(|host| host.up).collect();
        for host in 0..self.spec.hosts.count {
            self.hosts[host as usize].up = true; // slots came when their hosts were there
            self.refresh(host);
        }
        for unit in 0..self.units.len() as u32 {
            self.place(unit, filled);
        }
        self.counts.hosts_up = self.spec.hosts.count;
        for (host, is_up) in (0..).zip(are_up) {
            if !is_up {
                self.hosts[host as usize].up = false;
                self.counts.hosts_up -= 1;
                self.refresh(host);
                (0..self.hosts[host as usize].slots.len())
                    .for_each(|at| self.away(self.hosts[host as usize].slots[at]));
            }
            self.await_host(host);
        }
        (0..self.spec.shocks.len() as u32).for_each(|entry| self.await_shock(entry));
        self.await_ends(filled);
        self.await_sample();
        self.settle();
    }

    /// Puts the slots of a unit on hosts, or leaves it out.
    fn place(&mut self, unit: u32, filled: Option<&FillOutcome>) {
        let dataset = unit / self.rules.units_per_dataset;
        if self.left(dataset, filled) == Time::ZERO {
            self.units[unit as usize].lost = true;
            return;
        }
        self.counts.units += 1;
        self.datasets[dataset as usize].outcome.fewest = self.rules.n;
        let mut rng = Rng::stream(self.seed, Purpose::Placement, u64::from(unit));
        let mut unplaced = 0;
        for (place, slot) in self.numbers_of(unit).enumerate() {
            let class = self.rules.first_classes.get(place).copied().unwrap_or(ANY);
            self.set_class(slot, class);
            let host = match filled {
                Some(filled) => Some(filled.host_of[slot as usize]),
                None => self.choose(unit, class, &mut rng),
            };
            match host {
                Some(host) => self.put(slot, host),
                None => unplaced += 1,
            }
        }
        if unplaced > 0 {
            self.lack_room(unit);
        }
    }

    /// How long a dataset is still to be kept; zero where it is not there.
    fn left(&self, dataset: u32, filled: Option<&FillOutcome>) -> Time {
        let duration = self.spec.data.duration;
        filled.map_or(duration.unwrap_or(Time::NEVER), |filled| filled.left(dataset, duration))
    }

    /// Lists when datasets end.
    fn await_ends(&mut self, filled: Option<&FillOutcome>) {
        for dataset in 0..self.datasets.len() as u32 {
            let left = self.left(dataset, filled);
            if Time::ZERO < left && left <= self.spec.horizon {
                self.list.push(left, Event::Ended(dataset));
            }
        }
    }

    /// The slots of a unit that no host had room for are gone from the start.
    fn lack_room(&mut self, unit: u32) {
        if self.warnings.is_empty() {
            self.warnings.push(format!("unit {unit} found no hosts with room for all its slots at the start"));
        }
        for slot in self.numbers_of(unit) {
            if self.slots[slot as usize].host == NONE && !self.units[unit as usize].lost {
                self.gone(slot, true);
                self.totals.slots_lost -= 1;
            }
        }
    }
}
