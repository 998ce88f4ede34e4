//! Citations, as OpenAI's annotations where they name a page of the web or a file of OpenAI's, and as
//! LiteLLM hands on Anthropic's.

use serde_json::{Map, Value, json};

use crate::dialect::{Citation, anthropic_messages};

/// Annotations that name a file of OpenAI's.
pub(in crate::dialect) const FILES: [&str; 3] =
    ["file_citation", "container_file_citation", "file_path"];

/// A citation of a part's text that begins after `before` characters of the message and has so many
/// `characters`, as an annotation; `None` where the dialect has no word for it.
pub(super) fn annotation(value: &Value, before: u64, characters: u64) -> Option<Value> {
    if kind(value).is_some_and(|kind| FILES.contains(&kind)) {
        return Some(value.clone());
    }
    let cited = Citation::read(value)?;
    let url = cited.address()?;
    let (start, end) = cited.stretch(characters);
    let mut fields = match value.get("url_citation") {
        Some(Value::Object(own)) => own.clone(),
        _ => Map::new(),
    };
    fields.insert("url".into(), url.into());
    fields.insert("title".into(), cited.title.unwrap_or_default().into());
    fields.insert("start_index".into(), before.saturating_add(start).into());
    fields.insert("end_index".into(), before.saturating_add(end).into());
    Some(json!({"type": "url_citation", "url_citation": fields}))
}

/// Whether a citation is told at all.
pub(in crate::dialect) fn cites(value: &Value) -> bool {
    annotation(value, 0, 0).is_some() || specific(value).is_some()
}

/// Whether a citation says itself which words of the text it supports, so that it need not wait for
/// the text's end.
pub(super) fn is_placed(value: &Value) -> bool {
    Citation::read(value).is_some_and(|cited| cited.span.is_some())
}

/// A citation in Anthropic's words, in which LiteLLM's callers look for those that are no annotations
/// of OpenAI's own; what has no such words is as it came.
pub(super) fn specific(value: &Value) -> Option<Value> {
    if is_own(value) {
        return None;
    }
    Some(anthropic_messages::cited(value).map_or_else(|| value.clone(), |said| said.into_owned()))
}

fn is_own(value: &Value) -> bool {
    kind(value).is_some_and(|kind| kind == "url_citation" || FILES.contains(&kind))
}

fn kind(value: &Value) -> Option<&str> {
    value.get("type").and_then(Value::as_str)
}
