//! A provider's body to the canonical answer.

use serde_json::{Map, Value};

use super::super::{
    annotation, error,
    finish::{self, Seen},
    output, seal, usage,
};
use crate::{
    Dialect, Fault, FaultKind,
    canon::{Part, Response, ToolCall},
};

pub(crate) fn decode(body: &[u8]) -> Result<Response, Fault> {
    let value: Value = serde_json::from_slice(body).map_err(|error| invalid(&error.to_string()))?;
    if value.get("status").is_some_and(|status| status == "failed") {
        return Err(error::failed(&value));
    }
    let Value::Object(mut fields) = value else { return Err(invalid("not an object")) };
    let Some(Value::Array(output)) = fields.shift_remove("output") else {
        if fields.get("error").is_some_and(|error| !error.is_null()) {
            // Some servers answer 200 with an error inside.
            return Err(error::decode_event(body));
        }
        return Err(invalid("no output"));
    };
    let mut parts = Vec::new();
    for item in output {
        read(item, &mut parts)?;
    }
    let seen = Seen {
        calls: parts.iter().any(is_call),
        refusal: parts.iter().any(|part| matches!(part, Part::Refusal(_))),
    };
    let text = |value: Option<Value>| match value {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    };
    let status = text(fields.shift_remove("status")).unwrap_or_else(|| "completed".to_owned());
    let finish = finish::decode(&status, fields.get("incomplete_details"), seen);
    Ok(Response {
        id: text(fields.shift_remove("id")),
        model: text(fields.shift_remove("model")),
        parts,
        finish,
        stop_sequence: None,
        usage: fields
            .get("usage")
            .and_then(|usage| usage::decode(usage.into()))
            .map(|usage| usage.served(fields.get("service_tier"))),
        extras: fields
            .shift_remove("service_tier")
            .filter(Value::is_string)
            .map(|tier| Map::from_iter([("service_tier".to_owned(), tier)]))
            .unwrap_or_default(),
    })
}

/// A call that the caller must answer.
fn is_call(part: &Part) -> bool {
    match part {
        Part::ToolCall(_) => true,
        Part::Opaque { value, .. } => output::is_custom_call(value),
        _ => false,
    }
}

fn invalid(detail: &str) -> Fault {
    Fault::new(FaultKind::Upstream, "The provider sent an answer that is not valid.")
        .with_detail(format!("response: {detail}"))
}

fn read(mut item: Value, parts: &mut Vec<Part>) -> Result<(), Fault> {
    let word = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    match word("type").as_deref() {
        Some("message") => {
            if let Some(Value::Array(content)) = item.get_mut("content").map(Value::take) {
                parts.extend(content.into_iter().map(said));
            }
        }
        Some("function_call") => {
            let name = word("name").filter(|name| !name.is_empty());
            let name = name.ok_or_else(|| invalid("a function call without a name"))?;
            parts.push(Part::ToolCall(ToolCall {
                id: word("call_id").or_else(|| word("id")).unwrap_or_default(),
                name,
                arguments: word("arguments").unwrap_or_default(),
            }));
        }
        Some("reasoning") => parts.push(reasoning(&item)),
        Some(_) => parts.push(match output::pictured(&item) {
            Some(image) => Part::Image(image),
            None => Part::Opaque { dialect: Dialect::OpenAiResponses, value: item },
        }),
        None => return Err(invalid("an item without a type")),
    }
    Ok(())
}

/// A part of a message.
fn said(mut part: Value) -> Part {
    match part.get("type").and_then(Value::as_str) {
        Some("output_text") => text_part(&mut part),
        Some("refusal") => Part::Refusal(
            part.get("refusal").and_then(Value::as_str).unwrap_or_default().to_owned(),
        ),
        _ => Part::Opaque { dialect: Dialect::OpenAiResponses, value: part },
    }
}

/// A part of a message that is text.
fn text_part(part: &mut Value) -> Part {
    let text = part.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    let citations = match part.get_mut("annotations").map(Value::take) {
        Some(Value::Array(all)) => all.into_iter().map(annotation::decode).collect(),
        _ => Vec::new(),
    };
    Part::Text { text, citations }
}

/// A reasoning item. What it shows in full says more than its summary.
pub(in super::super) fn reasoning(item: &Value) -> Part {
    let texts = |name: &str| {
        let all = item.get(name).and_then(Value::as_array).into_iter().flatten();
        let texts: Vec<&str> = all.filter_map(|part| part.get("text")?.as_str()).collect();
        texts.join("\n\n")
    };
    let content = texts("content");
    let shown = if content.is_empty() { texts("summary") } else { content };
    let word = |name: &str| item.get(name).and_then(Value::as_str);
    match word("encrypted_content") {
        Some(sealed) => seal::open(word("id").unwrap_or_default(), sealed, shown),
        None => seal::plain(shown),
    }
}
