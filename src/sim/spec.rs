//! Everything that decides a run.

use crate::discovery::DiscoverySpec;
use crate::ledger::Keep;
use crate::mix::MixSpec;
use crate::nat::NatSpec;
use crate::network::{NetworkModel, NetworkSpec};
use crate::protocols::ProtocolSpec;
use crate::units::{Refusal, Time, require};
use crate::world::{Congestion, NodeClass, TopologySpec, WorldSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything that decides a run: two equal specifications give equal
/// outcomes, byte for byte.
///
/// A field says by the name under which it is read where in a scenario its value stands:
/// its dotted key, or `NAME.*` for a part of the specification with keys of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunSpec {
    /// The world.
    #[serde(rename(deserialize = "world.*"))]
    pub world: WorldSpec,
    /// How the network is modelled.
    #[serde(rename(deserialize = "network.*"))]
    pub network: NetworkSpec,
    /// Messages of the protocol go through a mixnet; where nothing is said they do not.
    #[serde(default, skip_serializing_if = "Option::is_none", rename(deserialize = "network.mix"))]
    #[schemars(extend("examples" = [{ "relays": 5 }]))]
    pub mix: Option<MixSpec>,
    /// Not every node can be dialled by every other; where nothing is said it can.
    #[serde(default, skip_serializing_if = "Option::is_none", rename(deserialize = "network.nat"))]
    #[schemars(extend("examples" = [{ "unreachable": 0.52 }]))]
    pub nat: Option<NatSpec>,
    /// How peers find each other.
    #[serde(rename(deserialize = "discovery.*"))]
    pub discovery: DiscoverySpec,
    /// What the nodes do.
    #[schemars(skip)]
    pub protocol: ProtocolSpec,
    /// When to stop, besides when every leecher is complete.
    pub stop: StopSpec,
    /// The seed of all chance.
    #[schemars(extend("default" = 1))]
    pub seed: u64,
    /// Which of the possible sets of nodes are the seeders; 0 is the first nodes.
    #[serde(rename(deserialize = "swarm.seeder_set"))]
    #[schemars(extend("default" = 0))]
    pub seeder_set: u32,
    /// Permutes what races: events of different nodes at equal times, and leechers
    /// that come at one moment. 0 keeps their order. What concerns one node, failures
    /// and seeders keep theirs with any.
    #[schemars(extend("default" = 0))]
    pub tie_salt: u64,
    /// Distance between the samples of the time series.
    #[schemars(extend("default" = "1 s"))]
    pub series_interval: Time,
    /// The clock by which the protocol's timers run.
    #[serde(skip_deserializing, skip_serializing_if = "Clock::is_true")]
    #[schemars(skip)]
    pub clock: Clock,
    /// Steps in which every download is written to `progress.csv`, e.g. 100 for
    /// every percent; 0 writes no such file. It decides nothing of the run, so it is no
    /// part of the digests made from this.
    #[serde(skip_serializing, rename(deserialize = "output.progress"))]
    #[schemars(extend("default" = 0))]
    pub progress_steps: u32,
    /// Whether `codexsim run` writes every message to `trace.csv`, for `codexsim
    /// view`; downloads are then noted in 100 steps where `progress` is 0.
    #[serde(skip_serializing, rename(deserialize = "output.trace"))]
    #[schemars(extend("default" = false))]
    pub trace: bool,
    /// What a study keeps of each run: its "row" of `runs.csv` alone, its "nodes" too with
    /// `traffic.csv`, or "all" tables. It decides nothing of the run either.
    #[serde(skip_serializing, rename(deserialize = "output.keep"))]
    #[schemars(extend("default" = "all"))]
    pub keep: Keep,
}

/// Finer steps than anybody plots; each is a row for every leecher and run.
const MOST_STEPS: u32 = 100_000;

/// Steps in which downloads are noted where a trace is wanted and nobody says.
const STEPS_WITH_TRACE: u32 = 100;

