//! Quantities with a unit in their type: [`Time`], [`Bytes`], [`Rate`].
//!
//! All three are integers, so that sums do not depend on the order of their
//! terms and a run prints the same digits on every machine. Their text forms
//! are strict and case-sensitive: a `b` is a bit and a `B` is a byte, `kB` is
//! 1000 bytes and `KiB` is 1024.
//!
//! ```
//! use codexsim::units::{Bytes, Rate, Time};
//! let size: Bytes = "1 MiB".parse().unwrap();
//! let link: Rate = "10 Mbit/s".parse().unwrap();
//! assert_eq!(link.time_for(size), Time::from_nanos(838_860_800));
//! assert!("10 mbit/s".parse::<Rate>().is_err());
//! ```

mod bytes;
mod mixed;
mod parse;
mod rate;
mod refusal;
mod time;

pub use bytes::Bytes;
pub use parse::UnitError;
pub use rate::Rate;
pub use refusal::{Refusal, range, require, require_whole};
pub use time::Time;
