//! From protocol bytes to bytes on the wire, and what a connection costs.

use crate::units::{Bytes, Refusal, Time, require};
use crate::world::Congestion;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The layers below a protocol: TCP/IP under Noise under a stream muxer.
/// Sources of the defaults: nim-libp2p `protocols/secure/noise.nim`,
/// `muxers/mplex/coder.nim`; RFC 5681, 6928 and 7323 for TCP.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("source" = "TCP/IPv4, Noise, mplex; a protocol may bring its own"))]
pub struct Transport {
    /// Payload of a full TCP segment (1500 - 20 IP - 32 TCP with timestamps).
    pub segment_payload: Bytes,
    /// Header bytes per segment: 52 B for IP and TCP, 48 B for IP, UDP and uTP.
    pub segment_header: Bytes,
    /// Bytes per segment below IP that count against the link: none where IP
    /// packets are counted, 14 B where Ethernet frames are.
    pub link_header: Bytes,
    /// Segments acknowledged by one acknowledgement (RFC 1122: two). Zero
    /// books no acknowledgements.
    pub segments_per_ack: u32,
    /// Plaintext bytes in a full Noise frame.
    pub secure_frame: Bytes,
    /// Length and tag bytes per Noise frame.
    pub secure_header: Bytes,
    /// Data bytes in a full muxer frame.
    pub mux_frame: Bytes,
    /// Header bytes per muxer frame.
    pub mux_header: Bytes,
    /// Message bytes of a stream that the muxer of the sender lets be on their way
    /// and unread. A receiver gives the credit for what it has read back when that
    /// is half of the window or more. Zero is a muxer without flow control, as mplex.
    pub mux_window: Bytes,
    /// Round trips from the first packet to the first exchange byte.
    pub connect_round_trips: u32,
    /// Bytes of set-up in each direction.
    pub handshake: Bytes,
    /// Window of a connection that begins or was idle: ten segments.
    pub initial_window: Bytes,
    /// Largest window; a stream carries at most one window per round trip.
    pub max_window: Bytes,
    /// A stream idle for this long starts from the initial window again.
    pub idle_restart: Time,
    /// Buffer in front of an uplink, as the time it takes to drain. Bulk data
    /// keeps it full, so a stream that begins to send over a full uplink waits
    /// that long (`fair` only; in `fifo` messages queue anyway).
    pub queue: Time,
    /// Buffer before a downlink, where senders answer to losses; where nothing is said, as
    /// long as `queue`.
    pub down_queue: Option<Time>,
    /// What the shaper of an idle link lets pass at once, as the time it takes at the
    /// link's rate (`fair` only).
    pub burst: Time,
    /// Delay that a delay-based transport keeps the buffer at: 100 ms for uTP
    /// (BEP 29). TCP fills it: "never".
    pub delay_target: Time,
    /// By what senders decide how much they have on its way, which decides what streams get of
    /// a full link (`fair` only). Even: the same for all, as where each has a queue of its own;
    /// the others share one drop-tail buffer, `queue` long, as their windows are.
    pub congestion: Congestion,
    /// Messages of up to so many bytes on the wire take no part in the sharing of links (`fair`
    /// only): on a stream at rest they leave in their turn, and the flows on their links make up
    /// for their bytes. That is much faster to simulate where many small messages are sent, and
    /// changes completion times by about a percent; "0 B" is exact.
    pub small: Bytes,
    /// What the host of a node takes of what this writes to each connection and has not left:
    /// its writer goes on when a message fits in, and the messages that fit as a whole are still
    /// sent when the node stops without losing its data; its peer hears of the end behind them,
    /// or when the two connect anew. "0 B": a
    /// writer goes on when its message begins to leave, and nothing is sent by who has stopped
    /// (a machine that is switched off, or one that resets a connection when something comes for
    /// a process that has ended, as Linux does). Connections through a mixnet or over circuits have none.
    pub send_buffer: Bytes,
}

