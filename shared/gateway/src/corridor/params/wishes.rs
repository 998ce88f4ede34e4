//! What a call's own body says to the gateway: about its parameters, how it is called, and for whom.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Map, Value};
use sluice_providers::Mock;
use sluice_wire::{Fault, Fields, Splice, canon::CacheInjection, splice};

use super::form::FormFields;
use crate::corridor::{
    attribution::{self, Attribution},
    fallback::Fallbacks,
    patience::{Patience, Said as Told},
};
use crate::history::Said;

/// The field of a body that asks for cache markers.
const CACHE_POINTS: &str = "cache_control_injection_points";

/// The field of a body that sets the router's settings for it.
const OVERRIDE: &str = "router_settings_override";
/// What may stand in it. What the body itself says goes before.
const OVERRIDABLE: [&str; 5] =
    ["fallbacks", "context_window_fallbacks", "content_policy_fallbacks", "num_retries", "timeout"];
/// The field of a body that asks for guardrails by name.
const GUARDRAILS: &str = "guardrails";
/// The field of a body that names a prompt.
const PROMPT: &str = "prompt_id";

/// What one reading of a body finds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Wishes {
    pub(super) drop_params: Option<bool>,
    pub(super) additional_drop_params: Vec<String>,
    pub(super) allowed_openai_params: Vec<String>,
    /// Prompt-cache markers to put in.
    pub(crate) cache_points: Vec<CacheInjection>,
    /// The service level, in whatever dialect.
    pub(crate) service_tier: Option<String>,
    /// How long the caller waits, and how often it is tried.
    pub(in crate::corridor) patience: Patience,
    /// Models for the case that the one that is asked for fails.
    pub(in crate::corridor) fallbacks: Fallbacks,
    /// What is answered in the provider's place.
    pub(in crate::corridor) mock: Option<Mock>,
    /// The session that it is part of.
    pub(crate) session: Said,
    /// The body's `metadata` without what it says to the gateway, where it says any.
    metadata: Option<Map<String, Value>>,
    /// Whom it is for.
    pub(in crate::corridor) attribution: Attribution,
}

// === impl Wishes ===

impl Wishes {
    /// Reads them. A body that is no JSON object says nothing: whoever reads it as a request refuses it.
    ///
    /// # Errors
    /// When one is of a wrong type, naming it.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Fault> {
        match Fields::find(body) {
            Some(fields) => {
                let wishes = Self::of(|name| fields.get::<Value>(name))?;
                Ok(Self { session: Said::read(&fields), ..wishes })
            }
            None => Ok(Self::default()),
        }
    }

    /// Reads them of a call that is not a chat, in JSON or in a form, and gives the body as providers
    /// may see it.
    ///
    /// # Errors
    /// When one is of a wrong type, naming it.
    pub(in crate::corridor) fn take(
        headers: &HeaderMap,
        body: Bytes,
        pictures: bool,
    ) -> Result<(Self, Bytes), Fault> {
        if let Some(told) = FormFields::read(headers, &body) {
            let wishes = Self::of(|name| told.value(name))?;
            return Ok((wishes, told.rest(&body, pictures)));
        }
        let wishes = Self::read(&body)?;
        let body = wishes.cleaned(body)?;
        Ok((wishes, body))
    }

    fn of(said: impl Fn(&str) -> Option<Value>) -> Result<Self, Fault> {
        let mut wishes = Self::default();
        let value = |name: &str| said(name).filter(|value| !value.is_null());
        if let Some(value) = value("drop_params") {
            let flag = value.as_bool();
            let wrong =
                || Fault::invalid("Invalid 'drop_params': must be a boolean.", "drop_params");
            wishes.drop_params = Some(flag.ok_or_else(wrong)?);
        }
        for (name, list) in [
            ("additional_drop_params", &mut wishes.additional_drop_params),
            ("allowed_openai_params", &mut wishes.allowed_openai_params),
        ] {
            if let Some(value) = value(name) {
                *list = serde_json::from_value(value).map_err(|_| {
                    Fault::invalid(format!("Invalid '{name}': must be a list of strings."), name)
                })?;
            }
        }
        let tier = value("service_tier").or_else(|| value("serviceTier"));
        // Bedrock's is an object; what is neither is the provider's to refuse.
        wishes.service_tier = tier.and_then(|tier| {
            tier.get("type").unwrap_or(&tier).as_str().map(str::to_ascii_lowercase)
        });
        if let Some(value) = value(CACHE_POINTS) {
            wishes.cache_points = CacheInjection::read(&value).map_err(|wrong| {
                Fault::invalid(format!("Invalid '{CACHE_POINTS}': {wrong}."), CACHE_POINTS)
            })?;
        }
        if value(GUARDRAILS).is_some_and(|asked| asked != Value::Array(Vec::new())) {
            // Whoever asks for one relies on it.
            let message = "guardrails: this gateway has no guardrails that a request may name.";
            return Err(Fault::invalid(message, GUARDRAILS));
        }
        if value(PROMPT).is_some() {
            // A chat's has been put in by now.
            let message = "prompt_id: only chats begin with a prompt.";
            return Err(Fault::invalid(message, PROMPT));
        }
        let settings = match value(OVERRIDE) {
            None => Map::new(),
            Some(Value::Object(settings)) => settings,
            // LiteLLM's words.
            Some(_) => {
                let message = "router_settings_override must be a JSON object.";
                return Err(Fault::invalid(message, OVERRIDE));
            }
        };
        if let Some(name) = settings.keys().find(|name| !OVERRIDABLE.contains(&name.as_str())) {
            let message = format!("router_settings_override: '{name}' is not in effect.");
            return Err(Fault::invalid(message, OVERRIDE));
        }
        let value = |name: &str| value(name).or_else(|| settings.get(name).cloned());
        let times = ["num_retries", "timeout", "stream_timeout"].map(|name| (name, value(name)));
        wishes.patience = Patience::read(|wanted| {
            let said = times.iter().find(|(name, _)| *name == wanted);
            said.and_then(|(_, value)| value.as_ref()).map(Told::Json)
        })?;
        wishes.fallbacks = Fallbacks::read(value)?;
        wishes.mock = Mock::read(value)?;
        wishes.attribution = Attribution::read(value);
        wishes.metadata = theirs(value("metadata"));
        Ok(wishes)
    }

    /// The body as providers may see it: without what its `metadata` says to the gateway.
    ///
    /// # Errors
    /// When it is not the body that was read.
    pub(in crate::corridor) fn cleaned(&self, body: Bytes) -> Result<Bytes, Fault> {
        let Some(metadata) = &self.metadata else { return Ok(body) };
        let edit = match metadata.is_empty() {
            true => Splice::Remove("metadata"),
            false => Splice::Set("metadata", Value::Object(metadata.clone()).to_string()),
        };
        splice(&body, &[edit]).map(Bytes::from).map_err(|error| super::not_an_object(&error))
    }
}

