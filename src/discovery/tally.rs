//! What discovery did, in numbers.

/// Messages and bytes by kind.
#[derive(Debug)]
pub struct Tally {
    kinds: &'static [&'static str],
    sent: Vec<(u64, u64)>,
}

impl Tally {
    pub(super) fn new(kinds: &'static [&'static str]) -> Self {
        Tally { kinds, sent: vec![(0, 0); kinds.len()] }
    }

    /// Messages and bytes of each kind that was sent at all.
    pub(super) fn report(&self) -> Vec<(String, f64)> {
        let of_kind = |(kind, (messages, bytes)): (&&str, &(u64, u64))| {
            [(format!("{kind}_messages"), *messages as f64), (format!("{kind}_bytes"), *bytes as f64)]
        };
        self.kinds.iter().zip(&self.sent).filter(|(_, (messages, _))| *messages > 0).flat_map(of_kind).collect()
    }

    pub(super) fn sent(&mut self, kind: usize, bytes: u64) {
        let (messages, all) = &mut self.sent[kind];
        *messages += 1;
        *all += bytes;
    }
}
