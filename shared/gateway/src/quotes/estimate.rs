//! `POST /cost/estimate`: what so many tokens cost, by the call, the day and the month.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sluice_store::NanoUsd;
use sluice_wire::{Fault, FaultKind, canon::Usage};

use super::{Asked, ask, price};
use crate::{
    App,
    pricing::{Breakdown, Class, ModelPrice, Rate, ServiceTier},
};

#[derive(Debug, Deserialize)]
struct Question {
    model: String,
    input_tokens: u64,
    output_tokens: u64,
    #[serde(default)]
    cache_read_input_tokens: u64,
    #[serde(default)]
    cache_creation_input_tokens: u64,
    #[serde(default)]
    reasoning_tokens: u64,
    num_requests_per_day: Option<u64>,
    num_requests_per_month: Option<u64>,
}

/// Estimates it.
pub(super) async fn cost(State(app): State<Arc<App>>, request: Request) -> Response {
    let answer = async |app: &App, asked: Asked| estimate(app, &asked);
    ask(app, "/cost/estimate", request, answer).await
}

fn estimate(app: &App, asked: &Asked) -> Result<Value, Fault> {
    let question: Question = asked.fields()?;
    let priced = price(app, asked, &question.model).ok_or_else(|| {
        let model = &question.model;
        Fault::new(FaultKind::NotFound, format!("Could not calculate cost for model '{model}'"))
            .with_param("model")
    })?;
    let usage = usage(&question)?;
    let cost = priced.price.cost(&usage);
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    put("model", question.model.as_str().into());
    put("input_tokens", question.input_tokens.into());
    put("output_tokens", question.output_tokens.into());
    put("cache_read_input_tokens", question.cache_read_input_tokens.into());
    put("cache_creation_input_tokens", question.cache_creation_input_tokens.into());
    put("reasoning_tokens", question.reasoning_tokens.into());
    put("num_requests_per_day", json!(question.num_requests_per_day));
    put("num_requests_per_month", json!(question.num_requests_per_month));
    for (part, amount) in parts(&cost) {
        put(&format!("{part}cost_per_request"), amount.to_json_number().into());
    }
    for (period, count) in
        [("daily", question.num_requests_per_day), ("monthly", question.num_requests_per_month)]
    {
        for (part, amount) in parts(&cost) {
            let all = count.map(|count| times(amount, count).to_json_number());
            put(&format!("{period}_{part}cost"), json!(all));
        }
    }
    for (name, class) in [
        ("input_cost_per_token", Class::Input),
        ("output_cost_per_token", Class::Output),
        ("cache_read_input_token_cost", Class::CacheRead),
        ("cache_creation_input_token_cost", Class::CacheWrite5m),
        ("output_cost_per_reasoning_token", Class::Reasoning),
    ] {
        put(name, rate(&priced.price, class, usage.prompt()));
    }
    put("provider", priced.provider.into());
    Ok(Value::Object(out))
}

fn usage(question: &Question) -> Result<Usage, Fault> {
    let cached =
        question.cache_read_input_tokens.saturating_add(question.cache_creation_input_tokens);
    let unprocessable = |message| Err(Fault::new(FaultKind::Unprocessable, message));
    if cached > question.input_tokens {
        return unprocessable(
            "cache_read_input_tokens plus cache_creation_input_tokens cannot exceed input_tokens",
        );
    }
    if question.reasoning_tokens > question.output_tokens {
        return unprocessable("reasoning_tokens cannot exceed output_tokens");
    }
    Ok(Usage {
        input: question.input_tokens - cached,
        cache_read: question.cache_read_input_tokens,
        cache_write_5m: question.cache_creation_input_tokens,
        output: question.output_tokens - question.reasoning_tokens,
        output_reasoning: question.reasoning_tokens,
        ..Usage::default()
    })
}

/// The lines of a cost by the prefix of their names; what is cached is part of the input.
fn parts(cost: &Breakdown) -> [(&'static str, NanoUsd); 7] {
    let input = cost.input.saturating_add(cost.cache_read).saturating_add(cost.cache_creation);
    [
        ("", cost.total),
        ("input_", input),
        ("output_", cost.output),
        ("margin_", NanoUsd::ZERO),
        ("cache_read_", cost.cache_read),
        ("cache_creation_", cost.cache_creation),
        ("reasoning_", cost.reasoning),
    ]
}

fn times(amount: NanoUsd, count: u64) -> NanoUsd {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    NanoUsd::from_nanos(amount.nanos().saturating_mul(count))
}

/// A rate in dollars a token, as LiteLLM's price map writes it.
fn rate(price: &ModelPrice, class: Class, prompt: u64) -> Value {
    let rate: Rate = price.rate(class, ServiceTier::Standard, prompt);
    // For reading: no amount is made of it.
    serde_json::from_str(&format!("{}e-12", rate.pico())).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_cached_and_thought_tokens_inside_their_totals() {
        let question = |read, thought| Question {
            model: "m".to_owned(),
            input_tokens: 100,
            output_tokens: 50,
            cache_read_input_tokens: read,
            cache_creation_input_tokens: 10,
            reasoning_tokens: thought,
            num_requests_per_day: None,
            num_requests_per_month: None,
        };
        let usage = super::usage(&question(60, 20)).unwrap();
        assert_eq!((usage.input, usage.output, usage.prompt()), (30, 30, 100));
        assert!(super::usage(&question(91, 0)).is_err());
        assert!(super::usage(&question(0, 51)).is_err());
    }
}
