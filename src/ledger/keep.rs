//! How much of what a run shows is kept.

use schemars::JsonSchema;
use serde::Deserialize;

/// What a study keeps of each of its runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// Its row of `runs.csv` alone.
    Row,
    /// Its rows of `nodes.csv` and `traffic.csv` too.
    Nodes,
    /// All tables.
    #[default]
    All,
}

impl Keep {
    /// All of them, the least first.
    pub const ALL: [Keep; 3] = [Keep::Row, Keep::Nodes, Keep::All];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Keep::Row => "row",
            Keep::Nodes => "nodes",
            Keep::All => "all",
        }
    }
}
