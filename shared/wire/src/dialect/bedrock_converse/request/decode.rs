//! Converse JSON to a canonical request.

use serde_json::{Map, Value};

use super::{fields, format, needs_messages, no_model, tools};
use crate::{
    Dialect, Fault,
    canon::{Extras, Request, Role, Sampling, Turn},
    dialect::{
        Line,
        bedrock_converse::{
            content,
            reader::{self, At, take},
        },
    },
};

pub(crate) fn decode(body: &[u8], line: Line<'_>) -> Result<Request, Fault> {
    let model = line.model.filter(|model| !model.is_empty()).ok_or_else(no_model)?;
    let mut map = reader::body(body)?;
    let mut request = Request {
        model: model.to_owned(),
        stream: line.stream.unwrap_or_default(),
        stream_usage: true,
        ..Request::default()
    };
    request.turns = turns(&mut map, model)?;
    if let Some(system) = take(&mut map, "system") {
        request.system = content::decode_list(system, At::root("system"))?;
    }
    if let Some(config) = take(&mut map, "inferenceConfig") {
        let (sampling, max_output) = inference(config)?;
        request.sampling = sampling;
        request.max_output = max_output;
    }
    if let Some(config) = take(&mut map, "toolConfig") {
        (request.tools, request.tool_choice) = tools::decode(config)?;
    }
    if let Some(metadata) = take(&mut map, "requestMetadata") {
        request.metadata = metadata_of(metadata)?;
    }
    if let Some(tier) = take(&mut map, "serviceTier") {
        let at = At::root("serviceTier");
        let kind = at.require(&mut at.object(tier)?, "type")?;
        request.service_tier = Some(at.key("type").string(kind)?);
    }
    let effort = format::decode(&mut map, &mut request)?;
    fields::decode(&mut map, effort, &mut request);
    map.retain(|_, value| !value.is_null());
    if !map.is_empty() {
        request.extras = Some(Extras { dialect: Dialect::BedrockConverse, fields: map });
    }
    Ok(request)
}

fn turns(map: &mut Map<String, Value>, model: &str) -> Result<Vec<Turn>, Fault> {
    let at = At::root("messages");
    let Some(value) = take(map, "messages") else {
        return if needs_messages(model) { Err(at.missing()) } else { Ok(Vec::new()) };
    };
    let list = at.list(value)?;
    if list.is_empty() && needs_messages(model) {
        return Err(at.fault("Member must have length greater than or equal to 1"));
    }
    list.into_iter().enumerate().map(|(index, value)| turn(value, at.index(index))).collect()
}

fn turn(value: Value, at: At<'_>) -> Result<Turn, Fault> {
    let mut map = at.object(value)?;
    let role = at.key("role");
    let role = match role.string(at.require(&mut map, "role")?)?.as_str() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" => Role::System,
        _ => {
            let constraint = "Member must satisfy enum value set: [user, assistant, system]";
            return Err(role.fault(constraint));
        }
    };
    let parts = content::decode_list(at.require(&mut map, "content")?, at.key("content"))?;
    Ok(Turn { role, parts, name: None })
}

fn inference(config: Value) -> Result<(Sampling, Option<u64>), Fault> {
    let at = At::root("inferenceConfig");
    let mut map = at.object(config)?;
    let mut sampling = Sampling::default();
    let max_output = match take(&mut map, "maxTokens") {
        Some(value) => match at.key("maxTokens").integer(&value)? {
            0 => {
                let constraint = "Member must have value greater than or equal to 1";
                return Err(at.key("maxTokens").fault(constraint));
            }
            cap => Some(cap),
        },
        None => None,
    };
    sampling.temperature = fraction(&mut map, at, "temperature")?;
    sampling.top_p = fraction(&mut map, at, "topP")?;
    if let Some(value) = take(&mut map, "stopSequences") {
        let at = at.key("stopSequences");
        sampling.stop = at
            .list(value)?
            .into_iter()
            .enumerate()
            .map(|(index, value)| at.index(index).string(value))
            .collect::<Result<_, _>>()?;
    }
    Ok((sampling, max_output))
}

/// A number from 0 to 1.
fn fraction(map: &mut Map<String, Value>, at: At<'_>, key: &str) -> Result<Option<f64>, Fault> {
    let at = at.key(key);
    match take(map, key) {
        None => Ok(None),
        Some(value) => {
            let number = at.number(&value)?;
            if (0.0..=1.0).contains(&number) {
                Ok(Some(number))
            } else {
                Err(at.fault("Member must have value between 0 and 1"))
            }
        }
    }
}

fn metadata_of(value: Value) -> Result<Map<String, Value>, Fault> {
    let at = At::root("requestMetadata");
    let map = at.object(value)?;
    match map.iter().find(|(_, value)| !value.is_string()) {
        Some((key, _)) => Err(at.key(key).fault("Member must be a string")),
        None => Ok(map),
    }
}
