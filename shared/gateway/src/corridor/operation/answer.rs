//! An operation's answer, whole or as it arrives, and its settlement.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use sluice_providers::AnswerBody;

use super::{Heard, Operation, named_type};
use crate::{
    App,
    corridor::{
        Admitted, Facts, Seen,
        attempt::{Failed, Reached},
        batch::Piece,
        headers, refuse, settle, stream, whole,
    },
};

/// Settles and writes the answer; a stream settles at its end.
pub(super) async fn give(
    app: &Arc<App>,
    facts: Facts,
    operation: &dyn Operation,
    admitted: Admitted,
    mut reached: Reached,
) -> Response {
    let AnswerBody::Whole(first) = &reached.answer.body else {
        return streamed(app, facts, operation, admitted, reached);
    };
    let mut pieces = vec![Piece { headers: reached.answer.headers.clone(), body: first.clone() }];
    pieces.append(&mut reached.more);
    let member = Arc::clone(&reached.member);
    let requests = pieces.len();
    let read = operation.read(&Heard { facts: &facts, member: &member, pieces: &pieces, requests });
    let size = operation.size();
    let reply = match read {
        Ok(reply) => reply,
        Err(fault) => {
            // It was answered, so it was paid for; what it used is not known.
            let seen = Seen { fault: Some(fault.clone()), ..reached.seen() };
            let settled = settle::answered(app, &facts, &admitted.grant, size, &member, seen).await;
            return whole::unreadable(&fault, &facts, &admitted, &reached, &settled);
        }
    };
    let seen = Seen {
        retries: reached.attempts,
        asked: reached.asked,
        service_tier: reply.seen.service_tier.clone().or(reached.service_tier.clone()),
        ..reply.seen
    };
    let settled = settle::answered(app, &facts, &admitted.grant, size, &member, seen).await;
    let mut response = Response::new(Body::from(reply.body));
    let map = response.headers_mut();
    map.insert(CONTENT_TYPE, reply.content_type);
    headers::call(map, &facts);
    headers::reached(map, &reached);
    headers::cost(map, &facts, &settled);
    headers::upstream(map, &reached.answer.headers);
    headers::limits(map, &admitted);
    headers::durations(map, &facts, reached.upstream);
    response
}

/// Settles and refuses a call that failed: what had been answered by then is paid for.
pub(super) async fn fail(
    app: &Arc<App>,
    facts: Facts,
    operation: &dyn Operation,
    admitted: Admitted,
    failed: Failed,
) -> Response {
    let Failed { fault, member, finished: pieces, requests, .. } = &failed;
    let mut response = refuse(facts.dialect, fault, &facts);
    let map = response.headers_mut();
    headers::limits(map, &admitted);
    let Some(member) = member.as_ref().filter(|_| !pieces.is_empty()) else {
        let spend = settle::failed(app, &facts, &admitted, member.as_deref(), fault).await;
        headers::failed(map, &facts, &failed, spend);
        return response;
    };
    let heard = Heard { facts: &facts, member, pieces, requests: *requests };
    let used = operation.used(&heard).unwrap_or_default();
    let size = u64::try_from(operation.size()).unwrap_or(u64::MAX);
    let size = usize::try_from(heard.share(size)).unwrap_or(usize::MAX);
    let seen = Seen { fault: Some(fault.clone()), ..used };
    let settled = settle::answered(app, &facts, &admitted.grant, size, member, seen).await;
    headers::failed(map, &facts, &failed, None);
    headers::cost(map, &facts, &settled);
    response
}

fn streamed(
    app: &Arc<App>,
    facts: Facts,
    operation: &dyn Operation,
    admitted: Admitted,
    reached: Reached,
) -> Response {
    let mut response = Response::new(Body::empty());
    let map = response.headers_mut();
    let kind = named_type(&reached.answer.headers);
    if kind.as_bytes().starts_with(b"text/event-stream") {
        map.insert(CACHE_CONTROL, http::HeaderValue::from_static("no-cache"));
        map.insert("x-accel-buffering", http::HeaderValue::from_static("no"));
    }
    map.insert(CONTENT_TYPE, kind);
    headers::call(map, &facts);
    headers::reached(map, &reached);
    headers::upstream(map, &reached.answer.headers);
    headers::limits(map, &admitted);
    headers::durations(map, &facts, reached.upstream);
    let flow = operation.flow(&facts, &reached.member, &reached.answer.headers);
    let size = operation.size();
    *response.body_mut() = stream::body(app, facts, admitted, reached, flow, size);
    response
}
