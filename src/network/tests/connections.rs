//! Opening, closing, order and counting.

use super::*;
use crate::world::Channel;
use NetworkModel::{Fair, Fifo, Ideal};

const MODELS: [NetworkModel; 3] = [Ideal, Fifo, Fair];

fn pair(model: NetworkModel, delay: Time) -> Network {
    Network::new(&world(&[(mbit(8), mbit(8)); 2], delay), &spec(model))
}

#[test]
fn a_message_on_a_closed_stream_is_lost_at_once() {
    for model in MODELS {
        let log = play(&mut pair(model, ms(10)), &vec![(ms(5), Act::Send(0, 1, 3, 100))]);
        assert_eq!(log, [(ms(5), NetEvent::Lost { id: 3, carried: Bytes(0) })], "{model:?}");
    }
}

/// At 1 MB/s and 100 ms: 0 has arrived, 1 is on its way, 2 has left by half,
/// 3 waits.
#[test]
fn closing_loses_what_waits_what_leaves_and_what_travels() {
    for model in [Fifo, Fair] {
        let mut network = pair(model, ms(100));
        let mut script = star(1);
        script.extend(
            [100_000, 100_000, 80_000, 70_000].iter().zip(0..).map(|(b, id)| (Time::ZERO, Act::Send(0, 1, id, *b))),
        );
        script.push((ms(240), Act::Close(1, 0)));
        let log = play(&mut network, &script);
        let of = |wanted: u32| {
            let about = |e: &NetEvent| matches!(e, NetEvent::Arrived(id) | NetEvent::Lost { id, .. } if *id == wanted);
            log.iter().copied().filter(|(_, e)| about(e)).collect::<Vec<_>>()
        };
        let lost = |id, carried| NetEvent::Lost { id, carried: Bytes(carried) };
        assert_eq!(of(0), [(ms(200), NetEvent::Arrived(0))], "{model:?}");
        assert_eq!(of(1), [(ms(300), lost(1, 100_000))], "{model:?}");
        assert_eq!(of(2), [(ms(240), lost(2, 40_000))], "{model:?}");
        assert_eq!(of(3), [(ms(240), lost(3, 0))], "{model:?}");
        assert_eq!(network.carried(NodeId(0), ms(300)), Carried { up: Bytes(240_000), down: Bytes(0) });
        assert_eq!(network.carried(NodeId(1), ms(300)), Carried { up: Bytes(0), down: Bytes(100_000) });
    }
}

/// At 1 MB/s and 100 ms, after 240 ms: of 40 kB that have not left of the head, and two messages
/// of 70 kB, so many stay as fit; what is lost was not begun, unless the head itself does not fit.
#[test]
fn of_what_waits_the_first_that_fit_stay() {
    for model in [Fifo, Fair] {
        let lost_and_last = |most| {
            let mut script = star(1);
            script.extend(
                [200_000, 80_000, 70_000, 70_000].iter().zip(0..).map(|(b, id)| (Time::ZERO, Act::Send(0, 1, id, *b))),
            );
            script.push((ms(240), Act::KeepFirst(0, 1, most)));
            script.push((ms(240), Act::Send(0, 1, 4, 10_000)));
            let log = play(&mut pair(model, ms(100)), &script);
            let lost = log.iter().filter_map(|(at, event)| match event {
                NetEvent::Lost { id, carried } => Some((*at, *id, carried.get())),
                _ => None,
            });
            (lost.collect::<Vec<_>>(), last_arrival(&log))
        };
        let lost = |id, carried| (ms(240), id, carried);
        assert_eq!(lost_and_last(180_000), (vec![], ms(530)), "{model:?}");
        assert_eq!(lost_and_last(179_999), (vec![lost(3, 0)], ms(460)), "{model:?}");
        assert_eq!(lost_and_last(40_000), (vec![lost(2, 0), lost(3, 0)], ms(390)), "{model:?}");
        assert_eq!(lost_and_last(39_999), (vec![lost(1, 40_000), lost(2, 0), lost(3, 0)], ms(350)), "{model:?}");
    }
}

