//! What there is to call, told as far as a key reaches.

use serde_json::{Value, json};

use crate::house::{House, MASTER, PROVIDERS};

fn names(answer: &Value, field: &str) -> Vec<String> {
    let rows = answer["data"].as_array().unwrap().iter();
    rows.map(|row| row[field].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn deployments_and_groups_are_told_without_credentials_as_far_as_the_key_reaches() {
    let house = House::open().await;
    let all = house.get("/v1/model/info", MASTER).await;
    assert_eq!(names(&all.json(), "model_name"), PROVIDERS);
    assert!(!all.text().contains("sk-fake"), "{}", all.text());
    let first = all.json()["data"][0].clone();
    assert_eq!(first["litellm_params"]["model"], "openai/model-of-openai");
    assert_eq!(first["model_info"]["input_cost_per_token"], json!(0.000002));
    assert_eq!(first["model_info"]["max_output_tokens"], 1000);
    assert_eq!(first["model_info"]["litellm_provider"], "openai");
    let id = first["model_info"]["id"].as_str().unwrap();
    let one = house.get(&format!("/model/info?litellm_model_id={id}"), MASTER).await.json();
    assert_eq!(one["data"], json!([first]));
    assert_eq!(house.get("/model/info?litellm_model_id=x", MASTER).await.status, 400);

    let key = house.key(&json!({"models": ["demo", "gemini"]})).await;
    for (path, field) in [("/model/info", "model_name"), ("/model_group/info", "model_group")] {
        assert_eq!(names(&house.get(path, &key).await.json(), field), ["gemini", "demo"], "{path}");
    }
    let groups = house.get("/model_group/info?model_group=openai", MASTER).await.json();
    assert_eq!(groups["data"][0]["providers"], json!(["openai"]));
    assert_eq!(groups["data"][0]["output_cost_per_token"], json!(0.000008));
}

#[tokio::test]
async fn pages_of_teams_aliases_and_one_user_are_told() {
    let house = House::open().await;
    for team in ["a", "b", "c"] {
        let body = json!({"team_id": team, "team_alias": format!("Team {team}")});
        assert_eq!(house.post("/team/new", MASTER, &body).await.status, 200);
        house.key(&json!({"key_alias": format!("key-{team}"), "team_id": team})).await;
    }
    let page = house.get("/v2/team/list?page=2&page_size=2", MASTER).await.json();
    assert_eq!((&page["total"], &page["total_pages"]), (&json!(3), &json!(2)));
    assert_eq!(page["teams"].as_array().unwrap().len(), 1);
    let found = house.get("/v2/team/list?team_alias=TEAM%20b", MASTER).await.json();
    assert_eq!(found["teams"][0]["team_id"], "b");
    let aliases = house.get("/key/aliases?search=key", MASTER).await.json();
    assert_eq!(aliases["aliases"], json!(["key-a", "key-b", "key-c"]));
    let user = json!({"user_id": "u", "user_email": "u@example.org", "teams": ["a"]});
    assert_eq!(house.post("/user/new", MASTER, &user).await.status, 200);
    let flat = house.get("/v2/user/info?user_id=u", MASTER).await.json();
    assert_eq!((&flat["user_email"], &flat["teams"]), (&user["user_email"], &json!(["a"])));
    assert_eq!(flat["spend"], 0.0);
}

#[tokio::test]
async fn deployments_are_told_page_by_page_searched_and_sorted() {
    let house = House::open().await;
    let page = house.get("/v2/model/info?size=4&page=2", MASTER).await.json();
    let expected = (&json!(6), &json!(2), &json!(2), &json!(4));
    let told = ("total_count", "total_pages", "current_page", "size");
    assert_eq!((&page[told.0], &page[told.1], &page[told.2], &page[told.3]), expected);
    assert_eq!(names(&page, "model_name"), PROVIDERS[4..]);
    let asked = async |query: &str| {
        names(&house.get(&format!("/v2/model/info{query}"), MASTER).await.json(), "model_name")
    };
    assert_eq!(asked("?search=EM").await, ["sagemaker", "gemini", "demo"]);
    assert_eq!(asked("?search=emi&sortBy=model_name").await, ["gemini"]);
    assert_eq!(asked("?search=em&sortBy=model_name&size=2").await, ["demo", "gemini"]);
    assert_eq!(asked("?sortBy=model_name&sortOrder=desc&size=1").await, ["sagemaker"]);
    assert_eq!(asked("?model=openai").await, ["openai"]);
    assert_eq!(asked("?blocked=true").await, Vec::<String>::new());
    assert_eq!(asked("?access_group=none").await, Vec::<String>::new());
    assert_eq!(asked("?wildcard_only=true").await, Vec::<String>::new());
    let key = house.key(&json!({"models": ["demo"]})).await;
    let own = house.get("/v2/model/info", &key).await.json();
    assert_eq!(
        (names(&own, "model_name"), &own["total_count"]),
        (vec!["demo".to_owned()], &json!(1))
    );
    for (query, status) in [("?size=0", 422), ("?sortBy=costs", 400), ("?blocked=perhaps", 400)] {
        assert_eq!(
            house.get(&format!("/v2/model/info{query}"), MASTER).await.status,
            status,
            "{query}"
        );
    }
}
