//! How long a key lives: counted exactly from now, unlike a budget's window.

use jiff::{Span, tz::TimeZone};

use super::duration::{DurationError, Unit};
use crate::Millis;

/// A length of time; months follow the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime(Unit);

// === impl Lifetime ===

impl Lifetime {
    /// The end of a life that begins at `now`. A month later is the same day of the next month, or
    /// its last.
    pub fn add_to(self, now: Millis) -> Millis {
        let exact = |n: i64, unit_ms: i64| now.plus(n.saturating_mul(unit_ms));
        match self.0 {
            Unit::Seconds(n) => exact(n, 1_000),
            Unit::Minutes(n) => exact(n, 60_000),
            Unit::Hours(n) => exact(n, 3_600_000),
            Unit::Days(n) => exact(n, 86_400_000),
            Unit::Months(n) => Span::new()
                .try_months(n)
                .and_then(|span| now.timestamp().to_zoned(TimeZone::UTC).checked_add(span))
                .map_or(exact(n, 30 * 86_400_000), |end| {
                    Millis::new(end.timestamp().as_millisecond())
                }),
        }
    }
}

/// Reads a lifetime: `30s`, `30m`, `30h`, `30d`, `1w`, `2mo`.
///
/// # Errors
/// [`DurationError`] says what would be right.
pub fn parse_lifetime(text: &str) -> Result<Lifetime, DurationError> {
    Unit::parse(text).map(Lifetime)
}

/// When a life that begins at `now` and lasts `text` ends.
///
/// # Errors
/// As [`parse_lifetime`].
pub fn lifetime_end(text: &str, now: Millis) -> Result<Millis, DurationError> {
    Ok(parse_lifetime(text)?.add_to(now))
}
