//! Where something changes from holding to not holding, from noisy observations at points
//! that are chosen one after the other. It knows nothing of runs.
//!
//! From the low end it goes on in ever longer steps until the other side is seen, and a
//! little beyond; then it halves. Few observations tell where to go; many are made at the two
//! points alone that the answer rests on, on either side of the limit. What it says is right
//! whatever led there, as each point has its own share of the chance of an error
//! ([`LimitJudge::error`]), and as many points are tried at the most as there are shares.

use super::evidence::{LimitJudge, LimitSide, LimitTally};
use super::ground::LimitGround;

/// Observations that tell where to go, and how many these are where the first do not agree:
/// at one of the first steps, which nothing puts right when it is taken for the other side, and
/// at a middle.
const GLANCES: [(u32, u32); 2] = [(3, 7), (2, 5)];
/// First steps beyond the first on the other side.
const BEYOND: usize = 2;
/// Times that all halvings may be done anew when observations have led astray.
const ROUNDS: usize = 3;

/// A search.
#[derive(Debug, Clone)]
pub struct LimitSearch {
    ground: LimitGround,
    judge: LimitJudge,
    coarse: Vec<f64>,
    /// Points and what was seen there, in order.
    points: Vec<(f64, LimitTally)>,
    most_points: usize,
}

/// What a search found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LimitFinding {
    /// It is not sure on which side the low end is.
    Unknown,
    /// All that was tried, from one end to the other, is on one side; whether the high end
    /// surely is.
    Throughout(LimitSide, bool),
    /// There is a limit.
    Limit(LimitBracket),
}

/// A limit, and where it surely lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LimitBracket {
    /// The side of the low end.
    pub side: LimitSide,
    /// The last point that surely is on that side.
    pub inner: f64,
    /// The first point that surely is not; nothing while none is sure.
    pub outer: Option<f64>,
    /// Where the limit is most likely, between the two.
    pub likely: f64,
}

impl LimitSearch {
    /// Before any observation. With all that it says it is wrong with a chance of at most
    /// `1 - confidence`; of `most_runs` at a point there are as many as can be sure at least.
    pub fn new(ground: LimitGround, share: f64, confidence: f64, most_runs: u32) -> LimitSearch {
        let coarse = ground.coarse();
        let most_points = coarse.len() + ROUNDS * ground.halvings();
        let error = (1.0 - confidence) / most_points as f64;
        let most_runs = most_runs.max(LimitJudge::least(share, error));
        let points = coarse.iter().map(|x| (*x, LimitTally::default())).collect();
        LimitSearch { ground, judge: LimitJudge { share, error, most_runs }, coarse, points, most_points }
    }

    /// Takes all that was seen at `x` so far.
    pub fn saw(&mut self, x: f64, seen: LimitTally) {
        match self.points.binary_search_by(|(at, _)| at.total_cmp(&x)) {
            Ok(at) => self.points[at].1 = seen,
            Err(at) => self.points.insert(at, (x, seen)),
        }
    }

    /// Points and how many observations there have to be at each; nothing when it is done.
    pub fn next(&self) -> Vec<(f64, u32)> {
        let low = self.coarse[0];
        // What is on the other side can only be said when this side is known.
        let Some(side) = self.judge.sure(self.tally(low)) else { return self.insist(low) };
        let (glance, end) = self.grow(side);
        if let Some(glance) = glance {
            return vec![glance];
        }
        let Some(end) = end else { return self.insist(self.coarse[self.coarse.len() - 1]) };
        let doubts: Vec<(f64, u32)> = self.doubts(side, end).into_iter().filter_map(|x| self.more(x)).collect();
        if !doubts.is_empty() {
            return doubts;
        }
        let (first, last) = self.around(side, end);
        // A middle of which the observations do not agree misleads.
        if let Some(glance) = self.points[first..=last].iter().find_map(|(x, _)| self.glance(*x)) {
            return vec![glance];
        }
        let (left, right) = self.crossing(side, first, last);
        let (a, b) = (self.points[left].0, self.points[right].0);
        if let Some(middle) = self.ground.middle(a, b).filter(|_| self.points.len() < self.most_points) {
            return self.glance(middle).into_iter().collect();
        }
        self.rest_on((first, left), (right, last), side)
    }

