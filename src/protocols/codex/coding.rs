//! Reading and rebuilding files with an erasure code, in v1, v2 and the sister forks.
//!
//! Sources: `codex-storage/nim-codex` at `bd360322`, `codex/erasure/erasure.nim`
//! (`decodeInternal`, `encodeData`, `repair`) and `codex/node.nim` (`streamEntireDataset`,
//! `onStore`). A decode job takes the code words in turn: it pauses, asks for blocks of the
//! word and goes on with the first k that come; where these are not all of the data it
//! recovers the rest, on another core. What it recovers serves the reader alone, for it is
//! stored under the tree of the file as it was before the encoding. A repair decodes the
//! whole file, encodes it anew, a pause before each code word, and then has all slots.
//!
//! Which blocks are asked for, and what a repair keeps, are constants ([`Coding`]), for
//! these are what changes would change. Left out: the reader of the stream beside the job,
//! which asks for single blocks of the first slots a little ahead of it.

use crate::protocol::{Ctx, Protocol};
use crate::units::Time;
use crate::world::{BlockSet, Dataset, DatasetId, Holdings, Part};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// Which blocks of a file with an erasure code a node asks for that reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// All, slot by slot, beside all of the code word at hand; until everything is read.
    All,
    /// All of the code word at hand; what has not come when it can be decoded stays wanted.
    FirstK,
    /// So many of the code word at hand as it takes; others in the place of those that do not come.
    ExactlyK,
    /// A few more than it takes; what has not come when it can be decoded is cancelled.
    Hedged,
}

/// What a node keeps that has rebuilt a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rebuilt {
    /// All slots: it has made them all.
    Whole,
    /// That slot alone: it makes no other.
    Slot,
}

/// How files with an erasure code are read and rebuilt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Coding {
    /// Which blocks a reader asks for.
    pub reading: Reading,
    /// Blocks of a code word that `hedged` asks for beyond those that it takes.
    pub hedge: u32,
    /// Time after which `exactly_k` and `hedged` ask for others in the place of blocks that have not come.
    pub patience: Time,
    /// Code words that are read at a time.
    pub words_at_a_time: u32,
    /// Pause before each code word, decoding and encoding.
    pub pause: Time,
    /// What a node keeps that has rebuilt a slot.
    pub rebuilt: Rebuilt,
}

impl Coding {
    /// How many blocks of a code word are asked for beyond those that it takes; nothing
    /// where all are.
    fn beyond(&self) -> Option<u32> {
        match self.reading {
            Reading::All | Reading::FirstK => None,
            Reading::ExactlyK => Some(0),
            Reading::Hedged => Some(self.hedge),
        }
    }
}

/// What the decode job of a dataset waits for.
#[derive(Debug, Clone, Copy)]
pub enum Stage {
    /// The pause before the next code word.
    Begin,
    /// Blocks of this code word, for long enough.
    Late(u32),
    /// The data of this code word to be recovered.
    Recovered(u32),
    /// Everything to be encoded anew.
    Encoded,
}

/// Why blocks are wanted no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// They were recovered from others: nobody is told.
    Recovered,
    /// Others came first: who was asked is told.
    Spare,
}

/// A node that reads files with an erasure code.
pub(super) trait Reads: Protocol {
    /// The timer of a stage of a decode job.
    const DECODE: fn(DatasetId, Stage) -> Self::Timer;

    fn coding(shared: &Self::Shared) -> &Coding;

    fn decoders(&mut self) -> &mut Decoders;

