//! A streamed answer: bytes leave as they arrive, and the last thing the body does is to settle.
//!
//! The settlement runs inside the body, after the caller has had its last byte and before the
//! body ends: on Lambda the invocation lasts exactly as long as the body, so nothing is left to a
//! frozen process. In a server a caller may leave; then the body is dropped, and what remains is
//! handed to [`crate::Orphans`].

use std::{
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{
    HeaderValue,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use http_body::{Body as HttpBody, Frame};
use sluice_providers::{AnswerBody, ByteStream};
use sluice_store::Grant;
use sluice_wire::{Dialect, Fault, FaultKind, Pump};

use super::{
    Admitted, Facts, Flow, Intake,
    attempt::Reached,
    headers,
    keep::{self, Renewal},
    keeper::Keeper,
    settle::{self, Seen},
    spoken::spoken,
    whole,
};
use crate::{App, Departure, Orphans, history::Recorded, registry::Member};

/// Writes the head of the answer; the rest happens in the body.
pub(crate) fn answer(
    app: &Arc<App>,
    facts: Facts,
    intake: &Intake,
    admitted: Admitted,
    reached: Reached,
) -> Response {
    let mut response = Response::new(Body::empty());
    let map = response.headers_mut();
    map.insert(CONTENT_TYPE, HeaderValue::from_static(facts.dialect.stream_content_type()));
    if !matches!(facts.dialect, Dialect::BedrockConverse | Dialect::BedrockInvoke) {
        map.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        map.insert("x-accel-buffering", HeaderValue::from_static("no"));
    }
    headers::call(map, &facts);
    headers::reached(map, &reached);
    headers::session(map, intake.session.as_deref());
    headers::upstream(map, &reached.answer.headers);
    headers::bedrock(map, &facts, None, &reached.answer.headers);
    headers::limits(map, &admitted);
    headers::durations(map, &facts, reached.upstream);

    let dialect = spoken(intake, &reached.member);
    let stamp = whole::identity(&facts, intake);
    let pump = Pump::new(dialect, facts.dialect, stamp.clone());
    let mut flow: Box<dyn Flow> =
        Box::new(pump.of_provider(reached.member.deployment.provider.name));
    if let Some(session) = &intake.session {
        flow = Box::new(Recorded::new(flow, facts.dialect, stamp, session));
    }
    let keeper = whole::keeper(app, &facts, intake, &reached.member);
    let prompt = intake.whole().len();
    *response.body_mut() = kept_body(app, facts, admitted, reached, flow, prompt, keeper);
    response
}

/// The body of a streamed answer: `flow` makes the caller's bytes of the provider's, and says at
/// the end what was used.
pub(crate) fn body(
    app: &Arc<App>,
    facts: Facts,
    admitted: Admitted,
    reached: Reached,
    flow: Box<dyn Flow>,
    prompt_bytes: usize,
) -> Body {
    kept_body(app, facts, admitted, reached, flow, prompt_bytes, None)
}

/// The same, of an answer that `keeper` keeps once it is complete.
fn kept_body(
    app: &Arc<App>,
    facts: Facts,
    admitted: Admitted,
    reached: Reached,
    flow: Box<dyn Flow>,
    prompt_bytes: usize,
    keeper: Option<Keeper>,
) -> Body {
    let seen = reached.seen();
    let Reached { member, answer, .. } = reached;
    let AnswerBody::Stream(upstream) = answer.body else { return Body::empty() };
    let first_byte = Some(app.clock.now());
    let call = Call {
        app: Arc::clone(app),
        flow,
        facts,
        grant: admitted.grant,
        prompt_bytes,
        member,
        seen: Seen { first_byte, ..seen },
        fault: None,
        keeper,
        renewal: Renewal::new(app),
    };
    Body::new(CallBody { phase: Phase::Flowing(upstream, Box::new(call)) })
}

/// The body of a streamed call.
struct CallBody {
    phase: Phase,
}

enum Phase {
    Flowing(ByteStream, Box<Call>),
    Keeping(Pin<Box<dyn Future<Output = ()> + Send>>, Box<Held>),
    Settling(Pin<Box<dyn Future<Output = ()> + Send>>, Orphans, End),
    Ended(End),
    Done,
}

/// What waits until the answer is kept: a caller who has read its end may go on from it at once.
struct Held {
    upstream: ByteStream,
    call: Box<Call>,
    /// Bytes for the caller, the end of the answer among them.
    out: Vec<u8>,
    /// The upstream has ended.
    ended: bool,
}

/// How the caller's body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Clean,
    /// The caller could not be told in the body.
    Broken,
}

/// The provider's answer broke off, and the caller's does.
#[derive(Debug, thiserror::Error)]
#[error("the provider's answer broke off")]
struct BrokenOff;

/// One call in flight.
struct Call {
    app: Arc<App>,
    flow: Box<dyn Flow>,
    facts: Facts,
    grant: Grant,
    prompt_bytes: usize,
    member: Arc<Member>,
    /// What was known before the first byte.
    seen: Seen,
    fault: Option<Fault>,
    keeper: Option<Keeper>,
    renewal: Renewal,
}

// === impl CallBody ===

impl HttpBody for CallBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        loop {
            match &mut self.phase {
                Phase::Flowing(upstream, call) => {
                    call.renewal.poll(cx, &call.app, &call.grant);
                    let mut out = Vec::new();
                    let ended = match upstream.as_mut().poll_next(cx) {
                        Poll::Pending => return Poll::Pending,
                        Poll::Ready(item) => call.step(item, &mut out),
                    };
                    if let Some(keeping) = call.keeping() {
                        self.hold(keeping, out, ended);
                        continue;
                    }
                    if ended {
                        self.settle();
                    }
                    if !out.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(Bytes::from(out)))));
                    }
                }
                Phase::Keeping(keeping, _) => {
                    if keeping.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    return Poll::Ready(Some(Ok(Frame::data(Bytes::from(self.go_on())))));
                }
                Phase::Settling(settlement, _, end) => match settlement.as_mut().poll(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(()) => self.phase = Phase::Ended(*end),
                },
                Phase::Ended(end) => {
                    let broken = *end == End::Broken;
                    self.phase = Phase::Done;
                    return Poll::Ready(broken.then_some(Err(BrokenOff)));
                }
                Phase::Done => return Poll::Ready(None),
            }
        }
    }
}

