//! People and programs are told of budgets that run out: once, whoever tells them.

use std::time::Duration;

use serde_json::{Value, json};
use sluice_gateway::Watched;

use crate::house::{Caller, Hook, House, INPUT, MASTER, nanos};

/// What those may spend who call here, and a hundredth of it.
const BUDGET: &str = "0.36";
const HUNDREDTH: i64 = 3_600_000;

/// A gateway whose program of events is `webhook`, with further settings of alerting.
async fn house(webhook: &Hook, more: &str) -> House {
    let settings = format!(
        "general_settings:\n  alerting: [webhook]\n  alerting_args:\n    webhook_url: {}\n{more}",
        webhook.url
    );
    House::plan().settings(&settings).open().await
}

async fn watch(house: &House) -> Watched {
    house.app.watch_budgets().await.unwrap()
}

/// Spends so many hundredths in one call.
async fn spend_at_once(house: &House, key: &str, hundredths: i64) {
    let prompt = format!("usage {} 0 say hi", hundredths * HUNDREDTH / INPUT);
    let answer = Caller::OpenAi.say(house, key, "openai", &prompt).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn each_threshold_is_told_once_in_a_window_whoever_tells_it() {
    let hook = Hook::start().await;
    let house = house(&hook, "    projected_alerts: false").await;
    let (second, third) = (house.twin().await, house.twin().await);
    let asked = json!({"max_budget": BUDGET, "budget_duration": "1d", "key_alias": "mine"});
    let key = house.key(&asked).await;
    spend_at_once(&house, &key, 2).await;
    assert_eq!(watch(&house).await, Watched { budgets: 1, ..Watched::default() });
    assert_eq!(hook.events(), [""; 0]);
    for (hundredths, threshold) in [(48, 50), (30, 80), (15, 95)] {
        spend_at_once(&house, &key, hundredths).await;
        let made = tokio::join!(watch(&house), watch(&second), watch(&third));
        assert_eq!(made.0.made + made.1.made + made.2.made, 1, "{made:?}");
        let told = hook.told();
        assert_eq!(told.len(), 1, "{told:?}");
        let (id, notice) = &told[0];
        assert_eq!(notice["event"], "threshold_crossed");
        assert_eq!((&notice["threshold"], &notice["alert_id"]), (&json!(threshold), &json!(id)));
        let message = format!("Key Budget: {threshold}% Threshold Crossed");
        assert_eq!(notice["event_message"], message);
    }
    spend_at_once(&house, &key, 5).await;
    watch(&second).await;
    assert_eq!(hook.events(), ["budget_crossed"]);
    assert_eq!(watch(&house.twin().await).await.made, 0);
    // The next day has a budget of its own.
    house.clock.advance(Duration::from_secs(15 * 3600));
    assert_eq!(watch(&house).await.made, 0);
    spend_at_once(&house, &key, 85).await;
    watch(&house).await;
    let told = hook.told();
    assert_eq!(told.len(), 1, "of several thresholds the highest is told");
    assert_eq!(told[0].1["threshold"], 80);
}

#[tokio::test]
async fn an_event_is_litellms_and_says_whose_budget_it_is() {
    let hook = Hook::start().await;
    let house = house(&hook, "    projected_alerts: false").await;
    let user = json!({"user_id": "u", "user_email": "u@example.org", "max_budget": BUDGET,
        "auto_create_key": false});
    house.done("/user/new", &user).await;
    let team = json!({"team_id": "t", "team_alias": "Tea", "max_budget": BUDGET,
        "budget_duration": "30d"});
    house.done("/team/new", &team).await;
    let member = json!({"team_id": "t", "member": {"role": "user", "user_id": "u"},
        "max_budget_in_team": BUDGET});
    house.done("/team/member_add", &member).await;
    house.done("/customer/new", &json!({"user_id": "c", "max_budget": BUDGET})).await;
    let asked = json!({"user_id": "u", "key_alias": "mine", "model_max_budget":
        {"openai": {"budget_limit": BUDGET, "time_period": "7d"}}});
    let own = house.key(&asked).await;
    let in_team = house.key(&json!({"user_id": "u", "team_id": "t"})).await;
    for key in [&own, &in_team] {
        let chat = json!({"model": "openai", "user": "c",
            "messages": [{"role": "user", "content": "usage 90000 0 say hi"}]});
        assert_eq!(house.post("/v1/chat/completions", key, &chat).await.status, 200);
    }
    assert_eq!(watch(&house).await, Watched { budgets: 5, made: 5, told: 5, failed: 0 });
    let mut told: Vec<Value> = hook.told().into_iter().map(|(_, notice)| notice).collect();
    told.sort_by_key(|notice| notice["event_group"].to_string());
    let groups: Vec<_> =
        told.iter().map(|notice| notice["event_group"].as_str().unwrap()).collect();
    assert_eq!(groups, ["customer", "key", "team", "team_member", "user"]);
    let [customer, key, team, member, user] = told.try_into().unwrap();
    assert_eq!(
        (&customer["customer_id"], &customer["event"]),
        (&json!("c"), &json!("budget_crossed"))
    );
    assert_eq!(nanos(&customer["spend"]), 360_000_000);
    assert_eq!(nanos(&key["max_budget"]), 360_000_000);
    let hash = sluice_store::KeyHash::of_plaintext(&own).to_string();
    assert_eq!((&key["token"], &key["key_alias"]), (&json!(hash), &json!("mine")));
    assert_eq!((&key["model"], &key["threshold"]), (&json!("openai"), &json!(50)));
    assert_eq!(key["budget_reset_at"], "2026-11-30T00:00:00Z");
    assert_eq!(team["event_message"], "Team Budget: 50% Threshold Crossed");
    let names = (&team["team_id"], &team["team_alias"], &team["user_id"]);
    assert_eq!(names, (&json!("t"), &json!("Tea"), &Value::Null));
    assert_eq!((&member["user_id"], &member["team_id"]), (&json!("u"), &json!("t")));
    assert_eq!(user["user_email"], "u@example.org");
    for field in ["soft_budget", "organization_id", "projected_exceeded_date", "projected_spend"] {
        assert!(user.as_object().unwrap().contains_key(field), "{field}");
    }
}

#[tokio::test]
async fn what_will_be_too_much_is_foretold_once() {
    let hook = Hook::start().await;
    let house = house(&hook, "    budget_thresholds: [100]").await;
    let key = house.key(&json!({"max_budget": BUDGET, "budget_duration": "1d"})).await;
    spend_at_once(&house, &key, 45).await;
    // At half past nine 45 % are spent: at this pace it is all spent by nine in the evening.
    for _ in 0..2 {
        watch(&house).await;
    }
    let told = hook.told();
    assert_eq!(told.len(), 1);
    let notice = &told[0].1;
    assert_eq!(notice["event"], "projected_limit_exceeded");
    assert_eq!(notice["projected_exceeded_date"], "2026-11-25T21:06:40Z");
    assert_eq!(nanos(&notice["projected_spend"]), 45 * HUNDREDTH * 24 * 2 / 19);
}

#[tokio::test]
async fn a_channel_that_fails_is_tried_again_and_the_others_are_told_once() {
    let (hook, slack) = (Hook::start().await, Hook::start().await);
    let settings = format!(
        "general_settings:\n  alerting: [webhook, slack]\n  alert_to_webhook_url:\n    \
         budget_alerts: [{0}, {0}]\n  alerting_args:\n    webhook_url: {1}\n",
        slack.url, hook.url
    );
    let house = House::plan().settings(&settings).open().await;
    let key = house.key(&json!({"max_budget": BUDGET})).await;
    spend_at_once(&house, &key, 50).await;
    hook.answers(500);
    assert_eq!(watch(&house).await, Watched { budgets: 1, made: 1, told: 2, failed: 1 });
    let text = slack.told()[0].1["text"].as_str().unwrap().to_owned();
    assert!(text.starts_with("Level: `High`\nTimestamp: `2026-11-25T09:30:00Z`"), "{text}");
    assert!(text.contains("Message: Key Budget: 50% Threshold Crossed"), "{text}");
    assert!(text.contains("*spend:* `0.18`\n"), "{text}");
    let first = hook.told();
    // Not at once, and not by two at a time.
    assert_eq!(watch(&house).await.told, 0);
    house.clock.advance(Duration::from_secs(60));
    hook.answers(503);
    assert_eq!(watch(&house.twin().await).await.failed, 1);
    house.clock.advance(Duration::from_secs(60));
    assert_eq!(watch(&house).await.failed, 0, "it waits longer each time");
    house.clock.advance(Duration::from_secs(60));
    hook.answers(204);
    let twin = house.twin().await;
    let (one, two) = tokio::join!(watch(&house), watch(&twin));
    assert_eq!((one.told + two.told, one.failed + two.failed), (1, 0));
    let again = hook.told();
    assert_eq!(again.len(), 2);
    assert!(again.iter().all(|told| *told == first[0]), "the same message under the same id");
    assert_eq!(slack.told().len(), 0);
    house.clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(watch(&house).await.told, 0);
}

#[tokio::test]
async fn what_a_dead_process_could_not_tell_is_told_by_the_next() {
    let hook = Hook::start().await;
    let house = house(&hook, "").await;
    let key = house.key(&json!({"max_budget": BUDGET})).await;
    spend_at_once(&house, &key, 80).await;
    hook.falls_silent();
    let first = house.twin().await;
    let dying = watch(&first);
    tokio::select! {
        _ = dying => panic!("it was not told"),
        () = hook.hears() => {}
    }
    hook.answers(200);
    let [(id, _)] = hook.told().try_into().unwrap();
    assert_eq!(watch(&house).await.told, 0, "it may still be at it");
    house.clock.advance(Duration::from_secs(120));
    assert_eq!(watch(&house).await, Watched { budgets: 1, made: 0, told: 1, failed: 0 });
    let [(again, notice)] = hook.told().try_into().unwrap();
    assert_eq!((again, &notice["threshold"]), (id, &json!(80)));
}

#[tokio::test]
async fn a_channel_is_given_up_after_a_day() {
    let hook = Hook::start().await;
    let house = house(&hook, "").await;
    let key = house.key(&json!({"max_budget": BUDGET})).await;
    spend_at_once(&house, &key, 80).await;
    hook.answers(500);
    let mut tries = 0;
    for _ in 0..60 {
        tries += watch(&house).await.failed;
        house.clock.advance(Duration::from_secs(3600));
    }
    assert!((20..30).contains(&tries), "{tries}");
    hook.answers(200);
    assert_eq!(watch(&house).await.told, 0);
}

#[tokio::test]
async fn nobody_is_told_and_nothing_is_read_where_nobody_wants_to_know() {
    let house = House::open().await;
    let key = house.key(&json!({"max_budget": BUDGET})).await;
    spend_at_once(&house, &key, 80).await;
    let asked = || ["Query", "BatchGetItem", "GetItem"].map(|name| house.faults.seen(name));
    let before = asked();
    assert_eq!(watch(&house).await, Watched::default());
    assert_eq!(asked(), before);
}

#[tokio::test]
async fn an_admin_sees_how_alerting_is_set_and_tries_a_channel() {
    let hook = Hook::start().await;
    let house = house(&hook, "    budget_thresholds: [90, 10]").await;
    let settings = house.get("/alerting/settings", MASTER).await;
    let value = |name: &str| {
        let rows = settings.json();
        let row = rows.as_array().unwrap().iter().find(|row| row["field_name"] == name).cloned();
        row.unwrap()["field_value"].clone()
    };
    assert_eq!(value("alerting"), json!(["webhook"]));
    assert_eq!(value("budget_thresholds"), json!([10, 90]));
    assert!(!settings.text().contains(&hook.url), "an address is a secret");
    let tried = house.get("/health/services?service=webhook", MASTER).await;
    assert_eq!((tried.status, &tried.json()["status"]), (200, &json!("success")));
    let [(id, notice)] = hook.told().try_into().unwrap();
    assert!(notice["event_message"].as_str().unwrap().contains("test"), "{notice}");
    assert_eq!(notice["alert_id"], json!(id));
    assert_eq!(house.get("/health/services?service=slack", MASTER).await.status, 422);
    hook.answers(403);
    let failed = house.get("/health/services?service=webhook", MASTER).await;
    assert_eq!(failed.status, 503);
    assert!(failed.text().contains("403"), "{}", failed.text());
    assert!(!failed.text().contains(&hook.url));
}

#[tokio::test]
async fn soft_budgets_and_those_of_tags_and_organisations_are_told_of_as_well() {
    let hook = Hook::start().await;
    let house = house(&hook, "    projected_alerts: false").await;
    house.done("/tag/new", &json!({"name": "t", "max_budget": BUDGET})).await;
    let asked = json!({"organization_id": "o", "organization_alias": "O", "max_budget": BUDGET});
    house.done("/organization/new", &asked).await;
    let asked = json!({"tags": ["t"], "organization_id": "o", "soft_budget": 0.1});
    let key = house.key(&asked).await;
    spend_at_once(&house, &key, 60).await;
    watch(&house).await;
    let mut told: Vec<_> = hook.told().into_iter().map(|(_, notice)| notice).collect();
    told.sort_by_key(|notice| notice["event_group"].to_string());
    let told: Vec<_> = told
        .iter()
        .map(|notice| [&notice["event_group"], &notice["event"], &notice["organization_id"]])
        .collect();
    let (crossed, none) = (json!("threshold_crossed"), Value::Null);
    assert_eq!(
        told,
        [
            [&json!("key"), &json!("soft_budget_crossed"), &none],
            [&json!("organization"), &crossed, &json!("o")],
            [&json!("tag"), &crossed, &none],
        ]
    );
}
