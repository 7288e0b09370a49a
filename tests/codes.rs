//! Files with an erasure code: what can be read, what reading and rebuilding cost.

use crate::common::{checked, spec};
use codexsim::ledger::{Class, Outcome, Status};
use codexsim::units::Bytes;
use codexsim::world::{Code, Dataset, Holdings, Part, World};
use proptest::prelude::*;

const BLOCK: u64 = 65_536;

fn dataset(blocks: u64, k: u16, m: u16) -> Dataset {
    Dataset::new(Bytes(blocks * BLOCK), Bytes(BLOCK), 1, Some(Code { k, m }))
}

/// The layout of the fact sheet, 12.1, by hand: seven blocks, 3 + 2, so nine places in
/// three rows and code words of which two have a zero.
#[test]
fn rows_are_slots_and_columns_code_words() {
    let seven = dataset(7, 3, 2);
    assert_eq!((seven.words(), seven.units(), seven.leaves()), (3, 13, 15));
    let slots: Vec<_> = (0..5).map(|slot| seven.slot(slot)).collect();
    assert_eq!(slots, [0..3, 3..6, 6..7, 7..10, 10..13]);
    let word = |word| (0..5).map(|slot| seven.unit_of(word, slot)).collect::<Vec<_>>();
    assert_eq!(word(0), [Some(0), Some(3), Some(6), Some(7), Some(10)]);
    assert_eq!(word(2), [Some(2), Some(5), None, Some(9), Some(12)]);
    assert_eq!((0..3).map(|word| seven.needed(word)).collect::<Vec<_>>(), [3, 2, 2]);
    // Parity j of word s is leaf rounded + s + j steps.
    assert_eq!([7, 9, 10, 12].map(|unit| seven.leaf(unit)), [9, 11, 12, 14]);
    // Two blocks for code words of two: the second row is one block of two.
    assert_eq!((0..3).map(|slot| dataset(3, 2, 1).slot(slot)).collect::<Vec<_>>(), [0..2, 2..3, 3..5]);
}

proptest! {
    /// Every unit is in one slot and one code word, and they agree; bytes add up.
    #[test]
    fn units_slots_and_words_are_one_table(blocks in 2u64..200, k in 2u16..9, m in 1u16..9) {
        prop_assume!(u64::from(k) <= blocks && m <= k);
        let d = dataset(blocks, k, m);
        let mut seen = 0;
        for slot in 0..k + m {
            for unit in d.slot(slot) {
                prop_assert_eq!(unit, seen, "slots follow each other");
                prop_assert_eq!((d.slot_of(unit), d.unit_of(d.word_of(unit), slot)), (slot, Some(unit)));
                prop_assert_eq!(d.is_parity(unit), slot >= k);
                seen += 1;
            }
        }
        prop_assert_eq!(seen, d.units());
        let rounded = blocks.div_ceil(u64::from(k)) * u64::from(k);
        prop_assert_eq!(u64::from(d.units()), blocks + rounded / u64::from(k) * u64::from(m));
        prop_assert_eq!((0..d.words()).map(|word| u64::from(d.needed(word))).sum::<u64>(), blocks);
        prop_assert_eq!(d.bytes(), Bytes((0..d.units()).map(|unit| d.bytes_in(unit)).sum()));
    }

    /// Readable exactly when no code word misses more than M, over random losses.
    #[test]
    fn a_file_can_be_read_exactly_when_no_code_word_misses_more_than_m(
        blocks in 4u64..60,
        (k, m) in (2u16..5).prop_flat_map(|k| (Just(k), 1..=k)),
        lost in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
    ) {
        let d = dataset(blocks, k, m);
        let lost: std::collections::BTreeSet<u32> = lost.iter().map(|at| at.index(d.units() as usize) as u32).collect();
        let mut store = Holdings::default();
        for unit in (0..d.units()).filter(|unit| !lost.contains(unit)) {
            store.add_range(unit, unit + 1, &d);
        }
        let missing = |word: u32| lost.iter().filter(|unit| d.word_of(**unit) == word).count();
        let readable: Vec<bool> = (0..d.words()).map(|word| missing(word) <= usize::from(m)).collect();
        let told: Vec<bool> = (0..d.words()).map(|word| store.reads(&d, word)).collect();
        prop_assert_eq!(&told, &readable);
        prop_assert_eq!(store.reads_all(&d), readable.iter().all(|word| *word));
        let in_order = (0..blocks as u32).take_while(|unit| !lost.contains(unit) || readable[d.word_of(*unit) as usize]);
        prop_assert_eq!(store.advance_of(&d, Part::File).in_order as usize, in_order.count());
    }
}

