//! Parameters that requests have to have: by the configuration, and by the caller's key.

use http::HeaderMap;
use serde_json::Value;
use sluice_wire::{Fault, Fields};

use super::form::FormFields;
use crate::{App, corridor::Line, identity::Caller};

/// Refuses a request that lacks one of them, in LiteLLM's words. A null says nothing.
pub(in crate::corridor) fn enforce(
    app: &App,
    caller: Option<&Caller>,
    line: &Line,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), Fault> {
    let general = &app.config.general;
    let record = caller.map(|caller| &caller.record);
    let own = record.map(|record| record.enforced_params.as_slice()).unwrap_or_default();
    let is_account =
        record.is_some_and(|record| record.metadata.contains_key("service_account_id"));
    let accounts: &[String] = match is_account {
        true => &general.enforced_of_service_accounts,
        false => &[],
    };
    let mut wanted = general.enforced_params.iter().chain(accounts).chain(own).peekable();
    if wanted.peek().is_none() {
        return Ok(());
    }
    let form = FormFields::read(headers, body);
    let fields = Fields::find(body);
    let holds = |name: &str, within: Option<&str>| match &form {
        Some(form) => form.holds(name, within),
        None => {
            let value = fields.as_ref().and_then(|fields| fields.get::<Value>(name));
            let value = value.as_ref().and_then(|value| match within {
                None => Some(value),
                Some(within) => value.get(within),
            });
            value.is_some_and(|value| !value.is_null())
        }
    };
    for path in wanted {
        let (name, within) = match path.split_once('.') {
            Some((name, within)) => (name, Some(within)),
            None => (path.as_str(), None),
        };
        // The path of some routes names it.
        let of_path = name == "model" && line.model.is_some();
        if !of_path && !holds(name, None) {
            return Err(lacking(name, name));
        }
        if let Some(within) = within.filter(|within| !holds(name, Some(within))) {
            return Err(lacking(&format!("[{name}][{within}]"), path));
        }
    }
    Ok(())
}

fn lacking(told: &str, param: &str) -> Fault {
    let message =
        format!("BadRequest please pass param={told} in request body. This is a required param");
    Fault::invalid(message, param.to_owned())
}