fn theirs(metadata: Option<Value>) -> Option<Map<String, Value>> {
    let Some(Value::Object(mut fields)) = metadata else { return None };
    let all = fields.len();
    fields.retain(|name, _| !attribution::OURS.contains(&name.as_str()));
    (fields.len() < all).then_some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_body_says_and_refuses_what_it_cannot_mean() {
        let body = br#"{"model":"m","drop_params":false,"additional_drop_params":["a","b[*].c"]}"#;
        let wishes = Wishes::read(body).unwrap();
        assert_eq!(wishes.drop_params, Some(false));
        assert_eq!(wishes.additional_drop_params, ["a", "b[*].c"]);
        for body in [
            &br#"{"service_tier":"priority"}"#[..],
            br#"{"serviceTier":{"type":"priority"}}"#,
            br#"{"serviceTier":"PRIORITY"}"#,
        ] {
            assert_eq!(Wishes::read(body).unwrap().service_tier.as_deref(), Some("priority"));
        }
        for body in [
            &br#"{"model":"m"}"#[..],
            br#"{"messages":[{"role":"user","content":"\"user\": \"x\""}]}"#,
            br#"[{"user":"a"}]"#,
            b"--form\r\n\"user\": 1",
            br#"{"user":"a""#,
            b"",
        ] {
            assert_eq!(Wishes::read(body).unwrap(), Wishes::default());
        }
        for body in [&br#"{"drop_params":null}"#[..], br#"{"guardrails":[]}"#] {
            assert_eq!(Wishes::read(body).unwrap(), Wishes::default());
        }
        for (body, param) in [
            (r#"{"drop_params":"yes"}"#, "drop_params"),
            (r#"{"allowed_openai_params":"seed"}"#, "allowed_openai_params"),
            (r#"{"additional_drop_params":[1]}"#, "additional_drop_params"),
            (r#"{"cache_control_injection_points":[{}]}"#, CACHE_POINTS),
            (r#"{"num_retries":99}"#, "num_retries"),
            (r#"{"stream_timeout":"x"}"#, "stream_timeout"),
            (r#"{"fallbacks":"x"}"#, "fallbacks"),
            (r#"{"guardrails":["pii"]}"#, GUARDRAILS),
            (r#"{"prompt_id":"p"}"#, PROMPT),
            (r#"{"router_settings_override":[]}"#, OVERRIDE),
            (r#"{"router_settings_override":{"routing_strategy":"lar1"}}"#, OVERRIDE),
            (r#"{"router_settings_override":{"num_retries":-1}}"#, "num_retries"),
            (r#"{"mock_response":1}"#, "mock_response"),
        ] {
            let fault = Wishes::read(body.as_bytes()).unwrap_err();
            assert_eq!((fault.status, fault.param.as_deref()), (400, Some(param)));
        }
    }
}
