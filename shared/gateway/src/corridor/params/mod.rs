//! Parameters that do not reach a provider: because the configuration or the caller leaves them
//! out, or because the provider does not take them.
//!
//! Three lists decide, each of the deployment's and of the call's own body: `drop_params` (leave
//! out what the provider does not take, instead of refusing), `additional_drop_params` (leave these
//! out in any case) and `allowed_openai_params` (the provider takes these, whatever its row says).
//! What is left out is named in `x-sluice-dropped`; what says nothing (`n: 1`) goes in silence.

mod enforced;
mod form;
mod path;
mod roles;
mod wishes;

use std::{borrow::Cow, collections::HashMap};

use bytes::Bytes;
use serde_json::value::RawValue;
use sluice_providers::{Deployment, Quirk};
use sluice_wire::{Dialect, Fault, FaultKind, Loss, Retry, Splice, splice};

pub(super) use enforced::enforce;
pub(crate) use wishes::Wishes;

use crate::{App, corridor::Intake};

/// Parameters that do not change what is generated.
const MINOR: [&str; 9] = [
    "metadata",
    "prediction",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
    "stream_options",
    "user",
];

/// How the parameters of one call fit one deployment.
#[derive(Debug)]
pub(crate) struct Params<'a> {
    /// Leave out what the provider does not take.
    pub(crate) drop: bool,
    left_out: Vec<&'a str>,
    allowed: Vec<&'a str>,
}

/// The fields of a body, as they are written.
type Members<'b> = HashMap<Cow<'b, str>, &'b RawValue>;

// === impl Params ===

impl<'a> Params<'a> {
    /// The lists of the deployment and of the call. The call's own `drop_params` wins.
    pub(crate) fn of(app: &App, intake: &'a Intake, deployment: &'a Deployment) -> Self {
        let wishes = &intake.wishes;
        let both = |own: &'a [String], asked: &'a [String]| -> Vec<&'a str> {
            own.iter().chain(asked).map(String::as_str).collect()
        };
        Self {
            drop: wishes
                .drop_params
                .or(deployment.drop_params)
                .unwrap_or(app.config.litellm.drop_params),
            left_out: both(&deployment.additional_drop_params, &wishes.additional_drop_params),
            allowed: both(&deployment.allowed_openai_params, &wishes.allowed_openai_params),
        }
    }

    /// The caller's body without what is left out in any case, and the names of that. `None` where
    /// there is nothing of it.
    pub(crate) fn leave_out(&self, body: &Bytes) -> Result<Option<(Bytes, Vec<String>)>, Fault> {
        if self.left_out.is_empty() {
            return Ok(None);
        }
        let members = members(body)?;
        let (mut edits, mut named) = (Vec::new(), Vec::new());
        for written in &self.left_out {
            let Some((field, rest)) = path::split(written) else { continue };
            let Some(value) = members.get(field) else { continue };
            if rest.is_empty() {
                edits.retain(|edit| !matches!(edit, Splice::Set(name, _) if *name == field));
                edits.push(Splice::Remove(field));
                named.push((*written).to_owned());
                continue;
            }
            // Several paths may lead into one field: the later one edits what the earlier one left.
            let before = edits.iter().position(|edit| match edit {
                Splice::Set(name, _) | Splice::Remove(name) => *name == field,
            });
            let text = match before.and_then(|at| edits.get(at)) {
                Some(Splice::Remove(_)) => continue,
                Some(Splice::Set(_, text)) => text.as_str(),
                None => value.get(),
            };
            let Some(text) = path::without(text, &rest) else { continue };
            match before.and_then(|at| edits.get_mut(at)) {
                Some(edit) => *edit = Splice::Set(field, text),
                None => edits.push(Splice::Set(field, text)),
            }
            named.push((*written).to_owned());
        }
        if edits.is_empty() {
            return Ok(None);
        }
        let body = splice(body, &edits).map_err(|error| not_an_object(&error))?;
        Ok(Some((Bytes::from(body), named)))
    }

    /// A body in the provider's dialect as the provider takes it: fields by the names that it
    /// knows, and none that it refuses. What is left out is added to `dropped`.
    ///
    /// # Errors
    /// When it takes a parameter not at all, leaving it out would change the answer, and
    /// `drop_params` is off.
    pub(crate) fn fit(
        &self,
        deployment: &Deployment,
        dialect: Dialect,
        body: Vec<u8>,
        dropped: &mut Vec<String>,
    ) -> Result<Vec<u8>, Fault> {
        let provider = deployment.provider;
        if dialect != Dialect::OpenAiChat {
            return Ok(body);
        }
        let developers = roles::names_a_developer(deployment, &body);
        if provider.refuses.is_empty() && provider.quirks.is_empty() && !developers {
            return Ok(body);
        }
        let members = members(&body)?;
        let mut edits = renames(deployment, &members);
        if developers && let Some(messages) = members.get("messages") {
            let renamed = roles::without_developers(messages);
            edits.extend(renamed.map(|messages| Splice::Set("messages", messages)));
        }
        if provider.has(Quirk::NoStreamOptions) && members.contains_key("stream_options") {
            // It tells the usage unasked: nothing is lost.
            edits.push(Splice::Remove("stream_options"));
        }
        let mut refused = Vec::new();
        for name in provider.unsupported() {
            let Some(value) = members.get(name) else { continue };
            if self.allowed.contains(&name) {
                continue;
            }
            if says_nothing(name, value.get()) {
                edits.push(Splice::Remove(name));
            } else if self.drop || MINOR.contains(&name) {
                edits.push(Splice::Remove(name));
                dropped.push(name.to_owned());
            } else {
                refused.push(name);
            }
        }
        if !refused.is_empty() {
            return Err(unsupported(deployment, &refused));
        }
        if edits.is_empty() {
            return Ok(body);
        }
        splice(&body, &edits).map_err(|error| not_an_object(&error))
    }
}

