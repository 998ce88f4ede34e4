//! Credentials under a name: sealed, masked, rotated while calls go on.

use serde_json::{Value, json};

use crate::house::{Caller, House, MASTER};

const NAME: &str = "openai/main";

/// A credential, and a model that names it.
async fn house() -> House {
    let house = House::open().await;
    let values = json!({
        "api_key": "sk-first-value-of-the-credential",
        "api_base": format!("{}/v1", house.fakes.openai_url),
    });
    let body = json!({
        "credential_name": NAME,
        "credential_values": values,
        "credential_info": {"custom_llm_provider": "openai"},
    });
    let made = house.done("/credentials", &body).await;
    assert_eq!(made, json!({"success": true, "message": "Credential created successfully"}));
    let params =
        json!({"model": "openai/gpt", "litellm_credential_name": NAME, "input_cost_per_token": 0});
    let model = json!({"model_name": "named", "litellm_params": params, "model_info": {"id": "m"}});
    house.done("/model/new", &model).await;
    house
}

async fn key_sent(house: &House) -> String {
    let ask = Caller::OpenAi.ask("named", "say hi");
    let answer = house.post("/v1/chat/completions", MASTER, &ask).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let seen = house.fakes.openai.last().unwrap();
    seen.header("authorization").unwrap().to_owned()
}

#[tokio::test]
async fn a_credential_is_named_by_models_and_rotated_between_two_calls() {
    let house = house().await;
    assert_eq!(key_sent(&house).await, "Bearer sk-first-value-of-the-credential");
    let path = format!("/credentials/{NAME}");
    let body = json!({"credential_values": {"api_key": "sk-second-value-of-the-credential"}});
    let changed = house.master(http::Method::PATCH, &path, &body).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(key_sent(&house).await, "Bearer sk-second-value-of-the-credential");
    let told = house.get(&format!("/credentials/by_name/{NAME}"), MASTER).await.json();
    assert_eq!(told["credential_info"], json!({"custom_llm_provider": "openai"}));
    assert_eq!(told["models"], json!(["m"]));
}

#[tokio::test]
async fn values_are_sealed_in_the_store_and_masked_in_every_answer() {
    let house = house().await;
    let stored = house.app.store().routing().read().await.unwrap();
    let stored = serde_json::to_string(&stored.credentials[0].values).unwrap();
    assert!(!stored.contains("sk-first") && stored.contains("sealed:1:"), "{stored}");
    for path in ["/credentials", "/credentials/by_name/openai/main", "/credentials/by_model/m"] {
        let told = house.get(path, MASTER).await;
        assert_eq!(told.status, 200, "{path}: {}", told.text());
        assert!(!told.text().contains("sk-first"), "{}", told.text());
        assert!(told.text().contains("sk****al"), "{}", told.text());
    }
    // Given back as it was shown, it stays.
    let body = json!({"credential_values": {"api_key": "sk****al", "organization": "org"}});
    let changed = house.master(http::Method::PATCH, "/credentials/openai/main", &body).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(key_sent(&house).await, "Bearer sk-first-value-of-the-credential");
}

#[tokio::test]
async fn who_used_a_credential_last_is_told() {
    let house = house().await;
    let read = async || house.get("/credentials/by_name/openai/main", MASTER).await.json();
    assert_eq!(read().await["last_used"], Value::Null);
    house.done("/user/new", &json!({"user_id": "u"})).await;
    let key = house.key(&json!({"user_id": "u"})).await;
    let ask = Caller::OpenAi.ask("named", "say hi");
    assert_eq!(house.post("/v1/chat/completions", &key, &ask).await.status, 200);
    let last = read().await["last_used"].clone();
    assert_eq!(last["user_id"], "u");
    assert_eq!(last["key"], sluice_store::KeyHash::of_plaintext(&key).to_string());
    assert!(last["at"].as_str().unwrap().starts_with("2026-11-25T09:30:00"), "{last}");
    // One write stands for ten minutes.
    let before = house.faults.seen("PutItem");
    assert_eq!(house.post("/v1/chat/completions", MASTER, &ask).await.status, 200);
    assert_eq!(read().await["last_used"], last);
    house.clock.advance(std::time::Duration::from_secs(600));
    assert_eq!(house.post("/v1/chat/completions", MASTER, &ask).await.status, 200);
    assert_eq!(read().await["last_used"]["user_id"], Value::Null);
    assert!(house.faults.seen("PutItem") > before);
}

#[tokio::test]
async fn what_would_break_a_model_or_reach_too_far_is_refused() {
    let house = house().await;
    let again = json!({"credential_name": NAME, "credential_values": {"api_key": "sk-x"}});
    assert_eq!(house.post("/credentials", MASTER, &again).await.status, 409);
    let (patch, delete) = (http::Method::PATCH, http::Method::DELETE);
    let taken = json!({"credential_values_to_delete": ["api_base", "api_key"], "credential_values": {"rpm": "x"}});
    let refused = house.master(patch.clone(), "/credentials/openai/main", &taken).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert!(refused.message().starts_with("model m: "), "{}", refused.text());
    let in_use = house.master(delete.clone(), "/credentials/openai/main", &json!({})).await;
    assert_eq!(in_use.status, 409, "{}", in_use.text());
    for (values, param) in [
        (json!({"api_key": "os.environ/HOME"}), "credential_values.api_key"),
        (json!({"api_key": "aws-secret/other"}), "credential_values.api_key"),
        (json!({"api_kye": "sk-x"}), "credential_values.api_kye"),
    ] {
        let body = json!({"credential_name": "bad", "credential_values": values});
        let refused = house.post("/credentials", MASTER, &body).await;
        assert_eq!((refused.status, &refused.json()["error"]["param"]), (400, &json!(param)));
    }
    let body = json!({"credential_name": "later", "credential_values": {"api_key": "aws-secret/sluice/x#k"}});
    house.done("/credentials", &body).await;
    for (method, status) in [(patch, 404), (delete, 404)] {
        let body = json!({"credential_values": {"api_key": "sk-x"}});
        assert_eq!(house.master(method, "/credentials/none", &body).await.status, status);
    }
    house.done("/model/delete", &json!({"id": "m"})).await;
    let gone = house.master(http::Method::DELETE, "/credentials/openai/main", &json!({})).await;
    assert_eq!(gone.json(), json!({"success": true, "message": "Credential deleted successfully"}));
}
