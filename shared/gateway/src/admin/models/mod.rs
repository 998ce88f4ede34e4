//! `/model/*` and `/model_group/info`: what there is to call, as far as the caller's key reaches, and
//! what is added to it.

mod change;
mod credential;
mod deployment;
mod draft;
mod group;
mod grouping;
mod pages;
mod view;

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_wire::{Fault, FaultKind};

pub(super) use change::{block, delete, new, remove_of, seen, unblock, update};
pub(super) use credential::{naming, secrets, still_stand};
pub(super) use draft::{Wanted, closed, told};
pub(super) use grouping::regroup;
pub(super) use pages::pages;

use super::{access::Actor, door::Visit, reply::Refused};
use crate::{
    App,
    corridor::may_use,
    pricing::{Class, ModelPrice},
    registry::{Member, Registry},
};

/// Pico-dollars in a dollar.
const PICO: u64 = 1_000_000_000_000;

/// Tells of each deployment, or of the one with `litellm_model_id`. Never of a credential.
pub(super) async fn info(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let asked = visit.asked("litellm_model_id");
    let rows = told_of(&app, &visit.actor, |id| asked.is_none_or(|asked| asked == id));
    match asked.filter(|_| rows.is_empty()) {
        Some(id) => {
            let message = format!("Model id = {id} not found on litellm proxy");
            Err(Fault::new(FaultKind::InvalidRequest, message)
                .with_param("litellm_model_id")
                .into())
        }
        None => Ok(json!({ "data": rows })),
    }
}

/// The rows of those that the caller may know of, as far as they are asked for by their ids.
fn told_of(app: &App, actor: &Actor, is_asked: impl Fn(&str) -> bool) -> Vec<Value> {
    let registry = app.registry();
    let all = actor.reaches_all();
    let mut rows: Vec<Value> = reached(&registry, actor)
        .filter(|member| is_asked(&member.deployment.id))
        .map(|member| {
            let record = registry.record(&member.deployment.id).filter(|_| all);
            deployment::row(member, record.map(|record| &**record))
        })
        .collect();
    if all {
        let broken = registry.unusable().iter().filter(|one| is_asked(&one.record.id));
        rows.extend(broken.map(|one| deployment::broken(&one.record, &one.reason)));
    }
    rows
}

/// Tells of each group, or of the one that is `model_group`.
pub(super) async fn groups(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let asked = visit.asked("model_group");
    let registry = app.registry();
    let mut groups: Vec<(&str, Vec<&Member>)> = Vec::new();
    let answering = |member: &&Member| !member.info.blocked;
    for member in reached(&registry, &visit.actor).filter(answering) {
        let name = member.deployment.group.as_str();
        if asked.is_some_and(|asked| asked != name) {
            continue;
        }
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, members)) => members.push(member),
            None => groups.push((name, vec![member])),
        }
    }
    let rows: Vec<Value> = groups.iter().map(|(name, members)| group::row(name, members)).collect();
    Ok(json!({ "data": rows }))
}

/// The deployments that a caller may know of: all of them, or those that answer them.
fn reached<'a>(
    registry: &'a Registry,
    actor: &'a Actor,
) -> impl Iterator<Item = &'a Member> + use<'a> {
    let team = actor.caller.team();
    let seen = registry.seen_by(team);
    let answers = move |member: &Member| {
        let owner = member.info.team_id.as_deref();
        !member.info.blocked
            && (owner.is_none() || owner == team)
            && may_use(&seen, &actor.caller, None, &member.deployment.group)
    };
    registry.all().filter(move |member| actor.reaches_all() || answers(member))
}

/// What a unit costs, in dollars.
fn cost(price: Option<&ModelPrice>, class: Class) -> Option<Value> {
    let pico = price?.base(class)?.pico();
    serde_json::from_str(&format!("{}.{:012}", pico / PICO, pico % PICO)).ok()
}