impl CallBody {
    /// Holds the end of the answer back until it is kept.
    fn hold(
        &mut self,
        keeping: Pin<Box<dyn Future<Output = ()> + Send>>,
        out: Vec<u8>,
        ended: bool,
    ) {
        if let Phase::Flowing(upstream, call) = mem::replace(&mut self.phase, Phase::Done) {
            let held = Box::new(Held { upstream, call, out, ended });
            self.phase = Phase::Keeping(keeping, held);
        }
    }

    /// The answer is kept: gives what was held back.
    fn go_on(&mut self) -> Vec<u8> {
        let Phase::Keeping(_, held) = mem::replace(&mut self.phase, Phase::Done) else {
            return Vec::new();
        };
        let Held { upstream, call, out, ended } = *held;
        self.phase = Phase::Flowing(upstream, call);
        if ended {
            self.settle();
        }
        out
    }

    /// The upstream is done with: from here on only the settlement is left.
    fn settle(&mut self) {
        if let Phase::Flowing(_, call) = mem::replace(&mut self.phase, Phase::Done) {
            let orphans = call.app.orphans.clone();
            let broken = call.fault.is_some() && call.flow.breaks();
            let end = if broken { End::Broken } else { End::Clean };
            self.phase = Phase::Settling(Box::pin(call.settle()), orphans, end);
        }
    }
}

impl Drop for CallBody {
    fn drop(&mut self) {
        match mem::replace(&mut self.phase, Phase::Done) {
            Phase::Flowing(upstream, call) => call.abandon(upstream),
            Phase::Keeping(keeping, held) => {
                let orphans = held.call.app.orphans.clone();
                orphans.adopt(keeping);
                let Held { upstream, call, ended, .. } = *held;
                if ended {
                    orphans.adopt(call.settle());
                } else {
                    call.abandon(upstream);
                }
            }
            // The caller has its answer and did not wait for the end of the body.
            Phase::Settling(settlement, orphans, _) => orphans.adopt(settlement),
            Phase::Ended(_) | Phase::Done => {}
        }
    }
}

// === impl Call ===

impl Call {
    /// Takes one item of the upstream; `true` when it was the last.
    fn step(&mut self, item: Option<Result<Bytes, Fault>>, out: &mut Vec<u8>) -> bool {
        let result = match item {
            Some(Ok(chunk)) => match self.flow.push(&chunk, out) {
                Ok(()) => return false,
                Err(fault) => Err(fault),
            },
            Some(Err(fault)) => {
                self.flow.fail(&fault, out);
                Err(fault)
            }
            None => self.flow.end(out),
        };
        self.fault = result.err();
        true
    }

    /// The keeping of the answer, once it is complete.
    fn keeping(&mut self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        let answer = self.flow.take_answer()?;
        let keeper = self.keeper.take()?;
        Some(Box::pin(keeper.keep(Bytes::from(answer))))
    }

    async fn settle(self: Box<Self>) {
        let flow = self.flow.seen();
        let seen = Seen {
            first_byte: self.seen.first_byte,
            fault: self.fault,
            retries: self.seen.retries,
            asked: self.seen.asked,
            service_tier: flow.service_tier.clone().or(self.seen.service_tier),
            ..flow
        };
        settle::answered(
            &self.app,
            &self.facts,
            &self.grant,
            self.prompt_bytes,
            &self.member,
            seen,
        )
        .await;
    }

    /// The caller has left.
    fn abandon(mut self: Box<Self>, mut upstream: ByteStream) {
        let orphans = self.app.orphans.clone();
        match self.app.departure {
            Departure::Cancel => {
                drop(upstream);
                self.fault = Some(
                    Fault::new(FaultKind::InvalidRequest, "The caller closed the connection.")
                        .with_status(499),
                );
                orphans.adopt(self.settle());
            }
            Departure::Drain => orphans.adopt(async move {
                let mut nobody = Vec::new();
                let (app, grant) = (Arc::clone(&self.app), self.grant.clone());
                loop {
                    nobody.clear();
                    let item = keep::alive(&app, &grant, upstream.next()).await;
                    let ended = self.step(item, &mut nobody);
                    if let Some(keeping) = self.keeping() {
                        keeping.await;
                    }
                    if ended {
                        break;
                    }
                }
                self.settle().await;
            }),
        }
    }
}
