//! `POST /model/{id}/count-tokens` (Bedrock Runtime API reference, "CountTokens").

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{check, check::invalid, read};
use crate::{answer::tokens, anthropic, reject::Reject};

/// The count of a body: a fixed share of the characters of what it would send.
pub(super) fn count(model: &str, body: &Value) -> Result<Value, Reject> {
    if !model.contains("claude") {
        return Err(invalid("The provided model doesn't support counting tokens."));
    }
    if ["us.", "eu.", "apac.", "global."].iter().any(|area| model.starts_with(area)) {
        return Err(invalid("The provided model identifier is invalid."));
    }
    let input = body.get("input").and_then(Value::as_object);
    let Some(input) = input.filter(|input| input.len() == 1) else {
        return Err(invalid("The union at input must have exactly one member set."));
    };
    let length = if let Some(converse) = input.get("converse") {
        let known = ["messages", "system", "toolConfig", "additionalModelRequestFields"];
        let fields = converse.as_object().into_iter().flatten();
        if let Some((key, _)) = fields.into_iter().find(|(key, _)| !known.contains(&key.as_str())) {
            return Err(invalid(format!(
                "extraneous key [{key}] is not permitted at input.converse"
            )));
        }
        check::check(converse)?;
        read::read(model, converse).length
    } else if let Some(body) = input.get("invokeModel").and_then(|invoke| invoke.get("body")) {
        let bytes = body.as_str().and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
        let mut body: Value = serde_json::from_slice(&bytes).map_err(|_| {
            invalid("Malformed input request, please reformat your input and try again.")
        })?;
        super::invoke::claude(model, &mut body)?;
        anthropic::ask(&body).length
    } else {
        return Err(invalid("The union at input has no member that is known."));
    };
    Ok(json!({"inputTokens": tokens(&"x".repeat(length)).max(1)}))
}