impl Transport {
    /// Nothing but the protocol's own bytes: no headers, no acknowledgements,
    /// no set-up, no window. For closed forms.
    pub const NONE: Transport = Transport {
        segment_payload: Bytes::UNLIMITED,
        segment_header: Bytes(0),
        link_header: Bytes(0),
        segments_per_ack: 0,
        secure_frame: Bytes::UNLIMITED,
        secure_header: Bytes(0),
        mux_frame: Bytes::UNLIMITED,
        mux_header: Bytes(0),
        mux_window: Bytes(0),
        connect_round_trips: 0,
        handshake: Bytes(0),
        initial_window: Bytes::UNLIMITED,
        max_window: Bytes::UNLIMITED,
        idle_restart: Time::NEVER,
        queue: Time::ZERO,
        down_queue: None,
        burst: Time::ZERO,
        delay_target: Time::NEVER,
        congestion: Congestion::Even,
        small: Bytes(0),
        send_buffer: Bytes(0),
    };

    /// How long bytes of small messages may be owed before the flows on a link make up for them.
    pub(super) const SETTLED_AFTER: Time = Time::from_millis(100);

    /// How far what small messages have had of a link may be ahead of what it carries in that
    /// time: what comes before anybody looks, and while it is paid.
    pub fn owed_for(&self) -> Time {
        if self.small > Bytes(0) { Self::SETTLED_AFTER + Self::SETTLED_AFTER } else { Time::ZERO }
    }

    /// Refuses layers that carry nothing, or whose windows do not fit together.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        for (name, size) in [
            ("segment_payload", self.segment_payload),
            ("secure_frame", self.secure_frame),
            ("mux_frame", self.mux_frame),
            ("initial_window", self.initial_window),
        ] {
            let nothing = format!("`{name}` carries nothing");
            require(size > Bytes(0), format!("network.transport.{name}"), nothing, "at least 1 B")?;
        }
        let burst = format!("a burst of {} at the rate of the link", self.burst);
        require(self.burst <= Time::from_secs(60), "network.transport.burst", burst, "at most 1 min")?;
        let small = format!("messages of {} as small ones", self.small);
        let initial = format!("at most initial_window, {}", self.initial_window);
        require(self.small <= self.initial_window, "network.transport.small", small, initial)?;
        let largest = format!("a largest window of {}", self.max_window);
        let least = format!("at least initial_window, {}", self.initial_window);
        require(self.max_window >= self.initial_window, "network.transport.max_window", largest, least)
    }

    /// Bytes that the layers add to a message of `size` protocol bytes.
    pub fn framing(&self, size: u64) -> u64 {
        let secured = size + self.sealing(size);
        secured + self.segments(secured) * self.header() - size
    }

    /// Bytes of these that are added above TCP, by the muxer and by Noise.
    pub fn sealing(&self, size: u64) -> u64 {
        let muxed = size + size.div_ceil(self.mux_frame.get()) * self.mux_header.get();
        muxed + muxed.div_ceil(self.secure_frame.get()) * self.secure_header.get() - size
    }

    /// Bytes of acknowledgements that the receiver of `wire` bytes sends back.
    pub fn acks(&self, wire: u64) -> u64 {
        if self.segments_per_ack == 0 {
            return 0;
        }
        let full = self.segment_payload.get().saturating_add(self.header());
        wire.div_ceil(full).div_ceil(u64::from(self.segments_per_ack)) * self.header()
    }

    /// Bytes on the wire of a message of the muxer that gives credit back: a header
    /// in a secure frame and a segment of its own.
    pub fn window_update(&self) -> u64 {
        let secured = self.sealed_update();
        secured + self.segments(secured) * self.header()
    }

    /// The same above TCP.
    pub fn sealed_update(&self) -> u64 {
        self.mux_header.get() + self.secure_header.get()
    }

    /// Bytes that may be sent on a new stream before anything was read.
    pub fn mux_credit(&self) -> u64 {
        if self.mux_window.get() == 0 { u64::MAX } else { self.mux_window.get() }
    }

    /// Bytes on the wire that end a connection: a segment without data.
    pub fn closing(&self) -> u64 {
        self.header()
    }

    /// How long what begins to be sent over a full uplink waits: for the whole
    /// buffer, or for as much as a transport that heeds the delay puts into it.
    pub fn waiting(&self) -> Time {
        self.queue.min(self.delay_target)
    }

    fn header(&self) -> u64 {
        self.segment_header.get() + self.link_header.get()
    }

    fn segments(&self, secured: u64) -> u64 {
        secured.div_ceil(self.segment_payload.get())
    }
}

