//! `POST /v1/moderations`.

use serde_json::{Value, json};

use super::{Answered, json as read, script};
use crate::{
    http::{Call, Desk},
    openai::check::explain,
    reject::Reject,
    script::Delivery,
    shape::Shape::{self, Any, Either, List, Struct, Text},
};

static REQUEST: Shape = Struct(&[("input", &Either(&[Text, List(&Any)]))], &[("model", &Text)]);

/// What contains `violence` is flagged.
pub(super) fn answer(desk: &Desk, call: &Call) -> Result<(Answered, Delivery), Reject> {
    let body = read(call)?;
    REQUEST.check(&body).map_err(|wrong| explain(&wrong))?;
    let model = body.get("model").and_then(Value::as_str).unwrap_or("omni-moderation-latest");
    let inputs = match body.get("input") {
        Some(Value::Array(items)) => items.clone(),
        other => vec![other.cloned().unwrap_or_default()],
    };
    let script = script(model, inputs.first().and_then(Value::as_str).unwrap_or_default())?;
    let results: Vec<Value> = inputs
        .iter()
        .map(|input| {
            let flagged = input.to_string().contains("violence");
            json!({
                "flagged": flagged,
                "categories": {"violence": flagged, "hate": false},
                "category_scores": {"violence": if flagged { 0.9 } else { 0.01 }, "hate": 0.01},
                "category_applied_input_types": {"violence": ["text"], "hate": ["text"]},
            })
        })
        .collect();
    let answer = json!({"id": desk.ids.hex("modr-"), "model": model, "results": results});
    let body = answer.to_string().into_bytes();
    Ok((Answered { content_type: "application/json", body }, script.delivery))
}
