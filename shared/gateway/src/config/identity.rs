//! The id of a deployment that is given none.

use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::{
    json::canonical,
    secret::{is_reference, names_secret},
    tree::Node,
};

/// The hash of what the file says, so that it is the same in every process, and another one after a
/// change. A key that is rotated behind its `os.environ/` name does not change it.
///
/// `twin` counts the equal entries before this one.
pub(super) fn id(group: &str, params: &Node, twin: usize) -> String {
    let mut params = canonical(params);
    if let Value::Object(members) = &mut params {
        for (name, value) in members.iter_mut() {
            if let Value::String(text) = value
                && names_secret(name)
                && !is_reference(text)
            {
                *text = hex(text.as_bytes());
            }
        }
    }
    let mut identity = json!({ "litellm_params": params, "model_name": group });
    if let (Some(members), 1..) = (identity.as_object_mut(), twin) {
        members.insert("twin".to_owned(), twin.into());
    }
    hex(identity.to_string().as_bytes())
}

fn hex(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
