//! `batchEmbedContents` at the Gemini API, and `predict` of an embedding model at Vertex AI.

use serde_json::{Value, json};

use super::{check::invalid, failure};
use crate::{
    reject::Reject,
    script::{Content, Script},
    vector::vector,
};

/// Answers a body of `batchEmbedContents`.
pub(super) fn batch(model: &str, body: &Value) -> Result<Value, Reject> {
    let requests = body.get("requests").and_then(Value::as_array);
    let requests = requests.ok_or_else(|| invalid("requests: the list is missing"))?;
    let mut embeddings = Vec::new();
    let mut tokens = 0;
    for request in requests {
        if request.get("model").and_then(Value::as_str) != Some(&format!("models/{model}")) {
            return Err(invalid("requests.model must be the model of the path"));
        }
        let text = request.pointer("/content/parts/0/text").and_then(Value::as_str);
        let text = text.ok_or_else(|| invalid("requests.content is missing"))?;
        let length = request.get("outputDimensionality").and_then(Value::as_u64).unwrap_or(8);
        tokens += count(model, text)?;
        embeddings.push(json!({ "values": vector(text, length) }));
    }
    Ok(json!({"embeddings": embeddings, "usageMetadata": {"promptTokenCount": tokens}}))
}

/// Answers a body of `predict`.
pub(super) fn predict(model: &str, body: &Value) -> Result<Value, Reject> {
    let instances = body.get("instances").and_then(Value::as_array);
    let instances = instances.ok_or_else(|| invalid("instances: the list is missing"))?;
    if model.contains("gemini-embedding") && instances.len() != 1 {
        return Err(invalid("the model takes one instance"));
    }
    let length = body.pointer("/parameters/outputDimensionality").and_then(Value::as_u64);
    let mut predictions = Vec::new();
    for instance in instances {
        let text = instance.get("content").and_then(Value::as_str);
        let text = text.ok_or_else(|| invalid("instances.content is missing"))?;
        let statistics = json!({"truncated": false, "token_count": count(model, text)?});
        let values = vector(text, length.unwrap_or(8));
        predictions.push(json!({"embeddings": {"values": values, "statistics": statistics}}));
    }
    Ok(json!({ "predictions": predictions }))
}

/// The tokens of a text, as the script says or a quarter of its characters.
fn count(model: &str, text: &str) -> Result<u64, Reject> {
    let script = Script::read(model, text);
    match (script.content, script.usage) {
        (Content::Fail(status), _) => Err(failure(status)),
        (_, Some((input, _))) => Ok(input),
        _ => Ok(u64::try_from(text.chars().count()).unwrap_or(0).div_ceil(4)),
    }
}
