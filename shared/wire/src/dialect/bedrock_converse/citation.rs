//! Citations in Converse's shape. Canonical text keeps them in the shape of the dialect they came
//! from, so those of Anthropic and OpenAI are rewritten here.

use serde_json::{Map, Value, json};

/// The citation in Converse's shape, or `None` where it cannot be said.
pub(super) fn encode(citation: &Value) -> Option<Value> {
    match citation.get("type").and_then(Value::as_str) {
        None => citation.is_object().then(|| citation.clone()),
        Some("url_citation") => {
            // OpenAI nests the fields in Chat and not in Responses.
            let fields = citation.get("url_citation").unwrap_or(citation);
            let location = json!({"web": {"url": fields.get("url")?}});
            Some(assemble(fields, "title", location))
        }
        Some("char_location") => Some(assemble(
            citation,
            "document_title",
            span(
                citation,
                "documentChar",
                ["document_index", "start_char_index", "end_char_index"],
            )?,
        )),
        Some("page_location") => Some(assemble(
            citation,
            "document_title",
            span(
                citation,
                "documentPage",
                ["document_index", "start_page_number", "end_page_number"],
            )?,
        )),
        Some("content_block_location") => Some(assemble(
            citation,
            "document_title",
            span(
                citation,
                "documentChunk",
                ["document_index", "start_block_index", "end_block_index"],
            )?,
        )),
        Some("web_search_result_location") => {
            Some(assemble(citation, "title", json!({"web": {"url": citation.get("url")?}})))
        }
        Some("search_result_location") => {
            let location = json!({"searchResultLocation": {
                "searchResultIndex": citation.get("search_result_index")?,
                "start": citation.get("start_block_index")?,
                "end": citation.get("end_block_index")?,
            }});
            Some(assemble(citation, "title", location))
        }
        Some(_) => None,
    }
}

fn span(citation: &Value, member: &str, [index, start, end]: [&str; 3]) -> Option<Value> {
    Some(json!({member: {
        "documentIndex": citation.get(index)?,
        "start": citation.get(start)?,
        "end": citation.get(end)?,
    }}))
}

fn assemble(citation: &Value, title: &str, location: Value) -> Value {
    let mut out = Map::new();
    let mut copy = |to: &str, from: &str| {
        if let Some(value) = citation.get(from).filter(|value| value.is_string()) {
            out.insert(to.to_owned(), value.clone());
        }
    };
    copy("title", title);
    copy("source", "source");
    if let Some(cited) = citation.get("cited_text").filter(|value| value.is_string()) {
        out.insert("sourceContent".to_owned(), json!([{"text": cited}]));
    }
    out.insert("location".to_owned(), location);
    Value::Object(out)
}
