//! Budgets: what they pay for, and that the books balance whatever happens.

use std::time::Duration;

use futures_util::future::join_all;
use http::Response;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use sluice_gateway::Departure;
use sluice_store::Millis;

use crate::house::{
    Caller, House, INPUT, MASTER, OUTPUT, PRICED, PROVIDERS, budget, decimal, deployment, named,
    nanos,
};

/// What `usage 100 20` costs.
const CALL: i64 = 100 * INPUT + 20 * OUTPUT;
const PROMPT: &str = "usage 100 20 say hi";

fn at(text: &str) -> Millis {
    Millis::parse(text).unwrap()
}

fn dollars(nanos: i64) -> String {
    sluice_store::NanoUsd::from_nanos(nanos).to_decimal()
}

#[tokio::test]
async fn a_budget_that_is_spent_refuses_in_every_dialect() {
    let house = House::open().await;
    for caller in Caller::ALL {
        let key =
            house.key(&json!({"max_budget": 0.000_1, "key_alias": format!("{caller:?}")})).await;
        let answer = caller.say(&house, &key, "openai", PROMPT).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(
            answer.message().starts_with("Budget has been exceeded! Key="),
            "{}",
            answer.text()
        );
        assert!(answer.message().contains("Current cost: 0, Max budget: 0.0001"));
        assert_eq!(answer.header("x-litellm-key-max-budget"), "0.0001");
        assert_eq!(answer.header("x-litellm-response-cost"), "0");
        match caller {
            Caller::OpenAi | Caller::Responses => {
                assert_eq!(answer.json()["error"]["type"], "budget_exceeded");
                assert_eq!(answer.json()["error"]["code"], "422");
            }
            Caller::Anthropic => {
                assert_eq!(answer.json()["error"]["type"], "billing_error");
            }
            Caller::Bedrock => {
                assert_eq!(answer.header("x-amzn-errortype"), "ServiceQuotaExceededException");
            }
            Caller::Gemini => {
                assert_eq!(answer.json()["error"]["status"], "RESOURCE_EXHAUSTED");
                assert_eq!(answer.json()["error"]["code"], 422);
            }
        }
        assert_eq!(house.balanced(&key).await, 0);
    }
    assert_eq!(house.fakes.openai.count(), 0);
}

#[tokio::test]
async fn the_status_of_a_spent_budget_is_configurable() {
    let settings = "litellm_settings:\n  budget_exceeded_status_code: 429";
    let house = House::plan().settings(settings).open().await;
    let key = house.key(&budget("0")).await;
    for caller in Caller::ALL {
        let answer = caller.say(&house, &key, "openai", PROMPT).await;
        assert_eq!(answer.status, 429, "{}", answer.text());
    }
    let answer = Caller::OpenAi.say(&house, &key, "openai", PROMPT).await;
    assert_eq!(answer.json()["error"]["code"], "429");
    assert_eq!(answer.json()["error"]["type"], "budget_exceeded");
}

