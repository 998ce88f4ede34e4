//! Money: whole nano-dollars in an `i64`. A token of the cheapest model costs tens of nano-dollars,
//! and nine billion dollars fit. No float touches it (docs/adr/0004-money-type.md).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digits;

/// Nano-dollars in a dollar.
const SCALE: i64 = 1_000_000_000;
/// Decimal places of a nano-dollar.
const PLACES: usize = 9;
/// The longest text that is tried as an amount.
const LONGEST: usize = 128;
/// Bytes of the longest amount as a decimal.
const WRITTEN: usize = 21;

/// An amount of US dollars, exact to the billionth.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct NanoUsd(i64);

/// A text or number that is no amount of money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a decimal number: `NaN`, `inf`, letters, nothing.
    #[error("`{0}` is not a decimal number")]
    NotANumber(String),
    /// Beyond about 9.2 billion dollars either way.
    #[error("`{0}` is more than 9,223,372,036 dollars")]
    TooLarge(String),
}

// === impl NanoUsd ===

impl NanoUsd {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount there is, about 9.2 billion dollars.
    pub const MAX: Self = Self(i64::MAX);

    /// From whole nano-dollars.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// In whole nano-dollars.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Reads a decimal number of dollars, exactly: `1.5`, `-2`, `1e-6`, `.5`. What is below a
    /// nano-dollar is rounded up, never away: a price can not become free by being small.
    ///
    /// # Errors
    /// [`MoneyError`] for what is no finite decimal number, or is too large to be money.
    pub fn from_decimal(text: &str) -> Result<Self, MoneyError> {
        let shown = || text.chars().take(40).collect::<String>();
        if text.len() > LONGEST {
            return Err(MoneyError::NotANumber(shown()));
        }
        let number = Decimal::parse(text).ok_or_else(|| MoneyError::NotANumber(shown()))?;
        number.nanos().map(Self).ok_or_else(|| MoneyError::TooLarge(shown()))
    }

    /// Reads a JSON number through its shortest decimal text.
    ///
    /// # Errors
    /// As [`NanoUsd::from_decimal`].
    pub fn from_json(number: &serde_json::Number) -> Result<Self, MoneyError> {
        Self::from_decimal(&number.to_string())
    }

    /// The shortest exact decimal in dollars, never with an exponent: `0.000001234`, `1.5`, `2`.
    pub fn to_decimal(self) -> String {
        let magnitude = self.0.unsigned_abs();
        let scale = SCALE.unsigned_abs();
        let (whole, part) = (magnitude / scale, magnitude % scale);
        let mut text = String::with_capacity(WRITTEN);
        if self.0 < 0 {
            text.push('-');
        }
        digits::push(&mut text, whole, 1);
        if part != 0 {
            text.push('.');
            digits::push(&mut text, part, PLACES);
            text.truncate(text.trim_end_matches('0').len());
        }
        text
    }

    /// As a JSON number of dollars, for answers. Exact up to fifteen significant digits, which is
    /// every amount below a million dollars; it is never read back.
    pub fn to_json_number(self) -> serde_json::Number {
        self.to_decimal()
            .parse::<f64>()
            .ok()
            .and_then(serde_json::Number::from_f64)
            .unwrap_or_else(|| serde_json::Number::from(0))
    }

    /// The sum, or the largest amount there is.
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, or the smallest amount there is.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The product with a count, or the largest amount there is.
    pub const fn saturating_mul(self, times: i64) -> Self {
        Self(self.0.saturating_mul(times))
    }

    /// The sum, if it is an amount.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, if it is an amount.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

impl fmt::Display for NanoUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_decimal())
    }
}

impl std::iter::Sum for NanoUsd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::saturating_add)
    }
}

/// A decimal number as it is written: digits, and where the point stands among them.
struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    /// Digits before the point; negative where zeros follow the point first.
    point: i64,
}

