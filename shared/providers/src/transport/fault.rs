//! Failures of the way to a provider, in LiteLLM's words.

use std::{error::Error, fmt::Write as _, time::Duration};

use sluice_wire::{Fault, FaultKind, FaultOrigin, Retry};

use crate::{Auth, Provider};

/// What a timeout was waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    Connect,
    FirstByte,
    Idle,
    Total,
}

/// The provider could not be reached.
pub(crate) fn connection(provider: &Provider, detail: impl Into<String>) -> Fault {
    Fault::new(
        FaultKind::Connection,
        format!(
            "litellm.InternalServerError: InternalServerError: {} - Connection error.",
            exception(provider)
        ),
    )
    .with_detail(detail)
}

/// The provider took too long.
pub(crate) fn timeout(provider: &Provider, wait: Wait, after: Duration) -> Fault {
    let what = match wait {
        Wait::Connect => "connection",
        Wait::FirstByte => "first byte",
        Wait::Idle => "next chunk",
        Wait::Total => "whole answer",
    };
    let mut fault = Fault::new(
        FaultKind::Timeout,
        format!(
            "litellm.Timeout: APITimeoutError - Request timed out. No {what} from {} within {} s.",
            provider.name,
            after.as_secs_f64()
        ),
    );
    fault.origin = FaultOrigin::Provider;
    fault
}

/// The provider broke off in the middle of an answer.
pub(crate) fn truncated(provider: &Provider, detail: impl Into<String>) -> Fault {
    Fault::new(
        FaultKind::Truncated,
        format!(
            "litellm.APIConnectionError: {} - the connection broke before the answer was complete.",
            exception(provider)
        ),
    )
    .with_detail(detail)
}

/// The deployment has no credential, or its credential cannot be had.
pub(crate) fn credential(provider: &Provider, detail: impl Into<String>) -> Fault {
    let parameter = match provider.auth {
        Auth::Aws => "the AWS credentials are missing or cannot be used",
        _ => "`api_key` is missing or cannot be read",
    };
    let mut fault = Fault::new(
        FaultKind::Authentication,
        format!(
            "litellm.AuthenticationError: AuthenticationError: {} - {parameter}.",
            exception(provider)
        ),
    )
    .with_retry(Retry::Elsewhere)
    .with_detail(detail);
    fault.origin = FaultOrigin::Gateway;
    fault
}

/// The token that the deployment's calls need cannot be had.
pub(crate) fn token(provider: &Provider, detail: impl Into<String>) -> Fault {
    let mut fault = Fault::new(
        FaultKind::Authentication,
        format!(
            "litellm.AuthenticationError: AuthenticationError: {} - no access token can be had.",
            exception(provider)
        ),
    )
    .with_retry(Retry::Elsewhere)
    .with_detail(detail);
    fault.origin = FaultOrigin::Gateway;
    fault
}

/// The provider has no route for this.
pub(crate) fn unserved(provider: &Provider, detail: impl Into<String>) -> Fault {
    Fault::new(
        FaultKind::InvalidRequest,
        format!("{} does not serve this kind of call", provider.name),
    )
    .with_retry(Retry::Elsewhere)
    .with_detail(detail)
}

/// An answer longer than the limit.
pub(crate) fn too_long(provider: &Provider, limit: usize) -> Fault {
    Fault::new(
        FaultKind::Upstream,
        format!("{} answered with more than {limit} bytes", provider.name),
    )
    .with_status(502)
    .with_retry(Retry::Never)
}

/// An error and its causes in one line. For operators only.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

/// LiteLLM's name for a provider's exceptions.
fn exception(provider: &Provider) -> String {
    let name = match provider.name {
        "openai" | "custom_openai" => "OpenAI",
        "vertex_ai" => "VertexAI",
        other => other,
    };
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain("Exception".chars()).collect()
}
