//! An answer in one piece.

use std::{ops::Range, sync::Arc};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::future::OptionFuture;
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use memchr::memmem;
use serde_json::Map;
use sluice_providers::AnswerBody;
use sluice_wire::{
    Dialect, Fault, FaultKind, Stamp,
    dialect::{
        bedrock_invoke, custom,
        openai_responses::response::{echo, retell},
    },
};

use super::{
    Admitted, Facts, Intake,
    attempt::Reached,
    headers,
    keeper::Keeper,
    prepare::passes,
    refuse,
    settle::{self, Seen, Settled},
    spoken::spoken,
};
use crate::{App, history::TurnKeeper, registry::Member, responses::Keeper as AnswerKeeper};

/// Settles and writes the answer. The settlement comes first: its result is in the headers.
pub(crate) async fn answer(
    app: &Arc<App>,
    facts: Facts,
    intake: &Intake,
    admitted: Admitted,
    mut reached: Reached,
) -> Result<Response, Fault> {
    let AnswerBody::Whole(upstream) = &reached.answer.body else {
        return Err(Fault::new(sluice_wire::FaultKind::Internal, "a stream is not a whole answer"));
    };
    let member = Arc::clone(&reached.member);
    let dialect = spoken(intake, &member);
    let read = read(upstream, &reached.answer.headers, dialect, &facts, &identity(&facts, intake));
    let (body, mut seen) = match read {
        Ok(read) => read,
        Err(fault) => {
            // It was answered, so it was paid for; what it used is not known.
            let seen = Seen {
                fault: Some(fault.clone()),
                text_bytes: u64::try_from(upstream.len()).unwrap_or(u64::MAX),
                ..reached.seen()
            };
            let prompt = intake.whole().len();
            let settled =
                settle::answered(app, &facts, &admitted.grant, prompt, &member, seen).await;
            return Ok(unreadable(&fault, &facts, &admitted, &reached, &settled));
        }
    };
    seen = Seen {
        response_id: seen.response_id,
        usage: seen.usage,
        text_bytes: seen.text_bytes,
        untold: seen.untold,
        ..reached.seen()
    };
    reached.dropped.extend(seen.untold.iter().map(|name| format!("answer.{name}")));
    // With the provider's own words, it is not copied for nothing.
    let invoked = facts.dialect == Dialect::BedrockInvoke;
    let usage = if invoked { seen.usage.clone() } else { None };
    let keeper = keeper(app, &facts, intake, &member);
    let keeping = keeper.map(|keeper| Box::pin(keeper.keep(body.clone())));
    let prompt = intake.whole().len();
    let settling = settle::answered(app, &facts, &admitted.grant, prompt, &member, seen);
    let (settled, _) = tokio::join!(settling, OptionFuture::from(keeping));
    let body = match &intake.session {
        Some(session) => session.name(facts.dialect, body),
        None => body,
    };
    let mut response = Response::new(Body::from(body));
    let map = response.headers_mut();
    map.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers::call(map, &facts);
    headers::reached(map, &reached);
    headers::cost(map, &facts, &settled);
    headers::session(map, intake.session.as_deref());
    headers::upstream(map, &reached.answer.headers);
    headers::bedrock(map, &facts, usage.as_ref(), &reached.answer.headers);
    headers::limits(map, &admitted);
    headers::durations(map, &facts, reached.upstream);
    Ok(response)
}

/// What the caller is told of an answer that was paid for and cannot be read.
pub(super) fn unreadable(
    fault: &Fault,
    facts: &Facts,
    admitted: &Admitted,
    reached: &Reached,
    settled: &Settled,
) -> Response {
    let mut response = refuse(facts.dialect, fault, facts);
    let map = response.headers_mut();
    headers::reached(map, reached);
    headers::cost(map, facts, settled);
    headers::limits(map, admitted);
    headers::durations(map, facts, reached.upstream);
    response
}

