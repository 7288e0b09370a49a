//! What a transfer takes in a swarm, for storage runs, which know only links and bytes.
//!
//! One node rebuilds a slot of a dataset with a code from the hosts that have the others; of a
//! protocol without codes, or where one slot is enough, it fetches a slot from the one host that
//! has it. Slots of two sizes over two links give the time in which nothing comes, that which
//! each byte takes on the links, and that which it takes besides. How far these carry is seen in
//! further runs, under other conditions.

use super::Host;
use crate::ledger::{DownloadEnd, Outcome};
use crate::scenario::{self, Input, Scenario, ScenarioError};
use crate::sim;
use crate::storage::TransferSpec;
use crate::units::{Bytes, Rate, Time};
use std::error::Error;
use std::fmt;

/// What is measured.
#[derive(Debug, Clone)]
pub struct TransferRequest {
    /// The protocol, and what is changed in all swarms.
    pub input: Input,
    /// Slots that are enough, and all slots.
    pub code: (u32, u32),
    /// Sizes of slots, the smaller first.
    pub slots: [Bytes; 2],
    /// Capacity of all links, each way.
    pub link: Rate,
    /// From any node to any other.
    pub latency: Time,
}

/// Keys that the request decides.
const DECIDED: [&str; 6] =
    ["datasets", "network.up", "network.down", "network.latency", "swarm.network_size", "swarm.seeders"];

/// The second link is so many times the first.
const FASTER: u64 = 10;

/// Part of a byte's time, over the first link, from which on it is a time of its own.
const LEAST_OWN: f64 = 0.01;

/// The numbers of a transfer, and the runs that gave them.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredTransfer {
    /// The protocol's name, or the path of its file.
    pub protocol: String,
    /// Slots that are enough, and all slots; one of one where a slot was fetched as it is.
    pub code: (u32, u32),
    /// The numbers.
    pub numbers: TransferSpec,
    /// First those that gave the numbers, then those that show how far they carry.
    pub runs: Vec<TransferRun>,
    /// What is to be looked at before they are trusted.
    pub warnings: Vec<String>,
}

/// Conditions of a swarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferPlace {
    /// Whether the numbers come from it.
    pub fitted: bool,
    /// Slots that are enough, and all slots.
    pub code: (u32, u32),
    /// Size of a slot.
    pub slot: Bytes,
    /// Capacity of all links.
    pub link: Rate,
    /// From any node to any other.
    pub latency: Time,
}

/// One swarm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransferRun {
    /// Its conditions.
    pub place: TransferPlace,
    /// From when it was asked for to when all was there, in s.
    pub seconds: f64,
    /// What the numbers say, in s.
    pub predicted: f64,
    /// Bytes that came over the link of who asked.
    pub wire: u64,
    /// Block data among them.
    pub data: u64,
    /// Digest of the run.
    pub fingerprint: u64,
}

/// Why there are no numbers.
#[derive(Debug)]
pub enum TransferError {
    /// What is asked for cannot be run.
    Scenario(ScenarioError),
    /// What is asked for makes no sense.
    Request(String),
    /// A run did not come to its end, or a rule did not hold in it.
    Run(String),
    /// The user ended it.
    Interrupted,
}

impl Error for TransferError {}

impl fmt::Display for TransferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TransferError::Scenario(error) => error.fmt(f),
            TransferError::Request(words) | TransferError::Run(words) => f.write_str(words),
            TransferError::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl From<ScenarioError> for TransferError {
    fn from(error: ScenarioError) -> Self {
        TransferError::Scenario(error)
    }
}

impl TransferRequest {
    /// Carries out all swarms, one after the other.
    ///
    /// # Errors
    /// When one of them cannot be run or is not what it should be.
    pub fn measure(&self, host: &dyn Host) -> Result<MeasuredTransfer, TransferError> {
        self.check()?;
        let plain = self.scenario(&self.place((1, 1), self.slots[0]))?;
        let decodes = plain.run.swarm().is_some_and(|run| run.protocol.decodes());
        let code = if decodes && self.code.0 > 1 { self.code } else { (1, 1) };
        let places = self.places(code);
        host.planned(places.len() as u64);
        let mut runs = Vec::with_capacity(places.len());
        for place in places {
            runs.push(self.carry_out(place, host)?);
        }
        let numbers = fit(&runs);
        for run in &mut runs {
            run.predicted = predicted(&numbers, run);
        }
        Ok(MeasuredTransfer { protocol: plain.protocol, code, numbers, runs, warnings: plain.warnings })
    }

