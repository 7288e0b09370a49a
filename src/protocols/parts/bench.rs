//! One node on a bench: its peers are played by the tests.

use crate::engine::Timers;
use crate::protocol::{Ctx, Effect, Effects, Protocol, Units};
use crate::rng::{Purpose, Rng};
use crate::units::{Bytes, Rate, Time};
use crate::world::{BlockSet, Channel, Dataset, DatasetId, DatasetSpec, Holdings, NodeId, Want, World, WorldSpec};

/// The constants of the protocol model `name`.
pub fn constants<T: serde::de::DeserializeOwned>(name: &str) -> T {
    let path = format!("{}/models/protocols/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let model: toml::Table = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    model["constants"].clone().try_into().unwrap()
}

/// So many blocks of 64 KiB.
pub fn dataset(blocks: u64) -> Dataset {
    grouped(blocks, 1)
}

/// The same in units of `group` blocks.
pub fn grouped(blocks: u64, group: u32) -> Dataset {
    Dataset::new(Bytes(blocks * 65_536), Bytes(65_536), group, None)
}

/// A world of ten nodes with so many blocks of so many bytes.
pub fn world(blocks: u64, block_size: u64, group: u32) -> World {
    let dataset = DatasetSpec { size: Bytes(blocks * block_size), block_size: Bytes(block_size), group };
    World::build(&WorldSpec::plain((10, 9), dataset, Rate(1_000_000_000)), 1, 0)
}

/// A node of `P`, alone.
pub struct Bench<P: Protocol> {
    pub world: World,
    pub shared: P::Shared,
    pub node: P,
    pub store: Holdings,
    pub unverified: BlockSet,
    /// Datasets whose manifests are here.
    pub manifests: BlockSet,
    pub wanted: Vec<Want>,
    pub now: Time,
    /// When the node last went.
    pub went: Option<Time>,
    pub me: NodeId,
    pub rng: Rng,
    pub timers: Timers<(NodeId, u32, P::Timer)>,
}

impl<P: Protocol> Bench<P> {
    /// Node 0, which has the manifest and no blocks, and has not started.
    pub fn new(world: World, params: &P::Params) -> Self {
        let shared = P::prepare(&world, params);
        Bench {
            node: P::new(NodeId(0), &world, &shared),
            world,
            shared,
            store: Holdings::default(),
            unverified: BlockSet::new(),
            manifests: BlockSet::one(0),
            wanted: vec![Want::file(DatasetId(0))],
            now: Time::ZERO,
            went: None,
            me: NodeId(0),
            rng: Rng::stream(3, Purpose::Protocol, 0),
            timers: Timers::new(),
        }
    }

    /// Lets the node act; what it asks for.
    pub fn act(&mut self, act: impl FnOnce(&mut P, &mut Ctx<'_, P>)) -> Vec<Effect<P::Msg>> {
        self.given(Units::None, act)
    }

    /// From now on these datasets are to be fetched, in this order.
    pub fn want(&mut self, datasets: impl IntoIterator<Item = u32>) {
        self.wanted = datasets.into_iter().map(|id| Want::file(DatasetId(id))).collect();
    }

    /// The same with `given` at hand, of which it may keep what it likes.
    pub fn given(&mut self, given: Units<'_>, act: impl FnOnce(&mut P, &mut Ctx<'_, P>)) -> Vec<Effect<P::Msg>> {
        let (mut effects, mut kept_ungiven) = (Effects(Vec::new()), false);
        let mut cx = Ctx {
            me: self.me,
            world: &self.world,
            shared: &self.shared,
            now: self.now,
            epoch: 1,
            went: self.went,
            channel: Channel::ONLY,
            manifests: &mut self.manifests,
            wanted: &self.wanted,
            room: u64::MAX,
            rng: &mut self.rng,
            store: &mut self.store,
            unverified: &mut self.unverified,
            effects: &mut effects,
            timers: &mut self.timers,
            given,
            kept_ungiven: &mut kept_ungiven,
        };
        act(&mut self.node, &mut cx);
        assert!(!kept_ungiven, "kept what it was not given");
        effects.0
    }
}
