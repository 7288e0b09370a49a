//! The figures.

use super::super::document::Picture;
use super::super::figure::{AxisScale, Chart, ChartAxis, ChartPoint, Mark};
use super::super::human::tick;
use super::super::words::{duration, rate, size};
use super::tables::{ANOTHER_SEED, ranked};
use super::words::title;
use crate::results::Unit;
use crate::study::{Estimate, Influence, Screening, Sensitivity, Shares};

/// Shares of the variance with their intervals, and the noise floor; nothing where all is alike.
pub(super) fn shares(found: &Sensitivity, influence: &Influence, shares: &Shares) -> Option<Picture> {
    let inputs = shares.inputs.as_deref()?;
    let order = ranked(inputs.iter().map(|input| input.total.value));
    let name = |at: usize| found.ranges.get(at).map_or(ANOTHER_SEED, |range| &range.key);
    let names: Vec<String> = order.iter().map(|at| name(*at).to_owned()).collect();
    let bottom = names.len() as f64 - 0.5;
    let mut chart = Chart::of_rows(names, ChartAxis::new("share of the variance", AxisScale::Linear, tick));
    chart.mark = Mark::Beside;
    let points = |of: fn(&crate::study::Shared) -> Estimate| {
        let point = |(row, at): (usize, &usize)| {
            let Estimate { value, interval } = of(&inputs[*at]);
            ChartPoint { x_range: interval, ..ChartPoint::new(value, row as f64) }
        };
        order.iter().enumerate().map(point).collect()
    };
    chart.points("by itself", points(|input| input.first));
    chart.points("with all others", points(|input| input.total));
    let floor = shares.floor()?.total.value;
    chart.line("noise floor", vec![(floor, -0.5), (floor, bottom)]);
    let mut data = "input,first,first_low,first_high,total,total_low,total_high\n".to_owned();
    for at in &order {
        data += &format!("{},{},{}\n", name(*at), numbers(inputs[*at].first), numbers(inputs[*at].total));
    }
    Some(Picture {
        title: format!("{}: what each input decides", title(found, influence)),
        caption: format!(
            "Of the variance over {} pairs of places, with 95 % intervals. Beyond the line an input does more than another \
             seed does; left of it, only what it decides by itself counts.",
            shares.rows
        ),
        svg: chart.svg(),
        data,
        ..Picture::default()
    })
}

fn numbers(Estimate { value, interval }: Estimate) -> String {
    let (low, high) =
        interval.map_or((String::new(), String::new()), |(low, high)| (low.to_string(), high.to_string()));
    format!("{value},{low},{high}")
}

/// How much each input moves the measure, against how unevenly; nothing without places.
pub(super) fn screening(found: &Sensitivity, influence: &Influence, screening: &Screening) -> Option<Picture> {
    let written = match influence.measure.unit {
        _ if influence.of_emptiness || found.of_logarithms => tick,
        Unit::Seconds => duration,
        Unit::Bytes => size,
        Unit::BitsPerSecond => rate,
        _ => tick,
    };
    let axis = |name: &str| ChartAxis::new(name, AxisScale::Linear, written);
    let mut chart = Chart::plane(axis("mu*: how much"), axis("sigma: how unevenly"));
    let mut data = "input,mu_star,mu_star_low,mu_star_high,sigma,floor\n".to_owned();
    for at in ranked(screening.inputs.iter().map(|input| input.mu_star.value)) {
        let (input, key) = (&screening.inputs[at], &found.ranges[at].key);
        let point = ChartPoint { x_range: input.mu_star.interval, ..ChartPoint::new(input.mu_star.value, input.sigma) };
        chart.points(key, vec![point]);
        data += &format!("{key},{},{},{}\n", numbers(input.mu_star), input.sigma, input.floor);
    }
    let most = |of: fn(&crate::study::Screened) -> f64| screening.inputs.iter().map(of).reduce(f64::max);
    let (mu_star, sigma, floor) =
        (most(|input| input.mu_star.value)?, most(|input| input.sigma)?, most(|input| input.floor)?);
    chart.line("noise floor", vec![(floor, 0.0), (floor, sigma)]);
    let even = mu_star.min(sigma);
    chart.line("sigma = mu*", vec![(0.0, 0.0), (even, even)]);
    Some(Picture {
        title: format!("{}: one step of each input", title(found, influence)),
        caption: format!(
            "From {} places, with 95 % intervals. Far right: it matters. High up: it matters through others, or not \
             evenly. Left of the line (the largest floor of any input): no more than another seed.",
            screening.rows
        ),
        svg: chart.svg(),
        data,
        ..Picture::default()
    })
}
