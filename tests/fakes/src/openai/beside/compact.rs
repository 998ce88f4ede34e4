//! `POST /v1/responses/compact`.

use serde_json::{Value, json};

use super::{Answered, json as read, script, tokens};
use crate::{
    http::{Call, Desk},
    openai::check::explain,
    reject::Reject,
    script::Delivery,
    shape::Shape::{self, Any, Either, List, Struct, Text},
};

static REQUEST: Shape = Struct(
    &[("model", &Text), ("input", &Either(&[Text, List(&Any)]))],
    &[("instructions", &Text), ("prompt_cache_key", &Text), ("service_tier", &Text)],
);

/// The user's messages stay, the rest is sealed.
pub(super) fn answer(desk: &Desk, call: &Call) -> Result<(Answered, Delivery), Reject> {
    let body = read(call)?;
    REQUEST.check(&body).map_err(|wrong| explain(&wrong))?;
    let model = body.get("model").and_then(Value::as_str).unwrap_or_default();
    let items = match body.get("input") {
        Some(Value::Array(items)) => items.clone(),
        text => vec![json!({"type": "message", "role": "user", "content": text})],
    };
    let script = script(model, "")?;
    let used = tokens(&Value::from(items.clone()).to_string());
    let mut output: Vec<Value> = items
        .into_iter()
        .filter(|item| item.get("role").is_some_and(|role| role == "user"))
        .collect();
    output.push(
        json!({"id": desk.ids.hex("cmp_"), "type": "compaction", "encrypted_content": "c2VhbGVk"}),
    );
    let answer = json!({
        "id": desk.ids.hex("resp_"), "object": "response.compaction", "created_at": 1_764_000_000,
        "output": output,
        "usage": {
            "input_tokens": used, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 7,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": used + 7,
        },
    });
    let body = answer.to_string().into_bytes();
    Ok((Answered { content_type: "application/json", body }, script.delivery))
}
