//! Usage, as the providers that are passed on to write it.

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use sluice_wire::{Dialect, canon::Usage};

/// Who writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tongue {
    /// Chat, completions, embeddings and Responses; also those who copied them.
    OpenAi,
    /// Messages.
    Anthropic,
    /// `usageMetadata`.
    Gemini,
    /// `billed_units`.
    Cohere,
}

/// The usage in a whole answer, or in one event of a stream.
pub(super) fn read(tongue: Tongue, body: &[u8]) -> Option<Usage> {
    let told = |dialect: Dialect, body: &[u8]| dialect.glance(body).ok()?.usage;
    match tongue {
        Tongue::OpenAi => told(Dialect::OpenAiChat, body).or_else(|| {
            let event = serde_json::from_slice::<Event<'_>>(body).ok()?;
            told(Dialect::OpenAiResponses, event.response?.get().as_bytes())
        }),
        Tongue::Anthropic => told(Dialect::AnthropicMessages, body),
        Tongue::Gemini => told(Dialect::Gemini, body),
        Tongue::Cohere => {
            let value: Value = serde_json::from_slice(body).ok()?;
            let places = [
                "/usage/billed_units",
                "/meta/billed_units",
                "/delta/usage/billed_units",
                "/response/meta/billed_units",
            ];
            cohere(places.into_iter().find_map(|place| value.pointer(place))?)
        }
    }
}

/// An event of Responses that carries the whole answer.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(default, borrow)]
    response: Option<&'a RawValue>,
}

fn cohere(billed: &Value) -> Option<Usage> {
    billed.as_object()?;
    // Cohere writes whole numbers with a fraction now and then.
    let tokens = |name: &str| {
        let number = billed.get(name)?;
        number.as_u64().or_else(|| format!("{:.0}", number.as_f64()?).parse().ok())
    };
    Some(Usage {
        input: tokens("input_tokens").unwrap_or_default(),
        output: tokens("output_tokens").unwrap_or_default(),
        raw: Some(billed.into()),
        ..Usage::default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn counts(tongue: Tongue, value: &Value) -> (u64, u64, u64, u64) {
        let usage = read(tongue, value.to_string().as_bytes()).unwrap();
        (usage.input, usage.cache_read, usage.output, usage.output_reasoning)
    }

    #[test]
    fn reads_each_in_its_own_words() {
        let chat = json!({"usage": {"prompt_tokens": 10, "completion_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 2}}});
        assert_eq!(counts(Tongue::OpenAi, &chat), (6, 4, 3, 2));
        let responses = json!({"type": "response.completed", "response": {"usage": {
            "input_tokens": 10, "output_tokens": 5, "input_tokens_details": {"cached_tokens": 4}}}});
        assert_eq!(counts(Tongue::OpenAi, &responses), (6, 4, 5, 0));
        let message = json!({"usage": {"input_tokens": 6, "cache_read_input_tokens": 4,
            "output_tokens": 5}});
        assert_eq!(counts(Tongue::Anthropic, &message), (6, 4, 5, 0));
        let gemini = json!({"usageMetadata": {"promptTokenCount": 10, "trafficType": "ON_DEMAND_FLEX", "candidatesTokenCount": 3,
            "cachedContentTokenCount": 4, "thoughtsTokenCount": 2}});
        assert_eq!(counts(Tongue::Gemini, &gemini), (6, 4, 3, 2));
        let cohere = json!({"usage": {"billed_units": {"input_tokens": 6.0, "output_tokens": 3}}});
        assert_eq!(counts(Tongue::Cohere, &cohere), (6, 0, 3, 0));
        assert_eq!(read(Tongue::OpenAi, br#"{"usage": null}"#), None);
    }
}
