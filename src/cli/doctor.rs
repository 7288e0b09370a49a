//! `codexsim doctor`: which settings of a scenario do anything.

use super::args::Probe;
use super::{End, Failure};
use crate::report;
use crate::study::Doctor;
use clap::Args;

/// Tell which settings of a scenario do anything
///
/// One run without each setting, with the same seed: where no event differs the
/// setting has no effect. Timers and features that never acted are listed, and how
/// far the result depends on the order of equal times (tie_salt) and on the seed.
/// A scenario with a [sweep] is examined as it is without it.
#[derive(Debug, Args)]
pub struct DoctorCommand {
    #[command(flatten)]
    probe: Probe,
}

impl DoctorCommand {
    /// Carries the runs out and shows what was found.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let mut doctor = Doctor::new(&self.probe.input())?;
        self.probe.mention(doctor.sweep());
        let Some(Some(found)) = self.probe.asking.ask(&mut doctor)? else { return Ok(End::Incomplete) };
        self.probe.shown.rows(|| report::diagnosis(&found), &found.rows())?;
        Ok(End::Good)
    }
}