/// A host that takes 150 kB lets the writer of the second of four messages of 70 kB go on at
/// once, and that of each later one when there is room: when the one two before it has left. A
/// host without a buffer lets it go on when its message begins to leave.
#[test]
fn a_writer_goes_on_when_its_message_fits_in_the_buffer() {
    for model in [Fifo, Fair] {
        let begun = |send_buffer| {
            let transport = Transport { send_buffer: Bytes(send_buffer), ..Transport::NONE };
            let spec = NetworkSpec { transport, ..spec(model) };
            let mut network = Network::new(&world(&[(mbit(8), mbit(8)); 2], ms(10)), &spec);
            let mut script = star(1);
            script.extend((0..4).map(|id| (Time::ZERO, Act::Send(0, 1, id, 70_000))));
            let log = play(&mut network, &script);
            assert_eq!(last_arrival(&log), ms(290), "{model:?}");
            let begun = log.iter().filter(|(_, event)| matches!(event, NetEvent::Started(_)));
            begun.map(|(at, _)| *at).collect::<Vec<_>>()
        };
        assert_eq!(begun(0), [ms(0), ms(70), ms(140), ms(210)], "{model:?}");
        assert_eq!(begun(150_000), [ms(0), ms(0), ms(70), ms(140)], "{model:?}");
        assert_eq!(begun(1_000_000), [ms(0); 4], "{model:?}");
    }
}

#[test]
fn ideal_loses_only_what_travels() {
    let mut network = pair(Ideal, ms(100));
    let mut script = star(1);
    script.push((Time::ZERO, Act::Send(0, 1, 0, 500)));
    script.push((ms(99), Act::Close(0, 1)));
    script.push((ms(99), Act::Open(0, 1)));
    script.push((ms(99), Act::Send(0, 1, 1, 500)));
    let log = play(&mut network, &script);
    assert_eq!(log[2..], [(ms(100), NetEvent::Lost { id: 0, carried: Bytes(500) }), (ms(199), NetEvent::Arrived(1))]);
}

#[test]
fn a_lost_head_frees_its_links_at_once() {
    for model in [Fifo, Fair] {
        let mut network = Network::new(&world(&[(mbit(8), mbit(8)); 3], ms(10)), &spec(model));
        let mut script = star(2);
        script.push((Time::ZERO, Act::Send(0, 1, 1, 50_000_000)));
        script.push((ms(100), Act::Close(0, 1)));
        script.push((ms(100), Act::Send(0, 2, 2, 100_000)));
        assert_eq!(last_arrival(&play(&mut network, &script)), ms(210), "{model:?}");
    }
}

/// The slot of a closed stream serves the next one; what travelled on the old
/// one is not mistaken for the new one's.
#[test]
fn a_reopened_connection_is_a_new_one() {
    for model in [Fifo, Fair] {
        let mut network = pair(model, ms(100));
        let mut script = star(1);
        script.push((Time::ZERO, Act::Send(0, 1, 0, 10_000)));
        script.push((ms(50), Act::Close(0, 1)));
        script.push((ms(50), Act::Open(0, 1)));
        script.push((ms(50), Act::Send(0, 1, 1, 10_000)));
        let ends: Log =
            play(&mut network, &script).into_iter().filter(|(_, e)| !matches!(e, NetEvent::Started(_))).collect();
        let lost = NetEvent::Lost { id: 0, carried: Bytes(10_000) };
        assert_eq!(ends, [(ms(110), lost), (ms(160), NetEvent::Arrived(1))], "{model:?}");
    }
}

#[test]
fn messages_start_one_after_another() {
    for model in [Fifo, Fair] {
        let mut script = star(1);
        script.extend((0..3).map(|id| (ms(5), Act::Send(0, 1, id, 10_000))));
        let log = play(&mut pair(model, ms(1)), &script);
        let starts: Vec<_> = log.iter().filter(|(_, e)| matches!(e, NetEvent::Started(_))).collect();
        let expected = [(ms(5), 0), (ms(15), 1), (ms(25), 2)].map(|(at, id)| (at, NetEvent::Started(id)));
        assert!(starts.into_iter().eq(expected.iter()), "{model:?}: {log:?}");
    }
}

