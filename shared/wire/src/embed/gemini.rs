//! Gemini's embeddings (Gemini API reference, "models.batchEmbedContents").

use serde_json::{Map, Value, json};

use super::{Bodies, Request, Response, read};
use crate::Fault;

pub(super) fn encode(request: &Request, model: &str) -> Result<Bodies, Fault> {
    let name = format!("models/{}", model.trim_start_matches("models/"));
    let requests = request.inputs.iter().map(|input| {
        let part = match input.picture() {
            Some((kind, base64)) => json!({ "inline_data": { "mime_type": kind, "data": base64 } }),
            None => json!({ "text": read::text(input)? }),
        };
        let mut one = Map::new();
        one.insert("model".into(), json!(name));
        one.insert("content".into(), json!({ "parts": [part] }));
        if let Some(length) = request.dimensions {
            one.insert("outputDimensionality".into(), json!(length));
        }
        for (field, value) in &request.extras {
            let field = if field == "task_type" { "taskType" } else { field };
            one.insert(field.to_owned(), value.clone());
        }
        Ok(Value::Object(one))
    });
    let requests = requests.collect::<Result<Vec<_>, Fault>>()?;
    let body = json!({ "requests": requests }).to_string().into_bytes();
    Ok(Bodies { bodies: vec![body], losses: Vec::new() })
}

pub(super) fn decode(body: &[u8]) -> Result<Response, Fault> {
    let answer = read::answer(body)?;
    let embeddings = answer.get("embeddings").and_then(Value::as_array);
    let embeddings = embeddings.ok_or_else(|| read::broken("no list of embeddings"))?;
    let vectors = embeddings.iter().map(|one| read::vector(one.get("values")));
    let tokens = answer.pointer("/usageMetadata/promptTokenCount").and_then(Value::as_u64);
    Ok(Response { vectors: vectors.collect::<Result<_, Fault>>()?, tokens })
}
