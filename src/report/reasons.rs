//! Why a run takes as long as it does, for the terminal.

use super::human;
use super::terminal::{plain, right, show};
use crate::study::{Reason, Reasons, Resource, Who};

/// What leechers were held back by beside how much a tenth more would help.
pub fn reasons_report(name: &str, found: &Reasons) -> String {
    let [slowest, median] = &found.time_s;
    let mut text = format!(
        "{name}: slowest leecher {}, median leecher {} (means over {} seeds)\n\n",
        human::seconds(slowest.mean),
        human::seconds(median.mean),
        found.seeds
    );
    let titles = ["", "slowest: elasticity", "seen", "", "median: elasticity", "seen", ""];
    let mut table = plain(&titles);
    found.reasons.iter().for_each(|reason| {
        table.add_row(row(reason));
    });
    for (constraint, [slowest, median]) in &found.others {
        let (none, name) = (String::new(), constraint.name().to_owned());
        table.add_row([name, none.clone(), share(*slowest), none.clone(), none.clone(), share(*median), none]);
    }
    right(&mut table, 1);
    text += &show(&table);
    text += "\nelasticity: 1 means that a tenth more of it makes the time a tenth shorter; with its 95 % interval over \
             seeds\nseen: share of the time in which a leecher was seen to be held back by it\n";
    text += &verdicts(found);
    if found.incomplete > 0 {
        text += &format!("{} seeds were left out: not everybody completed\n", found.incomplete);
    }
    text
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

/// In words what limits the run, and where the two ways of asking disagree.
fn verdicts(found: &Reasons) -> String {
    let mut text = String::new();
    let each = found.reasons.iter().filter(|r| !matches!(r.resource, Resource::All));
    let surely = each.filter_map(|r| {
        let slowest = &r.elasticity.as_ref()?[Who::Slowest as usize];
        (slowest.mean > slowest.ci95.unwrap_or(0.0)).then_some((r.resource, slowest.mean))
    });
    text += &match surely.max_by(|a, b| a.1.total_cmp(&b.1)) {
        Some((resource, mean)) => format!("the slowest leecher gains most from: {} ({mean:.2})\n", resource.words()),
        None => "no resource alone surely helps the slowest leecher; more seeds may tell\n".into(),
    };
    for reason in &found.reasons {
        for (who, name) in [(Who::Slowest, "slowest"), (Who::Median, "median")] {
            if reason.disagrees(who) {
                text += &format!(
                    "! {}: what the {name} leecher was seen waiting for and what would help it differ by more than 0.1 \
                     and the interval\n",
                    reason.resource.words()
                );
            }
        }
    }
    text
}
