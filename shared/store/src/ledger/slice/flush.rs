//! Writing slices down.
//!
//! Of one key one slice at a time, under the lock of its account.

use std::{future::Future, sync::Arc, time::Duration};

use futures_util::{StreamExt as _, future::join, stream};

use super::{Account, LEASE_MS, batch::Batch, book::Slice};
use crate::{
    KeyHash, NanoUsd, StoreError,
    ledger::{machine::Guard, strict::GRACE_MS},
    store::Inner,
};

/// How often what was used is written down.
const EVERY: Duration = Duration::from_secs(1);
/// Keys that are written down at the same time.
const AT_ONCE: usize = 16;

/// What came of writing a slice down.
pub(super) enum Outcome {
    /// It is in the guard; the guard after it.
    Done(Arc<Guard>),
    /// So it is, but what was wanted besides is not left.
    Short(Arc<Guard>),
    /// The slice is no more.
    Ended,
}

// === impl Inner ===

impl Inner {
    /// Writes down what waits about every second until `stop` is ready.
    pub(crate) async fn run_ledger(&self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut tick = tokio::time::interval(EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = &mut stop => return,
                () = self.slices.bell.notified() => {}
                _ = tick.tick() => {}
            }
            if let Err(error) = self.work_off().await {
                tracing::warn!(error = %error, "a settlement is still refused; it is tried again");
            }
            if let Err(error) = self.flush_all(false).await {
                tracing::warn!(error = %error, "usage could not be written down; it is tried again");
            }
        }
    }

    /// Writes everything down. With `closing`, slices pay no more, and what calls under way do not
    /// need goes back.
    pub(crate) async fn flush_all(&self, closing: bool) -> Result<(), StoreError> {
        let accounts = stream::iter(self.slices.all()).map(|account| async move {
            let _writing = account.rack.writing.lock().await;
            self.flush_account(&account, closing).await
        });
        let racks = stream::iter(self.slices.all_racks()).map(|rack| async move {
            let _writing = rack.writing.lock().await;
            self.flush_allowances(&rack, closing).await
        });
        let (accounts, racks) = join(
            accounts.buffer_unordered(AT_ONCE).collect::<Vec<_>>(),
            racks.buffer_unordered(AT_ONCE).collect::<Vec<_>>(),
        )
        .await;
        self.slices.tidy();
        accounts.into_iter().chain(racks).collect()
    }

    /// Writes one key down.
    pub(crate) async fn flush_key(&self, key: &KeyHash, closing: bool) -> Result<(), StoreError> {
        let Some(account) = self.slices.known(key) else { return Ok(()) };
        let _writing = account.rack.writing.lock().await;
        self.flush_account(&account, closing).await
    }

    /// The same for who holds the account's lock for writing.
    pub(super) async fn flush_account(
        &self,
        account: &Arc<Account>,
        closing: bool,
    ) -> Result<(), StoreError> {
        // Nobody else is at it: whoever was about to take these is gone.
        while let Some(opening) = { account.book().opening.last().cloned() } {
            self.give_back(&opening.0, &opening.1).await?;
            account.book().opening.retain(|other| *other != opening);
        }
        if closing {
            account.book().retire();
        }
        self.flush_allowances(&account.rack, closing).await?;
        let serials: Vec<u64> = account.book().slices().map(|slice| slice.serial).collect();
        for serial in serials {
            self.flush_slice(account, serial).await?;
        }
        Ok(())
    }

    async fn flush_slice(&self, account: &Arc<Account>, serial: u64) -> Result<(), StoreError> {
        if with(account, serial, |slice, _| slice.lost) == Some(true) {
            return Box::pin(self.flush_lost(account, serial)).await;
        }
        if with(account, serial, |slice, _| slice.pending.is_some()) == Some(true)
            && matches!(self.drive(account, serial).await?, Outcome::Ended)
        {
            return Ok(());
        }
        let now = self.clock.now();
        let before = now.plus(-GRACE_MS);
        let due = with(account, serial, |slice, _| !slice.rows.is_empty() || slice.dirty);
        let mut written = due == Some(true);
        if written {
            self.write_slice(account, serial, NanoUsd::ZERO).await?;
        }
        while let Some(Some(call)) = with(account, serial, |slice, _| slice.crashed(before)) {
            written = true;
            with(account, serial, |slice, paying| slice.plan_charge(&call, paying, now));
            self.drive(account, serial).await?;
        }
        let spare = {
            let mut book = account.book();
            // Nobody used it since it was last written down, or nobody may any more: it goes back.
            let idle = |slice: &Slice| {
                slice.asked == 0 && slice.flights.is_empty() && slice.fresh_until <= now
            };
            book.retire_some(|slice| slice.serial == serial && (slice.is_over(now) || idle(slice)));
            let paying = book.is_live(serial);
            book.slice(serial).is_some_and(|slice| {
                let old = slice.expires.since(now) < LEASE_MS / 2;
                let done = !paying && slice.flights.is_empty();
                let roomy = !paying && slice.free() > NanoUsd::ZERO;
                done || (!written && (old || roomy))
            })
        };
        if spare {
            self.write_slice(account, serial, NanoUsd::ZERO).await?;
        }
        Ok(())
    }

    /// Takes `wanted` besides what the slice holds. A caller waits for it, so rows are only written
    /// if some of them may have been written before: their flush is the next.
    pub(super) async fn widen_slice(
        &self,
        account: &Arc<Account>,
        serial: u64,
        wanted: NanoUsd,
    ) -> Result<Outcome, StoreError> {
        if with(account, serial, |slice, _| slice.dirty || slice.pending.is_some()) != Some(false) {
            return self.write_slice(account, serial, wanted).await;
        }
        let now = self.clock.now();
        with(account, serial, |slice, paying| slice.plan(NanoUsd::ZERO, wanted, paying, now));
        self.drive(account, serial).await
    }

    /// Writes a slice down, its rows first if there are any, and takes `wanted` besides.
    pub(super) async fn write_slice(
        &self,
        account: &Arc<Account>,
        serial: u64,
        wanted: NanoUsd,
    ) -> Result<Outcome, StoreError> {
        if with(account, serial, |slice, _| slice.pending.is_some()) == Some(true)
            && matches!(self.drive(account, serial).await?, Outcome::Ended)
        {
            return Ok(Outcome::Ended);
        }
        let Some(batch) = Batch::take(account, serial) else { return Ok(Outcome::Ended) };
        self.write_rows(&batch.rows, &batch.slice, batch.flush).await?;
        let used = batch.written();
        let now = self.clock.now();
        with(account, serial, |slice, paying| {
            slice.dirty = false;
            slice.plan(used, wanted, paying, now);
        });
        self.drive(account, serial).await
    }
}

/// Does something with a slice, and tells it whether it is the one that pays.
pub(super) fn with<T>(
    account: &Account,
    serial: u64,
    what: impl FnOnce(&mut Slice, bool) -> T,
) -> Option<T> {
    let mut book = account.book();
    let paying = book.is_live(serial);
    book.slice(serial).map(|slice| what(slice, paying))
}

/// The slice is no more.
pub(super) fn end(account: &Account, serial: u64) {
    let mut book = account.book();
    book.live.retain(|slice| slice.serial != serial);
    book.retired.retain(|slice| slice.serial != serial);
}
