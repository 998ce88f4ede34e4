//! `POST /model/{id}/invoke` for models that do not chat (Bedrock user guide, "Inference request
//! parameters and response fields"). The first text is the script.

mod embed;
mod images;
mod rerank;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{check::explain, check::invalid, failure, refuse};
use crate::{
    aws, delivery,
    http::{Call, Desk, Reply, with},
    reject::Reject,
    script::{Content, Script},
    shape::Shape,
};

/// An answer, and the tokens that the headers tell.
struct Made {
    body: Value,
    tokens: Option<u64>,
    script: Script,
}

type Maker = fn(&str, &Value) -> Result<Made, Reject>;

/// Which model takes what.
static MODELS: &[(&str, Maker)] = &[
    ("amazon.titan-embed-text-v2", embed::titan_text_2),
    ("amazon.titan-embed-image", embed::titan_image),
    ("amazon.titan-embed", embed::titan_text_1),
    ("cohere.embed", embed::cohere),
    ("amazon.nova-2-multimodal-embeddings", embed::nova),
    ("cohere.rerank", rerank::cohere),
    ("amazon.rerank", rerank::amazon),
    ("amazon.nova-canvas", images::canvas),
    ("amazon.titan-image", images::canvas),
    ("stability.stable-diffusion-xl", images::stable_diffusion_xl),
    ("stability.", images::stability),
];

/// Answers a request to one of these models; `None` where it is none.
pub(super) async fn answer(desk: &Desk, call: &Call) -> Option<Reply> {
    let id = call.path.strip_prefix("/model/")?.strip_suffix("/invoke")?;
    let model = percent_decode_str(id).decode_utf8_lossy().into_owned();
    let (_, maker) = MODELS.iter().find(|(name, _)| model.contains(name))?;
    let made = match make(call, &model, *maker) {
        Ok(made) => made,
        Err(reject) => return Some(Ok(refuse(desk, call, &reject))),
    };
    let mut headers = vec![
        ("x-amzn-requestid", desk.ids.uuid()),
        ("content-type", "application/json".to_owned()),
        ("x-amzn-bedrock-invocation-latency", "12".to_owned()),
    ];
    if let Some(tokens) = made.tokens {
        headers.push(("x-amzn-bedrock-input-token-count", tokens.to_string()));
    }
    let body = made.body.to_string();
    if let Err(error) = delivery::begin(made.script.delivery).await {
        return Some(Err(error));
    }
    headers.push(("content-length", body.len().to_string()));
    let body = delivery::whole(body.into(), made.script.delivery, call.slot.clone());
    Some(Ok(with(200, &headers, body)))
}

fn make(call: &Call, model: &str, maker: Maker) -> Result<Made, Reject> {
    aws::authenticate(call, "bedrock")?;
    if !call.is_json() {
        return Err(Reject::new(415, "UnsupportedMediaTypeException", "Content-Type not allowed"));
    }
    let body: Value = serde_json::from_slice(&call.body).map_err(|_| {
        invalid("Malformed input request, please reformat your input and try again.")
    })?;
    maker(model, &body)
}

/// Checks a body's shape in Bedrock's words.
fn check(shape: &'static Shape, body: &Value) -> Result<(), Reject> {
    shape.check(body).map_err(|wrong| explain(&wrong))
}

/// The orders in the model's name and in a text; an ordered failure is one.
fn script(model: &str, text: &str) -> Result<Script, Reject> {
    let script = Script::read(model, text);
    match script.content {
        Content::Fail(status) => Err(failure(status)),
        _ => Ok(script),
    }
}

fn text<'a>(body: &'a Value, pointer: &str) -> &'a str {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// A quarter of the characters, rounded up.
fn tokens(text: &str) -> u64 {
    u64::try_from(text.chars().count()).unwrap_or(0).div_ceil(4)
}
