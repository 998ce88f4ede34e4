//! A part of a whole.

use sluice_store::NanoUsd;

use super::field::Field;

/// A whole, in the unit of a fraction.
const WHOLE: i64 = 1_000_000_000;

/// More than nothing and at most all, in billionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction(u64);

// === impl Fraction ===

impl Fraction {
    pub(super) fn read(field: &Field<'_, '_>) -> Option<Self> {
        let text = field.text()?;
        // Decimals with nine places, exactly: what amounts of money are as well.
        let part = NanoUsd::from_decimal(text.trim()).ok().map(NanoUsd::nanos);
        let part = part.filter(|part| (1..=WHOLE).contains(part));
        let part = part.and_then(|part| u64::try_from(part).ok());
        if part.is_none() {
            field.wrong(
                format!("`{}` is no part of a whole", field.shown()),
                "write a number above 0, at most 1, such as 0.1",
            );
        }
        part.map(Self)
    }

    /// The part of a number, rounded up: of something it is never nothing.
    #[must_use]
    pub fn of(self, number: u64) -> u64 {
        let part = (u128::from(number) * u128::from(self.0)).div_ceil(1_000_000_000);
        u64::try_from(part).unwrap_or(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_rounded_up_and_never_more_than_the_whole() {
        let tenth = Fraction(100_000_000);
        for (number, part) in [(0, 0), (1, 1), (10, 1), (11, 2), (1_000, 100)] {
            assert_eq!(tenth.of(number), part);
        }
        assert_eq!(Fraction(1_000_000_000).of(u64::MAX), u64::MAX);
        assert_eq!(Fraction(1).of(u64::MAX), 18_446_744_074);
    }
}
