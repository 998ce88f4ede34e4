//! One field of a secret that is a JSON object.

use serde_json::{Map, Value};

use super::SecretError;
use crate::Redacted;

/// The field's text, or the whole secret where no field is named.
pub(super) fn pick(
    name: &str,
    value: &Redacted<String>,
    field: Option<&str>,
) -> Result<Redacted<String>, SecretError> {
    let Some(field) = field else {
        return Ok(value.clone());
    };
    serde_json::from_str::<Map<String, Value>>(value.expose())
        .ok()
        .and_then(|mut object| match object.remove(field) {
            Some(Value::String(text)) => Some(Redacted::new(text)),
            _ => None,
        })
        .ok_or_else(|| SecretError::NoField { name: name.to_owned(), field: field.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_field_or_the_whole_and_never_tells_the_value() {
        let secret = Redacted::new(r#"{"key":"sk-1","n":1}"#.to_owned());
        assert_eq!(pick("s", &secret, Some("key")).unwrap().expose(), "sk-1");
        assert_eq!(pick("s", &secret, None).unwrap(), secret);
        for field in ["n", "absent"] {
            let error = pick("s", &secret, Some(field)).unwrap_err().to_string();
            assert!(error.contains(field) && !error.contains("sk-1"), "{error}");
        }
        assert!(pick("s", &Redacted::new("sk-2".to_owned()), Some("key")).is_err());
    }
}
