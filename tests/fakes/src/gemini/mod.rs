//! Google: `generateContent`, `streamGenerateContent` and `countTokens`, at the Gemini API
//! (`/v1beta/models/{model}:...`) and at Vertex AI
//! (`/v1/projects/{p}/locations/{l}/publishers/google/models/{model}:...`).

mod check;
mod embed;
mod names;
mod read;
mod shape;
mod write;

use http::Response;
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    delivery::{self, Body},
    http::{Call, Desk, Reply, reply, with},
    reject::Reject,
    script::{Content, Delivery, Script},
};
use check::invalid;

/// Where Vertex AI's tokens come from (Google's OAuth 2.0 token endpoint).
const TOKEN_PATH: &str = "/token";

/// What is asked of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Generate,
    Stream,
    Count,
}

/// Answers one request.
pub(crate) async fn answer(desk: &Desk, call: Call) -> Reply {
    if call.path == TOKEN_PATH {
        return Ok(token(&call));
    }
    if let Some(reply) = embedded(&call) {
        return Ok(reply);
    }
    let (method, body, ask, script) = match receive(&call) {
        Ok(received) => received,
        Err(reject) => return Ok(refuse(&call, &reject)),
    };
    delivery::begin(script.delivery).await?;
    let answer = Answer::to(&ask, &script);
    let mut headers = vec![("content-type", "application/json; charset=UTF-8".to_owned())];
    if method == Method::Count {
        let total = answer.usage.input();
        let details = json!([{"modality": "TEXT", "tokenCount": total}]);
        let count = json!({"totalTokens": total, "promptTokensDetails": details});
        let body = delivery::whole(count.to_string().into(), Delivery::Steady, call.slot);
        return Ok(with(200, &headers, body));
    }
    let writer = write::Writer {
        ask: &ask,
        answer: &answer,
        id: desk.ids.letters("", 16),
        shows_thoughts: body.pointer("/generationConfig/thinkingConfig/includeThoughts")
            == Some(&Value::Bool(true)),
    };
    if method == Method::Stream {
        let events = call.query.split('&').any(|pair| pair == "alt=sse");
        if events {
            headers = vec![("content-type", "text/event-stream".to_owned())];
        }
        let body = delivery::streamed(writer.streamed(events), script.delivery, call.slot);
        return Ok(with(200, &headers, body));
    }
    let whole = writer.whole();
    if script.delivery != Delivery::Cut {
        headers.push(("content-length", whole.len().to_string()));
    }
    Ok(with(200, &headers, delivery::whole(whole, script.delivery, call.slot)))
}

fn receive(call: &Call) -> Result<(Method, Value, crate::ask::Ask, Script), Reject> {
    let not_found = || Reject::new(404, "NOT_FOUND", "Not Found");
    let vertex = call.path.starts_with("/v1/projects/");
    let (place, method) = call.path.rsplit_once(':').ok_or_else(not_found)?;
    let model = match vertex {
        true => place.split_once("/publishers/google/models/"),
        false => place
            .strip_prefix("/v1beta/models/")
            .or_else(|| place.strip_prefix("/v1/models/"))
            .map(|model| ("", model)),
    };
    let (_, model) = model.ok_or_else(not_found)?;
    let method = match method {
        "generateContent" => Method::Generate,
        "streamGenerateContent" => Method::Stream,
        "countTokens" => Method::Count,
        _ => return Err(not_found()),
    };
    if call.method != http::Method::POST {
        return Err(Reject::new(405, "UNIMPLEMENTED", "Method Not Allowed"));
    }
    authenticate(call, vertex)?;
    let mut body: Value = serde_json::from_slice(&call.body)
        .map_err(|_| invalid("Invalid JSON payload received. Unexpected end of string."))?;
    names::plain(&mut body);
    if method == Method::Count
        && let Some(inner) = body.get_mut("generateContentRequest").map(Value::take)
    {
        body = inner;
    }
    check::check(&body, model)?;
    let ask = read::read(&body, model);
    let script = Script::read(&ask.model, &ask.prompt);
    match script.content {
        Content::Fail(status) => Err(failure(status)),
        Content::TooLong => Err(invalid(
            "The input token count (1048600) exceeds the maximum number of tokens allowed (1048576).",
        )),
        _ => Ok((method, body, ask, script)),
    }
}

