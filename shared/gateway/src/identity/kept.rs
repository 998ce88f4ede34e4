//! Records kept for a few seconds in a warm process.
//!
//! A record read from here may be stale. That is safe: every admission compares the versions of the
//! records it goes by with the store's, so what was revoked or narrowed elsewhere is refused at the
//! next request.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    sync::RwLock,
};

use sluice_store::Millis;
use sluice_wire::Fault;

use crate::app::App;

/// How long a record is used without asking the store, in milliseconds.
const FRESH_MS: i64 = 5_000;
/// How long a record may be used where the store gives no answer and calls go on, in milliseconds.
const KNOWN_MS: i64 = 60 * 60 * 1000;
/// Records kept at most; beyond that it starts over.
const CAPACITY: usize = 10_000;

/// The records.
#[derive(Debug)]
pub(crate) struct Kept<K, V, S = RandomState> {
    records: RwLock<HashMap<K, (V, Millis), S>>,
}

// === impl Kept ===

impl<K, V, S: Default> Default for Kept<K, V, S> {
    fn default() -> Self {
        Self { records: RwLock::new(HashMap::default()) }
    }
}

impl<K: Eq + Hash, V: Clone, S: BuildHasher> Kept<K, V, S> {
    /// The record as it was read lately, else as it is read now; and where the store gives no answer,
    /// and calls go on without one, as it was when it last gave one.
    ///
    /// # Errors
    /// Those of reading it.
    pub(crate) async fn or_read(
        &self,
        app: &App,
        key: K,
        read: impl AsyncFnOnce() -> Result<V, Fault>,
    ) -> Result<V, Fault> {
        let now = app.clock.now();
        if let Some(record) = self.get(&key, now) {
            return Ok(record);
        }
        match read().await {
            Ok(record) => {
                self.put(key, record.clone(), now);
                Ok(record)
            }
            Err(fault) if app.goes_on(&fault) => self.last_known(&key, now).ok_or(fault),
            Err(fault) => Err(fault),
        }
    }

    /// The record, if it was read lately.
    pub(crate) fn get(&self, key: &K, now: Millis) -> Option<V> {
        self.read_within(key, now, FRESH_MS)
    }

    /// The record as it was when the store last gave an answer, if that is not long ago.
    fn last_known(&self, key: &K, now: Millis) -> Option<V> {
        self.read_within(key, now, KNOWN_MS)
    }

    fn read_within(&self, key: &K, now: Millis, age: i64) -> Option<V> {
        let records = self.records.read().ok()?;
        let (record, read_at) = records.get(key)?;
        (now.get() - read_at.get() < age).then(|| record.clone())
    }

    /// Keeps a record that was just read.
    fn put(&self, key: K, record: V, now: Millis) {
        if let Ok(mut records) = self.records.write() {
            if records.len() >= CAPACITY {
                records.clear();
            }
            records.insert(key, (record, now));
        }
    }

    /// Forgets all of them: somebody was changed here, and whose records those are is not known.
    pub(crate) fn clear(&self) {
        if let Ok(mut records) = self.records.write() {
            records.clear();
        }
    }

    /// Forgets a record (it was changed here, or an admission said that it is stale).
    pub(crate) fn forget(&self, key: &K) {
        if let Ok(mut records) = self.records.write() {
            records.remove(key);
        }
    }
}
