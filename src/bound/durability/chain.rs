//! Markov chains in continuous time that end in a loss, solved without a subtraction.
//!
//! A loss may have a probability of 1e-20: whatever subtracts numbers near one loses it.
//! Here all terms are positive, so all results have the full relative accuracy of a double
//! (Grassmann, Taksar & Heyman, "Regenerative analysis and steady state distributions for
//! Markov chains", Operations Research 33, 1985; uniformization: Jensen, "Markoff chains as
//! an aid in the study of Markoff processes", 1953).

/// A chain whose states are numbered, with a rate from each to others and to the loss of
/// the dataset. The unit of time is the caller's.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chain {
    /// By state: other states, and at which rate it turns into them.
    to: Vec<Vec<(u32, f64)>>,
    /// By state: the rate of loss.
    loss: Vec<f64>,
}

impl Chain {
    /// A chain of `states` states and no transition.
    pub fn new(states: usize) -> Self {
        Chain { to: vec![Vec::new(); states], loss: vec![0.0; states] }
    }

    /// Number of states, the loss left out.
    pub fn len(&self) -> usize {
        self.to.len()
    }

    /// Whether it has no state.
    pub fn is_empty(&self) -> bool {
        self.to.is_empty()
    }

    /// `from` turns into `to` at `rate`, besides what was said before; a rate of zero or a
    /// turn into itself is none.
    pub fn turns(&mut self, from: usize, to: usize, rate: f64) {
        if rate > 0.0 && from != to {
            self.to[from].push((to as u32, rate));
        }
    }

    /// From state `from` the dataset is lost at `rate`, besides what was said before.
    pub fn is_lost(&mut self, from: usize, rate: f64) {
        self.loss[from] += rate;
    }

    /// Without the states that are never reached from `start`, which becomes the first.
    pub(super) fn reached(&self, start: usize) -> Self {
        let mut place = vec![None; self.len()];
        let mut order = vec![start];
        place[start] = Some(0);
        let mut at = 0;
        while at < order.len() {
            for (to, _) in &self.to[order[at]] {
                if place[*to as usize].is_none() {
                    place[*to as usize] = Some(order.len() as u32);
                    order.push(*to as usize);
                }
            }
            at += 1;
        }
        let turned = |state: &usize| {
            let there = self.to[*state].iter().map(|(to, rate)| (place[*to as usize].unwrap_or_default(), *rate));
            there.collect()
        };
        Chain { to: order.iter().map(turned).collect(), loss: order.iter().map(|state| self.loss[*state]).collect() }
    }

    /// The largest rate at which a state is left.
    fn fastest(&self) -> f64 {
        let leaves = |(to, loss): (&Vec<(u32, f64)>, &f64)| to.iter().map(|(_, rate)| rate).sum::<f64>() + loss;
        self.to.iter().zip(&self.loss).map(leaves).fold(0.0, f64::max)
    }

    /// Probability that a dataset in state `start` is lost within `time`.
    pub fn loss_within(&self, start: usize, time: f64) -> f64 {
        let steps = self.fastest() * time;
        let jumps: usize = self.to.iter().map(Vec::len).sum();
        // Doubling a matrix takes n^3 for each doubling, walking so many steps for each jump.
        let doublings = (self.len() as f64 + 1.0).powi(3) * (libm::log2(steps.max(1.0)) + 30.0);
        if steps * (jumps + self.len()) as f64 <= doublings {
            self.by_steps(start, steps)
        } else {
            self.by_doubling(start, time)
        }
    }

    /// By uniformization: a Poisson number of steps, `steps` in the mean.
    fn by_steps(&self, start: usize, steps: f64) -> f64 {
        if steps <= 0.0 {
            return 0.0;
        }
        let stays = self.stays();
        let fastest = self.fastest();
        let (mut now, mut lost, mut sum) = (vec![0.0; self.len()], 0.0, 0.0);
        now[start] = 1.0;
        let last = (steps + 12.0 * steps.sqrt() + 60.0) as u64;
        for step in 0..=last {
            let k = step as f64;
            let weight = libm::exp(k * libm::log(steps) - steps - libm::lgamma(k + 1.0));
            sum += weight * lost;
            let mut next = vec![0.0; self.len()];
            for (state, mass) in now.iter().enumerate().filter(|(_, mass)| **mass > 0.0) {
                next[state] += mass * stays[state];
                self.to[state].iter().for_each(|(to, rate)| next[*to as usize] += mass * rate / fastest);
                lost += mass * self.loss[state] / fastest;
            }
            now = next;
        }
        sum
    }

    /// By state: the share of steps in which it is not left, of as many as the fastest
    /// state takes.
    fn stays(&self) -> Vec<f64> {
        let fastest = self.fastest();
        let leaves = |(to, loss): (&Vec<(u32, f64)>, &f64)| to.iter().map(|(_, rate)| rate).sum::<f64>() + loss;
        // The one subtraction, of rates that were given: an error of it is one of a probability
        // of staying, and no more.
        self.to.iter().zip(&self.loss).map(|pair| ((fastest - leaves(pair)) / fastest).max(0.0)).collect()
    }

