//! Whole runs in which not everybody can dial everybody.

use crate::common::{checked, exchanges, spec};
use codexsim::bound::nat;
use codexsim::ledger::{Class, Outcome, Status};
use codexsim::units::Time;

/// One seeder and one leecher, both behind cones, a relay with an account of each; no hole can
/// be punched.
const TWO: [&str; 11] = [
    "protocol=codex-v3c",
    "swarm.network_size=2",
    "swarm.seeders=1",
    "swarm.file_size=512 KiB",
    "network.up=20 Mbit/s",
    "network.down=100 Mbit/s",
    "network.latency=25 ms",
    "network.connected=0",
    "network.nat.unreachable=1",
    "network.nat.behind={ cone = 1.0 }",
    "network.nat.punching=0",
];

fn run(sets: &[&str], further: &[&str]) -> Outcome {
    checked(&spec(&[sets, further].concat()))
}

fn complete(sets: &[&str], further: &[&str]) -> Outcome {
    let outcome = run(sets, further);
    assert_eq!(outcome.status, Status::Complete, "{further:?}");
    outcome
}

fn counted(outcome: &Outcome, metric: &str) -> f64 {
    let name = format!("nat_{metric}");
    outcome.nat.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{metric}")).1
}

fn bytes(outcome: &Outcome, class: Class) -> u64 {
    outcome.traffic(class).bytes
}

/// Where everybody can be dialled everything is as without the key, event by event.
#[test]
fn nothing_changes_where_all_can_be_dialled() {
    for protocol in exchanges() {
        let sets = [
            &format!("protocol={protocol}")[..],
            "swarm.network_size=8",
            "swarm.seeders=2",
            "swarm.file_size=2 MiB",
            "discovery.model=kademlia",
        ];
        let plain = run(&sets, &[]);
        assert!(plain.nat.is_empty());
        let with = run(&sets, &["network.nat.unreachable=0"]);
        assert_eq!(with.fingerprint, plain.fingerprint, "{protocol}");
        assert_eq!(counted(&with, "circuits"), 0.0);
    }
}

/// Every protocol works over circuits and off them, and its books balance. Each pair that tried
/// is counted once.
#[test]
fn every_protocol_goes_through() {
    for protocol in exchanges() {
        let sets = [
            &format!("protocol={protocol}")[..],
            "swarm.network_size=10",
            "swarm.seeders=2",
            "swarm.file_size=1 MiB",
            "network.latency=25 ms",
            "network.connected=0",
            "network.nat.unreachable=0.8",
            "network.nat.circuits_per_peer=100",
            "network.nat.circuit_data=unlimited",
            "network.nat.circuit_time=1 h",
        ];
        let outcome = complete(&sets, &[]);
        assert!(bytes(&outcome, Class::Relayed) > 0 && counted(&outcome, "circuits") > 0.0, "{protocol}");
        let ways = ["direct", "reversed", "punched", "relayed", "never"];
        let pairs: f64 = ways.iter().map(|way| counted(&outcome, &format!("pairs_{way}"))).sum();
        assert!((8.0..=45.0).contains(&pairs), "{protocol}: {pairs}");
        let limited = run(&sets[..7], &[]);
        assert!(limited.completed() > 0, "{protocol}");
    }
}

/// Oracle N4 in a whole run: of blocks of 64 KiB with what is around them, 66 kB and more, one
/// fits into a circuit. So batches of two never come, and all they take is in vain; batches of
/// one come one for each circuit.
#[test]
fn n4_a_batch_of_two_blocks_never_comes() {
    let two = run(&TWO, &["stop.max_time=10 min"]);
    assert_eq!((two.completed(), bytes(&two, Class::Payload)), (0, 0));
    let circuits = counted(&two, "circuits_closed_by_data");
    assert!(circuits > 20.0, "{circuits}");
    let in_vain = bytes(&two, Class::Duplicate) as f64 / circuits;
    assert!((125_000.0..131_072.0).contains(&in_vain), "{in_vain} B of data in each circuit");

    let one = complete(&TWO, &["protocol.codex-v3c.target_batch=64 KiB"]);
    let blocks = bytes(&one, Class::Payload) / 65_536;
    assert_eq!((blocks, counted(&one, "circuits_closed_by_data")), (8, 7.0), "the last block is the eighth");
}

