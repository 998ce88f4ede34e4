//! Embeddings at Vertex AI: `predict` (Vertex AI reference, "Text embeddings API").

use serde_json::{Map, Value, json};

use super::{Bodies, Request, Response, read};
use crate::Fault;

/// Fields that stand beside the instances; the others belong to each.
const PARAMETERS: [&str; 2] = ["autoTruncate", "auto_truncate"];

pub(super) fn encode(request: &Request, model: &str) -> Result<Bodies, Fault> {
    let mut parameters = Map::new();
    if let Some(length) = request.dimensions {
        parameters.insert("outputDimensionality".into(), json!(length));
    }
    let mut own = Map::new();
    for (field, value) in &request.extras {
        if PARAMETERS.contains(&field.as_str()) {
            parameters.insert("autoTruncate".into(), value.clone());
        } else {
            own.insert(field.clone(), value.clone());
        }
    }
    let instances = request.inputs.iter().map(|input| {
        let mut instance = Map::new();
        instance.insert("content".into(), json!(read::text(input)?));
        instance.extend(own.clone());
        Ok(Value::Object(instance))
    });
    let instances = instances.collect::<Result<Vec<_>, Fault>>()?;
    // Gemini's embedding models take one text a call.
    let most = if model.contains("gemini-embedding") { 1 } else { instances.len().max(1) };
    let body = |instances: &[Value]| {
        let body = json!({ "instances": instances, "parameters": parameters });
        body.to_string().into_bytes()
    };
    Ok(Bodies { bodies: instances.chunks(most).map(body).collect(), losses: Vec::new() })
}

pub(super) fn decode(body: &[u8]) -> Result<Response, Fault> {
    let answer = read::answer(body)?;
    let predictions = answer.get("predictions").and_then(Value::as_array);
    let predictions = predictions.ok_or_else(|| read::broken("no list of predictions"))?;
    let mut response = Response { vectors: Vec::new(), tokens: Some(0) };
    for one in predictions {
        response.vectors.push(read::vector(one.pointer("/embeddings/values"))?);
        let counted = one.pointer("/embeddings/statistics/token_count").and_then(read::count);
        response.tokens = response.tokens.zip(counted).map(|(a, b)| a.saturating_add(b));
    }
    Ok(response)
}
