//! Output items, as answers and streams write them.

use serde_json::{Map, Value, json};

use super::{namespace, seal};
use crate::{
    canon::{Data, Image, Reasoning},
    dialect::openai_chat::request::arguments,
};

/// The type of an item with a picture that the model made.
const PICTURE: &str = "image_generation_call";

/// The id of the item at a place of an answer.
pub(super) fn id(prefix: &str, answer: &str, at: usize) -> String {
    format!("{prefix}_{answer}_{at}")
}

/// A message.
pub(super) fn message(id: &str, status: &str, content: &[Value]) -> Value {
    json!({
        "id": id,
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": content,
    })
}

/// A part of a message: text.
pub(super) fn text(text: &str, annotations: &[Value]) -> Value {
    json!({"type": "output_text", "annotations": annotations, "logprobs": [], "text": text})
}

/// A part of a message: a refusal.
pub(super) fn refusal(words: &str) -> Value {
    json!({"type": "refusal", "refusal": words})
}

/// A function call; `echo` is the request that offered the function.
pub(super) fn call(
    id: &str,
    status: &str,
    call: (&str, &str, &str),
    echo: &Map<String, Value>,
) -> Value {
    let (call_id, name, given) = call;
    let mut item = json!({
        "id": id,
        "type": "function_call",
        "status": status,
        "arguments": if status == "in_progress" { given } else { arguments(given) },
        "call_id": call_id,
        "name": name,
    });
    if let (Some(fields), Some(namespace)) = (item.as_object_mut(), namespace::of(name, echo)) {
        fields.insert("namespace".into(), namespace.into());
    }
    item
}

/// Reasoning. What is signed or encrypted is always there: a caller who does not want it keeps it
/// unread, and one who needs it cannot ask for it afterwards.
pub(super) fn reasoning(id: &str, reasoning: &Reasoning) -> Value {
    let own = seal::own(reasoning);
    let sealed = match own {
        Some((_, content)) => Some(content.to_owned()),
        None => seal::reasoning(reasoning),
    };
    let id = own.map_or(id, |(id, _)| id);
    let summary: Vec<Value> =
        if reasoning.text.is_empty() { Vec::new() } else { vec![summary(&reasoning.text)] };
    let mut item = json!({"id": id, "type": "reasoning", "summary": summary});
    if let (Some(fields), Some(sealed)) = (item.as_object_mut(), sealed) {
        fields.insert("encrypted_content".into(), sealed.into());
    }
    item
}

/// A part of a reasoning item's summary.
pub(super) fn summary(text: &str) -> Value {
    json!({"type": "summary_text", "text": text})
}

/// A picture, as a call of the tool that makes them; `None` where it is not given by value.
pub(super) fn picture(id: &str, image: &Image) -> Option<Value> {
    let Data::Base64 { media_type, base64 } = &image.data else { return None };
    let format = media_type.strip_prefix("image/").unwrap_or("png");
    let format = if format == "jpg" { "jpeg" } else { format };
    Some(json!({
        "id": id,
        "type": PICTURE,
        "status": "completed",
        "output_format": format,
        "result": base64,
    }))
}

/// Whether a picture can be shown to a caller.
pub(in crate::dialect) fn shows(image: &Image) -> bool {
    picture("", image).is_some()
}

/// The picture in a call of the tool that makes them.
pub(super) fn pictured(item: &Value) -> Option<Image> {
    let word = |name: &str| item.get(name).and_then(Value::as_str);
    let base64 = word("result").filter(|_| word("type") == Some(PICTURE))?;
    let format = word("output_format").unwrap_or("png");
    let media_type =
        if format == "svg" { "image/svg+xml".into() } else { format!("image/{format}") };
    Some(Image { data: Data::Base64 { media_type, base64: base64.to_owned() }, detail: None })
}

/// A call of a custom tool.
pub(super) fn is_custom_call(item: &Value) -> bool {
    item.get("type").is_some_and(|kind| kind == "custom_tool_call")
}

/// A part of another dialect, as reasoning that nobody can read.
pub(super) fn sealed(id: &str, content: &str) -> Value {
    json!({"id": id, "type": "reasoning", "summary": [], "encrypted_content": content})
}
