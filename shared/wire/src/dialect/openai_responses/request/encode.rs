//! The canonical request to a provider's body.

use serde_json::{Map, Value, json};

use super::{items::Items, losses::Losses, settings, tools};
use crate::{
    Fault, FaultKind, Target,
    canon::{Request, Thinking},
    dialect::{Encoded, openai_chat::field},
};

pub(crate) fn encode(request: &Request, target: Target<'_>) -> Result<Encoded, Fault> {
    let mut losses = Losses::default();
    let mut body = Map::new();
    body.insert("model".into(), target.model.into());
    let mut items = Items::default();
    match items.system(&request.system, &mut losses) {
        Some(text) if !text.is_empty() => {
            body.insert("instructions".into(), text.into());
        }
        _ => {}
    }
    for (at, turn) in request.turns.iter().enumerate() {
        items.turn(at, turn, &mut losses);
    }
    let items = items.into_inner();
    let prompted =
        request.extras.as_ref().is_some_and(|extras| extras.fields.contains_key("prompt"));
    match (items.is_empty(), body.shift_remove("instructions")) {
        // Instructions alone are said by the user: there must be something to answer.
        (true, Some(text)) => {
            body.insert("input".into(), text);
        }
        (true, None) if prompted => {}
        (true, None) => return Err(field::empty_array("input")),
        (false, instructions) => {
            if let Some(text) = instructions {
                body.insert("instructions".into(), text);
            }
            body.insert("input".into(), items.into());
        }
    }
    tools::encode(request, &mut losses, &mut body);
    settings::encode_format(&request.format, &mut body);
    settings::encode_thinking(request.thinking.as_ref(), &mut losses, &mut body);
    let sampling = &request.sampling;
    set(&mut body, "temperature", sampling.temperature);
    set(&mut body, "top_p", sampling.top_p);
    set(&mut body, "max_output_tokens", request.max_output);
    set(&mut body, "user", request.user.as_deref());
    let tier = request.service_tier.as_deref();
    set(&mut body, "service_tier", tier.map(|t| if t == "standard_only" { "default" } else { t }));
    losses.unsayable(request);
    losses.extras(request, &mut body);
    metadata(request, &mut losses, &mut body);
    // What is kept, the gateway keeps. So that reasoning can come back, it is asked for whole.
    body.entry("store").or_insert(Value::Bool(false));
    if request.thinking.as_ref().is_some_and(|thinking| *thinking != Thinking::Off) {
        let include = body.entry("include").or_insert_with(|| json!([]));
        if let Some(include) = include.as_array_mut()
            && !include.iter().any(|entry| entry == "reasoning.encrypted_content")
        {
            include.push("reasoning.encrypted_content".into());
        }
    }
    if request.stream {
        body.insert("stream".into(), true.into());
    }
    let bytes = serde_json::to_vec(&body).map_err(|error| {
        Fault::new(FaultKind::Internal, "The request could not be written.")
            .with_detail(error.to_string())
    })?;
    Ok(Encoded { body: bytes, losses: losses.into_inner() })
}

fn set(body: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        body.insert(name.to_owned(), value.into());
    }
}

/// The API takes up to 16 strings; other values have no place.
fn metadata(request: &Request, losses: &mut Losses, body: &mut Map<String, Value>) {
    if request.metadata.is_empty() {
        return;
    }
    if request.metadata.len() <= 16 && request.metadata.values().all(Value::is_string) {
        body.insert("metadata".into(), Value::Object(request.metadata.clone()));
    } else {
        losses.minor("metadata");
    }
}
