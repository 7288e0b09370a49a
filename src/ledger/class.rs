//! The classes every byte is booked under.

use serde::Serialize;

/// What a byte on the wire was for. Each byte has exactly one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Block data that the receiver stored.
    Payload,
    /// Block data that the receiver had, or had not asked for.
    Duplicate,
    /// Questions who has a block.
    Want,
    /// Unasked announcements of what one has.
    Have,
    /// Answers to [`Class::Want`].
    Presence,
    /// Withdrawn requests.
    Cancel,
    /// Requests for block data.
    Request,
    /// Merkle proofs that travel with blocks.
    Proof,
    /// Manifests.
    Manifest,
    /// Finding peers.
    Discovery,
    /// Headers of all layers around the above.
    Framing,
    /// Setting up connections.
    Handshake,
    /// Acknowledgements of the transport.
    Ack,
    /// Parity blocks of an erasure code.
    Parity,
    /// Data moved to repair what was lost.
    Repair,
    /// Bytes that left a sender and never arrived, of whatever class, and what
    /// is still on its way when the run ends.
    Lost,
    /// Anything else.
    Other,
    /// Packets of a mixnet with a chunk of a message, on their last hop: all in them but
    /// block data and proofs.
    MixData,
    /// The same of packets with nothing that had not arrived before: copies, repetitions.
    MixCopy,
    /// Packets that acknowledge chunks, on their last hop.
    MixAck,
    /// Packets with reply blocks, on their last hop.
    MixSupply,
    /// All else that sessions and queries need, on its last hop.
    MixControl,
    /// Packets that hide others, on their last hop.
    MixCover,
    /// Packets of a mixnet on all other hops: links that others provide.
    MixRelay,
    /// What goes over a circuit, on its way to the relay: links that are used twice.
    Relayed,
}

impl Class {
    /// Every class, in the order of the result files.
    pub const ALL: [Class; 25] = [
        Class::Payload,
        Class::Duplicate,
        Class::Want,
        Class::Have,
        Class::Presence,
        Class::Cancel,
        Class::Request,
        Class::Proof,
        Class::Manifest,
        Class::Discovery,
        Class::Framing,
        Class::Handshake,
        Class::Ack,
        Class::Parity,
        Class::Repair,
        Class::Lost,
        Class::Other,
        Class::MixData,
        Class::MixCopy,
        Class::MixAck,
        Class::MixSupply,
        Class::MixControl,
        Class::MixCover,
        Class::MixRelay,
        Class::Relayed,
    ];

    /// The word used in result files.
    pub const fn name(self) -> &'static str {
        match self {
            Class::Payload => "payload",
            Class::Duplicate => "duplicate",
            Class::Want => "want",
            Class::Have => "have",
            Class::Presence => "presence",
            Class::Cancel => "cancel",
            Class::Request => "request",
            Class::Proof => "proof",
            Class::Manifest => "manifest",
            Class::Discovery => "discovery",
            Class::Framing => "framing",
            Class::Handshake => "handshake",
            Class::Ack => "ack",
            Class::Parity => "parity",
            Class::Repair => "repair",
            Class::Lost => "lost",
            Class::Other => "other",
            Class::MixData => "mix_data",
            Class::MixCopy => "mix_copy",
            Class::MixAck => "mix_ack",
            Class::MixSupply => "mix_supply",
            Class::MixControl => "mix_control",
            Class::MixCover => "mix_cover",
            Class::MixRelay => "mix_relay",
            Class::Relayed => "relayed",
        }
    }

    /// Bytes that carry no block data but say something: what a protocol's
    /// design decides (the column `control_bytes`).
    pub const fn is_control(self) -> bool {
        use Class::*;
        matches!(self, Want | Have | Presence | Cancel | Request | Proof | Manifest | Discovery | Other)
    }

    /// Bytes that layers add around messages (the column `overhead_bytes`).
    pub const fn is_overhead(self) -> bool {
        matches!(self, Class::Framing | Class::Handshake | Class::Ack | Class::Relayed) || self.is_mix()
    }

    /// Bytes of a mixnet.
    pub const fn is_mix(self) -> bool {
        use Class::*;
        matches!(self, MixData | MixCopy | MixAck | MixSupply | MixControl | MixCover | MixRelay)
    }
}
