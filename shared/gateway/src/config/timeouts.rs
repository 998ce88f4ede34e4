//! How long to wait: the deployment's own times over the router's over the default.

use std::time::Duration;

use sluice_providers::Timeouts;

/// Times as they are configured.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Waits {
    /// `litellm_settings.request_timeout`: altogether.
    pub(super) altogether: Option<Duration>,
    /// `timeout` of the deployment, else of the router: until the first byte, and between two.
    pub(super) answer: Option<Duration>,
    /// `stream_timeout`: between two chunks of a stream.
    pub(super) stream: Option<Duration>,
}

// === impl Waits ===

impl Waits {
    pub(super) fn resolve(self) -> Timeouts {
        let mut timeouts = Timeouts::default();
        if let Some(altogether) = self.altogether {
            timeouts.total = altogether;
        }
        if let Some(answer) = self.answer {
            timeouts.first_byte = answer;
            timeouts.idle = answer;
            timeouts.total = timeouts.total.max(answer);
        }
        if let Some(stream) = self.stream {
            timeouts.idle = stream;
            timeouts.total = timeouts.total.max(stream);
        }
        timeouts.first_byte = timeouts.first_byte.min(timeouts.total);
        timeouts.idle = timeouts.idle.min(timeouts.total);
        timeouts.connect = timeouts.connect.min(timeouts.first_byte);
        timeouts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(count: u64) -> Option<Duration> {
        Some(Duration::from_secs(count))
    }

    fn resolved(waits: Waits) -> [u64; 4] {
        let Timeouts { connect, first_byte, idle, total } = waits.resolve();
        [connect, first_byte, idle, total].map(|duration| duration.as_secs())
    }

    #[test]
    fn each_time_bounds_what_it_is_of() {
        let none = Waits::default();
        assert_eq!(resolved(none), [10, 300, 300, 6000]);
        assert_eq!(resolved(Waits { altogether: seconds(60), ..none }), [10, 60, 60, 60]);
        assert_eq!(resolved(Waits { answer: seconds(5), ..none }), [5, 5, 5, 6000]);
        assert_eq!(resolved(Waits { answer: seconds(600), ..none }), [10, 600, 600, 6000]);
        assert_eq!(resolved(Waits { stream: seconds(20), ..none }), [10, 300, 20, 6000]);
        let all = Waits { altogether: seconds(30), answer: seconds(60), stream: seconds(20) };
        assert_eq!(resolved(all), [10, 60, 20, 60]);
    }
}
