//! What losses, costs and points are called.

use super::super::human;
use super::super::words::{self, fact};
use crate::results::StorageRow;
use crate::study::{Loss, StoragePoint, StoragePoints};

/// A probability with three digits: `0.0163`, `1.63e-5`, `0`.
pub fn probability(value: f64) -> String {
    match value {
        0.0 => "0".into(),
        v if v < 9.995e-4 => format!("{v:.2e}"),
        v if v < 9.995e-3 => format!("{v:.5}"),
        v if v < 9.995e-2 => format!("{v:.4}"),
        v if v < 0.9995 => format!("{v:.3}"),
        v if v < 1.0 => "1 - ".to_owned() + &format!("{:.1e}", 1.0 - v),
        _ => "1".into(),
    }
}

/// `1.63e-5 .. 1.9e-5`
pub fn interval((low, high): (f64, f64)) -> String {
    format!("{} .. {}", probability(low), probability(high))
}

/// A probability with its interval.
pub fn with_interval(value: f64, ends: Option<(f64, f64)>) -> String {
    match ends {
        Some((_, high)) if value == 0.0 => format!("none seen, at most {}", probability(high)),
        Some(ends) => format!("{} ({})", probability(value), interval(ends)),
        None => probability(value),
    }
}

/// A probability of loss with its interval; of what was not seen, how likely it is at most.
pub fn loss(of: &Loss) -> String {
    with_interval(of.probability, Some(of.interval))
}

/// Nines a year with their interval.
pub fn nines(of: &Loss) -> String {
    let number = |nines: Option<f64>| nines.map(|nines| format!("{nines:.2}"));
    match (number(of.nines()), number(of.fewest_nines()), number(of.most_nines())) {
        (Some(nines), Some(fewest), Some(most)) => format!("{nines} nines a year ({fewest} .. {most})"),
        (Some(nines), Some(fewest), None) => format!("{nines} nines a year ({fewest} or more)"),
        (_, Some(fewest), _) => format!("at least {fewest} nines a year"),
        _ => "no end of nines".into(),
    }
}

/// Nines without their interval: `3.33 nines`.
pub fn nines_alone(of: &Loss) -> String {
    match (of.nines(), of.fewest_nines()) {
        (Some(nines), _) => format!("{nines:.2} nines"),
        (None, Some(fewest)) => format!("at least {fewest:.2} nines"),
        (None, None) => "no end of nines".into(),
    }
}

/// What a point costs: `1.50 B stored and 0.731 B a year moved to repair, for each byte`.
pub fn costs(of: &StoragePoint) -> Option<String> {
    of.costs().map(|[overhead, repair]| {
        format!("{overhead:.2} B stored and {} B a year moved to repair, for each byte", human::ratio(repair))
    })
}

/// What a host moves for repairs in the mean, beside what its downlink could, bit/s.
pub fn of_a_host(mean: f64, link: Option<f64>) -> String {
    let share = link.filter(|link| link.is_finite() && *link > 0.0).map(|link| {
        let share = 100.0 * mean / link;
        let share = if share < 5e-4 { "less than 0.001".into() } else { human::ratio(share) };
        format!(", {share} % of its downlink of {}", words::rate(link))
    });
    format!("{} in the mean{}", rate(mean), share.unwrap_or_default())
}

/// A bit rate with three digits.
pub fn rate(bits_per_second: f64) -> String {
    let text = human::count(bits_per_second);
    if text.contains(' ') { format!("{text}bit/s") } else { format!("{text} bit/s") }
}

/// A point by the values of its keys; by its system, where there are none.
pub fn name(points: &StoragePoints, at: usize) -> String {
    let point = &points.points[at];
    let told = points.told().into_iter().map(|key| (points.keys[key].as_str(), &point.values[key]));
    let told = told.filter(|(_, value)| !value.is_empty()).map(|(key, value)| match key {
        "system" | "name" => value.clone(),
        _ => fact(key, value),
    });
    let told: Vec<String> = told.collect();
    match (told.is_empty(), points.keys.is_empty()) {
        (false, _) => told.join(", "),
        (true, false) => "the base".into(),
        (true, true) => point.runs.first().map_or(String::new(), |row| row.system.clone()),
    }
}

/// What was run, in a line.
pub fn title(row: &StorageRow) -> String {
    format!("{}: {}, seed {}", row.scenario, setting(row), row.seed)
}

/// Data, code, hosts, system and horizon.
pub fn setting(row: &StorageRow) -> String {
    let size = human::bytes(row.dataset_bytes as f64);
    let ages = match row.host_ages.as_str() {
        "memoryless" => "lives without memory".into(),
        ages => format!("{ages} host ages"),
    };
    let units = match row.units_per_dataset {
        1 => String::new(),
        units => format!(", {} units each", human::count(units as f64)),
    };
    format!(
        "{} datasets of {size}{units}, any {} of {} slots bring back {}, {} hosts, {}, for {}, {ages}",
        row.datasets,
        row.k,
        row.n,
        if row.units_per_dataset > 1 { "a unit" } else { "one" },
        row.hosts,
        row.system,
        human::seconds(row.horizon_s)
    )
}

/// The unit for a stretch of time on an axis, and the seconds of it.
pub fn span(seconds: f64) -> (&'static str, f64) {
    match seconds {
        s if s >= 2.0 * 365.0 * 86_400.0 => ("years", 365.0 * 86_400.0),
        s if s >= 2.0 * 86_400.0 => ("days", 86_400.0),
        s if s >= 2.0 * 3600.0 => ("hours", 3600.0),
        _ => ("s", 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_have_three_digits() {
        let told = [0.0, 1.634e-5, 1.634e-3, 0.01634, 0.25, 0.99999, 1.0].map(probability);
        assert_eq!(told, ["0", "1.63e-5", "0.00163", "0.0163", "0.250", "1 - 1.0e-5", "1"]);
    }
}
