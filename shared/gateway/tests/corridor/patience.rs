//! How long a caller waits, and how often they want it tried.

use http::Request;
use serde_json::{Value, json};

use crate::house::{Answer, Caller, House, MASTER, PRICED, named, post};

async fn told(house: &House, headers: &[(&'static str, &str)], body: &Value) -> Answer {
    let mut request: Request<_> = post("/v1/chat/completions", MASTER, body.to_string());
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    house.send(request).await
}

#[tokio::test]
async fn a_request_says_how_often_it_is_tried() {
    let house = House::plan()
        .models(|fakes| {
            named(fakes, "m", "openai/fake-error-500", PRICED)
                + &named(fakes, "m", "openai/fake-error-503", PRICED)
        })
        .open()
        .await;
    let mut asked = Caller::OpenAi.ask("m", "say hi");
    for retries in [0, 4] {
        let before = house.fakes.openai.count();
        asked["num_retries"] = json!(retries);
        let answer = told(&house, &[], &asked).await;
        assert!(answer.status >= 500, "{}", answer.text());
        assert_eq!(house.fakes.openai.count() - before, retries + 1);
        // A header goes before.
        told(&house, &[("x-litellm-num-retries", "1")], &asked).await;
        assert_eq!(house.fakes.openai.count() - before, retries + 3);
    }
    asked["num_retries"] = json!("often");
    let answer = told(&house, &[], &asked).await;
    assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!("num_retries")));
}

#[tokio::test]
async fn a_request_says_how_long_it_waits() {
    let house = House::plan()
        .models(|fakes| {
            named(fakes, "slow", "openai/fake-stall", PRICED)
                + &named(
                    fakes,
                    "mute",
                    "openai/gpt-x",
                    &format!("\n      mock_timeout: true{PRICED}"),
                )
        })
        .open()
        .await;
    for group in ["slow", "mute"] {
        let mut asked = Caller::OpenAi.ask(group, "say hi");
        asked["num_retries"] = json!(0);
        asked["timeout"] = json!(0.05);
        let headers = [("x-litellm-timeout", "0.05"), ("x-litellm-num-retries", "0")];
        for answer in [
            told(&house, &[], &asked).await,
            told(&house, &headers, &Caller::OpenAi.ask(group, "say hi")).await,
        ] {
            assert_eq!(answer.status, 408, "{group}: {}", answer.text());
            assert_eq!(answer.header("x-litellm-timeout"), "0.05");
            assert_eq!(answer.json()["error"]["type"], "timeout_error");
        }
    }
    let before = house.fakes.openai.count();
    let mut asked = Caller::OpenAi.ask("slow", "say hi");
    asked["timeout"] = json!(-1);
    let answer = told(&house, &[], &asked).await;
    assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!("timeout")));
    assert_eq!(house.fakes.openai.count(), before);
}

#[tokio::test]
async fn a_service_level_has_its_own_time() {
    let house = House::plan()
        .models(|fakes| {
            let more = "
      mock_timeout: true
      timeout: 300
      timeout_by_service_tier: {flex: 0.05}
      stream_timeout_by_service_tier: {priority: 0.02}";
            named(fakes, "m", "openai/gpt-x", &format!("{more}{PRICED}"))
        })
        .open()
        .await;
    let mut asked = Caller::OpenAi.ask("m", "say hi");
    asked["num_retries"] = json!(0);
    for (tier, stream, seconds) in [("flex", false, "0.05"), ("priority", true, "0.02")] {
        asked["service_tier"] = json!(tier);
        asked["stream"] = json!(stream);
        let answer = told(&house, &[], &asked).await;
        assert_eq!(answer.status, 408, "{}", answer.text());
        assert!(answer.message().ends_with(&format!("within {seconds} s.")), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_guardrail_that_there_is_not_is_no_silence() {
    let house = House::open().await;
    for caller in Caller::ALL {
        let mut body = caller.ask("openai", "say hi");
        body["guardrails"] = json!(["pii"]);
        let answer = caller.raw(&house, MASTER, "openai", &body, false).await;
        assert_eq!(answer.status, 400, "{caller:?}: {}", answer.text());
        assert!(answer.message().starts_with("guardrails: "), "{}", answer.text());
    }
    assert_eq!(house.fakes.openai.count(), 0);
}
