//! The corridor: the life of one call, door by door.
//!
//! authenticate -> `intake` (body, peek) -> `plan` (access, route) -> `admit` (reserve money) ->
//! `attempt` (call, retry, fail over, only before the first byte) -> `whole` or `stream`
//! (answer) -> `settle` (exactly once, and record). Calls that are not a chat take the same doors
//! as an [`Operation`].

mod access;
mod admit;
mod attempt;
mod attribution;
mod batch;
mod bound;
mod defaults;
mod denial;
mod facts;
mod fallback;
mod flow;
pub(crate) mod headers;
mod intake;
pub(crate) mod keep;
mod keeper;
mod limits;
mod media;
mod mock;
mod operation;
mod params;
mod party;
mod passed;
mod patience;
mod plan;
mod prepare;
mod priority;
mod refusal;
pub(crate) mod settle;
mod spoken;
mod standing;
mod stream;
mod terms;
mod tier;
mod together;
mod turns;
mod whole;

use std::sync::Arc;

use axum::response::Response;
use sluice_wire::{Dialect, Fault};

pub(crate) use access::{Denier, is_held, may_call, may_use, within};
pub(crate) use admit::{
    Admitted, Bound, Bounded, FLOOR_TOKENS, Tokens, bounding, unpriced, window,
};
pub(crate) use attempt::Reached;
pub(crate) use attribution::Attribution;
pub(crate) use bound::unread;
pub(crate) use denial::Denial;
pub(crate) use facts::{Facts, MOST_TAGS, mint, stray_id};
pub(crate) use flow::{Flow, Forward};
pub(crate) use headers::{describe, identify};
pub(crate) use intake::{Arrival, GATEWAY_FIELDS, Intake, Line, collect, content_type, named};
pub(crate) use limits::span;
pub(crate) use operation::{Heard, JSON, Operation, Reader, Reply, operate};
pub(crate) use plan::Plan;
pub(crate) use prepare::{Prepared, dropped, written};
pub(crate) use priority::Crowds;
pub(crate) use refusal::{refuse, refuse_early, render};
pub(crate) use settle::Seen;
pub(crate) use stream::body as streamed_body;
pub(crate) use turns::{Paid, Turns};
pub(crate) use whole::{read as read_chat, stamp};

use self::fallback::{Asking, Outcome};
use crate::{App, identity, responses::Thread};

/// Walks a call through the corridor and renders whatever comes of it.
pub(crate) async fn walk(app: &Arc<App>, arrival: Arrival) -> Response {
    let dialect = arrival.line.dialect;
    let mut facts = Facts::begin(app, &arrival.line);
    match doors(app, arrival, &mut facts).await {
        Ok(response) => response,
        Err(fault) => refuse_early(app, dialect, &fault, &facts).await,
    }
}

async fn doors(app: &Arc<App>, arrival: Arrival, facts: &mut Facts) -> Result<Response, Fault> {
    let caller = identity::authenticate(app, &arrival.headers, arrival.uri.path()).await?;
    facts.identify(app, caller, &arrival.headers)?;
    let intake = Intake::read(app, facts, arrival).await?;
    facts.take_part(intake.session.as_deref());
    facts.heed(&intake.wishes);
    facts.attend(app).await?;
    if intake.wishes.fallbacks.is_empty() && !facts.reroutes() {
        return once(app, intake, facts).await.map(Outcome::response);
    }
    let fallbacks = intake.wishes.fallbacks.clone();
    let origin = intake.origin();
    fallback::check(app, facts, &fallbacks, &intake.peek.model)?;
    let first = Box::pin(once(app, intake, facts)).await?;
    let ask = |origin, mut facts| -> Asking {
        let app = Arc::clone(app);
        Box::pin(async move { once(&app, Intake::of(origin)?, &mut facts).await })
    };
    fallback::through(app, facts, &fallbacks, &origin, first, ask).await
}

/// Asks one model.
async fn once(app: &Arc<App>, mut intake: Intake, facts: &mut Facts) -> Result<Outcome, Fault> {
    if intake.line.dialect == Dialect::OpenAiResponses {
        let thread = Box::pin(Thread::open(app, &facts.key(), &intake.body)).await?;
        facts.prefer = thread.deployment().map(Arc::from);
        intake.thread = Some(thread);
    }
    facts.describe(&intake.peek.model, intake.peek.stream);
    let plan = intake.plan(app, facts)?;
    plan.check(&intake)?;
    if let Some(first) = plan.order.first() {
        media::bring(app, &intake, spoken::spoken(&intake, first)).await?;
    }

    // From here on money is in play. The call goes on, and is settled, also when the caller leaves.
    let work = paid(Arc::clone(app), facts.clone(), intake, plan);
    app.orphans.run(work).await.unwrap_or_else(|| {
        Err(Fault::new(sluice_wire::FaultKind::Internal, "The gateway failed on this call."))
    })
}

/// The part of a call that is paid for. Boxed: it is the largest part, and goes to a task of its own
/// when the caller leaves.
fn paid(app: Arc<App>, mut facts: Facts, intake: Intake, plan: Plan) -> Asking {
    Box::pin(async move {
        let admitted = Admitted::reserve(&app, &mut facts, &intake, plan).await;
        let (admitted, plan) = match admitted {
            Ok(admitted) => admitted,
            Err(denial) => return Ok(denial.outcome(&facts)),
        };
        Box::pin(attempt::run(&app, facts, intake, plan, admitted)).await
    })
}
