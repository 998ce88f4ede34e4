//! A canonical request to Converse JSON. The model id is not in the body.

use std::mem;

use serde_json::{Map, Value, json};

use super::{
    family::Family,
    fields, format,
    messages::Writer,
    sampling,
    thinking::{self, Circumstances},
    tools,
};
use crate::{
    Dialect, Fault, Loss, Target,
    canon::{Request, ToolChoice},
    dialect::{Encoded, WEB_SEARCH, foreign_losses, own_fields},
};

/// The most entries of `requestMetadata`, and the longest key or value.
const METADATA_ENTRIES: usize = 16;
const METADATA_LENGTH: usize = 256;

pub(crate) fn encode(request: &Request, target: Target<'_>) -> Result<Encoded, Fault> {
    let family = Family::of(target.model);
    let mut losses = Vec::new();
    let searched: &[&str] = if family.searches() { &[WEB_SEARCH] } else { &[] };
    losses.extend(foreign_losses(request, Dialect::BedrockConverse, searched));
    let mut own = own_fields(request, Dialect::BedrockConverse);

    let mut writer = Writer::new(family, &mut losses);
    let mut messages = writer.messages(request)?;
    let mut system = writer.system(request);
    let prompted = own.contains_key("promptVariables");
    if messages.is_empty() && !system.is_empty() && !prompted {
        // Converse wants a word of the user's: instructions that stand alone are taken for one.
        messages.push(json!({"role": "user", "content": mem::take(&mut system)}));
        losses.push(Loss::minor("messages[0].role"));
    }
    if messages.is_empty() && !prompted {
        return Err(Fault::invalid(
            "The messages hold nothing that can be sent: Bedrock takes no blank text.",
            "messages",
        ));
    }
    let mut config = take_object(&mut own, "outputConfig");
    format::encode(&request.format, family, &mut system, &mut config, &mut losses);
    let tools = tools::encode(request, family, &mut losses);
    let mut fields = take_object(&mut own, fields::KEY);
    let thinks = request.thinking.as_ref().is_some_and(|wanted| {
        let circumstances = Circumstances {
            cap: request.max_output,
            forced: matches!(
                request.tool_choice,
                Some(ToolChoice::Required | ToolChoice::Named(_))
            ),
            thoughtless: thoughtless(&messages),
        };
        thinking::encode(wanted, family, circumstances, &mut fields, &mut losses)
    });
    let inference = sampling::encode(request, family, thinks, &mut fields, &mut losses);
    if let (Some(false), Some(tools)) = (request.parallel_tools, &tools) {
        let chosen = tools.get("toolChoice").is_some();
        // A model that must call a certain tool calls that one: to ask for no other loses little.
        let named = match request.tool_choice {
            Some(ToolChoice::Named(_)) => true,
            Some(ToolChoice::Required) => request.tools.len() == 1,
            _ => false,
        };
        fields::one_tool_at_a_time(family, chosen, named, &mut fields, &mut losses);
    }
    let metadata = metadata(&request.metadata, &mut losses);

    let mut out = Map::new();
    let mut put = |key: &str, value: Value| {
        let empty = match &value {
            Value::Null => true,
            Value::Array(list) => list.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => false,
        };
        if !empty {
            out.insert(key.to_owned(), value);
        }
    };
    put("system", system.into());
    put("messages", messages.into());
    put("inferenceConfig", inference.into());
    put("toolConfig", tools.unwrap_or_default());
    put(fields::KEY, fields.into());
    put("outputConfig", config.into());
    put("requestMetadata", metadata.into());
    put("serviceTier", service_tier(request.service_tier.as_deref(), &mut losses));
    for (key, value) in own {
        put(&key, value);
    }
    unsaid(request, &mut losses);
    Ok(Encoded { body: Value::Object(out).to_string().into_bytes(), losses })
}

/// Takes an object out. What is none (a document may be any JSON) stays.
fn take_object(map: &mut Map<String, Value>, key: &str) -> Map<String, Value> {
    if !map.get(key).is_some_and(Value::is_object) {
        return Map::new();
    }
    match map.shift_remove(key) {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

/// Whether the model is in the middle of using tools and did not start with a thought.
fn thoughtless(messages: &[Value]) -> bool {
    let [.., call, answer] = messages else { return false };
    let first = call.pointer("/content/0").and_then(|block| block.get("reasoningContent"));
    let content = answer.get("content").and_then(Value::as_array);
    first.is_none()
        && content.is_some_and(|all| all.iter().any(|block| block.get("toolResult").is_some()))
}

/// The entries that Converse takes.
fn metadata(metadata: &Map<String, Value>, losses: &mut Vec<Loss>) -> Map<String, Value> {
    let mut out = Map::new();
    for (key, value) in metadata {
        let fits = !key.is_empty()
            && is_metadata(key)
            && value.as_str().is_some_and(is_metadata)
            && out.len() < METADATA_ENTRIES;
        if fits {
            out.insert(key.clone(), value.clone());
        } else {
            losses.push(Loss::minor(format!("metadata.{key}")));
        }
    }
    out
}

/// `[a-zA-Z0-9\s:_@$#=/+,-.]{0,256}`, where `,-.` is a range of three characters.
fn is_metadata(text: &str) -> bool {
    text.len() <= METADATA_LENGTH
        && text.chars().all(|c| {
            c.is_ascii_alphanumeric() || c.is_ascii_whitespace() || ":_@$#=/+,-.".contains(c)
        })
}

/// OpenAI's and Anthropic's words for Bedrock's tiers. `auto` is what Bedrock does unasked.
fn service_tier(tier: Option<&str>, losses: &mut Vec<Loss>) -> Value {
    match tier {
        None | Some("auto") => Value::Null,
        Some("standard_only" | "standard") => json!({"type": "default"}),
        Some(tier @ ("default" | "flex" | "priority" | "reserved")) => json!({"type": tier}),
        Some(_) => {
            losses.push(Loss::minor("service_tier"));
            Value::Null
        }
    }
}

/// Canonical fields that Converse has no word for.
fn unsaid(request: &Request, losses: &mut Vec<Loss>) {
    let sampling = &request.sampling;
    let not_zero = |value: Option<f64>| value.is_some_and(|value| value != 0.0);
    if not_zero(sampling.frequency_penalty) {
        losses.push(Loss::of_meaning("frequency_penalty"));
    }
    if not_zero(sampling.presence_penalty) {
        losses.push(Loss::of_meaning("presence_penalty"));
    }
    if request.n.is_some_and(|n| n > 1) {
        losses.push(Loss::of_meaning("n"));
    }
    // A best effort by OpenAI's own word for it.
    if sampling.seed.is_some() {
        losses.push(Loss::minor("seed"));
    }
    if request.user.is_some() {
        losses.push(Loss::minor("user"));
    }
}
