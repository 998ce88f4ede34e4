//! Limits of what serves calls: deployments, providers, the gateway as a whole.

use std::time::Duration;

use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use sluice_fakes::Fakes;
use sluice_store::{LedgerMode, Subject};

use crate::house::{Answer, Caller, House, MASTER, PRICED, Plan, named, nanos};

const BOTH: [LedgerMode; 2] = [LedgerMode::Strict, LedgerMode::Batched];
/// What `usage 30 10` costs at the prices of the house. Before it, the prompt is taken for its bytes and
/// 1,024 tokens at the price of a cache write: $0.0028, and what it may answer.
const COST: i64 = 30 * 2_000 + 10 * 8_000;

/// Two deployments of one group, the first of them before the second.
fn two(first: &'static str, second: &'static str) -> Plan {
    House::plan().models(move |fakes| pair(fakes, "openai/first", first, second))
}

fn pair(fakes: &Fakes, first: &str, one: &str, two: &str) -> String {
    let more = |order: u8, more: &str| {
        let lines: String =
            more.split(';').map(|line| format!("\n      {}", line.trim())).collect();
        let id = format!("\n      id: {}", if order == 1 { "one" } else { "two" });
        format!("\n      order: {order}{lines}{PRICED}{id}")
    };
    named(fakes, "both", first, &more(1, one))
        + &named(fakes, "both", "anthropic/second", &more(2, two))
}

async fn call(house: &House, key: &str, output: u64) -> Answer {
    let mut body = Caller::OpenAi.ask("both", "usage 30 10 say hi");
    body["max_tokens"] = json!(output);
    house.send(Caller::OpenAi.request(key, "both", &body, false)).await
}

async fn served(house: &House, key: &str) -> String {
    let answer = call(house, key, 20).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.header("x-litellm-model-id").to_owned()
}

fn deployment(id: &str) -> Subject {
    Subject::Deployment(id.to_owned())
}

#[tokio::test]
async fn a_deployment_that_is_full_is_passed_over_and_all_that_are_full_refuse() {
    for mode in BOTH {
        for (limits, then) in [
            (["rpm: 1", "rpm: 2"], Duration::from_secs(60)),
            (["rpd: 1", "rpd: 2"], Duration::from_secs(15 * 3_600)),
            // 40 tokens are used, and the next call needs 20 and its prompt.
            (["tpm: 55", "tpm: 95"], Duration::from_secs(60)),
            (["tpd: 55", "tpd: 95"], Duration::from_secs(15 * 3_600)),
            (["otpm: 25", "otpm: 35"], Duration::from_secs(60)),
        ] {
            let [one, other] = limits;
            let house = two(one, other).ledger(mode).open().await;
            let key = house.key(&json!({})).await;
            let mut ids = Vec::new();
            for _ in 0..3 {
                ids.push(served(&house, &key).await);
            }
            assert_eq!(ids, ["one", "two", "two"], "{mode:?} {limits:?}");
            let asked = house.fakes.openai.count() + house.fakes.anthropic.count();
            let refused = call(&house, &key, 20).await;
            assert_eq!(refused.status, 429, "{mode:?} {limits:?}: {}", refused.text());
            let message = refused.message();
            assert!(
                message.starts_with("No deployments available for selected model, Try again in "),
                "{message}"
            );
            assert!(message.contains("Passed model=both"), "{message}");
            let wait: u64 = refused.header("retry-after").parse().unwrap();
            assert!(wait > 0 && wait <= then.as_secs(), "{mode:?} {limits:?}: {wait}");
            let now = house.fakes.openai.count() + house.fakes.anthropic.count();
            assert_eq!(now, asked, "a full deployment was asked");
            house.balanced(&key).await;
            house.clock.advance(then);
            assert_eq!(served(&house, &key).await, "one", "{mode:?} {limits:?}");
        }
    }
}

#[tokio::test]
async fn a_deployments_standing_is_in_every_answer() {
    let house = two("rpm: 5; tpm: 1000", "rpm: 1").open().await;
    for left in ["4", "3"] {
        let answer = call(&house, MASTER, 20).await;
        assert_eq!(answer.header("x-ratelimit-limit-requests"), "5");
        assert_eq!(answer.header("x-ratelimit-remaining-requests"), left);
        assert_eq!(answer.header("x-ratelimit-limit-tokens"), "1000");
    }
}