/// The caller's body and what the provider said was used.
pub(crate) fn read(
    upstream: &Bytes,
    headers: &HeaderMap,
    dialect: Dialect,
    facts: &Facts,
    stamp: &Stamp,
) -> Result<(Bytes, Seen), Fault> {
    // Anthropic's answer is the same in Bedrock's envelope.
    let wrapped = (dialect, facts.dialect) == (Dialect::AnthropicMessages, Dialect::BedrockInvoke);
    if dialect == facts.dialect || wrapped {
        let mut glance = dialect.glance(upstream)?;
        if glance.usage.is_none() {
            glance.usage =
                bedrock_invoke::usage_in_headers(|name| headers.get(name)?.to_str().ok());
        }
        let seen = Seen {
            response_id: glance.id,
            text_bytes: u64::try_from(upstream.len()).unwrap_or(u64::MAX),
            usage: glance.usage,
            ..Seen::default()
        };
        let body = named(upstream, glance.model.as_ref(), facts)?;
        let retold = if stamp.echo.is_empty() { None } else { retell(&body, &stamp.echo) };
        return Ok((retold.map_or(body, Bytes::from), seen));
    }
    let response = dialect.decode_response(upstream)?;
    let body = facts.dialect.encode_response(&response, stamp);
    let seen = Seen {
        untold: facts.dialect.untold(&response),
        response_id: response.id,
        text_bytes: u64::try_from(body.len()).unwrap_or(u64::MAX),
        usage: response.usage,
        ..Seen::default()
    };
    Ok((Bytes::from(body), seen))
}

/// The provider's bytes, with the group that was asked for in the place of the provider's model.
fn named(upstream: &Bytes, model: Option<&Range<usize>>, facts: &Facts) -> Result<Bytes, Fault> {
    let Some(at) = model else { return Ok(upstream.clone()) };
    let name = serde_json::to_vec(&*facts.requested)
        .map_err(|error| Fault::new(FaultKind::Internal, error.to_string()))?;
    let head = upstream.get(..at.start).unwrap_or_default();
    let tail = upstream.get(at.end..).unwrap_or_default();
    Ok(Bytes::from([head, &name, tail].concat()))
}

/// Who keeps the answer, where the caller wants it kept.
pub(super) fn keeper(
    app: &Arc<App>,
    facts: &Facts,
    intake: &Intake,
    member: &Member,
) -> Option<Keeper> {
    if let Some(session) = &intake.session {
        return Some(Keeper::Turn(TurnKeeper::new(app, session, facts.call.to_string())));
    }
    let thread = intake.thread.as_ref()?;
    let there = passes(intake, member).then(|| member.deployment.id.clone());
    let call = facts.call.to_string();
    AnswerKeeper::new(app, facts.key(), call, thread, &intake.body, there).map(Keeper::Answer)
}

/// The identity of an answer that the gateway writes.
pub(crate) fn stamp(facts: &Facts) -> Stamp {
    Stamp {
        id: facts.call.to_string(),
        model: facts.requested.to_string(),
        created: u64::try_from(facts.started.get() / 1000).unwrap_or(0),
        ..Stamp::default()
    }
}

/// The same, with what the answer owes to the request's own words.
pub(super) fn identity(facts: &Facts, intake: &Intake) -> Stamp {
    let echo = match facts.dialect {
        // The body has been read before: it is an object.
        Dialect::OpenAiResponses => echo(&intake.body).unwrap_or_default(),
        _ => Map::new(),
    };
    let custom_tools = custom_tools(intake);
    Stamp { stream_usage: intake.peek.stream_usage, echo, custom_tools, ..stamp(facts) }
}

/// The tools of free text that the caller offers. Most offer none, and are not read for it.
fn custom_tools(intake: &Intake) -> Vec<String> {
    let has = matches!(intake.line.dialect, Dialect::OpenAiChat | Dialect::OpenAiResponses)
        && memmem::find(&intake.body, b"\"custom\"").is_some();
    let request = has.then(|| intake.canonical().ok()).flatten();
    request.map(custom::names).unwrap_or_default()
}
