//! The numbers for programs: rows, and `sensitivity.json`.

use super::answer::answer;
use super::tables::ANOTHER_SEED;
use crate::results::Program;
use crate::study::{Bearing, Estimate, Influence, Sensitivity};
use serde::Serialize;
use serde_json::json;

/// An input and a measure. What was not asked for is empty.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct IndexRow {
    /// The measure.
    pub measure: String,
    /// `value`, `logarithm`, or `empty`: the share of runs in which the measure has no value.
    pub of: &'static str,
    /// The input, or `another seed`.
    pub input: String,
    /// Its range; empty for the seed.
    pub range: String,
    /// Share of the variance that it decides by itself.
    pub first: Option<f64>,
    /// Lower end of its 95 % interval.
    pub first_low: Option<f64>,
    /// Upper end.
    pub first_high: Option<f64>,
    /// Share that it decides with all others.
    pub total: Option<f64>,
    /// Lower end of its 95 % interval.
    pub total_low: Option<f64>,
    /// Upper end.
    pub total_high: Option<f64>,
    /// What shares say of it.
    pub by_shares: Option<Bearing>,
    /// Pairs of places behind these.
    pub pairs: Option<usize>,
    /// Pairs that do not count, as a run failed or has no value.
    pub pairs_left_out: Option<usize>,
    /// Mean amount of its elementary effects, in the unit of the measure.
    pub mu_star: Option<f64>,
    /// Lower end of its 95 % interval.
    pub mu_star_low: Option<f64>,
    /// Upper end.
    pub mu_star_high: Option<f64>,
    /// Their mean with signs.
    pub mu: Option<f64>,
    /// Lower end of its 95 % interval.
    pub mu_low: Option<f64>,
    /// Upper end.
    pub mu_high: Option<f64>,
    /// Their deviation.
    pub sigma: Option<f64>,
    /// What another seed is in place of `mu_star`.
    pub floor: Option<f64>,
    /// What these say of it.
    pub by_screening: Option<Bearing>,
    /// Places behind these.
    pub places: Option<usize>,
    /// Places that do not count, as a run failed or has no value.
    pub places_left_out: Option<usize>,
}

/// Every input for everything that is looked at, the seed after the others.
pub fn rows(found: &Sensitivity) -> Vec<IndexRow> {
    let each = |influence| (0..=found.ranges.len()).map(move |at| row(found, influence, at));
    found.influences.iter().flat_map(each).collect()
}

fn row(found: &Sensitivity, influence: &Influence, at: usize) -> IndexRow {
    let range = found.ranges.get(at);
    let mut row = IndexRow {
        measure: influence.measure.name.clone(),
        of: of(found, influence),
        input: range.map_or(ANOTHER_SEED.into(), |range| range.key.clone()),
        range: range.map(ToString::to_string).unwrap_or_default(),
        ..IndexRow::default()
    };
    if let Some(shares) = &influence.shares {
        (row.pairs, row.pairs_left_out) = (Some(shares.rows), Some(shares.left_out));
        // Where all is alike, nothing has an effect.
        row.by_shares = range.filter(|_| shares.rows > 0).map(|_| Bearing::None);
        if let Some(input) = shares.inputs.as_ref().map(|inputs| inputs[at]) {
            [row.first, row.first_low, row.first_high] = ends(input.first);
            [row.total, row.total_low, row.total_high] = ends(input.total);
            row.by_shares = range.map(|_| input.bearing);
        }
    }
    if let Some(screening) = &influence.screening {
        (row.places, row.places_left_out) = (Some(screening.rows), Some(screening.left_out));
        if let Some(input) = screening.inputs.get(at) {
            [row.mu_star, row.mu_star_low, row.mu_star_high] = ends(input.mu_star);
            [row.mu, row.mu_low, row.mu_high] = ends(input.mu);
            (row.sigma, row.floor, row.by_screening) = (Some(input.sigma), Some(input.floor), Some(input.bearing));
        }
    }
    row
}

fn ends(Estimate { value, interval }: Estimate) -> [Option<f64>; 3] {
    let (low, high) = interval.unzip();
    [Some(value), low, high]
}

const fn of(found: &Sensitivity, influence: &Influence) -> &'static str {
    match (influence.of_emptiness, found.of_logarithms) {
        (true, _) => "empty",
        (false, true) => "logarithm",
        (false, false) => "value",
    }
}

/// Everything that the tables say, as JSON. Nothing in it differs between two equal
/// sensitivities.
pub fn json(found: &Sensitivity, command: &str, program: &Program) -> String {
    let finite = |value: f64| value.is_finite().then_some(value);
    let measures = found.influences.iter().map(|influence| {
        let shares = influence.shares.as_ref();
        json!({
            "measure": influence.measure.name,
            "of": of(found, influence),
            "mean": shares.map(|of| of.mean).or(influence.screening.as_ref().map(|of| of.mean)).and_then(finite),
            "deviation": shares.and_then(|of| finite(of.deviation)),
        })
    });
    let inputs = found.ranges.iter().map(|range| json!({ "key": range.key, "range": range.to_string() }));
    let left_out = found.left_out.iter().map(|it| json!({ "key": it.key, "reason": it.reason }));
    let value = json!({
        "program": program,
        "command": command,
        "scenario": found.name,
        "seed": found.seed,
        "repetitions": found.repetitions,
        "answer": answer(found),
        "complete": !found.is_cut_short(),
        "inputs": inputs.collect::<Vec<_>>(),
        "left_out": left_out.collect::<Vec<_>>(),
        "measures": measures.collect::<Vec<_>>(),
        "indices": rows(found),
    });
    serde_json::to_string_pretty(&value).expect("plain data") + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::sample::sensitivity;
    use super::*;
    use serde_json::Value;

    #[test]
    fn there_is_a_row_for_each_input_and_the_seed() {
        let rows = rows(&sensitivity());
        assert_eq!(rows.len(), 2 * 4);
        let seed = &rows[3];
        assert_eq!((seed.input.as_str(), seed.by_shares, seed.mu_star), (ANOTHER_SEED, None, None));
        assert_eq!((rows[0].first, rows[0].by_shares), (Some(0.6), Some(Bearing::Alone)));
        assert_eq!((rows[2].total, rows[2].by_screening), (Some(0.0), Some(Bearing::None)));
        assert_eq!((rows[4].of, rows[4].pairs_left_out), ("empty", Some(0)));
        assert_eq!((rows[0].of, rows[0].pairs, rows[0].pairs_left_out), ("value", Some(60), Some(4)));
    }

    #[test]
    fn json_says_what_the_tables_say() {
        let value: Value = serde_json::from_str(&json(&sensitivity(), "codexsim x", &Program::this())).unwrap();
        assert_eq!(value["answer"], serde_json::json!(answer(&sensitivity())));
        assert_eq!((&value["complete"], &value["inputs"][1]["range"]), (&true.into(), &"1 ms..20 ms".into()));
        assert_eq!(value["indices"][0]["by_shares"], "alone");
        assert_eq!(value["measures"][0]["mean"], 100.0);
    }
}
