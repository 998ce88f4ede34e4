//! What was spent, by day and by what it was spent on: from the roll-ups and from rows alike.

use std::time::Duration;

use serde_json::{Value, json};

use crate::house::{Caller, House, INPUT, MASTER, OUTPUT, nanos};

const CALL: i64 = 100 * INPUT + 20 * OUTPUT;
const TODAY: &str = "start_date=2026-11-25&end_date=2026-11-25";

/// Two users, of whom one has a team's key: three calls at two providers, and one that fails.
struct Cast {
    house: House,
    ada: String,
    team: String,
}

impl Cast {
    async fn new() -> Self {
        let house = House::open().await;
        house.done("/user/new", &json!({"user_id": "ada", "auto_create_key": false})).await;
        house.done("/team/new", &json!({"team_id": "t", "team_alias": "Tea"})).await;
        let ada = house.key(&json!({"user_id": "ada", "key_alias": "mine"})).await;
        let team = house.key(&json!({"team_id": "t"})).await;
        for (key, model) in [(&ada, "openai"), (&ada, "anthropic"), (&team, "openai")] {
            let chat = json!({"model": model, "tags": ["red", "blue"], "user": "customer",
                "messages": [{"role": "user", "content": "usage 100 20 say hi"}]});
            assert_eq!(house.post("/v1/chat/completions", key, &chat).await.status, 200);
        }
        let failed = Caller::OpenAi.say(&house, &team, "openai", "error 400").await;
        assert_ne!(failed.status, 200);
        Self { house, ada, team }
    }