// === impl Decimal ===

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix(['-', '+']) {
            Some(rest) => (text.starts_with('-'), rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: Vec<u8> = whole.bytes().chain(part.bytes()).collect();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let point = i64::try_from(whole.len()).ok()?.checked_add(i64::from(exponent))?;
        Some(Self { negative, digits, point })
    }

    /// The number in nano-dollars, rounded towards more; `None` where it does not fit.
    fn nanos(&self) -> Option<i64> {
        let kept = self.point.checked_add(i64::try_from(PLACES).ok()?)?;
        let mut nanos: i64 = 0;
        let mut below = false;
        for (place, digit) in self.digits.iter().enumerate() {
            let digit = i64::from(digit.checked_sub(b'0')?);
            if i64::try_from(place).ok()? < kept {
                nanos = nanos.checked_mul(10)?.checked_add(digit)?;
            } else {
                below |= digit != 0;
            }
        }
        let missing = kept.saturating_sub(i64::try_from(self.digits.len()).ok()?);
        if nanos != 0 {
            for _ in 0..missing.max(0) {
                nanos = nanos.checked_mul(10)?;
            }
        }
        match (self.negative, below) {
            (true, _) => Some(-nanos),
            (false, true) => nanos.checked_add(1),
            (false, false) => Some(nanos),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_decimals_exactly() {
        for (text, nanos) in [
            ("0", 0),
            ("1", 1_000_000_000),
            ("1.5", 1_500_000_000),
            (".5", 500_000_000),
            ("5.", 5_000_000_000),
            ("+2", 2_000_000_000),
            ("-2.25", -2_250_000_000),
            ("1e-6", 1_000),
            ("1E-6", 1_000),
            ("2.5e-07", 250),
            ("1.5e3", 1_500_000_000_000),
            ("0.000000001", 1),
            ("0.0000000001", 1),
            ("1.0000000001", 1_000_000_001),
            ("1e-400", 1),
            ("0e400", 0),
            ("-0.0000000001", 0),
            ("0.1", 100_000_000),
            ("9223372036.854775807", i64::MAX),
            ("000000000000000000001", 1_000_000_000),
        ] {
            assert_eq!(NanoUsd::from_decimal(text), Ok(NanoUsd(nanos)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_money() {
        for text in [
            "", "-", ".", "NaN", "inf", "-inf", "1.2.3", "1,5", "0x10", " 1", "1e", "e5", "١",
            "--1",
        ] {
            assert!(
                matches!(NanoUsd::from_decimal(text), Err(MoneyError::NotANumber(_))),
                "{text}"
            );
        }
        for text in ["9223372036.854775808", "1e10", "1e300", "1e2147483647"] {
            assert!(matches!(NanoUsd::from_decimal(text), Err(MoneyError::TooLarge(_))), "{text}");
        }
        assert!(NanoUsd::from_decimal(&"1".repeat(200)).is_err());
    }

    #[test]
    fn writes_the_shortest_exact_decimal() {
        for (nanos, text) in [
            (0, "0"),
            (1, "0.000000001"),
            (1_234, "0.000001234"),
            (1_500_000_000, "1.5"),
            (-2_250_000_000, "-2.25"),
            (i64::MAX, "9223372036.854775807"),
            (i64::MIN, "-9223372036.854775808"),
        ] {
            assert_eq!(NanoUsd(nanos).to_decimal(), text);
        }
    }

    #[test]
    fn json_numbers_come_and_go() {
        let number: serde_json::Number = serde_json::from_str("2.5e-7").unwrap();
        assert_eq!(NanoUsd::from_json(&number), Ok(NanoUsd(250)));
        assert_eq!(NanoUsd(250).to_json_number().to_string(), "2.5e-7");
        assert_eq!(NanoUsd(123_456_789_012_345).to_json_number().to_string(), "123456.789012345");
        assert_eq!(serde_json::to_string(&NanoUsd(7)).unwrap(), "7");
    }
}
