//! The canonical request to a provider's body.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    format,
    loss::{self, Losses},
    thinking, tool,
    turns::{Message, Talk},
};
use crate::{
    Fault, FaultKind, Target,
    canon::{Format, Request},
    dialect::{
        Encoded,
        anthropic_messages::{
            is_hint,
            model::Generation,
            wire::{Block, Body},
        },
    },
};

#[derive(Debug, Serialize)]
struct Wire<'a> {
    model: &'a str,
    max_tokens: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<Block<'a>>,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<tool::Wire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stop_sequences: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    output_config: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
    #[serde(flatten)]
    extras: Map<String, Value>,
}

/// Writes a request for a provider of this dialect.
pub(crate) fn encode(request: &Request, target: Target<'_>) -> Result<Encoded, Fault> {
    let generation = Generation::of(target.model);
    let mut losses = Losses::default();
    loss::unsayable(request, &mut losses);
    let mut own = loss::own_extras(request, &mut losses);

    let mut talk = Talk::of(request, generation, &mut losses)?;
    let mut output_config = under("output_config.", &mut own);
    shape(request, generation, &mut talk, &mut output_config, &mut losses);
    let tools = tool::tools(request, generation, &mut own, &mut losses);
    let tool_choice = tool::choice(request, &tools);
    let mut plan = thinking::plan(request, target, generation, &talk, &mut losses);
    let (temperature, top_p, top_k) = thinking::sampling(request, generation, &plan, &mut losses);
    if let Some(effort) = plan.effort {
        output_config.insert("effort".into(), effort.into());
    }
    if let Some(Value::Object(thinking)) = &mut plan.thinking {
        thinking.extend(under("thinking.", &mut own));
    }
    let wire = Wire {
        model: target.model,
        max_tokens: plan.max_tokens,
        system: talk.system,
        messages: talk.messages,
        tools,
        tool_choice,
        stop_sequences: stops(request, &mut losses),
        temperature,
        top_p,
        top_k,
        // A kind of thinking that only the extras know stands there.
        thinking: own.shift_remove("thinking").or(plan.thinking),
        output_config,
        metadata: request.user.as_ref().map(|user| json!({ "user_id": user })),
        service_tier: service_tier(request, &mut losses),
        stream: request.stream,
        extras: top_level(own, &mut losses),
    };
    let body = serde_json::to_vec(&wire).map_err(|error| {
        Fault::new(FaultKind::Internal, "The request could not be written.")
            .with_detail(format!("encoding for Anthropic: {error}"))
    })?;
    Ok(Encoded { body, losses: losses.into_vec() })
}

/// The shape of the answer.
fn shape(
    request: &Request,
    generation: Generation,
    talk: &mut Talk<'_>,
    output_config: &mut Map<String, Value>,
    losses: &mut Losses,
) {
    match &request.format {
        Format::Text => {}
        // Asked for in words, not enforced: the header says so.
        Format::JsonObject => {
            losses.minor("response_format");
            let body = Body::Text { text: Cow::Borrowed(format::JSON_OBJECT), citations: vec![] };
            talk.system.push(Block { body, cache_control: None });
        }
        Format::JsonSchema { .. } if !generation.schemas() => losses.of_meaning("response_format"),
        Format::JsonSchema { schema, .. } => {
            let (schema, weakened) = format::adapt(schema);
            if weakened {
                losses.minor("response_format.json_schema.schema");
            }
            output_config
                .insert("format".into(), json!({ "type": "json_schema", "schema": schema }));
        }
    }
}

/// The API refuses sequences of white space only.
fn stops<'a>(request: &'a Request, losses: &mut Losses) -> Vec<&'a str> {
    let (kept, blank): (Vec<_>, Vec<_>) =
        request.sampling.stop.iter().map(String::as_str).partition(|stop| !stop.trim().is_empty());
    if blank.iter().any(|stop| !stop.is_empty()) {
        losses.of_meaning("stop");
    }
    kept
}

/// `auto` and `standard_only` are Anthropic's; `default` is OpenAI's word for the latter.
fn service_tier<'a>(request: &'a Request, losses: &mut Losses) -> Option<&'a str> {
    match request.service_tier.as_deref()? {
        tier @ ("auto" | "standard_only") => Some(tier),
        "default" => Some("standard_only"),
        _ => {
            losses.minor("service_tier");
            None
        }
    }
}

/// Takes the extras that belong under a field.
fn under(prefix: &str, own: &mut Map<String, Value>) -> Map<String, Value> {
    let mut out = Map::new();
    own.retain(|name, value| match name.strip_prefix(prefix) {
        Some(field) => {
            out.insert(field.to_owned(), value.take());
            false
        }
        None => true,
    });
    out
}

/// Extras of the body itself. What stood inside of messages has no place any more once they have
/// been taken apart.
fn top_level(own: Map<String, Value>, losses: &mut Losses) -> Map<String, Value> {
    let (inside, top): (Map<_, _>, _) = own.into_iter().partition(|(name, _)| name.contains('.'));
    for field in inside.into_iter().map(|(field, _)| field) {
        if is_hint(&field) {
            losses.minor(field);
        } else {
            losses.of_meaning(field);
        }
    }
    top
}
