//! Which part of a plan a process carries out.

use std::str::FromStr;

/// Which part of a plan a process carries out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// All of it.
    All,
    /// Every `of`-th run, beginning with the `number`-th (from 1): neighbours
    /// in the plan, which often cost about the same, go to different shards.
    Shard {
        /// Which shard, from 1.
        number: u64,
        /// How many shards there are.
        of: u64,
    },
    /// One run, counted from 0.
    Index(u64),
}

impl Selection {
    /// The runs of this part, of a plan of `len` runs.
    pub fn indices(self, len: usize) -> impl Iterator<Item = usize> {
        let (first, step) = match self {
            Selection::All => (0, 1),
            Selection::Shard { number, of } => (number as usize - 1, of as usize),
            Selection::Index(only) => (only as usize, usize::MAX),
        };
        (first..len).step_by(step)
    }

    /// Whether the run at `index` (from 0) of the plan belongs to this part.
    pub fn contains(self, index: usize) -> bool {
        let index = index as u64;
        match self {
            Selection::All => true,
            Selection::Shard { number, of } => index % of == number - 1,
            Selection::Index(only) => index == only,
        }
    }
}

impl FromStr for Selection {
    type Err = String;

    /// Reads a shard such as `2/4`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a shard such as 2/4: which one, from 1, of how many");
        let (number, of) = text.split_once('/').ok_or_else(wrong)?;
        let number: u64 = number.trim().parse().map_err(|_| wrong())?;
        let of: u64 = of.trim().parse().map_err(|_| wrong())?;
        if (1..=of).contains(&number) { Ok(Selection::Shard { number, of }) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_cover_everything_once() {
        let shards: Vec<Selection> = (1..=3).map(|k| format!("{k}/3").parse().unwrap()).collect();
        for index in 0..20 {
            assert_eq!(shards.iter().filter(|s| s.contains(index)).count(), 1, "{index}");
        }
        let parts = shards.iter().chain([&Selection::All, &Selection::Index(7), &Selection::Index(30)]);
        for part in parts {
            let indices: Vec<usize> = part.indices(20).collect();
            assert_eq!(indices, (0..20).filter(|index| part.contains(*index)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn refuses_what_is_no_shard() {
        for text in ["0/3", "4/3", "1", "1/0", "a/b", "-1/3"] {
            assert!(text.parse::<Selection>().is_err(), "{text}");
        }
    }
}
