//! Citations, as blocks of text have them.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::dialect::{Citation, Place, signed::MARK};

/// A citation in this dialect's words: one of its own as it is. `None` for what has no likeness here.
pub(in crate::dialect) fn encode(value: &Value) -> Option<Cow<'_, Value>> {
    if is_own(value) {
        return Some(Cow::Borrowed(value));
    }
    let cited = Citation::read(value)?;
    let words = cited.words.as_deref().unwrap_or_default();
    let written = match cited.place {
        Place::Web { url, .. } => json!({
            "type": "web_search_result_location",
            "url": url,
            "title": cited.title,
            "cited_text": words,
            "encrypted_index": MARK,
        }),
        Place::Document { unit, document, start, end, .. } => {
            let (kind, [first, last]) = unit.names()?.anthropic;
            let mut fields = Map::new();
            fields.insert("type".into(), kind.into());
            fields.insert("cited_text".into(), words.into());
            fields.insert("document_index".into(), document.into());
            fields.insert("document_title".into(), cited.title.into());
            fields.insert(first.into(), start.into());
            fields.insert(last.into(), end.into());
            Value::Object(fields)
        }
        Place::Found { source, result, start, end } => json!({
            "type": "search_result_location",
            "cited_text": words,
            "search_result_index": result,
            "source": source.unwrap_or_default(),
            "title": cited.title,
            "start_block_index": start,
            "end_block_index": end,
        }),
        Place::File { .. } => return None,
    };
    Some(Cow::Owned(written))
}

/// The same, for a request: the API takes a page of the web back only under the index that it gave.
pub(super) fn hand_back(value: &Value) -> Option<Cow<'_, Value>> {
    encode(value).filter(|written| {
        let index = written.get("encrypted_index").and_then(Value::as_str);
        !index.is_some_and(|index| index.is_empty() || index.starts_with(MARK))
    })
}

fn is_own(value: &Value) -> bool {
    value.get("type").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("_location"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dialect;

    #[test]
    fn a_page_that_anthropic_did_not_find_is_known_when_it_comes_back() {
        let page = json!({"type": "url_citation",
            "url_citation": {"url": "https://a.example/", "title": "A"}});
        let told = encode(&page).unwrap();
        assert!(Dialect::AnthropicMessages.holds_foreign_signature(told.to_string().as_bytes()));
        let own = br#"{"type": "web_search_result_location", "encrypted_index": "Eo8B"}"#;
        assert!(!Dialect::AnthropicMessages.holds_foreign_signature(own));
    }
}
