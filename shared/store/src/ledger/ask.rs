//! What is asked of the ledger, and what it answers.

use std::time::Duration;

use super::{Limit, Reading, Share, Subject, machine::Holds, unasked::Unasked};
use crate::{CallId, KeyHash, Millis, NanoUsd, Window, WindowId};

/// How a ledger keeps its books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LedgerMode {
    /// Each reservation and each settlement is written before it is answered.
    #[default]
    Strict,
    /// A process that lives long takes slices of a budget and writes what was used within a second.
    Batched,
}

/// A request to admit a call: all of it is granted, or nothing.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The call; asking twice for one call reserves once.
    pub call: &'a CallId,
    /// The key that pays.
    pub key: &'a KeyHash,
    /// The version of the key's record that the caller has read.
    pub version: u64,
    /// The key's budget as it is now; none where nothing bounds what it spends.
    pub max: Option<NanoUsd>,
    /// The budget in that record, from which the guard counts down; nothing where there is none. It is
    /// another one than `max` while hours of a schedule or a temporary increase say so.
    pub base: NanoUsd,
    /// The window that it is now.
    pub window: Window,
    /// What the call costs at most.
    pub worst: NanoUsd,
    /// The least that is of use.
    pub floor: NanoUsd,
    /// The instant it is.
    pub now: Millis,
    /// When some limit becomes another one by itself, if that is soon: what a process holds is used
    /// until then at most.
    pub until: Option<Millis>,
    /// How long the call may take before it counts as crashed, unless it is renewed.
    pub lease: Duration,
    /// The key's other limits.
    pub limits: &'a [Limit<'a>],
    /// Who else is limited.
    pub others: &'a [Share<'a>],
}

/// The answer to an [`Ask`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// The money is reserved.
    Granted(Grant),
    /// It is not.
    Refused(Refusal),
}

/// Money that is reserved for a call. It must be settled or released; what is neither by
/// `expires` is charged in full.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a grant that is not settled is charged in full"]
pub struct Grant {
    /// The call.
    pub call: CallId,
    /// The key that pays.
    pub key: KeyHash,
    /// How much is reserved.
    pub amount: NanoUsd,
    /// The window that it is charged to.
    pub window: WindowId,
    /// When the lease ends.
    pub expires: Millis,
    /// What the key has spent in the window and holds, this call included, as far as is known.
    pub spent: NanoUsd,
    /// How the limits stand that the call needs something of, this call included.
    pub readings: Vec<Reading>,
    /// The slice that pays, in this process; 0 where the guard itself holds the money.
    pub(crate) slice: u64,
    /// The allowance of rates that it was admitted from, in this process; 0 where there is none.
    pub(crate) allowance: u64,
    /// What the key's guard holds for the call besides money, and how much money; the rest of
    /// `amount` is not asked for.
    pub(crate) lease: (NanoUsd, Holds),
    /// What is held of other subjects.
    pub(crate) others: Vec<Other>,
    /// Nothing holds anything for it.
    pub(crate) unasked: Option<Unasked>,
}

/// What is held of another subject than the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Other {
    pub(crate) subject: Subject,
    /// What its guard holds for the call, or for the slice that pays the call: of that nothing is said
    /// here. None where only an allowance does.
    pub(crate) holds: Option<Holds>,
    /// The allowance of rates, in this process; 0 where there is none.
    pub(crate) allowance: u64,
}

/// Why nothing was reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Less than the floor is left.
    OverBudget {
        /// Settled in this window.
        spent: NanoUsd,
        /// Held by calls that are under way.
        reserved: NanoUsd,
        /// The budget.
        max: NanoUsd,
        /// When the next window begins.
        resets_at: Option<Millis>,
    },
    /// Too little is left of another limit.
    OverLimit(Reading),
    /// As many calls are under way as a guard has room for.
    Full {
        /// Whose: the place in [`Ask::others`], or none for the key's.
        share: Option<usize>,
        /// How many.
        calls: usize,
    },
    /// The key's record has changed since it was read.
    Stale,
    /// The record of another subject has changed: its place in [`Ask::others`].
    StaleShare(usize),
    /// The key is not known.
    Missing,
}

// === impl Ask ===

impl Ask<'_> {
    /// What may be spent now beyond what the guard counts down from; negative where it is less.
    pub(crate) fn lift(&self) -> NanoUsd {
        self.max.map_or(NanoUsd::ZERO, |max| max.saturating_sub(self.base))
    }

    /// Until when what is held now may be used, where that would be `fresh` otherwise.
    pub(crate) fn fresh(&self, fresh: Millis) -> Millis {
        self.until.map_or(fresh, |until| until.min(fresh))
    }
}

// === impl Grant ===

impl Grant {
    /// Whether it was given without a look at any limit, because the database gave no answer.
    pub const fn is_unasked(&self) -> bool {
        self.unasked.is_some()
    }

    /// Other subjects whose guards hold something for the call.
    pub(crate) fn holders(&self) -> impl Iterator<Item = (&Subject, &Holds)> {
        self.others.iter().filter_map(|other| Some((&other.subject, other.holds.as_ref()?)))
    }
}

/// A key's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spend {
    /// Settled in the window.
    pub spent: NanoUsd,
    /// Held by calls that are under way.
    pub reserved: NanoUsd,
    /// Settled for ever.
    pub total: NanoUsd,
}

/// What a sweep has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SweepReport {
    /// Guards looked at.
    pub guards: usize,
    /// Leases found expired, and charged.
    pub expired: usize,
    /// Charges corrected by a settlement that was found written.
    pub corrected: usize,
}
