//! Keys: their records, their unique names.

mod item;
pub(crate) mod read;
mod record;
mod write;

use std::sync::Arc;

use crate::{Deed, Edits, KeyHash, Millis, StoreError, store::Inner};

pub use record::{Former, KeyRecord, KeyRole, ModelBudget, Rotation, Vouched};

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
    /// Changes of them, as part of a deed.
    #[must_use]
    pub fn by<'d>(&self, deed: &'d Deed) -> Edits<'d, Self> {
        Edits { of: self.clone(), deed }
    }

    /// A key's record, read strongly; `None` for one that was deleted.
    ///
    /// # Errors
    /// The database's.
    pub async fn get(&self, hash: &KeyHash) -> Result<Option<KeyRecord>, StoreError> {
        Ok(self.read(hash).await?.filter(|record| record.deleted_at.is_none()))
    }

    /// A key's record, also of one that was deleted.
    ///
    /// # Errors
    /// The database's.
    pub async fn get_any(&self, hash: &KeyHash) -> Result<Option<KeyRecord>, StoreError> {
        self.read(hash).await
    }

    /// Many keys' records, read strongly, in no order; without those that there are not any more.
    ///
    /// # Errors
    /// The database's.
    pub async fn get_all(&self, hashes: &[KeyHash]) -> Result<Vec<KeyRecord>, StoreError> {
        self.read_all(hashes).await
    }

    /// The key with an alias.
    ///
    /// # Errors
    /// The database's.
    pub async fn by_alias(&self, alias: &str) -> Result<Option<KeyRecord>, StoreError> {
        self.named(alias).await
    }

    /// All keys, the newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn list(&self) -> Result<Vec<KeyRecord>, StoreError> {
        self.all().await
    }
}

// === impl Edits ===

impl Edits<'_, Keys> {
    /// Stores a new key with its guard.
    ///
    /// # Errors
    /// [`KeyError::Exists`], [`KeyError::AliasTaken`], or the database's.
    pub async fn create(self, record: &KeyRecord) -> Result<(), KeyError> {
        self.insert(record).await
    }

    /// Stores a key unless there is one, and returns what is stored.
    ///
    /// # Errors
    /// [`KeyError::AliasTaken`], or the database's.
    pub async fn ensure(self, record: &KeyRecord) -> Result<KeyRecord, KeyError> {
        // Mostly there is one, and a read costs less than a refused write.
        if let Some(stored) = self.of.get(&record.hash).await? {
            return Ok(stored);
        }
        match self.insert(record).await {
            Ok(()) => Ok(record.clone()),
            Err(KeyError::Exists) => self.of.get_any(&record.hash).await?.ok_or(KeyError::NotFound),
            Err(error) => Err(error),
        }
    }

    /// Changes a key's record and counts its version up, for the guard as well: who has read it
    /// before is told at the next reservation.
    ///
    /// # Errors
    /// [`KeyError::NotFound`], [`KeyError::AliasTaken`], or the database's.
    pub async fn update(
        self,
        hash: &KeyHash,
        change: impl Fn(&mut KeyRecord),
    ) -> Result<KeyRecord, KeyError> {
        self.change(hash, None, change).await
    }

    /// Changes a key's record so that another plaintext opens it. Account, reservations and rows
    /// stay where they are: they go by the hash that the key was made with.
    ///
    /// # Errors
    /// [`KeyError::Exists`] where the plaintext opens or opened a key, else as [`Self::update`].
    pub async fn rotate(
        self,
        hash: &KeyHash,
        plaintext: &str,
        change: impl Fn(&mut KeyRecord),
    ) -> Result<KeyRecord, KeyError> {
        self.change(hash, Some(&KeyHash::of_plaintext(plaintext)), change).await
    }

    /// Deletes keys; returns those that there were. Calls under way still settle.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete(self, hashes: &[KeyHash], now: Millis) -> Result<Vec<KeyHash>, KeyError> {
        let mut gone = Vec::new();
        for hash in hashes {
            if self.remove(hash, now).await? {
                gone.push(*hash);
            }
        }
        Ok(gone)
    }
}
