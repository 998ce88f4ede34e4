//! Why the model stopped, both ways (`StopReason`).

use serde_json::Value;

use crate::canon::{Finish, Part};

/// Reads a `stop_reason`.
pub(super) fn read(word: &str) -> Finish {
    match word {
        "end_turn" => Finish::Stop,
        "stop_sequence" => Finish::StopSequence,
        "max_tokens" => Finish::Length,
        "model_context_window_exceeded" => Finish::ContextWindow,
        "tool_use" => Finish::ToolCalls,
        "refusal" => Finish::Refusal,
        "pause_turn" => Finish::Pause,
        other => Finish::Other(other.to_owned()),
    }
}

/// What an answer had in it, which other dialects' finish does not always tell: some servers say
/// `stop` after a tool call, and OpenAI says it after a refusal.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Held {
    /// A tool call.
    pub(super) call: bool,
    /// A refusal.
    pub(super) refusal: bool,
}

/// Writes a `stop_reason`.
pub(super) fn write(finish: &Finish, held: Held) -> &str {
    match finish {
        Finish::Stop | Finish::ToolCalls if held.call => "tool_use",
        Finish::Stop if held.refusal => "refusal",
        Finish::Stop | Finish::ToolCalls => "end_turn",
        Finish::StopSequence => "stop_sequence",
        // What is malformed is not complete, and this is the word of the enumeration that says so.
        Finish::Length | Finish::MalformedCall | Finish::MalformedOutput => "max_tokens",
        Finish::ContextWindow => "model_context_window_exceeded",
        Finish::ContentFilter | Finish::Refusal => "refusal",
        Finish::Pause => "pause_turn",
        Finish::Other(word) => word,
    }
}

/// `stop_sequence`: a string where one was hit.
pub(super) fn sequence(stop_sequence: Option<&String>) -> Value {
    stop_sequence.map_or(Value::Null, |sequence| Value::String(sequence.clone()))
}

// === impl Held ===

impl Held {
    /// What these parts hold.
    pub(super) fn of(parts: &[Part]) -> Self {
        Self {
            call: parts.iter().any(|part| matches!(part, Part::ToolCall(_))),
            refusal: parts.iter().any(|part| matches!(part, Part::Refusal(_))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_as_it_was_written() {
        for word in [
            "end_turn",
            "stop_sequence",
            "max_tokens",
            "model_context_window_exceeded",
            "refusal",
            "pause_turn",
            "compaction",
        ] {
            assert_eq!(write(&read(word), Held::default()), word);
        }
        let called = Held { call: true, refusal: false };
        assert_eq!(write(&read("tool_use"), called), "tool_use");
        assert_eq!(write(&Finish::Stop, called), "tool_use");
        assert_eq!(write(&Finish::Stop, Held { call: false, refusal: true }), "refusal");
        assert_eq!(write(&Finish::Length, called), "max_tokens");
    }
}
