//! A prompt as it is used: what `litellm_params` say of it.

use serde_json::{Map, Value, json};

use super::{inputs::Inputs, template::Template};
use crate::config::yaml;

/// What a prompt may set: parameters of OpenAI's chat, by their names.
const SETTABLE: [&str; 17] = [
    "temperature",
    "top_p",
    "max_tokens",
    "max_completion_tokens",
    "stop",
    "n",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "response_format",
    "reasoning_effort",
    "tools",
    "tool_choice",
    "verbosity",
];
/// The longest template, in bytes.
const LONGEST: usize = 65_536;

/// A prompt that can be used.
#[derive(Debug, Clone)]
pub(crate) struct Card {
    /// The model that answers it, where the prompt says so.
    pub(super) model: Option<String>,
    /// What it sets in requests.
    pub(super) sets: Map<String, Value>,
    pub(super) inputs: Inputs,
    pub(super) template: Template,
    /// The template as it was written.
    pub(crate) content: String,
    /// What stands before it.
    pub(crate) metadata: Map<String, Value>,
}

/// What is wrong with a prompt, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) field: &'static str,
    pub(crate) message: String,
}

// === impl Card ===

impl Card {
    /// Reads `litellm_params`.
    ///
    /// # Errors
    /// The first thing that is wrong, or has no effect here.
    pub(crate) fn read(params: &Map<String, Value>) -> Result<Self, Wrong> {
        let mut params = params.clone();
        params.retain(|_, value| !value.is_null());
        let mut text = |name: &str| params.shift_remove(name);
        let integration = text("prompt_integration");
        let own_id = text("prompt_id");
        let written = text("dotprompt_content");
        let data = text("prompt_data");
        let flags = ["ignore_prompt_manager_model", "ignore_prompt_manager_optional_params"]
            .map(|name| (name, text(name)));
        if let Some(name) = params.keys().next() {
            let message = match name.as_str() {
                "prompt_directory" | "prompt_file" => {
                    format!("{name}: files are not read; write the template into dotprompt_content")
                }
                _ => format!("{name} is not in effect here"),
            };
            return Err(wrong("litellm_params", message));
        }
        match &integration {
            Some(Value::String(name)) if name == "dotprompt" => {}
            Some(Value::String(name)) => {
                let message = format!(
                    "prompt_integration: '{name}' is not supported; only 'dotprompt' is kept here"
                );
                return Err(wrong("prompt_integration", message));
            }
            _ => return Err(wrong("prompt_integration", "must be 'dotprompt'")),
        }
        let own_id = match own_id {
            None => None,
            Some(Value::String(id)) => Some(id),
            Some(_) => return Err(wrong("prompt_id", "must be a string")),
        };
        let [keeps_model, keeps_params] = flags.map(|(name, value)| match value {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(wrong("litellm_params", format!("{name} must be a boolean"))),
        });
        let (content, metadata) = match (written, data) {
            (Some(_), Some(_)) => {
                let message = "dotprompt_content and prompt_data cannot both be given";
                return Err(wrong("litellm_params", message));
            }
            (Some(Value::String(written)), None) => fronted(&written)?,
            (None, Some(Value::Object(data))) => of_data(data, own_id.as_deref())?,
            (None, Some(_)) => return Err(wrong("prompt_data", "must be an object")),
            (Some(_), None) => return Err(wrong("dotprompt_content", "must be a string")),
            (None, None) => {
                return Err(wrong("dotprompt_content", "the template has to be given"));
            }
        };
        Self::of(content, metadata, keeps_model?, keeps_params?)
    }

    fn of(
        content: String,
        metadata: Map<String, Value>,
        keeps_model: bool,
        keeps_params: bool,
    ) -> Result<Self, Wrong> {
        if content.len() > LONGEST {
            let message = format!("a template has at most {LONGEST} bytes");
            return Err(wrong("dotprompt_content", message));
        }
        let template =
            Template::read(&content).map_err(|message| wrong("dotprompt_content", message))?;
        let mut rest = metadata.clone();
        rest.retain(|_, value| !value.is_null());
        let model = match rest.shift_remove("model") {
            None => None,
            Some(Value::String(model)) if !model.is_empty() => Some(model),
            Some(_) => return Err(wrong("model", "must be a model's name")),
        };
        let inputs =
            Inputs::read(rest.shift_remove("input")).map_err(|message| wrong("input", message))?;
        let output = rest.shift_remove("output");
        if output.is_some_and(|output| output != json!({ "format": "text" })) {
            let message = "only `format: text` is in effect; set response_format instead";
            return Err(wrong("output", message));
        }
        if let Some(name) = rest.keys().find(|name| !SETTABLE.contains(&name.as_str())) {
            let message = format!("'{name}' cannot be set by a prompt");
            return Err(wrong("metadata", message));
        }
        Ok(Self {
            model: model.filter(|_| !keeps_model),
            sets: if keeps_params { Map::new() } else { rest },
            inputs,
            template,
            content,
            metadata,
        })
    }
}

