//! SageMaker Runtime: `POST /endpoints/{name}/invocations` and `/invocations-response-stream`, for
//! an endpoint that serves OpenAI's chat (SageMaker Runtime API reference).
//!
//! The stream's parts are pieces of the container's SSE text, cut where it suits the network: in
//! the middle of a line, of a word, of a character.

use bytes::{Bytes, BytesMut};
use http::Response;
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    aws, containers,
    delivery::{self, Body, Frames},
    frame::{exception, message},
    http::{Call, Desk, Reply, reply, with},
    openai::{
        check::check,
        failure, read,
        write::{self, Manner},
    },
    reject::Reject,
    script::{Content, Delivery, Script},
};

/// Sizes of the stream's parts, in turn.
const CUTS: [usize; 7] = [7, 61, 1, 233, 19, 512, 40];

/// A request that may be answered.
struct Received {
    body: Value,
    stream: bool,
    script: Script,
}

/// Answers one request.
pub(crate) async fn answer(desk: &Desk, call: Call) -> Reply {
    if let Some(reply) = containers::answer(desk, &call) {
        return reply;
    }
    let received = match receive(&call) {
        Ok(received) => received,
        Err(reject) => return Ok(refuse(desk, &call, &reject)),
    };
    delivery::begin(received.script.delivery).await?;
    let ask = read::read(&received.body);
    let manner = Manner {
        shows_thoughts: true,
        stream_usage: received.body.pointer("/stream_options/include_usage")
            == Some(&Value::Bool(true)),
        choices: 1,
    };
    let answer = Answer::to(&ask, &received.script);
    let mut headers = vec![
        ("x-amzn-requestid", desk.ids.uuid()),
        ("x-amzn-invoked-production-variant", "AllTraffic".to_owned()),
    ];
    let delivery = received.script.delivery;
    if received.stream {
        headers.push(("content-type", "application/vnd.amazon.eventstream".to_owned()));
        headers.push(("x-amzn-sagemaker-content-type", "text/event-stream".to_owned()));
        let frames = parts(write::streamed(&ask, &answer, &desk.ids, manner), delivery);
        return Ok(with(200, &headers, delivery::streamed(frames, delivery, call.slot)));
    }
    headers.push(("content-type", "application/json".to_owned()));
    let whole = write::whole(&ask, &answer, &desk.ids, manner);
    if delivery != Delivery::Cut {
        headers.push(("content-length", whole.len().to_string()));
    }
    Ok(with(200, &headers, delivery::whole(whole, delivery, call.slot)))
}

/// The container's text, cut again and put into messages.
fn parts(frames: Frames, delivery: Delivery) -> Frames {
    let mut text = BytesMut::new();
    let mut all = Vec::new();
    let mut sizes = CUTS.iter().cycle();
    let mut cut = |text: &mut BytesMut| {
        while !text.is_empty() {
            let size = sizes.next().copied().unwrap_or(64);
            let part = text.split_to(size.min(text.len())).freeze();
            all.push(message("PayloadPart", "application/octet-stream", part));
        }
    };
    let closing: usize = frames.all.iter().rev().take(frames.closing).map(Bytes::len).sum();
    // A slow container sends an event at a time, and each arrives at once.
    for frame in frames.all {
        text.extend_from_slice(&frame);
        if matches!(delivery, Delivery::Slow(_)) {
            cut(&mut text);
        }
    }
    cut(&mut text);
    let error = json!({
        "ErrorCode": "StreamBroken",
        "Message": "The model container broke the stream.",
    });
    let mut tail = 0;
    let mut length = 0;
    for part in all.iter().rev() {
        if length >= closing {
            break;
        }
        length += part.len();
        tail += 1;
    }
    Frames { all, closing: tail, late: exception("ModelStreamError", &error) }
}

fn receive(call: &Call) -> Result<Received, Reject> {
    let route: Vec<&str> = call.path.trim_start_matches('/').split('/').collect();
    let (name, stream) = match route.as_slice() {
        ["endpoints", name, "invocations"] => (*name, false),
        ["endpoints", name, "invocations-response-stream"] => (*name, true),
        _ => return Err(Reject::new(404, "UnknownOperationException", "")),
    };
    if call.method != http::Method::POST {
        return Err(Reject::new(404, "UnknownOperationException", ""));
    }
    aws::authenticate(call, "sagemaker")?;
    if name.starts_with("missing") {
        let message = format!("Endpoint {name} of account 123456789012 not found.");
        return Err(Reject::new(400, "ValidationError", message));
    }
    let Ok(body) = serde_json::from_slice::<Value>(&call.body) else {
        return Err(model_error(400, "Failed to parse the request body as JSON"));
    };
    let asked = body.get("stream") == Some(&Value::Bool(true));
    if stream != asked {
        let message = "the body's `stream` does not go with the operation that was called";
        return Err(model_error(400, message));
    }
    check(&body).map_err(|reject| model_error(reject.status, &reject.message))?;
    let ask = read::read(&body);
    // An endpoint has no model: its name gives the orders.
    let script = Script::read(name, &ask.prompt);
    match script.content {
        Content::Fail(503) => {
            Err(Reject::new(503, "ServiceUnavailable", "The service is unavailable. Try again."))
        }
        Content::Fail(status) => Err(model_error(status, &failure(status).message)),
        Content::TooLong => Err(model_error(
            400,
            "This model's maximum context length is 8192 tokens. However, you requested 9000.",
        )),
        _ => Ok(Received { body, stream, script }),
    }
}

/// What SageMaker makes of a container's error: 424, and the container's own answer inside.
fn model_error(status: u16, message: &str) -> Reject {
    let kind = if status < 500 { "client" } else { "server" };
    let text = format!(
        "Received {kind} error ({status}) from primary with message \"{message}\". See \
         https://us-east-1.console.aws.amazon.com/cloudwatch/home for more information."
    );
    let mut reject = Reject::new(424, "ModelError", text);
    reject.param = Some(message.to_owned());
    reject.original = Some(status);
    reject
}

fn refuse(desk: &Desk, call: &Call, reject: &Reject) -> Response<Body> {
    call.slot.refuse(&reject.message);
    let headers = [
        ("x-amzn-requestid", desk.ids.uuid()),
        ("x-amzn-errortype", reject.kind.to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    let body = match reject.original {
        Some(status) => json!({
            "ErrorCode": if status < 500 { "CLIENT_ERROR_FROM_MODEL" } else { "INTERNAL_FAILURE_FROM_MODEL" },
            "LogStreamArn": "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/fake",
            "Message": reject.message,
            "OriginalMessage": reject.param,
            "OriginalStatusCode": status,
        }),
        None => json!({"Message": reject.message}),
    };
    reply(reject.status, &headers, body.to_string())
}
