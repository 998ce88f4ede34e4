//! The verbatim path: bytes pass, usage is watched.

use serde_json::Value;

use super::{error, reader, usage};
use crate::{
    Fault,
    canon::Usage,
    dialect::watched,
    frame::sse::{Frame, Framer},
};

/// Watches a stream that is forwarded as it is.
#[derive(Debug, Default)]
pub struct Observer {
    framer: Framer,
    watch: Watch,
}

/// What has been seen.
#[derive(Debug, Default)]
struct Watch {
    ends: Ends,
    usage: Option<Usage>,
    fault: Option<Fault>,
    text_bytes: u64,
}

/// Which candidates have begun, and which have ended.
#[derive(Debug, Default)]
pub(super) struct Ends {
    open: Vec<u64>,
    closed: Vec<u64>,
    blocked: bool,
}

// === impl Observer ===

impl Observer {
    pub(crate) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let watch = &mut self.watch;
        self.framer.push(bytes, |frame| watch.frame(&frame, out))
    }

    pub(crate) fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        watched::end(&mut self.framer, &mut self.watch, out, Watch::frame, |watch| {
            watch.ends.complete() || watch.fault.is_some()
        })
    }

    pub(crate) fn usage(&self) -> Option<&Usage> {
        self.watch.usage.as_ref()
    }

    pub(crate) fn fault(&self) -> Option<&Fault> {
        self.watch.fault.as_ref()
    }

    pub(crate) fn text_bytes(&self) -> u64 {
        self.watch.text_bytes
    }
}

// === impl Watch ===

impl Watch {
    fn frame(&mut self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
        if self.fault.is_some() {
            return Ok(());
        }
        if frame.data.is_empty() || frame.is_done() {
            out.extend_from_slice(frame.raw);
            return Ok(());
        }
        let Ok(chunk) = serde_json::from_slice::<Value>(&frame.data) else {
            return Err(watched::corrupt(&frame.data));
        };
        if chunk.get("error").is_some() {
            self.fault = Some(error::in_stream(&frame.data));
        }
        if let Some(used) = reader::get(&chunk, "usageMetadata") {
            self.usage = Some(usage::decode(used));
        }
        self.ends.see(&chunk);
        let generated = parts(&chunk).map(weight).fold(0, u64::saturating_add);
        self.text_bytes = self.text_bytes.saturating_add(generated);
        out.extend_from_slice(frame.raw);
        Ok(())
    }
}

/// The parts of all candidates of a chunk.
fn parts(chunk: &Value) -> impl Iterator<Item = &Value> {
    let candidates = chunk.get("candidates").and_then(Value::as_array);
    candidates
        .into_iter()
        .flatten()
        .filter_map(|candidate| candidate.pointer("/content/parts")?.as_array())
        .flatten()
}

fn weight(part: &Value) -> u64 {
    let text = part.get("text").and_then(Value::as_str).map_or(0, str::len);
    let call = reader::get(part, "functionCall").map_or(0, |call| call.to_string().len());
    (text + call) as u64
}

// === impl Ends ===

impl Ends {
    /// Notes which candidates a chunk goes on with or ends.
    pub(super) fn see(&mut self, chunk: &Value) {
        self.blocked |= chunk.get("promptFeedback").is_some_and(is_blocked);
        for candidate in chunk.get("candidates").and_then(Value::as_array).into_iter().flatten() {
            let index = candidate.get("index").and_then(Value::as_u64).unwrap_or_default();
            if reader::get(candidate, "finishReason").is_some() {
                self.open.retain(|open| *open != index);
                self.closed.push(index);
            } else if !self.open.contains(&index) && !self.closed.contains(&index) {
                self.open.push(index);
            }
        }
    }

    /// Whether everything that began has ended.
    pub(super) fn complete(&self) -> bool {
        self.blocked || (self.open.is_empty() && !self.closed.is_empty())
    }
}

/// Whether a `promptFeedback` says that the prompt was refused.
pub(super) fn is_blocked(feedback: &Value) -> bool {
    reader::get(feedback, "blockReason").is_some()
}
