//! `{"inputs": [...]}`: the containers of Hugging Face and most others that embed on SageMaker.

use serde_json::{Map, Value, json};

use super::{Bodies, Request, Response, read};
use crate::{Fault, Loss};

pub(super) fn encode(request: &Request) -> Result<Bodies, Fault> {
    let texts = request.inputs.iter().map(read::text).collect::<Result<Vec<_>, Fault>>()?;
    let mut body = Map::new();
    body.insert("inputs".into(), json!(texts));
    body.extend(request.extras.clone());
    let bodies = vec![Value::Object(body).to_string().into_bytes()];
    let losses = request.dimensions.map(|_| Loss::of_meaning("dimensions"));
    Ok(Bodies { bodies, losses: losses.into_iter().collect() })
}

/// The vectors themselves, below `embedding` or `embeddings`, or in OpenAI's shape.
pub(super) fn decode(body: &[u8]) -> Result<Response, Fault> {
    let answer = read::answer(body)?;
    if let Some(data) = answer.get("data").and_then(Value::as_array) {
        let vectors = data.iter().map(|one| read::vector(one.get("embedding")));
        let tokens = answer.pointer("/usage/prompt_tokens").and_then(Value::as_u64);
        return Ok(Response { vectors: vectors.collect::<Result<_, Fault>>()?, tokens });
    }
    let below = answer.get("embedding").or_else(|| answer.get("embeddings"));
    Ok(Response { vectors: read::vectors(Some(below.unwrap_or(&answer)))?, tokens: None })
}
