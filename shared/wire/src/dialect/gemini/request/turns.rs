//! Turns to `contents`.
//!
//! Turns of one side are joined, instructions in the middle become part of the caller's turn where
//! they stand, and what tools returned stands first, in the order of the calls. A thought's
//! signature goes onto the part that follows it.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{loss::Losses, results};
use crate::{
    Dialect, Fault,
    canon::{Document, Image, Part, Reasoning, Request, Role, ToolCall, ToolResult},
    dialect::{
        Signer,
        gemini::{media, signature},
    },
};

/// What Google takes for the signature of a call that another model made, or whose own was lost on
/// the way (ai.google.dev, "Thought signatures").
const UNSIGNED: &str = "skip_thought_signature_validator";

/// Writes the contents of one request.
#[derive(Debug)]
pub(super) struct Writer<'r, 'l> {
    losses: &'l mut Losses,
    /// The name and the place of each call, by its id.
    calls: HashMap<&'r str, (&'r str, usize)>,
    /// Whether the model wants its calls signed.
    signs_calls: bool,
}

/// Content under construction.
#[derive(Debug)]
struct Content {
    role: &'static str,
    parts: Vec<Value>,
}

// === impl Writer ===

impl<'r, 'l> Writer<'r, 'l> {
    pub(super) fn new(signs_calls: bool, losses: &'l mut Losses) -> Self {
        Self { losses, calls: HashMap::new(), signs_calls }
    }

    /// The instructions: the request's own, and those the conversation begins with.
    pub(super) fn system(&mut self, request: &'r Request) -> Result<Vec<Value>, Fault> {
        let mut parts = Vec::new();
        self.parts(&request.system, "system", &mut parts)?;
        for turn in request.turns.iter().take_while(|turn| turn.role == Role::System) {
            self.parts(&turn.parts, "system", &mut parts)?;
        }
        Ok(parts)
    }

    /// The conversation.
    pub(super) fn contents(&mut self, request: &'r Request) -> Result<Vec<Value>, Fault> {
        let mut contents: Vec<Content> = Vec::new();
        let turns = request.turns.iter().enumerate();
        for (index, turn) in turns.skip_while(|(_, turn)| turn.role == Role::System) {
            let at = format!("messages[{index}]");
            if turn.name.is_some() {
                self.losses.minor(format!("{at}.name"));
            }
            let role = match turn.role {
                Role::Assistant => "model",
                Role::User => "user",
                Role::System => {
                    self.losses.minor(format!("{at}.role"));
                    "user"
                }
            };
            let mut parts = Vec::with_capacity(turn.parts.len());
            self.parts(&turn.parts, &at, &mut parts)?;
            match contents.last_mut() {
                Some(last) if last.role == role => last.parts.append(&mut parts),
                _ if parts.is_empty() => {}
                _ => contents.push(Content { role, parts }),
            }
        }
        if self.signs_calls {
            sign_current(&mut contents);
        }
        Ok(contents.into_iter().map(|content| self.arranged(content)).collect())
    }

    fn parts(&mut self, parts: &'r [Part], at: &str, out: &mut Vec<Value>) -> Result<(), Fault> {
        let mut pending: Option<&str> = None;
        for (index, part) in parts.iter().enumerate() {
            let at = format!("{at}.content[{index}]");
            if let Part::Reasoning(thought) = part {
                if let Some(left) = pending.take() {
                    out.push(json!({"text": "", "thoughtSignature": signature::write(left)}));
                }
                let last = !matches!(parts.get(index + 1), Some(Part::Reasoning(_)));
                pending = self.thought(thought, last, &at, out);
                continue;
            }
            let before = out.len();
            self.part(part, &at, out)?;
            if let Some(Value::Object(written)) = out.get_mut(before)
                && let Some(signed) = pending.take()
            {
                written.insert("thoughtSignature".into(), signature::write(signed).into());
            }
        }
        if let Some(left) = pending {
            out.push(json!({"text": "", "thoughtSignature": signature::write(left)}));
        }
        Ok(())
    }

