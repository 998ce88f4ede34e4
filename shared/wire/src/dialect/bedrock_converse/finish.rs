//! Stop reasons, both ways.

use crate::canon::Finish;

pub(super) fn decode(word: &str) -> Finish {
    match word {
        "end_turn" => Finish::Stop,
        "stop_sequence" => Finish::StopSequence,
        "max_tokens" => Finish::Length,
        "model_context_window_exceeded" => Finish::ContextWindow,
        "tool_use" => Finish::ToolCalls,
        "content_filtered" | "guardrail_intervened" => Finish::ContentFilter,
        "malformed_tool_use" => Finish::MalformedCall,
        "malformed_model_output" => Finish::MalformedOutput,
        other => Finish::Other(other.to_owned()),
    }
}

/// A pause becomes `max_tokens`: the answer is not complete, and of the words a Bedrock client
/// knows this is the one that says so. A word of another dialect becomes `end_turn`.
pub(super) fn encode(finish: &Finish) -> &'static str {
    match finish {
        Finish::Stop => "end_turn",
        Finish::StopSequence => "stop_sequence",
        Finish::Length | Finish::Pause => "max_tokens",
        Finish::ContextWindow => "model_context_window_exceeded",
        Finish::ToolCalls => "tool_use",
        Finish::ContentFilter | Finish::Refusal => "content_filtered",
        Finish::MalformedCall => "malformed_tool_use",
        Finish::MalformedOutput => "malformed_model_output",
        Finish::Other(_) => "end_turn",
    }
}
