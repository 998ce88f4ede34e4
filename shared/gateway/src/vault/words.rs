//! What in a record is secret, and what is shown of it.

use serde_json::{Map, Value};

use super::seal::hint_of;
use crate::config::{is_reference, names_secret};

/// Shown in the place of a secret of which nothing is told.
const HIDDEN: &str = "*****";
/// Secrets of fewer characters are shown with none of theirs.
const TELLING: usize = 20;
/// Characters that are shown at either end.
const SHOWN: usize = 2;
/// Parameters all of whose texts are secret, whatever they are called.
const WHOLE: [&str; 2] = ["headers", "extra_headers"];

/// Whether a text is a secret, by the name that it stands under: a reference to one is none.
pub(super) fn is_secret(text: &str, named: bool) -> bool {
    let address = text.contains("://") && text.contains(['?', '@']);
    (named || address) && !is_reference(text) && !text.is_empty()
}

/// Whether what stands under a name is secret.
pub(super) fn hides(name: &str) -> bool {
    WHOLE.contains(&name) || names_secret(name)
}

/// Whether there is a secret in here.
pub(super) fn holds_secrets(values: &Map<String, Value>) -> bool {
    fn any(value: &Value, named: bool) -> bool {
        match value {
            Value::String(text) => is_secret(text, named),
            Value::Array(items) => items.iter().any(|item| any(item, named)),
            Value::Object(members) => any_of(members, named),
            _ => false,
        }
    }
    fn any_of(members: &Map<String, Value>, named: bool) -> bool {
        members.iter().any(|(name, value)| any(value, named || hides(name)))
    }
    any_of(values, false)
}

/// What is told of a secret.
pub(super) fn hint(secret: &str) -> String {
    let count = secret.chars().count();
    if count < TELLING || !secret.is_ascii() {
        return HIDDEN.to_owned();
    }
    let (head, tail) = (secret.get(..SHOWN), secret.get(count - SHOWN..));
    format!("{}****{}", head.unwrap_or_default(), tail.unwrap_or_default())
}

/// The same values with hints in the place of secrets.
pub(crate) fn masked(values: &Map<String, Value>) -> Map<String, Value> {
    mask_all(values, false)
}

fn mask_all(values: &Map<String, Value>, named: bool) -> Map<String, Value> {
    let one = |(name, value): (&String, &Value)| (name.clone(), mask(value, named || hides(name)));
    values.iter().map(one).collect()
}

fn mask(value: &Value, named: bool) -> Value {
    match value {
        Value::String(text) => match hint_of(text) {
            Some(hint) => hint.into(),
            None if is_secret(text, named) => hint(text).into(),
            None => value.clone(),
        },
        Value::Array(items) => items.iter().map(|item| mask(item, named)).collect(),
        Value::Object(members) => Value::Object(mask_all(members, named)),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn shows_which_secret_it_is_and_not_what() {
        let values = json!({
            "model": "openai/gpt-4o",
            "api_key": "sk-abcdefghijklmnopqrstuvwxyz",
            "aws_secret_access_key": "short",
            "api_base": "https://host/v1?key=hidden-in-the-address",
            "extra_headers": { "x-tenant": "blue-blue-blue-blue-blue" },
            "extra_body": { "safe": "text", "auth_token": "abcdefghijklmnopqrstuvwxyz" },
            "vertex_credentials": "aws-secret/sluice/vertex",
            "litellm_credential_name": "shared",
            "rpm": 5,
        });
        let shown = Value::Object(masked(values.as_object().unwrap()));
        assert_eq!(
            shown,
            json!({
                "model": "openai/gpt-4o",
                "api_key": "sk****yz",
                "aws_secret_access_key": "*****",
                "api_base": "ht****ss",
                "extra_headers": { "x-tenant": "bl****ue" },
                "extra_body": { "safe": "text", "auth_token": "ab****yz" },
                "vertex_credentials": "aws-secret/sluice/vertex",
                "litellm_credential_name": "shared",
                "rpm": 5,
            })
        );
    }
}
