//! Key records kept for a few seconds in a warm process.
//!
//! A record read from here may be stale. That is safe: every admission compares the record's
//! version with the guard's, so a key that was revoked elsewhere is refused at its next request; and
//! the versions of its user and team with the store's.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::RwLock,
};

use sluice_store::{KeyHash, Millis};

use super::Caller;

/// How long a record is used without asking the store, in milliseconds.
const FRESH_MS: i64 = 5_000;
/// How long a record may be used where the store gives no answer and calls go on, in milliseconds.
const KNOWN_MS: i64 = 60 * 60 * 1000;
/// Records kept at most; beyond that the cache starts over.
const CAPACITY: usize = 10_000;

/// The records.
#[derive(Debug, Default)]
pub(crate) struct KeyCache {
    records: RwLock<HashMap<KeyHash, Entry, BuildHasherDefault<Prefix>>>,
}

#[derive(Debug, Clone)]
struct Entry {
    caller: Caller,
    read_at: Millis,
}

/// A hasher for keys that are hashes already: their first eight bytes.
#[derive(Debug, Default)]
pub(crate) struct Prefix(u64);

// === impl KeyCache ===

impl KeyCache {
    /// The record, if it was read lately.
    pub(crate) fn get(&self, hash: &KeyHash, now: Millis) -> Option<Caller> {
        self.read_within(hash, now, FRESH_MS)
    }

    /// The record as it was when the store last gave an answer, if that is not long ago.
    pub(crate) fn last_known(&self, hash: &KeyHash, now: Millis) -> Option<Caller> {
        self.read_within(hash, now, KNOWN_MS)
    }

    fn read_within(&self, hash: &KeyHash, now: Millis, age: i64) -> Option<Caller> {
        let records = self.records.read().ok()?;
        let entry = records.get(hash)?;
        (now.get() - entry.read_at.get() < age).then(|| entry.caller.clone())
    }

    /// Keeps a record that was just read.
    pub(crate) fn put(&self, caller: Caller, now: Millis) {
        if let Ok(mut records) = self.records.write() {
            if records.len() >= CAPACITY {
                records.clear();
            }
            records.insert(caller.record.hash, Entry { caller, read_at: now });
        }
    }

    /// Forgets all of them: somebody was changed here, and whose keys those are is not known.
    pub(crate) fn clear(&self) {
        if let Ok(mut records) = self.records.write() {
            records.clear();
        }
    }

    /// Forgets a record (it was changed here, or an admission said that it is stale).
    pub(crate) fn forget(&self, hash: &KeyHash) {
        if let Ok(mut records) = self.records.write() {
            records.remove(hash);
        }
    }
}

// === impl Prefix ===

impl Hasher for Prefix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(head) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*head);
        }
    }

    // The length prefix of a byte array says nothing.
    fn write_usize(&mut self, _: usize) {}
}
