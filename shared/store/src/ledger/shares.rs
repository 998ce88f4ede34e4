//! Several subjects: one write of each guard, all at once; all of them hold, or none.
//!
//! Never a transaction: counters that calls share are what transactions cancel each other over. A
//! guard that has admitted the call while another refused it gives back what it holds; for that
//! moment, and no longer, it may refuse somebody else, who then tries once more, in turn.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{
    Admission, Ask, Limit, Measure, Reading, Refusal,
    ask::Other,
    guard::Holder,
    machine::{Guard, Holds, Lease, Want, Wish},
    strict::{Untaken, granted, refusal},
};
use crate::{Millis, NanoUsd, StoreError, WindowId, store::Inner};

/// Of whom a lease is wanted.
#[derive(Clone, Copy)]
pub(super) struct Taking<'a> {
    /// The place in [`Ask::others`], or none for the key.
    pub(super) share: Option<usize>,
    pub(super) holder: &'a dyn Holder,
    pub(super) wish: &'a Wish,
}

/// A lease, and the guard with which its taking ended.
type Taken = (Lease, Arc<Guard>);

// === impl Inner ===

impl Inner {
    /// Takes a lease on the key, as wished, and on each other subject.
    pub(super) async fn reserve_together(
        &self,
        ask: &Ask<'_>,
        wish: &Wish,
    ) -> Result<Admission, StoreError> {
        let wishes: Vec<Wish> =
            (0..ask.others.len()).map(|place| share_wish(ask, wish, place)).collect();
        let key = Taking { share: None, holder: ask.key, wish };
        let others = ask.others.iter().zip(&wishes).enumerate();
        let others = others.map(|(place, (share, wish))| Taking {
            share: Some(place),
            holder: share.subject,
            wish,
        });
        let takings: Vec<_> = std::iter::once(key).chain(others).collect();
        Ok(match self.take_each(ask, &takings).await? {
            Ok(taken) => Admission::Granted(together(ask, taken.into_iter())),
            Err(refusal) => Admission::Refused(refusal),
        })
    }

    /// Takes a lease of each, or of none.
    pub(super) async fn take_each(
        &self,
        ask: &Ask<'_>,
        takings: &[Taking<'_>],
    ) -> Result<Result<Vec<Taken>, Refusal>, StoreError> {
        let each = takings.iter().map(|taking| self.take_or_undo(taking.holder, taking.wish));
        let taken = join_all(each).await;
        if taken.iter().all(|taken| matches!(taken, Ok(Ok(_)))) {
            return Ok(Ok(taken.into_iter().flatten().flatten().collect()));
        }
        let held = takings.iter().zip(&taken).filter(|(_, taken)| matches!(taken, Ok(Ok(_))));
        self.give_all_back(held.map(|(taking, _)| *taking)).await;
        let mut crowded = false;
        let mut refused: Option<Refusal> = None;
        for (taken, taking) in taken.into_iter().zip(takings) {
            if let Err(untaken) = taken? {
                crowded |= matches!(&untaken, Untaken::Over(guard, _) if !guard.leases.is_empty());
                let refusal = refusal(ask, taking.wish, taking.share, &untaken);
                // A record that has changed is read again before anything else is said.
                let first = refused.is_none() || is_stale(&refusal);
                if first && !refused.as_ref().is_some_and(is_stale) {
                    refused = Some(refusal);
                }
            }
        }
        let refused = refused.unwrap_or(Refusal::Stale);
        if crowded && takings.len() > 1 && !is_stale(&refused) {
            return self.take_in_turn(ask, takings).await;
        }
        Ok(Err(refused))
    }

    /// The same one after the other, the key first. Calls that all hold something of what the others
    /// want would refuse each other, and none would be served; of calls that go in turn, whoever has
    /// come to the last subject has all the others.
    async fn take_in_turn(
        &self,
        ask: &Ask<'_>,
        takings: &[Taking<'_>],
    ) -> Result<Result<Vec<Taken>, Refusal>, StoreError> {
        let mut held = Vec::with_capacity(takings.len());
        for (place, taking) in takings.iter().enumerate() {
            let taken = self.take_or_undo(taking.holder, taking.wish).await;
            if let Ok(Ok(lease)) = taken {
                held.push(lease);
                continue;
            }
            self.give_all_back(takings.iter().take(place).copied()).await;
            return taken.map(|untaken| match untaken {
                Err(untaken) => Err(refusal(ask, taking.wish, taking.share, &untaken)),
                Ok(_) => Err(Refusal::Stale),
            });
        }
        Ok(Ok(held))
    }

    /// Gives back what was taken of some subjects for a call that others refuse.
    async fn give_all_back<'a>(&self, taken: impl Iterator<Item = Taking<'a>>) {
        let each = taken.map(|taking| self.give_back(taking.holder, &taking.wish.id));
        let back = join_all(each).await;
        for failed in back.into_iter().filter_map(Result::err) {
            tracing::warn!(error = %failed, "what a refused call holds is given back when its lease ends");
        }
    }
}

/// What is wanted of a subject's limits.
pub(super) fn wants<'a>(limits: impl IntoIterator<Item = &'a Limit<'a>>, now: Millis) -> Vec<Want> {
    limits
        .into_iter()
        .map(|limit| Want {
            id: limit.meter(),
            need: limit.need,
            floor: if limit.measure == Measure::Money { limit.floor } else { limit.need },
            max: limit.max,
            since: limit.since(now),
            begin: limit.begin(now),
            at: now,
        })
        .collect()
}

