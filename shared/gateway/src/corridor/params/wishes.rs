//! What a call's own body says about its parameters.

use memchr::memmem;
use serde_json::Value;
use sluice_wire::{Fault, canon::CacheInjection};

/// The field of a body that asks for cache markers.
const CACHE_POINTS: &str = "cache_control_injection_points";

/// `drop_params`, `additional_drop_params` and `allowed_openai_params` of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    pub(super) drop_params: Option<bool>,
    pub(super) additional_drop_params: Vec<String>,
    pub(super) allowed_openai_params: Vec<String>,
    /// Prompt-cache markers to put in.
    pub(crate) cache_points: Vec<CacheInjection>,
    /// The service level, in whatever dialect.
    pub(crate) service_tier: Option<String>,
}

// === impl Wishes ===

impl Wishes {
    /// Reads them. Most bodies have none, and are not parsed for it.
    ///
    /// # Errors
    /// When one is of a wrong type, naming it.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Fault> {
        let mut wishes = Self::default();
        let said = [&b"_params\""[..], CACHE_POINTS.as_bytes(), b"service_tier", b"serviceTier"];
        if !said.iter().any(|words| memmem::find(body, words).is_some()) {
            return Ok(wishes);
        }
        // A body that is no object has been refused by then.
        let members = super::members(body)?;
        let value = |name: &str| -> Option<Value> {
            serde_json::from_str(members.get(name)?.get())
                .ok()
                .filter(|value: &Value| !value.is_null())
        };
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
        Ok(wishes)
    }
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
        assert_eq!(Wishes::read(br#"{"model":"m"}"#).unwrap(), Wishes::default());
        assert_eq!(Wishes::read(br#"{"drop_params":null}"#).unwrap(), Wishes::default());
        for (body, param) in [
            (r#"{"drop_params":"yes"}"#, "drop_params"),
            (r#"{"allowed_openai_params":"seed"}"#, "allowed_openai_params"),
            (r#"{"additional_drop_params":[1]}"#, "additional_drop_params"),
            (r#"{"cache_control_injection_points":[{}]}"#, CACHE_POINTS),
        ] {
            let fault = Wishes::read(body.as_bytes()).unwrap_err();
            assert_eq!((fault.status, fault.param.as_deref()), (400, Some(param)));
        }
    }
}
