//! Models that are added, changed and taken away while the gateway runs.

use serde_json::{Value, json};

use crate::house::{Answer, Caller, House, MASTER};

/// The parameters of a model at the fake of OpenAI.
fn params(house: &House) -> Value {
    json!({
        "model": "openai/gpt-added",
        "api_base": format!("{}/v1", house.fakes.openai_url),
        "api_key": "sk-fake-key-of-the-added-model",
        "input_cost_per_token": 0.000_002,
        "output_cost_per_token": 0.000_008,
    })
}

async fn add(house: &House, name: &str, info: Value) -> Value {
    let body = json!({"model_name": name, "litellm_params": params(house), "model_info": info});
    house.done("/model/new", &body).await
}

async fn call(house: &House, key: &str, model: &str) -> Answer {
    house.post("/v1/chat/completions", key, &Caller::OpenAi.ask(model, "say hi")).await
}

#[tokio::test]
async fn an_added_model_is_called_here_at_once_and_elsewhere_within_seconds() {
    let house = House::open().await;
    let beside = house.beside("sk-master-of-another-house").await;
    assert_eq!(call(&beside, "sk-master-of-another-house", "fresh").await.status, 400);
    let made = add(&house, "fresh", json!({"id": "mine"})).await;
    assert_eq!(
        (&made["model_id"], &made["model_info"]["db_model"]),
        (&json!("mine"), &json!(true))
    );
    assert_eq!(call(&house, MASTER, "fresh").await.status, 200);
    assert!(house.listed(MASTER, "").await.contains(&"fresh".to_owned()));
    let elsewhere = async || call(&beside, "sk-master-of-another-house", "fresh").await.status;
    assert_eq!(elsewhere().await, 400, "asked less than five seconds ago");
    house.clock.advance(std::time::Duration::from_secs(5));
    assert_eq!(elsewhere().await, 200);

    let gone = house.done("/model/delete", &json!({"id": "mine"})).await;
    assert_eq!(gone, json!({"message": "Model: mine deleted successfully"}));
    assert_eq!(call(&house, MASTER, "fresh").await.status, 400);
    house.clock.advance(std::time::Duration::from_secs(5));
    assert_eq!(elsewhere().await, 400);
    let again = house.post("/model/delete", MASTER, &json!({"id": "mine"})).await;
    assert_eq!(
        (again.status, again.message()),
        (400, "Model with id=mine not found in db".to_owned())
    );
}

#[tokio::test]
async fn a_call_in_the_steady_state_asks_the_store_for_nothing_more() {
    let house = House::open().await;
    add(&house, "fresh", json!({})).await;
    let key = house.key(&json!({})).await;
    assert_eq!(call(&house, &key, "fresh").await.status, 200);
    let before = house.faults.seen("GetItem") + house.faults.seen("Query");
    for _ in 0..5 {
        assert_eq!(call(&house, &key, "fresh").await.status, 200);
    }
    assert_eq!(house.faults.seen("GetItem") + house.faults.seen("Query"), before);
}

#[tokio::test]
async fn secrets_are_sealed_in_the_store_and_masked_in_every_answer() {
    let house = House::open().await;
    let made = add(&house, "fresh", json!({"id": "mine"})).await;
    assert_eq!(made["litellm_params"]["api_key"], "sk****el");
    let told = house.get("/model/info?litellm_model_id=mine", MASTER).await;
    let row = &told.json()["data"][0];
    assert_eq!(row["litellm_params"].get("api_key"), None);
    assert_eq!(row["litellm_params"]["api_base"], params(&house)["api_base"]);
    assert_eq!(
        (&row["model_info"]["db_model"], &row["model_info"]["id"]),
        (&json!(true), &json!("mine"))
    );
    assert!(!told.text().contains("sk-fake"), "{}", told.text());
    let stored = house.app.store().routing().read().await.unwrap();
    let stored = serde_json::to_string(&stored.models[0].params).unwrap();
    assert!(!stored.contains("sk-fake") && stored.contains("sealed:1:"), "{stored}");
    // The audit log tells who added it, and not with what.
    let log = house.get("/audit?table_name=LiteLLM_ProxyModelTable", MASTER).await;
    assert_eq!(log.json()["audit_logs"][0]["object_id"], "mine", "{}", log.text());
    assert!(!log.text().contains("sk-fake") && !log.text().contains("sealed:1:"), "{}", log.text());
    // A key that was shown masked and comes back so stays what it is.
    let body =
        json!({"model_info": {"id": "mine"}, "litellm_params": {"api_key": "sk****el", "rpm": 7}});
    let changed = house.done("/model/update", &body).await;
    assert_eq!(changed["litellm_params"]["rpm"], 7);
    assert_eq!(call(&house, MASTER, "fresh").await.status, 200);
    let seen = house.fakes.openai.last().unwrap();
    assert_eq!(seen.header("authorization"), Some("Bearer sk-fake-key-of-the-added-model"));
}

