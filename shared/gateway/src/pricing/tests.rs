//! Costs of known models, worked out by hand, and the laws of bounds.

use sluice_store::NanoUsd;
use sluice_wire::canon::Usage;

use super::*;

const STANDARD: ServiceTier = ServiceTier::Standard;

fn price(provider: &str, model: &str) -> ModelPrice {
    let wanted = Wanted { provider, model, ..Wanted::default() };
    ModelPrice::resolve(&Catalogue::builtin(), &wanted, None).unwrap()
}

fn nano(count: i64) -> NanoUsd {
    NanoUsd::from_nanos(count)
}

/// Repeatable noise (xorshift64*), so that a failure can be seen again.
struct Noise(u64);

impl Noise {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % most.max(1)
    }

    /// Splits `total` into as many parts as there are slots.
    fn split<const N: usize>(&mut self, total: u64) -> [u64; N] {
        let mut left = total;
        let mut parts = [0; N];
        for part in &mut parts {
            *part = self.below(left + 1);
            left -= *part;
        }
        parts
    }

    fn usage(&mut self, input: u64, output: u64) -> Usage {
        let [plain, read, write, hour, audio] = self.split(input);
        let [text, reasoning, spoken, drawn] = self.split(output);
        Usage {
            input: plain,
            cache_read: read,
            cache_read_audio: self.below(read + 1),
            cache_write_5m: write,
            cache_write_1h: hour,
            input_audio: audio,
            output: text,
            output_reasoning: reasoning,
            output_audio: spoken,
            output_image: drawn,
            ..Usage::default()
        }
    }
}

#[test]
fn gpt_4o_costs_what_its_price_list_says() {
    // $2.50 in, $1.25 cached, $10 out per million: 1000*2500 + 500*1250 + 200*10000 nano.
    let usage = Usage { input: 1000, cache_read: 500, output: 200, ..Usage::default() };
    let cost = price("openai", "gpt-4o").cost(&usage);
    assert_eq!(cost.input, nano(2_500_000));
    assert_eq!(cost.cache_read, nano(625_000));
    assert_eq!(cost.output, nano(2_000_000));
    assert_eq!(cost.total, nano(5_125_000));
    let priority = price("openai", "gpt-4o").cost_at(&usage, ServiceTier::Priority);
    assert_eq!(priority.total, nano(1000 * 4_250 + 500 * 2_125 + 200 * 17_000));
}

#[test]
fn gemini_costs_what_its_price_list_says_also_above_200k_tokens() {
    // $1.25 in, $0.125 cached, $10 out per million, thoughts as output; dearer above 200,000 tokens.
    let usage = Usage {
        input: 1000,
        cache_read: 500,
        output: 200,
        output_reasoning: 300,
        ..Usage::default()
    };
    for (provider, model) in [("gemini", "gemini-2.5-pro"), ("vertex_ai", "gemini-2.5-pro")] {
        let price = price(provider, model);
        assert_eq!(price.cost(&usage).total, nano(1000 * 1250 + 500 * 125 + 500 * 10_000));
        let long = Usage { input: 200_000, ..usage.clone() };
        let cost = price.cost(&long).total;
        assert_eq!(cost, nano(200_000 * 2500 + 500 * 250 + 500 * 15_000), "{provider}");
    }
    let drawn = Usage { output: 10, output_image: 1290, ..Usage::default() };
    let cost = price("gemini", "gemini-2.5-flash-image").cost(&drawn).total;
    assert_eq!(cost, nano(10 * 2500 + 1290 * 30_000));
    let heard = Usage { input: 10, input_audio: 100, ..Usage::default() };
    let cost = price("gemini", "gemini-2.5-flash").cost(&heard).total;
    assert_eq!(cost, nano(10 * 300 + 100 * 1000));
}

#[test]
fn gpt_4o_mini_rounds_up_once() {
    // $0.15 in and $0.60 out per million; one cached token is 75 nano, one input token 150.
    let usage = Usage { input: 1, cache_read: 1, output: 1, ..Usage::default() };
    let cost = price("openai", "gpt-4o-mini").cost(&usage);
    assert_eq!(cost.total, nano(150 + 75 + 600));
    // 37.5 nano a token: two are 75, one is 38.
    let mut rates = RateTable::default();
    rates.set(Slot::base(Class::Input), Rate::from_pico(37_500));
    let half = ModelPrice::of(rates);
    for (tokens, cost) in [(1, 38), (2, 75), (3, 113)] {
        assert_eq!(half.cost(&Usage { input: tokens, ..Usage::default() }).total, nano(cost));
    }
}

