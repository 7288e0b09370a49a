//! Senders that answer to losses, against what is known of them in closed form.

use super::*;

/// Bytes of a segment, without headers.
const SEGMENT: f64 = 1448.0;

/// Windows from ten segments on, without limit, over a buffer of `queue`.
fn tcp(congestion: Congestion, queue: Time, loss: f64) -> NetworkSpec {
    let transport = Transport {
        congestion,
        queue,
        segment_payload: Bytes(SEGMENT as u64),
        initial_window: Bytes(14_480),
        idle_restart: Time::from_secs(1),
        ..Transport::NONE
    };
    NetworkSpec { transport, loss, ..spec(NetworkModel::Fair) }
}

/// A sender with an uplink of `rate`, and a receiver for each one-way delay.
fn one_sender(rate: Rate, delays: &[Time]) -> World {
    let n = delays.len() + 1;
    let mut links = vec![(rate, rate); n];
    links[1..].fill((Rate::UNLIMITED, Rate::UNLIMITED));
    let between = |a: usize, b: usize| delays.get(a.max(b).wrapping_sub(1)).copied().unwrap_or(Time::ZERO);
    let delays: Vec<Vec<Time>> = (0..n).map(|a| (0..n).map(|b| between(a, b)).collect()).collect();
    let mut world = world(&links, Time::ZERO);
    world.latency = Latency::regions(&delays);
    (0..).zip(&mut world.nodes).for_each(|(i, node)| node.point = i);
    world
}

/// A receiver with a downlink of `rate`, and senders as far away as these one-way delays.
fn one_receiver(rate: Rate, delays: &[Time], senders: &[Sender]) -> World {
    let mut world = one_sender(rate, delays);
    (1..).zip(senders).for_each(|(node, sender): (usize, _)| world.nodes[node].sender = *sender);
    world
}

/// Bytes per second that each receiver gets between `from` and `to`, each being sent to from
/// its start on.
fn rates(world: &World, spec: &NetworkSpec, starts: &[Time], span: (Time, Time)) -> Vec<f64> {
    rates_between(world, spec, starts, span, |peer| (0, peer))
}

/// Bytes per second from each sender to the one receiver, likewise.
fn rates_inward(world: &World, spec: &NetworkSpec, starts: &[Time], span: (Time, Time)) -> Vec<f64> {
    rates_between(world, spec, starts, span, |peer| (peer, 0))
}

fn rates_between(
    world: &World,
    spec: &NetworkSpec,
    starts: &[Time],
    (from, to): (Time, Time),
    ends: fn(u32) -> (u32, u32),
) -> Vec<f64> {
    const MESSAGE: u64 = 14_480;
    let mut network = Network::new(world, spec);
    let mut log = Log::new();
    let mut script = star(starts.len() as u32);
    let most = (world.nodes[0].up.bytes_per_second().min(2e8) * to.secs()) as u64 / MESSAGE + 1;
    let sends = (1..).zip(starts).flat_map(|(peer, at)| {
        let (from, to) = ends(peer);
        (0..most).map(move |_| (*at, Act::Send(from, to, peer, MESSAGE)))
    });
    script.extend(sends);
    script.sort_by_key(|(at, _)| *at);
    for (at, what) in script {
        run_until(&mut network, at, &mut log);
        act(&mut network, at, what, &mut log);
    }
    run_until(&mut network, to, &mut log);
    let of = |peer: u32| arrivals(&log).iter().filter(|(id, at)| *id == peer && *at >= from).count() as u64;
    (1..=starts.len() as u32).map(|peer| (of(peer) * MESSAGE) as f64 / (to.secs() - from.secs())).collect()
}

/// Reno over a path that loses a share p of the packets: a segment per round trip times
/// sqrt(3 / 2 p) (Mathis, Semke, Mahdavi & Ott 1997), within 15 % from 0.01 to 1 %.
#[test]
fn random_loss_gives_the_rate_of_mathis() {
    for (loss, span) in [(1e-4, 4000), (1e-3, 1500), (1e-2, 1500)] {
        let world = one_sender(mbit(1000), &[ms(50)]);
        let until = (Time::from_secs(60), Time::from_secs(span));
        let rate = rates(&world, &tcp(Congestion::Reno, ms(100), loss), &[Time::ZERO], until)[0];
        let mathis = SEGMENT / 0.1 * (1.5 / loss).sqrt();
        assert!((rate / mathis - 1.0).abs() < 0.15, "{loss}: {rate} where {mathis} is foretold");
    }
}

