//! Closed forms of downloads through a mixnet. Times are in seconds, rates in bytes per
//! second; delays are exponential, neither cut nor rounded; `samples` is how many of them a
//! packet passes, its sender's hold among them.

/// Mean time until the first of `copies` packets has arrived that pass `samples` delays of
/// this `mean` each: the integral of the power of the Erlang distribution's tail.
pub fn first_of(copies: u32, samples: u32, mean: f64) -> f64 {
    let tail = |x: f64| {
        let mut term = 1.0;
        let sum: f64 = (0..samples)
            .map(|k| {
                if k > 0 {
                    term *= x / f64::from(k)
                }
                term
            })
            .sum();
        libm::pow(libm::exp(-x) * sum, f64::from(copies))
    };
    // Simpson's rule; beyond 60 means nothing is left.
    let (steps, end) = (6_000, 60.0);
    let step = end / f64::from(steps);
    let weight = |i: i32| if i == 0 || i == steps { 1.0 } else { 2.0 + 2.0 * f64::from(i % 2) };
    mean * step / 3.0 * (0..=steps).map(|i| weight(i) * tail(f64::from(i) * step)).sum::<f64>()
}

/// Rate of a session that sends one frame after another, each `copies` times over paths of
/// their own and held for `hold` on average, with `chunk` bytes in each frame.
pub fn hold_rate(copies: u32, at_once: bool, hold: f64, chunk: f64) -> f64 {
    let harmonic: f64 = (1..=copies).map(|k| 1.0 / f64::from(k)).sum();
    let holds = if at_once { harmonic } else { f64::from(copies) };
    chunk / (holds * hold)
}

/// Most that a session sends which holds `capacity` reply blocks at the most: those that it
/// has used come back after the way of a frame and the way of a supply.
pub fn credit_rate(capacity: u32, copies: u32, samples: u32, mean: f64, chunk: f64) -> f64 {
    let round_trip = first_of(copies, samples, mean) + f64::from(samples) * mean;
    f64::from(capacity / copies) * chunk / round_trip
}

/// Most that one who supplies `blocks` reply blocks in each packet, one packet after
/// another, keeps supplied.
pub fn supply_rate(blocks: u32, copies: u32, hold: f64, chunk: f64) -> f64 {
    f64::from(blocks) / f64::from(copies) * chunk / hold
}

/// Most that a window of so many chunks lets through.
pub fn window_rate(window: u32, copies: u32, samples: u32, mean: f64, chunk: f64) -> f64 {
    f64::from(window) * chunk / (first_of(copies, samples, mean) + f64::from(samples) * mean)
}

/// Most that a sender with so many slots per second sends, each chunk in `packets` packets.
pub fn slot_rate(slots: f64, packets: f64, chunk: f64) -> f64 {
    slots * chunk / packets
}

/// Bytes that pass one end of a session for each byte of data: `packets` packets of `packet`
/// bytes for each chunk; the network carries them over each of its links.
pub fn overhead(packets: f64, packet: f64, chunk: f64) -> f64 {
    packets * packet / chunk
}

/// Data that comes to its receiver for each byte that relays send, `hops` of them on each
/// path, when `overhead` bytes pass one end for each byte of data.
pub fn payload_per_relay_byte(overhead: f64, hops: u32) -> f64 {
    1.0 / (overhead * f64::from(hops))
}

/// Time for which a relay keeps a packet, when it makes a proof of length `proof` while it
/// holds it: `E max(delay, proof)`.
pub fn proof_beside_delay(proof: f64, mean: f64) -> f64 {
    proof + mean * libm::exp(-proof / mean)
}

/// Probability that a packet does not arrive when each relay is dead with probability
/// `dead`.
pub fn path_fails(dead: f64, relays: u32) -> f64 {
    1.0 - libm::pow(1.0 - dead, f64::from(relays))
}

/// Probability that a packet finds no other in a relay that `rate` packets a second reach
/// and that holds each for `mean` (M/M/infinity; the mean number there is their product).
pub fn alone(rate: f64, mean: f64) -> f64 {
    libm::exp(-rate * mean)
}

