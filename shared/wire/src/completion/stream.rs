//! A chat's stream as a completion's.

use serde_json::{Value, json};

use super::answer::id;
use crate::{
    Fault,
    frame::sse::{self, Framer},
};

/// Chunks of a chat in, chunks of a completion out.
#[derive(Debug, Default)]
pub struct Chunks {
    framer: Framer,
    /// The prompt, until it has been repeated.
    echo: Option<String>,
}

// === impl Chunks ===

impl Chunks {
    /// Chunks that begin with this text.
    #[must_use]
    pub fn new(echo: Option<String>) -> Self {
        Self { echo, framer: Framer::default() }
    }

    /// Takes the chat's bytes, cut anywhere. Errors and `[DONE]` pass as they are.
    ///
    /// # Errors
    /// An event without an end.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let echo = &mut self.echo;
        self.framer.push(bytes, |frame| {
            match serde_json::from_slice::<Value>(&frame.data) {
                Ok(chunk) if chunk.get("choices").is_some() => translate(&chunk, echo, out),
                _ => out.extend_from_slice(frame.raw),
            }
            Ok(())
        })
    }
}

fn translate(chunk: &Value, echo: &mut Option<String>, out: &mut Vec<u8>) {
    let mut choices = Vec::new();
    let given = chunk.get("choices").and_then(Value::as_array);
    for choice in given.into_iter().flatten() {
        let said = choice.pointer("/delta/content").and_then(Value::as_str).unwrap_or_default();
        let finish = choice.get("finish_reason").filter(|reason| !reason.is_null());
        let repeated = echo.take().unwrap_or_default();
        // The chunk that only says whose turn it is.
        if said.is_empty() && repeated.is_empty() && finish.is_none() {
            continue;
        }
        choices.push(json!({
            "text": format!("{repeated}{said}"),
            "index": choice.get("index"),
            "logprobs": null,
            "finish_reason": finish,
        }));
    }
    let usage = chunk.get("usage").filter(|usage| usage.is_object());
    if choices.is_empty() && usage.is_none() {
        return;
    }
    let mut completion = json!({
        "id": id(chunk.get("id")),
        "object": "text_completion",
        "created": chunk.get("created"),
        "model": chunk.get("model"),
        "choices": choices,
    });
    if let (Some(fields), Some(usage)) = (completion.as_object_mut(), usage) {
        fields.insert("usage".to_owned(), usage.clone());
    }
    sse::write(out, None, completion.to_string().as_bytes());
}
