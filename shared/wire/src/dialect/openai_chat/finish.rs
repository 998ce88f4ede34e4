//! Why the model stopped, both ways.

use crate::canon::Finish;

/// What else the answer has in it: providers write `stop` for more than one thing.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seen {
    /// A tool call.
    pub(super) tools: bool,
    /// A refusal.
    pub(super) refusal: bool,
}

/// Reads `finish_reason`.
pub(super) fn decode(reason: &str, seen: Seen) -> Finish {
    match reason {
        "stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence" => ended(seen),
        "length" | "max_tokens" => Finish::Length,
        "model_length" => Finish::ContextWindow,
        "tool_calls" | "function_call" | "tool_use" => Finish::ToolCalls,
        "content_filter" => Finish::ContentFilter,
        other => Finish::Other(other.to_owned()),
    }
}

/// The answer ended by itself.
pub(super) fn ended(seen: Seen) -> Finish {
    match seen {
        Seen { tools: true, .. } => Finish::ToolCalls,
        Seen { refusal: true, .. } => Finish::Refusal,
        Seen { .. } => Finish::Stop,
    }
}

/// Writes `finish_reason`: one of the words of OpenAI's enumeration, which typed clients check.
pub(super) fn encode(finish: &Finish, seen: Seen) -> &'static str {
    match finish {
        // What is malformed is not complete, and this is the word of the enumeration that says so.
        Finish::Length
        | Finish::ContextWindow
        | Finish::MalformedCall
        | Finish::MalformedOutput => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::ContentFilter => "content_filter",
        // A refusal in words ends with `stop` in this dialect; one without is a filter's.
        Finish::Refusal if !seen.refusal => "content_filter",
        Finish::Refusal
        | Finish::Stop
        | Finish::StopSequence
        | Finish::Pause
        | Finish::Other(_) => "stop",
    }
}
