//! What is charged where it is not simply tokens at the usual price: a part of a call, a service level,
//! time.

use std::time::Duration;

use http_body_util::BodyExt as _;
use serde_json::json;

use crate::house::{Caller, House, INPUT, OUTPUT, PRICED, budget, decimal, named};

/// A price per token of embeddings, in nano-dollars.
const TOKEN: i64 = 2_000;
const TOKENS: &str = "\n      input_cost_per_token: 0.000002\n      output_cost_per_token: 0";

#[tokio::test]
async fn what_was_answered_of_a_call_that_fails_is_paid_for_once() {
    let house = House::plan()
        .models(|fakes| {
            let more = |order: u8, prices: &str| {
                format!("\n      num_retries: 1\n      order: {order}{prices}")
            };
            let titan = "bedrock/amazon.titan-embed-text-v2:0";
            named(fakes, "titan", titan, &more(1, TOKENS))
                + &named(fakes, "titan", titan, &more(2, TOKENS))
                + &named(fakes, "chat", "anthropic/claude-x", &more(1, PRICED))
        })
        .open()
        .await;
    let embed = json!({"model": "titan", "input": ["usage 30 0 say one", "error 500"]});
    let complete = json!({"model": "chat", "prompt": ["usage 40 5 say one", "error 500"],
        "max_tokens": 50});
    for (path, body, cost) in [
        ("/v1/embeddings", &embed, 30 * TOKEN),
        ("/v1/completions", &complete, 40 * INPUT + 5 * OUTPUT),
    ] {
        let key = house.key(&budget("1")).await;
        let before = house.fakes.bedrock.count() + house.fakes.anthropic.count();
        let answer = house.post(path, &key, body).await;
        assert_eq!(answer.status, 500, "{path}: {}", answer.text());
        assert_eq!(decimal(answer.header("x-litellm-response-cost")), cost, "{path}");
        assert_eq!(house.balanced(&key).await, cost, "{path}");
        let row = house.row(&key).await;
        assert_eq!(
            (&row["status"], &row["metadata"]["status_code"]),
            (&json!("failure"), &json!(500))
        );
        // One that was answered, and one that was tried twice, at the same deployment.
        let asked = house.fakes.bedrock.count() + house.fakes.anthropic.count() - before;
        assert_eq!(asked, 3, "{path}");
    }
}

#[tokio::test]
async fn a_completion_s_cap_is_lowered_to_what_the_budget_pays_for() {
    let house = House::plan()
        .models(|fakes| {
            named(fakes, "legacy", "openai/some-instruct", PRICED)
                + &named(fakes, "chat", "anthropic/claude-x", PRICED)
        })
        .open()
        .await;
    for (model, fake) in [("legacy", &house.fakes.openai), ("chat", &house.fakes.anthropic)] {
        let key = house.key(&budget("0.0035")).await;
        let ask = json!({"model": model, "prompt": "usage 10 1000 say hi", "max_tokens": 1000});
        let answer = house.post("/v1/completions", &key, &ask).await;
        assert_eq!(answer.status, 200, "{model}: {}", answer.text());
        let cap: i64 = answer.header("x-sluice-max-tokens").parse().unwrap();
        assert!((16..200).contains(&cap), "{model}: {cap}");
        assert_eq!(fake.last().unwrap().json()["max_tokens"], cap, "{model}");
        assert_eq!(house.balanced(&key).await, 10 * INPUT + cap * OUTPUT, "{model}");

        let poor = house.key(&budget("0.0021")).await;
        let answer = house.post("/v1/completions", &poor, &ask).await;
        assert_eq!(answer.status, 422, "{model}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_service_level_is_charged_at_its_price_where_it_was_served() {
    let prices = "
      input_cost_per_token_priority: 0.000004
      output_cost_per_token_priority: 0.000016
      input_cost_per_token_flex: 0.000001
      output_cost_per_token_flex: 0.000004";
    let house = House::plan()
        .models(move |fakes| {
            named(fakes, "openai", "openai/gpt-x", &format!("{prices}{PRICED}"))
                + &named(fakes, "anthropic", "anthropic/claude-x", &format!("{prices}{PRICED}"))
                + &named(
                    fakes,
                    "bedrock",
                    "bedrock/amazon.nova-lite-v1:0",
                    &format!("{prices}{PRICED}"),
                )
        })
        .open()
        .await;
    let usual = 10 * INPUT + 5 * OUTPUT;
    for (caller, model, tier, cost) in [
        (Caller::OpenAi, "openai", json!("priority"), 2 * usual),
        (Caller::OpenAi, "openai", json!("flex"), usual / 2),
        (Caller::OpenAi, "openai", json!("auto"), usual),
        (Caller::Anthropic, "openai", json!("auto"), usual),
        // Anthropic has no such level to ask for: it is left out.
        (Caller::OpenAi, "anthropic", json!("priority"), usual),
        (Caller::OpenAi, "bedrock", json!("priority"), 2 * usual),
        (Caller::Bedrock, "bedrock", json!({"type": "flex"}), usual / 2),
    ] {
        for stream in [false, true] {
            let key = house.key(&budget("1")).await;
            let mut body = caller.ask(model, "usage 10 5 say hi");
            let field = if caller == Caller::Bedrock { "serviceTier" } else { "service_tier" };
            body[field] = tier.clone();
            caller.call(&house, &key, model, &body, stream).await;
            let place = format!("{caller:?} on {model}, {tier}, {stream}");
            assert_eq!(house.balanced(&key).await, cost, "{place}");
        }
    }
    // What is reserved is the dear price: 200 tokens at priority are 0.0032, and the prompt 0.004.
    let key = house.key(&budget("0.0049")).await;
    let mut body = Caller::OpenAi.ask("openai", "usage 10 1000 say hi");
    body["service_tier"] = json!("priority");
    let (answer, _) = Caller::OpenAi.call(&house, &key, "openai", &body, false).await;
    let cap: i64 = answer.header("x-sluice-max-tokens").parse().unwrap();
    assert_eq!(house.balanced(&key).await, 2 * (10 * INPUT + cap * OUTPUT));
}

#[tokio::test]
async fn a_model_priced_by_time_costs_the_time_it_takes() {
    // Nano-dollars a second.
    const SECOND: i64 = 420_000;
    let house = House::plan()
        .models(|fakes| {
            let more = "\n      input_cost_per_second: 0.00042\n      timeout: 100";
            named(fakes, "hosted", "sagemaker/model-x", more)
        })
        .settings("litellm_settings:\n  request_timeout: 100")
        .open()
        .await;
    // What is reserved is the longest that the gateway waits: 100 seconds.
    let poor = house.key(&budget("0.04")).await;
    assert_eq!(Caller::OpenAi.say(&house, &poor, "hosted", "say hi").await.status, 422);
    let key = house.key(&budget("0.05")).await;
    let body = Caller::OpenAi.ask("hosted", "slow 2 usage 10 5 long 20");
    let answer = house.begin(Caller::OpenAi.request(&key, "hosted", &body, true)).await;
    assert_eq!(answer.status(), 200);
    house.clock.advance(Duration::from_millis(2_500));
    let text = answer.into_body().collect().await.unwrap().to_bytes();
    assert!(text.ends_with(b"[DONE]\n\n"));
    assert_eq!(house.balanced(&key).await, SECOND * 5 / 2);
    let row = house.row(&key).await;
    assert_eq!((&row["prompt_tokens"], &row["completion_tokens"]), (&json!(10), &json!(5)));
}
