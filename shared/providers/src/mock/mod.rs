//! An answer that a test sets in the place of a provider's: LiteLLM's `mock_response` and its kin.

mod frames;

use std::{future::pending, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};
use sluice_wire::{Fault, FaultKind, Retry, Stamp};
use tokio::time::sleep;

use crate::{Answer, AnswerBody, Deployment, Timeouts, transport::Deadline};

/// What LiteLLM's mocks say they used.
const USAGE: (u64, u64) = (10, 20);
/// What is answered where nothing but tools or a delay is set.
const TEXT: &str = "This is a mock request";
/// Longest delay, in seconds.
const LONGEST: f64 = 600.0;

/// Parameters that fail a model, and how.
const FAILING: [(&str, FaultKind); 3] = [
    ("mock_testing_fallbacks", FaultKind::Upstream),
    ("mock_testing_context_fallbacks", FaultKind::ContextWindow),
    ("mock_testing_content_policy_fallbacks", FaultKind::ContentPolicy),
];

/// The answer. It is in OpenAI's chat dialect, whatever the deployment speaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Mock {
    says: Says,
    calls: Vec<Value>,
    delay: Duration,
    /// `mock_timeout`: it never comes.
    never: bool,
}

/// What it says.
#[derive(Debug, Clone, PartialEq)]
enum Says {
    Text(String),
    /// A whole chat completion.
    Document(Value),
    Fails(FaultKind, Retry),
    /// A stream begins and breaks; what is no stream fails at once.
    Breaks,
}

/// A call, as far as its mock must know it.
#[derive(Debug, Clone, Copy)]
pub struct Mocked<'a> {
    /// Identity of the answer.
    pub stamp: &'a Stamp,
    /// Answer as a stream.
    pub stream: bool,
    /// Number of answers.
    pub n: u32,
    /// How long the caller waits.
    pub timeouts: Timeouts,
}

// === impl Mock ===

impl Mock {
    /// The parameters that make a mock, of a deployment or of a request's body.
    pub const NAMES: [&str; 4] = ["mock_response", "mock_tool_calls", "mock_delay", "mock_timeout"];

