//! How long a caller waits, and how often they want it tried.

use std::time::Duration;

use http::HeaderMap;
use sluice_providers::Timeouts;
use sluice_wire::Fault;

/// Attempts that a caller may ask for, after the first.
const MOST_RETRIES: u64 = 10;
/// Longest time that is taken for seconds: a week.
const LONGEST: f64 = 604_800.0;

/// What a call says of it, in its headers or its body. What it does not say is the deployment's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Patience {
    /// `num_retries`: attempts after the first.
    pub(super) num_retries: Option<u32>,
    /// `timeout`: until the first byte, and between two; all of it, where the answer is no stream.
    pub(super) timeout: Option<Duration>,
    /// `stream_timeout`: the same, of a stream.
    pub(super) stream_timeout: Option<Duration>,
}

// === impl Patience ===

impl Patience {
    /// Reads it from values by their names.
    ///
    /// # Errors
    /// When one is no number that may be meant, naming it.
    pub(super) fn read<'v>(value: impl Fn(&str) -> Option<Said<'v>>) -> Result<Self, Fault> {
        let seconds = |name: &'static str| value(name).map(|said| said.seconds(name)).transpose();
        Ok(Self {
            num_retries: value("num_retries").map(|said| said.retries()).transpose()?,
            timeout: seconds("timeout")?,
            stream_timeout: seconds("stream_timeout")?,
        })
    }

    /// What a call's headers say: `x-litellm-timeout`, `x-litellm-stream-timeout` and
    /// `x-litellm-num-retries`.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(super) fn told(headers: &HeaderMap) -> Result<Self, Fault> {
        Self::read(|name| {
            let value = headers.get(format!("x-litellm-{}", name.replace('_', "-")))?;
            Some(Said::Text(value.to_str().unwrap_or_default()))
        })
    }

    /// This one's words, else another's.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            num_retries: self.num_retries.or(other.num_retries),
            timeout: self.timeout.or(other.timeout),
            stream_timeout: self.stream_timeout.or(other.stream_timeout),
        }
    }

    /// The wait for the first byte, where the call says one.
    pub(super) fn wait(self, stream: bool) -> Option<Duration> {
        self.stream_timeout.filter(|_| stream).or(self.timeout)
    }

    /// A deployment's times as this call wants them. Never longer than the deployment's altogether:
    /// that is what calls by time are reserved for.
    pub(super) fn within(self, mut own: Timeouts, stream: bool) -> Timeouts {
        let Some(wait) = self.wait(stream) else { return own };
        if !stream {
            own.total = own.total.min(wait);
        }
        own.first_byte = wait.min(own.total);
        own.idle = wait.min(own.total);
        own.connect = own.connect.min(own.first_byte);
        own
    }
}

/// A value as a body or a header says it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Said<'v> {
    Json(&'v serde_json::Value),
    Text(&'v str),
}

// === impl Said ===

impl Said<'_> {
    fn number(self) -> Option<f64> {
        match self {
            Self::Json(value) => value.as_f64(),
            Self::Text(text) => text.trim().parse().ok(),
        }
    }

    fn seconds(self, name: &'static str) -> Result<Duration, Fault> {
        let seconds = self.number().filter(|seconds| *seconds > 0.0 && *seconds <= LONGEST);
        let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        duration.ok_or_else(|| {
            Fault::invalid(format!("Invalid '{name}': must be seconds, more than 0."), name)
        })
    }

    fn retries(self) -> Result<u32, Fault> {
        let count = match self {
            Self::Json(value) => value.as_u64(),
            Self::Text(text) => text.trim().parse().ok(),
        };
        let count = count.filter(|count| *count <= MOST_RETRIES);
        count.and_then(|count| u32::try_from(count).ok()).ok_or_else(|| {
            let message = format!("Invalid 'num_retries': must be 0 to {MOST_RETRIES}.");
            Fault::invalid(message, "num_retries")
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const OWN: Timeouts = Timeouts {
        connect: Duration::from_secs(10),
        first_byte: Duration::from_secs(300),
        idle: Duration::from_secs(300),
        total: Duration::from_secs(400),
    };

    fn patience(body: &Value) -> Result<Patience, Fault> {
        Patience::read(|name| body.get(name).map(Said::Json))
    }

    fn waits(patience: Patience, stream: bool) -> [u64; 4] {
        let Timeouts { connect, first_byte, idle, total } = patience.within(OWN, stream);
        [connect, first_byte, idle, total].map(|duration| duration.as_secs())
    }

    #[test]
    fn a_stream_has_its_own_time_and_no_call_more_than_the_deployments() {
        let both = patience(&json!({"timeout": 5, "stream_timeout": 20})).unwrap();
        assert_eq!(waits(both, false), [5, 5, 5, 5]);
        assert_eq!(waits(both, true), [10, 20, 20, 400]);
        let long = patience(&json!({"timeout": 600})).unwrap();
        assert_eq!(waits(long, false), [10, 400, 400, 400]);
        assert_eq!(waits(long, true), [10, 400, 400, 400]);
        assert_eq!(waits(Patience::default(), true), [10, 300, 300, 400]);
    }

    #[test]
    fn headers_say_it_as_well_and_go_before() {
        let mut headers = HeaderMap::new();
        headers.insert("x-litellm-timeout", "2.5".parse().unwrap());
        headers.insert("x-litellm-num-retries", "3".parse().unwrap());
        let body = patience(&json!({"timeout": 9, "stream_timeout": 8, "num_retries": 1})).unwrap();
        let all = Patience::told(&headers).unwrap().or(body);
        assert_eq!((all.num_retries, all.timeout), (Some(3), Some(Duration::from_millis(2500))));
        assert_eq!(all.stream_timeout, Some(Duration::from_secs(8)));
    }

    #[test]
    fn what_is_no_time_and_no_count_is_refused_by_its_name() {
        for (name, value) in [
            ("timeout", json!(0)),
            ("timeout", json!("soon")),
            ("stream_timeout", json!(1e9)),
            ("num_retries", json!(11)),
            ("num_retries", json!(1.5)),
        ] {
            let fault = patience(&json!({name: value})).unwrap_err();
            assert_eq!((fault.status, fault.param.as_deref()), (400, Some(name)));
        }
    }
}