#[tokio::test]
async fn so_many_calls_at_once_of_a_deployment() {
    for mode in BOTH {
        let house = two("max_parallel_requests: 1", "weight: 1").ledger(mode).open().await;
        let body = Caller::OpenAi.ask("both", "slow 1 long 20");
        let stream = house.begin(Caller::OpenAi.request(MASTER, "both", &body, true)).await;
        assert_eq!(stream.headers()["x-litellm-model-id"], "one");
        assert_eq!(served(&house, MASTER).await, "two", "{mode:?}");
        stream.into_body().collect().await.unwrap();
        assert_eq!(served(&house, MASTER).await, "one", "{mode:?}");
    }
}

#[tokio::test]
async fn a_deployment_that_does_not_say_has_the_routers_word_for_calls_at_once() {
    let settings = "router_settings:\n  default_max_parallel_requests: 1";
    let house = two("weight: 1", "weight: 1").settings(settings).open().await;
    let body = Caller::OpenAi.ask("both", "slow 1 long 20");
    let stream = house.begin(Caller::OpenAi.request(MASTER, "both", &body, true)).await;
    assert_eq!(served(&house, MASTER).await, "two");
    stream.into_body().collect().await.unwrap();
}

#[tokio::test]
async fn a_deployments_budget_is_what_it_served_and_is_not_passed() {
    for mode in BOTH {
        let house = two("max_budget: 0.00313; budget_duration: 1d", "weight: 1").ledger(mode);
        let house = house.open().await;
        let key = house.key(&json!({})).await;
        let mut ids = Vec::new();
        for _ in 0..5 {
            ids.push(served(&house, &key).await);
        }
        // For a third call too little is left.
        assert_eq!(ids.iter().filter(|id| *id == "one").count(), 2, "{mode:?}: {ids:?}");
        house.balanced(&key).await;
        let rows = house.rows(&key).await;
        let sum: i64 = rows
            .iter()
            .filter(|row| row["model_id"] == "one")
            .map(|row| row["spend_nanos"].as_i64().unwrap())
            .sum();
        assert_eq!(sum, 2 * COST);
        house.clock.advance(Duration::from_secs(15 * 3_600));
        assert_eq!(served(&house, &key).await, "one", "{mode:?}: a new day");
    }
}

#[tokio::test]
async fn less_than_a_whole_answer_that_a_deployment_can_pay_caps_the_answer() {
    for mode in BOTH {
        let house = two("max_budget: 0.003", "weight: 1").ledger(mode).open().await;
        let answer = call(&house, MASTER, 1_000).await;
        assert_eq!((answer.status, answer.header("x-litellm-model-id")), (200, "one"));
        let cap: u64 = answer.header("x-sluice-max-tokens").parse().unwrap();
        assert!((16..125).contains(&cap), "{mode:?}: {cap}");
        assert_eq!(house.settled(deployment("one")).await, COST, "{mode:?}");
    }
}

#[tokio::test]
async fn an_attempt_that_fails_leaves_a_request_with_its_deployment_and_no_money() {
    for mode in BOTH {
        let house = House::plan()
            .models(|fakes| {
                let limits = "max_budget: 1; rpm: 2; max_parallel_requests: 1";
                pair(fakes, "openai/fake-error-500", limits, "max_budget: 1")
            })
            .ledger(mode)
            .open()
            .await;
        let key = house.key(&json!({"max_budget": 1})).await;
        for _ in 0..2 {
            assert_eq!(served(&house, &key).await, "two", "{mode:?}");
        }
        assert_eq!(house.fakes.openai.count(), 2);
        assert_eq!(house.settled(deployment("one")).await, 0, "{mode:?}");
        assert_eq!(house.settled(deployment("two")).await, 2 * COST, "{mode:?}");
        // Its two requests are used: it is not asked a third time.
        let third = call(&house, &key, 20).await;
        assert_eq!(third.header("x-litellm-attempted-retries"), "0", "{mode:?}");
        assert_eq!(house.fakes.openai.count(), 2, "{mode:?}");
        assert_eq!(house.balanced(&key).await, 3 * COST, "{mode:?}");
    }
}

#[tokio::test]
async fn what_a_provider_said_is_told_where_nobody_else_has_room() {
    let house = House::plan()
        .models(|fakes| pair(fakes, "openai/fake-error-503", "rpm: 1", "rpm: 0"))
        .open()
        .await;
    let answer = call(&house, MASTER, 20).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_eq!(house.fakes.openai.count(), 1);
    let answer = call(&house, MASTER, 20).await;
    assert_eq!(answer.status, 429, "{}", answer.text());
}

