//! One event of a stream, read as far as its type tells.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::super::usage;
use crate::{Fault, FaultKind, Verbatim, canon::Usage, frame::sse};

/// An event's fields; which are there depends on `type`.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Frame<'a> {
    /// What it is. It repeats the `event` line, which some compatible servers leave out.
    #[serde(borrow, default)]
    pub(in super::super) r#type: Cow<'a, str>,
    pub(in super::super) output_index: Option<u64>,
    pub(in super::super) content_index: Option<u64>,
    pub(in super::super) summary_index: Option<u64>,
    /// `*.delta`: text, or (audio) something else.
    #[serde(borrow)]
    pub(in super::super) delta: Option<Text<'a>>,
    /// `output_text.done`, `reasoning_*_text.done`
    #[serde(borrow)]
    pub(in super::super) text: Option<Text<'a>>,
    /// `refusal.done`
    #[serde(borrow)]
    pub(in super::super) refusal: Option<Text<'a>>,
    /// `function_call_arguments.done`
    #[serde(borrow)]
    pub(in super::super) arguments: Option<Text<'a>>,
    /// `content_part.*`
    #[serde(borrow)]
    pub(in super::super) part: Option<&'a RawValue>,
    /// `output_item.*`
    #[serde(borrow)]
    pub(in super::super) item: Option<&'a RawValue>,
    pub(in super::super) annotation: Option<Value>,
    /// `response.created` and its like.
    #[serde(borrow)]
    pub(in super::super) response: Option<&'a RawValue>,
    /// An error in place of an event.
    #[serde(borrow)]
    pub(in super::super) error: Option<&'a RawValue>,
}

/// A string, where it is one.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(in super::super) enum Text<'a> {
    Is(#[serde(borrow)] Cow<'a, str>),
    Not(serde::de::IgnoredAny),
}

/// A response, as far as a stream's end tells it.
#[derive(Debug, Default, Deserialize)]
pub(in super::super) struct Answered {
    pub(in super::super) id: Option<String>,
    pub(in super::super) model: Option<String>,
    pub(in super::super) incomplete_details: Option<Value>,
    usage: Option<Verbatim>,
    service_tier: Option<Value>,
}

/// The stream ended before its end.
pub(in super::super) fn truncated() -> Fault {
    Fault::new(FaultKind::Truncated, "The provider's stream ended before the answer was complete.")
        .with_detail("no response.completed event")
}

/// The stream is not what the dialect says.
pub(in super::super) fn corrupt(why: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Upstream, "The provider sent a stream event that is not valid.")
        .with_detail(why)
}

// === impl Answered ===

impl Answered {
    /// What it used, if it says so.
    pub(in super::super) fn used(self) -> Option<Usage> {
        Some(usage::decode(self.usage?)?.served(self.service_tier.as_ref()))
    }
}

// === impl Frame ===

impl<'a> Frame<'a> {
    /// Reads a frame that carries data.
    pub(in super::super) fn read(frame: &'a sse::Frame<'_>) -> Result<Self, Fault> {
        let mut this: Self = parse(&frame.data)?;
        if let (true, Some(event)) = (this.r#type.is_empty(), frame.event) {
            this.r#type = Cow::Borrowed(event);
        }
        Ok(this)
    }

    /// Whether it tells an error of the stream.
    pub(in super::super) fn is_error(&self) -> bool {
        self.r#type == "error"
            || (self.r#type.is_empty() && self.error.is_some_and(|error| error.get() != "null"))
    }

    /// The response it carries.
    pub(in super::super) fn answered(&self) -> Result<Answered, Fault> {
        self.response.map_or_else(|| Ok(Answered::default()), |raw| parse(raw.get().as_bytes()))
    }

    /// The response it carries, whole.
    pub(in super::super) fn response(&self) -> Value {
        self.response.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
    }

    /// The item or part it carries.
    pub(in super::super) fn value(raw: Option<&RawValue>) -> Result<Value, Fault> {
        let raw = raw.ok_or_else(|| corrupt("an event without what it speaks of"))?;
        parse(raw.get().as_bytes())
    }
}

fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes).map_err(|error| corrupt(format!("stream event: {error}")))
}

// === impl Text ===

impl Text<'_> {
    /// The text, where there is any.
    pub(in super::super) fn of<'a>(text: Option<&'a Text<'_>>) -> Option<&'a str> {
        match text {
            Some(Text::Is(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }
}