/// How a subject's limits stand, those that the call needs something of.
pub(super) fn readings(
    limits: &[Limit<'_>],
    share: Option<usize>,
    guard: &Guard,
    now: Millis,
) -> Vec<Reading> {
    let needed = limits.iter().enumerate().filter(|(_, limit)| limit.need > 0);
    needed.map(|(place, limit)| reading(limit, (share, place), guard, now)).collect()
}

/// How a limit stands.
pub(super) fn reading(
    limit: &Limit<'_>,
    (share, place): (Option<usize>, usize),
    guard: &Guard,
    now: Millis,
) -> Reading {
    let meter = guard.meters.get(&limit.meter());
    let current = meter.filter(|meter| meter.window.number() >= limit.since(now).get());
    Reading {
        share,
        limit: place,
        used: current.map_or(0, |meter| meter.used),
        max: limit.max,
        resets_at: limit.resets_at(current.map_or(limit.begin(now), |meter| meter.window)),
    }
}

/// How much money holds pay for, if they are about money.
pub(super) fn money(holds: &Holds) -> Option<NanoUsd> {
    let money = holds.iter().filter(|(id, _)| Measure::of_meter(id) == Some(Measure::Money));
    money.map(|(_, hold)| NanoUsd::from_nanos(hold.amount)).min()
}

/// What is wanted of another subject than the key, that has its budgets among its limits.
pub(super) fn share_wish(ask: &Ask<'_>, wish: &Wish, place: usize) -> Wish {
    let share = ask.others.get(place);
    let version = share.and_then(|share| share.version);
    Wish {
        id: ask.call.to_string(),
        version: version.map(|version| i64::try_from(version).unwrap_or(i64::MAX)),
        max: None,
        base: NanoUsd::ZERO,
        window: WindowId::NONE,
        worst: NanoUsd::ZERO,
        floor: NanoUsd::ZERO,
        expires: wish.expires,
        mark: None,
        crashed_before: wish.crashed_before,
        wants: share.map_or_else(Vec::new, |share| wants(share.limits, ask.now)),
        forced: false,
    }
}

/// One grant of all that was taken: the key's lease first.
fn together(ask: &Ask<'_>, mut taken: impl Iterator<Item = (Lease, Arc<Guard>)>) -> super::Grant {
    let Some((lease, guard)) = taken.next() else {
        return granted(ask, Lease::default(), &Guard::default());
    };
    let mut grant = granted(ask, lease, &guard);
    for (place, ((lease, guard), share)) in taken.zip(ask.others).enumerate() {
        grant.readings.extend(readings(share.limits, Some(place), &guard, ask.now));
        grant.amount = money(&lease.holds).map_or(grant.amount, |money| money.min(grant.amount));
        let subject = share.subject.clone();
        grant.others.push(Other { subject, holds: Some(lease.holds), allowance: 0 });
    }
    grant
}

fn is_stale(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Stale | Refusal::StaleShare(_) | Refusal::Missing)
}

/// The key, or another subject by its place, as the caller asked for it.
pub(super) fn limits_of<'a>(ask: &Ask<'a>, share: Option<usize>) -> &'a [Limit<'a>] {
    share.map_or(ask.limits, |place| ask.others.get(place).map_or(&[], |share| share.limits))
}
