//! Which datasets there are and who holds and wants them at the start, as it is described.

use super::{Code, WorldSpec};
use crate::dist::Distribution;
use crate::units::{Bytes, Refusal, require};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Datasets that are alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetClass {
    /// Its name in results; several may share one.
    pub name: String,
    /// How many datasets it has.
    #[serde(default = "one")]
    #[schemars(extend("default" = 1))]
    pub count: u32,
    /// Size of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["16 MiB"]))]
    pub size: Option<Bytes>,
    /// Sizes drawn one by one, in the place of `size`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = [{ "log_normal": { "median": "5 MiB", "sigma": 1.0 } }]))]
    pub sizes: Option<SizeSpec>,
    /// Size of a block; `swarm.block_size` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["64 KiB"]))]
    pub block_size: Option<Bytes>,
    /// Its erasure code: k data blocks and m parity blocks in each code word, laid out in k + m slots as Codex does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = [{ "k": 8, "m": 4 }]))]
    pub code: Option<Code>,
    /// Who holds it at the start: "seeders", "nobody", { replicas = 3 } (so many nodes, drawn for each dataset), { share = 0.25 } (of all nodes, drawn for each dataset) or { class = "archive" } (all nodes of a class).
    #[serde(default)]
    #[schemars(extend("default" = "seeders"))]
    pub holders: HolderSpec,
    /// What a holder has of it: "all", { share = 0.1 } of its blocks, drawn for each holder, or, with a code, "slots": slot i is at the i-th holder, again from the first where there are fewer holders than slots.
    #[serde(default)]
    #[schemars(extend("default" = "all"))]
    pub held: HeldSpec,
    /// So many of its slots, drawn for each dataset, are at nobody: their hosts are gone.
    #[serde(default)]
    #[schemars(extend("default" = 0))]
    pub lost_slots: u32,
    /// Who wants it from its start on: "leechers", "nobody", { share = 0.4 } (of all leechers, drawn for each dataset) or { class = "home" }; absent, leechers, or nobody where there are requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["leechers"]))]
    pub wanted_by: Option<WantedBy>,
    /// What these want of it: the "file", or, with a code, its "slots" as they are, slot i the i-th of them, or its "lost_slots", rebuilt from the others, likewise.
    #[serde(default)]
    #[schemars(extend("default" = "file"))]
    pub wanted: WantedPart,
    /// How much more often than a dataset of another class one of this is asked for by requests, before `popularity`.
    #[serde(default = "even")]
    #[schemars(extend("default" = 1.0))]
    pub weight: f64,
    /// Zipf exponent by which requests prefer its first datasets to later ones; 0 is none.
    #[serde(default)]
    #[schemars(extend("default" = 0.0))]
    pub popularity: f64,
}

fn one() -> u32 {
    1
}

fn even() -> f64 {
    1.0
}

/// Sizes of datasets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SizeSpec {
    /// Uniform between two.
    Uniform {
        /// The smallest.
        low: Bytes,
        /// The largest.
        high: Bytes,
    },
    /// Log-normal.
    LogNormal {
        /// Half are smaller.
        median: Bytes,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// These in turn, as often as it takes.
    OneOf(Vec<Bytes>),
}

/// Who holds datasets at the start.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HolderSpec {
    /// Every seeder.
    #[default]
    Seeders,
    /// Nobody: it has to be put.
    Nobody,
    /// So many nodes, drawn anew for each dataset.
    Replicas(u32),
    /// This share of all nodes, likewise.
    Share(f64),
    /// All nodes of a class.
    Class(String),
}

/// What a holder has.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeldSpec {
    /// Everything.
    #[default]
    All,
    /// This share of the units, drawn for each holder.
    Share(f64),
    /// One slot after the other.
    Slots,
}

/// What of datasets is wanted from the start on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WantedPart {
    /// The file.
    #[default]
    File,
    /// One slot after the other.
    Slots,
    /// Those that nobody has, rebuilt.
    LostSlots,
}

/// Who wants datasets from its start on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WantedBy {
    /// Every leecher.
    Leechers,
    /// Nobody.
    Nobody,
    /// This share of the leechers, drawn anew for each dataset.
    Share(f64),
    /// All nodes of a class.
    Class(String),
}

