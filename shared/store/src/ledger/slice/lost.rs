//! Slices that expired.
//!
//! Such a slice is charged in full. Of the charge, rows that were written account for a part; the
//! rest stands in a row of the slice's own, so that the rows always add up to what is spent. The
//! process that held the slice may only have been slow: it goes on to write rows, each of which makes
//! the rest smaller, and when its last call has settled the rest is credited.
//!
//! The rest only ever shrinks, and whoever computes it has read the rows before: so it does not
//! matter in which order sweepers and the slow process write it.

use std::{collections::HashMap, sync::Arc};

use aws_sdk_dynamodb::{error::SdkError, operation::put_item::PutItemError};

use super::{
    Account,
    batch::Batch,
    flush::{end, with},
    row_of, slice_behind,
};
use crate::{
    CallId, KeyHash, NanoUsd, RowStatus, StoreError, StoreErrorKind,
    item::{failed, n, number, s},
    ledger::{
        guard::{Holder, Written},
        machine::{self, Late},
        strict::GRACE_MS,
        sweep::CORRECTABLE_MS,
    },
    store::Inner,
    usage::item::{row_item, status},
};

/// Rounds against other writers.
const ROUNDS: usize = 16;

// === impl Inner ===

impl Inner {
    /// Brings a charged slice's own row in line with its other rows; raises the charge if they add
    /// up to more.
    pub(in crate::ledger) async fn account_for(
        &self,
        key: &KeyHash,
        id: &str,
    ) -> Result<(), StoreError> {
        let Some(call) = row_of(id, key) else { return Ok(()) };
        for _ in 0..ROUNDS {
            let Some(guard) = self.guard(key).await? else { return Ok(()) };
            let Some(late) = guard.late.get(id).cloned() else { return Ok(()) };
            let Some(mark) = late.mark else { return Ok(()) };
            let used = self.uncounted(key, id, mark).await?;
            if used > late.amount
                && let Some(change) = machine::recharge(&guard, id, used)
            {
                if matches!(self.write(key, &change).await?, Written::Done(_)) {
                    return self.write_rest(&call, key, &late, NanoUsd::ZERO).await;
                }
                continue;
            }
            return self.write_rest(&call, key, &late, late.amount.saturating_sub(used)).await;
        }
        Err(StoreError::new("UpdateItem", StoreErrorKind::Contended))
    }

    /// Looks at a charged slice again; says whether that settled it.
    pub(in crate::ledger) async fn review_slice(
        &self,
        key: &KeyHash,
        id: &str,
        over: bool,
    ) -> Result<bool, StoreError> {
        self.account_for(key, id).await?;
        let Some(call) = row_of(id, key) else { return Ok(false) };
        if over {
            self.seal(&call).await?;
        }
        let Some((rest, true)) = self.rest(&call).await? else { return Ok(false) };
        self.close_charge(key, id, rest).await?;
        Ok(true)
    }

    /// Looks at the charge of what a slice of a key held of another subject: it follows the rows of the
    /// slice, its own included. Says whether that settled it.
    pub(in crate::ledger) async fn review_till(
        &self,
        holder: &dyn Holder,
        id: &str,
    ) -> Result<bool, StoreError> {
        let Some((key, slice)) = slice_behind(id) else { return Ok(false) };
        let Some(call) = row_of(slice, &key) else { return Ok(false) };
        let mut of_key = self.guard(&key).await?.unwrap_or_default();
        if let Some(lease) = of_key.leases.get(slice) {
            let now = self.clock.now();
            if lease.expires >= now.plus(-GRACE_MS) {
                // Its process goes on, and is about to find out.
                return Ok(false);
            }
            self.close(&key, None, |guard| machine::expire(guard, slice, now)).await?;
            of_key = self.guard(&key).await?.unwrap_or_default();
        }
        // While the key's charge can change, so can this one.
        let open = of_key.late.contains_key(slice);
        if open {
            self.account_for(&key, slice).await?;
        }
        let Some(guard) = self.guard(holder).await? else { return Ok(false) };
        let Some(mark) = guard.late.get(id).and_then(|late| late.mark) else { return Ok(false) };
        let rest = self.rest(&call).await?.map_or(NanoUsd::ZERO, |(rest, _)| rest);
        let actual = self.uncounted(&key, slice, mark).await?.saturating_add(rest);
        if open {
            if let Some(change) = machine::recharge(&guard, id, actual) {
                // If somebody was faster, the next sweep looks again.
                self.write(holder, &change).await?;
            }
            return Ok(false);
        }
        self.close(holder, None, |guard| machine::settle(guard, id, actual)).await?;
        Ok(true)
    }

