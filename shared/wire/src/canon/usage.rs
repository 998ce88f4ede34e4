//! Usage in one normal form.

use serde_json::Value;

use crate::Verbatim;

/// What a call used. Input classes do not overlap, nor do output classes: the sum of all input
/// fields is the prompt, the sum of all output fields is the completion.
///
/// The dialects disagree: OpenAI counts cached tokens inside `prompt_tokens` and reasoning inside
/// `completion_tokens`; Anthropic and Bedrock count cached tokens beside `input_tokens`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Usage {
    /// Prompt tokens that were neither read from nor written to a cache.
    pub input: u64,
    /// Prompt tokens read from the provider's cache.
    pub cache_read: u64,
    /// Those of [`Self::cache_read`] that are audio, which some providers price apart.
    pub cache_read_audio: u64,
    /// Prompt tokens written to the cache for five minutes.
    pub cache_write_5m: u64,
    /// Prompt tokens written to the cache for an hour.
    pub cache_write_1h: u64,
    /// Audio tokens in the prompt.
    pub input_audio: u64,
    /// Visible completion tokens.
    pub output: u64,
    /// Reasoning tokens, billed as output.
    pub output_reasoning: u64,
    /// Audio tokens in the completion.
    pub output_audio: u64,
    /// Image tokens in the completion.
    pub output_image: u64,
    /// The service level that the provider says it served at (`priority`, `flex`), in its own words.
    pub service_tier: Option<String>,
    /// The provider's own usage object, verbatim.
    pub raw: Option<Verbatim>,
}

impl Usage {
    /// The same, served at the level that stands beside it in an answer, if one does.
    #[must_use]
    pub(crate) fn served(self, tier: Option<&Value>) -> Self {
        let told = tier.and_then(Value::as_str).map(str::to_owned);
        Self { service_tier: told.or(self.service_tier), ..self }
    }

    /// All prompt tokens.
    #[must_use]
    pub fn prompt(&self) -> u64 {
        self.input
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write_5m)
            .saturating_add(self.cache_write_1h)
            .saturating_add(self.input_audio)
    }

    /// All completion tokens.
    #[must_use]
    pub fn completion(&self) -> u64 {
        self.output
            .saturating_add(self.output_reasoning)
            .saturating_add(self.output_audio)
            .saturating_add(self.output_image)
    }

    /// Prompt and completion.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.prompt().saturating_add(self.completion())
    }
}
