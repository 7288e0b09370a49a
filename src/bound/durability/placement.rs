//! What placement does when many hosts die at one instant, and when hosts come back.

use super::models::binomial;

fn log_choose(n: u32, k: u32) -> f64 {
    let log = |n: u32| libm::lgamma(f64::from(n) + 1.0);
    log(n) - log(k) - log(n - k)
}

/// Probability that a dataset with `n` slots on different ones of `hosts` hosts loses more
/// than `m` of them when `dead` hosts die at one instant (hypergeometric).
pub fn hit_share(hosts: u32, (n, m): (u32, u32), dead: u32) -> f64 {
    let of = |hit: u32| {
        if hit > dead || n - hit > hosts - dead {
            return 0.0;
        }
        libm::exp(log_choose(dead, hit) + log_choose(hosts - dead, n - hit) - log_choose(hosts, n))
    };
    (m + 1..=n).map(of).sum()
}

/// Probability that anything is lost when `dead` of `hosts` hosts die at one instant and
/// datasets are placed in disjoint groups of `n` hosts, all in use (copysets: Cidon et al.,
/// "Copysets", USENIX ATC 2013). Counted in the positive: some group with more than `m` dead.
pub fn grouped_loss(hosts: u32, (n, m): (u32, u32), dead: u32) -> f64 {
    let groups = hosts / n;
    // By deaths so far: ways in which no group has more than m, and ways in which some has,
    // as logarithms; the last "group" is of hosts in none.
    let ways = |size: u32, most: u32| -> Vec<f64> {
        (0..=size.min(dead)).map(|hit| if hit <= most { log_choose(size, hit) } else { f64::NEG_INFINITY }).collect()
    };
    let (spared, any) = (ways(n, m), ways(n, n));
    let beyond: Vec<f64> =
        (0..=n.min(dead)).map(|hit| if hit > m { log_choose(n, hit) } else { f64::NEG_INFINITY }).collect();
    let mut safe = vec![f64::NEG_INFINITY; dead as usize + 1];
    let mut lost = safe.clone();
    safe[0] = 0.0;
    for _ in 0..groups {
        // Lost before, whatever now; or lost now.
        lost = plus(&convolve(&lost, &any), &convolve(&safe, &beyond));
        safe = convolve(&safe, &spared);
    }
    let rest = hosts - groups * n;
    let lost = convolve(&lost, &ways(rest, rest));
    libm::exp(lost[dead as usize] - log_choose(hosts, dead))
}

fn plus(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| log_sum(&[*a, *b])).collect()
}

/// Of two series of logarithms, as long as the first.
fn convolve(a: &[f64], b: &[f64]) -> Vec<f64> {
    let term = |at: usize| {
        let parts: Vec<f64> = b.iter().take(at + 1).enumerate().map(|(hit, ways)| a[at - hit] + ways).collect();
        log_sum(&parts)
    };
    (0..a.len()).map(term).collect()
}

fn log_sum(logs: &[f64]) -> f64 {
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if most == f64::NEG_INFINITY {
        return most;
    }
    most + libm::log(logs.iter().map(|log| libm::exp(log - most)).sum())
}

/// Probability that at least `k` of `n` slots are up, each on a host that is up for a mean
/// time of `up` and away for `down` by turns.
pub fn available(n: u32, k: u32, up: f64, down: f64) -> f64 {
    (k..=n).map(|there| binomial(n, there, up / (up + down))).sum()
}

/// Repairs of slots that would have come back, for each slot and unit of time: hosts are away
/// once in `up + down` in the mean, and with probability `longer` for longer than is waited.
pub fn unneeded_repairs(up: f64, down: f64, longer: f64) -> f64 {
    longer / (up + down)
}