/// CUBIC over a long path with loss: 1.054 segments (RTT^3 / p^3)^(1/4) per round trip where
/// losses come evenly (RFC 9438, 5.1), or Reno's where that is more. Losses by chance, as here,
/// leave a sixth to a quarter more: between losses far apart the cubic climbs steeply.
#[test]
fn cubic_gets_what_its_standard_says() {
    for loss in [1e-4, 1e-3] {
        let world = one_sender(mbit(1000), &[ms(50)]);
        let until = (Time::from_secs(60), Time::from_secs(3000));
        let rate = rates(&world, &tcp(Congestion::Cubic, ms(100), loss), &[Time::ZERO], until)[0];
        let window = 1.054 * libm::pow(0.1 / loss, 0.75);
        let foretold = SEGMENT / 0.1 * window.max((1.5 / loss).sqrt());
        assert!((1.05..1.33).contains(&(rate / foretold)), "{loss}: {rate} where {foretold} is foretold");
    }
}

/// One stream of Reno swings between half of what path and buffer hold and all of it. Below
/// what the path holds alone the link idles.
#[test]
fn what_a_buffer_is_good_for() {
    for buffer in [0.1, 0.25, 0.5, 1.0] {
        let rtt = 0.1;
        let world = one_sender(mbit(10), &[ms(50)]);
        let spec = tcp(Congestion::Reno, Time::from_secs_f64(buffer * rtt), 0.0);
        let rate = rates(&world, &spec, &[Time::ZERO], (Time::from_secs(100), Time::from_secs(700)))[0];
        // In windows of the path: rounds of one RTT up to 1, then of as many as the window is.
        let (low, high) = ((1.0 + buffer) / 2.0, 1.0 + buffer);
        let filled = (high * high - 1.0) / 2.0;
        let used = ((1.0 - low * low) / 2.0 + filled) / (1.0 - low + filled);
        let seen = rate / mbit(10).bytes_per_second();
        assert!((seen / used - 1.0).abs() < 0.04, "{buffer}: {seen} of the link where {used} is foretold");
    }
}

/// Two streams with the same round trip end up with the same share, whoever began (Chiu &
/// Jain 1989).
#[test]
fn shares_converge() {
    // Streams of BBR come near each other and wander (Hock, Bless & Zitterbart 2017).
    let laws = [(Congestion::Reno, 1.18), (Congestion::Cubic, 1.18), (Congestion::Bbr, 1.6)];
    for (congestion, apart) in laws {
        let world = one_sender(mbit(10), &[ms(20), ms(20)]);
        let starts = [Time::ZERO, Time::from_secs(30)];
        let rates =
            rates(&world, &tcp(congestion, ms(100), 0.0), &starts, (Time::from_secs(150), Time::from_secs(900)));
        let ratio = rates[0] / rates[1];
        assert!((1.0 / apart..apart).contains(&ratio), "{congestion:?}: {rates:?}");
        let used = (rates[0] + rates[1]) / mbit(10).bytes_per_second();
        assert!(used > 0.97, "{congestion:?}: {used} of the link");
    }
}

/// Of two streams of Reno that share a buffer the ratio of rates lies between that of their
/// round trips, where losses strike by share, and its square, where they strike together.
#[test]
fn the_longer_way_gets_less() {
    let world = one_sender(mbit(20), &[ms(10), ms(50)]);
    let queue = 0.04;
    let spec = tcp(Congestion::Reno, Time::from_secs_f64(queue), 0.0);
    let rates = rates(&world, &spec, &[Time::ZERO; 2], (Time::from_secs(60), Time::from_secs(900)));
    let (least, most) = ((0.1 + queue) / (0.02 + queue), (0.1f64 / 0.02).powi(2));
    let ratio = rates[0] / rates[1];
    assert!((least..most).contains(&ratio), "{ratio}, not from {least} to {most}: {rates:?}");
}

/// Where windows are of a few segments, losses are waited for and shares differ widely for
/// seconds; where they are of many, hardly.
#[test]
fn few_segments_each_are_shared_unevenly() {
    let spread = |streams: usize| {
        let world = one_sender(mbit(10), &vec![ms(5); streams]);
        let spec = tcp(Congestion::Reno, ms(50), 0.0);
        let span = (Time::from_secs(5), Time::from_secs(15));
        let rates = rates(&world, &spec, &vec![Time::ZERO; streams], span);
        let mean = rates.iter().sum::<f64>() / streams as f64;
        (rates.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>() / streams as f64).sqrt() / mean
    };
    let (few, many) = (spread(4), spread(24));
    assert!(few < 0.5 * many, "deviation {few} of the mean with 13 segments each, {many} with 2");
}

/// Who has had the link for a while keeps most of it where nothing is lost: windows grow by
/// what is acknowledged, so all grow alike.
#[test]
fn without_losses_who_is_first_stays_ahead() {
    let world = one_sender(mbit(10), &[ms(20), ms(20)]);
    let spec = tcp(Congestion::Reno, Time::from_secs(60), 0.0);
    let starts = [Time::ZERO, Time::from_secs(1)];
    let rates = rates(&world, &spec, &starts, (Time::from_secs(5), Time::from_secs(15)));
    assert!(rates[0] > 5.0 * rates[1], "{rates:?}");
}

