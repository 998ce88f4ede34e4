//! OpenAI's routes beside the chat (OpenAI API reference). The first input's text is the script.

mod audio;
mod cohere;
mod compact;
mod completions;
mod embeddings;
mod images;
mod moderations;

use serde_json::Value;

pub(crate) use images::PIXEL;

use super::{authenticate, check::invalid, failure, headers, refuse};
use crate::{
    delivery,
    form::{self, Part},
    http::{Call, Desk, Reply, with},
    reject::Reject,
    script::{Content, Delivery, Script},
};

/// What an answer is made of.
pub(crate) struct Answered {
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
}

/// Answers a request to one of these routes; `None` where the path is none of them.
pub(crate) async fn answer(desk: &Desk, call: &Call) -> Option<Reply> {
    if call.path == "/v1/completions" {
        return Some(completions::answer(desk, call).await);
    }
    let made = match call.path.as_str() {
        "/v1/embeddings" => embeddings::answer,
        "/v1/responses/compact" => compact::answer,
        "/v1/moderations" => moderations::answer,
        "/v1/images/generations" => images::generate,
        "/v1/images/edits" => images::edit,
        "/v1/audio/speech" => audio::speak,
        "/v1/audio/transcriptions" => audio::transcribe,
        "/v1/audio/translations" => audio::translate,
        "/v1/rerank" => cohere::rerank_at_jina,
        "/v2/rerank" => cohere::rerank,
        "/v2/embed" => cohere::embed,
        _ => return None,
    };
    let received = authenticate(call).and_then(|()| made(desk, call));
    let (answered, delivery) = match received {
        Ok(made) => made,
        Err(reject) => return Some(Ok(refuse(desk, call, &reject))),
    };
    if let Err(error) = delivery::begin(delivery).await {
        return Some(Err(error));
    }
    let mut headers = headers(desk);
    headers.push(("content-type", answered.content_type.to_owned()));
    if delivery != Delivery::Cut {
        headers.push(("content-length", answered.body.len().to_string()));
    }
    let body = delivery::whole(answered.body.into(), delivery, call.slot.clone());
    Some(Ok(with(200, &headers, body)))
}

/// The JSON of a request that says it is.
fn json(call: &Call) -> Result<Value, Reject> {
    if !call.is_json() {
        return Err(invalid("This API method only accepts 'application/json' requests."));
    }
    serde_json::from_slice(&call.body)
        .map_err(|_| invalid("We could not parse the JSON body of your request."))
}

/// The parts of a request that is a form.
fn fields(call: &Call) -> Result<Vec<Part>, Reject> {
    let kind = call.header("content-type").unwrap_or_default();
    form::read(kind, &call.body)
        .ok_or_else(|| invalid("Could not parse multipart form. Is the boundary missing or wrong?"))
}

/// The orders in the model's name and in a text; an ordered failure is one.
fn script(model: &str, text: &str) -> Result<Script, Reject> {
    let script = Script::read(model, text);
    match script.content {
        Content::Fail(status) => Err(failure(status)),
        _ => Ok(script),
    }
}

/// A quarter of the characters, rounded up.
fn tokens(text: &str) -> u64 {
    u64::try_from(text.chars().count()).unwrap_or(0).div_ceil(4)
}
