//! A text container's answer as a chat's.

use serde_json::{Value, json};
use sluice_wire::{Fault, FaultKind};

/// What a container tells: a text, and perhaps why it ended and how many tokens it has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) finish: &'static str,
}

/// Reads a whole answer: an object, or a list of one.
pub(super) fn read(body: &[u8]) -> Result<Said, Fault> {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let first = answer.get(0).unwrap_or(&answer);
    let text = first
        .get("generated_text")
        .or_else(|| first.get("generation"))
        .and_then(|said| said.as_str().or_else(|| said.get("content")?.as_str()));
    let text = text.ok_or_else(|| {
        Fault::new(FaultKind::Upstream, "sagemaker answered without a generated text")
            .with_status(502)
    })?;
    Ok(Said { text: text.to_owned(), finish: finish(first.get("details")) })
}

/// Why it ended, by its details.
pub(super) fn finish(details: Option<&Value>) -> &'static str {
    match details.and_then(|details| details.get("finish_reason")).and_then(Value::as_str) {
        Some("length") => "length",
        _ => "stop",
    }
}

/// The answer of a chat.
pub(super) fn document(said: &Said, id: &str, model: &str) -> String {
    json!({
        "id": id,
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": said.text},
            "logprobs": null,
            "finish_reason": said.finish,
        }],
    })
    .to_string()
}
