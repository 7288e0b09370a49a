//! Switches of codex-v2: each does what it says, and what it costs shows.

use crate::common::{checked, spec};
use codexsim::bound;
use codexsim::ledger::{Class, Outcome};

/// One leecher and `holders` seeders, nothing but the exchange on the wire.
fn one_leecher(holders: u32, latency: &str, blocks: u32, further: &[&str]) -> Outcome {
    let (nodes, seeders) = (format!("swarm.network_size={}", holders + 1), format!("swarm.seeders={holders}"));
    let (size, latency) = (format!("swarm.file_size={} KiB", 64 * blocks), format!("network.latency={latency}"));
    let fixed = ["network.transport=none", "network.up=20 Mbit/s", "network.down=20 Mbit/s"];
    checked(&spec(&[&fixed[..], &[&nodes, &seeders, &size, &latency], further].concat()))
}

/// A swarm of 16 with 2 seeders, 64 MiB. Leechers start one after another, so
/// that they find each other and not the seeders alone.
fn swarm(further: &[&str]) -> Outcome {
    let fixed = [
        "swarm.network_size=16",
        "swarm.seeders=2",
        "swarm.file_size=64 MiB",
        "swarm.start={ stagger = \"1 s\" }",
        "network.latency=20 ms",
    ];
    checked(&spec(&[&fixed[..], further].concat()))
}

fn secs(outcome: &Outcome) -> f64 {
    outcome.makespan().unwrap().secs()
}

fn bytes(outcome: &Outcome, class: Class) -> f64 {
    outcome.traffic(class).bytes as f64
}

const PARALLEL: &str = "protocol.codex-v2.parallel_below=1 GiB";

/// RFC 111: asking in parallel saves the round trip of the question, for the
/// manifest and for the data.
#[test]
fn parallel_requests_save_a_round_trip_each() {
    for (latency, rtt) in [("50 ms", 0.1), ("100 ms", 0.2)] {
        let (two_phase, parallel) = (one_leecher(1, latency, 4, &[]), one_leecher(1, latency, 4, &[PARALLEL]));
        let saved = secs(&two_phase) - secs(&parallel);
        assert!((saved / (2.0 * rtt) - 1.0).abs() < 0.05, "{saved} of {rtt}");
        assert_eq!(bytes(&parallel, Class::Duplicate), 0.0);
        assert_eq!((bytes(&parallel, Class::Want), bytes(&parallel, Class::Presence)), (0.0, 0.0));
    }
}

/// Copies of the file that left the holders, whether or not the run went on
/// until they arrived.
fn copies(outcome: &Outcome) -> f64 {
    let sent = [Class::Payload, Class::Duplicate, Class::Lost].map(|class| bytes(outcome, class));
    (sent.iter().sum::<f64>() / bytes(outcome, Class::Payload)).round()
}

/// RFC 111: every holder sends the block, and the downlink carries all copies.
#[test]
fn parallel_requests_cost_a_copy_for_each_further_holder() {
    for holders in [2, 3, 5] {
        assert_eq!(copies(&one_leecher(holders, "50 ms", 4, &[PARALLEL])), f64::from(holders), "{holders} holders");
        assert_eq!(copies(&one_leecher(holders, "50 ms", 4, &[])), 1.0);
    }
}

/// Below the size it is parallel, from it on two phases: a block of 64 KiB.
#[test]
fn the_threshold_is_the_block_size() {
    let at = |threshold: &str| one_leecher(3, "50 ms", 1, &[&format!("protocol.codex-v2.parallel_below={threshold}")]);
    assert_eq!((copies(&at("64 KiB")), copies(&at("65537 B"))), (1.0, 3.0));
}

/// RFC 111: which way is faster turns at `rate * RTT / (m - 1)`.
#[test]
fn the_faster_way_turns_where_the_closed_form_says() {
    for (rtt, latency) in [(0.1, "50 ms"), (0.04, "20 ms")] {
        for holders in [2, 4, 8] {
            let turn = bound::parallel_pays_below(2.5e6, rtt, holders);
            let faster = |share: f64| {
                let size = (share * turn) as u64;
                let time = |threshold: u64| {
                    let one_block = [format!("swarm.block_size={size} B"), format!("swarm.file_size={size} B")];
                    let threshold = format!("protocol.codex-v2.parallel_below={threshold} B");
                    secs(&one_leecher(holders, latency, 1, &[&one_block[0], &one_block[1], &threshold]))
                };
                // The manifest is asked for in the same way both times.
                time(size + 1) < time(size)
            };
            assert!(faster(0.9) && !faster(1.1), "{holders} holders, {latency}: {turn}");
        }
    }
}

