//! Anthropic: `POST /v1/messages` and `/v1/messages/count_tokens`, versions 2023-06-01 and
//! 2026-10-21 (Anthropic API reference, "Messages", "Streaming Messages", "Errors", "Versions").

mod check;
mod read;
mod shape;
mod write;

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    ask::Ask,
    delivery::{self, Body},
    http::{Call, Desk, Reply, reply, with},
    ids::Ids,
    reject::Reject,
    script::{Content, Delivery, Script},
};
use check::{Edition, invalid};

/// Checks a body as version 2023-06-01 does, for whoever serves it under another route.
pub(crate) fn examine(body: &Value, beta: bool) -> Result<(), Reject> {
    check::check(body, Edition { latest: false, beta })
}

/// What a body that passed the check asks for.
pub(crate) fn ask(body: &Value) -> Ask {
    read::read(body)
}

/// The body of a whole answer.
pub(crate) fn whole(ask: &Ask, answer: &Answer, ids: &Ids) -> Bytes {
    write::whole(ask, answer, ids)
}

/// The events of a streamed answer, without pings.
pub(crate) fn events(ask: &Ask, answer: &Answer, ids: &Ids) -> Vec<Value> {
    let frames = write::streamed(ask, answer, ids);
    let data = frames.all.iter().filter_map(|frame| {
        let text = std::str::from_utf8(frame).ok()?;
        serde_json::from_str::<Value>(text.split_once("data: ")?.1.trim()).ok()
    });
    data.filter(|event| event.get("type") != Some(&json!("ping"))).collect()
}

/// Answers one request.
pub(crate) async fn answer(desk: &Desk, call: Call) -> Reply {
    let (body, script) = match receive(&call) {
        Ok(received) => received,
        Err(reject) => return Ok(refuse(desk, &call, &reject)),
    };
    delivery::begin(script.delivery).await?;
    let ask = read::read(&body);
    let answer = Answer::to(&ask, &script);
    let mut headers = headers(desk);
    if call.path.ends_with("/count_tokens") {
        headers.push(("content-type", "application/json".to_owned()));
        let count = json!({"input_tokens": answer.usage.input()});
        let body = delivery::whole(count.to_string().into(), Delivery::Steady, call.slot);
        return Ok(with(200, &headers, body));
    }
    if body.get("stream") == Some(&Value::Bool(true)) {
        headers.push(("content-type", "text/event-stream; charset=utf-8".to_owned()));
        headers.push(("cache-control", "no-cache".to_owned()));
        let frames = write::streamed(&ask, &answer, &desk.ids);
        let body = delivery::streamed(frames, script.delivery, call.slot);
        return Ok(with(200, &headers, body));
    }
    headers.push(("content-type", "application/json".to_owned()));
    let whole = write::whole(&ask, &answer, &desk.ids);
    if script.delivery != Delivery::Cut {
        headers.push(("content-length", whole.len().to_string()));
    }
    Ok(with(200, &headers, delivery::whole(whole, script.delivery, call.slot)))
}

fn receive(call: &Call) -> Result<(Value, Script), Reject> {
    let counts = call.path == "/v1/messages/count_tokens";
    if call.path != "/v1/messages" && !counts {
        return Err(Reject::new(404, "not_found_error", "Not Found"));
    }
    if call.method != http::Method::POST {
        return Err(Reject::new(405, "invalid_request_error", "Method Not Allowed"));
    }
    let bearer = call.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    match call.header("x-api-key").or(bearer) {
        None | Some("") => {
            return Err(Reject::new(401, "authentication_error", "x-api-key header is required"));
        }
        Some(key) if key.contains("wrong") => {
            return Err(Reject::new(401, "authentication_error", "invalid x-api-key"));
        }
        Some(_) => {}
    }
    match call.header("anthropic-version") {
        None => return Err(invalid("anthropic-version: header is required")),
        Some("2026-10-21" | "2023-06-01" | "2023-01-01") => {}
        Some(other) => {
            let message = format!("anthropic-version: \"{other}\" is not a valid version");
            return Err(invalid(message));
        }
    }
    if !call.is_json() {
        return Err(invalid("Content-Type header must be application/json"));
    }
    let mut body: Value = serde_json::from_slice(&call.body)
        .map_err(|_| invalid("The request body is not valid JSON: it could not be parsed"))?;
    if counts && let Some(map) = body.as_object_mut() {
        map.entry("max_tokens").or_insert(json!(4096));
    }
    let beta = call.query.contains("beta=true") || call.header("anthropic-beta").is_some();
    let latest = call.header("anthropic-version") == Some("2026-10-21");
    check::check(&body, Edition { latest, beta })?;
    let ask = read::read(&body);
    let script = Script::read(&ask.model, &ask.prompt);
    match script.content {
        Content::Fail(status) => Err(failure(status)),
        Content::TooLong => Err(invalid("prompt is too long: 210032 tokens > 200000 maximum")),
        _ => Ok((body, script)),
    }
}

/// The error of a status, as Anthropic words it.
fn failure(status: u16) -> Reject {
    match status {
        401 => Reject::new(401, "authentication_error", "invalid x-api-key"),
        402 => Reject::new(402, "billing_error", "Your credit balance is too low."),
        403 => Reject::new(
            403,
            "permission_error",
            "Your API key does not have permission to use the specified resource.",
        ),
        404 => Reject::new(404, "not_found_error", "model: fake"),
        413 => Reject::new(413, "request_too_large", "Request exceeds the maximum size"),
        429 => Reject::new(
            429,
            "rate_limit_error",
            "This request would exceed your organization's rate limit of 50 requests per minute.",
        )
        .retry_after(2),
        529 => Reject::new(529, "overloaded_error", "Overloaded"),
        504 => Reject::new(504, "timeout_error", "Request timed out"),
        400..=499 => invalid("The request is not acceptable.").status(status),
        _ => Reject::new(status, "api_error", "Internal server error"),
    }
}

fn refuse(desk: &Desk, call: &Call, reject: &Reject) -> Response<Body> {
    call.slot.refuse(&reject.message);
    let mut headers = headers(desk);
    let body = json!({
        "type": "error",
        "error": {"type": reject.kind, "message": reject.message},
        "request_id": headers.first().map(|(_, id)| id.clone()),
    });
    headers.push(("content-type", "application/json".to_owned()));
    headers.push(("x-should-retry", (reject.status >= 429).to_string()));
    if let Some(seconds) = reject.retry_after {
        headers.push(("retry-after", seconds.to_string()));
    }
    reply(reject.status, &headers, body.to_string())
}

/// The request id comes first.
fn headers(desk: &Desk) -> Vec<(&'static str, String)> {
    vec![
        ("request-id", desk.ids.letters("req_01", 22)),
        ("anthropic-organization-id", "5d1e8f3c-0b1a-4c2d-9e3f-fa4e00000000".to_owned()),
        ("anthropic-ratelimit-requests-limit", "4000".to_owned()),
        ("anthropic-ratelimit-requests-remaining", "3999".to_owned()),
        ("anthropic-ratelimit-requests-reset", "2026-01-01T00:00:01Z".to_owned()),
        ("anthropic-ratelimit-tokens-limit", "480000".to_owned()),
        ("anthropic-ratelimit-tokens-remaining", "479000".to_owned()),
        ("anthropic-ratelimit-tokens-reset", "2026-01-01T00:00:01Z".to_owned()),
    ]
}
