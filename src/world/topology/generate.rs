//! Graphs made by rule.

/// Placeholder.
#[derive(Debug, Clone, PartialEq)]
pub struct GeneratorSpec;