/// Fields that the provider has by another name.
fn renames<'e>(deployment: &Deployment, members: &Members<'_>) -> Vec<Splice<'e>> {
    let known = [
        (Quirk::MaxTokens, "max_completion_tokens", "max_tokens"),
        (Quirk::RandomSeed, "seed", "random_seed"),
    ];
    let renamed = known.into_iter().filter_map(|(quirk, from, to)| {
        let value = members.get(from).filter(|_| deployment.provider.has(quirk))?;
        Some([Splice::Remove(from), Splice::Set(to, value.get().to_owned())])
    });
    renamed.flatten().collect()
}

/// A value that asks for what happens anyway.
fn says_nothing(name: &str, value: &str) -> bool {
    let nothing: &[&str] = match name {
        "n" => &["1"],
        "logprobs" => &["false"],
        "frequency_penalty" | "presence_penalty" => &["0", "0.0"],
        "logit_bias" => &["{}"],
        "parallel_tool_calls" => &["true"],
        "stop" | "tools" | "functions" => &["[]"],
        "tool_choice" | "function_call" => &["\"auto\"", "\"none\""],
        "modalities" => &["[\"text\"]"],
        _ => &[],
    };
    value == "null" || nothing.contains(&value)
}

/// The names of what a translation left out, or the fault that says so where it changes the meaning
/// and may not be dropped.
pub(crate) fn admit(
    drop: bool,
    deployment: &Deployment,
    losses: Vec<Loss>,
) -> Result<Vec<String>, Fault> {
    if !drop {
        let changing = losses.iter().filter(|loss| loss.changes_meaning);
        let lost: Vec<&str> = changing.map(|loss| loss.field.as_ref()).collect();
        if !lost.is_empty() {
            return Err(unsupported(deployment, &lost));
        }
    }
    Ok(losses.into_iter().map(|loss| loss.field.into_owned()).collect())
}

/// LiteLLM's words.
fn unsupported(deployment: &Deployment, lost: &[&str]) -> Fault {
    let quoted: Vec<String> = lost.iter().map(|name| format!("'{name}'")).collect();
    let list = format!("[{}]", quoted.join(", "));
    Fault::invalid(
        format!(
            "litellm.UnsupportedParamsError: {} does not support parameters: {list}, for model={}. To \
             drop these, set `litellm.drop_params=True` or for proxy:\n\n`litellm_settings:\n \
             drop_params: true`\n. \n If you want to use these params dynamically send \
             allowed_openai_params={list} in your request.",
            deployment.provider.name, deployment.model
        ),
        lost.first().map_or_else(String::new, |field| (*field).to_owned()),
    )
    .with_retry(Retry::Elsewhere)
}

pub(super) fn members(body: &[u8]) -> Result<Members<'_>, Fault> {
    serde_json::from_slice(body).map_err(|error| not_an_object(&error))
}

fn not_an_object(error: &serde_json::Error) -> Fault {
    Fault::new(FaultKind::InvalidRequest, "The request body is not a JSON object.")
        .with_detail(error.to_string())
}

#[cfg(test)]
mod tests;
