//! What a body says of the session that it is part of.

use bytes::Bytes;
use serde_json::{Map, Value, value::RawValue};
use sluice_wire::{Dialect, Fault, Fields, Splice, splice};

/// Where Converse has what is not its own.
pub(crate) const ADDITIONAL: &str = "additionalModelRequestFields";
const SESSION: &str = "session_id";
const ENABLE: &str = "enable_history";
/// The longest name of a session.
const LONGEST: usize = 128;

/// The fields, wherever a dialect has them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Said {
    top: Told,
    additional: Told,
}

/// The fields as they are written.
#[derive(Debug, Clone, Default, PartialEq)]
struct Told {
    session: Option<Value>,
    enable: Option<Value>,
}

/// What is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A new session.
    New,
    /// The session of this name, which there may not be yet.
    Named(String),
}

// === impl Said ===

impl Said {
    /// Reads them; nothing is refused yet.
    pub(crate) fn read(fields: &Fields<'_>) -> Self {
        let additional = fields.get::<&RawValue>(ADDITIONAL);
        let additional = additional.and_then(|own| Fields::find(own.get().as_bytes()));
        Self {
            top: Told::read(fields),
            additional: additional.as_ref().map(Told::read).unwrap_or_default(),
        }
    }

    /// What they say in a dialect that has sessions; `None` where they say nothing at all.
    fn told(&self, dialect: Dialect) -> Option<&Told> {
        let told = match dialect {
            Dialect::OpenAiChat => &self.top,
            Dialect::BedrockConverse => &self.additional,
            _ => return None,
        };
        (*told != Told::default()).then_some(told)
    }

    /// Whether there is anything in the body that is about a session.
    pub(crate) fn says_something(&self, dialect: Dialect) -> bool {
        self.told(dialect).is_some()
    }

    /// Which session is wanted, if any.
    ///
    /// # Errors
    /// The caller's, by the name of the field.
    pub(super) fn wanted(&self, dialect: Dialect) -> Result<Option<Wanted>, Fault> {
        let Some(told) = self.told(dialect) else { return Ok(None) };
        let enabled = match &told.enable {
            None | Some(Value::Null) => false,
            Some(Value::Bool(enabled)) => *enabled,
            Some(_) => {
                return Err(Fault::invalid("Invalid 'enable_history': must be a boolean.", ENABLE));
            }
        };
        match &told.session {
            None | Some(Value::Null) => Ok(enabled.then_some(Wanted::New)),
            Some(Value::String(name)) => named(name).map(|name| Some(Wanted::Named(name))),
            Some(_) => Err(Fault::invalid("Invalid 'session_id': must be a string.", SESSION)),
        }
    }
}

/// A session's name, if it can be one. It stands in a header.
///
/// # Errors
/// The caller's.
pub(super) fn named(name: &str) -> Result<String, Fault> {
    let fits = (1..=LONGEST).contains(&name.len());
    if fits && name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(name.to_owned());
    }
    let message = format!(
        "Invalid 'session_id': must be 1 to {LONGEST} characters of ASCII, without spaces."
    );
    Err(Fault::invalid(message, SESSION))
}

/// The body without what it says of sessions.
///
/// # Errors
/// When it is no JSON object.
pub(super) fn without(dialect: Dialect, body: &Bytes) -> Result<Bytes, Fault> {
    struck(dialect, body, &[SESSION, ENABLE])
}

/// The body without fields that are the gateway's, wherever a dialect has them.
///
/// # Errors
/// When it is no JSON object.
pub(crate) fn struck(dialect: Dialect, body: &Bytes, names: &[&str]) -> Result<Bytes, Fault> {
    let ours: Vec<Splice<'_>> = names.iter().map(|name| Splice::Remove(name)).collect();
    if dialect != Dialect::BedrockConverse {
        return splice(body, &ours).map(Bytes::from).map_err(|error| no_object(&error));
    }
    let Some(own) = Fields::find(body).and_then(|fields| fields.get::<&RawValue>(ADDITIONAL))
    else {
        return Ok(body.clone());
    };
    let own = splice(own.get().as_bytes(), &ours).map_err(|error| no_object(&error))?;
    let is_empty =
        serde_json::from_slice::<Map<String, Value>>(&own).is_ok_and(|own| own.is_empty());
    let edit = match String::from_utf8(own) {
        Ok(own) if !is_empty => Splice::Set(ADDITIONAL, own),
        _ => Splice::Remove(ADDITIONAL),
    };
    splice(body, &[edit]).map(Bytes::from).map_err(|error| no_object(&error))
}