/// A file of 4 + 2, 128 blocks of data in 32 code words, with a host for each slot; `more`
/// is what else its class says.
fn file(more: &str) -> String {
    format!("datasets=[{{ name='a', size='8 MiB', block_size='64 KiB', code={{ k=4, m=2 }}, {more} }}]")
}

fn lost(count: u32) -> String {
    file(&format!("held='slots', lost_slots={count}"))
}

/// Six hosts and a node that wants it.
fn read(protocol: &str, file: &str, sets: &[&str]) -> Outcome {
    let protocol = format!("protocol='{protocol}'");
    let plain = ["swarm.network_size=7", "network.latency=5 ms", "stop.no_progress_for=2 min", file, &protocol];
    let seeders = ["swarm.seeders=6"];
    let given = sets.iter().any(|set| set.starts_with("swarm.seeders"));
    checked(&spec(&[&plain[..], if given { &[] } else { &seeders }, sets].concat()))
}

fn blocks(outcome: &Outcome, class: Class) -> u64 {
    outcome.traffic(class).bytes / BLOCK
}

/// The protocols that read, and for the sister forks as many peers asked as there are hosts
/// (with the three of the original they stay with the first three, findings).
const READERS: [(&str, &str); 3] = [
    ("codex-v1", "protocol.codex-v1.retry_interval=10 s"),
    ("codex-v2", "protocol.codex-v2.window=1024"),
    ("codex-f", "protocol.codex-f.asked_peers=6"),
];

/// Whoever loses up to M hosts reads the file, beyond that nobody does.
#[test]
fn a_file_is_read_without_up_to_m_of_its_hosts() {
    for (protocol, set) in READERS {
        for hosts in 0..=3 {
            let outcome = read(protocol, &lost(hosts), &[set]);
            let complete = outcome.status == Status::Complete;
            assert_eq!(complete, hosts <= 2, "{protocol} without {hosts} hosts: {:?}", outcome.status);
            assert_eq!(complete, outcome.downloads[0].milestones.all.is_some());
        }
    }
}

/// Bytes of each way of reading, with nothing lost: k of each code word, or all of it, or
/// one more than k at the most.
#[test]
fn each_way_of_reading_stores_what_it_asks_for() {
    for (protocol, set) in READERS {
        let stored = |reading: &str| {
            let outcome = read(
                protocol,
                &lost(0),
                &[set, &format!("protocol.{protocol}.coding.reading={reading}"), "stop.run_for=10 min"],
            );
            assert!(outcome.downloads[0].milestones.all.is_some(), "{protocol} {reading}");
            let data: Vec<u64> = [Class::Payload, Class::Parity].map(|class| blocks(&outcome, class)).into();
            assert_eq!(outcome.nodes[6].payload_rx / BLOCK, data[0] + data[1]);
            (data[0], data[1], blocks(&outcome, Class::Duplicate))
        };
        assert_eq!(stored("exactly_k"), (128, 0, 0), "{protocol}: the data rows and nothing else");
        let (payload, parity, _) = stored("first_k");
        assert_eq!((payload, parity), (128, 64), "{protocol}: all that is asked for comes in the end");
        let (payload, parity, vain) = stored("hedged");
        assert!((128..=160).contains(&(payload + parity + vain)), "{protocol}: {payload} + {parity} + {vain} blocks");
        // What is recovered before it comes is not stored.
        let (payload, parity, vain) = stored("all");
        let (had, sent) = (payload + parity, payload + parity + vain);
        assert!((128..=192).contains(&had) && sent <= 220, "{protocol}: {payload} + {parity} + {vain}");
    }
}

