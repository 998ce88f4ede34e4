//! What becomes of calls where a budget is used up, or nearly: slower, to another model, with a warning.

use std::time::Duration;

use serde_json::{Value, json};
use sluice_store::LedgerMode;

use crate::house::{Answer, Caller, House, INPUT, MASTER, OUTPUT, deployment};

/// What `usage 100 20` costs.
const CALL: i64 = 100 * INPUT + 20 * OUTPUT;
/// It pays for the least of one such call; once that has settled, for no other.
const ONE: f64 = 0.0031;

async fn both(settings: &str) -> [House; 2] {
    let plan = |mode| House::plan().settings(settings).ledger(mode);
    [plan(LedgerMode::Strict).open().await, plan(LedgerMode::Batched).open().await]
}

async fn say(house: &House, key: &str) -> Answer {
    Caller::OpenAi.say(house, key, "openai", "usage 100 20 say hi").await
}

async fn team_key(house: &House, fields: &Value) -> String {
    house.done("/team/new", fields).await;
    house.key(&json!({"team_id": fields["team_id"]})).await
}

const SLOWLY: &str = "litellm_settings:\n  budget_exceeded_throttle_percentage: 0.2";

#[tokio::test]
async fn calls_go_on_beyond_a_budget_at_a_part_of_the_rates_where_that_is_wished() {
    for house in both(SLOWLY).await {
        let limits = |id| {
            json!({"max_budget": ONE, "rpm_limit": 10, "team_id": id,
                "throttle_on_budget_exceeded": true})
        };
        let mut own = limits("t");
        own.as_object_mut().unwrap().remove("team_id");
        let keys = [house.key(&own).await, team_key(&house, &limits("t")).await];
        for (key, whose) in keys.iter().zip(["api_key", "team"]) {
            let first = say(&house, key).await;
            assert_eq!(first.status, 200, "{whose}: {}", first.text());
            assert_eq!(first.header("x-sluice-throttled"), "");
            let second = say(&house, key).await;
            assert_eq!(second.status, 200, "{whose}: {}", second.text());
            assert_eq!(second.header("x-sluice-throttled"), whose);
            assert_eq!(second.header(&format!("x-ratelimit-{whose}-limit-requests")), "2");
            let third = say(&house, key).await;
            assert_eq!(third.status, 429, "{whose}: {}", third.text());
            assert_eq!(third.header("rate_limit_type"), "requests");
            house.pass(Duration::from_secs(60)).await;
            assert_eq!(say(&house, key).await.status, 200, "{whose}");
            house.pass(Duration::ZERO).await;
            assert_eq!(house.balanced(key).await, 3 * CALL, "{whose}");
        }
    }
}

#[tokio::test]
async fn nothing_goes_on_beyond_a_budget_without_rates_or_without_the_setting() {
    let house = House::plan().settings(SLOWLY).open().await;
    let unlimited = json!({"max_budget": ONE, "throttle_on_budget_exceeded": true});
    let key = house.key(&unlimited).await;
    assert_eq!([say(&house, &key).await.status, say(&house, &key).await.status], [200, 422]);
    let house = House::open().await;
    let fields = json!({"max_budget": ONE, "rpm_limit": 10, "throttle_on_budget_exceeded": true});
    let key = house.key(&fields).await;
    assert_eq!([say(&house, &key).await.status, say(&house, &key).await.status], [200, 422]);
    assert_eq!(house.info(&key).await["throttle_on_budget_exceeded"], true);
}

#[tokio::test]
async fn a_model_whose_budget_is_used_up_is_answered_by_another_on_key_and_team() {
    for house in both("").await {
        let limits = |id| {
            json!({"model_max_budget": {"openai": {"max_budget": ONE}}, "team_id": id,
                "budget_fallbacks": {"openai": ["nobody", "anthropic"]}})
        };
        let mut own = limits("t");
        own.as_object_mut().unwrap().remove("team_id");
        let keys = [house.key(&own).await, team_key(&house, &limits("t")).await];
        for key in &keys {
            let first = say(&house, key).await;
            assert_eq!(first.header("x-litellm-model-group"), "openai", "{}", first.text());
            let second = say(&house, key).await;
            assert_eq!(second.status, 200, "{}", second.text());
            assert_eq!(second.header("x-litellm-model-group"), "anthropic");
            assert_eq!(second.header("x-litellm-attempted-fallbacks"), "1");
            // In every dialect.
            let other = Caller::Anthropic.say(&house, key, "openai", "usage 100 20 say hi").await;
            assert_eq!(other.header("x-litellm-model-group"), "anthropic", "{}", other.text());
            house.pass(Duration::ZERO).await;
            assert_eq!(house.balanced(key).await, 3 * CALL);
            let rows = house.rows(key).await;
            let mut groups: Vec<&str> =
                rows.iter().map(|row| row["model_group"].as_str().unwrap()).collect();
            groups.sort_unstable();
            assert_eq!(groups, ["anthropic", "anthropic", "openai"]);
        }
    }
}

