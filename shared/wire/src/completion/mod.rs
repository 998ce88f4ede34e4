//! OpenAI's legacy completions (API reference, "Completions"): a prompt in, its continuation out.
//!
//! Providers that have the route get the caller's bytes. For all others a prompt becomes a chat of one
//! user message ([`chats`]), and the chat's answer a completion again ([`encode_response`], [`Chunks`]).

mod answer;
mod chat;
mod stream;

use serde_json::{Map, Value};

pub use answer::encode as encode_response;
pub use chat::{Chats, chats};
pub use stream::Chunks;

use crate::{
    Fault,
    dialect::openai_chat::field::{self, Fields},
};

/// Output tokens where the caller says nothing, at providers that have the route.
pub const DEFAULT_CAP: u64 = 16;
/// OpenAI's limit on `n` and `best_of`.
const MOST_ANSWERS: u64 = 128;

/// What is to be continued.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// The model asked for.
    pub model: String,
    /// At least one.
    pub prompts: Vec<Prompt>,
    /// Stream the answer.
    pub stream: bool,
    /// The caller asked for usage in the stream.
    pub stream_usage: bool,
    /// The caller's cap on output tokens.
    pub max_tokens: Option<u64>,
    /// Continuations of each prompt that are wanted.
    pub n: u64,
    /// Continuations that are made, of which the best are wanted.
    pub best_of: u64,
    /// The answer repeats the prompt.
    pub echo: bool,
    /// All other fields, as they were written.
    pub rest: Map<String, Value>,
}

/// One prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// As text.
    Text(String),
    /// As tokens of the model's own tokenizer.
    Tokens(u64),
}

/// Reads a caller's request.
///
/// # Errors
/// A fault of the caller that names the parameter.
pub fn decode_request(body: &[u8]) -> Result<Request, Fault> {
    let mut fields = Fields::of(field::parse(body)?, "")?;
    let model = fields.string("model")?.filter(|model| !model.is_empty());
    let n = most(fields.whole("n", 1)?, "n")?.unwrap_or(1);
    let best_of = most(fields.whole("best_of", 1)?, "best_of")?.unwrap_or(n);
    if best_of < n {
        return Err(Fault::invalid("'best_of' must be at least 'n'.", "best_of"));
    }
    let stream_usage = match fields.take("stream_options") {
        Some(options @ Value::Object(_)) => {
            let usage = options.get("include_usage") == Some(&Value::Bool(true));
            fields.restore("stream_options", options);
            usage
        }
        Some(other) => return Err(field::wrong_type("stream_options", "an object", &other)),
        None => false,
    };
    Ok(Request {
        model: model.ok_or_else(|| field::missing("model"))?,
        prompts: prompts(fields.require("prompt")?)?,
        stream: fields.boolean("stream")?.unwrap_or_default(),
        stream_usage,
        max_tokens: fields.whole("max_tokens", 0)?,
        n,
        best_of,
        echo: fields.boolean("echo")?.unwrap_or_default(),
        rest: fields.rest(),
    })
}

fn most(value: Option<u64>, name: &'static str) -> Result<Option<u64>, Fault> {
    if value.is_some_and(|value| value > MOST_ANSWERS) {
        return Err(Fault::invalid(
            format!("Invalid '{name}': integer above maximum value {MOST_ANSWERS}."),
            name,
        ));
    }
    Ok(value)
}

/// A string, a list of strings, tokens, or a list of tokens.
fn prompts(value: Value) -> Result<Vec<Prompt>, Fault> {
    const EXPECTED: &str = "a string or an array of strings or tokens";
    let length = |items: &[Value]| u64::try_from(items.len()).unwrap_or(u64::MAX);
    let items = match value {
        Value::String(text) => return Ok(vec![Prompt::Text(text)]),
        Value::Array(items) => items,
        other => return Err(field::wrong_type("prompt", EXPECTED, &other)),
    };
    if items.is_empty() {
        return Err(field::empty_array("prompt"));
    }
    if items.iter().all(Value::is_u64) {
        return Ok(vec![Prompt::Tokens(length(&items))]);
    }
    let prompt = |(at, item): (usize, Value)| match item {
        Value::String(text) => Ok(Prompt::Text(text)),
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_u64) => {
            Ok(Prompt::Tokens(length(&items)))
        }
        other => Err(field::wrong_type(&format!("prompt[{at}]"), EXPECTED, &other)),
    };
    items.into_iter().enumerate().map(prompt).collect()
}

// === impl Request ===

impl Request {
    /// Tokens of all prompts at most, once for each.
    #[must_use]
    pub fn most_tokens(&self) -> u64 {
        self.prompts.iter().fold(0, |sum: u64, prompt| {
            sum.saturating_add(match prompt {
                Prompt::Text(text) => u64::try_from(text.len()).unwrap_or(u64::MAX),
                Prompt::Tokens(count) => *count,
            })
        })
    }

    /// Continuations that are made.
    #[must_use]
    pub fn continuations(&self) -> u64 {
        self.best_of.saturating_mul(u64::try_from(self.prompts.len()).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> Result<Request, Fault> {
        decode_request(body.to_string().as_bytes())
    }

    #[test]
    fn reads_every_form_of_prompt() {
        let prompts =
            |prompt: Value| read(&json!({"model": "m", "prompt": prompt})).unwrap().prompts;
        assert_eq!(prompts(json!("a")), [Prompt::Text("a".into())]);
        assert_eq!(
            prompts(json!(["a", "b"])),
            [Prompt::Text("a".into()), Prompt::Text("b".into())]
        );
        assert_eq!(prompts(json!([1, 2])), [Prompt::Tokens(2)]);
        assert_eq!(prompts(json!([[1], [2, 3]])), [Prompt::Tokens(1), Prompt::Tokens(2)]);
    }

    #[test]
    fn names_the_parameter_that_is_wrong() {
        for (body, param) in [
            (json!({"prompt": "a"}), "model"),
            (json!({"model": "m"}), "prompt"),
            (json!({"model": "m", "prompt": []}), "prompt"),
            (json!({"model": "m", "prompt": 7}), "prompt"),
            (json!({"model": "m", "prompt": ["a", {}]}), "prompt[1]"),
            (json!({"model": "m", "prompt": "a", "n": 0}), "n"),
            (json!({"model": "m", "prompt": "a", "n": 129}), "n"),
            (json!({"model": "m", "prompt": "a", "n": 3, "best_of": 2}), "best_of"),
            (json!({"model": "m", "prompt": "a", "echo": 1}), "echo"),
            (json!({"model": "m", "prompt": "a", "stream": 1}), "stream"),
            (json!({"model": "m", "prompt": "a", "stream_options": 1}), "stream_options"),
            (json!({"model": "m", "prompt": "a", "max_tokens": -1}), "max_tokens"),
        ] {
            let fault = read(&body).expect_err(&body.to_string());
            assert_eq!((fault.status, fault.param.as_deref()), (400, Some(param)), "{body}");
        }
    }
}
