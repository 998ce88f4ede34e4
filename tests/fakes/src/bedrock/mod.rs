//! Bedrock Runtime: `POST /model/{id}/converse` and `/converse-stream` (Bedrock Runtime API
//! reference, "Converse", "ConverseStream").

pub(crate) mod check;
mod others;
mod read;
mod shape;
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
    let received = match receive(&call) {
        Ok(received) => received,
        Err(reject) => return Ok(refuse(desk, &call, &reject)),
    };
    match received.script.delivery {
        Delivery::Hang => std::future::pending().await,
        Delivery::HangUp => return Err(std::io::Error::other("the script says to hang up")),
        _ => {}
    }
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

fn receive(call: &Call) -> Result<Received, Reject> {
    let route: Vec<&str> = call.path.trim_start_matches('/').split('/').collect();
    let (id, stream) = match route.as_slice() {
        ["model", id, "converse"] => (*id, false),
        ["model", id, "converse-stream"] => (*id, true),
        _ => return Err(Reject::new(404, "UnknownOperationException", "")),
    };
    if call.method != http::Method::POST {
        return Err(Reject::new(404, "UnknownOperationException", ""));
    }
    aws::authenticate(call, "bedrock")?;
    let model = percent_decode_str(id)
        .decode_utf8()
        .map_err(|_| invalid("The provided model identifier is invalid."))?
        .into_owned();
    let fine = !model.is_empty()
        && model.len() <= 2048
        && model.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/".contains(c));
    // Encoded twice, the `%` is still there.
    if !fine {
        return Err(invalid("The provided model identifier is invalid."));
    }
    if !call.is_json() {
        return Err(Reject::new(415, "UnsupportedMediaTypeException", "Content-Type not allowed"));
    }
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
