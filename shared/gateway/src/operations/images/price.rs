//! What images cost: by the token where the model is priced so, else by the piece, by size and
//! quality where the catalogue knows these apart.

use sluice_store::NanoUsd;
use sluice_wire::canon::Usage;

use crate::{
    pricing::{Catalogue, Class, ModelPrice, PriceSource, Units, Wanted},
    registry::Member,
};

/// Output tokens of an image of 1024 by 1536 pixels at the highest quality (OpenAI, "Image generation",
/// "Cost and latency").
const TOKENS: u64 = 6_240;
/// Pixels of that image.
const PIXELS: u64 = 1024 * 1536;
/// Tokens that an image in parts adds.
const PARTIAL: u64 = 100;
/// Tokens of an image that is given, at most.
const GIVEN: u64 = 10_000;
/// Prices by the piece.
const PIECES: [Class; 4] =
    [Class::ImageOutput, Class::ImageInput, Class::PixelOutput, Class::PixelInput];

/// What is to be charged for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pictures<'a> {
    pub(super) size: Option<(u64, u64)>,
    pub(super) quality: Option<&'a str>,
    /// More than 50 steps, where the model is told how many: dearer at Stability.
    pub(super) many_steps: bool,
    pub(super) made: u64,
    pub(super) given: u64,
    pub(super) partial: u64,
    /// Bytes of the prompt.
    pub(super) prompt: u64,
}

/// A charge, and the price it is at.
#[derive(Debug)]
pub(super) struct Charge {
    pub(super) price: ModelPrice,
    pub(super) usage: Usage,
    pub(super) units: Units,
    /// In tokens, of which nobody knows how many before the answer tells.
    pub(super) by_token: bool,
}

// === impl Pictures ===

impl Pictures<'_> {
    /// The model's tokens are priced.
    pub(super) fn by_token(&self, member: &Member) -> bool {
        member
            .price
            .as_ref()
            .is_some_and(|price| !by_piece(price) && price.lists(&[Class::ImageTokenOutput]))
    }

    /// The charge; `None` where nothing that an image has is priced.
    pub(super) fn charge(&self, member: &Member) -> Option<Charge> {
        let price = member.price.as_ref();
        if let Some(price) = price.filter(|price| price.is_free()) {
            return Some(Charge::nothing(price.clone()));
        }
        if let Some(price) = price.filter(|_| self.by_token(member)) {
            let units = Units::default()
                .with(Class::ImageTokenInput, self.given.saturating_mul(GIVEN))
                .with(Class::ImageTokenOutput, self.tokens());
            let usage = Usage { input: self.prompt.saturating_add(16), ..Usage::default() };
            return Some(Charge { price: price.clone(), usage, units, by_token: true });
        }
        let own = price.filter(|price| by_piece(price)).cloned();
        let price = own
            .or_else(|| self.variant(member))
            .or_else(|| price.filter(|price| price.lists(&PIECES)).cloned())?;
        let units = self.pieces(&price);
        Some(Charge { price, usage: Usage::default(), units, by_token: false })
    }

    fn tokens(&self) -> u64 {
        let pixels = self.size.map_or(PIXELS, |(width, height)| width.saturating_mul(height));
        let one = TOKENS.saturating_mul(pixels.max(PIXELS)).div_ceil(PIXELS);
        let partial = self.partial.saturating_mul(PARTIAL);
        self.made.saturating_mul(one.saturating_add(partial))
    }

    /// Images or pixels, by what has a price. Price lists write the image that is made as given or as
    /// made.
    fn pieces(&self, price: &ModelPrice) -> Units {
        let dear = |class| price.base(class).is_some_and(|rate| rate.pico() > 0);
        let (width, height) = self.size.unwrap_or((1024, 1024));
        let pixels = self.made.saturating_mul(width).saturating_mul(height);
        if dear(Class::ImageOutput) {
            Units::default().with(Class::ImageOutput, self.made).with(Class::ImageInput, self.given)
        } else if dear(Class::ImageInput) {
            Units::default().with(Class::ImageInput, self.made)
        } else {
            Units::default().with(Class::PixelInput, pixels).with(Class::PixelOutput, pixels)
        }
    }

    /// The catalogue's price for this size and quality: `hd/1024-x-1024/dall-e-3`.
    fn variant(&self, member: &Member) -> Option<ModelPrice> {
        let (width, height) = self.size.unwrap_or((1024, 1024));
        let quality = match self.quality {
            None | Some("auto") => "standard",
            Some(quality) => quality,
        };
        let deployment = &member.deployment;
        let model = member.info.base_model.as_deref().unwrap_or(&deployment.model);
        let catalogue = Catalogue::builtin();
        let steps = if self.many_steps { "max-steps" } else { "50-steps" };
        let names = [
            format!("{quality}/{width}-x-{height}/{model}"),
            format!("{width}-x-{height}/{steps}/{model}"),
            format!("{width}-x-{height}/{model}"),
        ];
        names.iter().find_map(|name| {
            let wanted = Wanted {
                provider: deployment.provider.price_family,
                model: name,
                region: deployment.aws.region.as_deref(),
                base_model: None,
            };
            let price = ModelPrice::resolve(&catalogue, &wanted, None)?;
            price.lists(&PIECES).then_some(price)
        })
    }
}

/// The configuration says what an image costs.
fn by_piece(price: &ModelPrice) -> bool {
    price.source == PriceSource::Override && price.lists(&PIECES)
}

// === impl Charge ===

impl Charge {
    fn nothing(price: ModelPrice) -> Self {
        Self { price, usage: Usage::default(), units: Units::default(), by_token: false }
    }

    /// The most that it comes to.
    pub(super) fn most(&self) -> NanoUsd {
        let tokens = self.price.worst_case(self.usage.prompt(), 0);
        let (given, made) = self.price.cost_of_units(&self.units);
        tokens.saturating_add(given).saturating_add(made)
    }
}
