//! What was done, in numbers.

use super::packet::{Frame, Packet};
use super::path::Pool;
use super::session::RECIPIENT;
use crate::units::Time;
use crate::world::NodeId;

/// Counts of one run.
#[derive(Debug)]
pub(super) struct Tally {
    /// Sessions that were begun.
    pub sessions: u64,
    /// Sessions whose other end fell silent.
    pub died: u64,
    /// Packets that did not come to the next node.
    pub lost: u64,
    /// Those of them that a node held which went.
    pub lost_held: u64,
    /// Packets of others that found no slot.
    pub no_slot: u64,
    /// Chunks that were sent again.
    pub sent_again: u64,
    /// Supplies of reply blocks that were sent again.
    pub supplied_again: u64,
    /// Queries through proxies, those that were sent again, and those that found a proxy busy.
    pub queries: u64,
    pub asked_again: u64,
    pub queries_dropped: u64,
    data: u64,
    acks: u64,
    supplies: u64,
    control: u64,
    cover: u64,
    /// Reply blocks that were sent, those again that were lost, and that were used.
    surbs: [u64; 2],
    /// How often frames waited for reply blocks alone, and how long in all.
    starved: (u64, Time),
    slotless: Time,
    /// Packets that came to their receivers, and how long they took in all.
    came: (u64, Time),
    /// Wire bytes of packets that relays have sent on and that have arrived.
    relay_bytes: u64,
    /// By node: packets of others that it sent on, and how long it held them altogether.
    relayed: Vec<(u64, Time)>,
}

impl Tally {
    /// Of `nodes` nodes that have done nothing.
    pub fn new(nodes: usize) -> Self {
        let zero = Time::ZERO;
        Tally {
            sessions: 0,
            died: 0,
            lost: 0,
            lost_held: 0,
            no_slot: 0,
            sent_again: 0,
            supplied_again: 0,
            queries: 0,
            asked_again: 0,
            queries_dropped: 0,
            data: 0,
            acks: 0,
            supplies: 0,
            control: 0,
            cover: 0,
            surbs: [0; 2],
            starved: (0, zero),
            slotless: zero,
            came: (0, zero),
            relay_bytes: 0,
            relayed: vec![(0, zero); nodes],
        }
    }

    /// A packet is packed.
    pub fn sent(&mut self, packet: &Packet) {
        let asks = matches!(packet.frame, Frame::Query(_));
        self.surbs[0] += packet.supply.map_or(u64::from(asks), |supply| u64::from(supply.count));
        self.surbs[1] += u64::from(packet.side == RECIPIENT || matches!(packet.frame, Frame::Answer(_)));
        *match packet.frame {
            Frame::Data(..) => &mut self.data,
            Frame::Ack(..) => &mut self.acks,
            Frame::Supply => &mut self.supplies,
            Frame::Cover => &mut self.cover,
            _ => &mut self.control,
        } += 1;
    }

    /// A relay takes a packet and holds it for so long.
    pub fn relay(&mut self, node: NodeId, held: Time) {
        let (count, time) = &mut self.relayed[node.index()];
        *count += 1;
        *time += held;
    }

    /// A packet has arrived that a relay had sent, as so many bytes on the wire.
    pub fn carry(&mut self, wire: u64) {
        self.relay_bytes += wire;
    }

    /// A frame has waited so long for reply blocks alone.
    pub fn starve(&mut self, span: Time) {
        self.starved.0 += 1;
        self.starved.1 += span;
    }

    /// A packet has come to its receiver, so long after its sender began to pack it.
    pub fn arrive(&mut self, took: Time) {
        self.came.0 += 1;
        self.came.1 += took;
    }

    /// A packet is lost with the node that held it.
    pub fn lose_held(&mut self) {
        self.lost += 1;
        self.lost_held += 1;
    }

    /// A packet has waited so long for a slot.
    pub fn wait_for_slot(&mut self, span: Time) {
        self.slotless += span;
    }

    /// All of it, of a run that ended at `end`.
    pub fn report(&self, end: Time, pool: &Pool) -> Vec<(String, f64)> {
        let relays = || pool.ids().map(|id| self.relayed[id.index()]);
        let count = relays().count() as f64;
        let relayed: u64 = relays().map(|(count, _)| count).sum();
        let most = relays().map(|(count, _)| count).max().unwrap_or(0);
        let held: f64 = relays().map(|(_, held)| held.secs()).sum();
        let over = |value: f64, by: f64| if by > 0.0 { value / by } else { 0.0 };
        let packets = self.data + self.acks + self.supplies + self.control + self.cover;
        [
            ("mix_sessions", self.sessions as f64),
            ("mix_sessions_died", self.died as f64),
            ("mix_packets", packets as f64),
            ("mix_data_packets", self.data as f64),
            ("mix_ack_packets", self.acks as f64),
            ("mix_supply_packets", self.supplies as f64),
            ("mix_control_packets", self.control as f64),
            ("mix_cover_packets", self.cover as f64),
            ("mix_lost", self.lost as f64),
            ("mix_lost_held", self.lost_held as f64),
            ("mix_no_slot", self.no_slot as f64),
            ("mix_sent_again", self.sent_again as f64),
            ("mix_supplied_again", self.supplied_again as f64),
            ("mix_surbs", self.surbs[0] as f64),
            ("mix_surbs_used", self.surbs[1] as f64),
            ("mix_surb_waits", self.starved.0 as f64),
            ("mix_surb_wait_s", self.starved.1.secs()),
            ("mix_slot_wait_s", self.slotless.secs()),
            ("mix_packet_time_mean_s", over(self.came.1.secs(), self.came.0 as f64)),
            ("mix_relay_tx_bytes", self.relay_bytes as f64),
            ("mix_relay_packets_per_s", over(relayed as f64, count * end.secs())),
            ("mix_busiest_relay_packets_per_s", over(most as f64, end.secs())),
            ("mix_packets_in_relay", over(held, count * end.secs())),
            ("mix_queries", self.queries as f64),
            ("mix_queries_again", self.asked_again as f64),
            ("mix_queries_dropped", self.queries_dropped as f64),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_string(), value))
        .collect()
    }
}
