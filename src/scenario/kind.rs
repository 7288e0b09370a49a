//! What kind of run a scenario describes: which keys it has and what holds when it says
//! nothing depend on it.

use super::error::{Fault, list};
use super::tree::Table;

/// A kind of run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Messages and blocks between nodes.
    Swarm,
    /// Slots and repairs on hosts.
    Storage,
}

impl Kind {
    /// Both.
    pub(super) const ALL: [Kind; 2] = [Kind::Swarm, Kind::Storage];

    /// As it is written.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Kind::Swarm => "swarm",
            Kind::Storage => "storage",
        }
    }

    /// The key that chooses what is run by its name.
    pub(super) const fn choice(self) -> &'static str {
        match self {
            Kind::Swarm => "protocol",
            Kind::Storage => "system",
        }
    }

    /// The kind of run that `tree` describes: a swarm where it does not say.
    pub(super) fn of(tree: &Table) -> Result<Kind, Fault> {
        let Some(node) = tree.get("kind") else { return Ok(Kind::Swarm) };
        let name: String = node.read()?;
        let names = || Kind::ALL.map(Kind::name).into_iter();
        Kind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            let fault = Fault::new(format!("unknown kind of run `{name}`"));
            fault.expected(format!("one of {}", list(names()))).suggest(&name, names()).at(node.at)
        })
    }

    /// The kind of what was put into the tree before: it was looked at then.
    pub(super) fn known(tree: &Table) -> Kind {
        Kind::of(tree).unwrap_or(Kind::Swarm)
    }
}

/// Which of two kinds a key is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Kinds {
    pub(super) swarm: bool,
    pub(super) storage: bool,
}

impl Kinds {
    /// Those that have keys of this page of the schema.
    pub(super) const BOTH: Kinds = Kinds { swarm: true, storage: true };

    /// Whether `kind` is among them.
    pub(super) const fn has(self, kind: Kind) -> bool {
        match kind {
            Kind::Swarm => self.swarm,
            Kind::Storage => self.storage,
        }
    }
}
