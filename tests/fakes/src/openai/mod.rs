//! OpenAI: `POST /v1/chat/completions` (OpenAI API reference, "Chat"; errors from the guide
//! "Error codes"), and beside it `/v1/responses`; at Azure, too.

mod azure;
pub(crate) mod beside;
pub(crate) mod check;
pub(crate) mod read;
pub(crate) mod responses;
mod shape;
pub(crate) mod write;

use http::Response;
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    ask::Ask,
    delivery::{self, Body},
    http::{Call, Desk, Reply, reply, with},
    reject::Reject,
    script::{Content, Delivery, Script},
};
use check::invalid;
use write::Manner;

const PATH: &str = "/v1/chat/completions";

/// Answers one request.
pub(crate) async fn answer(desk: &Desk, mut call: Call) -> Reply {
    if let Err(reject) = azure::plain(&mut call) {
        return Ok(refuse(desk, &call, &reject));
    }
    if let Some(reply) = beside::answer(desk, &call).await {
        return reply;
    }
    if call.path == responses::PATH {
        return responses::answer(desk, call).await;
    }
    let (body, script) = match receive(&call) {
        Ok(received) => received,
        Err(reject) => return Ok(refuse(desk, &call, &reject)),
    };
    delivery::begin(script.delivery).await?;
    let ask = read::read(&body);
    let manner = Manner {
        shows_thoughts: ask.model.starts_with("deepseek"),
        stream_usage: body.pointer("/stream_options/include_usage") == Some(&Value::Bool(true)),
        choices: body.get("n").and_then(Value::as_u64).unwrap_or(1).clamp(1, 8),
    };
    let answer = Answer::to(&ask, &script);
    let mut headers = headers(desk);
    if body.get("stream") == Some(&Value::Bool(true)) {
        headers.push(("content-type", "text/event-stream; charset=utf-8".to_owned()));
        let frames = write::streamed(&ask, &answer, &desk.ids, manner);
        let body = delivery::streamed(frames, script.delivery, call.slot);
        return Ok(with(200, &headers, body));
    }
    headers.push(("content-type", "application/json".to_owned()));
    let whole = write::whole(&ask, &answer, &desk.ids, manner);
    headers.push(("content-length", whole.len().to_string()));
    if script.delivery == Delivery::Cut {
        headers.pop();
    }
    Ok(with(200, &headers, delivery::whole(whole, script.delivery, call.slot)))
}

fn receive(call: &Call) -> Result<(Value, Script), Reject> {
    if call.path != PATH {
        let message = format!("Invalid URL ({} {})", call.method, call.path);
        return Err(Reject::new(404, "invalid_request_error", message));
    }
    let body = authenticated(call)?;
    check::check(&body)?;
    let script = scripted(&read::read(&body), "messages")?;
    Ok((body, script))
}

/// The body of a request that comes with a key and names a model.
fn authenticated(call: &Call) -> Result<Value, Reject> {
    if call.method != http::Method::POST {
        let message = format!(
            "Not allowed to {} on {}. (HINT: Perhaps you meant to use a different HTTP method?)",
            call.method, call.path
        );
        return Err(Reject::new(405, "invalid_request_error", message));
    }
    authenticate(call)?;
    if !call.is_json() {
        let message = format!(
            "Unsupported content type: '{}'. This API method only accepts 'application/json' \
             requests, but you specified the header 'Content-Type: {0}'.",
            call.header("content-type").unwrap_or_default()
        );
        return Err(invalid(message).code("unsupported_content_type"));
    }
    let body: Value = serde_json::from_slice(&call.body).map_err(|_| {
        invalid(
            "We could not parse the JSON body of your request. (HINT: This likely means you \
             aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but \
             what was sent was not valid JSON.)",
        )
    })?;
    if body.get("model").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(invalid("you must provide a model parameter"));
    }
    Ok(body)
}

