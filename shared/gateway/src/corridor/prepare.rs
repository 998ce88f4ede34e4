//! What a deployment is sent: the caller's own bytes with the necessary edits, or a translation.

use std::borrow::Cow;

use bytes::Bytes;
use memchr::memmem;
use sluice_providers::{Deployment, Outbound, Quirk};
use sluice_wire::{
    Dialect, Edits, Fault, FaultKind, Loss, Splice, Target,
    canon::CacheInjection,
    dialect::{bedrock_invoke, openai_responses},
    splice,
};

use super::{
    Admitted, Intake, Paid, defaults,
    intake::GATEWAY_FIELDS,
    params::{self, Params},
    passed::passed_on,
    spoken::{self, spoken},
};
use crate::{App, registry::Member};

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
pub(super) fn prepare(
    app: &App,
    intake: &Intake,
    admitted: &Admitted,
    member: &Member,
    served: Option<Paid>,
) -> Result<Prepared, Fault> {
    written(app, intake, admitted.cap(intake, member, served), member)
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
    let set = defaults::spliced(intake, member, asked)?;
    let (source, mut dropped) = match params.leave_out(set.as_ref().unwrap_or(asked))? {
        Some((body, named)) => (Some(body), named),
        None => (set, Vec::new()),
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
    let points = cache_points(intake, member);
    if is_wrapped(intake, dialect) && points.is_empty() {
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
        habits: deployment.habits(),
    };
    let edited = source.map(|body| intake.decode_edited(&body, dialect)).transpose()?;
    let canonical = match &edited {
        Some(request) => request,
        None => intake.for_dialect(dialect)?,
    };
    let mut request = Cow::Borrowed(canonical);
    if !points.is_empty() {
        request.to_mut().inject(points, intake.line.dialect == Dialect::OpenAiChat);
    }
    defaults::fill(intake, member, &mut request);
    if let Some(cap) = capped {
        request.to_mut().max_output = Some(cap);
    }
    let encoded = dialect.encode_request(&request, target)?;
    dropped.extend(params::admit(params.drop, deployment, encoded.losses)?);
    let mut body = params.fit(deployment, dialect, encoded.body, &mut dropped)?;
    if (intake.line.dialect, dialect) == (Dialect::BedrockInvoke, Dialect::AnthropicMessages) {
        // Anthropic takes them as a header.
        body = splice(&body, &[Splice::Remove("anthropic_beta")])
            .map_err(|error| Fault::new(FaultKind::Internal, error.to_string()))?;
    }
    Ok(Prepared { outbound: send(body), dropped, capped, ..Prepared::default() })
}

/// The cache markers to put in: the caller's wish, else the deployment's, where the dialect has any.
/// Bedrock's InvokeModel passes its own callers' bytes: whose fields they have is not known for
/// every family.
fn cache_points<'a>(intake: &'a Intake, member: &'a Member) -> &'a [CacheInjection] {
    let dialect = spoken(intake, member);
    match dialect {
        Dialect::AnthropicMessages | Dialect::BedrockConverse => {}
        Dialect::BedrockInvoke if dialect != intake.line.dialect => {}
        _ => return &[],
    }
    match intake.wishes.cache_points.as_slice() {
        [] => &member.deployment.cache_points,
        wished => wished,
    }
}

/// Whether the caller's own bytes pass: the deployment speaks its dialect, and takes all that they say.
pub(super) fn passes(intake: &Intake, member: &Member) -> bool {
    spoken(intake, member) == intake.line.dialect
        && !needs_reading(intake)
        && cache_points(intake, member).is_empty()
        && !defaults::changes(intake, member)
        && intake.thread.as_ref().is_none_or(|thread| {
            thread.is_known_to(&member.deployment.id)
                && !openai_responses::holds_sealed(&intake.body)
        })
}

/// Whether the provider of the caller's own dialect would refuse the bytes as they are.
fn needs_reading(intake: &Intake) -> bool {
    *intake.known.needs_reading.get_or_init(|| {
        folds_instructions(intake) || intake.line.dialect.holds_foreign_signature(&intake.body)
    })
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
