//! Closed forms that the models reproduce.

use super::*;
use NetworkModel::{Fair, Fifo, Ideal};

/// Oracle F25: one node sends `size` bytes to `peers` peers over an uplink of
/// `up` at delay `delay`: last arrival D S / b + l.
fn fan_out(model: NetworkModel, peers: u32, size: u64, up: Rate, delay: Time) -> Time {
    let mut links = vec![(Rate::UNLIMITED, Rate::UNLIMITED); peers as usize + 1];
    links[0].0 = up;
    let mut script = star(peers);
    script.extend((1..=peers).map(|peer| (Time::ZERO, Act::Send(0, peer, peer, size))));
    let log = play(&mut Network::new(&world(&links, delay), &spec(model)), &script);
    assert_eq!(arrivals(&log).len(), peers as usize);
    last_arrival(&log)
}

#[test]
fn f25_relay_fan_out() {
    for model in [Fifo, Fair] {
        assert_eq!(fan_out(model, 1, 1_000_000, mbit(100), ms(100)), ms(180), "{model:?}");
        for (peers, size, up, delay) in
            [(3, 1_000_000, 10, 20), (7, 123_456, 33, 0), (40, 65_536, 100, 150), (100, 1_300_000, 1000, 1)]
        {
            let exact = f64::from(peers) * size as f64 * 8.0 / (up as f64 * 1e6) + ms(delay).secs();
            let got = fan_out(model, peers, size, mbit(up), ms(delay)).secs();
            // Each message of `fifo` may end up to one nanosecond late.
            assert!((got - exact).abs() <= 1e-9 * f64::from(peers), "{model:?} {peers}: {got} {exact}");
        }
    }
}

/// Sends `count` messages of `size` bytes at once over one stream.
fn single_flow(spec: &NetworkSpec, (up, down): (Rate, Rate), delay: Time, count: u32, size: u64) -> Log {
    let links = [(up, Rate::UNLIMITED), (Rate::UNLIMITED, down)];
    let mut script = star(1);
    script.extend((0..count).map(|id| (Time::ZERO, Act::Send(0, 1, id, size + u64::from(id)))));
    play(&mut Network::new(&world(&links, delay), spec), &script)
}

#[test]
fn all_models_agree_on_a_single_flow_over_infinite_links() {
    let free = (Rate::UNLIMITED, Rate::UNLIMITED);
    for delay in [Time::ZERO, ms(30)] {
        let logs = [Ideal, Fifo, Fair].map(|m| arrivals(&single_flow(&spec(m), free, delay, 5, 1000)));
        assert_eq!(logs[0], (0..5).map(|id| (id, delay)).collect::<Vec<_>>());
        assert!(logs[1] == logs[0] && logs[2] == logs[0], "{logs:?}");
    }
}

#[test]
fn fifo_and_fair_agree_exactly_on_a_single_flow() {
    for links in [(10, 100), (100, 10), (30, 30), (7, 11)] {
        let links = (mbit(links.0), mbit(links.1));
        for (initial, max) in [(u64::MAX, u64::MAX), (14_480, 1 << 22), (3000, 50_000), (1 << 20, 1 << 20)] {
            let log = |model| arrivals(&single_flow(&windowed(model, initial, max), links, ms(40), 30, 66_164));
            assert_eq!(log(Fifo), log(Fair), "{links:?} {initial} {max}");
        }
    }
}

/// The steady rate of one flow is min(b, window / RTT).
#[test]
fn window_caps_the_steady_rate() {
    for model in [Fifo, Fair] {
        for (link, window, delay) in [(100, 262_144, 50), (100, 262_144, 5), (8, 100_000, 100), (8, 99_000, 50)] {
            let spec = windowed(model, 1000, window);
            let log = single_flow(&spec, (mbit(link), mbit(link)), ms(delay), 4000, 50_000);
            let arrived = arrivals(&log);
            let (from, to) = (arrived[2000], arrived[3999]);
            let bytes: u64 = (2001..4000).map(|id| 50_000 + id).sum();
            let exact = bytes as f64 / (link as f64 * 125_000.0).min(window as f64 / (2.0 * ms(delay).secs()));
            let late = (to.1 - from.1).secs() - exact;
            // Each message may end up to one nanosecond late.
            assert!((-1e-7..=2e-6).contains(&late), "{model:?} {link} {window} {delay}: {late} s");
        }
    }
}

/// Time from the start to the arrival of one message of `size` bytes over an
/// infinitely fast path of delay `rtt / 2`, in round trips, without the delay.
fn slow_start_rounds(model: NetworkModel, size: u64, initial: u64) -> f64 {
    let free = (Rate::UNLIMITED, Rate::UNLIMITED);
    let log = single_flow(&windowed(model, initial, 1 << 40), free, ms(50), 1, size);
    (last_arrival(&log) - ms(50)).secs() / 0.1
}

/// Slow start carries `w0 2^i` bytes in round `i`: `S` bytes take
/// `ceil(log2(S/w0 + 1)) - 1` round trips before the last byte leaves.
#[test]
fn slow_start_takes_about_the_classic_number_of_rounds() {
    for model in [Fifo, Fair] {
        for doublings in 0..12 {
            let rounds = slow_start_rounds(model, 10_000 << doublings, 10_000);
            assert!((rounds - f64::from(doublings)).abs() < 1e-7, "{model:?} 2^{doublings}: {rounds}");
        }
        for size in (1..200).map(|i| 7_001 * i * i) {
            let classic = libm::log2(size as f64 / 10_000.0 + 1.0).ceil() - 1.0;
            let late = slow_start_rounds(model, size, 10_000) - classic;
            assert!((-1.0..=1.0).contains(&late), "{model:?} {size}: {late} round trips late");
        }
    }
}

