//! An instant: milliseconds since 1970, UTC.

use std::fmt;

use jiff::{Timestamp, civil, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::digits;

/// Unix time in milliseconds.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Millis(i64);

/// A text that is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an RFC 3339 date and time")]
pub struct TimeError(String);

// === impl Millis ===

impl Millis {
    /// From milliseconds since 1970.
    pub const fn new(millis: i64) -> Self {
        Self(millis)
    }

    /// In milliseconds since 1970.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// So many milliseconds later.
    #[must_use]
    pub const fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to here; negative where `earlier` is later.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// So much later.
    #[must_use]
    pub fn after(self, duration: std::time::Duration) -> Self {
        self.plus(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
    }

    /// Whole seconds since 1970, as DynamoDB's TTL wants it.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// RFC 3339 in UTC: `2026-11-25T09:00:00Z`, with milliseconds where there are any.
    pub fn rfc3339(self) -> String {
        let at = self.timestamp();
        if self.0.rem_euclid(1000) == 0 { format!("{at:.0}") } else { format!("{at:.3}") }
    }

    /// Reads RFC 3339; an offset may be left out (UTC), and so may the time (midnight).
    ///
    /// # Errors
    /// [`TimeError`] names the text.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let bad = || TimeError(text.chars().take(60).collect());
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(Self(at.as_millisecond()));
        }
        let local: civil::DateTime = text.parse().map_err(|_| bad())?;
        let at = local.to_zoned(TimeZone::UTC).map_err(|_| bad())?;
        Ok(Self(at.timestamp().as_millisecond()))
    }

    /// As the calendar's type; an instant beyond the calendar becomes its end.
    pub(crate) fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    }

    /// Appends the day in UTC, as eight digits.
    pub(crate) fn push_day(self, out: &mut String) {
        push_date(TimeZone::UTC.to_datetime(self.timestamp()), out);
    }

    /// Appends the hour in UTC, as ten digits.
    pub(crate) fn push_hour(self, out: &mut String) {
        let at = TimeZone::UTC.to_datetime(self.timestamp());
        push_date(at, out);
        digits::push(out, at.hour().unsigned_abs().into(), 2);
    }
}

fn push_date(at: civil::DateTime, out: &mut String) {
    digits::push(out, at.year().unsigned_abs().into(), 4);
    digits::push(out, at.month().unsigned_abs().into(), 2);
    digits::push(out, at.day().unsigned_abs().into(), 2);
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(push: fn(Millis, &mut String), at: Millis) -> String {
        let mut text = String::new();
        push(at, &mut text);
        text
    }

    #[test]
    fn writes_and_reads_rfc_3339() {
        for (millis, text) in [
            (1_795_597_200_000, "2026-11-25T09:00:00Z"),
            (1_795_597_200_120, "2026-11-25T09:00:00.120Z"),
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Millis(millis).rfc3339(), text);
            assert_eq!(Millis::parse(text), Ok(Millis(millis)));
        }
    }

    #[test]
    fn reads_other_offsets_and_none() {
        let at = Ok(Millis(1_795_597_200_000));
        assert_eq!(Millis::parse("2026-11-25T10:00:00+01:00"), at);
        assert_eq!(Millis::parse("2026-11-25 09:00:00"), at);
        assert_eq!(Millis::parse("2026-11-25"), Millis::parse("2026-11-25T00:00:00Z"));
        for text in ["", "yesterday", "2026-13-01", "2026-02-30T00:00:00Z"] {
            assert!(Millis::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_instant_beyond_the_calendar_does_not_panic() {
        for millis in [i64::MIN, i64::MAX] {
            assert!(!Millis(millis).rfc3339().is_empty());
            assert!(!written(Millis::push_day, Millis(millis)).is_empty());
        }
    }

    #[test]
    fn days_and_hours_are_utc() {
        let at = Millis::parse("2026-11-25T23:59:59.999Z").unwrap();
        assert_eq!(written(Millis::push_day, at), "20261125");
        assert_eq!(written(Millis::push_hour, at), "2026112523");
    }
}
