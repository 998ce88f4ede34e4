//! Documents of any length in the cache table: what is longer than an item may be is cut in pieces.
//!
//! The first piece is written last and says how many there are, so that half a document is none.

use aws_sdk_dynamodb::operation::query::{QueryError, builders::QueryFluentBuilder};
use futures_util::future::try_join_all;

use crate::{
    Millis, StoreError, StoreErrorKind,
    item::{Item, failed, n, number, s, text},
    pages::Found,
    store::Inner,
};

/// Bytes of a document in one item: an item may have 400 KB.
const PIECE: usize = 300 * 1024;
/// The most pieces of one document.
const MOST: usize = 64;

/// A document that was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) text: String,
    /// When it is forgotten.
    pub(crate) expires: Millis,
}

/// A document is too long.
#[derive(Debug, thiserror::Error)]
#[error("more than {MOST} items of {PIECE} bytes")]
struct TooLong;

/// A document as items, the one that tells of the others first; `key` is the key of each by its place.
///
/// # Errors
/// [`StoreErrorKind::Rejected`] when it is too long.
pub(crate) fn write(
    document: &str,
    expires: Millis,
    key: impl Fn(usize) -> Item,
) -> Result<Vec<Item>, StoreError> {
    let pieces = cut(document);
    if pieces.len() > MOST {
        return Err(StoreError::new("PutItem", StoreErrorKind::Rejected)
            .caused_by(Some("a document that is too long to keep".to_owned()), TooLong));
    }
    let count = i64::try_from(pieces.len()).unwrap_or(i64::MAX);
    let items = pieces.into_iter().enumerate().map(|(at, text)| {
        let mut item = key(at);
        item.insert("i".to_owned(), n(i64::try_from(at).unwrap_or(i64::MAX)));
        item.insert("d".to_owned(), s(text));
        item.insert("ttl".to_owned(), n(expires.get() / 1000 + 1));
        if at == 0 {
            item.insert("n".to_owned(), n(count));
            item.insert("exp".to_owned(), n(expires.get()));
        }
        item
    });
    Ok(items.collect())
}

/// The items as a document; `None` where one is missing.
///
/// # Errors
/// [`StoreErrorKind::Corrupt`].
pub(crate) fn read(items: &[Item]) -> Result<Option<Document>, StoreError> {
    let Some(first) = items.first().filter(|item| number(item, "i") == Some(0)) else {
        return Ok(None);
    };
    let corrupt = |what: &str| StoreError::corrupt("Query", format!("a document without {what}"));
    let count = number(first, "n").ok_or_else(|| corrupt("its length"))?;
    // Pieces of a longer document that stood here before do not belong to this one.
    let wanted = usize::try_from(count).unwrap_or(usize::MAX);
    if items.len() < wanted {
        return Ok(None);
    }
    let mut whole = String::new();
    for item in items.iter().take(wanted) {
        whole.push_str(text(item, "d").ok_or_else(|| corrupt("its text"))?);
    }
    let expires = Millis::new(number(first, "exp").ok_or_else(|| corrupt("its end"))?);
    Ok(Some(Document { text: whole, expires }))
}

/// Pieces of a text, each within an item; at least one.
fn cut(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    loop {
        let end = (0..=PIECE.min(rest.len())).rev().find(|at| rest.is_char_boundary(*at));
        let (head, tail) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, ""));
        pieces.push(head);
        if tail.is_empty() {
            return pieces;
        }
        rest = tail;
    }
}

// === impl Inner ===

impl Inner {
    /// Writes a document's items, the first of them last.
    pub(crate) async fn put_document(&self, mut items: Vec<Item>) -> Result<(), StoreError> {
        if items.is_empty() {
            return Ok(());
        }
        let first = items.remove(0);
        try_join_all(items.into_iter().map(|item| self.cache_item(item))).await?;
        self.cache_item(first).await
    }

    /// Deletes a partition of the cache table; `false` where there was nothing.
    pub(crate) async fn delete_cached(&self, partition: String) -> Result<bool, StoreError> {
        let items = self.cached(partition, Some("pk, sk")).await?;
        let found = !items.is_empty();
        try_join_all(items.into_iter().map(|item| self.erase_cached(item))).await?;
        Ok(found)
    }

    /// All items of a partition of the cache table, read strongly.
    pub(crate) async fn cached(
        &self,
        partition: String,
        fields: Option<&str>,
    ) -> Result<Vec<Item>, StoreError> {
        let query = self.cache_query(partition);
        Found::by(query.set_projection_expression(fields.map(str::to_owned))).all().await
    }

    /// The items of a partition of the cache table one after the other, read strongly.
    pub(crate) fn found_cached(&self, partition: String) -> Found<QueryError> {
        Found::by(self.cache_query(partition))
    }

    fn cache_query(&self, partition: String) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.tables.cache)
            .key_condition_expression("pk = :p")
            .expression_attribute_values(":p", s(partition))
            .consistent_read(true)
    }

    /// Puts an item of the cache table.
    pub(crate) async fn cache_item(&self, item: Item) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&self.tables.cache)
            .set_item(Some(item))
            .send()
            .await
            .map_err(|error| failed("PutItem", error))?;
        Ok(())
    }

    /// Deletes an item of the cache table by its key.
    pub(crate) async fn erase_cached(&self, key: Item) -> Result<(), StoreError> {
        self.client
            .delete_item()
            .table_name(&self.tables.cache)
            .set_key(Some(key))
            .send()
            .await
            .map_err(|error| failed("DeleteItem", error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_join_to_the_text_and_fit() {
        let long = format!("a{}", "ü".repeat(PIECE));
        for document in ["", "short", &long] {
            let pieces = cut(document);
            assert_eq!(pieces.concat(), document);
            assert!(pieces.iter().all(|piece| piece.len() <= PIECE));
        }
        assert_eq!(cut(&long).len(), 3);
    }
}
