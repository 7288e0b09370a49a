//! Why a run takes as long as it does.

use super::document::{Document, Grid, GridColumn};
use super::human;
use crate::study::{Reason, Reasons, Resource, Who};

/// What leechers were held back by beside how much a tenth more would help.
pub fn reasons(name: &str, found: &Reasons) -> Document {
    let [slowest, median] = &found.time_s;
    let mut document = Document::new(format!("Why {name} takes as long as it does"));
    document.answer(vec![
        format!(
            "{name}: slowest leecher {}, median leecher {} (means over {} seeds)",
            human::seconds(slowest.mean),
            human::seconds(median.mean),
            found.seeds
        ),
        gain(found),
    ]);
    let [a, b, c, d, e, f] =
        ["slowest: elasticity", "seen", "", "median: elasticity", "seen", ""].map(GridColumn::numbers);
    let mut grid = Grid::new([GridColumn::words(""), a, b, c, d, e, f]);
    found.reasons.iter().for_each(|reason| grid.row(row(reason)));
    for (constraint, [slowest, median]) in &found.others {
        let (none, name) = (String::new(), constraint.name().to_owned());
        grid.row([name, none.clone(), share(*slowest), none.clone(), none.clone(), share(*median), none]);
    }
    document.grid(grid);
    document.paragraph(
        "elasticity: 1 means that a tenth more of it makes the time a tenth shorter; with its 95 % interval over \
         seeds\nseen: share of the time in which a leecher was seen to be held back by it",
    );
    document.list(disagreements(found));
    if found.incomplete > 0 {
        document.warning(format!("{} seeds were left out: not everybody completed", found.incomplete));
    }
    document
}

fn row(reason: &Reason) -> [String; 7] {
    let side = |who: Who| {
        let elasticity = reason.elasticity.as_ref().map_or("no end of it".into(), |of| {
            let summary = &of[who as usize];
            summary.ci95.map_or(format!("{:.2}", summary.mean), |half| format!("{:.2} +- {half:.2}", summary.mean))
        });
        let seen = reason.share.map_or(String::new(), |of| share(of[who as usize]));
        [elasticity, seen, if reason.disagrees(who) { "!".into() } else { String::new() }]
    };
    let [a, b, c] = side(Who::Slowest);
    let [d, e, f] = side(Who::Median);
    [reason.resource.words().into(), a, b, c, d, e, f]
}

fn share(value: f64) -> String {
    format!("{value:.2}")
}

/// Both links together have to help so much more than either alone to be told in its place.
const TOGETHER: f64 = 0.05;

/// What limits the run.
fn gain(found: &Reasons) -> String {
    let surely = found.reasons.iter().filter(|r| r.resource != Resource::All).filter_map(|r| {
        let slowest = &r.elasticity.as_ref()?[Who::Slowest as usize];
        (slowest.mean > slowest.ci95.unwrap_or(0.0)).then_some((r.resource, slowest.mean))
    });
    let weight = |(resource, mean): &(Resource, f64)| mean - if *resource == Resource::Links { TOGETHER } else { 0.0 };
    match surely.max_by(|a, b| weight(a).total_cmp(&weight(b))) {
        Some((resource, mean)) => format!("the slowest leecher gains most from: {} ({mean:.2})", resource.words()),
        None => "no resource alone surely helps the slowest leecher; more seeds may tell".into(),
    }
}

/// Where the two ways of asking disagree.
fn disagreements(found: &Reasons) -> Vec<String> {
    let mut told = Vec::new();
    let all = found.reasons.iter().find(|r| r.resource == Resource::All);
    if all.is_some_and(|all| all.disagrees(Who::Slowest) || all.disagrees(Who::Median)) {
        told.push(
            "! all of these: more of everything should only change the unit of time. Something has a clock of its own, \
             or the run is so finely balanced that chance decides: mind the single elasticities"
                .into(),
        );
    }
    for reason in found.reasons.iter().filter(|r| r.resource != Resource::All) {
        for (who, name) in [(Who::Slowest, "slowest"), (Who::Median, "median")] {
            if reason.disagrees(who) {
                told.push(format!(
                    "! {}: what the {name} leecher was seen waiting for and what would help it differ by more than 0.1 \
                     and the interval",
                    reason.resource.words()
                ));
            }
        }
    }
    told
}
