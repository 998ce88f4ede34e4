//! An upstream that costs as little as possible: fixed bytes in OpenAI's shape.
//!
//! What it does is in the model's name: `plain`; `chunks-N-MS` streams N chunks, one every MS
//! milliseconds; `hold-S` sends one chunk and keeps the stream open for S seconds.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, Request, Response, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use serde::Deserialize;

use crate::serve::Answer;

const WHOLE: &[u8] = br#"{"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant","content":"The quick brown fox jumps over the lazy dog, again and again, until the benchmark ends.","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":420,"completion_tokens":20,"total_tokens":440,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default","system_fingerprint":"fp_bench"}"#;
const CHUNK: &[u8] = b"data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_bench\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" token\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n";
const FINISH: &[u8] = b"data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"gpt-4o-mini-2024-07-18\",\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":null}\n\ndata: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"gpt-4o-mini-2024-07-18\",\"choices\":[],\"usage\":{\"prompt_tokens\":420,\"completion_tokens\":20,\"total_tokens\":440}}\n\ndata: [DONE]\n\n";

#[derive(Deserialize)]
struct Asked<'a> {
    model: &'a str,
}

/// Answers one request.
pub(crate) async fn answer(request: Request<Incoming>) -> Answer {
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let model = serde_json::from_slice::<Asked<'_>>(&body).map_or("plain", |asked| asked.model);
    let mut words = model.split('-');
    match (words.next(), number(words.next()), number(words.next())) {
        (Some("chunks"), Some(count), pace) => {
            streamed(count, Duration::from_millis(pace.unwrap_or(0)), Duration::ZERO)
        }
        (Some("hold"), Some(seconds), _) => {
            streamed(1, Duration::ZERO, Duration::from_secs(seconds))
        }
        _ => respond("application/json", Full::new(Bytes::from_static(WHOLE)).boxed()),
    }
}

fn number(word: Option<&str>) -> Option<u64> {
    word?.parse().ok()
}

fn streamed(count: u64, pace: Duration, hold: Duration) -> Answer {
    let frames = stream::unfold(0, move |sent| async move {
        let bytes = if sent < count {
            if sent > 0 && !pace.is_zero() {
                tokio::time::sleep(pace).await;
            }
            CHUNK
        } else if sent == count {
            tokio::time::sleep(hold).await;
            FINISH
        } else {
            return None;
        };
        Some((Ok::<_, Infallible>(Frame::data(Bytes::from_static(bytes))), sent + 1))
    });
    respond("text/event-stream", StreamBody::new(frames).boxed())
}

fn respond(
    kind: &'static str,
    body: http_body_util::combinators::BoxBody<Bytes, Infallible>,
) -> Answer {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert("x-request-id", HeaderValue::from_static("req_bench"));
    response
}
