//! What the demo reads of a chat request.

use serde::Deserialize;
use serde_json::Value;
use sluice_wire::Fault;

/// A chat request, as far as the demo cares.
#[derive(Debug, Deserialize)]
pub(super) struct Request {
    #[serde(default)]
    pub(super) model: String,
    messages: Vec<Message>,
    max_tokens: Option<usize>,
    max_completion_tokens: Option<usize>,
    stop: Option<Stop>,
    #[serde(default)]
    tools: Vec<Tool>,
    tool_choice: Option<Value>,
    response_format: Option<Value>,
    stream_options: Option<StreamOptions>,
    n: Option<usize>,
}

#[derive(Debug, Deserialize)]
struct Message {
    role: String,
    #[serde(default)]
    content: Value,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Deserialize)]
struct Tool {
    function: Option<Function>,
}

/// A tool that is offered.
#[derive(Debug, Deserialize)]
pub(super) struct Function {
    pub(super) name: String,
    #[serde(default)]
    pub(super) parameters: Value,
}

#[derive(Debug, Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

/// The form an answer must have.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form<'a> {
    Text,
    Json,
    Schema(&'a Value),
}

// === impl Request ===

impl Request {
    pub(super) fn read(body: &[u8]) -> Result<Self, Fault> {
        let request: Self = serde_json::from_slice(body)
            .map_err(|error| Fault::invalid(format!("demo: {error}"), "body"))?;
        if request.messages.is_empty() {
            return Err(Fault::invalid("demo: `messages` is empty", "messages"));
        }
        if request.cap() == Some(0) {
            return Err(Fault::invalid("demo: `max_tokens` must be at least 1", "max_tokens"));
        }
        Ok(request)
    }

    /// The most words of an answer.
    pub(super) fn cap(&self) -> Option<usize> {
        self.max_completion_tokens.or(self.max_tokens)
    }

    pub(super) fn choices(&self) -> usize {
        self.n.unwrap_or(1).clamp(1, 8)
    }

    pub(super) fn wants_stream_usage(&self) -> bool {
        self.stream_options.as_ref().is_some_and(|options| options.include_usage)
    }

    pub(super) fn stops(&self) -> &[String] {
        match &self.stop {
            Some(Stop::One(one)) => std::slice::from_ref(one),
            Some(Stop::Many(many)) => many,
            None => &[],
        }
    }

    /// The last thing the user said.
    pub(super) fn said(&self) -> String {
        let last = self.messages.iter().rev().find(|message| message.role == "user");
        last.map(Message::text).unwrap_or_default()
    }

    /// The tool's result, where that is what the model must answer now.
    pub(super) fn tool_result(&self) -> Option<String> {
        let last = self.messages.last().filter(|message| message.role == "tool");
        last.map(Message::text)
    }

    /// The tool to call: the one that is demanded, or the one the user names (`call <tool>`).
    pub(super) fn tool(&self) -> Option<&Function> {
        let offered = || self.tools.iter().filter_map(|tool| tool.function.as_ref());
        if self.messages.last().is_some_and(|message| message.role == "tool") {
            return None;
        }
        match &self.tool_choice {
            Some(Value::String(choice)) if choice == "none" => return None,
            Some(Value::Object(choice)) => {
                let name = choice.get("function").and_then(|function| function.get("name"));
                let named = offered().find(|tool| name.and_then(Value::as_str) == Some(&tool.name));
                if named.is_some() {
                    return named;
                }
            }
            _ => {}
        }
        let said = self.said().to_lowercase();
        let asked =
            offered().find(|tool| said.contains(&format!("call {}", tool.name.to_lowercase())));
        let required = self.tool_choice.as_ref().and_then(Value::as_str) == Some("required");
        asked.or_else(|| offered().next().filter(|_| required))
    }

    pub(super) fn form(&self) -> Form<'_> {
        let format = self.response_format.as_ref();
        match format.and_then(|format| format.get("type")).and_then(Value::as_str) {
            Some("json_object") => Form::Json,
            Some("json_schema") => format
                .and_then(|format| format.pointer("/json_schema/schema"))
                .map_or(Form::Json, Form::Schema),
            _ => Form::Text,
        }
    }

    /// A quarter of the prompt's bytes, rounded up.
    pub(super) fn prompt_tokens(&self) -> usize {
        let bytes: usize = self.messages.iter().map(|message| message.text().len()).sum();
        bytes.div_ceil(4).max(1)
    }
}

// === impl Message ===

impl Message {
    /// Its text, whether it stands alone or in parts.
    fn text(&self) -> String {
        match &self.content {
            Value::String(text) => text.clone(),
            Value::Array(parts) => {
                let texts =
                    parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str));
                texts.collect::<Vec<_>>().join(" ")
            }
            _ => String::new(),
        }
    }
}
