//! Closed forms of connections between nodes that not everybody can dial. Shares are 0 to 1,
//! times are in seconds, rates in bytes per second.

/// Share of the pairs of nodes that can connect without a relay, where `unreachable` of the
/// nodes can dial and not be dialled, and a hole can be punched between two of these with
/// probability `punching`.
pub fn connected_pairs(unreachable: f64, punching: f64) -> f64 {
    1.0 - unreachable * unreachable * (1.0 - punching)
}

/// Nodes that find room at one relay with `reservations` places when each reserves at `each`.
pub fn nodes_per_relay(reservations: u32, each: u32) -> u32 {
    reservations / each
}

/// Whole messages of `message` bytes that a circuit carries one way before its limit of `data`
/// bytes closes it.
pub fn messages_per_circuit(data: u64, message: u64) -> u64 {
    data / message
}

/// When a circuit in use at `rate` is closed by its limit of `data` bytes.
pub fn closed_by_data(data: u64, rate: f64) -> f64 {
    data as f64 / rate
}

/// The rate below which it is closed by its limit of `seconds`, and not by that of its data.
pub fn rate_of_both_limits(data: u64, seconds: f64) -> f64 {
    data as f64 / seconds
}

/// How long it takes from a circuit that stands to a punched connection: the callee waits, both
/// agree over the relay (`round_trips` to choose the protocol, one to exchange addresses, half
/// to begin at once), and a connection is set up.
pub fn punching_time(wait: f64, round_trips: f64, relayed_rtt: f64, set_up: f64) -> f64 {
    wait + (round_trips + 1.5) * relayed_rtt + set_up
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(share: f64) -> f64 {
        (share * 1e4).round() / 1e2
    }

    /// Oracles N1 to N3.
    #[test]
    fn n1_to_n3_pairs_that_connect() {
        assert_eq!(percent(connected_pairs(0.5219, 0.0)), 72.76);
        assert_eq!(percent(connected_pairs(0.5219, 0.7)), 91.83);
        assert_eq!([0.3, 0.64, 0.8].map(|share| percent(connected_pairs(share, 0.7))), [97.3, 87.71, 80.8]);
    }

    /// Oracle N5.
    #[test]
    fn n5_nodes_of_a_relay() {
        assert_eq!(nodes_per_relay(128, 2), 64);
    }

    /// Oracles N4, the messages, and N7.
    #[test]
    fn n4_and_n7_limits_of_a_circuit() {
        let data = 131_072;
        assert_eq!([66_155, 4640, 4941].map(|message| messages_per_circuit(data, message)), [1, 28, 26]);
        assert_eq!(closed_by_data(data, 10e6 / 8.0), 0.104_857_6);
        assert_eq!(rate_of_both_limits(data, 120.0).floor(), 1092.0);
    }
}
