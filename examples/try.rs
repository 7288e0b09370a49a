use codexsim::network::*;
use codexsim::protocols;
use codexsim::protocols::*;
use codexsim::sim::*;
use codexsim::units::*;
use codexsim::world::*;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let n: u32 = a[1].parse().unwrap();
    let s: u32 = a[2].parse().unwrap();
    let size: Bytes = a[3].parse().unwrap();
    let rate: Rate = a[4].parse().unwrap();
    let lat: Time = a[5].parse().unwrap();
    let proto = &a[6];
    let model = &a[7];
    let hw = a.get(8).map(|x| x == "hw").unwrap_or(false);
    let seed: u64 = a.get(9).map(|x| x.parse().unwrap()).unwrap_or(1);
    let eth = a.get(10).map(|x| x == "eth").unwrap_or(hw);
    let stag: u64 = a.get(11).map(|x| x.parse().unwrap()).unwrap_or(0);
    let ms = |x: f64| Time::from_secs_f64(x / 1e3);
    let hardware = if hw {
        Hardware {
            per_message: ms(0.1),
            per_block_sent: ms(1.4),
            per_block_received: ms(2.8),
            per_mib: Time::ZERO,
            per_entry: ms(0.15),
            per_lookup: ms(0.03),
        }
    } else {
        Hardware::IDEAL
    };
    let protocol = match proto.as_str() {
        "codex" => ProtocolSpec::CodexV2(protocols::codex::Params {
            window: 1024,
            refill_threshold: 0.75,
            want_list_entries: 1024,
            presence_entries: 1024,
            blocks_per_message: 20,
            responder_tasks: 10,
            task_queue: 100,
            activity_timeout: Time::from_secs(60),
            retry_interval: Time::from_secs(2),
            discovery_interval: Time::from_secs(3),
            discovery_loop: Time::from_secs(3),
            min_peers: 3,
            refresh_interval: Time::from_secs(1),
            max_refresh_backoff: 36,
            max_peers: 160,
            yield_after: Time::from_millis(10),
            manifest_size: Bytes(100),
        }),
        "direct" => ProtocolSpec::Direct(protocols::direct::Params {
            request: "1 MiB".parse().unwrap(),
            max_requests: 64,
            outstanding: 4,
            retry: Time::from_secs(3),
        }),
        _ => ProtocolSpec::Ideal(protocols::ideal::Params { pieces: 4096, stripes: 16 }),
    };
    let degree = std::env::var("DEGREE").ok().map(|x| OverlaySpec { degree: x.parse().unwrap() });
    let spec = RunSpec {
        world: WorldSpec {
            swarm: SwarmSpec {
                network_size: n,
                seeders: s,
                start: if stag > 0 { StartSpec::Stagger(Time::from_secs(stag)) } else { StartSpec::Together },
            },
            dataset: DatasetSpec {
                size,
                block_size: Bytes(65536),
                group: std::env::var("GROUP").ok().map(|x| x.parse().unwrap()).unwrap_or(1),
            },
            links: vec![LinkClass { share: 1.0, up: rate, down: rate }],
            seeder_up: None,
            seeder_down: None,
            latency: LatencySpec::Constant(lat),
            churn: ChurnSpec::None,
            failures: vec![],
            overlay: degree,
            hardware,
        },
        network: NetworkSpec {
            model: match model.as_str() {
                "ideal" => NetworkModel::Ideal,
                "fifo" => NetworkModel::Fifo,
                _ => NetworkModel::Fair,
            },
            transport: Transport { segment_header: Bytes(if eth { 66 } else { 52 }), ..Transport::default() },
            jitter: None,
        },
        discovery: DiscoverySpec { round_trips: 0.7, round_trips_per_doubling: 1.25, max_providers: 200 },
        protocol,
        stop: StopSpec { max_time: Time::from_secs(400000), no_progress_for: Time::from_secs(1000) },
        seed,
        seeder_set: 0,
        tie_salt: 0,
        series_interval: Time::from_secs(1),
    };
    let t = std::time::Instant::now();
    let o = run(&spec, &mut |_| true).unwrap();
    let w = t.elapsed().as_secs_f64();
    let mut t100: Vec<f64> = o.leechers().filter_map(|l| l.milestones.all.map(|t| t.secs() - l.start.secs())).collect();
    t100.sort_by(f64::total_cmp);
    let mut man: Vec<f64> =
        o.leechers().filter_map(|l| l.milestones.manifest.map(|t| t.secs() - l.start.secs())).collect();
    man.sort_by(f64::total_cmp);
    let f = size.get() as f64;
    let l = o.leechers().count() as f64;
    println!(
        "{:?} makespan {:?} med {:?} min {:?} bound {:.2} {} eff {:?} man {:?} events {} wall {:.2} fp {:x}",
        o.status,
        o.makespan().map(|t| t.secs()),
        t100.get(t100.len() / 2),
        t100.first(),
        o.bound.secs(),
        o.bound_kind,
        o.efficiency(),
        man.get(man.len() / 2),
        o.events,
        w,
        o.fingerprint
    );
    println!(
        "rx/F {:.3} stx {:?} ltx/F {:.3} deliveries/s {:.0}",
        o.leechers().map(|x| x.bytes_rx as f64).sum::<f64>() / l / f,
        o.nodes
            .iter()
            .filter(|x| x.role == Role::Seeder)
            .take(6)
            .map(|x| (x.bytes_tx as f64 / f * 100.).round() / 100.)
            .collect::<Vec<_>>(),
        o.leechers().map(|x| x.bytes_tx as f64).sum::<f64>() / f,
        l * f / 65536. / w
    );
    for c in codexsim::ledger::Class::ALL {
        let t = o.traffic(c);
        if t.bytes > 0 {
            print!("{} {}/{} ", c.name(), t.messages, t.bytes);
        }
    }
    println!();
    for v in o.violations.iter().take(5) {
        println!("VIOLATION {}", v.0);
    }
}
