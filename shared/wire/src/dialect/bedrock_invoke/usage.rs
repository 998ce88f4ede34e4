//! Usage as the families write it into their answers.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use crate::{
    Verbatim,
    canon::Usage,
    dialect::{anthropic_messages, bedrock_converse, openai_chat},
};

/// The counts of a whole answer, of whatever family.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Counts {
    /// Anthropic, Nova, and those that write OpenAI's body.
    usage: Option<Value>,
    /// Only Anthropic's answers have it.
    content: Option<IgnoredAny>,
    /// Titan: text and embeddings.
    #[serde(rename = "inputTextTokenCount")]
    input_text_token_count: Option<u64>,
    results: Vec<Generated>,
    /// Llama.
    prompt_token_count: Option<u64>,
    generation_token_count: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Generated {
    #[serde(rename = "tokenCount")]
    token_count: Option<u64>,
}

/// `amazon-bedrock-invocationMetrics`, at the end of a stream.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Metrics {
    input_token_count: Option<u64>,
    output_token_count: Option<u64>,
    cache_read_input_token_count: Option<u64>,
    cache_write_input_token_count: Option<u64>,
}

/// Reads the usage of a whole answer, where the family tells it.
pub(super) fn read(body: &[u8]) -> Option<Usage> {
    let counts: Counts = serde_json::from_slice(body).ok()?;
    if counts.content.is_some() {
        return anthropic_messages::usage::read(Verbatim::from(&counts.usage?));
    }
    if let Some(usage) = counts.usage.filter(Value::is_object) {
        let has = |name: &str| usage.get(name).is_some();
        return if has("prompt_tokens") || has("completion_tokens") {
            openai_chat::usage::decode(Verbatim::from(&usage))
        } else if has("inputTokens") || has("outputTokens") {
            bedrock_converse::usage::decode(&usage)
        } else {
            anthropic_messages::usage::read(Verbatim::from(&usage))
        };
    }
    if let Some(input) = counts.input_text_token_count {
        let output = counts.results.iter().filter_map(|result| result.token_count).sum();
        return Some(Usage { input, output, ..Usage::default() });
    }
    let input = counts.prompt_token_count?;
    let output = counts.generation_token_count.unwrap_or_default();
    Some(Usage { input, output, ..Usage::default() })
}

// === impl Metrics ===

impl Metrics {
    /// In the normal form; `None` where nothing is counted.
    pub(super) fn usage(&self) -> Option<Usage> {
        if self.input_token_count.is_none() && self.output_token_count.is_none() {
            return None;
        }
        Some(Usage {
            input: self.input_token_count.unwrap_or_default(),
            output: self.output_token_count.unwrap_or_default(),
            cache_read: self.cache_read_input_token_count.unwrap_or_default(),
            cache_write_5m: self.cache_write_input_token_count.unwrap_or_default(),
            ..Usage::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_familys_counts() {
        for (body, counts) in [
            (r#"{"usage":{"input_tokens":5,"output_tokens":2}}"#, (5, 2)),
            (r#"{"usage":{"inputTokens":5,"outputTokens":2,"totalTokens":7}}"#, (5, 2)),
            (r#"{"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}"#, (5, 2)),
            (r#"{"inputTextTokenCount":5,"results":[{"tokenCount":2,"outputText":"x"}]}"#, (5, 2)),
            (r#"{"embedding":[0.1],"inputTextTokenCount":5}"#, (5, 0)),
            (r#"{"generation":"x","prompt_token_count":5,"generation_token_count":2}"#, (5, 2)),
        ] {
            let usage = read(body.as_bytes()).unwrap();
            assert_eq!((usage.input, usage.output), counts, "{body}");
        }
        assert_eq!(read(br#"{"outputs":[{"text":"x"}]}"#), None);
    }

    /// Found by fuzzing: a glance counted what a full parse does not.
    #[test]
    fn an_answer_of_anthropic_s_is_counted_as_anthropic_does() {
        let usage =
            read(br#"{"content":[],"usage":{"inputTokens":90,"output_tokens":2}}"#).unwrap();
        assert_eq!((usage.input, usage.output), (0, 2));
        assert_eq!(read(br#"{"content":[],"prompt_token_count":5}"#), None);
    }
}
