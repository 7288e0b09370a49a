//! What a stream is doing, for those who want to know what holds it back.

/// What decides how fast a message leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bottleneck {
    /// The uplink of the sender.
    Uplink,
    /// The downlink of the receiver.
    Downlink,
    /// A link in between, inside the graph.
    CoreLink,
    /// The window of the stream: so much per round trip.
    Window,
}

/// The message that a stream transmits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeadFlight {
    /// The caller's name for it.
    pub id: u32,
    /// What it is held back by.
    pub bottleneck: Bottleneck,
    /// How fast it leaves, in bytes per second; 0 while it waits for its turn.
    pub rate: f64,
}
