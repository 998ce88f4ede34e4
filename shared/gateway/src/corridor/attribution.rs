//! Whom a call is for and what it is booked under, where its body says so: LiteLLM's fields, and those
//! of the dialects that mean the same.

use memchr::memmem;
use serde::Deserialize;
use serde_json::Value;

use super::facts::bounded;

/// The longest name, in characters.
const LONGEST: usize = 256;

/// What a body says of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Attribution {
    pub(super) end_user: Option<String>,
    pub(super) session: Option<String>,
    pub(super) tags: Vec<String>,
}

/// The fields. One of a wrong type says nothing: it is the provider's to refuse.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fields {
    user: Value,
    safety_identifier: Value,
    tags: Value,
    metadata: Value,
    litellm_metadata: Value,
    litellm_session_id: Value,
}

// === impl Attribution ===

impl Attribution {
    /// Reads a body. Most say nothing of it, and are not parsed for that.
    pub(super) fn read(body: &[u8]) -> Self {
        if !may_say(body) {
            return Self::default();
        }
        let said: Fields = serde_json::from_slice(body).unwrap_or_default();
        let (ours, theirs) = (&said.litellm_metadata, &said.metadata);
        // LiteLLM's order.
        let users = [
            &said.user,
            inside(ours, "user"),
            inside(theirs, "user_id"),
            inside(ours, "user_id"),
            &said.safety_identifier,
        ];
        let lists = [&said.tags, inside(theirs, "tags"), inside(ours, "tags")];
        let tags = lists.into_iter().filter_map(Value::as_array).flatten();
        Self {
            end_user: users.into_iter().find_map(name),
            session: name(&said.litellm_session_id),
            tags: tags.filter_map(name).collect(),
        }
    }
}

/// Whether one of the fields may be there. `user` is also the role of most messages.
fn may_say(body: &[u8]) -> bool {
    let is_key = |at: usize| {
        let after = body.get(at.saturating_add(6)..).unwrap_or_default();
        after.trim_ascii_start().first() == Some(&b':')
    };
    let words =
        [&b"\"tags\""[..], b"\"user_id\"", b"\"safety_identifier\"", b"\"litellm_session_id\""];
    body.trim_ascii_start().first() == Some(&b'{')
        && (memmem::find_iter(body, b"\"user\"").any(is_key)
            || words.iter().any(|word| memmem::find(body, word).is_some()))
}

fn inside<'a>(object: &'a Value, name: &str) -> &'a Value {
    object.get(name).unwrap_or(&Value::Null)
}

fn name(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    (!text.is_empty()).then(|| bounded(text, LONGEST))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_the_first_user_in_litellms_order_and_all_tags() {
        let user = |body: Value| Attribution::read(body.to_string().as_bytes()).end_user;
        let all = json!({"user": "a", "metadata": {"user_id": "b"}, "safety_identifier": "c"});
        assert_eq!(user(all).as_deref(), Some("a"));
        let inner = json!({"metadata": {"user_id": "b"}, "safety_identifier": "c"});
        assert_eq!(user(inner).as_deref(), Some("b"));
        assert_eq!(user(json!({"safety_identifier": "c"})).as_deref(), Some("c"));
        assert_eq!(user(json!({"user": 7, "safety_identifier": " "})), None);
        let body = json!({"tags": ["x", 1], "metadata": {"tags": ["y"]}, "litellm_session_id": "s",
            "litellm_metadata": {"tags": ["z"], "user": "u"}});
        let read = Attribution::read(body.to_string().as_bytes());
        assert_eq!(read.tags, ["x", "y", "z"]);
        assert_eq!((read.session.as_deref(), read.end_user.as_deref()), (Some("s"), Some("u")));
    }

    #[test]
    fn a_role_is_no_user_and_what_is_no_object_says_nothing() {
        for body in [
            &br#"{"messages":[{"role":"user","content":"\"user\": \"x\""}]}"#[..],
            br#"[{"user":"a"}]"#,
            b"--form\r\n\"user\": 1",
            br#"{"user":"a""#,
            b"",
        ] {
            assert_eq!(Attribution::read(body), Attribution::default());
        }
        let spaced = br#" { "user" : "a" }"#;
        assert_eq!(Attribution::read(spaced).end_user.as_deref(), Some("a"));
    }
}
