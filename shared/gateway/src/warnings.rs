//! Warnings that were logged: each once an hour in a process, however many calls it is about.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use sluice_store::Millis;

/// For how long one stands for those after it, in milliseconds.
const EVERY_MS: i64 = 60 * 60 * 1000;
/// So many are remembered at a time.
const MOST: usize = 10_000;

/// What was warned of last, and when.
#[derive(Debug, Default)]
pub(crate) struct Warnings(Mutex<HashMap<String, Millis>>);

// === impl Warnings ===

impl Warnings {
    /// Whether it is time for a warning of this.
    pub(crate) fn is_due(&self, of: &str, now: Millis) -> bool {
        let mut given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if given.get(of).is_some_and(|at| now.since(*at) < EVERY_MS) {
            return false;
        }
        if given.len() >= MOST {
            given.retain(|_, at| now.since(*at) < EVERY_MS);
        }
        if given.len() < MOST {
            given.insert(of.to_owned(), now);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_given_once_an_hour() {
        let warnings = Warnings::default();
        let at = |ms| Millis::new(ms);
        assert!(warnings.is_due("a", at(0)));
        assert!(!warnings.is_due("a", at(EVERY_MS - 1)) && warnings.is_due("b", at(1)));
        assert!(warnings.is_due("a", at(EVERY_MS)));
    }
}