/// How a transport is written.
pub(super) struct Form;

impl JsonSchema for Form {
    fn schema_name() -> Cow<'static, str> {
        "TransportForm".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "enum": ["default", "none"] }, generator.subschema_for::<Transport>()] })
    }
}

impl Default for Transport {
    /// TCP/IPv4, Noise, mplex: the stack of Codex v1 and v2.
    fn default() -> Self {
        Transport {
            segment_payload: Bytes(1448),
            segment_header: Bytes(52),
            link_header: Bytes(0),
            segments_per_ack: 2,
            secure_frame: Bytes(65_487),
            secure_header: Bytes(18),
            mux_frame: Bytes(1 << 20),
            mux_header: Bytes(5),
            mux_window: Bytes(0),
            connect_round_trips: 6,
            handshake: Bytes(1_250),
            initial_window: Bytes(14_480),
            max_window: Bytes(4 << 20),
            idle_restart: Time::from_millis(1_000),
            queue: Time::ZERO,
            down_queue: None,
            burst: Time::ZERO,
            delay_target: Time::NEVER,
            congestion: Congestion::Even,
            small: Bytes(0),
            send_buffer: Bytes(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// codex-protocol 8.3: a lone 72-byte control message costs 147 B on IP.
    #[test]
    fn a_lone_control_message() {
        assert_eq!(72 + Transport::default().framing(72), 147);
        assert_eq!(Transport::default().acks(147), 52);
    }

    /// codex-protocol 8.3: a 64 KiB block of a 1 GiB dataset (628 B of message)
    /// costs 1.047 times its payload on IP, 1.073 on Ethernet with preamble.
    #[test]
    fn a_whole_block() {
        let message = 65_536 + 628;
        let ip = Transport::default();
        let ratio = |t: &Transport| (message + t.framing(message)) as f64 / 65_536.0;
        assert!((ratio(&ip) - 1.047).abs() < 5e-4, "{}", ratio(&ip));
        let ethernet = Transport { link_header: Bytes(38), ..ip };
        assert!((ratio(&ethernet) - 1.073).abs() < 1e-3, "{}", ratio(&ethernet));
    }

    /// A block of 16 KiB in a piece message over uTP and Ethernet: 12 packets of
    /// 62 B of headers; each packet is acknowledged.
    #[test]
    fn a_block_over_utp() {
        let utp = Transport {
            segment_payload: Bytes(1452),
            segment_header: Bytes(48),
            link_header: Bytes(14),
            segments_per_ack: 1,
            secure_header: Bytes(0),
            mux_header: Bytes(0),
            queue: Time::from_millis(200),
            delay_target: Time::from_millis(100),
            ..Transport::default()
        };
        assert_eq!(utp.framing(16_384 + 13), 12 * 62);
        assert_eq!(utp.acks(16_384 + 13 + 12 * 62), 12 * 62);
        assert_eq!(utp.waiting(), Time::from_millis(100));
        assert_eq!(Transport { delay_target: Time::NEVER, ..utp }.waiting(), Time::from_millis(200));
    }

    /// A window update of yamux: 12 B, 18 B of Noise, 52 B of TCP/IP.
    #[test]
    fn a_muxer_window_costs_updates() {
        let yamux = Transport { mux_header: Bytes(12), mux_window: Bytes(262_144), ..Transport::default() };
        assert_eq!((yamux.mux_credit(), yamux.window_update()), (262_144, 82));
        assert_eq!(Transport::default().mux_credit(), u64::MAX, "mplex");
    }

    #[test]
    fn none_adds_nothing() {
        assert_eq!(Transport::NONE.framing(123_456), 0);
        assert_eq!(Transport::NONE.acks(123_456), 0);
    }
}
