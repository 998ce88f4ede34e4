//! Parts of messages and of results.

use base64::Engine as _;
use serde_json::{Value, json};

use super::losses::Losses;
use crate::{
    Dialect,
    canon::{Data, Document, Image, Part},
    dialect::openai_chat::request::media::{data_url, name_for},
};

/// Writes a part; `said` by the model, or given to it.
pub(super) fn part(part: &Part, path: &str, said: bool, losses: &mut Losses, out: &mut Vec<Value>) {
    match part {
        Part::Text { text, citations } => {
            if !citations.is_empty() {
                losses.minor(format!("{path}.citations"));
            }
            out.push(words(text, said));
        }
        Part::Refusal(text) if said => out.push(json!({"type": "refusal", "refusal": text})),
        Part::Refusal(text) => out.push(words(text, said)),
        Part::CachePoint(_) => losses.minor("cache_control"),
        Part::Image(image) if !said => picture(image, path, losses, out),
        Part::Document(document) if !said => file(document, path, losses, out),
        Part::SearchResult(found) if !said => {
            if found.citations {
                losses.meaning(format!("{path}.citations"));
            }
            out.push(words(&found.plain(), false));
        }
        Part::Opaque { dialect: Dialect::OpenAiResponses, value } => out.push(value.clone()),
        Part::Reasoning(_) => losses.minor(path.to_owned()),
        Part::Image(_)
        | Part::Document(_)
        | Part::SearchResult(_)
        | Part::Opaque { .. }
        | Part::ToolCall(_)
        | Part::ToolResult(_) => losses.meaning(path.to_owned()),
    }
}

fn words(text: &str, said: bool) -> Value {
    json!({"type": if said { "output_text" } else { "input_text" }, "text": text})
}

fn picture(image: &Image, path: &str, losses: &mut Losses, out: &mut Vec<Value>) {
    let detail = image.detail.as_deref().unwrap_or("auto");
    out.push(match &image.data {
        Data::Base64 { media_type, base64 } => json!({
            "type": "input_image", "image_url": data_url(media_type, base64), "detail": detail,
        }),
        Data::Url(url) => json!({"type": "input_image", "image_url": url, "detail": detail}),
        Data::File(id) => json!({"type": "input_image", "file_id": id, "detail": detail}),
        Data::S3 { .. } | Data::Text(_) | Data::Chunks(_) => {
            return losses.meaning(path.to_owned());
        }
    });
}

/// Text documents are text; the rest are files, by value, by address or by id.
fn file(document: &Document, path: &str, losses: &mut Losses, out: &mut Vec<Value>) {
    if document.citations {
        losses.meaning(format!("{path}.citations"));
    }
    let file = match &document.data {
        Data::Text(_) | Data::Chunks(_) => {
            let text = document.data.inline().unwrap_or_default();
            return inline(document, &text, out);
        }
        Data::Base64 { media_type, base64 } => {
            if let Some(text) = readable(media_type, base64) {
                return inline(document, &text, out);
            }
            json!({
                "type": "input_file",
                "filename": document.name.clone().unwrap_or_else(|| name_for(media_type)),
                "file_data": data_url(media_type, base64),
            })
        }
        Data::Url(url) => json!({"type": "input_file", "file_url": url}),
        Data::File(id) => json!({"type": "input_file", "file_id": id}),
        Data::S3 { .. } => return losses.meaning(path.to_owned()),
    };
    out.extend(document.context.as_deref().map(|context| words(context, false)));
    out.push(file);
}

fn inline(document: &Document, text: &str, out: &mut Vec<Value>) {
    let heads = [document.name.as_deref(), document.context.as_deref()];
    let lines: Vec<&str> = heads.into_iter().flatten().chain([text]).collect();
    out.push(words(&lines.join("\n"), false));
}

fn readable(media_type: &str, base64: &str) -> Option<String> {
    if !media_type.starts_with("text/") {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(base64).ok()?;
    String::from_utf8(bytes).ok()
}
