//! The verbatim path: bytes pass, usage is watched.

use std::borrow::Cow;

use bytes::Bytes;
use memchr::memmem;
use serde::Deserialize;
use serde_json::Value;

use super::{chunk, usage::Metrics};
use crate::{
    Fault, FaultKind,
    canon::Usage,
    dialect::{
        anthropic_messages::{error as anthropic, usage::Meter},
        bedrock_converse::error,
    },
    frame::event_stream::{Frame, Framer, Kind},
};

/// What families other than Anthropic's write into their last event.
const ENDINGS: [&[u8]; 4] = [
    b"\"completionReason\":\"",
    b"\"stop_reason\":\"",
    b"\"stopReason\":\"",
    b"\"finish_reason\":\"",
];

/// Watches a stream that is forwarded as it is.
#[derive(Debug, Default)]
pub struct Observer {
    framer: Framer,
    meter: Meter,
    metrics: Option<Usage>,
    fault: Option<Fault>,
    done: bool,
    text_bytes: u64,
}

/// An event, as far as it is of interest. Other families' events have no `type`.
#[derive(Debug, Default, Deserialize)]
struct Event<'a> {
    #[serde(borrow, default)]
    r#type: Cow<'a, str>,
    message: Option<Head>,
    usage: Option<Value>,
    #[serde(borrow)]
    delta: Option<Texts<'a>>,
    #[serde(rename = "amazon-bedrock-invocationMetrics")]
    metrics: Option<Metrics>,
}

#[derive(Debug, Default, Deserialize)]
struct Head {
    usage: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
struct Texts<'a> {
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    thinking: Option<Cow<'a, str>>,
    #[serde(borrow)]
    partial_json: Option<Cow<'a, str>>,
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

    fn watch(&mut self, frame: &Frame) {
        match frame.kind() {
            Kind::Event(chunk::EVENT) => {
                // What cannot be read is none of the observer's business: it has been forwarded.
                if let Some(event) = chunk::read(frame.payload()) {
                    self.event(&event);
                }
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

    fn event(&mut self, bytes: &[u8]) {
        let event: Event<'_> = serde_json::from_slice(bytes).unwrap_or_default();
        if let Some(metrics) = &event.metrics {
            self.metrics = metrics.usage();
            self.done = true;
        }
        match &*event.r#type {
            "message_start" => {
                if let Some(usage) = event.message.and_then(|head| head.usage) {
                    self.meter.merge(usage);
                }
            }
            "content_block_delta" => {
                let texts = event.delta.unwrap_or_default();
                let bytes = [texts.text, texts.thinking, texts.partial_json];
                let bytes: u64 = bytes.into_iter().flatten().map(|text| text.len() as u64).sum();
                self.text_bytes = self.text_bytes.saturating_add(bytes);
            }
            "message_delta" => {
                if let Some(usage) = event.usage {
                    self.meter.merge(usage);
                }
            }
            "message_stop" => self.done = true,
            "error" => {
                self.fault = Some(anthropic::decode("bedrock", 200, &[], bytes.to_vec().into()));
            }
            "" => {
                self.text_bytes = self.text_bytes.saturating_add(bytes.len() as u64);
                self.done |= ENDINGS.iter().any(|ending| memmem::find(bytes, ending).is_some());
            }
            _ => {}
        }
    }

    pub(crate) fn end(&mut self, _out: &mut Vec<u8>) -> Result<(), Fault> {
        if self.fault.is_some() || (self.done && self.framer.is_empty()) {
            return Ok(());
        }
        Err(Fault::new(
            FaultKind::Truncated,
            "The provider's stream ended before the answer was complete.",
        ))
    }

    /// The model's own count where it tells one: only that knows how long the cache lives.
    pub(crate) fn usage(&self) -> Option<&Usage> {
        self.meter.usage().or(self.metrics.as_ref())
    }

    pub(crate) fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    pub(crate) fn text_bytes(&self) -> u64 {
        self.text_bytes
    }
}
