//! Why a run takes as long as it does, told in two ways: what its leechers were
//! seen to be held back by, and how much faster it is with a tenth more of each
//! resource.
//!
//! The elasticity of the time T to a resource R is -d ln T / d ln R, here
//! -ln(T' / T) / ln 1.1 between two runs of the same seed. If T is a sum of parts
//! that each go with one resource (T = a + b / R), the elasticity is the part's
//! share b / T, and the shares of the looks should say the same. The run with
//! all resources at once changes nothing but the unit of time, so its elasticity
//! is 1, unless something has a clock of its own (churn, starts, idle windows) or the
//! run is so finely balanced that rounding to nanoseconds decides it.

use super::plan::repetition_seed;
use super::{History, Next, Plan, Question, RowFile, Summary, digest};
use crate::ledger::Constraint;
use crate::results::{HeldBack, ResultsError};
use crate::sim::{Clock, Keep, RunSpec, Spec};
use crate::units::{Bytes, Rate, Time};
use crate::world::{LatencySpec, Stretch, WorldSpec};
use serde::Serialize;

/// The new amount of a resource, as a fraction of the old one.
const MORE: (u64, u64) = (11, 10);
/// The same as a number.
const MORE_OF_IT: f64 = MORE.0 as f64 / MORE.1 as f64;
/// A difference between share and elasticity up to this is none.
const TOLERATED: f64 = 0.1;

/// Something of which a run could have more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// Every uplink.
    Uplinks,
    /// Every downlink.
    Downlinks,
    /// Shorter delays between the nodes.
    Paths,
    /// Faster processors (and disks).
    Processors,
    /// Shorter timers of the protocol.
    Timers,
    /// The links inside the topology, wider.
    CoreLinks,
    /// All of the above.
    All,
    /// Every uplink and downlink: where both are equally narrow neither alone helps.
    Links,
    /// The uplinks of the seeders alone: part of the first.
    SeederUplinks,
    /// Wider windows: as far as they are what takes round trips.
    Windows,
}

impl Resource {
    /// All of them; the first six share the time among them.
    pub const ALL: [Resource; 10] = [
        Resource::Uplinks,
        Resource::Downlinks,
        Resource::Paths,
        Resource::Processors,
        Resource::Timers,
        Resource::CoreLinks,
        Resource::All,
        Resource::Links,
        Resource::SeederUplinks,
        Resource::Windows,
    ];

