//! Streams that break, and bytes that pass as they are.

use serde_json::json;

use crate::house::{Caller, House, MASTER, Reading, budget};

#[tokio::test]
async fn a_stream_that_breaks_ends_with_an_error_in_the_callers_dialect() {
    let house = House::open().await;
    for caller in Caller::ALL {
        for provider in ["openai", "anthropic", "bedrock", "sagemaker", "gemini"] {
            for order in ["die", "cut", "late error"] {
                let key = house.key(&budget("1")).await;
                let body = caller.ask(provider, &format!("{order} long 20"));
                let answer = caller.raw(&house, &key, provider, &body, true).await;
                let place = format!("{caller:?} on {provider}, {order}: {}", answer.text());
                assert_eq!(answer.status, 200, "{place}");
                let reading = Reading::streamed(caller, &answer.body);
                assert!(reading.error.is_some(), "{place}");
                assert!(!reading.ended, "a clean end: {place}");
                assert!(house.balanced(&key).await > 0, "{place}");
                assert_eq!(house.row(&key).await["status"], "failure", "{place}");
            }
        }
    }
}

#[tokio::test]
async fn a_field_that_only_the_provider_knows_survives_and_the_gateways_own_do_not() {
    let house = House::open().await;
    let mut body = Caller::OpenAi.ask("openai", "say hi");
    body["prompt_cache_key"] = json!("kept");
    body["num_retries"] = json!(0);
    body["tags"] = json!(["a"]);
    let answer = house.post("/v1/chat/completions", MASTER, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let expected = {
        let mut sent = Caller::OpenAi.ask("openai", "say hi");
        sent["model"] = json!("model-of-openai");
        sent["prompt_cache_key"] = json!("kept");
        sent.to_string()
    };
    assert_eq!(String::from_utf8_lossy(&house.fakes.openai.last().unwrap().body), expected);
}