/// Most datasets of a run.
const MOST: u64 = 1 << 24;

impl SizeSpec {
    /// The size of the dataset of this number, from a uniform number.
    pub(super) fn draw(&self, number: u32, u: f64) -> Bytes {
        let of = |value: f64| Bytes((value as u64).max(1));
        match self {
            SizeSpec::Uniform { low, high } => of(low.get() as f64 + u * (high.get() as f64 - low.get() as f64)),
            SizeSpec::LogNormal { median, sigma } => {
                let sizes = Distribution::LogNormal { median: median.get() as f64, sigma: *sigma };
                of(sizes.quantile(u))
            }
            SizeSpec::OneOf(sizes) => sizes[number as usize % sizes.len()],
        }
    }

    fn check(&self, key: String) -> Result<(), Refusal> {
        let some = |size: &Bytes| *size > Bytes(0) && *size < Bytes::UNLIMITED;
        let (good, given) = match self {
            SizeSpec::Uniform { low, high } => (some(low) && some(high) && low <= high, format!("{low} to {high}")),
            SizeSpec::LogNormal { median, sigma } => {
                (some(median) && (0.0..=10.0).contains(sigma), format!("a median of {median} and a sigma of {sigma}"))
            }
            SizeSpec::OneOf(sizes) => (!sizes.is_empty() && sizes.iter().all(some), format!("{sizes:?}")),
        };
        require(good, key, given, "sizes of at least one byte, the smaller first; a sigma of 0 to 10")
    }
}

impl DatasetClass {
    /// The mean size of its datasets, bytes.
    fn mean_size(&self) -> f64 {
        match (&self.size, &self.sizes) {
            (Some(size), _) => size.get() as f64,
            (None, Some(SizeSpec::Uniform { low, high })) => (low.get() as f64 + high.get() as f64) / 2.0,
            (None, Some(SizeSpec::LogNormal { median, sigma })) => median.get() as f64 * libm::exp(sigma * sigma / 2.0),
            (None, Some(SizeSpec::OneOf(sizes))) => {
                sizes.iter().map(|size| size.get() as f64).sum::<f64>() / sizes.len().max(1) as f64
            }
            (None, None) => 0.0,
        }
    }

    fn check(&self, index: usize, spec: &WorldSpec) -> Result<(), Refusal> {
        let key = |name: &str| format!("datasets.{index}.{name}");
        require(self.count > 0, key("count"), "a class of no datasets", "at least 1")?;
        let one = self.size.is_some() != self.sizes.is_some();
        require(one, format!("datasets.{index}"), "a class needs a size", "`size` or `sizes`, one of them")?;
        self.sizes.as_ref().map_or(Ok(()), |sizes| sizes.check(key("sizes")))?;
        let some = self.size.is_none_or(|size| size > Bytes(0) && size < Bytes::UNLIMITED);
        require(some, key("size"), "a dataset of no or endless size", "at least one byte")?;
        let block = self.block_size.unwrap_or(spec.dataset.block_size);
        super::spec::check_block(block, &key("block_size"))?;
        let share = |share: f64| share > 0.0 && share <= 1.0;
        let n = spec.swarm.network_size;
        let (good, given) = match &self.holders {
            HolderSpec::Replicas(count) => ((1..=n).contains(count), format!("{count} replicas in a network of {n}")),
            HolderSpec::Share(of) => (share(*of), format!("a share of {of}")),
            HolderSpec::Class(name) => (spec.has_class(name), format!("no class `{name}` of nodes")),
            HolderSpec::Seeders => (spec.swarm.seeders > 0, "a network without seeders".into()),
            HolderSpec::Nobody => (true, String::new()),
        };
        require(good, key("holders"), given, "holders that there are: 1 node to all of them")?;
        let (good, given) = match self.held {
            HeldSpec::Share(of) => (share(of), format!("a share of {of}")),
            HeldSpec::All | HeldSpec::Slots => (true, String::new()),
        };
        require(good, key("held"), given, "a share above 0, at most 1")?;
        self.check_code(index, block)?;
        let (good, given) = match &self.wanted_by {
            Some(WantedBy::Share(of)) => (share(*of), format!("a share of {of}")),
            Some(WantedBy::Class(name)) => (spec.has_class(name), format!("no class `{name}` of nodes")),
            _ => (true, String::new()),
        };
        require(good, key("wanted_by"), given, "a share above 0, at most 1, or the name of a class of nodes")?;
        let likes = self.weight >= 0.0 && self.weight.is_finite();
        require(likes, key("weight"), format!("a weight of {}", self.weight), "zero or more")?;
        let zipf = (0.0..=10.0).contains(&self.popularity);
        require(zipf, key("popularity"), format!("a Zipf exponent of {}", self.popularity), "0 to 10")
    }

