//! What Bedrock counts itself, whatever the model family: in the headers of a whole answer.

use crate::canon::Usage;

/// Usage as the answer's headers tell it, through a look-up by lower-case name.
#[must_use]
pub fn usage_in_headers<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Option<Usage> {
    let count = |name: &str| header(name).and_then(|text| text.trim().parse::<u64>().ok());
    let input = count("x-amzn-bedrock-input-token-count");
    let output = count("x-amzn-bedrock-output-token-count");
    if input.is_none() && output.is_none() {
        return None;
    }
    Some(Usage {
        input: input.unwrap_or(0),
        output: output.unwrap_or(0),
        cache_read: count("x-amzn-bedrock-cache-read-input-token-count").unwrap_or(0),
        cache_write_5m: count("x-amzn-bedrock-cache-write-input-token-count").unwrap_or(0),
        service_tier: header("x-amzn-bedrock-service-tier").map(str::to_owned),
        ..Usage::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_counts_and_nothing_where_there_are_none() {
        let headers = [
            ("x-amzn-bedrock-input-token-count", "12"),
            ("x-amzn-bedrock-output-token-count", "3"),
        ];
        let look = |name: &str| headers.iter().find(|(known, _)| *known == name).map(|(_, v)| *v);
        let usage = usage_in_headers(look).unwrap();
        assert_eq!((usage.input, usage.output, usage.cache_read), (12, 3, 0));
        assert_eq!(usage_in_headers(|_| None), None);
    }
}
