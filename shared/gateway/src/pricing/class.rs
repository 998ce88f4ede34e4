//! What is paid for, and how LiteLLM's price fields name it.

/// What a price is per. The first eleven are tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Class {
    /// A prompt token.
    Input,
    /// A completion token.
    Output,
    /// A prompt token read from the provider's cache.
    CacheRead,
    /// An audio token read from the provider's cache.
    CacheReadAudio,
    /// A prompt token written to the cache for five minutes.
    CacheWrite5m,
    /// A prompt token written to the cache for an hour.
    CacheWrite1h,
    /// A reasoning token.
    Reasoning,
    /// An audio token in the prompt.
    AudioInput,
    /// An audio token in the completion.
    AudioOutput,
    /// An image token in the prompt.
    ImageTokenInput,
    /// An image token in the completion.
    ImageTokenOutput,
    /// A request, whatever its size.
    Request,
    /// An image given.
    ImageInput,
    /// An image made.
    ImageOutput,
    /// A second of input.
    SecondInput,
    /// A second of output.
    SecondOutput,
    /// A character given.
    CharacterInput,
    /// A character made.
    CharacterOutput,
    /// A page read.
    Page,
    /// A pixel given.
    PixelInput,
    /// A pixel made.
    PixelOutput,
}

/// The service level that a provider served a request at; it has prices of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum ServiceTier {
    /// What is served when nothing is asked for.
    #[default]
    Standard,
    /// Faster and dearer.
    Priority,
    /// Slower and cheaper.
    Flex,
    /// Faster still.
    Ultrafast,
    /// Between flex and standard.
    Balanced,
}

/// A price field: what, at which service tier, and above how many prompt tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// What is paid for.
    pub class: Class,
    /// At which service tier.
    pub tier: ServiceTier,
    /// The price holds for the whole request once its prompt has more tokens than this.
    pub above: u64,
}

/// Class, its name in the catalogue, and its field in a config file.
const CLASSES: [(Class, &str, &str); 21] = [
    (Class::Input, "i", "input_cost_per_token"),
    (Class::Output, "o", "output_cost_per_token"),
    (Class::CacheRead, "r", "cache_read_input_token_cost"),
    (Class::CacheReadAudio, "ra", "cache_read_input_audio_token_cost"),
    (Class::CacheWrite5m, "w", "cache_creation_input_token_cost"),
    (Class::CacheWrite1h, "w1h", "cache_creation_input_token_cost_above_1hr"),
    (Class::Reasoning, "t", "output_cost_per_reasoning_token"),
    (Class::AudioInput, "ai", "input_cost_per_audio_token"),
    (Class::AudioOutput, "ao", "output_cost_per_audio_token"),
    (Class::ImageTokenInput, "ii", "input_cost_per_image_token"),
    (Class::ImageTokenOutput, "io", "output_cost_per_image_token"),
    (Class::Request, "req", "input_cost_per_request"),
    (Class::ImageInput, "imgi", "input_cost_per_image"),
    (Class::ImageOutput, "imgo", "output_cost_per_image"),
    (Class::SecondInput, "seci", "input_cost_per_second"),
    (Class::SecondOutput, "seco", "output_cost_per_second"),
    (Class::CharacterInput, "chi", "input_cost_per_character"),
    (Class::CharacterOutput, "cho", "output_cost_per_character"),
    (Class::Page, "page", "ocr_cost_per_page"),
    (Class::PixelInput, "pxi", "input_cost_per_pixel"),
    (Class::PixelOutput, "pxo", "output_cost_per_pixel"),
];

/// Service tier, its letter in the catalogue, and its name on the wire and in a field.
const TIERS: [(ServiceTier, &str, &str); 4] = [
    (ServiceTier::Priority, "p", "priority"),
    (ServiceTier::Flex, "f", "flex"),
    (ServiceTier::Ultrafast, "u", "ultrafast"),
    (ServiceTier::Balanced, "b", "balanced"),
];

// === impl Class ===

impl Class {
    /// Calls of this version are charged by it.
    #[must_use]
    pub fn is_charged(self) -> bool {
        self != Self::Page
    }

    /// It is what the model makes, not what it is given.
    #[must_use]
    pub fn is_made(self) -> bool {
        matches!(
            self,
            Self::Output
                | Self::Reasoning
                | Self::AudioOutput
                | Self::ImageTokenOutput
                | Self::ImageOutput
                | Self::SecondOutput
                | Self::CharacterOutput
                | Self::PixelOutput
        )
    }

