//! Closed forms of waiting and of caches.

/// Mean time in a queue with one server, arrivals at random and equal `service` times, of
/// which `load` is the share that it is busy (M/D/1, Pollaczek and Khinchine): `s (1 + rho
/// / (2 (1 - rho)))`.
pub fn md1_time(service: f64, load: f64) -> f64 {
    service * (1.0 + load / (2.0 * (1.0 - load)))
}

/// The same where all that are there share the server evenly, whatever the services are
/// (M/G/1 processor sharing): `s / (1 - rho)`.
pub fn sharing_time(service: f64, load: f64) -> f64 {
    service / (1.0 - load)
}

/// Probabilities of ranks 1 to `n` by Zipf's law with this exponent.
pub fn zipf(n: u32, exponent: f64) -> Vec<f64> {
    let likes: Vec<f64> = (1..=n).map(|rank| libm::pow(f64::from(rank), -exponent)).collect();
    let all: f64 = likes.iter().sum();
    likes.into_iter().map(|like| like / all).collect()
}

/// Share of requests that a cache of `room` equal items answers when it drops what was
/// asked for longest ago and requests are independent with these probabilities: `sum p (1 -
/// exp(-p t))` with `t` such that `sum (1 - exp(-p t)) = room` (Che, Tung & Wang,
/// "Hierarchical web caching systems", JSAC 20, 2002).
pub fn che_hit_ratio(probabilities: &[f64], room: f64) -> f64 {
    if room >= probabilities.len() as f64 {
        return 1.0;
    }
    let held = |t: f64| probabilities.iter().map(|p| -libm::expm1(-p * t)).sum::<f64>();
    let (mut low, mut high) = (0.0, 1.0);
    while held(high) < room {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if held(middle) < room { low = middle } else { high = middle }
    }
    probabilities.iter().map(|p| -p * libm::expm1(-p * high)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Oracle F22: at a load of 0.8 and services of 1 an M/D/1 queue takes 3; shared
    /// evenly it takes 5, as an M/M/1 queue does.
    #[test]
    fn f22_queues() {
        assert!((md1_time(1.0, 0.8) - 3.0).abs() < 1e-12);
        assert!((sharing_time(1.0, 0.8) - 5.0).abs() < 1e-12);
    }

    /// Equal items: a cache of a tenth of them answers a tenth. With room for all it
    /// answers everything.
    #[test]
    fn caches_of_the_simplest_kinds() {
        let even = zipf(100, 0.0);
        assert!((che_hit_ratio(&even, 10.0) - 0.1).abs() < 1e-9);
        assert_eq!(che_hit_ratio(&even, 100.0), 1.0);
        let liked = zipf(1000, 1.0);
        assert!((liked.iter().sum::<f64>() - 1.0).abs() < 1e-12 && (liked[0] / liked[9] - 10.0).abs() < 1e-9);
        assert!(che_hit_ratio(&liked, 100.0) > che_hit_ratio(&liked, 50.0));
    }
}
