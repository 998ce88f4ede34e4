//! A text container's stream as a chat's: its parts are lines of JSON, bare or as server-sent
//! events, a token each.

use serde_json::{Value, json};

use super::answer;

/// Turns a container's bytes, cut anywhere, into a chat's events.
#[derive(Debug)]
pub(super) struct Tokens {
    id: String,
    model: String,
    rest: Vec<u8>,
    begun: bool,
    ended: bool,
}

// === impl Tokens ===

impl Tokens {
    pub(super) fn new(id: &str, model: &str) -> Self {
        let (id, model) = (id.to_owned(), model.to_owned());
        Self { id, model, rest: Vec::new(), begun: false, ended: false }
    }

    /// The events that some more bytes complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.rest.extend_from_slice(bytes);
        let mut out = Vec::new();
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            self.line(&line, &mut out);
        }
        out
    }

    /// The events at the end: a last line without a break.
    pub(super) fn end(&mut self) -> Vec<u8> {
        let line = std::mem::take(&mut self.rest);
        let mut out = Vec::new();
        self.line(&line, &mut out);
        out
    }

    fn line(&mut self, line: &[u8], out: &mut Vec<u8>) {
        let line = line.trim_ascii();
        let line = line.strip_prefix(b"data:").unwrap_or(line);
        let Ok(event) = serde_json::from_slice::<Value>(line) else { return };
        if self.ended {
            return;
        }
        if !self.begun {
            self.begun = true;
            self.write(&json!({"role": "assistant", "content": ""}), None, out);
        }
        let token = event.get("token");
        let special = token.and_then(|token| token.get("special")).and_then(Value::as_bool);
        let text = token.and_then(|token| token.get("text")).and_then(Value::as_str);
        if let Some(text) = text.filter(|text| special != Some(true) && !text.is_empty()) {
            self.write(&json!({ "content": text }), None, out);
        }
        if event.get("generated_text").is_some_and(Value::is_string) {
            self.ended = true;
            self.write(&json!({}), Some(answer::finish(event.get("details"))), out);
            out.extend_from_slice(b"data: [DONE]\n\n");
        }
    }

    fn write(&self, delta: &Value, finish: Option<&str>, out: &mut Vec<u8>) {
        let event = json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": 0,
            "model": self.model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        });
        out.extend_from_slice(format!("data: {event}\n\n").as_bytes());
    }
}
