//! What goes wrong, told apart by who caused it and what may be done about it.
//!
//! Three readers see a fault. The *caller* sees [`Fault::message`] and the status, in the shape of
//! its own dialect. The *operator* sees [`Fault::detail`] in the logs, never the caller. The
//! *driver* reads [`Fault::retry`] to decide whether another attempt makes sense. An upstream's
//! error body is kept whole in [`Fault::upstream`]: it is never collapsed to a status code.
//!
//! The statuses and `type` words are contract (docs/errors.md lists them, after LiteLLM 1.109);
//! the messages are not, save where LiteLLM's clients match on them.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;

/// A failure, ready to be rendered in any dialect.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{kind:?} ({status}): {message}")]
pub struct Fault {
    /// What sort of failure.
    pub kind: FaultKind,
    /// Who caused it.
    pub origin: FaultOrigin,
    /// HTTP status for the caller.
    pub status: u16,
    /// Whether another attempt may succeed.
    pub retry: Retry,
    /// For the caller.
    pub message: Cow<'static, str>,
    /// For the operator only.
    pub detail: Option<String>,
    /// LiteLLM's `error.type` where it is more particular than the kind's (`token_not_found_in_db`).
    pub label: Option<&'static str>,
    /// The offending parameter.
    pub param: Option<Cow<'static, str>>,
    /// When to come back.
    pub retry_after: Option<Duration>,
    /// What the provider said.
    pub upstream: Option<Box<Upstream>>,
}

/// A provider's own error answer.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Provider's name.
    pub provider: String,
    /// Its HTTP status (200 for an error inside a stream).
    pub status: u16,
    /// Its error code or type, as it wrote it.
    pub code: Option<String>,
    /// Its body, whole.
    pub body: Bytes,
}

/// Sorts of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// The request is wrong.
    InvalidRequest,
    /// The prompt does not fit the model.
    ContextWindow,
    /// The provider's or the gateway's content policy refused it.
    ContentPolicy,
    /// No valid key.
    Authentication,
    /// A valid key, not for this.
    Permission,
    /// No such thing.
    NotFound,
    /// No such method on this path.
    MethodNotAllowed,
    /// The body is over the limit.
    TooLarge,
    /// The body is not JSON by its content type.
    UnsupportedMedia,
    /// A body of the wrong types on a management route.
    Unprocessable,
    /// Out of money.
    Budget,
    /// Too many requests or tokens.
    RateLimit,
    /// The provider has no capacity.
    Overloaded,
    /// Something took too long.
    Timeout,
    /// The provider could not be reached.
    Connection,
    /// The provider's stream ended before it was complete.
    Truncated,
    /// The provider failed.
    Upstream,
    /// The gateway's store or configuration is not available.
    Unavailable,
    /// The gateway failed.
    Internal,
}

/// Who caused it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultOrigin {
    /// The caller.
    Caller,
    /// The gateway.
    Gateway,
    /// The provider.
    Provider,
}

/// Whether another attempt may succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Not with this request.
    Never,
    /// Not with this deployment; another may do.
    Elsewhere,
    /// With any, after a pause.
    Again,
}

// === impl Fault ===

impl Fault {
    /// A fault with the kind's usual status, origin and retry.
    #[must_use]
    pub fn new(kind: FaultKind, message: impl Into<Cow<'static, str>>) -> Self {
        let (status, origin, retry) = kind.defaults();
        Self {
            kind,
            origin,
            status,
            retry,
            message: message.into(),
            detail: None,
            label: None,
            param: None,
            retry_after: None,
            upstream: None,
        }
    }

    /// A wrong request, naming the parameter.
    #[must_use]
    pub fn invalid(
        message: impl Into<Cow<'static, str>>,
        param: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(FaultKind::InvalidRequest, message).with_param(param)
    }

    /// Sets the HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Sets LiteLLM's `type` word.
    #[must_use]
    pub fn with_label(mut self, label: &'static str) -> Self {
        self.label = Some(label);
        self
    }