fn token(call: &Call) -> Response<Body> {
    call.slot.end(crate::Outcome::Complete);
    let token = json!({"access_token": "ya29.fake", "expires_in": 3599, "token_type": "Bearer"});
    reply(200, &[("content-type", "application/json; charset=UTF-8".to_owned())], token.to_string())
}

/// The answer to a request for embeddings, if it is one.
fn embedded(call: &Call) -> Option<Response<Body>> {
    let (place, method) = call.path.rsplit_once(':')?;
    let model = place.rsplit_once('/')?.1;
    let made = match method {
        "batchEmbedContents" => embed::batch,
        "predict" => embed::predict,
        _ => return None,
    };
    let vertex = call.path.starts_with("/v1/projects/");
    let answer = authenticate(call, vertex).and_then(|()| {
        let body = serde_json::from_slice(&call.body)
            .map_err(|_| invalid("Invalid JSON payload received. Unexpected end of string."))?;
        made(model, &body)
    });
    let headers = [("content-type", "application/json; charset=UTF-8".to_owned())];
    Some(match answer {
        Ok(answer) => {
            call.slot.end(crate::Outcome::Complete);
            reply(200, &headers, answer.to_string())
        }
        Err(reject) => refuse(call, &reject),
    })
}

/// The Gemini API takes a key, Vertex AI a token.
fn authenticate(call: &Call, vertex: bool) -> Result<(), Reject> {
    let bearer = call.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let key = if vertex { bearer } else { call.header("x-goog-api-key") };
    match key {
        None | Some("") if vertex => Err(Reject::new(
            401,
            "UNAUTHENTICATED",
            "Request is missing required authentication credential.",
        )),
        None | Some("") => Err(Reject::new(
            403,
            "PERMISSION_DENIED",
            "Method doesn't allow unregistered callers (callers without established identity).",
        )),
        Some(key) if key.contains("wrong") => {
            Err(invalid("API key not valid. Please pass a valid API key."))
        }
        Some(_) => Ok(()),
    }
}

/// The error of a status, as Google words it.
fn failure(status: u16) -> Reject {
    match status {
        401 => Reject::new(
            401,
            "UNAUTHENTICATED",
            "Request had invalid authentication credentials. Expected OAuth 2 access token.",
        ),
        403 => Reject::new(403, "PERMISSION_DENIED", "The caller does not have permission"),
        404 => Reject::new(
            404,
            "NOT_FOUND",
            "models/fake is not found for API version v1beta, or is not supported for generateContent.",
        ),
        429 => Reject::new(
            429,
            "RESOURCE_EXHAUSTED",
            "You exceeded your current quota, please check your plan and billing details.",
        )
        .retry_after(2),
        503 => Reject::new(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
        504 => Reject::new(504, "DEADLINE_EXCEEDED", "Deadline expired before operation."),
        400..=499 => invalid("Request contains an invalid argument.").status(status),
        _ => Reject::new(status, "INTERNAL", "An internal error has occurred."),
    }
}

fn refuse(call: &Call, reject: &Reject) -> Response<Body> {
    call.slot.refuse(&reject.message);
    let mut error =
        json!({"code": reject.status, "message": reject.message, "status": reject.kind});
    if let (Some(seconds), Some(fields)) = (reject.retry_after, error.as_object_mut()) {
        let info = json!({"@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": format!("{seconds}s")});
        fields.insert("details".to_owned(), json!([info]));
    }
    let mut body = json!({ "error": error });
    if call.path.ends_with(":streamGenerateContent") && !call.query.contains("alt=sse") {
        body = json!([body]);
    }
    let headers = [("content-type", "application/json; charset=UTF-8".to_owned())];
    reply(reject.status, &headers, body.to_string())
}