    fn check(&self) -> Result<(), TransferError> {
        let (data, total) = self.code;
        let wrong = |words: String| Err(TransferError::Request(words));
        for set in &self.input.sets {
            let key = scenario::setting_key(set)?.join(".");
            if DECIDED.iter().any(|known| key == *known || key.starts_with(&format!("{known}."))) {
                return wrong(format!("`{key}` is decided by --data, --total, --slots, --link and --latency"));
            }
        }
        match () {
            () if self.slots[0] >= self.slots[1] => wrong("the second size of slots is not above the first".into()),
            () if self.link.is_unlimited() || self.link == Rate(0) => {
                wrong("links that take no time, or for ever, tell nothing".into())
            }
            () if data == 0 || (data > 1 && total <= data) => {
                wrong(format!("no slot of {total} can be rebuilt from {data} others"))
            }
            () => Ok(()),
        }
    }

    /// A slot of this size over the first link.
    fn place(&self, code: (u32, u32), slot: Bytes) -> TransferPlace {
        let TransferRequest { link, latency, .. } = *self;
        TransferPlace { fitted: true, code, slot, link, latency }
    }

    /// What is run: slots of both sizes over both links, then what is different in one thing.
    fn places(&self, code: (u32, u32)) -> Vec<TransferPlace> {
        let [small, large] = self.slots.map(|slot| self.place(code, slot));
        let other = TransferPlace { fitted: false, ..small };
        let link = Rate(self.link.0.saturating_mul(FASTER));
        let mut places = vec![
            small,
            large,
            TransferPlace { link, ..small },
            TransferPlace { link, ..large },
            TransferPlace { link: Rate((self.link.0 / 5).max(1)), ..other },
            TransferPlace { latency: Time::from_nanos(self.latency.nanos() / 4), ..other },
            TransferPlace { latency: Time::from_nanos(self.latency.nanos().saturating_mul(4)), ..other },
        ];
        if code.0 > 1 {
            places.push(TransferPlace { code: (code.0 * 2, code.1 * 2), ..other });
        }
        places
    }

    /// The swarm of a place.
    fn scenario(&self, place: &TransferPlace) -> Result<Scenario, TransferError> {
        let (data, total) = place.code;
        let size = place.slot.get() * u64::from(data);
        let code = match total - data {
            0 => String::new(),
            m => format!(", code = {{ k = {data}, m = {m} }}, held = 'slots', lost_slots = 1, wanted = 'lost_slots'"),
        };
        let nodes = format!("--total {total}");
        let link = format!("--link {}", place.link);
        let decided = [
            (nodes.clone(), format!("swarm.network_size={}", total + 1)),
            (nodes, format!("swarm.seeders={total}")),
            (link.clone(), format!("network.up={}", place.link)),
            (link, format!("network.down={}", place.link)),
            (format!("--latency {}", place.latency), format!("network.latency={}", place.latency)),
            (
                format!("--data {data} --total {total}, slots of {}", place.slot),
                format!("datasets=[{{ name = 'data', size = '{size} B'{code} }}]"),
            ),
        ];
        let mut input = self.input.clone();
        input.without.push("swarm.file_size".into());
        input.sets =
            ["name=transfer", "stop.max_time=1000 d"].into_iter().map(String::from).chain(input.sets).collect();
        input.options = decided.into();
        Ok(scenario::load(&input)?)
    }

    fn carry_out(&self, place: TransferPlace, host: &dyn Host) -> Result<TransferRun, TransferError> {
        let scenario = self.scenario(&place)?;
        let mut events = 0;
        let outcome = sim::run(scenario.swarm()?, &mut |progress| {
            host.advanced(progress, progress.events - events);
            events = progress.events;
            !host.interrupted()
        });
        host.finished();
        read(place, &outcome.ok_or(TransferError::Interrupted)?)
    }
}

