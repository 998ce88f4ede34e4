//! Names under which lists admit several models, aliases, and what `/v1/models` shows of them.

use serde_json::json;

use crate::house::{Caller, House, MASTER, deployment};

/// Two models and two aliases of the file.
async fn house() -> House {
    let models = |fakes: &sluice_fakes::Fakes| {
        ["small", "large"]
            .map(|name| {
                let groups = format!("\n    model_info: {{access_groups: [of-the-file-{name}]}}");
                deployment(fakes, name, "openai", &groups)
            })
            .concat()
    };
    let settings = "router_settings: {model_group_alias: {other: small, secret: {model: small, hidden: true}}}";
    Box::pin(House::plan().models(models).settings(settings).open()).await
}

async fn add(house: &House, name: &str, id: &str) {
    let params = json!({
        "model": "openai/gpt", "api_key": "sk-fake", "api_base": format!("{}/v1", house.fakes.openai_url),
    });
    let body = json!({"model_name": name, "litellm_params": params, "model_info": {"id": id}});
    house.done("/model/new", &body).await;
}

async fn status(house: &House, key: &str, model: &str) -> u16 {
    house.post("/v1/chat/completions", key, &Caller::OpenAi.ask(model, "say hi")).await.status
}

#[tokio::test]
async fn a_group_admits_its_models_wherever_a_list_names_it() {
    let house = house().await;
    for (name, id) in [("a", "a1"), ("a", "a2"), ("b", "b1")] {
        add(&house, name, id).await;
    }
    let made = house
        .done("/access_group/new", &json!({"access_group": "lab", "model_names": ["a"]}))
        .await;
    assert_eq!((&made["models_updated"], &made["model_names"]), (&json!(2), &json!(["a"])));
    house.done("/team/new", &json!({"team_id": "t", "models": ["lab"]})).await;
    house.done("/user/new", &json!({"user_id": "u", "models": ["lab"]})).await;
    let keys = [
        house.key(&json!({"models": ["lab"]})).await,
        house.key(&json!({"team_id": "t"})).await,
        house.key(&json!({"team_id": "t", "models": ["all-team-models"]})).await,
        house.key(&json!({"user_id": "u"})).await,
    ];
    for key in &keys {
        assert_eq!(house.listed(key, "").await, ["a"]);
        assert_eq!((status(&house, key, "a").await, status(&house, key, "b").await), (200, 403));
    }
    // Who is in it is said anew.
    let body = json!({"model_ids": ["b1"]});
    let changed = house.master(http::Method::PUT, "/access_group/lab/update", &body).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    for key in &keys {
        assert_eq!(house.listed(key, "").await, ["b"]);
        assert_eq!((status(&house, key, "a").await, status(&house, key, "b").await), (403, 200));
    }
    let gone =
        house.master(http::Method::DELETE, "/access_group/lab/delete", &json!({})).await.json();
    assert_eq!(gone["models_updated"], 1);
    assert_eq!(status(&house, &keys[0], "b").await, 403);
}

#[tokio::test]
async fn groups_are_told_and_those_of_the_file_are_not_changed() {
    let house = house().await;
    add(&house, "a", "a1").await;
    house.done("/access_group/new", &json!({"access_group": "lab", "model_ids": ["a1"]})).await;
    let told = house.get("/access_group/list", MASTER).await.json();
    let row = json!({"access_group": "lab", "model_names": ["a"], "deployment_count": 1});
    assert_eq!(told["access_groups"][0], row);
    assert_eq!(told["access_groups"].as_array().unwrap().len(), 3);
    assert_eq!(house.get("/access_group/lab/info", MASTER).await.json(), row);
    assert_eq!(house.get("/access_group/none/info", MASTER).await.status, 404);
    let (put, delete) = (http::Method::PUT, http::Method::DELETE);
    for (method, path, body, status) in [
        (
            http::Method::POST,
            "/access_group/new",
            json!({"access_group": "lab", "model_ids": ["a1"]}),
            409,
        ),
        (http::Method::POST, "/access_group/new", json!({"access_group": "new"}), 400),
        (
            http::Method::POST,
            "/access_group/new",
            json!({"access_group": "", "model_ids": ["a1"]}),
            400,
        ),
        (
            http::Method::POST,
            "/access_group/new",
            json!({"access_group": "new", "model_names": ["small"]}),
            400,
        ),
        (
            http::Method::POST,
            "/access_group/new",
            json!({"access_group": "new", "model_ids": ["a1", "none"]}),
            400,
        ),
        (put, "/access_group/none/update", json!({"model_ids": ["a1"]}), 404),
        (delete.clone(), "/access_group/none/delete", json!({}), 404),
        (delete, "/access_group/of-the-file-small/delete", json!({}), 400),
    ] {
        let answer = house.master(method, path, &body).await;
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.text());
    }
    assert_eq!(
        house.get("/access_group/new/info", MASTER).await.status,
        404,
        "half of it was written"
    );
}

#[tokio::test]
async fn the_list_shows_what_the_key_may_call_and_its_groups_where_asked() {
    let house = house().await;
    let all = house.key(&json!({})).await;
    let groups = ["of-the-file-small", "of-the-file-large"];
    assert_eq!(house.listed(&all, "").await, ["small", "large", "other"]);
    assert_eq!(house.listed(&all, "?only_model_access_groups=true").await, groups);
    assert_eq!(
        house.listed(&all, "?include_model_access_groups=true").await,
        ["small", "large", "other", "of-the-file-small", "of-the-file-large"]
    );
    // An alias is called by whoever may call what it stands for; a hidden one is called and not shown.
    let small =
        house.key(&json!({"models": ["of-the-file-small"], "aliases": {"mine": "small"}})).await;
    assert_eq!(house.listed(&small, "").await, ["small", "other", "mine"]);
    assert_eq!(house.listed(&small, "?only_model_access_groups=true").await, ["of-the-file-small"]);
    for (name, called, told) in [
        ("other", 200, 200),
        ("secret", 200, 200),
        ("mine", 200, 200),
        ("large", 403, 404),
        ("x", 403, 404),
    ] {
        assert_eq!(status(&house, &small, name).await, called, "{name}");
        assert_eq!(house.get(&format!("/v1/models/{name}"), &small).await.status, told, "{name}");
    }
    // A team's models, of a key in no team, are everybody's; the word itself is no model.
    let words = house.key(&json!({"models": ["all-team-models"]})).await;
    assert_eq!(house.listed(&words, "").await, ["small", "large", "other"]);
    assert_eq!(status(&house, &words, "large").await, 200);
    let none = house.key(&json!({"models": ["no-default-models"]})).await;
    assert_eq!(house.listed(&none, "").await, [""; 0]);
    assert_eq!(status(&house, &none, "small").await, 403);
}