    /// What it found so far.
    pub fn finding(&self) -> LimitFinding {
        let Some(side) = self.judge.sure(self.tally(self.coarse[0])) else { return LimitFinding::Unknown };
        let end = match self.grow(side) {
            (None, None) => {
                let high = self.tally(self.coarse[self.coarse.len() - 1]);
                return LimitFinding::Throughout(side, self.judge.sure(high) == Some(side));
            }
            // It was ended before the other side was seen.
            (Some((x, _)), None) => x,
            (_, Some(end)) => end,
        };
        let (first, last) = self.around(side, end);
        let (left, right) = self.crossing(side, first, last);
        let ([a, b], [p, q]) =
            ([left, right].map(|at| self.points[at].0), [left, right].map(|at| self.level(at, side)));
        // Straight from the one to the other; where nothing was seen, half of the way.
        let share = (p - self.threshold(side)) / (p - q);
        let likely = self.ground.between(a, b, if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.5 });
        let outer = Some(self.points[last].0).filter(|x| self.is_sure(*x, side.other()));
        LimitFinding::Limit(LimitBracket { side, inner: self.points[first].0, outer, likely })
    }

    /// Points above the limit that surely are on the side of the low end again.
    pub fn again(&self) -> Vec<f64> {
        let LimitFinding::Limit(LimitBracket { side, outer: Some(outer), .. }) = self.finding() else { return vec![] };
        let above = self.points.iter().map(|(x, _)| *x).filter(|x| *x > outer);
        above.filter(|x| self.is_sure(*x, side)).collect()
    }

    /// Which side `x` surely is on.
    pub fn sure(&self, x: f64) -> Option<LimitSide> {
        self.judge.sure(self.tally(x))
    }

    fn is_sure(&self, x: f64, side: LimitSide) -> bool {
        self.sure(x) == Some(side)
    }

    fn tally(&self, x: f64) -> LimitTally {
        self.points.iter().find(|(at, _)| *at == x).map(|(_, seen)| *seen).unwrap_or_default()
    }

    fn leans(&self, x: f64, side: LimitSide) -> bool {
        self.tally(x).runs > 0 && self.judge.leaning(self.tally(x)) == side
    }

    /// What is still to be seen at `x` to know where to go.
    fn glance(&self, x: f64) -> Option<(f64, u32)> {
        let LimitTally { runs, good, .. } = self.tally(x);
        let (few, many) = GLANCES[usize::from(!self.coarse.contains(&x))];
        let wanted = if good == 0 || good == runs { few } else { many };
        (runs < wanted).then_some((x, wanted))
    }

    /// What is still to be seen at `x` to be sure, where that is to be expected.
    fn more(&self, x: f64) -> Option<(f64, u32)> {
        let seen = self.tally(x);
        let wanted = || if self.judge.is_hopeless(seen) { None } else { self.judge.wanted(seen) };
        self.glance(x).or_else(|| Some((x, wanted()?)))
    }

    /// The same even where it is not to be expected.
    fn insist(&self, x: f64) -> Vec<(f64, u32)> {
        let wanted = || self.judge.wanted(self.tally(x));
        self.glance(x).or_else(|| Some((x, wanted()?))).into_iter().collect()
    }

    /// The next of the first steps that has to be looked at, and the first that seems to be on
    /// the other side than `side`.
    fn grow(&self, side: LimitSide) -> (Option<(f64, u32)>, Option<f64>) {
        let is_end = |x: &f64| self.glance(*x).is_some() || self.leans(*x, side.other());
        let Some(end) = self.coarse.iter().position(is_end) else { return (None, None) };
        let x = self.coarse[end];
        if let Some(glance) = self.glance(x) {
            return (Some(glance), None);
        }
        (self.coarse[end..].iter().take(1 + BEYOND).find_map(|x| self.glance(*x)), Some(x))
    }

    /// Points that contradict each other: first steps beyond `end` that seem to be on the side
    /// of the low end again, and `end`.
    fn doubts(&self, side: LimitSide, end: f64) -> Vec<f64> {
        let beyond: Vec<f64> = self.coarse.iter().copied().filter(|x| *x > end && self.leans(*x, side)).collect();
        if beyond.is_empty() { vec![] } else { std::iter::once(end).chain(beyond).collect() }
    }

    /// The points, as indices, between which the limit lies: the last that surely is on `side`
    /// below the first that surely is not, and that; `end` at the latest.
    fn around(&self, side: LimitSide, end: f64) -> (usize, usize) {
        let other = self.points.iter().position(|(x, _)| self.is_sure(*x, side.other()));
        let at_end = self.points.iter().position(|(x, _)| *x == end).expect("it is one of the first steps");
        let last = other.unwrap_or(at_end);
        let first = (0..last).rev().find(|at| self.is_sure(self.points[*at].0, side)).unwrap_or(0);
        (first, last)
    }

    /// Share of observations on `side`.
    fn level(&self, at: usize, side: LimitSide) -> f64 {
        let seen = self.points[at].1;
        let good = f64::from(seen.good) / f64::from(seen.runs);
        if side == LimitSide::Holds { good } else { 1.0 - good }
    }

    fn threshold(&self, side: LimitSide) -> f64 {
        if side == LimitSide::Holds { self.judge.share } else { 1.0 - self.judge.share }
    }

    /// The two neighbours, as indices, among points `first` to `last` between which the most
    /// likely shares, of those that never rise, cross the threshold (pooling adjacent
    /// violators: Ayer et al. 1955).
    fn crossing(&self, side: LimitSide, first: usize, last: usize) -> (usize, usize) {
        let seen: Vec<usize> = (first..=last).filter(|at| self.points[*at].1.runs > 0).collect();
        // Weight, sum and number of points of each block.
        let mut blocks: Vec<(f64, f64, usize)> = vec![];
        for at in &seen {
            let weight = f64::from(self.points[*at].1.runs);
            let mut block = (weight, weight * self.level(*at, side), 1);
            while let Some(before) = blocks.pop_if(|before| before.1 / before.0 <= block.1 / block.0) {
                block = (block.0 + before.0, block.1 + before.1, block.2 + before.2);
            }
            blocks.push(block);
        }
        let reaches = |share: f64| match side {
            LimitSide::Holds => share >= self.threshold(side),
            LimitSide::Breaks => share > self.threshold(side),
        };
        let on_side: usize = blocks.iter().filter(|block| reaches(block.1 / block.0)).map(|block| block.2).sum();
        let right = on_side.clamp(1, (seen.len() - 1).max(1));
        (seen[right - 1], seen.get(right).copied().unwrap_or(last))
    }

    /// What has to be seen so that it is sure where the limit lies: at the nearest points below
    /// and above it at which that is to be expected.
    fn rest_on(&self, below: (usize, usize), above: (usize, usize), side: LimitSide) -> Vec<(f64, u32)> {
        let next = |at: usize| self.more(self.points[at].0);
        let left = (below.0 + 1..=below.1).rev().find_map(next);
        let right = (above.0..=above.1).find_map(next);
        // Where it is not sure of any, it looks further up.
        let is_open = !self.is_sure(self.points[above.1].0, side.other());
        let further = (above.1 + 1..self.points.len()).filter(|_| is_open && right.is_none()).find_map(next);
        // Where more would not help, the interval ends at what is sure; that may be nearer.
        let between = |low: usize, high: usize| {
            let room = self.points.len() < self.most_points;
            let middle = self.ground.middle(self.points[low].0, self.points[high].0).filter(|_| room)?;
            self.glance(middle)
        };
        let left = left.or_else(|| between(below.0, below.0 + 1));
        // An end that is not sure is no end, however little hope there is.
        let insist = || {
            let tried = (above.0..self.points.len()).rev().filter(|at| self.points[*at].1.runs > 0);
            let most = tried.max_by(|a, b| {
                let against = |at: usize| self.level(at, side.other());
                against(*a).total_cmp(&against(*b))
            })?;
            self.insist(self.points[most].0).first().copied()
        };
        let right = right.or_else(|| match is_open {
            true => further.or_else(insist),
            false => between(above.1 - 1, above.1),
        });
        [left, right].into_iter().flatten().collect()
    }
}