/// LEDBAT keeps the queue at its target: what comes through the full link waits so long.
#[test]
fn a_transport_that_heeds_delay_keeps_the_queue_at_its_target() {
    let world = one_sender(mbit(10), &[ms(20), ms(20)]);
    let mut spec = tcp(Congestion::Cubic, ms(800), 0.0);
    spec.transport.delay_target = ms(100);
    let mut script = star(2);
    script.extend((0..3000).map(|_| (Time::ZERO, Act::Send(0, 1, 1, 14_480))));
    script.extend((20..30).map(|second| (Time::from_secs(second), Act::Send(0, 2, second as u32, 100))));
    let log = play(&mut Network::new(&world, &spec), &script);
    for (id, at) in arrivals(&log).into_iter().filter(|(id, _)| *id >= 20) {
        let waited = at.since(Time::from_secs(u64::from(id)) + ms(20));
        assert!(waited > ms(80) && waited < ms(120), "{waited} in the buffer at {id} s");
    }
}

/// BBR goes by what is delivered: one packet in a hundred is lost and the link is full all the
/// same, but for the fifth of a second in ten in which it looks for the way's length, and with
/// hardly a queue, where Reno would get a twentieth.
#[test]
fn bbr_minds_no_losses_and_leaves_the_buffer_empty() {
    let world = one_sender(mbit(20), &[ms(50), ms(50)]);
    let spec = tcp(Congestion::Bbr, Time::from_secs(1), 0.01);
    let span = (Time::from_secs(20), Time::from_secs(120));
    let used = rates(&world, &spec, &[Time::ZERO], span)[0] / mbit(20).bytes_per_second();
    assert!((0.93..=1.0).contains(&used), "{used} of the link");
    let mut script = star(2);
    script.extend((0..9000).map(|_| (Time::ZERO, Act::Send(0, 1, 1, 14_480))));
    let seconds = 20..44;
    script
        .extend(seconds.clone().map(|second| (Time::from_millis(second * 1013), Act::Send(0, 2, second as u32, 100))));
    let log = play(&mut Network::new(&world, &spec), &script);
    let waited = |(id, at): &(u32, Time)| at.since(Time::from_millis(u64::from(*id) * 1013) + ms(50)).secs();
    let mut waits: Vec<f64> = arrivals(&log).iter().filter(|(id, _)| *id >= 20).map(waited).collect();
    waits.sort_by(f64::total_cmp);
    assert_eq!(waits.len() as u64, seconds.end - seconds.start);
    // A probe puts a quarter of what the way holds into the buffer: 25 ms.
    assert!(waits[12] < 0.01 && waits[23] < 0.04, "{waits:?}");
}

/// One stream of BBR against one of CUBIC: BBR has two products of bandwidth and round trip in
/// flight, the round trip being that with what CUBIC leaves in the buffer while BBR holds
/// still. In buffers of X such products CUBIC is left 1/2 - 1/(2X) - 4/q of the link, q being
/// the buffer in packets (Ware, Mukerjee, Seshan & Sherry, IMC 2019, equation 5).
#[test]
fn bbr_takes_its_share_from_cubic() {
    let senders = [Congestion::Bbr, Congestion::Cubic].map(|law| Sender { congestion: Some(law), delay_target: None });
    let (rate, rtt) = (mbit(20), 0.04);
    let mut shares = vec![];
    for products in [2.0, 4.0, 8.0] {
        let world = one_receiver(rate, &[ms(20), ms(20)], &senders);
        let spec = tcp(Congestion::Cubic, Time::from_secs_f64(products * rtt), 0.0);
        let got = rates_inward(&world, &spec, &[Time::ZERO; 2], (Time::from_secs(60), Time::from_secs(360)));
        let packets = products * rtt * rate.bytes_per_second() / SEGMENT;
        let foretold = 0.5 - 0.5 / products - 4.0 / packets;
        let share = got[1] / (got[0] + got[1]);
        assert!((share - foretold).abs() < 0.13, "{products}: {share} where {foretold} is foretold, {got:?}");
        shares.push(share);
    }
    assert!(shares.is_sorted(), "CUBIC gets more of larger buffers: {shares:?}");
}

/// uTP leaves a link to TCP that fills the buffer beyond its target (RFC 6817), and has all
/// of it when TCP has gone.
#[test]
fn what_heeds_delay_yields_to_what_does_not() {
    let polite = Sender { congestion: None, delay_target: Some(ms(100)) };
    let world = one_receiver(mbit(10), &[ms(20), ms(20)], &[polite, Sender::default()]);
    let spec = tcp(Congestion::Reno, ms(400), 0.0);
    let starts = [Time::ZERO, Time::from_secs(30)];
    let alone = rates_inward(&world, &spec, &starts, (Time::from_secs(10), Time::from_secs(30)));
    assert!(alone[0] > 0.97 * mbit(10).bytes_per_second(), "{alone:?}");
    let both = rates_inward(&world, &spec, &starts, (Time::from_secs(60), Time::from_secs(160)));
    assert!(both[0] < 0.05 * both[1], "{both:?}");
}
