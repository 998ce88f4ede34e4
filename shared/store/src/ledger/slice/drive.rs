//! A flush on its way into the guards.
//!
//! A try whose answer was lost stays pending, and is tried again before anything else is done with the
//! slice: its number tells whether it was done.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{
    Account,
    book::Slice,
    flush::{Outcome, end, with},
    pending::{OWN, Pending},
};
use crate::{
    NanoUsd, StoreError, StoreErrorKind,
    ledger::{
        guard::Written,
        machine::{self, FlushStep, Guard},
        strict::lease_id,
    },
    store::Inner,
};

/// Rounds against other writers.
const ROUNDS: usize = 64;

/// What came of a flush in one guard, by the place of the till.
enum Driven {
    /// It is there; the guard after it.
    Done(usize, Arc<Guard>),
    /// So it is, but what was wanted besides is not left.
    Short(usize, Arc<Guard>),
    /// Nothing is written down there any more.
    Aside,
    /// The slice is no more.
    Ended,
}

// === impl Inner ===

impl Inner {
    /// Sees to it that the pending flush is in all guards: in the key's last if the slice grows, so
    /// that of nobody else less is held; and first if it shrinks.
    pub(super) async fn drive(
        &self,
        account: &Arc<Account>,
        serial: u64,
    ) -> Result<Outcome, StoreError> {
        let pending = with(account, serial, |slice, _| slice.pending.clone()).flatten();
        let Some(pending) = pending else { return Ok(Outcome::Ended) };
        let (mut short, mut own) = (false, None);
        let grows = pending.grows();
        for others in [grows, !grows] {
            let places = pending.flushes.iter().map(|(place, _)| *place);
            let each = places.filter(|place| (*place != OWN) == others);
            let each = each.map(|place| self.drive_in(account, serial, place, &pending));
            for driven in join_all(each).await {
                match driven? {
                    Driven::Done(place, guard) => own = own.or((place == OWN).then_some(guard)),
                    Driven::Short(place, guard) => {
                        short = true;
                        own = own.or((place == OWN).then_some(guard));
                    }
                    Driven::Aside => {}
                    Driven::Ended => return Ok(Outcome::Ended),
                }
            }
            if short {
                // There is no use in more of the one than of the others.
                with(account, serial, |slice, _| slice.want_nothing());
            }
        }
        let guard = match own {
            Some(guard) => guard,
            None => Arc::new(self.guard(&account.key).await?.ok_or_else(vanished)?),
        };
        self.driven(account, serial, &pending, guard, short).await
    }

    /// The same for one guard, by the place of the till.
    async fn drive_in(
        &self,
        account: &Arc<Account>,
        serial: u64,
        place: usize,
        pending: &Pending,
    ) -> Result<Driven, StoreError> {
        let asked_at = self.clock.now();
        let flush = with(account, serial, |slice, _| slice.flush_in(place)).flatten();
        let Some((holder, mut flush)) = flush else { return Ok(Driven::Aside) };
        let call = pending.charges.as_ref().map(|call| match place {
            OWN => lease_id(call, &account.key),
            _ => call.to_string(),
        });
        let mut change = match &call {
            Some(call) => machine::split(&flush, call, asked_at),
            None => machine::flush(&flush),
        };
        let mut short = false;
        for _ in 0..ROUNDS {
            let (guard, done) = match self.write(&holder, &change).await? {
                Written::Done(guard) => (guard, true),
                Written::Refused(guard) => (guard, false),
                Written::Missing => return Err(vanished()),
            };
            let step = match &call {
                _ if done => FlushStep::Done,
                Some(call) => machine::split_after(&guard, &flush, call, asked_at),
                None => machine::flush_after(&guard, &flush),
            };
            change = match step {
                FlushStep::Try(change) => change,
                FlushStep::Done => {
                    with(account, serial, |slice, _| slice.flushed_in(place, &guard));
                    let driven = if short { Driven::Short } else { Driven::Done };
                    return Ok(driven(place, guard));
                }
                FlushStep::Short => {
                    short = true;
                    flush.wanted = NanoUsd::ZERO;
                    with(account, serial, |slice, _| slice.want_nothing_in(place));
                    machine::flush(&flush)
                }
                FlushStep::Lost(late) if place == OWN => {
                    // It may have been done before the slice expired.
                    if late.mark.is_some_and(|mark| mark.flush >= flush.mark.flush) {
                        with(account, serial, |slice, _| slice.flushed());
                    }
                    Box::pin(self.lose(account, serial)).await?;
                    return Ok(Driven::Ended);
                }
                FlushStep::Gone if place == OWN => {
                    tracing::error!(slice = flush.id, "a slice has vanished from its guard");
                    end(account, serial);
                    return Ok(Driven::Ended);
                }
                FlushStep::Lost(_) | FlushStep::Gone => {
                    with(account, serial, |slice, _| slice.lose_in(place));
                    account.book().retire_some(|slice| slice.serial == serial);
                    return Ok(Driven::Aside);
                }
            };
        }
        Err(StoreError::new("UpdateItem", StoreErrorKind::Contended))
    }

    /// The pending flush is in all guards; the key's after it.
    async fn driven(
        &self,
        account: &Arc<Account>,
        serial: u64,
        pending: &Pending,
        guard: Arc<Guard>,
        short: bool,
    ) -> Result<Outcome, StoreError> {
        let asked_at = self.clock.now();
        let window = with(account, serial, |slice, _| {
            slice.flushed();
            slice.see(&guard, asked_at);
            slice.own.window
        });
        if pending.last {
            end(account, serial);
        } else {
            // Where the key's record has changed its next call is told so.
            let changed = |slice: &Slice| slice.serial == serial && slice.version != guard.version;
            account.book().retire_some(changed);
        }
        if let (Some(call), Some(window)) = (&pending.charges, window) {
            let row = self.residue(call, &account.key, pending.used, window, asked_at).await?;
            self.write_first(&row).await?;
            self.relieve(&account.key, &guard).await?;
        }
        Ok(if short { Outcome::Short(guard) } else { Outcome::Done(guard) })
    }
}

fn vanished() -> StoreError {
    StoreError::corrupt("UpdateItem", "a slice's guard is gone")
}
