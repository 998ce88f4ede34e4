//! Paying from a slice that holds something of several budgets: the key's, those of others, that of one
//! model.
//!
//! It is taken of all of them, or of none. Where one of them has too little left for a slice, calls are
//! paid one by one, strictly, down to the last cent; what this process still holds of these budgets goes
//! back before any of its calls is refused.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{
    Account, LEASE_MS, MARGIN_MS,
    book::Slice,
    flush::Outcome,
    reserve::{ROUNDS, admit, most, needed, open, wanted},
    slice_id, till_id,
    tills::{Till, budgets, budgets_of, payers},
};
use crate::{
    Admission, Ask, Grant, Limit, Measure, NanoUsd, Reading, Refusal, Share, StoreError,
    StoreErrorKind, Subject,
    ledger::{
        machine::{Guard, Lease, Mark, Wish},
        shares::{limits_of, share_wish, wants},
        strict::{Untaken, wish},
    },
    store::Inner,
};

/// The budgets of an ask, without its rates.
pub(in crate::ledger) struct Money<'a> {
    own: Vec<Limit<'a>>,
    theirs: Vec<Theirs<'a>>,
    whole: Ask<'a>,
}

/// Another subject's.
struct Theirs<'a> {
    /// The subject's place in [`Ask::others`].
    place: usize,
    subject: &'a Subject,
    limits: Vec<Limit<'a>>,
}

type Taken = Result<Result<(Lease, Arc<Guard>), Untaken>, StoreError>;

// === impl Inner ===

impl Inner {
    /// Pays from the guards what no slice pays: with a wider slice, or strictly.
    pub(super) async fn pay_together(&self, ask: &Ask<'_>) -> Result<Admission, StoreError> {
        let account = self.slices.account(ask.key);
        {
            let _writing = account.rack.writing.lock().await;
            if let Some(grant) = self.widen_together(&account, ask).await? {
                return Ok(Admission::Granted(grant));
            }
        }
        self.pay_alone(ask).await
    }

    /// Pays this call alone; what this process can spare of its budgets goes back before it is refused.
    pub(super) async fn pay_alone(&self, ask: &Ask<'_>) -> Result<Admission, StoreError> {
        let paid = self.pay_strictly(ask).await?;
        let over =
            matches!(paid, Admission::Refused(Refusal::OverBudget { .. } | Refusal::OverLimit(_)));
        if over && self.give_slices_back(ask).await? {
            return self.pay_strictly(ask).await;
        }
        Ok(paid)
    }

    /// Takes more of all budgets; `None` where one of them has too little left.
    async fn widen_together(
        &self,
        account: &Arc<Account>,
        ask: &Ask<'_>,
    ) -> Result<Option<Grant>, StoreError> {
        for _ in 0..ROUNDS {
            // Whoever wrote before us may have taken enough for us as well.
            if let Some(grant) = admit(&mut account.book(), ask) {
                return Ok(Some(grant));
            }
            let usable = {
                let book = account.book();
                let usable = book.live.iter().find(|slice| slice.continues(ask));
                usable.map(|slice| (slice.serial, wanted(slice, ask), needed(slice, ask)))
            };
            let Some((serial, wanted, needed)) = usable else {
                return self.open_together(account, ask).await;
            };
            let mut outcome = self.widen_slice(account, serial, wanted).await?;
            if matches!(outcome, Outcome::Short(_)) && needed < wanted {
                outcome = self.widen_slice(account, serial, needed).await?;
            }
            if matches!(outcome, Outcome::Short(_)) {
                break;
            }
        }
        account.book().retire_some(|slice| slice.is_of(ask));
        self.flush_account(account, false).await?;
        Ok(None)
    }

    /// Takes a new slice, at first just what this call needs: of the others first.
    async fn open_together(
        &self,
        account: &Arc<Account>,
        ask: &Ask<'_>,
    ) -> Result<Option<Grant>, StoreError> {
        let asked_at = self.clock.now();
        let (serial, row) = self.slices.mint(ask.key, ask.now);
        let amount = most(ask).max(NanoUsd::from_nanos(1));
        let own = whole(wish(ask, slice_id(&row)), amount, budgets(ask.limits), ask);
        let of_other = |(place, subject): (usize, &Subject)| {
            let id = till_id(&own.id, ask.key);
            let wish = Wish { id, ..share_wish(ask, &own, place) };
            (place, subject.clone(), whole(wish, amount, budgets_of(ask, place), ask))
        };
        let others: Vec<(usize, Subject, Wish)> = payers(ask).map(of_other).collect();
        let each = others.iter().map(|(_, subject, wish)| self.take_of(account, subject, wish));
        let mut taken = join_all(each).await;
        let key = Subject::Key(*ask.key);
        if taken.iter().all(|taken| matches!(taken, Ok(Ok(_)))) {
            taken.push(self.take_of(account, &key, &own).await);
        }
        if taken.iter().any(|taken| !matches!(taken, Ok(Ok(_)))) {
            let all = others.iter().map(|(_, subject, wish)| (subject, wish)).chain([(&key, &own)]);
            for ((subject, wish), taken) in all.zip(&taken) {
                if matches!(taken, Ok(Ok(_))) {
                    self.give_back(subject, &wish.id).await?;
                }
            }
            return taken.into_iter().find_map(Result::err).map_or(Ok(None), Err);
        }
        let mut taken = taken.into_iter().flatten().flatten();
        let till = |(place, subject, wish): (usize, Subject, Wish)| {
            let (lease, guard) = taken.next()?;
            let unbounded = (false, NanoUsd::ZERO);
            let budgets = budgets_of(ask, place);
            Some(Till::new((subject, wish.id), unbounded, budgets, &lease, &guard))
        };
        let others: Vec<Till> = others.into_iter().filter_map(till).collect();
        let Some((lease, guard)) = taken.next() else { return Ok(None) };
        let bounded = (ask.max.is_some(), ask.lift());
        let till = Till::new((key, own.id), bounded, budgets(ask.limits), &lease, &guard);
        let slice = Slice::new(serial, ask, (till, others), lease.expires, &guard, asked_at);
        Ok(Some(open(&mut account.book(), slice, ask, most(ask))))
    }

