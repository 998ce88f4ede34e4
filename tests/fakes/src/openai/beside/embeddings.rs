//! `POST /v1/embeddings`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Answered, json as read, script, tokens};
use crate::{
    http::{Call, Desk},
    openai::check::explain,
    reject::Reject,
    script::Delivery,
    shape::Shape::{self, Either, List, Struct, Text, Whole, Word},
    vector::vector,
};

static REQUEST: Shape = Struct(
    &[("input", &Either(&[Text, List(&Either(&[Text, Whole, List(&Whole)]))])), ("model", &Text)],
    &[("dimensions", &Whole), ("encoding_format", &Word(&["float", "base64"])), ("user", &Text)],
);

pub(super) fn answer(_: &Desk, call: &Call) -> Result<(Answered, Delivery), Reject> {
    let body = read(call)?;
    REQUEST.check(&body).map_err(|wrong| explain(&wrong))?;
    let model = body.get("model").and_then(Value::as_str).unwrap_or_default();
    let inputs = inputs(body.get("input").unwrap_or(&Value::Null));
    let script = script(model, inputs.first().map_or("", |(text, _)| text))?;
    let length = body.get("dimensions").and_then(Value::as_u64).unwrap_or(8);
    // A server of the "fake-floats" kind knows no base64, as many compatible ones.
    let packed = body.get("encoding_format").and_then(Value::as_str) == Some("base64")
        && !model.ends_with("floats");
    let data: Vec<Value> = inputs
        .iter()
        .enumerate()
        .map(|(index, (text, _))| {
            let vector = vector(text, length);
            let embedding = if packed {
                let bytes: Vec<u8> = vector.iter().flat_map(|n| n.to_le_bytes()).collect();
                json!(STANDARD.encode(bytes))
            } else {
                json!(vector)
            };
            json!({"object": "embedding", "index": index, "embedding": embedding})
        })
        .collect();
    let counted: u64 = inputs.iter().map(|(_, tokens)| tokens).sum();
    let used = script.usage.map_or(counted, |(input, _)| input);
    let answer = json!({
        "object": "list",
        "data": data,
        "model": model,
        "usage": {"prompt_tokens": used, "total_tokens": used},
        "unheard_of": true,
    });
    let answered =
        Answered { content_type: "application/json", body: answer.to_string().into_bytes() };
    Ok((answered, script.delivery))
}

/// Each input as text, and its tokens.
fn inputs(value: &Value) -> Vec<(String, u64)> {
    let one = |value: &Value| match value {
        Value::String(text) => (text.clone(), tokens(text)),
        Value::Array(list) => (value.to_string(), u64::try_from(list.len()).unwrap_or(0)),
        other => (other.to_string(), 1),
    };
    match value {
        Value::Array(items) if items.iter().any(|item| !item.is_number()) => {
            items.iter().map(one).collect()
        }
        other => vec![one(other)],
    }
}