    /// What is changed, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Resource::Uplinks => "uplinks",
            Resource::Downlinks => "downlinks",
            Resource::Paths => "paths (delay)",
            Resource::Processors => "processors",
            Resource::Timers => "protocol timers",
            Resource::All => "all of these",
            Resource::Links => "up- and downlinks",
            Resource::SeederUplinks => "seeders' uplinks",
            Resource::Windows => "windows",
            Resource::CoreLinks => "core links",
        }
    }

    /// The constraints whose shares its elasticity should be equal to; none where
    /// no share says so much.
    pub const fn constraints(self) -> &'static [Constraint] {
        match self {
            Resource::Uplinks => &[Constraint::OwnUplink, Constraint::RemoteUplink],
            Resource::Downlinks => &[Constraint::OwnDownlink],
            Resource::Paths => &[Constraint::RoundTrip, Constraint::Presence, Constraint::Discovery],
            Resource::Processors => &[Constraint::Cpu],
            Resource::Timers => &[Constraint::Timer],
            Resource::CoreLinks => &[Constraint::CoreLink],
            Resource::All => &[
                Constraint::OwnUplink,
                Constraint::RemoteUplink,
                Constraint::OwnDownlink,
                Constraint::RoundTrip,
                Constraint::Presence,
                Constraint::Discovery,
                Constraint::Cpu,
                Constraint::Timer,
                Constraint::CoreLink,
            ],
            Resource::Links => &[Constraint::OwnUplink, Constraint::RemoteUplink, Constraint::OwnDownlink],
            Resource::SeederUplinks | Resource::Windows => &[],
        }
    }

    /// The run with a tenth more of it; nothing where there is no end of it
    /// already.
    pub fn more(self, base: &RunSpec) -> Option<RunSpec> {
        let mut spec = base.clone();
        self.add(&mut spec);
        (spec != *base).then_some(spec)
    }

    fn add(self, spec: &mut RunSpec) {
        let world = &mut spec.world;
        match self {
            Resource::Uplinks => {
                world.links.iter_mut().for_each(|link| link.up = more_rate(link.up));
                world.nodes.iter_mut().filter_map(|class| class.up.as_mut()).for_each(|up| *up = more_rate(*up));
                world.seeder_up = world.seeder_up.map(more_rate);
                stretch(world, |by| by.up *= MORE_OF_IT);
            }
            Resource::SeederUplinks => {
                // Where seeders have no links of their own they have those of their class.
                let same = world.links.windows(2).all(|pair| pair[0].up == pair[1].up);
                let own = world.seeder_up.or_else(|| world.links.first().filter(|_| same).map(|link| link.up));
                if let Some(rate) = own.filter(|rate| !rate.is_unlimited()) {
                    world.seeder_up = Some(more_rate(rate));
                }
            }
            Resource::Downlinks => {
                world.links.iter_mut().for_each(|link| link.down = more_rate(link.down));
                world
                    .nodes
                    .iter_mut()
                    .filter_map(|class| class.down.as_mut())
                    .for_each(|down| *down = more_rate(*down));
                world.seeder_down = world.seeder_down.map(more_rate);
                stretch(world, |by| by.down *= MORE_OF_IT);
            }
            Resource::Paths => {
                match &mut world.latency {
                    LatencySpec::Constant(delay) => *delay = less(*delay),
                    LatencySpec::Regions { delay, .. } => delay.iter_mut().flatten().for_each(|d| *d = less(*d)),
                }
                let access = world.nodes.iter_mut().filter_map(|class| class.access_delay.as_mut());
                let of_all = world.topology.as_mut().map(|topology| &mut topology.access_delay);
                access.chain(of_all).for_each(|delay| *delay = less(*delay));
                stretch(world, |by| by.delay /= MORE_OF_IT);
            }
            Resource::CoreLinks => stretch(world, |by| by.capacity *= MORE_OF_IT),
            Resource::Processors => {
                let of_classes = world.nodes.iter_mut().filter_map(|class| class.hardware.as_mut());
                for hardware in of_classes.chain([&mut world.hardware]) {
                    hardware.costs().into_iter().for_each(|cost| *cost = less(*cost));
                }
            }
            Resource::Timers => spec.clock = Clock::fast(MORE.0 as u32, MORE.1 as u32),
            Resource::All => {
                Resource::ALL.iter().take_while(|r| **r != Resource::All).for_each(|resource| resource.add(spec));
            }
            Resource::Links => [Resource::Uplinks, Resource::Downlinks].into_iter().for_each(|part| part.add(spec)),
            Resource::Windows => {
                let transport = &mut spec.network.transport;
                for window in [&mut transport.initial_window, &mut transport.max_window, &mut transport.mux_window] {
                    *window = more_bytes(*window);
                }
            }
        }
    }
}

/// Stretches the graph, if there is one.
fn stretch(world: &mut WorldSpec, by: impl FnOnce(&mut Stretch)) {
    if let Some(topology) = &mut world.topology {
        by(&mut topology.stretch);
    }
}

fn more_rate(rate: Rate) -> Rate {
    if rate.is_unlimited() { rate } else { Rate(rate.0 * MORE.0 / MORE.1) }
}

fn more_bytes(window: Bytes) -> Bytes {
    if window.get() == u64::MAX { window } else { Bytes(window.get() * MORE.0 / MORE.1) }
}

fn less(time: Time) -> Time {
    time * MORE.1 / MORE.0
}

/// Which leecher a time and shares are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The one whose download takes longest.
    Slowest,
    /// The one in the middle.
    Median,
}

