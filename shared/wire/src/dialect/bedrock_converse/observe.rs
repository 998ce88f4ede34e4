//! The verbatim path: bytes pass, usage is watched.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;

use super::{error, usage};
use crate::{
    Fault, FaultKind,
    canon::Usage,
    frame::event_stream::{Frame, Framer, Kind},
};

/// Watches a stream that is forwarded as it is.
#[derive(Debug, Default)]
pub struct Observer {
    framer: Framer,
    usage: Option<Usage>,
    fault: Option<Fault>,
    stopped: bool,
    text_bytes: u64,
}

/// The texts of a delta, borrowed where they hold no escapes.
#[derive(Debug, Default, Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    delta: Texts<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Texts<'a> {
    #[serde(borrow)]
    text: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow)]
    tool_use: Option<Input<'a>>,
    #[serde(borrow)]
    reasoning_content: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
struct Input<'a> {
    #[serde(borrow)]
    input: Option<std::borrow::Cow<'a, str>>,
}

#[derive(Debug, Deserialize)]
struct Text<'a> {
    #[serde(borrow)]
    text: Option<std::borrow::Cow<'a, str>>,
}

// === impl Observer ===

impl Observer {
    pub(crate) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        self.framer.push(bytes);
        // What follows an error is no part of an answer.
        while self.fault.is_none()
            && let Some(frame) = self.framer.next_frame()?
        {
            out.extend_from_slice(frame.raw());
            self.watch(&frame);
        }
        Ok(())
    }

    /// A payload that cannot be read is none of the observer's business: it has been forwarded.
    fn watch(&mut self, frame: &Frame) {
        match frame.kind() {
            Kind::Event("contentBlockDelta") => {
                let delta: Delta<'_> = serde_json::from_slice(frame.payload()).unwrap_or_default();
                self.text_bytes = self.text_bytes.saturating_add(delta.delta.len());
            }
            Kind::Event("messageStop") => self.stopped = true,
            Kind::Event("metadata") => {
                let payload = serde_json::from_slice::<Value>(frame.payload()).unwrap_or_default();
                let usage = payload.get("usage").and_then(usage::decode);
                let tier = usage::tier(payload.get("serviceTier"));
                self.usage = usage.map(|usage| usage.served(tier)).or(self.usage.take());
            }
            Kind::Exception(code) => {
                self.fault = Some(error::in_stream(code, frame.payload_bytes()));
            }
            Kind::Error { code, message } => {
                self.fault = Some(error::stream_fault(code, message, Bytes::new()));
            }
            Kind::Event(_) | Kind::Unknown => {}
        }
    }

    pub(crate) fn end(&mut self, _out: &mut Vec<u8>) -> Result<(), Fault> {
        if self.fault.is_some() || (self.stopped && self.framer.is_empty()) {
            return Ok(());
        }
        Err(truncated())
    }

    pub(crate) fn usage(&self) -> Option<&Usage> {
        self.usage.as_ref()
    }

    pub(crate) fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    pub(crate) fn text_bytes(&self) -> u64 {
        self.text_bytes
    }
}

/// The stream ended before `messageStop`.
pub(super) fn truncated() -> Fault {
    Fault::new(FaultKind::Truncated, "The provider's stream ended before the answer was complete.")
}

// === impl Texts ===

impl Texts<'_> {
    fn len(&self) -> u64 {
        let text = self.text.as_deref();
        let input = self.tool_use.as_ref().and_then(|tool| tool.input.as_deref());
        let thought = self.reasoning_content.as_ref().and_then(|thought| thought.text.as_deref());
        [text, input, thought].into_iter().flatten().map(|text| text.len() as u64).sum()
    }
}
