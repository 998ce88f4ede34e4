//! What the log does not keep: secrets, and what is too large.

use ring::digest;
use serde_json::{Map, Value, json};

use crate::KeyHash;

/// Parts of names of fields whose text is a secret.
const SECRET: [&str; 9] = [
    "secret",
    "password",
    "passphrase",
    "api_key",
    "apikey",
    "access_key",
    "private_key",
    "credential",
    "authorization",
];
/// Ends of such names. (`max_tokens` is none.)
const SECRET_END: &str = "token";
/// The longest value that is kept, in bytes of JSON, and the longest where many are long.
const LONGEST: [usize; 2] = [2_048, 128];
/// The most that is kept of an object.
const MOST: usize = 16_384;

/// The fields without their secrets, and with a fingerprint in the place of what is too long.
pub(super) fn masked(fields: Map<String, Value>) -> Map<String, Value> {
    let mut fields: Map<String, Value> =
        fields.into_iter().map(|(name, value)| mask_named(name, value, false)).collect();
    for longest in LONGEST {
        for value in fields.values_mut() {
            let text = value.to_string();
            if text.len() > longest {
                let digest = digest::digest(&digest::SHA256, text.as_bytes());
                *value = json!({ "sha256": KeyHash::of_digest(&digest), "bytes": text.len() });
            }
        }
        if fields.values().map(|value| value.to_string().len()).sum::<usize>() <= MOST {
            break;
        }
    }
    fields
}

fn mask_named(name: String, value: Value, within: bool) -> (String, Value) {
    let lower = name.to_lowercase();
    let secret =
        within || SECRET.iter().any(|part| lower.contains(part)) || lower.ends_with(SECRET_END);
    let value = mask(value, secret);
    (name, value)
}

fn mask(value: Value, secret: bool) -> Value {
    match value {
        Value::String(text) if secret || is_key(&text) => Value::String(hidden(&text)),
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| mask(item, secret)).collect())
        }
        Value::Object(fields) => Value::Object(
            fields.into_iter().map(|(name, value)| mask_named(name, value, secret)).collect(),
        ),
        other => other,
    }
}

/// A key that stands where nobody expects one. (`sk-...abcd` is an abbreviation already.)
fn is_key(text: &str) -> bool {
    text.starts_with("sk-") && !text.starts_with("sk-...") && text.len() >= 12
}

/// References to secrets are none, and say more than stars.
fn hidden(text: &str) -> String {
    let reference = ["os.environ/", "aws-secret/"].iter().any(|head| text.starts_with(head));
    if reference || text.is_empty() { text.to_owned() } else { "****".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: Value) -> Value {
        let Value::Object(fields) = value else { return Value::Null };
        Value::Object(masked(fields))
    }

    #[test]
    fn no_secret_is_kept_wherever_it_stands() {
        let given = json!({
            "metadata": {"logging": [{"callback_vars": {"langfuse_secret_key": "s", "host": "h"}}]},
            "litellm_params": {"api_key": "abc", "aws_session_token": "t", "model": "m"},
            "credential_values": {"anything": {"deep": ["x"]}},
            "note": "sk-0123456789abcdef", "name": "sk-...abcd",
            "max_tokens": 5, "api_key": "os.environ/KEY",
        });
        assert_eq!(
            shown(given),
            json!({
                "metadata": {"logging": [{"callback_vars": {"langfuse_secret_key": "****", "host": "h"}}]},
                "litellm_params": {"api_key": "****", "aws_session_token": "****", "model": "m"},
                "credential_values": {"anything": {"deep": ["****"]}},
                "note": "****", "name": "sk-...abcd",
                "max_tokens": 5, "api_key": "os.environ/KEY",
            })
        );
    }

    #[test]
    fn what_is_long_is_kept_as_its_fingerprint() {
        let long = shown(json!({"metadata": {"text": "x".repeat(5_000)}, "alias": "a"}));
        assert_eq!((&long["metadata"]["bytes"], &long["alias"]), (&json!(5_011), &json!("a")));
        assert_eq!(long["metadata"]["sha256"].as_str().map(str::len), Some(64));
        let many: Map<String, Value> =
            (0..40).map(|n| (format!("f{n}"), "x".repeat(1_000).into())).collect();
        assert!(shown(Value::Object(many)).to_string().len() < MOST);
    }
}
