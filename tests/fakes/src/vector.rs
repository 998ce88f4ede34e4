//! Vectors of texts: the same text, the same vector; exact in 32 bits.

/// So many multiples of 1/64 between -1 and 1.
pub(crate) fn vector(text: &str, length: u64) -> Vec<f32> {
    let mut state = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let step = u8::try_from((state >> 40) % 129).unwrap_or(0);
            (f32::from(step) - 64.0) / 64.0
        })
        .collect()
}

/// The share of the query's words that a text has.
pub(crate) fn relevance(query: &str, text: &str) -> f64 {
    let words: Vec<&str> = query.split_whitespace().collect();
    let has = words.iter().filter(|word| text.contains(**word)).count();
    let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    count(has) / count(words.len().max(1))
}