    /// Names the parameter.
    #[must_use]
    pub fn with_param(mut self, param: impl Into<Cow<'static, str>>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Adds what only the operator may read.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Says when to come back.
    #[must_use]
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// Keeps the provider's answer, and lays the blame there.
    #[must_use]
    pub fn with_upstream(mut self, upstream: Upstream) -> Self {
        self.origin = FaultOrigin::Provider;
        self.upstream = Some(Box::new(upstream));
        self
    }

    /// The same fault of another provider that speaks the dialect in which it was read, where the
    /// dialect's own stood for it.
    #[must_use]
    pub fn of_provider(mut self, provider: &str) -> Self {
        if let Some(upstream) = self.upstream.as_mut().filter(|known| known.provider != provider) {
            let (before, now) = (exception(&upstream.provider), exception(provider));
            self.message = self.message.replacen(&before, &now, 1).into();
            provider.clone_into(&mut upstream.provider);
        }
        self
    }

    /// Sets whether another attempt makes sense.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }
}

/// LiteLLM's name of a provider's errors.
fn exception(provider: &str) -> String {
    match provider {
        "openai" => "OpenAIException".to_owned(),
        "vertex_ai" => "VertexAIException".to_owned(),
        other => {
            let mut letters = other.chars();
            let first = letters.next().map(|first| first.to_uppercase().to_string());
            format!("{}{}Exception", first.unwrap_or_default(), letters.as_str())
        }
    }
}

// === impl FaultKind ===

impl FaultKind {
    /// LiteLLM's class of exceptions for it, by which its messages begin.
    #[must_use]
    pub fn litellm_class(self) -> &'static str {
        match self {
            Self::ContextWindow => "ContextWindowExceededError",
            Self::ContentPolicy => "ContentPolicyViolationError",
            Self::Authentication => "AuthenticationError",
            Self::Permission => "PermissionDeniedError",
            Self::NotFound => "NotFoundError",
            Self::RateLimit => "RateLimitError",
            Self::Overloaded => "ServiceUnavailableError",
            Self::Timeout => "Timeout",
            Self::Upstream => "InternalServerError",
            _ => "BadRequestError",
        }
    }

    fn defaults(self) -> (u16, FaultOrigin, Retry) {
        use FaultOrigin::{Caller, Gateway, Provider};
        use Retry::{Again, Elsewhere, Never};
        match self {
            Self::InvalidRequest => (400, Caller, Never),
            Self::ContextWindow => (400, Caller, Elsewhere),
            Self::ContentPolicy => (400, Caller, Elsewhere),
            Self::Authentication => (401, Caller, Never),
            Self::Permission => (403, Caller, Never),
            Self::NotFound => (404, Caller, Never),
            Self::MethodNotAllowed => (405, Caller, Never),
            Self::TooLarge => (413, Caller, Never),
            Self::UnsupportedMedia => (415, Caller, Never),
            Self::Unprocessable => (422, Caller, Never),
            Self::Budget => (422, Caller, Never),
            Self::RateLimit => (429, Caller, Again),
            Self::Overloaded => (503, Provider, Again),
            Self::Timeout => (408, Provider, Again),
            Self::Connection => (500, Provider, Again),
            Self::Truncated => (502, Provider, Never),
            Self::Upstream => (500, Provider, Again),
            Self::Unavailable => (503, Gateway, Again),
            Self::Internal => (500, Gateway, Never),
        }
    }

    /// The `error.type` word of OpenAI's envelope, after LiteLLM 1.109.
    #[must_use]
    pub fn openai_type(self) -> &'static str {
        match self {
            Self::Authentication => "authentication_error",
            Self::Permission => "permission_error",
            Self::NotFound => "not_found_error",
            Self::Budget => "budget_exceeded",
            Self::RateLimit => "rate_limit_error",
            Self::InvalidRequest
            | Self::ContextWindow
            | Self::ContentPolicy
            | Self::MethodNotAllowed
            | Self::TooLarge
            | Self::UnsupportedMedia
            | Self::Unprocessable => "invalid_request_error",
            Self::Timeout => "timeout_error",
            Self::Overloaded | Self::Unavailable => "service_unavailable_error",
            Self::Connection | Self::Truncated | Self::Upstream | Self::Internal => {
                "internal_server_error"
            }
        }
    }
}
