//! Input items to turns.

use serde_json::Value;

use super::{
    super::{output, peek::ROLES, seal},
    content,
};
use crate::{
    Dialect, Fault,
    canon::{Part, Role, ToolCall, ToolResult, Turn},
    dialect::openai_chat::{
        field::{self, Fields},
        request::content::cache_point,
    },
};

/// The conversation being put together.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    system: Vec<Part>,
    turns: Vec<Turn>,
    /// The last turn is made of results: the next one joins it.
    results_open: bool,
}

// === impl Conversation ===

impl Conversation {
    /// Reads `input`: a text of the user's, or a list of items.
    pub(super) fn read(&mut self, input: Value) -> Result<(), Fault> {
        match input {
            Value::String(text) => {
                self.say(Role::User, vec![Part::text(text)]);
                Ok(())
            }
            Value::Array(items) if items.is_empty() => Err(field::empty_array("input")),
            Value::Array(items) => {
                for (at, item) in items.into_iter().enumerate() {
                    self.item(item, &format!("input[{at}]"))?;
                }
                Ok(())
            }
            other => Err(field::wrong_type("input", "one of a string or array of objects", &other)),
        }
    }

    /// Instructions at the head, and the turns.
    pub(super) fn into_parts(self) -> (Vec<Part>, Vec<Turn>) {
        (self.system, self.turns)
    }

    fn item(&mut self, item: Value, path: &str) -> Result<(), Fault> {
        let mut fields = Fields::of(item, path)?;
        let kind = match fields.string("type")? {
            Some(kind) => kind,
            // A message may leave its type out.
            None if fields.has("role") => "message".to_owned(),
            None => return Err(field::missing(&fields.path("type"))),
        };
        match kind.as_str() {
            "message" => self.message(fields),
            "function_call" => {
                let call = Part::ToolCall(ToolCall {
                    id: fields.require_string("call_id")?,
                    name: fields.require_string("name")?,
                    arguments: fields.string("arguments")?.unwrap_or_default(),
                });
                self.join_assistant(vec![call]);
                Ok(())
            }
            "function_call_output" => self.result(fields),
            "reasoning" => {
                let thought = reasoning(&mut fields)?;
                self.join_assistant(vec![thought]);
                Ok(())
            }
            // Built-in tools' calls and results, references, compaction, and whatever comes.
            _ => {
                let answers = kind.ends_with("_output") || kind == "mcp_approval_response";
                fields.restore("type", Value::String(kind));
                let value = Value::Object(fields.rest());
                let part = match output::pictured(&value) {
                    Some(image) => Part::Image(image),
                    None => Part::Opaque { dialect: Dialect::OpenAiResponses, value },
                };
                if answers {
                    self.say(Role::User, vec![part]);
                } else {
                    self.join_assistant(vec![part]);
                }
                Ok(())
            }
        }
    }

    fn message(&mut self, mut fields: Fields) -> Result<(), Fault> {
        let role = fields.require_string("role")?;
        let path = fields.path("content");
        let cache = cache_point(&mut fields)?;
        let mut parts = Vec::new();
        content::decode(fields.require("content")?, &path, &mut parts)?;
        parts.extend(cache.map(Part::CachePoint));
        match role.as_str() {
            "assistant" => self.join_assistant(parts),
            "user" => self.say(Role::User, parts),
            "system" | "developer" if self.turns.is_empty() => self.system.append(&mut parts),
            "system" | "developer" => self.say(Role::System, parts),
            other => return Err(field::wrong_value(&fields.path("role"), other, &ROLES)),
        }
        Ok(())
    }

    /// Results that follow each other are one turn of the caller.
    fn result(&mut self, mut fields: Fields) -> Result<(), Fault> {
        let call_id = fields.require_string("call_id")?;
        let path = fields.path("output");
        let cache = cache_point(&mut fields)?;
        let mut parts = Vec::new();
        content::decode(fields.require("output")?, &path, &mut parts)?;
        let result = Part::ToolResult(ToolResult { call_id, parts, is_error: false });
        let said = [Some(result), cache.map(Part::CachePoint)].into_iter().flatten().collect();
        if self.results_open
            && let Some(turn) = self.turns.last_mut()
        {
            turn.parts.extend::<Vec<Part>>(said);
        } else {
            self.say(Role::User, said);
            self.results_open = true;
        }
        Ok(())
    }

    /// What the model thought, said and called without the caller between is one turn of its.
    fn join_assistant(&mut self, mut parts: Vec<Part>) {
        self.results_open = false;
        match self.turns.last_mut() {
            Some(turn) if turn.role == Role::Assistant => turn.parts.append(&mut parts),
            _ => self.say(Role::Assistant, parts),
        }
    }

    fn say(&mut self, role: Role, parts: Vec<Part>) {
        self.results_open = false;
        self.turns.push(Turn { role, parts, name: None });
    }
}

/// A reasoning item: what the provider encrypted, and what it showed.
fn reasoning(fields: &mut Fields) -> Result<Part, Fault> {
    let id = fields.string("id")?.unwrap_or_default();
    let summary = texts(fields, "summary")?;
    let content = texts(fields, "content")?;
    let shown = if content.is_empty() { summary } else { content };
    Ok(match fields.string("encrypted_content")? {
        Some(sealed) => seal::open(&id, &sealed, shown),
        None => seal::plain(shown),
    })
}

fn texts(fields: &mut Fields, name: &str) -> Result<String, Fault> {
    let path = fields.path(name);
    let mut texts = Vec::new();
    for (at, part) in fields.array(name)?.unwrap_or_default().into_iter().enumerate() {
        texts.push(Fields::of(part, format!("{path}[{at}]"))?.require_string("text")?);
    }
    Ok(texts.join("\n\n"))
}