impl RunSpec {
    /// Refuses what can be read and makes no sense.
    ///
    /// # Errors
    /// On the first such thing.
    pub fn check(&self) -> Result<(), Refusal> {
        self.world.check(self.stop.max_time, self.seed)?;
        let sets = self.world.seeder_sets();
        let given = format!("there are {sets} sets of this many seeders");
        require(u64::from(self.seeder_set) < sets, "swarm.seeder_set", given, format!("0 to {}", sets - 1))?;
        self.network.check()?;
        self.check_senders()?;
        self.check_mix()?;
        self.check_nat()?;
        self.discovery.check()?;
        self.check_code()?;
        self.stop.check()?;
        require(self.series_interval > Time::ZERO, "series_interval", NO_TIME, SOME_TIME)?;
        let steps = format!("every download in {} steps", self.progress_steps);
        require(self.progress_steps <= MOST_STEPS, "output.progress", steps, format!("0 to {MOST_STEPS} steps"))?;
        self.check_clock()
    }

    /// Refuses transports of some nodes that mean nothing beside that of the others.
    fn check_senders(&self) -> Result<(), Refusal> {
        let is_even = self.network.transport.congestion == Congestion::Even;
        let law = "transports of which `network.transport.congestion` says \"reno\", \"cubic\" or \"bbr\"";
        for (index, class) in self.world.nodes.iter().enumerate() {
            let key = |name: &str| format!("nodes.{index}.{name}");
            let (differs, aims) = (class.congestion.is_some(), class.delay_target.is_some());
            let given = "some share links as their windows are, and all others evenly";
            require(
                !(differs && is_even) && class.congestion != Some(Congestion::Even),
                key("congestion"),
                given,
                law,
            )?;
            require(!(aims && is_even), key("delay_target"), "nobody's window answers to a queue", law)?;
        }
        Ok(())
    }

    /// Refuses a mixnet that there cannot be between the nodes.
    fn check_mix(&self) -> Result<(), Refusal> {
        let Some(mix) = &self.mix else { return Ok(()) };
        mix.check(self.world.swarm.network_size)?;
        let others = self.world.swarm.seeders + self.world.idle_nodes();
        let given = format!("{} proxies, where {others} nodes want nothing", mix.proxies);
        require(mix.proxies <= others, "network.mix.proxies", given, format!("0 to {others}"))
    }

    /// Refuses NATs that there cannot be, and nodes behind NATs where there are none.
    fn check_nat(&self) -> Result<(), Refusal> {
        let Some(nat) = &self.nat else {
            let told = self.world.nodes.iter().position(NodeClass::tells_reach);
            let Some(index) = told else { return Ok(()) };
            let class = &self.world.nodes[index];
            let name = if class.reach.is_some() { "reach" } else { "unreachable" };
            let given = "nodes that not everybody can dial, in a network where everybody can dial everybody";
            return Err(Refusal::new(format!("nodes.{index}.{name}"), given, "a scenario with network.nat"));
        };
        nat.check()?;
        let given = "nodes behind NATs, and a mixnet whose relays everybody can dial";
        require(self.mix.is_none(), "network.nat", given, "one of `network.nat` and `network.mix`")
    }

    /// Refuses a code that the protocol does not know.
    fn check_code(&self) -> Result<(), Refusal> {
        let coded = self.world.datasets.iter().position(|class| class.code.is_some());
        let Some(index) = coded.filter(|_| !self.protocol.decodes()) else { return Ok(()) };
        let given = format!("`{}` has no erasure codes", self.protocol.family());
        require(false, format!("datasets.{index}.code"), given, "codex-v1, codex-v2 or codex-f, which have")
    }

