//! Top-level fields that only the caller's dialect knows: what leaving them out means.

use serde_json::{Map, Value};

use super::{Dialect, anthropic_messages, gemini, openai_responses};
use crate::{
    Loss,
    canon::{Request, Tool},
};

/// Fields that do not bear on what is generated, or only suggest how: they are named where they are
/// left out, and never a reason to refuse.
const HINTS: [&str; 20] = [
    // OpenAI
    "metadata",
    "prediction",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "store",
    "stream_options",
    "verbosity",
    // Anthropic
    "anthropic_beta",
    "anthropic_version",
    "betas",
    // Bedrock
    "additionalModelResponseFieldPaths",
    "performanceConfig",
    "requestMetadata",
    // Gemini
    "labels",
    "safetySettings",
    // LiteLLM
    "litellm_metadata",
    "tags",
    "usage",
];

/// The losses of a request that is written in `own`; `taken` are fields that it found words for.
pub(crate) fn losses(request: &Request, own: Dialect, taken: &[&str]) -> Vec<Loss> {
    let Some(extras) = request.extras.as_ref().filter(|extras| extras.dialect != own) else {
        return Vec::new();
    };
    let is_hint = |field: &str| match extras.dialect {
        Dialect::AnthropicMessages => anthropic_messages::is_hint(field),
        Dialect::Gemini => gemini::is_hint(field),
        Dialect::OpenAiResponses => openai_responses::is_hint(field),
        _ => false,
    };
    let is_answered = |field: &str, value: &Value| {
        extras.dialect == Dialect::OpenAiResponses && openai_responses::is_answered(field, value)
    };
    let lost = extras.fields.iter().filter(|(field, value)| {
        !taken.contains(&field.as_str())
            && !says_nothing(field, value)
            && !is_answered(field, value)
    });
    lost.map(|(field, _)| {
        let hint = HINTS.contains(&field.as_str()) || is_hint(field);
        let name = if field.is_empty() { "\"\"".into() } else { field.clone().into() };
        Loss { field: name, changes_meaning: !hint }
    })
    .collect()
}

/// The fields of the request that its caller's dialect has in common with `own` alone.
pub(crate) fn own(request: &Request, own: Dialect) -> Map<String, Value> {
    match &request.extras {
        Some(extras) if extras.dialect == own => extras.fields.clone(),
        _ => Map::new(),
    }
}

/// OpenAI's wish for a search of the web, whose presence alone asks for it.
pub(crate) const WEB_SEARCH: &str = "web_search_options";

/// The options of a search of the web, where the caller asks for one in OpenAI's words: as a field of
/// a chat, or as a tool of Responses.
pub(crate) fn web_search(request: &Request) -> Option<&Map<String, Value>> {
    wished_search(request).or_else(|| request.tools.iter().find_map(search_tool))
}

/// The same, of a chat alone.
pub(crate) fn wished_search(request: &Request) -> Option<&Map<String, Value>> {
    let extras = request.extras.as_ref().filter(|e| e.dialect == Dialect::OpenAiChat)?;
    extras.fields.get(WEB_SEARCH)?.as_object()
}

/// The fields of Responses' tool that searches the web. One that is held to some places, or to what
/// OpenAI has in store, is no other provider's.
pub(crate) fn search_tool(tool: &Tool) -> Option<&Map<String, Value>> {
    let Tool::Native { dialect: Dialect::OpenAiResponses, value } = tool else { return None };
    let fields = value.as_object()?;
    let searches = fields.get("type").and_then(Value::as_str)?.starts_with("web_search");
    let held = fields.get("filters").is_some_and(|filters| !filters.is_null())
        || fields.get("external_web_access") == Some(&Value::Bool(false));
    (searches && !held).then_some(fields)
}

/// The options that are said in a search's fields.
pub(crate) fn search_options(fields: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let said = fields.iter().filter(|(name, value)| *name != "type" && !value.is_null());
    said.map(|(name, _)| name.as_str())
}

/// Whether the value is what leaving the field out means, too.
fn says_nothing(field: &str, value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(list) if field == "modalities" => list.iter().all(|mode| mode == "text"),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty() && field != WEB_SEARCH,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Bool(true) | Value::String(_) => false,
    }
}
