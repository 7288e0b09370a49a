//! Who asks for what when: streams, traces, limits, and what becomes of it. Held with the
//! smallest protocol there is, for they are the same for all.

use crate::common::{checked, spec};
use crate::template::protocol::{Params, Template};
use codexsim::bound::{md1_time, sharing_time};
use codexsim::ledger::{DownloadEnd, DownloadOutcome, Outcome, Status};
use codexsim::sim::run_of;
use codexsim::units::Time;

fn run(sets: &[&str]) -> Outcome {
    let plain = ["swarm.network_size=6", "swarm.seeders=1", "network.latency=10 ms", "network.transport=none"];
    let outcome =
        run_of::<Template>(&Params { retry: Time::from_secs(1) }, &spec(&[&plain[..], sets].concat()), &mut |_| true);
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    outcome
}

fn ends(outcome: &Outcome) -> Vec<(u32, u32, &'static str)> {
    outcome.downloads.iter().map(|of| (of.node.0, of.want.dataset.0, of.end.name())).collect()
}

fn secs(of: &DownloadOutcome) -> (f64, f64) {
    (of.asked.secs(), of.complete_since.unwrap().secs())
}

const THREE: &str = "datasets=[{ name='a', count=3, size='640 KiB' }]";

/// Everybody wants everything, as of one file.
#[test]
fn leechers_want_all_datasets_from_their_start_on() {
    let outcome = run(&[THREE]);
    assert_eq!((outcome.status, outcome.downloads.len(), outcome.completed()), (Status::Complete, 15, 5));
    assert!(outcome.downloads.iter().all(|of| of.end == DownloadEnd::Complete && of.bytes == 10 * 65_536));
    let of = |node: usize| outcome.downloads.iter().filter(move |of| of.node.0 as usize == node);
    for (id, node) in outcome.nodes.iter().enumerate().skip(1) {
        assert_eq!(node.milestones.all, of(id).map(|of| of.milestones.all).max().unwrap(), "done when all are");
        assert_eq!(node.payload_rx, 3 * 640 * 1024);
    }
}

#[test]
fn a_trace_is_followed_step_by_step() {
    let trace = "requests.trace=[[0, 2, 'put', 'b'], [1, 3, 'get', 'b'], [20, 3, 'get', 'b'], [21, 3, 'delete', 'b'], \
                 [22, 3, 'get', 'b'], [23, 4, 'get', 'a-1'], [24, 4, 'get', 'a-1'], [60, 2, 'delete', 'b']]";
    let datasets = "datasets=[{ name='a', count=2, size='64 KiB' }, { name='b', size='320 KiB', holders='nobody' }]";
    let outcome = run(&[datasets, trace]);
    assert_eq!(outcome.status, Status::Complete);
    let told = [(3, 2, "complete"), (3, 2, "held"), (3, 2, "complete"), (4, 1, "complete"), (4, 1, "held")];
    assert_eq!(ends(&outcome), told);
    let bytes: Vec<u64> = outcome.downloads.iter().map(|of| of.bytes).collect();
    assert_eq!(bytes, [5 * 65_536, 0, 5 * 65_536, 65_536, 0].map(|bytes: u64| bytes));
    assert_eq!(outcome.nodes[3].payload_rx, 2 * 5 * 65_536, "fetched again after it was deleted");
    let roles: Vec<&str> = outcome.nodes.iter().map(|node| node.role.name()).collect();
    assert_eq!(roles, ["seeder", "idle", "seeder", "leecher", "leecher", "idle"]);
}

/// Who deletes what it is fetching does not get it, and the run ends without it.
#[test]
fn what_is_deleted_while_it_is_fetched_is_called_off() {
    let trace = "requests.trace=[[0, 3, 'get', 'a'], [1.0, 3, 'delete', 'a'], [2, 4, 'get', 'a']]";
    let outcome = run(&["datasets=[{ name='a', size='6400 KiB' }]", trace]);
    assert_eq!(ends(&outcome), [(3, 0, "called_off"), (4, 0, "complete")]);
    assert_eq!(outcome.status, Status::Complete);
}

