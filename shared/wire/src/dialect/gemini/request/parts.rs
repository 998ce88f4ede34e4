//! The parts of a caller's turn.

use serde_json::{Map, Value};

use super::{calls::Calls, decode::Kept, results};
use crate::{
    Dialect, Fault,
    canon::{Part, Reasoning, ToolCall},
    dialect::gemini::{
        media,
        reader::{At, camel, take},
        signature,
    },
};

/// Fields that stand beside a part's content and say how to look at it.
const BESIDE: [&str; 4] = ["mediaResolution", "videoMetadata", "partMetadata", "mediaProcessing"];

pub(super) fn decode(
    list: Vec<Value>,
    at: At<'_>,
    calls: &mut Calls,
    kept: &mut Kept,
) -> Result<Vec<Part>, Fault> {
    let mut parts = Vec::with_capacity(list.len());
    for (index, value) in list.into_iter().enumerate() {
        part(value, at.index(index), calls, kept, &mut parts)?;
    }
    Ok(parts)
}

fn part(
    value: Value,
    at: At<'_>,
    calls: &mut Calls,
    kept: &mut Kept,
    out: &mut Vec<Part>,
) -> Result<(), Fault> {
    if let Value::String(text) = value {
        out.push(Part::text(text));
        return Ok(());
    }
    let mut map = at.object(value)?;
    let thought = match take(&mut map, "thought") {
        Some(flag) => at.key("thought").boolean(&flag)?,
        None => false,
    };
    if let Some(signed) = take(&mut map, "thoughtSignature") {
        let signed = signature::read(&at.key("thoughtSignature").string(signed)?);
        if !thought {
            sign(signed, out);
        } else {
            let text = text(&mut map, at)?.unwrap_or_default();
            out.push(Part::Reasoning(Reasoning { text, signature: Some(signed), redacted: None }));
            return Ok(());
        }
    }
    if thought {
        let redacted = map
            .get("partMetadata")
            .or_else(|| map.get("part_metadata"))
            .and_then(|data| data.get("redactedThinking"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        let text = text(&mut map, at)?.unwrap_or_default();
        if !text.is_empty() || redacted.is_some() {
            out.push(Part::Reasoning(Reasoning { text, signature: None, redacted }));
        }
        return Ok(());
    }
    for name in BESIDE {
        if let Some(value) = take(&mut map, name) {
            kept.insert(at.key(name).to_string(), value);
        }
    }
    content(map, at, calls, kept, out)
}

/// A signature belongs to the thought before its part, where that has none yet.
fn sign(signed: String, out: &mut Vec<Part>) {
    match out.last_mut() {
        Some(Part::Reasoning(last)) if last.signature.is_none() && last.redacted.is_none() => {
            last.signature = Some(signed);
        }
        _ => {
            out.push(Part::Reasoning(Reasoning { signature: Some(signed), ..Reasoning::default() }))
        }
    }
}

fn text(map: &mut Map<String, Value>, at: At<'_>) -> Result<Option<String>, Fault> {
    take(map, "text").map(|text| at.key("text").string(text)).transpose()
}

/// The one thing that a part holds.
fn content(
    mut map: Map<String, Value>,
    at: At<'_>,
    calls: &mut Calls,
    kept: &mut Kept,
    out: &mut Vec<Part>,
) -> Result<(), Fault> {
    map.retain(|_, value| !value.is_null());
    let mut members = std::mem::take(&mut map).into_iter();
    let Some((name, value)) = members.next() else {
        // Only a signature, or nothing: an empty text, as Google's clients write it.
        return Ok(());
    };
    if members.next().is_some() {
        return Err(at.fault("it must hold exactly one of text, inlineData, functionCall..."));
    }
    let name = camel(&name);
    let here = at.key(&name);
    match name.as_str() {
        "text" => {
            let text = here.string(value)?;
            if !text.is_empty() {
                out.push(Part::text(text));
            }
        }
        "inlineData" => out.push(media::decode_inline(value, here)?),
        "fileData" => out.push(media::decode_file(value, here)?),
        "functionCall" => out.push(call(value, here, calls)?),
        "functionResponse" => out.push(results::decode(value, here, calls, kept)?),
        _ => {
            let value = Map::from_iter([(name, value)]).into();
            out.push(Part::Opaque { dialect: Dialect::Gemini, value });
        }
    }
    Ok(())
}

fn call(value: Value, at: At<'_>, calls: &mut Calls) -> Result<Part, Fault> {
    let mut map = at.object(value)?;
    let name = at.key("name").string(at.require(&mut map, "name")?)?;
    let id = take(&mut map, "id").map(|id| at.key("id").string(id)).transpose()?;
    let arguments = match take(&mut map, "args") {
        Some(args) => Value::Object(at.key("args").object(args)?).to_string(),
        None => "{}".to_owned(),
    };
    Ok(Part::ToolCall(ToolCall { id: calls.call(id, &name), name, arguments }))
}
