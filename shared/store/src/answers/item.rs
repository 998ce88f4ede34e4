//! A kept answer as items.

use aws_sdk_dynamodb::types::AttributeValue;

use super::KeptAnswer;
use crate::{
    KeyHash, StoreError, documents,
    item::{Item, key, s, text},
};

/// Where an answer is.
pub(super) fn partition(owner: &KeyHash, id: &str) -> String {
    format!("R#{owner}#{id}")
}

/// The answer as items, the one that tells of the others first.
pub(super) fn write(answer: &KeptAnswer) -> Result<Vec<Item>, StoreError> {
    let place = |at: usize| key(partition(&answer.owner, &answer.id), format!("{at:04}"));
    let mut items = documents::write(&answer.document, answer.expires, place)?;
    if let Some(first) = items.first_mut() {
        let ancestors = answer.ancestors.iter().map(s).collect();
        first.insert("anc".to_owned(), AttributeValue::L(ancestors));
        if let Some(deployment) = &answer.deployment {
            first.insert("dep".to_owned(), s(deployment));
        }
    }
    Ok(items)
}

/// The items as an answer; `None` where one is missing.
pub(super) fn read(
    owner: &KeyHash,
    id: &str,
    items: &[Item],
) -> Result<Option<KeptAnswer>, StoreError> {
    let (Some(document), Some(first)) = (documents::read(items)?, items.first()) else {
        return Ok(None);
    };
    let ancestors = first.get("anc").and_then(|list| list.as_l().ok());
    let ancestors = ancestors.into_iter().flatten().filter_map(|id| id.as_s().ok().cloned());
    Ok(Some(KeptAnswer {
        owner: *owner,
        id: id.to_owned(),
        expires: document.expires,
        ancestors: ancestors.collect(),
        deployment: text(first, "dep").map(str::to_owned),
        document: document.text,
    }))
}