/// A block, with 8 bytes around it, takes a round trip of 20 ms and its time over a link of 50 Mbit/s; a node that
/// carries out one request after another takes three times as long as one that has three
/// at a time, and pauses in between.
#[test]
fn requests_wait_for_others_of_their_node() {
    let requests = "requests.trace=[[0, 1, 'get', 'a-0'], [0, 1, 'get', 'a-1'], [0, 1, 'get', 'a-2']]";
    let pace =
        |more: &[&str]| {
            let outcome =
                run(&[&[THREE, requests, "discovery.round_trips=0", "discovery.round_trips_per_doubling=0"], more]
                    .concat());
            outcome.downloads.iter().map(|of| secs(of).1).collect::<Vec<f64>>()
        };
    let together = pace(&[]);
    let one = pace(&["requests.parallel=1"]);
    let paused = pace(&["requests.parallel=1", "requests.think=5 s"]);
    assert!(together.iter().all(|end| (end / together[0] - 1.0).abs() < 0.2), "{together:?}");
    let each = 10.0 * (0.020 + 65_544.0 * 8.0 / 50e6);
    for (place, end) in one.iter().enumerate() {
        let expected = one[0] + place as f64 * each;
        assert!((end - expected).abs() < 1e-6, "{one:?}");
        assert!((paused[place] - end - 5.0 * place as f64).abs() < 1e-6, "{paused:?}");
    }
}

/// Who is away does at its return what it was to do, and fetches on.
#[test]
fn steps_of_who_is_away_wait_for_its_return() {
    let churn = ["churn.model=trace", "churn.kind=departure", "churn.trace=[[2, 0.0, 5.0], [2, 30.0, 9000.0]]"];
    let trace = "requests.trace=[[10, 2, 'get', 'a-0'], [10, 2, 'put', 'a-1'], [11, 3, 'get', 'a-2']]";
    let outcome = run(&[&[THREE, trace][..], &churn].concat());
    assert_eq!(outcome.status, Status::Complete);
    let (asked, done) = secs(&outcome.downloads[0]);
    assert!(asked == 10.0 && done > 30.0 && done < 32.0, "{done}");
}

/// A request of 6,400 KiB outlives a crash: the node begins anew when it is back.
#[test]
fn a_request_outlives_a_crash() {
    let failure = "failures=[{ at='1 s', nodes=1, duration='5 s' }]";
    let trace = "requests.trace=[[0, 3, 'get', 'a']]";
    let outcome = run(&["swarm.network_size=4", "datasets=[{ name='a', size='6400 KiB' }]", trace, failure]);
    assert_eq!(outcome.status, Status::Complete);
    let struck = outcome.nodes[3].crash_lost > 0;
    assert!(struck, "{:?}", outcome.nodes);
    assert_eq!(outcome.nodes[3].payload_rx, 6400 * 1024 + outcome.nodes[3].crash_lost);
}

/// A day of Poisson requests: each is asked at its moment and carried out, and a node that
/// asks again has it.
#[test]
fn a_stream_of_requests_is_carried_out() {
    let datasets = "datasets=[{ name='a', count=20, size='128 KiB', popularity=1.0 }]";
    let outcome = run(&[datasets, "requests.rate=360/h", "requests.number=200", "requests.parallel=2"]);
    assert_eq!((outcome.status, outcome.downloads.len()), (Status::Complete, 200));
    let held = outcome.downloads.iter().filter(|of| of.end == DownloadEnd::Held).count();
    let fetched: u64 = outcome.nodes.iter().map(|node| node.payload_rx).sum();
    let first: std::collections::BTreeSet<_> = outcome.downloads.iter().map(|of| (of.node, of.want.dataset)).collect();
    assert_eq!(fetched, first.len() as u64 * 128 * 1024);
    assert!(held > 80 && held <= 200 - first.len(), "{held} of {} first", first.len());
    assert!(outcome.downloads.iter().all(|of| of.complete_since.unwrap() >= of.asked));
}