/// What the prompt orders, where that is an answer; `param` holds the prompt.
fn scripted(ask: &Ask, param: &'static str) -> Result<Script, Reject> {
    let script = Script::read(&ask.model, &ask.prompt);
    match script.content {
        Content::Fail(status) => Err(failure(status)),
        Content::TooLong => {
            let message = "This model's maximum context length is 128000 tokens. However, your \
                           messages resulted in 190032 tokens. Please reduce the length of the \
                           messages.";
            Err(invalid(message).code("context_length_exceeded").param(param))
        }
        _ => Ok(script),
    }
}

fn authenticate(call: &Call) -> Result<(), Reject> {
    let key = call.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    match key {
        None | Some("") => {
            let message = "You didn't provide an API key. You need to provide your API key in an \
                           Authorization header using Bearer auth (i.e. Authorization: Bearer \
                           YOUR_KEY), or as the password field (with blank username) if you're \
                           accessing the API from your browser and are prompted for a username \
                           and password.";
            Err(Reject::new(401, "invalid_request_error", message))
        }
        Some(key) if key.contains("wrong") => {
            let shown: String = key.chars().take(8).collect();
            let message = format!(
                "Incorrect API key provided: {shown}****. You can find your API key at \
                 https://platform.openai.com/account/api-keys."
            );
            Err(Reject::new(401, "invalid_request_error", message).code("invalid_api_key"))
        }
        Some(_) => Ok(()),
    }
}

/// The error of a status, as OpenAI words it.
pub(crate) fn failure(status: u16) -> Reject {
    match status {
        429 => Reject::new(
            429,
            "requests",
            "Rate limit reached for gpt-4o in organization org-fake on requests per min (RPM): \
             Limit 500, Used 500, Requested 1. Please try again in 2s.",
        )
        .code("rate_limit_exceeded")
        .retry_after(2),
        401 => Reject::new(401, "invalid_request_error", "Incorrect API key provided: sk-f****.")
            .code("invalid_api_key"),
        403 => Reject::new(
            403,
            "invalid_request_error",
            "Project `proj_fake` does not have access to this model.",
        )
        .code("model_not_found"),
        404 => Reject::new(
            404,
            "invalid_request_error",
            "The model `fake` does not exist or you do not have access to it.",
        )
        .code("model_not_found"),
        400..=499 => Reject::new(status, "invalid_request_error", "The request is not acceptable."),
        503 => Reject::new(
            503,
            "service_unavailable",
            "The server is currently overloaded with other requests. Sorry about that!",
        ),
        _ => Reject::new(
            status,
            "server_error",
            "The server had an error while processing your request. Sorry about that!",
        ),
    }
}

fn refuse(desk: &Desk, call: &Call, reject: &Reject) -> Response<Body> {
    call.slot.refuse(&reject.message);
    let body = json!({"error": {
        "message": reject.message, "type": reject.kind, "param": reject.param, "code": reject.code,
    }});
    let mut headers = headers(desk);
    headers.push(("content-type", "application/json; charset=utf-8".to_owned()));
    if let Some(seconds) = reject.retry_after {
        headers.push(("retry-after", seconds.to_string()));
        headers.push(("retry-after-ms", (seconds * 1000).to_string()));
    }
    reply(reject.status, &headers, body.to_string())
}

fn headers(desk: &Desk) -> Vec<(&'static str, String)> {
    vec![
        ("x-request-id", desk.ids.hex("req_")),
        ("openai-organization", "org-fake".to_owned()),
        ("openai-processing-ms", "12".to_owned()),
        ("openai-version", "2020-10-01".to_owned()),
        ("x-ratelimit-limit-requests", "10000".to_owned()),
        ("x-ratelimit-limit-tokens", "30000000".to_owned()),
        ("x-ratelimit-remaining-requests", "9999".to_owned()),
        ("x-ratelimit-remaining-tokens", "29999990".to_owned()),
        ("x-ratelimit-reset-requests", "6ms".to_owned()),
        ("x-ratelimit-reset-tokens", "0s".to_owned()),
    ]
}
