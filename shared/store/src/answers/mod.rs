//! Kept answers: what OpenAI's responses keep (`store`), for whoever made them to come back to.
//!
//! A document is kept under its owner and its id: another key's question finds nothing.

mod item;

use std::sync::Arc;

use crate::{KeyHash, Millis, StoreError, store::Inner};

/// The kept answers.
#[derive(Debug, Clone)]
pub struct Answers {
    pub(crate) inner: Arc<Inner>,
}

/// One kept answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The key that made it.
    pub owner: KeyHash,
    /// The answer's id, as its owner knows it.
    pub id: String,
    /// When it is forgotten.
    pub expires: Millis,
    /// The answers that it goes on from, oldest first.
    pub ancestors: Vec<String>,
    /// The deployment that keeps it as well, and knows it by the same id.
    pub deployment: Option<String>,
    /// What is kept.
    pub document: String,
}

// === impl Answers ===

impl Answers {
    /// Keeps an answer, in the place of one with the same id.
    ///
    /// # Errors
    /// The database's, or [`crate::StoreErrorKind::Rejected`] for a document that is too long.
    pub async fn put(&self, answer: &KeptAnswer) -> Result<(), StoreError> {
        self.inner.put_document(item::write(answer)?).await
    }

    /// A kept answer; `None` where its owner has none of this id, or no more.
    ///
    /// # Errors
    /// The database's.
    pub async fn get(
        &self,
        owner: &KeyHash,
        id: &str,
        now: Millis,
    ) -> Result<Option<KeptAnswer>, StoreError> {
        let items = self.inner.cached(item::partition(owner, id), None).await?;
        Ok(item::read(owner, id, &items)?.filter(|answer| answer.expires > now))
    }

    /// Forgets an answer; `false` where there was none.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete(&self, owner: &KeyHash, id: &str) -> Result<bool, StoreError> {
        self.inner.delete_cached(item::partition(owner, id)).await
    }
}