#[test]
fn untracked_messages_do_not_report_their_start() {
    for model in MODELS {
        let mut network = pair(model, ms(1));
        let (mut out, mut log) = (Vec::new(), Log::new());
        network.open(NodeId(0), NodeId(1), Channel::ONLY);
        network.send(
            Time::ZERO,
            (NodeId(0), NodeId(1)),
            Channel::ONLY,
            WireFlight { id: 9, wire: Bytes(10), tracked: false },
            &mut out,
        );
        run_until(&mut network, Time::NEVER, &mut log);
        assert!(out.is_empty(), "{model:?}");
        assert_eq!(log, [(ms(1) + log[0].0.since(ms(1)), NetEvent::Arrived(9))], "{model:?}");
    }
}

#[test]
fn jitter_keeps_the_order_within_a_stream_and_delays() {
    for model in MODELS {
        let jitter = Some(Distribution::Uniform { low: 0.0, high: 0.5 });
        let mut network =
            Network::new(&world(&[(mbit(8), mbit(8)); 2], ms(10)), &NetworkSpec { jitter, ..spec(model) });
        let mut script = star(1);
        script.extend((0..200).map(|id| (ms(u64::from(id) * 20), Act::Send(0, 1, id, 1000))));
        let arrived = arrivals(&play(&mut network, &script));
        assert!(arrived.iter().map(|a| a.0).eq(0..200), "{model:?}");
        let late = arrived.iter().filter(|(id, at)| *at > ms(u64::from(*id) * 20 + 12)).count();
        assert!(late > 190, "{model:?}: {late} of 200 were delayed");
        let latest = arrived.iter().map(|(id, at)| *at - ms(u64::from(*id) * 20)).max();
        assert!(latest <= Some(ms(512)), "{model:?}: {latest:?}");
    }
}

/// A downlink serves others while a slow sender takes its time.
#[test]
fn a_slow_sender_does_not_block_a_fifo_downlink() {
    let links = [(mbit(8), mbit(8)), (Rate(80_000), mbit(8)), (mbit(8), mbit(8))];
    let script = vec![
        (Time::ZERO, Act::Open(1, 0)),
        (Time::ZERO, Act::Open(2, 0)),
        (Time::ZERO, Act::Send(1, 0, 1, 100_000)),
        (ms(10), Act::Send(2, 0, 2, 100_000)),
    ];
    let log = play(&mut Network::new(&world(&links, Time::ZERO), &spec(Fifo)), &script);
    // The slow message uses a tenth of a second of the downlink, then the other follows.
    assert_eq!(arrivals(&log), [(2, ms(200)), (1, Time::from_secs(10))]);
}

#[test]
fn a_link_of_rate_zero_carries_nothing() {
    for model in [Fifo, Fair] {
        let links = [(Rate(0), mbit(8)), (mbit(8), mbit(8))];
        let mut script = star(1);
        script.push((Time::ZERO, Act::Send(0, 1, 0, 10)));
        script.push((ms(100), Act::Close(0, 1)));
        let mut network = Network::new(&world(&links, ms(1)), &spec(model));
        let log = play(&mut network, &script);
        assert_eq!(log.last(), Some(&(ms(100), NetEvent::Lost { id: 0, carried: Bytes(0) })), "{model:?}");
    }
}

/// What has left of a message in the middle of its transmission is counted up
/// to the moment that is asked about, events or not.
#[test]
fn a_message_under_way_is_counted_as_far_as_it_has_left() {
    for model in [Fifo, Fair] {
        let mut network = pair(model, ms(100));
        let mut script = star(1);
        script.push((Time::ZERO, Act::Send(0, 1, 0, 10_000_000)));
        let mut log = Vec::new();
        for (at, what) in &script {
            act(&mut network, *at, *what, &mut log);
        }
        run_until(&mut network, ms(1), &mut log);
        let up = |at| network.carried(NodeId(0), at).up.get() as f64;
        assert!((up(ms(2000)) / up(ms(1000)) - 2.0).abs() < 1e-4, "{model:?}: {} {}", up(ms(1000)), up(ms(2000)));
    }
}
