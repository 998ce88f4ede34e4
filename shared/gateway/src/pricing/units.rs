//! What a call uses beside text: images, seconds, characters, searches.

use std::time::Duration;

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

    /// Adds the time that a call took, to a thousandth of a second.
    #[must_use]
    pub fn with_time(self, time: Duration) -> Self {
        let millis = u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
        self.with_thousandths(Class::SecondInput, millis)
            .with_thousandths(Class::SecondOutput, millis)
    }

    /// Seconds were counted.
    #[must_use]
    pub fn has_seconds(&self) -> bool {
        let seconds = [Class::SecondInput, Class::SecondOutput];
        self.counts.iter().any(|(class, _)| seconds.contains(class))
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

    /// What a call costs that used tokens and other units, served at the standard tier.
    #[must_use]
    pub fn cost_of(&self, usage: &Usage, units: &Units) -> Breakdown {
        self.cost_of_at(usage, units, ServiceTier::Standard)
    }

    /// As [`cost_of`](Self::cost_of), served at `tier`.
    #[must_use]
    pub fn cost_of_at(&self, usage: &Usage, units: &Units, tier: ServiceTier) -> Breakdown {
        let mut cost = self.cost_at(usage, tier);
        let (given, made) = self.cost_of_units(units);
        cost.input = cost.input.saturating_add(given);
        cost.output = cost.output.saturating_add(made);
        cost.total = cost.total.saturating_add(given).saturating_add(made);
        cost
    }

    /// A model of tokens whose price is by the time that a call takes (SageMaker, Bedrock's
    /// commitments): it lists seconds, and no token, request or character.
    #[must_use]
    pub fn is_by_time(&self) -> bool {
        const OTHERS: [Class; 5] = [
            Class::Input,
            Class::Output,
            Class::Request,
            Class::CharacterInput,
            Class::CharacterOutput,
        ];
        self.lists(&[Class::SecondInput, Class::SecondOutput]) && !self.lists(&OTHERS)
    }

    /// What a call costs that takes so long, at such a price. Where a second has two prices both
    /// are paid.
    #[must_use]
    pub fn cost_of_time(&self, time: Duration) -> NanoUsd {
        let (given, made) = self.cost_of_units(&Units::default().with_time(time));
        given.saturating_add(made)
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
    fn a_call_priced_by_time_pays_for_the_time_it_takes() {
        // LiteLLM's example for SageMaker: $0.00042 a second.
        let endpoint = price(&[(Class::SecondInput, 420_000_000)]);
        assert!(endpoint.is_by_time());
        assert_eq!(endpoint.cost_of_time(Duration::from_millis(1_500)).nanos(), 630_000);
        assert_eq!(endpoint.cost_of_time(Duration::from_nanos(1)).nanos(), 420);
        let both = price(&[(Class::SecondInput, 1_000), (Class::SecondOutput, 2_000)]);
        assert_eq!(both.cost_of_time(Duration::from_secs(10)).nanos(), 30);
        let tokens = price(&[(Class::SecondInput, 1_000), (Class::Input, 0)]);
        assert!(!tokens.is_by_time());
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
