//! Call: attempts, retries and fail-over, all of it before the first byte.

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use sluice_providers::{Answer, AnswerBody};
use sluice_store::Millis;
use sluice_wire::{Fault, FaultKind, Retry};

use super::{
    Admitted, Facts, Intake, Paid, Plan, Turns,
    batch::{Batch, Piece},
    fallback::Outcome,
    headers, keep, media, mock,
    prepare::{Prepared, prepare},
    refuse,
    settle::{self, Seen},
    spoken::spoken,
    stream, tier,
    turns::Served,
    whole,
};
use crate::{App, registry::Member};

/// Longest wait between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

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
    /// When the provider was asked; `None` where time has no price.
    pub(crate) asked: Option<Millis>,
    /// The service level that it was asked for, or that it names in its headers.
    pub(crate) service_tier: Option<String>,
    /// What is held of who answered.
    pub(crate) served: Option<Served>,
    /// Time spent waiting for providers.
    pub(crate) upstream: Duration,
}

/// A call that no provider answered, or not all of it.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) fault: Fault,
    /// Who was asked last.
    pub(crate) member: Option<Arc<Member>>,
    /// What it answered before the fault.
    pub(crate) finished: Vec<Piece>,
    /// Of how many requests.
    pub(crate) requests: usize,
    /// Attempts after the first, and how many there might have been.
    pub(crate) attempts: u32,
    pub(crate) max_retries: u32,
    /// What is held of who answered a part.
    pub(crate) served: Option<Served>,
    /// Time spent waiting for providers.
    pub(crate) upstream: Duration,
}

// === impl Reached ===

impl Reached {
    /// What is known of the answer before it is read.
    pub(super) fn seen(&self) -> Seen {
        Seen {
            asked: self.asked,
            service_tier: self.service_tier.clone(),
            retries: self.attempts,
            ..Seen::default()
        }
    }

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
            asked: None,
            service_tier: None,
            served: None,
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
    mut admitted: Admitted,
) -> Result<Outcome, Fault> {
    let reached = {
        let prepare = |member: &Member, paid| prepare(app, &intake, &admitted, member, paid);
        let turns = Turns::new(app, &facts, &intake, &plan, &admitted);
        let work = pin!(reach(app, &facts, Some(&intake), turns, prepare));
        keep::alive(app, &admitted.grant, work).await
    };
    match reached {
        Ok(mut reached) => {
            admitted.served_by(reached.served.take());
            match reached.answer.body {
                AnswerBody::Whole(_) => {
                    whole::answer(app, facts, &intake, admitted, reached).await.map(Outcome::Final)
                }
                AnswerBody::Stream(_) => {
                    Ok(Outcome::Final(stream::answer(app, facts, &intake, admitted, reached)))
                }
            }
        }
        Err(mut failed) => {
            admitted.served_by(failed.served.take());
            let Failed { fault, member, .. } = &failed;
            let spend = settle::failed(app, &facts, &admitted, member.as_deref(), fault).await;
            let mut response = refuse(facts.dialect, fault, &facts);
            headers::failed(response.headers_mut(), &facts, &failed, spend);
            headers::limits(response.headers_mut(), &admitted);
            Ok(Outcome::Failed(response, fault.kind))
        }
    }
}

