//! The request's body: read within the limit, looked at just as far as needed.

use std::sync::{Arc, OnceLock};

use axum::body::Body;
use bytes::Bytes;
use http::{
    HeaderMap, Uri,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use sluice_wire::{Dialect, Fault, FaultKind, Peek, Splice, canon::Request, splice};

use super::{
    Facts,
    fallback::Origin,
    params::{Wishes, enforce},
};
use crate::{App, history::Session, prompts, responses::Thread};

/// Top-level body fields that speak to the gateway and must not reach a provider.
pub(crate) const GATEWAY_FIELDS: [&str; 26] = [
    "litellm_metadata",
    "litellm_session_id",
    "litellm_trace_id",
    "litellm_call_id",
    "guardrails",
    "fallbacks",
    "context_window_fallbacks",
    "content_policy_fallbacks",
    "num_retries",
    "timeout",
    "stream_timeout",
    "mock_response",
    "mock_tool_calls",
    "mock_delay",
    "mock_timeout",
    "mock_testing_fallbacks",
    "mock_testing_context_fallbacks",
    "mock_testing_content_policy_fallbacks",
    "drop_params",
    "additional_drop_params",
    "allowed_openai_params",
    "cache_control_injection_points",
    "disable_fallbacks",
    "router_settings_override",
    "cache",
    "tags",
];

/// A request as it came through the door.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) line: Line,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

/// What the route says.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) dialect: Dialect,
    /// LiteLLM's `call_type`.
    pub(crate) call_type: &'static str,
    /// The path as LiteLLM names it in messages.
    pub(crate) route: &'static str,
    /// The model, where the path names it.
    pub(crate) model: Option<String>,
    /// Streaming, where the path says so.
    pub(crate) stream: Option<bool>,
}

/// A request whose body has been read.
#[derive(Debug)]
pub(crate) struct Intake {
    pub(crate) line: Line,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) peek: Peek,
    /// What is kept of the conversation, where the dialect keeps any.
    pub(crate) thread: Option<Thread>,
    /// The session that it goes on from; the body has what was said in it.
    pub(crate) session: Option<Arc<Session>>,
    canonical: OnceLock<Request>,
    /// The same with the bytes of what it names by address, once they have been fetched.
    brought: OnceLock<Request>,
    /// What the body says about its parameters.
    pub(crate) wishes: Wishes,
    pub(super) known: Known,
}

/// What the whole body was searched for, at most once each.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The provider of the caller's own dialect would refuse the bytes as they are.
    pub(super) needs_reading: OnceLock<bool>,
    /// A body of Bedrock's InvokeModel has Anthropic's fields.
    pub(super) is_anthropics: OnceLock<bool>,
}

// === impl Line ===

impl Line {
    pub(crate) fn wire(&self) -> sluice_wire::Line<'_> {
        sluice_wire::Line { model: self.model.as_deref(), stream: self.stream }
    }
}

// === impl Intake ===

impl Intake {
    /// Reads the body, puts in the prompt that it names, brings what was said before in its session, and
    /// looks at it.
    pub(crate) async fn read(app: &App, facts: &Facts, arrival: Arrival) -> Result<Self, Fault> {
        let Arrival { mut line, headers, body, .. } = arrival;
        match line.dialect {
            Dialect::BedrockInvoke => blob(&headers)?,
            _ => content_type(&headers)?,
        }
        let body = collect(body, app.config.general.max_request_bytes()).await?;
        enforce(app, facts.caller.as_ref(), &line, &headers, &body)?;
        let body = Box::pin(prompts::put_in(app, facts, &mut line, body)).await?;
        let wishes = Wishes::read(&body)?;
        let dialect = line.dialect;
        if !wishes.session.says_something(dialect) {
            return Self::with(Origin { line, headers, body, session: None }, wishes);
        }
        let opening = Session::open(app, facts, dialect, &wishes.session, &body);
        let (session, body) = Box::pin(opening).await?;
        Self::of(Origin { line, headers, body, session })
    }

    /// Looks at a body that has been read.
    pub(super) fn of(origin: Origin) -> Result<Self, Fault> {
        let wishes = Wishes::read(&origin.body)?;
        Self::with(origin, wishes)
    }

    fn with(origin: Origin, wishes: Wishes) -> Result<Self, Fault> {
        let Origin { line, headers, body, session } = origin;
        let body = match line.dialect {
            Dialect::OpenAiChat => named(&line, body)?,
            _ => body,
        };
        let peek = line.dialect.peek(&body, line.wire())?;
        let body = wishes.cleaned(body)?;
        let (thread, canonical, brought, known) = Default::default();
        Ok(Self { line, headers, body, peek, thread, session, canonical, brought, wishes, known })
    }

    /// The request as it came.
    pub(super) fn origin(&self) -> Origin {
        Origin {
            line: self.line.clone(),
            headers: self.headers.clone(),
            body: self.body.clone(),
            session: self.session.clone(),
        }
    }

    /// The request with the whole conversation in it: what a provider reads, and is paid for.
    pub(crate) fn whole(&self) -> &Bytes {
        self.thread.as_ref().and_then(Thread::whole).unwrap_or(&self.body)
    }

