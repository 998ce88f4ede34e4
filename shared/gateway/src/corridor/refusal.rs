//! A fault as the caller sees it.

use axum::{body::Body, response::Response};
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use sluice_wire::{Dialect, Fault};

use super::{Facts, admit::window, headers};
use crate::App;

/// Renders a fault in the caller's dialect, with the call's id.
pub(crate) fn refuse(dialect: Dialect, fault: &Fault, facts: &Facts) -> Response {
    if fault.status >= 500 {
        tracing::error!(
            call = %facts.call,
            fault = %fault,
            detail = fault.detail.as_deref().unwrap_or_default(),
            "a call failed"
        );
    }
    let mut response = render(dialect, fault, &facts.call.to_string());
    let map = response.headers_mut();
    headers::call(map, facts);
    headers::budget(map, facts);
    headers::durations(map, facts, std::time::Duration::ZERO);
    if facts.caller.is_some() {
        map.insert("x-litellm-response-cost", HeaderValue::from_static("0"));
    }
    response
}

/// The same, of a call that is refused before any money is reserved: nobody has said yet what its key
/// has spent, and it is asked for. Where it is not told the refusal goes without.
pub(crate) async fn refuse_early(
    app: &App,
    dialect: Dialect,
    fault: &Fault,
    facts: &Facts,
) -> Response {
    let mut response = refuse(dialect, fault, facts);
    if let Some(caller) = facts.caller.as_ref().filter(|_| fault.status < 500) {
        let record = &caller.record;
        let window = window(app, record.allowance.budget_duration.as_ref(), app.clock.now());
        let spend = app.store.ledger().spend(&record.hash, window).await;
        headers::spend(response.headers_mut(), spend.ok().map(|spend| spend.spent));
    }
    response
}

/// The bare answer: status, headers of the dialect, body.
pub(crate) fn render(dialect: Dialect, fault: &Fault, request_id: &str) -> Response {
    let reply = dialect.encode_error(fault, request_id);
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let map = response.headers_mut();
    map.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            map.insert(HeaderName::from_static(name), value);
        }
    }
    if let Some(after) = fault.retry_after {
        // Whole seconds, never 0: a client that comes back at once would be refused again.
        map.insert(RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
    }
    response
}
