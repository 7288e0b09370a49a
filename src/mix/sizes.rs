//! Bytes of the Mix packet format and of the frames of the Mix transport.
//!
//! Sources: `logos-co/nim-libp2p-mix` `serialization.nim` and the Mix specification of
//! `logos-co/logos-lips` (sections 8.3 and 8.7.1) for packets; `wire.nim` of
//! `logos-storage/libp2p-storage-mix-transport` (wire version 3, September 2026) for frames;
//! `TransportSpec.md` of `logos-storage/transport-over-mix` for chunks of coded messages;
//! `dht_proxy/protocol.nim` of `logos-storage-nim` for queries; `constants.nim` of
//! `mix-rln-spam-protection-plugin` for proofs.

/// Security parameter k of the packet format.
const K: u64 = 16;
/// Most hops that a header has room for.
const MAX_HOPS: u64 = 5;
/// Factor t of the packet format: an address block with its delay has t k bytes.
const T: u64 = 6;

/// A header: alpha, beta ((r (t + 1) + 1) k) and gamma.
pub const HEADER: u64 = 32 + (MAX_HOPS * (T + 1) + 1) * K + K;
/// A packet, at every hop and in both directions.
pub const PACKET: u64 = 4608;
/// A message in a packet: what the header and the sixteen zeros before it leave.
pub const MESSAGE: u64 = PACKET - HEADER - K;
/// Data in a message, without the length of its padding.
pub const DATA: u64 = MESSAGE - 2;
/// The address of a hop, without its delay.
const ADDRESS: u64 = 94;
/// A single-use reply block (SURB): address of the first hop, header, key.
pub const SURB: u64 = ADDRESS + HEADER + K;
/// SURBs that fit into one packet.
pub const SURBS_PER_PACKET: u64 = (MESSAGE - 2) / SURB;
/// The codec of the Mix transport, its length, and the number of SURBs.
const TRANSPORT_CODEC: u64 = 1 + 27 + 1;
/// A frame of the Mix transport.
pub const FRAME: u64 = DATA - TRANSPORT_CODEC;
/// What a frame with stream data has around it.
const DATA_HEAD: u64 = 102;
/// Stream data in a packet.
pub const CHUNK: u64 = FRAME - DATA_HEAD;
/// Data of a coded message in a packet: the prefix and session (16 B each), index, K and N
/// of the frame are taken from what a message has room for.
pub const CODED_CHUNK: u64 = PACKET - HEADER - 42;
/// A proof of the rate-limiting nullifier, appended at every hop.
pub const PROOF: u64 = 128 + 5 * 32 + 13;
/// Length before a packet on a connection.
pub const LENGTH_PREFIX: u64 = 2;
/// The codec of queries, `/storage/dht-proxy/1.0.0`.
const QUERY_CODEC: u64 = 24;
/// The longest query: what its codec and its one SURB leave.
pub const QUERY: u64 = DATA - QUERY_CODEC - 2 - SURB;
/// The longest answer to a query, through one SURB.
pub const ANSWER: u64 = DATA - QUERY_CODEC - 2;

#[cfg(test)]
mod tests {
    use super::*;

    /// Oracle M1.
    #[test]
    fn m1_sizes_of_packets_and_frames() {
        assert_eq!((HEADER, MESSAGE, DATA), (624, 3968, 3966));
        assert_eq!((SURB, SURBS_PER_PACKET, FRAME, CHUNK), (734, 5, 3937, 3835));
        assert_eq!((PROOF, PACKET + PROOF, CODED_CHUNK), (301, 4909, 3942));
    }

    /// Oracle M2.
    #[test]
    fn m2_sizes_of_queries() {
        assert_eq!((QUERY, ANSWER), (3206, 3940));
    }
}
