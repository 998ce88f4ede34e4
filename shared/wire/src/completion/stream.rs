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
    echo: Echo,
}

/// The prompt, and the choices that have repeated it.
#[derive(Debug, Default)]
struct Echo {
    prompt: Option<String>,
    done: Vec<u64>,
}

// === impl Chunks ===

impl Chunks {
    /// Chunks that begin with this text.
    #[must_use]
    pub fn new(prompt: Option<String>) -> Self {
        Self { echo: Echo { prompt, done: Vec::new() }, framer: Framer::default() }
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

// === impl Echo ===

impl Echo {
    /// The prompt, if this choice has not repeated it yet.
    fn take(&mut self, choice: &Value) -> &str {
        let index = choice.get("index").and_then(Value::as_u64).unwrap_or(0);
        match &self.prompt {
            Some(prompt) if !self.done.contains(&index) => {
                self.done.push(index);
                prompt
            }
            _ => "",
        }
    }
}

fn translate(chunk: &Value, echo: &mut Echo, out: &mut Vec<u8>) {
    let mut choices = Vec::new();
    let given = chunk.get("choices").and_then(Value::as_array);
    for choice in given.into_iter().flatten() {
        let said = choice.pointer("/delta/content").and_then(Value::as_str).unwrap_or_default();
        let finish = choice.get("finish_reason").filter(|reason| !reason.is_null());
        let repeated = echo.take(choice);
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
