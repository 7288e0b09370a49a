//! What several protocols are made of.
//!
//! A [`Peers`] is what a node knows of those it is connected with, a [`Wakeup`] a timer
//! that is set to the earliest of several moments, a [`UnitCursor`] a place in the dataset
//! from which units are asked for in order, [`wire`] lengths of encodings.

#[cfg(test)]
pub mod bench;
mod cursor;
mod peers;
mod wakeup;
pub mod wire;

pub(in crate::protocols) use cursor::UnitCursor;
pub(in crate::protocols) use peers::Peers;
pub(in crate::protocols) use wakeup::Wakeup;

/// Units from the first up to, not including, the second.
pub(in crate::protocols) type UnitRange = (u32, u32);
