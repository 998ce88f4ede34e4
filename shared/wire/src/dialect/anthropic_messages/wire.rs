//! Content blocks as they are written, in requests and in answers.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, value::RawValue};

use super::{source::Source, tool_id};
use crate::{
    canon::{CachePoint, Reasoning, ToolCall},
    dialect::Signer,
};

/// A block, with the cache marker on it.
#[derive(Debug, Serialize)]
pub(super) struct Block<'a> {
    #[serde(flatten)]
    pub(super) body: Body<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cache_control: Option<Cache>,
}

/// A block's own fields.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Body<'a> {
    /// Text.
    Text {
        text: Cow<'a, str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        citations: Vec<Cow<'a, Value>>,
    },
    /// A picture.
    Image { source: Source<'a> },
    /// A document.
    Document {
        source: Source<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        context: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        citations: Option<Enabled>,
    },
    /// What the caller's search found.
    SearchResult {
        source: &'a str,
        title: &'a str,
        content: Vec<Block<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        citations: Option<Enabled>,
    },
    /// A call.
    ToolUse { id: Cow<'a, str>, name: &'a str, input: Input<'a> },
    /// A result.
    ToolResult {
        tool_use_id: Cow<'a, str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        content: Vec<Block<'a>>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
    /// Reasoning that can be read.
    Thinking { thinking: &'a str, signature: &'a str },
    /// Reasoning that cannot.
    RedactedThinking { data: &'a str },
    /// A block of this dialect, as it came.
    #[serde(untagged)]
    Opaque(&'a Value),
}

/// `{"enabled":true}`.
#[derive(Debug, Serialize)]
pub(super) struct Enabled {
    enabled: bool,
}

/// A tool's input, which must be an object.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Input<'a> {
    /// As the model wrote it: order of keys and forms of numbers kept.
    Written(&'a RawValue),
    /// What the model wrote is not a JSON object (models do that). It is handed on whole under
    /// `_raw` rather than repaired: whoever reads it sees what was said.
    Wrapped { _raw: &'a str },
    /// The model wrote nothing: a call without arguments.
    Empty {},
}

/// A cache marker.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Cache {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<&'static str>,
}

// === impl Body ===

impl<'a> Body<'a> {
    /// Text without citations; `None` for empty text, which the API refuses.
    pub(super) fn text(text: impl Into<Cow<'a, str>>) -> Option<Self> {
        let text = text.into();
        (!text.is_empty()).then_some(Self::Text { text, citations: Vec::new() })
    }

    /// A call.
    pub(super) fn tool_use(call: &'a ToolCall) -> Self {
        Self::ToolUse {
            id: tool_id::sanitise(&call.id),
            name: &call.name,
            input: Input::of(&call.arguments),
        }
    }

    /// Reasoning; the type requires a signature, so that one that is not known is empty.
    pub(super) fn reasoning(reasoning: &'a Reasoning) -> Self {
        match &reasoning.redacted {
            Some(data) => Self::RedactedThinking { data },
            None => Self::Thinking {
                thinking: &reasoning.text,
                signature: Signer::Anthropic
                    .tell(reasoning.signature.as_deref().unwrap_or_default()),
            },
        }
    }

    /// Whether the API takes a cache marker on such a block.
    pub(super) fn takes_cache(&self) -> bool {
        !matches!(self, Self::Thinking { .. } | Self::RedactedThinking { .. })
    }
}

// === impl Input ===

impl<'a> Input<'a> {
    /// The input that a call's arguments stand for.
    pub(super) fn of(arguments: &'a str) -> Self {
        if arguments.trim().is_empty() {
            return Self::Empty {};
        }
        match serde_json::from_str::<&RawValue>(arguments) {
            Ok(raw) if raw.get().starts_with('{') => Self::Written(raw),
            _ => Self::Wrapped { _raw: arguments },
        }
    }

    /// Whether it is an object as the model wrote it.
    pub(super) fn is_faithful(&self) -> bool {
        !matches!(self, Self::Wrapped { .. })
    }
}

// === impl Enabled ===

impl Enabled {
    /// `Some` where enabled: off is the default.
    pub(super) fn when(enabled: bool) -> Option<Self> {
        enabled.then_some(Self { enabled })
    }
}

// === impl Cache ===

impl From<CachePoint> for Cache {
    fn from(point: CachePoint) -> Self {
        Self {
            r#type: "ephemeral",
            ttl: match point {
                CachePoint::FiveMinutes => None,
                CachePoint::OneHour => Some("1h"),
            },
        }
    }
}
