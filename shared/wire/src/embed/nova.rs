//! Amazon Nova Multimodal Embeddings (Nova user guide, "Complete embeddings request and response
//! schema"): InvokeModel with `SINGLE_EMBEDDING`.

use serde_json::{Map, Value, json};

use super::{Bodies, Input, Request, Response, read};
use crate::Fault;

pub(super) fn encode(request: &Request) -> Result<Bodies, Fault> {
    let bodies = request.inputs.iter().map(|input| body(request, input));
    Ok(Bodies { bodies: bodies.collect::<Result<_, Fault>>()?, losses: Vec::new() })
}

fn body(request: &Request, input: &Input) -> Result<Vec<u8>, Fault> {
    let mut single = Map::new();
    single.insert("embeddingPurpose".into(), json!("GENERIC_INDEX"));
    if let Some(length) = request.dimensions {
        single.insert("embeddingDimension".into(), json!(length));
    }
    match input.picture() {
        Some((kind, base64)) => {
            let format = match kind.trim_start_matches("image/") {
                "jpg" => "jpeg",
                other => other,
            };
            let image = json!({ "format": format, "source": { "bytes": base64 } });
            single.insert("image".into(), image);
        }
        None => {
            let text = json!({ "truncationMode": "END", "value": read::text(input)? });
            single.insert("text".into(), text);
        }
    }
    single.extend(request.extras.clone());
    let body = json!({
        "schemaVersion": "nova-multimodal-embed-v1",
        "taskType": "SINGLE_EMBEDDING",
        "singleEmbeddingParams": single,
    });
    Ok(body.to_string().into_bytes())
}

/// The model counts no tokens in its answer.
pub(super) fn decode(body: &[u8]) -> Result<Response, Fault> {
    let answer = read::answer(body)?;
    let first = answer.pointer("/embeddings/0/embedding");
    let tokens = answer.get("inputTextTokenCount").and_then(Value::as_u64);
    Ok(Response { vectors: vec![read::vector(first)?], tokens })
}
