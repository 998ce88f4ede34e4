//! Rows are written with what they tell of, or not at all.

use std::time::Duration;

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use ring::digest;

use super::{
    Change, Deed,
    item::{CHAINS, Tip, head_key},
};
use crate::{
    StoreError, StoreErrorKind,
    item::{n, s},
    store::Inner,
    transaction::{Cancelled, malformed},
};

/// How many chains are tried: a head that another writer has just moved sends this one elsewhere.
const TRIES: u32 = 24;

// === impl Inner ===

impl Inner {
    /// Runs a transaction with the rows that tell of it. What was refused is told by the place in
    /// `writes`, as by [`Inner::transact`].
    pub(crate) async fn transact_as(
        &self,
        deed: &Deed,
        changes: &[Change],
        writes: Vec<TransactWriteItem>,
    ) -> Result<Result<(), Cancelled>, StoreError> {
        let own = writes.len();
        for attempt in 0..TRIES {
            let chain = chain_of(deed, attempt);
            let mut all = writes.clone();
            all.extend(self.rows(chain, deed, changes).await?);
            match self.transact(all).await? {
                Ok(()) => return Ok(Ok(())),
                Err(Cancelled(mut failed)) => {
                    failed.truncate(own);
                    if failed.contains(&true) {
                        return Ok(Err(Cancelled(failed)));
                    }
                }
            }
            tokio::time::sleep(Duration::from_millis(u64::from(attempt.min(10)))).await;
        }
        Err(StoreError::new("TransactWriteItems", StoreErrorKind::Contended))
    }

    /// Writes a row that tells of nothing that is written with it.
    pub(crate) async fn note(&self, deed: &Deed, change: Change) -> Result<(), StoreError> {
        // Nothing of its own can fail.
        self.transact_as(deed, &[change], Vec::new()).await.map(drop)
    }

    /// The rows that follow a chain's head, and the head that it then has.
    async fn rows(
        &self,
        chain: u8,
        deed: &Deed,
        changes: &[Change],
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let item = self.item(head_key(chain)).await?;
        let head = match &item {
            None => Tip::default(),
            Some(item) => Tip::read(item)
                .ok_or_else(|| StoreError::corrupt("GetItem", "a head of the audit log"))?,
        };
        let put = || Put::builder().table_name(&self.tables.core);
        let mut tip = head.clone();
        let mut writes = Vec::with_capacity(changes.len() + 1);
        for change in changes {
            let (next, row) = tip.follow(chain, deed, change, self.clock.now())?;
            let row = put().set_item(Some(row)).condition_expression("attribute_not_exists(pk)");
            let row = row.build().map_err(malformed)?;
            writes.push(TransactWriteItem::builder().put(row).build());
            tip = next;
        }
        let moved = put().set_item(Some(tip.item(chain)));
        let moved = match head.number {
            0 => moved.condition_expression("attribute_not_exists(pk)"),
            number => moved
                .condition_expression("seq = :seq AND h = :h")
                .expression_attribute_values(":seq", n(i64::try_from(number).unwrap_or(i64::MAX)))
                .expression_attribute_values(":h", s(head.hash.to_string())),
        };
        writes.push(TransactWriteItem::builder().put(moved.build().map_err(malformed)?).build());
        Ok(writes)
    }
}

/// The chain of an attempt: another one each time, and not the same for all who meet at one.
fn chain_of(deed: &Deed, attempt: u32) -> u8 {
    let named = format!("{}/{attempt}", deed.call);
    let digest = digest::digest(&digest::SHA256, named.as_bytes());
    digest.as_ref().first().copied().unwrap_or_default() % CHAINS
}
