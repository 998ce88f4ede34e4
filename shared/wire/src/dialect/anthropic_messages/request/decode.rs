//! A caller's request to the canonical one.

use serde_json::{Value, value::RawValue};

use super::{output, tool};
use crate::{
    Dialect, Fault,
    canon::{Extras, Request, Role, Turn},
    dialect::anthropic_messages::{
        block::{self, Spare},
        read::{self, At, Object, list, object, string, value},
    },
};

const BODY: At<'static> = At::Body;

/// Reads a request.
pub(crate) fn decode(body: &[u8]) -> Result<Request, Fault> {
    let mut fields = object(read::body(body)?, &BODY)?;
    let mut spare = Spare::new();
    let model = model(&mut fields)?;
    let max_output = Some(max_tokens(&mut fields)?);
    let turns = turns(messages(&mut fields)?, &mut spare)?;

    let mut request = Request { model, turns, max_output, ..Request::default() };
    if let Some(raw) = fields.take("system") {
        request.system = block::content(raw, &At::Field(&BODY, "system"), &mut spare)?;
    }
    request.stream = stream(&mut fields)?;
    request.stream_usage = true;
    tool::decode(&mut fields, &mut request, &mut spare)?;
    sampling(&mut fields, &mut request)?;
    output::decode(&mut fields, &mut request, &mut spare)?;
    metadata(&mut fields, &mut request)?;
    request.service_tier = fields.string("service_tier", &BODY)?;

    block::keep_rest(fields, &BODY, &mut spare)?;
    if !spare.is_empty() {
        request.extras = Some(Extras { dialect: Dialect::AnthropicMessages, fields: spare });
    }
    Ok(request)
}

/// `model`.
pub(in super::super) fn model(fields: &mut Object<'_>) -> Result<String, Fault> {
    let model = fields.need_string("model", &BODY)?;
    if model.is_empty() {
        return Err(At::Field(&BODY, "model").fault("String should have at least 1 character"));
    }
    Ok(model)
}

/// `max_tokens`. Zero warms the prompt cache and generates nothing.
pub(in super::super) fn max_tokens(fields: &mut Object<'_>) -> Result<u64, Fault> {
    let raw = fields.need("max_tokens", &BODY)?;
    read::whole(raw, &At::Field(&BODY, "max_tokens"))
}

/// `stream`.
pub(in super::super) fn stream(fields: &mut Object<'_>) -> Result<bool, Fault> {
    Ok(fields.flag("stream", &BODY)?.unwrap_or(false))
}

/// `messages`, not yet read.
pub(in super::super) fn messages<'a>(fields: &mut Object<'a>) -> Result<Vec<&'a RawValue>, Fault> {
    let raw = fields.need("messages", &BODY)?;
    let at = At::Field(&BODY, "messages");
    let messages = list(raw, &at)?;
    if messages.is_empty() {
        return Err(at.fault("at least one message is required"));
    }
    for (index, raw) in messages.iter().enumerate() {
        if !raw.get().starts_with('{') {
            return Err(At::Item(&at, index).fault("Input should be an object"));
        }
    }
    Ok(messages)
}

fn turns(messages: Vec<&RawValue>, spare: &mut Spare) -> Result<Vec<Turn>, Fault> {
    let list = At::Field(&BODY, "messages");
    let last = messages.len() - 1;
    let mut turns = Vec::with_capacity(messages.len());
    for (index, raw) in messages.into_iter().enumerate() {
        let at = At::Item(&list, index);
        let mut fields = object(raw, &at)?;
        let role = match fields.need_string("role", &at)?.as_str() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            // Reminders in the middle of a conversation: models from 4.8 on take them.
            "system" => Role::System,
            _ => {
                let wrong = "Input should be 'user', 'assistant' or 'system'";
                return Err(At::Field(&at, "role").fault(wrong));
            }
        };
        let content = fields.need("content", &at)?;
        let parts = block::content(content, &At::Field(&at, "content"), spare)?;
        let empty = parts.is_empty() || content.get() == "\"\"";
        if empty && !(role == Role::Assistant && index == last) {
            return Err(At::Field(&at, "content").fault(
                "all messages must have non-empty content except for the optional final \
                 assistant message",
            ));
        }
        turns.push(Turn { role, parts, name: None });
        block::keep_rest(fields, &at, spare)?;
    }
    Ok(turns)
}

fn sampling(fields: &mut Object<'_>, request: &mut Request) -> Result<(), Fault> {
    let sampling = &mut request.sampling;
    sampling.temperature = unit(fields, "temperature")?;
    sampling.top_p = unit(fields, "top_p")?;
    sampling.top_k = fields.whole("top_k", &BODY)?;
    if let Some(raw) = fields.take("stop_sequences") {
        let at = At::Field(&BODY, "stop_sequences");
        for (index, raw) in list(raw, &at)?.into_iter().enumerate() {
            sampling.stop.push(string(raw, &At::Item(&at, index))?);
        }
    }
    Ok(())
}

fn unit(fields: &mut Object<'_>, name: &str) -> Result<Option<f64>, Fault> {
    let number = fields.number(name, &BODY)?;
    match number {
        Some(n) if n < 0.0 => {
            Err(At::Field(&BODY, name).fault("Input should be greater than or equal to 0"))
        }
        Some(n) if n > 1.0 => {
            Err(At::Field(&BODY, name).fault("Input should be less than or equal to 1"))
        }
        number => Ok(number),
    }
}

fn metadata(fields: &mut Object<'_>, request: &mut Request) -> Result<(), Fault> {
    let Some(raw) = fields.take("metadata") else { return Ok(()) };
    let at = At::Field(&BODY, "metadata");
    let mut fields = object(raw, &at)?;
    request.user = fields.string("user_id", &at)?;
    for (name, raw) in fields.rest() {
        let value = value(raw, &At::Field(&at, &name))?;
        if value != Value::Null {
            request.metadata.insert(name, value);
        }
    }
    Ok(())
}
