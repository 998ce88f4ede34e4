//! Canonical events to the caller's bytes.

use serde_json::{Map, Value};

use crate::{
    Fault, FaultKind, Stamp,
    canon::{Event, Usage},
    dialect::{anthropic_messages, bedrock_converse::error, bedrock_invoke::chunk},
    frame::{event_stream::write_exception, sse::Framer},
};

/// Where Bedrock counts what was used.
const METRICS: &str = "amazon-bedrock-invocationMetrics";

/// Canonical events to the caller's bytes.
#[derive(Debug)]
pub struct Encoder {
    inner: anthropic_messages::stream::Encoder,
    usage: Option<Usage>,
    closed: bool,
}

// === impl Encoder ===

impl Encoder {
    pub(crate) fn new(stamp: Stamp) -> Self {
        Self { inner: anthropic_messages::stream::Encoder::new(stamp), usage: None, closed: false }
    }

    pub(crate) fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        if let Event::Usage(usage) = event {
            self.usage = Some(usage.clone());
        }
        let mut lines = Vec::new();
        self.inner.event(event, &mut lines);
        let mut framer = Framer::default();
        // What the encoder writes are whole frames, and none is longer than a frame may be.
        let _ = framer.push(&lines, |frame| {
            if frame.event == Some("message_stop") {
                chunk::write(out, &self.stop_with(self.usage.as_ref()));
            } else {
                chunk::write(out, &frame.data);
            }
            Ok(())
        });
        self.closed |= matches!(event, Event::Finish { .. });
    }

    /// The last event, with Bedrock's counts. Its latencies are left out: nobody here has a clock.
    pub(in super::super) fn stop_with(&self, usage: Option<&Usage>) -> Vec<u8> {
        let mut event = Map::new();
        event.insert("type".to_owned(), "message_stop".into());
        if let Some(usage) = usage {
            let written = usage.cache_write_5m.saturating_add(usage.cache_write_1h);
            let counts = [
                ("inputTokenCount", usage.input.saturating_add(usage.input_audio)),
                ("outputTokenCount", usage.completion()),
                ("cacheReadInputTokenCount", usage.cache_read),
                ("cacheWriteInputTokenCount", written),
            ];
            let counts: Map<String, Value> =
                counts.into_iter().map(|(name, count)| (name.to_owned(), count.into())).collect();
            event.insert(METRICS.to_owned(), counts.into());
        }
        Value::Object(event).to_string().into_bytes()
    }

    pub(crate) fn error(&mut self, fault: &Fault, out: &mut Vec<u8>) {
        if self.closed {
            return;
        }
        self.closed = true;
        // Unlike Converse's, this stream has a word for a model that took too long.
        let (name, payload) = match (fault.kind, error::encode_in_stream(fault)) {
            (FaultKind::Timeout, _) => {
                let payload = serde_json::json!({"message": fault.message});
                ("modelTimeoutException", payload.to_string().into_bytes())
            }
            (_, named) => named,
        };
        write_exception(out, name, payload);
    }
}
