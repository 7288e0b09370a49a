//! Claims of a scenario about its results.

use crate::results::RunRow;
use crate::scenario::Expectation;
use std::fmt;

/// A claim that does not hold for a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Breach {
    /// The run.
    pub run_id: String,
    /// The column.
    pub column: String,
    /// What is there; nothing when the field is empty.
    pub value: Option<f64>,
    /// What was claimed.
    pub claim: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Breach { run_id, column, value, claim } = self;
        match value {
            Some(value) => write!(f, "run {run_id}: {column} = {value}, expected {claim}"),
            None => write!(f, "run {run_id}: {column} is empty, expected {claim}"),
        }
    }
}

/// The claims that do not hold. An empty field fulfils no claim: what was not
/// reached was not reached in time. Failed runs are not judged.
pub fn check<'a>(expect: &[Expectation], rows: impl IntoIterator<Item = &'a RunRow>) -> Vec<Breach> {
    let judged = rows.into_iter().filter(|row| !row.is_failed());
    judged.flat_map(|row| expect.iter().filter_map(|claim| breach(claim, row))).collect()
}

fn breach(claim: &Expectation, row: &RunRow) -> Option<Breach> {
    let value = row.number(&claim.column);
    if value.is_some_and(|v| claim.test.holds(v)) {
        return None;
    }
    let column = claim.column.clone();
    Some(Breach { run_id: row.run_id.clone(), column, value, claim: claim.test.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Labels;
    use crate::scenario;

    fn claims(text: &str) -> (Vec<Expectation>, RunRow) {
        let (_file, input) = crate::study::sample::scenario(&format!("[expect]\n{text}"), &[]);
        let scenario = scenario::load(&input).unwrap();
        let labels = Labels { run_id: "r", scenario: "t", protocol: "p", repetition: 0 };
        (scenario.expect, RunRow::planned(labels, &scenario.run))
    }

    #[test]
    fn names_run_column_value_and_claim() {
        let (expect, row) = claims("efficiency = \"<= 1\"\nmissing = \"<= 0\"\n");
        let row = RunRow { efficiency: Some(1.25), missing: Some(0), status: "complete".into(), ..row };
        let breaches: Vec<String> = check(&expect, [&row]).iter().map(Breach::to_string).collect();
        assert_eq!(breaches.len(), 1);
        assert!(breaches[0].starts_with("run r: efficiency = 1.25, expected <= 1"), "{breaches:?}");
        let good = RunRow { efficiency: Some(1.0), ..row };
        assert_eq!(check(&expect, [&good]), []);
    }

    #[test]
    fn an_empty_field_fulfils_nothing_and_a_failed_run_is_not_judged() {
        let (expect, row) = claims("t100_p95_s = \"<= 100\"\n");
        let row = RunRow { status: "time_limit".into(), ..row };
        assert!(check(&expect, [&row])[0].to_string().contains("t100_p95_s is empty"));
        assert_eq!(check(&expect, [&row.failed("x")]), []);
    }
}
