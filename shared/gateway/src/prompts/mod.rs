//! Prompts that the gateway keeps: templates with versions, which calls name by `prompt_id`.
//!
//! A call that names one is sent on with the prompt's messages before its own, in its own dialect, and
//! with what the prompt sets; everything behind this door (access, price, budget, history) sees the
//! request as if its caller had written it so. Who may name which prompt is for the key's and the team's
//! lists to say (docs/prompts.md). Prompts that Bedrock manages are named by their ARN in the model's place.

mod card;
mod inputs;
mod kept;
mod managed;
mod said;
mod template;

use bytes::Bytes;
use memchr::memmem;
use serde_json::Value;
use sluice_wire::{Dialect, Fault, FaultKind, Splice, prompt, splice};

pub(crate) use card::Card;
pub(crate) use kept::ConfiguredPrompt;
pub(crate) use kept::{Named, PromptCache};
pub(crate) use managed::ManagedPrompts;

use self::said::Said;
use crate::{
    App,
    corridor::{Facts, Line},
    identity::Caller,
};

/// The request with the prompt in it that it names, if it names one.
///
/// # Errors
/// The caller's: an unknown prompt, one that they may not use, variables that are missing or not known.
pub(crate) async fn put_in(
    app: &App,
    facts: &Facts,
    line: &mut Line,
    body: Bytes,
) -> Result<Bytes, Fault> {
    if let Some(arn) = managed::named(line, &body) {
        if Said::read(line.dialect, &body)?.is_some() {
            let message = "prompt_id: the model is a prompt of its own.";
            return Err(Fault::invalid(message, "prompt_id"));
        }
        return Box::pin(managed::put_in(app, facts, line, body, &arn)).await;
    }
    if memmem::find(&body, b"\"prompt_").is_none() {
        return Ok(body);
    }
    let Some(said) = Said::read(line.dialect, &body)? else { return Ok(body) };
    let mut named = Named::read(&said.id);
    if let Some(version) = said.version {
        if named.version.is_some_and(|own| own != version) {
            let message = "prompt_version: is another one than prompt_id ends with.";
            return Err(Fault::invalid(message, "prompt_version"));
        }
        named.version = Some(version);
    }
    if let Some(caller) = &facts.caller {
        admit(caller, &[&said.id, named.id, &named.to_string()])?;
    }
    let card = kept::card(app, named).await?;
    let known = card.template.variables();
    let unknown = said.variables.keys().find(|name| !known.contains(&name.as_str()));
    if let Some(unknown) = unknown {
        let message =
            format!("prompt_variables: the prompt '{named}' has no variable '{unknown}'.");
        return Err(Fault::invalid(message, "prompt_variables"));
    }
    let values = card.inputs.filled(&said.variables).map_err(|wrong| {
        Fault::invalid(format!("prompt_variables: {wrong}."), "prompt_variables")
    })?;
    let messages = card.template.render(&values).map_err(|name| {
        let message = format!("prompt_variables: the prompt '{named}' needs a value for '{name}'.");
        Fault::invalid(message, "prompt_variables")
    })?;
    let body = said::without(line.dialect, &body)?;
    let body = prompt::lead(line.dialect, &body, &messages)?;
    let body = prompt::settle(line.dialect, &body, &card.sets)?;
    answered_by(line, card.model.as_deref(), body)
}

/// Refuses a prompt where no request begins with one.
///
/// # Errors
/// That the body names one.
pub(crate) fn none(dialect: Dialect, body: &[u8]) -> Result<(), Fault> {
    if memmem::find(body, b"\"prompt_").is_some() && Said::read(dialect, body)?.is_some() {
        let message = "prompt_id: tokens are counted of what is said here, without prompts.";
        return Err(Fault::invalid(message, "prompt_id"));
    }
    Ok(())
}

/// Sees to it that a model answers, where the prompt says which.
fn answered_by(line: &mut Line, model: Option<&str>, body: Vec<u8>) -> Result<Bytes, Fault> {
    let Some(model) = model else { return Ok(Bytes::from(body)) };
    if let Some(own) = &mut line.model {
        model.clone_into(own);
        return Ok(Bytes::from(body));
    }
    let edit = Splice::Set("model", Value::from(model).to_string());
    splice(&body, &[edit])
        .map(Bytes::from)
        .map_err(|error| Fault::invalid(format!("Invalid JSON payload: {error}"), "request_body"))
}

/// Refuses a prompt that is not in the lists of the key and its team.
fn admit(caller: &Caller, names: &[&str]) -> Result<(), Fault> {
    let of_team = caller.people.team.as_ref().map(|team| team.prompts.as_slice());
    let lists = [Some(caller.record.prompts.as_slice()), of_team];
    let open = |list: &[String]| {
        list.is_empty() || list.iter().any(|entry| names.contains(&entry.as_str()))
    };
    if lists.into_iter().flatten().all(open) {
        return Ok(());
    }
    let message = "This prompt is not available for this API key, or its name is wrong.";
    Err(Fault::new(FaultKind::Permission, message)
        .with_label("prompt_access_denied")
        .with_param("prompt_id"))
}
