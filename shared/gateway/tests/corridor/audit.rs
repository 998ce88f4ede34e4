//! The audit log, as administrators read it.

use http::Request;
use serde_json::{Value, json};
use sluice_embedded::Fault;
use sluice_gateway::Peer;
use sluice_store::KeyHash;

use crate::house::{AUDIENCE, Answer, House, Issuer, MASTER, post};

async fn log(house: &House, query: &str) -> Value {
    let answer = house.get(&format!("/audit?{query}"), MASTER).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// The only row that a query finds.
async fn only(house: &House, query: &str) -> Value {
    let log = log(house, query).await;
    assert_eq!(log["total"], 1, "{log}");
    log["audit_logs"][0].clone()
}

async fn whole(house: &House) -> bool {
    house.app.store().audit().verify(&[]).await.unwrap().findings.is_empty()
}

#[tokio::test]
async fn a_change_is_told_with_who_what_from_where_and_what_it_was() {
    let house = House::open().await;
    let made = json!({"user_id": "ada", "user_role": "proxy_admin"});
    let ada = house.done("/user/new", &made).await["key"].as_str().unwrap().to_owned();
    house
        .done("/team/new", &json!({"team_id": "blue", "team_alias": "Blue", "models": ["demo"]}))
        .await;
    let change = json!({"team_id": "blue", "models": ["demo", "openai"], "max_budget": 2.5,
        "metadata": {"langfuse_secret": "hush"}});
    let mut request: Request<_> = post("/team/update", &ada, change.to_string());
    let peer = Peer { address: "203.0.113.9".parse().unwrap(), through_alb: false };
    Peer::write(Some(peer), request.headers_mut());
    for (name, value) in [("user-agent", "terraform/1.9"), ("litellm-changed-by", "carol")] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let done = house.send(request).await;
    assert_eq!(done.status, 200, "{}", done.text());

    let row = only(&house, "action=updated&object_id=blue").await;
    let hash = KeyHash::of_plaintext(&ada).to_string();
    for (field, value) in [
        ("updated_at", json!("2026-11-25T09:30:00Z")),
        ("changed_by", json!("carol")),
        ("changed_by_api_key", json!(hash)),
        ("table_name", json!("LiteLLM_TeamTable")),
        ("route", json!("POST /team/update")),
        ("call_id", json!(done.header("x-litellm-call-id"))),
        ("ip_address", json!("203.0.113.9")),
        ("user_agent", json!("terraform/1.9")),
    ] {
        assert_eq!(row[field], value, "{field}");
    }
    assert_eq!((&row["who"]["user"], &row["who"]["role"]), (&json!("ada"), &json!("proxy_admin")));
    assert_eq!(row["before_value"], json!({"models": ["demo"]}));
    assert_eq!(row["updated_values"]["models"], json!(["demo", "openai"]));
    assert_eq!(row["updated_values"]["metadata"], json!({"langfuse_secret": "****"}));
    assert!(row["updated_values"]["team_alias"].is_null(), "it has not changed");

    let id = row["id"].as_str().unwrap();
    assert_eq!(house.get(&format!("/audit/{id}"), &ada).await.json(), row);
    let none = house.get("/audit/nothing", MASTER).await;
    assert_eq!(
        (none.status, &none.json()["detail"]["error"]),
        (404, &json!("Audit log with ID nothing not found"))
    );
    assert!(whole(&house).await);
}

#[tokio::test]
async fn rows_are_paged_and_filtered() {
    let house = House::open().await;
    for n in 0..7 {
        house.done("/budget/new", &json!({"budget_id": format!("b{n}")})).await;
        house.clock.advance(std::time::Duration::from_secs(3_600));
    }
    let objects = async |query: &str| -> Vec<Value> {
        let log = log(&house, &format!("table_name=LiteLLM_BudgetTable&{query}")).await;
        log["audit_logs"].as_array().unwrap().iter().map(|row| row["object_id"].clone()).collect()
    };
    assert_eq!(objects("page_size=3").await, ["b6", "b5", "b4"]);
    assert_eq!(objects("page_size=3&page=3").await, ["b0"]);
    assert_eq!(objects("page_size=2&sort_order=asc").await, ["b0", "b1"]);
    assert_eq!(
        objects("start_date=2026-11-25T13:00:00Z&end_date=2026-11-25T15:00:00Z").await,
        ["b5", "b4"]
    );
    assert_eq!(objects("start_date=2026-11-26").await, [""; 0]);
    assert_eq!(objects("end_date=2026-11-25&page_size=1").await, ["b6"]);
    assert_eq!(objects("object_id=b3").await, ["b3"]);
    let page = log(&house, "table_name=BUDGETS&page_size=3").await;
    assert_eq!(
        [&page["total"], &page["page"], &page["page_size"], &page["total_pages"]],
        [&json!(7), &json!(1), &json!(3), &json!(3)]
    );
    for (query, words) in [
        ("action=burnt", "action must be one of created"),
        ("start_date=soon", "start_date must be a date"),
        ("sort_order=up", "sort_order must be asc or desc"),
        ("page=200&page_size=100", "Only the first 10000 rows are paged"),
    ] {
        let answer = house.get(&format!("/audit?{query}"), MASTER).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.message().contains(words), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_stranger_a_wrong_grant_and_a_wrong_route_are_told_without_their_secrets() {
    let house = House::open().await;
    let key = house.key(&json!({"user_id": "bob", "models": ["demo"]})).await;
    house.done("/user/new", &json!({"user_id": "bob", "auto_create_key": false})).await;
    let secret = "sk-nobody-knows-this-key";
    let told = async |answer: Answer| {
        let mut rows = house.audited(&answer).await;
        assert_eq!(rows.len(), 1, "{}: {rows:?}", answer.text());
        rows.remove(0)
    };
    let stranger = told(house.post("/key/generate", secret, &json!({"max_budget": 1})).await).await;
    assert_eq!((&stranger["action"], &stranger["status"]), (&json!("refused"), &json!(401)));
    assert_eq!(stranger["changed_by_api_key"], KeyHash::of_plaintext(secret).to_string());
    let nobody = told(house.get("/key/info", "").await).await;
    assert_eq!((&nobody["status"], &nobody["changed_by_api_key"]), (&json!(401), &Value::Null));

    let grant = json!({"key": key, "models": ["openai"]});
    let grant = told(house.post("/key/update", &key, &grant).await).await;
    assert_eq!((&grant["status"], &grant["who"]["user"]), (&json!(403), &json!("bob")));
    assert_eq!(grant["object_id"], KeyHash::of_plaintext(&key).to_string());
    assert!(grant["reason"].as_str().unwrap().contains("models"), "{grant}");
    let route = told(house.post("/team/block", &key, &json!({"team_id": "t"})).await).await;
    assert_eq!((&route["status"], &route["route"]), (&json!(401), &json!("POST /team/block")));
    let all = log(&house, "page_size=100").await.to_string();
    assert!(!all.contains(secret) && !all.contains(&key) && !all.contains(MASTER), "{all}");
    assert!(whole(&house).await);
}

#[tokio::test]
async fn a_spend_that_is_reset_and_a_bearer_who_is_recorded_are_told() {
    let house = House::open().await;
    let key = house.key(&json!({})).await;
    house.done(&format!("/key/{key}/reset_spend"), &json!({"reset_to": 0})).await;
    let row = only(&house, "action=updated").await;
    assert_eq!(row["route"], "POST /key/{key}/reset_spend");
    assert_eq!(
        (&row["before_value"], &row["updated_values"]),
        (&json!({"spend": 0.0}), &json!({"spend": 0.0}))
    );

    let issuer = Issuer::start().await;
    let settings = format!(
        "general_settings:
  enable_jwt_auth: true
  litellm_jwtauth:
    user_id_upsert: true
    user_id_jwt_field: sub
    issuers:
      - issuer: {}
        audience: [{AUDIENCE}]",
        issuer.url
    );
    let house = House::plan().settings(&settings).open().await;
    let token = issuer.token(&json!({}));
    assert_eq!(house.get("/key/info", &token).await.status, 200);
    let row = only(&house, "table_name=LiteLLM_UserTable").await;
    assert_eq!((&row["route"], &row["object_id"]), (&json!("provision"), &json!("subject-1")));
    assert_eq!(
        (&row["who"]["authority"], &row["who"]["subject"]),
        (&json!(issuer.url), &json!("subject-1"))
    );
    assert!(!log(&house, "").await.to_string().contains(&token));
}

#[tokio::test]
async fn a_refusal_is_a_refusal_while_the_store_cannot_record_it() {
    let house = House::open().await;
    let key = house.key(&json!({"user_id": "bob"})).await;
    for _ in 0..20 {
        house.faults.next("TransactWriteItems", Fault::Throttled);
    }
    let answer = house.post("/budget/new", &key, &json!({"max_budget": 1})).await;
    house.faults.clear();
    assert_eq!(answer.status, 401, "{}", answer.text());
    assert!(house.audited(&answer).await.is_empty());
    assert!(whole(&house).await);
}

#[tokio::test]
async fn rows_are_kept_for_as_many_days_as_the_configuration_says() {
    let house =
        House::plan().settings("general_settings:\n  audit_retention_days: 30").open().await;
    house.done("/budget/new", &json!({"budget_id": "b"})).await;
    let day = std::time::Duration::from_hours(24);
    house.clock.advance(day * 29);
    assert_eq!(log(&house, "object_id=b").await["total"], 1);
    house.clock.advance(day * 2);
    assert_eq!(log(&house, "object_id=b").await["total"], 0);
}
