//! What a provider signed or encrypted, in the field that callers hand back unread.
//!
//! `encrypted_content` of a reasoning item is opaque to callers: they keep it and send it again. So
//! a signature of another dialect travels in it, with the very text that it signs, because some
//! callers keep no summaries. The other way, encrypted reasoning of a provider of this dialect is a
//! signature in canonical form, marked so that no other provider is ever sent it.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use serde_json::{Map, Value, json};

use crate::{
    Dialect,
    canon::{Part, Reasoning},
    dialect::Signer,
};

/// The beginning of what this module sealed.
pub(crate) const MARK: &str = "sluice.v1.";

/// Id and `encrypted_content` of a reasoning item as a provider of this dialect wrote them.
pub(super) fn own(reasoning: &Reasoning) -> Option<(&str, &str)> {
    Signer::OpenAi.made(reasoning.signature.as_deref()?)?.split_once(':')
}

/// `encrypted_content` for reasoning that another dialect's provider signed or encrypted.
pub(super) fn reasoning(reasoning: &Reasoning) -> Option<String> {
    let mut fields = Map::new();
    if let Some(signature) = &reasoning.signature {
        fields.insert("thinking".into(), reasoning.text.as_str().into());
        fields.insert("signature".into(), signature.as_str().into());
    }
    if let Some(redacted) = &reasoning.redacted {
        fields.insert("redacted".into(), redacted.as_str().into());
    }
    (!fields.is_empty()).then(|| write(&Value::Object(fields)))
}

/// `encrypted_content` for a part that only its own dialect understands.
pub(super) fn part(dialect: Dialect, value: &Value) -> String {
    write(&json!({"dialect": dialect.name(), "part": value}))
}

fn write(value: &Value) -> String {
    format!("{MARK}{}", STANDARD_NO_PAD.encode(value.to_string()))
}

/// What a reasoning item with this `encrypted_content` says; `shown` is its readable text.
pub(super) fn open(id: &str, content: &str, shown: String) -> Part {
    match content.strip_prefix(MARK) {
        Some(sealed) => read(sealed).unwrap_or_else(|| plain(shown)),
        None => Part::Reasoning(Reasoning {
            text: shown,
            signature: Some(Signer::OpenAi.name(format!("{id}:{content}"))),
            redacted: None,
        }),
    }
}

/// Reasoning that nobody signed.
pub(super) fn plain(text: String) -> Part {
    Part::Reasoning(Reasoning { text, ..Reasoning::default() })
}

fn read(sealed: &str) -> Option<Part> {
    let bytes = STANDARD_NO_PAD.decode(sealed).ok()?;
    let mut value: Value = serde_json::from_slice(&bytes).ok()?;
    if let Some(name) = value.get("dialect").and_then(Value::as_str) {
        let dialect = Dialect::ALL.iter().find(|known| known.name() == name)?;
        let value = value.get_mut("part").map(Value::take)?;
        return Some(Part::Opaque { dialect: *dialect, value });
    }
    let word = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Part::Reasoning(Reasoning {
        text: word("thinking").unwrap_or_default(),
        signature: word("signature"),
        redacted: word("redacted"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_comes_back_with_the_text_it_signs() {
        let thought =
            Reasoning { text: "Größe: 3".into(), signature: Some("c2ln".into()), redacted: None };
        let sealed = reasoning(&thought).unwrap();
        assert!(sealed.starts_with(MARK));
        // The caller kept another summary, or none.
        assert_eq!(open("rs_1", &sealed, "cut".into()), Part::Reasoning(thought));

        let hidden = Reasoning { redacted: Some("ENC".into()), ..Reasoning::default() };
        let sealed = reasoning(&hidden).unwrap();
        assert_eq!(open("rs_1", &sealed, String::new()), Part::Reasoning(hidden));
        assert_eq!(reasoning(&Reasoning::default()), None);
    }

    #[test]
    fn encrypted_reasoning_of_this_dialect_is_marked_as_its_own() {
        let Part::Reasoning(thought) = open("rs_1", "gAAA:x", "Short.".into()) else { panic!() };
        assert_eq!(own(&thought), Some(("rs_1", "gAAA:x")));
        let signed = thought.signature.as_deref().unwrap();
        assert_eq!((Signer::Anthropic.own(signed), Signer::Google.own(signed)), (None, None));
    }

    #[test]
    fn a_part_of_another_dialect_comes_back_as_it_was() {
        let value = json!({"type": "server_tool_use", "id": "srvtoolu_1"});
        let sealed = part(Dialect::AnthropicMessages, &value);
        let opened = open("rs_1", &sealed, String::new());
        assert_eq!(opened, Part::Opaque { dialect: Dialect::AnthropicMessages, value });
    }

    #[test]
    fn what_was_tampered_with_is_plain_text() {
        for content in ["sluice.v1.", "sluice.v1.!!", "sluice.v1.e30x"] {
            let opened = open("rs_1", content, "Shown.".into());
            assert_eq!(opened, plain("Shown.".into()), "{content}");
        }
    }
}