    /// Reads it from the parameters; `None` where none of them asks for one. A delay alone does not.
    ///
    /// # Errors
    /// When one is of a wrong type, naming it.
    pub fn read(value: impl Fn(&str) -> Option<Value>) -> Result<Option<Self>, Fault> {
        let wrong = |name: &'static str, must: &str| {
            Fault::invalid(format!("Invalid '{name}': must be {must}."), name)
        };
        let says = match value("mock_response") {
            None => None,
            Some(Value::String(text)) => Some(Says::of(text)),
            Some(Value::Object(document)) if document.contains_key("choices") => {
                Some(Says::Document(Value::Object(document)))
            }
            Some(_) => return Err(wrong("mock_response", "a string or a chat completion")),
        };
        let calls = match value("mock_tool_calls") {
            None => Vec::new(),
            Some(Value::Array(calls)) if calls.iter().all(is_call) => calls,
            Some(_) => {
                return Err(wrong(
                    "mock_tool_calls",
                    "a list of tool calls, as a message has them",
                ));
            }
        };
        let flag = |name: &'static str| match value(name) {
            None => Ok(false),
            Some(flag) => flag.as_bool().ok_or_else(|| wrong(name, "a boolean")),
        };
        let never = flag("mock_timeout")?;
        for (name, kind) in FAILING {
            if flag(name)? {
                let says = Says::Fails(kind, Retry::Never);
                return Ok(Some(Self { says, calls, delay: Duration::ZERO, never: false }));
            }
        }
        let delay = match value("mock_delay") {
            None => Duration::ZERO,
            Some(seconds) => seconds
                .as_f64()
                .filter(|seconds| (0.0..=LONGEST).contains(seconds))
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                .ok_or_else(|| wrong("mock_delay", "seconds, 0 to 600"))?,
        };
        if says.is_none() && calls.is_empty() && !never {
            return Ok(None);
        }
        let says = says.unwrap_or_else(|| Says::Text(TEXT.to_owned()));
        Ok(Some(Self { says, calls, delay, never }))
    }

    /// Answers a call in a deployment's place.
    ///
    /// # Errors
    /// The failure that is set, or a timeout.
    pub async fn answer(&self, deployment: &Deployment, call: Mocked<'_>) -> Result<Answer, Fault> {
        let deadline = Deadline::start(deployment.provider, call.timeouts);
        let wait = async {
            match self.never {
                true => pending().await,
                false if self.delay.is_zero() => {}
                false => sleep(self.delay).await,
            }
        };
        deadline.first_byte(wait).await?;
        let document = match &self.says {
            Says::Text(text) => self.document(text, call),
            Says::Document(document) => whole(document.clone(), call),
            Says::Fails(kind, retry) => return Err(failure(*kind).with_retry(*retry)),
            Says::Breaks if call.stream => self.document(TEXT, call),
            Says::Breaks => return Err(failure(FaultKind::Upstream)),
        };
        let (content_type, body) = if call.stream {
            let breaks = (self.says == Says::Breaks).then(|| failure(FaultKind::Upstream));
            let stream = frames::stream(&document, breaks);
            ("text/event-stream; charset=utf-8", AnswerBody::Stream(stream))
        } else {
            ("application/json", AnswerBody::Whole(Bytes::from(document.to_string())))
        };
        let headers =
            HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        Ok(Answer { status: 200, headers, body })
    }

    fn document(&self, text: &str, call: Mocked<'_>) -> Value {
        let (message, finish) = match self.calls.as_slice() {
            [] => (json!({"role": "assistant", "content": text}), "stop"),
            calls => {
                (json!({"role": "assistant", "content": text, "tool_calls": calls}), "tool_calls")
            }
        };
        let choice =
            |index: u32| json!({"index": index, "message": message, "finish_reason": finish});
        let choices: Vec<Value> = (0..call.n.max(1)).map(choice).collect();
        whole(json!({"choices": choices}), call)
    }
}

/// A document with the fields of one that it lacks.
fn whole(mut document: Value, call: Mocked<'_>) -> Value {
    let (prompt, completion) = USAGE;
    let stamp = call.stamp;
    let usual = json!({
        "id": stamp.id, "object": "chat.completion", "created": stamp.created, "model": stamp.model,
        "usage": {"prompt_tokens": prompt, "completion_tokens": completion,
            "total_tokens": prompt.saturating_add(completion)},
    });
    if let (Some(fields), Value::Object(usual)) = (document.as_object_mut(), usual) {
        for (name, value) in usual {
            fields.entry(name).or_insert(value);
        }
    }
    document
}

fn is_call(call: &Value) -> bool {
    let function = call.get("function");
    let text = |name: &str| function.and_then(|function| function.get(name)?.as_str()).is_some();
    call.get("id").is_some_and(Value::is_string) && text("name") && text("arguments")
}

fn failure(kind: FaultKind) -> Fault {
    Fault::new(kind, format!("litellm.{}: this is a mock failure.", kind.litellm_class()))
}

// === impl Says ===

impl Says {
    /// LiteLLM's words for failures; everything else is what is said.
    fn of(text: String) -> Self {
        match text.as_str() {
            "litellm.RateLimitError" => Self::Fails(FaultKind::RateLimit, Retry::Again),
            "litellm.ContextWindowExceededError" => {
                Self::Fails(FaultKind::ContextWindow, Retry::Elsewhere)
            }
            "litellm.InternalServerError" => Self::Fails(FaultKind::Upstream, Retry::Again),
            text if text.starts_with("Exception: content_filter_policy") => {
                Self::Fails(FaultKind::ContentPolicy, Retry::Elsewhere)
            }
            text if text.starts_with("Exception: mock_streaming_error") => Self::Breaks,
            _ => Self::Text(text),
        }
    }
}

#[cfg(test)]
mod tests;
