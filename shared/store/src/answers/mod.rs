//! Kept answers: what OpenAI's responses keep (`store`), for whoever made them to come back to.
//!
//! A document is kept under its owner and its id: another key's question finds nothing. What is
//! longer than an item may be is cut in pieces; the first piece is written last and says how many
//! there are, so that half a document is none.

mod item;

use std::sync::Arc;

use futures_util::future::try_join_all;

use crate::{
    KeyHash, Millis, StoreError,
    item::{Item, failed, s},
    pages::Found,
    store::Inner,
};

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
        let mut items = item::write(answer)?;
        if items.is_empty() {
            return Ok(());
        }
        let first = items.remove(0);
        try_join_all(items.into_iter().map(|item| self.write(item))).await?;
        self.write(first).await
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
        let items = self.pieces(owner, id, None).await?;
        Ok(item::read(owner, id, &items)?.filter(|answer| answer.expires > now))
    }

    /// Forgets an answer; `false` where there was none.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete(&self, owner: &KeyHash, id: &str) -> Result<bool, StoreError> {
        let items = self.pieces(owner, id, Some("pk, sk")).await?;
        let found = !items.is_empty();
        try_join_all(items.into_iter().map(|item| self.erase(item))).await?;
        Ok(found)
    }

    async fn write(&self, item: Item) -> Result<(), StoreError> {
        self.inner
            .client
            .put_item()
            .table_name(&self.inner.tables.cache)
            .set_item(Some(item))
            .send()
            .await
            .map_err(|error| failed("PutItem", error))?;
        Ok(())
    }

    async fn erase(&self, item: Item) -> Result<(), StoreError> {
        self.inner
            .client
            .delete_item()
            .table_name(&self.inner.tables.cache)
            .set_key(Some(item))
            .send()
            .await
            .map_err(|error| failed("DeleteItem", error))?;
        Ok(())
    }

    async fn pieces(
        &self,
        owner: &KeyHash,
        id: &str,
        fields: Option<&str>,
    ) -> Result<Vec<Item>, StoreError> {
        let query = self
            .inner
            .client
            .query()
            .table_name(&self.inner.tables.cache)
            .key_condition_expression("pk = :p")
            .expression_attribute_values(":p", s(item::partition(owner, id)))
            .set_projection_expression(fields.map(str::to_owned))
            .consistent_read(true);
        Found::by(query).all().await
    }
}
