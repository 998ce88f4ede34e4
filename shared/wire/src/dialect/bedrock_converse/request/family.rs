//! Families of models on Bedrock, as far as they take different fields.

/// Who made the model, read from its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Anthropic's Claude, with its version where the id tells it.
    Claude(Option<(u32, u32)>),
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
    /// An ARN or an alias that does not say. It is taken for a Claude of no known version: an
    /// application inference profile mostly is one, and where it is not, Bedrock says so.
    Unknown,
}

/// Vendors on Bedrock that have no fields of their own here.
const OTHERS: [&str; 17] = [
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
    "writer.",
    "xai.",
    "zai.",
];

impl Family {
    pub(super) fn of(model: &str) -> Self {
        let has = |word: &str| model.contains(word);
        if let Some((_, version)) = model.split_once("claude-") {
            Self::Claude(claude_version(version))
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
        } else if OTHERS.iter().any(|vendor| has(vendor)) {
            Self::Other
        } else {
            Self::Unknown
        }
    }

    /// Speaks Anthropic's fields.
    pub(super) fn is_claude(self) -> bool {
        matches!(self, Self::Claude(_) | Self::Unknown)
    }

    /// Takes cache points among system blocks and messages.
    pub(super) fn caches(self) -> bool {
        matches!(self, Self::Claude(_) | Self::Unknown | Self::Nova | Self::Nova2)
    }

    /// Takes cache points among tools.
    pub(super) fn caches_tools(self) -> bool {
        self.is_claude()
    }

    /// Takes a cache point's duration.
    pub(super) fn has_ttl(self) -> bool {
        self.is_claude()
    }

    /// Takes `thinking: {type: "adaptive"}` with an effort: Claude from 4.6 on.
    pub(super) fn thinks_adaptively(self) -> bool {
        matches!(self, Self::Claude(Some(version)) if version >= (4, 6))
    }

    /// Takes `thinking: {type: "enabled", budget_tokens}`: Claude from 3.7 to 4.6.
    pub(super) fn thinks_by_budget(self) -> bool {
        match self {
            Self::Claude(Some(version)) => ((3, 7)..(4, 7)).contains(&version),
            Self::Claude(None) => true,
            Self::Unknown => true,
            _ => false,
        }
    }

    /// The word for the highest effort that Bedrock takes from this model.
    pub(super) fn highest_effort(self) -> &'static str {
        match self {
            Self::Claude(Some(version)) if version >= (4, 7) => "xhigh",
            _ => "max",
        }
    }
}

/// `opus-4-6-v1` is 4.6, `3-7-sonnet-20250219-v1:0` is 3.7, `sonnet-4-20250514-v1:0` is 4.0.
fn claude_version(rest: &str) -> Option<(u32, u32)> {
    let mut numbers = rest
        .split(['-', '@', ':'])
        .skip_while(|word| word.parse::<u32>().is_err())
        .map_while(|word| word.parse::<u32>().ok().filter(|number| *number < 1000));
    let major = numbers.next()?;
    Some((major, numbers.next().unwrap_or_default()))
}
