//! What shapers let pass at once: links of 10 Mbit/s whose bursts of 20 ms are 25,000
//! bytes, 10 ms from node to node.

use super::*;

const BURST: u64 = 25_000;

fn bursty() -> NetworkSpec {
    NetworkSpec { transport: Transport { burst: ms(20), ..Transport::NONE }, ..super::spec(NetworkModel::Fair) }
}

/// When each message of `script` arrives, by name, over links with these rates.
fn times(links: &[(Rate, Rate)], spec: &NetworkSpec, script: &[(Time, Act)]) -> Vec<Time> {
    let script: Script = star(links.len() as u32 - 1).into_iter().chain(script.iter().copied()).collect();
    let mut arrived = arrivals(&play(&mut Network::new(&world(links, ms(10)), spec), &script));
    arrived.sort();
    arrived.into_iter().map(|(_, at)| at).collect()
}

fn micros(micros: u64) -> Time {
    Time::from_nanos(1_000 * micros)
}

/// Messages of these bytes from node 0 to node 1, each at its millisecond.
fn to_one(messages: &[(u64, u64)]) -> Vec<(Time, Act)> {
    messages.iter().zip(0..).map(|((at, bytes), id)| (ms(*at), Act::Send(0, 1, id, *bytes))).collect()
}

fn pair(spec: &NetworkSpec, messages: &[(u64, u64)]) -> Vec<Time> {
    times(&[(mbit(10), mbit(10)); 2], spec, &to_one(messages))
}

#[test]
fn an_idle_link_passes_a_burst_at_once_and_the_rest_at_its_rate() {
    assert_eq!(pair(&bursty(), &[(0, BURST)]), [ms(10)]);
    assert_eq!(pair(&bursty(), &[(0, BURST + 1_250)]), [ms(11)]);
    // Queued behind it there are no tokens left.
    assert_eq!(pair(&bursty(), &[(0, BURST), (0, 1_250)]), [ms(10), ms(11)]);
}

/// 8 ms of idleness bring 10,000 bytes; a day brings no more than one burst.
#[test]
fn a_bucket_fills_at_the_rate_of_its_link() {
    assert_eq!(pair(&bursty(), &[(0, BURST), (8, BURST)]), [ms(10), ms(8 + 12 + 10)]);
    let day = 86_400_000;
    assert_eq!(pair(&bursty(), &[(0, BURST), (day, 2 * BURST)]), [ms(10), ms(day + 20 + 10)]);
}

/// Both ends of a path have a bucket, and the smaller one decides.
#[test]
fn what_passes_has_passed_both_links() {
    let links = [(mbit(10), mbit(10)), (mbit(10), mbit(4))];
    // 10,000 bytes at once, 15,000 at 4 Mbit/s.
    assert_eq!(times(&links, &bursty(), &to_one(&[(0, BURST)])), [ms(30 + 10)]);
}

#[test]
fn two_flows_share_one_bucket() {
    let free = (Rate::UNLIMITED, Rate::UNLIMITED);
    let out = [(Time::ZERO, Act::Send(0, 1, 0, BURST)), (Time::ZERO, Act::Send(0, 2, 1, BURST))];
    assert_eq!(times(&[(mbit(10), mbit(10)), free, free], &bursty(), &out), [ms(10), ms(30)]);
    let back = [(Time::ZERO, Act::Send(1, 0, 0, BURST)), (Time::ZERO, Act::Send(2, 0, 1, BURST))];
    assert_eq!(times(&[(mbit(10), mbit(10)), free, free], &bursty(), &back), [ms(10), ms(30)]);
}

/// A stream that sends 10 ms worth of bytes and pauses for as long never waits for
/// its link; one that never pauses gains one burst in all.
#[test]
fn who_stops_and_goes_gains_every_time_and_who_goes_on_once() {
    let plain = super::spec(NetworkModel::Fair);
    let stops: Vec<(u64, u64)> = (0..50).map(|i| (20 * i, 12_500)).collect();
    let (with, without) = (pair(&bursty(), &stops), pair(&plain, &stops));
    for (i, (with, without)) in with.iter().zip(&without).enumerate() {
        assert_eq!((*with, *without), (ms(20 * i as u64 + 10), ms(20 * i as u64 + 20)), "{i}");
    }
    let goes_on: Vec<(u64, u64)> = (0..50).map(|_| (0, 12_500)).collect();
    let (with, without) = (pair(&bursty(), &goes_on), pair(&plain, &goes_on));
    assert_eq!(without[49] - with[49], ms(20));
    assert_eq!(with[49], ms(500 - 20 + 10));
}

/// At any moment of any of them a link has carried its rate times the time and one
/// burst at most, and one that was never idle no less.
#[test]
fn a_saturated_link_carries_its_rate_and_one_burst() {
    let world = world(&[(mbit(10), mbit(10)); 2], ms(10));
    let mut network = Network::new(&world, &bursty());
    let mut log = Log::new();
    act(&mut network, Time::ZERO, Act::Open(0, 1), &mut log);
    for id in 0..40 {
        act(&mut network, Time::ZERO, Act::Send(0, 1, id, 12_500), &mut log);
    }
    for at in (1..300).map(ms) {
        run_until(&mut network, at, &mut log);
        let carried = network.carried(NodeId(0), at).up.get();
        assert!(carried.abs_diff(BURST + 1_250 * at.nanos() / 1_000_000) <= 1, "{carried} B after {at}");
    }
}

/// Nothing is the limit of next to nothing.
#[test]
fn no_burst_is_no_bucket() {
    let messages: Vec<(u64, u64)> = (0..30).map(|i| (7 * i, 1 + 977 * i)).collect();
    let with = |burst: Time| {
        let transport = Transport { burst, ..Transport::NONE };
        pair(&NetworkSpec { transport, ..super::spec(NetworkModel::Fair) }, &messages)
    };
    let (none, least) = (with(Time::ZERO), with(Time::from_nanos(1)));
    assert_eq!(none, pair(&super::spec(NetworkModel::Fair), &messages));
    for (none, least) in none.iter().zip(&least) {
        assert!(none >= least && none.since(*least) <= micros(1), "{none} {least}");
    }
}