#[test]
fn a_message_within_the_window_is_not_slowed() {
    for model in [Fifo, Fair] {
        let log = single_flow(&windowed(model, 66_164, 1 << 22), (mbit(10), mbit(10)), ms(80), 1, 66_164);
        assert_eq!(last_arrival(&log), mbit(10).time_for(Bytes(66_164)) + ms(80), "{model:?}");
    }
}

#[test]
fn an_idle_stream_starts_from_the_initial_window_again() {
    let links = [(Rate::UNLIMITED, Rate::UNLIMITED); 2];
    for model in [Fifo, Fair] {
        let took = |gap: Time| {
            let mut script = star(1);
            script.push((Time::ZERO, Act::Send(0, 1, 0, 160_000)));
            script.push((ms(400) + gap, Act::Send(0, 1, 1, 160_000)));
            let log = play(&mut Network::new(&world(&links, ms(50)), &windowed(model, 10_000, 1 << 30)), &script);
            last_arrival(&log) - ms(450) - gap
        };
        // The first message leaves after four doublings, at 400 ms.
        assert_eq!(took(ms(999)), ms(0), "{model:?}: sixteen windows of credit are back");
        assert_eq!(took(ms(1000)), ms(400), "{model:?}: from the beginning");
    }
}

/// Flows A, B share an uplink of 10; B, C share a downlink of 4: B and C get
/// 2 each, A the remaining 8 (Mbit/s).
#[test]
fn unequal_shares_of_three_flows() {
    let links = [(mbit(10), mbit(99)), (mbit(99), mbit(99)), (mbit(99), mbit(4)), (mbit(99), mbit(99))];
    let mut network = Network::new(&world(&links, ms(10)), &spec(Fair));
    let (mut log, mut out) = (Log::new(), Vec::new());
    for (from, to, id) in [(0, 1, 0), (0, 2, 1), (3, 2, 2)] {
        act(&mut network, Time::ZERO, Act::Open(from, to), &mut log);
        act(&mut network, Time::ZERO, Act::Send(from, to, id, 1_000_000), &mut log);
    }
    network.advance(Time::ZERO, &mut out);
    let Network::Fair(fair) = &network else { panic!("asked for fair") };
    let rates: Vec<f64> = fair.allocation().iter().map(|share| share.rate * 8e-6).collect();
    assert_eq!(rates, [8.0, 2.0, 2.0]);
    // A ends after 1 s. B and C stay at 2, held back by the downlink of 4.
    run_until(&mut network, Time::NEVER, &mut log);
    assert_eq!(arrivals(&log), [(0, ms(1010)), (1, ms(4010)), (2, ms(4010))]);
}

#[test]
fn fifo_and_fair_agree_on_the_totals_of_a_symmetric_swarm() {
    const N: u32 = 12;
    let links = vec![(mbit(20), mbit(20)); N as usize];
    let pairs: Vec<(u32, u32)> = (0..N).flat_map(|a| (0..N).map(move |b| (a, b))).filter(|(a, b)| a != b).collect();
    let mut script: Script = pairs.iter().map(|(a, b)| (Time::ZERO, Act::Open(*a, *b))).collect();
    // In round r everybody sends to the r-th next neighbour.
    for round in 1..N {
        script.extend((0..N).map(|a| (Time::ZERO, Act::Send(a, (a + round) % N, a * N + round, 100_000))));
    }
    let end = |model| last_arrival(&play(&mut Network::new(&world(&links, ms(25)), &spec(model)), &script));
    let exact = mbit(20).time_for(Bytes(100_000)) * u64::from(N - 1) + ms(25);
    assert_eq!((end(Fifo), end(Fair)), (exact, exact));
}

/// A small message that finds a full buffer waits for it to drain; bulk data,
/// and a message over an idle link, do not.
#[test]
fn a_full_buffer_delays_what_begins_behind_it() {
    let queue = ms(200);
    let transport = Transport { queue, ..Transport::NONE };
    let links = [(mbit(10), mbit(100)); 3];
    let small_alone = {
        let mut script = star(2);
        script.push((Time::ZERO, Act::Send(0, 2, 7, 100)));
        last_arrival(&play(&mut Network::new(&world(&links, ms(5)), &NetworkSpec { transport, ..spec(Fair) }), &script))
    };
    assert!(small_alone < ms(6), "{small_alone}");
    for (buffer, waits) in [(Time::ZERO, false), (queue, true)] {
        let transport = Transport { queue: buffer, ..Transport::NONE };
        let mut script = star(2);
        script.push((Time::ZERO, Act::Send(0, 1, 1, 1_250_000)));
        script.push((ms(500), Act::Send(0, 2, 7, 100)));
        let log = play(&mut Network::new(&world(&links, ms(5)), &NetworkSpec { transport, ..spec(Fair) }), &script);
        let at = |id| arrivals(&log).iter().find(|(i, _)| *i == id).unwrap().1;
        let bulk_end = Time::from_secs_f64(1_250_100.0 / 1.25e6) + ms(5);
        assert!(at(1).since(bulk_end) <= Time::from_nanos(2) && at(1) + ms(1) > bulk_end, "{}", at(1));
        assert_eq!(at(7) > ms(505) + queue, waits, "{}", at(7));
    }
}
