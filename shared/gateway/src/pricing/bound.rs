//! What a call may cost at most, before it is made.

use sluice_store::NanoUsd;

use super::cost::{PICO_PER_NANO, nanos};
use super::{Class, ModelPrice, ServiceTier};

/// The dearest price of each direction that a call can meet, in pico-dollars.
struct Dearest {
    /// A prompt token.
    input: u128,
    /// A completion token.
    output: u128,
    /// The request itself.
    request: u128,
}

// === impl ModelPrice ===

impl ModelPrice {
    /// The most that a call with up to `input` prompt tokens and `output` completion tokens can
    /// cost: every prompt token at the dearest of the input, audio and cache prices, every
    /// completion token at the dearest of the output, audio, image and reasoning prices, in the dearest
    /// band that a prompt of that length can reach.
    #[must_use]
    pub fn worst_case(&self, input: u64, output: u64) -> NanoUsd {
        self.worst_case_at(input, output, ServiceTier::Standard)
    }

    /// As [`worst_case`](Self::worst_case), when `tier` was asked for. The provider may serve the
    /// standard tier instead, so that the dearer of the two counts.
    #[must_use]
    pub fn worst_case_at(&self, input: u64, output: u64, tier: ServiceTier) -> NanoUsd {
        let dearest = self.dearest(input, tier);
        let pico = dearest
            .before_output(input)
            .saturating_add(dearest.output.saturating_mul(output.into()));
        nanos(pico.div_ceil(PICO_PER_NANO))
    }

    /// The most completion tokens that `left` can pay for in the worst case, `None` when not even
    /// the prompt can be paid. `u64::MAX` where output costs nothing.
    #[must_use]
    pub fn affordable_output(&self, left: NanoUsd, input: u64) -> Option<u64> {
        self.affordable_output_at(left, input, ServiceTier::Standard)
    }

    /// As [`affordable_output`](Self::affordable_output), when `tier` was asked for.
    #[must_use]
    pub fn affordable_output_at(
        &self,
        left: NanoUsd,
        input: u64,
        tier: ServiceTier,
    ) -> Option<u64> {
        let dearest = self.dearest(input, tier);
        let left = u128::try_from(left.nanos()).ok()?.saturating_mul(PICO_PER_NANO);
        let rest = left.checked_sub(dearest.before_output(input))?;
        let tokens = rest.checked_div(dearest.output);
        Some(tokens.map_or(u64::MAX, |tokens| u64::try_from(tokens).unwrap_or(u64::MAX)))
    }

    fn dearest(&self, input: u64, tier: ServiceTier) -> Dearest {
        let tiers = [ServiceTier::Standard, tier];
        let tiers = if tier == ServiceTier::Standard { &tiers[..1] } else { &tiers[..] };
        let of = |classes: &[Class]| {
            let mut most = 0;
            for prompt in self.rates.bands(input) {
                for class in classes {
                    for tier in tiers {
                        most = most.max(self.rate(*class, *tier, prompt).pico());
                    }
                }
            }
            u128::from(most)
        };
        Dearest {
            input: of(&[
                Class::Input,
                Class::CacheRead,
                Class::CacheReadAudio,
                Class::CacheWrite5m,
                Class::CacheWrite1h,
                Class::AudioInput,
            ]),
            output: of(&[
                Class::Output,
                Class::Reasoning,
                Class::AudioOutput,
                Class::ImageTokenOutput,
            ]),
            request: of(&[Class::Request]),
        }
    }
}

// === impl Dearest ===

impl Dearest {
    fn before_output(&self, input: u64) -> u128 {
        self.input.saturating_mul(input.into()).saturating_add(self.request)
    }
}
