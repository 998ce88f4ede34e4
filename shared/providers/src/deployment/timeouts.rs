//! How long a call may take, by what it waits for.

use std::time::Duration;

/// The waits of one call. Each ends the call with [`sluice_wire::FaultKind::Timeout`], which names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timeouts {
    /// Until the connection stands, TLS included.
    pub connect: Duration,
    /// From the call's start until the first byte of the answer's body.
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