/// Without its limits a circuit carries all, over the links of the relay: on the way to it all
/// bytes count once more, and its links can be what limits.
#[test]
fn circuits_without_limits() {
    let free = ["network.nat.circuit_data=unlimited", "network.nat.circuit_time=1 h", "network.nat.relays=1"];
    let fast = complete(&TWO, &free);
    assert_eq!((counted(&fast, "circuits"), counted(&fast, "pairs_relayed")), (1.0, 1.0));
    let (relayed, payload) = (bytes(&fast, Class::Relayed), bytes(&fast, Class::Payload));
    assert_eq!(payload, 512 << 10);
    assert!(relayed > payload && (relayed as f64) < 1.05 * payload as f64, "{relayed}");
    let relay = &fast.nodes[2];
    assert!(relay.bytes_tx > payload && relay.bytes_rx > payload && relay.payload_tx == 0);
    assert_eq!((fast.nodes[0].payload_tx, fast.nodes[1].payload_rx), (payload, payload));
    let slow = complete(&TWO, &[&free[..], &["network.nat.relay_rate=1 Mbit/s"]].concat());
    let least = payload as f64 * 8.0 / 1e6;
    let took = |outcome: &Outcome| outcome.makespan().unwrap().secs();
    assert!(took(&slow) > least && took(&slow) > took(&fast) + 0.8 * least, "{} {}", took(&slow), took(&fast));
}

/// The clock closes a circuit that its bytes do not, and the download goes on over the next.
#[test]
fn time_closes_circuits() {
    let sets = ["network.nat.circuit_data=unlimited", "network.nat.circuit_time=10 s", "network.up=250 kbit/s"];
    let exchange = ["protocol.codex-v3c.target_batch=64 KiB", "protocol.codex-v3c.newcomers=asked"];
    let outcome = complete(&TWO, &[&sets[..], &exchange].concat());
    assert!(counted(&outcome, "circuits_closed_by_time") >= 1.0);
    assert_eq!(counted(&outcome, "circuits_closed_by_data"), 0.0);
}

/// When the first message of the peer can come, to the nanosecond, where links take no time:
/// straight, over a relay, reversed, and through a punched hole.
#[test]
fn what_it_takes_to_connect() {
    let first = |further: &[&str]| {
        let sets = [&TWO[..], &["protocol=direct", "network.model=ideal", "network.nat.relays=1"], further].concat();
        run(&sets, &[]).nodes[1].milestones.first.map(Time::secs).unwrap()
    };
    // Nodes are 25 ms from each other: 50 ms there and back, 100 over a relay. The first
    // block comes a round trip after the connection stands.
    let straight = first(&["network.nat.unreachable=0"]);
    let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
    // Over the relay, with which a node behind a NAT is connected: a round trip for the
    // circuit, and five of its own, with the last of which the leecher knows, and the block.
    let unlimited = ["network.nat.circuit_data=unlimited", "network.nat.reversal=false"];
    let relayed = first(&unlimited);
    assert!(near(relayed - straight, 0.1 + 5.0 * 0.1 + 0.1 - 6.0 * 0.05 - 0.05), "{relayed} {straight}");
    // The seeder knows half a round trip before the leecher, and waits; then both punch.
    let direct = ["network.nat.punching=1", "network.nat.circuits_carry=upgrades"];
    let punched = first(&direct);
    let stands = 0.1 + 4.5 * 0.1 + nat::punching_time(0.5, 1.0, 0.1, 0.3) + 0.05;
    assert!(near(punched - straight, stands - 6.0 * 0.05 - 0.05), "{punched} {straight}");
    // A leecher that can be dialled has to dial the relay first, and is dialled back.
    let seeder = r#"nodes=[{ name = "s", count = 1, role = "seeder", reach = "cone" }, { name = "l", count = 1, reach = "public" }]"#;
    let reversed = first(&[&direct[..], &[seeder]].concat());
    let stands = 6.0 * 0.05 + 0.1 + 4.5 * 0.1 + 0.5 + 6.0 * 0.05 + 0.05;
    assert!(near(reversed - straight, stands - 6.0 * 0.05 - 0.05), "{reversed} {straight}");
}

/// A hole that is punched takes the download over, if need be from a circuit that was closed.
#[test]
fn a_connection_moves_off_its_circuit() {
    let punched = complete(&TWO, &["network.nat.punching=1", "swarm.file_size=4 MiB"]);
    assert_eq!(counted(&punched, "pairs_punched"), 1.0);
    assert!(bytes(&punched, Class::Relayed) < 300_000, "{}", bytes(&punched, Class::Relayed));
    let waits = complete(&TWO, &["network.nat.punching=1", "network.nat.circuits_carry=upgrades"]);
    assert!(bytes(&waits, Class::Relayed) < 20_000 && counted(&waits, "circuits_closed_by_data") == 0.0);
    let never = run(&TWO, &["network.nat.circuits_carry=upgrades", "stop.max_time=5 min"]);
    assert_eq!((counted(&never, "pairs_never"), never.completed()), (1.0, 0));
}

