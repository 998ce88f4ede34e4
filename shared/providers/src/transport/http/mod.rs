//! Calls over plain HTTP: one client, one pool, one TLS configuration.

mod body;
mod clients;
mod prepared;

use http::{HeaderValue, Method};
use reqwest::Request;
use sluice_wire::Fault;

pub(crate) use clients::Clients;
pub(crate) use prepared::HttpPrepared;

use self::body::{error, stream, whole};
use super::{
    deadline::Deadline,
    fault::{self, Wait},
    headers,
};
use crate::{Answer, AnswerBody, Deployment, Outbound};

/// Sends one call.
///
/// `key` is the value of the authorization header where it is not known before the call.
pub(super) async fn send(
    clients: &Clients,
    deployment: &Deployment,
    call: &Outbound,
    key: Option<HeaderValue>,
    deadline: Deadline,
) -> Result<Answer, Fault> {
    let provider = deployment.provider;
    let prepared = deployment.prepared.http(deployment)?;
    let mut request = Request::new(Method::POST, prepared.url.clone());
    *request.headers_mut() = prepared.headers.clone();
    prepared.authorize(request.headers_mut(), key)?;
    headers::pass_on(&call.headers, request.headers_mut());
    *request.body_mut() = Some(call.body.clone().into());

    let client = clients.with_connect_timeout(deployment.timeouts.connect)?;
    let mut response = deadline.first_byte(client.execute(request)).await?.map_err(|error| {
        match error.is_connect() && error.is_timeout() {
            true => fault::timeout(provider, Wait::Connect, deployment.timeouts.connect),
            false => fault::connection(provider, fault::chain(&error.without_url())),
        }
    })?;

    let limit = clients.body_limit();
    if !response.status().is_success() {
        return Err(error(response, deployment, deadline, limit).await);
    }
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let body = if call.stream && !is_json(&headers) {
        AnswerBody::Stream(stream(response, provider, deadline).await?)
    } else {
        AnswerBody::Whole(whole(response, provider, deadline, limit).await?)
    };
    Ok(Answer { status, headers, body })
}

/// Whether a stream's request was answered by a document: the provider ignored `stream`, or tells
/// an error with a status of 200.
fn is_json(headers: &http::HeaderMap) -> bool {
    headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim_start().starts_with("application/json"))
}
