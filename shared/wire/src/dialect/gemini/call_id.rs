//! Ids of calls. Gemini often gives none, and other dialects cannot do without: there they are made
//! of what is at hand, so that a call and its result meet and no two calls of an answer share one.

/// Longest id: the least that any dialect takes is 40 letters (OpenAI).
const LONGEST: usize = 40;

/// The id of the call that stands `number`th in a caller's conversation.
pub(super) fn in_conversation(number: usize) -> String {
    format!("call_{number}")
}

/// The id of the call that stands `number`th in an answer. Answers are told apart by their own id.
pub(super) fn in_answer(response_id: Option<&str>, number: usize) -> String {
    let tail = format!("_{number}");
    let room = LONGEST.saturating_sub("call_".len() + tail.len());
    let id: String = response_id
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        .take(room)
        .collect();
    if id.is_empty() { format!("call{tail}") } else { format!("call_{id}{tail}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_every_dialect_and_differs_within_an_answer() {
        let long = "x".repeat(100) + "+/=";
        for id in [None, Some(""), Some("mAit-aL_kHP"), Some(long.as_str())] {
            let (first, second) = (in_answer(id, 0), in_answer(id, 1));
            assert_ne!(first, second);
            for made in [first, second, in_answer(id, 12345)] {
                assert!(made.len() <= LONGEST, "{made}");
                let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
                assert!(made.chars().all(fits), "{made}");
            }
        }
        assert_eq!(in_answer(Some("mAit-aL_kHP"), 0), "call_mAit-aL_kHP_0");
    }
}
