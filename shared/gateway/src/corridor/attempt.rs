//! Call: attempts, retries and fail-over, all of it before the first byte.

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream::iter as stream_of};
use http::HeaderMap;
use memchr::memmem;
use sluice_providers::{Answer, AnswerBody, Deployment, Outbound, Quirk};
use sluice_wire::{
    Dialect, Edits, Fault, FaultKind, Loss, Retry, Splice, Target,
    dialect::{bedrock_invoke, openai_responses},
    splice,
};

use super::{
    Admitted, Facts, Intake, Plan,
    intake::GATEWAY_FIELDS,
    keep, media,
    params::{self, Params},
    passed::passed_on,
    refuse, settle,
    spoken::{self, spoken},
    stream, whole,
};
use crate::{App, registry::Member};

/// Longest wait between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// Requests of one call that are under way at a time.
const AT_ONCE: usize = 8;

/// A provider's answer, whose first bytes are here.
pub(crate) struct Reached {
    pub(crate) member: Arc<Member>,
    pub(crate) answer: Answer,
    /// The answers after the first, where one call took several.
    pub(crate) more: Vec<Piece>,
    pub(crate) attempts: u32,
    pub(crate) max_retries: u32,
    /// What a translation left out, by the caller's names.
    pub(crate) dropped: Vec<String>,
    /// The output cap the gateway set because of the budget.
    pub(crate) capped: Option<u64>,
    /// Time spent waiting for providers.
    pub(crate) upstream: Duration,
}

/// One whole answer.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

// === impl Reached ===

impl Reached {
    /// An answer that took one attempt, and nothing had to be left out.
    pub(crate) fn at_once(member: Arc<Member>, answer: Answer) -> Self {
        Self {
            member,
            answer,
            more: Vec::new(),
            attempts: 0,
            max_retries: 0,
            dropped: Vec::new(),
            capped: None,
            upstream: Duration::ZERO,
        }
    }
}

/// Runs an admitted call to its answer. Whatever happens, the grant is settled.
pub(crate) async fn run(
    app: &Arc<App>,
    facts: Facts,
    intake: Intake,
    plan: Plan,
    admitted: Admitted,
) -> Result<Response, Fault> {
    let reached = {
        let prepare = |member: &Member| prepare(app, &intake, &admitted, member);
        let work = pin!(reach(app, &facts, Some(&intake), &plan, prepare));
        keep::alive(app, &admitted.grant, work).await
    };
    match reached {
        Ok(reached) => match reached.answer.body {
            AnswerBody::Whole(_) => whole::answer(app, facts, &intake, admitted, reached).await,
            AnswerBody::Stream(_) => Ok(stream::answer(app, facts, &intake, admitted, reached)),
        },
        Err((fault, member)) => {
            settle::failed(app, &facts, &admitted, member.as_deref(), &fault).await;
            let mut response = refuse(facts.dialect, &fault, &facts);
            if let Some(member) = member {
                super::headers::member(response.headers_mut(), &member);
            }
            Ok(response)
        }
    }
}

