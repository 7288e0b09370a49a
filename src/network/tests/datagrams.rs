//! Datagrams: no connection, no window, but the same links.

use super::*;
use crate::world::Channel;

/// What a network tells when node 0 sends these datagrams to node 1 at once.
fn sent(model: NetworkModel, rate: Rate, sizes: &[u64], fate: Fate) -> (Log, Network) {
    let world = world(&[(rate, rate), (rate, rate)], ms(50));
    let mut network = Network::new(&world, &NetworkSpec { transport: Transport::default(), ..spec(model) });
    let (mut log, mut out) = (Log::new(), Vec::new());
    for (id, bytes) in (0..).zip(sizes) {
        let flight = WireFlight { id, wire: Bytes(*bytes), tracked: false };
        network.datagram(Time::ZERO, (NodeId(0), NodeId(1)), flight, fate, &mut out);
    }
    while let Some(now) = network.next_event() {
        network.advance(now, &mut out);
        log.extend(out.drain(..).map(|event| (now, event)));
    }
    (log, network)
}

#[test]
fn a_datagram_takes_the_latency_and_its_time_on_the_link() {
    for (model, transmission) in [(NetworkModel::Ideal, 0), (NetworkModel::Fifo, 10), (NetworkModel::Fair, 10)] {
        // 10 kB over 8 Mbit/s: 10 ms, and no window of a connection in the way.
        let (log, network) = sent(model, mbit(8), &[10_000], Fate::Arrives);
        assert_eq!(log, [(ms(50 + transmission), NetEvent::Arrived(0))], "{model:?}");
        assert_eq!(network.carried(NodeId(0), ms(99)).up, Bytes(10_000));
        assert_eq!(network.carried(NodeId(1), ms(99)).down, Bytes(10_000));
    }
}

#[test]
fn datagrams_of_a_moment_queue_in_fifo_and_share_in_fair() {
    let (log, _) = sent(NetworkModel::Fifo, mbit(8), &[10_000, 10_000], Fate::Arrives);
    assert_eq!(log, [(ms(60), NetEvent::Arrived(0)), (ms(70), NetEvent::Arrived(1))]);
    let (log, _) = sent(NetworkModel::Fair, mbit(8), &[10_000, 10_000], Fate::Arrives);
    assert_eq!(log, [(ms(70), NetEvent::Arrived(0)), (ms(70), NetEvent::Arrived(1))]);
}

#[test]
fn a_dropped_datagram_has_left_and_never_comes() {
    for model in [NetworkModel::Ideal, NetworkModel::Fifo, NetworkModel::Fair] {
        let (log, network) = sent(model, mbit(8), &[5_000], Fate::Dropped);
        assert_eq!(log.len(), 1);
        assert_eq!(log[0].1, NetEvent::Lost { id: 0, carried: Bytes(5_000) }, "{model:?}");
        assert_eq!(network.carried(NodeId(0), ms(99)).up, Bytes(5_000));
        assert_eq!(network.carried(NodeId(1), ms(99)).down, Bytes(0));
    }
}

/// A datagram shares the uplink with a stream that is busy, and the stream goes
/// on afterwards as if it had been a flow of its own.
#[test]
fn a_datagram_takes_its_share_from_a_busy_stream() {
    let world = world(&[(mbit(8), mbit(8)), (mbit(8), mbit(8))], ms(50));
    let mut network = Network::new(&world, &spec(NetworkModel::Fair));
    let mut out = Vec::new();
    network.open(NodeId(0), NodeId(1), Channel::ONLY);
    let flight = |id, bytes| WireFlight { id, wire: Bytes(bytes), tracked: false };
    network.send(Time::ZERO, (NodeId(0), NodeId(1)), Channel::ONLY, flight(0, 100_000), &mut out);
    network.datagram(Time::ZERO, (NodeId(0), NodeId(1)), flight(1, 10_000), Fate::Arrives, &mut out);
    let mut log = Log::new();
    while let Some(now) = network.next_event() {
        network.advance(now, &mut out);
        log.extend(out.drain(..).map(|event| (now, event)));
    }
    assert_eq!(log, [(ms(70), NetEvent::Arrived(1)), (ms(160), NetEvent::Arrived(0))]);
}
