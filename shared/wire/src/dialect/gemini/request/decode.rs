//! Gemini JSON to a canonical request.

use serde_json::{Map, Value};

use super::{calls::Calls, config, contents, no_model, parts, tools};
use crate::{
    Dialect, Fault,
    canon::{Extras, Part, Request},
    dialect::{
        Line,
        gemini::reader::{self, At, camel, take},
    },
};

/// Fields kept as they came, under their path.
pub(super) type Kept = Map<String, Value>;

pub(crate) fn decode(body: &[u8], line: Line<'_>) -> Result<Request, Fault> {
    let model = line.model.filter(|model| !model.is_empty()).ok_or_else(no_model)?;
    let mut map = reader::body(body)?;
    let mut kept = Kept::new();
    let mut request = Request {
        model: model.to_owned(),
        stream: line.stream.unwrap_or_default(),
        stream_usage: true,
        ..Request::default()
    };
    // It stands in the path, and the path counts.
    take(&mut map, "model");
    let at = At::root("contents");
    let turns = at.list(take(&mut map, "contents").ok_or_else(|| at.missing())?)?;
    if turns.is_empty() {
        return Err(at.missing());
    }
    request.turns = contents::decode(turns, at, &mut kept)?;
    if let Some(value) = take(&mut map, "systemInstruction") {
        request.system = system(value, &mut kept)?;
    }
    if let Some(value) = take(&mut map, "tools") {
        request.tools = tools::decode(value, &mut kept)?;
    }
    if let Some(value) = take(&mut map, "toolConfig") {
        tools::decode_config(value, &mut request, &mut kept)?;
    }
    if let Some(value) = take(&mut map, "generationConfig") {
        config::decode(value, &mut request, &mut kept)?;
    }
    if let Some(tier) = take(&mut map, "serviceTier") {
        request.service_tier = Some(At::root("serviceTier").string(tier)?.to_ascii_lowercase());
    }
    for (name, value) in map {
        if !value.is_null() {
            kept.insert(camel(&name), value);
        }
    }
    if !kept.is_empty() {
        request.extras = Some(Extras { dialect: Dialect::Gemini, fields: kept });
    }
    Ok(request)
}

/// Instructions: a `Content`, or only its text.
fn system(value: Value, kept: &mut Kept) -> Result<Vec<Part>, Fault> {
    let at = At::root("systemInstruction");
    if let Value::String(text) = value {
        return Ok(vec![Part::text(text)]);
    }
    let mut map = at.object(value)?;
    let list = at.key("parts");
    let parts = take(&mut map, "parts").unwrap_or_else(|| Value::Array(Vec::new()));
    parts::decode(list.list(parts)?, list, &mut Calls::default(), kept)
}
