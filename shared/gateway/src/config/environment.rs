//! The environment, passed in: this crate reads none.

use std::collections::BTreeMap;

/// Where `os.environ/NAME` is looked up.
pub trait Environment {
    /// The variable's value, `None` when it is not set.
    fn var(&self, name: &str) -> Option<String>;
}

/// No variable is set.
impl Environment for () {
    fn var(&self, _: &str) -> Option<String> {
        None
    }
}

/// The variables of a map.
impl Environment for BTreeMap<String, String> {
    fn var(&self, name: &str) -> Option<String> {
        self.get(name).cloned()
    }
}