    /// Sets out to get `set`.
    fn seek(&mut self, set: &BlockSet, cx: &mut Ctx<'_, Self>);

    /// `set`, all of one dataset, is wanted no more.
    fn let_go(&mut self, set: &BlockSet, why: Why, cx: &mut Ctx<'_, Self>);

    /// The job is done. What is still wanted of the dataset stays so, or does not.
    fn end_job(&mut self, dataset: DatasetId, still_wanted: bool, cx: &mut Ctx<'_, Self>);
}

/// The decode jobs of a node.
#[derive(Debug, Default)]
pub(super) struct Decoders(BTreeMap<DatasetId, Decoder>);

impl Decoders {
    pub fn has(&self, dataset: DatasetId) -> bool {
        self.0.contains_key(&dataset)
    }

    pub fn stop(&mut self, dataset: DatasetId) {
        self.0.remove(&dataset);
    }
}

/// A decode job.
#[derive(Debug)]
struct Decoder {
    part: Part,
    /// The next code word.
    next: u32,
    /// Those that are being read.
    open: Vec<Word>,
    /// Slots in the order in which their blocks are asked for, where not all are: those
    /// whose blocks did not come are last.
    slots: Vec<u16>,
}

/// A code word that is being read.
#[derive(Debug)]
struct Word {
    number: u32,
    asked: BlockSet,
    /// Whether it is being decoded.
    decoding: bool,
}

/// The units of code word `word` that are not held, slot by slot in the order of `slots`.
fn missing(word: u32, slots: &[u16], dataset: &Dataset, store: &Holdings) -> impl Iterator<Item = u32> {
    slots.iter().filter_map(move |slot| dataset.unit_of(word, *slot)).filter(|unit| !store.contains(*unit))
}

impl Decoder {
    fn new(part: Part, dataset: &Dataset) -> Self {
        let slots = dataset.code.map_or(0, |code| code.slots());
        Decoder { part, next: 0, open: Vec::new(), slots: (0..slots).map(|slot| slot as u16).collect() }
    }

    /// Begins the next code word: what is asked for.
    fn begin(&mut self, beyond: Option<u32>, dataset: &Dataset, store: &Holdings) -> BlockSet {
        let number = self.next;
        self.next += 1;
        let held = dataset.units_in(number) - missing(number, &self.slots, dataset, store).count() as u32;
        let most = beyond.map_or(u32::MAX, |beyond| (dataset.needed(number) + beyond).saturating_sub(held));
        let asked: BlockSet = missing(number, &self.slots, dataset, store).take(most as usize).collect();
        self.open.push(Word { number, asked: asked.clone(), decoding: false });
        asked
    }

    /// What is asked for in the place of blocks of code word `number` that have not come.
    fn replace(&mut self, number: u32, dataset: &Dataset, store: &Holdings) -> BlockSet {
        let Decoder { open, slots, .. } = self;
        let Some(word) = open.iter_mut().find(|word| word.number == number && !word.decoding) else {
            return BlockSet::new();
        };
        let late = |slot: &u16| {
            dataset.unit_of(number, *slot).is_some_and(|unit| word.asked.contains(unit) && !store.contains(unit))
        };
        let (behind, mut order): (Vec<u16>, Vec<u16>) = slots.iter().partition(|slot| late(slot));
        order.extend(&behind);
        *slots = order;
        let others = missing(number, slots, dataset, store).filter(|unit| !word.asked.contains(*unit));
        let more: BlockSet = others.take(behind.len()).collect();
        word.asked.union_with(&more);
        more
    }
}

/// What a download asks for by itself, in order; the rest is the decode job's.
pub(super) fn in_order(part: Part, dataset: &Dataset, coding: &Coding) -> Range<u32> {
    match part {
        Part::Slot(slot) => dataset.slot(slot),
        Part::File if dataset.code.is_none() || coding.reading == Reading::All => dataset.first..dataset.end(),
        Part::File | Part::Rebuilt(_) => dataset.first..dataset.first,
    }
}

/// Sets a decode job going where what is wanted of `dataset` takes one.
pub(super) fn begin<P: Reads>(node: &mut P, dataset: DatasetId, cx: &mut Ctx<'_, P>) {
    let of_it = cx.world.datasets.get(dataset);
    let part = cx.part_wanted(dataset).filter(|part| of_it.decodes(*part) || matches!(part, Part::Rebuilt(_)));
    if let Some(part) = part {
        node.decoders().0.insert(dataset, Decoder::new(part, of_it));
        cx.after(P::coding(cx.shared).pause, (P::DECODE)(dataset, Stage::Begin));
    }
}

/// What was awaited is there.
pub(super) fn on_stage<P: Reads>(node: &mut P, dataset: DatasetId, stage: Stage, cx: &mut Ctx<'_, P>) {
    let (of_it, coding) = (cx.world.datasets.get(dataset), P::coding(cx.shared));
    let Some(decoder) = node.decoders().0.get_mut(&dataset) else { return };
    match stage {
        Stage::Begin if decoder.next < of_it.words() => {
            let number = decoder.next;
            let asked = decoder.begin(coding.beyond(), of_it, cx.store());
            if decoder.open.len() < coding.words_at_a_time as usize && decoder.next < of_it.words() {
                cx.after(coding.pause, (P::DECODE)(dataset, Stage::Begin));
            }
            if coding.beyond().is_some() {
                cx.after(coding.patience, (P::DECODE)(dataset, Stage::Late(number)));
            }
            cx.cpu(cx.hardware().per_lookup * u64::from(of_it.units_in(number) * of_it.group));
            node.seek(&asked, cx);
            look(node, dataset, cx);
        }
        Stage::Begin => {}
        Stage::Late(number) => {
            let more = decoder.replace(number, of_it, cx.store());
            if !more.is_empty() {
                cx.after(coding.patience, (P::DECODE)(dataset, Stage::Late(number)));
                node.seek(&more, cx);
            }
        }
        Stage::Recovered(number) => finish(node, dataset, number, cx),
        Stage::Encoded => {
            if let Part::Rebuilt(slot) = decoder.part {
                cx.rebuild(dataset, slot, coding.rebuilt == Rebuilt::Whole);
                node.decoders().stop(dataset);
                node.end_job(dataset, false, cx);
            }
        }
    }
}

/// `set` is stored.
pub(super) fn on_delivery<P: Reads>(node: &mut P, set: &BlockSet, cx: &mut Ctx<'_, P>) {
    if !node.decoders().0.is_empty() {
        let world = cx.world;
        world.datasets.touched(set).for_each(|(dataset, _)| on_stored(node, dataset, cx));
    }
}

/// More of `dataset` is stored.
fn on_stored<P: Reads>(node: &mut P, dataset: DatasetId, cx: &mut Ctx<'_, P>) {
    let Some(decoder) = node.decoders().0.get(&dataset) else { return };
    let of_it = cx.world.datasets.get(dataset);
    let all = of_it.decodes(decoder.part) && P::coding(cx.shared).reading == Reading::All;
    if all && cx.store().covers(of_it.first, of_it.first + of_it.data_units()) {
        done(node, dataset, cx); // the reader has come to the end
    } else {
        look(node, dataset, cx);
    }
}

/// Goes on with the code words of which enough is there.
fn look<P: Reads>(node: &mut P, dataset: DatasetId, cx: &mut Ctx<'_, P>) {
    let (of_it, coding) = (cx.world.datasets.get(dataset), P::coding(cx.shared));
    loop {
        let Some(decoder) = node.decoders().0.get_mut(&dataset) else { return };
        let mut waiting = decoder.open.iter_mut().filter(|word| !word.decoding);
        let Some(word) = waiting.find(|word| cx.store().reads(of_it, word.number)) else { return };
        word.decoding = true;
        let number = word.number;
        let spare = word.asked.difference(&cx.store().held_of(&word.asked));
        if coding.beyond().is_some() && !spare.is_empty() {
            node.let_go(&spare, Why::Spare, cx);
        }
        if lacking(number, of_it, cx.store()).is_empty() {
            finish(node, dataset, number, cx); // nothing to recover
        } else {
            let time = for_bytes(cx.hardware().decode_per_mib, number, of_it);
            cx.after(time, (P::DECODE)(dataset, Stage::Recovered(number)));
        }
    }
}

/// The data units of code word `word` that are not held.
fn lacking(word: u32, dataset: &Dataset, store: &Holdings) -> BlockSet {
    let k = dataset.code.map_or(0, |code| code.k);
    (0..k).filter_map(|slot| dataset.unit_of(word, slot)).filter(|unit| !store.contains(*unit)).collect()
}

/// Time for the data of code word `word`, at so much for each mebibyte.
fn for_bytes(per_mib: Time, word: u32, dataset: &Dataset) -> Time {
    let bytes = u64::from(dataset.needed(word)) * u64::from(dataset.group) * dataset.block_size.get();
    Time::from_nanos(((u128::from(bytes) * u128::from(per_mib.nanos())) >> 20) as u64)
}

/// Code word `number` is read.
fn finish<P: Reads>(node: &mut P, dataset: DatasetId, number: u32, cx: &mut Ctx<'_, P>) {
    let (of_it, coding) = (cx.world.datasets.get(dataset), P::coding(cx.shared));
    let Some(decoder) = node.decoders().0.get_mut(&dataset) else { return };
    let full = decoder.open.len() >= coding.words_at_a_time as usize;
    decoder.open.retain(|word| word.number != number);
    let (part, begun, reading) = (decoder.part, decoder.next, !decoder.open.is_empty());
    if begun < of_it.words() && full {
        cx.after(coding.pause, (P::DECODE)(dataset, Stage::Begin));
    }
    let recovered = lacking(number, of_it, cx.store());
    if !recovered.is_empty() {
        node.let_go(&recovered, Why::Recovered, cx);
    }
    if reading || begun < of_it.words() {
        return;
    }
    if of_it.decodes(part) {
        done(node, dataset, cx);
    } else {
        let word = |word| coding.pause + for_bytes(cx.hardware().encode_per_mib, word, of_it);
        let time = (0..of_it.words()).map(word).fold(Time::ZERO, |sum, time| sum + time);
        cx.after(time, (P::DECODE)(dataset, Stage::Encoded));
    }
}

/// All is read.
fn done<P: Reads>(node: &mut P, dataset: DatasetId, cx: &mut Ctx<'_, P>) {
    cx.decoded(dataset);
    node.decoders().stop(dataset);
    node.end_job(dataset, P::coding(cx.shared).reading == Reading::FirstK, cx);
}
