//! What a reader of a study of storage wants first.

use super::super::human;
use super::words::{costs, loss, name, nines, nines_alone, of_a_host, probability};
use crate::study::{Loss, StorageParts, StoragePoint, StoragePoints, TradeOffs, spread};

/// Points that a line names.
const MOST_NAMED: usize = 4;

/// The answer, the most important line first.
pub fn lines(points: &StoragePoints, parts: &[StorageParts]) -> Vec<String> {
    match points.points.as_slice() {
        [] => vec![],
        [one] => of_one(one, parts),
        _ => of_many(points),
    }
}

/// How likely is a loss, what does keeping the data cost, what binds.
fn of_one(point: &StoragePoint, parts: &[StorageParts]) -> Vec<String> {
    let Some(row) = point.runs.first() else { return vec!["No run came to its end.".into()] };
    let within = human::seconds(row.horizon_s);
    let by = row.unit_loss_by.as_ref().map_or(String::new(), |by| format!(", by {by}"));
    let dataset = point.dataset_loss().map(|of| match of.is_unseen() {
        true => format!(
            "No loss of a dataset within {within} was seen: at most {}, so {}{by}.",
            probability(of.interval.1),
            nines(&of)
        ),
        false => format!("A dataset is lost within {within} with probability {}: {}{by}.", loss(&of), nines(&of)),
    });
    let any = point.any_loss().map(|of| any(row.datasets, &of, row.any_loss_by.as_deref()));
    let link = parts.first().and_then(|part| part.hosts.first()).map(|host| host.down_bps.0);
    let costs = costs(point).map(|costs| {
        let mean = point.median(|row| row.repair_per_host_bps).map(|mean| of_a_host(mean, link));
        format!("It costs {costs}{}.", mean.map_or(String::new(), |words| format!("; a host moves {words}")))
    });
    let binds = row.binds.as_ref().map(|binds| match binds.as_str() {
        "nothing" => "Nothing holds repairs back.".to_owned(),
        binds => format!("What holds repairs back the longest: {binds}."),
    });
    [dataset.or(Some("How likely a loss is was not found: the run did not come to its end.".into())), any, costs, binds]
        .into_iter()
        .flatten()
        .collect()
}

fn any(datasets: u32, of: &Loss, by: Option<&str>) -> String {
    match by {
        Some("bounds") => {
            let (low, high) = (probability(of.interval.0), probability(of.interval.1));
            format!("That any of the {datasets} is lost lies between {low} and {high}: datasets share hosts.")
        }
        by => {
            let by = by.map_or(String::new(), |by| format!(", by {by}"));
            format!("Any of the {datasets} is lost with probability {}{by}.", loss(of))
        }
    }
}

/// Who loses the least, what is worth its costs, where losses are to be expected.
fn of_many(points: &StoragePoints) -> Vec<String> {
    let standings = TradeOffs::of(points);
    let [by_space, by_traffic] = &standings.ladders;
    let space = ladder(points, by_space, |[overhead, _]| format!("{overhead:.2} B stored"));
    let traffic = ladder(points, by_traffic, |[_, repair]| format!("{} B a year", human::ratio(repair)));
    let ladders = [
        space.map(|rungs| format!("More space for fewer losses, each surely fewer than the one before: {rungs}.")),
        traffic.map(|rungs| format!("More repair traffic for fewer losses, likewise: {rungs}.")),
    ];
    let losing = standings.losing.as_slice();
    let named: Vec<String> = losing.iter().take(MOST_NAMED).map(|at| name(points, *at)).collect();
    let more = more(losing.len()).map_or(String::new(), |more| format!("; {more}"));
    let expected = (!losing.is_empty()).then(|| {
        let (some, all) = (losing.len(), points.points.len());
        format!("One dataset or more is lost in the mean at {some} of {all} points: {}{more}.", named.join("; "))
    });
    [safest(points, &standings)].into_iter().chain(ladders.into_iter().flatten()).chain(expected).collect()
}

/// The rungs of a ladder with what they cost for each byte; nothing where there is but one.
fn ladder(points: &StoragePoints, rungs: &[usize], cost: impl Fn([f64; 2]) -> String) -> Option<String> {
    let told = |at: &usize| {
        let point = &points.points[*at];
        let nines = point.dataset_loss().map_or("-".into(), |of| nines_alone(&of));
        format!("{} ({}, {nines})", name(points, *at), point.costs().map_or("-".into(), &cost))
    };
    // Of a long ladder both ends, and some between.
    let shown: Vec<String> = spread(rungs.len(), MOST_NAMED).into_iter().map(|at| told(&rungs[at])).collect();
    let rest =
        if rungs.len() > MOST_NAMED { format!(" ({} more between)", rungs.len() - MOST_NAMED) } else { String::new() };
    (rungs.len() > 1).then(|| shown.join("; ") + &rest)
}

fn more(all: usize) -> Option<String> {
    (all > MOST_NAMED).then(|| format!("and {} more", all - MOST_NAMED))
}

fn safest(points: &StoragePoints, standings: &TradeOffs) -> String {
    let known = points.points.iter().filter(|point| point.dataset_loss().is_some()).count();
    match standings.safest.as_slice() {
        [] => "No point has an estimate of its losses.".into(),
        [one] => format!("The fewest losses of {known} points: {}.", told(points, *one)),
        several => {
            let unseen = several.iter().all(|at| points.points[*at].dataset_loss().is_some_and(|of| of.is_unseen()));
            let why = if unseen { "none was seen at any of them" } else { "their intervals overlap" };
            format!(
                "{} of {known} points may be the one with the fewest losses, {why}. The one of them that takes the least \
                 space: {}.",
                several.len(),
                told(points, several[0])
            )
        }
    }
}

/// A point with what is known of it.
fn told(points: &StoragePoints, at: usize) -> String {
    let point = &points.points[at];
    let of = [point.dataset_loss().map(|of| nines(&of)), costs(point)].into_iter().flatten().collect::<Vec<_>>();
    format!("{}: {}", name(points, at), of.join(", "))
}

/// What the answer takes for granted.
pub fn terms(points: &StoragePoints) -> String {
    let ranked = match points.points.len() {
        0 | 1 => "",
        _ => " Points whose intervals overlap are not ranked.",
    };
    format!("Losses are within the horizon, nines those of a dataset in a year, intervals of 95 %.{ranked}")
}