#[tokio::test]
async fn a_deployment_without_limits_costs_no_write_more() {
    let limited = two("rpm: 1000", "weight: 1").open().await;
    let free = two("weight: 1", "weight: 1").open().await;
    let mut writes = Vec::new();
    for house in [&free, &limited] {
        for _ in 0..2 {
            served(house, MASTER).await;
        }
        let before = house.faults.seen("UpdateItem");
        for _ in 0..4 {
            served(house, MASTER).await;
        }
        writes.push(house.faults.seen("UpdateItem") - before);
    }
    assert_eq!(writes, [8, 16]);
}

#[tokio::test]
async fn an_added_models_limits_hold_as_well() {
    let house = House::open().await;
    let fields = json!({
        "model_name": "both",
        "litellm_params": {
            "model": "openai/m", "api_key": "sk-fake",
            "api_base": format!("{}/v1", house.fakes.openai_url),
            "rpd": 1, "max_budget": 1, "budget_duration": "1d",
            "input_cost_per_token": 0.000002, "output_cost_per_token": 0.000008,
        },
        "model_info": {"id": "one"},
    });
    house.done("/model/new", &fields).await;
    assert_eq!(served(&house, MASTER).await, "one");
    let refused = call(&house, MASTER, 20).await;
    assert_eq!(refused.status, 429, "{}", refused.text());
}

#[tokio::test]
async fn a_providers_budget_is_that_of_all_its_deployments() {
    for mode in BOTH {
        let settings = "router_settings:\n  provider_budget_config:\n    openai: {budget_limit: 0.003, \
                        time_period: 1d}\n    anthropic: {budget_limit: 5, time_period: 30d}";
        let house = two("weight: 1", "weight: 1").settings(settings).ledger(mode).open().await;
        let key = house.key(&json!({})).await;
        let mut ids = Vec::new();
        for _ in 0..4 {
            ids.push(served(&house, &key).await);
        }
        assert_eq!(ids, ["one", "two", "two", "two"], "{mode:?}");
        house.balanced(&key).await;
        let shown = house.get("/provider/budgets", MASTER).await.json();
        let of = |name: &str| shown["providers"][name].clone();
        assert_eq!(nanos(&of("openai")["spend"]), COST, "{mode:?}");
        assert_eq!(nanos(&of("anthropic")["spend"]), 3 * COST);
        assert_eq!(of("openai")["budget_limit"], json!(0.003));
        assert_eq!(of("openai")["time_period"], "1d");
        assert_eq!(of("openai")["budget_reset_at"], "2026-11-26T00:00:00Z");
        assert_eq!(of("anthropic")["budget_reset_at"], "2026-12-01T00:00:00Z");
    }
}

#[tokio::test]
async fn providers_without_money_refuse_in_litellms_words() {
    let settings = "router_settings:\n  provider_budget_config:\n    openai: {budget_limit: 0, \
                    time_period: 1d}\n    anthropic: {budget_limit: 0, time_period: 30d}";
    let house = two("weight: 1", "weight: 1").settings(settings).open().await;
    for caller in Caller::ALL {
        let refused = caller.say(&house, MASTER, "both", "say hi").await;
        assert_eq!(refused.status, 429, "{}", refused.text());
        let message = refused.message();
        assert!(message.starts_with("No deployments available - crossed budget: "), "{message}");
        assert!(message.contains("Exceeded budget for provider openai: 0"), "{message}");
        assert!(message.contains("Exceeded budget for provider anthropic: 0"), "{message}");
        assert_eq!(refused.header("retry-after"), (14 * 3_600 + 1_800).to_string());
    }
    assert_eq!(house.fakes.openai.count() + house.fakes.anthropic.count(), 0);
    let none = House::open().await.get("/provider/budgets", MASTER).await.json();
    assert_eq!(none, json!({"providers": {}}));
}

