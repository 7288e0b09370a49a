//! The expanding window: hosts near a slot, by XOR of their hashed names, may reserve it
//! first, and ever more of them as time goes by.
//!
//! At the share t of the time until a request expires, the share
//! F(t) = (e^(st) - 1) / (e^s - 1) of all distances is allowed, with s = 2 ln(1/h - 1), so that
//! F(0) = 0, F(1/2) = h and F(1) = 1 (the Codex slot reservations design; the contracts leave
//! it open, codex-protocol.md 13.2).

use crate::units::Time;

/// How the window opens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening {
    /// s; zero opens evenly.
    slope: f64,
}

impl Opening {
    /// The window that has opened to the share `half`, above 0 and below 1, at half of the time.
    pub fn new(half: f64) -> Self {
        Opening { slope: 2.0 * libm::log(1.0 / half - 1.0) }
    }

    /// F: the share of distances allowed at a share of the time.
    #[cfg(test)]
    pub fn share(self, t: f64) -> f64 {
        if self.slope == 0.0 { t } else { libm::expm1(self.slope * t) / libm::expm1(self.slope) }
    }

    /// The share of the time at which a share of distances is allowed.
    pub fn moment(self, share: f64) -> f64 {
        if self.slope == 0.0 { share } else { libm::log1p(share * libm::expm1(self.slope)) / self.slope }
    }
}

/// Whose turn it is, and when.
#[derive(Debug)]
pub(super) struct Window {
    opening: Opening,
    /// From request to expiry.
    span: Time,
    /// Hosts by their hashed names.
    hosts: Vec<(u64, u32)>,
}

impl Window {
    /// Over `span`, for hosts with these hashed names.
    pub fn new(half: f64, span: Time, names: impl Iterator<Item = u64>) -> Self {
        let mut hosts: Vec<(u64, u32)> = names.zip(0..).collect();
        hosts.sort_unstable();
        Window { opening: Opening::new(half), span, hosts }
    }

    /// The host that is the `turn`-th (from 0) nearest to the name of a slot, and how long
    /// after the request it may reserve; nothing when all have had their turn.
    pub fn turn(&self, name: u64, turn: u32) -> Option<(u32, Time)> {
        let (other, host) = nearest(&self.hosts, name, turn as usize)?;
        let share = ((name ^ other) as f64 + 0.5) / 18_446_744_073_709_551_616.0;
        Some((host, Time::from_secs_f64(self.span.secs() * self.opening.moment(share))))
    }
}

/// Of names in order, the one with the `rank`-th least XOR distance to `name`: at each bit the
/// half that shares it is nearer than the other.
fn nearest(mut names: &[(u64, u32)], name: u64, mut rank: usize) -> Option<(u64, u32)> {
    if rank >= names.len() {
        return None;
    }
    for bit in (0..64).rev() {
        if names.len() == 1 {
            break;
        }
        let (zeros, ones) = names.split_at(names.partition_point(|(other, _)| other >> bit & 1 == 0));
        let (near, far) = if name >> bit & 1 == 0 { (zeros, ones) } else { (ones, zeros) };
        names = if rank < near.len() {
            near
        } else {
            rank -= near.len();
            far
        };
    }
    names.get(rank).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::mix;

    /// F21: with h = .75 and 1000 hosts 24.4 may reserve at t = .01.
    #[test]
    fn shares_of_the_window() {
        let eligible = 1000.0 * Opening::new(0.75).share(0.01);
        assert!((eligible - 24.4).abs() < 0.05, "{eligible}");
        for half in [0.1, 0.5, 0.75, 0.99] {
            let opening = Opening::new(half);
            let ends = [(0.0, 0.0), (0.5, half), (1.0, 1.0)];
            assert!(ends.iter().all(|(t, share)| (opening.share(*t) - share).abs() < 1e-12), "{half}");
            let shares: Vec<f64> = (0..=100).map(|t| opening.share(f64::from(t) / 100.0)).collect();
            assert!(shares.is_sorted_by(|a, b| a < b), "{half}: it only opens");
            let back = |t: f64| (opening.moment(opening.share(t)) - t).abs() < 1e-12;
            assert!((0..=100).all(|t| back(f64::from(t) / 100.0)), "{half}");
        }
    }

    /// Turns come in the order of XOR distance, and as many as F says have come by a moment:
    /// over 200 slots and 1000 hosts, 24.4 each by a hundredth of the time.
    #[test]
    fn turns_come_as_the_window_opens() {
        let names = || (0..1000).map(|host| mix(host + 77));
        let window = Window::new(0.75, Time::from_secs(1000), names());
        let mut early = 0;
        for slot in (0..200).map(|slot| mix(mix(slot))) {
            let turns: Vec<(u32, Time)> = (0..1000).map(|turn| window.turn(slot, turn).unwrap()).collect();
            let mut order: Vec<u32> = (0..1000).collect();
            order.sort_by_key(|host| slot ^ names().nth(*host as usize).unwrap());
            assert!(turns.iter().map(|(host, _)| *host).eq(order), "the nearest first");
            assert!(turns.is_sorted_by_key(|(_, at)| *at));
            assert_eq!(window.turn(slot, 1000), None);
            early += turns.iter().filter(|(_, at)| *at <= Time::from_secs(10)).count();
        }
        // Hosts are not spread evenly over distances: 5 standard deviations of a binomial count.
        let (mean, deviation) = (200.0 * 24.447, f64::sqrt(200.0 * 24.447));
        assert!((early as f64 - mean).abs() < 5.0 * deviation, "{early} of {mean}");
    }
}
