//! `/model/info`, `/v1/model/info` and `/model_group/info`: what there is to call, as far as the
//! caller's key reaches.

mod deployment;
mod group;

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_wire::{Fault, FaultKind};

use super::{access::Actor, door::Visit, reply::Refused};
use crate::{
    App,
    corridor::may_use,
    pricing::{Class, ModelPrice},
    registry::Member,
};

/// Pico-dollars in a dollar.
const PICO: u64 = 1_000_000_000_000;

/// Tells of each deployment, or of the one with `litellm_model_id`. Never of a credential.
pub(super) async fn info(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let asked = visit.asked("litellm_model_id");
    let rows: Vec<Value> = reached(&app, &visit.actor)
        .filter(|(_, member)| asked.is_none_or(|id| member.deployment.id == id))
        .map(|(name, member)| deployment::row(name, member))
        .collect();
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

/// Tells of each group, or of the one that is `model_group`.
pub(super) async fn groups(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let asked = visit.asked("model_group");
    let mut groups: Vec<(&str, Vec<&Member>)> = Vec::new();
    for (name, member) in reached(&app, &visit.actor) {
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

fn reached<'a>(app: &'a App, actor: &'a Actor) -> impl Iterator<Item = (&'a str, &'a Member)> {
    let members = app.registry.members().map(|(name, member)| (name, &**member));
    members.filter(move |(name, _)| actor.reaches_all() || may_use(app, &actor.caller, None, name))
}

/// What a unit costs, in dollars.
fn cost(price: Option<&ModelPrice>, class: Class) -> Option<Value> {
    let pico = price?.base(class)?.pico();
    serde_json::from_str(&format!("{}.{:012}", pico / PICO, pico % PICO)).ok()
}
