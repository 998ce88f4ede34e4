//! The guard: one item a key, in which all that a call needs is decided by one write.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::{
    KeyHash, Millis, NanoUsd, WindowId,
    item::{Item, key, money, n, number},
};

/// Money reserved under an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) amount: NanoUsd,
    /// When it counts as crashed.
    pub(crate) expires: Millis,
    /// The window that it is charged to.
    pub(crate) window: WindowId,
}

/// A guard as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Guard {
    /// Version of the key's record; negative for a key that was deleted.
    pub(crate) version: i64,
    /// The window that `spent` and `rem` are of.
    pub(crate) window: WindowId,
    /// The record's version at which the window was set.
    pub(crate) window_version: i64,
    /// Limit less spent less reserved; counted from zero for a key without a limit.
    pub(crate) rem: NanoUsd,
    pub(crate) spent: NanoUsd,
    pub(crate) total: NanoUsd,
    /// Calls under way.
    pub(crate) live: BTreeMap<String, Lease>,
    /// Calls that were charged in full because nobody settled them, and still may.
    pub(crate) expired: BTreeMap<String, Lease>,
}

/// Where a key's guard is.
pub(crate) fn guard_key(hash: &KeyHash) -> Item {
    key(format!("K#{hash}"), "GUARD")
}

// === impl Lease ===

impl Lease {
    /// As it is stored.
    pub(crate) fn value(&self) -> AttributeValue {
        AttributeValue::M(Item::from([
            ("a".to_owned(), money(self.amount)),
            ("x".to_owned(), n(self.expires.get())),
            ("w".to_owned(), n(self.window.number())),
        ]))
    }

    fn read(value: &AttributeValue) -> Option<Self> {
        let item = value.as_m().ok()?;
        Some(Self {
            amount: NanoUsd::from_nanos(number(item, "a")?),
            expires: Millis::new(number(item, "x")?),
            window: WindowId::from_number(number(item, "w")?),
        })
    }
}

// === impl Guard ===

impl Guard {
    /// Reads an item.
    pub(crate) fn read(item: &Item) -> Self {
        let amount = |name: &str| NanoUsd::from_nanos(number(item, name).unwrap_or(0));
        let leases = |name: &str| {
            item.get(name)
                .and_then(|value| value.as_m().ok())
                .into_iter()
                .flatten()
                .filter_map(|(id, value)| Some((id.clone(), Lease::read(value)?)))
                .collect()
        };
        Self {
            version: number(item, "ver").unwrap_or(-1),
            window: WindowId::from_number(number(item, "w").unwrap_or(0)),
            window_version: number(item, "wv").unwrap_or(0),
            rem: amount("rem"),
            spent: amount("spent"),
            total: amount("total"),
            live: leases("r"),
            expired: leases("x"),
        }
    }

    /// What is held by calls of the guard's own window.
    pub(crate) fn reserved(&self) -> NanoUsd {
        self.live
            .values()
            .filter(|lease| lease.window == self.window)
            .fold(NanoUsd::ZERO, |sum, lease| sum.saturating_add(lease.amount))
    }
}