/// Oracle N6 in whole runs: who has to learn what it is behind is not reached before. Behind a
/// cone it asks, tries to have a port mapped, and reserves; a mapped port shows in the round
/// after, two minutes later.
#[test]
fn n6_nodes_that_have_just_come_have_to_learn() {
    let easy = ["network.nat.punching=1", "network.nat.circuits_carry=upgrades"];
    let first = |further: &[&str]| {
        let outcome = complete(&TWO, &[&easy[..], further].concat());
        (outcome.nodes[1].milestones.first.unwrap().secs(), counted(&outcome, "known_after_mean_s"))
    };
    let (settled, known) = first(&[]);
    assert_eq!(known, 0.0);
    let (cone, known) = first(&["network.nat.settled=false"]);
    assert!((known - 0.3).abs() < 1e-9, "a connection with a server: {known}");
    assert!(cone > settled + 1.0, "{cone} {settled}");
    let mapped = "network.nat.behind={ mapped = 1.0, cone = 0.0 }";
    let (mapped, _) = first(&["network.nat.settled=false", mapped]);
    assert!((120.3..170.0).contains(&mapped), "{mapped}");
}

/// Where relays have no place, or no circuit for one more, nobody comes through.
#[test]
fn relays_can_be_full() {
    let sets = [&TWO[..], &["swarm.network_size=12", "network.nat.relays=1", "stop.max_time=3 min"]].concat();
    let full = run(&sets, &["network.nat.reservations=0"]);
    assert_eq!((counted(&full, "without_relay"), full.completed()), (12.0, 0));
    assert!(counted(&full, "dials_unanswered") > 0.0 && counted(&full, "circuits") == 0.0);
    let few = run(&sets, &["network.nat.circuits_per_peer=2", "network.nat.circuit_data=unlimited"]);
    assert!(counted(&few, "circuits_refused") > 0.0 && counted(&few, "pairs_never") > 0.0);
}

/// Nodes that crash and come back, with a hash table: books hold, and who is back learns anew.
#[test]
fn nodes_that_come_and_go() {
    let sets = [
        "protocol=codex-v3c",
        "swarm.network_size=24",
        "swarm.seeders=4",
        "swarm.file_size=4 MiB",
        "network.latency=25 ms",
        "network.up=10 Mbit/s",
        "network.nat.unreachable=0.6",
        "discovery.model=discv5",
        "failures=[{ at = \"4 s\", nodes = 8, duration = \"30 s\", seeders = true }]",
    ];
    let outcome = run(&sets, &["stop.max_time=20 min"]);
    assert!(outcome.nodes.iter().any(|node| node.sessions == 2));
    assert!(counted(&outcome, "known_after_mean_s") > 0.0 && counted(&outcome, "reservations") > 0.0);
    let again = run(&sets, &["stop.max_time=20 min"]);
    assert_eq!((again.fingerprint, again.nat), (outcome.fingerprint, outcome.nat));
}

/// Connections from before the start are those that a hash table leaves: none between two
/// nodes that nobody can dial.
#[test]
fn who_is_connected_from_before_the_start() {
    let sets =
        ["swarm.network_size=20", "network.connected=20", "network.nat.unreachable=0.5", "network.nat.punching=0"];
    let outcome = run(&sets, &["network.nat.relays=0", "network.nat.behind={ cone = 1.0 }", "stop.max_time=1 min"]);
    assert_eq!(counted(&outcome, "pairs_direct"), f64::from(20 * 19 / 2 - 10 * 9 / 2));
}

/// Sixty leechers dial one seeder behind a cone at one moment: each of its relays has circuits
/// for sixteen, and who is refused at one asks at the next.
#[test]
fn who_is_refused_at_one_relay_asks_at_the_next() {
    let sets = [
        "protocol=codex-v2",
        "swarm.network_size=61",
        "swarm.seeders=1",
        "swarm.file_size=10 MB",
        "network.up=100 kbit/s",
        "network.down=100 Mbit/s",
        "nodes=[{ name='s', count=1, role='seeder', reach='cone' }, { name='l', count=60, role='leecher', reach='public' }]",
        "network.nat={ unreachable=0, reversal=false, punching=0.0, relays=3, circuit_data='unlimited' }",
        "stop.run_for=30 s",
    ];
    for reserve_at in 1..=3 {
        let outcome = run(&sets, &[&format!("network.nat.reserve_at={reserve_at}")]);
        let relayed = counted(&outcome, "pairs_relayed");
        assert_eq!(relayed, 16.0 * f64::from(reserve_at), "{reserve_at} relays");
    }
}
