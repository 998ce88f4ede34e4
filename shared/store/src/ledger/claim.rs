//! What is held of those who serve a call: a deployment, and its provider.
//!
//! Who serves is known only when it is tried, after the call was admitted. So each attempt makes a claim
//! of its own, and the claim of the attempt that was answered becomes part of the call's grant: it is
//! renewed, settled and given back with it. One that moves on is given up first. Should the process end
//! in between, the call's row tells who served it, and nobody else pays for it (`sweep.rs`).
//!
//! Rates come from allowances where the books are batched. Money is held strictly, call by call, in
//! either mode: a call that needs it is to be reserved by [`Ledger::reserve_alone`], so that its row is
//! there before whoever served it is charged.

use futures_util::future::try_join_all;

use super::{
    Ask, Ledger, LedgerMode, Reading, Refusal, Subject,
    ask::{Grant, Other},
    machine::{self, Actual, Holds, Lease, Wish},
    shares::{Taking, money, readings, share_wish},
    slice::Money,
    strict::{lease_id, wish},
};
use crate::{CallId, Millis, NanoUsd, StoreError, WindowId, store::Inner};

/// What is held of those who are to serve a call. It must join the call's grant or be given up; what is
/// neither is charged as the call's row says, once its lease has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a claim that is not settled is charged in full"]
pub struct Claim {
    /// The call.
    pub call: CallId,
    /// The least that one of their budgets pays; nothing where none of them has one.
    pub amount: Option<NanoUsd>,
    /// How their limits stand, this call included.
    pub readings: Vec<Reading>,
    expires: Millis,
    others: Vec<Other>,
}

// === impl Ledger ===

impl Ledger {
    /// Takes what an attempt needs of `ask.others`, who may serve the call; all of it, or nothing. The
    /// key, its limits and its money are not looked at: the call has been admitted.
    ///
    /// # Errors
    /// The database's; whether something was taken is then not known, and the lease sees to it.
    pub async fn claim(&self, ask: &Ask<'_>) -> Result<Result<Claim, Refusal>, StoreError> {
        let ask = Ask { limits: &[], ..*ask };
        match self.inner.mode {
            LedgerMode::Strict => self.inner.claim_strictly(&ask).await,
            LedgerMode::Batched => self.inner.claim_rated(&ask).await,
        }
    }

    /// Gives a claim up. Where its deployment was `asked` and did not serve the call, that was a request
    /// all the same; nothing else was used.
    ///
    /// # Errors
    /// The database's; giving it up again is harmless.
    pub async fn give_up(&self, claim: &Claim, asked: bool) -> Result<(), StoreError> {
        let actual = asked.then(Actual::default);
        self.inner.slices.land_others(&claim.call, &claim.others, actual);
        let id = claim.call.to_string();
        let back = claim.holders().map(|(subject, holds)| {
            let id = &id;
            async move {
                match actual {
                    None => self.inner.let_go(subject, id).await,
                    Some(actual) => {
                        let lease = Lease {
                            expires: claim.expires,
                            window: WindowId::NONE,
                            holds: holds.clone(),
                            ..Lease::default()
                        };
                        let first = machine::settle_known(id, &lease, actual);
                        let settle = |guard: &machine::Guard| machine::settle(guard, id, actual);
                        self.inner.close(subject, Some(first), settle).await.map(|_| ())
                    }
                }
            }
        });
        try_join_all(back).await.map(|_| ())
    }

    /// An attempt is still under way: its claim holds on until `expires`.
    ///
    /// # Errors
    /// The database's; the lease then ends when it would have ended.
    pub async fn renew_claim(&self, claim: &Claim, expires: Millis) -> Result<(), StoreError> {
        self.inner.slices.renew_others(&claim.call, &claim.others, expires);
        let change = machine::renew(&claim.call.to_string(), expires);
        let each = claim.holders().map(|(subject, _)| self.inner.write(subject, &change));
        try_join_all(each).await.map(|_| ())
    }
}

// === impl Inner ===

impl Inner {
    async fn claim_strictly(&self, ask: &Ask<'_>) -> Result<Result<Claim, Refusal>, StoreError> {
        let key = wish(ask, lease_id(ask.call, ask.key));
        let wishes: Vec<Wish> =
            (0..ask.others.len()).map(|place| share_wish(ask, &key, place)).collect();
        let each = ask.others.iter().zip(&wishes).enumerate();
        let takings: Vec<Taking<'_>> = each
            .map(|(place, (share, wish))| Taking {
                share: Some(place),
                holder: share.subject,
                wish,
            })
            .collect();
        let taken = match self.take_each(ask, &takings).await? {
            Ok(taken) => taken,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut claim = Claim::new(ask);
        for (place, ((lease, guard), share)) in taken.into_iter().zip(ask.others).enumerate() {
            claim.readings.extend(readings(share.limits, Some(place), &guard, ask.now));
            claim.hold(share.subject, lease.holds);
        }
        Ok(Ok(claim))
    }

    async fn claim_rated(&self, ask: &Ask<'_>) -> Result<Result<Claim, Refusal>, StoreError> {
        let rated = match self.rate(ask).await? {
            Ok(rated) => rated,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let money = Money::of(ask);
        let mut claim = if money.is_empty() {
            Claim::new(ask)
        } else {
            let shares = money.shares();
            let of_money = Ask { others: &shares, ..*ask };
            match Box::pin(self.claim_strictly(&of_money)).await? {
                // How the budgets stand is nobody's to read.
                Ok(claim) => Claim { readings: Vec::new(), ..claim },
                Err(refusal) => return Ok(Err(money.placed(refusal))),
            }
        };
        for rated in rated {
            let share = rated.share.and_then(|place| ask.others.get(place));
            let (allowance, readings) = rated.keep();
            claim.readings.extend(readings);
            let Some(share) = share else { continue };
            match claim.others.iter_mut().find(|other| other.subject == *share.subject) {
                Some(other) => other.allowance = allowance,
                None => {
                    let subject = share.subject.clone();
                    claim.others.push(Other { subject, holds: None, allowance });
                }
            }
        }
        Ok(Ok(claim))
    }
}

// === impl Claim ===

impl Claim {
    fn new(ask: &Ask<'_>) -> Self {
        Self {
            call: ask.call.clone(),
            amount: None,
            readings: Vec::new(),
            expires: ask.now.after(ask.lease),
            others: Vec::new(),
        }
    }

    fn hold(&mut self, subject: &Subject, holds: Holds) {
        self.amount = self.amount.into_iter().chain(money(&holds)).min();
        self.others.push(Other { subject: subject.clone(), holds: Some(holds), allowance: 0 });
    }

    fn holders(&self) -> impl Iterator<Item = (&Subject, &Holds)> {
        self.others.iter().filter_map(|other| Some((&other.subject, other.holds.as_ref()?)))
    }
}

// === impl Grant ===

impl Grant {
    /// Who serves the call is settled with it.
    pub fn join(&mut self, claim: Claim) {
        self.others.extend(claim.others);
    }
}