#[test]
fn sonnet_on_bedrock_has_cache_writes_and_a_long_context_tier() {
    let sonnet = price("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0");
    let usage = Usage {
        input: 100,
        cache_read: 1000,
        cache_write_5m: 10,
        cache_write_1h: 20,
        output: 50,
        output_reasoning: 30,
        ..Usage::default()
    };
    // In the US profile: $3.30, $0.33, $4.125, $6.60, $16.50 per million.
    let cost = sonnet.cost(&usage);
    assert_eq!(cost.input, nano(330_000));
    assert_eq!(cost.cache_read, nano(330_000));
    assert_eq!(cost.cache_creation, nano(41_250 + 132_000));
    assert_eq!(cost.output, nano(80 * 16_500));
    assert_eq!(cost.reasoning, nano(30 * 16_500));
    assert_eq!(cost.total, nano(330_000 + 330_000 + 173_250 + 1_320_000));
    // 200,001 prompt tokens, cached ones included, double the whole request.
    let at = Usage { input: 1, cache_read: 199_999, output: 1, ..Usage::default() };
    let above = Usage { input: 2, ..at.clone() };
    assert_eq!(sonnet.cost(&at).total, nano(3_300 + 199_999 * 330 + 16_500));
    assert_eq!(sonnet.cost(&above).total, nano(2 * 6_600 + 199_999 * 660 + 24_750));
}

#[test]
fn sonnet_in_a_single_region_is_cheaper_than_by_the_us_profile() {
    let usage = Usage { input: 1000, output: 1000, ..Usage::default() };
    let cost = price("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0").cost(&usage);
    assert_eq!(cost.total, nano(3_000_000 + 15_000_000));
}

#[test]
fn reasoning_has_its_own_price_where_the_list_has_one() {
    let usage = Usage { output: 10, output_reasoning: 100, ..Usage::default() };
    let cost = price("perplexity", "sonar-deep-research").cost(&usage);
    assert_eq!(cost.output, nano(10 * 8_000 + 100 * 3_000));
    assert_eq!(cost.reasoning, nano(300_000));
}

#[test]
fn tiered_prices_switch_the_whole_request() {
    let qwen = price("dashscope", "qwen-flash");
    let at = Usage { input: 256_000, output: 1000, ..Usage::default() };
    let above = Usage { input: 256_001, ..at.clone() };
    assert_eq!(qwen.cost(&at).total, nano(256_000 * 50 + 1000 * 400));
    assert_eq!(qwen.cost(&above).total, nano(256_001 * 250 + 1000 * 2_000));
}

#[test]
fn a_price_per_request_is_charged_once() {
    let mut rates = RateTable::default();
    rates.set(Slot::base(Class::Request), Rate::from_pico(5_000_000_000));
    let flat = ModelPrice::of(rates);
    assert_eq!(flat.cost(&Usage::default()).total, nano(5_000_000));
    assert_eq!(flat.worst_case(0, 0), nano(5_000_000));
    assert_eq!(flat.affordable_output(nano(4_999_999), 0), None);
    assert_eq!(flat.affordable_output(nano(5_000_000), 0), Some(u64::MAX));
}

#[test]
fn nothing_within_the_bounds_costs_more_than_the_worst_case() {
    let mut noise = Noise(0x5eed);
    for entry in Catalogue::builtin().entries() {
        let price = ModelPrice::of(entry.rates);
        for tier in [STANDARD, ServiceTier::Priority, ServiceTier::Flex] {
            let input = noise.below(600_000);
            let output = noise.below(100_000);
            let worst = price.worst_case_at(input, output, tier);
            let used = (noise.below(input + 1), noise.below(output + 1));
            for (input, output) in [(input, output), used] {
                let usage = noise.usage(input, output);
                for served in [tier, STANDARD] {
                    let cost = price.cost_at(&usage, served).total;
                    assert!(cost <= worst, "{} {usage:?} {served:?}: {cost} > {worst}", entry.key);
                }
            }
        }
    }
}

#[test]
fn affordable_output_is_the_most_that_fits() {
    let mut noise = Noise(0xab1e);
    for entry in Catalogue::builtin().entries() {
        let price = ModelPrice::of(entry.rates);
        let input = noise.below(300_000);
        for left in [noise.below(1_000), noise.below(1_000_000), noise.below(10_000_000_000)] {
            let left = nano(i64::try_from(left).unwrap());
            match price.affordable_output(left, input) {
                None => assert!(price.worst_case(input, 0) > left, "{}", entry.key),
                Some(u64::MAX) => assert!(price.worst_case(input, u64::MAX) <= left),
                Some(most) => {
                    assert!(price.worst_case(input, most) <= left, "{}", entry.key);
                    assert!(price.worst_case(input, most + 1) > left, "{}", entry.key);
                }
            }
        }
    }
}

#[test]
fn the_parts_of_a_cost_sum_to_it() {
    let mut noise = Noise(0x5a5a);
    for entry in Catalogue::builtin().entries() {
        let price = ModelPrice::of(entry.rates);
        let (input, output) = (noise.below(400_000), noise.below(50_000));
        let cost = price.cost(&noise.usage(input, output));
        let parts = [cost.input, cost.output, cost.cache_read, cost.cache_creation];
        let sum = parts.into_iter().fold(NanoUsd::ZERO, NanoUsd::saturating_add);
        assert_eq!(sum, cost.total, "{}", entry.key);
        assert!(cost.reasoning <= cost.output, "{}", entry.key);
    }
}

#[test]
fn a_negative_balance_affords_nothing() {
    let price = price("openai", "gpt-4o");
    assert_eq!(price.affordable_output(nano(-1), 0), None);
    assert_eq!(price.affordable_output(NanoUsd::ZERO, 0), Some(0));
}
