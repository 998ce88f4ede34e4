//! The answer of a call that was passed on, and its settlement.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderName, StatusCode, header};
use sluice_providers::{Answer, AnswerBody, ByteStream, Relayed};
use sluice_store::NanoUsd;
use sluice_wire::{Fault, FaultKind, Upstream};

use super::{flow::Passing, meter::Meter};
use crate::{
    App,
    corridor::{Admitted, Facts, Flow as _, Reached, headers, settle, streamed_body},
    pricing::{Class, ModelPrice, Rate, RateTable, Slot},
    registry::Member,
};

/// An answer of up to this many bytes is settled before it is given, so that its headers can say what
/// it cost.
const SMALL: u64 = 4 << 20;

/// Settles and passes the answer on: at its end, or before its beginning where it is small.
pub(super) async fn give(
    app: &Arc<App>,
    mut facts: Facts,
    admitted: Admitted,
    member: Arc<Member>,
    meter: Meter,
    size: usize,
    relayed: Relayed,
) -> Response {
    let Relayed { status, headers: upstream, body } = relayed;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    pass(&upstream, response.headers_mut());
    if !status.is_success() {
        let body = gathered(body).await.unwrap_or_default();
        let fault = refused(&member, status, &body);
        let spend = settle::failed(app, &facts, &admitted, Some(&member), &fault).await;
        *response.body_mut() = Body::from(body);
        describe(&mut response, &facts, &member);
        headers::spend(response.headers_mut(), spend);
        return response;
    }
    let mut passing = Passing::new(meter, &upstream);
    let small = length(&upstream).is_some_and(|length| length <= SMALL) || is_empty(status);
    if !small {
        facts.stream = true;
        describe(&mut response, &facts, &member);
        let answer =
            Answer { status: status.as_u16(), headers: upstream, body: AnswerBody::Stream(body) };
        let reached = Reached::at_once(member, answer);
        let body = streamed_body(app, facts, admitted, reached, Box::new(passing), size);
        *response.body_mut() = body;
        return response;
    }
    let (body, fault) = match gathered(body).await {
        Ok(body) => (body, None),
        Err(fault) => (Bytes::new(), Some(fault)),
    };
    // It copies, and it does not fail.
    let _ = passing.push(&body, &mut Vec::new());
    let seen = settle::Seen { fault: fault.clone(), ..passing.seen() };
    let settled = settle::answered(app, &facts, &admitted.grant, size, &member, seen).await;
    if let Some(fault) = fault {
        let mut response = crate::corridor::refuse(facts.dialect, &fault, &facts);
        headers::member(response.headers_mut(), &member);
        headers::cost(response.headers_mut(), &facts, &settled);
        return response;
    }
    *response.body_mut() = Body::from(body);
    describe(&mut response, &facts, &member);
    headers::cost(response.headers_mut(), &facts, &settled);
    response
}

/// A price of so much for the request, whatever it used.
pub(super) fn charge(cost: NanoUsd) -> ModelPrice {
    let mut rates = RateTable::default();
    let pico = u64::try_from(cost.nanos()).unwrap_or_default().saturating_mul(1000);
    rates.set(Slot::base(Class::Request), Rate::from_pico(pico));
    ModelPrice::of(rates)
}

fn describe(response: &mut Response, facts: &Facts, member: &Member) {
    headers::describe(response.headers_mut(), facts, Some(member));
}

/// The provider's headers, less those of the connection and its cookies.
fn pass(upstream: &HeaderMap, out: &mut HeaderMap) {
    let stays = |name: &HeaderName| {
        matches!(
            *name,
            header::CONNECTION
                | header::CONTENT_LENGTH
                | header::SET_COOKIE
                | header::TRAILER
                | header::TRANSFER_ENCODING
                | header::UPGRADE
        ) || name == "keep-alive"
    };
    for (name, value) in upstream.iter().filter(|(name, _)| !stays(name)) {
        out.append(name.clone(), value.clone());
    }
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn is_empty(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED)
}

async fn gathered(mut body: ByteStream) -> Result<Bytes, Fault> {
    let mut all = BytesMut::new();
    while let Some(chunk) = body.next().await {
        all.extend_from_slice(&chunk?);
    }
    Ok(all.freeze())
}

/// The provider's refusal, for the row.
fn refused(member: &Member, status: StatusCode, body: &Bytes) -> Fault {
    let provider = member.deployment.provider.name;
    let status = status.as_u16();
    let fault =
        Fault::new(FaultKind::Upstream, format!("{provider} answered with status {status}"));
    fault.with_status(status).with_upstream(Upstream {
        provider: provider.to_owned(),
        status,
        code: None,
        body: body.clone(),
    })
}
