//! Turns and system blocks, written as Converse wants them.
//!
//! Converse is strict about the order of things: user and assistant take turns, the user begins,
//! and the results of tools stand at the head of the turn that follows their calls. So turns of one
//! role are joined, instructions in the middle become part of the caller's turn where they stand
//! (moving them to the front would change the prefix that providers cache), and blank text, which is
//! refused, is left out.

use serde_json::{Map, Value, json};

use super::{family::Family, names};
use crate::{
    Dialect, Fault, Loss,
    canon::{CachePoint, Part, Reasoning, Request, Role, ToolCall, ToolResult},
    dialect::{
        Signer,
        bedrock_converse::{citation, found, media, response::reasoning_block},
    },
};

/// What the model sees where a tool returned nothing: an empty result is refused.
const NO_OUTPUT: &str = "(no output)";

/// Writes the blocks of one request.
#[derive(Debug)]
pub(super) struct Writer<'l> {
    family: Family,
    losses: &'l mut Vec<Loss>,
    /// Names of the documents so far.
    documents: Vec<String>,
}

/// A message under construction.
#[derive(Debug)]
struct Message {
    role: &'static str,
    content: Vec<Value>,
}

/// A cache marker, as far as the family takes its duration.
pub(super) fn cache_point(point: CachePoint, family: Family) -> Value {
    match point {
        CachePoint::OneHour if family.has_ttl() => {
            json!({"cachePoint": {"type": "default", "ttl": "1h"}})
        }
        _ => json!({"cachePoint": {"type": "default"}}),
    }
}

// === impl Writer ===

impl<'l> Writer<'l> {
    pub(super) fn new(family: Family, losses: &'l mut Vec<Loss>) -> Self {
        Self { family, losses, documents: Vec::new() }
    }

    /// The system blocks: the request's own, and the instructions that the conversation begins with.
    pub(super) fn system(&mut self, request: &Request) -> Vec<Value> {
        let leading = request.turns.iter().take_while(|turn| turn.role == Role::System);
        let parts = request.system.iter().chain(leading.flat_map(|turn| &turn.parts));
        let mut blocks = Vec::new();
        for (index, part) in parts.enumerate() {
            match part {
                Part::Text { text, .. } if is_blank(text) => {}
                Part::Text { text, .. } => blocks.push(json!({"text": text})),
                Part::CachePoint(point) => {
                    let field = format!("system[{index}].cache_control");
                    blocks.extend(self.cache_point(*point, blocks.is_empty(), field));
                }
                Part::Opaque { dialect: Dialect::BedrockConverse, value } => {
                    blocks.push(value.clone());
                }
                _ => self.losses.push(Loss::of_meaning(format!("system[{index}]"))),
            }
        }
        blocks
    }

    /// The messages.
    ///
    /// # Errors
    /// Content that Converse cannot carry at all, and a conversation that the model begins.
    pub(super) fn messages(&mut self, request: &Request) -> Result<Vec<Value>, Fault> {
        let mut messages: Vec<Message> = Vec::new();
        let turns = request.turns.iter().enumerate();
        for (index, turn) in turns.skip_while(|(_, turn)| turn.role == Role::System) {
            let at = format!("messages[{index}]");
            if turn.name.is_some() {
                self.losses.push(Loss::minor(format!("{at}.name")));
            }
            let role = match turn.role {
                Role::Assistant => "assistant",
                Role::User => "user",
                Role::System => {
                    self.losses.push(Loss::minor(format!("{at}.role")));
                    "user"
                }
            };
            let content = self.parts(&turn.parts, &at)?;
            match messages.last_mut() {
                Some(last) if last.role == role => last.content.extend(content),
                _ if content.is_empty() => {}
                _ => messages.push(Message { role, content }),
            }
        }
        if messages.first().is_some_and(|first| first.role != "user") {
            return Err(Fault::invalid(
                "A conversation must start with a user message. Try again with a conversation that starts with a user message.",
                "messages",
            ));
        }
        Ok(messages.into_iter().map(Message::into_value).collect())
    }