    /// The process has found out that its slice was charged.
    pub(super) async fn lose(&self, account: &Arc<Account>, serial: u64) -> Result<(), StoreError> {
        with(account, serial, |slice, _| {
            // The rows of the pending flush are written, and not counted: like all from now on.
            (slice.lost, slice.pending) = (true, None);
            slice.flights.values_mut().for_each(|flight| flight.leaving = false);
        });
        account.book().retire_some(|slice| slice.serial == serial);
        self.flush_lost(account, serial).await
    }

    /// Writes down what was used of a lost slice; credits the rest when all its calls have settled.
    pub(super) async fn flush_lost(
        &self,
        account: &Arc<Account>,
        serial: u64,
    ) -> Result<(), StoreError> {
        let key = account.key;
        // Long after, the charge stands for good, and what is written now would come on top of it.
        let end_of_charge =
            with(account, serial, |slice, _| slice.expires.plus(CORRECTABLE_MS / 2));
        let Some(batch) = Batch::take(account, serial) else { return Ok(()) };
        let id = batch.slice.clone();
        if end_of_charge.is_none_or(|end| end <= self.clock.now()) {
            tracing::error!(
                slice = id,
                rows = batch.rows.len(),
                "a slice was charged in full long ago; its late rows are dropped"
            );
            batch.written();
            end(account, serial);
            return Ok(());
        }
        self.write_rows(&batch.rows, &id, batch.flush).await?;
        batch.written();
        self.account_for(&key, &id).await?;
        let done =
            with(account, serial, |slice, _| slice.flights.is_empty() && slice.rows.is_empty());
        if done != Some(true) {
            return Ok(());
        }
        if let Some(call) = row_of(&id, &key) {
            // From here on the slice's own row is final: nothing is left in it.
            let guard = self.guard(&key).await?;
            if let Some(late) = guard.as_ref().and_then(|guard| guard.late.get(&id)) {
                self.seal_rest(&call, &key, late).await?;
                let rest = self.rest(&call).await?.map_or(NanoUsd::ZERO, |(rest, _)| rest);
                self.close_charge(&key, &id, rest).await?;
            }
        }
        end(account, serial);
        Ok(())
    }

    /// Corrects a slice's charge to what its rows add up to, its own included, which are final.
    async fn close_charge(&self, key: &KeyHash, id: &str, rest: NanoUsd) -> Result<(), StoreError> {
        let Some(guard) = self.guard(key).await? else { return Ok(()) };
        let Some(mark) = guard.late.get(id).and_then(|late| late.mark) else { return Ok(()) };
        let actual = self.uncounted(key, id, mark).await?.saturating_add(rest);
        self.close(key, None, |guard| machine::settle(guard, id, actual)).await.map(|_| ())
    }

    /// The cost of a slice's own row, and whether it is final.
    async fn rest(&self, call: &CallId) -> Result<Option<(NanoUsd, bool)>, StoreError> {
        let item = self.row_as_item(call).await?;
        Ok(item.and_then(|item| {
            Some((NanoUsd::from_nanos(number(&item, "c")?), item.contains_key("fin")))
        }))
    }

    /// Writes a slice's own row, unless it is smaller or final.
    async fn write_rest(
        &self,
        call: &CallId,
        key: &KeyHash,
        late: &Late,
        rest: NanoUsd,
    ) -> Result<(), StoreError> {
        self.put_rest(call, key, late, rest, false).await
    }

    /// Writes a slice's own row for good, with nothing in it, unless it is final.
    async fn seal_rest(&self, call: &CallId, key: &KeyHash, late: &Late) -> Result<(), StoreError> {
        self.put_rest(call, key, late, NanoUsd::ZERO, true).await
    }

    async fn put_rest(
        &self,
        call: &CallId,
        key: &KeyHash,
        late: &Late,
        rest: NanoUsd,
        last: bool,
    ) -> Result<(), StoreError> {
        self.announce(&[late.at]).await?;
        let mut row = self.residue(call, key, rest, late.window, late.at).await?;
        row.error = Some("a process that paid calls from this budget went silent".to_owned());
        let mut item = row_item(&row)?;
        let mut values = HashMap::from([(":expired".to_owned(), s(status(RowStatus::Expired)))]);
        let open = "attribute_not_exists(pk) OR (st = :expired AND attribute_not_exists(fin)";
        let condition = if last {
            item.insert("fin".to_owned(), n(1));
            format!("{open})")
        } else {
            values.insert(":c".to_owned(), n(rest.nanos()));
            format!("{open} AND c > :c)")
        };
        let sent = self
            .client
            .put_item()
            .table_name(&self.tables.usage)
            .set_item(Some(item))
            .condition_expression(condition)
            .set_expression_attribute_values(Some(values))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(refused))
                if matches!(refused.err(), PutItemError::ConditionalCheckFailedException(_)) =>
            {
                Ok(())
            }
            Err(error) => Err(failed("PutItem", error)),
        }
    }
}
