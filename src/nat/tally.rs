//! What was done, in numbers.

use crate::units::Time;

/// Counts of one run.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Circuits that were opened.
    pub circuits: u64,
    /// Those that a relay refused: no reservation, too many circuits.
    pub refused: u64,
    pub closed_by_data: u64,
    pub closed_by_time: u64,
    /// Dials that nobody could answer.
    pub unanswered: u64,
    /// Punchings on which two nodes agreed, those that worked, and those that ended before,
    /// with their circuit.
    pub punchings: u64,
    pub punched: u64,
    pub punchings_cut: u64,
    /// How long after they came nodes knew whether they can be dialled.
    pub known: Vec<Time>,
}

impl Tally {
    pub fn report(&self, report: &mut Vec<(String, f64)>) {
        let counts = [
            ("nat_circuits", self.circuits),
            ("nat_circuits_refused", self.refused),
            ("nat_circuits_closed_by_data", self.closed_by_data),
            ("nat_circuits_closed_by_time", self.closed_by_time),
            ("nat_dials_unanswered", self.unanswered),
            ("nat_punchings", self.punchings),
            ("nat_punchings_worked", self.punched),
            ("nat_punchings_cut", self.punchings_cut),
        ];
        report.extend(counts.map(|(name, count)| (name.to_string(), count as f64)));
        let sum = self.known.iter().fold(0.0, |sum, time| sum + time.secs());
        report.push(("nat_known_after_mean_s".into(), sum / self.known.len().max(1) as f64));
    }
}
