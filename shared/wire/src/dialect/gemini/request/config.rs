//! `generationConfig` to sampling, limits, format and thinking.

use serde_json::{Map, Value};

use super::{decode::Kept, thinking};
use crate::{
    Fault,
    canon::{Format, Request},
    dialect::gemini::{
        reader::{At, camel, take},
        schema,
    },
};

pub(super) fn decode(value: Value, request: &mut Request, kept: &mut Kept) -> Result<(), Fault> {
    let at = At::root("generationConfig");
    let mut map = at.object(value)?;
    let sampling = &mut request.sampling;
    sampling.temperature = number(&mut map, at, "temperature", 0.0..=2.0)?;
    sampling.top_p = number(&mut map, at, "topP", 0.0..=1.0)?;
    sampling.top_k = count(&mut map, at, "topK")?.filter(|k| *k > 0);
    sampling.presence_penalty = number(&mut map, at, "presencePenalty", -2.0..=2.0)?;
    sampling.frequency_penalty = number(&mut map, at, "frequencyPenalty", -2.0..=2.0)?;
    if let Some(seed) = take(&mut map, "seed") {
        sampling.seed = Some(at.key("seed").integer(&seed)?);
    }
    if let Some(stop) = take(&mut map, "stopSequences") {
        sampling.stop = at.key("stopSequences").strings(stop)?;
    }
    let above_zero = |name: &str, found: Option<u64>| match found {
        Some(0) => Err(at.key(name).fault("it must be above zero.")),
        found => Ok(found),
    };
    let name = "maxOutputTokens";
    request.max_output = above_zero(name, count(&mut map, at, name)?)?;
    let name = "candidateCount";
    // Several answers have a place in this dialect's own answers alone.
    if let Some(several) = above_zero(name, count(&mut map, at, name)?)?.filter(|n| *n > 1) {
        kept.insert(at.key(name).to_string(), several.into());
    }
    if let Some(value) = take(&mut map, "thinkingConfig") {
        request.thinking = thinking::decode(value, at.key("thinkingConfig"), kept)?;
    }
    format(&mut map, at, request)?;
    let modalities = take(&mut map, "responseModalities");
    let only_text = |list: &Value| {
        list.as_array().is_some_and(|all| {
            all.iter().all(|one| one.as_str().is_some_and(|m| m.eq_ignore_ascii_case("text")))
        })
    };
    if let Some(list) = modalities.filter(|list| !only_text(list)) {
        kept.insert(at.key("responseModalities").to_string(), list);
    }
    for (name, value) in map {
        if !value.is_null() && value != Value::Bool(false) {
            kept.insert(at.key(&camel(&name)).to_string(), value);
        }
    }
    Ok(())
}

fn number(
    map: &mut Map<String, Value>,
    at: At<'_>,
    name: &str,
    range: std::ops::RangeInclusive<f64>,
) -> Result<Option<f64>, Fault> {
    let here = at.key(name);
    let Some(value) = take(map, name) else { return Ok(None) };
    let number = here.number(&value)?;
    if range.contains(&number) {
        Ok(Some(number))
    } else {
        Err(here.fault(format_args!("it must be from {} to {}.", range.start(), range.end())))
    }
}

fn count(map: &mut Map<String, Value>, at: At<'_>, name: &str) -> Result<Option<u64>, Fault> {
    take(map, name).map(|value| at.key(name).count(&value)).transpose()
}

/// The shape of the answer. A schema in either of its forms; other media types are kept.
fn format(map: &mut Map<String, Value>, at: At<'_>, request: &mut Request) -> Result<(), Fault> {
    let json = ["responseJsonSchema", "_responseJsonSchema"].map(|name| take(map, name));
    let open = take(map, "responseSchema");
    let media_type = match take(map, "responseMimeType") {
        Some(value) => at.key("responseMimeType").string(value)?,
        None => String::new(),
    };
    let schema = json.into_iter().flatten().next().or_else(|| open.as_ref().map(schema::plain));
    match (media_type.as_str(), schema) {
        ("" | "text/plain", None) => {}
        ("application/json", None) => request.format = Format::JsonObject,
        ("application/json", Some(schema)) => {
            let name = "response".to_owned();
            let description = None;
            request.format = Format::JsonSchema { name, description, schema, strict: None };
        }
        ("" | "text/plain", Some(_)) => {
            return Err(at
                .key("responseSchema")
                .fault("it is only for responseMimeType application/json."));
        }
        (_, schema) => {
            // An enumeration: only Google has it.
            map.insert("responseMimeType".into(), media_type.into());
            if let Some(schema) = schema {
                map.insert("responseJsonSchema".into(), schema);
            }
        }
    }
    Ok(())
}