/// Tries the deployments of a plan until one answers. `chat` is the request where it may name
/// content by address. A deployment that has answered a part is asked for the rest, and no other is:
/// nothing is paid for twice.
pub(super) async fn reach(
    app: &App,
    facts: &Facts,
    chat: Option<&Intake>,
    mut turns: Turns<'_>,
    prepare: impl Fn(&Member, Option<Paid>) -> Result<Prepared, Fault> + Sync,
) -> Result<Reached, Failed> {
    let plan = turns.plan();
    let own = plan.order.first().and_then(|member| member.deployment.max_retries);
    let max_retries = facts.patience.num_retries.or(own).unwrap_or(app.config.num_retries());
    let mut begun: Option<Begun> = None;
    let mut served: Option<Served> = None;
    let mut last = None;
    let mut upstream = Duration::ZERO;
    let mut attempts = 0;
    for attempt in 0..=max_retries {
        attempts = attempt;
        let going_on = begun.take();
        let member = match &going_on {
            Some(begun) => Arc::clone(&begun.member),
            None => match turns.next().await {
                Ok(Some(turn)) => {
                    served = turn.served;
                    turn.member
                }
                // What a provider has said goes before: the caller may know what to do about it.
                Ok(None) => {
                    last = last.or_else(|| Some((turns.fault(), None)));
                    break;
                }
                Err(fault) => {
                    last = last.or(Some((fault, None)));
                    break;
                }
            },
        };
        // Where this is not the first choice, or the plan has changed since.
        let brought = match chat {
            Some(intake) => media::bring(app, intake, spoken(intake, &member)).await,
            None => Ok(()),
        };
        let levels = chat.map(|intake| tier::patience(intake, &member)).unwrap_or_default();
        let patience = facts.patience.or(levels);
        let (sent, asked) = (Instant::now(), app.clock.now());
        let batch = match going_on {
            Some(begun) => Ok(begun),
            None => match chat.and_then(|intake| Some((intake, mock::of(intake, &member)?))) {
                Some((intake, mock)) => mock::answer(mock, facts, intake, &member, patience)
                    .await
                    .map(|answer| Begun::mocked(Arc::clone(&member), answer)),
                // Another deployment may take what this one's provider does not.
                None => brought
                    .and_then(|()| prepare(&member, served.as_ref().and_then(|one| one.paid)))
                    .map(|prepared| Begun::new(Arc::clone(&member), prepared)),
            },
        };
        let asked_for = batch.is_ok();
        let result = match batch {
            Ok(mut batch) => {
                let sent = {
                    let claim = served.as_ref().map(|served| &served.claim);
                    let sending = pin!(batch.requests.send(app, &member, patience));
                    keep::claimed(app, claim, sending).await
                };
                match sent {
                    Ok(()) => Ok(batch),
                    Err(fault) => {
                        begun = Some(batch).filter(|batch| batch.requests.has_begun());
                        Err(fault)
                    }
                }
            }
            Err(fault) => Err(fault),
        };
        if result.is_err()
            && begun.is_none()
            && let Some(served) = served.take()
        {
            give_up(app, &served, asked_for).await;
        }
        upstream = upstream.saturating_add(sent.elapsed());
        let result = result.and_then(|Begun { requests, dropped, capped, .. }| {
            let (answer, more) = requests.answers().ok_or_else(unanswered)?;
            let service_tier = tier::of(chat, &member, &dropped, &answer.headers);
            Ok(Reached {
                member: Arc::clone(&member),
                answer,
                more,
                attempts: attempt,
                max_retries,
                dropped,
                capped,
                asked: Some(asked),
                service_tier,
                served: None,
                upstream,
            })
        });
        match result {
            Ok(reached) => return Ok(Reached { served, ..reached }),
            Err(fault) => {
                tracing::warn!(
                    call = %facts.call,
                    deployment = %member.deployment.id,
                    attempt,
                    fault = %fault,
                    detail = fault.detail.as_deref().unwrap_or_default(),
                    "attempt failed"
                );
                let others = plan.order.len() > 1 && begun.is_none();
                let again = match fault.retry {
                    Retry::Never => false,
                    Retry::Elsewhere => others,
                    Retry::Again => true,
                };
                let wait = pause(&fault, attempt, others);
                last = Some((fault, Some(member)));
                if !again || attempt == max_retries {
                    break;
                }
                if !wait.is_zero() {
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }
    let requests = begun.as_ref().map_or(0, |begun| begun.requests.len());
    let finished = begun.map(|begun| begun.requests.pieces()).unwrap_or_default();
    let (fault, member) = match last {
        Some(last) => last,
        None => {
            let message = format!(
                "No deployments available for selected model. Passed model={}",
                plan.group.name
            );
            (Fault::new(FaultKind::RateLimit, message), None)
        }
    };
    Err(Failed { fault, member, finished, requests, attempts, max_retries, served, upstream })
}

/// An attempt moves on: what was held of its deployment goes back.
async fn give_up(app: &App, served: &Served, asked: bool) {
    if let Err(error) = app.store.ledger().give_up(&served.claim, asked).await {
        tracing::warn!(
            call = %served.claim.call,
            error = %error,
            "what a failed attempt holds is given back when its lease ends"
        );
    }
}

/// What a deployment is asked.
struct Begun {
    member: Arc<Member>,
    requests: Batch,
    dropped: Vec<String>,
    capped: Option<u64>,
}

// === impl Begun ===

impl Begun {
    fn new(member: Arc<Member>, prepared: Prepared) -> Self {
        let Prepared { outbound, more, dropped, capped } = prepared;
        Self { member, requests: Batch::new(outbound, more), dropped, capped }
    }

    fn mocked(member: Arc<Member>, answer: Answer) -> Self {
        Self { member, requests: Batch::answered_by(answer), dropped: Vec::new(), capped: None }
    }
}

fn unanswered() -> Fault {
    Fault::new(FaultKind::Internal, "a call without an answer")
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