#[tokio::test]
async fn parameters_are_checked_as_those_of_the_file_are_and_named() {
    let house = House::open().await;
    let good = params(&house);
    for (change, param, word) in [
        (json!({"rpmm": 5}), "litellm_params.rpmm", "did you mean `rpm`?"),
        (json!({"rpm": "many"}), "litellm_params.rpm", "is not a number"),
        (json!({"timeout": -1}), "litellm_params.timeout", "no useful time"),
        (json!({"api_base": "nowhere"}), "litellm_params.api_base", "is not a URL"),
        (json!({"model": "opnai/gpt"}), "litellm_params.model", "did you mean `openai`?"),
        (json!({"api_key": "os.environ/HOME"}), "litellm_params.api_key", "variables_for_api"),
        (json!({"api_key": "aws-secret/master"}), "litellm_params.api_key", "secrets_for_api"),
        (json!({"api_key": "sealed:1:x:eHg="}), "litellm_params", "of the gateway's making"),
        (
            json!({"litellm_credential_name": "none"}),
            "litellm_params.litellm_credential_name",
            "none",
        ),
    ] {
        let mut params = good.clone();
        params.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let body = json!({"model_name": "bad", "litellm_params": params});
        let answer = house.post("/model/new", MASTER, &body).await;
        let told = format!("{change}: {}", answer.text());
        assert_eq!(answer.status, 400, "{told}");
        assert_eq!(answer.json()["error"]["param"], param, "{told}");
        assert!(answer.message().contains(word), "{told}");
    }
    for (body, status) in [
        (json!({"litellm_params": good}), 422),
        (json!({"model_name": "x"}), 422),
        (json!({"model_name": "x", "litellm_params": "text"}), 422),
        (json!({"model_name": "x\u{202e}", "litellm_params": good}), 400),
        (json!({"model_name": "x", "litellm_params": good, "model_info": {"moed": "chat"}}), 400),
        (json!({"model_name": "x", "litellm_params": good, "max_bugdet": 1}), 400),
        (
            json!({"model_name": "x", "litellm_params": good, "model_info": {"team_id": "none"}}),
            400,
        ),
    ] {
        let answer = house.post("/model/new", MASTER, &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
    }
    assert_eq!(house.app.store().routing().read().await.unwrap().models, []);
}

#[tokio::test]
async fn the_operators_keys_and_files_go_nowhere_that_a_caller_of_the_api_says() {
    let variables = [("OPENAI_API_KEY", "sk-of-the-operator"), ("GRANTED", "sk-granted")];
    let house = House::plan()
        .variables(&variables)
        .settings(
            "general_settings: {variables_for_api: [GRANTED]}\n\
             credential_list: [{credential_name: theirs, credential_values: {api_key: sk-of-the-file}}]",
        )
        .open()
        .await;
    let base = format!("{}/v1", house.fakes.openai_url);
    let new = async |params: Value| {
        let body = json!({"model_name": "new", "litellm_params": params});
        house.post("/model/new", MASTER, &body).await
    };
    // Elsewhere than at the provider there is no key of the operator's.
    let made = new(json!({"model": "openai/gpt", "api_base": base})).await;
    assert_eq!(made.status, 200, "{}", made.text());
    assert!(made.json()["warnings"][0].as_str().unwrap().contains("has no `api_key`"));
    for params in [
        json!({"model": "openai/gpt", "api_base": base, "api_key": "os.environ/OPENAI_API_KEY"}),
        json!({"model": "openai/gpt", "api_base": base, "litellm_credential_name": "theirs"}),
        json!({"model": "openai/gpt", "api_base": "os.environ/OPENAI_API_KEY"}),
        json!({"model": "vertex_ai/claude", "vertex_credentials": "/etc/passwd"}),
        json!({"model": "bedrock/x", "aws_role_name": "r", "aws_web_identity_token": "/etc/passwd"}),
        json!({"model": "bedrock/x", "aws_role_name": "r", "aws_web_identity_token": "oidc/env/GRANTED"}),
    ] {
        let refused = new(params.clone()).await;
        assert_eq!(refused.status, 400, "{params}: {}", refused.text());
    }
    let granted = json!({"model": "openai/gpt", "api_base": base, "api_key": "os.environ/GRANTED"});
    assert_eq!(new(granted).await.status, 200);
    let at_home = json!({"model": "openai/gpt", "litellm_credential_name": "theirs"});
    assert_eq!(new(at_home).await.status, 200);
}

#[tokio::test]
async fn edits_at_once_leave_each_others_fields() {
    let house = House::open().await;
    add(&house, "fresh", json!({"id": "mine"})).await;
    let edits = (1..=8).map(|number| {
        let field = [
            "rpm",
            "tpm",
            "order",
            "weight",
            "max_retries",
            "timeout",
            "stream_timeout",
            "max_parallel_requests",
        ][number - 1];
        let body = json!({"litellm_params": {field: number}});
        let house = &house;
        async move { house.master(http::Method::PATCH, "/model/mine/update", &body).await }
    });
    for answer in futures_util::future::join_all(edits).await {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let stored = house.app.store().routing().read().await.unwrap();
    let params = &stored.models[0].params;
    for (field, number) in [
        ("rpm", 1),
        ("tpm", 2),
        ("order", 3),
        ("weight", 4),
        ("max_retries", 5),
        ("timeout", 6),
        ("stream_timeout", 7),
        ("max_parallel_requests", 8),
    ] {
        assert_eq!(params[field], number, "{params:?}");
    }
    let without = json!({"litellm_params_to_remove": ["rpm", "tpm"], "model_name": "renamed"});
    let changed = house.master(http::Method::PATCH, "/model/mine/update", &without).await.json();
    assert_eq!(changed["litellm_params"].get("rpm"), None);
    assert_eq!(
        (call(&house, MASTER, "renamed").await.status, call(&house, MASTER, "fresh").await.status),
        (200, 400)
    );
}

#[tokio::test]
async fn a_blocked_model_is_not_called_and_not_listed_until_it_is_unblocked() {
    let house = House::open().await;
    add(&house, "fresh", json!({"id": "mine"})).await;
    let blocked = house.done("/model/block", &json!({"model_id": "mine"})).await;
    assert_eq!(blocked["model_info"]["blocked"], true);
    let refused = call(&house, MASTER, "fresh").await;
    assert_eq!(refused.status, 429, "{}", refused.text());
    assert!(refused.message().starts_with("No deployments available"), "{}", refused.text());
    assert!(!house.listed(MASTER, "").await.contains(&"fresh".to_owned()));
    // One that answers takes the calls of both.
    add(&house, "fresh", json!({"id": "other"})).await;
    assert_eq!(call(&house, MASTER, "fresh").await.header("x-litellm-model-id"), "other");
    house.done("/model/delete", &json!({"id": "other"})).await;
    house.done("/model/unblock", &json!({"model_id": "mine"})).await;
    assert_eq!(call(&house, MASTER, "fresh").await.status, 200);
}

#[tokio::test]
async fn models_of_the_file_are_the_files_to_change() {
    let house = House::open().await;
    let rows = house.get("/model/info", MASTER).await.json();
    let id = rows["data"][0]["model_info"]["id"].clone();
    assert_eq!(rows["data"][0]["model_info"]["db_model"], false);
    for (path, body) in [
        ("/model/update", json!({"model_info": {"id": id}, "model_name": "x"})),
        ("/model/delete", json!({"id": id})),
        ("/model/block", json!({"model_id": id})),
        (
            "/model/new",
            json!({"model_name": "x", "litellm_params": params(&house), "model_info": {"id": id}}),
        ),
    ] {
        let refused = house.post(path, MASTER, &body).await;
        assert_eq!(refused.status, 400, "{path}: {}", refused.text());
    }
    for path in ["/model/update", "/model/block"] {
        let body = json!({"id": "none", "model_id": "none"});
        let body = if path == "/model/block" { json!({"model_id": "none"}) } else { body };
        assert_eq!(house.post(path, MASTER, &body).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_teams_own_model_is_there_for_that_team_alone() {
    let house = House::open().await;
    for team in ["ours", "theirs"] {
        house.done("/team/new", &json!({"team_id": team, "models": ["demo"]})).await;
    }
    add(&house, "byok", json!({"id": "mine", "team_id": "ours"})).await;
    let (ours, theirs) = (
        house.key(&json!({"team_id": "ours"})).await,
        house.key(&json!({"team_id": "theirs"})).await,
    );
    assert_eq!(call(&house, &ours, "byok").await.status, 200);
    assert_eq!(house.listed(&ours, "").await, ["byok", "demo"]);
    assert_eq!(house.listed(&theirs, "").await, ["demo"]);
    assert_eq!(call(&house, &theirs, "byok").await.status, 403);
    for (key, ids) in [(&ours, 2), (&theirs, 1)] {
        let rows = house.get("/model/info", key).await.json();
        assert_eq!(rows["data"].as_array().unwrap().len(), ids, "{rows}");
    }
    // Whoever is in no team does not see it, the admin's list of deployments does.
    assert_eq!(call(&house, MASTER, "byok").await.status, 400);
    let told = house.get("/model/info?litellm_model_id=mine", MASTER).await.json();
    assert_eq!(told["data"][0]["model_info"]["team_public_model_name"], "byok");
    // Under everybody's name a team reaches its own.
    add(&house, "openai", json!({"id": "instead", "team_id": "ours"})).await;
    assert_eq!(call(&house, &ours, "openai").await.header("x-litellm-model-id"), "instead");
    // The key's own list narrows all the same.
    let narrow = house.key(&json!({"team_id": "ours", "models": ["demo"]})).await;
    assert_eq!(call(&house, &narrow, "byok").await.status, 403);
    let team = house.key(&json!({"team_id": "ours", "models": ["all-team-models"]})).await;
    assert_eq!(call(&house, &team, "byok").await.status, 200);
}

#[tokio::test]
async fn patterns_may_be_added_as_well() {
    let house = House::open().await;
    let mut all = params(&house);
    all["model"] = json!("openai/*");
    house.done("/model/new", &json!({"model_name": "lab/*", "litellm_params": all})).await;
    assert_eq!(call(&house, MASTER, "lab/gpt-4o-mini").await.status, 200);
    let patterns = house.get("/v1/models?return_wildcard_routes=true", MASTER).await.json();
    let ids: Vec<&Value> =
        patterns["data"].as_array().unwrap().iter().map(|row| &row["id"]).collect();
    assert!(ids.contains(&&json!("lab/*")) && ids.contains(&&json!("lab/gpt-4o-mini")));
}

#[tokio::test]
async fn what_is_passed_on_goes_by_an_added_model_and_by_a_teams_own_for_that_team() {
    let house = House::plan().models(|_| String::new()).open().await;
    let path = "/openai/v1/chat/completions";
    let ask = async |key: &str| {
        let body =
            json!({"model": "gpt-added", "messages": [{"role": "user", "content": "say hi"}]});
        house.post(path, key, &body).await
    };
    assert_eq!(ask(MASTER).await.status, 404, "there is no deployment of the provider");
    assert_eq!(ask("sk-nobody-knows-me").await.status, 401);

    house.done("/team/new", &json!({"team_id": "ours"})).await;
    let theirs = house.key(&json!({})).await;
    let ours = house.key(&json!({"team_id": "ours"})).await;
    add(&house, "of-a-team", json!({"id": "own", "team_id": "ours"})).await;
    assert_eq!(ask(&ours).await.status, 200);
    assert_eq!(ask(&theirs).await.status, 404, "it is another team's");

    add(&house, "of-all", json!({"id": "common"})).await;
    let answer = ask(&theirs).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = house.fakes.openai.last().unwrap();
    assert_eq!(sent.header("authorization").unwrap(), "Bearer sk-fake-key-of-the-added-model");
    let rows = house.get(&format!("/spend/logs?api_key={theirs}"), MASTER).await.json();
    assert!(rows[0]["spend"].as_f64().unwrap() > 0.0, "at the added model's price: {rows}");

    house.done("/model/block", &json!({"model_id": "common"})).await;
    assert_eq!(ask(&theirs).await.status, 404);
}

#[tokio::test]
async fn a_team_that_is_deleted_takes_its_own_models_along() {
    let house = House::open().await;
    for team in ["ours", "theirs"] {
        house.done("/team/new", &json!({"team_id": team})).await;
        add(&house, "byok", json!({"id": team, "team_id": team})).await;
    }
    add(&house, "shared", json!({"id": "shared"})).await;
    house.done("/team/delete", &json!({"team_ids": ["ours"]})).await;
    let ids = house.get("/v2/model/info?search=e", MASTER).await.json();
    let ids: Vec<&str> = ids["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["model_info"]["db_model"] == json!(true))
        .map(|row| row["model_info"]["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["shared"], "byok has no e");
    let told = |id: &str| format!("/model/info?litellm_model_id={id}");
    assert_eq!(house.get(&told("ours"), MASTER).await.status, 400);
    assert_eq!(house.get(&told("theirs"), MASTER).await.status, 200);
    let key = house.key(&json!({"team_id": "theirs"})).await;
    assert_eq!(call(&house, &key, "byok").await.status, 200);
}