    async fn get(&self, path: &str, key: &str) -> Value {
        let answer = self.house.get(path, key).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// The hour is over, and was rolled up.
    async fn roll(&self) {
        self.house.clock.advance(Duration::from_secs(60 * 60 + 150));
        let report = self.house.app.store().rollups().roll(self.house.app.clock().now()).await;
        assert!(report.unwrap().hours > 0);
    }
}

#[tokio::test]
async fn a_day_is_broken_down_by_all_that_its_calls_have_in_common() {
    let cast = Cast::new().await;
    let path = format!("/user/daily/activity?{TODAY}");
    let before = cast.get(&path, MASTER).await;
    let day = &before["results"][0];
    assert_eq!(day["date"], "2026-11-25");
    assert_eq!(nanos(&day["metrics"]["spend"]), 3 * CALL);
    let counts = |metrics: &Value| {
        ["api_requests", "successful_requests", "failed_requests", "prompt_tokens", "total_tokens"]
            .map(|name| metrics[name].as_u64().unwrap())
    };
    assert_eq!(counts(&day["metrics"]), [4, 3, 1, 300, 360]);
    let breakdown = &day["breakdown"];
    assert_eq!(counts(&breakdown["model_groups"]["anthropic"]["metrics"]), [1, 1, 0, 100, 120]);
    assert_eq!(counts(&breakdown["entities"]["ada"]["metrics"]), [2, 2, 0, 200, 240]);
    assert_eq!(nanos(&breakdown["providers"]["openai"]["metrics"]["spend"]), 2 * CALL);
    assert_eq!(counts(&breakdown["endpoints"]["/chat/completions"]["metrics"])[0], 4);
    let hash = sluice_store::KeyHash::of_plaintext(&cast.ada).to_string();
    let own = &breakdown["models"]["model-of-openai"]["api_key_breakdown"][&hash];
    assert_eq!(nanos(&own["metrics"]["spend"]), CALL);
    assert_eq!(own["metadata"]["key_alias"], "mine");
    assert_eq!(breakdown["api_keys"][&hash]["metadata"]["user_id"], "ada");
    let told = &before["metadata"];
    assert_eq!(nanos(&told["total_spend"]), 3 * CALL);
    assert_eq!((&told["total_api_requests"], &told["total_tokens"]), (&json!(4), &json!(360)));
    assert_eq!((&told["page"], &told["has_more"]), (&json!(1), &json!(false)));

    cast.roll().await;
    assert_eq!(cast.get(&path, MASTER).await, before);
    let none = cast.get("/user/daily/activity?start_date=2026-11-24&end_date=2026-11-24", MASTER);
    assert_eq!(none.await["results"], json!([]));
    // Twelve hours ahead of UTC, the calls were made in the evening of that day.
    let ahead = format!("{path}&timezone=-720");
    assert_eq!(cast.get(&ahead, MASTER).await["results"][0]["date"], "2026-11-25");
    let ahead = "/user/daily/activity?start_date=2026-11-26&end_date=2026-11-26&timezone=-840";
    assert_eq!(cast.get(ahead, MASTER).await["results"], json!([]));
    assert_eq!(cast.house.get("/user/daily/activity", MASTER).await.status, 400);
    assert_eq!(cast.house.get(&format!("{path}&timezone=x"), MASTER).await.status, 400);
}

#[tokio::test]
async fn teams_tags_and_customers_have_days_of_their_own() {
    let cast = Cast::new().await;
    for (path, entity, spend) in [
        ("team", "t", CALL),
        ("tag", "red", 3 * CALL),
        ("tag", "blue", 3 * CALL),
        ("customer", "customer", 3 * CALL),
        ("end_user", "customer", 3 * CALL),
    ] {
        let days = cast.get(&format!("/{path}/daily/activity?{TODAY}"), MASTER).await;
        let entities = &days["results"][0]["breakdown"]["entities"];
        assert_eq!(nanos(&entities[entity]["metrics"]["spend"]), spend, "{path}: {days}");
    }
    let other = format!("/tag/daily/activity?{TODAY}&tags=green");
    assert_eq!(cast.get(&other, MASTER).await["results"], json!([]));
}

#[tokio::test]
async fn a_user_sees_what_is_their_own() {
    let cast = Cast::new().await;
    let days = cast.get(&format!("/user/daily/activity?{TODAY}"), &cast.ada).await;
    assert_eq!(nanos(&days["metadata"]["total_spend"]), 2 * CALL);
    let models = cast.get("/global/spend/models", &cast.ada).await;
    assert_eq!(models.as_array().unwrap().len(), 2);
    let rows = cast.get(&format!("/spend/logs/v2?{TODAY}%2023:59:59"), &cast.team).await;
    assert_eq!(rows["total"], 2);
    let path = format!("/user/daily/activity?{TODAY}&user_id=ada");
    assert_eq!(cast.house.get(&path, &cast.team).await.status, 403);
    assert_eq!(cast.house.get("/global/spend", &cast.ada).await.status, 401);
}

#[tokio::test]
async fn what_everybody_spent_is_ranked_and_reported() {
    let cast = Cast::new().await;
    cast.roll().await;
    assert_eq!(nanos(&cast.get("/global/spend", MASTER).await["spend"]), 3 * CALL);
    let days = cast.get("/global/spend/logs", MASTER).await;
    assert_eq!((&days[0]["date"], nanos(&days[0]["spend"])), (&json!("2026-11-25"), 3 * CALL));
    let keys = cast.get("/global/spend/keys?limit=1", MASTER).await;
    assert_eq!((keys.as_array().unwrap().len(), nanos(&keys[0]["total_spend"])), (1, 2 * CALL));
    assert_eq!(keys[0]["key_alias"], "mine");
    let models = cast.get("/global/spend/models", MASTER).await;
    assert_eq!(models[0]["model"], "model-of-openai");
    let providers = cast.get(&format!("/global/spend/provider?{TODAY}"), MASTER).await;
    assert_eq!(providers[0]["provider"], "openai");
    assert_eq!(nanos(&providers[0]["spend"]), 2 * CALL);
    let tags = cast.get("/spend/tags", MASTER).await;
    assert_eq!((&tags[0]["log_count"], nanos(&tags[0]["total_spend"])), (&json!(3), 3 * CALL));
    let names = cast.get("/global/spend/all_tag_names", MASTER).await;
    assert_eq!(names["tag_names"], json!(["blue", "red"]));
    let teams = cast.get("/global/spend/teams", MASTER).await;
    assert_eq!(nanos(&teams["daily_spend"][0]["Tea"]), CALL);
    assert_eq!(teams["teams"], json!(["Unassigned", "Tea"]));
    let report = cast.get(&format!("/global/spend/report?{TODAY}"), MASTER).await;
    assert_eq!(report[0]["teams"][0]["team_name"], "Tea");
    assert_eq!(nanos(&report[0]["teams"][0]["metadata"][0]["spend"]), CALL);
    let report = cast.get(&format!("/global/spend/report?{TODAY}&group_by=api_key"), MASTER).await;
    assert_eq!(nanos(&report[0]["total_cost"]), 2 * CALL);
    assert_eq!(report[0]["model_details"].as_array().unwrap().len(), 2);
    assert_eq!(cast.house.get("/global/spend/report", MASTER).await.status, 400);
    assert_eq!(cast.house.get("/global/spend/keys?limit=0", MASTER).await.status, 400);
    let rows = cast.get("/spend/keys", MASTER).await;
    assert_eq!(nanos(&rows[0]["spend"]), 2 * CALL);
}

#[tokio::test]
async fn activity_counts_calls_tokens_and_failures() {
    let cast = Cast::new().await;
    let all = cast.get(&format!("/global/activity?{TODAY}"), MASTER).await;
    assert_eq!((&all["sum_api_requests"], &all["sum_total_tokens"]), (&json!(4), &json!(360)));
    assert_eq!(all["daily_data"][0]["api_requests"], 4);
    let models = cast.get(&format!("/global/activity/model?{TODAY}"), MASTER).await;
    assert_eq!(
        (&models[0]["model"], &models[0]["sum_api_requests"]),
        (&json!("openai"), &json!(3))
    );
    let path = format!("/global/activity/exceptions?{TODAY}&model_group=openai");
    assert_eq!(cast.get(&path, MASTER).await["sum_num_exceptions"], 1);
}

#[tokio::test]
async fn rows_are_filtered_sorted_and_paged() {
    let cast = Cast::new().await;
    let ask = async |more: &str| {
        let range = "start_date=2026-11-25 00:00:00&end_date=2026-11-25 23:59:59";
        let path = format!("/spend/logs/v2?{range}{more}").replace(' ', "%20");
        cast.get(&path, MASTER).await
    };
    let all = ask("&page_size=3").await;
    assert_eq!((&all["total"], &all["total_pages"]), (&json!(4), &json!(2)));
    assert_eq!(all["data"].as_array().unwrap().len(), 3);
    assert_eq!(all["total_is_capped"], false);
    assert_eq!(ask("&page_size=3&page=2").await["data"].as_array().unwrap().len(), 1);
    for (filter, total) in [
        ("&user_id=ada", 2),
        ("&team_id=t", 2),
        ("&status_filter=failure", 1),
        ("&status_filter=success", 3),
        ("&model_group=anthropic", 1),
        ("&model=model-of-openai&status_filter=success", 2),
        ("&end_user=customer", 3),
        ("&key_alias=mine", 2),
        ("&min_spend=0.0000001", 3),
        ("&max_spend=0", 1),
        ("&cache_hit_filter=True", 0),
        ("&search=mine", 2),
        ("&error_code=400", 1),
    ] {
        assert_eq!(ask(filter).await["total"], total, "{filter}");
    }
    let by_model = ask("&sort_by=model&sort_order=asc").await;
    assert_eq!(by_model["data"][0]["model"], "model-of-anthropic");
    let cheapest = ask("&sort_by=spend&sort_order=asc").await;
    assert_eq!(nanos(&cheapest["data"][0]["spend"]), 0);
    for wrong in ["?start_date=2026-11-25", "?start_date=soon&end_date=2026-11-25"] {
        assert_eq!(cast.house.get(&format!("/spend/logs/v2{wrong}"), MASTER).await.status, 400);
    }
    let wrong = format!("/spend/logs/v2?{TODAY}&sort_by=colour");
    assert_eq!(cast.house.get(&wrong, MASTER).await.status, 400);
}
