//! Calls that are not a chat, through the same doors.
//!
//! An [`Operation`] is what the corridor must know of such a call: which model, what it can cost,
//! what a deployment is sent, and what its answer says. Everything else (keys, routes, money,
//! retries, rows, headers) is the chat's.

mod answer;

use std::{pin::pin, sync::Arc};

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use sluice_store::NanoUsd;
use sluice_wire::{Fault, FaultKind};

use super::{
    Admitted, Arrival, Bound, Bounded, Facts, Flow, Forward, Line, Plan, Prepared, Seen, Tokens,
    Turns, attempt,
    batch::Piece,
    fallback::{self, Asking, Origin, Outcome},
    intake, keep, mock,
    params::{Wishes, enforce},
    refuse_early,
};
use crate::{App, identity, registry::Member, responses::conversation};

/// A call that is not a chat. Pure: the corridor does the I/O.
pub(crate) trait Operation: Send + Sync {
    /// The model that was asked for.
    fn model(&self) -> &str;

    /// Whether the answer is passed on as it arrives.
    fn stream(&self) -> bool {
        false
    }

    /// Whether a deployment can serve it. The fault says why not; without one that can, the last
    /// deployment's is the caller's.
    fn serves(&self, member: &Member) -> Result<(), Fault>;

    /// The most it can cost at a deployment. Asked for only under a budget; where that cannot be
    /// told the call is refused ([`super::unpriced`]).
    fn worst(&self, member: &Member) -> Result<NanoUsd, Fault>;

    /// The most that the least of it can cost which is worth having: all of it where it is all or
    /// nothing.
    fn least(&self, member: &Member) -> Result<NanoUsd, Fault> {
        self.worst(member)
    }

    /// What the deployment is sent.
    fn prepare(&self, app: &App, member: &Member) -> Result<Prepared, Fault>;

    /// The same, no dearer than what is granted, where [`Self::least`] may be less than all.
    fn afford(&self, app: &App, member: &Member, _: NanoUsd) -> Result<Prepared, Fault> {
        self.prepare(app, member)
    }

    /// Reads a whole answer.
    fn read(&self, heard: &Heard<'_>) -> Result<Reply, Fault>;

    /// What was used by then, of a call that failed after some of its requests were answered.
    fn used(&self, heard: &Heard<'_>) -> Result<Seen, Fault> {
        Ok(self.read(heard)?.seen)
    }

    /// What becomes of a streamed answer. Asked for only where [`Self::prepare`] asks for a stream.
    fn flow(&self, _: &Facts, _: &Member, _: &HeaderMap) -> Box<dyn Flow> {
        Box::new(Forward::default())
    }

    /// Bytes of what was given, for an estimate where an answer does not say what it used.
    fn size(&self) -> usize;
}

/// A provider's whole answer, and who gave it.
pub(crate) struct Heard<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) member: &'a Member,
    /// One for each request of [`Operation::prepare`] that was answered.
    pub(crate) pieces: &'a [Piece],
    /// How many requests there were.
    pub(crate) requests: usize,
}

/// What the caller gets, and what is known of the answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) body: Bytes,
    pub(crate) content_type: HeaderValue,
    pub(crate) seen: Seen,
}

/// Reads a request: what the route says, its headers and its whole body.
pub(crate) type Reader = fn(&App, &Line, &HeaderMap, Bytes) -> Result<Box<dyn Operation>, Fault>;

/// Walks a call that is not a chat through the corridor, and renders whatever comes of it.
pub(crate) async fn operate(app: &Arc<App>, arrival: Arrival, reader: Reader) -> Response {
    let dialect = arrival.line.dialect;
    let mut facts = Facts::begin(app, &arrival.line);
    match doors(app, arrival, reader, &mut facts).await {
        Ok(response) => response,
        Err(fault) => refuse_early(app, dialect, &fault, &facts).await,
    }
}

async fn doors(
    app: &Arc<App>,
    arrival: Arrival,
    reader: Reader,
    facts: &mut Facts,
) -> Result<Response, Fault> {
    let caller = identity::authenticate(app, &arrival.headers, arrival.uri.path()).await?;
    facts.identify(app, caller, &arrival.headers)?;
    let Arrival { line, headers, body, .. } = arrival;
    let body = intake::collect(body, app.config.general.max_request_bytes()).await?;
    enforce(app, facts.caller.as_ref(), &line, &headers, &body)?;
    let pictures = line.call_type == "aimage_edit";
    let (wishes, body) = Wishes::take(&headers, body, pictures)?;
    facts.heed(&wishes);
    facts.attend(app).await?;
    // Of what is not a chat, only a conversation that is made shorter goes on from what is kept.
    let body = match line.call_type {
        "acompact_responses" => Box::pin(conversation(app, &facts.key(), body)).await?,
        _ => body,
    };
    let origin = Origin { line, headers, body, session: None };
    let operation = read(app, &origin, reader)?;
    if wishes.fallbacks.is_empty() && !facts.reroutes() {
        return once(app, operation, &wishes, facts).await.map(Outcome::response);
    }
    fallback::check(app, facts, &wishes.fallbacks, operation.model())?;
    let first = Box::pin(once(app, operation, &wishes, facts)).await?;
    let ask = |origin: Origin, mut facts| -> Asking {
        let app = Arc::clone(app);
        Box::pin(async move {
            let (wishes, operation) = (Wishes::read(&origin.body)?, read(&app, &origin, reader)?);
            once(&app, operation, &wishes, &mut facts).await
        })
    };
    fallback::through(app, facts, &wishes.fallbacks, &origin, first, ask).await
}

