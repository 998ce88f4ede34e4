//! A prompt as LiteLLM shows it.

use serde_json::{Map, Value, json};
use sluice_store::{PromptRecord, PromptVersion};

use crate::prompts::{Card, ConfiguredPrompt};

/// A version, under a name that says which where that is wanted.
pub(super) fn version(record: &PromptRecord, version: &PromptVersion, versioned: bool) -> Value {
    let number = version.version;
    let id = if versioned { format!("{}.v{number}", record.id) } else { record.id.clone() };
    json!({
        "prompt_id": id,
        "litellm_params": version.params,
        "prompt_info": typed(&version.info, "db"),
        "created_at": version.created_at.rfc3339(),
        "updated_at": version.updated_at.rfc3339(),
        "version": number,
        "created_by": version.created_by,
    })
}

/// One of the configuration.
pub(super) fn configured(prompt: &ConfiguredPrompt) -> Value {
    json!({
        "prompt_id": prompt.id,
        "litellm_params": prompt.params,
        "prompt_info": typed(&prompt.info, "config"),
        "created_at": null,
        "updated_at": null,
        "version": 1,
        "created_by": null,
    })
}

/// A version with its template.
pub(super) fn whole(spec: &Value, id: &str, card: Option<&Card>) -> Value {
    let template = card.map(|card| {
        json!({ "litellm_prompt_id": id, "content": card.content, "metadata": card.metadata })
    });
    json!({ "prompt_spec": spec, "raw_prompt_template": template })
}

fn typed(info: &Map<String, Value>, kind: &str) -> Map<String, Value> {
    let mut info = info.clone();
    info.insert("prompt_type".to_owned(), kind.into());
    info
}
