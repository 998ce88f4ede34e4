//! Whole answers, both ways.

use serde_json::{Map, Value, json};

use super::{
    citation, content, finish, media,
    reader::{self, At, is_base64, take},
    usage,
};
use crate::{
    Dialect, Fault, FaultKind, Stamp,
    canon::{Part, Reasoning, Response},
    dialect::Signer,
};

/// Fields of a Converse answer that have no canonical place. An answer's extras do not say whose
/// they are, so only these are written back, and only where they are objects as in Converse.
const OWN_FIELDS: [&str; 4] = [ADDITIONAL, "trace", "performanceConfig", "serviceTier"];

/// Where Claude tells the stop sequence that it hit.
const ADDITIONAL: &str = "additionalModelResponseFields";

/// Whether a field of an answer's extras is written back.
pub(in crate::dialect) fn keeps(name: &str) -> bool {
    OWN_FIELDS.contains(&name)
}

pub(crate) fn decode(body: &[u8]) -> Result<Response, Fault> {
    read(body).map_err(|fault| {
        Fault::new(FaultKind::Upstream, "The provider sent an answer that is not Converse's.")
            .with_status(502)
            .with_detail(fault.message.into_owned())
    })
}

fn read(body: &[u8]) -> Result<Response, Fault> {
    let mut map = reader::body(body)?;
    let output = At::root("output");
    let mut wrapper = output.object(take(&mut map, "output").ok_or_else(|| output.missing())?)?;
    let at = output.key("message");
    let mut message = at.object(output.require(&mut wrapper, "message")?)?;
    let parts = content::decode_list(at.require(&mut message, "content")?, at.key("content"))?;
    let stop = At::root("stopReason");
    let word = stop.string(take(&mut map, "stopReason").ok_or_else(|| stop.missing())?)?;
    let usage = take(&mut map, "usage").and_then(|value| usage::decode(&value));
    let usage = usage.map(|usage| usage.served(usage::tier(map.get("serviceTier"))));
    map.retain(|_, value| !value.is_null());
    let stop_sequence = sequence(&mut map);
    Ok(Response {
        id: None,
        model: None,
        parts,
        finish: finish::decode(&word),
        stop_sequence,
        usage,
        extras: map,
    })
}

/// Takes the stop sequence out of an answer's further fields, and those where nothing is left of them.
fn sequence(map: &mut Map<String, Value>) -> Option<String> {
    let fields = map.get_mut(ADDITIONAL)?.as_object_mut()?;
    let sequence = fields.get("stop_sequence")?.as_str()?.to_owned();
    fields.shift_remove("stop_sequence");
    if fields.is_empty() {
        map.shift_remove(ADDITIONAL);
    }
    Some(sequence)
}

/// The stamp is not needed: a Converse answer has neither id nor model.
pub(crate) fn encode(response: &Response, _stamp: &Stamp) -> Vec<u8> {
    let content: Vec<Value> = response.parts.iter().filter_map(block).collect();
    let guarded =
        response.extras.get("trace").is_some_and(|trace| trace.get("guardrail").is_some());
    let stop_reason = match finish::encode(&response.finish) {
        "content_filtered" if guarded => "guardrail_intervened",
        word => word,
    };
    let latency = response
        .extras
        .get("metrics")
        .and_then(|metrics| metrics.get("latencyMs"))
        .and_then(Value::as_u64)
        .unwrap_or_default();
    let mut out = Map::new();
    out.insert("output".to_owned(), json!({"message": {"role": "assistant", "content": content}}));
    out.insert("stopReason".to_owned(), stop_reason.into());
    out.insert("usage".to_owned(), usage::encode(response.usage.as_ref()));
    out.insert("metrics".to_owned(), json!({"latencyMs": latency}));
    for field in OWN_FIELDS {
        if let Some(value) = response.extras.get(field).filter(|value| value.is_object()) {
            out.insert(field.to_owned(), value.clone());
        }
    }
    if let Some(tier) = usage::served(response.usage.as_ref()) {
        out.entry("serviceTier").or_insert(tier);
    }
    if let Some(sequence) = &response.stop_sequence {
        let fields = out.entry(ADDITIONAL).or_insert_with(|| json!({}));
        if let Some(fields) = fields.as_object_mut() {
            fields.insert("stop_sequence".to_owned(), sequence.as_str().into());
        }
    }
    Value::Object(out).to_string().into_bytes()
}

/// A part as a block, or `None` where Converse has no block for it.
fn block(part: &Part) -> Option<Value> {
    match part {
        Part::Text { text, citations } => text_block(text, citations),
        Part::Refusal(text) => text_block(text, &[]),
        Part::ToolCall(call) => Some(json!({"toolUse": {
            "toolUseId": call.id,
            "name": call.name,
            "input": input(&call.arguments),
        }})),
        Part::Reasoning(reasoning) => reasoning_block(reasoning),
        Part::Image(image) => {
            media::encode_image(image, "output").ok().map(|image| json!({"image": image}))
        }
        Part::Document(document) => {
            let name = document.name.as_deref().unwrap_or("document");
            media::encode_document(document, name, "output")
                .ok()
                .map(|document| json!({"document": document}))
        }
        Part::Opaque { dialect: Dialect::BedrockConverse, value } => Some(value.clone()),
        Part::Opaque { .. } | Part::SearchResult(_) | Part::ToolResult(_) | Part::CachePoint(_) => {
            None
        }
    }
}

fn text_block(text: &str, citations: &[Value]) -> Option<Value> {
    let citations: Vec<Value> = citations.iter().filter_map(citation::encode).collect();
    match (text.is_empty(), citations.is_empty()) {
        (true, true) => None,
        (false, true) => Some(json!({"text": text})),
        (_, false) => {
            Some(json!({"citationsContent": {"content": [{"text": text}], "citations": citations}}))
        }
    }
}

/// Arguments as a JSON document. What a model wrote that is no JSON is handed on as a string, which
/// a document may be: dropping it or making up an object would hide the model's mistake.
fn input(arguments: &str) -> Value {
    if arguments.trim().is_empty() {
        return Value::Object(Map::new());
    }
    serde_json::from_str(arguments).unwrap_or_else(|_| arguments.into())
}

/// A stretch of reasoning as a block; also in requests.
pub(super) fn reasoning_block(reasoning: &Reasoning) -> Option<Value> {
    if let Some(redacted) = &reasoning.redacted {
        return Some(json!({"reasoningContent": {"redactedContent": blob(redacted)}}));
    }
    if reasoning.text.is_empty() && reasoning.signature.is_none() {
        return None;
    }
    let mut text = Map::new();
    text.insert("text".to_owned(), reasoning.text.as_str().into());
    if let Some(signature) = &reasoning.signature {
        text.insert("signature".to_owned(), Signer::Anthropic.tell(signature).into());
    }
    Some(json!({"reasoningContent": {"reasoningText": text}}))
}

/// Encrypted reasoning is base64 already, from every provider known; a blob must be.
pub(super) fn blob(redacted: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    if is_base64(redacted) { redacted.to_owned() } else { STANDARD.encode(redacted) }
}
