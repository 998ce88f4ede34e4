//! What a request asks for, whichever dialect it was written in.

use serde_json::Value;

/// A request as the scripted model sees it.
#[derive(Debug, Default)]
pub(crate) struct Ask {
    /// The model's name.
    pub(crate) model: String,
    /// Text of the latest user turn that has any.
    pub(crate) prompt: String,
    /// What is attached to the latest user turn: kind and size (`image/png of 68 bytes`).
    pub(crate) attached: Vec<String>,
    /// What the tools returned since the latest assistant turn.
    pub(crate) results: Vec<String>,
    /// Tools on offer.
    pub(crate) tools: Vec<Tool>,
    /// Whether they must be used.
    pub(crate) choice: Choice,
    /// At most one call.
    pub(crate) single: bool,
    /// The answer must fit this schema.
    pub(crate) schema: Option<Value>,
    /// The caller wants to read the thoughts.
    pub(crate) thinking: bool,
    /// Output tokens allowed.
    pub(crate) cap: Option<u64>,
    /// Stop sequences.
    pub(crate) stops: Vec<String>,
    /// The service level that is asked for.
    pub(crate) tier: Option<String>,
    /// Characters of everything the model reads.
    pub(crate) length: usize,
}

/// A tool on offer.
#[derive(Debug)]
pub(crate) struct Tool {
    /// Its name.
    pub(crate) name: String,
    /// Schema of its arguments.
    pub(crate) schema: Value,
}

/// Whether tools must be used.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Choice {
    /// As the model likes.
    #[default]
    Auto,
    /// Never.
    None,
    /// One of them.
    Any,
    /// This one.
    Named(String),
}

/// A list in a body; none where there is none.
pub(crate) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A string in a body; empty where there is none.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Strings of a list in a body.
pub(crate) fn strings(list: &[Value]) -> Vec<String> {
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Kind and size of something attached in base64.
pub(crate) fn attachment(kind: &str, base64: &str) -> String {
    use base64::Engine as _;
    match base64::engine::general_purpose::STANDARD.decode(base64) {
        Ok(bytes) => format!("{kind} of {} bytes", bytes.len()),
        Err(_) => format!("{kind} that cannot be read"),
    }
}

/// Text inside a value: a string, or a list of blocks with a `text` each.
pub(crate) fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks
            .iter()
            .filter_map(|block| block.get("text").and_then(Value::as_str))
            .collect::<Vec<_>>()
            .join("\n"),
        _ => String::new(),
    }
}

// === impl Ask ===

impl Ask {
    /// Reads turns that have a `role` and a `content`. `block` reads what is not text in a user's.
    pub(crate) fn hear(&mut self, turns: &[Value], block: impl Fn(&mut Self, &Value)) {
        for turn in turns {
            let content = turn.get("content").unwrap_or(&Value::Null);
            let said = text_of(content);
            self.length += said.chars().count();
            if turn.get("role").and_then(Value::as_str) == Some("assistant") {
                self.results.clear();
                continue;
            }
            if !said.is_empty() {
                self.prompt = said;
            }
            self.attached.clear();
            for part in content.as_array().into_iter().flatten() {
                block(self, part);
            }
        }
    }

    /// What a tool returned.
    pub(crate) fn returned(&mut self, result: String) {
        self.length += result.chars().count();
        self.results.push(result);
    }
}
