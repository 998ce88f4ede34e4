//! The few fields the gateway reads and changes on the verbatim path.

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::{Edits, Fault, Peek, Splice, dialect::openai_chat::field, splice_read};

/// The fields read here; all others are skipped. `null` counts as absent.
#[derive(Debug, Deserialize)]
struct Glance<'a> {
    model: Option<Value>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    prompt: Option<&'a RawValue>,
    stream: Option<Value>,
    max_output_tokens: Option<Value>,
    store: Option<Value>,
    background: Option<Value>,
    conversation: Option<Value>,
    previous_response_id: Option<Value>,
}

/// What an item says of itself.
#[derive(Debug, Deserialize)]
struct Head {
    #[serde(rename = "type")]
    kind: Option<Value>,
    role: Option<Value>,
}

/// Roles that a message may have.
pub(super) const ROLES: [&str; 4] = ["assistant", "system", "developer", "user"];

/// What a request says about being kept, and about what was kept before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keeping {
    /// Keep the answer (the default of the API).
    pub store: bool,
    /// Go on from this answer.
    pub previous: Option<String>,
}

fn read(body: &[u8]) -> Result<Glance<'_>, Fault> {
    // Serde takes a list for a struct as well.
    if body.trim_ascii_start().first() != Some(&b'{') {
        let value: Value = field::parse(body)?;
        field::Fields::of(value, "")?;
    }
    field::parse(body)
}

pub(crate) fn peek(body: &[u8]) -> Result<Peek, Fault> {
    let glance = read(body)?;
    let model = match glance.model {
        Some(value) => field::string(value, "model")?,
        None => String::new(),
    };
    if model.is_empty() {
        return Err(field::missing("model"));
    }
    match glance.input.map(RawValue::get) {
        Some(raw) if raw.starts_with('"') => {}
        Some(raw) if raw.starts_with('[') => {
            items(raw)?;
        }
        Some(raw) => {
            let value: Value = serde_json::from_str(raw).unwrap_or_default();
            let expected = "one of a string or array of objects";
            return Err(field::wrong_type("input", expected, &value));
        }
        None if glance.prompt.is_some() || glance.previous_response_id.is_some() => {}
        None => return Err(field::missing("input")),
    }
    Ok(Peek {
        model,
        stream: flag(glance.stream, "stream")?.unwrap_or(false),
        max_output: glance
            .max_output_tokens
            .map(|value| field::whole(&value, "max_output_tokens", 1))
            .transpose()?,
        stream_usage: true,
        n: 1,
    })
}

/// Checks that the input is a list of items, each with a kind or with a role that there is. What
/// they say is not looked at.
fn items(raw: &str) -> Result<(), Fault> {
    let items: Vec<&RawValue> = field::parse(raw.as_bytes())?;
    if items.is_empty() {
        return Err(field::empty_array("input"));
    }
    for (at, item) in items.into_iter().map(RawValue::get).enumerate() {
        let path = format!("input[{at}]");
        if !item.starts_with('{') {
            let value: Value = field::parse(item.as_bytes())?;
            return Err(field::wrong_type(&path, "an object", &value));
        }
        let Head { kind, role } = field::parse(item.as_bytes())?;
        match (kind, role) {
            (None, None) => return Err(field::missing(&format!("{path}.type"))),
            // A role is a message's; what another kind means by it is that kind's affair.
            (Some(Value::String(kind)), _) if kind != "message" => {}
            (Some(Value::String(_)), None) => {
                return Err(field::missing(&format!("{path}.role")));
            }
            (Some(kind), _) if !kind.is_string() => {
                return Err(field::wrong_type(&format!("{path}.type"), "a string", &kind));
            }
            (_, Some(Value::String(role))) if ROLES.contains(&role.as_str()) => {}
            (_, Some(Value::String(role))) => {
                return Err(field::wrong_value(&format!("{path}.role"), &role, &ROLES));
            }
            (_, role) => {
                let role = role.unwrap_or_default();
                return Err(field::wrong_type(&format!("{path}.role"), "a string", &role));
            }
        }
    }
    Ok(())
}

/// Reads what a request says about being kept.
///
/// # Errors
/// A fault of the caller, naming the parameter: a wrong type, or a kind of keeping that a gateway
/// without a place for running work cannot offer.
pub fn keeping(body: &[u8]) -> Result<Keeping, Fault> {
    let glance = read(body)?;
    if flag(glance.background, "background")?.unwrap_or(false) {
        return Err(unsupported(
            "background",
            "Responses run while the caller waits; stream them.",
        ));
    }
    if glance.conversation.is_some() {
        return Err(unsupported("conversation", "Use 'previous_response_id'."));
    }
    Ok(Keeping {
        store: flag(glance.store, "store")?.unwrap_or(true),
        previous: glance
            .previous_response_id
            .map(|value| field::string(value, "previous_response_id"))
            .transpose()?,
    })
}

fn unsupported(name: &'static str, instead: &str) -> Fault {
    Fault::invalid(format!("Unsupported parameter: '{name}'. {instead}"), name)
}

pub(crate) fn patch(body: &[u8], edits: &Edits<'_>) -> Result<Vec<u8>, Fault> {
    let mut splices: Vec<_> = edits.remove.iter().map(|field| Splice::Remove(field)).collect();
    if let Some(model) = edits.model {
        splices.push(Splice::Set("model", Value::from(model).to_string()));
    }
    if let Some(most) = edits.max_output {
        splices.push(Splice::Set("max_output_tokens", most.to_string()));
    }
    splice_read(body, &splices)
        .map_err(|error| Fault::invalid(format!("Invalid JSON payload: {error}"), "request_body"))
}

fn flag(value: Option<Value>, path: &'static str) -> Result<Option<bool>, Fault> {
    match value {
        None => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(flag)),
        Some(other) => Err(field::wrong_type(path, "a boolean", &other)),
    }
}