/// Probability that of `packets` packets, each over a path of `hops` of its own, one passes
/// bad relays alone, where `bad` of all are.
pub fn compromised(bad: f64, hops: u32, packets: f64) -> f64 {
    1.0 - libm::pow(1.0 - libm::pow(bad, f64::from(hops)), packets)
}

/// The same of a session of any number of packets with `candidates` for each of its first
/// `positions`.
pub fn compromised_session(bad: f64, candidates: u32, positions: u32) -> f64 {
    libm::pow(1.0 - libm::pow(1.0 - bad, f64::from(candidates)), f64::from(positions))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNK: f64 = 3835.0;
    const PACKET: f64 = 4608.0;

    fn near(got: f64, want: f64, tolerance: f64) {
        assert!((got / want - 1.0).abs() < tolerance, "{got} is not {want}");
    }

    #[test]
    fn the_first_of_several() {
        for (copies, samples, ms) in [(1, 3, 300.0), (2, 3, 206.25), (3, 3, 168.31), (2, 2, 125.0), (3, 2, 96.30)] {
            near(first_of(copies, samples, 100.0), ms, 5e-5);
        }
    }

    /// Oracles M8 and M9, with the true mean of a hold, 99.4995 ms.
    #[test]
    fn m8_and_m9_holds() {
        near(hold_rate(2, false, 0.099_499_5, CHUNK), 19.27e3, 1e-3);
        near(hold_rate(2, true, 0.099_499_5, CHUNK), 25.65e3, 3e-3);
    }

    /// Oracle M10.
    #[test]
    fn m10_reply_blocks_and_windows() {
        near(credit_rate(16, 2, 3, 0.1, CHUNK), 60.6e3, 1e-3);
        near(credit_rate(16, 2, 2, 0.1, CHUNK), 94.4e3, 1e-3);
        near(supply_rate(5, 2, 0.1, CHUNK), 95.9e3, 1e-3);
        near(window_rate(64, 2, 3, 0.1, CHUNK), 485e3, 1e-3);
    }

    /// Oracles M11 and M12: with two copies, one acknowledgement and two fifths of a supply.
    #[test]
    fn m11_and_m12_overhead() {
        for (acks, end, network) in [(1.0, 4.085, 12.26), (2.0, 5.287, 15.86)] {
            let at_end = overhead(2.0 + acks + 0.4, PACKET, CHUNK);
            near(at_end, end, 2e-4);
            near(3.0 * at_end, network, 4e-4);
        }
        near(payload_per_relay_byte(overhead(3.4, PACKET, CHUNK), 2), 0.1224, 3e-4);
        near(3.0 * overhead(1.0, PACKET, CHUNK), 3.605, 2e-4);
        near(3.0 * overhead(2.0, PACKET, CHUNK), 7.209, 2e-4);
    }

    /// Oracle M13: a hundred slots in 10 s.
    #[test]
    fn m13_slots() {
        near(slot_rate(10.0, 2.0, CHUNK), 19.175e3, 1e-9);
        near((1u64 << 30) as f64 / slot_rate(10.0, 2.0, CHUNK) / 3600.0, 15.55, 1e-3);
        near(slot_rate(10.0, 3.0 * 3.4, CHUNK), 3.76e3, 1e-3);
    }

    /// Oracle M14.
    #[test]
    fn m14_proofs() {
        for (proof, ms) in [(15.0, 101.07), (63.0, 116.26), (112.9, 145.24), (200.0, 213.53)] {
            near(proof_beside_delay(proof, 100.0), ms, 5e-5);
        }
    }

    /// Oracles M16 and M17.
    #[test]
    fn m16_and_m17_dead_relays_and_lone_packets() {
        let fails = path_fails(0.03, 2);
        near(fails, 0.0591, 1e-6);
        near(fails * fails, 0.00349, 1e-3);
        near(alone(10.0, 0.1), 0.368, 1e-3);
    }

    /// Oracle M18.
    #[test]
    fn m18_bad_relays() {
        near(compromised(0.1, 3, 448.0), 0.361, 1e-3);
        near(compromised(0.1, 3, 935.0), 0.608, 1e-3);
        for (candidates, positions, share) in [(5, 1, 0.410), (5, 2, 0.168), (3, 3, 0.0199)] {
            near(compromised_session(0.1, candidates, positions), share, 3e-3);
        }
    }
}
