//! Writing slices down.
//!
//! Of one key one slice at a time, under [`Account::writing`]. A flush whose answer was lost stays
//! pending, and is tried again before anything else is done with the slice: its number tells whether
//! it was done.

use std::{future::Future, sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream};

use super::{
    Account, LEASE_MS,
    batch::Batch,
    book::{Pending, Slice},
};
use crate::{
    KeyHash, NanoUsd, StoreError, StoreErrorKind,
    ledger::{
        guard::Written,
        machine::{self, FlushStep, Guard},
        strict::{GRACE_MS, lease_id},
        sweep::residue,
    },
    store::Inner,
};

/// How often what was used is written down.
const EVERY: Duration = Duration::from_secs(1);
/// Keys that are written down at the same time.
const AT_ONCE: usize = 16;
/// Rounds against other writers.
const ROUNDS: usize = 64;

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
        let accounts = self.slices.all();
        let flushed: Vec<Result<(), StoreError>> = stream::iter(accounts)
            .map(|account| async move {
                let _writing = account.writing.lock().await;
                self.flush_account(&account, closing).await
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        self.slices.tidy();
        flushed.into_iter().collect()
    }

    /// Writes one key down.
    pub(crate) async fn flush_key(&self, key: &KeyHash, closing: bool) -> Result<(), StoreError> {
        let Some(account) = self.slices.known(key) else { return Ok(()) };
        let _writing = account.writing.lock().await;
        self.flush_account(&account, closing).await
    }

    /// The same for who holds [`Account::writing`].
    pub(super) async fn flush_account(
        &self,
        account: &Arc<Account>,
        closing: bool,
    ) -> Result<(), StoreError> {
        // Nobody else is at it: whoever was about to take these is gone.
        while let Some(id) = { account.book().opening.last().cloned() } {
            self.give_back(&account.key, &id).await?;
            account.book().opening.retain(|opening| *opening != id);
        }
        if closing {
            account.book().retire();
        }
        self.flush_allowances(account, closing).await?;
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
            // Nobody used it since it was last written down: it goes back.
            let idle = |slice: &&Slice| {
                slice.serial == serial
                    && slice.asked == 0
                    && slice.flights.is_empty()
                    && slice.fresh_until <= now
            };
            if book.live.as_ref().is_some_and(|slice| idle(&slice)) {
                book.retire();
            }
            let paying = book.live.as_ref().is_some_and(|slice| slice.serial == serial);
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

    /// Sees to it that the pending flush is in the guard.
    async fn drive(&self, account: &Arc<Account>, serial: u64) -> Result<Outcome, StoreError> {
        let pending = with(account, serial, |slice, _| slice.pending.clone()).flatten();
        let Some(mut pending) = pending else { return Ok(Outcome::Ended) };
        let asked_at = self.clock.now();
        let key = account.key;
        let call = pending.charges.as_ref().map(|call| lease_id(call, &key));
        let mut change = match &call {
            Some(call) => machine::split(&pending.flush, call, asked_at),
            None => machine::flush(&pending.flush),
        };
        let mut short = false;
        for _ in 0..ROUNDS {
            let guard = match self.write(&key, &change).await? {
                Written::Done(guard) => {
                    return self.driven(account, serial, &pending, guard, short).await;
                }
                Written::Refused(guard) => guard,
                Written::Missing => {
                    return Err(StoreError::corrupt("UpdateItem", "a slice's guard is gone"));
                }
            };
            let step = match &call {
                Some(call) => machine::split_after(&guard, &pending.flush, call, asked_at),
                None => machine::flush_after(&guard, &pending.flush),
            };
            change = match step {
                FlushStep::Try(change) => change,
                FlushStep::Done => {
                    return self.driven(account, serial, &pending, guard, short).await;
                }
                FlushStep::Short => {
                    short = true;
                    pending.flush.wanted = NanoUsd::ZERO;
                    with(account, serial, |slice, _| slice.pending = Some(pending.clone()));
                    machine::flush(&pending.flush)
                }
                FlushStep::Lost(late) => {
                    // It may have been done before the slice expired.
                    if late.mark.is_some_and(|mark| mark.flush >= pending.flush.mark.flush) {
                        with(account, serial, |slice, _| slice.flushed());
                    }
                    Box::pin(self.lose(account, serial)).await?;
                    return Ok(Outcome::Ended);
                }
                FlushStep::Gone => {
                    tracing::error!(
                        slice = pending.flush.id,
                        "a slice has vanished from its guard"
                    );
                    end(account, serial);
                    return Ok(Outcome::Ended);
                }
            };
        }
        Err(StoreError::new("UpdateItem", StoreErrorKind::Contended))
    }

    /// The pending flush is in the guard.
    async fn driven(
        &self,
        account: &Arc<Account>,
        serial: u64,
        pending: &Pending,
        guard: Arc<Guard>,
        short: bool,
    ) -> Result<Outcome, StoreError> {
        let asked_at = self.clock.now();
        with(account, serial, |slice, _| {
            slice.flushed();
            slice.see(&guard, asked_at);
        });
        if pending.flush.last.is_some() {
            end(account, serial);
        } else {
            let mut book = account.book();
            let changed = |slice: &Slice| slice.serial == serial && slice.version != guard.version;
            if book.live.as_ref().is_some_and(changed) {
                // The key's record has changed: its next call is told so.
                book.retire();
            }
        }
        if let Some(call) = &pending.charges {
            let Pending { flush, .. } = pending;
            let row = residue(call, &account.key, flush.used, flush.window, asked_at);
            self.write_first(&row).await?;
            self.relieve(&account.key, &guard).await?;
        }
        Ok(if short { Outcome::Short(guard) } else { Outcome::Done(guard) })
    }
}

/// Does something with a slice, and tells it whether it is the one that pays.
pub(super) fn with<T>(
    account: &Account,
    serial: u64,
    what: impl FnOnce(&mut Slice, bool) -> T,
) -> Option<T> {
    let mut book = account.book();
    let paying = book.live.as_ref().is_some_and(|slice| slice.serial == serial);
    book.slice(serial).map(|slice| what(slice, paying))
}

/// The slice is no more.
pub(super) fn end(account: &Account, serial: u64) {
    let mut book = account.book();
    if book.live.as_ref().is_some_and(|slice| slice.serial == serial) {
        book.live = None;
    }
    book.retired.retain(|slice| slice.serial != serial);
}
