//! Limits by the clock: hours of a schedule, days, temporary increases; in both ways of keeping the books.

use std::time::Duration;

use serde_json::{Value, json};
use sluice_store::LedgerMode;

use crate::house::{Answer, Caller, House, INPUT, MASTER, OUTPUT, decimal};

const HOUR: u64 = 3_600;
/// What `usage 100 20` costs.
const CALL: i64 = 100 * INPUT + 20 * OUTPUT;

async fn both() -> [House; 2] {
    [House::open().await, House::plan().ledger(LedgerMode::Batched).open().await]
}

async fn say(house: &House, key: &str) -> Answer {
    Caller::OpenAi.say(house, key, "openai", "usage 100 20 say hi").await
}

fn refused(answer: &Answer, kind: &str, wait: u64) {
    assert_eq!(answer.status, 429, "{}", answer.text());
    assert_eq!(answer.header("rate_limit_type"), kind);
    assert_eq!(answer.header("retry-after"), wait.to_string(), "{}", answer.message());
}

/// The same limits on whatever has them, and a key that is held to them.
async fn held(house: &House, who: &str, limits: &Value) -> String {
    let with = |id: Value| {
        let mut fields = limits.clone();
        fields.as_object_mut().unwrap().extend(id.as_object().unwrap().clone());
        fields
    };
    match who {
        "key" => house.key(limits).await,
        "user" => {
            let made = with(json!({"user_id": "u", "auto_create_key": false}));
            house.done("/user/new", &made).await;
            house.key(&json!({"user_id": "u"})).await
        }
        "team" => {
            house.done("/team/new", &with(json!({"team_id": "t"}))).await;
            house.key(&json!({"team_id": "t"})).await
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn hours_that_are_closed_refuse_until_they_end_on_key_user_and_team() {
    for house in both().await {
        for who in ["key", "user", "team"] {
            // 09:30 on a Wednesday; midnight in Berlin is 23:00 in UTC.
            let night = json!({"days": ["wed"], "from": "22:00", "to": "06:00",
                "timezone": "Europe/Berlin", "rpm": 0});
            let limits = json!({"rpm_limit": 9, "schedule": [night]});
            let key = held(&house, who, &limits).await;
            let start = sluice_store::Clock::now(&*house.clock);
            let first = say(&house, &key).await;
            assert_eq!(first.status, 200, "{who}: {}", first.text());
            house.pass(Duration::from_millis(11 * 3_600_000 + 1_799_999)).await;
            assert_eq!(say(&house, &key).await.status, 200, "{who}");
            house.pass(Duration::from_millis(1)).await;
            refused(&say(&house, &key).await, "requests", 8 * HOUR);
            house.pass(Duration::from_secs(8 * HOUR - 1)).await;
            refused(&say(&house, &key).await, "requests", 1);
            house.pass(Duration::from_secs(1)).await;
            let open = say(&house, &key).await;
            assert_eq!(open.status, 200, "{who}: {}", open.text());
            let whose = if who == "key" { "api_key" } else { who };
            assert_eq!(open.header(&format!("x-ratelimit-{whose}-limit-requests")), "9");
            house.pass(Duration::ZERO).await;
            house.clock.set(start);
        }
    }
}

#[tokio::test]
async fn a_budget_is_another_one_for_some_hours_and_what_was_spent_counts() {
    for house in both().await {
        for who in ["key", "user", "team"] {
            let later = json!({"from": "10:00", "to": "11:00", "max_budget": 0});
            let limits = json!({"max_budget": 1, "budget_duration": "1d", "schedule": [later]});
            let key = held(&house, who, &limits).await;
            assert_eq!(say(&house, &key).await.status, 200, "{who}");
            house.pass(Duration::from_secs(HOUR / 2)).await;
            let closed = say(&house, &key).await;
            assert_eq!(closed.status, 422, "{who}: {}", closed.text());
            assert!(closed.message().contains("0.00036"), "{}", closed.message());
            assert_eq!(closed.header("retry-after"), HOUR.to_string());
            house.pass(Duration::from_secs(HOUR)).await;
            assert_eq!(say(&house, &key).await.status, 200, "{who}");
            house.pass(Duration::ZERO).await;
            assert_eq!(house.balanced(&key).await, 2 * CALL);
            house.clock.set(sluice_store::Clock::now(&*house.clock).plus(-5_400_000));
        }
    }
}

#[tokio::test]
async fn hours_of_one_model_leave_the_others_alone() {
    for house in both().await {
        let closed = json!([{"from": "09:00", "to": "10:00", "tpm": 0}]);
        let budgets = json!({"openai": {"max_budget": 1, "schedule": closed}});
        let key = house.key(&json!({"model_max_budget": budgets})).await;
        refused(&say(&house, &key).await, "tokens", HOUR / 2);
        assert_eq!(Caller::OpenAi.say(&house, &key, "bedrock", "say hi").await.status, 200);
        // What is shown can be sent back.
        let shown = house.info(&key).await["model_max_budget"].clone();
        assert_eq!(shown["openai"]["schedule"][0]["tpm"], 0);
        house.done("/key/update", &json!({"key": key, "model_max_budget": shown})).await;
        refused(&say(&house, &key).await, "tokens", HOUR / 2);
        house.pass(Duration::from_secs(HOUR / 2)).await;
        assert_eq!(say(&house, &key).await.status, 200);
    }
}

#[tokio::test]
async fn a_schedule_is_stored_shown_sent_back_and_cleared() {
    let house = House::open().await;
    let schedule = json!([
        {"days": ["sat", "sun"], "from": "00:00", "to": "24:00", "rpm": 1, "max_budget": 0.5},
        {"days": [], "from": "22:00", "to": "06:00", "timezone": "America/New_York", "tpm": 7},
    ]);
    let key = house.key(&json!({"schedule": schedule})).await;
    assert_eq!(house.info(&key).await["schedule"], schedule);
    let shown = house.info(&key).await["schedule"].clone();
    house.done("/key/update", &json!({"key": key, "schedule": shown})).await;
    house.done("/key/update", &json!({"key": key, "rpm_limit": 5})).await;
    assert_eq!(house.info(&key).await["schedule"], schedule);
    house.done("/key/update", &json!({"key": key, "schedule": null})).await;
    assert_eq!(house.info(&key).await["schedule"], json!([]));
}

#[tokio::test]
async fn an_entry_that_is_wrong_is_refused_with_what_would_be_right() {
    let house = House::open().await;
    let one = |entry: Value| json!({"schedule": [entry]});
    for (fields, status, said) in [
        (one(json!({"from": "22:00", "to": "06:00"})), 400, "says nothing"),
        (one(json!({"days": ["monday"], "rpm": 1})), 400, "`monday` is no day: write mon"),
        (one(json!({"from": "25:00", "rpm": 1})), 400, "from: `25:00` is no time of day"),
        (one(json!({"to": "6", "rpm": 1})), 400, "to: `6` is no time of day"),
        (one(json!({"timezone": "Mars", "rpm": 1})), 400, "`Mars` is no time zone"),
        (one(json!({"rpm": -1})), 400, "rpm"),
        (one(json!({"max_budget": "much"})), 422, "max_budget"),
        (one(json!({"rpm": 1, "rpd": 1})), 400, "rpd"),
        (json!({"schedule": ["always"]}), 422, "schedule"),
        (json!({"schedule": vec![json!({"rpm": 1}); 51]}), 400, "at most 50"),
        (json!({"model_max_budget": {"m": {"schedule": 1}}}), 400, "schedule must be a list"),
        (json!({"rpd_limit": -1}), 400, "rpd_limit"),
        (json!({"temp_budget_increase": 1}), 400, "given together"),
        (json!({"temp_budget_increase": 1, "temp_budget_expiry": "soon"}), 400, "`soon` is not"),
    ] {
        let answer = house.post("/key/generate", MASTER, &fields).await;
        assert_eq!(answer.status, status, "{fields}: {}", answer.text());
        assert!(answer.text().contains(said), "{fields}: {}", answer.text());
    }
    let of_budget = json!({"budget_id": "b", "schedule": [{"rpm": 1}]});
    let answer = house.post("/budget/new", MASTER, &of_budget).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(answer.text().contains("schedule"), "{}", answer.text());
}

#[tokio::test]
async fn so_many_requests_and_tokens_a_day_until_midnight() {
    for house in both().await {
        for who in ["key", "user", "team"] {
            let key = held(&house, who, &json!({"rpd_limit": 2, "rpm_limit": 9})).await;
            let start = sluice_store::Clock::now(&*house.clock);
            for left in ["1", "0"] {
                let answer = say(&house, &key).await;
                assert_eq!(answer.status, 200, "{who}: {}", answer.text());
                let whose = if who == "key" { "api_key" } else { who };
                let name = format!("x-ratelimit-{whose}-remaining-requests_per_day");
                assert_eq!(answer.header(&name), left, "{who}");
                house.pass(Duration::from_secs(HOUR)).await;
            }
            let over = say(&house, &key).await;
            refused(&over, "requests_per_day", 12 * HOUR + HOUR / 2);
            assert!(over.message().contains("Limit resets at: 2026-11-26 00:00:00 UTC"));
            house.pass(Duration::from_secs(12 * HOUR + HOUR / 2)).await;
            assert_eq!(say(&house, &key).await.status, 200, "{who}");
            house.pass(Duration::ZERO).await;
            house.clock.set(start);
        }
        let key = house.key(&json!({"tpd_limit": 500})).await;
        // Each needs some 230, and uses 120.
        for _ in 0..3 {
            assert_eq!(say(&house, &key).await.status, 200);
        }
        let over = say(&house, &key).await;
        refused(&over, "tokens_per_day", 14 * HOUR + HOUR / 2);
        assert_eq!(over.header("x-ratelimit-api_key-limit-tokens_per_day"), "500");
        assert_eq!(over.header("x-ratelimit-api_key-remaining-tokens_per_day"), "140");
    }
}

#[tokio::test]
async fn a_temporary_increase_is_there_until_it_ends() {
    for house in both().await {
        for who in ["key", "team"] {
            let key = held(&house, who, &json!({"max_budget": 0.0031})).await;
            assert_eq!(say(&house, &key).await.status, 200, "{who}");
            assert_eq!(say(&house, &key).await.status, 422, "{who}");
            let more = json!({"temp_budget_increase": 0.01,
                "temp_budget_expiry": "2026-11-25T10:00:00Z", "key": key, "team_id": "t"});
            let mut more = more.as_object().unwrap().clone();
            let (path, other) = match who {
                "key" => ("/key/update", "team_id"),
                _ => ("/team/update", "key"),
            };
            more.remove(other);
            house.done(path, &Value::Object(more)).await;
            let again = say(&house, &key).await;
            assert_eq!(again.status, 200, "{who}: {}", again.text());
            house.pass(Duration::from_secs(HOUR / 2)).await;
            let over = say(&house, &key).await;
            assert_eq!(over.status, 422, "{who}: {}", over.text());
            assert!(over.message().contains("Max budget: 0.0031"), "{}", over.message());
            if who == "key" {
                let info = house.info(&key).await;
                assert_eq!(info["temp_budget_increase"], json!(0.01));
                assert_eq!(info["temp_budget_expiry"], "2026-11-25T10:00:00Z");
                assert_eq!(decimal(over.header("x-litellm-key-spend")), 2 * CALL);
            }
            house.pass(Duration::ZERO).await;
            house.clock.set(sluice_store::Clock::now(&*house.clock).plus(-1_800_000));
        }
    }
}

#[tokio::test]
async fn nobody_gives_a_key_more_by_the_clock_than_they_hold() {
    let house = House::open().await;
    let user = json!({"user_id": "u", "user_role": "internal_user", "rpm_limit": 10,
        "max_budget": 5, "auto_create_key": false});
    house.done("/user/new", &user).await;
    let own = house.key(&json!({"user_id": "u"})).await;
    let later = "2026-11-26T00:00:00Z";
    for (fields, status) in [
        (json!({"rpm_limit": 5, "schedule": [{"rpm": 10}]}), 200),
        (json!({"rpm_limit": 5, "schedule": [{"rpm": 11}]}), 403),
        (json!({"max_budget": 4, "schedule": [{"max_budget": 6}]}), 403),
        (json!({"max_budget": 4, "temp_budget_increase": 2, "temp_budget_expiry": later}), 403),
        (json!({"max_budget": 4, "temp_budget_increase": 1, "temp_budget_expiry": later}), 200),
    ] {
        let answer = house.post("/key/generate", &own, &fields).await;
        assert_eq!(answer.status, status, "{fields}: {}", answer.text());
    }
    let closed = json!({"user_id": "u", "schedule": [{"from": "22:00", "rpm": 0}]});
    let closed = house.key(&closed).await;
    let answer = house.post("/key/generate", &closed, &json!({})).await;
    assert_eq!(answer.status, 403, "{}", answer.text());
}
