//! How a budget's window is written.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A number and a unit, as LiteLLM writes them: `30s`, `30m`, `24h`, `1d`, `1w`, `1mo`, or `hourly`,
/// `daily`, `weekly`, `monthly`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BudgetDuration {
    text: String,
    unit: Unit,
}

/// A text that is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Not a number followed by a unit.
    #[error("`{0}` is no duration: write a number and one of s, m, h, d, w, mo, e.g. `30d`")]
    Unreadable(String),
    /// Nothing lasts no time.
    #[error("`{0}` lasts no time")]
    Zero(String),
    /// Windows of several months have no standard beginning.
    #[error("`{0}`: monthly resets support 1 month only")]
    Months(String),
    /// More than a thousand years.
    #[error("`{0}` is too long")]
    TooLong(String),
}

/// A parsed duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Unit {
    Seconds(i64),
    Minutes(i64),
    Hours(i64),
    Days(i64),
    Months(i64),
}

// === impl BudgetDuration ===

impl BudgetDuration {
    /// Reads a duration.
    ///
    /// # Errors
    /// [`DurationError`] says what would be right.
    pub fn parse(text: &str) -> Result<Self, DurationError> {
        let unit = Unit::parse(text)?;
        if matches!(unit, Unit::Months(n) if n != 1) {
            return Err(DurationError::Months(shown(text)));
        }
        Ok(Self { text: text.trim().to_owned(), unit })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) const fn unit(&self) -> Unit {
        self.unit
    }
}

impl fmt::Display for BudgetDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for BudgetDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for BudgetDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

// === impl Unit ===

impl Unit {
    pub(super) fn parse(text: &str) -> Result<Self, DurationError> {
        let bad = || DurationError::Unreadable(shown(text));
        let lower = text.trim().to_ascii_lowercase();
        let written = match lower.as_str() {
            "hourly" => "1h",
            "daily" => "24h",
            "weekly" => "7d",
            "monthly" => "30d",
            other => other,
        };
        let unit = written.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = written.strip_suffix(unit).unwrap_or_default();
        if digits.is_empty() {
            return Err(bad());
        }
        let number: i64 = digits.parse().map_err(|_| DurationError::TooLong(shown(text)))?;
        if number == 0 {
            return Err(DurationError::Zero(shown(text)));
        }
        let unit = match unit {
            "s" | "sec" | "second" | "seconds" => Self::Seconds(number),
            "m" | "min" | "minute" | "minutes" => Self::Minutes(number),
            "h" | "hr" | "hour" | "hours" => Self::Hours(number),
            "d" | "day" | "days" => Self::Days(number),
            "w" | "week" | "weeks" => Self::Days(number.saturating_mul(7)),
            "mo" | "month" | "months" => Self::Months(number),
            _ => return Err(bad()),
        };
        if unit.seconds() > 1000 * 366 * 86_400 {
            return Err(DurationError::TooLong(shown(text)));
        }
        Ok(unit)
    }

    /// How many seconds it lasts, a month taken as the longest.
    const fn seconds(self) -> i64 {
        match self {
            Self::Seconds(n) => n,
            Self::Minutes(n) => n.saturating_mul(60),
            Self::Hours(n) => n.saturating_mul(3_600),
            Self::Days(n) => n.saturating_mul(86_400),
            Self::Months(n) => n.saturating_mul(31 * 86_400),
        }
    }
}

fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}
