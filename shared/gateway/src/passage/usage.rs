//! Usage, as the providers that are passed on to write it.

use serde_json::Value;
use sluice_wire::canon::Usage;

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
pub(super) fn read(tongue: Tongue, value: &Value) -> Option<Usage> {
    match tongue {
        Tongue::OpenAi => openai(value.get("usage").or_else(|| value.pointer("/response/usage"))?),
        Tongue::Anthropic => anthropic(value.get("usage")?),
        Tongue::Gemini => gemini(value.get("usageMetadata")?),
        Tongue::Cohere => {
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

fn count(value: &Value, path: &str) -> u64 {
    value.pointer(path).and_then(Value::as_u64).unwrap_or_default()
}

/// Cached tokens stand inside the prompt's, reasoning inside the answer's.
fn openai(usage: &Value) -> Option<Usage> {
    usage.as_object()?;
    let either = |one: &str, other: &str| count(usage, one).max(count(usage, other));
    let prompt = either("/prompt_tokens", "/input_tokens");
    let answer = either("/completion_tokens", "/output_tokens");
    let cached =
        either("/prompt_tokens_details/cached_tokens", "/input_tokens_details/cached_tokens");
    let thought = either(
        "/completion_tokens_details/reasoning_tokens",
        "/output_tokens_details/reasoning_tokens",
    );
    let heard = count(usage, "/prompt_tokens_details/audio_tokens");
    let spoken = count(usage, "/completion_tokens_details/audio_tokens");
    Some(Usage {
        input: prompt.saturating_sub(cached).saturating_sub(heard),
        cache_read: cached,
        input_audio: heard,
        output: answer.saturating_sub(thought).saturating_sub(spoken),
        output_reasoning: thought,
        output_audio: spoken,
        raw: Some(usage.clone()),
        ..Usage::default()
    })
}

/// Cached tokens stand beside the prompt's.
fn anthropic(usage: &Value) -> Option<Usage> {
    usage.as_object()?;
    let hour = count(usage, "/cache_creation/ephemeral_1h_input_tokens");
    let written = count(usage, "/cache_creation_input_tokens");
    Some(Usage {
        input: count(usage, "/input_tokens"),
        cache_read: count(usage, "/cache_read_input_tokens"),
        cache_write_5m: written.saturating_sub(hour),
        cache_write_1h: hour,
        output: count(usage, "/output_tokens"),
        raw: Some(usage.clone()),
        ..Usage::default()
    })
}

/// Cached tokens stand inside the prompt's, thoughts beside the answer's.
fn gemini(usage: &Value) -> Option<Usage> {
    usage.as_object()?;
    let cached = count(usage, "/cachedContentTokenCount");
    let prompt = count(usage, "/promptTokenCount");
    Some(Usage {
        input: prompt
            .saturating_sub(cached)
            .saturating_add(count(usage, "/toolUsePromptTokenCount")),
        cache_read: cached,
        output: count(usage, "/candidatesTokenCount"),
        output_reasoning: count(usage, "/thoughtsTokenCount"),
        raw: Some(usage.clone()),
        ..Usage::default()
    })
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
        raw: Some(billed.clone()),
        ..Usage::default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn counts(tongue: Tongue, value: &Value) -> (u64, u64, u64, u64) {
        let usage = read(tongue, value).unwrap();
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
        let gemini = json!({"usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 3,
            "cachedContentTokenCount": 4, "thoughtsTokenCount": 2}});
        assert_eq!(counts(Tongue::Gemini, &gemini), (6, 4, 3, 2));
        let cohere = json!({"usage": {"billed_units": {"input_tokens": 6.0, "output_tokens": 3}}});
        assert_eq!(counts(Tongue::Cohere, &cohere), (6, 0, 3, 0));
        assert_eq!(read(Tongue::OpenAi, &json!({"usage": null})), None);
    }
}
