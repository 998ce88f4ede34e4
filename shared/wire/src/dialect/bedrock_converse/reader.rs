//! Typed access to a JSON body, with faults in AWS's wording.

use std::fmt;

use serde_json::{Map, Value};

use crate::{
    Fault,
    dialect::place::{self, Step, Wording},
};

/// A place in the body: `messages.0.content.1.text`.
pub(super) type At<'a> = place::At<'a, Aws>;

/// AWS's wording.
#[derive(Debug, Clone, Copy)]
pub(super) struct Aws;

/// The body as a JSON object.
pub(super) fn body(bytes: &[u8]) -> Result<Map<String, Value>, Fault> {
    place::body::<Aws>(bytes, "the body must be a JSON object")
}

/// A body that is not what it should be as a whole.
pub(super) fn malformed(why: impl fmt::Display) -> Fault {
    Aws::malformed(why)
}

/// Takes a field out; `null` counts as absent, as it does for AWS.
pub(super) fn take(map: &mut Map<String, Value>, key: &str) -> Option<Value> {
    Aws::take(map, key)
}

/// Whether text is padded base64 of the standard alphabet, and not empty.
pub(super) fn is_base64(text: &str) -> bool {
    let bytes = text.as_bytes();
    let padding = bytes.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    let digits = bytes.len().saturating_sub(padding);
    !bytes.is_empty()
        && bytes.len().is_multiple_of(4)
        && bytes
            .iter()
            .take(digits)
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

// === impl Aws ===

impl Wording for Aws {
    const OBJECT: &'static str = "a structure";
    const LONE_ELEMENT: bool = false;

    fn malformed(why: impl fmt::Display) -> Fault {
        Fault::invalid(
            format!("Malformed input request: {why}, please reformat your input and try again."),
            "request_body",
        )
    }

    fn invalid(at: &str, why: impl fmt::Display) -> String {
        format!("1 validation error detected: Value at '{at}' failed to satisfy constraint: {why}")
    }

    fn missing(at: &str) -> String {
        format!(
            "1 validation error detected: Value null at '{at}' failed to satisfy constraint: Member must not be null"
        )
    }

    fn mistyped(wanted: &str, found: &str) -> String {
        format!("Member must be {wanted}, not {found}")
    }

    fn step(f: &mut fmt::Formatter<'_>, step: Step<'_>) -> fmt::Result {
        match step {
            Step::Key(key) => write!(f, ".{key}"),
            Step::Index(index) => write!(f, ".{index}"),
        }
    }

    fn take(map: &mut Map<String, Value>, key: &str) -> Option<Value> {
        map.shift_remove(key).filter(|value| !value.is_null())
    }
}

// === impl At ===

impl At<'_> {
    pub(super) fn integer(self, value: &Value) -> Result<u64, Fault> {
        value.as_u64().ok_or_else(|| self.wrong("an integer that is not negative", value))
    }

    /// Base64 of the standard alphabet, padded. The bytes are not decoded: every dialect writes
    /// them so.
    pub(super) fn base64(self, value: Value) -> Result<String, Fault> {
        let text = self.string(value)?;
        if is_base64(&text) { Ok(text) } else { Err(self.fault("Member must be base64")) }
    }

    /// The one member of a union.
    pub(super) fn union(self, value: Value) -> Result<(String, Value), Fault> {
        let members = self.object(value)?.into_iter().filter(|(_, value)| !value.is_null());
        let mut members = members.fuse();
        match (members.next(), members.next()) {
            (Some(member), None) => Ok(member),
            _ => Err(self.fault("Member must have exactly one member of the union set")),
        }
    }
}