    /// Refuses a run of which the clock could not tell the bound.
    fn check_clock(&self) -> Result<(), Refusal> {
        let (world, size) = (&self.world, self.world.dataset.size);
        let rates = world.links.iter().flat_map(|class| [class.up, class.down]);
        let of_classes = world.nodes.iter().flat_map(|class| [class.up, class.down]).flatten();
        let of_graph = world.topology.as_ref().and_then(TopologySpec::slowest);
        let rates = rates.chain(world.seeder_up).chain(world.seeder_down);
        let slowest = rates.chain(of_classes).chain(of_graph).min();
        let Some(rate) = slowest.filter(|_| self.network.model != NetworkModel::Ideal) else { return Ok(()) };
        let given = format!("{size} over a link of {rate} take longer than the clock holds");
        let shorter = format!("a smaller file or a faster link: at most {} years", Time::LONGEST_YEARS);
        require(rate.time_for(size) <= Time::LONGEST, "swarm.file_size", given, shorter)
    }

    /// The same with the downloads noted wherever messages are: a trace alone does not
    /// say what was stored.
    pub fn with_steps_for_trace(mut self) -> Self {
        if self.trace && self.progress_steps == 0 {
            self.progress_steps = STEPS_WITH_TRACE;
        }
        self
    }
}

/// The clock that nodes have: true, or fast in runs that ask what would be if all
/// timers of the protocol were shorter. (A timer that alone were shorter would come
/// before the deadline that its node compares the time with.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Clock {
    /// It shows this much...
    shown: u32,
    /// ...while this much time passes.
    passed: u32,
}

impl Default for Clock {
    fn default() -> Self {
        Clock::TRUE
    }
}

impl Clock {
    /// As time goes.
    pub const TRUE: Clock = Clock { shown: 1, passed: 1 };

    /// One that shows `shown` while `passed` goes by; both above zero.
    pub const fn fast(shown: u32, passed: u32) -> Clock {
        Clock { shown, passed }
    }

    /// Whether it goes as time goes.
    pub fn is_true(&self) -> bool {
        self.shown == self.passed
    }

    /// What it shows when `real` has passed.
    pub(super) fn shows(self, real: Time) -> Time {
        if self.is_true() || real == Time::NEVER {
            return real;
        }
        Time::from_nanos((u128::from(real.nanos()) * u128::from(self.shown) / u128::from(self.passed)) as u64)
    }

    /// How long it takes to show `shown` more. Rounded up, so that no timer comes
    /// before its deadline.
    pub(super) fn real(self, shown: Time) -> Time {
        if self.is_true() || shown == Time::NEVER {
            return shown;
        }
        Time::from_nanos((u128::from(shown.nanos()) * u128::from(self.passed)).div_ceil(u128::from(self.shown)) as u64)
    }
}

/// When a run ends, besides when every leecher is complete.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StopSpec {
    /// Simulated time.
    #[schemars(extend("default" = "4 h"))]
    pub max_time: Time,
    /// Simulated time in which no node stored anything. A run waits longer: for nodes
    /// that start or come back, for timers set and messages sent before, twice for long
    /// timers set since, and after these once more this long, or eight times as long as
    /// the slowest message took since somebody last stored something.
    #[schemars(extend("default" = "10 min"))]
    pub no_progress_for: Time,
    /// The run takes exactly this long, whatever is or is not stored, and
    /// counts as complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["30 min"]))]
    pub run_for: Option<Time>,
}

const NO_TIME: &str = "no time at all";
const SOME_TIME: &str = "a time above zero";

impl StopSpec {
    fn check(&self) -> Result<(), Refusal> {
        let max_time = self.max_time;
        let most = format!("at most {} d", Time::LONGEST.nanos() / 86_400_000_000_000);
        require(max_time < Time::NEVER, "stop.max_time", "a run without an end", most)?;
        if let Some(run_for) = self.run_for {
            let fits = run_for > Time::ZERO && run_for <= max_time;
            let most = format!("a time above zero, at most stop.max_time, {max_time}");
            require(fits, "stop.run_for", format!("a run of {run_for}"), most)?;
        }
        require(max_time > Time::ZERO, "stop.max_time", NO_TIME, SOME_TIME)?;
        require(self.no_progress_for > Time::ZERO, "stop.no_progress_for", NO_TIME, SOME_TIME)
    }
}