/// Oracle F22: requests at random at one server. Its uplink serves one after the other
/// (`fifo`): M/D/1; or all at once (`fair`): processor sharing. 6,000 requests for one of
/// 4,000 datasets of a second each, at a load of 0.6; the standard error of the mean time is
/// about 2 %.
#[test]
fn requests_queue_at_one_server() {
    let time = |model: &str| {
        let sets = [
            "protocol=direct",
            "protocol.direct.request=1 GB",
            "network.transport=none",
            "network.latency=0 s",
            "swarm.network_size=60",
            "swarm.seeders=1",
            "datasets=[{ name='a', count=4000, size='1 MB', block_size='100 kB' }]",
            "requests.rate=0.6/s",
            "requests.number=6000",
            "network.up=unlimited",
            "network.down=unlimited",
            "network.seeder_up=8 Mbit/s",
            "stop.max_time=1 d",
        ];
        let outcome = checked(&spec(&[&sets[..], &[&format!("network.model={model}")]].concat()));
        let fetched = outcome.downloads.iter().filter(|of| of.end == DownloadEnd::Complete);
        let times: Vec<f64> = fetched.map(|of| secs(of).1 - secs(of).0).collect();
        assert!(times.len() > 5800, "{} were not held", times.len());
        // Who has it already brings no load.
        (times.iter().sum::<f64>() / times.len() as f64, 0.6 * times.len() as f64 / 6000.0)
    };
    let (queued, load) = time("fifo");
    let expected = md1_time(1.0, load);
    assert!((queued / expected - 1.0).abs() < 0.06, "{queued} for {expected}");
    let (shared, load) = time("fair");
    let expected = sharing_time(1.0, load);
    assert!((shared / expected - 1.0).abs() < 0.06, "{shared} for {expected}");
}

/// docs/findings.md: four downloads at once against one that is four times larger. In v2
/// they take the same time; in v3c leechers come to have different parts and are faster.
#[test]
fn parallel_downloads_do_not_slow_each_other() {
    let time = |protocol: &str, datasets: &str| {
        let links = ["network.up=20 Mbit/s", "network.down=100 Mbit/s", "network.latency=25 ms"];
        let swarm = ["swarm.network_size=8", "swarm.seeders=1"];
        let chosen = format!("protocol={protocol}");
        let outcome = checked(&spec(&[&[chosen.as_str(), datasets][..], &links, &swarm].concat()));
        outcome.makespan().unwrap().secs()
    };
    let (one, four) = ("datasets=[{ name='a', size='64 MiB' }]", "datasets=[{ name='a', count=4, size='16 MiB' }]");
    let ratio = |protocol| time(protocol, four) / time(protocol, one);
    let (v2, v3c) = (ratio("codex-v2"), ratio("codex-v3c"));
    assert!((v2 - 1.0).abs() < 0.02, "v2 {v2}");
    assert!(v3c < 0.8, "v3c {v3c}");
}

/// docs/findings.md: peers that hold nothing of a rare dataset fill the places of a v3c
/// download, and its providers are not heeded; v3d lets them in.
#[test]
fn rare_datasets_are_shut_out_of_v3c_alone() {
    let unfinished = |protocol: &str| {
        let chosen = format!("protocol={protocol}");
        let datasets = "datasets=[{ name='a', count=1000, size='128 KiB', holders={ replicas=3 }, popularity=1.0 }]";
        let world = ["swarm.network_size=40", "swarm.seeders=0", "discovery.model=discv5"];
        let requests = ["requests.rate=2/s", "requests.number=100", "stop.max_time=20 min"];
        let outcome = checked(&spec(&[&[chosen.as_str(), datasets][..], &world, &requests].concat()));
        outcome.downloads.iter().filter(|of| of.end == DownloadEnd::Unfinished).count()
    };
    let shut_out = unfinished("codex-v3c");
    assert!(shut_out >= 3, "{shut_out}");
    for protocol in ["codex-v3d", "codex-v2", "bitswap"] {
        assert_eq!(unfinished(protocol), 0, "{protocol}");
    }
}

/// Requests for what is here already are something that happens, though nothing is stored: a
/// run that waits for ten minutes at most takes them all.
#[test]
fn requests_for_what_is_here_are_progress() {
    let datasets = "datasets=[{ name='a', size='64 KiB' }]";
    let outcome = run(&[
        datasets,
        "requests.rate=100 s",
        "requests.number=200",
        "stop.no_progress_for=10 min",
        "stop.max_time=1 d",
    ]);
    assert_eq!((outcome.status, outcome.downloads.len()), (Status::Complete, 200));
}
