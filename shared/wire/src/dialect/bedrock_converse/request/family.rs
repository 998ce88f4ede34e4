//! Families of models on Bedrock, as far as they take different fields.

use crate::dialect::anthropic_messages::model::Generation;

/// Who made the model, read from its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Anthropic's Claude.
    Claude(Generation),
    /// Amazon's Nova of the first generation.
    Nova,
    /// Amazon's Nova 2, which reasons.
    Nova2,
    /// OpenAI's open weights.
    GptOss,
    /// OpenAI's GPT.
    Gpt,
    /// DeepSeek V3: takes an effort as OpenAI's open weights do.
    DeepSeekV3,
    /// Another that the id names.
    Other,
    /// An ARN or an alias that does not say. It is taken for a Claude: an application inference
    /// profile mostly is one, and where it is not, Bedrock says so.
    Unknown(Generation),
}

/// Vendors other than Anthropic at the head of Bedrock's model ids, and words that stand in them.
pub(in crate::dialect) const OTHER_VENDORS: [&str; 18] = [
    "amazon.",
    "ai21.",
    "cohere.",
    "deepseek.",
    "google.",
    "luma.",
    "meta.",
    "minimax.",
    "mistral.",
    "moonshot",
    "nvidia.",
    "openai.",
    "qwen.",
    "stability.",
    "twelvelabs.",
    "writer.",
    "xai.",
    "zai.",
];

impl Family {
    pub(super) fn of(model: &str) -> Self {
        let has = |word: &str| model.contains(word);
        if has("claude-") {
            Self::Claude(Generation::of(model))
        } else if has("nova-2") {
            Self::Nova2
        } else if has("amazon.nova") {
            Self::Nova
        } else if has("openai.gpt-oss") {
            Self::GptOss
        } else if has("openai.gpt-") {
            Self::Gpt
        } else if has("deepseek.v3") {
            Self::DeepSeekV3
        } else if OTHER_VENDORS.iter().any(|vendor| has(vendor)) {
            Self::Other
        } else {
            Self::Unknown(Generation::of(model))
        }
    }

    /// The generation of Claude whose fields the model takes, if it takes those.
    pub(super) fn claude(self) -> Option<Generation> {
        match self {
            Self::Claude(generation) | Self::Unknown(generation) => Some(generation),
            _ => None,
        }
    }

    /// Searches the web by itself (Amazon Nova user guide, "Web grounding").
    pub(super) fn searches(self) -> bool {
        matches!(self, Self::Nova | Self::Nova2)
    }

    /// Takes cache points among system blocks and messages.
    pub(super) fn caches(self) -> bool {
        self.claude().is_some() || matches!(self, Self::Nova | Self::Nova2)
    }

    /// Takes cache points among tools.
    pub(super) fn caches_tools(self) -> bool {
        self.claude().is_some()
    }

    /// Takes a cache point's duration.
    pub(super) fn has_ttl(self) -> bool {
        self.claude().is_some()
    }
}