fn no_object(error: &serde_json::Error) -> Fault {
    Fault::invalid(format!("Invalid JSON payload: {error}"), "request_body")
}

// === impl Told ===

impl Told {
    fn read(fields: &Fields<'_>) -> Self {
        Self { session: fields.get(SESSION), enable: fields.get(ENABLE) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(dialect: Dialect, body: &str) -> Result<Option<Wanted>, Fault> {
        Said::read(&Fields::find(body.as_bytes()).unwrap()).wanted(dialect)
    }

    #[test]
    fn a_session_is_asked_for_where_the_dialect_has_room_for_it() {
        let named = || Wanted::Named("s-1".to_owned());
        let inside = |own: &str| format!(r#"{{"additionalModelRequestFields":{own}}}"#);
        for (fields, expected) in [
            (r#"{"session_id":"s-1"}"#, Some(named())),
            (r#"{"session_id":"s-1","enable_history":false}"#, Some(named())),
            (r#"{"enable_history":true}"#, Some(Wanted::New)),
            (r#"{"enable_history":true,"session_id":null}"#, Some(Wanted::New)),
            (r#"{"enable_history":false,"session_id":null}"#, None),
            (r#"{"top_k":3}"#, None),
        ] {
            assert_eq!(wanted(Dialect::OpenAiChat, fields).unwrap(), expected, "{fields}");
            let own = inside(fields);
            assert_eq!(wanted(Dialect::BedrockConverse, &own).unwrap(), expected, "{fields}");
            assert_eq!(wanted(Dialect::OpenAiChat, &own).unwrap(), None);
            assert_eq!(wanted(Dialect::BedrockConverse, fields).unwrap(), None);
            assert_eq!(wanted(Dialect::AnthropicMessages, fields).unwrap(), None);
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_name() {
        let long = format!(r#"{{"session_id":"{}"}}"#, "x".repeat(LONGEST + 1));
        for (body, param) in [
            (r#"{"session_id":7}"#, SESSION),
            (r#"{"session_id":""}"#, SESSION),
            (r#"{"session_id":"a b"}"#, SESSION),
            (r#"{"session_id":"a\nb"}"#, SESSION),
            (r#"{"session_id":"ü"}"#, SESSION),
            (r#"{"enable_history":"yes"}"#, ENABLE),
            (long.as_str(), SESSION),
        ] {
            let fault = wanted(Dialect::OpenAiChat, body).unwrap_err();
            assert_eq!((fault.status, fault.param.as_deref()), (400, Some(param)), "{body}");
        }
    }

    #[test]
    fn nothing_of_it_reaches_a_provider() {
        let left = |dialect, body: &'static str| {
            String::from_utf8(
                without(dialect, &Bytes::from_static(body.as_bytes())).unwrap().to_vec(),
            )
            .unwrap()
        };
        let chat = r#"{"model":"m","session_id":null,"enable_history":true, "n":1}"#;
        assert_eq!(left(Dialect::OpenAiChat, chat), r#"{"model":"m", "n":1}"#);
        let alone = r#"{"messages":[],"additionalModelRequestFields":{"session_id":"x"}}"#;
        assert_eq!(left(Dialect::BedrockConverse, alone), r#"{"messages":[]}"#);
        let beside = r#"{"additionalModelRequestFields":{"session_id":"x","top_k":1.0}}"#;
        assert_eq!(
            left(Dialect::BedrockConverse, beside),
            r#"{"additionalModelRequestFields":{"top_k":1.0}}"#
        );
    }
}
