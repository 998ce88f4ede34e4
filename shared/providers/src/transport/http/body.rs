//! Reading answers: whole, as a stream, and errors.

use bytes::{Bytes, BytesMut};
use futures_util::stream as streams;
use http::HeaderMap;
use reqwest::Response;
use sluice_wire::{Fault, FaultKind, Retry, Upstream};

use crate::{
    ByteStream, Deployment, Provider,
    transport::{deadline::Deadline, fault},
};

/// Reads all of a body.
pub(super) async fn whole(
    mut response: Response,
    provider: &'static Provider,
    deadline: Deadline,
    limit: usize,
) -> Result<Bytes, Fault> {
    let broken = |error: reqwest::Error| {
        // Nobody has seen any of it: another attempt loses nothing but money.
        fault::truncated(provider, fault::chain(&error.without_url())).with_retry(Retry::Again)
    };
    let expected = response.content_length().and_then(|length| usize::try_from(length).ok());
    if expected.is_some_and(|length| length > limit) {
        return Err(fault::too_long(provider, limit));
    }
    // The common case: one chunk, which is the body already.
    let Some(first) = deadline.first_byte(response.chunk()).await?.map_err(broken)? else {
        return Ok(Bytes::new());
    };
    if expected == Some(first.len()) {
        return Ok(first);
    }
    let mut body = BytesMut::with_capacity(expected.unwrap_or(first.len() * 2));
    body.extend_from_slice(&first);
    while let Some(chunk) = deadline.idle(response.chunk()).await?.map_err(broken)? {
        if body.len() + chunk.len() > limit {
            return Err(fault::too_long(provider, limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Waits for the first chunk, and returns a stream that begins with it.
pub(super) async fn stream(
    mut response: Response,
    provider: &'static Provider,
    deadline: Deadline,
) -> Result<ByteStream, Fault> {
    let first = deadline
        .first_byte(response.chunk())
        .await?
        .map_err(|error| fault::chain(&error.without_url()))
        .and_then(|chunk| chunk.ok_or_else(|| "it closed the stream without a byte".to_owned()))
        .map_err(|detail| fault::truncated(provider, detail).with_retry(Retry::Again))?;
    let state = Some((Some(first), response));
    Ok(Box::pin(streams::unfold(state, move |state| async move {
        let (head, mut response) = state?;
        if let Some(head) = head {
            return Some((Ok(head), Some((None, response))));
        }
        let item = match deadline.idle(response.chunk()).await {
            Ok(Ok(chunk)) => return Some((Ok(chunk?), Some((None, response)))),
            Ok(Err(error)) => fault::truncated(provider, fault::chain(&error.without_url())),
            Err(timeout) => timeout,
        };
        Some((Err(item), None))
    })))
}

/// Reads an answer that is not 2xx.
pub(super) async fn error(
    mut response: Response,
    deployment: &Deployment,
    deadline: Deadline,
    limit: usize,
) -> Fault {
    let provider = deployment.provider;
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    // The status alone says enough when the body breaks off.
    let body = whole(response, provider, deadline, limit).await.unwrap_or_default();
    if status < 400 {
        return redirected(provider, status, body);
    }
    decode(provider, status, &headers, body)
}

/// Reads an error answer in the provider's dialect.
pub(crate) fn decode(
    provider: &'static Provider,
    status: u16,
    headers: &HeaderMap,
    body: Bytes,
) -> Fault {
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect();
    provider.dialect.decode_error(provider.name, status, &headers, body)
}

fn redirected(provider: &Provider, status: u16, body: Bytes) -> Fault {
    Fault::new(FaultKind::Upstream, format!("{} answered with status {status}", provider.name))
        .with_status(502)
        .with_retry(Retry::Elsewhere)
        .with_detail("redirects are not followed: `api_base` must be the final address")
        .with_upstream(Upstream { provider: provider.name.to_owned(), status, code: None, body })
}
