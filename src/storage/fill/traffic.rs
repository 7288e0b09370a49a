//! Downloads on the links of clients and hosts, what they carried and what held them back.

use crate::network::{Bottleneck, Bulk};
use crate::storage::{Class, StorageSpec};
use crate::units::{Rate, Time};

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sender {
    /// A client.
    Client(u32),
    /// A host.
    Host(u32),
}

/// A flow under way.
#[derive(Debug, Clone, Copy)]
struct Flow {
    /// The sale that it is for.
    sale: u32,
    bytes: u64,
    from_client: bool,
    /// Whether the sender's link is the slower one.
    slow_sender: bool,
    /// Its place among those under way.
    place: u32,
    /// Until when what held it back is noted.
    noted: Time,
}

/// All flows.
#[derive(Debug)]
pub(super) struct Traffic {
    bulk: Bulk,
    /// Bytes per second out of each host, then of each client; into each host.
    up: Vec<f64>,
    down: Vec<f64>,
    hosts: u32,
    efficiency: f64,
    flows: Vec<Flow>,
    under_way: Vec<u32>,
    /// Flows that began or ended since all were looked at, and when that was.
    changes: usize,
    looked: Time,
    /// Bytes that clients and hosts sent.
    pub client_bytes: u64,
    pub host_bytes: u64,
    /// Seconds that flows were held back by clients' uplinks, hosts' downlinks, hosts' uplinks.
    pub held_back_s: [f64; 3],
}

impl Traffic {
    /// The idle links of all hosts and of so many clients with such an uplink.
    pub fn new(spec: &StorageSpec, clients: u32, client_up: Rate) -> Self {
        let classes = spec.hosts.by_class();
        let links = |of: fn(&Class) -> Rate, of_client: Rate| -> Vec<Rate> {
            let of_class = |class: &Class| std::iter::repeat_n(of(class), class.count() as usize);
            let of_clients = std::iter::repeat_n(of_client, clients as usize);
            classes.iter().flat_map(of_class).chain(of_clients).collect()
        };
        let (up, down) = (links(|class| class.up, client_up), links(|class| class.down, Rate::UNLIMITED));
        let per_second = |rates: &[Rate]| rates.iter().map(|rate| rate.bytes_per_second()).collect();
        Traffic {
            bulk: Bulk::new(&up, &down),
            up: per_second(&up),
            down: per_second(&down),
            hosts: spec.hosts.count,
            efficiency: spec.repair.transfer.efficiency,
            flows: Vec::new(),
            under_way: Vec::new(),
            changes: 0,
            looked: Time::ZERO,
            client_bytes: 0,
            host_bytes: 0,
            held_back_s: [0.0; 3],
        }
    }

    /// Begins to send `bytes` to a host for a sale: no faster than the share of the slower of
    /// both links that a transfer reaches, however little else they carry.
    pub fn start(&mut self, now: Time, sale: u32, from: Sender, to: u32, bytes: u64) {
        self.look(now);
        let (node, from_client) = match from {
            Sender::Client(client) => (self.hosts + client, true),
            Sender::Host(host) => (host, false),
        };
        let (up, down) = (self.up[node as usize], self.down[to as usize]);
        let number = self.bulk.start(now, (node, to), bytes as f64, self.efficiency * up.min(down));
        let place = self.under_way.len() as u32;
        let flow = Flow { sale, bytes, from_client, slow_sender: up <= down, place, noted: now };
        match self.flows.get_mut(number as usize) {
            Some(old) => *old = flow,
            None => self.flows.push(flow),
        }
        self.under_way.push(number);
    }

    /// The flow that ends first, and when.
    pub fn next(&mut self) -> Option<(Time, u32)> {
        self.bulk.first_end()
    }

    /// A flow has ended: the sale that it was for, and its bytes.
    pub fn end(&mut self, now: Time, number: u32) -> (u32, u64) {
        let Flow { sale, bytes, .. } = self.flows[number as usize];
        self.remove(now, number);
        self.book(number, bytes);
        (sale, bytes)
    }

    /// Cuts short all flows for sales that are `given_up`: for each the sale and what it carried.
    pub fn cut(&mut self, now: Time, given_up: impl Fn(u32) -> bool) -> Vec<(u32, u64)> {
        let mut carried = Vec::new();
        for place in (0..self.under_way.len()).rev() {
            let number = self.under_way[place];
            let Flow { sale, bytes, .. } = self.flows[number as usize];
            if given_up(sale) {
                // Whole bytes that have left; a flow that nothing holds back ends at once.
                let sent = (self.remove(now, number) as u64).min(bytes);
                self.book(number, sent);
                carried.push((sale, sent));
            }
        }
        carried
    }

    fn remove(&mut self, now: Time, number: u32) -> f64 {
        self.look(now);
        self.note(now, number);
        let place = self.flows[number as usize].place;
        self.under_way.swap_remove(place as usize);
        if let Some(moved) = self.under_way.get(place as usize) {
            self.flows[*moved as usize].place = place;
        }
        self.bulk.stop(now, number)
    }

    fn book(&mut self, number: u32, bytes: u64) {
        let sum = if self.flows[number as usize].from_client { &mut self.client_bytes } else { &mut self.host_bytes };
        *sum += bytes;
    }

    /// Notes what holds flows back before one begins or ends. A flow is looked at when it ends
    /// and when an eighth of those under way have changed, so that few cost little and many are
    /// followed closely enough.
    fn look(&mut self, now: Time) {
        if now > self.looked && 8 * self.changes >= self.under_way.len() {
            for at in 0..self.under_way.len() {
                self.note(now, self.under_way[at]);
            }
            (self.changes, self.looked) = (0, now);
        }
        self.changes += 1;
    }

    fn note(&mut self, now: Time, number: u32) {
        let Flow { noted, from_client, slow_sender, .. } = self.flows[number as usize];
        if now == noted {
            return;
        }
        let by_sender = match self.bulk.pace(number).1 {
            Bottleneck::Uplink => true,
            Bottleneck::Downlink | Bottleneck::CoreLink => false,
            Bottleneck::Window => slow_sender,
        };
        let cause = if !by_sender {
            1
        } else if from_client {
            0
        } else {
            2
        };
        self.held_back_s[cause] += now.since(noted).secs();
        self.flows[number as usize].noted = now;
    }
}