    fn parts(&mut self, parts: &[Part], at: &str) -> Result<Vec<Value>, Fault> {
        let mut blocks = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let at = format!("{at}.content[{index}]");
            if let Part::CachePoint(point) = part {
                let block = self.cache_point(*point, blocks.is_empty(), at);
                blocks.extend(block);
            } else {
                blocks.extend(self.part(part, &at)?);
            }
        }
        Ok(blocks)
    }

    fn part(&mut self, part: &Part, at: &str) -> Result<Option<Value>, Fault> {
        Ok(match part {
            Part::Text { text, .. } | Part::Refusal(text) if is_blank(text) => None,
            Part::Refusal(text) => Some(json!({"text": text})),
            Part::Text { text, citations } => Some(self.text(text, citations, at)),
            Part::Image(image) => {
                if image.detail.as_deref().is_some_and(|detail| detail != "auto") {
                    self.losses.push(Loss::minor(format!("{at}.image_url.detail")));
                }
                Some(json!({"image": media::encode_image(image, at)?}))
            }
            Part::Document(document) => {
                let name = names::document(document.name.as_deref(), &mut self.documents);
                Some(json!({"document": media::encode_document(document, &name, at)?}))
            }
            Part::SearchResult(result) => Some(found::encode(result)),
            Part::ToolCall(call) => Some(self.tool_use(call, at)),
            Part::ToolResult(result) => Some(self.tool_result(result, at)?),
            Part::Reasoning(reasoning) => self.reasoning(reasoning, at),
            Part::Opaque { dialect: Dialect::BedrockConverse, value } => Some(value.clone()),
            Part::Opaque { .. } => {
                self.losses.push(Loss::of_meaning(at.to_owned()));
                None
            }
            // Written by the callers of this, who know what stands before it.
            Part::CachePoint(_) => None,
        })
    }

    fn text(&mut self, text: &str, citations: &[Value], at: &str) -> Value {
        let written: Vec<Value> = citations.iter().filter_map(citation::encode).collect();
        if written.len() < citations.len() {
            self.losses.push(Loss::minor(format!("{at}.citations")));
        }
        if written.is_empty() {
            return json!({"text": text});
        }
        json!({"citationsContent": {"content": [{"text": text}], "citations": written}})
    }

    fn tool_use(&mut self, call: &ToolCall, at: &str) -> Value {
        let arguments = call.arguments.trim();
        let input = match serde_json::from_str::<Value>(arguments) {
            Ok(Value::Object(map)) => map,
            _ if arguments.is_empty() => Map::new(),
            // Models write malformed calls, and the conversation must be able to go on: what is no
            // object is shown to the model inside of one.
            other => {
                self.losses.push(Loss::minor(format!("{at}.arguments")));
                let raw = other.unwrap_or_else(|_| arguments.into());
                Map::from_iter([("arguments".to_owned(), raw)])
            }
        };
        json!({"toolUse": {
            "toolUseId": names::call_id(&call.id),
            "name": names::tool(&call.name),
            "input": input,
        }})
    }

    fn tool_result(&mut self, result: &ToolResult, at: &str) -> Result<Value, Fault> {
        let mut content = Vec::new();
        for (index, part) in result.parts.iter().enumerate() {
            let at = format!("{at}.content[{index}]");
            match part {
                Part::Text { text, .. } if is_blank(text) => {}
                Part::Text { text, .. } => content.push(json!({"text": text})),
                Part::CachePoint(_) => self.losses.push(Loss::minor(at)),
                Part::Reasoning(_) | Part::ToolCall(_) | Part::ToolResult(_) => {
                    self.losses.push(Loss::of_meaning(at));
                }
                other => content.extend(self.part(other, &at)?),
            }
        }
        if content.is_empty() {
            content.push(json!({"text": NO_OUTPUT}));
        }
        let mut out = Map::new();
        out.insert("toolUseId".to_owned(), names::call_id(&result.call_id).into());
        out.insert("content".to_owned(), content.into());
        // Success is the default, and not every model takes the field.
        if result.is_error {
            out.insert("status".to_owned(), "error".into());
        }
        Ok(json!({"toolResult": out}))
    }

    /// Only signed reasoning is taken back by a provider.
    fn reasoning(&mut self, reasoning: &Reasoning, at: &str) -> Option<Value> {
        let signed = reasoning.signature.as_deref();
        let own = signed.and_then(|signed| Signer::Anthropic.own(signed)).is_some();
        if own || reasoning.redacted.is_some() {
            return reasoning_block(reasoning);
        }
        self.losses.push(Loss::minor(at.to_owned()));
        None
    }

    /// A cache point, unless there is nothing before it or the model takes none.
    fn cache_point(&mut self, point: CachePoint, first: bool, field: String) -> Option<Value> {
        if !self.family.caches() {
            self.losses.push(Loss::minor(field));
            return None;
        }
        if point == CachePoint::OneHour && !self.family.has_ttl() {
            self.losses.push(Loss::minor(format!("{field}.ttl")));
        }
        (!first).then(|| cache_point(point, self.family))
    }
}

/// Blank text is refused.
fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

// === impl Message ===

impl Message {
    /// Puts the results of tools first, each with the cache points that follow it.
    fn into_value(self) -> Value {
        let mut results = Vec::new();
        let mut rest = Vec::new();
        let mut after_result = false;
        for block in self.content {
            let is_result = block.get("toolResult").is_some();
            after_result = is_result || (after_result && block.get("cachePoint").is_some());
            if after_result { results.push(block) } else { rest.push(block) }
        }
        results.extend(rest);
        json!({"role": self.role, "content": results})
    }
}
