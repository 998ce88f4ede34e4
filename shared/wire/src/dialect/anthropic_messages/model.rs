//! What a Claude model accepts, told by its name.
//!
//! Generations differ in what they refuse with a 400: token budgets for thinking (from 4.7 on),
//! sampling parameters (from 4.7 on), structured outputs (before 4.5). The model's id is all that
//! the encoder is given, and Anthropic's ids name the generation. A name that says nothing (a
//! compatible server's own model) is treated as a 4.5 model: what all such servers copy.
//! Source: platform.claude.com, "Models overview", "Extended thinking", "Structured outputs".

/// A model generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Generation {
    major: u32,
    minor: u32,
}

/// What is assumed of a name that does not tell.
const UNTOLD: Generation = Generation { major: 4, minor: 5 };

// === impl Generation ===

impl Generation {
    /// The generation that a model id names: `claude-opus-4-7`, `claude-3-5-sonnet-20241022`,
    /// `eu.anthropic.claude-sonnet-4-6-v1:0`, `claude-sonnet-5@20260101`, `claude-sonnet-4.6`.
    pub(crate) fn of(model: &str) -> Self {
        let model = model.to_ascii_lowercase();
        let Some(at) = model.find("claude-") else { return UNTOLD };
        let tail = model.get(at..).unwrap_or_default();
        let words: Vec<_> = tail.split(['-', '.', '@', ':', '_']).skip(1).take(3).collect();
        let version = |at: usize| {
            words.get(at).and_then(|word| word.parse::<u32>().ok()).filter(|n| *n < 100)
        };
        // The family stands before the version since 4.0, after it before.
        let first = usize::from(version(0).is_none());
        if let Some(major) = version(first) {
            return Self { major, minor: version(first + 1).unwrap_or(0) };
        }
        // A preview of a family that came with generation 5.
        if words.first() == Some(&"mythos") { Self { major: 5, minor: 0 } } else { UNTOLD }
    }

    /// The model can think at all.
    pub(crate) fn thinks(self) -> bool {
        self >= Self { major: 3, minor: 7 }
    }

    /// Thinking is `adaptive`, steered by `output_config.effort`.
    pub(crate) fn adaptive(self) -> bool {
        self >= Self { major: 4, minor: 6 }
    }

    /// Thinking takes `budget_tokens`.
    pub(crate) fn budgets(self) -> bool {
        self < Self { major: 4, minor: 7 }
    }

    /// `temperature`, `top_p` and `top_k` are accepted.
    pub(crate) fn samples(self) -> bool {
        self < Self { major: 4, minor: 7 }
    }

    /// `temperature` and `top_p` may stand together.
    pub(crate) fn samples_twice(self) -> bool {
        self < Self { major: 4, minor: 1 }
    }

    /// Instructions may stand in the middle of a conversation, as messages of role `system`.
    pub(crate) fn reminds(self) -> bool {
        self >= Self { major: 4, minor: 8 }
    }

    /// Answers and tool inputs can be held to a schema.
    pub(crate) fn schemas(self) -> bool {
        self >= Self { major: 4, minor: 5 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_generation_out_of_every_form_of_id() {
        for (model, major, minor) in [
            ("claude-opus-4-7", 4, 7),
            ("claude-opus-4-7-20260416", 4, 7),
            ("claude-sonnet-4.6", 4, 6),
            ("claude-sonnet-4-20250514", 4, 0),
            ("claude-opus-4-1-20250805", 4, 1),
            ("claude-3-5-sonnet-20241022", 3, 5),
            ("claude-3-haiku-20240307", 3, 0),
            ("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", 4, 5),
            ("claude-sonnet-5@20260101", 5, 0),
            ("claude-haiku-5-5", 5, 5),
            ("anthropic/claude-opus-4.8", 4, 8),
            ("claude-mythos-preview", 5, 0),
            ("deepseek-chat", 4, 5),
            ("MiniMax-M2", 4, 5),
            ("claude-instant-v1", 4, 5),
        ] {
            assert_eq!(Generation::of(model), Generation { major, minor }, "{model}");
        }
    }
}