fn read(app: &App, origin: &Origin, reader: Reader) -> Result<Box<dyn Operation>, Fault> {
    reader(app, &origin.line, &origin.headers, origin.body.clone())
}

/// Asks one model.
async fn once(
    app: &Arc<App>,
    operation: Box<dyn Operation>,
    wishes: &Wishes,
    facts: &mut Facts,
) -> Result<Outcome, Fault> {
    let asked = Asked(operation);
    facts.describe(asked.0.model(), asked.0.stream());
    let plan = asked.plan(app, facts)?;
    mock::none(wishes, &plan, facts.route)?;
    if let Some(first) = plan.order.first() {
        // What cannot be translated is refused before any money is reserved.
        asked.0.prepare(app, first)?;
    }

    // From here on money is in play. The call goes on, and is settled, also when the caller leaves.
    let work = paid(Arc::clone(app), facts.clone(), asked, plan);
    match app.orphans.run(work).await {
        Some(outcome) => outcome,
        None => Err(Fault::new(FaultKind::Internal, "The gateway failed on this call.")),
    }
}

fn paid(app: Arc<App>, mut facts: Facts, asked: Asked, plan: Plan) -> Asking {
    Box::pin(async move {
        let admitted = Admitted::reserve(&app, &mut facts, &asked, plan).await;
        let (mut admitted, plan) = match admitted {
            Ok(admitted) => admitted,
            Err(denial) => return Ok(denial.outcome(&facts)),
        };
        let operation = &*asked.0;
        let reached = {
            let prepare = |member: &Member, served| match admitted.paid(served) {
                Some(paid) => operation.afford(&app, member, paid.amount),
                None => operation.prepare(&app, member),
            };
            let turns = Turns::new(&app, &facts, &asked, &plan, &admitted);
            let work = pin!(attempt::reach(&app, &facts, None, turns, prepare));
            keep::alive(&app, &admitted.grant, work).await
        };
        match reached {
            Ok(mut reached) => {
                admitted.served_by(reached.served.take());
                let response = answer::give(&app, facts, operation, admitted, reached).await;
                Ok(Outcome::Final(response))
            }
            Err(mut failed) => {
                let kind = failed.fault.kind;
                admitted.served_by(failed.served.take());
                let response = answer::fail(&app, facts, operation, admitted, failed).await;
                Ok(Outcome::Failed(response, kind))
            }
        }
    })
}

/// An operation as the ledger sees it.
struct Asked(Box<dyn Operation>);

// === impl Asked ===

impl Bounded for Asked {
    fn bound(&self, plan: &Plan) -> Result<Bound, Fault> {
        let mut bound = Bound::default();
        for member in &plan.order {
            bound.worst = bound.worst.max(self.0.worst(member)?);
            bound.floor = bound.floor.max(self.0.least(member)?);
        }
        Ok(bound)
    }

    fn tokens(&self) -> Result<Tokens, Fault> {
        let bytes = u64::try_from(self.0.size()).unwrap_or(u64::MAX);
        Ok(Tokens { input: (bytes / 4).max(1), output: 0 })
    }

    fn plan(&self, app: &App, facts: &Facts) -> Result<Plan, Fault> {
        let mut plan = Plan::draw(app, facts)?;
        let mut refusal = None;
        plan.order.retain(|member| match self.0.serves(member) {
            Ok(()) => true,
            Err(fault) => {
                refusal = Some(fault);
                false
            }
        });
        match refusal {
            Some(fault) if plan.order.is_empty() => Err(fault),
            _ => Ok(plan),
        }
    }
}

// === impl Heard ===

impl Heard<'_> {
    /// The first body; the only one where [`Operation::prepare`] gave one request.
    pub(crate) fn body(&self) -> Bytes {
        self.pieces.first().map(|piece| piece.body.clone()).unwrap_or_default()
    }

    /// The part of a whole that has been answered, rounded up.
    pub(crate) fn share(&self, whole: u64) -> u64 {
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        match (count(self.pieces.len()), count(self.requests)) {
            (answered, asked) if answered < asked => whole.saturating_mul(answered).div_ceil(asked),
            _ => whole,
        }
    }

    /// The first piece's content type, or JSON.
    pub(crate) fn content_type(&self) -> HeaderValue {
        self.pieces.first().map_or(JSON, |piece| named_type(&piece.headers))
    }
}

/// The content type of most answers.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The content type that a provider names, or JSON.
fn named_type(headers: &HeaderMap) -> HeaderValue {
    headers.get(http::header::CONTENT_TYPE).cloned().unwrap_or(JSON)
}
