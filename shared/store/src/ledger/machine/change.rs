//! A step of a guard, as data: it is written to the database, and applied in memory.

#[cfg(test)]
use super::Meter;
use super::{Guard, Late, Lease, Mark};
use crate::{Millis, NanoUsd, WindowId};

/// Conditions and effects, about at most one lease.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Change {
    /// The lease that it is about.
    pub(crate) id: String,
    pub(crate) conditions: Vec<If>,
    pub(crate) effects: Vec<Do>,
}

/// What must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum If {
    /// The record's version is this.
    Version(i64),
    /// The guard is in this window.
    Window(WindowId),
    /// What is charged to this window counts now.
    Current(WindowId),
    /// What is charged to this window counts no more.
    Past(WindowId),
    /// So much can still be reserved.
    Left(NanoUsd),
    /// There is no such lease, and there was none that was charged: a reservation that is tried
    /// again after its lease has ended must not take a second one.
    Free,
    /// There is such a lease.
    Held,
    /// There is such a full charge, of this amount.
    Charged(NanoUsd),
    /// There is such a slice, and this is its last flush.
    Flushed(i64),
    /// The meter's window is not over, and so much at most is used in it.
    Room {
        id: String,
        /// It did not begin before this,
        since: Millis,
        /// nor after this.
        at: Millis,
        most: i64,
    },
    /// The meter is in this window; or there is none.
    Metered(String, Option<WindowId>),
    /// What was taken of the meter at this instant counts now.
    Counts(String, Millis),
    /// What was taken of the meter at this instant counts no more.
    Passed(String, Millis),
    /// The lease holds so much of the meter.
    Holds(String, i64),
    /// There are fewer leases than this.
    Fewer(i64),
}

/// What then happens. Each kind at most once in a change, and once for each meter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Do {
    /// So much more can be reserved.
    Left(NanoUsd),
    /// So much more is spent.
    Spent(NanoUsd),
    /// So much more is spent for ever.
    Total(NanoUsd),
    /// A window begins: this much can be reserved, nothing is spent.
    Begin(WindowId, NanoUsd),
    /// The window gets its name.
    Name(WindowId),
    /// The lease is taken.
    Hold(Lease),
    /// The lease is gone.
    Drop,
    /// The full charge is noted.
    Charge(Late),
    /// The full charge is settled.
    Forget,
    /// The full charge was too low.
    Recharge(NanoUsd),
    /// The slice holds so much more.
    Grow(NanoUsd),
    /// The slice is written down so far, and lasts so long.
    Flush(Mark, Millis),
    /// Another full charge is noted: of a call that was paid from the slice.
    ChargeOf(String, Late),
    /// So much more is used of the meter, and so much more settled.
    Count(String, i64, i64),
    /// A window of the meter begins, with so much used.
    Open(String, WindowId, i64),
    /// Of the meter the lease now holds this.
    Keep(String, i64),
    /// Of the meter the full charge is now this.
    RechargeOf(String, i64),
    /// The lease lasts until then.
    Until(Millis),
}

// === impl Change ===

impl Change {
    pub(super) fn new(id: &str, conditions: Vec<If>, effects: Vec<Do>) -> Self {
        Self { id: id.to_owned(), conditions, effects }
    }

    /// Whether its conditions hold.
    pub(crate) fn holds(&self, guard: &Guard) -> bool {
        self.conditions.iter().all(|condition| condition.holds(&self.id, guard))
    }
}

#[cfg(test)]
impl Change {
    /// Does it, if its conditions hold.
    pub(crate) fn apply(&self, guard: &mut Guard) -> bool {
        if !self.holds(guard) {
            return false;
        }
        for effect in &self.effects {
            effect.clone().apply(&self.id, guard);
        }
        true
    }
}

// === impl If ===

impl If {
    pub(super) fn holds(&self, id: &str, guard: &Guard) -> bool {
        match *self {
            Self::Version(version) => guard.version == version,
            Self::Window(window) => guard.window == window,
            Self::Current(window) => guard.is_current(window),
            Self::Past(window) => !guard.is_current(window),
            Self::Left(amount) => guard.rem >= amount,
            Self::Free => !guard.leases.contains_key(id) && !guard.late.contains_key(id),
            Self::Held => guard.leases.contains_key(id),
            Self::Charged(amount) => guard.late.get(id).is_some_and(|late| late.amount == amount),
            Self::Flushed(flush) => guard
                .leases
                .get(id)
                .and_then(|lease| lease.mark)
                .is_some_and(|mark| mark.flush == flush),
            Self::Room { ref id, since, at, most } => guard.meters.get(id).is_some_and(|meter| {
                let began = meter.window.number();
                since.get() <= began && began <= at.get() && meter.used <= most
            }),
            Self::Metered(ref id, window) => {
                guard.meters.get(id).map(|meter| meter.window) == window
            }
            Self::Counts(ref id, at) => {
                guard.meters.get(id).is_some_and(|meter| meter.window.number() <= at.get())
            }
            Self::Passed(ref id, at) => {
                guard.meters.get(id).is_some_and(|meter| meter.window.number() > at.get())
            }
            Self::Holds(ref meter, amount) => {
                let lease = guard.leases.get(id);
                lease
                    .and_then(|lease| lease.holds.get(meter))
                    .is_some_and(|hold| hold.amount == amount)
            }
            Self::Fewer(most) => i64::try_from(guard.leases.len()).is_ok_and(|held| held < most),
        }
    }
}

#[cfg(test)]
impl Do {
    fn apply(self, id: &str, guard: &mut Guard) {
        let lease = |guard: &mut Guard, with: &dyn Fn(&mut Lease)| {
            with(guard.leases.get_mut(id).unwrap());
        };
        match self {
            Self::Left(more) => guard.rem = guard.rem.checked_add(more).unwrap(),
            Self::Spent(more) => guard.spent = guard.spent.checked_add(more).unwrap(),
            Self::Total(more) => guard.total = guard.total.checked_add(more).unwrap(),
            Self::Begin(window, left) => {
                (guard.window, guard.rem, guard.spent) = (window, left, NanoUsd::ZERO);
                guard.former.clear();
            }
            Self::Name(window) => guard.window = window,
            Self::Hold(lease) => drop(guard.leases.insert(id.to_owned(), lease)),
            Self::Drop => drop(guard.leases.remove(id)),
            Self::Charge(late) => drop(guard.late.insert(id.to_owned(), late)),
            Self::Forget => drop(guard.late.remove(id)),
            Self::Recharge(amount) => guard.late.get_mut(id).unwrap().amount = amount,
            Self::Grow(more) => {
                lease(guard, &|lease| lease.amount = lease.amount.checked_add(more).unwrap());
            }
            Self::Flush(mark, expires) => lease(guard, &|lease| {
                (lease.mark, lease.expires) = (Some(mark), expires);
            }),
            Self::ChargeOf(id, late) => drop(guard.late.insert(id, late)),
            Self::Count(meter, used, settled) => {
                let meter = guard.meters.get_mut(&meter).unwrap();
                (meter.used, meter.settled) = (meter.used + used, meter.settled + settled);
            }
            Self::Open(meter, window, used) => {
                let _ = guard.meters.insert(meter, Meter { window, used, settled: 0 });
            }
            Self::Keep(meter, amount) => lease(guard, &|lease| {
                lease.holds.get_mut(&meter).unwrap().amount = amount;
            }),
            Self::RechargeOf(meter, amount) => {
                guard.late.get_mut(id).unwrap().holds.get_mut(&meter).unwrap().amount = amount;
            }
            Self::Until(expires) => lease(guard, &|lease| lease.expires = expires),
        }
    }
}
