//! One event of a stream, read as far as its type tells.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::{Fault, FaultKind, frame::sse};

/// An event's fields; which are there depends on `type`.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Frame<'a> {
    /// What it is. It repeats the `event` line, which some compatible servers leave out.
    #[serde(borrow, default)]
    pub(in super::super) r#type: Cow<'a, str>,
    /// The block's place.
    pub(in super::super) index: Option<u32>,
    /// `message_start`
    #[serde(borrow)]
    pub(in super::super) message: Option<&'a RawValue>,
    /// `content_block_start`
    pub(in super::super) content_block: Option<Value>,
    /// `content_block_delta`, `message_delta`
    #[serde(borrow)]
    pub(in super::super) delta: Option<&'a RawValue>,
    /// `message_delta`
    pub(in super::super) usage: Option<Value>,
}

/// A `content_block_delta`'s delta.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Piece<'a> {
    #[serde(borrow, default)]
    pub(in super::super) r#type: Cow<'a, str>,
    #[serde(borrow)]
    pub(in super::super) text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(in super::super) partial_json: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(in super::super) thinking: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(in super::super) signature: Option<Cow<'a, str>>,
    pub(in super::super) citation: Option<Value>,
}

/// A `message_start`'s message.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Head {
    pub(in super::super) id: Option<String>,
    pub(in super::super) model: Option<String>,
    pub(in super::super) usage: Option<Value>,
}

/// A `message_delta`'s delta.
#[derive(Debug, Default, Deserialize)]
pub(in super::super) struct Tail {
    pub(in super::super) stop_reason: Option<String>,
    pub(in super::super) stop_sequence: Option<String>,
}

/// The stream ended before its `message_stop`.
pub(in super::super) fn truncated() -> Fault {
    Fault::new(FaultKind::Truncated, "The provider's stream ended before it was complete.")
        .with_detail("no message_stop event")
}

/// The stream is not what the dialect says.
pub(in super::super) fn corrupt(why: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Upstream, "The provider sent a stream event that could not be read.")
        .with_detail(why)
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

    /// The message's head.
    pub(in super::super) fn head(&self) -> Result<Head, Fault> {
        let raw = self.message.ok_or_else(|| corrupt("message_start without message"))?;
        parse(raw.get().as_bytes())
    }

    /// The message's tail.
    pub(in super::super) fn tail(&self) -> Result<Tail, Fault> {
        self.delta.map_or_else(|| Ok(Tail::default()), |raw| parse(raw.get().as_bytes()))
    }

    /// The block's piece.
    pub(in super::super) fn piece(&self) -> Result<Piece<'a>, Fault> {
        let raw = self.delta.ok_or_else(|| corrupt("content_block_delta without delta"))?;
        parse(raw.get().as_bytes())
    }
}

fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes).map_err(|error| corrupt(format!("stream event: {error}")))
}
