//! From an HTTP response to what the front door takes.

use axum::response::Response;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::{HeaderMap, StatusCode, header::SET_COOKIE};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use lambda_http::request::RequestOrigin;
use lambda_runtime::{FunctionResponse, MetadataPrelude, StreamResponse};
use serde_json::{Map, Value, json};

/// How a function's answers leave. Set by the template with the integration's own mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As a stream, wherever the door can.
    Stream,
    /// As one JSON object.
    Buffered,
}

/// Largest buffered answer of an ALB target (1 MB, the JSON around it included).
const ALB_LIMIT: usize = 1_000_000;
/// Largest buffered answer of any function (6 MB, likewise).
const LIMIT: usize = 6 * 1024 * 1024 - 64 * 1024;

/// A stream that cannot fail: an error would be written into the caller's bytes by the runtime.
pub(crate) type Chunks =
    std::pin::Pin<Box<dyn Stream<Item = Result<Bytes, std::convert::Infallible>> + Send>>;

/// What the runtime sends.
pub(crate) type Answer = FunctionResponse<Value, Chunks>;

/// Writes the response as the door wants it.
pub(crate) async fn answer(response: Response, origin: &RequestOrigin, mode: Mode) -> Answer {
    match (origin, mode) {
        (RequestOrigin::Alb, _) => buffered(response, ALB_LIMIT, Door::Alb).await,
        (RequestOrigin::ApiGatewayV2, Mode::Buffered) => buffered(response, LIMIT, Door::V2).await,
        (_, Mode::Buffered) => buffered(response, LIMIT, Door::V1).await,
        (_, Mode::Stream) => streamed(response),
    }
}

/// An answer to an event that is no request.
pub(crate) fn nothing() -> Answer {
    FunctionResponse::BufferedResponse(json!({ "ignored": true }))
}

enum Door {
    Alb,
    V1,
    V2,
}

fn streamed(response: Response) -> Answer {
    let (parts, body) = response.into_parts();
    let mut headers = parts.headers;
    let cookies = cookies(&mut headers);
    let chunks = body.into_data_stream().filter_map(|chunk| async {
        chunk
            .inspect_err(|error| tracing::error!(error = %error, "an answer broke off"))
            .ok()
            .map(Ok)
    });
    FunctionResponse::StreamingResponse(StreamResponse {
        metadata_prelude: MetadataPrelude { status_code: parts.status, headers, cookies },
        stream: Box::pin(chunks),
    })
}

async fn buffered(response: Response, limit: usize, door: Door) -> Answer {
    let (parts, body) = response.into_parts();
    let (status, headers, body) = match Limited::new(body, limit).collect().await {
        Ok(collected) => (parts.status, parts.headers, collected.to_bytes()),
        Err(error) => too_large(&*error, limit),
    };
    FunctionResponse::BufferedResponse(envelope(status, headers, &body, &door))
}

/// The door cannot carry the answer; the call has been settled all the same.
fn too_large(
    error: &(dyn std::error::Error + Send + Sync + 'static),
    limit: usize,
) -> (StatusCode, HeaderMap, Bytes) {
    let message = if error.is::<LengthLimitError>() {
        format!(
            "The answer is larger than this front door carries ({limit} bytes). Use a streaming one."
        )
    } else {
        "The answer broke off.".to_owned()
    };
    let body = json!({ "error": { "message": message, "type": "internal_server_error", "param": null, "code": "502" } });
    let mut headers = HeaderMap::new();
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    (StatusCode::BAD_GATEWAY, headers, Bytes::from(body.to_string()))
}

fn envelope(status: StatusCode, mut headers: HeaderMap, body: &Bytes, door: &Door) -> Value {
    let cookies = cookies(&mut headers);
    let (text, encoded) = match std::str::from_utf8(body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (STANDARD.encode(body), true),
    };
    let mut answer = json!({
        "statusCode": status.as_u16(),
        "headers": single(&headers),
        "body": text,
        "isBase64Encoded": encoded,
    });
    let Some(fields) = answer.as_object_mut() else { return answer };
    match door {
        Door::V2 => {
            fields.insert("cookies".to_owned(), cookies.into());
        }
        Door::Alb | Door::V1 => {
            let mut multiple = multiple(&headers);
            if !cookies.is_empty() {
                multiple.insert("set-cookie".to_owned(), cookies.into());
            }
            fields.insert("multiValueHeaders".to_owned(), Value::Object(multiple));
        }
    }
    if matches!(door, Door::Alb) {
        let reason = status.canonical_reason().unwrap_or_default();
        fields
            .insert("statusDescription".to_owned(), format!("{} {reason}", status.as_u16()).into());
    }
    if matches!(door, Door::V1) {
        // API Gateway merges the two maps and would send each header twice.
        fields.insert("headers".to_owned(), json!({}));
    }
    answer
}

fn cookies(headers: &mut HeaderMap) -> Vec<String> {
    let cookies = headers
        .get_all(SET_COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok().map(ToOwned::to_owned))
        .collect();
    headers.remove(SET_COOKIE);
    cookies
}

fn single(headers: &HeaderMap) -> Map<String, Value> {
    multiple(headers)
        .into_iter()
        .map(|(name, values)| {
            let joined = values.as_array().map(|values| {
                values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
            });
            (name, joined.unwrap_or_default().into())
        })
        .collect()
}

fn multiple(headers: &HeaderMap) -> Map<String, Value> {
    headers
        .keys()
        .map(|name| {
            let values: Vec<&str> =
                headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
            (name.as_str().to_owned(), json!(values))
        })
        .collect()
}
