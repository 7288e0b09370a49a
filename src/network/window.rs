//! The window of a stream, as a fluid.
//!
//! TCP keeps at most one window of bytes unacknowledged. A stream that begins
//! to send may therefore let one window leave as fast as the links allow: its
//! *credit*. When the credit is spent, acknowledgements pace the stream, which
//! then carries at most one window per round trip. A stream that the window
//! holds back doubles it one round trip later, up to the maximum (slow start,
//! RFC 5681). While a stream is idle its credit comes back at one window per
//! round trip, for so fast the bytes in flight are acknowledged; after
//! `idle_restart` it begins anew (RFC 2861).
//!
//! So a transfer of `w0 2^n` bytes over a fat idle path leaves within `n` round
//! trips. Classic slow start, whose round `i` bursts `w0 2^i` bytes, takes
//! `ceil(log2(S/w0 + 1)) - 1` of them for `S` bytes: the fluid is at most one
//! round trip later and never one earlier. The steady rate is exactly
//! min(link, window / RTT).

use super::{NetworkModel, NetworkSpec};
use crate::units::Time;
use crate::world::Congestion;

/// What all windows have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct WindowRule {
    initial: f64,
    max: f64,
    idle_restart: Time,
    /// Whether windows answer to what is acknowledged and lost ([`super::congestion`]), in
    /// place of doubling whenever they hold a stream back.
    by_law: bool,
    /// Whether a window that cannot grow may shrink.
    lossy: bool,
}

impl WindowRule {
    /// The rule of the transport of `spec`; an initial window of `u64::MAX` is none at all.
    pub fn new(spec: &NetworkSpec) -> Self {
        let transport = &spec.transport;
        let bytes = |b: u64| if b == u64::MAX { f64::INFINITY } else { b as f64 };
        let max = bytes(transport.max_window.get());
        let initial = bytes(transport.initial_window.get()).min(max);
        let by_law = spec.model == NetworkModel::Fair && transport.congestion != Congestion::Even;
        WindowRule { initial, max, idle_restart: transport.idle_restart, by_law, lossy: spec.loss > 0.0 }
    }
}

/// The window of one stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// Bytes; infinite where there is no window.
    size: f64,
    /// Bytes that may leave before acknowledgements pace the stream.
    credit: f64,
    rtt: Time,
    /// When the size doubles next.
    grow_at: Time,
    idle_since: Time,
    /// Whether acknowledgements pace the stream now.
    paced: bool,
    /// Bytes that have left since they were last taken into account.
    acked: f64,
}

/// Round trip of a path without latency, where windows answer to queues.
const LEAST_RTT: Time = Time::from_nanos(1_000);

/// Credit below this, in bytes, is rounding error.
const NO_CREDIT: f64 = 1e-6;

impl Window {
    /// Of a new stream with round-trip time `rtt`; zero means no window.
    pub fn new(rule: &WindowRule, rtt: Time) -> Self {
        // A window that answers to a queue is one however short the way is.
        let rtt = if rule.by_law { rtt.max(LEAST_RTT) } else { rtt };
        let size = if rtt == Time::ZERO { f64::INFINITY } else { rule.initial };
        Window { size, rtt, ..Window::none() }.full()
    }

    fn full(self) -> Self {
        Window { credit: self.size, ..self }
    }

    /// Of a datagram, which waits for no acknowledgement.
    pub fn none() -> Self {
        let (size, rtt) = (f64::INFINITY, Time::ZERO);
        let idle_since = Time::ZERO;
        Window { size, credit: size, rtt, grow_at: Time::NEVER, idle_since, paced: false, acked: 0.0 }
    }

    /// The largest rate that the window allows, in bytes per second.
    pub fn limit(&self) -> f64 {
        if self.paced { self.size / self.rtt.secs() } else { f64::INFINITY }
    }

    /// Whether there is a window at all.
    pub fn is_finite(&self) -> bool {
        self.size.is_finite()
    }

    /// The stream has something to send again.
    pub fn wake(&mut self, now: Time, rule: &WindowRule) {
        if !self.is_finite() {
            return;
        }
        let idle = now.since(self.idle_since);
        if idle >= rule.idle_restart {
            *self = Window::new(rule, self.rtt);
            return;
        }
        if self.grow_at <= now && !rule.by_law {
            self.grow(rule);
        }
        self.acked = 0.0;
        self.credit = (self.credit + self.size * (idle.secs() / self.rtt.secs())).min(self.size);
        self.paced = self.credit < NO_CREDIT;
    }

    /// The stream has nothing left to send.
    pub fn sleep(&mut self, now: Time) {
        self.idle_since = now;
    }

    /// The stream runs at `rate` from `now` on. If the window is what holds it
    /// back, the size doubles one round trip from now (if not before).
    pub fn note_rate(&mut self, now: Time, rate: f64, rule: &WindowRule) {
        let held_back = self.paced && rate >= self.limit() * (1.0 - 1e-9);
        if held_back && self.grow_at == Time::NEVER && (self.size < rule.max || rule.lossy) {
            self.grow_at = now + self.rtt;
        }
    }

    fn grow(&mut self, rule: &WindowRule) {
        self.size = (self.size * 2.0).min(rule.max);
        self.grow_at = Time::NEVER;
    }

    /// Bytes of the window, and its round trip without queues.
    pub fn size(&self) -> (f64, Time) {
        (self.size, self.rtt)
    }