/// What a swarm says.
fn read(place: TransferPlace, outcome: &Outcome) -> Result<TransferRun, TransferError> {
    let of = format!("slots of {} over {}", place.slot, place.link);
    if let Some(violation) = outcome.violations.first() {
        return Err(TransferError::Run(format!("{of}: {}", violation.0)));
    }
    let ended = outcome.downloads.first().filter(|download| download.end == DownloadEnd::Complete);
    let Some((download, all)) = ended.and_then(|download| Some((download, download.milestones.all?))) else {
        return Err(TransferError::Run(format!("{of}: the slot never came to its host")));
    };
    let node = &outcome.nodes[download.node.index()];
    Ok(TransferRun {
        place,
        predicted: 0.0,
        seconds: all.since(download.asked).secs(),
        wire: node.bytes_rx,
        data: node.payload_rx + node.duplicate_rx,
        fingerprint: outcome.fingerprint,
    })
}

/// Bytes that are needed.
fn needed(run: &TransferRun) -> f64 {
    run.place.slot.get() as f64 * f64::from(run.place.code.0)
}

/// The numbers that the first four runs give, rounded as they are written.
fn fit(runs: &[TransferRun]) -> TransferSpec {
    let (small, large) = (&runs[0], &runs[1]);
    let each = |small: &TransferRun, large: &TransferRun| {
        (large.seconds - small.seconds) / (large.wire as f64 - small.wire as f64)
    };
    let [first, faster] = [each(small, large), each(&runs[2], &runs[3])];
    let [link, fast] = [small, &runs[2]].map(|run| run.place.link.bytes_per_second());
    // A byte takes 1 / (efficiency x link), and a time of its own.
    let apart = (1.0 / link - 1.0 / fast) / (first - faster);
    let full = 1.0 / (first * link);
    let efficiency = round(if apart > 0.0 { apart.clamp(full.min(1.0), 1.0) } else { 1.0 }, 1e4);
    let own = first - 1.0 / (efficiency * link);
    let (efficiency, rate) = if own < LEAST_OWN * first {
        (round(full.min(1.0), 1e4), None)
    } else {
        (
            efficiency,
            Some(Rate((8e-3 / (own * large.wire as f64 / large.place.slot.get() as f64)).round() as u64 * 1000)),
        )
    };
    let numbers = TransferSpec {
        startup: Time::ZERO,
        efficiency,
        rate,
        wire_per_byte: round(large.wire as f64 / large.data as f64, 1e4),
        fetched: round((large.data as f64 / needed(large)).max(1.0), 1e4),
    };
    let startup = small.seconds - predicted(&numbers, small);
    TransferSpec { startup: Time::from_secs_f64(round(startup.max(0.0), 1e3)), ..numbers }
}

/// Seconds that a run takes by the numbers.
fn predicted(numbers: &TransferSpec, run: &TransferRun) -> f64 {
    let link = 1.0 / (numbers.efficiency * run.place.link.bytes_per_second());
    let own = numbers.rate.map_or(0.0, |rate| rate.time_for(run.place.slot).secs());
    numbers.startup.secs() + own + needed(run) * numbers.fetched * numbers.wire_per_byte * link
}

fn round(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(slot: u64, link: u64, seconds: f64) -> TransferRun {
        let link = Rate(link * 1_000_000);
        let place = TransferPlace { fitted: true, code: (4, 6), slot: Bytes(slot), link, latency: Time::ZERO };
        TransferRun { place, seconds, predicted: 0.0, wire: slot * 11 / 2, data: slot * 5, fingerprint: 0 }
    }

    /// Four runs by the law itself give back the numbers that made them.
    #[test]
    fn the_numbers_are_those_that_the_runs_follow() {
        let law = |rate: Option<u64>| {
            let own = rate.map_or(0.0, |rate| 8.0 / (rate as f64 * 1e6));
            let of = |slot: u64, link: u64| {
                let each = 5.5 * 8.0 / (0.9 * link as f64 * 1e6) + own;
                run(slot, link, 0.75 + slot as f64 * each)
            };
            let runs = [of(1_000_000, 100), of(4_000_000, 100), of(1_000_000, 1000), of(4_000_000, 1000)];
            fit(&runs)
        };
        let expected = TransferSpec {
            startup: Time::from_millis(750),
            efficiency: 0.9,
            rate: None,
            wire_per_byte: 1.1,
            fetched: 1.25,
        };
        assert_eq!(law(None), expected);
        assert_eq!(law(Some(20)), TransferSpec { rate: Some(Rate(20_000_000)), ..expected });
    }
}