/// The runs that tell why.
#[derive(Debug)]
pub struct WhatIf {
    plan: Plan,
    resources: Vec<Resource>,
    seeds: usize,
}

/// What one run says of its slowest and of its median leecher.
struct Seen {
    time_s: [Option<f64>; 2],
    held: Option<[HeldBack; 2]>,
}

/// One resource and what two ways of asking say about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The resource.
    pub resource: Resource,
    /// Elasticity of the time of the slowest and of the median leecher to it,
    /// over the seeds; nothing when there was no more to have of it.
    pub elasticity: Option<[Summary; 2]>,
    /// The share of their times that they were seen to be held back by it;
    /// nothing where no share is about it alone.
    pub share: Option<[f64; 2]>,
}

impl Reason {
    /// Whether the two ways of asking disagree about `who`, by more than a tenth
    /// and the 95 % interval of the elasticity.
    pub fn disagrees(&self, who: Who) -> bool {
        let (Some(elasticity), Some(share)) = (&self.elasticity, self.share) else { return false };
        let Summary { mean, ci95, .. } = elasticity[who as usize];
        (mean - share[who as usize]).abs() > TOLERATED + ci95.unwrap_or(0.0)
    }
}

/// Why a run takes as long as it does.
#[derive(Debug, Clone, PartialEq)]
pub struct Reasons {
    /// Seeds that completed, with and without more of anything.
    pub seeds: usize,
    /// Seeds that did not.
    pub incomplete: usize,
    /// Time of the slowest and of the median leecher as it is, in seconds.
    pub time_s: [Summary; 2],
    /// For each resource, in the order of [`Resource::ALL`].
    pub reasons: Vec<Reason>,
    /// Shares that no resource answers for: (constraint, slowest, median).
    pub others: Vec<(Constraint, [f64; 2])>,
}

/// What is known of one resource and one leecher, for programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReasonRow {
    /// The resource, or a constraint that no resource answers for.
    pub resource: &'static str,
    /// `slowest` or `median`.
    pub leecher: &'static str,
    /// Mean over seeds; empty where there was no more to have of it.
    pub elasticity: Option<f64>,
    /// Half the width of its 95 % interval.
    pub ci95: Option<f64>,
    /// The share that was seen; empty where no share is about it alone.
    pub share: Option<f64>,
    /// Whether the two disagree.
    pub disagrees: bool,
}

impl Reasons {
    /// Everything that was found, resource by resource.
    pub fn rows(&self) -> Vec<ReasonRow> {
        let sides = [(Who::Slowest, "slowest"), (Who::Median, "median")];
        let reasons = self.reasons.iter().flat_map(|reason| {
            sides.map(|(who, leecher)| {
                let elasticity = reason.elasticity.as_ref().map(|of| of[who as usize]);
                ReasonRow {
                    resource: reason.resource.words(),
                    leecher,
                    elasticity: elasticity.map(|of| of.mean),
                    ci95: elasticity.and_then(|of| of.ci95),
                    share: reason.share.map(|of| of[who as usize]),
                    disagrees: reason.disagrees(who),
                }
            })
        });
        let others = self.others.iter().flat_map(|(constraint, shares)| {
            sides.map(|(who, leecher)| ReasonRow {
                resource: constraint.name(),
                leecher,
                elasticity: None,
                ci95: None,
                share: Some(shares[who as usize]),
                disagrees: false,
            })
        });
        reasons.chain(others).collect()
    }
}

impl WhatIf {
    /// The runs of `base` over so many seeds, with a tenth more of each resource.
    pub fn new(base: &RunSpec, seeds: u32) -> WhatIf {
        let resources = Resource::ALL.into_iter().filter(|r| r.more(base).is_some()).collect::<Vec<_>>();
        let mut specs = Vec::new();
        for repetition in 0..seeds {
            // A run with other rates breaks ties that are exact in the base, and ties
            // may matter: so both break them, by a salt that goes with the seed.
            let seed = repetition_seed(base.seed, repetition);
            let base = RunSpec { seed, tie_salt: digest(&seed.to_le_bytes()) | 1, ..base.clone() };
            specs.extend(resources.iter().filter_map(|resource| resource.more(&base)));
            specs.push(base);
        }
        let specs = specs.into_iter().map(Spec::Swarm).collect();
        WhatIf { plan: Plan::of(specs, Keep::All), resources, seeds: seeds as usize }
    }

