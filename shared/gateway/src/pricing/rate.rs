//! A price per unit, exact.

use std::fmt;

/// Pico-dollars (1e-12 USD) in a dollar.
const PICO: u32 = 12;
/// A dollar price per unit above this is a slip of the pen ($1,000,000).
const MOST: u128 = 1_000_000 * 10_u128.pow(PICO);
/// Significant digits that are read. A price printed from a double has 17 at the most.
const DIGITS: usize = 24;

/// Price of one unit (a token, an image, a second) in pico-dollars: 1e-12 USD.
///
/// $0.10 per million tokens is 100,000 pico-dollars a token, so that every list price is a whole
/// number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rate(u64);

/// Why a text is not a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// Not a decimal number.
    #[error("is not a decimal number of dollars per unit, such as 0.0000025 or 2.5e-06")]
    Malformed,
    /// Below zero.
    #[error("is negative; a price is zero or more")]
    Negative,
    /// Above a million dollars per unit.
    #[error("is more than $1,000,000 per unit; prices are in dollars per token, not per million")]
    TooLarge,
}

// === impl Rate ===

impl Rate {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From pico-dollars.
    #[must_use]
    pub const fn from_pico(pico: u64) -> Self {
        Self(pico)
    }

    /// In pico-dollars.
    #[must_use]
    pub const fn pico(self) -> u64 {
        self.0
    }

    /// Reads dollars per unit, `2.5e-06` or `0.0000025`, without going through a float. What is
    /// less than a pico-dollar is rounded up.
    ///
    /// # Errors
    /// [`RateError`] for what is no number, negative or absurd.
    pub fn parse(text: &str) -> Result<Self, RateError> {
        let text = text.trim();
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() {
            return Err(RateError::Malformed);
        }
        let digits = format!("{whole}{fraction}");
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(RateError::Malformed);
        }
        let places = i32::try_from(fraction.len()).map_err(|_| RateError::Malformed)?;
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            return Ok(Self::ZERO);
        }
        if negative {
            return Err(RateError::Negative);
        }
        let significant = digits.trim_end_matches('0');
        if significant.len() > DIGITS {
            return Err(RateError::Malformed);
        }
        let dropped = i32::try_from(digits.len().saturating_sub(significant.len()))
            .map_err(|_| RateError::Malformed)?;
        let number: u128 = significant.parse().map_err(|_| RateError::Malformed)?;
        let shift = exponent.saturating_add(PICO.cast_signed()).saturating_sub(places);
        scale(number, shift.saturating_add(dropped))
    }
}

impl fmt::Display for Rate {
    /// Dollars per million units, the way price lists are written: `$2.5/M`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if rest == 0 {
            return write!(f, "${whole}/M");
        }
        let digits = format!("{rest:06}");
        write!(f, "${whole}.{}/M", digits.trim_end_matches('0'))
    }
}

/// `number * 10^shift` pico-dollars, rounded up.
fn scale(number: u128, shift: i32) -> Result<Rate, RateError> {
    let power = 10_u128.checked_pow(shift.unsigned_abs());
    let pico = if shift >= 0 {
        power.and_then(|power| number.checked_mul(power)).ok_or(RateError::TooLarge)?
    } else {
        // A power that does not fit leaves less than a pico-dollar of any number that does.
        power.map_or(1, |power| number.div_ceil(power))
    };
    if pico > MOST {
        return Err(RateError::TooLarge);
    }
    u64::try_from(pico).map(Rate).map_err(|_| RateError::TooLarge)
}

/// The exponent of a decimal in scientific notation.
fn read_exponent(text: &str) -> Result<i32, RateError> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.len() <= 6;
    if !plain || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(RateError::Malformed);
    }
    text.parse().map_err(|_| RateError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_spelling_of_a_price_exactly() {
        for (text, pico) in [
            ("0", 0),
            ("0.0", 0),
            ("-0.0", 0),
            ("0e5", 0),
            ("1.5e-07", 150_000),
            ("1.5E-07", 150_000),
            ("+1.5e-7", 150_000),
            ("0.00000015", 150_000),
            (".00000015", 150_000),
            ("15e-8", 150_000),
            ("3e-06", 3_000_000),
            ("0.06", 60_000_000_000),
            ("1", 1_000_000_000_000),
            ("1.", 1_000_000_000_000),
            ("1e6", 1_000_000_000_000_000_000),
            ("1000000", 1_000_000_000_000_000_000),
            ("1e-12", 1),
            ("1e-13", 1),
            ("1e-999", 1),
            ("1.0000000000001e-12", 2),
            ("0.0005666666666666667", 566_666_667),
            ("  2.5e-06 ", 2_500_000),
        ] {
            assert_eq!(Rate::parse(text), Ok(Rate(pico)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_price() {
        for text in ["", ".", "e", "1e", "e5", "nan", "inf", "1,5", "0x10", "1_000", "1e1e1", "--1"]
        {
            assert_eq!(Rate::parse(text), Err(RateError::Malformed), "{text}");
        }
        assert_eq!(Rate::parse("-1e-6"), Err(RateError::Negative));
        for text in ["1e7", "1e999", "1000001", "999999999999999999999999"] {
            assert_eq!(Rate::parse(text), Err(RateError::TooLarge), "{text}");
        }
    }

    #[test]
    fn shows_dollars_per_million() {
        assert_eq!(Rate(150_000).to_string(), "$0.15/M");
        assert_eq!(Rate(3_000_000).to_string(), "$3/M");
        assert_eq!(Rate(1).to_string(), "$0.000001/M");
    }
}
