//! Keys: their records, their unique names.

mod record;

use std::sync::Arc;

use crate::{KeyHash, Millis, StoreError, store::Inner};

pub use record::{KeyRecord, KeyRole};

/// The keys.
#[derive(Debug, Clone)]
pub struct Keys {
    pub(crate) inner: Arc<Inner>,
}

/// A failed change of a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Another key has this alias.
    #[error("the alias `{0}` is taken")]
    AliasTaken(String),
    /// There is such a key.
    #[error("the key exists")]
    Exists,
    /// There is no such key.
    #[error("the key does not exist")]
    NotFound,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

// === impl Keys ===

impl Keys {
    /// Stores a new key with its guard.
    ///
    /// # Errors
    /// [`KeyError::Exists`], [`KeyError::AliasTaken`], or the database's.
    pub async fn create(&self, record: &KeyRecord) -> Result<(), KeyError> {
        let _ = record;
        todo!()
    }

    /// Stores a key unless there is one, and returns what is stored.
    ///
    /// # Errors
    /// [`KeyError::AliasTaken`], or the database's.
    pub async fn ensure(&self, record: &KeyRecord) -> Result<KeyRecord, KeyError> {
        let _ = record;
        todo!()
    }

    /// A key's record, read strongly; `None` for one that was deleted.
    ///
    /// # Errors
    /// The database's.
    pub async fn get(&self, hash: &KeyHash) -> Result<Option<KeyRecord>, StoreError> {
        let _ = hash;
        todo!()
    }

    /// A key's record, also of one that was deleted.
    ///
    /// # Errors
    /// The database's.
    pub async fn get_any(&self, hash: &KeyHash) -> Result<Option<KeyRecord>, StoreError> {
        let _ = hash;
        todo!()
    }

    /// Changes a key's record and counts its version up, for the guard as well: who has read it
    /// before is told at the next reservation.
    ///
    /// # Errors
    /// [`KeyError::NotFound`], [`KeyError::AliasTaken`], or the database's.
    pub async fn update(
        &self,
        hash: &KeyHash,
        change: impl Fn(&mut KeyRecord),
    ) -> Result<KeyRecord, KeyError> {
        let _ = (hash, change);
        todo!()
    }

    /// Deletes keys; returns those that there were. Calls under way still settle.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete(&self, hashes: &[KeyHash], now: Millis) -> Result<Vec<KeyHash>, KeyError> {
        let _ = (hashes, now);
        todo!()
    }

    /// The key with an alias.
    ///
    /// # Errors
    /// The database's.
    pub async fn by_alias(&self, alias: &str) -> Result<Option<KeyRecord>, StoreError> {
        let _ = alias;
        todo!()
    }

    /// All keys, the newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn list(&self) -> Result<Vec<KeyRecord>, StoreError> {
        todo!()
    }
}
