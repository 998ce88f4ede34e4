//! What a body says of the prompt that it begins with.

use bytes::Bytes;
use serde_json::{Map, Value, value::RawValue};
use sluice_wire::{Dialect, Fault, Fields, prompt};

use crate::history::{ADDITIONAL, struck};

const ID: &str = "prompt_id";
const VARIABLES: &str = "prompt_variables";
const VERSION: &str = "prompt_version";
/// All of them.
const OURS: [&str; 3] = [ID, VARIABLES, VERSION];
/// LiteLLM's, which have no effect here.
const IDLE: [&str; 2] = ["prompt_label", "prompt_environment"];

/// The prompt that is asked for.
#[derive(Debug, PartialEq)]
pub(super) struct Said {
    /// As the caller names it; it may end with a version.
    pub(super) id: String,
    pub(super) version: Option<u32>,
    pub(super) variables: Map<String, Value>,
}

// === impl Said ===

impl Said {
    /// Reads it; `None` where nothing is said of a prompt.
    ///
    /// # Errors
    /// The caller's, by the name of the field.
    pub(super) fn read(dialect: Dialect, body: &[u8]) -> Result<Option<Self>, Fault> {
        let Some(fields) = Fields::find(body) else { return Ok(None) };
        let own = fields.get::<&RawValue>(ADDITIONAL).map(|own| own.get().as_bytes());
        let own = own.and_then(Fields::find);
        let fields = match (dialect, own) {
            (Dialect::BedrockConverse, Some(own)) => own,
            (Dialect::BedrockConverse, None) => return Ok(None),
            _ => fields,
        };
        let value = |name: &str| fields.get::<Value>(name).filter(|value| !value.is_null());
        if let Some(name) = IDLE.into_iter().find(|name| value(name).is_some()) {
            let message = format!("{name}: prompts have versions here, and nothing else.");
            return Err(Fault::invalid(message, name));
        }
        let (id, variables, version) = (value(ID), value(VARIABLES), value(VERSION));
        let Some(id) = id else {
            let alone = [(VARIABLES, variables), (VERSION, version)];
            return match alone.into_iter().find(|(_, value)| value.is_some()) {
                None => Ok(None),
                Some((name, _)) => {
                    let message = format!("{name}: has no effect without prompt_id.");
                    Err(Fault::invalid(message, name))
                }
            };
        };
        if !prompt::fits(dialect) {
            let message = format!("prompt_id: {} has no room for a prompt.", dialect.name());
            return Err(Fault::invalid(message, ID));
        }
        let Value::String(id) = id else {
            return Err(Fault::invalid("Invalid 'prompt_id': must be a string.", ID));
        };
        let variables = match variables {
            None => Map::new(),
            Some(Value::Object(variables)) => variables,
            Some(_) => {
                let message = "Invalid 'prompt_variables': must be an object.";
                return Err(Fault::invalid(message, VARIABLES));
            }
        };
        let version = match version {
            None => None,
            Some(value) => {
                let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
                let number = number.filter(|number| *number > 0);
                let message = "Invalid 'prompt_version': must be a whole number from 1.";
                Some(number.ok_or_else(|| Fault::invalid(message, VERSION))?)
            }
        };
        Ok(Some(Self { id, version, variables }))
    }
}

/// The body without what it says of a prompt.
///
/// # Errors
/// When it is no JSON object.
pub(super) fn without(dialect: Dialect, body: &Bytes) -> Result<Bytes, Fault> {
    struck(dialect, body, &[OURS.as_slice(), &IDLE].concat())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_prompt_is_asked_for_where_the_dialect_has_room_for_it() {
        let body = r#"{"prompt_id":"p","prompt_variables":{"a":"b"},"prompt_version":2}"#;
        let said = Said::read(Dialect::Gemini, body.as_bytes()).unwrap().unwrap();
        assert_eq!((said.id.as_str(), said.version), ("p", Some(2)));
        assert_eq!(Value::from(said.variables), json!({"a": "b"}));
        let within = format!("{{\"additionalModelRequestFields\":{body}}}");
        let read = |dialect, body: &str| Said::read(dialect, body.as_bytes()).unwrap();
        assert!(read(Dialect::BedrockConverse, &within).is_some());
        assert_eq!(read(Dialect::BedrockConverse, body), None);
        assert_eq!(read(Dialect::OpenAiChat, r#"{"prompt_id":null,"prompt_label":null}"#), None);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_name() {
        for (dialect, body, param) in [
            (Dialect::OpenAiChat, r#"{"prompt_id":7}"#, ID),
            (Dialect::OpenAiChat, r#"{"prompt_variables":{}}"#, VARIABLES),
            (Dialect::OpenAiChat, r#"{"prompt_id":"a","prompt_variables":[]}"#, VARIABLES),
            (Dialect::OpenAiChat, r#"{"prompt_id":"a","prompt_version":0}"#, VERSION),
            (Dialect::OpenAiChat, r#"{"prompt_id":"a","prompt_version":"new"}"#, VERSION),
            (Dialect::OpenAiChat, r#"{"prompt_id":"a","prompt_label":"x"}"#, "prompt_label"),
            (Dialect::BedrockInvoke, r#"{"prompt_id":"a"}"#, ID),
        ] {
            let fault = Said::read(dialect, body.as_bytes()).unwrap_err();
            assert_eq!((fault.status, fault.param.as_deref()), (400, Some(param)), "{body}");
        }
    }
}
