//! Calls that are passed on over HTTP.

use http::header;
use reqwest::Request;
use sluice_wire::Fault;

use super::{Clients, execute};
use crate::{
    Deployment, Relay, Relayed,
    deployment::relay_url,
    transport::{Key, body, deadline::Deadline, headers, prepared::Prepared},
};

/// Passes one call on, with the deployment's credential in the place of the caller's.
pub(crate) async fn send(
    clients: &Clients,
    deployment: &Deployment,
    call: Relay,
    key: Key<'_>,
    deadline: Deadline,
) -> Result<Relayed, Fault> {
    let prepared = deployment.prepared.http(deployment)?;
    let url = relay_url(deployment, &call.path, call.query.as_deref())
        .map_err(|reason| Prepared::misconfigured(deployment, &reason))?;
    let mut request = Request::new(call.method, url);
    let map = request.headers_mut();
    headers::relay(&call.headers, map);
    for (name, value) in &prepared.headers {
        // What this crate would say of a call of its own, the caller has said of this one.
        let own = [header::CONTENT_TYPE, header::USER_AGENT].contains(name)
            || name == "anthropic-version";
        if !(own && (map.contains_key(name) || *name == header::CONTENT_TYPE)) {
            map.insert(name, value.clone());
        }
    }
    prepared.authorize(map, key.value)?;
    if !call.body.is_empty() {
        *request.body_mut() = Some(call.body.into());
    }
    let response = execute(clients, deployment, request, deadline).await?;
    Ok(body::relayed(response, deployment.provider, deadline))
}
