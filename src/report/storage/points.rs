//! The points of a study of storage: a line for each.

use super::super::document::{Grid, GridColumn};
use super::super::human::{self, Scale};
use super::words::{interval, probability};
use crate::results::StorageRow;
use crate::study::{Loss, StoragePoint, StoragePoints, TradeOffs};

/// A column of the table: its measure, its title, where it goes when not all fit, and how
/// its values are written.
struct Quantity {
    of: fn(&StorageRow) -> Option<f64>,
    title: &'static str,
    rank: u8,
    show: Show,
}

/// How the values of a column are written.
enum Show {
    Probability,
    Plain(usize),
    Ratio,
    Percent,
    Seconds,
}

const QUANTITIES: [Quantity; 8] = [
    Quantity { of: |row| row.datasets_lost, title: "lost", rank: 6, show: Show::Plain(2) },
    Quantity { of: |row| Some(row.overhead), title: "overhead", rank: 2, show: Show::Plain(2) },
    Quantity { of: |row| row.repair_per_stored_byte_year, title: "repair B/B/year", rank: 2, show: Show::Ratio },
    Quantity { of: |row| row.time_to_repair_median_s, title: "time to repair", rank: 4, show: Show::Seconds },
    Quantity { of: in_vain, title: "in vain", rank: 8, show: Show::Percent },
    Quantity { of: |row| row.unreadable_share, title: "unreadable", rank: 5, show: Show::Probability },
    Quantity { of: |row| row.chain_use, title: "of chain", rank: 7, show: Show::Percent },
    Quantity { of: |row| row.fill_s, title: "time to fill", rank: 4, show: Show::Seconds },
];

/// The share of repair traffic that was for slots that were only away, for repairs that were
/// given up, or by hosts that came second.
fn in_vain(row: &StorageRow) -> Option<f64> {
    let all = row.repair_bytes.filter(|bytes| *bytes > 0.0)?;
    Some((row.unneeded_bytes? + row.given_up_bytes? + row.raced_bytes?) / all)
}

/// A column of losses: its title, where it goes when not all fit, and its text.
type LossColumn = (&'static str, u8, fn(&StoragePoint) -> Option<String>);

/// Where a key goes when not all fit whose value the name of a point tells.
const TOLD_BY_NAME: u8 = 9;

const LOSSES: [LossColumn; 4] = [
    ("a dataset is lost", 0, |point| point.dataset_loss().map(|of| number(&of))),
    ("95 % interval", 5, |point| point.dataset_loss().map(|of| interval(of.interval))),
    ("nines a year", 1, |point| point.dataset_loss().and_then(|of| nines(&of))),
    ("any is lost", 3, any_loss),
];

/// An upper bound above this says next to nothing.
const TOLD: f64 = 0.95;

/// Of what is only known within bounds, the upper one where that says something.
fn any_loss(point: &StoragePoint) -> Option<String> {
    let of = point.any_loss()?;
    let bounded = point.runs.iter().any(|row| row.any_loss_by.as_deref() == Some("bounds"));
    let bound = format!("< {}", probability(of.interval.1));
    if bounded { Some(bound).filter(|_| of.interval.1 <= TOLD) } else { Some(number(&of)) }
}

/// Of what was not seen, the most that it may be.
fn number(of: &Loss) -> String {
    if of.is_unseen() { format!("< {}", probability(of.interval.1)) } else { probability(of.probability) }
}

fn nines(of: &Loss) -> Option<String> {
    let seen = of.nines().map(|nines| format!("{nines:.1}"));
    seen.or_else(|| of.fewest_nines().map(|fewest| format!("> {fewest:.1}")))
}

/// A line for each point. Columns in which no point has a value are left out.
pub fn table(of: &StoragePoints) -> Grid {
    let points = &of.points;
    let losses = LOSSES.map(|(title, rank, text)| (title, rank, points.iter().map(text).collect::<Vec<_>>()));
    let columns = QUANTITIES.map(|quantity| {
        let values: Vec<Option<f64>> = points.iter().map(|point| point.median(quantity.of)).collect();
        (quantity.title, quantity.rank, written(&quantity.show, &values))
    });
    let known = |(_, _, texts): &(&str, u8, Vec<Option<String>>)| texts.iter().any(Option::is_some);
    let columns: Vec<_> = losses.into_iter().chain(columns).filter(known).collect();
    let standings = (points.len() > 1).then(|| TradeOffs::of(of));
    let told = of.told();
    let head = |(at, key): (usize, &String)| {
        let column = GridColumn::words(key);
        if told.contains(&at) { column } else { column.ranked(TOLD_BY_NAME) }
    };
    let heads = of.keys.iter().enumerate().map(head);
    let runs = GridColumn::numbers("runs").ranked(9);
    let titles = columns.iter().map(|(title, rank, _)| GridColumn::numbers(*title).ranked(*rank));
    let trade = standings.iter().map(|_| GridColumn::words("trade-off").ranked(4));
    let mut grid = Grid::new(heads.chain([runs]).chain(titles).chain(trade));
    for (at, point) in points.iter().enumerate() {
        let numbers = columns.iter().map(|(_, _, texts)| texts[at].clone().unwrap_or("-".into()));
        let standing = standings.iter().map(|all| standing(all, at));
        grid.row(point.values.iter().cloned().chain([point.runs.len().to_string()]).chain(numbers).chain(standing));
    }
    grid
}

/// On which ladder a point stands, or that it is beaten.
fn standing(all: &TradeOffs, at: usize) -> String {
    let on = |(ladder, name): (&Vec<usize>, &'static str)| ladder.contains(&at).then_some(name);
    let ladders: Vec<&str> = all.ladders.iter().zip(["space", "traffic"]).filter_map(on).collect();
    match (ladders.is_empty(), all.beaten[at]) {
        (_, true) => "beaten".into(),
        (false, false) => ladders.join(", "),
        (true, false) => "-".into(),
    }
}

/// What stands in the table.
pub fn note(of: &StoragePoints) -> String {
    let mut note =
        "Losses are within the horizon: means over runs, and so are the ends of intervals; < and > where no \
                    loss was seen, or where only bounds are known (- where these say \
                    nothing). All else are medians over runs; in vain is the \
                    traffic for slots that were only away, for repairs that were given up, and by hosts that came second."
            .to_owned();
    if of.points.len() > 1 {
        note += " Trade-off: space and traffic for the points that take more of it than the one before and surely lose \
                 less, beginning with the least; beaten where another surely loses less and takes no more of either.";
    }
    note
}

fn written(show: &Show, values: &[Option<f64>]) -> Vec<Option<String>> {
    let seconds = Scale::seconds(values.iter().copied().flatten());
    let text = |value: f64| match show {
        Show::Probability => probability(value),
        Show::Plain(digits) => format!("{value:.digits$}"),
        Show::Ratio => human::ratio(value),
        Show::Percent => format!("{:.1} %", value * 100.0),
        Show::Seconds => format!("{} {}", seconds.show(value), seconds.unit),
    };
    values.iter().map(|value| value.map(text)).collect()
}
