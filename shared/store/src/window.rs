//! Budget windows, computed from the clock: no job resets anything, and a window begins at its
//! exact instant. The rules are LiteLLM's standardised resets, in the operator's time zone:
//!
//! | written | begins |
//! |---|---|
//! | `1d` | each midnight |
//! | `7d`, `1w` | each Monday |
//! | `30d`, `1mo` | each first of the month |
//! | other days and weeks | every N days, counted from Monday 1970-01-05 |
//! | hours | at the hours of the day that are multiples of N; the last one runs on to (hour mod 24) of the next day, from where the multiples go on |
//! | minutes, seconds | the same within the hour, the minute |
//! | minutes and seconds from 60 up | whole hours (minutes) as such; else every N, counted from 1970 UTC |
//!
//! Two of these have to differ from LiteLLM, whose resets depend on what happened before: its `3d`
//! counts from the key's creation, its `5h` skips the short window after midnight for a key that
//! was made within it. Here the window is a function of the instant alone, so that every process
//! agrees on it without asking.

mod duration;
mod lifetime;
mod reset;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::Millis;

pub use duration::{BudgetDuration, DurationError};
pub use lifetime::{Lifetime, lifetime_end, parse_lifetime};

/// Names a window by the instant at which it began, in milliseconds; 0 where there are no windows.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct WindowId(i64);

/// A stretch of time with a budget of its own. The default is the one that never ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// Which one.
    pub id: WindowId,
    /// When the next one begins.
    pub resets_at: Option<Millis>,
}

// === impl Window ===

impl Window {
    /// The day that `now` lies in, by the clocks of `zone`.
    pub fn day(now: Millis, zone: &TimeZone) -> Self {
        reset::window(duration::Unit::Days(1), now, zone).unwrap_or_default()
    }
}

// === impl WindowId ===

impl WindowId {
    /// The one window of a budget that never resets.
    pub const NONE: Self = Self(0);

    /// The window that begins at `start`.
    pub const fn starting(start: Millis) -> Self {
        Self(start.get())
    }

    /// From the number that is stored.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// As the number that is stored.
    pub const fn number(self) -> i64 {
        self.0
    }
}

// === impl BudgetDuration ===

impl BudgetDuration {
    /// Whether its windows are whole days, weeks or months.
    pub fn is_of_days(&self) -> bool {
        matches!(self.unit(), duration::Unit::Days(_) | duration::Unit::Months(_))
    }

    /// How many windows of whole days begin after the one that `from` is in, up to the one that `to` is in.
    pub(crate) fn windows_between(&self, from: Millis, to: Millis, zone: &TimeZone) -> i64 {
        reset::between_days(self.unit(), from, to, zone).unwrap_or(0).max(0)
    }

    /// The window that `now` lies in, by the clocks of `zone`.
    pub fn window(&self, now: Millis, zone: &TimeZone) -> Window {
        // Only instants thousands of years away have no window.
        reset::window(self.unit(), now, zone).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
