//! A caller's body to the canonical request.

use serde_json::Value;

use super::{
    super::field::{self, Fields},
    messages, tools,
};
use crate::{
    Dialect, Fault,
    canon::{Effort, Extras, Request, Sampling, Thinking},
};

pub(crate) fn decode(body: &[u8]) -> Result<Request, Fault> {
    let mut fields = Fields::of(field::parse(body)?, "")?;
    let model = fields.require_string("model")?;
    if model.is_empty() {
        return Err(field::missing("model"));
    }
    let (system, turns) = messages::decode(fields.require("messages")?)?;
    let mut request = Request {
        model,
        system,
        turns,
        tools: tools::decode(&mut fields)?,
        tool_choice: tools::decode_choice(&mut fields)?,
        parallel_tools: fields.boolean("parallel_tool_calls")?,
        format: tools::decode_format(&mut fields)?,
        sampling: sampling(&mut fields)?,
        max_output: max_output(&mut fields)?,
        thinking: thinking(&mut fields)?,
        n: answers(&mut fields)?,
        user: fields.string("user")?,
        metadata: fields.object("metadata")?.map(Fields::rest).unwrap_or_default(),
        service_tier: fields.string("service_tier")?,
        stream: fields.boolean("stream")?.unwrap_or(false),
        stream_usage: false,
        extras: None,
    };
    request.stream_usage = stream_usage(&mut fields)?;
    let mut rest = fields.rest();
    rest.retain(|_, value| !value.is_null());
    if !rest.is_empty() {
        request.extras = Some(Extras { dialect: Dialect::OpenAiChat, fields: rest });
    }
    Ok(request)
}

fn sampling(fields: &mut Fields) -> Result<Sampling, Fault> {
    Ok(Sampling {
        temperature: fields.number("temperature")?,
        top_p: fields.number("top_p")?,
        top_k: fields.whole("top_k", 0)?,
        stop: stop(fields)?,
        seed: fields.integer("seed")?,
        frequency_penalty: fields.number("frequency_penalty")?,
        presence_penalty: fields.number("presence_penalty")?,
    })
}

fn stop(fields: &mut Fields) -> Result<Vec<String>, Fault> {
    match fields.take("stop") {
        None => Ok(Vec::new()),
        Some(Value::String(one)) => Ok(vec![one]),
        Some(Value::Array(items)) => items
            .into_iter()
            .enumerate()
            .map(|(at, item)| field::string(item, &format!("stop[{at}]")))
            .collect(),
        Some(other) => {
            Err(field::wrong_type("stop", "one of a string or array of strings", &other))
        }
    }
}

/// The newer of the two names wins: it is the one that reasoning models know.
fn max_output(fields: &mut Fields) -> Result<Option<u64>, Fault> {
    let old = fields.whole("max_tokens", 1)?;
    Ok(fields.whole("max_completion_tokens", 1)?.or(old))
}

fn answers(fields: &mut Fields) -> Result<Option<u32>, Fault> {
    fields
        .whole("n", 1)?
        .map(|n| {
            u32::try_from(n)
                .ok()
                .filter(|n| *n <= super::super::peek::MOST_ANSWERS)
                .ok_or_else(|| super::super::peek::too_many_answers(n))
        })
        .transpose()
}

/// `reasoning_effort`, and `thinking` as LiteLLM takes it from Anthropic. A budget says more than a
/// level, so it wins.
fn thinking(fields: &mut Fields) -> Result<Option<Thinking>, Fault> {
    let level = effort(fields)?;
    let Some(mut thinking) = fields.object("thinking")? else { return Ok(level) };
    let level_of = |level: Option<Thinking>| match level {
        Some(Thinking::Effort(effort)) => Some(effort),
        _ => None,
    };
    let kind = thinking.require_string("type")?;
    match kind.as_str() {
        "enabled" => Ok(Some(match thinking.whole("budget_tokens", 0)? {
            Some(budget) => Thinking::Budget(budget),
            None => Thinking::Adaptive(level_of(level)),
        })),
        "adaptive" => Ok(Some(Thinking::Adaptive(level_of(level)))),
        "disabled" => Ok(Some(Thinking::Off)),
        other => {
            Err(field::wrong_value("thinking.type", other, &["enabled", "adaptive", "disabled"]))
        }
    }
}

fn effort(fields: &mut Fields) -> Result<Option<Thinking>, Fault> {
    const LEVELS: [&str; 6] = ["none", "minimal", "low", "medium", "high", "xhigh"];
    let word = match fields.take("reasoning_effort") {
        // LiteLLM's form for the Responses API: the level, and a summary that chat has not.
        Some(Value::Object(mut object)) => match object.remove("effort") {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => field::string(value, "reasoning_effort.effort")?,
        },
        Some(value) => field::string(value, "reasoning_effort")?,
        None => return Ok(None),
    };
    Ok(Some(Thinking::Effort(match word.as_str() {
        "none" => return Ok(Some(Thinking::Off)),
        "minimal" => Effort::Minimal,
        "low" => Effort::Low,
        "medium" => Effort::Medium,
        "high" => Effort::High,
        "xhigh" | "max" => Effort::Max,
        "default" => {
            fields.restore("reasoning_effort", Value::String(word));
            return Ok(None);
        }
        other => return Err(field::wrong_value("reasoning_effort", other, &LEVELS)),
    })))
}

/// Takes `include_usage`; further stream options stay for a provider of this dialect.
fn stream_usage(fields: &mut Fields) -> Result<bool, Fault> {
    let Some(mut options) = fields.object("stream_options")? else { return Ok(false) };
    let include = options.boolean("include_usage")?.unwrap_or(false);
    let rest = options.rest();
    if !rest.is_empty() {
        fields.restore("stream_options", Value::Object(rest));
    }
    Ok(include)
}
