//! What a call uses beside text: images, seconds, characters, searches.

use sluice_store::NanoUsd;
use sluice_wire::canon::Usage;

use super::cost::{PICO_PER_NANO, nanos};
use super::{Breakdown, Class, ModelPrice, ServiceTier};

/// Parts of a unit that are counted: a second of audio comes in thousandths.
const PARTS: u64 = 1000;

/// Counts by class, exact to a thousandth.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Units {
    counts: Vec<(Class, u64)>,
}

// === impl Units ===

impl Units {
    /// Adds whole units.
    #[must_use]
    pub fn with(self, class: Class, count: u64) -> Self {
        self.with_thousandths(class, count.saturating_mul(PARTS))
    }

    /// Adds thousandths of a unit: milliseconds of a second.
    #[must_use]
    pub fn with_thousandths(mut self, class: Class, count: u64) -> Self {
        if count > 0 {
            self.counts.push((class, count));
        }
        self
    }

    /// Whole units of a class.
    #[must_use]
    pub fn of(&self, class: Class) -> u64 {
        let of_class = self.counts.iter().filter(|(known, _)| *known == class);
        of_class.fold(0_u64, |sum, (_, count)| sum.saturating_add(*count)) / PARTS
    }
}

// === impl ModelPrice ===

impl ModelPrice {
    /// What these units cost, rounded up to a nano-dollar: given and made.
    #[must_use]
    pub fn cost_of_units(&self, units: &Units) -> (NanoUsd, NanoUsd) {
        let (mut given, mut made) = (0_u128, 0_u128);
        for (class, count) in &units.counts {
            let rate = u128::from(self.rate(*class, ServiceTier::Standard, 0).pico());
            let side = if class.is_made() { &mut made } else { &mut given };
            *side = side.saturating_add(rate.saturating_mul(u128::from(*count)));
        }
        let parts = u128::from(PARTS) * PICO_PER_NANO;
        (nanos(given.div_ceil(parts)), nanos(made.div_ceil(parts)))
    }

    /// What a call costs that used tokens and other units.
    #[must_use]
    pub fn cost_of(&self, usage: &Usage, units: &Units) -> Breakdown {
        let mut cost = self.cost(usage);
        let (given, made) = self.cost_of_units(units);
        cost.input = cost.input.saturating_add(given);
        cost.output = cost.output.saturating_add(made);
        cost.total = cost.total.saturating_add(given).saturating_add(made);
        cost
    }

    /// Any of these classes has a price, which may be zero.
    #[must_use]
    pub fn lists(&self, classes: &[Class]) -> bool {
        self.rates.iter().any(|(slot, _)| classes.contains(&slot.class))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::{Rate, RateTable, Slot};

    fn price(rates: &[(Class, u64)]) -> ModelPrice {
        let mut table = RateTable::default();
        for (class, pico) in rates {
            table.set(Slot::base(*class), Rate::from_pico(*pico));
        }
        ModelPrice::of(table)
    }

    #[test]
    fn counts_thousandths_and_rounds_once() {
        // Whisper: $0.006 a minute.
        let whisper = price(&[(Class::SecondInput, 100_000_000)]);
        let cost = |millis| {
            let units = Units::default().with_thousandths(Class::SecondInput, millis);
            whisper.cost_of(&Usage::default(), &units).total.nanos()
        };
        assert_eq!(cost(60_000), 6_000_000);
        assert_eq!(cost(8_470), 847_000);
        assert_eq!(cost(1), 100);
        assert_eq!(cost(0), 0);
    }

    #[test]
    fn tokens_and_units_add_up_on_their_sides() {
        let price = price(&[
            (Class::Input, 5_000_000),
            (Class::ImageTokenInput, 10_000_000),
            (Class::ImageTokenOutput, 40_000_000),
        ]);
        let usage = Usage { input: 10, ..Usage::default() };
        let units =
            Units::default().with(Class::ImageTokenInput, 100).with(Class::ImageTokenOutput, 272);
        let cost = price.cost_of(&usage, &units);
        assert_eq!(cost.input.nanos(), 50_000 + 1_000_000);
        assert_eq!(cost.output.nanos(), 10_880_000);
        assert_eq!(cost.total.nanos(), cost.input.nanos() + cost.output.nanos());
        assert_eq!(units.of(Class::ImageTokenOutput), 272);
    }
}
