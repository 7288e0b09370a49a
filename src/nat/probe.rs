//! AutoNAT: how a node comes to know whether it can be dialled.
//!
//! In each round it asks some servers to dial it. It believes what enough of its last answers
//! say; with fewer answers than it keeps, the missing ones say neither. (nim-libp2p
//! `protocols/connectivity/autonat/service.nim`.)

use super::NatSpec;

/// The last answers of the servers to one node.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers {
    /// Whether a server could dial it, the oldest first.
    last: Vec<bool>,
}

impl Answers {
    /// A round in which every server asked finds that the node can be dialled, or that it cannot.
    pub fn round(&mut self, dialled: bool, spec: &NatSpec) {
        for _ in 0..spec.probe_servers.min(spec.relays) {
            if self.last.len() == spec.probe_answers as usize {
                self.last.remove(0);
            }
            self.last.push(dialled);
        }
    }

    /// What the node believes; nothing while it does not know.
    pub fn believed(&self, spec: &NatSpec) -> Option<bool> {
        let agree = |what: bool| {
            let count = self.last.iter().filter(|answer| **answer == what).count();
            count as f64 / f64::from(spec.probe_answers) >= spec.probe_confidence
        };
        [true, false].into_iter().find(|what| agree(*what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In which round, the first being 0, a node believes that it cannot be dialled, and in
    /// which that it can when its port is mapped as soon as it knows.
    fn rounds(relays: u32) -> (u32, u32) {
        let spec = NatSpec { relays, ..NatSpec::default() };
        let (mut answers, mut unreachable) = (Answers::default(), None);
        for round in 0.. {
            answers.round(unreachable.is_some(), &spec);
            match (unreachable, answers.believed(&spec)) {
                (None, Some(false)) => unreachable = Some(round),
                (Some(first), Some(true)) => return (first, round),
                _ => {}
            }
        }
        unreachable!()
    }

    /// Oracle N6: with three servers in the second round, 120 s after the first.
    #[test]
    fn n6_rounds_of_a_mapped_node() {
        assert_eq!(rounds(3), (0, 1));
        assert_eq!(rounds(8), (0, 1), "no more than three are asked");
        assert_eq!(rounds(2), (0, 1), "two of three are enough");
        assert_eq!(rounds(1), (1, 3), "one answer is not");
    }
}