    /// By the matrix of a short time, squared again and again.
    fn by_doubling(&self, start: usize, time: f64) -> f64 {
        let (n, fastest) = (self.len(), self.fastest());
        let doublings = libm::ceil(libm::log2((fastest * time).max(1.0))) as i32;
        let short = time / libm::exp2(f64::from(doublings));
        // One step of the uniformized chain, the loss its last state.
        let stays = self.stays();
        let mut step = vec![vec![0.0; n + 1]; n + 1];
        for state in 0..n {
            step[state][state] = stays[state];
            self.to[state].iter().for_each(|(to, rate)| step[state][*to as usize] += rate / fastest);
            step[state][n] = self.loss[state] / fastest;
        }
        step[n][n] = 1.0;
        let mean = fastest * short;
        let mut power = identity(n + 1);
        let mut matrix = vec![vec![0.0; n + 1]; n + 1];
        let mut weight = libm::exp(-mean);
        for k in 1..=40 {
            add(&mut matrix, &power, weight);
            power = product(&power, &step);
            weight *= mean / f64::from(k);
        }
        for _ in 0..doublings {
            matrix = product(&matrix, &matrix);
        }
        matrix[start][n]
    }

    /// Share of time in each state in the long run, a lost dataset being replaced at once by
    /// one in state `start`.
    pub fn long_run(&self, start: usize) -> Vec<f64> {
        let n = self.len();
        let mut rates = vec![vec![0.0; n]; n];
        for (state, row) in rates.iter_mut().enumerate() {
            self.to[state].iter().for_each(|(to, rate)| row[*to as usize] += rate);
            if state != start {
                row[start] += self.loss[state];
            }
        }
        // GTH: states go one by one, the last first; what led through them leads around.
        for gone in (1..n).rev() {
            let out: f64 = rates[gone][..gone].iter().sum();
            for from in 0..gone {
                let share = rates[from][gone] / out;
                if share > 0.0 {
                    for to in (0..gone).filter(|to| *to != from) {
                        rates[from][to] += share * rates[gone][to];
                    }
                }
                rates[from][gone] = share;
            }
        }
        let mut shares = vec![1.0; n];
        for state in 1..n {
            shares[state] = (0..state).map(|from| shares[from] * rates[from][state]).sum();
        }
        let all: f64 = shares.iter().sum();
        shares.iter().map(|share| share / all).collect()
    }

    /// Mean time to the loss of a dataset in state `start`.
    pub fn mean_time_to_loss(&self, start: usize) -> f64 {
        let shares = self.long_run(start);
        1.0 / shares.iter().zip(&self.loss).map(|(share, loss)| share * loss).sum::<f64>()
    }
}

fn identity(n: usize) -> Vec<Vec<f64>> {
    (0..n).map(|row| (0..n).map(|column| f64::from(u8::from(row == column))).collect()).collect()
}

fn add(to: &mut [Vec<f64>], matrix: &[Vec<f64>], weight: f64) {
    for (row, other) in to.iter_mut().zip(matrix) {
        row.iter_mut().zip(other).for_each(|(value, other)| *value += weight * other);
    }
}

fn product(a: &[Vec<f64>], b: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let row = |row: &Vec<f64>| {
        let mut sum = vec![0.0; b.len()];
        for (factor, other) in row.iter().zip(b).filter(|(factor, _)| **factor > 0.0) {
            sum.iter_mut().zip(other).for_each(|(value, other)| *value += factor * other);
        }
        sum
    };
    a.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One state that is lost at a rate: 1 - exp(-r t), and 1 / r.
    #[test]
    fn a_chain_of_one_state_is_an_exponential_life() {
        let mut chain = Chain::new(1);
        chain.is_lost(0, 0.25);
        assert!((chain.loss_within(0, 2.0) / -libm::expm1(-0.5) - 1.0).abs() < 1e-12);
        assert!((chain.mean_time_to_loss(0) - 4.0).abs() < 1e-12);
    }

    /// Both ways give the same where both can, at 1e-15 and at 1e-2.
    #[test]
    fn steps_and_doublings_agree() {
        for mu in [0.5, 40.0] {
            let mut chain = Chain::new(4);
            for state in 0..3 {
                chain.turns(state, state + 1, 1e-3 * (4 - state) as f64);
                chain.turns(state + 1, state, mu);
            }
            chain.is_lost(3, 1e-3);
            let (steps, doubled) = (chain.by_steps(0, chain.fastest() * 300.0), chain.by_doubling(0, 300.0));
            assert!((steps / doubled - 1.0).abs() < 1e-9 && steps > 0.0, "{steps} {doubled}");
        }
    }
}