/// Tries the deployments of a plan until one answers. `chat` is the request where it may name
/// content by address.
pub(super) async fn reach(
    app: &App,
    facts: &Facts,
    chat: Option<&Intake>,
    plan: &Plan,
    prepare: impl Fn(&Member) -> Result<Prepared, Fault> + Sync,
) -> Result<Reached, (Fault, Option<Arc<Member>>)> {
    let max_retries = plan
        .order
        .first()
        .and_then(|member| member.deployment.max_retries)
        .unwrap_or(app.config.num_retries());
    let mut candidates = plan.order.iter().cycle();
    let mut last = None;
    let mut upstream = Duration::ZERO;
    for attempt in 0..=max_retries {
        let Some(member) = candidates.next() else { break };
        // Where this is not the first choice, or the plan has changed since.
        let brought = match chat {
            Some(intake) => media::bring(app, intake, spoken(intake, member)).await,
            None => Ok(()),
        };
        let sent = Instant::now();
        let result = match brought.and_then(|()| prepare(member)) {
            Ok(Prepared { outbound, more, dropped, capped }) => {
                let sent = send(app, member, outbound, more).await;
                sent.map(|(answer, more)| (answer, more, dropped, capped))
            }
            // Another deployment may take what this one's provider does not.
            Err(fault) => Err(fault),
        };
        upstream = upstream.saturating_add(sent.elapsed());
        match result {
            Ok((answer, more, dropped, capped)) => {
                return Ok(Reached {
                    member: Arc::clone(member),
                    answer,
                    more,
                    attempts: attempt,
                    max_retries,
                    dropped,
                    capped,
                    upstream,
                });
            }
            Err(fault) => {
                tracing::warn!(
                    call = %facts.call,
                    deployment = %member.deployment.id,
                    attempt,
                    fault = %fault,
                    detail = fault.detail.as_deref().unwrap_or_default(),
                    "attempt failed"
                );
                let others = plan.order.len() > 1;
                let again = match fault.retry {
                    Retry::Never => false,
                    Retry::Elsewhere => others,
                    Retry::Again => true,
                };
                let wait = pause(&fault, attempt, others);
                last = Some((fault, Some(Arc::clone(member))));
                if !again || attempt == max_retries {
                    break;
                }
                if !wait.is_zero() {
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }
    Err(last.unwrap_or_else(|| {
        let message = format!(
            "No deployments available for selected model. Passed model={}",
            plan.group.name
        );
        (Fault::new(FaultKind::RateLimit, message), None)
    }))
}

/// Sends a request, and after it those that belong to it, a few at a time.
async fn send(
    app: &App,
    member: &Member,
    first: Outbound,
    others: Vec<Outbound>,
) -> Result<(Answer, Vec<Piece>), Fault> {
    let answer = app.transport.send(&member.deployment, first).await?;
    let more = match others.is_empty() {
        true => Vec::new(),
        false => Box::pin(send_others(app, member, others)).await?,
    };
    Ok((answer, more))
}

async fn send_others(
    app: &App,
    member: &Member,
    others: Vec<Outbound>,
) -> Result<Vec<Piece>, Fault> {
    let sent = others.into_iter().map(|outbound| async {
        let answer = app.transport.send(&member.deployment, outbound).await?;
        match answer.body {
            AnswerBody::Whole(body) => Ok(Piece { headers: answer.headers, body }),
            AnswerBody::Stream(_) => {
                Err(Fault::new(FaultKind::Internal, "a stream is not a whole answer"))
            }
        }
    });
    stream_of(sent).buffered(AT_ONCE).try_collect().await
}

/// LiteLLM's rule: at once where another deployment can take over, else what the provider asked
/// for, else doubling from half a second.
fn pause(fault: &Fault, attempt: u32, others: bool) -> Duration {
    if others {
        return Duration::ZERO;
    }
    match fault.retry_after {
        Some(after) if after <= Duration::from_secs(60) && !after.is_zero() => after,
        _ => Duration::from_millis(500).saturating_mul(1 << attempt.min(4)).min(LONGEST_PAUSE),
    }
}

/// A request as one deployment wants it.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    pub(crate) outbound: Outbound,
    /// What follows, where the provider takes in several calls what the caller asked for in one.
    pub(crate) more: Vec<Outbound>,
    /// What the translation left out, by the caller's names.
    pub(crate) dropped: Vec<String>,
    /// The output cap that was set because of the budget.
    pub(crate) capped: Option<u64>,
}

/// The request as this deployment wants it: the caller's own bytes with the necessary edits where
/// both speak one dialect, a translation otherwise.
fn prepare(
    app: &App,
    intake: &Intake,
    admitted: &Admitted,
    member: &Member,
) -> Result<Prepared, Fault> {
    written(app, intake, admitted.cap(intake, member), member)
}

/// The same, with the cap on the output that the budget asks for, if it does.
pub(crate) fn written(
    app: &App,
    intake: &Intake,
    capped: Option<u64>,
    member: &Member,
) -> Result<Prepared, Fault> {
    let deployment = &member.deployment;
    let dialect = spoken(intake, member);
    let stream = intake.peek.stream;
    let headers = passed_on(intake, dialect)?;
    let provider = deployment.provider;
    let send = |body: Vec<u8>| {
        let route = spoken::route(dialect, member);
        Outbound { body: Bytes::from(body), stream, headers: headers.clone(), route }
    };
    let params = Params::of(app, intake, deployment);
    let passes = passes(intake, member);
    // Where bytes pass, the provider knows what the request goes on from.
    let asked = if passes { &intake.body } else { intake.whole() };
    let (source, mut dropped) = match params.leave_out(asked)? {
        Some((body, named)) => (Some(body), named),
        None => (None, Vec::new()),
    };
    if passes {
        let edits = Edits {
            model: Some(match dialect {
                // It stands in the path; here it only says whose fields the body has.
                Dialect::BedrockInvoke => spoken::named(member),
                _ => &deployment.model,
            }),
            max_output: capped,
            include_usage: stream
                && !intake.peek.stream_usage
                && !provider.has(Quirk::NoStreamOptions),
            remove: &GATEWAY_FIELDS,
        };
        let body = dialect.patch(source.as_ref().unwrap_or(&intake.body), &edits)?;
        let outbound = send(params.fit(deployment, dialect, body, &mut dropped)?);
        return Ok(Prepared { outbound, dropped, capped, ..Prepared::default() });
    }
    if is_wrapped(intake, dialect) {
        let body = source.as_ref().unwrap_or(&intake.body);
        let model = &deployment.model;
        let body = bedrock_invoke::unwrap(body, model, stream, capped, &GATEWAY_FIELDS)?;
        let outbound = send(params.fit(deployment, dialect, body, &mut dropped)?);
        return Ok(Prepared { outbound, dropped, capped, ..Prepared::default() });
    }
    let target = Target {
        model: &deployment.model,
        max_output: member.price.as_ref().and_then(|price| price.max_output),
        max_completion_tokens: takes_completion_tokens(deployment),
    };
    let edited = source.map(|body| intake.decode_edited(&body, dialect)).transpose()?;
    let canonical = match &edited {
        Some(request) => request,
        None => intake.for_dialect(dialect)?,
    };
    let encoded = match capped {
        Some(cap) => {
            let mut lowered = canonical.clone();
            lowered.max_output = Some(cap);
            dialect.encode_request(&lowered, target)?
        }
        None => dialect.encode_request(canonical, target)?,
    };
    dropped.extend(params::admit(params.drop, deployment, encoded.losses)?);
    let mut body = params.fit(deployment, dialect, encoded.body, &mut dropped)?;
    if (intake.line.dialect, dialect) == (Dialect::BedrockInvoke, Dialect::AnthropicMessages) {
        // Anthropic takes them as a header.
        body = splice(&body, &[Splice::Remove("anthropic_beta")])
            .map_err(|error| Fault::new(FaultKind::Internal, error.to_string()))?;
    }
    Ok(Prepared { outbound: send(body), dropped, capped, ..Prepared::default() })
}

/// Whether the caller's own bytes pass: the deployment speaks its dialect, and takes all that they say.
pub(super) fn passes(intake: &Intake, member: &Member) -> bool {
    spoken(intake, member) == intake.line.dialect
        && !needs_reading(intake)
        && intake.thread.as_ref().is_none_or(|thread| {
            thread.is_known_to(&member.deployment.id)
                && !openai_responses::holds_sealed(&intake.body)
        })
}

/// Whether the provider of the caller's own dialect would refuse the bytes as they are.
fn needs_reading(intake: &Intake) -> bool {
    folds_instructions(intake) || intake.line.dialect.holds_foreign_signature(&intake.body)
}

/// Claude Code writes instructions into the middle of a conversation; models that do not take
/// them there get them folded, which needs the request decoded. The writer knows which do.
fn folds_instructions(intake: &Intake) -> bool {
    matches!(intake.line.dialect, Dialect::AnthropicMessages | Dialect::BedrockInvoke)
        && [r#""role":"system""#, r#""role": "system""#]
            .iter()
            .any(|words| memmem::find(&intake.body, words.as_bytes()).is_some())
}

/// Anthropic's own request in Bedrock's envelope, for Anthropic.
pub(super) fn is_wrapped(intake: &Intake, dialect: Dialect) -> bool {
    (intake.line.dialect, dialect) == (Dialect::BedrockInvoke, Dialect::AnthropicMessages)
        && !needs_reading(intake)
}

/// Whether the output cap is `max_completion_tokens`: at OpenAI itself, and for its reasoning models
/// wherever they are, which take no other.
fn takes_completion_tokens(deployment: &Deployment) -> bool {
    let reasons = ["o1", "o3", "o4", "gpt-5"];
    match deployment.provider.name {
        "openai" => {
            deployment.api_base.is_none()
                || reasons.iter().any(|family| deployment.model.starts_with(family))
        }
        "azure" => reasons.iter().any(|family| deployment.model.starts_with(family)),
        _ => false,
    }
}

/// The names of what a translation left out, or the fault that says so where it changes the meaning
/// and may not be dropped.
pub(crate) fn dropped(app: &App, member: &Member, losses: Vec<Loss>) -> Result<Vec<String>, Fault> {
    let deployment = &member.deployment;
    let drop = deployment.drop_params.unwrap_or(app.config.litellm.drop_params);
    params::admit(drop, deployment, losses)
}
