//! How long a call may take, by what it waits for.

use std::time::Duration;

/// The waits of one call. Each ends the call with [`sluice_wire::FaultKind::Timeout`], save the
/// first, which is [`sluice_wire::FaultKind::Connection`]'s sort of failure but told as a timeout too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timeouts {
    /// Until the connection stands.
    pub connect: Duration,
    /// From there until the first byte of the body (of a stream), or the head (of a whole answer).
    pub first_byte: Duration,
    /// Between two chunks.
    pub idle: Duration,
    /// Altogether.
    pub total: Duration,
}

// === impl Timeouts ===

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(300),
            idle: Duration::from_secs(300),
            // LiteLLM's `request_timeout`.
            total: Duration::from_secs(6000),
        }
    }
}