/// Front matter between lines of `---`, and the template behind it.
fn fronted(written: &str) -> Result<(String, Map<String, Value>), Wrong> {
    let written = written.replace("\r\n", "\n");
    let split = written.strip_prefix("---\n").and_then(|rest| {
        rest.split_once("\n---\n").or_else(|| Some(("", rest.strip_prefix("---\n")?)))
    });
    let Some((front, content)) = split else {
        return Ok((written.trim().to_owned(), Map::new()));
    };
    match yaml(front) {
        Ok(Value::Object(metadata)) => Ok((content.trim().to_owned(), metadata)),
        Ok(Value::Null) => Ok((content.trim().to_owned(), Map::new())),
        Ok(_) => Err(wrong("dotprompt_content", "what stands between the `---` is no mapping")),
        Err(message) => Err(wrong("dotprompt_content", message)),
    }
}

/// A template as JSON, or one under its name.
fn of_data(
    mut data: Map<String, Value>,
    own_id: Option<&str>,
) -> Result<(String, Map<String, Value>), Wrong> {
    if !data.contains_key("content") {
        // LiteLLM's rule.
        if own_id.is_some() {
            let message = "litellm_params.prompt_id cannot be combined with prompt_data keyed by \
                           template name";
            return Err(wrong("prompt_data", message));
        }
        let mut all = data.into_iter().map(|(_, value)| value);
        data = match (all.next(), all.next()) {
            (Some(Value::Object(only)), None) => only,
            _ => return Err(wrong("prompt_data", "must hold one template")),
        };
    }
    let content = data.shift_remove("content");
    let metadata = data.shift_remove("metadata").unwrap_or_default();
    if let Some(name) = data.keys().next() {
        return Err(wrong("prompt_data", format!("'{name}' is not in effect here")));
    }
    match (content, metadata) {
        (Some(Value::String(content)), Value::Object(metadata)) => Ok((content, metadata)),
        (Some(Value::String(content)), Value::Null) => Ok((content, Map::new())),
        _ => Err(wrong("prompt_data", "must be {\"content\": text, \"metadata\": object}")),
    }
}

fn wrong(field: &'static str, message: impl Into<String>) -> Wrong {
    Wrong { field, message: message.into() }
}

// === impl Display for Wrong ===

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { field, message } = self;
        if message.starts_with(field) {
            f.write_str(message)
        } else {
            write!(f, "{field}: {message}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(params: impl Into<Value>) -> Result<Card, Wrong> {
        Card::read(params.into().as_object().unwrap())
    }

    #[test]
    fn a_prompt_is_read_with_what_stands_before_it() {
        let written = "---\nmodel: gpt\ntemperature: 0.5\nmax_tokens: 9\n---\nUser: {{a}}\n";
        let card = read(json!({"prompt_integration": "dotprompt", "dotprompt_content": written}));
        let card = card.unwrap();
        assert_eq!(card.model.as_deref(), Some("gpt"));
        assert_eq!(Value::from(card.sets.clone()), json!({"max_tokens": 9, "temperature": 0.5}));
        assert_eq!(card.content, "User: {{a}}");
        let ignoring = json!({"prompt_integration": "dotprompt", "dotprompt_content": written,
            "ignore_prompt_manager_model": true, "ignore_prompt_manager_optional_params": true});
        let card = read(ignoring).unwrap();
        assert_eq!((card.model, card.sets.len()), (None, 0));
        let flat = json!({"content": "hi", "metadata": {"model": "gpt"}});
        for data in [flat.clone(), json!({"x": flat})] {
            let card = read(json!({"prompt_integration": "dotprompt", "prompt_data": data}));
            assert_eq!(card.unwrap().model.as_deref(), Some("gpt"));
        }
        let bare =
            read(json!({"prompt_integration": "dotprompt", "dotprompt_content": "---\n---\nhi"}));
        assert_eq!(bare.unwrap().content, "hi");
    }

    #[test]
    fn what_has_no_effect_is_refused_by_its_name() {
        let content = |content: &str| json!({"prompt_integration": "dotprompt", "dotprompt_content": content});
        for (params, field) in [
            (json!({"prompt_integration": "langfuse"}), "prompt_integration"),
            (json!({"dotprompt_content": "hi"}), "prompt_integration"),
            (json!({"prompt_integration": "dotprompt"}), "dotprompt_content"),
            (
                json!({"prompt_integration": "dotprompt", "prompt_directory": "/etc"}),
                "litellm_params",
            ),
            (
                json!({"prompt_integration": "dotprompt", "prompt_id": "x",
                "prompt_data": {"x": {"content": "hi"}}}),
                "prompt_data",
            ),
            (content("---\ntop_k: 3\n---\nhi"), "metadata"),
            (content("---\nmodel: [a]\n---\nhi"), "model"),
            (content("---\noutput: {format: json}\n---\nhi"), "output"),
            (content("---\ninput: {schema: {a: color}}\n---\nhi"), "input"),
            (content("---\n- a\n---\nhi"), "dotprompt_content"),
            (content("---\na: [\n---\nhi"), "dotprompt_content"),
            (content("{{#if x}}"), "dotprompt_content"),
        ] {
            assert_eq!(read(params.clone()).unwrap_err().field, field, "{params}");
        }
    }
}
