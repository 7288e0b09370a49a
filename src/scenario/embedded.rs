//! The files of `models/` and `experiments/packs/`, as `build.rs` finds them.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
