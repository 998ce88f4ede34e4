//! Whole answers, both ways: Anthropic's own.

use super::usage;
use crate::{
    Fault, FaultKind, Stamp,
    canon::Response,
    dialect::{Glance, anthropic_messages},
};

/// Reads a provider's answer.
///
/// # Errors
/// As Anthropic's.
pub(crate) fn decode(body: &[u8]) -> Result<Response, Fault> {
    anthropic_messages::response::decode(body)
}

/// Writes an answer for a caller.
pub(crate) fn encode(response: &Response, stamp: &Stamp) -> Vec<u8> {
    anthropic_messages::response::encode(response, stamp)
}

/// Looks at an answer that is forwarded. The model keeps the name that it wrote: nothing is changed.
///
/// # Errors
/// A fault of the provider when the body is not JSON.
pub(crate) fn glance(body: &[u8]) -> Result<Glance, Fault> {
    #[derive(serde::Deserialize)]
    struct Named {
        id: Option<String>,
    }
    let named: Option<Named> = serde_json::from_slice(body).ok();
    if named.is_none() {
        serde_json::from_slice::<serde::de::IgnoredAny>(body).map_err(|error| {
            Fault::new(FaultKind::Upstream, "The provider's answer is not what its API promises.")
                .with_status(502)
                .with_detail(error.to_string())
        })?;
    }
    Ok(Glance { id: named.and_then(|named| named.id), model: None, usage: usage::read(body) })
}
