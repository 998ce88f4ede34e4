//! The canonical answer to a caller's body.

use serde_json::{Map, Value, json};

use crate::{
    Dialect, Stamp,
    canon::{Part, Reasoning, Response, ToolCall},
    dialect::gemini::{finish, grounding::Grounding, media, request::arguments, signature, usage},
};

/// Fields of Gemini's own that are written back, and whether they are the candidate's.
const OWN_FIELDS: [(&str, bool); 8] = [
    ("promptFeedback", false),
    ("groundingMetadata", true),
    ("citationMetadata", true),
    ("urlContextMetadata", true),
    ("safetyRatings", true),
    ("avgLogprobs", true),
    ("logprobsResult", true),
    ("finishMessage", true),
];

/// Whether a field of an answer's extras is written back.
pub(in crate::dialect) fn keeps(name: &str) -> bool {
    OWN_FIELDS.iter().any(|(known, _)| *known == name)
}

pub(crate) fn encode(response: &Response, stamp: &Stamp) -> Vec<u8> {
    let mut written = Written::default();
    let mut grounding = Grounding::default();
    for piece in &response.parts {
        part(piece, &mut written);
        if let Part::Text { text, citations } = piece {
            let number = written.parts.len().saturating_sub(1);
            citations.iter().for_each(|cited| grounding.cite(cited, text, number, 0));
        }
    }
    written.settle();
    let mut candidate = Map::new();
    candidate.insert("content".into(), json!({"parts": written.parts, "role": "model"}));
    candidate.insert("finishReason".into(), finish::encode(&response.finish).into());
    candidate.insert("index".into(), 0.into());
    let mut out = Map::new();
    let mut own = Map::new();
    for (name, inside) in OWN_FIELDS {
        if let Some(value) = response.extras.get(name) {
            let into = if inside { &mut candidate } else { &mut own };
            into.insert(name.to_owned(), value.clone());
        }
    }
    if let Some(told) = grounding.into_value() {
        candidate.entry("groundingMetadata").or_insert(told);
    }
    out.insert("candidates".into(), Value::Array(vec![candidate.into()]));
    out.append(&mut own);
    if let Some(used) = &response.usage {
        out.insert("usageMetadata".into(), usage::encode(used));
    }
    out.insert("modelVersion".into(), stamp.model.as_str().into());
    out.insert("responseId".into(), stamp.id.as_str().into());
    Value::Object(out).to_string().into_bytes()
}

/// Parts as they are written, and a signature that waits for the part it belongs on.
#[derive(Debug, Default)]
pub(in crate::dialect::gemini) struct Written {
    pub(in crate::dialect::gemini) parts: Vec<Value>,
    pending: Option<String>,
}

/// Writes a part.
pub(in crate::dialect::gemini) fn part(part: &Part, out: &mut Written) {
    match part {
        Part::Text { text, .. } | Part::Refusal(text) => {
            if !text.is_empty() {
                out.push(json!({"text": text}));
            }
        }
        Part::Reasoning(reasoning) => out.reasoning(reasoning),
        Part::ToolCall(ToolCall { id, name, arguments: text }) => {
            // What a model wrote that is no object is handed on inside of one.
            let (Ok(args) | Err(args)) = arguments(text);
            out.push(json!({"functionCall": {"id": id, "name": name, "args": args}}));
        }
        Part::Image(image) => {
            if let Some(part) = media::encode(&image.data) {
                out.push(part);
            }
        }
        Part::Document(document) => {
            if let Some(part) = media::encode(&document.data) {
                out.push(part);
            }
        }
        Part::Opaque { dialect: Dialect::Gemini, value } => out.push(value.clone()),
        Part::Opaque { .. } | Part::SearchResult(_) | Part::ToolResult(_) | Part::CachePoint(_) => {
        }
    }
}

// === impl Written ===

impl Written {
    /// Appends a part, signed where a signature waits for it.
    pub(in crate::dialect::gemini) fn push(&mut self, mut part: Value) {
        if let (Some(signed), Some(fields)) = (self.pending.take(), part.as_object_mut()) {
            fields.insert("thoughtSignature".into(), signature::write(&signed).into());
        }
        self.parts.push(part);
    }

    /// Appends a thought. Its signature goes onto what follows; encrypted thoughts have no word of
    /// their own and stand in the part's metadata, which clients hand back.
    pub(in crate::dialect::gemini) fn reasoning(&mut self, reasoning: &Reasoning) {
        self.settle();
        if !reasoning.text.is_empty() {
            self.parts.push(json!({"text": reasoning.text, "thought": true}));
        }
        if let Some(data) = &reasoning.redacted {
            let metadata = json!({"redactedThinking": data});
            self.parts.push(json!({"text": "", "thought": true, "partMetadata": metadata}));
        }
        self.sign(reasoning.signature.clone());
    }

    /// A signature that waits for the next part.
    pub(in crate::dialect::gemini) fn sign(&mut self, signed: Option<String>) {
        self.pending = signed.filter(|signed| !signed.is_empty());
    }

    /// Writes a signature for which no part is left: on an empty text, as the API does, or on an
    /// empty thought where another thought follows.
    pub(in crate::dialect::gemini) fn settle(&mut self) {
        if self.pending.is_some() {
            self.push(json!({"text": ""}));
        }
    }
}