#[tokio::test]
async fn a_key_is_not_led_to_a_model_that_it_may_not_use() {
    let house = House::open().await;
    let key = house
        .key(&json!({"models": ["openai"], "model_max_budget": {"openai": ONE},
            "budget_fallbacks": {"openai": ["anthropic"]}}))
        .await;
    assert_eq!(say(&house, &key).await.status, 200);
    let refused = say(&house, &key).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(refused.message().contains("exceeded budget for model=openai"));
    assert_eq!(house.rows(&key).await.len(), 1);
}

#[tokio::test]
async fn whoever_has_spent_their_soft_budget_is_told_so_and_goes_on() {
    for house in both("").await {
        let limits = |id| json!({"max_budget": 1, "soft_budget": 0.0005, "team_id": id});
        let mut own = limits("t");
        own.as_object_mut().unwrap().remove("team_id");
        let keys = [house.key(&own).await, team_key(&house, &limits("t")).await];
        for (key, whose) in keys.iter().zip(["api_key", "team"]) {
            for told in ["", "", whose, whose] {
                let answer = say(&house, key).await;
                assert_eq!(answer.status, 200, "{whose}: {}", answer.text());
                assert_eq!(answer.header("x-sluice-soft-budget-exceeded"), told, "{whose}");
            }
        }
        assert_eq!(house.info(&keys[0]).await["soft_budget"], json!(0.0005));
    }
}

#[tokio::test]
async fn a_model_without_a_price_is_served_under_a_budget_where_it_is_soft() {
    let unpriced = |settings: &str| {
        let settings = settings.to_owned();
        House::plan().models(|fakes| deployment(fakes, "openai", "openai", "")).settings(&settings)
    };
    let hard = unpriced("").open().await;
    let key = hard.key(&json!({"max_budget": 1})).await;
    assert_eq!(say(&hard, &key).await.status, 403);
    for mode in [LedgerMode::Strict, LedgerMode::Batched] {
        let settings = "general_settings:\n  budget_mode: soft";
        let soft = unpriced(settings).ledger(mode).open().await;
        let key = soft.key(&json!({"max_budget": 1})).await;
        let answer = say(&soft, &key).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("x-sluice-max-tokens"), "");
        let empty = soft.key(&json!({"max_budget": 0})).await;
        assert_eq!(say(&soft, &empty).await.status, 422);
    }
}

#[tokio::test]
async fn what_is_done_beyond_a_budget_is_refused_where_it_is_wrong() {
    let house = House::open().await;
    for (fields, status, said) in [
        (json!({"soft_budget": 2, "max_budget": 1}), 400, "must be strictly lower"),
        (json!({"soft_budget": -1}), 400, "soft_budget"),
        (json!({"throttle_on_budget_exceeded": "slow"}), 422, "throttle_on_budget_exceeded"),
        (json!({"budget_rollover": true, "max_budget": 1}), 400, "of days, weeks or a month"),
        (
            json!({"budget_rollover": true, "budget_duration": "5h"}),
            400,
            "of days, weeks or a month",
        ),
        (json!({"budget_fallbacks": ["a"]}), 422, "budget_fallbacks"),
        (json!({"budget_fallbacks": {"a": "b"}}), 400, "'a': must be a list"),
        (json!({"budget_fallbacks": {"a": []}}), 400, "'a': must be a list"),
        (json!({"budget_fallbacks": {"a": [" "]}}), 400, "'a': must be a list"),
    ] {
        let answer = house.post("/key/generate", MASTER, &fields).await;
        assert_eq!(answer.status, status, "{fields}: {}", answer.text());
        assert!(answer.text().contains(said), "{fields}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_window_hands_on_what_it_leaves_from_the_next_on() {
    for house in both("").await {
        let limits = |id| json!({"max_budget": ONE, "budget_duration": "1d", "budget_rollover": true, "team_id": id});
        let mut own = limits("t");
        own.as_object_mut().unwrap().remove("team_id");
        let keys = [house.key(&own).await, team_key(&house, &limits("t")).await];
        // Today nothing is handed on yet; what is left of tomorrow pays for more of the day after.
        for (day, calls) in [(0, 1..=1), (1, 1..=1), (2, 8..=9)] {
            for key in &keys {
                let mut served = 0;
                let refused = crate::house::refused_at_last(async || {
                    let answer = say(&house, key).await;
                    served += u32::from(answer.status == 200);
                    answer
                });
                let refused = refused.await;
                assert_eq!(refused.status, 422, "{}", refused.text());
                assert!(calls.contains(&served), "{served} calls on day {day}");
            }
            house.pass(Duration::from_secs(86_400)).await;
        }
        assert_eq!(house.info(&keys[0]).await["budget_rollover"], true);
        assert_eq!(house.info(&keys[0]).await["spend"], json!(0.0));
        let other = json!({"key": keys[0], "budget_duration": "5h"});
        house.done("/key/update", &other).await;
        assert_eq!(house.info(&keys[0]).await["budget_rollover"], false);
    }
}
