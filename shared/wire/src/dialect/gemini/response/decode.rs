//! A provider's answer, and the pieces of one: a stream's chunks have the same shape.

use serde_json::{Map, Value};

use crate::{
    Dialect, Fault, FaultKind,
    canon::{Data, Finish, Image, Part, Reasoning, Response, ToolCall},
    dialect::gemini::{
        base64::standard, call_id, finish, grounding, observe::is_blocked, reader, signature, usage,
    },
};

/// What one part of an answer holds.
#[derive(Debug)]
pub(in crate::dialect::gemini) enum Piece {
    Text(String),
    Thought(String),
    /// Of the thought before.
    Signature(String),
    Redacted(String),
    Call {
        id: Option<String>,
        name: String,
        arguments: String,
    },
    Other(Value),
}

/// Fields of an answer and of its candidate that have no canonical place.
const KEPT: [&str; 8] = [
    "promptFeedback",
    "groundingMetadata",
    "citationMetadata",
    "urlContextMetadata",
    "safetyRatings",
    "avgLogprobs",
    "logprobsResult",
    "finishMessage",
];

pub(crate) fn decode(body: &[u8]) -> Result<Response, Fault> {
    let Ok(Value::Object(mut map)) = serde_json::from_slice::<Value>(body) else {
        return Err(not_gemini(String::from_utf8_lossy(body.get(..200).unwrap_or(body)).into()));
    };
    let text = |map: &Map<String, Value>, key: &str| {
        map.get(key).and_then(Value::as_str).map(str::to_owned)
    };
    let id = text(&map, "responseId");
    let mut response = Response {
        model: text(&map, "modelVersion"),
        usage: map.get("usageMetadata").filter(|used| used.is_object()).map(usage::decode),
        ..Response::default()
    };
    let mut candidates = match map.shift_remove("candidates") {
        Some(Value::Array(list)) => list.into_iter(),
        _ => Vec::new().into_iter(),
    };
    let first = candidates.next();
    if let Some(Value::Object(mut candidate)) = first {
        let parts = candidate.get_mut("content").and_then(|content| content.get_mut("parts"));
        let list = match parts.map(Value::take) {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        };
        for value in list {
            let goes_on = matches!(response.parts.last(), Some(Part::Text { .. }));
            for piece in pieces(value, goes_on) {
                gather(piece, id.as_deref(), &mut response.parts);
            }
        }
        ground(&candidate, &mut response.parts);
        let called = response.parts.iter().any(|part| matches!(part, Part::ToolCall(_)));
        let word = candidate.get("finishReason").and_then(Value::as_str).unwrap_or("STOP");
        response.finish = finish::decode(word, called);
        keep(&mut candidate, &mut response.extras);
    } else if map.get("promptFeedback").is_some_and(is_blocked) {
        response.finish = Finish::ContentFilter;
    } else {
        return Err(not_gemini("an answer without candidates".to_owned()));
    }
    keep(&mut map, &mut response.extras);
    let others: Vec<Value> = candidates.collect();
    if !others.is_empty() {
        response.extras.insert("candidates".to_owned(), others.into());
    }
    response.id = id;
    Ok(response)
}

fn not_gemini(detail: String) -> Fault {
    Fault::new(FaultKind::Upstream, "The provider sent an answer that is not Gemini's.")
        .with_status(502)
        .with_detail(detail)
}

fn keep(from: &mut Map<String, Value>, into: &mut Map<String, Value>) {
    for name in KEPT {
        if let Some(value) = from.shift_remove(name).filter(|value| !value.is_null()) {
            into.insert(name.to_owned(), value);
        }
    }
}

