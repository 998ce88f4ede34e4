//! Cohere's Embed, on Bedrock (user guide, "Cohere Embed models") and at Cohere (API reference,
//! `POST /v2/embed`).

use serde_json::{Map, Value, json};

use super::{Bodies, Input, Request, Response, read};
use crate::Fault;

/// Texts in one call, at most.
const TEXTS: usize = 96;

/// Writes a request. `model` is named in the body at Cohere, not on Bedrock.
pub(super) fn encode(request: &Request, model: Option<&str>) -> Result<Bodies, Fault> {
    let mut bodies = Vec::new();
    let mut texts = Vec::new();
    let mut flush = |texts: &mut Vec<&str>| {
        if !texts.is_empty() {
            bodies.push(body(request, model, "texts", "search_document", &json!(texts)));
            texts.clear();
        }
    };
    let mut pictures = Vec::new();
    for input in &request.inputs {
        let Input::Text(text) = input else {
            return Err(read::text(input).err().unwrap_or_else(|| read::broken("tokens")));
        };
        if input.picture().is_some() {
            pictures.push(text.as_str());
            continue;
        }
        texts.push(text.as_str());
        if texts.len() == TEXTS {
            flush(&mut texts);
        }
    }
    flush(&mut texts);
    if !pictures.is_empty() {
        if !bodies.is_empty() {
            return Err(Fault::invalid(
                "This model embeds texts or pictures in one call, not both. Send them apart.",
                "input",
            ));
        }
        // One picture a call.
        let one = |picture| body(request, model, "images", "image", &json!([picture]));
        bodies.extend(pictures.into_iter().map(one));
    }
    Ok(Bodies { bodies, losses: Vec::new() })
}

fn body(
    request: &Request,
    model: Option<&str>,
    field: &str,
    input_type: &str,
    inputs: &Value,
) -> Vec<u8> {
    let mut body = Map::new();
    if let Some(model) = model {
        body.insert("model".into(), json!(model));
        body.insert("embedding_types".into(), json!(["float"]));
    }
    body.insert(field.into(), inputs.clone());
    body.insert("input_type".into(), json!(input_type));
    if let Some(length) = request.dimensions {
        body.insert("output_dimension".into(), json!(length));
    }
    body.extend(request.extras.clone());
    Value::Object(body).to_string().into_bytes()
}

/// Reads an answer: a list of vectors, or one by type.
pub(super) fn decode(body: &[u8]) -> Result<Response, Fault> {
    let answer = read::answer(body)?;
    let embeddings = answer.get("embeddings");
    let floats = embeddings.and_then(|by_type| by_type.get("float")).or(embeddings);
    let billed = answer.pointer("/meta/billed_units/input_tokens");
    let tokens = billed.and_then(read::count);
    Ok(Response { vectors: read::vectors(floats)?, tokens })
}
