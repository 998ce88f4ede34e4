//! A completion's request as chats.

use serde_json::{Value, json};

use super::{Prompt, Request};
use crate::{Fault, Loss};

/// One chat for each prompt, in OpenAI's dialect.
#[derive(Debug, Default)]
pub struct Chats {
    /// Their bodies, in the order of the prompts.
    pub bodies: Vec<Vec<u8>>,
    /// What a chat cannot say.
    pub losses: Vec<Loss>,
}

/// Fields that both have.
const SHARED: [&str; 12] = [
    "temperature",
    "top_p",
    "stop",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "seed",
    "user",
    "stream_options",
    "top_k",
    "metadata",
    "service_tier",
];

/// Writes them. `cap` is the cap on output tokens where the caller set none.
///
/// # Errors
/// A fault of the caller for what has no chat: tokens as a prompt, several prompts in one stream.
pub fn chats(request: &Request, cap: Option<u64>) -> Result<Chats, Fault> {
    if request.stream && request.prompts.len() > 1 {
        return Err(Fault::invalid(
            "This model chats: several prompts cannot share one stream. Send them one by one.",
            "prompt",
        ));
    }
    let mut losses = Vec::new();
    if request.best_of > request.n {
        losses.push(Loss::of_meaning("best_of"));
    }
    for (field, value) in &request.rest {
        let nothing = value.is_null() || value == "" || value == &json!({});
        if !nothing && !SHARED.contains(&field.as_str()) {
            losses.push(Loss::of_meaning(field.clone()));
        }
    }
    let bodies = request.prompts.iter().map(|prompt| body(request, prompt, cap));
    Ok(Chats { bodies: bodies.collect::<Result<_, Fault>>()?, losses })
}

fn body(request: &Request, prompt: &Prompt, cap: Option<u64>) -> Result<Vec<u8>, Fault> {
    let Prompt::Text(text) = prompt else {
        return Err(Fault::invalid(
            "This model chats: it takes text, not tokens. Send `prompt` as text.",
            "prompt",
        ));
    };
    let mut body = json!({
        "model": request.model,
        "messages": [{ "role": "user", "content": text }],
    });
    if let Some(fields) = body.as_object_mut() {
        if let Some(cap) = request.max_tokens.or(cap) {
            fields.insert("max_tokens".to_owned(), json!(cap.max(1)));
        }
        if request.n > 1 {
            fields.insert("n".to_owned(), json!(request.n));
        }
        if request.stream {
            fields.insert("stream".to_owned(), Value::Bool(true));
        }
        for (field, value) in &request.rest {
            if SHARED.contains(&field.as_str()) && !value.is_null() {
                fields.insert(field.clone(), value.clone());
            }
        }
    }
    Ok(body.to_string().into_bytes())
}
