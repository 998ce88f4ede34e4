//! Reading answers: whole, as a stream, and errors.

use std::error::Error;

use bytes::{Bytes, BytesMut};
use futures_util::stream as streams;
use http::{HeaderMap, Response, header};
use http_body::Body;
use http_body_util::BodyExt as _;
use sluice_wire::{Dialect, Fault, FaultKind, Retry, Upstream};

use super::{deadline::Deadline, fault};
use crate::{Answer, AnswerBody, ByteStream, Provider, Relayed};

/// Makes an answer of a provider's HTTP response, or a fault where it is not 2xx.
pub(crate) async fn answer<B>(
    response: Response<B>,
    provider: &'static Provider,
    stream: bool,
    deadline: Deadline,
    limit: usize,
) -> Result<Answer, Fault>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (head, body) = response.into_parts();
    let status = head.status.as_u16();
    if !head.status.is_success() {
        // The status alone says enough when the body breaks off.
        let body = whole(body, provider, deadline, limit).await.unwrap_or_default();
        return Err(refusal(provider, provider.dialect, status, &head.headers, body));
    }
    let body = if stream && !is_json(&head.headers) {
        AnswerBody::Stream(chunks(body, provider, deadline).await?)
    } else {
        AnswerBody::Whole(whole(body, provider, deadline, limit).await?)
    };
    Ok(Answer { status, headers: head.headers, body })
}

/// An answer that is not 2xx, read in `dialect`.
pub(crate) fn refusal(
    provider: &'static Provider,
    dialect: Dialect,
    status: u16,
    headers: &HeaderMap,
    body: Bytes,
) -> Fault {
    if status < 400 {
        let provider = provider.name;
        return Fault::new(
            FaultKind::Upstream,
            format!("{provider} answered with status {status}"),
        )
        .with_status(502)
        .with_retry(Retry::Elsewhere)
        .with_detail("redirects are not followed: `api_base` must be the final address")
        .with_upstream(Upstream {
            provider: provider.to_owned(),
            status,
            code: None,
            body,
        });
    }
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect();
    dialect.decode_error(provider.name, status, &headers, body)
}

/// Reads all of a body.
pub(crate) async fn whole<B>(
    mut body: B,
    provider: &'static Provider,
    deadline: Deadline,
    limit: usize,
) -> Result<Bytes, Fault>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    // Nobody has seen any of it: another attempt loses nothing but money.
    let broken = |detail| fault::truncated(provider, detail).with_retry(Retry::Again);
    let expected = body.size_hint().exact().and_then(|length| usize::try_from(length).ok());
    if expected.is_some_and(|length| length > limit) {
        return Err(fault::too_long(provider, limit));
    }
    let Some(first) = deadline.first_byte(next(&mut body)).await?.map_err(broken)? else {
        return Ok(Bytes::new());
    };
    // The common case: one chunk, which is the body already.
    if expected == Some(first.len()) {
        return Ok(first);
    }
    let mut all = BytesMut::with_capacity(expected.unwrap_or(first.len() * 2));
    all.extend_from_slice(&first);
    while let Some(chunk) = deadline.idle(next(&mut body)).await?.map_err(broken)? {
        if all.len() + chunk.len() > limit {
            return Err(fault::too_long(provider, limit));
        }
        all.extend_from_slice(&chunk);
    }
    Ok(all.freeze())
}

/// Waits for the first chunk, and returns a stream that begins with it.
async fn chunks<B>(
    mut body: B,
    provider: &'static Provider,
    deadline: Deadline,
) -> Result<ByteStream, Fault>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let first = deadline
        .first_byte(next(&mut body))
        .await?
        .and_then(|chunk| chunk.ok_or_else(|| "it closed the stream without a byte".to_owned()))
        .map_err(|detail| fault::truncated(provider, detail).with_retry(Retry::Again))?;
    let state = Some((Some(first), body));
    Ok(Box::pin(streams::unfold(state, move |state| async move {
        let (head, mut body) = state?;
        if let Some(head) = head {
            return Some((Ok(head), Some((None, body))));
        }
        let fault = match deadline.idle(next(&mut body)).await {
            Ok(Ok(chunk)) => return Some((Ok(chunk?), Some((None, body)))),
            Ok(Err(detail)) => fault::truncated(provider, detail),
            Err(timeout) => timeout,
        };
        Some((Err(fault), None))
    })))
}

/// An answer as it arrives, whatever it is.
pub(crate) fn relayed<B>(
    response: Response<B>,
    provider: &'static Provider,
    deadline: Deadline,
) -> Relayed
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (head, content) = response.into_parts();
    let body = passing(content, provider, deadline);
    Relayed { status: head.status, headers: head.headers, body }
}

fn passing<B>(body: B, provider: &'static Provider, deadline: Deadline) -> ByteStream
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    Box::pin(streams::unfold(Some(body), move |state| async move {
        let mut body = state?;
        let fault = match deadline.idle(next(&mut body)).await {
            Ok(Ok(chunk)) => return Some((Ok(chunk?), Some(body))),
            Ok(Err(detail)) => fault::truncated(provider, detail),
            Err(timeout) => timeout,
        };
        Some((Err(fault), None))
    }))
}

/// The next bytes of a body; trailers are not for us.
async fn next<B>(body: &mut B) -> Result<Option<Bytes>, String>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => match frame.into_data() {
                Ok(data) if !data.is_empty() => return Ok(Some(data)),
                _ => {}
            },
            Err(error) => return Err(fault::chain(&*error.into())),
        }
    }
    Ok(None)
}

/// Whether a stream's request was answered by a document: the provider ignored `stream`, or tells
/// an error with a status of 200.
fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim_start().starts_with("application/json"))
}