    /// Refuses a code that there is not, and slots of none.
    fn check_code(&self, index: usize, block: Bytes) -> Result<(), Refusal> {
        let key = |name: &str| format!("datasets.{index}.{name}");
        let Some(code) = self.code else {
            let code = "a `code` of k data and m parity blocks, whose slots these are";
            require(self.held != HeldSpec::Slots, key("held"), "slots of a dataset without a code", code)?;
            require(self.lost_slots == 0, key("lost_slots"), "slots of a dataset without a code", code)?;
            let file = self.wanted == WantedPart::File;
            return require(file, key("wanted"), "slots of a dataset without a code", code);
        };
        code.check(self.least_size().get().div_ceil(block.get()), &key("code"))?;
        let lost = format!("{} lost slots of {}", self.lost_slots, code.slots());
        require(self.lost_slots <= code.slots(), key("lost_slots"), lost, format!("0 to {}", code.slots()))?;
        let in_slots = self.lost_slots == 0 || self.held == HeldSpec::Slots;
        require(in_slots, key("lost_slots"), "lost slots where nobody holds slots", "`held = \"slots\"`")
    }

    /// The size that none of its datasets falls below.
    fn least_size(&self) -> Bytes {
        match (&self.size, &self.sizes) {
            (Some(size), _) | (None, Some(SizeSpec::Uniform { low: size, .. })) => *size,
            (None, Some(SizeSpec::OneOf(sizes))) => sizes.iter().copied().min().unwrap_or(Bytes(1)),
            (None, Some(SizeSpec::LogNormal { .. }) | None) => Bytes(1),
        }
    }
}

impl WorldSpec {
    fn has_class(&self, name: &str) -> bool {
        self.nodes.iter().any(|class| class.name == name)
    }

    /// Whether something is held by the seeders.
    pub fn needs_seeders(&self) -> bool {
        self.datasets.is_empty() || self.datasets.iter().any(|class| class.holders == HolderSpec::Seeders)
    }

    /// How large all datasets are together, in the mean.
    pub fn mean_total_size(classes: &[DatasetClass]) -> Bytes {
        Bytes(classes.iter().map(|class| f64::from(class.count) * class.mean_size()).sum::<f64>() as u64)
    }

    pub(super) fn check_datasets(&self) -> Result<(), Refusal> {
        self.datasets.iter().enumerate().try_for_each(|(index, class)| class.check(index, self))?;
        let count: u64 = self.datasets.iter().map(|class| u64::from(class.count)).sum();
        require(count <= MOST, "datasets", format!("{count} datasets"), format!("at most {MOST}"))?;
        let units = |class: &DatasetClass| {
            let unit = class.block_size.unwrap_or(self.dataset.block_size).get() * u64::from(self.dataset.group);
            let overhead = class.code.map_or(1.0, |code| f64::from(code.slots()) / f64::from(code.k));
            f64::from(class.count) * overhead * (class.mean_size() / unit as f64 + 1.0)
        };
        let units: f64 = self.datasets.iter().map(units).sum();
        let given = format!("{units:.0} blocks are too many to follow one by one");
        let fits = units < f64::from(u32::MAX) * 0.9;
        require(fits, "datasets", given, format!("at most {} units of `swarm.group` blocks", u32::MAX / 10 * 9))
    }
}
