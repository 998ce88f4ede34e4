//! Answers: what a compatible one used, and one that the gateway writes.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Ranked, Request};
use crate::Fault;

/// What a provider says that a call used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Used {
    /// Tokens, where the provider counts in tokens.
    pub tokens: Option<u64>,
    /// Search units, where it counts in these.
    pub search_units: Option<u64>,
}

#[derive(Deserialize, Default)]
struct Answer {
    #[serde(default)]
    usage: Value,
    #[serde(default)]
    meta: Value,
}

/// Reads what an answer in Cohere's or Jina's shape says of its use.
///
/// # Errors
/// A fault of the provider when the body is not a JSON object.
pub fn used(body: &[u8]) -> Result<Used, Fault> {
    let answer: Answer =
        serde_json::from_slice(body).map_err(|error| super::shape::broken(error.to_string()))?;
    let first = |paths: &[(&Value, &str)]| {
        paths.iter().find_map(|(value, path)| value.pointer(path).and_then(count))
    };
    let Answer { usage, meta } = &answer;
    Ok(Used {
        tokens: first(&[
            (meta, "/billed_units/input_tokens"),
            (meta, "/billed_units/total_tokens"),
            (meta, "/tokens/input_tokens"),
            (usage, "/total_tokens"),
            (usage, "/prompt_tokens"),
        ]),
        search_units: first(&[(meta, "/billed_units/search_units")]),
    })
}

/// A count; Cohere writes decimals.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count; what is none becomes the nearest that is"
)]
fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().map(|count| count.ceil() as u64))
}

/// Writes an answer in Cohere's shape, best first.
#[must_use]
pub fn encode(request: &Request, ranked: &[Ranked], id: &str, search_units: u64) -> Vec<u8> {
    let mut ranked = ranked.to_vec();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    let most = request.top_n.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    let results: Vec<Value> = ranked
        .iter()
        .take(most)
        .map(|one| {
            let mut result = json!({ "index": one.index, "relevance_score": one.score });
            let document = usize::try_from(one.index).ok().and_then(|at| request.documents.get(at));
            if let (true, Some(document), Some(fields)) =
                (request.return_documents, document, result.as_object_mut())
            {
                let text = match &document.written {
                    Value::Object(_) => document.written.clone(),
                    _ => json!({ "text": document.text }),
                };
                fields.insert("document".to_owned(), text);
            }
            result
        })
        .collect();
    let answer = json!({
        "id": id,
        "results": results,
        "meta": {
            "api_version": { "version": "2" },
            "billed_units": { "search_units": search_units },
        },
    });
    answer.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_each_provider_counts() {
        let read = |body: Value| {
            let used = used(body.to_string().as_bytes()).unwrap();
            (used.tokens, used.search_units)
        };
        let cohere = json!({"results": [], "meta": {"billed_units": {"search_units": 2}}});
        assert_eq!(read(cohere), (None, Some(2)));
        let decimals = json!({"meta": {"billed_units": {"search_units": 1.0}}});
        assert_eq!(read(decimals), (None, Some(1)));
        assert_eq!(read(json!({"usage": {"total_tokens": 815}})), (Some(815), None));
        assert_eq!(read(json!({"results": []})), (None, None));
        assert_eq!(used(b"[").unwrap_err().status, 502);
    }
}
