//! Who and which: the hash that names a key, and the id that names a call.

mod call;
mod key_hash;

pub use call::CallId;
pub use key_hash::KeyHash;

/// A text that is no id of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {expected}")]
pub struct IdError {
    pub(crate) expected: &'static str,
}
