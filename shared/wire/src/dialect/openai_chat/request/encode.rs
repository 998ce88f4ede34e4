//! The canonical request to a provider's body.

use serde_json::{Map, Value, json};

use super::{losses::Losses, marker, turns};
use crate::{
    Dialect, Fault, Target,
    canon::{Effort, Format, Request, Thinking, Tool, ToolChoice},
    dialect::{Encoded, own_fields},
};

pub(crate) fn encode(request: &Request, target: Target<'_>) -> Result<Encoded, Fault> {
    let mut losses = Losses::of(target.habits);
    let mut messages = Vec::with_capacity(request.turns.len() + 1);
    turns::system(&request.system, &mut losses, &mut messages);
    for (at, turn) in request.turns.iter().enumerate() {
        turns::turn(at, turn, &mut losses, &mut messages);
    }
    if messages.is_empty() {
        return Err(super::super::field::empty_array("messages"));
    }
    let mut body = Map::new();
    body.insert("model".into(), target.model.into());
    body.insert("messages".into(), messages.into());
    tools(request, &mut losses, &mut body);
    format(&request.format, &mut body);
    sampling(request, &mut losses, &mut body);
    if let Some(cap) = request.max_output {
        let field =
            if target.max_completion_tokens { "max_completion_tokens" } else { "max_tokens" };
        body.insert(field.into(), cap.into());
    }
    thinking(request.thinking.as_ref(), target, &mut losses, &mut body);
    set(&mut body, "n", request.n);
    set(&mut body, "user", request.user.as_deref());
    // Anthropic's name for the ordinary tier.
    let tier = request.service_tier.as_deref();
    set(&mut body, "service_tier", tier.map(|t| if t == "standard_only" { "default" } else { t }));
    extras(request, &mut losses, &mut body);
    metadata(request, &mut losses, &mut body);
    if request.stream {
        body.insert("stream".into(), true.into());
        // Usage is what the call is billed by, whether or not the caller wants to see it.
        let options = body.entry("stream_options").or_insert_with(|| json!({}));
        if let Some(options) = options.as_object_mut() {
            options.insert("include_usage".into(), true.into());
        }
    } else {
        body.shift_remove("stream_options");
    }
    let mut bytes = Vec::with_capacity(1024);
    serde_json::to_writer(&mut bytes, &body).map_err(|error| {
        Fault::new(crate::FaultKind::Internal, "The request could not be written.")
            .with_detail(error.to_string())
    })?;
    Ok(Encoded { body: bytes, losses: losses.into_inner() })
}

fn set(body: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        body.insert(name.to_owned(), value.into());
    }
}

fn tools(request: &Request, losses: &mut Losses, body: &mut Map<String, Value>) {
    let mut tools = Vec::with_capacity(request.tools.len());
    for (at, tool) in request.tools.iter().enumerate() {
        match tool {
            Tool::Function { name, description, schema, strict, cache } => {
                let mut function = Map::new();
                function.insert("name".into(), name.as_str().into());
                set(&mut function, "description", description.as_deref());
                function.insert("parameters".into(), schema.clone());
                set(&mut function, "strict", *strict);
                tools.push(json!({"type": "function", "function": function}));
                if let Some(point) = cache {
                    marker::mark(tools.last_mut(), *point, losses);
                }
            }
            Tool::Native { dialect: Dialect::OpenAiChat, value } => tools.push(value.clone()),
            Tool::Native { .. } => losses.meaning(format!("tools[{at}]")),
        }
    }
    let choice = match &request.tool_choice {
        // Without tools these say what goes without saying, and OpenAI refuses them.
        None | Some(ToolChoice::Auto | ToolChoice::None) if tools.is_empty() => None,
        None => None,
        Some(ToolChoice::Auto) => Some(json!("auto")),
        Some(ToolChoice::None) => Some(json!("none")),
        Some(ToolChoice::Required) => Some(json!("required")),
        Some(ToolChoice::Named(name)) => {
            Some(json!({"type": "function", "function": {"name": name}}))
        }
    };
    if !tools.is_empty() {
        body.insert("tools".into(), tools.into());
        set(body, "parallel_tool_calls", request.parallel_tools);
    }
    set(body, "tool_choice", choice);
}

