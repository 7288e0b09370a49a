//! What several protocols are made of.
//!
//! A [`Peers`] is what a node knows of those it is connected with, an [`Alarm`] a timer
//! that is set to the earliest of several moments, a [`Cursor`] a place in the dataset
//! from which units are asked for in order, [`wire`] lengths of encodings.

mod alarm;
#[cfg(test)]
pub mod bench;
mod cursor;
mod peers;
pub mod wire;

pub(in crate::protocols) use alarm::Alarm;
pub(in crate::protocols) use cursor::Cursor;
pub(in crate::protocols) use peers::Peers;