/// Reads a part: its signature stands before what it is on, save where a text `goes_on` with it, which
/// is not broken up.
pub(in crate::dialect::gemini) fn pieces(value: Value, goes_on: bool) -> Vec<Piece> {
    let Value::Object(mut map) = value else { return Vec::new() };
    let mut out = Vec::with_capacity(2);
    let thought = map.shift_remove("thought") == Some(Value::Bool(true));
    let signed = match reader::take(&mut map, "thoughtSignature") {
        Some(Value::String(signed)) => Some(Piece::Signature(signature::read(&signed))),
        _ => None,
    };
    if thought {
        let redacted = map.get("partMetadata").and_then(|data| data.get("redactedThinking"));
        if let Some(Value::String(data)) = redacted {
            out.push(Piece::Redacted(data.clone()));
        }
        if let Some(Value::String(text)) = map.shift_remove("text")
            && !text.is_empty()
        {
            out.push(Piece::Thought(text));
        }
        out.extend(signed);
        return out;
    }
    out.extend(signed);
    map.retain(|_, value| !value.is_null());
    if let Some(Value::String(text)) = map.get("text") {
        if !text.is_empty() {
            let at = if goes_on { 0 } else { out.len() };
            out.insert(at, Piece::Text(text.clone()));
        }
    } else if let Some(Value::Object(mut call)) = reader::take(&mut map, "functionCall") {
        let text = |value: Option<Value>| match value {
            Some(Value::String(text)) => text,
            _ => String::new(),
        };
        out.push(Piece::Call {
            id: Some(text(call.shift_remove("id"))).filter(|id| !id.is_empty()),
            name: text(call.shift_remove("name")),
            arguments: call
                .shift_remove("args")
                .filter(|args| !args.is_null())
                .map_or_else(|| "{}".to_owned(), |args| args.to_string()),
        });
    } else if !map.is_empty() {
        out.push(Piece::Other(map.into()));
    }
    out
}

/// Puts the sources that the candidate names onto the texts that they support.
fn ground(candidate: &Map<String, Value>, parts: &mut [Part]) {
    let said = parts.iter().filter_map(|part| match part {
        Part::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    let mut sources = grounding::read(candidate, &said.collect::<String>());
    let mut before = 0;
    let mut texts = parts.iter_mut().filter_map(|part| match part {
        Part::Text { text, citations } => Some((text, citations)),
        _ => None,
    });
    let mut next = texts.next();
    while let Some((text, citations)) = next {
        next = texts.next();
        let end = before + text.chars().count() as u64;
        // What ends in this text is its own, and what ends nowhere the last one's.
        let (here, later) =
            sources.into_iter().partition::<Vec<_>, _>(|s| s.end <= end || next.is_none());
        citations.extend(here.iter().map(|source| source.on_part(before)));
        (sources, before) = (later, end);
    }
}

/// Appends a piece to the parts so far.
fn gather(piece: Piece, response_id: Option<&str>, parts: &mut Vec<Part>) {
    match (piece, parts.last_mut()) {
        (Piece::Text(more), Some(Part::Text { text, .. })) => text.push_str(&more),
        (Piece::Text(text), _) => parts.push(Part::text(text)),
        (Piece::Thought(more), Some(Part::Reasoning(Reasoning { text, signature: None, .. }))) => {
            text.push_str(&more);
        }
        (Piece::Thought(text), _) => {
            parts.push(Part::Reasoning(Reasoning { text, ..Reasoning::default() }));
        }
        (
            Piece::Signature(signed),
            Some(Part::Reasoning(Reasoning {
                signature: signature @ None, redacted: None, ..
            })),
        ) => *signature = Some(signed),
        (Piece::Signature(signed), _) => parts
            .push(Part::Reasoning(Reasoning { signature: Some(signed), ..Reasoning::default() })),
        (Piece::Redacted(data), _) => {
            parts.push(Part::Reasoning(Reasoning { redacted: Some(data), ..Reasoning::default() }))
        }
        (Piece::Call { id, name, arguments }, _) => {
            let number = parts.iter().filter(|part| matches!(part, Part::ToolCall(_))).count();
            let id = id.unwrap_or_else(|| call_id::in_answer(response_id, number));
            parts.push(Part::ToolCall(ToolCall { id, name, arguments }));
        }
        (Piece::Other(value), _) => parts.push(match picture(&value) {
            Some(image) => Part::Image(image),
            None => Part::Opaque { dialect: Dialect::Gemini, value },
        }),
    }
}

/// A picture that the model made.
pub(in crate::dialect::gemini) fn picture(value: &Value) -> Option<Image> {
    let inline = reader::get(value, "inlineData")?;
    let media_type = reader::get(inline, "mimeType")?.as_str()?;
    if !media_type.starts_with("image/") {
        return None;
    }
    let base64 = standard(inline.get("data")?.as_str()?)?;
    let data = Data::Base64 { media_type: media_type.to_owned(), base64 };
    Some(Image { data, detail: None })
}