    /// Bytes that have left since this was last asked.
    pub fn take_acked(&mut self) -> f64 {
        std::mem::take(&mut self.acked)
    }

    /// Whether half of the window or more was sent since the last count.
    pub fn is_used(&self) -> bool {
        2.0 * self.acked >= self.size
    }

    /// Sets the size, in bytes; nothing goes beyond the largest.
    pub fn resize(&mut self, size: f64, rule: &WindowRule) {
        self.size = size.min(rule.max);
        self.grow_at = Time::NEVER;
    }

    /// Whether `bytes` may leave before acknowledgements pace the stream.
    pub fn has_credit(&self, bytes: f64) -> bool {
        !self.paced && bytes <= self.credit
    }

    /// A stream at rest has sent `bytes` and is at rest again.
    pub fn spend_at_rest(&mut self, bytes: f64, now: Time) {
        if self.is_finite() {
            self.spend(bytes);
        }
        self.sleep(now);
    }

    fn spend(&mut self, bytes: f64) {
        self.acked += bytes;
        self.credit -= bytes;
        if self.credit < NO_CREDIT {
            self.credit = 0.0;
        }
    }
}

/// What happens next to a message in transmission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeadStep {
    /// Its last byte leaves.
    End,
    /// The window has no credit left.
    Spent,
    /// The window doubles.
    Grow,
}

/// A stream's head in transmission at a constant rate, and its window.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeadPace {
    /// Bytes that had not left at `since`.
    pub left: f64,
    /// Bytes per second from `since` on.
    pub rate: f64,
    /// Up to when `left` and the credit are settled.
    pub since: Time,
    /// The window of the stream.
    pub window: Window,
    /// What the message waits in a buffer before its uplink.
    pub queued: Time,
}

impl HeadPace {
    /// Of a stream that has not sent yet.
    pub fn new(window: Window) -> Self {
        HeadPace { left: 0.0, rate: 0.0, since: Time::ZERO, window, queued: Time::ZERO }
    }

    /// Begins a message of `bytes`.
    pub fn begin(&mut self, now: Time, bytes: f64) {
        self.left = bytes;
        self.since = now;
    }

    /// Bytes of the head that no acknowledgements pace.
    pub fn unpaced(&self) -> f64 {
        if self.window.paced { 0.0 } else { self.left.min(self.window.credit) }
    }

    /// So many bytes of the head pass at once.
    pub fn leave_at_once(&mut self, bytes: f64) {
        if bytes > 0.0 {
            self.leave(self.since, bytes);
        }
    }

    /// What happens next if the rate stays, and when. At one time the end of
    /// the message or of the credit comes before the doubling.
    pub fn next(&self) -> (Time, HeadStep) {
        let spent = !self.window.paced && self.window.credit < self.left;
        let (bytes, step) = if spent { (self.window.credit, HeadStep::Spent) } else { (self.left, HeadStep::End) };
        let at = self.since + span(bytes, self.rate);
        if self.window.grow_at < at { (self.window.grow_at, HeadStep::Grow) } else { (at, step) }
    }

    /// Carries out the `step` that [`HeadPace::next`] foretold for `now`.
    pub fn take(&mut self, now: Time, step: HeadStep, rule: &WindowRule) {
        match step {
            HeadStep::End => self.leave(now, self.left),
            HeadStep::Spent => self.leave(now, self.window.credit),
            HeadStep::Grow => {
                self.settle(now);
                if !rule.by_law {
                    self.window.grow(rule);
                }
            }
        }
        if !self.window.paced && self.window.credit == 0.0 {
            self.window.paced = true;
        }
    }

    /// Books what has left until `now`.
    pub fn settle(&mut self, now: Time) {
        self.leave(now, self.sent(now));
    }

    /// Bytes that left between `since` and `now`.
    pub fn sent(&self, now: Time) -> f64 {
        let elapsed = now.since(self.since);
        if elapsed == Time::ZERO { 0.0 } else { (self.rate * elapsed.secs()).min(self.left) }
    }

    fn leave(&mut self, now: Time, bytes: f64) {
        self.left -= bytes;
        self.window.spend(bytes);
        self.since = now;
    }

    /// When the last byte of a message of `bytes` that begins at `now` leaves
    /// over a `line` of so many bytes per second that it has for itself.
    pub fn alone(&mut self, now: Time, bytes: f64, line: f64, rule: &WindowRule) -> Time {
        self.begin(now, bytes);
        loop {
            self.rate = line.min(self.window.limit());
            self.window.note_rate(self.since, self.rate, rule);
            let (at, step) = self.next();
            if at == Time::NEVER {
                return at;
            }
            self.take(at, step, rule);
            if step == HeadStep::End {
                return at;
            }
        }
    }
}

/// How long `bytes` take at `rate` bytes per second: the next whole nanosecond,
/// give or take the rounding error of the division.
pub(super) fn span(bytes: f64, rate: f64) -> Time {
    if bytes <= 0.0 || rate == f64::INFINITY {
        return Time::ZERO;
    }
    if rate == 0.0 {
        return Time::NEVER;
    }
    let nanos = bytes / rate * 1e9;
    let error = (nanos * 1e-13).max(1e-3);
    let (nanos, whole) = (nanos - error, (nanos - error) as u64);
    Time::from_nanos(whole.saturating_add(u64::from((whole as f64) < nanos)))
}