/// One code word after the other: a pause and two round trips each; with several at a time
/// they overlap.
#[test]
fn a_decode_job_waits_for_each_code_word() {
    let secs = |protocol: &str, sets: &[&str]| {
        let fast = ["network.latency=25 ms", "network.up=10 Gbit/s", "network.down=10 Gbit/s"];
        let exact = format!("protocol.{protocol}.coding.reading=exactly_k");
        let outcome =
            read(protocol, &lost(0), &[&fast[..], &["hardware={ extends='ideal' }", exact.as_str()], sets].concat());
        let of = outcome.downloads[0].milestones;
        (of.all.unwrap() - of.manifest.unwrap()).secs()
    };
    // Who has it, and then the block, 50 ms each, after 10 ms of pause.
    let expected = 32.0 * 0.110;
    for protocol in ["codex-v1", "codex-v2"] {
        let one = secs(protocol, &[]);
        assert!((one / expected - 1.0).abs() < 0.1, "{protocol}: {one} s for 32 code words");
    }
    // (A reader of v1 pauses by itself after so long a pause.)
    let slower = secs("codex-v2", &["protocol.codex-v2.coding.pause=60 ms"]) - secs("codex-v2", &[]);
    assert!((slower - 32.0 * 0.05).abs() < 0.1, "{slower} s more");
    let four = secs("codex-v1", &["protocol.codex-v1.coding.words_at_a_time=4"]);
    assert!((0.25..0.35).contains(&(four / expected)), "{four} s with four at a time");
}

/// What has to be recovered takes the coder's time.
#[test]
fn decoding_takes_time_where_data_is_missing() {
    let secs = |hosts: u32, per_mib: &str| {
        let hardware = format!("hardware={{ extends='ideal', decode_per_mib='{per_mib}' }}");
        let outcome =
            read("codex-v2", &lost(hosts), &[&hardware, "seed=3", "protocol.codex-v2.coding.reading=first_k"]);
        outcome.makespan().unwrap().secs()
    };
    // 8 MiB of code words at 100 ms each.
    let added = secs(2, "100 ms") - secs(2, "0 s");
    assert!((0.75..0.85).contains(&added), "{added} s for 8 MiB of code words");
}

/// Hosts fetch their slots from one client, nothing twice; then the file is in six places.
#[test]
fn slots_are_dispersed_to_their_hosts() {
    for (protocol, set) in READERS {
        let outcome = read(protocol, &file("wanted='slots'"), &["swarm.seeders=1", set]);
        assert_eq!(outcome.status, Status::Complete, "{protocol}");
        assert_eq!((blocks(&outcome, Class::Payload), blocks(&outcome, Class::Parity)), (128, 64), "{protocol}");
        let slots: Vec<_> = outcome.downloads.iter().map(|of| (of.node.0, of.want.part, of.bytes)).collect();
        let expected = (0..6).map(|slot| (u32::from(slot) + 1, Part::Slot(slot), 32 * BLOCK));
        assert_eq!(slots, expected.collect::<Vec<_>>(), "{protocol}: slot i at the i-th host");
    }
}

/// Codex rebuilds a slot from k blocks of each code word and then has all of the dataset;
/// the variant keeps its slot.
#[test]
fn a_slot_is_rebuilt_from_k_others() {
    for (protocol, set) in READERS {
        for rebuilt in ["whole", "slot"] {
            let coding = format!("protocol.{protocol}.coding.rebuilt={rebuilt}");
            let exact = format!("protocol.{protocol}.coding.reading=exactly_k");
            let outcome =
                read(protocol, &file("held='slots', lost_slots=1, wanted='lost_slots'"), &[set, &coding, &exact]);
            assert_eq!(outcome.status, Status::Complete, "{protocol}");
            assert_eq!(blocks(&outcome, Class::Repair), 128, "{protocol}: k blocks of each of 32 code words");
            assert_eq!(blocks(&outcome, Class::Payload) + blocks(&outcome, Class::Parity), 0);
            assert!(matches!(outcome.downloads[0].want.part, Part::Rebuilt(_)));
        }
    }
}

