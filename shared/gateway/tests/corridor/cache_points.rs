//! Prompt-cache markers, put in on request.

use serde_json::{Value, json};

use crate::house::{Caller, House, PRICED, named};

const POINTS: &str = "
      cache_control_injection_points:
        - location: message
          role: system
        - {location: message, index: -1, control: {type: ephemeral, ttl: 1h}}
        - location: tool_config";

async fn house() -> House {
    let claude = "bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0";
    House::plan()
        .models(move |fakes| {
            let more = format!("{POINTS}{PRICED}");
            named(fakes, "anthropic", "anthropic/claude-sonnet-4-5", &more)
                + &named(fakes, "bedrock", claude, &more)
                + &named(fakes, "openai", "openai/gpt-4o", &more)
                + &named(fakes, "bare", "anthropic/claude-sonnet-4-5", PRICED)
        })
        .open()
        .await
}

fn chat(model: &str) -> Value {
    let ask = json!({"model": model, "max_tokens": 20, "messages": [
        {"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}]});
    Caller::OpenAi.with_tool(ask)
}

#[tokio::test]
async fn a_deployment_marks_what_its_file_says() {
    let house = house().await;
    let key = house.key(&json!({})).await;
    let (five, hour) = (json!({"type": "ephemeral"}), json!({"type": "ephemeral", "ttl": "1h"}));

    let answer = Caller::OpenAi.raw(&house, &key, "anthropic", &chat("anthropic"), false).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = house.fakes.anthropic.last().unwrap().json();
    assert_eq!(sent["system"][0]["cache_control"], five);
    assert_eq!(sent["messages"][0]["content"][0]["cache_control"], hour);
    assert_eq!(sent["tools"][0]["cache_control"], five);

    let answer = Caller::OpenAi.raw(&house, &key, "bedrock", &chat("bedrock"), false).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = house.fakes.bedrock.last().unwrap().json();
    assert_eq!(sent["system"][1]["cachePoint"]["type"], "default");
    assert_eq!(sent["messages"][0]["content"][1]["cachePoint"]["ttl"], "1h");
    assert!(sent["toolConfig"]["tools"][1]["cachePoint"].is_object());

    // One that has no markers gets none, and the call is none the worse.
    let answer = Caller::OpenAi.raw(&house, &key, "openai", &chat("openai"), false).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(!house.fakes.openai.last().unwrap().json().to_string().contains("cache_control"));
}

#[tokio::test]
async fn a_caller_of_the_providers_own_dialect_is_marked_as_well() {
    let house = house().await;
    let key = house.key(&json!({})).await;
    let ask = Caller::Anthropic.ask("anthropic", "hi");
    let answer = Caller::Anthropic.raw(&house, &key, "anthropic", &ask, false).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = house.fakes.anthropic.last().unwrap().json();
    assert_eq!(sent["messages"][0]["content"][0]["cache_control"]["ttl"], "1h");
}

#[tokio::test]
async fn a_request_says_itself_what_to_mark_and_the_wish_goes_no_further() {
    let house = house().await;
    let key = house.key(&json!({})).await;
    let mut body = chat("bare");
    body["cache_control_injection_points"] = json!([{"location": "message", "role": "user"}]);
    let answer = Caller::OpenAi.raw(&house, &key, "bare", &body, false).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = house.fakes.anthropic.last().unwrap().json();
    assert!(sent["messages"][0]["content"][0]["cache_control"].is_object());
    assert!(sent["system"][0].get("cache_control").is_none());
    assert!(!sent.to_string().contains("injection_points"));

    body["cache_control_injection_points"] = json!([{"location": "elsewhere"}]);
    let answer = Caller::OpenAi.raw(&house, &key, "bare", &body, false).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(answer.message().contains("cache_control_injection_points"), "{}", answer.message());
}
