//! Citations of other dialects, as OpenAI's annotations where they name a page of the web.

use serde_json::{Value, json};

/// A citation of the text between `start` and `end` (in characters), as an annotation; `None`
/// where the dialect has no word for it.
pub(super) fn annotation(citation: &Value, start: u64, end: u64) -> Option<Value> {
    let word = |field: &str| citation.get(field).and_then(Value::as_str);
    match word("type") {
        Some("url_citation" | "file_citation" | "container_file_citation" | "file_path") => {
            Some(citation.clone())
        }
        Some("web_search_result_location") => Some(json!({
            "type": "url_citation",
            "url_citation": {
                "url": word("url")?,
                "title": word("title").unwrap_or_default(),
                "start_index": start,
                "end_index": end,
            },
        })),
        _ => None,
    }
}
