//! The price that a deployment's calls are charged at.

use super::{Catalogue, Class, Rate, RateTable, ServiceTier, Slot, Wanted};

/// What a config file says about a deployment's price and limits, instead of or beside the
/// catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Override {
    /// Prices that take the place of the catalogue's, field by field.
    pub rates: RateTable,
    /// Costs nothing, whatever the catalogue says (`model_info.free: true`).
    pub free: bool,
    /// Prompt tokens it takes at most.
    pub max_input: Option<u64>,
    /// Completion tokens it gives at most.
    pub max_output: Option<u64>,
}

/// Who said what a model costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceSource {
    /// The catalogue in the binary.
    Builtin,
    /// The config file, at least in part.
    Override,
    /// The config file says that it is free.
    Free,
}

/// Prices and limits of one deployment, ready to charge by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPrice {
    /// Prices by class, service tier and prompt length.
    pub rates: RateTable,
    /// Prompt tokens it takes at most.
    pub max_input: Option<u64>,
    /// Completion tokens it gives at most.
    pub max_output: Option<u64>,
    /// Who said so.
    pub source: PriceSource,
    /// Where the prices came from, for usage rows.
    version: String,
}

/// The version of a price that the config file says.
const CONFIGURED: &str = "config";

// === impl Override ===

impl Override {
    /// Says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

// === impl ModelPrice ===

impl ModelPrice {
    /// The price of a model: the catalogue's, with the deployment's own in the place of what they
    /// replace. `None` when nobody says what anything of it costs; such a model is not to be called
    /// under a money budget.
    #[must_use]
    pub fn resolve(
        catalogue: &Catalogue,
        wanted: &Wanted<'_>,
        own: Option<&Override>,
    ) -> Option<Self> {
        let listed = wanted.find(catalogue);
        let mut price = Self {
            rates: RateTable::default(),
            max_input: listed.as_ref().and_then(|entry| entry.max_input),
            max_output: listed.as_ref().and_then(|entry| entry.max_output),
            source: PriceSource::Builtin,
            version: String::new(),
        };
        if let Some(entry) = listed.filter(|entry| !entry.rates.is_empty()) {
            price.rates = entry.rates;
            price.version = catalogue.version().to_owned();
        }
        if let Some(own) = own {
            price.apply(own);
        }
        (price.source == PriceSource::Free || price.is_charged()).then_some(price)
    }

    /// A price that no catalogue has a part in.
    #[must_use]
    pub fn of(rates: RateTable) -> Self {
        let source = PriceSource::Override;
        let version = CONFIGURED.to_owned();
        Self { rates, max_input: None, max_output: None, source, version }
    }

    /// The same, out of a price list of this version.
    #[must_use]
    pub(crate) fn listed(self, version: &str) -> Self {
        Self { source: PriceSource::Builtin, version: version.to_owned(), ..self }
    }

    /// Where the prices came from: the catalogue's version, `2026-11-25-6f05edd1`; that with
    /// `+config`, where the config file replaced some; `config` or `free` where it said it all.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// No call can cost anything.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.rates.iter().all(|(slot, rate)| !slot.class.is_charged() || rate == Rate::ZERO)
    }

    /// The standard price of a class for short prompts, for lists of models.
    #[must_use]
    pub fn base(&self, class: Class) -> Option<Rate> {
        self.rates.get(Slot::base(class))
    }

    /// A price in force for a request; see [`RateTable::rate`].
    #[must_use]
    pub fn rate(&self, class: Class, tier: ServiceTier, prompt: u64) -> Rate {
        self.rates.rate(class, tier, prompt)
    }

    /// It says what a token costs, or a request, or that nothing does: prices by the image or the
    /// second alone do not bound a chat.
    #[must_use]
    pub fn prices_tokens(&self) -> bool {
        self.source == PriceSource::Free
            || self.lists(&[Class::Input, Class::Output, Class::Request])
    }

    /// Something that a call can be charged by is priced.
    fn is_charged(&self) -> bool {
        self.rates.iter().any(|(slot, _)| slot.class.is_charged())
    }

    fn apply(&mut self, own: &Override) {
        self.max_input = own.max_input.or(self.max_input);
        self.max_output = own.max_output.or(self.max_output);
        if own.free {
            self.rates = RateTable::default();
            self.source = PriceSource::Free;
            "free".clone_into(&mut self.version);
        } else if !own.rates.is_empty() {
            self.rates.merge(&own.rates);
            let plus = if self.version.is_empty() { "" } else { "+" };
            self.version.push_str(plus);
            self.version.push_str(CONFIGURED);
            self.source = PriceSource::Override;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(model: &str) -> Wanted<'_> {
        Wanted { provider: "openai", model, ..Wanted::default() }
    }

    fn own(class: Class, pico: u64) -> Override {
        let mut own = Override::default();
        own.rates.set(Slot::base(class), Rate::from_pico(pico));
        own
    }

    #[test]
    fn the_catalogue_alone_names_its_version() {
        let catalogue = Catalogue::builtin();
        let price = ModelPrice::resolve(&catalogue, &wanted("gpt-4o"), None).unwrap();
        assert_eq!(price.source, PriceSource::Builtin);
        assert_eq!(price.version(), catalogue.version());
        assert_eq!(price.max_output, Some(16_384));
        assert!(!price.is_free());
    }

    #[test]
    fn an_override_replaces_fields() {
        let catalogue = Catalogue::builtin();
        let own = Override { max_output: Some(99), ..own(Class::Input, 7) };
        let price = ModelPrice::resolve(&catalogue, &wanted("gpt-4o"), Some(&own)).unwrap();
        assert_eq!(price.source, PriceSource::Override);
        assert_eq!(price.version(), format!("{}+config", catalogue.version()));
        assert_eq!(price.base(Class::Input), Some(Rate::from_pico(7)));
        assert_eq!(price.base(Class::Output), Some(Rate::from_pico(10_000_000)));
        assert_eq!((price.max_input, price.max_output), (Some(128_000), Some(99)));
    }

    #[test]
    fn an_unknown_model_needs_a_price_or_a_word_that_it_is_free() {
        let catalogue = Catalogue::builtin();
        let unknown = wanted("our-own-model");
        assert_eq!(ModelPrice::resolve(&catalogue, &unknown, None), None);
        let limits = Override { max_input: Some(8), ..Override::default() };
        assert_eq!(ModelPrice::resolve(&catalogue, &unknown, Some(&limits)), None);
        let image = own(Class::ImageInput, 7);
        let image = ModelPrice::resolve(&catalogue, &unknown, Some(&image)).unwrap();
        assert!(!image.prices_tokens());
        let page = own(Class::Page, 7);
        assert_eq!(ModelPrice::resolve(&catalogue, &unknown, Some(&page)), None);
        let priced =
            ModelPrice::resolve(&catalogue, &unknown, Some(&own(Class::Input, 7))).unwrap();
        assert_eq!((priced.source, priced.version()), (PriceSource::Override, "config"));
        let free = Override { free: true, ..Override::default() };
        let free = ModelPrice::resolve(&catalogue, &unknown, Some(&free)).unwrap();
        assert!(free.is_free());
        assert_eq!(free.source, PriceSource::Free);
    }

    #[test]
    fn a_listed_zero_is_free() {
        let zero =
            ModelPrice::resolve(&Catalogue::builtin(), &wanted("x"), Some(&own(Class::Input, 0)));
        assert!(zero.unwrap().is_free());
    }
}
