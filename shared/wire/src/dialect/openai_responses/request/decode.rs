//! A caller's body to the canonical request.

use super::{input, settings, tools};
use crate::{
    Dialect, Fault,
    canon::{Extras, Part, Request, Sampling},
    dialect::openai_chat::field::{self, Fields},
};

pub(crate) fn decode(body: &[u8]) -> Result<Request, Fault> {
    let mut fields = Fields::of(field::parse(body)?, "")?;
    let model = fields.require_string("model")?;
    if model.is_empty() {
        return Err(field::missing("model"));
    }
    let instructions = fields.string("instructions")?.map(Part::text);
    let mut talk = input::Conversation::default();
    match fields.take("input") {
        Some(value) => talk.read(value)?,
        None if fields.has("prompt") || fields.has("previous_response_id") => {}
        None => return Err(field::missing("input")),
    }
    let (mut system, turns) = talk.into_parts();
    system.splice(0..0, instructions);
    let tools = tools::decode(&mut fields)?;
    let tool_choice = tools::decode_choice(&mut fields)?;
    let mut request = Request {
        model,
        system,
        turns,
        tools,
        tool_choice,
        parallel_tools: fields.boolean("parallel_tool_calls")?,
        format: settings::decode_format(&mut fields)?,
        sampling: Sampling {
            temperature: fields.number("temperature")?,
            top_p: fields.number("top_p")?,
            ..Sampling::default()
        },
        max_output: fields.whole("max_output_tokens", 1)?,
        thinking: settings::decode_thinking(&mut fields)?,
        n: None,
        user: fields.string("user")?,
        metadata: fields.object("metadata")?.map(Fields::rest).unwrap_or_default(),
        service_tier: fields.string("service_tier")?,
        stream: fields.boolean("stream")?.unwrap_or(false),
        stream_usage: true,
        extras: None,
    };
    let mut rest = fields.rest();
    rest.retain(|name, value| !value.is_null() && !settings::says_nothing(name, value));
    if !rest.is_empty() {
        request.extras = Some(Extras { dialect: Dialect::OpenAiResponses, fields: rest });
    }
    Ok(request)
}
