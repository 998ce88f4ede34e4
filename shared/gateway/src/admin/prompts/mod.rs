//! `/prompts`: templates under a name, with versions, for the calls that name them. Those of the
//! configuration file are the file's to change.

mod change;
mod read;
mod view;

pub(super) use change::{delete, new, patch, update};
pub(super) use read::{info, list, versions};

use http::StatusCode;
use serde_json::{Map, Value};

use super::{
    body::Given,
    door::Visit,
    reply::{Refused, invalid},
};
use crate::prompts::{Card, Named};

/// Words that stand in the place of a name in paths.
const PATHS: [&str; 2] = ["list", "test"];

/// The name of a new prompt.
pub(super) fn fresh_name(id: &str) -> Result<(), Refused> {
    if Named::read(id).version.is_some() || id.contains('/') || PATHS.contains(&id) {
        let message = format!(
            "prompt_id: '{id}' is no name of a prompt. Names have no '/', do not end like '.v2', and are \
             neither 'list' nor 'test'."
        );
        return Err(invalid(message, "prompt_id"));
    }
    Ok(())
}

/// What a prompt says, once it has been seen that it can be used.
pub(super) fn checked(params: Map<String, Value>) -> Result<Map<String, Value>, Refused> {
    match Card::read(&params) {
        Ok(_) => Ok(params),
        Err(wrong) => {
            let field = wrong.field;
            Err(invalid(format!("litellm_params.{wrong}"), field))
        }
    }
}

/// `prompt_info`, of which the gateway writes `prompt_type` itself.
fn notes(given: Given<Map<String, Value>>) -> Result<Option<Map<String, Value>>, Refused> {
    let Some(mut info) = given.value() else { return Ok(None) };
    match info.shift_remove("prompt_type").as_ref().and_then(Value::as_str) {
        None | Some("db" | "config") => {}
        Some(other) => {
            let message =
                format!("prompt_info.prompt_type: '{other}' is neither 'db' nor 'config'");
            return Err(invalid(message, "prompt_info"));
        }
    }
    if info.shift_remove("environment").is_some_and(|one| one != "development" && !one.is_null()) {
        return Err(no_environments());
    }
    Ok(Some(info))
}

/// Refuses to look into one of LiteLLM's environments.
fn in_all(visit: &Visit) -> Result<(), Refused> {
    match visit.asked("environment") {
        None | Some("development") => Ok(()),
        Some(_) => Err(no_environments()),
    }
}

fn no_environments() -> Refused {
    let message =
        "environment: prompts have versions here and no environments; give each its own name.";
    invalid(message, "environment")
}

fn unknown(status: StatusCode, id: &str) -> Refused {
    Refused::detail(status, format!("Prompt with ID {id} not found"))
}

/// The refusal to change a prompt of the file, in LiteLLM's words.
fn of_the_file(verb: &str) -> Refused {
    Refused::detail(StatusCode::BAD_REQUEST, format!("Cannot {verb} config prompts."))
}
