//! What of a specification makes no sense, and the nearest that does.

use super::StorageSpec;
use crate::units::Refusal;

/// Refuses what can be read and makes no sense.
pub(super) fn check(_spec: &StorageSpec) -> Result<(), Refusal> {
    Ok(())
}
