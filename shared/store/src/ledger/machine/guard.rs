//! What a guard holds.

use std::collections::{BTreeMap, BTreeSet};

use super::{Holds, Meter};
use crate::{Millis, NanoUsd, WindowId};

/// A key's account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Guard {
    /// The version of the key's record; negative for a key that was deleted.
    pub(crate) version: i64,
    /// The window that it is in.
    pub(crate) window: WindowId,
    /// Other names of the same window, from before the length of the key's windows was changed.
    pub(crate) former: BTreeSet<WindowId>,
    /// Limit less spent less reserved. It is kept for a key without a limit as well, counted from
    /// zero, so that setting a limit is an addition.
    pub(crate) rem: NanoUsd,
    /// Settled in the window.
    pub(crate) spent: NanoUsd,
    /// Settled for ever.
    pub(crate) total: NanoUsd,
    /// Money that is held.
    pub(crate) leases: BTreeMap<String, Lease>,
    /// Leases that expired and were charged in full. They can still be corrected.
    pub(crate) late: BTreeMap<String, Late>,
    /// What its other limits count, by their names.
    pub(crate) meters: BTreeMap<String, Meter>,
}

/// Money held for a call, or by a process for many calls.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Lease {
    pub(crate) amount: NanoUsd,
    /// When it counts as crashed.
    pub(crate) expires: Millis,
    /// The window that it is charged to.
    pub(crate) window: WindowId,
    /// For a lease that a process holds for many calls.
    pub(crate) mark: Option<Mark>,
    /// What it holds of other limits.
    pub(crate) holds: Holds,
}

/// How far a process has written down what it used of its slice. Its rows carry the slice's id and
/// the number of the flush that they belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Mark {
    /// The last flush that is in the guard.
    pub(crate) flush: i64,
    /// No call whose row is still to be written arrived before this.
    pub(crate) since: Millis,
}

/// A full charge that awaits its correction.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Late {
    /// What was charged.
    pub(crate) amount: NanoUsd,
    /// When.
    pub(crate) at: Millis,
    /// To which window.
    pub(crate) window: WindowId,
    /// For a lease that a process held for many calls.
    pub(crate) mark: Option<Mark>,
    /// What was charged of other limits.
    pub(crate) holds: Holds,
}

// === impl Guard ===

impl Guard {
    /// The length of the key's windows was changed: the next reservation names the window, and what
    /// was spent stays spent.
    pub(crate) const RENAMED: WindowId = WindowId::from_number(-1);

    /// Whether what is charged to `window` counts now.
    pub(crate) fn is_current(&self, window: WindowId) -> bool {
        self.window == window || self.former.contains(&window)
    }

    /// What is held in the window.
    pub(crate) fn reserved(&self) -> NanoUsd {
        self.leases.values().filter(|lease| self.is_current(lease.window)).map(|l| l.amount).sum()
    }

    /// Ids of leases that expired before `now`.
    pub(crate) fn expired(&self, now: Millis) -> impl Iterator<Item = (&String, &Lease)> {
        self.leases.iter().filter(move |(_, lease)| lease.expires < now)
    }
}
