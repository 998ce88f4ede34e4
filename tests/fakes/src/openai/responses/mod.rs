//! OpenAI: `POST /v1/responses` (OpenAI API reference, "Responses").

mod check;
mod memory;
mod read;
mod shape;
mod write;

use serde_json::Value;

use super::{authenticated, headers, refuse, scripted};
use crate::{
    answer::Answer,
    delivery,
    http::{Call, Desk, Reply, with},
    reject::Reject,
    script::{Delivery, Script},
};
use write::Manner;

pub(crate) use memory::Memory;

pub(super) const PATH: &str = "/v1/responses";

/// Answers one request.
pub(super) async fn answer(desk: &Desk, call: Call) -> Reply {
    let (body, items, script) = match receive(desk, &call) {
        Ok(received) => received,
        Err(reject) => return Ok(refuse(desk, &call, &reject)),
    };
    delivery::begin(script.delivery).await?;
    let ask = read::read(&body, &items);
    let manner = Manner::of(&body);
    let answer = Answer::to(&ask, &script);
    let written = write::written(&body, &answer, &desk.ids, manner);
    if body.get("store") != Some(&Value::Bool(false)) {
        desk.memory.keep(items, &written.response);
    }
    let mut headers = headers(desk);
    if body.get("stream") == Some(&Value::Bool(true)) {
        headers.push(("content-type", "text/event-stream; charset=utf-8".to_owned()));
        let body = delivery::streamed(written.frames(), script.delivery, call.slot);
        return Ok(with(200, &headers, body));
    }
    headers.push(("content-type", "application/json".to_owned()));
    let whole = bytes::Bytes::from(written.response.to_string());
    headers.push(("content-length", whole.len().to_string()));
    if script.delivery == Delivery::Cut {
        headers.pop();
    }
    Ok(with(200, &headers, delivery::whole(whole, script.delivery, call.slot)))
}

/// The body, the whole conversation that it means, and what its prompt orders.
fn receive(desk: &Desk, call: &Call) -> Result<(Value, Vec<Value>, Script), Reject> {
    let body = authenticated(call)?;
    check::shape(&body)?;
    let mut items = match body.get("previous_response_id").and_then(Value::as_str) {
        Some(id) => desk.memory.conversation(id)?,
        None => Vec::new(),
    };
    items.extend(read::items(&body));
    check::conversation(&items, &desk.memory)?;
    let ask = read::read(&body, &items);
    let script = scripted(&ask, "input")?;
    Ok((body, items, script))
}
