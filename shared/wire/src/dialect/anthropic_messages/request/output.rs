//! What the answer should be: its shape, and how much thought goes into it. A caller's `thinking`,
//! `output_config` and `output_format` to the canonical form.

use serde_json::value::RawValue;

use crate::{
    Fault,
    canon::{Effort, Format, Request, Thinking},
    dialect::anthropic_messages::{
        block::{self, Spare},
        read::{At, Object, object, value},
    },
};

/// Name of a schema, which this dialect has none for and OpenAI's requires.
const SCHEMA: &str = "response";

/// Reads the fields into `request`.
pub(super) fn decode(
    fields: &mut Object<'_>,
    request: &mut Request,
    spare: &mut Spare,
) -> Result<(), Fault> {
    // The beta's name for `output_config.format`; the API refuses both together.
    if let Some(raw) = fields.take("output_format") {
        request.format = format(raw, &At::Field(&At::Body, "output_format"))?;
    }
    let effort = match fields.take("output_config") {
        Some(raw) => config(raw, request, spare)?,
        None => None,
    };
    request.thinking = match fields.take("thinking") {
        Some(raw) => thinking(raw, effort, spare)?,
        None => effort.map(Thinking::Effort),
    };
    Ok(())
}

fn config(
    raw: &RawValue,
    request: &mut Request,
    spare: &mut Spare,
) -> Result<Option<Effort>, Fault> {
    let at = At::Field(&At::Body, "output_config");
    let mut fields = object(raw, &at)?;
    if let Some(raw) = fields.take("format") {
        request.format = format(raw, &At::Field(&at, "format"))?;
    }
    let effort = match fields.string("effort", &at)?.as_deref() {
        None => None,
        Some("low") => Some(Effort::Low),
        Some("medium") => Some(Effort::Medium),
        Some("high") => Some(Effort::High),
        Some("xhigh" | "max") => Some(Effort::Max),
        Some(_) => {
            return Err(At::Field(&at, "effort")
                .fault("Input should be 'low', 'medium', 'high', 'xhigh' or 'max'"));
        }
    };
    block::keep_rest(fields, &at, spare)?;
    Ok(effort)
}

fn format(raw: &RawValue, at: &At<'_>) -> Result<Format, Fault> {
    let mut fields = object(raw, at)?;
    if fields.need_string("type", at)? != "json_schema" {
        return Err(At::Field(at, "type").fault("Input should be 'json_schema'"));
    }
    let raw = fields.need("schema", at)?;
    let at = At::Field(at, "schema");
    object(raw, &at)?;
    Ok(Format::JsonSchema {
        name: SCHEMA.to_owned(),
        description: None,
        schema: value(raw, &at)?,
        strict: Some(true),
    })
}

fn thinking(
    raw: &RawValue,
    effort: Option<Effort>,
    spare: &mut Spare,
) -> Result<Option<Thinking>, Fault> {
    let at = At::Field(&At::Body, "thinking");
    let mut fields = object(raw, &at)?;
    let kind = fields.need_string("type", &at)?;
    let thinking = match kind.as_str() {
        "enabled" => {
            let budget = fields.whole("budget_tokens", &at)?;
            let at = At::Field(&at, "budget_tokens");
            let budget = budget.ok_or_else(|| at.fault("Field required"))?;
            if budget < super::thinking::LEAST_BUDGET {
                return Err(at.fault("Input should be greater than or equal to 1024"));
            }
            keep_effort(effort, spare);
            Thinking::Budget(budget)
        }
        "disabled" => {
            keep_effort(effort, spare);
            Thinking::Off
        }
        "adaptive" => Thinking::Adaptive(effort),
        // `between_tools` and what comes after it: the provider knows, the canonical form does not.
        _ => {
            spare.insert(at.to_string(), value(raw, &at)?);
            return Ok(effort.map(Thinking::Effort));
        }
    };
    block::keep_rest(fields, &at, spare)?;
    Ok(Some(thinking))
}

/// An effort beside a budget, or without thinking, steers the text: only this dialect says that.
fn keep_effort(effort: Option<Effort>, spare: &mut Spare) {
    if let Some(effort) = effort {
        spare.insert("output_config.effort".into(), super::thinking::word(effort).into());
    }
}
