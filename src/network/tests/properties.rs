//! What holds of every model, whatever is done to it.

use super::lockstep::{Case, any_case, case_on_access_links};
use super::*;
use proptest::prelude::*;

fn any_model() -> impl Strategy<Value = Case> {
    let models = prop::sample::select(vec![NetworkModel::Ideal, NetworkModel::Fifo, NetworkModel::Fair]);
    let jitter = prop::option::of(Just(Distribution::Uniform { low: 0.0, high: 0.1 }));
    let burst = prop_oneof![Just(Time::ZERO), (1u64..200).prop_map(ms)];
    let small = prop_oneof![3 => Just(Bytes(0)), 1 => (1u64..3000).prop_map(Bytes)];
    let buffer = prop_oneof![2 => Just(Bytes(0)), 1 => (1u64..300_000).prop_map(Bytes)];
    (models, jitter, burst, small, buffer).prop_flat_map(|(model, jitter, burst, small, buffer)| {
        any_case(model).prop_map(move |mut case| {
            case.script.iter_mut().for_each(|(_, act)| keep_some(act, buffer));
            let transport = Transport { burst, small, send_buffer: buffer, ..case.spec.transport };
            Case { spec: NetworkSpec { jitter, transport, ..case.spec.clone() }, ..case }
        })
    })
}

/// Half of the connections are not closed: one direction loses what does not fit in `buffer`.
fn keep_some(act: &mut Act, buffer: Bytes) {
    if let Act::Close(a, b) = *act
        && a < b
    {
        *act = Act::KeepFirst(a, b, buffer.get());
    }
}

fn total(network: &Network, case: &Case, now: Time, part: impl Fn(Carried) -> Bytes) -> u64 {
    case.world.ids().map(|id| part(network.carried(id, now)).get()).sum()
}

/// Messages sent so far, their bytes, and what became of them.
fn account(log: &Log, script: &[(Time, Act)]) -> (u64, u64, u64) {
    let size = |id: u32| match script.iter().find(|(_, a)| matches!(a, Act::Send(_, _, i, _) if *i == id)) {
        Some((_, Act::Send(.., size))) => *size,
        _ => panic!("{id} was never sent"),
    };
    log.iter().fold((0, 0, 0), |(arrived, lost, unsent), (_, event)| match event {
        NetEvent::Started(_) => (arrived, lost, unsent),
        NetEvent::Arrived(id) => (arrived + size(*id), lost, unsent),
        NetEvent::Lost { id, carried } => (arrived, lost + carried.get(), unsent + size(*id) - carried.get()),
    })
}