#[tokio::test]
async fn the_gateway_as_a_whole_has_a_budget() {
    for mode in BOTH {
        let settings = "litellm_settings:\n  max_budget: 0.0033\n  budget_duration: 1d\n  \
                        budget_exceeded_status_code: 429";
        let house = two("weight: 1", "weight: 1").settings(settings).ledger(mode).open().await;
        let keys = [house.key(&json!({})).await, house.key(&json!({})).await];
        let (mut turn, mut last) = (0, call(&house, &keys[0], 20).await);
        while last.status == 200 && turn < 5 {
            turn += 1;
            last = call(&house, &keys[turn % 2], 20).await;
        }
        assert_eq!((last.status, turn), (429, 3), "{mode:?}: {}", last.text());
        assert!(last.message().contains("Budget has been exceeded! Proxy "), "{}", last.message());
        house.app.store().ledger().flush().await.unwrap();
        let spent = house.balanced(&keys[0]).await + house.balanced(&keys[1]).await;
        assert_eq!(spent, 3 * COST, "{mode:?}");
        let shown = house.get("/global/spend", MASTER).await.json();
        assert_eq!(shown["max_budget"], json!(0.0033));
        house.clock.advance(Duration::from_secs(15 * 3_600));
        assert_eq!(call(&house, &keys[0], 20).await.status, 200, "{mode:?}: a new day");
    }
}

#[tokio::test]
async fn the_gateway_as_a_whole_takes_so_many_calls_at_once() {
    for mode in BOTH {
        let settings = "general_settings:\n  global_max_parallel_requests: 1";
        let house = two("weight: 1", "weight: 1").settings(settings).ledger(mode).open().await;
        let (one, other) = (house.key(&json!({})).await, house.key(&json!({})).await);
        let body = Caller::OpenAi.ask("both", "slow 1 long 20");
        let stream = house.begin(Caller::OpenAi.request(&one, "both", &body, true)).await;
        let refused = call(&house, &other, 20).await;
        assert_eq!(refused.status, 429, "{}", refused.text());
        assert_eq!(refused.header("rate_limit_type"), "max_parallel_requests");
        assert!(refused.message().starts_with("Rate limit exceeded for global"), "{mode:?}");
        stream.into_body().collect().await.unwrap();
        assert_eq!(call(&house, &other, 20).await.status, 200, "{mode:?}");
    }
}

#[tokio::test]
async fn a_key_that_does_not_say_has_the_gateways_word_for_calls_at_once() {
    let settings = "general_settings:\n  max_parallel_requests: 1";
    let house = two("weight: 1", "weight: 1").settings(settings).open().await;
    let (one, other) = (house.key(&json!({})).await, house.key(&json!({})).await);
    let more = house.key(&json!({"max_parallel_requests": 2})).await;
    for (key, status) in [(&one, 429), (&more, 200)] {
        let body = Caller::OpenAi.ask("both", "slow 1 long 20");
        let stream = house.begin(Caller::OpenAi.request(key, "both", &body, true)).await;
        assert_eq!(call(&house, key, 20).await.status, status);
        assert_eq!(call(&house, &other, 20).await.status, 200);
        stream.into_body().collect().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_passed_on_is_held_to_its_providers_budget() {
    let settings = "router_settings:\n  provider_budget_config:\n    openai: {budget_limit: 0.003, \
                    time_period: 1d}";
    let house = two("rpm: 100", "weight: 1").settings(settings).open().await;
    let body = json!({
        "model": "first", "max_tokens": 20,
        "messages": [{"role": "user", "content": "usage 30 10 say hi"}],
    });
    let pass = async || house.post("/openai/v1/chat/completions", MASTER, &body).await;
    assert_eq!(pass().await.status, 200);
    let refused = pass().await;
    assert_eq!(refused.status, 429, "{}", refused.text());
    assert!(refused.message().contains("Exceeded budget for provider openai"));
    assert_eq!(house.fakes.openai.count(), 1);
    let shown: Value = house.get("/provider/budgets", MASTER).await.json();
    assert_eq!(nanos(&shown["providers"]["openai"]["spend"]), COST);
}

#[tokio::test]
async fn calls_at_once_never_pass_a_deployments_budget() {
    for mode in BOTH {
        let house = two("max_budget: 0.004", "max_budget: 0.003").ledger(mode).open().await;
        let house = std::sync::Arc::new(house);
        let key = house.key(&json!({})).await;
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..40 {
            let (house, key) = (std::sync::Arc::clone(&house), key.clone());
            calls.spawn(async move { call(&house, &key, 20).await.status });
        }
        let statuses = calls.join_all().await;
        assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
        let [one, two] = [deployment("one"), deployment("two")];
        let (one, two) = (house.settled(one).await, house.settled(two).await);
        assert!(one <= 4_000_000 && two <= 3_000_000, "{mode:?}: {one} {two}");
        let served = statuses.iter().filter(|status| **status == 200).count();
        assert_eq!(one + two, COST * i64::try_from(served).unwrap(), "{mode:?}");
        assert_eq!(house.balanced(&key).await, one + two, "{mode:?}");
    }
}
