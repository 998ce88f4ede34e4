//! Whom a call is for and what it is booked under, where its body says so: LiteLLM's fields, and those
//! of the dialects that mean the same.

use serde_json::Value;
use sluice_wire::Fields;

use super::facts::bounded;

/// The longest name, in characters.
const LONGEST: usize = 256;
/// The longest note, in bytes.
const LONGEST_NOTES: usize = 4_096;
/// What a body's `metadata` has that is to be noted.
const NOTES: &str = "spend_logs_metadata";
/// What it has that is the gateway's, and no provider takes.
pub(super) const OURS: [&str; 2] = ["tags", NOTES];

/// What a body says of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Attribution {
    pub(super) end_user: Option<String>,
    pub(super) session: Option<String>,
    /// The caller's own id of the call.
    pub(super) call: Option<String>,
    /// What is to be noted in its row.
    pub(super) notes: Option<Value>,
    pub(super) tags: Vec<String>,
}

// === impl Attribution ===

impl Attribution {
    /// Reads a body that is somebody else's: nothing in it is refused. One that is no JSON object says
    /// nothing.
    pub(crate) fn of(body: &[u8]) -> Self {
        let fields = Fields::find(body);
        Self::read(|name| fields.as_ref()?.get(name))
    }

    /// Reads a body's values by their names. One of a wrong type says nothing: it is the provider's to
    /// refuse.
    pub(super) fn read(value: impl Fn(&str) -> Option<Value>) -> Self {
        let said = |name: &str| value(name).unwrap_or_default();
        let (user, safety) = (said("user"), said("safety_identifier"));
        let (ours, theirs) = (said("litellm_metadata"), said("metadata"));
        // LiteLLM's order.
        let users = [
            &user,
            inside(&ours, "user"),
            inside(&theirs, "user_id"),
            inside(&ours, "user_id"),
            &safety,
        ];
        let own = said("tags");
        let lists = [&own, inside(&theirs, "tags"), inside(&ours, "tags")];
        let tags = lists.into_iter().filter_map(Value::as_array).flatten();
        let session = [said("litellm_session_id"), said("litellm_trace_id")];
        Self {
            end_user: users.into_iter().find_map(name),
            session: session.iter().find_map(name),
            call: name(&said("litellm_call_id")),
            notes: [&theirs, &ours]
                .into_iter()
                .find_map(|metadata| notes(metadata.get(NOTES)?.clone())),
            tags: tags.filter_map(name).collect(),
        }
    }
}

/// What can be noted: an object that is not too long.
pub(super) fn notes(value: Value) -> Option<Value> {
    Some(value).filter(|value| value.is_object() && value.to_string().len() <= LONGEST_NOTES)
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

    fn read(body: &Value) -> Attribution {
        Attribution::read(|name| body.get(name).cloned())
    }

    #[test]
    fn reads_the_first_user_in_litellms_order_and_all_tags() {
        let user = |body: Value| read(&body).end_user;
        let all = json!({"user": "a", "metadata": {"user_id": "b"}, "safety_identifier": "c"});
        assert_eq!(user(all).as_deref(), Some("a"));
        let inner = json!({"metadata": {"user_id": "b"}, "safety_identifier": "c"});
        assert_eq!(user(inner).as_deref(), Some("b"));
        assert_eq!(user(json!({"safety_identifier": "c"})).as_deref(), Some("c"));
        assert_eq!(user(json!({"user": 7, "safety_identifier": " "})), None);
        let read = read(&json!({"tags": ["x", 1], "metadata": {"tags": ["y"]},
            "litellm_session_id": "s", "litellm_metadata": {"tags": ["z"], "user": "u"}}));
        assert_eq!(read.tags, ["x", "y", "z"]);
        assert_eq!((read.session.as_deref(), read.end_user.as_deref()), (Some("s"), Some("u")));
    }

    #[test]
    fn a_role_is_no_field() {
        let role = br#"{"messages":[{"role":"user","content":"\"user\": \"x\""}]}"#;
        assert_eq!(Attribution::of(role), Attribution::default());
        let user = Attribution::of(br#" { "user" : "a" }"#).end_user;
        assert_eq!(user.as_deref(), Some("a"));
        assert_eq!(Attribution::of(br#"{"metadata":{"tags":["t"]}}"#).tags, ["t"]);
    }
}
