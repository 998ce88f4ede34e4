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
const OTHERS: [&str; 10] = [
    "FINISH_REASON_UNSPECIFIED",
    "OTHER",
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MISSING_THOUGHT_SIGNATURE",
    "MALFORMED_RESPONSE",
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
        Finish::Other(word) => {
            FILTERS.iter().chain(&OTHERS).find(|known| *known == word).copied().unwrap_or("OTHER")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_only_google_has_read_back_as_written() {
        for word in OTHERS {
            assert_eq!(encode(&decode(word, false)), word);
        }
        for word in ["STOP", "MAX_TOKENS", "SAFETY"] {
            assert_eq!(encode(&decode(word, false)), word);
        }
        assert_eq!(decode("STOP", true), Finish::ToolCalls);
        assert_eq!(encode(&Finish::Other("compaction".into())), "OTHER");
    }
}