    /// A chat in OpenAI's dialect that the gateway wrote.
    pub(crate) fn chat(body: Bytes) -> Result<Self, Fault> {
        let line = Line {
            dialect: Dialect::OpenAiChat,
            call_type: "acompletion",
            route: "/chat/completions",
            model: None,
            stream: None,
        };
        let peek = line.dialect.peek(&body, line.wire())?;
        let (headers, wishes, thread, session) = Default::default();
        let (canonical, brought, known) = Default::default();
        Ok(Self { line, headers, body, peek, thread, session, canonical, brought, wishes, known })
    }

    /// The request in canonical form, decoded at most once.
    pub(crate) fn canonical(&self) -> Result<&Request, Fault> {
        if let Some(request) = self.canonical.get() {
            return Ok(request);
        }
        let request = self.decode(self.whole())?;
        Ok(self.canonical.get_or_init(|| request))
    }

    /// This call's request with another body, with what has been fetched where that is wanted.
    pub(crate) fn decode_edited(&self, body: &Bytes, dialect: Dialect) -> Result<Request, Fault> {
        let mut request = self.decode(body)?;
        if let Some(brought) = self.brought()
            && request.needs_bytes(dialect)
        {
            request.system.clone_from(&brought.system);
            request.turns.clone_from(&brought.turns);
        }
        Ok(request)
    }

    fn decode(&self, body: &Bytes) -> Result<Request, Fault> {
        let mut request = self.line.dialect.decode_request(body, self.line.wire())?;
        // What is kept, is kept here.
        let here: &[&str] = match self.thread {
            Some(_) => &["store", "previous_response_id"],
            None => &[],
        };
        if let Some(extras) = &mut request.extras {
            extras.fields.retain(|name, _| !is_ours(name) && !here.contains(&name.as_str()));
        }
        Ok(request)
    }

    /// The request in the form that a provider of this dialect can be asked in: with the bytes in
    /// place of addresses where it takes no addresses and they have been fetched.
    pub(crate) fn for_dialect(&self, dialect: Dialect) -> Result<&Request, Fault> {
        let canonical = self.canonical()?;
        match self.brought() {
            Some(brought) if canonical.needs_bytes(dialect) => Ok(brought),
            _ => Ok(canonical),
        }
    }

    /// The request with what was fetched.
    pub(crate) fn brought(&self) -> Option<&Request> {
        self.brought.get()
    }

    /// Keeps what was fetched.
    pub(crate) fn keep(&self, request: Request) {
        self.brought.get_or_init(|| request);
    }
}

/// Whether a field of a body that was read is the gateway's. Google's dialect is read in camelCase,
/// however it is written.
fn is_ours(name: &str) -> bool {
    let letters = |name: &str| name.replace('_', "").to_ascii_lowercase();
    GATEWAY_FIELDS.iter().any(|own| *own == name || letters(own) == letters(name))
}

/// The body with the model that the path names, if it names one, in the place of its own.
pub(crate) fn named(line: &Line, body: Bytes) -> Result<Bytes, Fault> {
    let Some(model) = &line.model else { return Ok(body) };
    let model = serde_json::Value::from(model.as_str()).to_string();
    match splice(&body, &[Splice::Set("model", model)]) {
        Ok(body) => Ok(Bytes::from(body)),
        Err(error) => Err(Fault::invalid(format!("Invalid JSON payload: {error}"), "request_body")),
    }
}

/// Reads a body of at most `limit` bytes.
pub(crate) async fn collect(body: Body, limit: usize) -> Result<Bytes, Fault> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Fault::new(
            FaultKind::TooLarge,
            format!("Request is too large. Max size is {} bytes", limit),
        )),
        Err(error) => {
            Err(Fault::new(FaultKind::InvalidRequest, "The request body could not be read.")
                .with_detail(error.to_string()))
        }
    }
}

/// A body that says it is something else than JSON, or compressed, is refused; one that says nothing is
/// tried.
pub(crate) fn content_type(headers: &HeaderMap) -> Result<(), Fault> {
    plain(headers)?;
    let Some(value) = headers.get(CONTENT_TYPE).filter(|value| !value.is_empty()) else {
        return Ok(());
    };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let json = essence.eq_ignore_ascii_case("application/json")
        || essence.to_ascii_lowercase().ends_with("+json");
    if json {
        return Ok(());
    }
    Err(Fault::new(
        FaultKind::UnsupportedMedia,
        format!("Unsupported content type: '{essence}'. Send 'application/json'."),
    ))
}

/// InvokeModel's body is bytes to AWS's SDKs, and those for JavaScript, Java and Go say so.
fn blob(headers: &HeaderMap) -> Result<(), Fault> {
    let bytes = headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "application/octet-stream");
    if bytes { plain(headers) } else { content_type(headers) }
}

/// A compressed body is refused by the name of what it was compressed with.
fn plain(headers: &HeaderMap) -> Result<(), Fault> {
    let Some(value) = headers.get(CONTENT_ENCODING) else { return Ok(()) };
    let coding = value.to_str().unwrap_or_default().trim();
    if coding.is_empty() || coding.eq_ignore_ascii_case("identity") {
        return Ok(());
    }
    Err(Fault::new(
        FaultKind::UnsupportedMedia,
        format!("Unsupported content encoding: '{coding}'. Send the body uncompressed."),
    ))
}
