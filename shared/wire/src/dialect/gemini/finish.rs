//! Why the model stopped, both ways (`Candidate.FinishReason`), and why a prompt was refused.

use crate::canon::Finish;

/// What the filters say.
const FILTERS: [&str; 13] = [
    "SAFETY",
    "RECITATION",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "MODEL_ARMOR",
    "ESCALATION",
    "JAILBREAK",
    "PUP_LIMITED_DISABLED",
];

/// Words of the API that no other dialect has.
const OTHERS: [&str; 8] = [
    "FINISH_REASON_UNSPECIFIED",
    "OTHER",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MISSING_THOUGHT_SIGNATURE",
    "IMAGE_OTHER",
    "NO_IMAGE",
    "CONTINUATION",
];

/// Reads a `finishReason`. The API says `STOP` after a call, too.
pub(super) fn decode(word: &str, called: bool) -> Finish {
    match word {
        "STOP" if called => Finish::ToolCalls,
        "STOP" => Finish::Stop,
        "MAX_TOKENS" => Finish::Length,
        "MALFORMED_FUNCTION_CALL" => Finish::MalformedCall,
        "MALFORMED_RESPONSE" => Finish::MalformedOutput,
        word if FILTERS.contains(&word) => Finish::ContentFilter,
        word => Finish::Other(word.to_owned()),
    }
}

/// Writes a `finishReason`.
pub(super) fn encode(finish: &Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::StopSequence | Finish::ToolCalls | Finish::Pause => "STOP",
        Finish::Length | Finish::ContextWindow => "MAX_TOKENS",
        Finish::ContentFilter | Finish::Refusal => "SAFETY",
        Finish::MalformedCall => "MALFORMED_FUNCTION_CALL",
        Finish::MalformedOutput => "MALFORMED_RESPONSE",
        Finish::Other(word) => {
            FILTERS.iter().chain(&OTHERS).find(|known| *known == word).copied().unwrap_or("OTHER")
        }
    }
}

/// Whether the API has a word for this end.
pub(in crate::dialect) fn ends(finish: &Finish) -> bool {
    matches!(finish, Finish::Other(word) if encode(finish) == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_only_google_has_read_back_as_written() {
        for word in OTHERS {
            assert_eq!(encode(&decode(word, false)), word);
        }
        for word in
            ["STOP", "MAX_TOKENS", "SAFETY", "MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE"]
        {
            assert_eq!(encode(&decode(word, false)), word);
        }
        assert_eq!(decode("STOP", true), Finish::ToolCalls);
        assert_eq!(encode(&Finish::Other("compaction".into())), "OTHER");
    }
}