fn format(format: &Format, body: &mut Map<String, Value>) {
    let value = match format {
        Format::Text => return,
        Format::JsonObject => json!({"type": "json_object"}),
        Format::JsonSchema { name, description, schema, strict } => {
            let mut named = Map::new();
            let name = if name.is_empty() { "response" } else { name };
            named.insert("name".into(), name.into());
            set(&mut named, "description", description.as_deref());
            named.insert("schema".into(), schema.clone());
            set(&mut named, "strict", *strict);
            json!({"type": "json_schema", "json_schema": named})
        }
    };
    body.insert("response_format".into(), value);
}

fn sampling(request: &Request, losses: &mut Losses, body: &mut Map<String, Value>) {
    let sampling = &request.sampling;
    set(body, "temperature", sampling.temperature);
    set(body, "top_p", sampling.top_p);
    if sampling.top_k.is_some() {
        losses.meaning("top_k");
    }
    if !sampling.stop.is_empty() {
        body.insert("stop".into(), json!(sampling.stop));
    }
    set(body, "seed", sampling.seed);
    set(body, "frequency_penalty", sampling.frequency_penalty);
    set(body, "presence_penalty", sampling.presence_penalty);
}

/// A level, where one can be said. A budget is said by the level it would buy; `minimal` is
/// not among them, because not every reasoning model has it.
fn thinking(
    thinking: Option<&Thinking>,
    target: Target<'_>,
    losses: &mut Losses,
    body: &mut Map<String, Value>,
) {
    let word = match thinking {
        // The model decides how much: so it does when nothing is said.
        None | Some(Thinking::Adaptive(None)) => return,
        // Servers that do not know the field do not reason unasked.
        Some(Thinking::Off) if !target.max_completion_tokens => return,
        Some(Thinking::Off) => "none",
        Some(Thinking::Effort(effort) | Thinking::Adaptive(Some(effort))) => level(*effort),
        Some(Thinking::Budget(budget)) => {
            losses.minor("thinking.budget_tokens");
            match budget {
                0..4_096 => "low",
                4_096..16_384 => "medium",
                _ => "high",
            }
        }
    };
    body.insert("reasoning_effort".into(), word.into());
}

fn level(effort: Effort) -> &'static str {
    match effort {
        Effort::Minimal => "minimal",
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
        Effort::Max => "xhigh",
    }
}

/// Fields of this dialect go back as they came; what the request says otherwise stands.
fn extras(request: &Request, losses: &mut Losses, body: &mut Map<String, Value>) {
    // Responses say under `text` how wordy to be.
    let text = own_fields(request, Dialect::OpenAiResponses).remove("text");
    match text.as_ref().and_then(|text| text.get("verbosity")) {
        Some(verbosity) => {
            body.insert("verbosity".to_owned(), verbosity.clone());
            losses.foreign(request, &["text"]);
        }
        None => losses.foreign(request, &[]),
    }
    for (name, value) in own_fields(request, Dialect::OpenAiChat) {
        body.entry(name).or_insert(value);
    }
}

/// OpenAI takes metadata, of strings, only with what it stores; it has no part in generating.
fn metadata(request: &Request, losses: &mut Losses, body: &mut Map<String, Value>) {
    if request.metadata.is_empty() {
        return;
    }
    let stored = body.get("store") == Some(&Value::Bool(true));
    if stored && request.metadata.values().all(Value::is_string) {
        body.insert("metadata".into(), Value::Object(request.metadata.clone()));
    } else {
        losses.minor("metadata");
    }
}
