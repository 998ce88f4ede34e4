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
