//! Usage in Anthropic's words (`Usage`, `MessageDeltaUsage`): cached tokens stand beside
//! `input_tokens`, thinking inside `output_tokens`.

use serde_json::{Map, Value, json};

use crate::{
    Verbatim,
    canon::Usage,
    dialect::{Counts, Dialect},
};

/// Usage as a stream tells it: the prompt at the start, cumulative counts at the end.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    usage: Option<Usage>,
}

/// The normal form of a usage object; `None` where it is not one.
pub(crate) fn read(raw: Verbatim) -> Option<Usage> {
    let fields = Counts::read(raw.text())?;
    let ttl = fields.inside(&["cache_creation"]);

    let one_hour = ttl.count(&["ephemeral_1h_input_tokens"]);
    // What the break-down does not account for was written for five minutes, the default. The
    // total grows over a stream with server tools; its break-down is told at the start only.
    let five_minutes = ttl
        .count(&["ephemeral_5m_input_tokens"])
        .max(fields.count(&["cache_creation_input_tokens"]).saturating_sub(one_hour));
    let output = fields.count(&["output_tokens"]);
    let details = fields.inside(&["output_tokens_details"]);
    let thinking = details.count(&["thinking_tokens"]).min(output);
    Some(Usage {
        input: fields.count(&["input_tokens"]),
        cache_read: fields.count(&["cache_read_input_tokens"]),
        cache_write_5m: five_minutes,
        cache_write_1h: one_hour,
        output: output - thinking,
        output_reasoning: thinking,
        service_tier: fields.text("service_tier").map(str::to_owned),
        raw: Some(raw),
        ..Usage::default()
    })
}

/// The usage object of an answer, every field that the SDKs know present.
pub(super) fn write(usage: Option<&Usage>) -> Map<String, Value> {
    let none = Usage::default();
    let usage = usage.unwrap_or(&none);
    // What the provider said beyond the normal form (server tools, tier), where it said it in this
    // dialect.
    let mut out = match usage.raw.as_ref().map(Verbatim::value) {
        Some(Value::Object(raw))
            if raw.contains_key("input_tokens") && raw.contains_key("output_tokens") =>
        {
            raw
        }
        _ => Map::new(),
    };
    let written = usage.cache_write_5m.saturating_add(usage.cache_write_1h);
    out.insert("input_tokens".into(), usage.input.saturating_add(usage.input_audio).into());
    out.insert("cache_creation_input_tokens".into(), written.into());
    out.insert("cache_read_input_tokens".into(), usage.cache_read.into());
    out.insert(
        "cache_creation".into(),
        json!({
            "ephemeral_5m_input_tokens": usage.cache_write_5m,
            "ephemeral_1h_input_tokens": usage.cache_write_1h,
        }),
    );
    out.insert("output_tokens".into(), usage.completion().into());
    if usage.output_reasoning > 0 {
        let details = json!({ "thinking_tokens": usage.output_reasoning });
        out.insert("output_tokens_details".into(), details);
    }
    out.entry("server_tool_use").or_insert(Value::Null);
    let tier = Dialect::AnthropicMessages.tier(Some(usage));
    out.entry("service_tier").or_insert_with(|| tier.map_or(Value::Null, Value::from));
    out
}

// === impl Meter ===

impl Meter {
    /// Takes a later report: its counts replace the earlier ones, what it does not name stays.
    pub(crate) fn merge(&mut self, report: Value) {
        let mut raw = match self.usage.take().and_then(|usage| Some(usage.raw?.value())) {
            Some(Value::Object(raw)) => raw,
            _ => Map::new(),
        };
        if let Value::Object(report) = report {
            raw.extend(report.into_iter().filter(|(_, value)| !value.is_null()));
        }
        self.usage = read(Verbatim::from(&Value::Object(raw)));
    }

    /// What has been told so far.
    pub(crate) fn usage(&self) -> Option<&Usage> {
        self.usage.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(raw: &Value) -> Usage {
        read(Verbatim::from(raw)).unwrap()
    }

    #[test]
    fn keeps_the_two_cache_lifetimes_and_thinking_apart() {
        let usage = told(&json!({
            "input_tokens": 7, "cache_creation_input_tokens": 1500, "cache_read_input_tokens": 40,
            "cache_creation": {"ephemeral_5m_input_tokens": 500, "ephemeral_1h_input_tokens": 1000},
            "output_tokens": 90, "output_tokens_details": {"thinking_tokens": 60},
        }));
        assert_eq!((usage.input, usage.cache_read), (7, 40));
        assert_eq!((usage.cache_write_5m, usage.cache_write_1h), (500, 1000));
        assert_eq!((usage.output, usage.output_reasoning), (30, 60));
        assert_eq!((usage.prompt(), usage.completion()), (1547, 90));
    }

    #[test]
    fn a_total_without_break_down_was_written_for_five_minutes() {
        let usage = told(&json!({"input_tokens": 1, "cache_creation_input_tokens": 9}));
        assert_eq!((usage.cache_write_5m, usage.cache_write_1h), (9, 0));
    }

    #[test]
    fn later_reports_replace_counts_and_keep_the_rest() {
        let mut meter = Meter::default();
        meter.merge(json!({"input_tokens": 10, "output_tokens": 1, "service_tier": "standard",
            "cache_creation_input_tokens": 5,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 5}}));
        meter.merge(json!({"output_tokens": 20, "input_tokens": null,
            "cache_creation_input_tokens": 8}));
        let usage = meter.usage().unwrap();
        assert_eq!((usage.input, usage.output), (10, 20));
        assert_eq!((usage.cache_write_5m, usage.cache_write_1h), (3, 5));
        assert_eq!(usage.raw.as_ref().unwrap().value()["service_tier"], "standard");
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let usage = Usage {
            input: 3,
            cache_read: 4,
            cache_write_5m: 5,
            cache_write_1h: 6,
            output: 7,
            output_reasoning: 8,
            ..Usage::default()
        };
        let back = told(&Value::Object(write(Some(&usage))));
        assert_eq!(Usage { raw: None, ..back }, usage);
        for field in ["input_tokens", "output_tokens", "service_tier", "server_tool_use"] {
            assert!(write(None).contains_key(field), "{field}");
        }
    }
}
