//! What a call cost.

use sluice_store::NanoUsd;
use sluice_wire::canon::Usage;

use super::{Class, ModelPrice, ServiceTier};

/// Pico-dollars in a nano-dollar.
pub(super) const PICO_PER_NANO: u128 = 1000;

/// What a call cost, and what for. Input, output, cache reads and cache writes sum to the total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Breakdown {
    /// Prompt tokens beside the cached ones, audio among them, and the price per request.
    pub input: NanoUsd,
    /// Completion tokens, reasoning, audio and pictures among them.
    pub output: NanoUsd,
    /// Prompt tokens read from a cache.
    pub cache_read: NanoUsd,
    /// Prompt tokens written to a cache.
    pub cache_creation: NanoUsd,
    /// The part of the output that is reasoning.
    pub reasoning: NanoUsd,
    /// The whole.
    pub total: NanoUsd,
}

// === impl ModelPrice ===

impl ModelPrice {
    /// What a call that used this much costs when it was served at the standard tier.
    ///
    /// Exact: the products are summed in pico-dollars and rounded once, up, to a nano-dollar.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> Breakdown {
        self.cost_at(usage, ServiceTier::Standard)
    }

    /// As [`cost`](Self::cost), served at `tier`.
    #[must_use]
    pub fn cost_at(&self, usage: &Usage, tier: ServiceTier) -> Breakdown {
        let prompt = usage.prompt();
        let of = |class, count: u64| {
            // Most classes are not used, and their prices not looked for.
            if count == 0 {
                return 0;
            }
            u128::from(self.rate(class, tier, prompt).pico()).saturating_mul(u128::from(count))
        };
        let input = of(Class::Input, usage.input)
            .saturating_add(of(Class::AudioInput, usage.input_audio))
            .saturating_add(of(Class::Request, 1));
        let reasoning = of(Class::Reasoning, usage.output_reasoning);
        let output = of(Class::Output, usage.output)
            .saturating_add(of(Class::AudioOutput, usage.output_audio))
            .saturating_add(of(Class::ImageTokenOutput, usage.output_image))
            .saturating_add(reasoning);
        let heard = usage.cache_read_audio.min(usage.cache_read);
        let cache_read = of(Class::CacheRead, usage.cache_read.saturating_sub(heard))
            .saturating_add(of(Class::CacheReadAudio, heard));
        let cache_creation = of(Class::CacheWrite5m, usage.cache_write_5m)
            .saturating_add(of(Class::CacheWrite1h, usage.cache_write_1h));
        let [input, output, cache_read, cache_creation] =
            apportion([input, output, cache_read, cache_creation]);
        let total = [input, output, cache_read, cache_creation]
            .into_iter()
            .fold(NanoUsd::ZERO, NanoUsd::saturating_add);
        Breakdown {
            input,
            output,
            cache_read,
            cache_creation,
            reasoning: nanos(reasoning / PICO_PER_NANO),
            total,
        }
    }
}

/// Pico-dollars to nano-dollars, so that the parts sum to the sum rounded up: each is rounded down,
/// and what is missing goes to those that lost most (the first of equals).
fn apportion(parts: [u128; 4]) -> [NanoUsd; 4] {
    let whole = parts.into_iter().fold(0_u128, u128::saturating_add).div_ceil(PICO_PER_NANO);
    let mut shares = parts.map(|part| (part / PICO_PER_NANO, part % PICO_PER_NANO));
    let given = shares.iter().fold(0_u128, |sum, (share, _)| sum.saturating_add(*share));
    for _ in given..whole {
        // The last of the greatest is what `max_by_key` takes; the order is turned for the first.
        if let Some((share, lost)) = shares.iter_mut().rev().max_by_key(|(_, lost)| *lost) {
            *share = share.saturating_add(1);
            *lost = 0;
        }
    }
    shares.map(|(share, _)| nanos(share))
}

/// Saturates at the most that money can hold, nine billion dollars.
pub(super) fn nanos(count: u128) -> NanoUsd {
    i64::try_from(count).map_or(NanoUsd::MAX, NanoUsd::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_sum_to_the_rounded_sum() {
        let nano = NanoUsd::from_nanos;
        assert_eq!(apportion([0; 4]), [nano(0); 4]);
        assert_eq!(apportion([1, 0, 0, 0]), [nano(1), nano(0), nano(0), nano(0)]);
        assert_eq!(apportion([999, 999, 999, 999]), [nano(1); 4]);
        assert_eq!(apportion([1500, 1500, 0, 0]), [nano(2), nano(1), nano(0), nano(0)]);
        assert_eq!(apportion([1001, 1999, 0, 0]), [nano(1), nano(2), nano(0), nano(0)]);
        assert_eq!(apportion([2000, 3000, 0, 5000]), [nano(2), nano(3), nano(0), nano(5)]);
    }

    #[test]
    fn absurd_sums_saturate() {
        assert_eq!(apportion([u128::MAX, 0, 0, 0])[0], NanoUsd::MAX);
    }
}