/// Capacity holds for every node, within one burst, one byte for each message, and what small
/// ones are ahead.
fn check_capacity(network: &Network, case: &Case, now: Time) -> Result<(), TestCaseError> {
    if case.spec.model == NetworkModel::Ideal {
        return Ok(());
    }
    let slack = case.script.len() as f64 * 8.0;
    let ahead = now + case.spec.transport.owed_for();
    let time = (ahead + case.spec.transport.burst).secs();
    for id in case.world.ids() {
        let (node, carried) = (case.world.node(id), network.carried(id, now));
        for (rate, bytes) in [(node.up, carried.up), (node.down, carried.down)] {
            let most = if rate.is_unlimited() { f64::INFINITY } else { rate.bits_per_second() * time };
            prop_assert!(bytes.get() as f64 * 8.0 <= most + slack, "{:?} {}: {:?}", id, now, carried);
        }
    }
    for (link, core) in (0..).zip(case.world.latency.core_links()) {
        let carried = network.core_carried(link, now).get() as f64 * 8.0;
        let most = core.capacity.bits_per_second() * ahead.secs();
        prop_assert!(carried <= most + slack, "link {} {}: {}", link, now, carried);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Oracle F24: sent = arrived + lost + in flight, and no link carries more
    /// than capacity times time and what it lets pass at once.
    #[test]
    fn bytes_are_conserved_and_capacity_holds(case in any_model()) {
        let mut network = Network::new(&case.world, &case.spec);
        let mut log = Log::new();
        for (now, what) in &case.script {
            run_until(&mut network, *now, &mut log);
            act(&mut network, *now, *what, &mut log);
            let now = *now + Time::from_nanos(1);
            run_until(&mut network, now, &mut log);
            let (arrived, lost, _) = account(&log, &case.script);
            prop_assert_eq!(total(&network, &case, now, |c| c.down), arrived);
            prop_assert!(total(&network, &case, now, |c| c.up) >= arrived + lost);
            check_capacity(&network, &case, now)?;
        }
        run_until(&mut network, Time::NEVER, &mut log);
        let end = log.last().map_or(Time::ZERO, |e| e.0);
        check_capacity(&network, &case, end)?;
        let (arrived, lost, unsent) = account(&log, &case.script);
        prop_assert_eq!(total(&network, &case, end, |c| c.up), arrived + lost);
        let sent: u64 = case.script.iter().map(|(_, a)| if let Act::Send(.., size) = a { *size } else { 0 }).sum();
        prop_assert_eq!(sent, arrived + lost + unsent);
    }

    /// Every message ends once, messages of a stream arrive in order of sending,
    /// and time goes forward.
    #[test]
    fn every_message_ends_once_and_in_order(case in any_model()) {
        let log = play(&mut Network::new(&case.world, &case.spec), &case.script);
        prop_assert!(log.is_sorted_by_key(|e| e.0));
        let sent = case.script.iter().filter_map(|(_, a)| if let Act::Send(from, to, id, _) = a { Some((*id, (*from, *to))) } else { None });
        let stream_of: std::collections::BTreeMap<u32, (u32, u32)> = sent.collect();
        let ended: Vec<u32> = log.iter().filter_map(|(_, e)| match e {
            NetEvent::Started(_) => None,
            NetEvent::Arrived(id) | NetEvent::Lost { id, .. } => Some(*id),
        }).collect();
        let mut once = ended.clone();
        once.sort();
        prop_assert!(once.iter().eq(stream_of.keys()), "{:?}", ended);
        let arrived = arrivals(&log);
        for (i, (id, _)) in arrived.iter().enumerate() {
            let before = arrived[..i].iter().rev().find(|(other, _)| stream_of[other] == stream_of[id]);
            prop_assert!(before.is_none_or(|(other, _)| other < id), "{} after {:?}", id, before);
        }
    }

    #[test]
    fn the_same_acts_give_the_same_events(case in any_model()) {
        let run = || play(&mut Network::new(&case.world, &case.spec), &case.script);
        prop_assert_eq!(run(), run());
    }

    /// Under `fifo` a faster link never delays the last arrival of a fixed set
    /// of messages. (With core links it may: one that overtakes makes others wait.)
    #[test]
    fn more_bandwidth_never_hurts_under_fifo(
        case in case_on_access_links(NetworkModel::Fifo), node in 0usize..12, up in prop::bool::ANY, factor in 2u64..20,
    ) {
        let keep = |(_, a): &&(Time, Act)| !matches!(a, Act::Close(..));
        let script: Script = case.script.iter().filter(keep).copied().collect();
        let spec = spec(NetworkModel::Fifo);
        let mut faster = case.world.clone();
        let node = node % faster.nodes.len();
        let link = if up { &mut faster.nodes[node].up } else { &mut faster.nodes[node].down };
        *link = Rate(link.0.saturating_mul(factor));
        let last = |world: &World| arrivals(&play(&mut Network::new(world, &spec), &script)).last().map(|a| a.1);
        let (before, after) = (last(&case.world), last(&faster));
        // Each service time is rounded to a nanosecond.
        let rounding = Time::from_nanos(2 * script.len() as u64);
        prop_assert!(after <= before.map(|t| t + rounding), "{:?} {:?}", before, after);
    }
}
