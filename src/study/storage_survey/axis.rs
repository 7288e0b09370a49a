//! A swept key of a study of storage.

use super::super::survey::{AxisValue, SurveyAxis};
use crate::results::Unit;
use std::collections::BTreeSet;

/// A key with its value at each point.
#[derive(Debug, Clone, PartialEq)]
pub struct StorageAxis {
    /// Its dotted name.
    pub key: String,
    /// What its numbers count.
    pub unit: Unit,
    /// Its values, point by point.
    pub values: Vec<AxisValue>,
}

impl StorageAxis {
    pub(super) fn of<'a>(key: &str, texts: impl Iterator<Item = &'a str> + Clone) -> StorageAxis {
        let SurveyAxis { unit, .. } = SurveyAxis::of_values(key, texts.clone());
        StorageAxis { key: key.into(), unit, values: texts.map(AxisValue::read).collect() }
    }

    /// Whether it is of numbers, of which there are several.
    pub fn is_of_numbers(&self) -> bool {
        self.values.iter().all(|value| value.number.is_some()) && self.steps().len() > 1
    }

    /// Each value once: by size where all are numbers, else in the order of the study.
    pub fn steps(&self) -> Vec<&AxisValue> {
        let mut seen = BTreeSet::new();
        let mut steps: Vec<&AxisValue> = self.values.iter().filter(|value| seen.insert(&value.text)).collect();
        let number = |value: &AxisValue| value.number.unwrap_or(f64::NAN);
        if steps.iter().all(|value| value.number.is_some()) {
            steps.sort_by(|a, b| number(a).total_cmp(&number(b)));
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_in_their_order_and_words_in_that_of_the_study() {
        let of = |texts: &[&str]| StorageAxis::of("k", texts.iter().copied());
        let told = |axis: &StorageAxis| axis.steps().iter().map(|value| value.text.clone()).collect::<Vec<_>>();
        let spans = of(&["2 d", "1 h", "2 d", "12 h"]);
        assert_eq!((told(&spans), spans.unit), (["1 h", "12 h", "2 d"].map(str::to_owned).to_vec(), Unit::Seconds));
        assert!(spans.is_of_numbers());
        let words = of(&["spread", "groups", "3"]);
        assert_eq!(told(&words), ["spread", "groups", "3"]);
        assert!(!words.is_of_numbers() && !of(&["3", "3"]).is_of_numbers());
    }
}