#[test]
fn cancellations_stop_copies_that_have_not_left() {
    // Equal holders send the same blocks at the same time; a slow one can be stopped.
    let speeds = "network.classes=[{ share = 0.5, up = \"20 Mbit/s\", down = \"50 Mbit/s\" }, \
                  { share = 0.5, up = \"4 Mbit/s\", down = \"50 Mbit/s\" }]";
    let run =
        |cancel: &str| one_leecher(4, "10 ms", 200, &[PARALLEL, speeds, &format!("protocol.codex-v2.cancel={cancel}")]);
    let (cancelled, never) = (run("outstanding"), run("never"));
    assert_eq!(bytes(&never, Class::Cancel), 0.0);
    assert!(bytes(&cancelled, Class::Cancel) > 0.0);
    let vain = |outcome: &Outcome| bytes(outcome, Class::Duplicate) / bytes(outcome, Class::Payload);
    assert!(vain(&cancelled) < 0.8 * vain(&never), "{} {}", vain(&never), vain(&cancelled));
}

/// Silence cannot be told from loss: a peer that says what it lacks is asked
/// again with growing pauses, one that says nothing every second or three.
#[test]
fn absence_that_is_told_is_not_asked_for_again_so_soon() {
    let far = |further: &[&str]| {
        let fixed = ["swarm.network_size=24", "swarm.seeders=1", "network.degree=3", "swarm.start=together"];
        swarm(&[&fixed[..], further].concat())
    };
    let (silent, told) = (far(&[]), far(&["protocol.codex-v2.dont_have=true"]));
    assert!(told.traffic(Class::Presence).messages > silent.traffic(Class::Presence).messages);
    assert!(
        bytes(&told, Class::Want) < 0.8 * bytes(&silent, Class::Want),
        "{} {}",
        bytes(&told, Class::Want),
        bytes(&silent, Class::Want)
    );
}

/// A peer that was asked in vain and tells later makes leechers sources.
#[test]
fn remembered_wants_make_leechers_help() {
    let limited = ["protocol.codex-v2.requests_per_peer=32", "protocol.codex-v2.order=random"];
    let remembered = swarm(&[&limited[..], &["protocol.codex-v2.remember_wants=true"]].concat());
    let forgotten = swarm(&limited);
    assert!(bytes(&remembered, Class::Have) > 0.0);
    assert_eq!(bytes(&forgotten, Class::Have), 0.0);
    assert!(secs(&remembered) < 0.8 * secs(&forgotten), "{} {}", secs(&remembered), secs(&forgotten));
}

/// When nobody may be asked for everything at once, all leechers go through the
/// file in the same order unless the order is their own; then they have
/// something to give each other.
#[test]
fn orders_of_their_own_spread_the_blocks() {
    let run = |order: &str| {
        let order = format!("protocol.codex-v2.order={order}");
        let outcome =
            swarm(&["protocol.codex-v2.requests_per_peer=32", "protocol.codex-v2.remember_wants=true", &order]);
        (0..2).map(|seeder| outcome.nodes[seeder].payload_tx as f64).sum::<f64>() / f64::from(64 << 20)
    };
    let (same, own, rarest) = (run("hash"), run("random"), run("rarest_first"));
    assert!(own < 0.7 * same, "copies from seeders: same order {same}, own {own}");
    assert!(rarest < 0.7 * same, "copies from seeders: same order {same}, rarest first {rarest}");
    assert!((run("sequential") / same - 1.0).abs() < 0.5);
}

#[test]
fn asking_fewer_peers_costs_fewer_questions() {
    let messages = |peers: u32| {
        let outcome = swarm(&[&format!("protocol.codex-v2.ask_peers={peers}")]);
        bytes(&outcome, Class::Want)
    };
    let (all, three) = (messages(160), messages(3));
    assert!(three < 0.8 * all, "{three} {all}");
}

