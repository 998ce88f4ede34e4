//! Messages to turns.

use serde_json::Value;

use super::{
    super::{
        field::{self, Fields},
        peek::ROLES,
    },
    assistant, content,
};
use crate::{
    Fault,
    canon::{Part, Role, ToolResult, Turn},
};

/// The conversation being put together.
#[derive(Debug, Default)]
struct Conversation {
    system: Vec<Part>,
    turns: Vec<Turn>,
    /// The last turn is made of tool messages: the next one joins it.
    results_open: bool,
    /// Id given to the last legacy `function_call`, for the `function` message that answers it.
    function_call: Option<String>,
}

/// Reads the messages: instructions at the head, and turns.
pub(super) fn decode(messages: Value) -> Result<(Vec<Part>, Vec<Turn>), Fault> {
    let Value::Array(messages) = messages else {
        return Err(field::wrong_type("messages", "an array of objects", &messages));
    };
    if messages.is_empty() {
        return Err(field::empty_array("messages"));
    }
    let mut conversation = Conversation::default();
    for (at, message) in messages.into_iter().enumerate() {
        conversation.message(at, message)?;
    }
    Ok((conversation.system, conversation.turns))
}

// === impl Conversation ===

impl Conversation {
    fn message(&mut self, at: usize, message: Value) -> Result<(), Fault> {
        let mut fields = Fields::of(message, format!("messages[{at}]"))?;
        let role = fields.require_string("role")?;
        let results_open = std::mem::take(&mut self.results_open);
        match role.as_str() {
            "system" | "developer" => self.instructions(&mut fields),
            "user" => {
                let name = fields.string("name")?;
                let parts = said(&mut fields)?;
                self.turns.push(Turn { role: Role::User, parts, name });
                Ok(())
            }
            "assistant" => {
                let name = fields.string("name")?;
                let (parts, function_call) = assistant::decode(&mut fields, at)?;
                self.function_call = function_call;
                self.turns.push(Turn { role: Role::Assistant, parts, name });
                Ok(())
            }
            "tool" => {
                let call_id = fields.require_string("tool_call_id")?;
                let value = Some(fields.require("content")?);
                self.result(call_id, value, &mut fields, results_open)
            }
            "function" => {
                fields.require_string("name")?;
                let id = self.function_call.take().unwrap_or_else(|| assistant::function_id(at));
                // A legacy function may return nothing.
                let value = fields.take("content");
                self.result(id, value, &mut fields, results_open)
            }
            other => Err(field::wrong_value(&fields.path("role"), other, &ROLES)),
        }
    }

    /// Instructions: those at the head stand before the conversation. A named participant's are
    /// kept as a turn, which has a place for the name.
    fn instructions(&mut self, fields: &mut Fields) -> Result<(), Fault> {
        let name = fields.string("name")?;
        let mut parts = said(fields)?;
        if self.turns.is_empty() && name.is_none() {
            self.system.append(&mut parts);
        } else {
            self.turns.push(Turn { role: Role::System, parts, name });
        }
        Ok(())
    }

    /// A tool's result; those that follow each other are one turn of the caller.
    fn result(
        &mut self,
        call_id: String,
        value: Option<Value>,
        fields: &mut Fields,
        join: bool,
    ) -> Result<(), Fault> {
        let cache = content::cache_point(fields)?;
        let mut parts = Vec::new();
        if let Some(value) = value {
            content::decode(value, &fields.path("content"), &mut parts)?;
        }
        let result = Part::ToolResult(ToolResult { call_id, parts, is_error: false });
        let result = [Some(result), cache.map(Part::CachePoint)].into_iter().flatten();
        self.results_open = true;
        match self.turns.last_mut() {
            Some(turn) if join => turn.parts.extend(result),
            _ => {
                let parts = result.collect();
                self.turns.push(Turn { role: Role::User, parts, name: None });
            }
        }
        Ok(())
    }
}

/// Content that must be there, and the message's own cache marker after it.
fn said(fields: &mut Fields) -> Result<Vec<Part>, Fault> {
    let cache = content::cache_point(fields)?;
    let mut parts = Vec::new();
    let value = fields.require("content")?;
    if value.as_array().is_some_and(Vec::is_empty) {
        return Err(field::empty_array(&fields.path("content")));
    }
    content::decode(value, &fields.path("content"), &mut parts)?;
    parts.extend(cache.map(Part::CachePoint));
    Ok(parts)
}