#[tokio::test]
async fn a_window_ends_at_its_instant_and_no_job_is_needed() {
    let house = House::open().await;
    for (duration, resets, next) in [
        ("1d", "2026-11-26T00:00:00Z", "2026-11-27T00:00:00Z"),
        ("7d", "2026-11-30T00:00:00Z", "2026-12-07T00:00:00Z"),
        ("30d", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("1mo", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("1h", "2026-11-25T10:00:00Z", "2026-11-25T11:00:00Z"),
        ("15m", "2026-11-25T09:45:00Z", "2026-11-25T10:00:00Z"),
    ] {
        house.clock.set(at(crate::house::START));
        // Pays for the prompt of one call and little more, as its bound is some 1,100 tokens.
        let key = house.key(&json!({"max_budget": 0.004, "budget_duration": duration})).await;
        let say = async || Caller::OpenAi.say(&house, &key, "openai", "usage 1500 1 say hi").await;
        assert_eq!(house.info(&key).await["budget_reset_at"], resets, "{duration}");
        assert_eq!(say().await.status, 200, "{duration}");
        let refused = say().await;
        assert_eq!(refused.status, 422, "{duration}: {}", refused.text());
        let wait = (at(resets).get() - at(crate::house::START).get()) / 1000;
        assert_eq!(refused.header("retry-after"), wait.to_string(), "{duration}");

        house.clock.set(at(resets).plus(-1));
        assert_eq!(say().await.status, 422, "{duration}: one millisecond early");
        house.clock.set(at(resets));
        let info = house.info(&key).await;
        assert_eq!(nanos(&info["spend"]), 0, "{duration}");
        assert_eq!(info["budget_reset_at"], next, "{duration}");
        assert_eq!(nanos(&info["total_spend"]), 1500 * INPUT + OUTPUT, "{duration}");
        assert_eq!(say().await.status, 200, "{duration}: at the instant");
        assert_eq!(say().await.status, 422, "{duration}: the new window has its own limit");
    }
}

#[tokio::test]
async fn windows_follow_the_configured_time_zone() {
    let settings = "litellm_settings:\n  timezone: America/New_York";
    let house = House::plan().settings(settings).open().await;
    let key = house.key(&json!({"max_budget": 1, "budget_duration": "1d"})).await;
    assert_eq!(house.info(&key).await["budget_reset_at"], "2026-11-26T05:00:00Z");
}

#[tokio::test]
async fn fifty_callers_at_once_never_spend_more_than_there_is() {
    let house = House::open().await;
    for (caller, provider, stream) in [
        (Caller::OpenAi, "openai", false),
        (Caller::OpenAi, "openai", true),
        (Caller::Anthropic, "bedrock", true),
        (Caller::Bedrock, "anthropic", false),
    ] {
        let max = 10 * CALL + CALL / 2;
        let key = house.key(&budget(&dollars(max))).await;
        let body = caller.ask(provider, PROMPT);
        let mut answered = 0;
        // Each asks until it is refused for good: a reservation is larger than what it settles at.
        for _ in 0..4 {
            let calls = (0..50).map(|_| caller.raw(&house, &key, provider, &body, stream));
            for answer in join_all(calls).await {
                assert!([200, 422].contains(&answer.status), "{}", answer.text());
                answered += usize::from(answer.status == 200);
            }
        }
        let spent = house.balanced(&key).await;
        assert!(spent <= max, "spent {spent} of {max}");
        assert!(answered >= 1, "nobody was answered");
        assert_eq!(house.rows(&key).await.len(), answered);
    }
}

#[tokio::test]
async fn many_calls_at_once_are_counted_each() {
    let house = House::open().await;
    let key = house.key(&budget("100")).await;
    let body = Caller::OpenAi.ask("openai", PROMPT);
    let calls = (0..50).map(|_| Caller::OpenAi.raw(&house, &key, "openai", &body, false));
    for answer in join_all(calls).await {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_eq!(house.balanced(&key).await, 50 * CALL);
    assert_eq!(house.rows(&key).await.len(), 50);
}

#[tokio::test]
async fn a_cap_is_lowered_to_what_the_budget_pays_for() {
    for caller in Caller::ALL {
        for provider in PROVIDERS {
            for stream in [false, true] {
                let house = House::open().await;
                // 200 tokens of output alone are 0.0016; the prompt is bounded by its bytes and
                // 1,024 more, some 0.0025.
                let key = house.key(&budget("0.0035")).await;
                let body = caller.ask(provider, "usage 10 1000 say hi");
                let (answer, _) = caller.call(&house, &key, provider, &body, stream).await;
                let place = format!("{caller:?} on {provider}, {stream}");
                let cap: i64 = answer.header("x-sluice-max-tokens").parse().unwrap();
                assert!((16..200).contains(&cap), "{place}: {cap}");
                let seen = match provider {
                    "openai" => house.fakes.openai.last(),
                    "anthropic" => house.fakes.anthropic.last(),
                    "bedrock" => house.fakes.bedrock.last(),
                    "sagemaker" => house.fakes.sagemaker.last(),
                    _ => None,
                };
                if let Some(seen) = seen {
                    let sent = seen.json();
                    let pointer = match (provider, caller) {
                        ("bedrock", _) => "/inferenceConfig/maxTokens",
                        ("openai", Caller::Responses) => "/max_output_tokens",
                        _ => "/max_tokens",
                    };
                    assert_eq!(sent.pointer(pointer), Some(&json!(cap)), "{place}: {sent}");
                    assert_eq!(house.balanced(&key).await, 10 * INPUT + cap * OUTPUT, "{place}");
                }
                house.balanced(&key).await;
            }
        }
    }
}

#[tokio::test]
async fn a_call_that_nobody_capped_is_capped_where_a_budget_must_hold() {
    let house = House::plan()
        .models(|fakes| {
            let price =
                "\n      input_cost_per_token: 0.000002\n      output_cost_per_token: 0.000008";
            deployment(fakes, "openai", "openai", price)
        })
        .open()
        .await;
    let body = json!({"model": "openai", "messages": [{"role": "user", "content": "say hi"}]});
    let key = house.key(&budget("10")).await;
    let answer = house.post("/v1/chat/completions", &key, &body).await;
    assert_eq!(answer.header("x-sluice-max-tokens"), "4096");
    assert_eq!(house.fakes.openai.last().unwrap().json()["max_tokens"], 4096);
    let free = house.key(&json!({})).await;
    let answer = house.post("/v1/chat/completions", &free, &body).await;
    assert_eq!(answer.header("x-sluice-max-tokens"), "");
    assert!(house.fakes.openai.last().unwrap().json().get("max_tokens").is_none());
}

#[tokio::test]
async fn a_budget_too_small_for_a_useful_answer_refuses() {
    let house = House::open().await;
    let key = house.key(&budget("0.0022")).await;
    let answer = Caller::OpenAi.say(&house, &key, "openai", "say hi").await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert_eq!(house.balanced(&key).await, 0);
}

#[tokio::test]
async fn a_model_without_a_price_needs_a_key_without_a_budget() {
    let house =
        House::plan().models(|fakes| deployment(fakes, "openai", "openai", "")).open().await;
    let key = house.key(&budget("10")).await;
    for caller in Caller::ALL {
        let answer = caller.say(&house, &key, "openai", "say hi").await;
        assert_eq!(answer.status, 403, "{}", answer.text());
        assert!(answer.message().contains("has no price"), "{}", answer.message());
    }
    assert_eq!(house.fakes.openai.count(), 0);
    assert_eq!(house.balanced(&key).await, 0);
    let key = house.key(&json!({})).await;
    let answer = Caller::OpenAi.say(&house, &key, "openai", PROMPT).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(house.balanced(&key).await, 0);
    assert_eq!(house.row(&key).await["prompt_tokens"], 100);
}

#[tokio::test]
async fn a_free_model_is_answered_when_the_budget_is_spent() {
    let house = House::plan()
        .models(|fakes| {
            let free = "\n    model_info:\n      free: true";
            deployment(fakes, "free", "openai", free) + &deployment(fakes, "paid", "openai", PRICED)
        })
        .open()
        .await;
    let key = house.key(&budget("0")).await;
    for caller in Caller::ALL {
        assert_eq!(caller.say(&house, &key, "paid", PROMPT).await.status, 422);
        let answer = caller.say(&house, &key, "free", PROMPT).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("x-sluice-max-tokens"), "");
    }
    assert_eq!(house.balanced(&key).await, 0);
    assert_eq!(house.rows(&key).await.len(), Caller::ALL.len());
}

#[tokio::test]
async fn a_failure_of_the_provider_costs_nothing_and_leaves_a_row() {
    let house = House::plan().settings("router_settings:\n  num_retries: 0").open().await;
    for caller in Caller::ALL {
        for provider in ["openai", "anthropic", "bedrock", "sagemaker"] {
            for (status, stream) in [(400, false), (429, false), (500, true)] {
                let key = house.key(&budget("1")).await;
                let body = caller.ask(provider, &format!("error {status}"));
                let answer = caller.raw(&house, &key, provider, &body, stream).await;
                let place = format!("{caller:?} on {provider}: {}", answer.text());
                assert_eq!(answer.status, status, "{place}");
                assert!(answer.message().starts_with("litellm."), "{place}");
                assert_eq!(answer.header("x-litellm-response-cost"), "0", "{place}");
                assert_eq!(answer.header("x-litellm-model-group"), provider, "{place}");
                assert_eq!(house.balanced(&key).await, 0, "{place}");
                let row = house.row(&key).await;
                assert_eq!(row["status"], "failure", "{place}");
                assert_eq!(row["metadata"]["status_code"], status, "{place}");
                assert!(row["metadata"]["error_information"].is_string(), "{place}");
            }
        }
    }
}

/// Reads the first bytes of a streamed answer and goes away.
async fn leave(response: Response<axum::body::Body>) {
    assert_eq!(response.status(), 200);
    let mut body = response.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(!first.is_empty());
}

async fn leaving(departure: Departure) {
    for caller in Caller::ALL {
        for provider in ["openai", "anthropic", "bedrock", "sagemaker"] {
            let house = House::plan().departure(departure).open().await;
            let key = house.key(&budget("1")).await;
            let body = caller.ask(provider, "slow 2 usage 100 60 long 60");
            leave(house.begin(caller.request(&key, provider, &body, true)).await).await;
            let spent = house.balanced(&key).await;
            let row = house.row(&key).await;
            let place = format!("{caller:?} on {provider}: {row}");
            match departure {
                Departure::Drain => {
                    assert_eq!(spent, 100 * INPUT + 60 * OUTPUT, "{place}");
                    assert_eq!(row["status"], "success", "{place}");
                    assert_eq!(row["metadata"]["usage_estimated"], false, "{place}");
                }
                Departure::Cancel => {
                    assert!(spent > 0, "{place}");
                    assert_eq!(row["status"], "failure", "{place}");
                    assert_eq!(row["metadata"]["status_code"], 499, "{place}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_caller_who_leaves_is_charged_in_full_when_the_answer_is_drained() {
    leaving(Departure::Drain).await;
}

#[tokio::test]
async fn a_caller_who_leaves_is_charged_what_was_seen_when_the_call_is_cancelled() {
    leaving(Departure::Cancel).await;
}

#[tokio::test]
async fn a_cancelled_call_is_hung_up_on() {
    let house = House::open().await;
    let body = Caller::OpenAi.ask("openai", "slow 20 long 400");
    leave(house.begin(Caller::OpenAi.request(MASTER, "openai", &body, true)).await).await;
    house.app.orphans().drained().await;
    // The provider notices at its next write.
    let gone = async {
        while house.fakes.openai.last().unwrap().outcome == sluice_fakes::Outcome::Open {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), gone).await.unwrap();
    assert_eq!(house.fakes.openai.last().unwrap().outcome, sluice_fakes::Outcome::Dropped);
}

#[tokio::test]
async fn a_caller_who_leaves_before_the_answer_is_settled_for() {
    let house = House::open().await;
    for caller in Caller::ALL {
        let key = house.key(&budget("1")).await;
        let body = caller.ask("openai", "slow 100 usage 100 20 say hi");
        let seen = house.fakes.openai.count();
        let mut call = Box::pin(house.begin(caller.request(&key, "openai", &body, false)));
        // Until the provider has it.
        while house.fakes.openai.count() == seen {
            tokio::select! {
                _ = &mut call => panic!("answered too early"),
                () = tokio::time::sleep(Duration::from_millis(2)) => {}
            }
        }
        drop(call);
        assert_eq!(house.balanced(&key).await, CALL);
        assert_eq!(house.row(&key).await["status"], "success");
    }
}

#[tokio::test]
async fn settlement_insists_when_the_store_stumbles() {
    use sluice_embedded::Fault;
    let house = House::open().await;
    for fault in [Fault::LostAfter, Fault::Throttled, Fault::Internal, Fault::Conflict] {
        let key = house.key(&budget("1")).await;
        house.faults.storm(3, 30, &[fault]);
        let mut answered = 0;
        for _ in 0..10 {
            let answer = Caller::OpenAi.say(&house, &key, "openai", PROMPT).await;
            assert!([200, 503].contains(&answer.status), "{}", answer.text());
            answered += i64::from(answer.status == 200);
        }
        house.faults.clear();
        house.app.orphans().drained().await;
        let (spent, _) = house.account(&key).await;
        assert_eq!(spent, answered * CALL, "{fault:?}");
        // What a lost answer left reserved is the lease's: charged after it, and told by a row.
        house.clock.advance(Duration::from_secs(100_000));
        house.app.store().ledger().sweep(sluice_store::Clock::now(&*house.clock)).await.unwrap();
        let (after, reserved) = house.account(&key).await;
        assert_eq!(reserved, 0, "{fault:?}");
        assert!(after >= spent, "{fault:?}");
    }
}

#[tokio::test]
async fn several_answers_to_one_question_are_reserved_and_paid_for() {
    let house = House::open().await;
    let key = house.key(&budget("1")).await;
    let mut body = Caller::OpenAi.ask("openai", "say hi");
    body["n"] = json!(3);
    let answer = house.post("/v1/chat/completions", &key, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let told: Value = answer.json()["usage"].clone();
    let cost = told["prompt_tokens"].as_i64().unwrap() * INPUT
        + told["completion_tokens"].as_i64().unwrap() * OUTPUT;
    assert_eq!(decimal(answer.header("x-litellm-response-cost")), cost);
    assert_eq!(house.balanced(&key).await, cost);
}

#[tokio::test]
async fn the_dearest_deployment_of_a_group_is_reserved_and_the_one_that_answered_is_paid() {
    let house = House::plan()
        .models(|fakes| {
            let dear = "
      order: 2
      input_cost_per_token: 0.001
      output_cost_per_token: 0.001
    model_info:
      max_output_tokens: 1000";
            deployment(fakes, "both", "anthropic", dear)
                + &named(fakes, "both", "openai/cheap", &format!("\n      order: 1{PRICED}"))
        })
        .open()
        .await;
    let key = house.key(&budget("0.9")).await;
    // The dear one's prompt alone could cost more than a dollar.
    assert_eq!(Caller::OpenAi.say(&house, &key, "both", PROMPT).await.status, 422);
    let key = house.key(&budget("10")).await;
    assert_eq!(Caller::OpenAi.say(&house, &key, "both", PROMPT).await.status, 200);
    assert_eq!(house.balanced(&key).await, CALL);
}
