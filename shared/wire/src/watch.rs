//! Streams of OpenAI's that are no chat (speech, transcripts, images in parts): forwarded event by
//! event, watched for usage, errors and the end.

use serde_json::Value;

use crate::{
    Dialect, Fault, FaultKind,
    dialect::openai_chat::error,
    frame::sse::{Frame, Framer, write},
};

/// Watches one stream.
#[derive(Debug, Default)]
pub struct Watch {
    framer: Framer,
    state: State,
}

#[derive(Debug, Default)]
struct State {
    usage: Option<Value>,
    ended: bool,
    fault: Option<Fault>,
    bytes: u64,
}

// === impl Watch ===

impl Watch {
    /// Takes bytes as they arrive, cut anywhere; appends whole events, byte for byte.
    ///
    /// # Errors
    /// The provider's own error event, which has been forwarded; an event without an end.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let state = &mut self.state;
        let pushed = self.framer.push(bytes, |frame| {
            state.see(&frame);
            out.extend_from_slice(frame.raw);
            Ok(())
        });
        if let Err(fault) = pushed {
            Self::error(&fault, out);
            return Err(fault);
        }
        self.state.fault.clone().map_or(Ok(()), Err)
    }

    /// The upstream has ended.
    ///
    /// # Errors
    /// [`FaultKind::Truncated`] when nothing said that the answer is complete; `out` says so too.
    pub fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let state = &mut self.state;
        self.framer.end(|frame| {
            state.see(&frame);
            out.extend_from_slice(frame.raw);
            if !frame.raw.ends_with(b"\n\n") {
                out.extend_from_slice(b"\n\n");
            }
            Ok(())
        })?;
        if let Some(fault) = &self.state.fault {
            return Err(fault.clone());
        }
        if self.state.ended {
            return Ok(());
        }
        let fault = Fault::new(
            FaultKind::Truncated,
            "The provider's stream ended before the answer was complete.",
        );
        Self::error(&fault, out);
        Err(fault)
    }

    /// Writes an error in the middle of the stream; nothing may follow.
    pub fn error(fault: &Fault, out: &mut Vec<u8>) {
        write(out, None, &Dialect::OpenAiChat.encode_error(fault, "").body);
    }

    /// The last usage that an event told.
    #[must_use]
    pub fn usage(&self) -> Option<&Value> {
        self.state.usage.as_ref()
    }

    /// Bytes of the events so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.state.bytes
    }
}

// === impl State ===

impl State {
    fn see(&mut self, frame: &Frame<'_>) {
        self.bytes = self.bytes.saturating_add(u64::try_from(frame.data.len()).unwrap_or(u64::MAX));
        self.ended |= frame.is_done();
        let data = &frame.data;
        let has = |word: &str| memchr::memmem::find(data, word.as_bytes()).is_some();
        // Most events are pieces of pictures or sounds: these are not read.
        if !has("\"usage\"")
            && !has("\"error\"")
            && !has(".done\"")
            && !has(".completed\"")
            && !has("\"finish_reason\"")
        {
            return;
        }
        let Ok(Value::Object(event)) = serde_json::from_slice(data) else { return };
        let kind = event.get("type").and_then(Value::as_str).unwrap_or_default();
        self.ended |= kind.ends_with(".done") || kind.ends_with(".completed");
        let reason = event.get("choices").and_then(|choices| choices.get(0));
        self.ended |= reason.and_then(|one| one.get("finish_reason")).is_some_and(Value::is_string);
        if let Some(usage) = event.get("usage").filter(|usage| usage.is_object()) {
            self.usage = Some(usage.clone());
        }
        if kind == "error" || event.get("error").is_some_and(|error| !error.is_null()) {
            self.fault.get_or_insert_with(|| error::decode_event(data));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = b"event: transcript.text.delta\ndata: {\"type\":\"transcript.text.delta\",\"delta\":\"a\"}\n\n\
        data: {\"type\":\"transcript.text.done\",\"text\":\"a\",\"usage\":{\"type\":\"tokens\",\"input_tokens\":3}}\n\n";

    #[test]
    fn forwards_every_byte_however_it_is_cut() {
        for cut in 0..STREAM.len() {
            let (mut watch, mut out) = (Watch::default(), Vec::new());
            watch.push(&STREAM[..cut], &mut out).unwrap();
            watch.push(&STREAM[cut..], &mut out).unwrap();
            watch.end(&mut out).unwrap();
            assert_eq!(out, STREAM);
            assert_eq!(watch.usage().unwrap()["input_tokens"], 3);
        }
    }

    #[test]
    fn an_end_without_its_event_is_an_error_the_caller_sees() {
        let (mut watch, mut out) = (Watch::default(), Vec::new());
        watch.push(&STREAM[..90], &mut out).unwrap();
        assert_eq!(watch.end(&mut out).unwrap_err().kind, FaultKind::Truncated);
        let text = String::from_utf8(out).unwrap();
        assert!(text.trim_end().ends_with('}') && text.contains("\n\ndata: {\"error\""), "{text}");
    }

    #[test]
    fn an_error_event_is_forwarded_and_told() {
        let (mut watch, mut out) = (Watch::default(), Vec::new());
        let event = b"data: {\"error\":{\"message\":\"no\",\"type\":\"server_error\"}}\n\n";
        assert!(watch.push(event, &mut out).is_err());
        assert_eq!(out, event);
    }
}