/// After a repair as Codex does it the node serves all slots, in the variant its own alone.
#[test]
fn who_rebuilt_a_slot_keeps_all_or_that_one() {
    // The hosts go; a second node reads from the one that has repaired.
    let trace = "requests.trace=[[0, 6, 'repair', 'a'], [400, 0, 'delete', 'a'], [400, 1, 'delete', 'a'], \
                 [400, 2, 'delete', 'a'], [400, 3, 'delete', 'a'], [400, 4, 'delete', 'a'], [400, 5, 'delete', 'a'], \
                 [401, 7, 'get', 'a']]";
    for (rebuilt, end) in [("whole", "complete"), ("slot", "unfinished")] {
        let coding = format!("protocol.codex-v2.coding.rebuilt={rebuilt}");
        let sets =
            ["swarm.network_size=8", "swarm.seeders=6", "network.latency=5 ms", "protocol='codex-v2'", trace, &coding];
        let outcome = checked(&spec(&[&sets[..], &[&lost(1)]].concat()));
        let ends: Vec<_> = outcome.downloads.iter().map(|of| of.end.name()).collect();
        assert_eq!(ends, ["complete", end], "{rebuilt}");
    }
}

/// A trace repairs what is free at that time, and nothing when nothing is.
#[test]
fn a_repair_takes_the_slot_that_is_free() {
    let trace = "requests.trace=[[0, 6, 'repair', 'a'], [300, 6, 'repair', 'a'], [301, 0, 'delete', 'a'], [302, 6, 'get', 'a']]";
    let outcome = read("codex-v2", &lost(1), &[trace]);
    let told: Vec<_> = outcome.downloads.iter().map(|of| (of.want.part.name(), of.end.name())).collect();
    assert_eq!(told, [("rebuilt", "complete"), ("rebuilt", "held"), ("file", "held")]);
    assert_eq!(outcome.status, Status::Complete);
}

/// Findings: the sister forks ask the three peers that have delivered most, and never hear of
/// the other hosts of a code word that has more.
#[test]
fn the_sister_forks_do_not_read_from_more_than_three_hosts() {
    let end = |asked: u32| {
        let asked = format!("protocol.codex-f.asked_peers={asked}");
        read("codex-f", &lost(0), &[&asked, "stop.no_progress_for=20 min"]).status
    };
    assert_eq!([end(3), end(4), end(6)], [Status::NoProgress, Status::Complete, Status::Complete]);
    let small = "datasets=[{ name='a', size='8 MiB', block_size='64 KiB', code={ k=2, m=1 }, held='slots' }]";
    assert_eq!(read("codex-f", small, &["swarm.network_size=4", "swarm.seeders=3"]).status, Status::Complete);
}

/// Findings: a v2 that asks for no more than k waits for those that do not answer, because
/// they have nothing; not when they say so.
#[test]
fn silence_is_dear_to_who_asks_for_exactly_k() {
    let secs = |says: bool, seed: u32| {
        let file = "datasets=[{ name='a', size='16 MiB', block_size='64 KiB', code={ k=8, m=4 }, held='slots', lost_slots=4 }]";
        let sets = [
            "swarm.network_size=13",
            "swarm.seeders=12",
            "network.latency=25 ms",
            "protocol.codex-v2.coding.reading=exactly_k",
            &format!("protocol.codex-v2.dont_have={says}"),
            &format!("seed={seed}"),
        ];
        read("codex-v2", file, &sets).makespan().unwrap().secs()
    };
    let [silent, told] = [false, true].map(|says| (1..=6).map(|seed| secs(says, seed)).fold(0.0, f64::max));
    assert!(silent > 3.0 * told, "{silent} s and {told} s, the worst of six");
}

