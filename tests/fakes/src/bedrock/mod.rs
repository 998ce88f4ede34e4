//! Bedrock Runtime: `POST /model/{id}/converse` and `/converse-stream` (Bedrock Runtime API
//! reference, "Converse", "ConverseStream"), InvokeModel, CountTokens and ApplyGuardrail; and of Bedrock
//! Agent Runtime, `POST /knowledgebases/{id}/retrieve`.

pub(crate) mod check;
mod guardrail;
mod invoke;
mod others;
mod read;
mod shape;
mod tokens;
mod write;

use http::Response;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    aws,
    delivery::{self, Body},
    http::{Call, Desk, Reply, reply, with},
    reject::Reject,
    script::{Content, Delivery, Script},
};
use check::invalid;

/// A request that may be answered.
struct Received {
    body: Value,
    model: String,
    stream: bool,
    script: Script,
}

/// Answers one request.
pub(crate) async fn answer(desk: &Desk, call: Call) -> Reply {
    if let Some(reply) = others::answer(desk, &call).await {
        return reply;
    }
    let path = call.path.clone();
    let route: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match route.as_slice() {
        ["model", id, operation @ ("invoke" | "invoke-with-response-stream")] => {
            let stream = *operation != "invoke";
            return match authentic(&call).and_then(|()| model(id)) {
                Ok(model) => invoke::answer(desk, call, &model, stream).await,
                Err(reject) => Ok(refuse(desk, &call, &reject)),
            };
        }
        ["model", id, "count-tokens"] => {
            return Ok(plainly(desk, &call, |body| tokens::count(&model(id)?, body)));
        }
        ["guardrail", id, "version", _, "apply"] => {
            return Ok(plainly(desk, &call, |body| guardrail::apply(id, body)));
        }
        ["knowledgebases", id, "retrieve"] => {
            return Ok(plainly(desk, &call, |body| retrieve(id, body)));
        }
        _ => {}
    }
    let received = match receive(&call) {
        Ok(received) => received,
        Err(reject) => return Ok(refuse(desk, &call, &reject)),
    };
    delivery::begin(received.script.delivery).await?;
    let ask = read::read(&received.model, &received.body);
    let answer = Answer::to(&ask, &received.script);
    let mut headers = vec![("x-amzn-requestid", desk.ids.uuid())];
    let delivery = received.script.delivery;
    if received.stream {
        headers.push(("content-type", "application/vnd.amazon.eventstream".to_owned()));
        let frames = write::streamed(&answer, &desk.ids);
        return Ok(with(200, &headers, delivery::streamed(frames, delivery, call.slot)));
    }
    headers.push(("content-type", "application/json".to_owned()));
    let whole = write::whole(&answer, &desk.ids);
    if delivery != Delivery::Cut {
        headers.push(("content-length", whole.len().to_string()));
    }
    Ok(with(200, &headers, delivery::whole(whole, delivery, call.slot)))
}

/// An operation that answers JSON to JSON.
fn plainly(
    desk: &Desk,
    call: &Call,
    answer: impl FnOnce(&Value) -> Result<Value, Reject>,
) -> Response<Body> {
    let body = authentic(call).and_then(|()| {
        serde_json::from_slice::<Value>(&call.body)
            .map_err(|_| Reject::new(400, "SerializationException", "Unable to parse the body."))
    });
    match body.and_then(|body| answer(&body)) {
        Ok(value) => {
            let headers = [
                ("x-amzn-requestid", desk.ids.uuid()),
                ("content-type", "application/json".to_owned()),
            ];
            reply(200, &headers, value.to_string())
        }
        Err(reject) => refuse(desk, call, &reject),
    }
}

/// A knowledge base that has one passage, which says what was asked.
fn retrieve(id: &str, body: &Value) -> Result<Value, Reject> {
    let query = body.pointer("/retrievalQuery/text").and_then(Value::as_str);
    let query = query.ok_or_else(|| invalid("retrievalQuery is missing"))?;
    Ok(json!({"retrievalResults": [{
        "content": {"text": format!("{id} knows nothing of {query}"), "type": "TEXT"},
        "score": 0.5,
    }]}))
}

