//! `codexsim sweep --precision`: repetitions until a measure is known well enough.

use super::Failure;
use super::args::share;
use crate::results::Measure;
use crate::scenario::nearest;
use crate::study::{Plan, Precision, PrecisionEnd, PrecisionRequest};
use clap::Args;
use std::str::FromStr;

/// Points that are named because they are not known well enough.
const MOST_NAMED: usize = 3;

/// How precise the results are to be.
#[derive(Debug, Args)]
pub struct Wanted {
    /// Add repetitions at each point until half the width of the 95 % interval of the mean of a
    /// measure (default: makespan_s; of storage runs: dataset_loss) is within this share of the
    /// mean: 2% or t100_p95_s=2%. As many as there are already are the least, and four
    #[arg(long, value_name = "[MEASURE=]SHARE")]
    precision: Option<Target>,
    /// Repetitions at a point at the most, with --precision
    #[arg(long, value_name = "N", default_value_t = 64, requires = "precision", value_parser = clap::value_parser!(u32).range(2..=100_000))]
    most_repetitions: u32,
}

/// How precisely which measure is to be known.
#[derive(Debug, Clone, PartialEq)]
struct Target {
    /// Its name; nothing where none is given.
    measure: Option<&'static str>,
    within: f64,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((name, rest)) = text.split_once('=') else {
            return Ok(Target { measure: None, within: share(text)? });
        };
        let name = name.trim();
        let measure = Measure::named(name).ok_or_else(|| {
            let names = Measure::all().iter().map(|measure| measure.name.as_str());
            let meant = nearest(name, names).map_or(String::new(), |name| format!("; did you mean `{name}`?"));
            format!("`{name}` is none of `codexsim columns measures`{meant}")
        })?;
        Ok(Target { measure: Some(&measure.name), within: share(rest)? })
    }
}

impl Wanted {
    /// `plan` as it is carried out at the least.
    pub fn at_first(&self, plan: Plan) -> Plan {
        if self.precision.is_some() { Precision::at_first(&plan, self.most_repetitions) } else { plan }
    }

    /// What is asked of the runs of `plan`, if anything is.
    pub fn question(&self, plan: &Plan) -> Result<Option<Precision>, Failure> {
        let question = |target: &Target| {
            let measure = target.measure.and_then(Measure::named).unwrap_or_else(|| Precision::main_measure(plan));
            if !measure.is_of(!plan.of_swarm) {
                let (name, kind) = (&measure.name, if plan.of_swarm { "swarm" } else { "storage" });
                return Err(Failure::Input(format!(
                    "--precision: `{name}` is not measured of {kind} runs\n = expected a measure of these: `codexsim columns \
                     measures`"
                )));
            }
            let request = PrecisionRequest { measure, within: target.within, most: self.most_repetitions };
            Ok(Precision::new(plan, request)?)
        };
        self.precision.as_ref().map(question).transpose()
    }

    /// How many points are known well enough, and which of the others come first.
    pub fn words(&self, question: &Precision) -> Vec<String> {
        let (plan, ends) = (question.plan(), question.ends().collect::<Vec<_>>());
        let within = ends.iter().filter(|end| **end == PrecisionEnd::Within).count();
        let asked = plan.precision().unwrap_or_default();
        let mut lines = vec![format!("{asked}: reached at {within} of {} points", ends.len())];
        for (end, what) in [
            (PrecisionEnd::Beyond, "the interval is still too wide"),
            (PrecisionEnd::Unreached, "no run has the measure"),
        ] {
            let points: Vec<usize> = (0..ends.len()).filter(|point| ends[*point] == end).collect();
            if points.is_empty() {
                continue;
            }
            let mut names: Vec<String> =
                points.iter().take(MOST_NAMED).map(|point| plan.values(*point).describe()).collect();
            if points.len() > MOST_NAMED {
                names.push(format!("{} more", points.len() - MOST_NAMED));
            }
            lines.push(format!("note: {what} at {}", names.join("; ")));
        }
        lines
    }

    /// This as it would be typed.
    pub fn typed(&self) -> Option<String> {
        let Target { measure, within } = self.precision.as_ref()?;
        let measure = measure.map_or(String::new(), |name| format!("{name}="));
        Some(format!("--precision {measure}{within} --most-repetitions {}", self.most_repetitions))
    }

    /// What a dry run says.
    pub fn foretold(&self) -> String {
        match self.precision {
            Some(_) => format!(
                "repetitions are added where the interval is too wide, up to {} at a point: these are the least\n",
                self.most_repetitions
            ),
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_targets() {
        let read = |text: &str| text.parse::<Target>().map(|target| (target.measure, target.within));
        assert_eq!(read("2%"), Ok((None, 0.02)));
        assert_eq!(read("t100_p95_s = 0.1"), Ok((Some("t100_p95_s"), 0.1)));
        assert!(read("makespan=2%").unwrap_err().contains("did you mean `makespan_s`?"));
        assert!(read("makespan_s=2").unwrap_err().contains("not a share"));
    }
}
