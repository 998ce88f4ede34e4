//! How limits stand, as LiteLLM's headers tell it.

use http::{HeaderMap, HeaderName, HeaderValue};
use sluice_store::{Limit, Measure, Reading};

use super::limits::{MINUTE, kind};

/// How a limit stood when the call was admitted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub(super) descriptor: &'static str,
    pub(super) kind: &'static str,
    pub(super) max: i64,
    pub(super) left: i64,
}

// === impl Standing ===

impl Standing {
    /// How a deployment's calls or tokens a minute stand: they have LiteLLM's shortest names.
    pub(super) fn of_deployment(reading: &Reading, limit: &Limit<'_>) -> Option<Self> {
        let told = [Measure::Requests, Measure::Tokens].contains(&limit.measure);
        Some(Self {
            descriptor: "",
            kind: kind(limit).filter(|_| told && limit.span == MINUTE)?,
            max: limit.max,
            left: limit.max.saturating_sub(reading.used).max(0),
        })
    }

    /// `x-ratelimit-<descriptor>-limit-<kind>` and `-remaining-`, as LiteLLM writes them.
    pub(super) fn write(&self, map: &mut HeaderMap) {
        for (word, value) in [("limit", self.max), ("remaining", self.left)] {
            let dash = if self.descriptor.is_empty() { "" } else { "-" };
            let name = format!("x-ratelimit-{}{dash}{word}-{}", self.descriptor, self.kind);
            if let Ok(name) = HeaderName::try_from(name) {
                map.insert(name, HeaderValue::from(value));
            }
        }
    }
}
