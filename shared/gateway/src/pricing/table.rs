//! The prices of one model, and which of them holds for a request.

use super::{Class, Rate, ServiceTier, Slot};

/// Prices by slot. Few, so that a scan beats any index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RateTable {
    slots: Vec<(Slot, Rate)>,
}

// === impl RateTable ===

impl RateTable {
    /// Sets a price, replacing the one there is.
    pub fn set(&mut self, slot: Slot, rate: Rate) {
        match self.slots.iter_mut().find(|(known, _)| *known == slot) {
            Some((_, known)) => *known = rate,
            None => self.slots.push((slot, rate)),
        }
    }

    /// Puts every price of `other` in place of this table's.
    pub fn merge(&mut self, other: &Self) {
        for (slot, rate) in &other.slots {
            self.set(*slot, *rate);
        }
    }

    /// All prices, in the order in which they were set.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, Rate)> + '_ {
        self.slots.iter().copied()
    }

    /// No price at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The price of exactly this slot.
    #[must_use]
    pub fn get(&self, slot: Slot) -> Option<Rate> {
        self.slots.iter().find(|(known, _)| *known == slot).map(|(_, rate)| *rate)
    }

    /// The price of a class for a request of `prompt` tokens served at `tier`.
    ///
    /// The highest threshold that the prompt exceeds decides for the whole request. Where it, or
    /// the service tier, says nothing about a class, the next lower one does, and last the
    /// standard tier: a provider that publishes no priority price for cache reads bills them as
    /// ever.
    #[must_use]
    pub fn listed(&self, class: Class, tier: ServiceTier, prompt: u64) -> Option<Rate> {
        let reached = self.slots.iter().filter(|(slot, _)| {
            let at_tier = slot.tier == tier || slot.tier == ServiceTier::Standard;
            slot.class == class && at_tier && (slot.above == 0 || prompt > slot.above)
        });
        let chosen = reached.max_by_key(|(slot, _)| (slot.above, slot.tier == tier));
        chosen.map(|(_, rate)| *rate)
    }

    /// As [`listed`](Self::listed), and where the class has no price, that of the class it is a
    /// kind of: cached and audio prompt tokens are prompt tokens, reasoning is completion.
    #[must_use]
    pub fn rate(&self, class: Class, tier: ServiceTier, prompt: u64) -> Rate {
        let mut class = class;
        loop {
            if let Some(rate) = self.listed(class, tier, prompt) {
                return rate;
            }
            class = match class {
                Class::CacheWrite1h => Class::CacheWrite5m,
                Class::CacheReadAudio => Class::CacheRead,
                Class::CacheRead
                | Class::CacheWrite5m
                | Class::AudioInput
                | Class::ImageTokenInput => Class::Input,
                Class::Reasoning | Class::AudioOutput | Class::ImageTokenOutput => Class::Output,
                _ => return Rate::ZERO,
            };
        }
    }

    /// Prompt lengths at which prices change for a request of up to `most` prompt tokens: one
    /// length in each band (a threshold is in the band below it), `most` in the last.
    pub(super) fn bands(&self, most: u64) -> impl Iterator<Item = u64> + '_ {
        let thresholds = self.slots.iter().map(|(slot, _)| slot.above);
        thresholds.filter(move |above| (1..most).contains(above)).chain(std::iter::once(most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STANDARD: ServiceTier = ServiceTier::Standard;

    fn table(text: &str) -> RateTable {
        let mut table = RateTable::default();
        for item in text.split(' ') {
            let (code, pico) = item.split_once('=').unwrap();
            table.set(Slot::from_code(code).unwrap(), Rate::from_pico(pico.parse().unwrap()));
        }
        table
    }

    fn pico(table: &RateTable, class: Class, tier: ServiceTier, prompt: u64) -> u64 {
        table.rate(class, tier, prompt).pico()
    }

    #[test]
    fn a_threshold_holds_from_the_next_token_on() {
        let table = table("i=3 i@200=6 i@500=9 o=10");
        assert_eq!(pico(&table, Class::Input, STANDARD, 200), 3);
        assert_eq!(pico(&table, Class::Input, STANDARD, 201), 6);
        assert_eq!(pico(&table, Class::Input, STANDARD, 500), 6);
        assert_eq!(pico(&table, Class::Input, STANDARD, 501), 9);
        assert_eq!(pico(&table, Class::Output, STANDARD, 501), 10);
    }

    #[test]
    fn a_service_tier_falls_back_to_the_standard_one() {
        let table = table("i=3 p.i=5 i@200=6 r=1 f.r=0");
        assert_eq!(pico(&table, Class::Input, ServiceTier::Priority, 1), 5);
        assert_eq!(pico(&table, Class::Input, ServiceTier::Priority, 201), 6);
        assert_eq!(pico(&table, Class::Input, ServiceTier::Flex, 1), 3);
        assert_eq!(pico(&table, Class::CacheRead, ServiceTier::Priority, 1), 1);
        assert_eq!(pico(&table, Class::CacheRead, ServiceTier::Flex, 1), 0);
    }

    #[test]
    fn a_class_without_a_price_costs_what_its_kind_costs() {
        let all = table("i=3 o=7 w=4");
        assert_eq!(pico(&all, Class::CacheRead, STANDARD, 1), 3);
        assert_eq!(pico(&all, Class::CacheReadAudio, STANDARD, 1), 3);
        assert_eq!(pico(&all, Class::CacheWrite1h, STANDARD, 1), 4);
        assert_eq!(pico(&all, Class::AudioInput, STANDARD, 1), 3);
        assert_eq!(pico(&all, Class::Reasoning, STANDARD, 1), 7);
        assert_eq!(pico(&all, Class::AudioOutput, STANDARD, 1), 7);
        assert_eq!(pico(&all, Class::Request, STANDARD, 1), 0);
        assert_eq!(pico(&table("i=3"), Class::CacheWrite1h, STANDARD, 1), 3);
    }

    #[test]
    fn merging_replaces_field_by_field() {
        let mut all = table("i=3 o=7 i@200=6");
        all.merge(&table("i=1 r=0"));
        assert_eq!(all, table("i=1 o=7 i@200=6 r=0"));
    }
}