    /// A thought; gives the signature that belongs on the next part. One that is followed by another
    /// thought keeps its own. Without Google's signature it is of no use to Google.
    fn thought<'p>(
        &mut self,
        thought: &'p Reasoning,
        last: bool,
        at: &str,
        out: &mut Vec<Value>,
    ) -> Option<&'p str> {
        let own =
            thought.signature.as_deref().filter(|signed| Signer::Google.own(signed).is_some());
        let Some(signed) = own.filter(|signed| !signed.is_empty()) else {
            self.losses.minor(at.to_owned());
            return None;
        };
        if last && thought.text.is_empty() {
            return Some(signed);
        }
        let mut part = json!({"text": thought.text, "thought": true});
        if last {
            out.push(part);
            return Some(signed);
        }
        if let Some(fields) = part.as_object_mut() {
            fields.insert("thoughtSignature".into(), signature::write(signed).into());
        }
        out.push(part);
        None
    }

    fn part(&mut self, part: &'r Part, at: &str, out: &mut Vec<Value>) -> Result<(), Fault> {
        match part {
            Part::Text { text, .. } | Part::Refusal(text) if text.is_empty() => {}
            Part::Refusal(text) => out.push(json!({"text": text})),
            Part::Text { text, citations } => {
                if !citations.is_empty() {
                    self.losses.minor(format!("{at}.citations"));
                }
                out.push(json!({"text": text}));
            }
            Part::Image(image) => self.image(image, at, out)?,
            Part::Document(document) => self.document(document, at, out)?,
            Part::SearchResult(found) => {
                if found.citations {
                    self.losses.minor(format!("{at}.citations"));
                }
                out.push(json!({"text": found.plain()}));
            }
            Part::ToolCall(call) => self.call(call, at, out),
            Part::ToolResult(result) => self.result(result, at, out),
            Part::CachePoint(_) => self.losses.minor("cache_control"),
            Part::Opaque { dialect: Dialect::Gemini, value } => out.push(value.clone()),
            Part::Opaque { dialect: Dialect::OpenAiChat, value } => match sound(value) {
                Some(part) => out.push(part),
                None => self.losses.meaning(at.to_owned()),
            },
            Part::Reasoning(_) | Part::Opaque { .. } => self.losses.meaning(at.to_owned()),
        }
        Ok(())
    }

    fn image(&mut self, image: &Image, at: &str, out: &mut Vec<Value>) -> Result<(), Fault> {
        if image.detail.as_deref().is_some_and(|detail| detail != "auto") {
            self.losses.minor(format!("{at}.image_url.detail"));
        }
        out.push(media::encode(&image.data).ok_or_else(|| unreadable("image", at))?);
        Ok(())
    }

    fn document(
        &mut self,
        document: &Document,
        at: &str,
        out: &mut Vec<Value>,
    ) -> Result<(), Fault> {
        if document.citations {
            self.losses.minor(format!("{at}.citations"));
        }
        let head: Vec<&str> =
            [&document.name, &document.context].into_iter().flatten().map(String::as_str).collect();
        if !head.is_empty() {
            out.push(json!({"text": head.join("\n")}));
        }
        out.push(media::encode(&document.data).ok_or_else(|| unreadable("document", at))?);
        Ok(())
    }

    fn call(&mut self, call: &'r ToolCall, at: &str, out: &mut Vec<Value>) {
        let order = self.calls.len();
        self.calls.insert(&call.id, (&call.name, order));
        let args = arguments(&call.arguments).unwrap_or_else(|raw| {
            self.losses.minor(format!("{at}.arguments"));
            raw
        });
        out.push(json!({"functionCall": {"id": call.id, "name": call.name, "args": args}}));
    }

    fn result(&mut self, result: &'r ToolResult, at: &str, out: &mut Vec<Value>) {
        let name =
            self.calls.get(result.call_id.as_str()).map_or("unknown_function", |call| call.0);
        if result.parts.iter().any(|part| matches!(part, Part::CachePoint(_))) {
            self.losses.minor("cache_control");
        }
        let (response, shown) = results::encode(result);
        let wanted = |part: &&Part| matches!(part, Part::Image(_) | Part::Document(_));
        if shown.len() < result.parts.iter().filter(wanted).count() {
            self.losses.meaning(at.to_owned());
        }
        out.push(json!({"functionResponse": {
            "id": result.call_id, "name": name, "response": response}}));
        out.extend(shown);
    }

    /// Puts what tools returned first, in the order of the calls.
    fn arranged(&self, content: Content) -> Value {
        let place = |part: &Value| {
            let id = part.get("functionResponse").and_then(|answer| answer.get("id"))?;
            Some(self.calls.get(id.as_str()?).map_or(usize::MAX, |call| call.1))
        };
        let (mut answers, rest): (Vec<Value>, Vec<Value>) =
            content.parts.into_iter().partition(|part| part.get("functionResponse").is_some());
        answers.sort_by_key(|part| place(part));
        answers.extend(rest);
        json!({"role": content.role, "parts": answers})
    }
}

/// Arguments as an object; what is none, inside of one.
pub(in crate::dialect::gemini) fn arguments(text: &str) -> Result<Value, Value> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    match serde_json::from_str::<Value>(text) {
        Ok(map @ Value::Object(_)) => Ok(map),
        Ok(other) => Err(json!({"arguments": other})),
        Err(_) => Err(json!({"arguments": text})),
    }
}

/// Marks the first call of each step since the caller last spoke, where it is not signed: models
/// that sign their calls refuse others.
fn sign_current(contents: &mut [Content]) {
    let spoke = |content: &Content| {
        content.role == "user"
            && content.parts.iter().any(|part| part.get("functionResponse").is_none())
            && !content.parts.iter().any(|part| part.get("functionResponse").is_some())
    };
    let from = contents.iter().rposition(spoke).map_or(0, |at| at + 1);
    for content in contents.iter_mut().skip(from).filter(|content| content.role == "model") {
        let first = content.parts.iter_mut().find(|part| part.get("functionCall").is_some());
        if let Some(Value::Object(part)) = first {
            part.entry("thoughtSignature").or_insert_with(|| UNSIGNED.into());
        }
    }
}

/// OpenAI's `input_audio` as bytes.
fn sound(value: &Value) -> Option<Value> {
    let audio = value.get("input_audio")?;
    let format = audio.get("format").and_then(Value::as_str)?;
    let media_type = if format == "mp3" { "audio/mpeg" } else { &format!("audio/{format}") };
    Some(media::inline(media_type, audio.get("data")?.as_str()?))
}

fn unreadable(what: &str, at: &str) -> Fault {
    Fault::invalid(
        format!(
            "The {what} at {at} cannot be carried to Gemini: it takes bytes, an http(s) or a gs:// address."
        ),
        at.to_owned(),
    )
}
