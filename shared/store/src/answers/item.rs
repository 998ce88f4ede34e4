//! A kept answer as items.

use aws_sdk_dynamodb::types::AttributeValue;

use super::KeptAnswer;
use crate::{
    KeyHash, Millis, StoreError, StoreErrorKind,
    item::{Item, key, n, number, s, text},
};

/// Bytes of a document in one item: an item may have 400 KB.
const PIECE: usize = 300 * 1024;
/// The most pieces of one document.
const MOST: usize = 64;

/// Where an answer is.
pub(super) fn partition(owner: &KeyHash, id: &str) -> String {
    format!("R#{owner}#{id}")
}

/// The answer as items, the one that tells of the others first.
pub(super) fn write(answer: &KeptAnswer) -> Result<Vec<Item>, StoreError> {
    let pieces = cut(&answer.document);
    if pieces.len() > MOST {
        return Err(StoreError::new("PutItem", StoreErrorKind::Rejected)
            .caused_by(Some("an answer that is too long to keep".to_owned()), TooLong));
    }
    let count = i64::try_from(pieces.len()).unwrap_or(i64::MAX);
    let items = pieces.into_iter().enumerate().map(|(at, text)| {
        let number = i64::try_from(at).unwrap_or(i64::MAX);
        let mut item = key(partition(&answer.owner, &answer.id), format!("{at:04}"));
        item.insert("i".to_owned(), n(number));
        item.insert("d".to_owned(), s(text));
        item.insert("ttl".to_owned(), n(answer.expires.get() / 1000 + 1));
        if at == 0 {
            item.insert("n".to_owned(), n(count));
            item.insert("exp".to_owned(), n(answer.expires.get()));
            let ancestors = answer.ancestors.iter().map(s).collect();
            item.insert("anc".to_owned(), AttributeValue::L(ancestors));
            if let Some(deployment) = &answer.deployment {
                item.insert("dep".to_owned(), s(deployment));
            }
        }
        item
    });
    Ok(items.collect())
}

/// The document is too long.
#[derive(Debug, thiserror::Error)]
#[error("more than {MOST} items of {PIECE} bytes")]
struct TooLong;

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

/// The items as an answer; `None` where one is missing.
pub(super) fn read(
    owner: &KeyHash,
    id: &str,
    items: &[Item],
) -> Result<Option<KeptAnswer>, StoreError> {
    let Some(first) = items.first().filter(|item| number(item, "i") == Some(0)) else {
        return Ok(None);
    };
    let corrupt =
        |what: &str| StoreError::corrupt("Query", format!("a kept answer without {what}"));
    let count = number(first, "n").ok_or_else(|| corrupt("its length"))?;
    // Pieces of a longer document that stood here before do not belong to this one.
    let wanted = usize::try_from(count).unwrap_or(usize::MAX);
    if items.len() < wanted {
        return Ok(None);
    }
    let mut document = String::new();
    for item in items.iter().take(wanted) {
        document.push_str(text(item, "d").ok_or_else(|| corrupt("its text"))?);
    }
    let ancestors = first.get("anc").and_then(|list| list.as_l().ok());
    let ancestors = ancestors.into_iter().flatten().filter_map(|id| id.as_s().ok().cloned());
    Ok(Some(KeptAnswer {
        owner: *owner,
        id: id.to_owned(),
        expires: Millis::new(number(first, "exp").ok_or_else(|| corrupt("its end"))?),
        ancestors: ancestors.collect(),
        deployment: text(first, "dep").map(str::to_owned),
        document,
    }))
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
