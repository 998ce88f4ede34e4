//! The instants by which one call must have come to something.

use std::{future::Future, time::Duration};

use sluice_wire::Fault;
use tokio::time::{Instant, timeout_at};

use super::fault::{self, Wait};
use crate::{Provider, Timeouts};

/// A call's timeouts, from the moment it was started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    provider: &'static Provider,
    timeouts: Timeouts,
    first_byte: Instant,
    total: Instant,
}

// === impl Deadline ===

impl Deadline {
    /// Starts the clock.
    pub(crate) fn start(provider: &'static Provider, timeouts: Timeouts) -> Self {
        let now = Instant::now();
        Self {
            provider,
            timeouts,
            first_byte: after(now, timeouts.first_byte),
            total: after(now, timeouts.total),
        }
    }

    /// Waits for what precedes the first byte.
    pub(crate) async fn first_byte<F: Future>(&self, future: F) -> Result<F::Output, Fault> {
        self.until(self.first_byte, Wait::FirstByte, future).await
    }

    /// Waits for one chunk after the first.
    pub(crate) async fn idle<F: Future>(&self, future: F) -> Result<F::Output, Fault> {
        self.until(after(Instant::now(), self.timeouts.idle), Wait::Idle, future).await
    }

    async fn until<F: Future>(
        &self,
        instant: Instant,
        wait: Wait,
        future: F,
    ) -> Result<F::Output, Fault> {
        let (instant, wait) =
            if self.total < instant { (self.total, Wait::Total) } else { (instant, wait) };
        timeout_at(instant, future).await.map_err(|_| {
            let duration = match wait {
                Wait::Connect => self.timeouts.connect,
                Wait::FirstByte => self.timeouts.first_byte,
                Wait::Idle => self.timeouts.idle,
                Wait::Total => self.timeouts.total,
            };
            fault::timeout(self.provider, wait, duration)
        })
    }
}

/// `duration` after `now`; a day at most beyond what the clock can count.
fn after(now: Instant, duration: Duration) -> Instant {
    const DAY: Duration = Duration::from_secs(86_400);
    now.checked_add(duration).or_else(|| now.checked_add(DAY)).unwrap_or(now)
}
