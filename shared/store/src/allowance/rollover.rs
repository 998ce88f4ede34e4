//! Budgets whose windows hand on what they leave.
//!
//! A window that ends leaves what it had less what was spent, and that may be less than nothing; the next
//! one has so much more, or less (LiteLLM's `spend - max_budget` at a reset). Nothing is written when a
//! window ends: what is spent is counted in one meter that never resets, and what may have been spent by
//! now is the sum of what the windows so far had.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::{BudgetDuration, Millis, NanoUsd, Span, Window, WindowId};

/// Windows that hand on what they leave, and what they had so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollover {
    /// When the first of them began.
    since: Millis,
    /// As the meter's length is named.
    windows: String,
    /// When the first of them began that has the present budget,
    from: Millis,
    /// and what all before it had.
    granted: NanoUsd,
}

// === impl Rollover ===

impl Rollover {
    /// From the window on that follows the one that it is now; none of windows that are not whole days.
    pub fn begin(duration: &BudgetDuration, now: Millis, zone: &TimeZone) -> Option<Self> {
        let since = duration.window(now, zone).resets_at.filter(|_| duration.is_of_days())?;
        let windows = format!("{duration}+");
        Some(Self { since, windows, from: since, granted: NanoUsd::ZERO })
    }

    /// The window that it is now, and those after it, have another budget than `max`.
    pub fn regrant(
        &mut self,
        max: NanoUsd,
        duration: &BudgetDuration,
        now: Millis,
        zone: &TimeZone,
    ) {
        let current = Millis::new(duration.window(now, zone).id.number());
        if current > self.from {
            let before = duration.windows_between(self.from, current, zone);
            self.granted = self.granted.saturating_add(max.saturating_mul(before));
            self.from = current;
        }
    }

    /// What may have been spent by now since the first window began; none before it has.
    pub fn total(
        &self,
        max: NanoUsd,
        duration: &BudgetDuration,
        now: Millis,
        zone: &TimeZone,
    ) -> Option<NanoUsd> {
        let windows = duration.windows_between(self.from, now, zone).saturating_add(1);
        (now >= self.since).then(|| self.granted.saturating_add(max.saturating_mul(windows)))
    }

    /// In what it counts.
    pub fn span(&self, duration: &BudgetDuration, now: Millis, zone: &TimeZone) -> Span<'_> {
        let resets_at = duration.window(now, zone).resets_at;
        Span::Fixed(&self.windows, Window { id: WindowId::starting(self.since), resets_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Millis {
        Millis::parse(text).unwrap()
    }

    fn usd(text: &str) -> NanoUsd {
        NanoUsd::from_decimal(text).unwrap()
    }

    #[test]
    fn each_window_adds_what_it_has_from_the_next_on() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        for (duration, now, first, second, tenth) in [
            (
                "1d",
                "2026-03-27T12:00:00Z",
                "2026-03-27T23:00:00Z",
                "2026-03-28T23:00:00Z",
                "2026-04-05T22:00:00Z",
            ),
            (
                "7d",
                "2026-03-25T12:00:00Z",
                "2026-03-29T22:00:00Z",
                "2026-04-05T22:00:00Z",
                "2026-05-31T22:00:00Z",
            ),
            (
                "14d",
                "2026-11-23T00:00:00Z",
                "2026-12-06T23:00:00Z",
                "2026-12-20T23:00:00Z",
                "2027-04-11T22:00:00Z",
            ),
            (
                "1mo",
                "2026-11-25T00:00:00Z",
                "2026-11-30T23:00:00Z",
                "2026-12-31T23:00:00Z",
                "2027-08-31T22:00:00Z",
            ),
        ] {
            let duration = BudgetDuration::parse(duration).unwrap();
            let rollover = Rollover::begin(&duration, at(now), &zone).unwrap();
            let total = |now: Millis| rollover.total(usd("2"), &duration, now, &zone);
            assert_eq!(total(at(first).plus(-1)), None, "{duration}");
            assert_eq!(total(at(first)), Some(usd("2")), "{duration}");
            assert_eq!(total(at(second).plus(-1)), Some(usd("2")), "{duration}");
            assert_eq!(total(at(second)), Some(usd("4")), "{duration}");
            assert_eq!(total(at(tenth)), Some(usd("20")), "{duration}");
            assert_eq!(total(at(tenth).plus(-1)), Some(usd("18")), "{duration}");
        }
    }

    #[test]
    fn another_budget_holds_from_the_window_on_in_which_it_is_set() {
        let (day, zone) = (BudgetDuration::parse("1d").unwrap(), TimeZone::UTC);
        let mut rollover = Rollover::begin(&day, at("2026-11-25T12:00:00Z"), &zone).unwrap();
        // Before it begins nothing has been had.
        rollover.regrant(usd("5"), &day, at("2026-11-25T13:00:00Z"), &zone);
        let total = |rollover: &Rollover, max, now| {
            rollover.total(usd(max), &day, at(now), &zone).map(NanoUsd::nanos)
        };
        assert_eq!(total(&rollover, "1", "2026-11-27T00:00:00Z"), Some(2_000_000_000));
        rollover.regrant(usd("1"), &day, at("2026-11-28T10:00:00Z"), &zone);
        rollover.regrant(usd("9"), &day, at("2026-11-28T11:00:00Z"), &zone);
        assert_eq!(total(&rollover, "3", "2026-11-28T12:00:00Z"), Some(5_000_000_000));
        assert_eq!(total(&rollover, "3", "2026-11-29T12:00:00Z"), Some(8_000_000_000));
    }

    #[test]
    fn windows_of_hours_hand_nothing_on() {
        for duration in ["5h", "90m", "30s"] {
            let duration = BudgetDuration::parse(duration).unwrap();
            assert_eq!(
                Rollover::begin(&duration, at("2026-11-25T12:00:00Z"), &TimeZone::UTC),
                None
            );
        }
    }
}
