//! Parameters that requests have to have: by the configuration, and by their key.

use http::{Request, header};
use serde_json::json;

use crate::house::{Caller, House, MASTER};

const SETTINGS: &str = "general_settings:
  enforced_params: [user]
  service_account_settings: {enforced_params: [metadata.generation_name]}";

#[tokio::test]
async fn a_request_without_what_its_key_enforces_is_refused_in_every_dialect() {
    let house = House::open().await;
    let key = house.key(&json!({"enforced_params": ["metadata.job"], "max_budget": 1})).await;
    for caller in Caller::ALL {
        let model = "openai";
        let mut ask = caller.ask(model, "say hi");
        let path = caller.path(model, false);
        let refused = house.post(&path, &key, &ask).await;
        assert_eq!(refused.status, 400, "{caller:?}: {}", refused.text());
        assert!(refused.text().contains("please pass param=metadata"), "{}", refused.text());
        ask["metadata"] = json!({"other": 1});
        let refused = house.post(&path, &key, &ask).await;
        assert!(refused.text().contains("param=[metadata][job]"), "{}", refused.text());
    }
    assert_eq!((house.fakes.openai.count(), house.account(&key).await), (0, (0, 0)));
    let mut ask = Caller::OpenAi.ask("openai", "say hi");
    ask["metadata"] = json!({"job": "nightly"});
    let answer = house.post("/v1/chat/completions", &key, &ask).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(house.info(&key).await["enforced_params"], json!(["metadata.job"]));
}

#[tokio::test]
async fn the_configuration_enforces_for_all_and_more_for_service_accounts() {
    let house = House::plan().settings(SETTINGS).open().await;
    house.done("/team/new", &json!({"team_id": "t"})).await;
    let account = house.done("/key/service-account/generate", &json!({"team_id": "t"})).await;
    let account = account["key"].as_str().unwrap();
    let asked = async |key: &str, fields: serde_json::Value| {
        let mut ask = Caller::OpenAi.ask("openai", "say hi");
        ask.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        house.post("/v1/chat/completions", key, &ask).await.status
    };
    assert_eq!(asked(MASTER, json!({})).await, 400);
    assert_eq!(asked(MASTER, json!({"user": null})).await, 400);
    assert_eq!(asked(MASTER, json!({"user": "u"})).await, 200);
    assert_eq!(asked(account, json!({"user": "u"})).await, 400);
    let whole = json!({"user": "u", "metadata": {"generation_name": "g"}});
    assert_eq!(asked(account, whole).await, 200);
    let embedding = json!({"model": "openai", "input": "x"});
    assert_eq!(house.post("/v1/embeddings", MASTER, &embedding).await.status, 400);
}

#[tokio::test]
async fn a_form_is_looked_through_as_well() {
    let house = House::open().await;
    let key = house.key(&json!({"enforced_params": ["user", "metadata.job"]})).await;
    let part = |name: &str, text: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let send = async |more: String| {
        let body = format!("{}{more}--b--\r\n", part("model", "openai"));
        let request = Request::post("/v1/audio/transcriptions")
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
        house.send(request.body(body.into()).unwrap()).await.text()
    };
    assert!(send(String::new()).await.contains("param=user"));
    assert!(send(part("user", "u")).await.contains("param=metadata"));
    let both = part("user", "u") + &part("metadata[job]", "nightly");
    assert!(!send(both).await.contains("please pass param"));
}

#[tokio::test]
async fn what_is_no_parameter_is_refused_and_nobody_makes_a_key_of_fewer() {
    let house = House::open().await;
    for wrong in ["", "a.b.c", "a b", ".a"] {
        let body = json!({"enforced_params": [wrong]});
        let refused = house.post("/key/generate", MASTER, &body).await;
        assert_eq!(
            (refused.status, &refused.json()["error"]["param"]),
            (400, &json!("enforced_params"))
        );
    }
    house.done("/user/new", &json!({"user_id": "u"})).await;
    let own = house.key(&json!({"user_id": "u", "enforced_params": ["user"]})).await;
    for (body, status) in
        [(json!({}), 403), (json!({"enforced_params": ["user", "metadata"]}), 200)]
    {
        let answer = house.post("/key/generate", &own, &body).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}