/// Who first says that it has the blocks is asked for all of them, whatever the
/// choice. It acts where that one goes, on the blocks that are asked for one by one
/// until somebody answers again and is asked for the rest: they are spread evenly where
/// the least loaded is asked, and as chance will have it where any is.
#[test]
fn the_choice_of_the_peer_matters_when_a_holder_goes() {
    let sent = |choice: &str, further: &[&str]| -> (Vec<u64>, u64) {
        let choice = format!("protocol.codex-v2.peer_choice={choice}");
        let outcome = one_leecher(5, "10 ms", 200, &[&[&*choice], further].concat());
        assert_eq!(outcome.completed(), 1);
        (outcome.nodes.iter().map(|node| node.payload_tx / 65_536).collect(), outcome.fingerprint)
    };
    let choices = ["weighted", "random", "least_loaded"];
    let [all, others @ ..] = choices.map(|choice| sent(choice, &[]));
    assert!(others.iter().all(|other| *other == all));
    let asked = (0..5).max_by_key(|at| all.0[*at]).unwrap();
    assert_eq!(all.0[asked], 200);

    let gone = format!("churn.trace=[[{asked}, 0, 1]]");
    // Blocks between the most and the least of the three that are not asked for the rest.
    let spread = |choice: &str, seed: u32| {
        let seed = format!("seed={seed}");
        let (blocks, _) = sent(choice, &["churn.model=trace", "churn.kind=departure", &gone, &seed]);
        let mut few: Vec<u64> = (0..5).filter(|at| *at != asked).map(|at| blocks[at]).collect();
        few.sort_unstable();
        (few[2] - few[0]) as f64
    };
    let [weighted, random, least] = choices.map(|choice| (0..20).map(|seed| spread(choice, seed)).sum::<f64>() / 20.0);
    assert!(least < weighted && weighted < random, "{least} {weighted} {random}");
}

/// One proof for the blocks of a message: neighbours share nearly all of it,
/// blocks in hash order only what lies above them.
#[test]
fn a_multiproof_saves_most_where_blocks_are_neighbours() {
    let proofs = |form: &str, order: &str| {
        let (form, order) = (format!("protocol.codex-v2.proofs={form}"), format!("protocol.codex-v2.order={order}"));
        // 20 blocks are asked for, and delivered, at a time.
        bytes(&one_leecher(1, "10 ms", 800, &[&form, &order, "protocol.codex-v2.requests_per_peer=20"]), Class::Proof)
    };
    let each = proofs("per_block", "sequential");
    assert_eq!(each, proofs("per_block", "hash"));
    let (neighbours, scattered) = (proofs("multiproof", "sequential"), proofs("multiproof", "hash"));
    assert!(neighbours < 0.1 * each, "{neighbours} of {each}");
    assert!(neighbours < 0.3 * scattered && scattered < 0.8 * each, "{scattered} of {each}");
}

/// A node asks anew every three seconds what nobody has told it, and its request
/// waits behind these questions; a peer that delivers nothing for a minute is
/// dropped. With `L` the time that a list of the whole window takes on the uplink,
/// some `L / 3 s` lists are before the request: from `L^2 / 3 s + L` = 60 s on, 12 s,
/// no block ever comes.
#[test]
fn an_uplink_slower_than_its_questions_gets_nothing() {
    // 306 blocks; on the wire a list of them has 17,980 B.
    let download = |kbit: u32, further: &[&str]| {
        let sets = [
            "swarm.network_size=2",
            "swarm.seeders=1",
            "swarm.file_size=20 MB",
            "network.seeder_up=10 Mbit/s",
            &format!("network.up={kbit} kbit/s"),
        ];
        let outcome = checked(&spec(&[&sets[..], further].concat()));
        (outcome.completed(), outcome.leechers().next().unwrap().payload_rx)
    };
    let all = 306 * 65_536;
    assert_eq!(download(13, &[]), (1, all), "a list takes 11.1 s");
    assert_eq!(download(11, &[]), (0, 0), "a list takes 13.1 s");
    // It is the minute, or the size of the list.
    assert_eq!(download(11, &["protocol.codex-v2.activity_timeout=3 min"]), (1, all));
    assert_eq!(download(11, &["protocol.codex-v2.window=128"]), (1, all));
}