    /// The field that names this class in a config file: `input_cost_per_token`.
    #[must_use]
    pub fn field(self) -> &'static str {
        CLASSES.iter().find(|(class, ..)| *class == self).map_or("", |(_, _, field)| field)
    }

    fn is_token(self) -> bool {
        self <= Self::ImageTokenOutput
    }
}

// === impl ServiceTier ===

impl ServiceTier {
    /// From `service_tier` of a request or an answer. What has no price of its own (`default`,
    /// `auto`, `standard_only`, unknown names) is the standard tier.
    #[must_use]
    pub fn from_wire(name: Option<&str>) -> Self {
        let found = TIERS.iter().find(|(_, _, wire)| name == Some(*wire));
        found.map_or(Self::Standard, |(tier, ..)| *tier)
    }
}

// === impl Slot ===

impl Slot {
    /// A class at the standard tier, for prompts of any length.
    #[must_use]
    pub const fn base(class: Class) -> Self {
        Self { class, tier: ServiceTier::Standard, above: 0 }
    }

    /// Reads a LiteLLM price field, `input_cost_per_token_above_200k_tokens_priority`.
    #[must_use]
    pub fn from_field(field: &str) -> Option<Self> {
        let (tier, rest) = TIERS
            .iter()
            .find_map(|(tier, _, name)| {
                let rest = field.strip_suffix(name)?.strip_suffix('_')?;
                Some((*tier, rest))
            })
            .unwrap_or((ServiceTier::Standard, field));
        let (above, rest) =
            match rest.strip_suffix("_tokens").and_then(|r| r.rsplit_once("_above_")) {
                Some((rest, tokens)) => (threshold(tokens)?, rest),
                None => (0, rest),
            };
        // A search or rerank query is a request like any other.
        let rest = if rest == "input_cost_per_query" { "input_cost_per_request" } else { rest };
        let (class, ..) = CLASSES.iter().find(|(_, _, name)| *name == rest)?;
        Self { class: *class, tier, above }.sound()
    }

    /// Reads a name in the catalogue, `p.i@200000`.
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        let (code, above) = match code.split_once('@') {
            Some((code, above)) => (code, above.parse().ok()?),
            None => (code, 0),
        };
        let (tier, code) = match code.split_once('.') {
            Some((letter, code)) => {
                let (tier, ..) = TIERS.iter().find(|(_, name, _)| *name == letter)?;
                (*tier, code)
            }
            None => (ServiceTier::Standard, code),
        };
        let (class, ..) = CLASSES.iter().find(|(_, name, _)| *name == code)?;
        Self { class: *class, tier, above }.sound()
    }

    /// Only tokens have tiers and thresholds.
    fn sound(self) -> Option<Self> {
        let plain = self.tier == ServiceTier::Standard && self.above == 0;
        (plain || self.class.is_token()).then_some(self)
    }
}

/// `200k` or `200`, in tokens.
fn threshold(text: &str) -> Option<u64> {
    match text.strip_suffix('k') {
        Some(thousands) => thousands.parse::<u64>().ok()?.checked_mul(1000),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_fields_and_codes_alike() {
        for (field, code) in [
            ("input_cost_per_token", "i"),
            ("output_cost_per_token_above_200k_tokens", "o@200000"),
            ("cache_creation_input_token_cost_above_1hr", "w1h"),
            ("cache_creation_input_token_cost_above_1hr_above_200k_tokens", "w1h@200000"),
            ("input_cost_per_token_above_272k_tokens_priority", "p.i@272000"),
            ("cache_read_input_token_cost_flex", "f.r"),
            ("output_cost_per_reasoning_token", "t"),
            ("input_cost_per_query", "req"),
            ("ocr_cost_per_page", "page"),
        ] {
            let slot = Slot::from_field(field);
            assert!(slot.is_some(), "{field}");
            assert_eq!(slot, Slot::from_code(code), "{field}");
        }
    }

    #[test]
    fn knows_no_other_field() {
        for field in [
            "input_cost_per_token_batches",
            "input_cost_per_tokenn",
            "output_cost_per_image_above_5k_tokens",
            "ocr_cost_per_page_priority",
            "input_cost_per_token_above_xk_tokens",
            "priority",
            "",
        ] {
            assert_eq!(Slot::from_field(field), None, "{field}");
        }
        assert_eq!(Slot::from_code("z.i"), None);
        assert_eq!(Slot::from_code("i@x"), None);
    }

    #[test]
    fn unknown_service_tiers_are_standard() {
        assert_eq!(ServiceTier::from_wire(Some("priority")), ServiceTier::Priority);
        for name in [None, Some("default"), Some("auto"), Some("scale")] {
            assert_eq!(ServiceTier::from_wire(name), ServiceTier::Standard);
        }
    }
}
