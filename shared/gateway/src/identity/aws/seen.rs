//! What AWS has said of tokens, as long as they are good: an SDK sends one token many times.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use sluice_store::KeyHash;

use super::{flaw::Flaw, principal::Principal};

/// Tokens that are remembered; beyond that the ones that are no longer good go, or all.
const MOST: usize = 10_000;
/// Seconds that a refusal is remembered, so that AWS is not asked at the caller's pace.
const REFUSED: i64 = 60;

/// Who presented what, by the token's hash.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<HashMap<KeyHash, Entry>>);

#[derive(Debug, Clone)]
struct Entry {
    said: Result<Principal, Flaw>,
    /// In seconds since 1970.
    until: i64,
}

// === impl Seen ===

impl Seen {
    /// What was said, where it still counts.
    pub(super) fn get(&self, token: &KeyHash, now: i64) -> Option<Result<Principal, Flaw>> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(token).filter(|entry| now < entry.until).map(|entry| entry.said.clone())
    }

    /// Remembers what was said of a token that is good until `expires`.
    pub(super) fn put(
        &self,
        token: KeyHash,
        said: Result<Principal, Flaw>,
        expires: i64,
        now: i64,
    ) {
        let until = if said.is_ok() { expires } else { expires.min(now.saturating_add(REFUSED)) };
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST {
            seen.retain(|_, entry| now < entry.until);
        }
        if seen.len() >= MOST {
            seen.clear();
        }
        seen.insert(token, Entry { said, until });
    }
}