fn authentic(call: &Call) -> Result<(), Reject> {
    if call.method != http::Method::POST {
        return Err(Reject::new(404, "UnknownOperationException", ""));
    }
    aws::authenticate(call, "bedrock")?;
    if call.is_json() {
        return Ok(());
    }
    Err(Reject::new(415, "UnsupportedMediaTypeException", "Content-Type not allowed"))
}

/// A model's id as it stands in the path. Encoded twice, the `%` is still there.
fn model(id: &str) -> Result<String, Reject> {
    let wrong = || invalid("The provided model identifier is invalid.");
    let model = percent_decode_str(id).decode_utf8().map_err(|_| wrong())?.into_owned();
    let fine = !model.is_empty()
        && model.len() <= 2048
        && model.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/".contains(c));
    if fine { Ok(model) } else { Err(wrong()) }
}

fn receive(call: &Call) -> Result<Received, Reject> {
    let route: Vec<&str> = call.path.trim_start_matches('/').split('/').collect();
    let (id, stream) = match route.as_slice() {
        ["model", id, "converse"] => (*id, false),
        ["model", id, "converse-stream"] => (*id, true),
        _ => return Err(Reject::new(404, "UnknownOperationException", "")),
    };
    authentic(call)?;
    let model = model(id)?;
    let body: Value = serde_json::from_slice(&call.body)
        .map_err(|_| Reject::new(400, "SerializationException", "Unable to parse the body."))?;
    check::check(&body)?;
    let ask = read::read(&model, &body);
    let script = Script::read(&model, &ask.prompt);
    match script.content {
        Content::Fail(status) => Err(failure(status)),
        Content::TooLong => {
            let message = "Input is too long for requested model.";
            Err(invalid(message))
        }
        _ => Ok(Received { body, model, stream, script }),
    }
}

/// The error of a status, as Bedrock names and words it.
fn failure(status: u16) -> Reject {
    match status {
        400 => invalid("The provided request is not valid"),
        401 | 403 => Reject::new(
            403,
            "AccessDeniedException",
            "You don't have access to the model with the specified model ID.",
        ),
        // Three classes that share their status with another one go by statuses that AWS does not use.
        402 => Reject::new(
            400,
            "ServiceQuotaExceededException",
            "Your request exceeds the service quota for your account.",
        ),
        409 => Reject::new(400, "ConflictException", "Error occurred because of a conflict."),
        425 => Reject::new(
            429,
            "ModelNotReadyException",
            "The model specified in the request is not ready to serve inference requests.",
        ),
        404 => Reject::new(
            404,
            "ResourceNotFoundException",
            "Could not resolve the foundation model from the provided model identifier.",
        ),
        408 => Reject::new(
            408,
            "ModelTimeoutException",
            "The model took too long to process the request. Try your request again.",
        ),
        424 => Reject::new(
            424,
            "ModelErrorException",
            "The system encountered an unexpected error during processing. Try your request \
             again.",
        ),
        429 => Reject::new(
            429,
            "ThrottlingException",
            "Too many requests, please wait before trying again.",
        ),
        503 | 529 => Reject::new(
            503,
            "ServiceUnavailableException",
            "Bedrock is unable to process your request.",
        ),
        _ => Reject::new(
            500,
            "InternalServerException",
            "The system encountered an unexpected error during processing. Try your request \
             again.",
        ),
    }
}

fn refuse(desk: &Desk, call: &Call, reject: &Reject) -> Response<Body> {
    call.slot.refuse(&reject.message);
    let space = "http://internal.amazon.com/coral/com.amazon.bedrock/";
    let headers = [
        ("x-amzn-requestid", desk.ids.uuid()),
        ("x-amzn-errortype", format!("{}:{space}", reject.kind)),
        ("content-type", "application/json".to_owned()),
    ];
    reply(reject.status, &headers, json!({"message": reject.message}).to_string())
}
