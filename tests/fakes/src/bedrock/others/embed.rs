//! Embeddings of Amazon Titan, Amazon Nova and Cohere.

use serde_json::{Value, json};

use super::{Made, check, invalid, script, text, tokens};
use crate::{
    reject::Reject,
    shape::Shape::{self, Blob, Either, Flag, List, Open, Struct, Text, Whole, Word},
    vector::vector,
};

static TITAN_TEXT_1: Shape = Struct(&[("inputText", &Text)], &[]);

static TITAN_TEXT_2: Shape = Struct(
    &[("inputText", &Text)],
    &[
        ("dimensions", &Whole),
        ("normalize", &Flag),
        ("embeddingTypes", &List(&Word(&["float", "binary"]))),
    ],
);

static TITAN_IMAGE: Shape = Struct(
    &[],
    &[
        ("inputText", &Text),
        ("inputImage", &Blob),
        ("embeddingConfig", &Struct(&[("outputEmbeddingLength", &Whole)], &[])),
    ],
);

static COHERE: Shape = Struct(
    &[(
        "input_type",
        &Word(&["search_document", "search_query", "classification", "clustering", "image"]),
    )],
    &[
        ("texts", &List(&Text)),
        ("images", &List(&Text)),
        ("inputs", &List(&Open)),
        ("truncate", &Word(&["NONE", "START", "END", "LEFT", "RIGHT"])),
        ("embedding_types", &List(&Text)),
        ("output_dimension", &Whole),
        ("max_tokens", &Whole),
    ],
);

static NOVA: Shape = Struct(
    &[
        ("taskType", &Word(&["SINGLE_EMBEDDING"])),
        ("singleEmbeddingParams", &Struct(&[("embeddingPurpose", &Text)], &NOVA_INPUT)),
    ],
    &[("schemaVersion", &Word(&["nova-multimodal-embed-v1"]))],
);

const NOVA_INPUT: [(&str, &Shape); 3] = [
    ("embeddingDimension", &Whole),
    (
        "text",
        &Struct(
            &[("truncationMode", &Word(&["START", "END", "NONE"]))],
            &[("value", &Text), ("source", &Open)],
        ),
    ),
    (
        "image",
        &Struct(
            &[
                ("format", &Word(&["png", "jpeg", "gif", "webp"])),
                ("source", &Either(&[Struct(&[("bytes", &Blob)], &[])])),
            ],
            &[("detailLevel", &Text)],
        ),
    ),
];

pub(super) fn titan_text_1(model: &str, body: &Value) -> Result<Made, Reject> {
    check(&TITAN_TEXT_1, body)?;
    titan(model, body, 1536)
}

pub(super) fn titan_text_2(model: &str, body: &Value) -> Result<Made, Reject> {
    check(&TITAN_TEXT_2, body)?;
    let length = body.get("dimensions").and_then(Value::as_u64).unwrap_or(1024);
    if ![256, 512, 1024].contains(&length) {
        return Err(invalid(format!("{length} is not a valid enum value")));
    }
    titan(model, body, length)
}

pub(super) fn titan_image(model: &str, body: &Value) -> Result<Made, Reject> {
    check(&TITAN_IMAGE, body)?;
    let length = body.pointer("/embeddingConfig/outputEmbeddingLength").and_then(Value::as_u64);
    titan(model, body, length.unwrap_or(1024))
}

fn titan(model: &str, body: &Value, length: u64) -> Result<Made, Reject> {
    let (input, image) = (text(body, "/inputText"), text(body, "/inputImage"));
    if input.is_empty() && image.is_empty() {
        return Err(invalid("expected minLength: 1, actual: 0"));
    }
    let script = script(model, input)?;
    let used = script.usage.map_or(tokens(input), |(input, _)| input);
    let vector = vector(&format!("{input}{image}"), length);
    let body = json!({"embedding": vector, "inputTextTokenCount": used});
    Ok(Made { body, tokens: Some(used), script })
}

pub(super) fn cohere(model: &str, body: &Value) -> Result<Made, Reject> {
    check(&COHERE, body)?;
    let list = |name| body.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let (texts, images) = (list("texts"), list("images"));
    if texts.len() > 96 || images.len() > 1 || texts.is_empty() == images.is_empty() {
        return Err(invalid("expected between 1 and 96 texts, or one image"));
    }
    let length = body.get("output_dimension").and_then(Value::as_u64).unwrap_or(8);
    let all: Vec<&str> = texts.iter().chain(&images).filter_map(Value::as_str).collect();
    let script = script(model, all.first().copied().unwrap_or_default())?;
    let vectors: Vec<Vec<f32>> = all.iter().map(|input| vector(input, length)).collect();
    let counted = all.iter().map(|input| tokens(input)).sum();
    let used = script.usage.map_or(counted, |(input, _)| input);
    let (kind, embeddings) = match body.get("embedding_types") {
        Some(_) => ("embeddings_by_type", json!({ "float": vectors })),
        None => ("embeddings_floats", json!(vectors)),
    };
    let body = json!({"id": "fake", "embeddings": embeddings, "response_type": kind,
        "texts": texts});
    Ok(Made { body, tokens: Some(used), script })
}

pub(super) fn nova(model: &str, body: &Value) -> Result<Made, Reject> {
    check(&NOVA, body)?;
    let input = text(body, "/singleEmbeddingParams/text/value");
    let image = text(body, "/singleEmbeddingParams/image/source/bytes");
    let length = body.pointer("/singleEmbeddingParams/embeddingDimension").and_then(Value::as_u64);
    let script = script(model, input)?;
    let used = script.usage.map_or(tokens(input), |(input, _)| input);
    let kind = if image.is_empty() { "TEXT" } else { "IMAGE" };
    let vector = vector(&format!("{input}{image}"), length.unwrap_or(3072));
    let body = json!({"embeddings": [{"embeddingType": kind, "embedding": vector}]});
    Ok(Made { body, tokens: Some(used), script })
}
