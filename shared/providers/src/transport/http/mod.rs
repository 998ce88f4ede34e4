//! Calls over plain HTTP: one client, one pool, one TLS configuration.

mod clients;
mod prepared;
pub(super) mod relay;

use http::{Method, Response};
use reqwest::Request;
use sluice_wire::Fault;

pub(crate) use clients::Clients;
pub(crate) use prepared::HttpPrepared;

use super::{
    body,
    deadline::Deadline,
    fault::{self, Wait},
    headers,
    prepared::Prepared,
};
use crate::{
    Answer, Deployment, Outbound, Route,
    deployment::{Asked, chat_url, route_url},
    transport::Key,
};

/// Sends one call.
///
/// `key` counts where the deployment's is not known before the call.
pub(super) async fn send(
    clients: &Clients,
    deployment: &Deployment,
    call: &Outbound,
    key: Key<'_>,
    deadline: Deadline,
) -> Result<Answer, Fault> {
    let provider = deployment.provider;
    let prepared = deployment.prepared.http(deployment)?;
    let url = match prepared.url(call.stream) {
        Some(url) => url.clone(),
        None => {
            let asked = Asked { stream: call.stream, project: key.project };
            chat_url(deployment, asked)
                .map_err(|reason| Prepared::misconfigured(deployment, &reason))?
        }
    };
    let url = route_url(provider, &url, &call.route)
        .map_err(|reason| fault::unserved(provider, reason))?;
    let method = match &call.route {
        Route::Below { method, .. } => method.clone(),
        _ => Method::POST,
    };
    let mut request = Request::new(method, url);
    *request.headers_mut() = prepared.headers.clone();
    prepared.authorize(request.headers_mut(), key.value)?;
    headers::pass_on(&call.headers, request.headers_mut());
    *request.body_mut() = Some(call.body.clone().into());
    let response = execute(clients, deployment, request, deadline).await?;
    body::answer(response, provider, call.stream, deadline, clients.body_limit()).await
}

/// Sends a request that is written whole, and waits for the head of its answer.
pub(super) async fn execute(
    clients: &Clients,
    deployment: &Deployment,
    request: Request,
    deadline: Deadline,
) -> Result<Response<reqwest::Body>, Fault> {
    let client = clients.with_connect_timeout(deployment.timeouts.connect).map_err(|error| {
        let reason = format!("no HTTP client can be made: {error}");
        fault::connection(deployment.provider, reason)
    })?;
    let response = deadline.first_byte(client.execute(request)).await?;
    Ok(response.map_err(|error| unanswered(deployment, error))?.into())
}

/// The provider could not be asked.
fn unanswered(deployment: &Deployment, error: reqwest::Error) -> Fault {
    let provider = deployment.provider;
    if error.is_connect() && error.is_timeout() {
        fault::timeout(provider, Wait::Connect, deployment.timeouts.connect)
    } else {
        fault::connection(provider, fault::chain(&error.without_url()))
    }
}
