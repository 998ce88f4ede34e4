//! A request whose tokens are to be counted.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use sluice_wire::{Dialect, Fault, Line, Splice, canon::Request, splice};

use crate::{corridor::GATEWAY_FIELDS, prompts};

/// The question, in whatever dialect it is asked.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(super) dialect: Dialect,
    /// The caller's own bytes.
    pub(super) body: Bytes,
    pub(super) headers: HeaderMap,
    pub(super) request: Request,
}

/// What a request must have, and a question need not.
#[derive(Deserialize)]
struct Present<'a> {
    #[serde(borrow)]
    max_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    model: Option<&'a RawValue>,
}

// === impl Asked ===

impl Asked {
    /// Reads it. The model may stand in the body or in `line`.
    ///
    /// # Errors
    /// A fault of the caller, in the words of the dialect.
    pub(crate) fn read(
        dialect: Dialect,
        line: Line<'_>,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Self, Fault> {
        prompts::none(dialect, &body)?;
        let whole = completed(dialect, line, &body)?;
        let mut request = dialect.decode_request(whole.as_deref().unwrap_or(&body), line)?;
        if let Some(extras) = &mut request.extras {
            extras.fields.retain(|name, _| !GATEWAY_FIELDS.contains(&name.as_str()));
        }
        Ok(Self { dialect, body, headers, request })
    }

    /// The name that was asked for.
    pub(crate) fn model(&self) -> &str {
        &self.request.model
    }

    /// The request itself.
    pub(crate) fn request(&self) -> &Request {
        &self.request
    }

    /// The caller's bytes with `edits`, without the gateway's own fields.
    pub(super) fn spliced(&self, edits: &[Splice<'_>]) -> Result<Vec<u8>, Fault> {
        let mut all: Vec<_> = GATEWAY_FIELDS.iter().map(|field| Splice::Remove(field)).collect();
        all.extend(edits.iter().cloned());
        splice(&self.body, &all).map_err(|error| unreadable(&error))
    }

    /// Whether the body caps the answer: a count need not.
    pub(super) fn is_capped(&self) -> bool {
        serde_json::from_slice(&self.body)
            .is_ok_and(|present: Present<'_>| present.max_tokens.is_some())
    }

    /// Headers of Anthropic's dialect.
    pub(super) fn anthropic_headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let own = ["anthropic-version", "anthropic-beta"];
        let headers = self.headers.iter();
        headers
            .filter(|(name, _)| own.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

/// What the dialect's reader wants and a question lacks, put in.
fn completed(dialect: Dialect, line: Line<'_>, body: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
    if !matches!(dialect, Dialect::AnthropicMessages | Dialect::BedrockInvoke) {
        return Ok(None);
    }
    let present: Present<'_> = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    let mut edits = Vec::new();
    if present.max_tokens.is_none() {
        edits.push(Splice::Set("max_tokens", "1".to_owned()));
        // A budget for thoughts must be below the cap, and says nothing of the prompt.
    }
    if let (None, Some(model)) = (present.model, line.model) {
        edits.push(Splice::Set("model", Value::from(model).to_string()));
    }
    if edits.is_empty() {
        return Ok(None);
    }
    splice(body, &edits).map(Some).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> Fault {
    Fault::invalid(format!("The request body is not valid JSON: {error}"), "body")
}
