//! Prompts that Bedrock manages, named by their ARN in the place of a model.

use http::StatusCode;
use serde_json::{Value, json};

use crate::house::{House, MASTER, budget};

fn arn(id: &str) -> String {
    format!("arn:aws:bedrock:us-east-1:111122223333:prompt/{id}")
}

/// As botocore writes it into a path.
fn in_path(model: &str) -> String {
    format!("/bedrock/model/{}/converse", model.replace(':', "%3A").replace('/', "%2F"))
}

fn given(values: &[(&str, &str)]) -> Value {
    let texts = values.iter().map(|(name, text)| ((*name).to_owned(), json!({ "text": text })));
    Value::Object(texts.collect())
}

#[tokio::test]
async fn converse_begins_with_the_prompt_and_its_model_answers() {
    let house = House::open().await;
    let key = house.key(&budget("1")).await;
    let greeting = arn("GREETING00");
    for (model, variables, said) in [
        (greeting.clone(), given(&[("name", "Ann")]), "Hello from the draft, Ann."),
        (format!("{greeting}:1"), given(&[("name", "Ann")]), "Hello, Ann."),
        (
            format!("{greeting}:2"),
            given(&[("name", "A {{day}}"), ("day", "Monday")]),
            "Good day, A {{day}}. It is Monday.",
        ),
    ] {
        let body = json!({ "promptVariables": variables });
        let answer = house.post(&in_path(&model), &key, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let sent = house.fakes.bedrock.last().unwrap();
        assert_eq!(sent.path, "/model/model-of-bedrock/converse");
        let sent = sent.json();
        assert_eq!(sent["messages"], json!([{"role": "user", "content": [{"text": said}]}]));
        let config = json!({"temperature": 0.5, "topP": 0.75, "maxTokens": 50});
        assert_eq!((&sent["inferenceConfig"], &sent["promptVariables"]), (&config, &Value::Null));
    }
    let asked = house.fakes.bedrock_agent.all();
    assert_eq!(asked[0].method, "GET");
    let encoded = greeting.replace(':', "%3A").replace('/', "%2F");
    assert_eq!(asked[1].path, format!("/prompts/{encoded}/?promptVersion=1"));
    // Without its colons encoded, streamed, and with more to say.
    let path = format!("/bedrock/model/{}/converse-stream", arn("CHATTING00"));
    let messages = json!([{"role": "user", "content": [{"text": "Say hi."}]}]);
    let variables = given(&[("how", "brief"), ("name", "Ann")]);
    let body = json!({"promptVariables": variables, "messages": messages});
    let answer = house.post(&path, &key, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = house.fakes.bedrock.last().unwrap().json();
    assert_eq!(sent["system"], json!([{"text": "Be brief."}]));
    assert_eq!(sent["messages"].as_array().unwrap().len(), 3);
    assert_eq!(sent["inferenceConfig"]["stopSequences"], json!(["END"]));
    house.balanced(&key).await;
}

#[tokio::test]
async fn openais_chat_names_one_as_its_model() {
    let house = House::open().await;
    let body = json!({
        "model": arn("CHATTING00"),
        "promptVariables": given(&[("how", "brief"), ("name", "Ann")]),
        "messages": [{"role": "user", "content": "Who am I?"}],
    });
    let answer = house.post("/v1/chat/completions", MASTER, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-litellm-model-group"), "bedrock");
    let sent = house.fakes.bedrock.last().unwrap().json();
    assert_eq!(sent["system"], json!([{"text": "Be brief."}]));
    assert!(sent["messages"].to_string().contains("Who am I?"), "{sent}");
}

#[tokio::test]
async fn a_prompt_is_read_once_a_minute() {
    let house = House::open().await;
    let body = json!({ "promptVariables": given(&[("name", "Ann")]) });
    let path = in_path(&arn("GREETING00"));
    for _ in 0..3 {
        assert_eq!(house.post(&path, MASTER, &body).await.status, 200);
    }
    assert_eq!(house.fakes.bedrock_agent.count(), 1);
    house.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(house.post(&path, MASTER, &body).await.status, 200);
    assert_eq!(house.fakes.bedrock_agent.count(), 2);
}

#[tokio::test]
async fn what_is_missing_not_known_or_not_carried_is_refused_before_it_costs_anything() {
    let house = House::open().await;
    let key = house.key(&budget("1")).await;
    let name = || given(&[("name", "Ann")]);
    for (model, variables, status, told) in [
        (arn("GREETING00"), json!({}), 400, "needs a value for 'name'"),
        (arn("GREETING00"), given(&[("name", "Ann"), ("age", "3")]), 400, "no variable 'age'"),
        (arn("GREETING00"), json!({"name": "Ann"}), 400, "promptVariables"),
        (arn("GREETING00"), json!([]), 400, "promptVariables"),
        (arn("WITHTOOLS0"), name(), 400, "toolConfiguration"),
        (arn("NOTTHERE00"), name(), 404, "no such prompt"),
        (format!("{}:9", arn("GREETING00")), name(), 404, "no such prompt"),
        (arn("FORBIDDEN0"), name(), 403, "bedrock:GetPrompt"),
        (arn("THROTTLED0"), name(), 429, "no more prompts"),
        (arn("BROKENDOWN"), name(), 503, "cannot be read"),
        // No ARN of a prompt, and so a model that nobody knows.
        (arn("SHORT"), name(), 400, "Invalid model name"),
    ] {
        let body = json!({ "promptVariables": variables });
        let refused = house.post(&in_path(&model), &key, &body).await;
        assert_eq!(refused.status, status, "{model}: {}", refused.text());
        assert!(refused.text().contains(told), "{model}: {}", refused.text());
    }
    let both = json!({"model": arn("GREETING00"), "prompt_id": "p", "messages": []});
    let refused = house.post("/v1/chat/completions", &key, &both).await;
    assert_eq!(refused.json()["error"]["param"], "prompt_id", "{}", refused.text());
    assert_eq!(house.fakes.bedrock.count(), 0);
    assert_eq!(house.account(&key).await, (0, 0));
}

#[tokio::test]
async fn keys_are_held_to_the_prompts_and_models_that_they_have() {
    let house = House::open().await;
    let greeting = arn("GREETING00");
    let body = json!({ "promptVariables": given(&[("name", "Ann")]) });
    let own = house.key(&json!({"prompts": [format!("{greeting}:1")]})).await;
    assert_eq!(house.post(&in_path(&format!("{greeting}:1")), &own, &body).await.status, 200);
    let asked = house.fakes.bedrock_agent.count();
    let refused = house.post(&in_path(&greeting), &own, &body).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    assert_eq!(house.fakes.bedrock_agent.count(), asked, "AWS is not asked for it");
    let narrow = house.key(&json!({"models": ["openai"]})).await;
    let refused = house.post(&in_path(&greeting), &narrow, &body).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
}