    /// Takes a lease of one guard. Should nobody wait for the answer, the next flush gives it back.
    async fn take_of(&self, account: &Arc<Account>, subject: &Subject, wish: &Wish) -> Taken {
        let opening = (subject.clone(), wish.id.clone());
        account.book().opening.push(opening.clone());
        let taken = self.take_or_undo(subject, wish).await;
        if !matches!(&taken, Err(error) if error.kind() == StoreErrorKind::Unreachable) {
            account.book().opening.retain(|other| *other != opening);
        }
        taken
    }

    /// Pays this call of all its budgets; its rates are paid already.
    async fn pay_strictly(&self, ask: &Ask<'_>) -> Result<Admission, StoreError> {
        let money = Money::of(ask);
        let shares = money.shares();
        let of_money = Ask { limits: &money.own, others: &shares, ..*ask };
        Ok(match Box::pin(self.reserve_strictly(&of_money)).await? {
            Admission::Granted(mut grant) => {
                let readings = grant.readings.iter_mut();
                readings.for_each(|reading| *reading = money.placed_reading(*reading));
                Admission::Granted(grant)
            }
            Admission::Refused(refusal) => Admission::Refused(money.placed(refusal)),
        })
    }

    /// Gives back what this process can spare of the ask's budgets, whoever's calls it was taken for;
    /// says whether there was anything.
    async fn give_slices_back(&self, ask: &Ask<'_>) -> Result<bool, StoreError> {
        let mut gave = false;
        for account in self.slices.all() {
            let spares = |slice: &mut Slice| slice.meets(ask) && slice.free() > NanoUsd::ZERO;
            if !account.book().slices().any(spares) {
                continue;
            }
            let _writing = account.rack.writing.lock().await;
            account.book().retire_some(|slice| slice.meets(ask));
            self.flush_account(&account, false).await?;
            gave = true;
        }
        Ok(gave)
    }
}

/// All of it, or nothing.
fn whole<'a>(
    wish: Wish,
    amount: NanoUsd,
    budgets: impl Iterator<Item = &'a Limit<'a>>,
    ask: &Ask<'_>,
) -> Wish {
    let mut wants = wants(budgets, ask.now);
    wants.iter_mut().for_each(|want| (want.need, want.floor) = (amount.nanos(), amount.nanos()));
    let since = ask.now.min(ask.call.started()).plus(-MARGIN_MS);
    Wish {
        worst: amount,
        floor: amount,
        wants,
        expires: ask.now.plus(LEASE_MS),
        mark: Some(Mark { flush: 0, since }),
        ..wish
    }
}

// === impl Money ===

impl<'a> Money<'a> {
    pub(in crate::ledger) fn of(ask: &Ask<'a>) -> Self {
        let theirs = |(place, subject)| Theirs {
            place,
            subject,
            limits: budgets_of(ask, place).copied().collect(),
        };
        Self {
            own: budgets(ask.limits).copied().collect(),
            theirs: payers(ask).map(theirs).collect(),
            whole: *ask,
        }
    }

    pub(in crate::ledger) fn is_empty(&self) -> bool {
        self.own.is_empty() && self.theirs.is_empty()
    }

    pub(in crate::ledger) fn shares(&self) -> Vec<Share<'_>> {
        let each = self.theirs.iter();
        each.map(|theirs| Share { subject: theirs.subject, version: None, limits: &theirs.limits })
            .collect()
    }

    /// The place among all others of one who pays.
    fn payer(&self, place: usize) -> usize {
        self.theirs.get(place).map_or(place, |theirs| theirs.place)
    }

    /// A reading of the budgets alone, in places among all subjects and all their limits.
    fn placed_reading(&self, reading: Reading) -> Reading {
        let share = reading.share.map(|share| self.payer(share));
        let limits = limits_of(&self.whole, share).iter().enumerate();
        let mut budgets = limits.filter(|(_, limit)| limit.measure == Measure::Money);
        let limit = budgets.nth(reading.limit).map_or(reading.limit, |(place, _)| place);
        Reading { share, limit, ..reading }
    }

    /// A refusal of the budgets alone, in places among all subjects and all their limits.
    pub(in crate::ledger) fn placed(&self, refusal: Refusal) -> Refusal {
        let payer = |place: usize| self.payer(place);
        match refusal {
            Refusal::OverLimit(reading) => Refusal::OverLimit(self.placed_reading(reading)),
            Refusal::StaleShare(place) => Refusal::StaleShare(payer(place)),
            Refusal::Full { share, calls } => Refusal::Full { share: share.map(payer), calls },
            other => other,
        }
    }
}

// === impl Slice ===

impl Slice {
    /// Whether it holds something of a budget that the ask is held against as well.
    fn meets(&self, ask: &Ask<'_>) -> bool {
        self.own.holder == Subject::Key(*ask.key)
            || payers(ask)
                .any(|(_, subject)| self.others.iter().any(|till| till.holder == *subject))
    }
}