    /// `groups` are the runs of each seed: one for each resource, and the last as
    /// it is.
    fn reasons(&self, groups: &[&[Seen]]) -> Reasons {
        let base = |runs: &[Seen], who: usize| runs[runs.len() - 1].time_s[who].unwrap_or(f64::NAN);
        let over = |of: &dyn Fn(&[Seen], usize) -> f64| {
            [0, 1].map(|who| {
                let values: Vec<f64> = groups.iter().map(|runs| of(runs, who)).collect();
                Summary::of(&values).expect("there is a seed")
            })
        };
        let share = |constraint: Constraint| {
            let of = |runs: &[Seen], who: usize| {
                runs[runs.len() - 1].held.as_ref().map_or(0.0, |h| held(&h[who], constraint))
            };
            over(&of).map(|s| s.mean)
        };
        let reason = |resource: Resource| {
            let place = self.resources.iter().position(|r| *r == resource);
            let elasticity = place.map(|at| {
                over(&|runs, who| {
                    let with = runs[at].time_s[who].unwrap_or(f64::NAN);
                    libm::log(base(runs, who) / with) / libm::log(MORE_OF_IT)
                })
            });
            let shares = resource.constraints().iter().map(|c| share(*c));
            let sum = shares.reduce(|a, b| [a[0] + b[0], a[1] + b[1]]);
            Reason { resource, elasticity, share: sum }
        };
        let answered = |c: &Constraint| Resource::ALL.iter().any(|r| r.constraints().contains(c));
        let others = Constraint::ALL.into_iter().filter(|c| !answered(c)).map(|c| (c, share(c)));
        Reasons {
            seeds: groups.len(),
            incomplete: self.seeds - groups.len(),
            time_s: over(&base),
            reasons: Resource::ALL.into_iter().map(reason).collect(),
            others: others.filter(|(_, shares)| shares.iter().any(|s| *s > 0.0)).collect(),
        }
    }
}

impl Question for WhatIf {
    /// No reasons when no seed completes.
    type Answer = Option<Reasons>;

    fn next(&mut self, seen: &History) -> Result<Next<Self::Answer>, ResultsError> {
        if seen.batches() == 0 {
            return Ok(Next::Batch(self.plan.clone()));
        }
        // One that failed is a seed that did not complete.
        let see = |file: Option<RowFile>| file.map_or(Ok(Seen { time_s: [None, None], held: None }), |file| see(&file));
        let runs = (0..self.plan.len()).map(|index| see(seen.run(&self.plan, index)));
        let runs = runs.collect::<Result<Vec<Seen>, _>>()?;
        let complete = |runs: &&[Seen]| runs.iter().all(|run| run.time_s.iter().all(Option::is_some));
        let groups: Vec<&[Seen]> = runs.chunks(self.resources.len() + 1).filter(complete).collect();
        Ok(Next::Done((!groups.is_empty()).then(|| self.reasons(&groups))))
    }
}

fn held(by: &HeldBack, constraint: Constraint) -> f64 {
    by.shares.iter().find(|(name, _)| name == constraint.name()).map_or(0.0, |(_, share)| *share)
}

fn see(file: &RowFile) -> Result<Seen, ResultsError> {
    let held = HeldBack::slowest_and_median(&file.rows()?, &file.rows()?);
    // A download that takes no time has no reasons either.
    let own = |who: &HeldBack| who.t100_s.map(|_| who.own_s).filter(|time| *time > 0.0);
    let time_s = held.as_ref().map_or([None, None], |[slowest, median]| [own(slowest), own(median)]);
    Ok(Seen { time_s, held })
}
