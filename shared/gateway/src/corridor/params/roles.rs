//! Roles that a provider does not know.

use std::borrow::Cow;

use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;
use sluice_providers::Deployment;
use sluice_wire::{Splice, splice};

/// Whether a body speaks of a developer to a provider that knows none: the role is OpenAI's own word
/// for instructions, and the chat templates of compatible servers refuse it. LiteLLM renames it for
/// them, too.
pub(super) fn names_a_developer(deployment: &Deployment, body: &[u8]) -> bool {
    !matches!(deployment.provider.name, "openai" | "azure")
        && memmem::find(body, br#""developer""#).is_some()
}

/// The messages with the developer's as the system's, and every other byte of them; `None` where there
/// are none of a developer.
pub(super) fn without_developers(messages: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(borrow)]
        role: Cow<'a, str>,
    }
    let messages: Vec<&RawValue> = serde_json::from_str(messages.get()).ok()?;
    let is_developer = |message: &RawValue| {
        serde_json::from_str(message.get()).is_ok_and(|head: Head<'_>| head.role == "developer")
    };
    if !messages.iter().any(|message| is_developer(message)) {
        return None;
    }
    let mut written = Vec::with_capacity(messages.len());
    for message in messages {
        written.push(if is_developer(message) {
            let edit = [Splice::Set("role", "\"system\"".to_owned())];
            String::from_utf8(splice(message.get().as_bytes(), &edit).ok()?).ok()?
        } else {
            message.get().to_owned()
        });
    }
    Some(format!("[{}]", written.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renames_the_role_and_nothing_else() {
        let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
        let messages = raw(
            r#"[ {"role":"developer", "content":"a \"role\":\"developer\"","x":1.0} , {"role":"user","content":"developer"}]"#,
        );
        assert_eq!(
            without_developers(&messages).as_deref(),
            Some(
                r#"[{"role":"system", "content":"a \"role\":\"developer\"","x":1.0},{"role":"user","content":"developer"}]"#
            )
        );
        assert_eq!(without_developers(&raw(r#"[{"role":"user","content":"developer"}]"#)), None);
        assert_eq!(without_developers(&raw(r#""developer""#)), None);
    }
}
