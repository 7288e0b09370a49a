//! A graph of points and wires.

use super::svg::{Anchor, Drawing, Flow, escaped};
use super::{COLOURS, LINE, WORDS};

/// A graph, drawn by the places of its points where all have one, else so that points
/// with a wire are near each other.
#[derive(Debug, Clone, Default)]
pub struct Wires {
    /// The points.
    pub points: Vec<WiresPoint>,
    /// The wires.
    pub wires: Vec<Wire>,
    /// Names of the kinds of points, for the legend.
    pub kinds: Vec<String>,
}

/// A point of a drawing.
#[derive(Debug, Clone)]
pub struct WiresPoint {
    /// Its name.
    pub name: String,
    /// Its kind, which decides the colour; grey without.
    pub kind: Option<usize>,
    /// Hosts at it; it is a small square without.
    pub hosts: u32,
    /// Latitude and longitude.
    pub place: Option<[f64; 2]>,
}

/// A wire of a drawing.
#[derive(Debug, Clone)]
pub struct Wire {
    /// Indices of its two points.
    pub ends: (usize, usize),
    /// How wide it is, 0 to 1.
    pub width: f64,
    /// How full it is, 0 to 1, which decides the colour; grey without.
    pub busy: Option<f64>,
    /// What is told when one points at it.
    pub title: String,
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 520.0;
const EDGE: f64 = 40.0;
/// Points whose names there is room for.
const NAMED: usize = 40;
/// Points for which springs are let work; more would take too long, and show nothing.
const SPRUNG: usize = 600;
const ROUNDS: usize = 300;

impl Wires {
    /// The drawing as an `<svg>` element.
    pub fn svg(&self) -> String {
        let places = self.places();
        let mut drawing = Drawing::default();
        for wire in &self.wires {
            let (from, to) = (places[wire.ends.0], places[wire.ends.1]);
            let (width, colour) = (1.0 + 5.0 * wire.width, wire.busy.map_or(LINE.to_owned(), heat));
            let title = escaped(&wire.title);
            let place = format!("x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"", from.0, from.1, to.0, to.1);
            let style = format!("stroke=\"{colour}\" stroke-width=\"{width:.1}\" stroke-opacity=\"0.7\"");
            drawing.raw(&format!("<line {place} {style}><title>{title}</title></line>\n"));
        }
        for (point, (x, y)) in self.points.iter().zip(&places) {
            let colour = point.kind.map_or("#888", |kind| COLOURS[kind % COLOURS.len()]);
            let style = format!("fill=\"{colour}\" stroke=\"#fff\"");
            if point.hosts == 0 {
                let size = format!("x=\"{:.1}\" y=\"{:.1}\" width=\"8\" height=\"8\"", x - 4.0, y - 4.0);
                drawing.element("rect", &format!("{size} {style}"));
            } else {
                let radius = 3.0 + 2.0 * f64::from(point.hosts).sqrt().min(8.0);
                drawing.element("circle", &format!("cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" {style}"));
            }
            if self.points.len() <= NAMED {
                drawing.text((*x, y - 14.0), WORDS, Anchor::Middle, &point.name);
            }
        }
        let mut flow = Flow::new((EDGE, HEIGHT + 10.0), WIDTH - EDGE);
        for (kind, name) in self.kinds.iter().enumerate() {
            let (x, y) = flow.next(18.0, name);
            let colour = COLOURS[kind % COLOURS.len()];
            drawing.element("circle", &format!("cx=\"{:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"{colour}\"", x + 6.0));
            drawing.text((x + 18.0, y), WORDS, Anchor::Start, name);
        }
        let bottom = if self.kinds.is_empty() { HEIGHT } else { flow.bottom() };
        drawing.finish(WIDTH, bottom)
    }

    /// Where each point is on the page.
    fn places(&self) -> Vec<(f64, f64)> {
        let on_earth: Option<Vec<(f64, f64)>> =
            self.points.iter().map(|point| point.place.map(|[latitude, longitude]| (longitude, -latitude))).collect();
        fit(on_earth.unwrap_or_else(|| self.springs()))
    }

    /// Places by springs (Fruchterman & Reingold 1991), from a circle, always the same.
    fn springs(&self) -> Vec<(f64, f64)> {
        let n = self.points.len();
        let angle = |at: usize| std::f64::consts::TAU * at as f64 / n.max(1) as f64;
        let mut places: Vec<(f64, f64)> = (0..n).map(|at| (libm::cos(angle(at)), libm::sin(angle(at)))).collect();
        if n > SPRUNG {
            return places;
        }
        let near = 1.0 / (n as f64).sqrt();
        for round in 0..ROUNDS {
            let mut moves = vec![(0.0, 0.0); n];
            for a in 0..n {
                for b in a + 1..n {
                    push(&places, &mut moves, (a, b), |distance| near * near / distance);
                }
            }
            for Wire { ends: (a, b), .. } in self.wires.iter().filter(|wire| wire.ends.0 != wire.ends.1) {
                push(&places, &mut moves, (*a, *b), |distance| -distance * distance / near);
            }
            let most = 0.2 * (1.0 - round as f64 / ROUNDS as f64);
            for (place, (x, y)) in places.iter_mut().zip(moves) {
                let length = libm::hypot(x, y).max(1e-9);
                let step = length.min(most) / length;
                *place = (place.0 + x * step, place.1 + y * step);
            }
        }
        places
    }
}

/// Moves two points apart by a force that goes with their distance.
fn push(places: &[(f64, f64)], moves: &mut [(f64, f64)], (a, b): (usize, usize), force: impl Fn(f64) -> f64) {
    let (dx, dy) = (places[a].0 - places[b].0, places[a].1 - places[b].1);
    let distance = libm::hypot(dx, dy).max(1e-3);
    let by = force(distance) / distance;
    moves[a] = (moves[a].0 + dx * by, moves[a].1 + dy * by);
    moves[b] = (moves[b].0 - dx * by, moves[b].1 - dy * by);
}

/// Puts places into the middle of the page, as large as there is room for, and does not distort
/// them.
fn fit(places: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let range = |of: fn(&(f64, f64)) -> f64| {
        places.iter().map(of).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)))
    };
    let (x, y) = (range(|p| p.0), range(|p| p.1));
    let room = |(low, high): (f64, f64), size: f64| (size - 2.0 * EDGE) / (high - low).max(1e-9);
    let scale = room(x, WIDTH).min(room(y, HEIGHT));
    let onto = |value: f64, (low, high): (f64, f64), size: f64| size / 2.0 + (value - (low + high) / 2.0) * scale;
    places.iter().map(|place| (onto(place.0, x, WIDTH), onto(place.1, y, HEIGHT))).collect()
}

/// From blue, idle, over yellow to red, full.
fn heat(busy: f64) -> String {
    const STOPS: [[f64; 3]; 3] = [[86.0, 180.0, 233.0], [230.0, 159.0, 0.0], [213.0, 0.0, 0.0]];
    let at = busy.clamp(0.0, 1.0) * 2.0;
    let (from, to) = if at < 1.0 { (STOPS[0], STOPS[1]) } else { (STOPS[1], STOPS[2]) };
    let part = if at < 1.0 { at } else { at - 1.0 };
    let mix = |i: usize| (from[i] + (to[i] - from[i]) * part) as u8;
    format!("#{:02x}{:02x}{:02x}", mix(0), mix(1), mix(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn star(places: bool) -> Wires {
        let point = |at: usize| WiresPoint {
            name: format!("<p{at}>"),
            kind: Some(at),
            hosts: at as u32,
            place: places.then_some([at as f64, 10.0 * at as f64]),
        };
        let wire = |to: usize| Wire { ends: (0, to), width: 0.5, busy: Some(0.5), title: "a & b".into() };
        Wires { points: (0..4).map(point).collect(), wires: (1..4).map(wire).collect(), kinds: vec!["EU".into()] }
    }

    #[test]
    fn points_with_a_wire_are_nearer_than_others() {
        let wires = star(false);
        let places = wires.places();
        let far = |a: usize, b: usize| libm::hypot(places[a].0 - places[b].0, places[a].1 - places[b].1);
        assert!((1..4).all(|at| far(0, at) < far(1, 2).min(far(2, 3)).min(far(1, 3))), "{places:?}");
        assert_eq!(wires.svg(), star(false).svg(), "always the same");
    }

    #[test]
    fn places_on_earth_are_kept_and_names_escaped() {
        let wires = star(true);
        let places = wires.places();
        assert!(places.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 > pair[1].1), "north is up");
        let svg = wires.svg();
        assert!(svg.contains("&lt;p1&gt;") && svg.contains("a &amp; b") && svg.contains(&heat(0.5)), "{svg}");
    }

    #[test]
    fn full_is_red() {
        assert_eq!([heat(0.0), heat(0.5), heat(1.0)], ["#56b4e9", "#e69f00", "#d50000"]);
    }
}
