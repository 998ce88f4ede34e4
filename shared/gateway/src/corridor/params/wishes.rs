//! What a call's own body says about its parameters.

use memchr::memmem;
use serde_json::Value;
use sluice_wire::Fault;

/// `drop_params`, `additional_drop_params` and `allowed_openai_params` of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    pub(super) drop_params: Option<bool>,
    pub(super) additional_drop_params: Vec<String>,
    pub(super) allowed_openai_params: Vec<String>,
}

// === impl Wishes ===

impl Wishes {
    /// Reads them. Most bodies have none, and are not parsed for it.
    ///
    /// # Errors
    /// When one is of a wrong type, naming it.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Fault> {
        let mut wishes = Self::default();
        if memmem::find(body, b"_params\"").is_none() {
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
        assert_eq!(Wishes::read(br#"{"model":"m"}"#).unwrap(), Wishes::default());
        assert_eq!(Wishes::read(br#"{"drop_params":null}"#).unwrap(), Wishes::default());
        for (body, param) in [
            (r#"{"drop_params":"yes"}"#, "drop_params"),
            (r#"{"allowed_openai_params":"seed"}"#, "allowed_openai_params"),
            (r#"{"additional_drop_params":[1]}"#, "additional_drop_params"),
        ] {
            let fault = Wishes::read(body.as_bytes()).unwrap_err();
            assert_eq!((fault.status, fault.param.as_deref()), (400, Some(param)));
        }
    }
}