/// Nothing is drawn anew where slots are lost: what is left stays where it is.
#[test]
fn lost_slots_are_drawn_and_the_others_stay() {
    let holders = |count: u32| {
        let spec = spec(&["swarm.network_size=7", "swarm.seeders=6", "protocol='codex-v2'", &lost(count)]);
        let world = World::build(&spec.world, 1, 0);
        let dataset = *world.datasets.iter().next().unwrap();
        (0..6u16)
            .map(|slot| world.given_to(codexsim::world::NodeId(slot.into())).has_slot(&dataset, slot))
            .collect::<Vec<_>>()
    };
    for count in 0..=6 {
        assert_eq!(holders(count).iter().filter(|held| !**held).count(), count as usize);
    }
    let (two, three) = (holders(2), holders(3));
    assert!(two.iter().zip(&three).all(|(two, three)| *two || !three), "who is lost of two is lost of three");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever comes, goes, is read, rebuilt and lost: the books are right, nobody reads what
    /// cannot be read, nothing is faster than its bound, and a second run is the same.
    #[test]
    fn the_rules_hold_with_codes(
        (reader, reading, rebuilt) in (0usize..3, 0usize..4, 0usize..2),
        (k, m) in (2u16..5).prop_flat_map(|k| (Just(k), 1..=k)),
        (blocks, lost, hosts, seed) in (5u64..200, 0u16..5, 2u32..8, any::<u32>()),
        (what, churn, words) in (0usize..4, 0usize..3, 1u32..5),
    ) {
        let (protocol, set) = READERS[reader];
        let reading = ["all", "first_k", "exactly_k", "hedged"][reading];
        let rebuilt = ["whole", "slot"][rebuilt];
        let lost = lost.min(k + m);
        let class = |more: &str| format!(
            "datasets=[{{ name='a', size='{} KiB', block_size='64 KiB', code={{ k={k}, m={m} }}, {more} }}]", blocks * 64 - 7
        );
        let mut sets = vec![
            format!("protocol='{protocol}'"),
            set.into(),
            format!("protocol.{protocol}.coding.reading={reading}"),
            format!("protocol.{protocol}.coding.rebuilt={rebuilt}"),
            format!("protocol.{protocol}.coding.words_at_a_time={words}"),
            format!("swarm.network_size={}", hosts + 4),
            format!("swarm.seeders={hosts}"),
            format!("seed={seed}"),
            "stop.max_time=20 min".into(),
            "stop.no_progress_for=2 min".into(),
        ];
        let held = format!("held='slots', lost_slots={lost}");
        sets.push(match what {
            0 => class(&held),
            1 => class("wanted='slots'"),
            2 => class(&format!("{held}, wanted='lost_slots'")),
            _ => class(&held),
        });
        if what == 3 {
            let last = hosts + 3;
            sets.push(format!(
                "requests.trace=[[0, {last}, 'get', 'a'], [1, {hosts}, 'repair', 'a'], [2, {hosts}, 'get', 'a'], \
                 [9, 0, 'delete', 'a'], [20, {last}, 'repair', 'a'], [30, {last}, 'delete', 'a'], [40, 1, 'put', 'a'], \
                 [50, {last}, 'get', 'a']]"
            ));
        }
        let leaving = "churn.model=sessions;churn.online={ exponential = { mean = 20.0 } };\
            churn.offline={ exponential = { mean = 10.0 } };churn.kind=";
        if churn > 0 {
            sets.extend(leaving.split(';').map(|set| match set {
                "churn.kind=" => format!("churn.kind={}", ["departure", "crash"][churn - 1]),
                set => set.to_owned(),
            }));
        }
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        let spec = spec(&sets);
        let (one, other) = (checked(&spec), checked(&spec));
        prop_assert_eq!(one.fingerprint, other.fingerprint);
        let readable = u32::from(lost) <= u32::from(m);
        if what == 0 && churn == 0 && reading != "hedged" {
            prop_assert_eq!(one.status == Status::Complete, readable, "{:?} of {:?}", one.status, sets);
        }
    }
}
