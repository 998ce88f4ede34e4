//! Requests, both ways: Anthropic's messages, less what stands in the path.

use serde::Deserialize;
use serde_json::Value;

use super::family::{malformed, speaks_anthropic};
use crate::{
    Encoded, Fault, FaultKind, Splice, Target,
    canon::Request,
    dialect::{Line, anthropic_messages},
    splice,
};

/// The only version there is.
const VERSION: &str = "\"bedrock-2023-05-31\"";

/// Reads a caller's request.
///
/// # Errors
/// A fault of the caller, also where the body is of a family that is not read.
pub(crate) fn decode(body: &[u8], line: Line<'_>) -> Result<Request, Fault> {
    if !speaks_anthropic(body)? {
        return Err(Fault::invalid(
            "The body is not one of Anthropic's messages (`anthropic_version` is missing), and only a \
             deployment on Bedrock takes the native body of another model family.",
            "body",
        ));
    }
    let edits = [
        Splice::Set("model", Value::from(line.model.unwrap_or_default()).to_string()),
        Splice::Set("stream", line.stream.unwrap_or_default().to_string()),
        Splice::Remove("anthropic_version"),
    ];
    anthropic_messages::request::decode(&splice(body, &edits).map_err(malformed)?)
}

/// The same request for Anthropic itself: the model and whether to stream come into the body, and what
/// Anthropic takes as headers ([`betas`]) leaves it. Every other byte stays. `cap` lowers the cap.
///
/// # Errors
/// A fault of the caller when the body is not a JSON object.
pub fn unwrap(
    body: &[u8],
    model: &str,
    stream: bool,
    cap: Option<u64>,
    remove: &[&str],
) -> Result<Vec<u8>, Fault> {
    let mut edits: Vec<_> = remove.iter().map(|field| Splice::Remove(field)).collect();
    edits.push(Splice::Remove("anthropic_version"));
    edits.push(Splice::Remove("anthropic_beta"));
    edits.push(Splice::Set("model", Value::from(model).to_string()));
    if stream {
        edits.push(Splice::Set("stream", "true".to_owned()));
    }
    if let Some(cap) = cap {
        edits.push(Splice::Set("max_tokens", cap.to_string()));
    }
    splice(body, &edits).map_err(malformed)
}

/// Writes a request for Bedrock.
///
/// # Errors
/// As Anthropic's.
pub(crate) fn encode(request: &Request, target: Target<'_>) -> Result<Encoded, Fault> {
    let encoded = anthropic_messages::request::encode(request, target)?;
    let edits = [
        Splice::Remove("model"),
        Splice::Remove("stream"),
        Splice::Set("anthropic_version", VERSION.to_owned()),
    ];
    let body = splice(&encoded.body, &edits).map_err(|error| {
        Fault::new(FaultKind::Internal, "The request could not be written.")
            .with_detail(error.to_string())
    })?;
    Ok(Encoded { body, losses: encoded.losses })
}

/// The beta features that a body asks for: Anthropic itself takes them in its `anthropic-beta` header.
#[must_use]
pub fn betas(body: &[u8]) -> Vec<String> {
    #[derive(Deserialize)]
    struct Betas {
        #[serde(default)]
        anthropic_beta: Vec<String>,
    }
    serde_json::from_slice(body).map_or_else(|_| Vec::new(), |body: Betas| body.anthropic_beta)
}
