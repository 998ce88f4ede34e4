//! JSON that is kept in the words of whoever wrote it.

use serde::{Deserialize, Serialize};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

/// A JSON value as it was written, but for the white space between its parts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "Box<RawValue>")]
pub struct Verbatim(Box<RawValue>);

// === impl Verbatim ===

impl Verbatim {
    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// What it says.
    #[must_use]
    pub fn value(&self) -> Value {
        // It has been read as JSON before; numbers that no number type holds are all that can fail.
        serde_json::from_str(self.text()).unwrap_or_default()
    }
}

impl PartialEq for Verbatim {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl From<Box<RawValue>> for Verbatim {
    fn from(raw: Box<RawValue>) -> Self {
        let compact = compact(raw.get()).and_then(|text| RawValue::from_string(text).ok());
        Self(compact.unwrap_or(raw))
    }
}

impl From<&RawValue> for Verbatim {
    fn from(raw: &RawValue) -> Self {
        raw.to_owned().into()
    }
}

impl From<&Value> for Verbatim {
    fn from(value: &Value) -> Self {
        Self(to_raw_value(value).unwrap_or_default())
    }
}

/// The text without white space outside of its strings; `None` where there is none.
fn compact(text: &str) -> Option<String> {
    if !text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        return None;
    }
    let (mut quoted, mut escaped) = (false, false);
    let kept = text.chars().filter(|char| {
        if *char == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && *char == '\\' && !escaped;
        quoted || !char.is_ascii_whitespace()
    });
    Some(kept.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_every_byte_but_white_space_between_the_parts() {
        let told = "{\n  \"a b\" : [1.50, \"x \\\" \\\\\" ],\t\"c\": 1e2\n}";
        let raw: &RawValue = serde_json::from_str(told).unwrap();
        let kept = Verbatim::from(raw);
        assert_eq!(kept.text(), r#"{"a b":[1.50,"x \" \\"],"c":1e2}"#);
        assert_eq!(serde_json::to_string(&kept).unwrap(), kept.text());
        let read: Verbatim = serde_json::from_str(kept.text()).unwrap();
        assert_eq!(read, kept);
        assert_eq!(Verbatim::from(&kept.value()).text(), r#"{"a b":[1.5,"x \" \\"],"c":100.0}"#);
    }
}
